"""What the addresses of the shared work and of the decision name, and who opens them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from accounts.choices import Role, TeamKind
from accounts.models import Team, User
from accounts.permissions import SENIOR
from cases import actions as case_actions
from cases.change_codes import ChangeClass, ChangeCode
from cases.choices import Outcome, OversightKind
from cases.models import (
    ChangeElsewhere,
    ChangeOfCircumstance,
    ChildRiskReview,
    Contact,
    Handover,
    ManagementOversight,
)
from lib import application_clock
from mash import actions
from mash.models import Decision
from people.models import Restriction
from record.models import Flag, FlagSeverity
from tests.cases.families import Family, family
from tests.factories.accounts import TeamFactory
from tests.factories.people import ChildFactory
from tests.mash.access_intake import received
from tests.mash.restricted_sibling import passed

People = Mapping[Role, User]

#: Sender and receiver of the offer below, and those who answer for every team.
BOTH_TEAMS = SENIOR | {Role.MASH_MANAGER, Role.ASSESSMENT_TEAM_MANAGER}
RECEIVING_TEAM = SENIOR | {Role.ASSESSMENT_TEAM_MANAGER}


def a_child(people: People) -> dict[str, Any]:
    return {"pk": ChildFactory().pk}


def a_contact(people: People) -> dict[str, Any]:
    return {"pk": received(people).pk}


def _decided(people: People) -> Decision:
    """A contact decided half an hour ago: its child is offered to an assessment team."""
    team = TeamFactory(kind=TeamKind.ASSESSMENT, manager=people[Role.ASSESSMENT_TEAM_MANAGER])
    contact = received(people)
    return actions.decide(
        by=people[Role.MASH_MANAGER],
        at=application_clock.now() - timedelta(minutes=30),
        contact_id=contact.pk,
        children=[
            actions.ChildLine(
                child_id=contact.people.get().person_id,
                is_in=True,
                level="4a",
                outcome=Outcome.REFERRAL,
                why="Her mother was hurt",
                primary_need="N1",
                to_team_id=team.pk,
            )
        ],
        know="Two call-outs.",
        worries="Repeat violence.",
        protects="Trusts the teacher.",
        alternative="Advice would be too little.",
    )


def a_decided_contact(people: People) -> dict[str, Any]:
    contact: Contact = _decided(people).contact
    return {"pk": contact.pk}


def a_decision(people: People) -> dict[str, Any]:
    return {"pk": _decided(people).pk}


def offered_to_early_help(people: People) -> Handover:
    """What the MASH decided for early help half an hour ago, and nobody has screened."""
    from cases.choices import ConsentFrom, ConsentScope, ConsentState

    team = TeamFactory(kind=TeamKind.EARLY_HELP, manager=people[Role.EARLY_HELP_COORDINATOR])
    contact = received(people)
    now = application_clock.now()
    case_actions.record_answer(
        by=people[Role.CONTACT_OFFICER],
        at=now,
        contact_id=contact.pk,
        asked_as=ConsentFrom.PARENT_WITH_PR,
        scope=ConsentScope.SERVICE,
        state=ConsentState.GIVEN,
        how="spoken",
        to_what="Help with mornings",
    )
    actions.decide(
        by=people[Role.MASH_MANAGER],
        at=now - timedelta(minutes=30),
        contact_id=contact.pk,
        children=[
            actions.ChildLine(
                child_id=contact.people.get().person_id,
                is_in=True,
                level="3",
                outcome=Outcome.EARLY_HELP,
                why="Mornings are hard",
                to_team_id=team.pk,
            )
        ],
        know="Late every day.",
        worries="Hungry at school.",
        protects="The aunt is close by.",
        alternative="Advice would be too little.",
    )
    return Handover.objects.get(contact=contact)


def an_offer(people: People) -> dict[str, Any]:
    return {"pk": Handover.objects.get(contact=_decided(people).contact).pk}


def a_referral(people: People) -> dict[str, Any]:
    """A referral that the assessment team has accepted."""
    offer = Handover.objects.get(contact=_decided(people).contact)
    case_actions.accept(
        by=people[Role.ASSESSMENT_TEAM_MANAGER], at=application_clock.now(), handover_id=offer.pk
    )
    return {"pk": offer.children.get().referral_id}


def a_passed_line(people: People) -> dict[str, Any]:
    """A restricted child's line, which an assessment team manager answers."""
    if not Team.objects.filter(kind=TeamKind.MASH).exists():
        TeamFactory(kind=TeamKind.MASH, manager=people[Role.MASH_MANAGER])
    line = passed(
        people[Role.CONTACT_OFFICER],
        people[Role.MASH_MANAGER],
        people[Role.ASSESSMENT_TEAM_MANAGER],
        application_clock.now() - timedelta(hours=1),
    )
    return {"pk": line.pk}


