"""Families who came weeks ago and must be there today (domain.md 7.3): 1, 2, 3, 4, 9, 14, 16.

Each is a list of steps by working day after the referral, counted back from the end of the play.
They have one team and one worker, who so has 24 children.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from random import Random
from typing import TYPE_CHECKING
from uuid import UUID

from accounts.permissions import remember
from assessments import actions as assessment_actions
from assessments.choices import AssessmentOutcome
from assessments.models import AssessmentPassed
from cases import actions as case_actions
from cases.actions import Rationale
from cases.change_codes import ChangeCode
from cases.choices import Mark, VisitOutcome, VisitPurpose
from cases.models import ChangeChild, Handover, Referral
from demonstration import assessing, words
from demonstration.assessing import Child, Family
from demonstration.population import Household, Member
from lib.working_days import instant, london_date
from mash import actions as mash_actions
from people import actions as people_actions
from people.choices import HouseholdRole
from people.models import HouseholdMembership
from record import calendar

if TYPE_CHECKING:
    from demonstration.play import Play

Step = Callable[[Family, datetime], object]
Steps = Sequence[tuple[int, str, Step]]
CIN = AssessmentOutcome.CIN_PLAN
LONGEST = 60
"""Working days before the end on which the first of these families came."""
READY, ACCEPTED = 14, 16
WORTH = 4
"""How many contacts of the play take as long as one of these families."""
AGREED = Rationale(
    know="Agreed.", worries="Agreed.", protects="Agreed.", decision="Agreed.", why="Agreed."
)


def plan(play: Play, *, part: int = 0, parts: int = 1) -> int:
    """Put the families of one part of the play into the queue.

    Give how many contacts they stand for: each is as much work.
    """
    families = (
        _partner_and_missing,
        _weekly,
        _abuse,
        _two_signals,
        _born_meanwhile,
        _half_brother,
        _day_52,
        _day_47,
        _day_9,
        _same_risk,
        _taken_over,
        _moved_in,
        _plan_taken_over,
        _to_plan,
    )[part::parts]
    for one in families:
        one(play)
    return WORTH * len(families)


def first_on(end_at: datetime, other: date) -> date:
    """The first day of the play, with these families."""
    return min(other, london_date(calendar.working_days_ago(LONGEST, at=end_at)))


# Waiting for Safeguarding and Family Support: 1 and 2 --------------------------------------------


def _partner_and_missing(play: Play) -> None:
    """1: three who wait 41 days; a partner has moved in, one was missing; one child reviewed."""
    home = household(
        play,
        "31 Placeholder Row",
        "Leanne",
        "Mockford",
        ("Maisie", "F", 9),
        ("Jayden", "M", 7),
        ("Sami", "M", 3),
    )
    waited = 41

    def joins(family: Family, at: datetime) -> None:
        partner = people_actions.create_person(
            by=family.worker,
            at=at,
            is_child=False,
            given_name="Kyle",
            family_name="Stubbsworth",
            sex="M",
        )
        membership = HouseholdMembership.objects.filter(person=family.ids[0], to_on=None).get()
        people_actions.join_household(
            by=family.worker,
            at=at,
            household_id=membership.household_id,
            person_id=partner.pk,
            role=HouseholdRole.OTHER_ADULT,
            from_on=london_date(at),
        )
        family.changes.append(_latest_change(family))

    begin(
        play,
        home,
        READY + waited,
        [
            *_to_waiting(play),
            *_weeks(play, until=READY + waited - 1),
            (READY + 30, "16:20", joins),
            (READY + 31, "10:02", lambda f, at: assessing.triage(f, at, f.changes[0])),
            (READY + 33, "11:40", _index_child_only(0)),
            (
                READY + 36,
                "9:30",
                lambda f, at: assessing.log_change(f, at, ChangeCode.MISSING, days_ago=1),
            ),
            (READY + 36, "10:30", lambda f, at: assessing.triage(f, at, f.changes[1])),
            (READY + 37, "11:40", _index_child_only(1)),
        ],
    )


def _weekly(play: Play) -> None:
    """1: four who wait 35 days, looked at each week; a change at home was thought through."""
    home = household(
        play,
        "8 Dummy Close",
        "Agnes",
        "Prototypova",
        ("Filip", "M", 14),
        ("Hanna", "F", 11),
        ("Olek", "M", 8),
        ("Zosia", "F", 4),
    )
    waited = 35
    begin(
        play,
        home,
        READY + waited,
        [
            *_to_waiting(play),
            *_weeks(play, until=READY + waited - 1, escalated=READY + 22),
            *_change(ChangeCode.ADULT_LEAVES, READY + 7, done=True),
            (READY + 11, "16:00", assessing.supervise),
            (READY + 12, "9:30", assessing.direct),
            (READY + 15, "17:10", lambda f, at: assessing.answer(f, at, is_done=True)),
            (READY + 30, "16:00", assessing.supervise),
            (READY + 31, "9:30", assessing.direct),
            (READY + 34, "12:10", lambda f, at: assessing.answer(f, at, is_done=False)),
        ],
    )


def _abuse(play: Play) -> None:
    """1: two who wait 28 days; an incident of abuse, for which only the elder was reviewed."""
    home = household(
        play, "112 Specimen Street", "Rabia", "Mockmalik", ("Iqra", "F", 12), ("Yusuf", "M", 6)
    )
    waited = 28
    begin(
        play,
        home,
        READY + waited,
        [
            *_to_waiting(play),
            *_weeks(play, until=READY + waited - 1),
            (
                READY + 20,
                "9:20",
                lambda f, at: assessing.log_change(f, at, ChangeCode.DOMESTIC_ABUSE, days_ago=1),
            ),
            (READY + 20, "10:10", lambda f, at: assessing.triage(f, at, f.changes[0])),
            (READY + 20, "15:30", _index_child_only(0)),
            (READY + 21, "9:30", lambda f, at: assessing.direct(f, at)),
        ],
    )


def _two_signals(play: Play) -> None:
    """2: three who wait 22 days; twice nobody opened, and nobody has logged a change."""
    home = household(
        play,
        "5 Sample Gardens",
        "Simran",
        "Testgill",
        ("Jasmeen", "F", 10),
        ("Arjan", "M", 8),
        ("Kiran", "F", 2),
    )
    waited = 22

    def nobody_opens(family: Family, at: datetime) -> None:
        assessing.visit(family, at, purpose=VisitPurpose.WAITING, outcome=VisitOutcome.NO_ACCESS)

    begin(
        play,
        home,
        READY + waited,
        [
            *_to_waiting(play),
            *_weeks(play, until=READY + waited - 1),
            (READY + 8, "15:40", nobody_opens),
            (READY + 11, "15:30", lambda f, at: assessing.visit(f, at, purpose=VisitPurpose.CIN)),
            (READY + 18, "15:50", nobody_opens),
        ],
    )


# Households: 3 and 4 ------------------------------------------------------------------------------


def _born_meanwhile(play: Play) -> None:
    """3: the baby is born after the assessment of it and its brother; nothing else was done."""
    on = play.end_at.date()
    home = household(play, "64 Fixture Road", "Chidinma", "Mockokafor", ("Kelechi", "M", 5))
    home.children.append(Member("", "Mockokafor", "U", None, expected_on=on - timedelta(days=11)))

    def born(family: Family, at: datetime) -> None:
        people_actions.record_birth(
            by=family.worker,
            at=at,
            person_id=family.ids[-1],
            born_on=london_date(at) - timedelta(days=1),
            sex="F",
            given_name="Ada",
        )

    begin(play, home, 30, [*assessed(12, CIN), (21, "14:00", born)])


def _half_brother(play: Play) -> None:
    """4: a half-brother stays at weekends and has no part in the assessment of the sisters."""
    home = household(
        play, "19 Trialham Way", "Donna", "Exampleby", ("Ruby", "F", 9), ("Ivy", "F", 6)
    )

    def stays(family: Family, at: datetime) -> None:
        brother = people_actions.create_person(
            by=family.worker,
            at=at,
            is_child=True,
            given_name="Tyler",
            family_name="Placeholder",
            sex="M",
            date_of_birth=london_date(at) - timedelta(days=13 * 365),
        )
        membership = HouseholdMembership.objects.filter(person=family.ids[0], to_on=None).get()
        people_actions.join_household(
            by=family.worker,
            at=at,
            household_id=membership.household_id,
            person_id=brother.pk,
            role=HouseholdRole.PART_TIME_CHILD,
            from_on=london_date(at),
        )
        family.changes.append(_latest_change(family))

    team, receiver, _workers = play.people.support[1]
    begin(
        play,
        home,
        34,
        [
            *assessed(14, CIN),
            (32, "10:20", lambda f, at: assessing.pull(f, at, receiver=receiver, to_team=team)),
            (18, "15:10", stays),
            (19, "9:40", lambda f, at: assessing.not_significant(f, at, f.changes[0])),
        ],
    )


# Late, and early: 9 -------------------------------------------------------------------------------


def _day_52(play: Play) -> None:
    """9: authorised on day 52 with the reason; handed on, and the meeting is booked.

    A half-sister's record is restricted: the head of service has answered for her beside the
    assessment, and is asked again now that the family is handed on.
    """
    home = household(
        play,
        "2 Stubbs Court",
        "Mariam",
        "Mockhussain",
        ("Safa", "F", 15),
        ("Bilal", "M", 12),
        ("Hamza", "M", 9),
    )
    _team, receiver, _workers = play.people.support[0]
    head, manager = play.people.heads[0], play.people.mash_managers[0]

    def sister(family: Family, at: datetime) -> None:
        half = people_actions.create_person(
            by=manager,
            at=at,
            is_child=True,
            given_name="Noor",
            family_name="Stubbsworth",
            sex="F",
            date_of_birth=london_date(at) - timedelta(days=6 * 365),
        )
        membership = HouseholdMembership.objects.filter(person=family.ids[0], to_on=None).get()
        people_actions.join_household(
            by=manager,
            at=at,
            household_id=membership.household_id,
            person_id=half.pk,
            role=HouseholdRole.PART_TIME_CHILD,
            from_on=london_date(at) - timedelta(days=400),
        )
        people_actions.restrict(
            by=manager,
            at=at,
            person_id=half.pk,
            owner_id=head.pk,
            reason="Her father works for the service.",
        )

    def answers(family: Family, at: datetime) -> None:
        remember(head)
        assessment_actions.answer_passed(
            by=head,
            at=at,
            passed_id=AssessmentPassed.objects.get(assessment=family.assessment).pk,
            answer="not_assessed",
            because="Seen at her school on Monday; her father’s team assesses her.",
            late_reason="The father came home from abroad on day 50.",
        )

    begin(
        play,
        home,
        LONGEST,
        [
            (1, "16:00", sister),
            (2, "10:00", assessing.start),
            (4, "15:30", assessing.visit),
            (10, "14:00", lambda f, at: assessing.checkpoint(f, at, number=1)),
            (20, "14:00", lambda f, at: assessing.checkpoint(f, at, number=2)),
            (30, "15:30", assessing.visit),
            (44, "11:00", lambda f, at: assessing.write(f, at, outcome=CIN)),
            (45, "11:00", assessing.submit),
            (48, "15:00", assessing.give_back),
            (51, "15:30", assessing.visit),
            (51, "16:30", assessing.submit),
            (52, "10:00", answers),
            (
                52,
                "11:00",
                lambda f, at: assessing.authorise(
                    f, at, outcome=CIN, late_reason="The father came home from abroad on day 50."
                ),
            ),
            (53, "10:00", assessing.make_plan),
            (53, "15:00", assessing.approve_plan),
            (54, "11:00", assessing.supervise),
            (54, "14:00", lambda f, at: assessing.propose(f, at, to_team=_team)),
            (55, "11:00", assessing.make_ready),
            (57, "11:00", lambda f, at: assessing.book(f, at, receiver=receiver, days=7)),
        ],
    )


def _day_47(play: Play) -> None:
    """9: day 47, submitted, and no reason why it is late: so it is not authorised."""
    home = household(
        play, "77 Mock Lane", "Ioana", "Testescu", ("Andrei", "M", 13), ("Mihai", "M", 5)
    )
    begin(
        play,
        home,
        47,
        [
            (1, "10:00", assessing.start),
            (3, "15:30", assessing.visit),
            (10, "14:00", lambda f, at: assessing.checkpoint(f, at, number=1)),
            (24, "14:00", lambda f, at: assessing.checkpoint(f, at, number=2)),
            (40, "11:00", lambda f, at: assessing.write(f, at, outcome=CIN)),
            (46, "16:00", assessing.submit),
        ],
    )


def _day_9(play: Play) -> None:
    """9: authorised on day 9 with no further action, and no child seen."""
    home = household(
        play, "40 Dummyfield Road", "Kerry", "Specimen", ("Alfie", "M", 4), ("Poppy", "F", 7)
    )
    begin(
        play,
        home,
        25,
        [
            (1, "10:00", assessing.start),
            (
                3,
                "15:30",
                lambda f, at: assessing.visit(f, at, outcome=VisitOutcome.NO_ACCESS),
            ),
            (8, "10:00", lambda f, at: assessing.write(f, at, outcome=AssessmentOutcome.NFA)),
            (8, "16:00", assessing.submit),
            (9, "11:00", lambda f, at: assessing.authorise(f, at, outcome=AssessmentOutcome.NFA)),
            (10, "11:00", assessing.close),
        ],
    )


# The same words: 14; and one that went well -------------------------------------------------------


def _same_risk(play: Play) -> None:
    """14: the same risk for each child, word for word, and a manager who writes "Agreed"."""
    home = household(
        play,
        "14 Fixture Grove",
        "Tina",
        "Mockridge-Test",
        ("Callum", "M", 11),
        ("Erin", "F", 8),
        ("Logan", "M", 5),
    )
    team, receiver, _workers = play.people.support[0]

    def agrees(family: Family, at: datetime) -> None:
        assessing.supervise(family, at, rationale=AGREED)

    begin(
        play,
        home,
        24,
        [
            (1, "10:00", assessing.start),
            (3, "15:30", assessing.visit),
            (9, "14:00", lambda f, at: assessing.checkpoint(f, at, number=1)),
            (10, "15:30", assessing.visit),
            (11, "11:00", lambda f, at: assessing.write(f, at, outcome=CIN, is_same=True)),
            (11, "15:00", assessing.submit),
            (
                12,
                "10:00",
                lambda f, at: assessing.authorise(f, at, outcome=CIN, rationale=AGREED),
            ),
            (12, "14:00", assessing.make_plan),
            (13, "10:00", assessing.approve_plan),
            (13, "12:00", agrees),
            (13, "14:00", lambda f, at: assessing.propose(f, at, to_team=team)),
            (14, "10:00", assessing.make_ready),
            (18, "15:00", lambda f, at: assessing.return_transfer(f, at, receiver=receiver)),
            (20, "12:00", agrees),
            (22, "11:30", assessing.dispute),
        ],
    )


def _taken_over(play: Play) -> None:
    """Asked for too early, returned, settled by the head of service, and handed on; its plan is
    reviewed by the team that has it now.
    """
    home = household(
        play, "9 Trial Avenue", "Farida", "Mocksharif", ("Nabil", "M", 10), ("Sana", "F", 6)
    )
    team, receiver, workers = play.people.support[1]
    other_team, other, _workers = play.people.support[2]

    def disagrees(family: Family, at: datetime) -> None:
        assessing.dispute(family, at)
        family.changes.append(_latest_change(family))

    def becomes(family: Family, at: datetime) -> None:
        assessing.complete(family, at, receiver=receiver)
        family.manager, family.worker = receiver, workers[0]

    begin(
        play,
        home,
        56,
        [
            *_planned(),
            (11, "10:30", lambda f, at: assessing.pull(f, at, receiver=other, to_team=other_team)),
            (12, "16:00", assessing.decline_pull),
            (13, "14:00", lambda f, at: assessing.propose(f, at, to_team=team)),
            (14, "10:00", assessing.make_ready),
            (15, "9:30", lambda f, at: assessing.return_transfer(f, at, receiver=receiver)),
            (15, "10:30", disagrees),
            (15, "14:00", lambda f, at: assessing.triage(f, at, f.latest_change)),
            (16, "10:00", lambda f, at: assessing.settle(f, at, by=play.people.heads[1])),
            (17, "15:00", lambda f, at: assessing.review_change(f, at, f.latest_change)),
            (18, "9:30", lambda f, at: assessing.decide_change(f, at, f.latest_change)),
            (
                20,
                "10:00",
                lambda f, at: assessing.take_over(f, at, receiver=receiver, worker=workers[0]),
            ),
            (22, "11:00", assessing.meet),
            (24, "16:00", becomes),
            (40, "15:30", lambda f, at: assessing.visit(f, at, purpose=VisitPurpose.CIN)),
            (42, "11:00", assessing.review_plan),
            (43, "11:00", assessing.confirm_review),
            (44, "16:00", assessing.supervise),
        ],
        worker=1,
    )


def _moved_in(play: Play) -> None:
    """Another authority told us of its plan 12 working days ago: our conference is due in 3."""
    home = household(
        play, "9 Fixture Street", "Hanna", "Mustermann", ("Emil", "M", 6), ("Lotte", "F", 3)
    )
    begin(
        play,
        home,
        12,
        [
            (1, "10:00", assessing.start),
            (3, "15:30", assessing.visit),
            (9, "14:00", lambda f, at: assessing.checkpoint(f, at, number=1)),
        ],
        worker=1,
        marks=[Mark.CP_TRANSFER_IN],
    )


def _plan_taken_over(play: Play) -> None:
    """Another authority told us of its plan: our conference took it over 20 working days ago."""
    home = household(
        play, "17 Fixture Street", "Renata", "Przykładowa", ("Marta", "F", 8), ("Staś", "M", 4)
    )
    begin(
        play,
        home,
        34,
        [
            (1, "10:00", assessing.start),
            (3, "15:30", assessing.visit),
            (9, "14:00", lambda f, at: assessing.checkpoint(f, at, number=1)),
            (12, "16:00", assessing.supervise),
            (14, "11:00", assessing.take_plan_over),
            (19, "14:00", assessing.meet_core_group),
            (21, "15:30", lambda f, at: assessing.visit(f, at, purpose=VisitPurpose.CPP)),
            (29, "15:30", lambda f, at: assessing.visit(f, at, purpose=VisitPurpose.CPP)),
            (31, "16:00", assessing.supervise),
        ],
        worker=2,
        marks=[Mark.CP_TRANSFER_IN],
    )


def _to_plan(play: Play) -> None:
    """Discussed 33 working days ago: an enquiry, an initial conference and a plan with us."""
    home = household(
        play, "3 Placeholder Close", "Dorota", "Testowska", ("Kasia", "F", 9), ("Janek", "M", 5)
    )
    play.protecting.to_plan.append(home)

    def arrive(at: datetime) -> None:
        play.receive(
            at,
            home,
            source="3E",
            category="child_protection",
            by=play.people.contact_officers[0],
            outcome="strategy_discussion",
            rag="red",
            is_enquiry=False,
        )
        play.homes.remove(home)

    on = london_date(calendar.working_days_ago(33, at=play.end_at))
    play.later(instant(on, time(9, 20)), arrive)


# How it is done -----------------------------------------------------------------------------------


def assessed(day: int, outcome: str) -> Steps:
    """From the start to the authorisation on that day."""
    return [
        (1, "10:00", assessing.start),
        (3, "15:30", assessing.visit),
        (9, "14:00", lambda f, at: assessing.checkpoint(f, at, number=1)),
        (day - 1, "11:00", lambda f, at: assessing.write(f, at, outcome=outcome)),
        (day - 1, "15:00", assessing.submit),
        (day, "10:00", lambda f, at: assessing.authorise(f, at, outcome=outcome)),
    ]


def _planned() -> Steps:
    return [
        *assessed(12, CIN),
        (10, "15:30", assessing.visit),
        (12, "14:00", assessing.make_plan),
        (13, "10:00", assessing.approve_plan),
        (13, "12:00", assessing.supervise),
    ]


def _to_waiting(play: Play) -> Steps:
    """Assessed, planned, handed on and accepted; there is no worker yet."""
    team, receiver, _workers = play.people.support[0]
    return [
        *_planned(),
        (READY - 1, "14:00", lambda f, at: assessing.propose(f, at, to_team=team)),
        (READY, "10:00", assessing.make_ready),
        (ACCEPTED, "10:00", lambda f, at: assessing.accept(f, at, receiver=receiver)),
        (ACCEPTED, "11:00", lambda f, at: assessing.wait(f, at, receiver=receiver)),
    ]


def _weeks(play: Play, *, until: int, escalated: int = 0) -> Steps:
    """The weekly looks while a family waits, and a visit every four weeks."""
    _team, receiver, _workers = play.people.support[0]

    def look(day: int) -> Step:
        return lambda f, at: assessing.look_weekly(
            f, at, receiver=receiver, is_escalated=day <= escalated < day + 5
        )

    return [
        *((day, "16:10", look(day)) for day in range(ACCEPTED + 5, until, 5)),
        *(
            (day, "15:30", lambda f, at: assessing.visit(f, at, purpose=VisitPurpose.WAITING))
            for day in range(READY + 16, until, 16)
        ),
    ]


def _change(code: ChangeCode, day: int, *, done: bool) -> Steps:
    """A change that is logged, triaged and reviewed for every child, and mostly decided."""
    steps: list[tuple[int, str, Step]] = [
        (day, "9:20", lambda f, at: assessing.log_change(f, at, code)),
        (day, "11:10", lambda f, at: assessing.triage(f, at, f.changes[-1])),
        (day + 2, "15:00", lambda f, at: assessing.review_change(f, at, f.changes[-1])),
    ]
    if done:
        steps.append((day + 3, "9:30", lambda f, at: assessing.decide_change(f, at, f.changes[-1])))
    return steps


def _index_child_only(place: int) -> Step:
    return lambda f, at: assessing.review_change(f, at, f.changes[place], only=[f.ids[0]])


def _latest_change(family: Family) -> UUID:
    return (
        ChangeChild.objects.filter(child=family.ids[0])
        .order_by("-change__logged_at")
        .values_list("change_id", flat=True)[0]
    )


def household(
    play: Play, line: str, mother: str, surname: str, *children: tuple[str, str, int]
) -> Household:
    """A family of that name at that address; children by name, sex and age."""
    made = Household(origin="english", line=line, postcode="SL1 2EL", language="English")
    made.adults.append(
        Member(mother, surname, "F", None, is_child=False, phone="07700 900123"),
    )
    for given, sex, age in children:
        born_on = play.end_at.date() - timedelta(days=age * 365 + 120)
        made.children.append(Member(given, surname, sex, born_on))
    return made


def begin(
    play: Play,
    home: Household,
    days_ago: int,
    steps: Steps,
    *,
    worker: int = 0,
    marks: Sequence[Mark] = (),
) -> None:
    """Let a family come so many working days before the end, and plan its steps from there.

    They come as other families do; then nobody but the steps does anything about them.
    """
    team, manager, workers = play.people.assessment[0]
    on = london_date(calendar.working_days_ago(days_ago, at=play.end_at))
    random = Random(f"{home.line}:{on}")
    known: list[Family] = []

    def arrive(at: datetime) -> None:
        case = play.receive(
            at,
            home,
            source="2A",
            category="child_in_need",
            by=play.people.contact_officers[0],
            outcome="referral",
            rag="amber",
            is_enquiry=False,
        )
        play.homes.remove(home)
        if marks:
            case_actions.change_contact(
                by=play.people.contact_officers[0],
                at=at,
                contact_id=case.contact_id,
                marks=[mark.value for mark in marks],
            )
        play.later(at + timedelta(minutes=20), lambda now: refer(case.contact_id, now))
        play.later(at + timedelta(hours=3), lambda now: play.feedback(case, now))

    def refer(contact_id: UUID, at: datetime) -> None:
        decider = play.people.mash_managers[0]
        play._relate(home, by=decider, at=at)
        mash_actions.decide(
            by=decider,
            at=at,
            contact_id=contact_id,
            children=[
                mash_actions.ChildLine(
                    child_id=child.person_id,
                    is_in=True,
                    level="4a",
                    outcome="referral",
                    why=f"{child.given_name or 'The baby'} lives with the nights as described",
                    primary_need="N1",
                    to_team_id=team.pk,
                )
                for child in home.children
                if child.person_id is not None
            ],
            know=random.choice(words.KNOW),
            worries=random.choice(words.WORRIES),
            protects=random.choice(words.PROTECTS).format(mother=home.mother.given_name),
            alternative=words.ALTERNATIVE["referral"],
        )
        offer = Handover.objects.get(contact=contact_id)
        play.later(at + timedelta(hours=1), lambda now: take(offer.pk, now))

    def take(handover_id: UUID, at: datetime) -> None:
        case_actions.accept(by=manager, at=at, handover_id=handover_id)
        found = {
            referral.child_id: referral.pk
            for referral in Referral.objects.filter(handovers__handover=handover_id)
        }
        children = [child for child in home.children if child.person_id in found]
        first, *others = [found[child.person_id] for child in children if child.person_id]
        case_actions.allocate(
            by=manager,
            at=at,
            referral_id=first,
            also=others,
            worker_id=workers[worker].pk,
            find_out="What daily life is like for each child, in their own words.",
            see_whom="Every child, alone where they are over three; both parents.",
            first_visit_by=assessing.after(at, 3),
            out_of_order_why="The worker knows this family from an earlier assessment.",
        )
        known.append(
            Family(
                home=home,
                children=[
                    Child(
                        id=child.person_id,
                        name=child.given_name or "The baby",
                        is_unborn=child.expected_on is not None,
                    )
                    for child in children
                    if child.person_id is not None
                ],
                team=team,
                manager=manager,
                worker=workers[worker],
                random=random,
            )
        )

    play.later(instant(on, time(9, 30)), arrive)
    for days, clock, step in steps:
        hour, minute = (int(each) for each in clock.split(":"))
        day = calendar.calendar().add_working_days(on, days)
        play.later(instant(day, time(hour, minute)), _doing(known, step))


def _doing(known: list[Family], step: Step) -> Callable[[datetime], None]:
    def do(at: datetime) -> None:
        step(known[0], at)

    return do
