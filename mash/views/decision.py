"""Decide a contact, confirm what EDT decided, read a decision, reopen."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from accounts.models import User
from accounts.permissions import Permission, holds, require
from cases.choices import Mark, Outcome
from cases.models import Contact
from lib.application_clock import now
from lib.govuk import asked_for_another_row, with_another_row
from lib.text import is_same_text
from lib.words import time_words
from lib.working_days import london_date
from mash import actions
from mash.forms import decision as forms
from mash.models import Decision, DecisionChild, PassedLine
from mash.queries import decision as queries
from mash.queries.passed import passed_lines
from mash.views.doors import contact_for, leave
from mash.views.doors import page as page_of_contact
from people.models import Person
from record import calendar, read_log
from record.drafted import Drafted, attach, unchecked
from record.errors import Clash, NotWhole, Refused, no_longer
from record.once import AlreadyRecorded, once_only

FORM = "decision"


@page_of_contact("GET", "POST")
def decide(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One whole decision, child by child."""
    user = _user(request)
    too_late = None
    try:
        may_decide(user)
    except PermissionDenied as denied:
        # The office may have opened while EDT was typing; then nothing typed is lost.
        if request.method != "POST" or not holds(user, Permission.THRESHOLD_DECIDE_PROVISIONAL):
            raise
        too_late = denied
    contact = contact_for(user, pk)
    moment = now()
    page = queries.decision_page(by=user, contact=contact, at=moment)
    kept = Drafted(request, form=FORM, subject_id=contact.pk)
    if kept.is_left:
        return leave(request, kept, reverse("mash:contact", args=[contact.pk]))
    typed: Any = kept.typed
    if request.method == "POST" and (prefix := asked_for_another_row(request.POST)):
        typed = with_another_row(request.POST, prefix=prefix)
    form, children, elsewhere, planned = _forms(page, typed)
    everything = [form, *children.values(), *elsewhere.values(), planned]
    status = 200
    if request.method == "POST" and not asked_for_another_row(request.POST):
        answered = [part.is_valid() for part in everything]  # every part says what is wrong
        if too_late is not None:
            form.add_error(None, no_longer(too_late))
            status = 403
        elif all(answered):
            try:
                decision = actions.decide(
                    by=user,
                    at=now(),
                    contact_id=contact.pk,
                    children=[one.line() for one in children.values()],
                    elsewhere=[one.line() for one in elsewhere.values()],
                    planned=forms.planned_actions(planned),
                    **form.reasons(),
                )
            except AlreadyRecorded as already:
                kept.recorded()
                return redirect("mash:decision", pk=already.result_id)
            except NotWhole as refused:
                forms.spread(refused.problems, form=form, children=children, elsewhere=elsewhere)
            except Clash as clash:
                status = 409
                form.add_error(None, str(clash))
                contact.refresh_from_db()
                _read_anew(form, contact)
                page = queries.decision_page(by=user, contact=contact, at=moment)
            except Refused as refused:
                status = 409
                form.add_error(None, str(refused))
            else:
                kept.recorded()
                messages.success(request, what_happened(decision))
                return redirect("mash:decision", pk=decision.pk)
    elif typed is not None:
        for part in everything:
            unchecked(getattr(part, "forms", [part]))
    kept.keep()
    read_log.shown(
        request,
        place="mash:decide",
        children=[row.child_id for row in page.children if not row.is_restricted],
        subject_kind="contact",
        subject_id=contact.pk,
    )
    return render(
        request,
        "mash/decide.html",
        {
            "page": page,
            "contact": contact,
            "form": form,
            "children": [(row, children.get(row.child_id)) for row in page.children],
            "elsewhere": [(row, elsewhere[row.child_id]) for row in page.elsewhere],
            "planned": planned,
            "forms": [*children.values(), *elsewhere.values(), planned],
            "draft": kept,
            "same_words": _same_words(page, children) if request.method == "POST" else [],
            "is_provisional": not holds(user, Permission.THRESHOLD_DECIDE),
        },
        status=status,
    )


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101 - login_required has seen to it
    return request.user


