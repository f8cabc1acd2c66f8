"""A change of circumstance is logged, and its household kept up to date until it is closed.

Locks go household, person, change: whoever joins a household holds it first, so that a change is
never closed while a child is joining (domain.md 2.16; decisions.md 45-49).
"""

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from accounts.models import RoleAssignment, Team, TeamKind, TeamMembership, User
from accounts.permissions import Authority, Permission, Role, require
from cases import holding, protection
from cases.change_codes import (
    DEFAULT_CLASS,
    UNDONE,
    ChangeClass,
    ChangeCode,
    ChangeOutcome,
    ChangeState,
    HowIncluded,
)
from cases.choices import InvolvementKind, ProtectionKind, Queue, WorkerRole
from cases.looking_again import look_again
from cases.models import (
    Allocation,
    ChangeChild,
    ChangeConsequence,
    ChangeElsewhere,
    ChangeOfCircumstance,
    ChildRiskReview,
    Contact,
    Involvement,
    Protection,
    Responsibility,
    VisitChild,
    WaitingGroup,
)
from cases.queries.seen import last_seen
from cases.standing import acts_for
from lib import application_clock
from lib.prepared import Prepared
from lib.words import age_in_years
from lib.working_days import LONDON, london_date
from people.choices import Stage
from people.models import Household, HouseholdMembership, Person, Restriction
from people.queries import (
    canonical_ids,
    children_elsewhere,
    children_of_households,
    records_of,
)
from record import calendar, clocks, events, outbox, policy
from record.errors import Refused
from record.models import Clock, ClockStop

SUBJECT = "change"
LETTER = {ChangeClass.IMMEDIATE: "I", ChangeClass.SIGNIFICANT: "S", ChangeClass.ROUTINE: "R"}
#: Who triages where brothers and sisters have different managers, the most protective first.
PROTECTIVE = {
    TeamKind.SAFEGUARDING_FAMILY_SUPPORT: 0,
    TeamKind.ASSESSMENT: 1,
    TeamKind.MASH: 2,
    TeamKind.EARLY_HELP: 3,
}
FLAGS = ("F-COC", "F-STALE")


class NobodyOpen(Refused):
    """No child of the home is open to us, so this is a contact."""


class AlreadyClosed(Refused):
    """The change is done, not significant or merged; the message says which."""


def rule_of(what: str, change_class: str) -> str:
    """The limit of a step by class; an event without a class yet is timed as significant."""
    known = ChangeClass(change_class) if change_class else ChangeClass.SIGNIFICANT
    return f"COC-{what}-{LETTER[known]}"


def class_of(change: ChangeOfCircumstance) -> ChangeClass:
    """The class a change has, or would have until somebody triages it."""
    if change.change_class:
        return ChangeClass(change.change_class)
    return DEFAULT_CLASS.get(ChangeCode(change.code), ChangeClass.SIGNIFICANT)


# Logging ----------------------------------------------------------------------------------------


@transaction.atomic
def log_change(
    *,
    by: User,
    at: datetime,
    child_id: UUID,
    code: str,
    happened_on: date,
    what: str = "",
    learned_at: datetime | None = None,
    learned_from: str = "",
    person_id: UUID | None = None,
    concerned_ids: Iterable[UUID] = (),
) -> ChangeOfCircumstance:
    """Record that something changed in a child's home; every child of it is listed.

    :param what: what happened, in a sentence; may be left out where the code says it
    :param concerned_ids: children directly concerned; the child named, when left out
    :raises PermissionDenied: `by` may not log changes
    :raises Person.DoesNotExist: `by` may not read the child's record
    :raises NobodyOpen: no child of the home is open, so it is a contact
    :raises Refused: what is missing or cannot be
    """
    authority = require(by, Permission.CHANGE_LOG, at=at)
    learned_at = learned_at or at
    child = Person.objects.visible_to(by).get(pk=child_id)
    if code not in ChangeCode.values:
        raise Refused("Choose what happened.", field="code")
    if code == ChangeCode.OTHER and not what.strip():
        raise Refused("Say what happened.", field="what")
    if learned_at > application_clock.now():
        raise Refused("The time you learned of it has not come yet.", field="learned_at")
    if happened_on > london_date(learned_at):
        raise Refused("It happened after you learned of it. Check the date.", field="happened_on")
    if person_id is not None:
        Person.objects.visible_to(by).get(pk=person_id)
    change = raise_change(
        code=ChangeCode(code),
        authority=authority,
        at=at,
        happened_on=happened_on,
        learned_at=learned_at,
        child_ids=[child.canonical_id or child.pk],
        concerned_ids=list(concerned_ids) or [child.canonical_id or child.pk],
        what=what,
        learned_from=learned_from,
        person_id=person_id,
        is_by_system=False,
    )
    if change is None:
        raise NobodyOpen(
            f"Nobody in {child.name}’s home is open to us, so this is a contact, not a change."
        )
    return change


