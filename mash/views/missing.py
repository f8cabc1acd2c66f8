"""Missing children: who is missing, one episode, and each step of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from accounts.models import User
from accounts.permissions import Permission, holds, require
from lib.application_clock import now
from lib.govuk import OnceForm
from lib.working_days import london_date
from mash import actions
from mash.forms import missing as forms
from mash.models import MissingEpisode
from mash.queries import missing as queries
from mash.views.doors import leave
from people.models import Person
from people.queries import age
from people.views.opening import reader
from record import drafted, read_log
from record.errors import Clash, Refused
from record.models import ReadKind
from record.once import AlreadyRecorded, once_only

PER_PAGE = 50


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of an episode: what is asked, by what right, and the one call."""

    title: str
    form: type[OnceForm]
    permission: Permission
    act: Callable[..., Any]
    button: str
    done: str
    lead: str = ""


STEPS = {
    "screen": Step(
        title="Screen the episode",
        form=forms.ScreenForm,
        permission=Permission.MISSING_RECORD,
        act=actions.screen_missing,
        button="Record the screening",
        done="The screening is recorded.",
    ),
    "discussion": Step(
        title="Is a strategy discussion needed?",
        form=forms.DiscussionForm,
        permission=Permission.MISSING_DECIDE,
        act=actions.decide_discussion,
        button="Record the decision",
        done="The decision is recorded. Call the discussion from the contact or the child’s page.",
    ),
    "return": Step(
        title="Record the return",
        form=forms.ReturnForm,
        permission=Permission.MISSING_RECORD,
        act=actions.record_return,
        button="Record the return",
        done="The return is recorded. The 72 hours for the interview run from it.",
    ),
    "offer": Step(
        title="Offer the return interview",
        form=forms.OfferForm,
        permission=Permission.MISSING_RECORD,
        act=actions.offer_interview,
        button="Record the offer",
        done="The offer is recorded.",
    ),
    "interview": Step(
        title="Record the return interview",
        form=forms.InterviewForm,
        permission=Permission.MISSING_RECORD,
        act=actions.complete_interview,
        button="Record the interview",
        done="The interview is recorded.",
    ),
    "no_interview": Step(
        title="There is no return interview",
        form=forms.NoInterviewForm,
        permission=Permission.MISSING_RECORD,
        act=actions.end_interview,
        button="Record",
        done="Recorded. What is known is passed on all the same.",
    ),
    "close": Step(
        title="Decide about risk and close",
        form=forms.CloseForm,
        permission=Permission.MISSING_DECIDE,
        act=actions.close_missing,
        button="Close the episode",
        done="The episode is closed.",
    ),
}


@login_required
@require_GET
def missing_list(request: HttpRequest) -> HttpResponse:
    """Who is missing now, and whose interview or closing waits."""
    user = reader(request)
    require(user, Permission.MISSING_READ)
    found = Paginator(queries.open_episodes(by=user), PER_PAGE).get_page(request.GET.get("page"))
    rows = list(found.object_list)
    read_log.shown(
        request,
        place="mash:missing_list",
        kind=ReadKind.LIST,
        person_ids=[row.child_id for row in rows],
    )
    return render(
        request,
        "mash/missing_list.html",
        {"rows": queries.list_rows(rows, by=user, at=now()), "page": found},
    )