def may_decide(user: User) -> None:
    """Let deciders in: the MASH manager, or EDT out of hours."""
    if not holds(user, Permission.THRESHOLD_DECIDE) and not calendar.is_office_hours(now()):
        require(user, Permission.THRESHOLD_DECIDE_PROVISIONAL)
    else:
        require(user, Permission.THRESHOLD_DECIDE)


def _forms(
    page: queries.DecisionPage, typed: Any
) -> tuple[Any, dict[UUID, Any], dict[UUID, Any], Any]:
    day = london_date(now())
    teams = forms.receiving_teams()
    needs = forms.needs_on(day)
    form = forms.DecisionForm(
        typed,
        asks_cumulative=page.asks_cumulative,
        asks_late=page.is_late,
        is_step_up=Mark.STEP_UP in page.contact.marks,
        initial={"contact_version": page.contact.version, "token": forms.new_token()},
    )
    if typed is not None and not typed.get("token"):
        data = typed.copy()
        data["token"] = str(forms.new_token())
        data["contact_version"] = str(typed.get("contact_version") or page.contact.version)
        form.data = data
    children = {
        row.child_id: forms.ChildForm(
            typed,
            child_id=row.child_id,
            name=row.name,
            open_case=row.has_open_case,
            early_help=row.has_early_help,
            is_step_up=Mark.STEP_UP in page.contact.marks,
            teams=teams,
            needs=needs,
        )
        for row in page.children
        if not row.is_restricted
    }
    elsewhere = {
        row.child_id: forms.ElsewhereForm(typed, child_id=row.child_id, name=row.name)
        for row in page.elsewhere
    }
    planned_typed = typed if typed is not None and "actions-TOTAL_FORMS" in typed else None
    planned = forms.ActionSet(planned_typed, prefix="actions")
    return form, children, elsewhere, planned


def _read_anew(form: Any, contact: Contact) -> None:
    """After a clash the next recording rests on the version shown now."""
    form.data = form.data.copy()
    form.data["contact_version"] = str(contact.version)
    form.data["token"] = str(forms.new_token())


def _same_words(page: queries.DecisionPage, children: dict[UUID, Any]) -> list[tuple[str, str]]:
    """Pairs of children with the same words: a check, never an error."""
    names = {row.child_id: row.name for row in page.children}
    said = [
        (names[child_id], form.cleaned_data.get("why", ""))
        for child_id, form in children.items()
        if form.is_valid() and form.cleaned_data.get("why")
    ]
    return [
        (name, other)
        for place, (name, why) in enumerate(said)
        for other, words in said[:place]
        if is_same_text(why, words)
    ]


def what_happened(decision: Decision) -> str:
    """Say what recording did, for the panel on the next page."""
    parts = [f"Decision recorded at {time_words(decision.recorded_at)}."]
    offered = decision.contact.handovers.filter(state="offered", offered_at=decision.decided_at)
    for handover in offered.select_related("to_team"):
        parts.append(f"{handover.to_team.name} has been offered the work.")
    if decision.outcome == Outcome.STRATEGY_DISCUSSION:
        parts.append("A strategy discussion is on its chair’s list.")
    if decision.is_provisional:
        parts.append("A MASH manager confirms it next working day.")
    return " ".join(parts)


