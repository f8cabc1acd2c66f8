"""A manager's record of what was decided about children, and why; what became of directions."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef

from accounts.models import User
from accounts.permissions import Authority, Permission, authority, require
from cases.choices import SHORT_KINDS, OversightKind, OversightQuality
from cases.looking_again import look_again
from cases.models import (
    ManagementOversight,
    OversightAction,
    OversightChild,
    Responsibility,
)
from cases.standing import acts_for
from lib import application_clock
from lib.text import is_nearly_same_text
from lib.working_days import london_date
from people.models import Person
from record import events, once, outbox
from record.errors import Clash, Refused

#: How far back a record is compared with those about other children, and with how many.
COMPARED, MOST_COMPARED = timedelta(days=28), 50
#: What a manager records by hand; other kinds are written by what they are about.
BY_HAND = (
    OversightKind.REACTIVE,
    OversightKind.SUPERVISION,
    OversightKind.ALLOCATION,
    OversightKind.ESCALATION,
)


class AlreadyAnswered(Clash):
    """Somebody has said already what became of the direction."""


@dataclass(frozen=True, kw_only=True)
class Rationale:
    """The structured reasons of a decision (domain.md 2.0.4).

    What was said in passing may leave out what we know and why (`cases.choices.SHORT_KINDS`).
    """

    worries: str
    decision: str
    know: str = ""
    why: str = ""
    protects: str = ""


@dataclass(frozen=True, kw_only=True)
class Direction:
    """What somebody is to do, and by when."""

    what: str
    owner_id: UUID
    due_on: date


def write_oversight(
    *,
    authority: Authority,
    at: datetime,
    kind: OversightKind,
    child_ids: Sequence[UUID],
    rationale: Rationale,
    directions: Sequence[Direction] = (),
    look_again_on: date | None = None,
    with_worker: User | None = None,
    subject_kind: str = "",
    subject_id: UUID | None = None,
    corrects: ManagementOversight | None = None,
) -> ManagementOversight:
    """Write a manager's record within an action that has asked for the right.

    :raises Refused: no child, or a reason is missing
    """
    if not child_ids:
        raise Refused("Choose which children you thought about.", field="children")
    for field, asked in (
        ("know", "Say what we know"),
        ("worries", "Say what worries us, and for whom"),
        ("decision", "Say what you decided"),
        ("why", "Say why this and not the alternative"),
    ):
        if kind in SHORT_KINDS and field in ("know", "why"):
            continue
        if not getattr(rationale, field).strip():
            raise Refused(f"{asked}.", field=field)
    now = application_clock.now()
    ids = sorted(set(child_ids))
    quality, same_as = _quality(rationale, kind, ids, by=authority.user, at=at)
    record = ManagementOversight.objects.create(
        quality=quality,
        same_as=same_as,
        kind=kind,
        at=at,
        know=rationale.know,
        worries=rationale.worries,
        protects=rationale.protects,
        decision=rationale.decision,
        why=rationale.why,
        look_again_on=look_again_on,
        with_worker=with_worker,
        corrects=corrects,
        subject_kind=subject_kind,
        subject_id=subject_id,
        by=authority.user,
        acting_for=authority.acting_for,
        role=authority.role,
        recorded_at=now,
    )
    OversightChild.objects.bulk_create(
        OversightChild(oversight=record, child_id=child_id, kind=kind, at=at) for child_id in ids
    )
    given = OversightAction.objects.bulk_create(
        OversightAction(
            oversight=record, what=each.what, owner_id=each.owner_id, due_on=each.due_on
        )
        for each in directions
    )
    for direction in given:
        if direction.owner_id != authority.user.pk:
            outbox.put(
                "notice",
                key=f"oversight.directed:{direction.pk}",
                at=now,
                payload={"user_id": str(direction.owner_id), "code": "oversight.directed"},
                subject_kind="oversight_action",
                subject_id=direction.pk,
                child_id=ids[0],
            )
    events.append(
        "oversight.recorded" if corrects is None else "oversight.corrected",
        authority=authority,
        at=at,
        subject_kind="oversight",
        subject_id=record.pk,
        children=ids,
        data={"kind": str(kind)},
    )
    return record


def _quality(
    rationale: Rationale, kind: OversightKind, child_ids: list[UUID], *, by: User, at: datetime
) -> tuple[str, ManagementOversight | None]:
    """Say whether a reason is one word only, or all are those given lately about other children."""
    reasons = [rationale.worries, rationale.decision]
    if kind not in SHORT_KINDS:
        reasons += [rationale.know, rationale.why]
    if any(len(reason.split()) < 2 for reason in reasons):
        return OversightQuality.THIN, None
    text = " ".join(reasons)
    for other in (
        ManagementOversight.objects.filter(by=by, at__gt=at - COMPARED, at__lte=at)
        .exclude(
            Exists(OversightChild.objects.filter(oversight=OuterRef("pk"), child__in=child_ids))
        )
        .only("worries", "decision", "know", "why", "kind")
        .order_by("-at", "pk")[:MOST_COMPARED]
    ):
        theirs = [other.worries, other.decision]
        if kind not in SHORT_KINDS:
            theirs += [other.know, other.why]
        if is_nearly_same_text(text, " ".join(theirs)):
            return OversightQuality.COPIED, other
    return "", None


def right_for(*, by: User, child_ids: Collection[UUID], at: datetime) -> Authority:
    """Give the right by which `by` records oversight: as a deputy where the team is another's.

    :raises PermissionDenied: no manager
    """
    right = require(by, Permission.OVERSIGHT_RECORD, at=at)
    held = (
        Responsibility.objects.filter(child__in=child_ids, to_at__isnull=True)
        .select_related("team")
        .order_by("child_id")
        .first()
    )
    if held is None:
        return right
    return acts_for(held.team, by=by, permission=Permission.OVERSIGHT_RECORD, at=at) or right


@transaction.atomic
def record_oversight(
    *,
    by: User,
    at: datetime,
    kind: OversightKind,
    child_ids: Collection[UUID],
    rationale: Rationale,
    directions: Sequence[Direction] = (),
    look_again_on: date | None = None,
    with_worker: User | None = None,
    corrects_id: UUID | None = None,
    token: UUID | None = None,
) -> ManagementOversight:
    """Record what a manager thought about some children, decided and asked for.

    :param at: when it was talked about
    :raises PermissionDenied: no manager, then or now
    :raises Refused: no child, a reason missing, a date that is gone, or already corrected
    """
    ids = sorted(set(child_ids))
    right = right_for(by=by, child_ids=ids, at=at)
    once.claim(token, user=by, action="oversight")
    if kind not in BY_HAND:
        raise Refused("Choose what kind of oversight this is.", field="kind")
    visible = Person.objects.visible_to(by).filter(pk__in=ids)
    if len(ids) != visible.count():
        raise Person.DoesNotExist("A record among these is closed.")
    today = london_date(application_clock.now())
    if look_again_on is not None and look_again_on < today:
        raise Refused("The date to look again must be today or later.", field="look_again_on")
    for direction in directions:
        if direction.due_on < today:
            raise Refused(f"“{direction.what}” must be due today or later.")
    corrects = None
    if corrects_id is not None:
        corrects = ManagementOversight.objects.select_for_update().get(pk=corrects_id)
        if ManagementOversight.objects.filter(corrects=corrects).exists():
            raise Clash("This has been corrected already. Correct the correction.")
    record = write_oversight(
        authority=right,
        at=at,
        kind=kind,
        child_ids=ids,
        rationale=rationale,
        directions=directions,
        look_again_on=look_again_on,
        with_worker=with_worker,
        corrects=corrects,
    )
    once.finish(token, record.pk)
    look_again(at=application_clock.now(), child_ids=ids, codes=["F-OVS"])
    return record


def right_to_answer(direction: OversightAction, *, by: User, at: datetime) -> Authority | None:
    """Give the right by which `by` says what became of a direction: theirs, or a manager's."""
    own = authority(by, Permission.PERSON_READ, at=at) if direction.owner_id == by.pk else None
    return own or authority(by, Permission.OVERSIGHT_RECORD, at=at)


