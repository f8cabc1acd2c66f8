"""The words of `lib.words` for templates, and what every page needs of its forms.

The present moment is read here, at the door, from the application clock.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django import template
from django.template.context import Context

from lib import application_clock, typed, words
from lib.govuk import problems
from lib.working_days import london_date

register = template.Library()


@register.simple_tag(takes_context=True)
def if_errors(context: Context, said: str) -> str:
    """Give `said` when a form of the page holds errors: "Error: " before the title."""
    has_errors = context.get("has_errors") or context.get("problems")
    if has_errors or problems.of(context.get("form"), context.get("formset"), context.get("forms")):
        return said
    return ""


@register.simple_tag
def error_lines(form: Any, forms: Any, sentences: Any) -> list[problems.Problem]:
    """Give the lines of the error summary."""
    plain = [problems.Problem(str(sentence)) for sentence in sentences or ()]
    return [*plain, *problems.of(form, forms)]


@register.inclusion_tag("components/typed.html", takes_context=True)
def what_was_typed(context: Context) -> dict[str, list[str]]:
    """Give back what somebody sent to a page that is closed to them by now."""
    return {"typed": typed.words_sent(context.get("request"))}


@register.simple_tag
def page_opened() -> str:
    """Give when this page was opened, "Thu 12 March 2026, 13:30"."""
    return words.moment_words(application_clock.now())


@register.filter
def as_date(day: date | None) -> str:
    """Give "Thu 12 March", with the year when it is another one."""
    return words.date_words(_day(day), now=application_clock.now()) if day else ""


@register.filter
def as_full_date(day: date | None) -> str:
    """Give "12 March 2026", for forms, records of decisions and paper."""
    return words.date_words(_day(day), weekday=False) if day else ""


@register.filter
def as_day(day: date | None) -> str:
    """Give "today", "yesterday", "tomorrow" or the date."""
    return words.day_words(_day(day), now=application_clock.now()) if day else ""


@register.filter
def as_moment(moment: datetime | None) -> str:
    """Give "today, 11:40" or "Tue 10 March, 22:48"."""
    return words.moment_words(moment, now=application_clock.now()) if moment else ""


@register.filter
def as_full_moment(moment: datetime | None) -> str:
    """Give "Tue 10 March 2026, 22:48"."""
    return words.moment_words(moment) if moment else ""


@register.filter
def as_time(moment: datetime | None) -> str:
    """Give "16:45"."""
    return words.time_words(moment) if moment else ""


@register.filter
def as_due(moment: datetime | None) -> str:
    """Give "Due 15:40 today" or "Due Thu 16 April, 17:00"."""
    return words.due_words(moment, now=application_clock.now()) if moment else ""


@register.filter
def counted(number: int, noun: str) -> str:
    """Give "3 contacts"; for an odd plural give both: "child,children"."""
    one, _, many = noun.partition(",")
    return words.plural(int(number), one, many)


@register.filter
def number(value: int) -> str:
    """Give "20,000"."""
    return words.number_words(int(value))


@register.filter
def listed(names: Iterable[Any]) -> str:
    """Give "A, B and C", and of more than 5 "and 3 more children"."""
    return words.list_of_names(str(name) for name in names)


@register.filter
def possessive(name: str) -> str:
    """Give "Jayden’s"."""
    return words.possessive(str(name))


@register.filter
def quoted(said: str) -> str:
    """Give “what somebody said”, with one pair of marks."""
    return words.quoted(str(said))


def _day(day: date) -> date:
    return london_date(day) if isinstance(day, datetime) else day
