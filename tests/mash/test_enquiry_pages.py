"""A MASH enquiry in the browser: opened, asked, answered, analysed, escalated; and the portal."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.choices import AgencyKind, Role
from cases import actions as case_actions
from cases.choices import ConsentFrom, ConsentScope, ConsentState, Ground
from lib import application_clock
from mash import actions
from mash.models import AgencyCheck, Analysis, Enquiry, StrategyDiscussion
from people.choices import YesNoUnknown
from record.errors import Refused
from record.models import ReadLogEntry
from tests.factories.accounts import PartnerAgencyFactory, UserFactory, with_role
from tests.factories.people import RestrictionFactory
from tests.mash.board_cases import NOW, child, received
from tests.mash.pages import form, moment, text_of

pytestmark = pytest.mark.django_db

ANALYSIS = {
    "harm": "Pushed over twice.",
    "likelihood": "Likely, he comes back at weekends.",
    "protective": "Her grandmother rings daily.",
    "history": "Two call-outs in 2024.",
    "unknown": "Whether he has a key.",
    "recommended_level": "4b",
}


@pytest.fixture(autouse=True)
def _thursday():
    with application_clock.set_to(NOW):
        yield


@pytest.fixture
def police(db):
    return PartnerAgencyFactory(name="Thames Valley Police", kind=AgencyKind.POLICE)


@pytest.fixture
def red(contact_officer):
    """A red contact about two children, with agreement and lawful basis."""
    contact = received(contact_officer, child(), child("Zayn", sex="M"))
    actions.rate(by=contact_officer, at=NOW, contact_id=contact.pk, rag="red", reason="Injury")
    case_actions.record_answer(
        by=contact_officer,
        at=NOW - timedelta(minutes=5),
        contact_id=contact.pk,
        asked_as=ConsentFrom.PARENT_WITH_PR,
        scope=ConsentScope.CHECKS,
        state=ConsentState.GIVEN,
        how="spoken",
        to_what="Police and health visitor",
    )
    case_actions.record_lawful_basis(
        by=contact_officer,
        at=NOW,
        contact_id=contact.pk,
        basis="public_task",
        special="safeguarding",
    )
    contact.refresh_from_db()
    return contact


@pytest.fixture
def enquiry(red, mash_social_worker):
    return actions.open_enquiry(
        by=mash_social_worker, at=NOW, contact_id=red.pk, question="Is it safe to go home?"
    )


@pytest.fixture
def check(enquiry, mash_social_worker, police):
    child_id = enquiry.contact.people.order_by("position").first().person_id
    return actions.ask_agency(
        by=mash_social_worker,
        at=NOW,
        enquiry_id=enquiry.pk,
        agency_id=police.pk,
        why="History of violence at the address",
        child_ids=[child_id],
    )


@pytest.fixture
def officer(police):
    """Somebody of the police, who sees the police's questions only."""
    user = UserFactory(full_name="Sgt Proto", email="proto@police.example", agency=police)
    return with_role(user, Role.PARTNER_AGENCY)


def url(name, thing):
    return reverse(f"mash:{name}", args=[thing.pk])


# Opening and asking ---------------------------------------------------------------------------


def test_red_enquiry_is_opened_before_the_decision(client, red, mash_social_worker):
    client.force_login(mash_social_worker)

    missing = client.post(url("open_enquiry", red), form())
    page = client.post(url("open_enquiry", red), form(question="Is it safe?"), follow=True)

    assert "Say which question the enquiry must answer" in text_of(missing)
    assert Enquiry.objects.get().question == "Is it safe?"
    assert "The question: Is it safe?" in text_of(page)
    again = text_of(client.post(url("open_enquiry", red), form(question="Twice?")))
    assert "A MASH enquiry is open on this contact already." in again


def test_enquiry_that_is_not_red_waits_for_the_manager(client, contact_officer, mash_social_worker):
    contact = received(contact_officer, child())
    client.force_login(mash_social_worker)

    page = text_of(client.post(url("open_enquiry", contact), form(question="Is it safe?")))

    assert "Only a red enquiry opens before the decision." in page
    assert not Enquiry.objects.exists()


def test_contact_officer_may_not_open_an_enquiry(client, red, contact_officer):
    client.force_login(contact_officer)

    answer = client.post(url("open_enquiry", red), form(question="Is it safe?"))

    assert answer.status_code == 403
    assert not Enquiry.objects.exists()


