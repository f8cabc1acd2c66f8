"""Forms in rows: one per child, one per action. A row can be added without JavaScript."""

from __future__ import annotations

from typing import Any, ClassVar

from django.forms import BaseFormSet, Form, formset_factory
from django.http import QueryDict

from lib.govuk.carried import NOT_ARRIVED

ADD = "add"
TOO_MANY_KEPT = 50


class RowSet(BaseFormSet[Any]):
    """A formset in this service's words.

    Set `legend` on each form, the child's name, and `add_label` on the set if rows may be added.
    """

    add_label = ""
    row_name = "Row"
    default_error_messages: ClassVar[dict[str, Any]] = {
        "missing_management_form": NOT_ARRIVED,
        "too_many_forms": "Take out rows until there are %(num)d or fewer",
        "too_few_forms": "Fill in at least %(num)d",
    }


def row_set(form: type[Form], rows: type[RowSet], *, extra: int = 1, most: int = 50) -> Any:
    """Make the set of rows of a form; more than `most` are refused in words, and none is lost.

    What is far beyond it nobody typed: it is answered without making a row of each.

    :param extra: empty rows offered at first
    """
    return formset_factory(
        form,
        formset=rows,
        extra=extra,
        max_num=most,
        validate_max=True,
        absolute_max=most + TOO_MANY_KEPT,
    )


def asked_for_another_row(data: QueryDict) -> str:
    """Give the prefix of the formset whose "add another" button was pressed, or nothing."""
    return data.get(ADD, "")


def with_another_row(data: QueryDict, *, prefix: str) -> QueryDict:
    """Give what was posted with one more empty row, to be shown again and not yet checked."""
    copy = data.copy()
    key = f"{prefix}-TOTAL_FORMS"
    try:
        total = int(copy.get(key, "0"))
    except ValueError:
        total = 0
    copy[key] = str(min(max(total, 0) + 1, 1000))
    return copy
