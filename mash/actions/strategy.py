"""Calling a strategy discussion, at any moment, and a further one; cancelling one not held."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction

from accounts.models import PartnerAgency, User
from accounts.permissions import Authority, Permission, holds, require
from cases.actions.contacts import children_of, lock_contact, mash_team, touch
from cases.choices import BoardState, MeetingKind
from cases.models import Contact, MeetingPart, Responsibility
from cases.queries import referrals as referral_queries
from lib import application_clock, words
from lib.working_days import london_date
from mash.models import (
    DiscussionRefusal,
    Enquiry,
    StrategyDiscussion,
    StrategyDiscussionChild,
)
from people.models import Person
from people.queries import children_of_households
from record import calendar, events, outbox
from record import clocks as record_clocks
from record.errors import Refused

SUBJECT = "strategy_discussion"
HOLD_RULES = ("SD-HOLD", "SD-HOLD-0")


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
    requested_by_id: UUID | None = None,
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
        requested_by_id=requested_by_id,
    )
    Enquiry.objects.filter(contact=contact, ended_at__isnull=True).update(
        state=Enquiry.State.ESCALATED
    )
    contact.news, contact.news_at = "Strategy discussion called", at
    touch(contact)
    contact.save(update_fields=["news", "news_at", "version", "changed_at"])
    return discussion


@transaction.atomic
def call_for_child(
    *,
    by: User,
    at: datetime,
    child_id: UUID,
    child_ids: Iterable[UUID],
    reason: str,
    is_same_day: bool,
    chair_id: UUID | None = None,
    requested_by_id: UUID | None = None,
) -> StrategyDiscussion:
    """Call a discussion from a child's page: for this child and others of the household.

    It belongs to no contact. Left out, whoever answers for the child chairs it.

    :param child_id: the child whose page it is
    :raises Person.DoesNotExist: `by` may not read the child's record
    """
    authority = require(by, Permission.STRATEGY_CALL, at=at)
    person = Person.objects.visible_to(by).get(pk=child_id)
    holder = (
        Responsibility.objects.filter(child=person, to_at__isnull=True)
        .values_list("manager_id", flat=True)
        .first()
    )
    return call(
        authority=authority,
        at=at,
        contact=None,
        named=[person.pk],
        child_ids=child_ids,
        reason=reason,
        is_same_day=is_same_day,
        chair_id=chair_id or holder,
        requested_by_id=requested_by_id,
    )


@transaction.atomic
def call_further(
    *,
    by: User,
    at: datetime,
    discussion_id: UUID,
    child_ids: Iterable[UUID],
    reason: str,
    is_same_day: bool,
    chair_id: UUID | None = None,
    requested_by_id: UUID | None = None,
) -> StrategyDiscussion:
    """Call a further discussion of a concluded one. The enquiry it began keeps its clocks."""
    authority = require(by, Permission.STRATEGY_CALL, at=at)
    first = lock_discussion(discussion_id, by)
    if first.state != StrategyDiscussion.State.CONCLUDED:
        raise Refused("Conclude this discussion first; a further one follows it.")
    return call(
        authority=authority,
        at=at,
        contact=first.contact,
        named=list(first.children.values_list("child_id", flat=True)),
        child_ids=child_ids,
        reason=reason,
        is_same_day=is_same_day,
        chair_id=chair_id or first.chair_id,
        requested_by_id=requested_by_id,
        follows=first,
    )


def call(
    *,
    authority: Authority,
    at: datetime,
    contact: Contact | None,
    child_ids: Iterable[UUID],
    reason: str,
    is_same_day: bool,
    chair_id: UUID | None = None,
    requested_by_id: UUID | None = None,
    named: Iterable[UUID] | None = None,
    follows: StrategyDiscussion | None = None,
) -> StrategyDiscussion:
    """Call a discussion within an action that has locked the contact, where there is one.

    :param named: whose household the children belong to; left out, those of the contact
    :param requested_by_id: the agency that asked for it, if one did
    :raises Refused: no reason, a child who does not belong to the family, a wrong chair
    """
    child_ids = set(child_ids)
    if not reason.strip():
        raise Refused("Say why the threshold for section 47 may be met.", field="reason")
    if not child_ids:
        raise Refused("Choose the children the discussion is about.", field="children")
    if named is None:
        named = children_of(contact) if contact is not None else []
    named = list(named)
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
        raise Refused(f"{chair.full_name} may not chair a strategy discussion.", field="chair")
    discussion = StrategyDiscussion(
        contact=contact,
        follows=follows,
        requested_by_id=requested_by_id,
        reason=reason,
        is_same_day=is_same_day,
        called_by=authority.user,
        called_at=at,
        chair=chair,
        recorded_at=application_clock.now(),
    )
    clock = record_clocks.start(
        "SD-HOLD-0" if is_same_day else "SD-HOLD",
        subject_kind=SUBJECT,
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
    tell_user(
        chair,
        "discussion.called",
        discussion,
        at=at,
        key=f"discussion.called:{discussion.pk}",
    )
    tell(
        "mash.discussion_called",
        discussion,
        authority,
        at,
        sorted(child_ids),
        {"chair_id": str(chair.pk)},
    )
    return discussion


@transaction.atomic
def refuse_request(
    *,
    by: User,
    at: datetime,
    child_id: UUID,
    child_ids: Iterable[UUID],
    agency_id: UUID,
    asked_by: str,
    asked_because: str,
    refused_because: str,
    told: str,
) -> list[DiscussionRefusal]:
    """Record that an agency asked for a discussion, that none is called, and why (domain.md 2.5).

    :param child_id: the child whose page it is
    :raises Person.DoesNotExist: `by` may not read the child's record
    :raises Refused: a child who does not belong to the family, or nothing said
    """
    authority, _ = who_chairs(by, at)
    person = Person.objects.visible_to(by).get(pk=child_id)
    family = {
        child.person_id
        for child in children_of_households(by=by, person_ids=[person.pk], on=london_date(at))
        if not child.is_restricted
    } | {person.pk}
    chosen = sorted(set(child_ids))
    if not chosen:
        raise Refused("Choose the children the agency asked about.", field="children")
    if not set(chosen) <= family:
        raise Refused("One of the children does not belong to this household.", field="children")
    agency = PartnerAgency.objects.get(pk=agency_id)
    for field, value, sentence in (
        ("asked_by", asked_by, f"Say who in {agency.name} asked."),
        ("asked_because", asked_because, f"Say why {agency.name} asked for a discussion."),
        ("refused_because", refused_because, f"Say why none is called for {person.name}."),
        ("told", told, f"Say how {agency.name} was told, and what it can do."),
    ):
        if not value.strip():
            raise Refused(sentence, field=field)
    request_id, now = uuid4(), application_clock.now()
    refused = DiscussionRefusal.objects.bulk_create(
        DiscussionRefusal(
            request_id=request_id,
            child_id=each,
            agency=agency,
            asked_by=asked_by,
            asked_because=asked_because,
            refused_because=refused_because,
            told=told,
            by=by,
            acting_for=authority.acting_for,
            at=at,
            recorded_at=now,
        )
        for each in chosen
    )
    events.append(
        "mash.discussion_refused",
        authority=authority,
        at=at,
        subject_kind=SUBJECT,
        subject_id=request_id,
        children=chosen,
        data={"agency_id": str(agency.pk)},
    )
    return refused


def refuse_void(*, contact: Contact, at: datetime) -> None:
    """A contact on which a discussion is called is not void (cases.reactions.contact_voided)."""
    live = StrategyDiscussion.objects.live().filter(contact=contact)
    children = Person.objects.filter(discussions__discussion__in=live).distinct()
    names = [child.name for child in children.order_by("date_of_birth", "pk")]
    if names:
        raise Refused(
            f"A strategy discussion about {words.list_of_names(names, shown=len(names))} is called"
            " on this contact. Hold it, or call it off first."
        )


@transaction.atomic
def cancel_discussion(
    *, by: User, at: datetime, discussion_id: UUID, because: str
) -> StrategyDiscussion:
    """Call a discussion off before it is held, with the reason.

    Children for whom nothing else was decided stand on the board again.
    """
    authority, _ = who_chairs(by, at)
    discussion = lock_discussion(discussion_id, by)
    if discussion.state != StrategyDiscussion.State.CALLED:
        raise Refused(f"This discussion is {discussion.get_state_display().lower()} already.")
    if not because.strip():
        raise Refused("Say why this discussion is called off.", field="because")
    discussion.state = StrategyDiscussion.State.CANCELLED
    discussion.cancelled_at, discussion.cancelled_by = at, by
    discussion.cancelled_because = because
    discussion.save(update_fields=["state", "cancelled_at", "cancelled_by", "cancelled_because"])
    record_clocks.stop_all(subject_id=discussion.pk, at=at)
    children = children_of_discussion(discussion)
    if discussion.contact_id is not None:
        _back_to_the_board(discussion.contact_id, children, at)
    tell("mash.discussion_cancelled", discussion, authority, at, children)
    return discussion


def _back_to_the_board(contact_id: UUID, children: list[UUID], at: datetime) -> None:
    waiting = referral_queries.not_taken_up(contact_id=contact_id).keys() & set(children)
    if not waiting:
        return
    contact = Contact.objects.select_for_update(no_key=True).get(pk=contact_id)
    if contact.board_state != "":
        return
    contact.board_state = BoardState.RETURNED
    contact.news, contact.news_at = "Strategy discussion cancelled", at
    touch(contact)
    contact.save(update_fields=["board_state", "news", "news_at", "version", "changed_at"])


# What every action on a discussion shares ------------------------------------------------------


def lock_discussion(discussion_id: UUID, by: User) -> StrategyDiscussion:
    """Lock a discussion that `by` may read."""
    return (
        StrategyDiscussion.objects.visible_to(by)
        .select_for_update(of=("self",), no_key=True)
        .select_related("chair")
        .get(pk=discussion_id)
    )


def who_chairs(by: User, at: datetime) -> tuple[Authority, bool]:
    """Give the right by which `by` chairs, and whether what they conclude is provisional.

    A manager at any hour; EDT out of hours, to be confirmed by a MASH manager.
    """
    if not holds(by, Permission.STRATEGY_CHAIR, at=at) and not calendar.is_office_hours(at):
        return require(by, Permission.STRATEGY_CHAIR_PROVISIONAL, at=at), True
    return require(by, Permission.STRATEGY_CHAIR, at=at), False


def children_of_discussion(discussion: StrategyDiscussion) -> list[UUID]:
    """The children a discussion is about, in order of id."""
    return list(discussion.children.order_by("child_id").values_list("child_id", flat=True))


def kind_of(discussion: StrategyDiscussion) -> MeetingKind:
    """Which kind of meeting it is, for who takes part."""
    return MeetingKind.STRATEGY if discussion.follows_id is None else MeetingKind.STRATEGY_FURTHER


def parts_of(discussion: StrategyDiscussion) -> list[MeetingPart]:
    """The agencies asked to a discussion, in order of name."""
    return list(
        MeetingPart.objects.filter(meeting_id=discussion.pk)
        .select_related("agency")
        .order_by("agency__name", "pk")
    )


def tell(
    code: str,
    discussion: StrategyDiscussion,
    authority: Authority | None,
    at: datetime,
    children: Iterable[UUID],
    data: Mapping[str, str] | None = None,
) -> None:
    """Write a line about a discussion on each child's timeline."""
    events.append(
        code,
        authority=authority,
        at=at,
        subject_kind=SUBJECT,
        subject_id=discussion.pk,
        children=children,
        data=data,
    )


def tell_user(
    user: User, code: str, discussion: StrategyDiscussion, *, at: datetime, key: str = ""
) -> None:
    """Put a notice about a discussion on somebody's home page.

    :param key: what makes it one notice however often it is put; left out, who and when
    """
    outbox.put(
        "notice",
        key=key or f"{code}:{discussion.pk}:{user.pk.hex}:{int(at.timestamp())}",
        payload={
            "user_id": str(user.pk),
            "code": code,
            "subject_kind": SUBJECT,
            "subject_id": str(discussion.pk),
        },
        at=at,
        subject_kind=SUBJECT,
        subject_id=discussion.pk,
    )
