"""One contact in triage, read whole, and what is done from its page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html

from accounts.models import User
from accounts.permissions import Permission, holds, require
from cases import actions as case_actions
from cases import panels, services
from cases.actions.board import red_authority
from cases.choices import BoardState, Mark, Rag, ServiceKind
from cases.models import Contact, ContactPerson
from lib import parameters
from lib.application_clock import now, today
from lib.words import moment_words, time_words
from mash import actions
from mash.actions.exploitation_marks import is_to_screen
from mash.forms import contact as forms
from mash.models import MaracOutcome
from mash.queries import contact as queries
from mash.queries import marac as marac_queries
from mash.queries.intake import received_words
from mash.views.doors import (
    address_of,
    as_choices,
    children_of,
    contact_for,
    form_page,
    page,
    user_of,
)
from mash.views.intake import after_linking
from people.models import Person
from record import calendar, notes, read_log
from record.errors import Refused


@page("GET")
def contact(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One contact, whole."""
    user = user_of(request)
    require(user, Permission.CONTACT_READ)
    found = contact_for(user, pk)
    at = now()
    shown = queries.contact_page(by=user, contact=found, at=at)
    read_log.shown(
        request,
        place="mash:contact",
        children=shown.child_ids,
        subject_kind="contact",
        subject_id=found.pk,
    )
    return render(
        request,
        "mash/contact.html",
        {
            "page": shown,
            "contact": found,
            "received": received_words(found, now=at),
            "crumbs": [("Triage", reverse("mash:board"))],
            "may": _rights(user, shown),
            "missing": [(one, _where(found, one)) for one in shown.missing],
            "marks": [str(Mark(mark).label) for mark in found.marks],
            "behind": panels.behind(by=user, contact=found),
            **_marac(user, found, shown),
            "to_screen": _to_screen(user, found),
            "is_open": found.board_state != "",
            "is_red": found.rag == Rag.RED or bool(found.is_danger),
            "is_claimed": found.claim_lapses_at is not None and found.claim_lapses_at > at,
            "is_mine": found.claimed_by_id == user.pk,
            "tasks_url": address_of("mash:contact_tasks", found.pk),
            "files_url": address_of("mash:contact_files", found.pk),
        },
    )


def _marac(user: User, contact: Contact, shown: queries.ContactPage) -> dict[str, Any]:
    """What was decided about MARAC and agreed there, for the children one may read."""
    if shown.domestic_abuse is None:
        return {}
    found = marac_queries.of_contact(by=user, contact=contact)
    decided = found.decision
    is_open = decided is not None and decided.is_referred and not found.outcomes
    edits = holds(user, Permission.CONTACT_EDIT)
    return {
        "services": services.of_subject(contact.pk, by=user),
        "marac": decided,
        "marac_listings": found.listings,
        "marac_outcomes": found.outcomes,
        "may_decide_marac": decided is None and holds(user, Permission.CONTACT_DECIDE),
        "may_record_marac": is_open and edits,
        "may_answer_marac": edits,
        "today": today(),
    }


def _to_screen(user: User, contact: Contact) -> list[Person]:
    """The children of a marked contact, while nobody has begun to screen one."""
    if not holds(user, Permission.EXPLOITATION_SCREEN):
        return []
    return children_of(user, contact) if is_to_screen(contact.pk) else []


def _where(contact: Contact, one: queries.Missing) -> str:
    if one.page.startswith("#"):
        return one.page
    if one.page == "mash:analyse":
        return reverse(one.page, args=[contact.pk, one.pk])
    return address_of(one.page, one.pk)


