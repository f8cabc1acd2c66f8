"""Pages that exist for tests alone: every shared piece of a page, drawn once."""

from __future__ import annotations

import json
from datetime import date, datetime, time
from types import SimpleNamespace
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import path
from django.utils.html import format_html

from dev.services import BASE_DIR
from lib import application_clock, govuk, words
from lib.history_strip import HistoryEvent, HistorySpan, draw
from lib.working_days import Calendar, Limit, Unit, instant

CALENDAR = Calendar.of({date(2026, 4, 3): "Good Friday", date(2026, 4, 6): "Easter Monday"})
NOW = instant(date(2026, 3, 12), time(13, 30))
SAVED: list[dict[str, str]] = []


def frame(**more: Any) -> dict[str, Any]:
    """Give what the frame needs, without a user in the database."""
    rooms = ("My work", "Triage", "Assessments", "Waiting", "Flags", "Oversight", "Audit")
    return {
        "user": SimpleNamespace(
            is_authenticated=True, full_name="Dana Sampleton", job_title="MASH manager"
        ),
        "navigation": [
            {"label": room, "url": f"#{room}", "current": room == "Triage"} for room in rooms
        ],
        "search_url": "/lists/",
        "sign_out_url": "/lists/",
        "AUTHORITY_NAME": "Slough Children First",
        "SERVICE_NAME": "Slough Front Door",
        "DEMONSTRATION": True,
        "footer_links": [{"url": "/lists/", "label": "Accessibility"}],
        **more,
    }


def clock(start: datetime, limit: Limit) -> dict[str, Any]:
    """Give a clock and its arithmetic."""
    counted = CALENDAR.arithmetic(start, limit)
    said = words.clock_words(
        limit=limit, start=start, due_at=counted.due_at, now=NOW, calendar=CALENDAR
    )
    return {
        "clock": said,
        "sentences": words.counted_words(counted, now=NOW, calendar=CALENDAR),
    }


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """Give a moment of March 2026 in Slough."""
    return instant(date(2026, 3, day), time(hour, minute))


def groups() -> list[dict[str, Any]]:
    """Give the groups of the board in the picture, shortened."""
    day, hours = Limit(Unit.WORKING_DAYS, 1), Limit(Unit.ELAPSED_HOURS, 4)
    return [
        {
            "code": "very-overdue",
            "title": "Very overdue",
            "note": "2 or more working days late, or red past its 4 hours",
            "rows": [
                {
                    "who": [("Kacper Samplewski", "13")],
                    "matter": "Missing overnight twice in a week; phone shows messages from an"
                    " unknown adult",
                    "from": "Police · received Mon 9 March, 10:12",
                    "kind": "amber",
                    "tag": "Amber",
                    "why": "Exploitation signs with 2 missing episodes",
                    "claimed": "Noor Placeholder",
                    "next": "Decide",
                    **clock(at(9, 10, 12), day),
                },
            ],
        },
        {
            "code": "due-soon",
            "title": "Due soon",
            "note": "Due today, or three quarters of the time gone",
            "rows": [
                {
                    "who": [("Aaliyah Testwood", "7"), ("Zayn Testwood", "4")],
                    "also": "and an unborn baby, due 9 June",
                    "news": "Police replied 13:21",
                    "matter": "Says mother’s partner pushed her mother into a wall while she was"
                    " in the room",
                    "from": "School · received today, 11:40",
                    "kind": "red",
                    "tag": "Red",
                    "why": "Injury to pregnant mother; child present",
                    "claimed": "Femi Fixture, 11:52",
                    "next": "Decide",
                    **clock(at(12, 11, 40), hours),
                },
                {
                    "who": [("Child, name not known", "about 5")],
                    "matter": "Neighbour hears a young child crying for hours most nights",
                    "from": "Member of the public, anonymous · received Wed 11 March, 11:02",
                    "kind": "not-rated",
                    "tag": "Not rated",
                    "why": "Rating due today",
                    "claimed": "Nobody",
                    "next": "Rate urgency",
                    **clock(at(11, 11, 2), day),
                },
            ],
        },
        {
            "code": "later",
            "title": "Later",
            "note": "Everything else",
            "rows": [
                {
                    "who": [("Maryam Fixtureson", "16")],
                    "matter": "Asks for help: parents talk of a wedding abroad in the summer",
                    "from": "Young person, by phone · received today, 08:47",
                    "kind": "green",
                    "tag": "Green",
                    "why": "Possible forced marriage; own request",
                    "claimed": "You",
                    "next": "Book strategy discussion",
                    **clock(at(12, 8, 47), day),
                },
            ],
        },
    ]


