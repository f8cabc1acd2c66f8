"""The page of a queue, the same for every queue, and the queue of those who wait for a worker."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from accounts.models import Team
from accounts.permissions import Permission, require
from cases.actions.allocation import rate_waiting
from cases.choices import Queue
from cases.forms.queue import RateForm
from cases.models import WaitingGroup
from cases.queries import queue as queries
from cases.queries.allocation import ALLOCATION_ROOM
from cases.queries.queue import QueueRoom
from cases.queries.work import my_teams
from cases.views.asking import ask, user_of
from lib.application_clock import now
from people.queries import closed_to
from record import read_log
from record.models import ReadKind
from record.once import once_only


def show_queue(
    request: HttpRequest,
    *,
    room: QueueRoom,
    teams: Sequence[Team],
    own: Sequence[Team],
    place: str,
    reviews: Any = None,
) -> HttpResponse:
    """Show a queue, of one's own teams unless another is chosen.

    :param teams: those whose queues may be looked at
    :param own: those whose work one answers for
    """
    mine = [team for team in teams if team in own]
    chosen = request.GET.get("team", "")
    team = next((each for each in teams if str(each.pk) == chosen), None)
    if team is None and chosen != "all" and len(mine) == 1:
        team = mine[0]
    page = queries.queue_page(
        room=room,
        by=user_of(request),
        at=now(),
        teams=teams,
        team=team,
        show=request.GET.get("show", ""),
        number=request.GET.get("page", 1),
    )
    read_log.shown(
        request,
        place=place,
        kind=ReadKind.PRINT if "print" in request.GET else ReadKind.LIST,
        person_ids=page.person_ids,
    )
    here = f"team={team.pk if team else 'all'}"
    counts = [
        {"number": page.late, "label": room.limit_words, "url": f"?{here}&show=late"},
        {"number": page.unseen, "label": "Seen too long ago", "url": f"?{here}&show=unseen"},
    ]
    if page.blocked is not None and (page.blocked or reviews is not None):
        counts.insert(
            0,
            {
                "number": page.blocked,
                "label": "Blocked: something is not reviewed",
                "url": f"?{here}&show=blocked",
            },
        )
    return render(
        request,
        "cases/queue.html",
        {
            "page": page,
            "room": room,
            "counts": counts,
            "here": here,
            "query": f"{here}&show={page.show}" if page.show else here,
            "reviews": reviews,
            "is_print": "print" in request.GET,
        },
    )


@login_required
@require_GET
def allocation(request: HttpRequest) -> HttpResponse:
    """Referrals that a team has accepted and given to nobody, in order, with why."""
    user = user_of(request)
    require(user, Permission.REFERRAL_READ)
    teams = list(my_teams(by=user, at=now()).order_by("name", "pk"))
    return show_queue(
        request, room=ALLOCATION_ROOM, teams=teams, own=teams, place="cases:allocation_queue"
    )


@login_required
@require_http_methods(["GET", "POST"])
def rate(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Rate the risk to each child of a family that waits for a worker."""
    user = user_of(request)
    require(user, Permission.ALLOCATE)
    group = get_object_or_404(
        WaitingGroup.objects.select_related("team"),
        pk=pk,
        queue=Queue.ALLOCATION,
        ended_at__isnull=True,
        team__in=my_teams(by=user, at=now()),
    )
    entries = list(
        group.entries.filter(ended_at__isnull=True)
        .select_related("child")
        .order_by("child__date_of_birth", "pk")
    )
    hidden = closed_to(by=user, person_ids=[entry.child_id for entry in entries])
    entries = [entry for entry in entries if entry.child_id not in hidden]
    if not entries:
        raise Http404("There is no such family here.")
    people = [entry.child for entry in entries]
    return ask(
        request,
        make=lambda typed: [RateForm(typed, entries=entries)],
        act=lambda given: once_only(
            by=user,
            token=given[0].cleaned_data["token"],
            action="cases.rate_waiting",
            act=lambda: rate_waiting(by=user, at=now(), group_id=group.pk, risks=given[0].risks()),
        ),
        said="Rated. The family has its place by it.",
        then=reverse("cases:allocation_queue"),
        template="cases/rate.html",
        context={"who": queries.heading_of(people, on=now().date()), "group": group},
        place="cases:rate_waiting",
        children=[person.pk for person in people],
        subject_kind="waiting",
        subject_id=group.pk,
    )