def test_several_agencies_are_asked_each_with_why(
    client, enquiry, contact_officer, police, partner_agency
):
    children = list(enquiry.contact.people.order_by("position").values_list("person_id", flat=True))
    client.force_login(contact_officer)
    typed = {
        "agencies": [str(police.pk), str(partner_agency.pk)],
        f"why_{police.pk}": "Call-outs",
        "children": [str(children[0])],
    }

    shown = text_of(client.get(url("ask_agencies", enquiry)))
    half = client.post(url("ask_agencies", enquiry), form(**typed))
    typed[f"why_{partner_agency.pk}"] = "How she is at school"
    page = client.post(url("ask_agencies", enquiry), form(**typed), follow=True)

    assert "Urgency is red: whoever is asked now answers by today, 15:30." in shown
    assert f"Say why {partner_agency.name} is asked" in text_of(half)
    assert "2 agencies asked. Due 15:30 today." in text_of(page)
    assert AgencyCheck.objects.count() == 2
    assert {row.why for row in AgencyCheck.objects.all()} == {"Call-outs", "How she is at school"}


def test_asking_without_agreement_says_what_is_missing_as_links(
    client, contact_officer, mash_social_worker, police
):
    contact = received(contact_officer, child())
    actions.rate(by=contact_officer, at=NOW, contact_id=contact.pk, rag="red", reason="Injury")
    opened = actions.open_enquiry(
        by=mash_social_worker, at=NOW, contact_id=contact.pk, question="Is it safe?"
    )
    child_id = contact.people.get().person_id
    client.force_login(mash_social_worker)

    page = client.post(
        url("ask_agencies", opened),
        form(
            agencies=[str(police.pk)], children=[str(child_id)], **{f"why_{police.pk}": "Call-outs"}
        ),
    )

    said = text_of(page)
    assert "You cannot ask agencies yet" in said
    assert "Nobody has agreed to agencies being asked" in said
    assert reverse("mash:contact_lawful_basis", args=[contact.pk]) in page.content.decode()
    assert not AgencyCheck.objects.exists()


def test_asking_nobody_about_nobody_is_refused(client, enquiry, mash_social_worker):
    client.force_login(mash_social_worker)

    page = text_of(client.post(url("ask_agencies", enquiry), form()))

    assert "Choose at least one agency" in page
    assert "Choose the children the agencies are asked about" in page


# Answers --------------------------------------------------------------------------------------


def test_answer_is_keyed_in_with_reliability_and_sharing(client, check, contact_officer):
    client.force_login(contact_officer)
    typed = {
        "state": "returned",
        "author": "Sgt Proto",
        "how": "By phone",
        **moment("12 3 2026", "13:30"),
    }

    missing = text_of(client.post(url("check_answer", check), form(**typed)))
    page = client.post(
        url("check_answer", check),
        form(
            **typed,
            information="Two call-outs, no charge.",
            reliability="fact",
            sharing="not_family",
        ),
        follow=True,
    )
    check.refresh_from_db()

    for words in (
        "Enter what is known",
        "Choose how reliable it is",
        "Choose whether the family may see it",
    ):
        assert words in missing
    assert check.state == "returned"
    said = text_of(page)
    assert "Two call-outs, no charge." in said
    assert "Sgt Proto, By phone, today, 13:30. Fact." in said
    assert "Not to be shown to the family." in said


def test_nothing_known_and_declined_are_answers(client, check, contact_officer):
    client.force_login(contact_officer)
    typed = {"author": "Sgt Proto", "how": "By phone", **moment("12 3 2026", "13:30")}

    declined = text_of(client.post(url("check_answer", check), form(state="declined", **typed)))
    client.post(url("check_answer", check), form(state="nothing_known", **typed))
    check.refresh_from_db()

    assert "Say why the answer is declined" in declined
    assert check.state == "nothing_known"


def test_answer_before_the_question_is_refused(client, check, contact_officer):
    client.force_login(contact_officer)

    page = client.post(
        url("check_answer", check),
        form(
            state="nothing_known",
            author="Sgt Proto",
            how="By phone",
            **moment("12 3 2026", "13:00"),
        ),
    )
    check.refresh_from_db()

    assert "The answer is before the question was asked." in text_of(page)
    assert check.state == "requested"


def test_agency_is_reminded_and_has_seen_it(client, check, contact_officer):
    client.force_login(contact_officer)

    refused = text_of(client.post(url("check_chase", check), form(how="")))
    client.post(url("check_chase", check), form(how="Rang the desk"))
    page = client.post(url("check_acknowledge", check), follow=True)
    again = client.post(url("check_acknowledge", check), follow=True)

    assert "Say how you reminded them, and whom" in refused
    assert check.chases.get().how == "Rang the desk"
    assert "Seen, not answered" in text_of(page)
    assert "Reminded today, 13:30" in text_of(page)
    assert "This question has gone past being seen." in text_of(again)