@transaction.atomic
def raise_change(
    *,
    code: ChangeCode,
    authority: Authority | None,
    at: datetime,
    happened_on: date,
    child_ids: Collection[UUID],
    learned_at: datetime | None = None,
    concerned_ids: Iterable[UUID] = (),
    happened: str = "",
    what: str = "",
    learned_from: str = "",
    person_id: UUID | None = None,
    household_id: UUID | None = None,
    source_kind: str = "",
    source_id: UUID | None = None,
    is_by_system: bool = True,
    change_class: str = "",
) -> ChangeOfCircumstance | None:
    """Log a change within another action; give it, or None when there is nothing to log.

    Nothing is logged when no child of the home is open, or when the same row of the record has
    raised the same event before. Needs no right: whoever calls has asked for its own.

    :param child_ids: the children it is about; every child of their households is listed
    :param concerned_ids: those of them whom it directly concerns
    :param source_id: the row that raised it, once for each event code
    :param change_class: where the record itself shows that it is graver than its event
    """
    learned_at = learned_at or at
    found = household(child_ids=child_ids, happened_on=happened_on, today=london_date(at))
    if not found or not _any_open(found):
        return None
    concerned = set(canonical_ids(person_ids=concerned_ids).values())
    change_class = change_class or _class_shown(
        code, found, concerned, happened_on=happened_on, learned_at=learned_at
    )
    try:
        with transaction.atomic():
            change = ChangeOfCircumstance.objects.create(
                code=code,
                change_class=change_class,
                happened=happened,
                happened_on=happened_on,
                learned_at=learned_at,
                learned_from=learned_from[:200],
                what=what,
                person_id=person_id,
                household_id=household_id,
                source_kind=source_kind,
                source_id=source_id,
                is_by_system=is_by_system,
                logged_by=authority.user if authority else None,
                logged_at=at,
                recorded_at=application_clock.now(),
            )
    except IntegrityError:
        if source_id is None:
            raise
        return None
    ChangeChild.objects.bulk_create(
        ChangeChild(
            change=change,
            child_id=member.child_id,
            how=member.how,
            is_origin=member.is_origin,
            joined_at=at if member.how == HowIncluded.JOINED else None,
            is_concerned=member.child_id in concerned,
            recorded_at=application_clock.now(),
        )
        for member in found.values()
    )
    elsewhere = ChangeElsewhere.objects.bulk_create(
        ChangeElsewhere(
            change=change,
            child_id=one.person_id,
            through_id=one.through_id,
            recorded_at=application_clock.now(),
        )
        for one in children_elsewhere(
            person_ids=[*child_ids, *([person_id] if person_id else [])], on=london_date(at)
        )
        if one.person_id not in found
    )
    _tell_of_restricted(change, elsewhere, at=at)
    clocks.start(
        rule_of("TRIAGE", class_of(change)),
        subject_kind=SUBJECT,
        subject_id=change.pk,
        started_at=learned_at,
        by=authority.user if authority else None,
    )
    append("change.logged", change, authority, at, found, what=str(code))
    _tell_of_new(change, list(found), at=at)
    look_again(at=at, child_ids=found, codes=FLAGS)
    return change


#: What is open for a child beside a contact.
WORK = (
    InvolvementKind.REFERRAL,
    InvolvementKind.ASSESSMENT,
    InvolvementKind.PLAN,
    InvolvementKind.EARLY_HELP,
)
#: Below these ages a missing child, or one whose family has no money, is at greater risk.
YOUNG_MISSING = 13
YOUNG_POOR = 5


