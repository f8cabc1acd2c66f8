"""Screening a request, and everything done while a family waits."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from accounts.permissions import Permission, holds
from cases import holding
from cases.choices import ConsentState
from early_help import actions
from early_help.actions import rules
from early_help.actions.screening import known_of, waiting_group
from early_help.choices import EpisodeState, Need, TellAbout
from early_help.forms import screening as screening_forms
from early_help.forms import wait as forms
from early_help.models import Episode, Pause, SafeCheck, ToTell
from early_help.queries import history, services
from early_help.queries.agreement import positions
from early_help.queries.episode import asker
from early_help.queries.families import Family
from early_help.views.doors import family_of, form_page, named, page, user_of
from lib import words
from lib.application_clock import now, today
from people.queries import children_of_households

P = Permission


@page("GET", "POST", permission=P.EARLY_HELP_SCREEN)
def screen(request: HttpRequest, episode: Episode) -> HttpResponse:
    """Take a request on or return it, with everything that is known beside the form."""
    user = user_of(request)
    family = family_of(episode, user)
    form = screening_forms.ScreeningForm(
        request.POST or None,
        children=named(family),
        matches=services.matches(children=family.children, needs=Need.values, at=now()),
        initial={
            "level": episode.level,
            "family_wants": episode.family_wants,
            "safety": episode.safety,
        },
    )
    known = known_of(episode)

    def act() -> Episode:
        if form.is_return:
            return actions.return_request(
                by=user,
                at=now(),
                episode_id=episode.pk,
                reason=form.cleaned_data["return_reason"],
            )
        data = form.cleaned_data
        return actions.screen(
            by=user,
            at=now(),
            episode_id=episode.pk,
            route=data["answer"],
            level=data["level"],
            family_wants=data["family_wants"],
            safety=data["safety"],
            needs=data["needs"],
            priority=data["priority"],
            reason=data["reason"],
            risks=form.risks(),
            told=data["told"],
            interim_help=data["interim_help"],
            interim=form.interim(),
            expected_on=data["expected_on"],
        )

    why, score = form.suggestion(known)
    return form_page(
        request,
        episode,
        form,
        title="Screen this request",
        act=act,
        done=_screened,
        button="Record answer",
        template="early_help/screen.html",
        is_sent="do_suggest" not in request.POST,
        more={
            "asker": asker(by=user, episode=episode),
            "earlier": history.earlier(
                child_ids=[child.person_id for child in family.children],
                before=episode.requested_at,
                except_id=episode.pk,
                by=user,
            ),
            "suggestion": why,
            "score": score,
            "is_open": episode.state == EpisodeState.REQUESTED,
            "agreed": _agreed(episode, family),
            "may_read_contact": holds(user, P.CONTACT_READ),
        },
    )


def _agreed(episode: Episode, family: Family) -> list[tuple[str, str]]:
    where = positions(
        episode_id=episode.pk, child_ids=[child.person_id for child in family.children]
    )
    return [
        (child.name, str(ConsentState(where[child.person_id]).label)) for child in family.children
    ]


def _screened(episode: Episode) -> str:
    if episode.state == EpisodeState.WAITING:
        return "On the waiting list. Whoever asked is owed an answer."
    if episode.state == EpisodeState.SCREENED:
        return "Accepted. Offer a lead professional next."
    return "Returned. Whoever asked has been told or is owed an answer."


@page("GET", "POST", permission=P.EARLY_HELP_WORK)
def safe_check(request: HttpRequest, episode: Episode) -> HttpResponse:
    """A call or visit to a family that waits."""
    user = user_of(request)
    group = waiting_group(episode)
    decides = holds(user, P.WAITING_ORDER)
    form = forms.SafeCheckForm(
        request.POST or None,
        initial={"at": now()},
        children=named(family_of(episode, user)),
        now=group.priority if group else "",
        is_open_to_social_care=_is_open_to_social_care(episode),
        decides=decides,
    )
    return form_page(
        request,
        episode,
        form,
        title="Record a safe-check",
        lead="Ask how each child is. Waiting changes things; this is how we hear of it.",
        act=lambda: actions.record_safe_check(by=user, episode_id=episode.pk, **form.check()),
        done=_checked,
        button="Record safe-check",
        to=lambda check: reverse(
            "early_help:step_up" if form.steps_up else "early_help:episode", args=[episode.pk]
        ),
        after=()
        if decides
        else ("If the family is worse off, your coordinator is told and decides what follows",),
    )


def _is_open_to_social_care(episode: Episode) -> bool:
    return bool(holding.with_open_statutory_work(rules.children(episode)))


def _checked(check: SafeCheck) -> str:
    if not check.is_reached:
        return "The attempt is kept. The safe-check stays due."
    return "Safe-check recorded. The next one is counted from it."


@page("GET", "POST", permission=P.WAITING_ORDER)
def answer_check(request: HttpRequest, episode: Episode, check: UUID) -> HttpResponse:
    """What follows from a safe-check that a duty worker recorded as worse."""
    user = user_of(request)
    row = get_object_or_404(
        SafeCheck.objects.select_related("by").prefetch_related("children__child"),
        pk=check,
        episode=episode,
    )
    group = waiting_group(episode)
    is_open = _is_open_to_social_care(episode)
    form = forms.AnswerCheckForm(
        request.POST or None,
        now=group.priority if group else "",
        is_open_to_social_care=is_open,
    )
    return form_page(
        request,
        episode,
        form,
        title="Decide what follows from the safe-check",
        act=lambda: actions.answer_safe_check(
            by=user, at=now(), episode_id=episode.pk, check_id=row.pk, **form.consequence()
        ),
        done="Recorded. The place in the queue follows.",
        button="Record what follows",
        template="early_help/answer_check.html",
        more={"check": row, "may_step_up": not is_open},
    )


@page("GET", "POST", permission=P.WAITING_ORDER)
def priority(request: HttpRequest, episode: Episode) -> HttpResponse:
    """Another priority, or other needs, with the reason."""
    group = waiting_group(episode)
    form = forms.PriorityForm(
        request.POST or None,
        initial={
            "priority": group.priority if group else "",
            "needs": forms.ticked(episode.needs),
        },
    )
    return form_page(
        request,
        episode,
        form,
        title="Change the priority",
        act=lambda: actions.prioritise(
            by=user_of(request), at=now(), episode_id=episode.pk, **form.given()
        ),
        done="Recorded. The order before is kept.",
        button="Record priority",
        after=(
            "The place in the queue is worked out again",
            "A raised priority is due at the earlier of the old limit and the new one from now",
        ),
    )


@page("GET", "POST", permission=P.WAITING_ORDER)
def pause(request: HttpRequest, episode: Episode) -> HttpResponse:
    """A pause at the family's wish; or its end, while one runs."""
    user = user_of(request)
    group = waiting_group(episode)
    running = Pause.objects.filter(group=group, ended_on=None).first() if group else None
    if running is not None:
        end = forms.ResumeForm(request.POST or None)
        return form_page(
            request,
            episode,
            end,
            title="End the pause",
            lead=f"Paused until {words.date_words(running.until_on)}.",
            act=lambda: actions.resume(
                by=user, at=now(), episode_id=episode.pk, why=end.cleaned_data["why"]
            ),
            done="The wait goes on. Days of pause not used go back to the limit.",
            button="End the pause",
        )
    form = forms.PauseForm(request.POST or None)
    return form_page(
        request,
        episode,
        form,
        title="Pause the wait at the family’s wish",
        act=lambda: actions.pause(by=user, at=now(), episode_id=episode.pk, **form.given()),
        done="Paused. Safe-checks go on.",
        button="Pause the wait",
        after=(
            "The limit of the wait is counted so many working days longer, 20 at most in one wait",
            "Safe-checks go on, and the wait that is reported is the whole of it",
        ),
    )


