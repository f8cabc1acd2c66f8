"""A restricted child of the household: whoever holds the record answers, and only they read it."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts.choices import Role
from assessments import actions
from assessments.models import AssessmentPassed
from assessments.queries.household import children_accounted
from cases import panels
from lib import application_clock
from lib.working_days import london_date
from people import actions as people_actions
from record import flags
from record.errors import NotWhole, Refused
from record.models import Clock, Event, OutboxMessage
from tests.assessments.families import (
    STARTED,
    WRITTEN,
    authorise,
    joins,
    submitted,
)
from tests.factories.accounts import DeputyshipFactory
from tests.factories.assessments import authorised
from tests.personas import person as member_of_staff

pytestmark = pytest.mark.django_db

ASKED = WRITTEN + timedelta(minutes=5)
ANSWERED = WRITTEN + timedelta(hours=4)
#: Two working days after the 45 from the referral.
TOO_LATE = WRITTEN + timedelta(days=63)


@pytest.fixture
def director(db):
    return member_of_staff("Dora Stand-Above", Role.DIRECTOR)


@pytest.fixture
def beth(assessment, children, assessment_social_worker, mash_manager, head_of_service):
    """A sister whose record is restricted to the head of service."""
    sister = joins(children[0], assessment_social_worker)
    people_actions.restrict(
        by=mash_manager,
        at=WRITTEN,
        person_id=sister.pk,
        owner_id=head_of_service.pk,
        reason="A relative works here",
    )
    return sister


@pytest.fixture
def passed(beth, assessment, assessment_social_worker):
    """The line about her, asked when the document was submitted."""
    submitted(assessment, assessment_social_worker)
    return AssessmentPassed.objects.get(child=beth)


def answer(passed, by, **more):
    return actions.answer_passed(
        **{
            "by": by,
            "at": ANSWERED,
            "passed_id": passed.pk,
            "answer": "not_assessed",
            "because": "Seen by us on 9 March; she lives with her aunt",
            **more,
        }
    )


def line_of(assessment, child, by):
    return next(
        line
        for line in children_accounted(assessment=assessment, on=london_date(ANSWERED), by=by)
        if line.child_id == child.pk
    )


def test_submitting_asks_whoever_holds_the_record_by_the_time_the_assessment_is_due(
    passed, assessment, beth, head_of_service
):
    assert (passed.owner, passed.answered_at) == (head_of_service, None)
    limit = Clock.objects.get(subject_id=passed.pk)
    document = Clock.objects.filter(subject_id=assessment.pk, rule="CFA-45").earliest("due_at")
    assert (limit.rule, limit.due_at) == ("CFA-PASS", document.due_at)
    told = OutboxMessage.objects.get(key__startswith="assessment.passed:")
    assert told.payload["user_id"] == str(head_of_service.pk)
    assert told.payload["subject_id"] == str(passed.pk)


def test_authorising_asks_once_and_does_not_wait_for_the_answer(
    passed, assessment, beth, assessment_team_manager, head_of_service
):
    done = authorise(assessment, assessment_team_manager)

    assert done.members.get(person=beth).passed_to == head_of_service
    assert AssessmentPassed.objects.count() == 1
    assert Clock.objects.get(subject_id=passed.pk).stopped_at is None


def test_answer_with_a_reason_is_learned_as_answered_and_as_nothing_else(
    client, passed, assessment, beth, assessment_team_manager, head_of_service
):
    answer(passed, head_of_service)

    line = line_of(assessment, beth, assessment_team_manager)
    assert (line.accounted_by, line.because, line.person) == ("passed", "", None)
    assert line.passed.answered_at == ANSWERED
    assert Clock.objects.get(subject_id=passed.pk).stop_reason == "met"
    told = OutboxMessage.objects.get(key__startswith="assessment.passed_answered")
    assert told.payload["user_id"] == str(assessment_team_manager.pk)
    client.force_login(assessment_team_manager)
    for name in ("household", "authorise"):
        shown = client.get(reverse(f"assessments:{name}", args=[assessment.pk])).content.decode()
        assert "nswered" in shown
        assert "aunt" not in shown
        assert "Beth" not in shown
    done = authorise(assessment, assessment_team_manager, at=ANSWERED + timedelta(minutes=5))
    shown = client.get(reverse("assessments:assessment", args=[done.pk])).content.decode()
    assert "aunt" not in shown
    assert "Beth" not in shown
    (event,) = Event.objects.filter(code="assessment.passed_answered")
    assert event.child_id == beth.pk


def test_what_was_answered_counts_as_said_for_whoever_may_read_the_record(
    passed, assessment, beth, head_of_service
):
    answer(passed, head_of_service)

    line = line_of(assessment, beth, head_of_service)
    assert line.accounted_by == "not_assessed"
    assert line.because.startswith("Seen by us on 9 March")


def test_answer_by_an_assessment_of_her_own_needs_one(passed, beth, head_of_service):
    with pytest.raises(NotWhole) as refused:
        answer(passed, head_of_service, answer="other_assessment", because="")
    assert "Beth Example has no assessment that is current or being written" in str(
        refused.value.problems
    )

    own = authorised(beth, at=STARTED, started_at=STARTED - timedelta(days=20))
    answer(passed, head_of_service, answer="other_assessment", because="left over")

    passed.refresh_from_db()
    assert (passed.part, passed.because) == (own.children.get(), "")


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"answer": "", "because": "x"}, "Say how Beth Example is accounted for"),
        ({"because": "  "}, "Say why Beth Example is not assessed"),
        ({"at": TOO_LATE}, "Say why this answer is late"),
    ],
)
def test_answer_names_the_child_and_what_is_missing(passed, head_of_service, given, named):
    with application_clock.set_to(TOO_LATE), pytest.raises(NotWhole) as refused:
        answer(passed, head_of_service, **given)

    assert named in [sentence for _, sentence in refused.value.problems]
    passed.refresh_from_db()
    assert passed.answered_at is None


def test_late_answer_keeps_its_reason(passed, head_of_service):
    with application_clock.set_to(TOO_LATE):
        answer(passed, head_of_service, at=TOO_LATE, late_reason="On leave without a deputy")

    assert Clock.objects.get(subject_id=passed.pk).late_reason == "On leave without a deputy"


def test_answer_is_given_once_and_not_before_it_was_asked(passed, head_of_service):
    with pytest.raises(Refused, match="before it was asked"):
        answer(passed, head_of_service, at=ASKED - timedelta(minutes=1))
    answer(passed, head_of_service)

    with pytest.raises(Refused, match="answered already"):
        answer(passed, head_of_service)


def test_nobody_is_asked_any_longer_when_the_assessment_is_abandoned(
    passed, assessment, head_of_service
):
    actions.abandon(by=head_of_service, at=ANSWERED, assessment_id=assessment.pk, because="Moved")

    assert Clock.objects.get(subject_id=passed.pk).stop_reason == "not_needed"
    assert not [one for one in panels_of(head_of_service) if "passed" in one.url]
    with pytest.raises(Refused, match="abandoned"):
        answer(passed, head_of_service, at=ANSWERED + timedelta(minutes=1))


def panels_of(user):
    return [
        one for source in panels.work_sources for one in source(by=user, at=application_clock.now())
    ]


def test_only_whoever_holds_the_record_or_their_deputy_answers(
    passed, beth, assessment_team_manager, head_of_service, director
):
    with pytest.raises(AssessmentPassed.DoesNotExist):
        answer(passed, assessment_team_manager)
    with pytest.raises(PermissionDenied):
        answer(passed, director)
    DeputyshipFactory(
        manager=head_of_service,
        deputy=director,
        from_at=ASKED,
        to_at=TOO_LATE + timedelta(days=365),
    )
    answer(passed, director)

    passed.refresh_from_db()
    assert (passed.answered_by, passed.answered_for) == (director, head_of_service)


def test_seniors_answer_when_the_account_of_whoever_holds_it_is_closed(
    passed, head_of_service, director
):
    type(head_of_service).objects.filter(pk=head_of_service.pk).update(is_active=False)

    assert [one.who for one in panels_of(director) if "assessments/passed" in one.url] == [
        "Beth Example"
    ]
    answer(passed, director)


def test_child_for_whom_nobody_answered_in_time_is_flagged_as_left_out(
    passed, assessment, beth, assessment_team_manager, head_of_service
):
    def left_out(at):
        with application_clock.set_to(at):
            flags.sweep(at=at, codes=["F-STALE"])
        return list(flags.open_flags().filter(rule="F-STALE-CHILD", child=beth))

    authorise(assessment, assessment_team_manager)
    assert left_out(ANSWERED + timedelta(days=30)) == []
    assert left_out(TOO_LATE)
    with application_clock.set_to(TOO_LATE):
        answer(passed, head_of_service, at=TOO_LATE, late_reason="Leave")
    assert left_out(TOO_LATE) == []


def test_page_answers_and_leads_there_from_ones_own_work(client, passed, beth, head_of_service):
    with application_clock.set_to(ANSWERED):
        client.force_login(head_of_service)
        url = reverse("assessments:passed", args=[passed.pk])
        assert url.encode() in client.get(reverse("cases:home")).content
        form = client.get(url)
        assert "Beth Example" in form.content.decode()

        wrong = client.post(url, {"answer": "not_assessed", "because": ""})
        assert "Say why Beth Example is not assessed" in wrong.content.decode()
        done = client.post(url, {"answer": "not_assessed", "because": "With her aunt"})

        assert done.url == reverse("cases:child", args=[beth.pk])
        assert "With her aunt" in client.get(url).content.decode()
        assert url.encode() not in client.get(reverse("cases:home")).content


def test_page_does_not_exist_for_those_whom_the_record_is_closed_to(
    client, passed, assessment_team_manager
):
    client.force_login(assessment_team_manager)

    assert client.get(reverse("assessments:passed", args=[passed.pk])).status_code == 404


def test_answer_is_whole_and_stays(passed, head_of_service):
    for wrong in ({"because": "x"}, {"answered_at": ANSWERED}):
        with pytest.raises(IntegrityError), transaction.atomic():
            AssessmentPassed.objects.filter(pk=passed.pk).update(**wrong)
    with pytest.raises(IntegrityError), transaction.atomic():
        AssessmentPassed.objects.filter(pk=passed.pk).update(
            answered_at=ASKED - timedelta(days=1), answered_by=head_of_service, because="x"
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        AssessmentPassed.objects.create(
            assessment=passed.assessment,
            child=passed.child,
            owner=passed.owner,
            passed_at=ASKED,
            recorded_at=ASKED,
        )
