"""Authorising: never the author, never with a child unaccounted for, late with a reason."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied

from accounts.choices import Role
from assessments import actions, queries
from assessments.models import Assessment, AssessmentChild, AssessmentMember
from cases import holds
from cases.actions import Rationale
from cases.holds import Obstacle, Purpose
from cases.models import Involvement, Responsibility, RiskRating
from people import actions as people_actions
from people.choices import HouseholdRole
from record.errors import Clash, NotWhole, Refused
from record.models import Clock, Event, OutboxMessage
from tests.assessments.families import (
    REASONS,
    STARTED,
    WRITTEN,
    authorise,
    joins,
    outcomes,
    started,
    submitted,
    written,
)
from tests.factories.accounts import DeputyshipFactory, with_role
from tests.factories.assessments import authorised

pytestmark = pytest.mark.django_db


@pytest.fixture
def given(assessment, assessment_social_worker):
    """The assessment, submitted."""
    return submitted(assessment, assessment_social_worker)


def said_by(assessment, manager, **more):
    with pytest.raises(NotWhole) as refused:
        authorise(assessment, manager, **more)
    assert not AssessmentChild.objects.filter(
        assessment=assessment, authorised_at__isnull=False
    ).exists()
    return [sentence for _, sentence in refused.value.problems]


def test_authorising_makes_it_each_childs_current_assessment(
    given, children, assessment_team_manager
):
    done = authorise(given, assessment_team_manager)

    current = queries.current(child_ids=[child.pk for child in children])
    assert {one.assessment_id for one in current.values()} == {done.pk}
    part = AssessmentChild.objects.get(child=children[0])
    assert (part.risk, part.outcome, part.primary_need) == ("moderate", "cin_plan", "N1")
    assert set(part.factors.values_list("code", flat=True)) == {"3B", "16A"}
    assert RiskRating.objects.get(child=children[0]).level == "moderate"
    assert done.oversight.kind == "authorisation"
    assert not Involvement.objects.filter(kind="assessment", to_at=None).exists()
    assert Responsibility.objects.filter(child=children[0], to_at=None).exists()
    valid = Clock.objects.get(subject_id=done.pk, rule="CFA-VALID", child=children[0])
    assert valid.due_at.date().isoformat() == "2027-03-12"
    assert valid.warn_at.date().isoformat() == "2026-09-12"
    stopped = Clock.objects.filter(subject_id=done.pk, rule="CFA-45")
    assert {clock.stop_reason for clock in stopped} == {"met"}
    assert Event.objects.filter(code="assessment.authorised").count() == 3
    assert set(done.members.values_list("person_id", flat=True)) == {c.pk for c in children}


def test_the_author_never_authorises_whatever_role_they_hold(
    given, assessment_social_worker, assessment_team_manager
):
    with_role(assessment_social_worker, Role.ASSESSMENT_TEAM_MANAGER)

    with pytest.raises(actions.WroteInIt, match="Ruth Mockridge or a head of service"):
        authorise(given, assessment_social_worker)

    given.refresh_from_db()
    assert given.state == "submitted"


def test_a_deputy_who_wrote_does_not_authorise_for_the_manager(
    assessment, assessment_social_worker, assessment_team_manager
):
    submitted(assessment, assessment_social_worker)
    DeputyshipFactory(
        manager=assessment_team_manager,
        deputy=assessment_social_worker,
        from_at=WRITTEN - timedelta(days=2),
        to_at=WRITTEN + timedelta(days=400),
    )

    with pytest.raises(actions.WroteInIt):
        authorise(assessment, assessment_social_worker)


def test_a_deputy_authorises_and_the_record_says_for_whom(
    given, assessment_team_manager, sfs_manager
):
    DeputyshipFactory(
        manager=assessment_team_manager,
        deputy=sfs_manager,
        from_at=WRITTEN - timedelta(days=2),
        to_at=WRITTEN + timedelta(days=400),
    )

    done = authorise(given, sfs_manager)

    assert done.authorised_for == assessment_team_manager


def test_others_may_not_authorise(given, sfs_manager, mash_manager, head_of_service):
    with pytest.raises(Refused, match="belongs to Assessment"):
        authorise(given, sfs_manager)
    with pytest.raises(PermissionDenied):
        authorise(given, mash_manager)

    assert authorise(given, head_of_service).state == "authorised"


def test_a_child_who_joined_is_named_until_accounted_for(
    given, children, assessment_social_worker, assessment_team_manager
):
    beth = joins(children[0], assessment_social_worker, at=WRITTEN + timedelta(minutes=30))

    said = said_by(given, assessment_team_manager)

    assert said == [
        "Beth Example belongs to the household and has no assessment."
        " Give Beth Example a part, or say why not"
    ]
    actions.say_not_assessed(
        by=assessment_team_manager,
        at=WRITTEN + timedelta(hours=1),
        assessment_id=given.pk,
        child_id=beth.pk,
        because="Came for the weekend",
    )
    done = authorise(given, assessment_team_manager)
    member = done.members.get(person=beth)
    assert (member.accounted_by, member.because) == ("not_assessed", "Came for the weekend")


def test_a_change_that_nobody_has_decided_holds_it_up_for_each_child(
    given, children, assessment_social_worker, assessment_team_manager
):
    joins(children[0], assessment_social_worker, is_told=True)

    said = said_by(given, assessment_team_manager)

    assert any(sentence.startswith("Beth Example belongs to the household") for sentence in said)
    (once,) = (each for each in said if "is not decided: a child moves in or out" in each)
    about = once.partition(" is not decided")[0]
    for child in children:
        assert child.name in about


def test_another_current_assessment_accounts_for_a_brother(
    given, children, assessment_social_worker, assessment_team_manager
):
    brother = joins(
        children[0],
        assessment_social_worker,
        given="Noah",
        role=HouseholdRole.PART_TIME_CHILD,
        at=WRITTEN,
    )
    own = authorised(brother, at=STARTED, started_at=STARTED - timedelta(days=20))

    done = authorise(given, assessment_team_manager)

    member = done.members.get(person=brother)
    assert member.accounted_by == "other_assessment"
    assert member.part == own.children.get()


def test_a_restricted_child_passes_to_whoever_holds_the_record(
    given,
    children,
    assessment_social_worker,
    assessment_team_manager,
    head_of_service,
    mash_manager,
):
    beth = joins(children[0], assessment_social_worker)
    people_actions.restrict(
        by=mash_manager,
        at=WRITTEN,
        person_id=beth.pk,
        owner_id=head_of_service.pk,
        reason="A relative works here",
    )

    done = authorise(given, assessment_team_manager)

    member = done.members.get(person=beth)
    assert (member.accounted_by, member.passed_to) == ("passed", head_of_service)
    told = OutboxMessage.objects.get(key__startswith="assessment.passed")
    assert told.payload["user_id"] == str(head_of_service.pk)


def test_adults_of_the_household_are_written_down(
    given, children, assessment_social_worker, assessment_team_manager
):
    kyle = joins(
        children[0],
        assessment_social_worker,
        given="Kyle",
        born=datetime(1990, 1, 1, tzinfo=UTC).date(),
        role=HouseholdRole.OTHER_ADULT,
    )

    done = authorise(given, assessment_team_manager)

    assert done.members.get(person=kyle).is_child is False
    assert kyle.pk in queries.current(child_ids=[children[0].pk])[children[0].pk].member_ids


def test_what_other_rooms_hold_up_is_said_with_its_link(
    given, children, assessment_team_manager, monkeypatch
):
    def undone(*, child_ids, purpose, at):
        assert purpose == Purpose.AUTHORISE
        return [Obstacle(child_id=children[2].pk, sentence="Sami Example has no review", url="/x/")]

    monkeypatch.setattr(holds, "answers", [undone])

    with pytest.raises(NotWhole) as refused:
        authorise(given, assessment_team_manager)

    assert refused.value.problems == [("/x/", "Sami Example has no review")]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"outcome": ""}, "Choose an outcome for Idris"),
        ({"outcome": "other"}, "Say what comes next for Idris"),
        ({"primary_need": "X9"}, "Choose Idris’s primary need"),
        ({"factors": []}, "Choose at least one factor for Idris"),
        ({"factors": ["18A"]}, "Choose factors for Idris that are in use"),
        ({"factors": ["21", "3B"]}, "Take it out, or the others"),
        ({"factors": ["21"]}, "goes with no further action only"),
    ],
)
def test_each_childs_outcome_is_whole(given, assessment_team_manager, change, said):
    found = said_by(given, assessment_team_manager, children=outcomes(given, **change))

    assert any(said in sentence for sentence in found)


@pytest.mark.parametrize("outcome", ["nfa", "early_help"])
def test_factor_21_stands_alone_with_no_further_action(given, assessment_team_manager, outcome):
    lines = outcomes(given, outcome=outcome, factors=["21"])

    assert authorise(given, assessment_team_manager, children=lines).state == "authorised"


def test_every_child_of_the_document_gets_an_outcome_and_nobody_else(
    given, assessment_team_manager
):
    lines = outcomes(given)

    said = said_by(given, assessment_team_manager, children=lines[1:])
    assert sum("Choose an outcome" in sentence for sentence in said) == 1


def test_the_reasons_are_five(given, assessment_team_manager):
    empty = Rationale(know="", worries=" ", decision="", why="", protects="")

    assert len(said_by(given, assessment_team_manager, rationale=empty)) == 5


@pytest.mark.parametrize(
    ("received", "due"),
    [
        ("2026-03-02T10:00", "2026-05-07T16:00"),  # over Easter and May Day, summer time
        ("2026-02-28T23:30", "2026-05-06T16:00"),  # a Saturday counts as day 0
        ("2025-11-20T09:00", "2026-01-27T17:00"),  # over Christmas and New Year
        ("2025-10-21T09:00", "2025-12-23T17:00"),
        ("2025-10-22T09:00", "2025-12-24T15:30"),  # Christmas Eve closes at 15:30
        ("2026-01-08T02:40", "2026-03-12T17:00"),  # in the night is that day
        ("2026-01-09T12:00", "2026-03-13T16:45"),  # a Friday closes at 16:45
    ],
)
def test_forty_five_working_days_count_from_the_referral(received, due, db):
    from record import clocks

    clock = clocks.start(
        "CFA-45",
        subject_kind="assessment",
        subject_id="7a1f2a52-6b55-4d0a-9d5c-0a7f6f1f3c11",
        started_at=datetime.fromisoformat(received).replace(tzinfo=UTC),
    )

    assert clock.due_at == datetime.fromisoformat(due).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "is_late"),
    [("2026-05-07T16:00", False), ("2026-05-07T16:01", True), ("2026-05-07T17:00", True)],
)
def test_after_closing_on_day_45_it_needs_the_reason_and_is_never_refused(
    given, assessment_team_manager, at, is_late
):
    moment = datetime.fromisoformat(at).replace(tzinfo=UTC)

    if is_late:
        assert said_by(given, assessment_team_manager, at=moment) == [
            "Say why it is later than 45 working days"
        ]
    done = authorise(given, assessment_team_manager, at=moment, late_reason="Father found late")

    assert done.late_reason == ("Father found late" if is_late else "")
    clock = Clock.objects.filter(subject_id=done.pk, rule="CFA-45").first()
    assert clock.late_reason == done.late_reason


def test_a_second_answer_says_who_was_first(given, assessment_team_manager, head_of_service):
    authorise(given, assessment_team_manager)

    with pytest.raises(Clash, match="Ruth Mockridge authorised this"):
        authorise(given, head_of_service, at=WRITTEN + timedelta(hours=3))


def test_what_was_submitted_again_is_read_again(
    given, assessment_social_worker, assessment_team_manager
):
    actions.return_to_writer(
        by=assessment_team_manager,
        at=WRITTEN + timedelta(hours=1),
        assessment_id=given.pk,
        missing="Her voice",
        due_on=WRITTEN.date() + timedelta(days=3),
    )
    actions.submit(
        by=assessment_social_worker, at=WRITTEN + timedelta(hours=1), assessment_id=given.pk
    )

    with pytest.raises(Clash, match="submitted this again"):
        authorise(given, assessment_team_manager, submission=1)


def test_authorising_before_it_was_submitted_is_refused(given, assessment_team_manager):
    with pytest.raises(Refused, match="before it was submitted"):
        authorise(given, assessment_team_manager, at=WRITTEN)


def test_an_update_supersedes_for_its_children_and_counts_from_its_start(
    given, children, assessment_social_worker, assessment_team_manager
):
    authorise(given, assessment_team_manager)
    later = WRITTEN + timedelta(days=30)
    update = started(
        children[:2], assessment_team_manager, at=later, kind="update", because="Kyle moved in"
    )
    assert update.updates == given
    assert Clock.objects.filter(subject_id=update.pk, rule="CFA-RE").count() == 2
    assert not Clock.objects.filter(subject_id=update.pk, rule="CFA-45").exists()
    submitted(update, assessment_social_worker, at=later + timedelta(days=1))

    authorise(update, assessment_team_manager, at=later + timedelta(days=2))

    given.refresh_from_db()
    assert given.state == "authorised"  # Sami's part still is the current one
    current = queries.current(child_ids=[child.pk for child in children])
    assert current[children[0].pk].assessment_id == update.pk
    assert current[children[2].pk].assessment_id == given.pk
    assert Clock.objects.filter(rule="CFA-VALID", stopped_at=None).count() == 3

    last = started(children, assessment_team_manager, at=later + timedelta(days=3))
    submitted(last, assessment_social_worker, at=later + timedelta(days=4))
    authorise(last, assessment_team_manager, at=later + timedelta(days=5))
    states = set(Assessment.objects.exclude(pk=last.pk).values_list("state", flat=True))
    assert states == {"superseded"}


def test_a_failing_authorisation_leaves_nothing_behind(given, assessment_team_manager):
    before = Event.objects.count()

    said_by(
        given,
        assessment_team_manager,
        rationale=Rationale(
            know="",
            worries="",
            decision="",
            why="",
        ),
    )

    assert Event.objects.count() == before
    assert not AssessmentMember.objects.exists()
    assert REASONS.know


def test_words_cannot_change_after_it_was_authorised(
    given, assessment_social_worker, assessment_team_manager
):
    authorise(given, assessment_team_manager)

    with pytest.raises(actions.Closed, match="authorised, so it is read only"):
        written(given, assessment_social_worker)