# Changes ----------------------------------------------------------------------------------------


def _home(people: People) -> Family:
    """Two children at home, open to the assessment manager's team, with a worker."""
    manager = people[Role.ASSESSMENT_TEAM_MANAGER]
    TeamFactory(kind=TeamKind.ASSESSMENT, manager=manager)
    return family(
        manager,
        people[Role.ASSESSMENT_SOCIAL_WORKER],
        names=["Maisie", "Jayden"],
        at=application_clock.now() - timedelta(days=30),
    )


def _changed(people: People, home: Family) -> ChangeOfCircumstance:
    return case_actions.log_change(
        by=people[Role.ASSESSMENT_SOCIAL_WORKER],
        at=application_clock.now(),
        child_id=home["Jayden"].pk,
        code=ChangeCode.ADULT_JOINS,
        happened_on=application_clock.today(),
    )


def a_change(people: People) -> dict[str, Any]:
    return {"pk": _changed(people, _home(people)).pk}


def _triaged(people: People, home: Family) -> ChangeOfCircumstance:
    return case_actions.triage(
        by=people[Role.ASSESSMENT_TEAM_MANAGER],
        at=application_clock.now(),
        change_id=_changed(people, home).pk,
        change_class=ChangeClass.SIGNIFICANT,
    )


def a_review(people: People) -> dict[str, Any]:
    home = _home(people)
    change = _triaged(people, home)
    return {"pk": ChildRiskReview.objects.get(subject_id=change.pk, child=home["Jayden"]).pk}


def a_restricted_line(people: People) -> dict[str, Any]:
    """A change in a home where one child is restricted by the head of service."""
    home = _home(people)
    now = application_clock.now()
    Restriction.objects.create(
        person=home["Maisie"],
        owner=people[Role.HEAD_OF_SERVICE],
        reason="A colleague's child",
        at=now,
        recorded_at=now,
        recorded_by=people[Role.HEAD_OF_SERVICE],
    )
    return {"pk": _triaged(people, home).pk, "child": home["Maisie"].pk}


def a_flag(people: People) -> dict[str, Any]:
    """A gap in oversight of a child of the assessment manager's team."""
    home = _home(people)
    now = application_clock.now()
    flag = Flag.objects.create(
        rule="F-OVS-GAP",
        subject_kind="person",
        subject_id=home["Jayden"].pk,
        child=home["Jayden"],
        severity=FlagSeverity.AMBER,
        owner=people[Role.ASSESSMENT_TEAM_MANAGER],
        manager=people[Role.ASSESSMENT_TEAM_MANAGER],
        since_at=now - timedelta(days=30),
        raised_at=now,
    )
    return {"pk": flag.pk}


def _overseen(people: People) -> ManagementOversight:
    home = _home(people)
    return case_actions.record_oversight(
        by=people[Role.ASSESSMENT_TEAM_MANAGER],
        at=application_clock.now(),
        kind=OversightKind.REACTIVE,
        child_ids=[home["Jayden"].pk],
        rationale=case_actions.Rationale(worries="Late for school", decision="See him"),
        directions=[
            case_actions.Direction(
                what="See him",
                owner_id=people[Role.ASSESSMENT_SOCIAL_WORKER].pk,
                due_on=application_clock.today(),
            )
        ],
    )


def an_oversight(people: People) -> dict[str, Any]:
    return {"pk": _overseen(people).pk}


def a_direction(people: People) -> dict[str, Any]:
    return {"pk": _overseen(people).actions.get().pk}


def a_child_elsewhere(people: People) -> dict[str, Any]:
    change = _changed(people, _home(people))
    one = ChangeElsewhere.objects.create(
        change=change, child=ChildFactory(), recorded_at=application_clock.now()
    )
    return {"pk": one.pk}