@page("GET", "POST", permission=P.WAITING_ORDER)
def take_off(request: HttpRequest, episode: Episode) -> HttpResponse:
    """Take a family off the list without help."""
    form = forms.TakeOffForm(request.POST or None)
    return form_page(
        request,
        episode,
        form,
        title="Take the family off the list",
        lead="For a family that declines, record its answer to an offer instead.",
        act=lambda: actions.take_off(
            by=user_of(request), at=now(), episode_id=episode.pk, **form.given()
        ),
        done="Taken off. Early help for this family has ended.",
        button="Take off the list",
        after=("Early help ends and no longer holds the children",),
    )


@page("GET", "POST", permission=P.EARLY_HELP_WORK)
def tell(request: HttpRequest, episode: Episode) -> HttpResponse:
    """Whoever asked was told what was decided."""
    user = user_of(request)
    form = forms.TellForm(request.POST or None)

    def act() -> Episode:
        data = form.cleaned_data
        return actions.tell(
            by=user,
            at=now(),
            episode_id=episode.pk,
            how=data["how"],
            what=data["what"],
            not_told_because=data["not_told_because"],
        )

    owed = ToTell.objects.filter(episode=episode, told_at=None).order_by("owed_from", "pk")
    return form_page(
        request,
        episode,
        form,
        title="Tell whoever asked",
        act=act,
        done="Recorded.",
        button="Record",
        template="early_help/tell.html",
        more={
            "owed": [(TellAbout(row.about).label, row.owed_from) for row in owed],
            "asker": asker(by=user, episode=episode),
        },
    )


@page("GET", "POST", permission=P.EARLY_HELP_WORK)
def agreement(request: HttpRequest, episode: Episode) -> HttpResponse:
    """What somebody said about early help for these children."""
    user = user_of(request)
    form = forms.AgreementForm(request.POST or None, children=named(family_of(episode, user)))

    def act() -> object:
        data = form.given()
        data["child_ids"] = [UUID(pk) for pk in data["child_ids"]]
        return actions.record_agreement(by=user, at=now(), episode_id=episode.pk, **data)

    return form_page(
        request,
        episode,
        form,
        title="Record what the family agrees to",
        act=act,
        done="Recorded. The answer before is kept.",
        button="Record answer",
    )


@page("GET", "POST", permission=P.EARLY_HELP_WORK)
def add_child(request: HttpRequest, episode: Episode) -> HttpResponse:
    """A child of the household who becomes part of the episode."""
    user = user_of(request)
    family = family_of(episode, user)
    known = {child.person_id for child in family.children}
    household = [
        child
        for child in children_of_households(by=user, person_ids=known, on=today())
        if child.person_id not in known and not child.is_restricted
    ]
    form = forms.AddChildForm(
        request.POST or None,
        children=[(child.person_id, child.name, child.known) for child in household],
        waits=waiting_group(episode) is not None,
    )

    def act() -> object:
        data = form.given()
        return actions.add_child(
            by=user,
            at=now(),
            episode_id=episode.pk,
            child_id=UUID(data["child_id"]),
            why=data["why"],
            risk=data.get("risk", ""),
            risk_why=data.get("risk_why", ""),
        )

    return form_page(
        request,
        episode,
        form,
        title="Add a child of the family",
        lead=""
        if household
        else "Nobody else of this household is on record. Add the child to the household first.",
        act=act,
        done="Added. Ask a parent whether they agree for this child too.",
        button="Add this child",
        more={"household_url": family.children[0].person_id if family.children else None},
    )
