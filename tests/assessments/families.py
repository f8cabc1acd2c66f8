"""A family under assessment, made through the real actions, for the tests of assessments."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from accounts.models import User
from assessments import actions, sections
from assessments.actions.writing import Typed, fingerprint
from assessments.models import Assessment
from cases import actions as case_actions
from cases.actions import Rationale
from cases.choices import Outcome, VisitOutcome, VisitPurpose
from cases.models import Contact, Handover, Referral, Visit, VisitChild
from cases.stated import Stated
from lib import application_clock
from lib.working_days import london_date
from people import actions as people_actions
from people.choices import HouseholdRole, Stage
from people.models import HouseholdMembership, Person
from tests.cases.front_door import decided, received
from tests.factories.people import MembershipFactory

#: A Monday; day 45 from it is Tuesday 12 May 2026, over Easter and May Day.
RECEIVED = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
STARTED = datetime(2026, 3, 4, 11, 0, tzinfo=UTC)
WRITTEN = datetime(2026, 3, 12, 13, 30, tzinfo=UTC)
NAMES = (("Idris", date(2015, 5, 20)), ("Lina", date(2012, 9, 1)), ("Sami", date(2023, 11, 3)))

REASONS = Rationale(
    know="Seen at home and school; police and health have answered.",
    worries="Idris looks after Sami at night.",
    protects="Grandmother comes every day.",
    decision="A child in need plan for each.",
    why="Early help alone would not change the nights.",
)


def family(
    officer: User,
    decider: User,
    manager: User,
    worker: User,
    *,
    names: Sequence[tuple[str, date]] = NAMES,
    at: datetime = RECEIVED,
    outcome: Outcome = Outcome.REFERRAL,
) -> list[Person]:
    """Brothers and sisters whose referrals a team has accepted and allocated; eldest last name."""
    contact = received(
        officer,
        *[_stated(given, born) for given, born in names],
        at=at,
    )
    decided(
        contact,
        decider,
        outcome,
        team=manager.managed_teams.get(),
        level="4a" if outcome == Outcome.REFERRAL else "4b",
        at=at + timedelta(hours=1),
    )
    offer = Handover.objects.get(contact=contact)
    case_actions.accept(by=manager, at=at + timedelta(hours=2), handover_id=offer.pk)
    for referral in Referral.objects.filter(contact=contact).order_by("pk"):
        case_actions.allocate(
            by=manager,
            at=at + timedelta(hours=3),
            referral_id=referral.pk,
            worker_id=worker.pk,
            find_out="What a day is like for each child",
            see_whom="Each child alone, both parents",
            first_visit_by=london_date(at) + timedelta(days=2),
        )
    return children_of(contact)


def _stated(given: str, born: date) -> Stated:
    return Stated(
        given_name=given,
        family_name="Example",
        sex="U",
        date_of_birth=born,
        household_role=HouseholdRole.RESIDENT_CHILD,
    )


def children_of(contact: Contact) -> list[Person]:
    """The children of a contact, in the order in which they were named."""
    rows = contact.people.filter(is_child=True).select_related("person").order_by("position")
    return [row.person for row in rows]


def started(
    children: Sequence[Person], manager: User, *, at: datetime = STARTED, **more: Any
) -> Assessment:
    """Start their assessment."""
    return actions.start(
        by=manager,
        at=at,
        child_ids=[child.pk for child in children],
        **{
            "plan": "See each child at home and at school; both parents; health visitor",
            "review_on": london_date(at) + timedelta(days=28),
            **more,
        },
    )


def typed(
    assessment: Assessment, key: str, words: str, child: Person | None = None, **more: Any
) -> Typed:
    """What a page would send of one box, as it stands now."""
    text = assessment.texts.filter(key=key, child=child).first()
    return Typed(
        **{
            "key": key,
            "words": words,
            "child_id": child.pk if child else None,
            "version": text.version if text else 0,
            "was": fingerprint(text.words if text else ""),
            **more,
        }
    )


def words_for(assessment: Assessment, *, skip: Sequence[str] = ()) -> list[Typed]:
    """Words for every box of the document, each child's their own."""
    found = [
        typed(assessment, box.key, f"About the family: {box.label}.")
        for _, box in sections.shared_boxes(assessment.kind)
        if box.kind == "text" and box.key not in skip and box.key != "not_shared"
    ]
    found.append(typed(assessment, "shared_on", "11 3 2026"))
    for part in assessment.children.filter(taken_out_at=None).select_related("child"):
        child = part.child
        given = {"risk": "moderate", "outcome": "cin_plan", "factors": "3B 16A"}
        for _, box in sections.boxes_of_child(
            assessment.kind, is_unborn=child.stage == Stage.UNBORN
        ):
            said = given.get(box.key) or f"{child.given_name} alone: {box.key} {child.pk}."
            if box.key not in skip:
                found.append(typed(assessment, box.key, said, child))
    return found


