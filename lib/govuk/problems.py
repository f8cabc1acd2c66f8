"""What is wrong on a page, gathered from its forms for the summary at the top."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.forms import BaseForm, BaseFormSet


class Problem(NamedTuple):
    """One sentence, and the id of the control that it is about; no id when it is about all."""

    words: str
    target: str = ""


def of(*forms: Any) -> list[Problem]:
    """Give the problems of forms and formsets in the order of the page; the same one once."""
    found: list[Problem] = []
    for form in forms:
        for problem in _of_one(form):
            if problem not in found:
                found.append(problem)
    return found


def _of_one(form: Any) -> Iterable[Problem]:
    if isinstance(form, BaseFormSet):
        if not form.is_bound:
            return
        for words in form.non_form_errors():
            yield Problem(str(words))
        for one in form.forms:
            yield from _of_one(one)
    elif isinstance(form, BaseForm):
        if not form.is_bound:
            return
        for words in form.non_field_errors():
            yield Problem(str(words))
        for field in form:
            for words in field.errors:
                yield Problem(str(words), "" if field.is_hidden else _target(field))
    elif isinstance(form, list | tuple):
        for one in form:
            yield from _of_one(one)


def _target(field: Any) -> str:
    return str(getattr(field, "error_target", field.auto_id))