def _rights(user: User, shown: queries.ContactPage) -> dict[str, bool]:
    """What this person may do here now, so that the page offers nothing that would be refused."""
    contact = shown.contact
    is_open = contact.board_state != ""
    is_void = contact.state == "void"
    decides = holds(user, Permission.CONTACT_DECIDE) or (
        not calendar.is_office_hours(now()) and holds(user, Permission.THRESHOLD_DECIDE_PROVISIONAL)
    )
    enquiry_open = shown.enquiry is not None and shown.enquiry.ended_at is None
    return {
        "decide": decides and is_open,
        "confirm": holds(user, Permission.EDT_CONFIRM)
        and contact.board_state == BoardState.EDT_TO_CONFIRM,
        "edit": holds(user, Permission.CONTACT_EDIT) and not is_void,
        "rate": holds(user, Permission.RAG_SET) and is_open,
        "claim": holds(user, Permission.BOARD_CLAIM) and is_open,
        "see_red": decides and contact.red_seen_at is None,
        "acknowledge": holds(user, Permission.EDT_HANDOVER_ACKNOWLEDGE)
        and shown.edt_to_acknowledge,
        "alert": holds(user, Permission.EDT_ALERT) and not is_void,
        "follow": holds(user, Permission.EDT_HANDOVER_ACKNOWLEDGE),
        "follow_alert": holds(user, Permission.EDT_HANDOVER_WRITE),
        "void": holds(user, Permission.CONTACT_VOID) and not is_void,
        "correct": holds(user, Permission.CLOCK_CORRECT) and not is_void,
        "reopen": holds(user, Permission.CONTACT_REOPEN) and not is_open and not is_void,
        "feedback": holds(user, Permission.FEEDBACK_RECORD)
        and shown.feedback is not None
        and shown.feedback.told_at is None,
        "note": holds(user, Permission.NOTE_ADD),
        "file": holds(user, Permission.DOCUMENT_ADD),
        "discuss": holds(user, Permission.STRATEGY_CALL) and not is_void,
        "discussions": holds(user, Permission.STATUTORY_READ),
        "open_enquiry": holds(user, Permission.ENQUIRY_OPEN)
        and is_open
        and not enquiry_open
        and contact.rag == Rag.RED,
        "ask": holds(user, Permission.CHECK_REQUEST) and enquiry_open,
        "waive": holds(user, Permission.CHECK_WAIVE),
        "analyse": holds(user, Permission.ANALYSIS_WRITE) and is_open,
        "finish": holds(user, Permission.ANALYSIS_WRITE) and enquiry_open,
        "consent": holds(user, Permission.CONSENT_RECORD),
        "ask_override": holds(user, Permission.CONSENT_OVERRIDE_ASK),
        "read_enquiry": holds(user, Permission.ENQUIRY_READ),
        "read_consent": holds(user, Permission.CONSENT_READ),
    }


def _load(request: HttpRequest, pk: UUID, permission: Permission) -> tuple[User, Contact]:
    user = user_of(request)
    require(user, permission)
    return user, contact_for(user, pk)


