"""Restricted records: who may read them, opening one in an emergency, leaving information."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.permissions import Permission, holds, require
from lib import words
from lib.application_clock import now
from people import actions, queries
from people.forms import (
    EmergencyForm,
    InformationForm,
    LiftForm,
    ReaderForm,
    RestrictForm,
    ReviewOpeningForm,
)
from people.models import Person, Restriction
from people.views.opening import (
    asker,
    closed,
    new_token,
    one_thing,
    person_page,
    posted,
    reader,
)
from record import read_log
from record.errors import Refused
from record.models import ReadKind
from record.once import AlreadyRecorded


@login_required
@require_http_methods(["POST"])
def break_glass(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Open a restricted record in an emergency."""
    by = reader(request)
    if queries.closed_page(by=by, person_id=person_id) is None:
        if Person.objects.visible_to(by).filter(pk=person_id).exists():
            return redirect("people:person", person_id=person_id)
        raise Http404
    require(by, Permission.RESTRICTED_BREAK_GLASS)
    form = EmergencyForm(request.POST)
    if form.is_valid():
        try:
            opening = actions.break_glass(
                by=by, at=now(), person_id=person_id, reason=form.cleaned_data["reason"]
            )
        except Refused as refused:
            form.add_error("reason", str(refused))
        else:
            until = words.time_words(opening.expires_at)
            messages.success(request, f"You have this open until {until}. Its owner has been told")
            return redirect("people:person", person_id=person_id)
    return closed(request, person_id, form=form, status=200)


@login_required
@require_http_methods(["GET", "POST"])
def leave_information(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Leave a note on a restricted record without reading it."""
    by = reader(request)
    page = queries.closed_page(by=by, person_id=person_id)
    if page is None:
        if Person.objects.visible_to(by).filter(pk=person_id).exists():
            return redirect("people:person", person_id=person_id)
        raise Http404
    require(by, Permission.NOTE_ADD)
    read_log.shown(
        request, place="people:leave_information", kind=ReadKind.LIST, person_ids=[person_id]
    )
    form = InformationForm(posted(request), initial=new_token())
    if request.method == "POST" and form.is_valid():
        try:
            actions.leave_information(by=by, at=now(), person_id=person_id, **form.cleaned_data)
        except AlreadyRecorded:
            return render(request, "people/information_left.html", {"page": page})
        except Refused as refused:
            form.add_error("text", str(refused))
        else:
            messages.success(request, f"Recorded. {page.ring.name} has been told")
            return redirect("people:information_left", person_id=person_id)
    return render(request, "people/leave_information.html", {"page": page, "form": form})


@login_required
@require_http_methods(["GET"])
def information_left(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Say that information was left, and whom to ring if it cannot wait."""
    page = queries.closed_page(by=reader(request), person_id=person_id)
    if page is None:
        raise Http404
    return render(request, "people/information_left.html", {"page": page})


@person_page(permission=Permission.PERSON_LINK)
def restrict(request: HttpRequest, person: Person) -> HttpResponse:
    """Let only named people read a record."""

    def save(typed: Mapping[str, Any]) -> object:
        return actions.restrict(
            by=asker(request),
            at=now(),
            person_id=person.pk,
            owner_id=typed["owner"].pk,
            reader_ids=[user.pk for user in typed["readers"]],
            reason=typed["reason"],
        )

    return one_thing(
        request,
        person,
        RestrictForm(posted(request)),
        title=f"Restrict the record of {person.name}",
        button="Restrict this record",
        done="Record restricted",
        words="Only the owner, the people you name here, and heads of service will read it. "
        "Everybody else sees that it exists and whom to ring. If you are not named, you will "
        "not be able to read it yourself.",
        save=save,
    )


def _may_change_readers(request: HttpRequest, person: Person) -> None:
    by = asker(request)
    is_owner = Restriction.objects.filter(person=person, owner=by, ended_at=None).exists()
    if is_owner or holds(by, Permission.PERSON_LINK) or holds(by, Permission.RESTRICTED_READ):
        return
    raise PermissionDenied(f"You may not {Permission.PERSON_LINK.label}.")


@person_page()
def add_reader(request: HttpRequest, person: Person) -> HttpResponse:
    """Name one more person who may read a restricted record."""
    _may_change_readers(request, person)
    return one_thing(
        request,
        person,
        ReaderForm(posted(request)),
        title=f"Who else may read the record of {person.name}",
        button="Let them read it",
        done="Recorded",
        save=lambda typed: actions.add_reader(
            by=asker(request), at=now(), person_id=person.pk, user_id=typed["reader"].pk
        ),
    )


@person_page()
def lift_restriction(request: HttpRequest, person: Person) -> HttpResponse:
    """Open a restricted record to everybody who may read records."""
    _may_change_readers(request, person)
    return one_thing(
        request,
        person,
        LiftForm(posted(request)),
        title=f"Lift the restriction on {person.name}",
        button="Lift the restriction",
        done="Restriction lifted",
        save=lambda typed: actions.lift_restriction(
            by=asker(request), at=now(), person_id=person.pk, **typed
        ),
    )


@login_required
@require_http_methods(["GET"])
def review_break_glass(request: HttpRequest) -> HttpResponse:
    """List emergency openings for whoever reviews them."""
    by = reader(request)
    openings = queries.openings(by=by)
    read_log.shown(
        request,
        place="people:review_break_glass",
        kind=ReadKind.LIST,
        person_ids=[each.person_id for each in openings],
    )
    context = {
        "waiting": [each for each in openings if each.reviewed_at is None],
        "reviewed": [each for each in openings if each.reviewed_at is not None],
    }
    return render(request, "people/openings.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def review_opening(request: HttpRequest, opening_id: UUID) -> HttpResponse:
    """Record what somebody thinks of one emergency opening."""
    by = asker(request)
    opening = queries.opening(by=by, opening_id=opening_id)
    if opening is None:
        raise Http404
    read_log.shown(request, place="people:review_opening", children=[opening.person_id])
    form = ReviewOpeningForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            actions.review_break_glass(
                by=by, at=now(), break_glass_id=opening.id, **form.cleaned_data
            )
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, "Review recorded")
            return redirect("people:review_break_glass")
    return render(request, "people/opening.html", {"opening": opening, "form": form})