@page_of_contact("GET")
def decision(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Read one decision, whole, with what the decider could see."""
    user = _user(request)
    require(user, Permission.CONTACT_READ)
    found = get_object_or_404(
        Decision.objects.select_related("contact", "decided_by", "acting_for", "confirms"), pk=pk
    )
    contact_for(user, found.contact_id)
    visible = set(
        Person.objects.visible_to(user)
        .filter(pk__in=found.children.values("child"))
        .values_list("pk", flat=True)
    )
    rows = list(
        found.children.select_related("child", "to_team", "passed_to", "decision").order_by(
            "-is_in", "child__date_of_birth", "pk"
        )
    )
    read_log.shown(
        request,
        place="mash:decision",
        children=visible,
        subject_kind="decision",
        subject_id=found.pk,
    )
    return render(
        request,
        "mash/decision.html",
        {
            "decision": found,
            "contact": found.contact,
            "rows": _shown(rows, visible),
            "elsewhere": found.elsewhere.select_related("child").order_by("pk"),
            "planned": found.actions.order_by("by_when", "pk"),
            "seen": queries.as_seen(by=user, contact=found.contact, snapshot=found.snapshot),
            "others": found.contact.decisions.exclude(pk=found.pk)
            .select_related("decided_by")
            .order_by("-number"),
            "may_reopen": holds(user, Permission.CONTACT_REOPEN)
            and found.contact.board_state == "",
        },
    )


def _shown(
    rows: list[DecisionChild], visible: set[UUID]
) -> list[tuple[DecisionChild, bool, PassedLine | None]]:
    """Each row, whether its child may be read, and the line where it was passed on."""
    lines = passed_lines(rows=rows)
    return [(row, row.child_id in visible, lines.get(row.pk)) for row in rows]


@page_of_contact("GET", "POST")
def confirm(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Confirm an EDT decision as it stands; to change it, decide anew."""
    user = _user(request)
    require(user, Permission.EDT_CONFIRM)
    contact = contact_for(user, pk)
    provisional = (
        contact.decisions.select_related("decided_by").order_by("-number").first()
        if contact.is_provisional
        else None
    )
    form = forms.ConfirmForm(request.POST if request.method == "POST" else None)
    kept = attach(request, form)
    if kept.is_left:
        return leave(request, kept, reverse("mash:contact", args=[contact.pk]))
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            made = once_only(
                by=user,
                token=form.cleaned_data["token"],
                action="mash.confirm",
                act=lambda: actions.confirm(
                    by=user, at=now(), contact_id=contact.pk, note=form.cleaned_data["note"]
                ),
            )
        except AlreadyRecorded as already:
            kept.recorded()
            return redirect("mash:decision", pk=already.result_id)
        except Refused as refused:
            form.add_error(None, str(refused))
            status = 409
        else:
            kept.recorded()
            messages.success(request, "EDT’s decision is confirmed.")
            return redirect("mash:decision", pk=made.pk)
    kept.keep()
    rows = (
        list(
            provisional.children.select_related(
                "child", "to_team", "passed_to", "decision"
            ).order_by("pk")
        )
        if provisional
        else []
    )
    visible = set(
        Person.objects.visible_to(user)
        .filter(pk__in=[row.child_id for row in rows])
        .values_list("pk", flat=True)
    )
    read_log.shown(
        request,
        place="mash:confirm",
        children=visible,
        subject_kind="contact",
        subject_id=contact.pk,
    )
    return render(
        request,
        "mash/confirm.html",
        {
            "contact": contact,
            "decision": provisional,
            "rows": _shown(rows, visible),
            "form": form,
        },
        status=status,
    )


@page_of_contact("GET", "POST")
def reopen(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Put a decided contact back on the board, with the reason."""
    user = _user(request)
    require(user, Permission.CONTACT_REOPEN)
    contact = contact_for(user, pk)
    form = forms.ReopenForm(request.POST if request.method == "POST" else None)
    kept = attach(request, form)
    if kept.is_left:
        return leave(request, kept, reverse("mash:contact", args=[contact.pk]))
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            once_only(
                by=user,
                token=form.cleaned_data["token"],
                action="mash.reopen",
                act=lambda: actions.reopen(
                    by=user, at=now(), contact_id=contact.pk, reason=form.cleaned_data["reason"]
                ),
            )
        except AlreadyRecorded:
            kept.recorded()
            return redirect("mash:contact", pk=contact.pk)
        except Refused as refused:
            form.add_error(None, str(refused))
            status = 409
        else:
            kept.recorded()
            messages.success(request, "The contact is on the board again. Every decision stays.")
            return redirect("mash:contact", pk=contact.pk)
    kept.keep()
    return render(request, "mash/reopen.html", {"contact": contact, "form": form}, status=status)
