"""Booking an initial conference, moving it, and sharing its report beforehand (domain.md 2.6)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction

from accounts.models import RoleAssignment, User
from accounts.permissions import CHAIRS, Authority, Permission, require
from assessments import standing
from assessments.actions import section_47 as enquiries
from assessments.actions.booked import RULE, SUBJECT, end, moment_of, stop
from assessments.actions.protection import awaited_with, right_to_record
from assessments.models import BookingChild, ConferenceBooking, Section47Enquiry
from cases.choices import WorkerRole
from cases.models import Allocation
from lib import application_clock, words
from lib.working_days import Calendar, london_date
from record import clocks, once, outbox, policy
from record.calendar import calendar
from record.errors import NotWhole, Refused


@transaction.atomic
def book_conference(
    *,
    by: User,
    at: datetime,
    enquiry_id: UUID,
    starts_at: datetime,
    chair: str,
    place: str,
    invited: str,
    family_told: str,
    moved_because: str = "",
    late_because: str = "",
    token: UUID | None = None,
) -> ConferenceBooking:
    """Book the initial conference for every child of the family who waits for one, or move it.

    The report is shared with parents and child two working days before. A conference that moves
    has another booking, with its own limit; the one it replaces is kept. The 15 working days do
    not move with it.

    :raises PermissionDenied: `by` may not record conferences
    :raises NotWhole: names each missing thing
    """
    require(by, Permission.CONFERENCE_RECORD, at=at)
    once.claim(token, user=by, action="assessments.book_conference")
    asked = Section47Enquiry.objects.visible_to(by).get(pk=enquiry_id)
    waiting = awaited_with(child_ids=[asked.child_id], by=by, at=at)
    rows = list(
        Section47Enquiry.objects.select_for_update(of=("self",))
        .select_related("child")
        .filter(pk__in=[each.pk for each in waiting], ended_at__isnull=True)
        .order_by("child_id")
    )
    if asked.pk not in {row.pk for row in rows}:
        raise Refused(f"No conference is required for {asked.child.name}. Decide that first.")
    right = right_to_record(by, [row.child_id for row in rows], at)
    before = list(
        BookingChild.objects.select_for_update(of=("self",))
        .select_related("booking")
        .filter(enquiry__in=rows, ended_at__isnull=True)
        .order_by("pk")
    )
    problems = _day_problems(starts_at, at)
    problems += [
        (field, sentence)
        for field, said, sentence in (
            ("chair", chair, "Say who chairs the conference"),
            ("place", place, "Say where it is held, or how people join"),
            ("invited", invited, "Say who is invited: police, health, school, each parent"),
            ("family_told", family_told, "Say how and when the family was told"),
        )
        if not said.strip()
    ]
    if before and not moved_because.strip():
        problems.append(("moved_because", "Say why the conference is moved"))
    if _is_after_limit(rows, starts_at) and not late_because.strip():
        problems.append(
            (
                "late_because",
                "Say why it is later than 15 working days after the strategy discussion,"
                " and how each child is safe until then",
            )
        )
    if problems:
        raise NotWhole(problems)
    shared = {row.enquiry_id: row for row in before}
    booking = ConferenceBooking.objects.create(
        starts_at=starts_at,
        held_on=london_date(starts_at),
        share_by=share_by(starts_at, at=at),
        chair=chair.strip(),
        place=place.strip(),
        invited=invited.strip(),
        family_told=family_told.strip(),
        moved_because=moved_because.strip() if before else "",
        late_because=late_because.strip() if _is_after_limit(rows, starts_at) else "",
        replaces=before[0].booking if before else None,
        by=by,
        acting_for=right.acting_for,
        at=at,
        recorded_at=application_clock.now(),
    )
    end(before, at=at)
    for enquiry in rows:
        old = shared.get(enquiry.pk)
        line = BookingChild.objects.create(
            booking=booking,
            enquiry=enquiry,
            child_id=enquiry.child_id,
            shared_on=old.shared_on if old else None,
            shared_how=old.shared_how if old else "",
            shared_by=old.shared_by if old else None,
        )
        if line.shared_on is None:
            _start(line, booking, by=by, at=at)
    code = "conference.moved" if before else "conference.booked"
    for enquiry in rows:
        enquiries.tell(
            code,
            [enquiry],
            right,
            at,
            on=words.date_words(booking.held_on),
            chair=booking.chair,
        )
    _notify(code, rows, right, booking, at)
    once.finish(token, booking.pk)
    return booking


@transaction.atomic
def share_report(
    *,
    by: User,
    at: datetime,
    enquiry_id: UUID,
    shared_on: date,
    how: str,
    token: UUID | None = None,
) -> BookingChild:
    """Record that the report for the conference was shared with the parents and the child.

    :raises PermissionDenied: `by` does no section 47 work
    :raises Refused: nothing is booked, it is shared already, or the day cannot be
    """
    require(by, Permission.S47_WORK, at=at)
    once.claim(token, user=by, action="assessments.share_report")
    enquiry = Section47Enquiry.objects.visible_to(by).select_related("child").get(pk=enquiry_id)
    right = standing.worker_right(
        by=by, permission=Permission.S47_WORK, child_ids=[enquiry.child_id], at=at
    )
    line = (
        BookingChild.objects.select_for_update(of=("self",))
        .select_related("booking")
        .filter(enquiry=enquiry, ended_at__isnull=True)
        .first()
    )
    name = enquiry.child.name
    if line is None:
        raise Refused(f"No conference about {name} is booked. Book it first.")
    if line.shared_on is not None:
        raise Refused(f"The report about {name} was shared already.")
    if shared_on > london_date(at):
        raise Refused("That day has not come yet.", field="shared_on")
    if shared_on < london_date(enquiry.began_at):
        raise Refused("That is before the enquiry began.", field="shared_on")
    if not how.strip():
        raise Refused(
            f"Say with whom the report about {name} was shared, how, and what they said.",
            field="how",
        )
    line.shared_on, line.shared_how, line.shared_by = shared_on, how.strip(), by
    line.save(update_fields=["shared_on", "shared_how", "shared_by"])
    stop(line, at=moment_of(shared_on, line))
    enquiries.tell("conference.report_shared", [enquiry], right, at, on=words.date_words(shared_on))
    once.finish(token, line.pk)
    return line


def booked_for(enquiry_ids: Sequence[UUID]) -> list[ConferenceBooking]:
    """What is booked for these enquiries."""
    live = BookingChild.objects.filter(enquiry__in=enquiry_ids, ended_at__isnull=True)
    return list(
        ConferenceBooking.objects.filter(pk__in=live.values("booking")).order_by("starts_at", "pk")
    )


def share_by(starts_at: datetime, *, at: datetime, known: Calendar | None = None) -> date:
    """Give the day by which the report is shared: so many working days before the conference.

    A bank holiday announced after the booking counts, so the booking's own `share_by` is what was
    true when it was made.
    """
    day, known = london_date(starts_at), known or calendar()
    left = int(policy.value(RULE, at=at))
    while left:
        day -= timedelta(days=1)
        left -= known.is_working_day(day)
    return day


def days_to_share(subject_ids: Sequence[UUID], known: Calendar) -> dict[UUID, int]:
    """Count again how long there is to share a report, from its booking to so many working days
    before the conference (record.clocks.count_back): counted on from the booking, a bank holiday
    would leave the family a day less to read it.
    """
    rows = BookingChild.objects.filter(pk__in=subject_ids).select_related("booking")
    return {row.pk: _days_left(row.booking, known=known) for row in rows}


def _days_left(booking: ConferenceBooking, *, known: Calendar) -> int:
    by_day = share_by(booking.starts_at, at=booking.at, known=known)
    return max(known.working_days_between(london_date(booking.at), by_day), 0)


def _day_problems(starts_at: datetime, at: datetime) -> list[tuple[str, str]]:
    on = london_date(starts_at)
    if starts_at < at:
        return [("starts_at", "A conference is booked for a time to come")]
    if not calendar().is_working_day(on):
        return [("starts_at", f"Nobody can come on {words.date_words(on)}: it is no working day")]
    return []


def _is_after_limit(rows: Sequence[Section47Enquiry], starts_at: datetime) -> bool:
    return any(
        clock.rule == "S47-ICPC" and clock.due_at < starts_at
        for clock in clocks.running(subject_ids=[row.pk for row in rows])
    )


def _start(line: BookingChild, booking: ConferenceBooking, *, by: User, at: datetime) -> None:
    clocks.start(
        RULE,
        subject_kind=SUBJECT,
        subject_id=line.pk,
        child_id=line.child_id,
        started_at=at,
        limit=_days_left(booking, known=calendar()),
        by=by,
    )


def _notify(
    code: str,
    rows: Sequence[Section47Enquiry],
    right: Authority,
    booking: ConferenceBooking,
    at: datetime,
) -> None:
    """Tell leads, workers and conference chairs."""
    chairs = set(
        RoleAssignment.objects.filter(role__in=CHAIRS, user__is_active=True, from_at__lte=at)
        .exclude(to_at__lte=at)
        .values_list("user_id", flat=True)
    )
    for enquiry in rows:
        workers = Allocation.objects.filter(
            child=enquiry.child_id, role=WorkerRole.LEAD, to_at__isnull=True
        ).values_list("worker_id", flat=True)
        for user_id in sorted({*workers, *chairs} | _lead(enquiry)):
            if user_id == right.user.pk:
                continue
            outbox.put(
                "notice",
                key=f"{code}:{booking.pk.hex}:{enquiry.pk.hex[:8]}:{user_id.hex}",
                payload={
                    "user_id": str(user_id),
                    "code": code,
                    "subject_kind": "section_47",
                    "subject_id": str(enquiry.pk),
                },
                at=at,
                subject_kind="section_47",
                subject_id=enquiry.pk,
                child_id=enquiry.child_id,
            )


def _lead(enquiry: Section47Enquiry) -> set[UUID]:
    return {enquiry.lead_id} if enquiry.lead_id is not None else set()
