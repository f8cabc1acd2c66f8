"""What the database refuses, whatever the code says: each rule broken once."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, InternalError, connection, transaction

from cases import actions
from cases.choices import Outcome
from cases.models import (
    Allocation,
    ConsentAnswer,
    ConsentOverride,
    Contact,
    ContactLink,
    ContactPerson,
    Feedback,
    Handover,
    HandoverChild,
    Involvement,
    Referral,
    Responsibility,
    Submission,
    SubmissionPart,
)
from tests.cases.front_door import (
    GRANTED,
    MORNING,
    TYPED,
    answered,
    child,
    decided,
    hours,
    offered,
    received,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("typed_later")]


@pytest.fixture
def contact(contact_officer, mash_manager):
    return received(contact_officer, child("Aaliyah"), child("Zayna"))


@pytest.fixture
def offer(contact, mash_manager, assessment_team_manager):
    return offered(contact, mash_manager, assessment_team_manager)


def assert_refused_by(name, change):
    """The database refuses the change, by the constraint of that name."""
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        change()


def copied(row, **changes):
    """The same row once more, with another key."""
    row.pk = uuid4() if row._meta.pk.get_internal_type() == "UUIDField" else None
    row._state.adding = True
    for name, value in changes.items():
        setattr(row, name, value)
    row.save(force_insert=True)


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("cases_contact_claim_pair", {"claimed_at": MORNING}),
        ("cases_contact_rag_whole", {"rag": "red"}),
        (
            "cases_contact_decided_after_received",
            {"decided_at": MORNING - timedelta(days=1), "state": "decided"},
        ),
        ("cases_contact_void_has_reason", {"state": "void", "board_state": ""}),
        ("cases_contact_state_known", {"state": "lost"}),
        ("cases_contact_on_board_has_clock", {"next_due_at": None}),
    ],
)
def test_contact_that_cannot_be(contact, name, changes):
    assert_refused_by(name, lambda: Contact.objects.filter(pk=contact.pk).update(**changes))


def test_person_stands_on_a_contact_once(contact):
    assert_refused_by("cases_contact_person_once", lambda: copied(contact.people.first()))


def test_two_contacts_of_one_number(contact):
    assert_refused_by("reference", lambda: copied(Contact.objects.get()))


@pytest.mark.parametrize(
    ("name", "kind", "other"),
    [
        ("cases_link_other_or_claimed", "same_family", None),
        ("cases_link_other_or_claimed", "claimed", "another"),
        ("cases_link_two_contacts", "same_family", "itself"),
    ],
)
def test_link_that_leads_nowhere(contact, contact_officer, name, kind, other):
    ends = {"itself": contact}
    if other == "another":
        ends["another"] = received(contact_officer, child("Leo"))

    assert_refused_by(
        name,
        lambda: ContactLink.objects.create(
            contact=contact,
            other=ends.get(other),
            kind=kind,
            why="x",
            by=contact_officer,
            recorded_at=TYPED,
        ),
    )


def test_part_without_a_contact(contact):
    assert_refused_by(
        "cases_part_has_contact",
        lambda: SubmissionPart.objects.create(
            submission=contact.submission, went_to="added", recorded_at=TYPED
        ),
    )


def override(contact, asker, **changes):
    return ConsentOverride.objects.create(
        contact=contact,
        kind="dispensed",
        asked_by=asker,
        asked_at=MORNING,
        asked_because="x",
        recorded_at=TYPED,
        **changes,
    )


def test_override_granted_without_reasons(contact, contact_officer, mash_manager):
    assert_refused_by(
        "cases_override_whole_when_granted",
        lambda: override(
            contact,
            contact_officer,
            state="granted",
            decided_by=mash_manager,
            decided_at=MORNING,
        ),
    )


def test_override_by_who_asked(contact, mash_manager):
    assert_refused_by(
        "cases_override_two_people",
        lambda: override(
            contact, mash_manager, state="refused", decided_by=mash_manager, decided_at=MORNING
        ),
    )


def test_override_asked_twice(contact, contact_officer, mash_manager):
    override(contact, contact_officer)

    assert_refused_by("cases_override_one_asked", lambda: override(contact, contact_officer))


def test_feedback_that_cannot_be(contact):
    assert_refused_by(
        "cases_feedback_pair",
        lambda: Feedback.objects.create(contact=contact, owed_from=MORNING, told_at=MORNING),
    )
    Feedback.objects.create(contact=contact, owed_from=MORNING)
    assert_refused_by(
        "cases_feedback_one_owed",
        lambda: Feedback.objects.create(contact=contact, owed_from=MORNING),
    )


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("cases_referral_need_unless_nfa", {"primary_need": ""}),
        ("cases_referral_rejected_is_nfa", {"state": "rejected"}),
        ("cases_referral_closed_pair", {"closed_on": "2026-03-13"}),
        ("cases_referral_closed_later", {"closed_on": "2026-03-01", "closure_reason": "RC8"}),
    ],
)
def test_referral_that_cannot_be(offer, name, changes):
    assert_refused_by(name, lambda: Referral.objects.update(**changes))


def test_two_open_referrals_of_one_child(offer):
    assert_refused_by("cases_referral_one_open", lambda: copied(Referral.objects.first()))


def test_involvement_that_cannot_be(contact):
    assert_refused_by("cases_involvement_once", lambda: copied(Involvement.objects.first()))
    assert_refused_by(
        "cases_involvement_dates",
        lambda: Involvement.objects.update(to_at=MORNING - timedelta(days=1)),
    )


def test_two_who_hold_one_child(contact):
    assert_refused_by(
        "cases_responsibility_one_holder",
        lambda: copied(Responsibility.objects.first(), from_at=hours(1)),
    )


@pytest.mark.parametrize("let_go", [Responsibility, Involvement])
def test_open_child_whom_nobody_holds(contact, mash_manager, let_go):
    def leave():
        if let_go is Responsibility:
            Responsibility.objects.update(to_at=hours(1))
        else:
            decided(contact, mash_manager, Outcome.ADVICE)
            Involvement.objects.update(to_at=None)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    assert_refused_by("cases_open_child_is_held|nobody holds it", leave)


def test_allocation_that_cannot_be(offer, assessment_team_manager, assessment_social_worker):
    referral = Referral.objects.first()
    lead = Allocation.objects.create(
        child=referral.child,
        referral=referral,
        worker=assessment_social_worker,
        role="lead",
        team=referral.team,
        from_at=MORNING,
        by=assessment_team_manager,
        recorded_at=TYPED,
    )

    assert_refused_by("cases_allocation_one_lead", lambda: copied(Allocation.objects.get()))
    assert_refused_by(
        "cases_allocation_dates",
        lambda: Allocation.objects.filter(pk=lead.pk).update(to_at=MORNING - timedelta(days=1)),
    )


def test_handover_that_cannot_be(offer, assessment_team_manager):
    rows = Handover.objects.filter(pk=offer.pk)

    assert_refused_by("cases_handover_answer_pair", lambda: rows.update(state="accepted"))
    assert_refused_by(
        "cases_handover_returned_reason",
        lambda: rows.update(
            state="returned", answered_by=assessment_team_manager, answered_at=hours(2)
        ),
    )


def test_child_offered_twice(offer):
    row = offer.children.first()

    assert_refused_by("cases_handover_child_once", lambda: copied(row, is_open=False))
    other = Handover.objects.get()
    other.pk, other._state.adding = uuid4(), True
    other.save(force_insert=True)
    assert_refused_by(
        "cases_handover_one_open",
        lambda: HandoverChild.objects.create(
            handover=other, child=row.child, kind=row.kind, is_open=True
        ),
    )


@pytest.mark.parametrize("how", ["update", "delete"])
@pytest.mark.parametrize("model", [Submission, ConsentAnswer])
def test_what_was_said_never_changes(contact, contact_officer, model, how):
    answered(contact, contact_officer, "refused")
    rows = model.objects.all()

    with pytest.raises(InternalError), transaction.atomic():
        rows.update(recorded_at=TYPED) if how == "update" else rows._raw_delete(rows.db)


def test_words_as_stated_never_change(contact):
    with pytest.raises(InternalError), transaction.atomic():
        ContactPerson.objects.update(as_stated={})


def test_decided_override_never_changes(contact, contact_officer, mash_manager):
    asked = actions.ask_override(
        by=contact_officer,
        at=hours(1),
        contact_id=contact.pk,
        kind="dispensed",
        because="Asking would warn him",
    )
    actions.answer_override(
        by=mash_manager, at=hours(2), contact_id=contact.pk, override_id=asked.pk, **GRANTED
    )

    with pytest.raises(InternalError), transaction.atomic():
        ConsentOverride.objects.update(why_necessary="Another reason")


@pytest.mark.parametrize("model", [Involvement, Responsibility, Allocation, Handover])
def test_rows_that_stay(offer, model, assessment_team_manager, assessment_social_worker):
    referral = Referral.objects.first()
    Allocation.objects.create(
        child=referral.child,
        worker=assessment_social_worker,
        role="lead",
        team=referral.team,
        from_at=MORNING,
        by=assessment_team_manager,
        recorded_at=TYPED,
    )
    rows = model.objects.all()

    with pytest.raises(InternalError), transaction.atomic():
        rows._raw_delete(rows.db)
