"""What is late from a contact to a decision, in Slough's time; when it clears, and for whom."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.urls import reverse

from accounts.choices import AgencyKind
from cases import actions as case_actions
from cases.actions.board import claim
from cases.choices import ConsentFrom, ConsentScope, ConsentState, Outcome
from lib import application_clock
from mash import actions
from mash.models import AgencyCheck
from people import actions as people_actions
from people.models import Person
from record import flags
from record.models import Clock, Flag, OutboxMessage
from tests.cases.front_door import (
    GRANTED,
    MORNING,
    NIGHT,
    REASONS,
    answered,
    child,
    decided,
    hours,
    received,
)
from tests.factories.accounts import PartnerAgencyFactory
from tests.factories.people import RestrictionFactory

pytestmark = pytest.mark.django_db
SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
#: When the office closes on the day after MORNING.
FRIDAY = datetime(2026, 3, 13, 16, 45, tzinfo=UTC)
#: When everything here is typed in.
LATER = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock():
    with application_clock.set_to(LATER):
        yield


def found(code, at):
    flags.sweep(at=at, codes=[code])
    open_ones = flags.open_flags().filter(rule=code).select_related("child")
    return sorted((flag.child.given_name, flag.severity) for flag in open_ones)


@pytest.fixture
def contact(contact_officer, mash_manager):
    return received(contact_officer, child(), child("Zayn"))


def opened(contact, by, rag="red"):
    """An enquiry at 10:30, which a manager decides on unless it is red."""
    actions.rate(by=by, at=hours(0.25), contact_id=contact.pk, rag=rag, reason="As told")
    if rag == "red":
        return actions.open_enquiry(
            by=by, at=hours(0.5), contact_id=contact.pk, question="Is it safe?"
        )
    actions.decide(
        by=by,
        at=hours(0.5),
        contact_id=contact.pk,
        children=[
            actions.ChildLine(
                child_id=row.person_id,
                is_in=True,
                level="3",
                outcome=Outcome.MASH_ENQUIRY,
                why=f"Because of {row.position}",
            )
            for row in contact.people.all()
        ],
        question="Is it safe?",
        **REASONS,
    )
    return contact.enquiries.get()


def asked(contact, by, rag="red"):
    """The police are asked at 11:00."""
    answered(contact, by, ConsentState.GIVEN)
    case_actions.record_lawful_basis(
        by=by, at=MORNING, contact_id=contact.pk, basis="public_task", special="safeguarding"
    )
    return actions.ask_agency(
        by=by,
        at=hours(1),
        enquiry_id=opened(contact, by, rag).pk,
        agency_id=PartnerAgencyFactory(name="Thames Valley Police", kind=AgencyKind.POLICE).pk,
        why="Call-outs",
        child_ids=[contact.people.get(position=1).person_id],
    )


# Deciding, and telling the referrer ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("came", "soon", "due"),
    [
        (MORNING, datetime(2026, 3, 13, 9, tzinfo=UTC), FRIDAY),
        # Friday before the clocks go forward, and before they go back.
        (
            datetime(2026, 3, 27, 16, 59, tzinfo=UTC),
            datetime(2026, 3, 30, 8, tzinfo=UTC),
            datetime(2026, 3, 30, 16, tzinfo=UTC),
        ),
        (
            datetime(2026, 10, 23, 15, 59, tzinfo=UTC),
            datetime(2026, 10, 26, 9, tzinfo=UTC),
            datetime(2026, 10, 26, 17, tzinfo=UTC),
        ),
    ],
    ids=str,
)
def test_contact_is_put_to_people_before_and_after_its_limit_in_slough(
    contact_officer, mash_manager, came, soon, due
):
    received(contact_officer, child(), at=came)

    assert found("F-CON-DUE", soon - SECOND) == []
    assert found("F-CON-DUE", soon) == found("F-CON-DUE", due) == [("Aaliyah", "amber")]
    assert found("F-CON-LATE", due) == []
    assert found("F-CON-LATE", due + SECOND) == [("Aaliyah", "red")]
    assert found("F-CON-DUE", due + SECOND) == []


def test_late_contact_clears_with_the_decision_and_never_by_hand(contact, mash_manager):
    late = MORNING + 2 * DAY
    assert found("F-CON-LATE", late) == [("Aaliyah", "red")]
    flag = Flag.objects.get(rule="F-CON-LATE")
    with pytest.raises(flags.StaysLate):
        case_actions.clear_flag(by=mash_manager, at=LATER, flag_id=flag.pk, because="Rung them")

    decided(contact, mash_manager, Outcome.ADVICE, at=late + MINUTE)

    assert found("F-CON-LATE", late + MINUTE) == []


def test_whose_a_late_contact_is(contact, mash_social_worker, mash_manager):
    late = MORNING + 2 * DAY
    found("F-CON-LATE", late)
    flag = Flag.objects.get(rule="F-CON-LATE")
    assert (flag.owner, flag.manager) == (mash_manager, mash_manager)

    with application_clock.set_to(late):
        claim(by=mash_social_worker, at=late, contact_id=contact.pk)
    found("F-CON-LATE", late + MINUTE)
    flag.refresh_from_db()
    assert (flag.owner, flag.manager) == (mash_social_worker, mash_manager)

    found("F-CON-LATE", late + 3 * DAY)  # a claim lapses at closing
    flag.refresh_from_db()
    assert flag.owner == mash_manager
    assert OutboxMessage.objects.filter(subject_id=flag.pk).count() == 1


def test_contact_about_a_restricted_child_too_stands_under_that_child(
    client, contact, mash_manager
):
    hidden = contact.people.get(person__given_name="Zayn").person
    RestrictionFactory(person=hidden)

    assert found("F-CON-LATE", MORNING + 2 * DAY) == [("Zayn", "red")]
    client.force_login(mash_manager)
    page = client.get(reverse("cases:flag", args=[Flag.objects.get(rule="F-CON-LATE").pk]))

    assert page["Location"] == reverse("people:person", args=[hidden.pk])


def test_referrer_who_heard_nothing_is_amber_until_told(contact, mash_manager, contact_officer):
    decided(contact, mash_manager, Outcome.ADVICE)  # Thursday
    due = FRIDAY
    assert found("F-CON-FB", due) == []
    assert found("F-CON-FB", due + SECOND) == [("Aaliyah", "amber")]

    case_actions.record_feedback(
        by=contact_officer, at=due + MINUTE, contact_id=contact.pk, how="Rang", what="Advice"
    )

    assert found("F-CON-FB", due + MINUTE) == []


# Contacts that keep coming ------------------------------------------------------------------------


def again(contact_officer, person, at):
    return received(contact_officer, child(person_id=person.pk), at=at)


@pytest.fixture
def aaliyah(contact_officer, mash_manager):
    first = received(contact_officer, child(), at=MORNING)
    decided(first, mash_manager, Outcome.NFA)
    return first.people.get().person


def test_second_contact_in_thirty_days_asks_what_they_mean_together(
    aaliyah, contact_officer, mash_manager
):
    on_the_thirtieth = MORNING + 30 * DAY
    contact = again(contact_officer, aaliyah, on_the_thirtieth)
    assert found("F-CON-REPEAT", on_the_thirtieth) == [("Aaliyah", "amber")]
    flag = Flag.objects.get(rule="F-CON-REPEAT")
    assert (flag.facts, flag.owner) == ({"number": 2, "lately": 2}, mash_manager)

    decided(contact, mash_manager, Outcome.NFA, at=on_the_thirtieth + MINUTE)

    assert found("F-CON-REPEAT", on_the_thirtieth + MINUTE) == []


def test_contacts_further_apart_ask_from_the_third_in_twelve_months(
    aaliyah, contact_officer, mash_manager
):
    second = again(contact_officer, aaliyah, MORNING + 31 * DAY)
    assert found("F-CON-REPEAT", MORNING + 31 * DAY) == []
    decided(second, mash_manager, Outcome.NFA, at=MORNING + 31 * DAY + MINUTE)
    third = datetime(2026, 7, 1, 9, tzinfo=UTC)
    again(contact_officer, aaliyah, third)

    assert found("F-CON-REPEAT", third) == [("Aaliyah", "amber")]


def test_contacts_of_a_linked_record_count(aaliyah, contact_officer, mash_manager):
    soon = MORNING + DAY
    other = received(contact_officer, child("Alia"), at=soon)
    assert found("F-CON-REPEAT", soon) == []

    people_actions.link_records(
        by=mash_manager,
        at=soon,
        kept_id=aaliyah.pk,
        other_id=other.people.get().person_id,
        reason="The same girl",
    )

    assert found("F-CON-REPEAT", soon) == [("Alia", "amber")]


def test_contacts_before_a_referral_do_not_count(
    aaliyah, contact_officer, mash_manager, assessment_team_manager
):
    referred = again(contact_officer, aaliyah, MORNING + DAY)
    decided(
        referred,
        mash_manager,
        Outcome.REFERRAL,
        team=assessment_team_manager.managed_teams.get(),
        level="4a",
        at=MORNING + DAY + MINUTE,
    )
    again(contact_officer, aaliyah, MORNING + 2 * DAY)
    assert found("F-CON-REPEAT", MORNING + 2 * DAY) == []

    again(contact_officer, aaliyah, MORNING + 3 * DAY)
    assert found("F-CON-REPEAT", MORNING + 3 * DAY) == [("Aaliyah", "amber")]


# Enquiries and agencies ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rag", "due", "severity"),
    [
        ("red", datetime(2026, 3, 12, 14, tzinfo=UTC), "critical"),
        ("amber", datetime(2026, 3, 13, 10, tzinfo=UTC), "red"),
        ("green", datetime(2026, 3, 17, 10, tzinfo=UTC), "amber"),
    ],
)
def test_enquiry_is_as_grave_as_it_is_urgent(contact, mash_manager, rag, due, severity):
    opened(contact, mash_manager, rag)

    assert Clock.objects.get(rule__startswith="MASH-").due_at == due
    assert found("F-MASH-RAG", due) == []
    assert found("F-MASH-RAG", due + SECOND) == [("Aaliyah", severity)]
    decided(contact, mash_manager, Outcome.ADVICE, at=due + MINUTE)
    assert found("F-MASH-RAG", due + MINUTE) == []


@pytest.mark.parametrize(
    ("rag", "due", "severity"),
    [
        ("red", datetime(2026, 3, 12, 13, tzinfo=UTC), "red"),
        ("amber", datetime(2026, 3, 12, 17, tzinfo=UTC), "amber"),
        ("green", datetime(2026, 3, 13, 11, tzinfo=UTC), "amber"),
    ],
)
def test_agency_that_does_not_answer_is_named_until_it_does(
    contact, mash_manager, rag, due, severity
):
    check = asked(contact, mash_manager, rag)

    assert found("F-CHK-LATE", due) == []
    assert found("F-CHK-LATE", due + SECOND) == [("Aaliyah", severity)]
    flag = Flag.objects.get(rule="F-CHK-LATE")
    assert flag.owner == mash_manager
    assert flag.facts["agency"] == "Thames Valley Police"
    actions.waive_check(by=mash_manager, at=due + MINUTE, check_id=check.pk, because="No time")
    assert found("F-CHK-LATE", due + MINUTE) == []


def test_page_of_a_late_answer_leads_to_the_agency(client, contact, mash_manager):
    asked(contact, mash_manager)
    found("F-CHK-LATE", hours(4))
    client.force_login(mash_manager)
    page = client.get(reverse("cases:flag", args=[Flag.objects.get(rule="F-CHK-LATE").pk]))

    check = AgencyCheck.objects.get()
    assert "Thames Valley Police has not answered about Aaliyah" in page.content.decode()
    assert reverse("mash:check_answer", args=[check.pk]) in page.content.decode()


# Agreement ----------------------------------------------------------------------------------------


def test_enquiry_without_a_question_to_the_family_is_red_after_four_office_hours(
    contact, mash_manager
):
    opened(contact, mash_manager)  # 10:30
    due = hours(4.5)
    assert found("F-CONS-MISSING", due) == []
    assert found("F-CONS-MISSING", due + SECOND) == [("Aaliyah", "red")]

    answered(contact, mash_manager, ConsentState.GIVEN, asked_as=ConsentFrom.CARER)
    answered(contact, mash_manager, ConsentState.GIVEN, scope=ConsentScope.SERVICE)
    assert found("F-CONS-MISSING", due + MINUTE) == [("Aaliyah", "red")]

    answered(contact, mash_manager, ConsentState.REFUSED)
    assert found("F-CONS-MISSING", due + 2 * MINUTE) == []


def test_a_managers_decision_to_go_on_without_is_as_good_as_an_answer(
    contact, mash_social_worker, mash_manager
):
    opened(contact, mash_manager)
    asked_for = case_actions.ask_override(
        by=mash_social_worker,
        at=hours(1),
        contact_id=contact.pk,
        kind=ConsentState.DISPENSED,
        because="Asking would warn him",
    )
    assert found("F-CONS-MISSING", hours(5)) == [("Aaliyah", "red")]

    case_actions.answer_override(
        by=mash_manager, at=hours(2), contact_id=contact.pk, override_id=asked_for.pk, **GRANTED
    )
    assert found("F-CONS-MISSING", hours(5)) == []


def test_what_edt_decided_at_night_is_red_until_confirmed(edt_worker, mash_manager):
    contact = received(edt_worker, child(), at=NIGHT)
    override = case_actions.answer_override(
        by=edt_worker,
        at=NIGHT + MINUTE,
        contact_id=contact.pk,
        override_id=None,
        kind=ConsentState.DISPENSED,
        **GRANTED,
    )
    due = Clock.objects.get(rule="CONS-CONF").due_at
    assert due == FRIDAY
    assert found("F-CONS-CONF", due) == []
    assert found("F-CONS-CONF", due + SECOND) == [("Aaliyah", "red")]
    assert Flag.objects.get(rule="F-CONS-CONF").owner == mash_manager

    case_actions.confirm_override(
        by=mash_manager,
        at=due + MINUTE,
        contact_id=contact.pk,
        override_id=override.pk,
        is_confirmed=True,
        note="As I would have",
    )
    assert found("F-CONS-CONF", due + MINUTE) == []


# Every rule ---------------------------------------------------------------------------------------


def test_a_second_sweep_writes_nothing(contact, mash_manager, contact_officer):
    asked(contact, mash_manager)
    again(contact_officer, Person.objects.get(given_name="Zayn"), hours(2))
    late = MORNING + 4 * DAY
    flags.sweep(at=late, codes=["F-CON", "F-MASH", "F-CHK"])

    swept = flags.sweep(at=late + MINUTE, codes=["F-CON", "F-MASH", "F-CHK"])

    assert [one for one in swept if one.wrote] == []
    assert Flag.objects.count() == 5


def test_rules_look_only_at_what_is_open(contact, mash_manager):
    """No rule reads the history of contacts: each begins at what runs or stands on the board."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        for rule in flags.rules():
            if rule.code.startswith(("F-CON", "F-MASH", "F-CHK")):
                select = rule.breaches(LATER)
                cursor.execute(f"EXPLAIN {select.sql}", select.params)
                plan = "\n".join(row[0] for row in cursor.fetchall())
                assert "Seq Scan on cases_contact " not in plan, rule.code
                assert "Seq Scan on record_clock" not in plan, rule.code
                assert "Seq Scan on mash_enquiry" not in plan, rule.code