def _class_shown(
    code: ChangeCode,
    child_ids: Collection[UUID],
    concerned: Collection[UUID],
    *,
    happened_on: date,
    learned_at: datetime,
) -> str:
    """The class where the record itself shows that this event is graver here (domain.md 5.1)."""
    if code == ChangeCode.MONEY:
        is_young = _any_under(YOUNG_POOR, child_ids, on=happened_on)
        return ChangeClass.SIGNIFICANT if is_young else ""
    is_graver = (
        (code == ChangeCode.BABY and any_on_plan(child_ids))
        or (code == ChangeCode.MISSING and _any_under(YOUNG_MISSING, concerned, on=happened_on))
        or (
            code == ChangeCode.DISENGAGED
            and (any_on_plan(child_ids) or _any_unseen(concerned, at=learned_at))
        )
    )
    return ChangeClass.IMMEDIATE if is_graver else ""


def any_on_plan(child_ids: Collection[UUID]) -> bool:
    """Say whether one of these children has a child protection plan."""
    kinds = protection.protected(child_ids=child_ids).values()
    return any(ProtectionKind.PLAN in each for each in kinds)


def _any_unseen(child_ids: Collection[UUID], *, at: datetime) -> bool:
    """Say whether one of these children, worked with for long enough, was not seen for too long."""
    limit = calendar.working_days_ago(int(policy.value("COC-UNSEEN", at=at)), at=at)
    open_long = set(
        Involvement.objects.filter(
            child__in=list(child_ids), kind__in=WORK, to_at__isnull=True, from_at__lt=limit
        ).values_list("child_id", flat=True)
    )
    seen = last_seen(child_ids=open_long, at=at)
    return any(
        (seen_at := seen[child_id].seen_at) is None or seen_at < limit for child_id in open_long
    )


def _any_under(age: int, child_ids: Collection[UUID], *, on: date) -> bool:
    return any(
        stage == Stage.UNBORN or (born_on is not None and age_in_years(born_on, on=on) < age)
        for stage, born_on in Person.objects.filter(pk__in=list(child_ids)).values_list(
            "stage", "date_of_birth"
        )
    )


def correct_learned(
    *, source_kind: str, source_ids: Collection[UUID], learned_at: datetime, by: User
) -> None:
    """Let changes that a contact raised follow its corrected receipt (cases.reactions).

    Their limits count from the right moment, met or running. What is closed stays as it was closed.
    """
    for change in (
        ChangeOfCircumstance.objects.select_for_update()
        .filter(source_kind=source_kind, source_id__in=source_ids, state__in=UNDONE)
        .exclude(learned_at=learned_at)
        .order_by("pk")
    ):
        was, change.learned_at = change.learned_at, learned_at
        if source_kind == "contact" and change.happened_on == london_date(was):
            change.happened_on = london_date(learned_at)
        change.version += 1
        change.save(update_fields=["learned_at", "happened_on", "version"])
        for child_id in [None, *change.children.order_by("pk").values_list("child_id", flat=True)]:
            clocks.correct_start(
                subject_id=change.pk, child_id=child_id, was=was, started_at=learned_at, by=by
            )


def follow_receipt(*, contact: Contact, by: User, at: datetime) -> None:
    """The change that a contact raised was learned of when it came in (cases.reactions)."""
    correct_learned(
        source_kind="contact", source_ids=[contact.pk], learned_at=contact.received_at, by=by
    )


@dataclass(frozen=True, kw_only=True)
class Included:
    """A child of a change, and why they belong to it."""

    child_id: UUID
    how: HowIncluded
    is_origin: bool


def household(
    *, child_ids: Collection[UUID], happened_on: date, today: date
) -> dict[UUID, Included]:
    """The children a change is about: of the households when it happened, and ever since.

    One step from the children it is about and no further (decisions.md 46, 49).
    """
    origins = set(canonical_ids(person_ids=child_ids).values())
    days = {happened_on, today, *_joining_days(origins, after=happened_on, until=today)}
    found: dict[UUID, Included] = {}
    for day in sorted(days):
        how = HowIncluded.AT_EVENT if day == happened_on else HowIncluded.JOINED
        for child in children_of_households(person_ids=origins, on=day):
            is_origin = child.person_id in origins
            named_only = is_origin and not child.household_ids
            found.setdefault(
                child.person_id,
                Included(
                    child_id=child.person_id,
                    how=HowIncluded.NAMED if named_only else how,
                    is_origin=is_origin,
                ),
            )
    return found


