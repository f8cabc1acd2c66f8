"""A section 47 enquiry that a strategy discussion opened, through the real actions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from accounts.models import User
from assessments.actions import protection
from assessments.actions import section_47 as actions
from assessments.actions.protection import ConferenceLine
from assessments.models import Conference, Section47Enquiry
from cases import actions as case_actions
from cases.actions import Rationale
from cases.choices import VisitOutcome, VisitPurpose
from cases.models import Handover, Visit
from people.models import Person
from tests.cases.front_door import hours
from tests.mash.discussions import Called, called, concluded, held, met

#: Thursday 12 March 2026, 13:00 held and 14:00 concluded.
HELD, DECIDED = hours(3), hours(4)
#: Tuesday 31 March 2026, 11:00 by the clock, two working days before the limit.
CONFERENCE = datetime(2026, 3, 31, 10, 0, tzinfo=UTC)
MEETING: dict[str, Any] = {
    "chair": "Kit Fixture",
    "attended": "Police, health, school, both parents; Aaliyah by her advocate.",
    "summary": "How the burn came about.",
    "family_view": "Mother wants help; father does not see why.",
}
REASONS = Rationale(
    know="A burn explained two ways; seen alone on 12 March.",
    worries="That Aaliyah is hurt again.",
    protects="Her grandmother lives there now.",
    decision="A conference.",
    why="A plan without one would not bind her father.",
)


@dataclass
class Begun:
    """Aaliyah and Zayn of one discussion, accepted and allocated."""

    case: Called
    worker: User
    manager: User
    mash_manager: User

    def of(self, person: Person) -> Section47Enquiry:
        return Section47Enquiry.objects.get(child=person)

    @property
    def aaliyah(self) -> Section47Enquiry:
        return self.of(self.case.aaliyah)

    @property
    def zayn(self) -> Section47Enquiry:
        return self.of(self.case.zayn)


def begun(
    officer: User,
    mash_manager: User,
    mash_social_worker: User,
    manager: User,
    worker: User,
    *,
    is_allocated: bool = True,
) -> Begun:
    """Both children's enquiries, in the hands of the assessment team from 15:00."""
    case = called(officer, mash_manager)
    held(case, mash_manager, mash_social_worker)
    team = manager.managed_teams.get()
    concluded(
        case,
        mash_manager,
        met(case.aaliyah),
        met(case.zayn, is_joint=False),
        to_team_id=team.pk,
    )
    if is_allocated:
        take_up(case, manager, worker)
    return Begun(case, worker, manager, mash_manager)


def accept(case: Called, manager: User) -> Handover:
    """The assessment team accepts; nobody works with the children yet."""
    offer = Handover.objects.get(contact=case.contact)
    case_actions.accept(by=manager, at=hours(5), handover_id=offer.pk)
    return offer


def take_up(case: Called, manager: User, worker: User) -> None:
    """The assessment team accepts and names a worker."""
    offer = accept(case, manager)
    first, *others = [
        row.referral_id for row in offer.children.order_by("pk") if row.referral_id is not None
    ]
    case_actions.allocate(
        by=manager,
        at=hours(5.5),
        referral_id=first,
        also=others,
        worker_id=worker.pk,
        find_out="How the burn came about",
        see_whom="Each child alone",
        first_visit_by=date(2026, 3, 13),
        out_of_order_why="Section 47",
    )


def see(
    by: User,
    *people: Person,
    at: datetime,
    was_seen: bool = True,
    alone: bool = True,
    words: str = "I want Nan to stay",
) -> Visit:
    """A visit for the enquiry, to each of these children."""
    return case_actions.record_visit(
        by=by,
        at=at,
        purpose=VisitPurpose.SECTION_47,
        outcome=VisitOutcome.KEPT if was_seen else VisitOutcome.NO_ACCESS,
        where="At home" if was_seen else "",
        is_home_seen=was_seen,
        children=[
            case_actions.ChildAtVisit(
                child_id=person.pk,
                was_seen=was_seen,
                was_seen_alone=was_seen and alone,
                not_alone_because="" if alone else "Would not leave her mother",
                words=words if was_seen else "",
                next_attempt_on=None if was_seen else at.date() + timedelta(days=1),
            )
            for person in people
        ],
    )


