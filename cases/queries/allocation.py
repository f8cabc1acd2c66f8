"""The queue of families whom a team has accepted and who have no worker yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse

from accounts.models import User
from accounts.permissions import Permission, holds
from cases.choices import Queue, ReferralState
from cases.models import Referral, WaitingEntry, WaitingGroup
from cases.queries.queue import GroupFacts, QueueRoom
from cases.queries.stale import out_of_date, together

SEEN = ("REF-SEEN", "REF-SEEN-CP")


def facts(*, groups: Sequence[WaitingGroup], by: User, at: datetime) -> Mapping[UUID, GroupFacts]:
    """What the queue says of each family: its referral, and where to go next."""
    children = {entry.child_id: group.pk for group in groups for entry in group.entries.all()}
    referrals: dict[UUID, list[Referral]] = {}
    for referral in Referral.objects.filter(
        child__in=children, state=ReferralState.ACCEPTED
    ).order_by("referral_on", "pk"):
        referrals.setdefault(children[referral.child_id], []).append(referral)
    stale: dict[UUID, list[tuple[str, str]]] = {}
    for each in together(out_of_date(by=by, at=at, child_ids=children)):
        if each.child_id is not None:
            stale.setdefault(children[each.child_id], []).append((each.words, each.url))
    may_allocate = holds(by, Permission.ALLOCATE)
    found = {}
    for group in groups:
        mine = referrals.get(group.pk, [])
        unrated = any(not entry.risk for entry in group.entries.all())
        words, url = "Its manager allocates", ""
        if may_allocate and mine:
            words, url = "Allocate", reverse("cases:allocate", args=[mine[0].pk])
        found[group.pk] = GroupFacts(
            matter=group.reason,
            url=reverse("cases:rate_waiting", args=[group.pk]) if may_allocate and unrated else "",
            subject_ids=tuple(referral.pk for referral in mine),
            stale=tuple(stale.get(group.pk, ())),
            next_words=words,
            next_url=url,
        )
    return found


TO_ALLOCATE = ("REF-ALLOC", "REF-ALLOC-0")


def _past(rules: Sequence[str], at: datetime) -> Q:
    over = WaitingEntry.objects.filter(
        group=OuterRef("pk"),
        ended_at__isnull=True,
        child__referrals__state=ReferralState.ACCEPTED,
        child__referrals__next_due_code__in=rules,
        child__referrals__next_due_at__lt=at,
    )
    return Q(Exists(over))


ALLOCATION_ROOM = QueueRoom(
    queue=Queue.ALLOCATION,
    title="Waiting for a worker",
    lead="accepted by your teams and given to nobody yet. Its team’s manager answers for each"
    " child until there is a worker.",
    limit_words="Past 1 working day",
    wait_rules=TO_ALLOCATE,
    visit_rules=SEEN,
    review_rule="",
    facts=facts,
    late=lambda at: _past(TO_ALLOCATE, at),
    unseen=lambda at: _past(SEEN, at),
    order="Order: risk, not reviewed counts as high; then section 47 enquiries; then how long they"
    " have waited.",
    empty="Everybody your teams accepted has a worker.",
)