def test_going_on_without_is_the_managers_with_a_reason(
    client, check, mash_manager, mash_social_worker
):
    client.force_login(mash_social_worker)
    assert client.post(url("check_waive", check), form(because="Closed")).status_code == 403
    client.force_login(mash_manager)

    refused = text_of(client.post(url("check_waive", check), form(because=" ")))
    client.post(url("check_waive", check), form(because="Custody record already read"))
    check.refresh_from_db()

    assert "Say why the decision is safe without this answer" in refused
    assert check.state == "waived"
    again = text_of(client.post(url("check_waive", check), form(because="Again")))
    assert "so there is nothing to waive" in again


# Analysis -------------------------------------------------------------------------------------


def test_going_on_to_the_analysis_needs_answers_or_a_reason(
    client, check, enquiry, mash_social_worker
):
    client.force_login(mash_social_worker)

    page = text_of(client.get(url("finish_checks", enquiry)))
    refused = text_of(client.post(url("finish_checks", enquiry), form()))
    client.post(url("finish_checks", enquiry), form(went_on_without="He is outside the school"))
    enquiry.refresh_from_db()

    assert "Not answered yet: Thames Valley Police." in page
    assert "Say why you go on without them, or wait" in refused
    assert enquiry.state == "analysis"
    assert enquiry.went_on_without == "He is outside the school"


def test_analysis_is_per_child_starts_empty_and_notices_copied_words(
    client, enquiry, check, contact_officer, mash_social_worker
):
    first, second = enquiry.contact.people.order_by("position").values_list("person_id", flat=True)
    client.force_login(mash_social_worker)

    def page_of(child_id):
        return reverse("mash:analyse", args=[enquiry.contact_id, child_id])

    missing = text_of(client.post(page_of(first), form(recommended_level="4b")))
    client.post(page_of(first), form(**ANALYSIS))
    blank = client.get(page_of(second)).content.decode()
    said = text_of(client.post(page_of(second), form(**ANALYSIS), follow=True))
    shown = text_of(client.get(page_of(first)))

    for words in ("Enter the harm", "Enter how likely it is", "Enter what is not known"):
        assert words in missing
    assert "Pushed over twice." not in blank
    assert Analysis.objects.count() == 2
    assert "Check: same words as for Aaliyah Testwood." in said
    assert "Last analysis of this child, Pat Fixture" in shown


def test_analysis_of_a_child_not_on_the_contact_is_not_found(client, enquiry, mash_social_worker):
    client.force_login(mash_social_worker)
    stranger = "00000000-0000-4000-8000-000000000000"

    answer = client.get(reverse("mash:analyse", args=[enquiry.contact_id, stranger]))

    assert answer.status_code == 404


def test_analysis_of_200_000_characters_is_refused_and_kept(client, enquiry, mash_social_worker):
    child_id = enquiry.contact.people.order_by("position").first().person_id
    long = "w" * 20_001
    client.force_login(mash_social_worker)

    response = client.post(
        reverse("mash:analyse", args=[enquiry.contact_id, child_id]),
        form(**{**ANALYSIS, "harm": long}),
    )

    assert "Shorten “Harm” to 20,000 characters; you have 20,001" in text_of(response)
    assert long in response.content.decode()


def test_enquiry_is_put_before_the_manager_when_every_child_is_analysed(
    client, enquiry, mash_social_worker
):
    children = enquiry.contact.people.order_by("position").values_list("person_id", flat=True)
    client.force_login(mash_social_worker)

    early = client.post(url("put_before_manager", enquiry), follow=True)
    for place, child_id in enumerate(children):
        client.post(
            reverse("mash:analyse", args=[enquiry.contact_id, child_id]),
            form(**{**ANALYSIS, "harm": f"Harm {place}"}),
        )
    page = client.post(url("put_before_manager", enquiry), follow=True)
    enquiry.refresh_from_db()

    assert "There is no analysis yet for Aaliyah Testwood and Zayn Testwood." in text_of(early)
    assert enquiry.state == "awaiting_decision"
    assert "It is before the manager." in text_of(page)


# Strategy discussion --------------------------------------------------------------------------


