"""Dates and times as people write them: three boxes, one box, part of a date, a moment.

Days and times are those of Europe/London. In the hour that happens twice, and only then, the form
asks which one; a time that does not exist is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, Literal

from django import forms
from django.core.exceptions import ValidationError

from lib import application_clock, dates
from lib.dates import PartialDate
from lib.govuk.fields import Asked
from lib.text import shown_name
from lib.working_days import NoSuchTime, in_london, instant, is_repeated

LATEST_YEAR = 2100
YEARS_AHEAD = 10
REAL_DATE = "Enter a real date, for example 13 3 2026"
REAL_TIME = "Enter a time on the 24-hour clock, for example 16:45"

When = Literal["past", "future"] | None

_TIME = re.compile(r"(\d{1,2})(?:[:.h\s]?(\d{2}))?\s*(am|pm)?")
_WEEKDAY = re.compile(r"^(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?[\s,]+")
_WITHOUT_YEAR = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?[\s,./-]+(\d{1,2}|[a-z]+)")


class NotADate(ValueError):
    """What was typed is no date."""


def read_date(typed: str, *, today: date, when: When = None) -> date:
    """Read a whole date from one box: `13 3 2026`, `13/3/26`, `13 March`, `2026-03-13`, "today".

    A year left out is the nearest one: nearest in the past or future where the question is about
    one of them, otherwise nearest to today. Of two figures it is at most 10 years ahead.

    :raises NotADate: what was typed is no date
    """
    words = shown_name(typed).lower()
    near = {"today": 0, "yesterday": -1, "tomorrow": 1}
    if words in near:
        return today + timedelta(days=near[words])
    words = _WEEKDAY.sub("", words)
    if match := _WITHOUT_YEAR.fullmatch(words):
        month = int(match[2]) if match[2].isdecimal() else dates.MONTHS.get(match[2], 0)
        return _nearest(int(match[1]), month, today=today, when=when)
    whole = _read_part(words, today=today).whole
    if whole is None:
        raise NotADate(typed)
    return whole


def _read_part(typed: str, *, today: date) -> PartialDate:
    value = dates.read(typed, latest_year=today.year + YEARS_AHEAD).value
    if value is None or value.year > LATEST_YEAR:
        raise NotADate(typed)
    return value


def _nearest(day: int, month: int, *, today: date, when: When) -> date:
    found: list[date] = []
    for year in range(today.year - 8, today.year + 9):  # 29 February may be 8 years away
        try:
            found.append(date(year, month, day))
        except ValueError:
            continue
    if when == "past":
        found = [one for one in found if one <= today]
    elif when == "future":
        found = [one for one in found if one >= today]
    if not found:
        raise NotADate(f"{day} {month}")
    return min(found, key=lambda one: abs((one - today).days))


def in_one(typed: Mapping[str, Any]) -> str:
    """Join the three boxes; a day and month in the wrong boxes are not put right in silence.

    A whole date typed into the first box is taken.

    :raises NotADate: the month is no month, or left out beside a day
    """
    day, month, year = (shown_name(str(typed.get(p, ""))) for p in ("day", "month", "year"))
    if not month and not year:
        return day
    if (day and not month) or (month.isdecimal() and not 1 <= int(month) <= 12):
        raise NotADate(month)
    return f"{day} {month} {year}"


def read_time(typed: str) -> time:
    """Read a time: `16:45`, `1645`, `16.45`, `4:45pm`.

    :raises NotADate: what was typed is no time
    """
    match = _TIME.fullmatch(shown_name(typed).lower())
    if not match or (match[2] is None and match[3] is None):
        raise NotADate(typed)
    hour, minute = int(match[1]), int(match[2] or 0)
    if match[3]:
        if not 1 <= hour <= 12:
            raise NotADate(typed)
        hour = hour % 12 + (12 if match[3] == "pm" else 0)
    if hour > 23 or minute > 59:
        raise NotADate(typed)
    return time(hour, minute)


class DateBoxes(forms.Widget):
    """Three boxes, day, month and year; with `time`, a fourth for the time of day.

    What arrives under the plain name, from one box, is taken as well.
    """

    template_name = "govuk/widgets/date.html"
    use_fieldset = True
    parts: tuple[str, ...] = ("day", "month", "year")

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """Give the text of one box, or what stands in each of several."""
        if data.get(name):
            return data.get(name)
        return {part: data.get(f"{name}_{part}") or "" for part in self.parts}

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        """Say whether none of the boxes was on the page."""
        return name not in data and all(f"{name}_{part}" not in data for part in self.parts)

    def id_for_label(self, id_: str, index: Any = None) -> str:
        """Give the id of the first box, where a link to this question goes."""
        return f"{id_}_day" if id_ else ""

    def boxes(self, value: Any) -> dict[str, str]:
        """Spread a value over the boxes; what cannot be read stands in the first one."""
        if isinstance(value, Mapping):
            return {part: str(value.get(part, "")) for part in self.parts}
        if isinstance(value, PartialDate):
            return {
                "day": str(value.day or ""),
                "month": str(value.month or ""),
                "year": str(value.year),
            }
        if isinstance(value, date):
            return {"day": str(value.day), "month": str(value.month), "year": str(value.year)}
        if not value:
            return dict.fromkeys(self.parts, "")
        try:
            return DateBoxes.boxes(self, read_date(str(value), today=application_clock.today()))
        except NotADate:
            return {**dict.fromkeys(self.parts, ""), "day": str(value)}

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        """Give the template its boxes."""
        context = super().get_context(name, value, attrs)
        attrs = context["widget"]["attrs"]
        shown = self.boxes(value)
        widths = {"day": 2, "month": 2, "year": 4}
        context["widget"]["boxes"] = [
            {
                "name": f"{name}_{part}",
                "id": f"{attrs.get('id', name)}_{part}",
                "label": part.capitalize(),
                "value": shown.get(part, ""),
                "width": widths[part],
                "inputmode": "" if part == "month" else "numeric",
            }
            for part in ("day", "month", "year")
        ]
        context["widget"]["is_wrong"] = "aria-invalid" in attrs
        return context


class MomentBoxes(DateBoxes):
    """Day, month, year and time; and, in the hour that happens twice, which of the two."""

    template_name = "govuk/widgets/moment.html"
    parts = ("day", "month", "year", "time", "which")

    def boxes(self, value: Any) -> dict[str, str]:
        """Spread a moment over the boxes, as the clock in Slough shows it."""
        if isinstance(value, datetime):
            local = in_london(value)
            again = is_repeated(local.date(), local.time())
            return {
                **super().boxes(local.date()),
                "time": f"{local:%H:%M}",
                "which": ("second" if local.fold else "first") if again else "",
            }
        if isinstance(value, str) and value:
            return self.boxes(split_moment(value))
        return super().boxes(value)

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        """Give the template its boxes, and the question of the repeated hour where it arises."""
        context = super().get_context(name, value, attrs)
        shown = self.boxes(value)
        context["widget"]["time"] = {
            "name": f"{name}_time",
            "id": f"{context['widget']['attrs'].get('id', name)}_time",
            "value": shown.get("time", ""),
        }
        try:
            day = read_date(in_one(shown), today=application_clock.today())
            clock = read_time(shown.get("time", ""))
            context["widget"]["asks_which"] = is_repeated(day, clock)
        except NotADate:
            context["widget"]["asks_which"] = False
        context["widget"]["which"] = shown.get("which", "")
        return context


def split_moment(typed: str) -> dict[str, str]:
    """Split one text, "13 3 2026 16:45" or "2026-03-13T16:45", into date and time."""
    words = shown_name(typed)
    iso = re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})[T ](\d{1,2}:\d{2}).*", words)
    if iso:
        return {"day": iso[3], "month": iso[2], "year": iso[1], "time": iso[4], "which": ""}
    before, _, last = words.rpartition(" ")
    try:
        read_time(last)
        day = read_date(before, today=application_clock.today())
    except NotADate:
        return {"day": words, "month": "", "year": "", "time": "", "which": ""}
    return {
        "day": str(day.day),
        "month": str(day.month),
        "year": str(day.year),
        "time": last,
        "which": "",
    }


def _is_empty(value: Any) -> bool:
    if isinstance(value, Mapping):
        return not any(shown_name(str(part)) for part in value.values())
    return value in (None, "") or (isinstance(value, str) and not shown_name(value))


class DateField(Asked):
    """A day. Three boxes, or `one_box`; either takes a date written in one go.

    :param when: "past" refuses a day after today, "future" one before today
    """

    def __init__(
        self, *, one_box: bool = False, when: When = None, widget: Any = None, **rest: Any
    ) -> None:
        self.when = when
        self.one_box = one_box
        box = forms.TextInput(attrs={"class": "govuk-input--width-10", "autocomplete": "off"})
        rest.setdefault("help_text", "For example, 13 3 2026")
        super().__init__(widget=widget or (box if one_box else DateBoxes()), **rest)
        name = self.name_in_words
        self.error_messages.setdefault("real", REAL_DATE)
        self.error_messages.setdefault("future", f"“{name}” must be today or earlier")
        self.error_messages.setdefault("past", f"“{name}” must be today or later")

    def prepare_value(self, value: Any) -> Any:
        """Show an initial date in one box as it would be typed."""
        if self.one_box and isinstance(value, date):
            return f"{value.day} {value.month} {value.year}"
        return value

    def to_python(self, value: Any) -> Any:
        """Give the date, or none."""
        if isinstance(value, datetime):
            return in_london(value).date()
        if isinstance(value, date):
            return value
        if _is_empty(value):
            return None
        today = application_clock.today()
        try:
            if isinstance(value, Mapping):
                value = in_one(value)
            return read_date(str(value), today=today, when=self.when)
        except NotADate as error:
            raise ValidationError(self.error_messages["real"], code="real") from error

    def validate(self, value: Any) -> None:
        """Refuse a day that is missing, or on the wrong side of today."""
        super().validate(value)
        if value is None:
            return
        today = application_clock.today()
        if self.when == "past" and value > today:
            raise ValidationError(self.error_messages["future"], code="future")
        if self.when == "future" and value < today:
            raise ValidationError(self.error_messages["past"], code="past")

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Say whether another date was typed."""
        try:
            return bool(self.to_python(data) != self.to_python(initial))
        except ValidationError:
            return True


