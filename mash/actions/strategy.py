"""Calling a strategy discussion: at any moment, before any stage is finished."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import User
from accounts.permissions import Authority, Permission, holds, require
from cases.actions.contacts import children_of, lock_contact, mash_team, touch
from cases.models import Contact
from lib import application_clock
from lib.working_days import london_date
from mash.models import Enquiry, StrategyDiscussion, StrategyDiscussionChild
from people.queries import children_of_households
from record import clocks as record_clocks
from record import events, outbox
from record.errors import Refused


@transaction.atomic
def call_strategy_discussion(
    *,
    by: User,
    at: datetime,
    contact_id: UUID,
    child_ids: Iterable[UUID],
    reason: str,
    is_same_day: bool,
    chair_id: UUID | None = None,
) -> StrategyDiscussion:
    """Call a discussion for children of a contact; it appears on its chair's list at once.

    Responsibility stays where it is. SD-HOLD: the same London day for red, physical or
    sexual harm, else the end of the next working day (decisions.md 24, 63).
    """
    authority = require(by, Permission.STRATEGY_CALL, at=at)
    contact = lock_contact(contact_id, by)
    discussion = call(
        authority=authority,
        at=at,
        contact=contact,
        child_ids=child_ids,
        reason=reason,
        is_same_day=is_same_day,
        chair_id=chair_id,
    )
    Enquiry.objects.filter(contact=contact, ended_at__isnull=True).update(
        state=Enquiry.State.ESCALATED
    )
    contact.news, contact.news_at = "Strategy discussion called", at
    touch(contact)
    contact.save(update_fields=["news", "news_at", "version", "changed_at"])
    return discussion


def call(
    *,
    authority: Authority,
    at: datetime,
    contact: Contact,
    child_ids: Iterable[UUID],
    reason: str,
    is_same_day: bool,
    chair_id: UUID | None = None,
) -> StrategyDiscussion:
    """Call a discussion within an action that has locked the contact.

    :raises Refused: no reason, a child who does not belong to the family, a wrong chair
    """
    child_ids = set(child_ids)
    if not reason.strip():
        raise Refused("Say why the threshold for section 47 may be met.")
    if not child_ids:
        raise Refused("Choose the children the discussion is about.")
    named = children_of(contact)
    family = {
        child.person_id
        for child in children_of_households(by=authority.user, person_ids=named, on=london_date(at))
    } | set(named)
    if not child_ids <= family:
        raise Refused("One of the children does not belong to this contact or its household.")
    chair = User.objects.get(pk=chair_id) if chair_id else mash_team().manager
    if not holds(chair, Permission.STRATEGY_CHAIR) and not holds(
        chair, Permission.STRATEGY_CHAIR_PROVISIONAL
    ):
        raise Refused(f"{chair.full_name} may not chair a strategy discussion.")
    discussion = StrategyDiscussion(
        contact=contact,
        reason=reason,
        is_same_day=is_same_day,
        called_by=authority.user,
        called_at=at,
        chair=chair,
        recorded_at=application_clock.now(),
    )
    clock = record_clocks.start(
        "SD-HOLD-0" if is_same_day else "SD-HOLD",
        subject_kind="strategy_discussion",
        subject_id=discussion.pk,
        started_at=at,
        by=authority.user,
    )
    discussion.due_at = clock.due_at
    discussion.save(force_insert=True)
    StrategyDiscussionChild.objects.bulk_create(
        StrategyDiscussionChild(discussion=discussion, child_id=child_id)
        for child_id in sorted(child_ids)
    )
    outbox.put(
        "notice",
        key=f"discussion.called:{discussion.pk}",
        payload={
            "user_id": str(chair.pk),
            "code": "discussion.called",
            "subject_kind": "strategy_discussion",
            "subject_id": str(discussion.pk),
        },
        at=at,
        subject_kind="strategy_discussion",
        subject_id=discussion.pk,
    )
    events.append(
        "mash.discussion_called",
        authority=authority,
        at=at,
        subject_kind="strategy_discussion",
        subject_id=discussion.pk,
        children=sorted(child_ids),
        data={"chair_id": str(chair.pk)},
    )
    return discussion