def test_strategy_discussion_is_called_child_by_child(
    client, red, mash_social_worker, mash_manager
):
    child_id = red.people.order_by("position").first().person_id
    client.force_login(mash_social_worker)

    fresh = client.get(url("strategy", red))
    missing = text_of(client.post(url("strategy", red), form()))
    page = client.post(
        url("strategy", red),
        form(
            children=[str(child_id)],
            reason="Injury to a pregnant mother",
            is_same_day="yes",
            chair=str(mash_manager.pk),
        ),
        follow=True,
    )

    assert "checked" not in fresh.content.decode()
    for words in (
        "Choose the children the discussion is about",
        "Say why the threshold for section 47 may be met",
        "Say whether it must be held today",
        "Choose who chairs it",
    ):
        assert words in missing
    discussion = StrategyDiscussion.objects.get()
    assert discussion.chair == mash_manager
    assert [row.child_id for row in discussion.children.all()] == [child_id]
    assert "The strategy discussion is on Noor Placeholder’s list." in text_of(page)


def test_strategy_discussion_sent_twice_is_called_once(
    client, red, mash_social_worker, mash_manager
):
    child_id = red.people.order_by("position").first().person_id
    client.force_login(mash_social_worker)
    sent = form(
        children=[str(child_id)],
        reason="Injury",
        is_same_day="yes",
        chair=str(mash_manager.pk),
    )

    client.post(url("strategy", red), sent)
    client.post(url("strategy", red), sent)

    assert StrategyDiscussion.objects.count() == 1


def test_contact_officer_may_not_call_a_discussion(client, red, contact_officer):
    client.force_login(contact_officer)

    assert client.get(url("strategy", red)).status_code == 403
    assert client.post(url("strategy", red), form()).status_code == 403
    assert not StrategyDiscussion.objects.exists()


# Not visible ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["ask_agencies", "finish_checks", "open_enquiry", "strategy"])
def test_pages_of_a_restricted_contact_are_closed(
    client, enquiry, mash_social_worker, head_of_service, name
):
    row = enquiry.contact.people.order_by("position").first()
    RestrictionFactory(person=row.person, owner=head_of_service)
    client.force_login(mash_social_worker)
    thing = enquiry if name in ("ask_agencies", "finish_checks") else enquiry.contact

    response = client.get(url(name, thing))

    assert response.status_code == 403
    assert row.person.name not in response.content.decode()


def test_withdrawing_stops_reminders_until_a_manager_decides_to_go_on(
    check, contact_officer, mash_social_worker, mash_manager
):
    contact_id = check.enquiry.contact_id
    case_actions.record_answer(
        by=contact_officer,
        at=NOW,
        contact_id=contact_id,
        asked_as=ConsentFrom.PARENT_WITH_PR,
        scope=ConsentScope.CHECKS,
        state=ConsentState.WITHDRAWN,
        words="Stop asking about us",
    )

    def remind():
        return actions.chase(by=mash_social_worker, at=NOW, check_id=check.pk, how="Rang the desk")

    with pytest.raises(Refused, match="Nobody has agreed to agencies being asked"):
        remind()
    asked = case_actions.ask_override(
        by=mash_social_worker,
        at=NOW,
        contact_id=contact_id,
        kind=ConsentState.OVERRIDDEN,
        because="He is on his way",
    )
    case_actions.answer_override(
        by=mash_manager,
        at=NOW,
        contact_id=contact_id,
        override_id=asked.pk,
        grounds=[Ground.RISK_CHILD],
        why_necessary="Only the police can say",
        will_family_be_told=YesNoUnknown.YES,
    )
    remind()

    assert check.chases.count() == 1


def test_child_taken_off_and_restricted_since_is_named_nowhere_on_the_contact(
    client, check, mash_social_worker, mash_manager, head_of_service
):
    contact = check.enquiry.contact
    row = contact.people.order_by("position").first()
    words = {**ANALYSIS, "harm": "Words about a hidden child"}
    actions.analyse(
        by=mash_social_worker, at=NOW, contact_id=contact.pk, child_id=row.person_id, **words
    )
    case_actions.remove_person(
        by=mash_social_worker,
        at=NOW,
        contact_id=contact.pk,
        contact_person_id=row.pk,
        because="The wrong child",
    )
    row.person.memberships.update(to_on=NOW.date())
    RestrictionFactory(person=row.person, owner=head_of_service)
    client.force_login(mash_manager)

    for name in ("contact", "decide"):
        page = client.get(url(name, contact))
        assert page.status_code == 200
        assert row.person.name not in page.content.decode()
        assert words["harm"] not in page.content.decode()


