"""The pages of a section 47 enquiry, from the list of work to the manager's outcome."""

from __future__ import annotations

from copy import deepcopy

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments.actions import section_47 as actions
from assessments.models import Section47Enquiry
from assessments.queries.section_47 import section_47_work
from lib import application_clock
from people import actions as people_actions
from record.models import Draft, ReadLogEntry
from tests.assessments.enquiries import accept, begun, conclude, see, submitted, write
from tests.cases.front_door import hours
from tests.mash.pages import text_of

pytestmark = pytest.mark.django_db

STEPS = {"step-TOTAL_FORMS": 1, "step-INITIAL_FORMS": 0}


@pytest.fixture
def case(enquiries_once, typed_later):
    """Aaliyah’s and Zayn’s enquiries, with a worker of the assessment team."""
    return deepcopy(enquiries_once)


@pytest.fixture
def page(client):
    """Open a page of an enquiry as somebody, or send it; the answer as text."""

    def ask(by, name, enquiry, **data):
        client.force_login(by)
        address = reverse(f"assessments:section_47{name}", args=[enquiry.pk])
        answer = client.post(address, data, follow=True) if data else client.get(address)
        return text_of(answer)

    return ask


def work(user):
    found = section_47_work(by=user, at=application_clock.now())
    return sorted((each.verb, each.who) for each in found)


def test_worker_writes_the_enquiry_and_the_manager_concludes_it(page, client, case):
    enquiry = case.aaliyah
    assert work(case.worker) == [
        ("See the child", "Aaliyah Testwood"),
        ("See the child", "Zayn Testwood"),
    ]
    see(case.worker, case.case.aaliyah, case.case.zayn, at=hours(6), alone=False)
    shown = page(case.worker, "", enquiry)
    assert "Before it can go to the manager" in shown
    assert "Aaliyah has not been seen alone. Where could Aaliyah speak" in shown
    assert "No assessment goes with this enquiry" in shown

    page(
        case.worker,
        "_child",
        enquiry,
        read_version=1,
        found="A burn the size of a coin",
        child_view="It was the iron",
        medical="Does not fit a fall",
        analysis="Somebody did this",
    )
    family = page(case.worker, "_family", enquiry)
    assert "Record the same for (optional)" in family
    page(
        case.worker,
        "_family",
        enquiry,
        read_version=1,
        parents_view="She slipped",
        agencies_said="Police: two call-outs",
        home="One bedroom",
        also=[str(case.zayn.pk)],
    )
    half = page(
        case.worker,
        "_safety",
        enquiry,
        read_version=1,
        tonight="Nan",
        **STEPS,
        **{"step-0-who": "Nan"},
    )
    assert "Say what will be done" in half
    whole = {"step-0-what": "Stays", "step-0-who": "Nan", "step-0-when": "Tonight"}
    shown = page(
        case.worker, "_safety", enquiry, read_version=1, tonight="Nan is up", **STEPS, **whole
    )
    assert "Put it to the manager" in shown
    assert "Sent. The manager has been told" in page(case.worker, "_send", enquiry, go="1")
    assert ("Decide the outcome", "Aaliyah Testwood") in work(case.manager)

    empty = page(case.manager, "_conclude", enquiry, outcome="")
    for words in (
        "Choose what the enquiry found",
        "Choose whether a conference is needed, or that it is not decided yet",
        "Say what we know",
        "Say who was told the outcome, and how",
        "Say why the outcome is late",
    ):
        assert words in empty
    page(
        case.manager,
        "_conclude",
        enquiry,
        outcome="continuing_risk",
        next_step="conference",
        conference="required",
        conference_why="Risk goes on",
        know="A burn",
        worries="Again",
        protects="Nan",
        decision="Confer",
        why="Nothing less binds him",
        who_informed="Mother",
        late_reason="Two medicals",
    )

    enquiry.refresh_from_db()
    assert enquiry.state == Section47Enquiry.State.CONFERENCE_REQUESTED
    assert case.zayn.parents_view == "She slipped"
    child = text_of(client.get(reverse("cases:child", args=[enquiry.child_id])))
    assert "Section 47 enquiry, Referral" in child
    assert "Conference requested" in child
    assert "Section 47 enquiry concluded" in child


