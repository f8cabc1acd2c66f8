"""Checkpoints on the way, submitting, and returning with what is missing."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied

from accounts.choices import Role, TeamKind
from assessments import actions
from assessments.actions import Comment
from assessments.models import AssessmentSubmission, Checkpoint
from assessments.queries import check
from cases.actions import Rationale
from cases.models import ManagementOversight
from lib.working_days import london_date
from record.errors import NotWhole, Refused
from record.models import Clock, OutboxMessage
from tests.assessments.families import (
    WRITTEN,
    checkpoint,
    checkpoint_lines,
    joins,
    submitted,
    typed,
    visited,
    written,
)
from tests.personas import member

pytestmark = pytest.mark.django_db


def running(assessment, rule):
    return Clock.objects.filter(subject_id=assessment.pk, rule=rule, stopped_at=None).count()


def returned(assessment, by, **more):
    return actions.return_to_writer(
        by=by,
        at=WRITTEN + timedelta(hours=2),
        assessment_id=assessment.pk,
        **{
            "missing": "Sami’s own voice",
            "due_on": london_date(WRITTEN) + timedelta(days=4),
            **more,
        },
    )


def test_a_checkpoint_is_oversight_of_every_child_and_stops_their_clock(
    assessment, children, assessment_team_manager
):
    done = checkpoint(assessment, assessment_team_manager, children)

    assert done.children.count() == 3
    assert done.oversight.kind == "checkpoint"
    assert set(done.oversight.children.values_list("child_id", flat=True)) == {
        child.pk for child in children
    }
    assert running(assessment, "CFA-CP1") == 0
    assert running(assessment, "CFA-CP2") == 3
    assessment.refresh_from_db()
    assert assessment.review_on == done.review_on
    assert assessment.next_due_code == "CFA-CP2"


def test_a_checkpoint_names_each_child_and_each_missing_thing(
    assessment, children, assessment_team_manager
):
    lines = [
        *checkpoint_lines(children[:1], was_seen_alone=False),
        *checkpoint_lines(children[1:2], emerging_risk="", note=" "),
    ]

    with pytest.raises(NotWhole) as refused:
        checkpoint(
            assessment,
            assessment_team_manager,
            lines=lines,
            agencies="",
            other_parent=" ",
            next_step="",
            review_on=london_date(WRITTEN) - timedelta(days=1),
        )

    said = [sentence for _, sentence in refused.value.problems]
    assert set(said) == {
        "Say whether Sami has been seen",
        "Say why Idris has not been seen alone, and when next",
        "Choose the risk that shows for Lina",
        "Say what is known so far for Lina",
        "Say whether the father or other parent takes part",
        "Say which agencies were asked",
        "Choose whether it carries on, stops early or escalates",
        "The day to look at it again is in the past",
    }
    assert not Checkpoint.objects.exists()
    assert not ManagementOversight.objects.filter(kind="checkpoint").exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"number": 4}, "checkpoints 1, 2 and 3"),
        ({"at": WRITTEN - timedelta(days=30)}, "before the assessment was started"),
        ({"rationale": Rationale(know="", worries="w", decision="d", why="y")}, "what we know"),
    ],
)
def test_a_checkpoint_refuses(assessment, children, assessment_team_manager, change, said):
    with pytest.raises(Refused, match=said):
        checkpoint(assessment, assessment_team_manager, children, **change)

    assert not Checkpoint.objects.exists()


def test_a_practice_supervisor_holds_checkpoints_and_a_worker_does_not(
    assessment, children, assessment_social_worker, sfs_manager
):
    supervisor = member("Sana Mockett", Role.PRACTICE_SUPERVISOR, TeamKind.ASSESSMENT)

    with pytest.raises(PermissionDenied):
        checkpoint(assessment, assessment_social_worker, children)
    with pytest.raises(Refused, match="belongs to Assessment"):
        checkpoint(assessment, sfs_manager, children)
    checkpoint(assessment, supervisor, children)

    assert Checkpoint.objects.get().by == supervisor


def test_submitting_names_each_child_and_each_missing_thing(
    assessment, children, assessment_social_worker
):
    beth = joins(children[0], assessment_social_worker)
    written(assessment, assessment_social_worker, skip=["voice", "risk", "analysis", "factors"])

    with pytest.raises(NotWhole) as refused:
        actions.submit(by=assessment_social_worker, at=WRITTEN, assessment_id=assessment.pk)

    said = [sentence for _, sentence in refused.value.problems]
    for name in ("Idris", "Lina", "Sami"):
        assert f"Write “What {name} says and shows”" in said
        assert f"Choose the risk to {name}" in said
        assert f"Choose at least one factor for {name}" in said
    assert "Write “What this means for the children”" in said
    assert any(beth.name in sentence for sentence in said)
    assert not AssessmentSubmission.objects.exists()


@pytest.mark.parametrize(
    ("key", "words", "said"),
    [
        ("factors", "21 3B", "Factor 21 says that there is none for Idris"),
        ("factors", "21", "goes with no further action only"),
        ("factors", "18A", "18A is not"),
        ("risk", "enormous", "Choose the risk to Idris"),
        ("outcome", "whatever", "Choose what you recommend for Idris"),
        ("voice", "x" * 20_001, "to 20,000 characters; it has 20,001"),
    ],
)
def test_submitting_refuses_what_cannot_be(
    assessment, children, assessment_social_worker, key, words, said
):
    written(assessment, assessment_social_worker)
    actions.save_words(
        by=assessment_social_worker,
        at=WRITTEN,
        assessment_id=assessment.pk,
        typed=[typed(assessment, key, words, children[0])],
    )

    with pytest.raises(NotWhole, match=said):
        actions.submit(by=assessment_social_worker, at=WRITTEN, assessment_id=assessment.pk)


@pytest.mark.parametrize(
    ("shared_on", "not_shared", "said"),
    [
        ("", "", "Say when you shared it"),
        ("99 99 2026", "", "Enter a real date"),
        ("1 1 2027", "", "in the future"),
        ("", "He must not know yet", ""),
    ],
)
def test_sharing_with_the_family_has_a_day_or_a_reason(
    assessment, assessment_social_worker, shared_on, not_shared, said
):
    written(assessment, assessment_social_worker)
    actions.save_words(
        by=assessment_social_worker,
        at=WRITTEN,
        assessment_id=assessment.pk,
        typed=[
            typed(assessment, "shared_on", shared_on),
            typed(assessment, "not_shared", not_shared),
        ],
    )

    def submit():
        return actions.submit(by=assessment_social_worker, at=WRITTEN, assessment_id=assessment.pk)

    if said:
        with pytest.raises(NotWhole, match=said):
            submit()
    else:
        assert submit().not_shared_because == not_shared


def test_submitting_tells_the_manager_and_meets_checkpoint_three(
    assessment, assessment_social_worker, assessment_team_manager
):
    submitted(assessment, assessment_social_worker)

    assert assessment.state == "submitted"
    assert running(assessment, "CFA-CP3") == 0
    assert running(assessment, "CFA-SUBMIT") == 1
    assert running(assessment, "CFA-45") == 3
    told = OutboxMessage.objects.get(key__startswith="assessment.submitted")
    assert told.payload["user_id"] == str(assessment_team_manager.pk)


def test_the_same_words_for_two_children_are_pointed_out_and_stop_nothing(
    assessment, children, assessment_social_worker
):
    written(assessment, assessment_social_worker)
    copied = "He is happy and settled at school and has friends there to play with after lunch."
    actions.save_words(
        by=assessment_social_worker,
        at=WRITTEN,
        assessment_id=assessment.pk,
        typed=[
            typed(assessment, "learning", copied, children[0]),
            typed(assessment, "learning", copied.replace("He is", "She is"), children[1]),
        ],
    )

    found = check.check(by=assessment_social_worker, assessment=assessment, at=WRITTEN)

    (same,) = found.same
    assert {same.first.first_name, same.second.first_name} == {"Idris", "Lina"}
    assert found.missing == []
    actions.submit(by=assessment_social_worker, at=WRITTEN, assessment_id=assessment.pk)


def test_children_not_seen_or_never_alone_are_a_check(
    assessment, children, assessment_social_worker
):
    visited(children[0], assessment_social_worker)
    visited(children[1], assessment_social_worker, alone=False)
    visited(children[2], assessment_social_worker, was_seen=False)

    found = check.check(by=assessment_social_worker, assessment=assessment, at=WRITTEN)

    assert found.unseen == [
        "Lina has not been seen alone",
        "Sami has not been seen since the referral",
    ]


def test_returning_opens_it_again_with_words_at_the_sections_and_the_clocks_go_on(
    assessment, children, assessment_social_worker, assessment_team_manager
):
    submitted(assessment, assessment_social_worker)

    back = returned(
        assessment,
        assessment_team_manager,
        comments=[Comment(section="child", child_id=children[2].pk, words="He speaks; ask him")],
    )

    assessment.refresh_from_db()
    assert assessment.state == "returned"
    assert back.comments.get().child == children[2]
    assert running(assessment, "CFA-45") == 3
    assert running(assessment, "CFA-SUBMIT") == 0
    written(assessment, assessment_social_worker)
    sent = actions.submit(
        by=assessment_social_worker, at=WRITTEN + timedelta(days=1), assessment_id=assessment.pk
    )
    assert sent.number == 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"missing": " "}, "Say what is missing"),
        ({"due_on": london_date(WRITTEN) - timedelta(days=1)}, "in the past"),
    ],
)
def test_returning_says_what_is_missing_and_when(
    assessment, assessment_social_worker, assessment_team_manager, change, said
):
    with pytest.raises(Refused, match="once it is submitted"):
        returned(assessment, assessment_team_manager)
    submitted(assessment, assessment_social_worker)

    with pytest.raises(Refused, match=said):
        returned(assessment, assessment_team_manager, **change)
    with pytest.raises(PermissionDenied):
        returned(assessment, assessment_social_worker)

    assessment.refresh_from_db()
    assert assessment.state == "submitted"