def written(
    assessment: Assessment, worker: User, *, at: datetime = WRITTEN, skip: Sequence[str] = ()
) -> Assessment:
    """Fill every box."""
    actions.save_words(
        by=worker, at=at, assessment_id=assessment.pk, typed=words_for(assessment, skip=skip)
    )
    assessment.refresh_from_db()
    return assessment


def submitted(assessment: Assessment, worker: User, *, at: datetime = WRITTEN) -> Assessment:
    """Fill every box and submit."""
    written(assessment, worker, at=at)
    actions.submit(by=worker, at=at + timedelta(minutes=5), assessment_id=assessment.pk)
    assessment.refresh_from_db()
    return assessment


def outcomes(assessment: Assessment, **changes: Any) -> list[actions.ChildOutcome]:
    """A child in need plan for every child."""
    return [
        actions.ChildOutcome(
            **{
                "child_id": part.child_id,
                "outcome": "cin_plan",
                "primary_need": "N1",
                "factors": ["3B", "16A"],
                **changes,
            }
        )
        for part in assessment.children.filter(taken_out_at=None)
    ]


def authorise(
    assessment: Assessment,
    manager: User,
    *,
    at: datetime = WRITTEN + timedelta(hours=2),
    **more: Any,
) -> Assessment:
    """Authorise what was submitted last."""
    return actions.authorise(
        by=manager,
        at=at,
        assessment_id=assessment.pk,
        **{
            "submission": assessment.submissions.count(),
            "children": outcomes(assessment),
            "rationale": REASONS,
            **more,
        },
    )


def joins(
    household_of: Person,
    by: User,
    *,
    given: str = "Beth",
    born: date | None = date(2020, 6, 1),
    at: datetime = WRITTEN,
    role: str = HouseholdRole.RESIDENT_CHILD,
    is_told: bool = False,
) -> Person:
    """Somebody joins the household of a child.

    :param is_told: through the action, which raises a change of circumstance; otherwise as a row
    """
    person = people_actions.create_person(
        by=by,
        at=at,
        is_child=born is None or born > date(2008, 1, 1),
        given_name=given,
        family_name="Example",
        date_of_birth=born,
        sex="F",
    )
    household = HouseholdMembership.objects.filter(person=household_of, to_on=None).first()
    if not is_told:
        MembershipFactory(
            household=household.household, person=person, role=role, from_on=london_date(at)
        )
        return person
    people_actions.join_household(
        by=by,
        at=at,
        household_id=household.household_id,
        person_id=person.pk,
        role=role,
        from_on=london_date(at),
    )
    return person


def visited(
    child: Person,
    worker: User,
    *,
    at: datetime = WRITTEN - timedelta(days=3),
    was_seen: bool = True,
    alone: bool = True,
    words: str = "",
    where: str = "at home",
) -> VisitChild:
    """A visit to one child, as a row."""
    visit = Visit.objects.create(
        at=at,
        purpose=VisitPurpose.ASSESSMENT,
        outcome=VisitOutcome.KEPT if was_seen else VisitOutcome.NO_ACCESS,
        where=where,
        by=worker,
        is_by_social_worker=True,
        recorded_by=worker,
        recorded_at=application_clock.now(),
    )
    return VisitChild.objects.create(
        visit=visit,
        child=child,
        at=at,
        was_seen=was_seen,
        was_seen_alone=was_seen and alone,
        not_seen_because="" if was_seen else "Nobody opened",
        not_alone_because="" if not was_seen or alone else "Mother stayed",
        words=words,
    )


def checkpoint_lines(children: Sequence[Person], **changes: Any) -> list[actions.CheckpointLine]:
    """Every child seen alone."""
    return [
        actions.CheckpointLine(
            **{
                "child_id": child.pk,
                "was_seen": True,
                "was_seen_alone": True,
                "emerging_risk": "moderate",
                "note": "Settled at school",
                **changes,
            }
        )
        for child in children
    ]


def checkpoint(
    assessment: Assessment,
    by: User,
    children: Sequence[Person] = (),
    *,
    lines: Sequence[actions.CheckpointLine] = (),
    number: int = 1,
    at: datetime = WRITTEN,
    **more: Any,
) -> Any:
    """Record a checkpoint: every child seen alone, or as the lines say."""
    return actions.record_checkpoint(
        by=by,
        at=at,
        assessment_id=assessment.pk,
        number=number,
        **{
            "children": lines or checkpoint_lines(children),
            "other_parent": "Father seen at his flat",
            "agencies": "School and health visitor",
            "next_step": "carry_on",
            "review_on": london_date(at) + timedelta(days=14),
            "rationale": REASONS,
            **more,
        },
    )