class OptionalDateField(DateField):
    """A day that may be left empty."""

    def __init__(self, *, required: bool = False, **rest: Any) -> None:
        super().__init__(required=required, **rest)


class PartialDateField(Asked):
    """A date of which the day, or the day and the month, may be left empty."""

    def __init__(self, *, when: When = None, **rest: Any) -> None:
        self.when = when
        rest.setdefault(
            "help_text", "For example, 13 3 2019. Leave out the day, or day and month, if not known"
        )
        super().__init__(widget=DateBoxes(), **rest)
        self.error_messages.setdefault(
            "real", "Enter a real date, or its month and year, or its year: 2019"
        )
        self.error_messages.setdefault("future", f"“{self.name_in_words}” must be today or earlier")

    def to_python(self, value: Any) -> PartialDate | None:
        """Give what is known of the date, or none."""
        if isinstance(value, PartialDate):
            return value
        if isinstance(value, date):
            return PartialDate(value.year, value.month, value.day)
        if _is_empty(value):
            return None
        today = application_clock.today()
        try:
            return _read_part(
                in_one(value) if isinstance(value, Mapping) else str(value), today=today
            )
        except NotADate as error:
            raise ValidationError(self.error_messages["real"], code="real") from error

    def validate(self, value: Any) -> None:
        """Refuse a date that is missing, or wholly after today where it must not be."""
        super().validate(value)
        if value is None or self.when != "past":
            return
        today = application_clock.today()
        if date(value.year, value.month or 1, value.day or 1) > today:
            raise ValidationError(self.error_messages["future"], code="future")