def write(enquiry: Section47Enquiry, by: User, *, at: datetime | None = None) -> Section47Enquiry:
    """Everything a manager asks for but the visit."""
    at = at or hours(24)
    name = enquiry.child.given_name
    actions.write_child(
        by=by,
        at=at,
        enquiry_id=enquiry.pk,
        found=f"{name} has a burn on the left arm, seen by the nurse on 12 March.",
        child_view=f"{name} says: it was the iron.",
        medical="Dr Dummy on 12 March: does not fit a fall.",
        analysis=f"{name} was hurt by an adult of the home; it is likely to happen again.",
        version=enquiry.child_version,
    )
    actions.write_family(
        by=by,
        at=at,
        enquiry_id=enquiry.pk,
        parents_view="Mother says she slipped; father says he was out.",
        agencies_said="Police: two call-outs since January.",
        home="Shares a bed with her brother.",
        version=enquiry.family_version,
    )
    return actions.write_safety(
        by=by,
        at=at,
        enquiry_id=enquiry.pk,
        steps=[
            actions.SafetyStep(
                what="Sleeps in the children’s room", who="Grandmother", when="Tonight from 19:00"
            )
        ],
        tonight="Grandmother has said yes and has the emergency number.",
        version=enquiry.safety_version,
    )


def submitted(enquiry: Section47Enquiry, by: User, *, at: datetime | None = None) -> Any:
    """Seen alone, written and put to the manager."""
    at = at or hours(25)
    see(by, enquiry.child, at=at - timedelta(hours=2))
    write(enquiry, by, at=at - timedelta(hours=1))
    return actions.submit(by=by, at=at, enquiry_id=enquiry.pk)


def conclude(
    enquiry: Section47Enquiry, by: User, *, at: datetime | None = None, **more: Any
) -> Any:
    """Substantiated with continuing risk, a conference required, unless told otherwise."""
    given: dict[str, Any] = {
        "outcome": "continuing_risk",
        "next_step": "conference",
        "conference": "required",
        "conference_why": "The risk goes on and needs a plan that binds everybody.",
        "rationale": REASONS,
        "who_informed": "Mother and Aaliyah at home, police by phone.",
    }
    return actions.conclude(by=by, at=at or hours(26), enquiry_id=enquiry.pk, **(given | more))


def awaited(case: Begun) -> None:
    """Both enquiries concluded on 13 March, a conference required for each."""
    for enquiry in (case.aaliyah, case.zayn):
        submitted(enquiry, case.worker)
        conclude(enquiry, case.manager)


def planned(enquiry: Section47Enquiry, **more: Any) -> ConferenceLine:
    """A child protection plan for one child."""
    given: dict[str, Any] = {
        "result": "plan",
        "category": "PHY",
        "why": f"{enquiry.child.given_name} was hurt by an adult of the home.",
        "report": "enquiry",
        "must_change": "Father lives elsewhere until he has done the course.",
        "contingency": "We go to court.",
        "core_group": "Mother, grandmother, school, health visitor.",
    }
    return ConferenceLine(enquiry_id=enquiry.pk, **(given | more))


def unplanned(enquiry: Section47Enquiry, **more: Any) -> ConferenceLine:
    """No plan for one child."""
    given: dict[str, Any] = {
        "result": "no_plan",
        "why": f"{enquiry.child.given_name} lives with his aunt.",
        "report": "enquiry",
    }
    return ConferenceLine(enquiry_id=enquiry.pk, **(given | more))


def conferred(
    case: Begun,
    *lines: ConferenceLine,
    by: User | None = None,
    at: datetime = CONFERENCE,
    **more: Any,
) -> Conference:
    """The initial conference: a plan for Aaliyah and none for Zayn, unless told otherwise."""
    return protection.record_conference(
        by=by or case.manager,
        at=at,
        lines=list(lines) or [planned(case.aaliyah), unplanned(case.zayn)],
        **(MEETING | more),
    )