@transaction.atomic
def answer_direction(
    *, by: User, at: datetime, direction_id: UUID, is_done: bool, answer: str
) -> OversightAction:
    """Say whether a direction was carried out, with what came of it, or why not.

    :raises PermissionDenied: neither theirs nor a manager
    :raises AlreadyAnswered: somebody was first
    :raises Refused: nothing said
    """
    direction = OversightAction.objects.select_for_update().get(pk=direction_id)
    child_ids = list(
        OversightChild.objects.filter(oversight=direction.oversight_id).values_list(
            "child_id", flat=True
        )
    )
    right = right_to_answer(direction, by=by, at=at) or require(
        by, Permission.OVERSIGHT_RECORD, at=at
    )
    if direction.answered_at is not None:
        raise AlreadyAnswered(
            f"{direction.answered_by} has answered this already.",
            by_name=str(direction.answered_by),
            at=direction.answered_at,
        )
    if not answer.strip():
        raise Refused(
            "Say what was done." if is_done else "Say why it was not carried out.", field="answer"
        )
    direction.is_done = is_done
    direction.answer = answer
    direction.answered_by = by
    direction.answered_at = at
    direction.save(update_fields=["is_done", "answer", "answered_by", "answered_at"])
    events.append(
        "oversight.carried_out" if is_done else "oversight.not_carried_out",
        authority=right,
        at=at,
        subject_kind="oversight_action",
        subject_id=direction.pk,
        children=child_ids,
        data={},
    )
    look_again(at=application_clock.now(), child_ids=child_ids, codes=["F-OVS-ACT"])
    return direction