class MomentField(Asked):
    """A day and a time in Slough; gives an aware moment in UTC.

    :param when: "past" refuses a moment after now, "future" one before
    """

    def __init__(self, *, when: When = None, **rest: Any) -> None:
        self.when = when
        rest.setdefault("help_text", "For example, 13 3 2026 and 16:45")
        super().__init__(widget=MomentBoxes(), **rest)
        name = self.name_in_words
        self.error_messages.setdefault("real", REAL_DATE)
        self.error_messages.setdefault("time", REAL_TIME)
        self.error_messages.setdefault("future", f"“{name}” must be now or earlier")
        self.error_messages.setdefault("past", f"“{name}” must be later than now")

    def to_python(self, value: Any) -> datetime | None:
        """Give the moment, or none; ask which of two, refuse one that never was."""
        if isinstance(value, datetime):
            return value
        if isinstance(value, str) and not _is_empty(value):
            value = split_moment(value)
        typed = value if isinstance(value, Mapping) else {}
        named = ("day", "month", "year", "time")
        if _is_empty({part: typed.get(part, "") for part in named}):
            return None
        day, clock = self._day(typed), self._clock(typed)
        which = typed.get("which", "")
        if is_repeated(day, clock) and which not in ("first", "second"):
            raise ValidationError(
                f"The clocks went back that night. Say whether this was the first or the second"
                f" {clock:%H:%M}",
                code="which",
            )
        try:
            return instant(day, clock, second=which == "second")
        except NoSuchTime as error:
            raise ValidationError(
                f"There was no {clock:%H:%M} that night, because the clocks went forward."
                " Enter the time the clock showed",
                code="no_such_time",
            ) from error

    def _day(self, typed: Mapping[str, Any]) -> date:
        try:
            return read_date(in_one(typed), today=application_clock.today(), when=self.when)
        except NotADate as error:
            raise ValidationError(self.error_messages["real"], code="real") from error

    def _clock(self, typed: Mapping[str, Any]) -> time:
        try:
            return read_time(str(typed.get("time", "")))
        except NotADate as error:
            raise ValidationError(self.error_messages["time"], code="time") from error

    def validate(self, value: Any) -> None:
        """Refuse a moment that is missing, or on the wrong side of now."""
        super().validate(value)
        if value is None:
            return
        now = application_clock.now()
        if self.when == "past" and value > now:
            raise ValidationError(self.error_messages["future"], code="future")
        if self.when == "future" and value < now:
            raise ValidationError(self.error_messages["past"], code="past")

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Say whether another moment was typed."""
        try:
            return bool(self.to_python(data) != self.to_python(initial))
        except ValidationError:
            return True
