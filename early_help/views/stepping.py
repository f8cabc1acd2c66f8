"""Stepping a family up, and what follows from the answer."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from accounts.models import User
from accounts.permissions import Permission, holds, roles_with
from early_help import actions
from early_help.forms import stepping as forms
from early_help.models import Episode, SafeCheck, StepUp
from early_help.queries.stepping import latest, unmet_step_up
from early_help.views.doors import form_page, page, user_of
from lib.application_clock import now

P = Permission


@page("GET", "POST", permission=P.EARLY_HELP_STEP_UP)
def step_up(request: HttpRequest, episode: Episode) -> HttpResponse:
    """Put a family before the MASH, or propose it to the coordinator."""
    user = user_of(request)
    decides = holds(user, P.EARLY_HELP_SCREEN)
    form = forms.StepUpForm(request.POST or None, initial=_known(episode))
    sends = "It stands on the MASH board at once, as a contact that is due by the end of the next"
    sends += " working day, with this family’s record behind it"
    after = (
        sends
        if decides
        else f"{episode.team.manager.full_name} decides; where a child is in"
        " danger now, it goes to the MASH at once",
        "Early help stays responsible until an assessment team has accepted the children",
        "The MASH’s answer comes to this page, and to you",
        "Whoever asked for help is owed word of it",
    )
    return form_page(
        request,
        episode,
        form,
        title="Step this family up",
        lead="To social care, as one contact with the record behind it. Go on helping meanwhile.",
        act=lambda: actions.step_up(by=user, at=now(), episode_id=episode.pk, **form.given()),
        done=_stepped_up,
        button="Step the family up" if decides else "Propose the step-up",
        after=after,
    )


def _known(episode: Episode) -> dict[str, Any]:
    """What the record says already: why it is not safe to close, or what a safe-check found."""
    decision = unmet_step_up(episode.pk)
    if decision is not None:
        return {"concern": decision.why}
    worse = (
        SafeCheck.objects.filter(episode=episode, found=SafeCheck.Found.WORSE, answer=None)
        .order_by("-at", "pk")
        .first()
    )
    return {"concern": worse.what_changed} if worse else {}


def _stepped_up(row: StepUp) -> str:
    if row.state == StepUp.State.PROPOSED:
        return f"Proposed. {row.episode.team.manager.full_name} decides, and has been told."
    reference = row.contact.reference if row.contact else ""
    return (
        f"Before the MASH as contact {reference}. Early help stays responsible until social care"
        " has the children."
    )


@page("GET", "POST", permission=P.EARLY_HELP_SCREEN)
def answer(request: HttpRequest, episode: Episode) -> HttpResponse:
    """The coordinator decides on a proposed step-up."""
    form = forms.ProposalForm(request.POST or None)
    return form_page(
        request,
        episode,
        form,
        title="Decide on the proposed step-up",
        act=lambda: actions.answer_proposal(
            by=user_of(request),
            at=now(),
            episode_id=episode.pk,
            is_agreed=form.cleaned_data["answer"] == "yes",
            note=form.cleaned_data["note"],
        ),
        done=lambda row: (
            "Not stepped up. The worker has been told what to do instead."
            if row.state == StepUp.State.TURNED_DOWN
            else _stepped_up(row)
        ),
        button="Record answer",
        template="early_help/step_up_answer.html",
        after=("Early help stays responsible until an assessment team has accepted the children",),
        more={"step_up": latest(episode.pk)},
    )


@page("GET", "POST", permission=P.EARLY_HELP_SCREEN)
def take_back(request: HttpRequest, episode: Episode) -> HttpResponse:
    """Early help goes on, as social care ended what it had taken on."""
    form = forms.TakeBackForm(request.POST or None)
    return form_page(
        request,
        episode,
        form,
        title="Go on with early help",
        lead="Social care took this family on and has nothing open for the children any more.",
        act=lambda: actions.take_back(
            by=user_of(request), at=now(), episode_id=episode.pk, **form.given()
        ),
        done="Recorded. The family stands where help had come to.",
        button="Go on with early help",
        template="early_help/step_up_answer.html",
        more={"step_up": latest(episode.pk)},
    )


@page("GET", "POST", permission=P.EARLY_HELP_SCREEN)
def escalate(request: HttpRequest, episode: Episode) -> HttpResponse:
    """Put a refusal to a senior manager by name."""
    seniors = (
        User.objects.filter(
            is_active=True,
            role_assignments__role__in=[str(role) for role in roles_with(P.WAITING_SETTLE)],
            role_assignments__to_at=None,
        )
        .distinct()
        .order_by("full_name", "pk")
    )
    form = forms.EscalateForm(request.POST or None, seniors=seniors)
    return form_page(
        request,
        episode,
        form,
        title="Put the refusal to a senior manager",
        act=lambda: actions.escalate(
            by=user_of(request),
            at=now(),
            episode_id=episode.pk,
            to_id=form.cleaned_data["to"].pk,
            why=form.cleaned_data["why"],
        ),
        done=lambda made: f"Put to {made.to.full_name}, who has been told.",
        button="Put it to them",
        template="early_help/step_up_answer.html",
        after=("Early help goes on meanwhile, with what the MASH said it should do",),
        more={"step_up": latest(episode.pk)},
    )


@page("GET", "POST", permission=P.WAITING_SETTLE)
def settle(request: HttpRequest, episode: Episode) -> HttpResponse:
    """A senior manager answers a disputed step-up."""
    form = forms.SettleForm(request.POST or None)
    return form_page(
        request,
        episode,
        form,
        title="Answer the disputed step-up",
        act=lambda: actions.settle(
            by=user_of(request),
            at=now(),
            episode_id=episode.pk,
            decide_again=form.cleaned_data["decide_again"] == "yes",
            answer=form.cleaned_data["answer"],
        ),
        done=lambda row: (
            "The contact is on the MASH board again."
            if row.decide_again
            else "The MASH’s answer stands. Early help has been told."
        ),
        button="Record answer",
        template="early_help/step_up_answer.html",
        more={"step_up": latest(episode.pk)},
    )
