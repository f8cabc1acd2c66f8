"""Taking over the child protection plans of a family that moved here from another authority.

The other authority's plan is not ours: a transfer-in conference of our own decides for each child,
and a plan begins with us on its date (Working Together; census rule 2885). No section 47 enquiry
of this authority stands behind it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from accounts.models import User
from accounts.permissions import Authority, Permission, require
from assessments.actions import cin_plan
from assessments.actions.protection import (
    AgencyThere,
    PlanLine,
    Result,
    agency_problems,
    begin,
    decision_problems,
    plan_problems,
    refuse_weekend,
    right_to_record,
    said_problems,
    say_dissent,
    take_part,
)
from assessments.models import Conference, ConferenceChild, Section47Enquiry
from cases import clocks, family_changes, holding
from cases.actions.referrals import TRANSFER_IN
from cases.choices import MeetingKind
from cases.models import Referral
from lib import application_clock
from lib.working_days import london_date
from people.models import Person
from people.queries import children_of_households
from record import clocks as record_clocks
from record import events, once, policy
from record.calendar import calendar
from record.errors import NotWhole, Refused


@dataclass(frozen=True, kw_only=True)
class MovedIn(PlanLine):
    """What the conference decided for one child; `previous_elsewhere` counts the plan that moves
    and those of other authorities before it.
    """

    child_id: UUID


def moved_in(*, by: User, person_id: UUID, at: datetime) -> dict[UUID, Referral]:
    """The children of the household whom the conference decides about: those open to us whom `by`
    may read, the oldest first.
    """
    household = children_of_households(person_ids=[person_id], on=london_date(at), by=by)
    open_to_us = {
        row.child_id: row
        for row in Referral.objects.filter(
            child__in=[each.person_id for each in household], state__in=cin_plan.OPEN_REFERRALS
        ).select_related("child")
    }
    return {
        each.person_id: open_to_us[each.person_id]
        for each in household
        if each.person_id in open_to_us and not each.is_restricted
    }


@transaction.atomic
def record_transfer_in(
    *,
    by: User,
    at: datetime,
    person_id: UUID,
    lines: Sequence[MovedIn],
    from_authority: str,
    told_on: date,
    chair: str,
    attended: str,
    summary: str,
    family_view: str,
    agency_dissent: str = "",
    late_reason: str = "",
    agencies: Sequence[AgencyThere] = (),
    token: UUID | None = None,
) -> Conference:
    """Record a transfer-in conference: for each child open to us a plan, from this date, or none.

    It is held within 15 working days of the day on which the other authority told us: as the
    chair has it, or as a contact came in, whichever is earlier.

    :param at: when the conference was
    :param person_id: a child of the family
    :raises PermissionDenied: `by` may not record conferences
    :raises Person.DoesNotExist: `by` may not read the child's record
    :raises NotWhole: names each child and each missing thing
    """
    require(by, Permission.CONFERENCE_RECORD, at=at)
    once.claim(token, user=by, action="assessments.record_transfer_in")
    person = Person.objects.visible_to(by).get(pk=person_id)
    family = moved_in(by=by, person_id=person_id, at=at)
    if person_id not in family:
        raise Refused(f"{person.name} has no open referral here. Accept one first.")
    children = sorted(family)
    right = right_to_record(by, children, at)
    holding.lock(children)
    refuse_weekend(at)
    given = {line.child_id: line for line in lines}
    problems = said_problems(
        chair=chair, attended=attended, summary=summary, family_view=family_view
    )
    problems += agency_problems(agencies)
    since = _counted_from(told_on, family.values())
    problems += _moved_problems(from_authority, told_on, late_reason, since, at)
    for child_id, referral in family.items():
        problems += _child_problems(given.get(child_id), referral, at)
    problems += _enquiry_problems(children)
    if problems:
        raise NotWhole(problems)
    conference = Conference.objects.create(
        kind=Conference.Kind.TRANSFER_IN,
        from_authority=from_authority.strip(),
        told_on=told_on,
        at=at,
        held_on=london_date(at),
        chair=chair,
        attended=attended,
        summary=summary,
        family_view=family_view,
        agency_dissent=agency_dissent,
        by=by,
        acting_for=right.acting_for,
        recorded_at=application_clock.now(),
    )
    take_part(MeetingKind.INITIAL_CONFERENCE, conference.pk, agencies, by=by, at=at)
    planned = [child_id for child_id in children if given[child_id].result == Result.PLAN]
    if planned:
        cin_plan.escalate(
            authority=right,
            at=at,
            child_ids=planned,
            why="A conference took over a child protection plan",
        )
    for child_id, referral in family.items():
        _decide(
            conference,
            given[child_id],
            referral,
            right,
            at,
            late_reason=late_reason.strip() if is_late(since, at=at) else "",
        )
    if planned:
        family_changes.raise_for_protection(
            child_ids=planned,
            considered_ids=children,
            source_id=conference.pk,
            authority=right,
            at=at,
        )
    say_dissent(conference, children, right, at)
    once.finish(token, conference.pk)
    return conference


def is_late(since: date, *, at: datetime) -> bool:
    """Say whether a conference is later than 15 working days after we were told."""
    days = calendar().working_days_between(since, london_date(at))
    return days > int(policy.value(TRANSFER_IN, at=at))


def _counted_from(told_on: date, referrals: Collection[Referral]) -> date:
    running = record_clocks.running(subject_ids=[referral.pk for referral in referrals])
    begun = [london_date(each.started_at) for each in running if each.rule == TRANSFER_IN]
    return min([told_on, *begun])


def _moved_problems(
    from_authority: str, told_on: date, late_reason: str, since: date, at: datetime
) -> list[tuple[str, str]]:
    found = []
    if not from_authority.strip():
        found.append(("from_authority", "Say from which authority the family moved"))
    if told_on > london_date(at):
        found.append(("told_on", "The other authority told us before the conference"))
    elif is_late(since, at=at) and not late_reason.strip():
        found.append(
            ("late_reason", "Say why the conference is later than 15 working days after that")
        )
    return found


def _child_problems(
    line: MovedIn | None, referral: Referral, at: datetime
) -> list[tuple[str, str]]:
    prefix, child = f"child-{referral.child_id}", referral.child
    if line is None:
        return [(f"{prefix}-result", f"Choose what the conference decided for {child.name}")]
    found = decision_problems(line, prefix=prefix, child=child)
    found += plan_problems(line, prefix=prefix, child=child, referral=referral, on=london_date(at))
    if line.result == Result.PLAN and line.previous_elsewhere < 1:
        found.append(
            (
                f"{prefix}-previous_elsewhere",
                f"Say how many plans other authorities had for {child.name}, the last one included",
            )
        )
    return found


def _enquiry_problems(child_ids: Collection[UUID]) -> list[tuple[str, str]]:
    rows = (
        Section47Enquiry.objects.open()
        .filter(child__in=child_ids, conference=Section47Enquiry.Conference.REQUIRED)
        .select_related("child")
        .order_by("child__date_of_birth", "child_id")
    )
    return [
        (
            f"child-{row.child_id}-result",
            f"{row.child.name} waits for an initial conference of ours. Record that one",
        )
        for row in rows
    ]


def _decide(
    conference: Conference,
    line: MovedIn,
    referral: Referral,
    right: Authority,
    at: datetime,
    *,
    late_reason: str,
) -> None:
    plan = (
        begin(
            conference,
            line,
            child_id=line.child_id,
            referral=referral,
            enquiry=None,
            right=right,
            at=at,
        )
        if line.result == Result.PLAN
        else None
    )
    ConferenceChild.objects.create(
        conference=conference,
        child_id=line.child_id,
        plan=plan,
        result=line.result,
        category=line.category if plan is not None else "",
        why=line.why,
        late_reason=late_reason,
    )
    clocks.stop(TRANSFER_IN, on=referral, at=at, late_reason=late_reason)
    events.append(
        "conference.moved_in",
        authority=right,
        at=at,
        subject_kind="conference",
        subject_id=conference.pk,
        children=[line.child_id],
        data={"result": line.result},
    )
