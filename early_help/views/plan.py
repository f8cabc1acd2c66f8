"""Helping a family: its assessment, plan, the team around it, and the end."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from accounts.permissions import Permission
from early_help import actions
from early_help.forms import plan as forms
from early_help.models import Episode, TeamMeeting
from early_help.queries import plan as queries
from early_help.views.doors import family_of, form_page, named, page, user_of
from lib.application_clock import now
from lib.govuk import asked_for_another_row, with_another_row
from record.drafted import Drafted, attach, put_back

P = Permission


def _rows(kind: Any, typed: Any, *, prefix: str, initial: Any = None) -> Any:
    """The rows of a page, from what is sent or was typed before."""
    if typed is not None and asked_for_another_row(typed):
        typed = with_another_row(typed, prefix=prefix)
    is_typed = typed is not None and f"{prefix}-TOTAL_FORMS" in typed
    return kind(typed if is_typed else None, prefix=prefix, initial=initial)


@page("GET", "POST", permission=P.EARLY_HELP_WORK)
def assess(request: HttpRequest, episode: Episode) -> HttpResponse:
    """Write an early help assessment, child by child."""
    user = user_of(request)
    form = forms.AssessmentForm(request.POST or None, children=named(family_of(episode, user)))
    return form_page(
        request,
        episode,
        form,
        title="Early help assessment",
        lead="Each child has needs, a voice and strengths of their own.",
        act=lambda: actions.assess(by=user, at=now(), episode_id=episode.pk, **form.assessment()),
        done="Recorded. Agree the plan with the family next.",
        button="Record assessment",
        after=(
            "It cannot be changed afterwards; a later assessment stands beside it",
            "The first meeting of the team around the family is due within 10 working days",
        ),
        more={"before": queries.assessments(episode.pk)[:1]},
    )


@page("GET", "POST", permission=P.EARLY_HELP_WORK)
def agree_plan(request: HttpRequest, episode: Episode) -> HttpResponse:
    """Write the plan that the family agreed to, or the changed one."""
    user = user_of(request)
    form = forms.PlanForm(request.POST or None)
    kept = Drafted(request, form="PlanForm")  # what is long here are the rows
    form.draft = kept
    if kept.is_restored:
        put_back(form, kept.typed)
    standing = queries.current_plan(episode.pk)
    rows = _rows(
        forms.StepSet,
        kept.typed,
        prefix="steps",
        initial=queries.as_rows(standing) if standing else None,
    )
    return form_page(
        request,
        episode,
        form,
        title="Change the plan" if standing else "Agree a plan",
        lead="Goals, and for each who does what by when.",
        act=lambda: actions.agree_plan(
            by=user,
            at=now(),
            episode_id=episode.pk,
            goals=forms.goals_of(rows),
            agreed_with=form.cleaned_data["agreed_with"],
        ),
        done="Recorded. The plan before is kept." if standing else "Recorded. The plan runs.",
        button="Record plan",
        template="early_help/plan.html",
        kept=kept,
        rows=rows,
        more={"assessments": queries.assessments(episode.pk)[:1]},
    )


@page("GET", "POST", permission=P.EARLY_HELP_WORK)
def meet(request: HttpRequest, episode: Episode) -> HttpResponse:
    """Record a meeting of the team around the family."""
    user = user_of(request)
    plan = queries.current_plan(episode.pk)
    form = forms.MeetingForm(request.POST or None, goals=list(plan.goals.all()) if plan else [])
    kept = attach(request, form)
    rows = _rows(forms.AttendeeSet, kept.typed, prefix="people")

    def onward(made: TeamMeeting) -> str:
        pages = {
            TeamMeeting.Decision.CHANGE: "agree_plan",
            TeamMeeting.Decision.STEP_UP: "step_up",
        }
        name = pages.get(TeamMeeting.Decision(made.decision), "episode")
        return reverse(f"early_help:{name}", args=[episode.pk])

    return form_page(
        request,
        episode,
        form,
        title="Record a meeting of the team around the family",
        lead="" if plan else "There is no plan yet that the team could go through.",
        act=lambda: actions.record_meeting(
            by=user, episode_id=episode.pk, attendees=forms.attendees_of(rows), **form.meeting()
        ),
        done="Recorded.",
        button="Record meeting",
        to=onward,
        template="early_help/meeting.html",
        kept=kept,
        rows=rows,
        more={"plan": plan},
    )


@page("GET", "POST", permission=P.EARLY_HELP_SCREEN)
def close_help(request: HttpRequest, episode: Episode) -> HttpResponse:
    """End early help, with an outcome for each child."""
    user = user_of(request)
    family = family_of(episode, user)
    form = forms.CloseHelpForm(request.POST or None, children=named(family))
    return form_page(
        request,
        episode,
        form,
        title="End early help",
        act=lambda: actions.close_help(by=user, at=now(), episode_id=episode.pk, **form.end()),
        done="Early help has ended. Whoever asked is owed word of it.",
        button="End early help",
        template="early_help/close_help.html",
        after=(
            "Early help no longer holds the children",
            "A return within 12 months is shown against this",
        ),
        more={
            "plan": queries.current_plan(episode.pk),
            "meetings": queries.meetings(episode.pk)[:1],
            "contacts": queries.contacts(episode, family.children),
        },
    )