def _joining_days(origins: Collection[UUID], *, after: date, until: date) -> list[date]:
    """The days on which somebody joined one of these homes, to stay or for a while."""
    if after >= until:
        return []
    theirs = HouseholdMembership.objects.filter(person__in=list(records_of(person_ids=origins)))
    days = (
        HouseholdMembership.objects.filter(
            household__in=theirs.values("household"), from_on__gt=after, from_on__lt=until
        )
        .order_by("from_on")
        .values_list("from_on", flat=True)
        .distinct()
    )
    return [day for day in days if day is not None]


def _any_open(child_ids: Collection[UUID]) -> bool:
    return Involvement.objects.filter(
        child__in=list(records_of(person_ids=child_ids)), to_at__isnull=True
    ).exists()


# Who is responsible -----------------------------------------------------------------------------


def responsible(child_ids: Collection[UUID]) -> Responsibility | None:
    """Who triages and decides: the most protective of those who hold the children.

    Where nobody holds any of them by now, whoever held one last: nothing is left undecided.
    """
    if held := holding_now(child_ids):
        return held
    last = _held(child_ids).order_by("-to_at", "-from_at", "pk").first()
    if last is not None:
        last.manager = last.team.manager
    return last


def holding_now(child_ids: Collection[UUID]) -> Responsibility | None:
    """The most protective of those who hold the children at present; None where nobody does."""
    return most_protective(_held(child_ids).filter(to_at__isnull=True).order_by("from_at", "pk"))


def _held(child_ids: Collection[UUID]) -> QuerySet[Responsibility]:
    return Responsibility.objects.filter(
        child__in=list(records_of(person_ids=child_ids))
    ).select_related("team__manager", "manager")


def most_protective(held: Iterable[Responsibility]) -> Responsibility | None:
    """The one of these that protects most; of two alike, the one who holds longer."""
    return min(
        held,
        key=lambda row: (PROTECTIVE.get(TeamKind(row.team.kind), 9), row.from_at, row.pk),
        default=None,
    )


def responsible_for(change: ChangeOfCircumstance) -> Responsibility | None:
    """The same, of a change."""
    return responsible(list(change.children.values_list("child_id", flat=True)))


def deciding_authority(
    change: ChangeOfCircumstance, *, by: User, at: datetime
) -> tuple[Authority, Team]:
    """The right by which `by` triages or decides a change.

    :raises PermissionDenied: `by` may not triage changes
    :raises Refused: another team's manager answers for this home
    """
    require(by, Permission.CHANGE_TRIAGE, at=at)
    holder = responsible_for(change)
    if holder is None:
        raise Refused("Nobody ever held the children of this change, so there is nobody to decide.")
    authority = acts_for(holder.team, by=by, permission=Permission.CHANGE_TRIAGE, at=at)
    if authority is None:
        raise Refused(
            f"{holder.manager.full_name}, {holder.team.name}, decides about this home:"
            " the team that protects most."
        )
    return authority, holder.team


# Locking ----------------------------------------------------------------------------------------


def lock(change_id: UUID) -> ChangeOfCircumstance:
    """Lock the homes and children of a change, then the change; refuse one that is closed.

    Children who joined meanwhile are added.
    """
    child_ids = list(
        ChangeChild.objects.filter(change=change_id).values_list("child_id", flat=True)
    )
    households = HouseholdMembership.objects.filter(person__in=child_ids).values("household")
    list(
        Household.objects.filter(pk__in=households)
        .order_by("pk")
        .select_for_update()
        .values_list("pk", flat=True)
    )
    holding.lock(child_ids)
    change = ChangeOfCircumstance.objects.select_for_update().get(pk=change_id)
    if change.state not in UNDONE:
        raise AlreadyClosed(f"This change is closed: {change.get_state_display().lower()}.")
    return change


# The household until it is closed ---------------------------------------------------------------


def sync_children(
    change: ChangeOfCircumstance, *, authority: Authority | None, at: datetime
) -> list[UUID]:
    """Add whoever belongs to the home by now and is not listed; give their ids.

    A child who has died needs no review. A record linked to another counts as that one, until
    they are parted again.
    """
    rows = {row.child_id: row for row in change.children.select_related("child").order_by("pk")}
    settled: set[UUID] = set()
    linked: dict[UUID, ChangeChild] = {}
    again: list[ChangeChild] = []
    for row in rows.values():
        head = row.child.canonical_id
        if head and is_reviewed(change, row.child_id):
            settled.add(head)
        elif head:
            linked[head] = row
        if row.needs_review and (row.child.died_on or (head and head not in settled)):
            _needs_none(change, row, at=at)
        elif not row.needs_review and not row.child.died_on and not head:
            again.append(row)
    _ask_again(change, again, authority=authority, at=at)
    found = household(
        child_ids=[pk for pk, row in rows.items() if row.is_origin],
        happened_on=change.happened_on,
        today=london_date(at),
    )
    new = [pk for pk in {**found, **linked} if pk not in rows and pk not in settled]
    if new:
        concerned = [pk for pk in new if pk in linked and linked[pk].is_concerned]
        add_children(change, new, authority=authority, at=at, concerned_ids=concerned)
    advance(change, authority=authority, at=at)
    return new