def _page(request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
    with application_clock.set_to(NOW):
        return render(request, f"sheet/{name}.html", frame(**context))


def lists(request: HttpRequest) -> HttpResponse:
    """Draw everything that is read."""
    if "done" in request.GET:
        messages.success(
            request, format_html('Decision recorded at 13:52. <a href="{}">Next</a>', "#next")
        )
    events = [
        HistoryEvent(date(2019, 4, 2), "Referral", "square"),
        HistoryEvent(date(2019, 9, 10), "Assessment", "square"),
        HistoryEvent(date(2020, 1, 14), "Closed", "square"),
        HistoryEvent(date(2024, 6, 1), "Contact: noise"),
        HistoryEvent(date(2025, 6, 1), "Contact: police"),
        HistoryEvent(date(2025, 10, 20), "Contact: school"),
    ]
    return _page(
        request,
        "lists",
        {
            "groups": groups(),
            "counts": [
                {"number": 2, "label": "Very overdue", "url": "#very-overdue"},
                {"number": 4, "label": "Due soon", "url": "#due-soon"},
                {"number": 14, "label": "Later", "url": "#later"},
                {"number": 6, "label": "Claimed by nobody", "url": "#nobody"},
                {"number": 3, "label": "From EDT to confirm", "url": "#edt"},
            ],
            "chosen": [{"words": "Claimed by nobody", "url": "?"}],
            "filter": Filter(),
            "crumbs": [("Triage", "#triage"), ("Contact C-26-04182", "#contact")],
            "facts": [
                ("Referrer", "Olu Specimen, safeguarding lead, Larkmead Example Primary"),
                ("In danger now?", "Not known. Children are in school until 15:15"),
                ("GP", ""),
            ],
            "entries": [
                {
                    "when": "Wed 11 March, 15:20 · from school, by Olu Specimen",
                    "title": "Slept in class twice this week",
                    "words": "Says he stays up to mind the baby.",
                    "link": "#read",
                },
                {
                    "when": "Tue 3 March, 16:20 · Imran Testerly",
                    "title": "Change: Kyle Stubbs moved in",
                    "words": "Significant.",
                    "is_decision": True,
                },
            ],
            "tasks": [
                {"words": "Who rang", "url": "#who", "state": "Written"},
                {
                    "words": "Children",
                    "url": "#children",
                    "note": "1 of 3 matched",
                    "state": "To settle",
                    "kind": "restricted",
                },
            ],
            "missing": [
                {"words": "Settle which record is Zayn’s", "url": "#zayn"},
                {"words": "Health visitor’s answer", "note": "You can go on without it"},
            ],
            "strip": draw(
                events,
                today=date(2026, 3, 12),
                spans=[HistorySpan(date(2019, 4, 2), date(2020, 1, 14), "Open 9 months")],
            ),
        },
    )


class Filter(forms.Form):
    """The filter of a list."""

    words = govuk.TextField(label="Name or reference", required=False)
    urgency = govuk.ManyChoicesField(
        label="Urgency",
        required=False,
        choices=[("red", "Red"), ("amber", "Amber"), ("not", "Not rated yet")],
        sides={"red": "2", "amber": "9", "not": "4"},
    )
    claimed = govuk.ChoiceField(
        label="Claimed by",
        required=False,
        choices=[("any", "Anyone or nobody"), ("me", "Me"), ("nobody", "Nobody")],
        sides={"me": "3", "nobody": "6"},
        initial="any",
    )
    source = govuk.SelectField(
        label="Source", required=False, empty="All sources", choices=[("p", "Police")]
    )


class Everything(forms.Form):
    """One field of each kind."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    family = govuk.TextField(label="Family", help_text="Name, address or record number")
    know = govuk.LongTextField(
        label="What we know",
        help_text="Facts, and who they come from",
        missing="Say what we know",
        max_length=100,
    )
    asked = govuk.ChoiceField(
        label="Was the family asked?",
        missing="Say whether the family was asked",
        choices=[("yes", "Yes"), ("no", "No, not safe"), ("later", "Not known yet")],
        reveals={"no": ["why_not"], "yes": ["asked_at"]},
    )
    why_not = govuk.TextField(label="Why it is not safe to ask", required=False)
    asked_at = govuk.MomentField(label="When they were asked", when="past", required=False)
    inside = govuk.YesNoField(
        label="Is Safiya Testwood, 15, in this decision?",
        yes="In",
        no="Out",
        missing="Choose In or Out for Safiya Testwood",
    )
    children = govuk.ManyChoicesField(
        label="Children you thought about",
        missing="Choose which children you thought about",
        choices=[("1", "Hugo, 6"), ("2", "Nell, 4"), ("3", "Beth, 15, weekends")],
        sides={"1": "30 of 20", "2": "30 of 20", "3": "6 of 20"},
        hints={"3": "Lives with her father in Langley"},
    )
    danger = govuk.TickField(
        label="A child is in danger now", help_text="Jumps the queue", reveals=["how"]
    )
    how = govuk.TextField(label="What is the danger", required=False)
    level = govuk.SelectField(
        label="Level of need",
        empty="Choose a level",
        missing="Choose a level for Unborn baby",
        choices=[("4a", "4a: child in need"), ("4b", "4b: child protection")],
    )
    again = govuk.DateField(label="When we look at this again", when="future")
    by_when = govuk.DateField(label="By when", one_box=True, required=False)
    born = govuk.PartialDateField(label="Date of birth", when="past")
    happened = govuk.MomentField(label="When it happened", when="past")
    days = govuk.WholeNumberField(label="Working days")
    email = govuk.EmailField(label="Email (optional)", required=False)
    paper = govuk.FileField(label="Document", accept=".pdf", required=False)


class Action(forms.Form):
    """One action to be done."""

    what = govuk.TextField(label="What")
    by_when = govuk.DateField(label="By when", one_box=True)


def asks(request: HttpRequest) -> HttpResponse:
    """Draw everything that is asked."""
    rows = forms.formset_factory(Action, formset=govuk.RowSet, extra=1)
    rows.add_label = "Add an action"
    rows.row_name = "Action"
    data = request.POST or None
    if data and govuk.asked_for_another_row(request.POST):
        data = govuk.with_another_row(request.POST, prefix="actions")
    with application_clock.set_to(NOW):
        form = Everything(data, initial={"version": 1})
        form.checks = {"family": "same words as for Aaliyah. Say what it means for Zayn"}
        formset = rows(data, prefix="actions")
        return _page(request, "asks", {"form": form, "formset": formset, "forms": [formset]})


def save(request: HttpRequest) -> JsonResponse:
    """Keep a draft."""
    SAVED.append(request.POST.dict())
    version = int(request.POST.get("version") or 0) + 1
    return JsonResponse({"saved_at": "13:29:40", "version": version})


def writes(request: HttpRequest) -> HttpResponse:
    """Draw a form that saves itself; its draft key and session are as a signed-in user's."""
    session = json.loads(request.GET.get("session", "{}"))
    form = Everything(initial={"version": 7})
    return _page(
        request, "writes", {"form": form, "draft_key": "A" * 43 + "=", "save": "/save/", **session}
    )


def news(request: HttpRequest) -> JsonResponse:
    """Say what is new on the list."""
    return JsonResponse(
        {
            "as_at": "13:03",
            "new": 3,
            "words": "3 new contacts since 13:02.",
            "link": "Show 3 new",
            "href": "?new=3",
            "clocks": {"row-1": "2h 8m left"},
        }
    )


urlpatterns = [
    path("lists/", lists),
    path("asks/", asks),
    path("writes/", writes),
    path("save/", save),
    path("news/", news),
]

SHEETS = BASE_DIR / "tests" / "lib" / "templates"
