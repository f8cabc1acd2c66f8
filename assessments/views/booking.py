"""Booking the initial conference of an enquiry, and sharing its report."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse

from accounts.permissions import Permission
from assessments.actions import booking as actions
from assessments.actions.protection import awaited_with
from assessments.forms.booking import BookingForm, ShareForm
from assessments.models import ConferenceBooking
from assessments.queries.section_47 import EnquiryPage
from assessments.views.section_47 import asked_of_enquiry, conference_by, page_of_enquiry
from cases.views.asking import user_of
from lib import words
from lib.application_clock import now
from record.errors import NotWhole, Refused


@page_of_enquiry("GET", "POST", permission=Permission.CONFERENCE_RECORD)
def book(request: HttpRequest, page: EnquiryPage) -> HttpResponse:
    """Book the conference of every child of the family who waits for one, or move it."""
    user, row = user_of(request), page.enquiry
    waiting = awaited_with(child_ids=[row.child_id], by=user, at=now())
    names = words.list_of_names([each.child.name for each in waiting]) or page.name
    booked = next(iter(actions.booked_for([each.pk for each in waiting])), None)
    joins = booked is not None and page.booked is None
    initial = (
        {name: getattr(booked, name) for name in ("place", "chair", "invited")} if booked else {}
    )
    if booked and joins and booked.starts_at > now():
        initial["starts_at"] = booked.starts_at
    return asked_of_enquiry(
        request,
        page,
        make=lambda typed: [
            BookingForm(
                typed,
                is_moved=booked is not None,
                joining=page.name if joins else "",
                initial=initial,
            )
        ],
        act=lambda given: _said(
            given[0],
            lambda typed: actions.book_conference(by=user, at=now(), enquiry_id=row.pk, **typed),
        ),
        said="The conference is booked. Workers and conference chairs have been told.",
        place="assessments:conference_book",
        draft="conference-booking",
        context={
            "heading": f"{'Move' if page.booked else 'Book'} the initial conference about {names}",
            "button": "Move the conference" if page.booked else "Book the conference",
            "lead": not_in_it(page),
            "happens": [
                f"The conference is to be held by {conference_by(page)}; that day does not move"
                if page.conference_due
                else "Brothers and sisters who wait for a conference are in it",
                "The report is shared with the family 2 working days before",
                "Workers and conference chairs are told",
            ],
        },
    )


@page_of_enquiry("GET", "POST", permission=Permission.S47_WORK)
def share(request: HttpRequest, page: EnquiryPage) -> HttpResponse:
    """Say that the report for the conference was shared with the family."""
    user, row = user_of(request), page.enquiry
    return asked_of_enquiry(
        request,
        page,
        make=lambda typed: [ShareForm(typed)],
        act=lambda given: actions.share_report(
            by=user, at=now(), enquiry_id=row.pk, **given[0].cleaned_data
        ),
        said="Recorded that the report was shared.",
        place="assessments:conference_share",
        draft="conference-share",
        context={
            "heading": f"The report about {page.name} was shared",
            "button": "Record",
            "lead": f"The conference is on {words.date_words(page.booked.booking.held_on)}."
            f" Share by {words.date_words(_share_by(page.booked.booking))}."
            if page.booked
            else "No conference is booked yet.",
        },
    )


def not_in_it(page: EnquiryPage) -> str:
    """Brothers and sisters of the discussion whom this conference will not be about."""
    return " ".join(
        f"{each.child.name} is not in it: the enquiry is not concluded."
        if not each.is_concluded
        else f"{each.child.name} is not in it: whether a conference is needed is not decided."
        for each in page.not_in_conference
    )


def _said(form: Any, act: Callable[[dict[str, Any]], Any]) -> Any:
    """Do it; what is missing is said at its question."""
    try:
        return act(form.cleaned_data)
    except NotWhole as refused:
        for field, sentence in refused.problems:
            form.add_error(field if field in form.fields else None, sentence)
        raise Refused("This is not booked yet. Answer what is missing.") from None


def _share_by(booking: ConferenceBooking) -> date:
    """The day as the calendar is now; a bank holiday may have been announced since."""
    return actions.share_by(booking.starts_at, at=booking.at)
