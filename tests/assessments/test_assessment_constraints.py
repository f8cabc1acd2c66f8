"""What the database refuses of assessments, whatever the code says: each rule broken once."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, InternalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from assessments import queries
from assessments.choices import AccountedBy, AssessmentState, NextStep
from assessments.models import (
    Assessment,
    AssessmentAuthor,
    AssessmentChild,
    AssessmentComment,
    AssessmentFactor,
    AssessmentMember,
    AssessmentReturn,
    AssessmentSubmission,
    AssessmentText,
    Checkpoint,
    CheckpointChild,
    NotAssessed,
    Presence,
    VisitUsed,
)
from cases.choices import OversightKind, RiskLevel, VisitOutcome, VisitPurpose
from cases.models import ManagementOversight, Visit, VisitChild
from tests.factories.accounts import UserFactory
from tests.factories.assessments import ReferralFactory, authorised
from tests.factories.people import ChildFactory, PersonFactory

pytestmark = pytest.mark.django_db

AT = datetime(2026, 3, 12, 10, tzinfo=UTC)


@pytest.fixture
def child(db):
    return ChildFactory()


@pytest.fixture
def assessment(child):
    """One that was authorised, of one child."""
    return authorised(child, at=AT)


@pytest.fixture
def part(assessment):
    return assessment.children.get()


@pytest.fixture
def being_written(assessment, child):
    """A later one of the same child, that is written now."""
    return Assessment.objects.create(
        kind="update",
        updates=assessment,
        because="Kyle moved in",
        team=assessment.team,
        plan="See him",
        review_on=date(2026, 4, 1),
        started_at=AT,
        started_by=assessment.started_by,
        recorded_at=AT,
    )


@pytest.fixture
def open_part(being_written, part):
    return copied(
        part,
        assessment=being_written,
        is_open=True,
        authorised_at=None,
        outcome="",
        primary_need="",
        risk="",
    )


def copied(row, **changes):
    """Another row like it."""
    fresh = type(row)(
        **{
            field.attname: getattr(row, field.attname)
            for field in row._meta.concrete_fields
            if not field.primary_key
        }
    )
    for name, value in changes.items():
        setattr(fresh, name, value)
    fresh.save(force_insert=True)
    return fresh


def assert_refused_by(name, change):
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        change()


def assert_kept(change):
    with pytest.raises(InternalError), transaction.atomic():
        change()


def gone(row):
    """Delete a row past Django's own look at what points to it."""
    type(row).objects.filter(pk=row.pk)._raw_delete("default")


def text(assessment, by, **more):
    return AssessmentText.objects.create(
        **{"assessment": assessment, "key": "analysis", "by": by, "at": AT, "kept_at": AT, **more}
    )


def oversight(by, kind=OversightKind.CHECKPOINT):
    return ManagementOversight.objects.create(
        kind=kind,
        at=AT,
        know="k",
        worries="w",
        decision="d",
        why="y",
        by=by,
        role="r",
        recorded_at=AT,
    )


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("assessments_update_of_one", {"kind": "update"}),
        ("assessments_authorised_whole", {"authorised_role": ""}),
        ("assessments_authorised_whole", {"state": AssessmentState.SUBMITTED}),
        (
            "assessments_authorised_state",
            {
                "authorised_at": None,
                "authorised_by": None,
                "authorised_role": "",
                "oversight": None,
            },
        ),
        ("assessments_abandoned_whole", {"abandoned_because": "Moved"}),
        ("assessments_authorised_later", {"started_at": AT + timedelta(days=1)}),
    ],
)
def test_an_assessment_is_whole(assessment, name, changes):
    changes = {"oversight": oversight(assessment.started_by), **changes}
    assert_refused_by(name, lambda: copied(assessment, **changes))


def test_an_assessment_is_authorised_once_and_never_deleted(assessment):
    assert_kept(lambda: Assessment.objects.update(authorised_at=AT + timedelta(hours=1)))
    assert_kept(lambda: Assessment.objects.update(authorised_by=UserFactory()))
    assert_kept(lambda: gone(assessment))