def test_manager_names_the_lead_sends_back_decides_on_a_conference_and_cancels(
    page,
    typed_later,
    contact_officer,
    mash_manager,
    mash_social_worker,
    assessment_team_manager,
    assessment_social_worker,
    sfs_manager,
):
    case = begun(
        contact_officer,
        mash_manager,
        mash_social_worker,
        assessment_team_manager,
        assessment_social_worker,
        is_allocated=False,
    )
    accept(case.case, assessment_team_manager)
    assert ("Name who leads", "Aaliyah Testwood") in work(case.manager)
    assert "Ruth Mockridge holds it and names one" in page(case.worker, "", case.aaliyah)
    other = page(sfs_manager, "_cancel", case.aaliyah)
    assert "answers for Aaliyah Testwood, so this is theirs to decide" in other
    led = page(case.manager, "_lead", case.aaliyah, lead=str(case.worker.pk))
    assert "Femi Exampleton leads the enquiry and has been told." in led
    submitted(case.aaliyah, case.worker)
    back = page(case.manager, "_send_back", case.aaliyah, because="What did father say?")
    assert "Its writer has been told what is missing" in back
    assert ("Write what is missing", "Aaliyah Testwood") in work(case.worker)
    actions.submit(by=case.worker, at=hours(28), enquiry_id=case.aaliyah.pk)
    conclude(
        case.aaliyah,
        case.manager,
        at=hours(29),
        next_step="legal",
        conference="",
        conference_why="",
    )
    assert ("Decide on a conference", "Aaliyah Testwood") in work(case.manager)
    decided = page(
        case.manager, "_conference", case.aaliyah, conference="not_required", why="Taken to court"
    )
    assert "Not required" in decided
    cancelled = page(case.manager, "_cancel", case.zayn, because="Wrong brother")
    assert "Opened in error" in cancelled
    assert work(case.manager) == []


def test_part_that_somebody_else_wrote_meanwhile_is_shown_beside_what_was_typed(page, case):
    given = {"found": "Mine", "child_view": "V", "medical": "M", "analysis": "A"}
    write(case.aaliyah, case.worker)

    clash = page(case.worker, "_child", case.aaliyah, read_version=1, **given)
    again = page(case.worker, "_child", case.aaliyah, read_version=2, **given)

    assert "What stands now" in clash
    assert "seen by the nurse on 12 March" in clash
    assert "Mine" in clash
    assert "Kept for Aaliyah Testwood" in again


def test_draft_of_before_stands_beside_what_was_written_since(page, case):
    Draft.objects.create(
        owner=case.worker,
        form="section-47-child",
        subject_id=case.aaliyah.pk,
        data={"read_version": "1", "found": "What I typed"},
        version=1,
        saved_at=hours(7),
    )
    write(case.aaliyah, case.worker)

    shown = page(case.worker, "_child", case.aaliyah)

    assert "What I typed" in shown
    assert "What stands now" in shown


def test_same_words_for_two_children_are_pointed_out(page, case):
    words = "The burn was seen by the school nurse on Thursday and does not fit a fall."
    for enquiry in (case.aaliyah, case.zayn):
        actions.write_child(
            by=case.worker,
            at=hours(8),
            enquiry_id=enquiry.pk,
            found=words,
            child_view="",
            medical="",
            analysis="",
            version=1,
        )

    assert "What was found has the same words as for Zayn Testwood" in page(
        case.worker, "", case.aaliyah
    )


def test_restricted_child_leaks_nothing_from_a_siblings_enquiry(
    page, client, case, head_of_service
):
    people_actions.restrict(
        by=case.mash_manager,
        at=application_clock.now(),
        person_id=case.zayn.child_id,
        reason="Relative of staff",
        owner_id=head_of_service.pk,
    )

    shown = page(case.worker, "", case.aaliyah)
    family = page(case.worker, "_family", case.aaliyah)
    client.force_login(case.worker)
    closed = client.get(reverse("assessments:section_47", args=[case.zayn.pk]))

    assert "Zayn" not in shown
    assert "Zayn" not in family
    assert closed.status_code == 403
    assert "Zayn" not in closed.content.decode()
    assert [who for _verb, who in work(case.worker)] == ["Aaliyah Testwood"]
    assert not ReadLogEntry.objects.filter(child=case.zayn.child_id, user=case.worker).exists()


def test_page_and_list_take_a_fixed_number_of_queries(page, case):
    def queries(act):
        with CaptureQueriesContext(
            connection,
        ) as caught:
            act()
        return len(caught)

    def open_page():
        return page(case.worker, "", case.aaliyah)

    open_page()
    few = queries(open_page)
    listed = queries(lambda: work(case.worker))
    for hour in (8, 9, 10):
        see(case.worker, case.case.aaliyah, at=hours(hour))
    actions.cancel_in_error(
        by=case.manager, at=hours(11), enquiry_id=case.zayn.pk, because="Fewer in the list"
    )

    assert queries(open_page) == few
    assert queries(lambda: work(case.worker)) == listed
