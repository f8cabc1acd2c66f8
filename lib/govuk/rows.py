"""Forms in rows: one per child, one per action. A row can be added without JavaScript."""

from __future__ import annotations

from typing import Any, ClassVar

from django.forms import BaseFormSet
from django.http import QueryDict

from lib.govuk.carried import NOT_ARRIVED

ADD = "add"


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
