"""Offering help, the family's answer, and whether it is safe to close."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from accounts.models import User
from accounts.permissions import MASH_QUALIFIED, Permission, require
from cases import waiting
from cases.choices import WaitingState
from early_help import actions
from early_help.actions.offers import HELPERS
from early_help.actions.screening import waiting_group
from early_help.choices import Route
from early_help.forms import offers as forms
from early_help.models import Decline, Episode
from early_help.queries.declines import decline_rates
from early_help.queries.offers import open_offer
from early_help.views.doors import form_page, page, user_of
from lib import words
from lib.application_clock import now, today

P = Permission


@page("GET", "POST", permission=P.WAITING_ORDER)
def offer(request: HttpRequest, episode: Episode) -> HttpResponse:
    """Offer a worker or a lead professional, with a first date."""
    in_community = episode.route == Route.COMMUNITY
    group = waiting_group(episode)
    ahead = waiting.ahead_of(group) if group is not None else []
    form = forms.OfferForm(
        request.POST or None,
        workers=_workers(episode),
        in_community=in_community,
        is_out_of_turn=any(other.state == WaitingState.WAITING for other in ahead),
    )
    return form_page(
        request,
        episode,
        form,
        title="Offer help",
        act=lambda: actions.offer_help(
            by=user_of(request), at=now(), episode_id=episode.pk, **form.offer()
        ),
        done=lambda made: f"Offered: {made.who}. Record what the family answers.",
        button="Record offer",
        after=("The worker is told", "Whoever asked is owed an answer"),
    )


def _workers(episode: Episode) -> QuerySet[User]:
    return (
        User.objects.filter(
            is_active=True,
            memberships__team=episode.team,
            role_assignments__role__in=[str(role) for role in HELPERS],
        )
        .distinct()
        .order_by("full_name", "pk")
    )


@page("GET", "POST", permission=P.EARLY_HELP_WORK)
def attempt(request: HttpRequest, episode: Episode) -> HttpResponse:
    """An attempt to reach the family."""
    form = forms.AttemptForm(request.POST or None, initial={"at": now()})
    return form_page(
        request,
        episode,
        form,
        title="Record an attempt to reach the family",
        lead="No answer counts as declining after 3 attempts by 2 means over 10 working days.",
        act=lambda: actions.record_attempt(
            by=user_of(request), episode_id=episode.pk, **form.given()
        ),
        done="Recorded.",
        button="Record attempt",
    )


@page("GET", "POST", permission=P.EARLY_HELP_WORK)
def answer(request: HttpRequest, episode: Episode) -> HttpResponse:
    """What the family answers."""
    user = user_of(request)
    made = open_offer(episode.pk)
    form = forms.AnswerForm(
        request.POST or None, initial={"at": now()}, is_offered=made is not None
    )

    def act() -> object:
        data = form.cleaned_data
        if data["answer"] == "accept":
            return actions.accept_offer(by=user, at=data["at"], episode_id=episode.pk)
        return actions.decline(
            by=user,
            at=data["at"],
            episode_id=episode.pk,
            reason=data["reason"],
            words=data["words"],
        )

    return form_page(
        request,
        episode,
        form,
        title="Record what the family answers",
        lead=f"Offered {words.moment_words(made.at, now=now())}: {made.who}, first appointment"
        f" {words.moment_words(made.first_at, now=now())}."
        if made
        else "",
        act=act,
        done=lambda row: (
            "The family declines. The coordinator decides whether it is safe to close."
            if isinstance(row, Decline)
            else "The family accepts. The first visit is due within 5 working days."
        ),
        button="Record answer",
        after=("Declining closes nothing: the coordinator decides whether that is safe",),
    )


@page("GET", "POST", permission=P.WAITING_ORDER)
def decide_decline(request: HttpRequest, episode: Episode) -> HttpResponse:
    """Is it safe to close after the decline?"""
    row = (
        Decline.objects.filter(episode=episode)
        .select_related("by", "offer__worker")
        .order_by("-at", "-recorded_at")
        .first()
    )
    of_the_mash = (
        User.objects.filter(
            is_active=True, role_assignments__role__in=[str(role) for role in MASH_QUALIFIED]
        )
        .distinct()
        .order_by("full_name", "pk")
    )
    form = forms.DeclineDecisionForm(
        request.POST or None,
        of_the_mash=of_the_mash,
        is_p1=row is not None and row.priority == "p1",
    )

    def act() -> object:
        data = form.cleaned_data
        return actions.decide_decline(
            by=user_of(request),
            at=now(),
            episode_id=episode.pk,
            is_safe=data["safe"] == "yes",
            why=data["why"],
            steps_up=data["safe"] == forms.STEP_UP,
            consulted_id=data["consulted"].pk if data["consulted"] else None,
            consulted_said=data["consulted_said"],
        )

    return form_page(
        request,
        episode,
        form,
        title="Is it safe to close?",
        act=act,
        done="Recorded.",
        button="Record decision",
        to=lambda made: reverse(
            "early_help:step_up" if made.then == made.Then.STEP_UP else "early_help:episode",
            args=[episode.pk],
        ),
        template="early_help/decide_decline.html",
        more={"decline": row, "group": waiting_group(episode)},
    )


@page("GET", "POST", permission=P.EARLY_HELP_WORK)
def start(request: HttpRequest, episode: Episode) -> HttpResponse:
    """The lead professional in the community has met the family."""
    form = forms.StartForm(request.POST or None)
    return form_page(
        request,
        episode,
        form,
        title="Help has started",
        act=lambda: actions.start_in_community(
            by=user_of(request), at=form.cleaned_data["at"], episode_id=episode.pk
        ),
        done="Recorded. Whoever asked is owed an answer.",
        button="Record start",
    )


@page("GET", "POST", permission=P.EARLY_HELP_SCREEN)
def change_helper(request: HttpRequest, episode: Episode) -> HttpResponse:
    """Another worker, or another lead professional, helps from now on."""
    form = forms.HelperForm(
        request.POST or None,
        workers=_workers(episode).exclude(pk__in=[episode.worker_id] if episode.worker_id else []),
        in_community=episode.worker_id is None,
    )
    return form_page(
        request,
        episode,
        form,
        title="Let another person help this family",
        act=lambda: actions.change_helper(
            by=user_of(request), at=now(), episode_id=episode.pk, **form.helper()
        ),
        done="Recorded. Tell the family who comes from now on.",
        button="Record who helps",
        after=("What is due stays due", "A worker of ours is told"),
    )


@login_required
@require_GET
def declines(request: HttpRequest) -> HttpResponse:
    """Decline rate by length of wait and priority: counts, no names."""
    require(user_of(request), P.WAITING_READ)
    return render(
        request,
        "early_help/declines.html",
        {"rates": decline_rates(on=today()), "priorities": ["P1", "P2", "P3", "All"]},
    )