def advance(change: ChangeOfCircumstance, *, authority: Authority | None, at: datetime) -> None:
    """When every child is reviewed the manager decides; the limit runs from the last review."""
    if change.state != ChangeState.REVIEWS_OPEN or unreviewed(change):
        return
    last = max(
        (review.completed_at for review in reviews_of(change) if review.completed_at), default=at
    )
    change.state = ChangeState.AWAITING_MANAGER
    change.save(update_fields=["state"])
    clocks.start(
        rule_of("DECIDE", change.change_class),
        subject_kind=SUBJECT,
        subject_id=change.pk,
        started_at=last,
        by=authority.user if authority else None,
    )
    holder = responsible_for(change)
    if holder is not None:
        notify("change.decide", to=holder.manager_id, change=change, at=at)


def unreviewed(change: ChangeOfCircumstance) -> list[UUID]:
    """The children who still need a review of their own."""
    done = {review.child_id for review in reviews_of(change) if review.completed_at}
    wanted = change.children.filter(needs_review=True).order_by("child_id")
    return [pk for pk in wanted.values_list("child_id", flat=True) if pk not in done]


def add_children(
    change: ChangeOfCircumstance,
    child_ids: Sequence[UUID],
    *,
    authority: Authority | None,
    at: datetime,
    how: HowIncluded = HowIncluded.JOINED,
    concerned_ids: Collection[UUID] = (),
) -> None:
    """List children who joined, and open their reviews if the others' are open."""
    rows = [
        ChangeChild(
            change=change,
            child_id=child_id,
            how=how,
            joined_at=at if how == HowIncluded.JOINED else None,
            is_concerned=child_id in concerned_ids,
            recorded_at=application_clock.now(),
        )
        for child_id in child_ids
    ]
    ChangeChild.objects.bulk_create(rows)
    append("change.child_joined", change, authority, at, child_ids)
    _open_more_reviews(change, rows, authority=authority, at=at)


def _ask_again(
    change: ChangeOfCircumstance,
    rows: Sequence[ChangeChild],
    *,
    authority: Authority | None,
    at: datetime,
) -> None:
    """Ask for the review of children who needed none, and do: their record stands alone again."""
    if not rows:
        return
    for row in rows:
        row.needs_review = True
        row.save(update_fields=["needs_review"])
    _open_more_reviews(
        change,
        [row for row in rows if not is_reviewed(change, row.child_id)],
        authority=authority,
        at=at,
    )


def _open_more_reviews(
    change: ChangeOfCircumstance,
    rows: Sequence[ChangeChild],
    *,
    authority: Authority | None,
    at: datetime,
) -> None:
    """Open reviews of more children, once the others' are open: the decision waits for them."""
    if change.state == ChangeState.LOGGED or not rows:
        return
    open_reviews(change, rows, authority=authority, at=at)
    if change.state == ChangeState.AWAITING_MANAGER:
        clocks.stop(
            rule_of("DECIDE", change.change_class),
            subject_id=change.pk,
            at=at,
            reason="not_needed",
        )
        change.state = ChangeState.REVIEWS_OPEN
        change.save(update_fields=["state"])


def reviews_of(change: ChangeOfCircumstance) -> list[ChildRiskReview]:
    """The reviews of a change and of those merged into it, the latest completed first."""
    subjects = [change.pk, *change.merged.values_list("pk", flat=True)]
    return sorted(
        ChildRiskReview.objects.filter(subject_kind=SUBJECT, subject_id__in=subjects)
        .exclude(state=ChildRiskReview.State.NOT_NEEDED)
        .select_related("owner", "completed_by", "completed_for", "countersigned_by"),
        key=lambda review: (review.completed_at is None, review.completed_at or review.asked_at),
    )


