"""The queue of families accepted by Safeguarding and Family Support who have no worker yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse

from accounts.models import User
from assessments import transfer_clocks
from assessments.actions.transfer_wait import blocked_groups
from cases.choices import Queue
from cases.models import WaitingGroup
from cases.queries.queue import GroupFacts, QueueRoom
from cases.waiting import PROTECTION_PLAN
from record.models import Clock


def _past(rules: Sequence[str], at: datetime) -> Q:
    over = Clock.objects.filter(
        subject_id=OuterRef("subject_id"), rule__in=rules, stopped_at__isnull=True, due_at__lt=at
    )
    return Q(Exists(over))


def facts(*, groups: Sequence[WaitingGroup], by: User, at: datetime) -> Mapping[UUID, GroupFacts]:
    """What the queue says of each family: plan, what blocks, where to go next."""
    blocked = blocked_groups(groups, by=by, at=at)
    late = set(
        Clock.objects.filter(
            subject_id__in=[group.subject_id for group in groups],
            rule__in=transfer_clocks.VISITS,
            stopped_at__isnull=True,
            due_at__lt=at,
        ).values_list("subject_id", flat=True)
    )
    found = {}
    for group in groups:
        why = tuple(blocked.get(group.pk, ()))
        here = reverse("assessments:transfer", args=[group.subject_id])
        words, url = "Allocate", reverse("assessments:transfer_allocate", args=[group.subject_id])
        if why:
            words, url = "Cannot be allocated yet", ""
        elif group.subject_id in late:
            words, url = "Ask for a visit today", here
        found[group.pk] = GroupFacts(
            matter="Child protection plan"
            if group.queue_rank == PROTECTION_PLAN
            else "Child in need plan",
            url=here,
            subject_ids=(group.subject_id,),
            blocked=why,
            next_words=words,
            next_url=url,
        )
    return found


TRANSFER_ROOM = QueueRoom(
    queue=Queue.TRANSFER,
    title="Waiting for Safeguarding and Family Support",
    lead="accepted and without a worker yet. Until the transfer is completed the assessment team"
    " manager stays responsible.",
    limit_words="Past 10 working days",
    wait_rules=("TRF-ALLOC",),
    visit_rules=transfer_clocks.VISITS,
    review_rule="TRF-REV",
    facts=facts,
    late=lambda at: _past(("TRF-ALLOC",), at),
    unseen=lambda at: _past(transfer_clocks.VISITS, at),
    order="Order: risk while waiting, then plan, then how long they have waited.",
    empty="Nobody waits for a worker. A family appears here when a team accepts it without one.",
)
