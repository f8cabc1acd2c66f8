"""The first page of early help, the waiting list, and an episode."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET

from accounts.permissions import Permission, holds, require
from early_help.models import Episode
from early_help.queries import episode as episode_queries
from early_help.queries import lists, waiting
from early_help.views.doors import crumbs_of, page, user_of
from lib import parameters
from lib.application_clock import now
from record import read_log
from record.models import ReadKind

MINE = "mine"


@login_required
@require_GET
def first(request: HttpRequest) -> HttpResponse:
    """What waits to be screened, and the families who are helped: mine first."""
    user, moment = user_of(request), now()
    require(user, Permission.EARLY_HELP_READ)
    works = holds(user, Permission.EARLY_HELP_WORK)
    screens = holds(user, Permission.EARLY_HELP_SCREEN)
    show = request.GET.get("show", MINE if works and not screens else "")
    found = lists.first_page(
        by=user,
        at=moment,
        mine_only=show == MINE,
        page=parameters.number(request.GET.get("page"), least=1),
    )
    read_log.shown(
        request,
        place="early_help:first",
        kind=ReadKind.LIST,
        person_ids=found.child_ids,
        filters={"show": show},
    )
    return render(
        request,
        "early_help/first.html",
        {
            "found": found,
            "show": show,
            "may_request": works,
            "may_screen": screens,
            "may_wait": holds(user, Permission.WAITING_READ),
            "now": moment,
        },
    )


@login_required
@require_GET
def waiting_list(request: HttpRequest) -> HttpResponse:
    """Who waits for early help, in order, with why."""
    user, moment = user_of(request), now()
    require(user, Permission.WAITING_READ)
    narrowed = request.GET.get("show", "")
    found = waiting.waiting_list(
        by=user,
        at=moment,
        narrowed=narrowed,
        page=parameters.number(request.GET.get("page"), least=1),
        everything="print" in request.GET,
    )
    read_log.shown(
        request,
        place="early_help:waiting",
        kind=ReadKind.LIST,
        person_ids=found.child_ids,
        filters={"show": narrowed, "print": "print" in request.GET},
    )
    counts = [
        {"number": found.delayed, "label": "Past their limit", "url": "?show=delayed"},
        {"number": found.severe, "label": "Severely delayed", "url": "?show=severe"},
        {"number": found.checks_late, "label": "Safe-check late", "url": "?show=check"},
    ]
    return render(
        request,
        "early_help/waiting.html",
        {
            "found": found,
            "counts": counts,
            "filters": waiting.FILTERS,
            "show": narrowed,
            "may_order": holds(user, Permission.WAITING_ORDER),
            "may_work": holds(user, Permission.EARLY_HELP_WORK),
            "query": f"show={narrowed}&amp;" if narrowed else "",
            "now": moment,
        },
    )


@login_required
@require_GET
def guide(request: HttpRequest) -> HttpResponse:
    """The rule of the order in full."""
    require(user_of(request), Permission.WAITING_READ)
    return render(request, "early_help/guide.html")


@page("GET")
def episode(request: HttpRequest, episode: Episode) -> HttpResponse:
    """One family's early help."""
    user, moment = user_of(request), now()
    found = episode_queries.episode_page(by=user, episode=episode, at=moment)
    read_log.shown(
        request,
        place="early_help:episode",
        children=found.family.child_ids,
        subject_kind="early_help",
        subject_id=episode.pk,
    )
    return render(
        request,
        "early_help/episode.html",
        {
            "page": found,
            "episode": episode,
            "family": found.family,
            "crumbs": crumbs_of(episode, found.family)[:1],
            "entries": [episode_queries.entry(line, now=moment) for line in found.lines],
            "may_read_contact": holds(user, Permission.CONTACT_READ),
            "may_work": holds(user, Permission.EARLY_HELP_WORK),
            "now": moment,
        },
    )


@login_required
@require_GET
def offer(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Lead from offered work to the request it is screened as."""
    user = user_of(request)
    require(user, Permission.EARLY_HELP_READ)
    found = get_object_or_404(Episode.objects.visible_to(user), handover=pk)
    return redirect("early_help:screen", found.pk)