def is_reviewed(change: ChangeOfCircumstance, child_id: UUID) -> bool:
    """Say whether a child has a completed review in this change."""
    return any(review.child_id == child_id and review.completed_at for review in reviews_of(change))


def _needs_none(change: ChangeOfCircumstance, row: ChangeChild, *, at: datetime) -> None:
    row.needs_review = False
    row.save(update_fields=["needs_review"])
    ChildRiskReview.objects.filter(
        subject_id=change.pk, child=row.child_id, completed_at__isnull=True
    ).update(state=ChildRiskReview.State.NOT_NEEDED)
    for code in ("COC-SEEN", rule_of("REVIEW", change.change_class)):
        clocks.stop(code, subject_id=change.pk, child_id=row.child_id, at=at, reason="not_needed")


def open_reviews(
    change: ChangeOfCircumstance,
    rows: Iterable[ChangeChild],
    *,
    authority: Authority | None,
    at: datetime,
) -> list[ChildRiskReview]:
    """Ask for a review of each child's own: of whoever works with them, or answers for them."""
    wanted = [row for row in rows if row.needs_review]
    owners = owners_of(change, [row.child_id for row in wanted])
    reviews = []
    for row in wanted:
        review = ChildRiskReview.objects.create(
            child_id=row.child_id,
            subject_kind=SUBJECT,
            subject_id=change.pk,
            owner_id=owners[row.child_id],
            asked_at=at,
            recorded_at=application_clock.now(),
        )
        reviews.append(review)
        started_at = row.joined_at or change.learned_at
        by = authority.user if authority else None
        clocks.start(
            rule_of("REVIEW", change.change_class),
            subject_kind=SUBJECT,
            subject_id=change.pk,
            child_id=row.child_id,
            started_at=started_at,
            by=by,
        )
        if row.is_concerned and change.change_class == ChangeClass.IMMEDIATE:
            start_seen(change, row, by=by)
        notify(
            "change.review_asked",
            to=review.owner_id,
            change=change,
            at=at,
            key=str(review.pk),
            subject_kind="risk_review",
            subject_id=review.pk,
            child_id=row.child_id,
        )
    return reviews


def drop_reviewed(change: ChangeOfCircumstance, *, at: datetime) -> None:
    """End the reviews still to do of children whom a merged change has brought a review for."""
    done = {review.child_id for review in reviews_of(change) if review.completed_at}
    for review in ChildRiskReview.objects.filter(
        subject_id=change.pk, child__in=done, state=ChildRiskReview.State.TO_DO
    ):
        review.state = ChildRiskReview.State.NOT_NEEDED
        review.save(update_fields=["state"])
        clocks.stop(
            rule_of("REVIEW", change.change_class),
            subject_id=change.pk,
            child_id=review.child_id,
            at=at,
            reason="not_needed",
        )


def start_seen(change: ChangeOfCircumstance, row: ChangeChild, *, by: User | None) -> None:
    """A child whom an immediate change concerns is seen within 24 hours, or has been already."""
    if (
        Clock.objects.filter(rule="COC-SEEN", subject_id=change.pk, child=row.child_id)
        .filter(Q(stopped_at__isnull=True) | Q(stop_reason=ClockStop.MET))
        .exists()
    ):
        return
    started_at = row.joined_at or change.learned_at
    clocks.start(
        "COC-SEEN",
        subject_kind=SUBJECT,
        subject_id=change.pk,
        child_id=row.child_id,
        started_at=started_at,
        by=by,
    )
    seen_at = first_seen(change, row.child_id)
    if seen_at is not None:
        stop_seen(change, row.child_id, at=max(seen_at, started_at))


def stop_seen(change: ChangeOfCircumstance, child_id: UUID, *, at: datetime) -> None:
    """The child was seen."""
    clocks.stop("COC-SEEN", subject_id=change.pk, child_id=child_id, at=at)


def counts_from(change: ChangeOfCircumstance) -> datetime:
    """From when a child who is seen is seen after the event.

    The hour of the event is not known, only its day: on that day itself a visit counts once we
    had learned of it, since before it nobody looked for what had happened.
    """
    day_after = datetime.combine(change.happened_on + timedelta(days=1), time.min, LONDON)
    return min(change.learned_at, day_after)