def test_whoever_wrote_in_an_assessment_never_authorises_it(being_written):
    writer = UserFactory()
    AssessmentAuthor.objects.create(assessment=being_written, user=writer, first_at=AT)

    assert_refused_by(
        "assessments_never_by_an_author",
        lambda: Assessment.objects.filter(pk=being_written.pk).update(
            state=AssessmentState.AUTHORISED,
            authorised_at=AT,
            authorised_by=writer,
            authorised_role="assessment_team_manager",
            oversight=oversight(writer),
        ),
    )


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("assessments_not_before_referral", {"started_on": date(2020, 1, 1)}),
        ("assessments_taken_out_whole", {"taken_out_because": "Moved"}),
        ("assessments_child_authorised_whole", {"outcome": ""}),
        ("assessments_child_authorised_whole", {"risk": ""}),
        ("assessments_child_authorised_whole", {"is_open": True}),
        ("assessments_superseded_pair", {"superseded_at": AT}),
    ],
)
def test_a_childs_part_is_whole(part, name, changes):
    changes = {"child": ChildFactory(), **changes}
    assert_refused_by(name, lambda: copied(part, **changes))


def test_a_child_has_one_open_and_one_current_assessment_and_one_part_in_each(part, open_part):
    assert_refused_by("assessments_child_once", lambda: copied(open_part, is_open=False))
    other = authorised(ChildFactory(), at=AT)
    assert_refused_by("assessments_one_open", lambda: copied(open_part, assessment=other))
    assert_refused_by("assessments_one_current", lambda: copied(part, assessment=other))


def test_what_was_authorised_for_a_child_stays(part):
    parts = AssessmentChild.objects.filter(pk=part.pk)

    assert_kept(lambda: parts.update(risk=RiskLevel.LOW))
    assert_kept(lambda: parts.update(outcome="nfa"))
    assert_kept(lambda: parts.update(primary_need="N2"))
    assert_kept(lambda: gone(part))


def test_a_factor_stands_once(part):
    factor = AssessmentFactor.objects.create(part=part, code="1A")

    assert_refused_by("assessments_factor_once", lambda: copied(factor))
    assert_kept(lambda: gone(factor))


@pytest.mark.parametrize(
    "changes",
    [
        {"accounted_by": ""},
        {"accounted_by": AccountedBy.OWN_PART},
        {"accounted_by": AccountedBy.NOT_ASSESSED},
        {"accounted_by": AccountedBy.PASSED},
    ],
)
def test_no_child_of_the_household_is_left_out(assessment, changes):
    assert_refused_by(
        "assessments_child_accounted_for",
        lambda: AssessmentMember.objects.create(
            assessment=assessment, person=ChildFactory(), is_child=True, **changes
        ),
    )


def test_a_member_stands_once_and_a_reason_is_given(assessment, child):
    member = assessment.members.get()

    assert_refused_by("assessments_member_once", lambda: copied(member))
    assert_refused_by(
        "assessments_not_because",
        lambda: NotAssessed.objects.create(
            assessment=assessment, child=child, by=assessment.started_by, at=AT, recorded_at=AT
        ),
    )


def test_words_change_only_while_the_assessment_is_written(assessment, being_written):
    by = assessment.started_by
    box = text(being_written, by)

    assert_refused_by("assessments_text_once", lambda: text(being_written, by))
    assert_refused_by("assessments_only_while_written", lambda: text(assessment, by))
    Assessment.objects.filter(pk=being_written.pk).update(state=AssessmentState.SUBMITTED)
    assert_refused_by(
        "assessments_only_while_written",
        lambda: AssessmentText.objects.filter(pk=box.pk).update(words="Later"),
    )
    assert_kept(lambda: gone(box))


def test_authors_and_readers_stand_once(being_written):
    by = being_written.started_by
    author = AssessmentAuthor.objects.create(assessment=being_written, user=by, first_at=AT)
    here = Presence.objects.create(assessment=being_written, user=by, seen_at=AT)

    assert_refused_by("assessments_author_once", lambda: copied(author))
    assert_refused_by("assessments_presence_once", lambda: copied(here))
    assert_refused_by(
        "assessments_presence_pair",
        lambda: Presence.objects.create(
            assessment=being_written, user=UserFactory(), seen_at=AT, wrote_at=AT
        ),
    )
    assert_kept(lambda: gone(author))