def test_waiving_locks_the_contact_before_the_question_as_answering_does(
    check, mash_manager, settings
):
    settings.PREPARE_STATEMENTS = False  # what is asked is read here
    with CaptureQueriesContext(connection) as asked:
        actions.waive_check(by=mash_manager, at=NOW, check_id=check.pk, because="Desk is closed")

    locks = [sql for query in asked if "UPDATE OF" in (sql := query["sql"]) or "KEY UPDATE" in sql]
    assert 'FROM "cases_contact"' in locks[0]
    assert 'FROM "mash_agencycheck"' in locks[1]


@pytest.mark.parametrize("name", ["check_answer", "check_chase", "check_acknowledge"])
def test_checks_are_closed_to_roles_without_the_right(client, check, early_help_coordinator, name):
    client.force_login(early_help_coordinator)

    assert client.post(url(name, check), form()).status_code == 403


# The agency's own pages -----------------------------------------------------------------------


def test_agency_sees_its_question_the_childrens_names_and_nothing_else(client, check, officer, red):
    client.force_login(officer)

    listed = text_of(client.get(reverse("mash:agency_checks")))
    response = client.get(url("agency_check", check))
    page = text_of(response)

    assert "1 question waits for your agency" in listed
    assert "What do you know about Aaliyah Testwood?" in page
    assert "born 14 September 2018" in page
    assert "History of violence at the address" in page
    assert "Due 15:30 today" in page
    for hidden in ("Zayn", red.words, red.reference, "Injury", "Is it safe to go home?", "Red"):
        assert hidden not in response.content.decode()
    rows = ReadLogEntry.objects.filter(place="mash:agency_check")
    assert [row.child_id for row in rows] == [check.children.get().person_id]


def test_agency_answers_and_the_contact_says_so(client, check, officer, red):
    client.force_login(officer)

    client.post(url("agency_check_seen", check))
    check.refresh_from_db()
    assert check.state == "acknowledged"
    missing = text_of(client.post(url("agency_check", check), form(author="Sgt Proto")))
    page = client.post(
        url("agency_check", check),
        form(
            state="returned",
            author="Sgt Proto",
            information="Two call-outs.",
            reliability="fact",
            sharing="ask_first",
        ),
        follow=True,
    )
    check.refresh_from_db()
    red.refresh_from_db()

    assert "Choose what the answer is" in missing
    assert "Your answer is recorded." in text_of(page)
    assert check.state == "returned"
    assert check.answers.get().by == officer
    assert red.news == "Thames Valley Police replied"


def test_agency_answer_sent_twice_is_recorded_once(client, check, officer):
    client.force_login(officer)
    sent = form(state="nothing_known", author="Sgt Proto")

    client.post(url("agency_check", check), sent)
    client.post(url("agency_check", check), sent)

    assert check.answers.count() == 1


def test_other_agencies_questions_do_not_exist(client, check, partner_user):
    client.force_login(partner_user)

    assert client.get(url("agency_check", check)).status_code == 404
    assert client.post(url("agency_check", check), form()).status_code == 404
    assert client.post(url("agency_check_seen", check)).status_code == 404
    assert "No question waits" in text_of(client.get(reverse("mash:agency_checks")))
    check.refresh_from_db()
    assert check.state == "requested"


def test_agency_may_not_open_the_contact_or_the_board(client, check, officer, red):
    client.force_login(officer)

    assert client.get(reverse("mash:contact", args=[red.pk])).status_code in (403, 404)
    assert client.get(reverse("mash:board")).status_code == 403
    assert client.get(url("check_answer", check)).status_code == 403


def test_staff_have_no_agency_pages(client, check, mash_manager):
    client.force_login(mash_manager)

    assert client.get(reverse("mash:agency_checks")).status_code == 403
    assert client.get(url("agency_check", check)).status_code == 403


def test_agency_list_takes_the_same_queries_however_many(
    client, contact_officer, mash_social_worker, enquiry, check, officer, police
):
    client.force_login(officer)
    client.get(reverse("mash:agency_checks"))
    with CaptureQueriesContext(connection) as few:
        client.get(reverse("mash:agency_checks"))
    for place in range(4):
        AgencyCheck.objects.create(
            enquiry=enquiry,
            agency=police,
            why=f"Again {place}",
            asked_by=mash_social_worker,
            asked_at=NOW,
            due_at=NOW + timedelta(hours=2),
            recorded_at=NOW,
        )

    with CaptureQueriesContext(connection) as many:
        client.get(reverse("mash:agency_checks"))

    assert len(many) == len(few)