@page("GET", "POST")
def rate(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Rate the urgency, or change it: anybody may raise it, a manager may lower it."""
    user, found = _load(request, pk, Permission.RAG_SET)
    form = forms.RateForm(
        request.POST if request.method == "POST" else None, initial={"rag": found.rag}
    )
    lead = ""
    if found.rag:
        lead = (
            f"Rated {found.get_rag_display().lower()} by {found.rag_by}, "
            f"{moment_words(found.rag_at, now=now())}: {found.rag_reason}"
        )
        if not holds(user, Permission.RAG_LOWER):
            lead += " You may raise it. A MASH manager may lower it."
    return form_page(
        request,
        found,
        form,
        title="Change the urgency" if found.rag else "Rate the urgency",
        lead=lead,
        act=lambda: actions.rate(
            by=user,
            at=now(),
            contact_id=found.pk,
            rag=Rag(form.cleaned_data["rag"]),
            reason=form.cleaned_data["reason"],
        ),
        done=lambda row: f"Rated {row.get_rag_display().lower()} at {time_words(row.rag_at)}.",
        button="Record the urgency",
    )


@page("POST")
def see_red(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A manager says "I have seen this"; opening the page is not enough."""
    user = user_of(request)
    red_authority(user, now())
    found = contact_for(user, pk)
    return _at_once(
        request,
        found,
        lambda: case_actions.see_red(by=user, at=now(), contact_id=found.pk),
        "Seen. The 1-hour limit has stopped; the limit to decide still runs.",
    )


@page("POST")
def acknowledge(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The MASH has read what EDT passed on."""
    user, found = _load(request, pk, Permission.EDT_HANDOVER_ACKNOWLEDGE)
    return _at_once(
        request,
        found,
        lambda: actions.acknowledge_hand_over(by=user, at=now(), contact_id=found.pk),
        "EDT’s hand-over is acknowledged.",
        to_list="mash:edt" if request.POST.get("to") == "edt" else "",
    )


def _at_once(
    request: HttpRequest,
    found: Contact,
    act: Callable[[], Any],
    done: str,
    *,
    to_list: str = "",
) -> HttpResponse:
    try:
        act()
    except Refused as refused:
        messages.warning(request, str(refused))
    else:
        messages.success(request, done)
    return redirect(to_list) if to_list else redirect("mash:contact", pk=found.pk)


@page("GET", "POST")
def triage_domestic_abuse(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Record what the domestic abuse triage concluded."""
    user, found = _load(request, pk, Permission.CONTACT_EDIT)
    form = forms.TriageForm(request.POST if request.method == "POST" else None)
    if not hasattr(found, "domestic_abuse"):
        messages.warning(request, "This contact carries no domestic abuse notification.")
        return redirect("mash:contact", pk=found.pk)
    return form_page(
        request,
        found,
        form,
        title="Domestic abuse triage",
        act=lambda: actions.triage_domestic_abuse(
            by=user, at=now(), contact_id=found.pk, note=form.cleaned_data["note"]
        ),
        done="The triage is recorded.",
        button="Record the triage",
        anchor="domestic-abuse",
    )


@page("GET", "POST")
def offer_service(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take a place at a service after domestic abuse."""
    user, found = _load(request, pk, Permission.CONTACT_EDIT)
    if not hasattr(found, "domestic_abuse"):
        messages.warning(request, "This contact carries no domestic abuse notification.")
        return redirect("mash:contact", pk=found.pk)
    form = forms.ServiceForm(
        request.POST if request.method == "POST" else None,
        children=as_choices(children_of(user, found)),
        services=[
            (str(each.pk), f"{each.name}: {each.room} of {each.capacity} free")
            for each in services.with_room(on=today(), first=ServiceKind.DOMESTIC_ABUSE)
        ],
    )
    return form_page(
        request,
        found,
        form,
        title="Take a place at a service",
        lead="For the family of this domestic abuse notification.",
        act=lambda: actions.offer_service(by=user, at=now(), contact_id=found.pk, **form.place()),
        done="The place is taken. Refer the family as the directory says.",
        button="Take the place",
        anchor="domestic-abuse",
    )


@page("GET", "POST")
def marac(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Decide whether the victim goes to the meeting on high-risk domestic abuse."""
    user, found = _load(request, pk, Permission.CONTACT_DECIDE)
    form = forms.MaracForm(request.POST if request.method == "POST" else None)
    if not hasattr(found, "domestic_abuse"):
        messages.warning(request, "This contact carries no domestic abuse notification.")
        return redirect("mash:contact", pk=found.pk)
    return form_page(
        request,
        found,
        form,
        title="Does this go to MARAC?",
        act=lambda: actions.decide_marac(by=user, at=now(), contact_id=found.pk, **form.given()),
        done="The decision about MARAC is recorded. What the children need is decided apart.",
        button="Record the decision",
        anchor="domestic-abuse",
    )


@page("GET", "POST")
def marac_listed(request: HttpRequest, pk: UUID) -> HttpResponse:
    """On which day MARAC hears it."""
    user, found = _load(request, pk, Permission.CONTACT_EDIT)
    form = forms.MaracListedForm(request.POST if request.method == "POST" else None)
    return form_page(
        request,
        found,
        form,
        title="When does MARAC hear it?",
        act=lambda: actions.list_marac(by=user, at=now(), contact_id=found.pk, **form.given()),
        done="The day is recorded.",
        button="Record the day",
        anchor="domestic-abuse",
    )


@page("GET", "POST")
def marac_answer(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What became of something MARAC agreed for a child."""
    user = user_of(request)
    outcome = (
        MaracOutcome.objects.filter(pk=pk, child__in=Person.objects.visible_to(user))
        .select_related("child")
        .first()
    )
    if outcome is None:
        require(user, Permission.CONTACT_READ)
        raise Http404("There is no such action.")
    _user, found = _load(request, outcome.decision_id, Permission.CONTACT_EDIT)
    form = forms.MaracAnswerForm(request.POST if request.method == "POST" else None)
    by_when = f", by {outcome.due_on:%-d %B %Y}" if outcome.due_on else ""
    return form_page(
        request,
        found,
        form,
        title=f"What became of it for {outcome.child.name}?",
        lead=f"{outcome.action} {outcome.owner}{by_when}.",
        act=lambda: actions.answer_marac(by=user, at=now(), outcome_id=outcome.pk, **form.given()),
        done="What became of it is recorded.",
        button="Record",
        anchor="domestic-abuse",
    )


@page("GET", "POST")
def marac_held(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Record what the meeting agreed, child by child."""
    user, found = _load(request, pk, Permission.CONTACT_EDIT)
    form = forms.MaracHeldForm(
        request.POST if request.method == "POST" else None, children=children_of(user, found)
    )
    return form_page(
        request,
        found,
        form,
        title="What MARAC agreed",
        act=lambda: actions.record_marac(by=user, at=now(), contact_id=found.pk, **form.given()),
        done="What MARAC agreed is recorded for each child.",
        button="Record",
        anchor="domestic-abuse",
    )


@page("GET", "POST")
def note(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A note on the contact, about one or several of its children."""
    user, found = _load(request, pk, Permission.NOTE_ADD)
    form = forms.NoteForm(
        request.POST if request.method == "POST" else None,
        children=as_choices(children_of(user, found)),
    )
    return form_page(
        request,
        found,
        form,
        title="Add a note",
        lead="A note cannot be edited. A correction is added beneath it.",
        act=lambda: notes.add(
            by=user,
            at=now(),
            text=form.cleaned_data["text"],
            child_ids=[UUID(each) for each in form.cleaned_data["children"]],
            subject_kind="contact",
            subject_id=found.pk,
        ),
        done="The note is recorded.",
        button="Record the note",
        anchor="notes",
    )


@page("GET", "POST")
def void(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take a contact out of the work; its own page and a typed reason."""
    user, found = _load(request, pk, Permission.CONTACT_VOID)
    form = forms.VoidForm(request.POST if request.method == "POST" else None)
    return form_page(
        request,
        found,
        form,
        title="Make this contact void",
        lead="It leaves the board and its clocks stop. It is never deleted, and this cannot be"
        " undone.",
        act=lambda: case_actions.void(
            by=user, at=now(), contact_id=found.pk, reason=form.cleaned_data["reason"]
        ),
        done=f"Contact {found.reference} is void.",
        button="Make it void",
    )


@page("GET", "POST")
def correct_received(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Correct when a contact was received; its clocks are counted anew."""
    user, found = _load(request, pk, Permission.CLOCK_CORRECT)
    form = forms.ReceivedForm(
        request.POST if request.method == "POST" else None,
        initial={"received_at": found.received_at},
    )
    return form_page(
        request,
        found,
        form,
        title="Correct when it was received",
        lead="Limits counted from receipt, met or running, are counted again, and the dates of"
        " referrals follow. The old ones are kept.",
        act=lambda: case_actions.correct_received_at(
            by=user,
            at=now(),
            contact_id=found.pk,
            received_at=form.cleaned_data["received_at"],
            reason=form.cleaned_data["reason"],
        ),
        done="The time received is corrected.",
        button="Correct the time",
    )


@page("GET", "POST")
def feedback(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Record that the referrer was told the outcome, or why they are not."""
    user, found = _load(request, pk, Permission.FEEDBACK_RECORD)
    form = forms.FeedbackForm(request.POST if request.method == "POST" else None)
    return form_page(
        request,
        found,
        form,
        title="Tell the referrer the outcome",
        lead=_referrer_line(found),
        act=lambda: case_actions.record_feedback(
            by=user, at=now(), contact_id=found.pk, **form.answer()
        ),
        done="It is recorded.",
        button="Record it",
    )


def _referrer_line(found: Contact) -> str:
    parts = [found.referrer_name, found.referrer_role, found.referrer_phone]
    return ", ".join(part for part in parts if part)


@page("POST")
def settle(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Answer "is this child already known?": the same as a record, or nobody we know."""
    user, found = _load(request, pk, Permission.CONTACT_EDIT)
    row = get_object_or_404(
        ContactPerson, pk=_uuid(request.POST.get("row")), contact=found, ended_at__isnull=True
    )
    chosen = request.POST.get("match", "")
    asked = queries.settling_of(by=user, row=row)
    if chosen != "new" and chosen not in {str(one.person_id) for one in asked.candidates}:
        messages.error(request, "Choose which record it is, or that it is none of these.")
        return redirect("mash:contact", pk=found.pk)
    try:
        settled = case_actions.settle_match(
            by=user,
            at=now(),
            contact_id=found.pk,
            contact_person_id=row.pk,
            person_id=None if chosen == "new" else UUID(chosen),
            seen={**asked.as_seen, "answer": chosen},
        )
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        if chosen == "new":
            messages.success(request, f"{settled.person.name} keeps the new record.")
        else:
            messages.success(
                request,
                format_html(
                    '{} is linked. Both records keep their history. <button form="undo"'
                    ' formaction="{}" class="fd-link-button">Undo</button>',
                    settled.person.name,
                    reverse("mash:contact_undo_match", args=[found.pk, row.pk]),
                ),
            )
            return after_linking(settled, redirect("mash:contact", pk=found.pk))
    return redirect("mash:contact", pk=found.pk)


def _uuid(typed: str | None) -> UUID:
    found = parameters.row_id(typed)
    if found is None:
        raise Http404("There is no such person on the contact.")
    return found