def test_words_of_a_visit_are_put_into_a_box_once(being_written, child):
    by = being_written.started_by
    visit = Visit.objects.create(
        at=AT,
        purpose=VisitPurpose.ASSESSMENT,
        outcome=VisitOutcome.KEPT,
        by=by,
        is_by_social_worker=True,
        recorded_by=by,
        recorded_at=AT,
    )
    seen = VisitChild.objects.create(
        visit=visit, child=child, at=AT, was_seen=True, was_seen_alone=True
    )
    used = VisitUsed.objects.create(
        text=text(being_written, by, child=child), visit=seen, by=by, at=AT
    )

    assert_refused_by("assessments_visit_used_once", lambda: copied(used))


def test_a_checkpoint_is_whole_for_every_child(being_written, child):
    by = being_written.started_by
    given = {
        "assessment": being_written,
        "number": 1,
        "other_parent": "Seen",
        "agencies": "School",
        "next_step": NextStep.CARRY_ON,
        "review_on": date(2026, 4, 1),
        "by": by,
        "at": AT,
        "recorded_at": AT,
    }
    checkpoint = Checkpoint.objects.create(oversight=oversight(by), **given)
    line = {
        "checkpoint": checkpoint,
        "child": child,
        "was_seen": True,
        "was_seen_alone": True,
        "emerging_risk": RiskLevel.LOW,
        "note": "Settled",
    }
    CheckpointChild.objects.create(**line)

    for name, wrong in (
        ("assessments_checkpoint_number", {"number": 4}),
        ("assessments_checkpoint_whole", {"agencies": ""}),
    ):
        assert_refused_by(
            name,
            lambda wrong=wrong: Checkpoint.objects.create(
                **{**given, **wrong}, oversight=oversight(by)
            ),
        )
    assert_refused_by(
        "assessments_checkpoint_child_once", lambda: CheckpointChild.objects.create(**line)
    )
    for wrong in ({"note": ""}, {"was_seen_alone": False}):
        assert_refused_by(
            "assessments_checkpoint_child_whole",
            lambda wrong=wrong: CheckpointChild.objects.create(
                **{**line, "child": ChildFactory(), **wrong}
            ),
        )


def test_giving_and_returning_are_whole(being_written):
    by = being_written.started_by
    given = {"assessment": being_written, "number": 1, "by": by, "at": AT, "recorded_at": AT}

    assert_refused_by(
        "assessments_submission_shared", lambda: AssessmentSubmission.objects.create(**given)
    )
    sent = AssessmentSubmission.objects.create(**given, shared_on=date(2026, 3, 11))
    assert_refused_by("assessments_submission_once", lambda: copied(sent, pk=uuid4()))
    back = {
        "submission": sent,
        "due_on": date(2026, 3, 20),
        "by": by,
        "at": AT,
        "recorded_at": AT,
    }
    assert_refused_by(
        "assessments_return_whole", lambda: AssessmentReturn.objects.create(**back, missing="")
    )
    returned = AssessmentReturn.objects.create(**back, missing="Her voice")
    assert_refused_by(
        "assessments_comment_whole",
        lambda: AssessmentComment.objects.create(returned=returned, section="analysis", words=""),
    )
    for row in (sent, returned):
        assert_kept(lambda row=row: gone(row))


def test_current_is_the_authorised_part_that_nothing_supersedes(assessment, part, child):
    adult = PersonFactory()
    AssessmentMember.objects.create(assessment=assessment, person=adult, is_child=False)

    found = queries.current(child_ids=[child.pk, ChildFactory().pk])

    assert list(found) == [child.pk]
    assert found[child.pk].part_id == part.pk
    assert found[child.pk].authorised_at == AT
    assert found[child.pk].member_ids == {child.pk, adult.pk}
    assert found[child.pk].child_ids == {child.pk}
    assert list(queries.current_parts()) == [part]


def test_current_makes_the_same_number_of_queries_for_many(django_assert_num_queries):
    children = [ChildFactory() for _ in range(4)]
    for child in children:
        authorised(child, at=AT)

    queries.current(child_ids=[])  # whoever asks first reads the calendar for everybody
    with CaptureQueriesContext(connection) as one:
        queries.current(child_ids=[children[0].pk])
    with django_assert_num_queries(len(one)):
        found = queries.current(child_ids=[child.pk for child in children])

    assert set(found) == {child.pk for child in children}
    assert ReferralFactory().child_id not in found