@login_required
@require_GET
def missing(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One episode: what is known, what is due, what to do next."""
    user = reader(request)
    _episode(user, pk)
    page = queries.episode_page(by=user, episode_id=pk, at=now())
    _log(request, page.episode, "mash:missing")
    return render(
        request,
        "mash/missing.html",
        {
            "page": page,
            "episode": page.episode,
            "interview": page.interview,
            "crumbs": _crumbs(page.episode.child),
            "may_read_contact": page.episode.contact_id is not None
            and holds(user, Permission.CONTACT_READ),
            "may_screen_exploitation": holds(user, Permission.EXPLOITATION_SCREEN),
        },
    )


@login_required
@require_http_methods(["GET", "POST"])
def step(request: HttpRequest, pk: UUID, step: str) -> HttpResponse:
    """Do one thing about an episode."""
    user, moment = reader(request), now()
    chosen = STEPS[step]
    episode = _episode(user, pk)
    require(user, chosen.permission)
    form = chosen.form(request.POST if request.method == "POST" else None)
    kept = drafted.attach(request, form)
    if kept.is_left:
        return leave(request, kept, reverse("mash:missing", args=[episode.pk]))
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            once_only(
                by=user,
                token=form.cleaned_data["token"],
                action=f"mash.missing_{step}",
                act=lambda: chosen.act(by=user, at=moment, episode_id=episode.pk, **form.given()),
            )
        except AlreadyRecorded:
            kept.recorded()
            return redirect("mash:missing", episode.pk)
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, str(refused))
            status = 409 if isinstance(refused, Clash) else 200
        else:
            kept.recorded()
            messages.success(request, chosen.done)
            return redirect("mash:missing", episode.pk)
    kept.keep()
    _log(request, episode, f"mash:missing_{step}")
    return render(
        request,
        "mash/missing_step.html",
        {
            "form": form,
            "step": chosen,
            "who": f"{episode.child.name}, {age(episode.child, on=london_date(moment))}",
            "episode": episode,
            "crumbs": [
                *_crumbs(episode.child),
                ("Missing episode", reverse("mash:missing", args=[episode.pk])),
            ],
            "back_url": reverse("mash:missing", args=[episode.pk]),
        },
        status=status,
    )


@login_required
@require_http_methods(["GET", "POST"])
def report(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Report a child missing from the child's page."""
    user, moment = reader(request), now()
    child = Person.objects.visible_to(user).filter(pk=pk).first()
    if child is None:
        raise Http404("There is no such child.")
    require(user, Permission.MISSING_RECORD)
    form = forms.ReportForm(request.POST if request.method == "POST" else None)
    kept = drafted.attach(request, form)
    if kept.is_left:
        return leave(request, kept, reverse("cases:child", args=[child.pk]))
    if request.method == "POST" and form.is_valid():
        given = form.given()
        try:
            episode = actions.report_missing(
                by=user,
                at=moment,
                child_id=child.pk,
                token=form.cleaned_data["token"],
                **given,
            )
        except AlreadyRecorded as before:
            kept.recorded()
            return redirect("mash:missing", before.result_id)
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        else:
            kept.recorded()
            messages.success(request, f"{child.name} is recorded as missing.")
            return redirect("mash:missing", episode.pk)
    kept.keep()
    read_log.shown(request, place="mash:report_missing", children=[child.pk])
    return render(
        request,
        "mash/missing_step.html",
        {
            "form": form,
            "step": Step(
                title=f"Report {child.name} missing",
                form=forms.ReportForm,
                permission=Permission.MISSING_RECORD,
                act=actions.report_missing,
                button="Record as missing",
                done="",
            ),
            "who": f"{child.name}, {age(child, on=london_date(moment))}",
            "crumbs": _crumbs(child),
            "back_url": reverse("cases:child", args=[child.pk]),
        },
    )


def _episode(user: User, pk: UUID) -> MissingEpisode:
    found = queries.episodes(by=user).filter(pk=pk).first()
    if found is None:
        raise Http404("There is no such episode.")
    require(user, Permission.MISSING_READ)
    return found


def _log(request: HttpRequest, episode: MissingEpisode, place: str) -> None:
    read_log.shown(
        request,
        place=place,
        children=[episode.child_id],
        subject_kind="missing_episode",
        subject_id=episode.pk,
    )


def _crumbs(child: Person) -> list[tuple[str, str]]:
    return [
        ("My work", reverse("cases:home")),
        (child.name, reverse("cases:child", args=[child.pk])),
    ]
