"""Starting and abandoning an assessment, and whom it is about."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied

from accounts.choices import Role, TeamKind
from assessments import actions
from assessments.models import Assessment, AssessmentChild
from cases.holds import Purpose, obstacles
from cases.models import Involvement, Referral
from lib.working_days import london_date
from people import actions as people_actions
from people.models import Person
from record.errors import NotWhole, Refused
from record.models import Clock, Event, OutboxMessage
from record.once import AlreadyRecorded
from tests.assessments.families import (
    RECEIVED,
    STARTED,
    WRITTEN,
    authorise,
    joins,
    started,
    submitted,
    written,
)
from tests.personas import member

pytestmark = pytest.mark.django_db


def clocks_of(assessment, rule):
    return Clock.objects.filter(subject_id=assessment.pk, rule=rule).order_by("child_id")


def test_start_gives_each_child_a_part_and_counts_from_the_referral(
    assessment, children, assessment_social_worker
):
    assert assessment.state == "started"
    assert set(assessment.children.values_list("child_id", flat=True)) == {c.pk for c in children}
    for clock in clocks_of(assessment, "CFA-45"):
        assert clock.started_at == RECEIVED
        assert str(clock.due_at) == "2026-05-07 16:00:00+00:00"  # day 45, over Easter and May Day
    assert clocks_of(assessment, "CFA-CP1").count() == 3
    assert Involvement.objects.filter(kind="assessment", subject_id=assessment.pk).count() == 3
    assert set(Referral.objects.values_list("state", flat=True)) == {"in_work"}
    assert Event.objects.filter(code="assessment.started").count() == 3
    assert OutboxMessage.objects.filter(
        key__startswith="assessment.started", payload__user_id=str(assessment_social_worker.pk)
    ).exists()
    assessment.refresh_from_db()
    assert assessment.next_due_code == "CFA-CP1"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"plan": " "}, "Say whom you will see"),
        ({"review_on": london_date(STARTED) - timedelta(days=1)}, "in the past"),
        ({"child_ids": []}, "Choose at least one child"),
        ({"kind": "update", "because": "Kyle moved in"}, "no authorised assessment to update"),
        ({"kind": "update"}, "Say what has changed"),
    ],
)
def test_start_refuses_what_is_not_whole(children, assessment_team_manager, change, said):
    given = {
        "child_ids": [child.pk for child in children],
        "plan": "See them",
        "review_on": london_date(STARTED),
        **change,
    }

    with pytest.raises(Refused, match=said):
        actions.start(by=assessment_team_manager, at=STARTED, **given)

    assert not Assessment.objects.exists()


def test_start_refuses_before_the_referral_and_names_each_child(children, assessment_team_manager):
    Referral.objects.filter(child=children[0]).update(
        referral_on=london_date(STARTED) + timedelta(days=1)
    )

    with pytest.raises(NotWhole, match="The start is before Idris Example’s referral"):
        started(children, assessment_team_manager)


def test_start_refuses_a_child_without_a_referral(
    children, assessment_team_manager, assessment_social_worker
):
    beth = joins(children[0], assessment_social_worker, at=STARTED - timedelta(hours=1))

    with pytest.raises(Refused, match="Beth Example: nothing is open"):
        started([*children, beth], assessment_team_manager)


def test_start_refuses_a_second_open_assessment(assessment, children, assessment_team_manager):
    with pytest.raises(Refused, match="Idris Example is in an assessment that is open"):
        started(children[:1], assessment_team_manager, at=STARTED + timedelta(hours=1))

    assert Assessment.objects.count() == 1


def test_start_refuses_without_a_worker(children, assessment_team_manager):
    for allocation in children[0].allocations.all():
        allocation.to_at = STARTED
        allocation.save(update_fields=["to_at"])

    with pytest.raises(Refused, match="Name a worker for Idris Example first"):
        started(children[:1], assessment_team_manager)


def test_start_belongs_to_the_manager_who_holds_them(children, sfs_manager, mash_manager):
    with pytest.raises(Refused, match="Its manager starts it"):
        started(children, sfs_manager)
    with pytest.raises(PermissionDenied):
        started(children, mash_manager)

    assert not Assessment.objects.exists()


def test_the_same_form_starts_once(children, assessment_team_manager):
    token = "7a1f2a52-6b55-4d0a-9d5c-0a7f6f1f3c11"
    started(children, assessment_team_manager, token=token)

    with pytest.raises(AlreadyRecorded):
        started(children, assessment_team_manager, token=token)

    assert Assessment.objects.count() == 1


def test_a_child_who_joins_gets_an_empty_part_and_a_referral_of_that_day(
    assessment, children, assessment_team_manager, assessment_social_worker
):
    beth = joins(children[0], assessment_social_worker)

    part = actions.add_child(
        by=assessment_team_manager,
        at=WRITTEN,
        assessment_id=assessment.pk,
        child_id=beth.pk,
        primary_need="N1",
    )

    assert part.referral_on == london_date(WRITTEN)
    assert part.referral.contact == children[0].referrals.get().contact
    assert not assessment.texts.filter(child=beth).exists()
    clock = clocks_of(assessment, "CFA-45").get(child=beth)
    assert london_date(clock.started_at) == london_date(WRITTEN)


def test_add_child_refuses_a_stranger_a_second_part_and_a_submitted_document(
    assessment, children, assessment_team_manager, assessment_social_worker
):
    stranger = people_actions.create_person(
        by=assessment_social_worker, at=WRITTEN, is_child=True, given_name="Noor"
    )

    def add(child):
        actions.add_child(
            by=assessment_team_manager, at=WRITTEN, assessment_id=assessment.pk, child_id=child.pk
        )

    with pytest.raises(Refused, match="does not belong to this household"):
        add(stranger)
    with pytest.raises(Refused, match="Idris Example has a part in this assessment already"):
        add(children[0])
    submitted(assessment, assessment_social_worker)
    with pytest.raises(Refused, match="Return it first"):
        add(stranger)


def test_take_out_needs_a_reason_and_never_the_last_child(
    assessment, children, assessment_team_manager
):
    def out(child, because="Lives with her father now"):
        return actions.take_out(
            by=assessment_team_manager,
            at=WRITTEN,
            assessment_id=assessment.pk,
            child_id=child.pk,
            because=because,
        )

    with pytest.raises(Refused, match="Say why Idris Example is taken out"):
        out(children[0], because=" ")
    part = out(children[0])
    out(children[1])
    with pytest.raises(Refused, match="Sami Example is the only child in it"):
        out(children[2])
    with pytest.raises(Refused, match="no part"):
        out(children[0])

    assert part.taken_out_because == "Lives with her father now"
    assert not clocks_of(assessment, "CFA-45").filter(child=children[0], stopped_at=None).exists()
    assert not Involvement.objects.filter(child=children[0], kind="assessment", to_at=None).exists()


def test_a_reason_accounts_for_a_child_and_must_be_given(
    assessment, children, assessment_social_worker, assessment_team_manager, sfs_manager
):
    beth = joins(children[0], assessment_social_worker)

    def say(by, child, because="Seen at her father's; lives there"):
        return actions.say_not_assessed(
            by=by, at=WRITTEN, assessment_id=assessment.pk, child_id=child.pk, because=because
        )

    with pytest.raises(Refused, match="Say why Beth Example is not assessed"):
        say(assessment_social_worker, beth, because="")
    with pytest.raises(Refused, match="has a part in this assessment"):
        say(assessment_social_worker, children[0])
    with pytest.raises(PermissionDenied):
        say(sfs_manager, beth)
    say(assessment_social_worker, beth)
    said = say(assessment_team_manager, beth, "Her own worker assesses her")

    assert said.because == "Her own worker assesses her"
    assert assessment.not_assessed.count() == 2


def test_only_a_head_of_service_abandons_with_a_reason(
    assessment, children, assessment_team_manager, head_of_service, assessment_social_worker
):
    def abandon(by, because="The family moved to Reading"):
        return actions.abandon(by=by, at=WRITTEN, assessment_id=assessment.pk, because=because)

    with pytest.raises(PermissionDenied):
        abandon(assessment_team_manager)
    with pytest.raises(Refused, match="Say why"):
        abandon(head_of_service, because="")
    done = abandon(head_of_service)
    with pytest.raises(Refused, match="over already"):
        abandon(head_of_service)

    assert done.state == "abandoned"
    assert not AssessmentChild.objects.filter(is_open=True).exists()
    assert not Clock.objects.filter(subject_id=assessment.pk, stopped_at=None).exists()
    with pytest.raises(actions.Closed):
        written(assessment, assessment_social_worker)
    again = started(children, assessment_team_manager, at=WRITTEN + timedelta(hours=1))
    assert clocks_of(again, "CFA-45")[0].started_at == RECEIVED


def test_an_open_assessment_stands_in_the_way_of_closing(
    assessment, children, assessment_team_manager, assessment_social_worker
):
    ids = [child.pk for child in children]
    found = obstacles(child_ids=ids, purpose=Purpose.CLOSE, at=WRITTEN)
    assert {one.child_id for one in found} == set(ids)
    assert "The assessment of Idris Example is started" in " ".join(o.sentence for o in found)
    without = obstacles(child_ids=ids, purpose=Purpose.CLOSE_AS_ASSESSED, at=WRITTEN)
    assert sum("no authorised assessment" in one.sentence for one in without) == 3

    submitted(assessment, assessment_social_worker)
    authorise(assessment, assessment_team_manager)

    assert obstacles(child_ids=ids, purpose=Purpose.CLOSE, at=WRITTEN) == []
    assert obstacles(child_ids=ids, purpose=Purpose.CLOSE_AS_ASSESSED, at=WRITTEN) == []


def test_who_may_not_see_a_child_sees_no_assessment_of_theirs(
    assessment,
    children,
    assessment_social_worker,
    assessment_team_manager,
    head_of_service,
    mash_manager,
):
    people_actions.restrict(
        by=mash_manager,
        at=WRITTEN,
        person_id=children[0].pk,
        owner_id=head_of_service.pk,
        reason="A relative works here",
        reader_ids=[assessment_team_manager.pk],
    )

    assert not Assessment.objects.visible_to(assessment_social_worker).exists()
    assert Assessment.objects.restricted_to(assessment_social_worker).exists()
    assert Assessment.objects.visible_to(assessment_team_manager).exists()
    with pytest.raises(Assessment.DoesNotExist):
        written(assessment, assessment_social_worker)


def test_a_worker_of_another_team_writes_only_when_the_child_is_theirs(assessment):
    other = member("Tariq Specimen", Role.SFS_SOCIAL_WORKER, TeamKind.SAFEGUARDING_FAMILY_SUPPORT)

    with pytest.raises(actions.NotYours):
        written(assessment, other)

    assert Person.objects.visible_to(other).exists()