def first_seen(change: ChangeOfCircumstance, child_id: UUID) -> datetime | None:
    """When a visit first saw a child after the event, on whichever of the child's records."""
    return (
        VisitChild.objects.filter(
            child__in=list(records_of(person_ids=[child_id])),
            was_seen=True,
            at__gte=counts_from(change),
        )
        .order_by("at")
        .values_list("at", flat=True)
        .first()
    )


def owners_of(change: ChangeOfCircumstance, child_ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """Whose each child's review is: whoever holds the restriction, the worker, the manager."""
    fallback = responsible_for(change)
    records = records_of(person_ids=child_ids)
    by_head: dict[UUID, UUID] = {}
    held = Responsibility.objects.filter(child__in=list(records), to_at__isnull=True)
    leads = Allocation.objects.filter(
        child__in=list(records), role=WorkerRole.LEAD, to_at__isnull=True, worker__is_active=True
    )
    closed = Restriction.objects.filter(person__in=list(records), ended_at__isnull=True)
    for rows in (
        held.values_list("child_id", "manager_id"),
        leads.values_list("child_id", "worker_id"),
        closed.values_list("person_id", "owner_id"),
    ):
        by_head.update({records[record]: owner_id for record, owner_id in rows})
    found: dict[UUID, UUID] = {}
    for child_id in child_ids:
        owner = by_head.get(records[child_id]) or (
            fallback.manager_id if fallback else change.triaged_by_id
        )
        if owner is None:
            raise Refused("Nobody ever held the children of this change.")
        found[child_id] = owner
    return found


def seen_too_early(change: ChangeOfCircumstance, child_id: UUID) -> datetime | None:
    """When a visit saw a child last on the day of the event, before we had learned of it."""
    return (
        VisitChild.objects.filter(
            child__in=list(records_of(person_ids=[child_id])),
            was_seen=True,
            at__gte=datetime.combine(change.happened_on, time.min, LONDON),
            at__lt=counts_from(change),
        )
        .order_by("-at")
        .values_list("at", flat=True)
        .first()
    )


# Consequences -----------------------------------------------------------------------------------


def write_consequence(
    *,
    authority: Authority,
    at: datetime,
    change_id: UUID,
    kind: ChangeOutcome,
    subject_kind: str,
    subject_id: UUID,
    child_ids: Iterable[UUID],
    url_name: str = "",
) -> None:
    """Note what was really opened or changed for these children because of a change.

    Called within the action that does it. Children who are not part of the change are passed
    over, and so is what stands there already.
    """
    inside = ChangeChild.objects.filter(change=change_id, child__in=list(child_ids))
    children = sorted(inside.values_list("child_id", flat=True))
    known = set(
        ChangeConsequence.objects.filter(
            change=change_id, kind=kind, subject_id=subject_id
        ).values_list("child_id", flat=True)
    )
    new = [child_id for child_id in children if child_id not in known]
    ChangeConsequence.objects.bulk_create(
        ChangeConsequence(
            change_id=change_id,
            child_id=child_id,
            kind=kind,
            subject_kind=subject_kind,
            subject_id=subject_id,
            url_name=url_name,
            by=authority.user,
            at=at,
            recorded_at=application_clock.now(),
        )
        for child_id in new
    )
    if new:
        events.append(
            "change.consequence",
            authority=authority,
            at=at,
            subject_kind=SUBJECT,
            subject_id=change_id,
            children=new,
            data={"kind": str(kind)},
        )


# Telling ----------------------------------------------------------------------------------------


def append(
    code: str,
    change: ChangeOfCircumstance,
    authority: Authority | None,
    at: datetime,
    child_ids: Iterable[UUID],
    **data: str,
) -> None:
    """One line for each child."""
    events.append(
        code,
        authority=authority,
        at=at,
        subject_kind=SUBJECT,
        subject_id=change.pk,
        children=sorted(child_ids),
        data=data,
    )


def notify(
    code: str,
    *,
    to: UUID,
    change: ChangeOfCircumstance,
    at: datetime,
    key: str = "",
    subject_kind: str = SUBJECT,
    subject_id: UUID | None = None,
    child_id: UUID | None = None,
) -> None:
    """Put a line on somebody's home page, once for each code, change and key."""
    outbox.put(
        "notice",
        key=f"{code}:{key or change.pk}:{to}",
        payload={
            "user_id": str(to),
            "code": code,
            "subject_kind": subject_kind,
            "subject_id": str(subject_id or change.pk),
        },
        at=at,
        subject_kind=subject_kind,
        subject_id=subject_id or change.pk,
        child_id=child_id,
    )


def concerned_people(child_ids: Collection[UUID]) -> set[UUID]:
    """Who works with, answers for or waits for any of these children (domain.md 5.2)."""
    children = list(records_of(person_ids=child_ids))
    people = set(
        Allocation.objects.filter(child__in=children, to_at__isnull=True).values_list(
            "worker_id", flat=True
        )
    )
    people |= set(
        Responsibility.objects.filter(child__in=children, to_at__isnull=True).values_list(
            "manager_id", flat=True
        )
    )
    people |= _chairs(children)
    people |= set(
        WaitingGroup.objects.filter(
            queue__in=[Queue.TRANSFER, Queue.EARLY_HELP],
            entries__child__in=children,
            entries__ended_at__isnull=True,
        ).values_list("team__manager_id", flat=True)
    )
    return people


def _chairs(child_ids: list[UUID]) -> set[UUID]:
    """The chairs of conferences, when one of the children has a child protection plan.

    Who chaired is recorded as a name, so each of them is told.
    """
    plan = Protection.objects.filter(
        child__in=child_ids, kind=ProtectionKind.PLAN, to_at__isnull=True
    )
    if not plan.exists():
        return set()
    now = application_clock.now()
    return set(
        RoleAssignment.objects.filter(
            Q(to_at__isnull=True) | Q(to_at__gt=now),
            role=Role.CP_CHAIR,
            from_at__lte=now,
            user__is_active=True,
        ).values_list("user_id", flat=True)
    )


def _tell_of_new(change: ChangeOfCircumstance, child_ids: list[UUID], *, at: datetime) -> None:
    holder = responsible(child_ids)
    told = concerned_people(child_ids)
    if holder is not None:
        told.discard(holder.manager_id)
        notify("change.triage", to=holder.manager_id, change=change, at=at)
    told.discard(change.logged_by_id or uuid.UUID(int=0))
    for user_id in sorted(told):
        notify("change.logged", to=user_id, change=change, at=at)
    is_immediate = class_of(change) == ChangeClass.IMMEDIATE
    if is_immediate and not calendar.is_office_hours(change.learned_at):
        for user_id in emergency_team(at):
            notify("change.edt", to=user_id, change=change, at=at)


def _tell_of_restricted(
    change: ChangeOfCircumstance, elsewhere: Sequence[ChangeElsewhere], *, at: datetime
) -> None:
    """Whoever decides may not know of a restricted child elsewhere; whoever holds it is told."""
    keys = {one.child_id: one.pk for one in elsewhere}
    for child_id, owner_id in Restriction.objects.filter(
        person__in=keys, ended_at__isnull=True
    ).values_list("person_id", "owner_id"):
        notify(
            "change.elsewhere",
            to=owner_id,
            change=change,
            at=at,
            key=str(keys[child_id]),
            subject_kind="person",
            subject_id=child_id,
            child_id=child_id,
        )


def emergency_team(at: datetime) -> list[UUID]:
    """Everybody of the Emergency Duty Team."""
    on = london_date(at)
    members = TeamMembership.objects.filter(
        team__kind=TeamKind.EDT, team__is_active=True, from_on__lte=on, user__is_active=True
    ).exclude(to_on__lt=on)
    return sorted(set(members.values_list("user_id", flat=True)))


def _in_household(household_id: UUID) -> QuerySet[ChangeOfCircumstance]:
    theirs = HouseholdMembership.objects.filter(household=household_id, to_on__isnull=True)
    return (
        ChangeOfCircumstance.objects.undone()
        .filter(
            Q(children__child__in=theirs.values("person"))
            | Q(children__child__in=theirs.values("person__canonical")),
            children__is_origin=True,
        )
        .distinct()
        .order_by("pk")
    )


_UNDONE_IN: Prepared[ChangeOfCircumstance] = Prepared(_in_household, household_id=UUID)


def undone_in(*, household_id: UUID) -> list[ChangeOfCircumstance]:
    """Changes not closed yet whose children belong to this household."""
    return _UNDONE_IN(household_id=household_id)


def undone_about(*, child_id: UUID) -> list[ChangeOfCircumstance]:
    """Changes not closed yet that list this child, by whichever record."""
    return list(
        ChangeOfCircumstance.objects.undone()
        .filter(children__child__in=list(records_of(person_ids=[child_id])))
        .distinct()
        .order_by("pk")
    )
