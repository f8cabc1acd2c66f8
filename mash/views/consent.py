"""Going on without agreement: asked, decided by somebody else, and confirmed after EDT.

What the family said, and the lawful basis, are recorded on the pages of intake.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from accounts.models import User
from accounts.permissions import Permission, holds, require, roles_with
from accounts.queries import people_with
from cases import actions as case_actions
from cases.choices import ConsentState
from cases.models import ConsentOverride, Contact
from cases.queries.consent import position
from lib import words
from lib.application_clock import now
from mash.forms import consent as forms
from mash.views.doors import contact_for, form_page, page, user_of
from record import calendar


@page("GET", "POST")
def override_ask(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask a manager to decide to go on without agreement; EDT decides itself out of hours."""
    user = user_of(request)
    require(user, Permission.CONSENT_OVERRIDE_ASK)
    found = contact_for(user, pk)
    kind, title = _kind(found)
    form = forms.AskOverrideForm(request.POST if request.method == "POST" else None)
    return form_page(
        request,
        found,
        form,
        title=title,
        lead="You ask; somebody else decides. Until then agencies are not asked.",
        act=lambda: case_actions.ask_override(
            by=user,
            at=now(),
            contact_id=found.pk,
            kind=kind,
            because=form.cleaned_data["because"],
        ),
        done="A manager has been asked.",
        button="Ask a manager",
        anchor="agreement",
        template="mash/consent_override.html",
        more={"position": position(contact_id=found.pk), "decides_alone": _decides_alone(user)},
    )


def _kind(found: Contact) -> tuple[ConsentState, str]:
    answered = position(contact_id=found.pk).answered
    value, label = forms.kinds(answered)[0]
    return ConsentState(value), label


def _decides_alone(user: User) -> bool:
    """Out of hours an EDT worker decides without somebody else asking."""
    return not calendar.is_office_hours(now()) and holds(
        user, Permission.CONSENT_OVERRIDE_PROVISIONAL
    )


def may_decide(user: User) -> None:
    """Let in whoever may decide now: managers, or EDT out of hours."""
    if not _decides_alone(user):
        require(user, Permission.CONSENT_OVERRIDE)


@page("GET", "POST")
def override_decide(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A manager's reasoned decision on what a colleague asked."""
    user = user_of(request)
    may_decide(user)
    override = get_object_or_404(ConsentOverride.objects.select_related("asked_by"), pk=pk)
    found = contact_for(user, override.contact_id)
    who_can = _others_who_can(user) if override.asked_by_id == user.pk else []
    is_blocked = override.asked_by_id == user.pk and not _decides_alone(user)
    asked = words.moment_words(override.asked_at, now=now())
    return _decision(
        request,
        user,
        found,
        override_id=override.pk,
        kind=None,
        title="Decide whether to go on without agreement",
        lead=f"{override.get_kind_display()}. Asked by {override.asked_by.full_name}, {asked}: "
        f"{override.asked_because}",
        more={"is_blocked": is_blocked, "who_can": who_can},
    )


@page("GET", "POST")
def override_by_edt(request: HttpRequest, pk: UUID) -> HttpResponse:
    """EDT decides out of hours, provisionally, without somebody else asking."""
    user = user_of(request)
    require(user, Permission.CONSENT_OVERRIDE_PROVISIONAL)
    found = contact_for(user, pk)
    kind, title = _kind(found)
    return _decision(
        request,
        user,
        found,
        override_id=None,
        kind=kind,
        title=title,
        lead="Provisional: a MASH manager confirms or ends it by the end of the next working day.",
        more={},
    )


def _decision(
    request: HttpRequest,
    user: User,
    found: Contact,
    *,
    override_id: UUID | None,
    kind: ConsentState | None,
    title: str,
    lead: str,
    more: dict[str, Any],
) -> HttpResponse:
    form = forms.DecideOverrideForm(request.POST if request.method == "POST" else None)

    def done(row: ConsentOverride) -> str:
        if row.state == ConsentOverride.State.REFUSED:
            return "You decided not to go on without agreement."
        after = " A MASH manager confirms it next working day." if row.is_provisional else ""
        return f"Going on without agreement is decided.{after}"

    return form_page(
        request,
        found,
        form,
        title=title,
        lead=lead,
        act=lambda: case_actions.answer_override(
            by=user,
            at=now(),
            contact_id=found.pk,
            override_id=override_id,
            kind=kind,
            **form.answer(),
        ),
        done=done,
        button="Record the decision",
        anchor="agreement",
        template="mash/consent_override.html",
        more={"position": position(contact_id=found.pk), **more},
    )


def _others_who_can(user: User) -> list[str]:
    people = people_with(roles_with(Permission.CONSENT_OVERRIDE), at=now())
    return [name for pk, name in people if pk != str(user.pk)][:10]


@page("GET", "POST")
def override_confirm(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A MASH manager confirms, or ends, what EDT decided."""
    user = user_of(request)
    require(user, Permission.CONSENT_OVERRIDE_CONFIRM)
    override = get_object_or_404(ConsentOverride.objects.select_related("decided_by"), pk=pk)
    found = contact_for(user, override.contact_id)
    form = forms.ConfirmOverrideForm(request.POST if request.method == "POST" else None)
    decided = words.moment_words(override.decided_at, now=now()) if override.decided_at else ""
    by = override.decided_by.full_name if override.decided_by else "Nobody"
    return form_page(
        request,
        found,
        form,
        title="Confirm or end EDT’s decision on agreement",
        lead=f"{by}, {decided}: {override.why_necessary}",
        act=lambda: case_actions.confirm_override(
            by=user,
            at=now(),
            contact_id=found.pk,
            override_id=override.pk,
            is_confirmed=form.cleaned_data["is_confirmed"],
            note=form.cleaned_data["note"],
        ),
        done="It is recorded.",
        button="Record",
        anchor="agreement",
        template="mash/consent_override.html",
        more={"position": position(contact_id=found.pk), "override": override},
    )
