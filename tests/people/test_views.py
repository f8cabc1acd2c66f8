import uuid
from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import RoleAssignment
from lib import application_clock
from people import actions, matching
from people.models import (
    Hazard,
    HouseholdMembership,
    Identifier,
    Person,
    PersonAddress,
    PersonName,
    PossibleDuplicate,
    Relationship,
    Restriction,
)
from record.models import BreakGlass, NoteChild, ReadLogEntry
from tests.factories.people import (
    ChildFactory,
    MembershipFactory,
    RelationshipFactory,
    RestrictionFactory,
)
from tests.people.families import AT, TODAY


def url(name, person, **more):
    return reverse(f"people:{name}", kwargs={"person_id": person.pk, **more})


def text_of(response):
    return response.content.decode()


@pytest.fixture
def worker(client, mash_social_worker):
    client.force_login(mash_social_worker)
    return client


@pytest.fixture
def manager(client, mash_manager):
    client.force_login(mash_manager)
    return client


def post(client, name, person, data, **more):
    return client.post(url(name, person, **more), data)


# The details page


def test_person_shows_the_family_as_a_picture_and_a_table(worker, family):
    page = text_of(worker.get(url("person", family.jayden)))

    assert "<h1>Jayden Mockford, 6</h1>" in page
    assert 'role="img"' in page
    assert "Mother’s partner" in page
    assert "Kyle’s son" in page
    assert "Since 3 March 2026" in page


def test_person_writes_a_row_of_the_reading_log_for_each_child_shown(worker, family):
    worker.get(url("person", family.jayden))

    read = ReadLogEntry.objects.filter(place="people:person")
    assert {row.child_id for row in read} == {
        family.jayden.pk,
        family.maisie.pk,
        family.tyler.pk,
    }


def test_person_that_does_not_exist_is_not_found(worker):
    assert worker.get(reverse("people:person", args=[uuid.uuid4()])).status_code == 404


@pytest.mark.parametrize("who", ["administrator", "data_analyst", "partner_user"])
def test_person_does_not_exist_for_those_without_case_content(client, request, family, who):
    client.force_login(request.getfixturevalue(who))

    assert client.get(url("person", family.jayden)).status_code == 404


def test_person_page_query_count_does_not_grow(worker, family, mash_social_worker):
    def count():
        with CaptureQueriesContext(connection) as queries:
            assert worker.get(url("person", family.jayden)).status_code == 200
        return len(queries)

    count()  # fills what is kept between requests
    few = count()
    for _ in range(6):
        member = MembershipFactory(household=family.household)
        RelationshipFactory(person=family.leanne, other=member.person)
        RelationshipFactory(person=family.kyle, other=ChildFactory())
    many = count()

    assert many == few


def test_linked_record_leads_to_the_record_that_is_kept(manager, family, mash_manager):
    other = ChildFactory()
    actions.link_records(
        by=mash_manager, at=AT, kept_id=family.jayden.pk, other_id=other.pk, reason="Same NHS"
    )

    assert manager.get(url("person", other)).url == url("person", family.jayden)


def test_withheld_address_prints_as_withheld(worker, family, mash_social_worker):
    actions.move(
        by=mash_social_worker,
        at=AT,
        person_ids=[family.jayden.pk],
        line="9 Placeholder Way",
        postcode="SL1 1AA",
        is_withheld=True,
    )

    page = text_of(worker.get(url("person", family.jayden)))

    assert "Do not share" in page
    assert '<span class="fd-print-only">Withheld</span>' in page


# Restricted records


@pytest.fixture
def restricted(family, owner, mash_manager):
    actions.restrict(
        by=mash_manager,
        at=AT,
        person_id=family.jayden.pk,
        owner_id=owner.pk,
        reason="A relative works here",
        reader_ids=[],
    )
    return family.jayden


def test_restricted_record_says_whom_to_ring_and_nothing_else(worker, restricted, owner):
    response = worker.get(url("person", restricted))

    page = text_of(response)
    assert response.status_code == 403
    assert owner.full_name in page
    assert restricted.la_child_id in page
    assert "Jayden" not in page
    assert "Mockford" not in page
    assert "Open for 60 minutes" in page


def test_restricted_record_offers_no_emergency_to_those_who_may_not(
    client, contact_officer, restricted
):
    client.force_login(contact_officer)

    assert "Open for 60 minutes" not in text_of(client.get(url("person", restricted)))


@pytest.mark.parametrize("who", ["administrator", "data_analyst", "partner_user"])
def test_restricted_record_does_not_exist_for_outsiders(client, request, restricted, who):
    client.force_login(request.getfixturevalue(who))

    assert client.get(url("person", restricted)).status_code == 404
    assert post(client, "break_glass", restricted, {"reason": "x"}).status_code == 404
    assert client.get(url("leave_information", restricted)).status_code == 404


def test_restricted_child_is_a_placeholder_in_the_family(worker, family, restricted, owner):
    page = text_of(worker.get(url("person", family.maisie)))

    assert f"Restricted record, ring {owner.full_name}" in page
    assert "Jayden" not in page


def test_break_glass_refuses_a_reason_that_says_nothing(worker, restricted):
    page = text_of(post(worker, "break_glass", restricted, {"reason": "Need access"}))

    assert "Say what is happening and to whom. “Need access” is not enough to go on" in page
    assert "Need access</textarea>" in page
    assert BreakGlass.objects.count() == 0


def test_break_glass_opens_the_record_and_says_until_when(worker, restricted, owner):
    reason = "Police are at the door and a baby has been hurt."

    response = worker.post(url("break_glass", restricted), {"reason": reason}, follow=True)

    page = text_of(response)
    assert "You have this open until 14:30" in page
    assert f"{owner.full_name} has been told" in page
    opened = ReadLogEntry.objects.get(place="people:person", child=restricted)
    assert opened.break_glass_id == BreakGlass.objects.get().pk


def test_information_can_be_left_without_reading(worker, restricted, owner):
    data = {"token": uuid.uuid4(), "text": "Seen with bruises at school."}

    first = post(worker, "leave_information", restricted, data)
    again = post(worker, "leave_information", restricted, data)

    assert first.url == url("information_left", restricted)
    assert again.status_code == 200
    assert NoteChild.objects.get().child_id == restricted.pk


def test_owner_reviews_an_opening(client, owner, restricted, edt_worker):
    opening = actions.break_glass(
        by=edt_worker,
        at=AT,
        person_id=restricted.pk,
        reason="A baby has been hurt tonight at home.",
    )
    client.force_login(owner)

    listed = text_of(client.get(reverse("people:review_break_glass")))
    answer = client.post(
        reverse("people:review_opening", args=[opening.pk]),
        {"was_justified": "yes", "note": "Spoke to Nia. Right."},
    )

    assert edt_worker.full_name in listed
    assert answer.url == reverse("people:review_break_glass")
    opening.refresh_from_db()
    assert opening.was_justified is True


def test_restrict_lets_only_named_people_read(manager, family, owner, mash_social_worker):
    response = post(
        manager,
        "restrict",
        family.maisie,
        {"owner": owner.pk, "readers": "pat fixture\n", "reason": "Police operation"},
    )

    assert response.status_code == 302
    restriction = Restriction.objects.get(person=family.maisie)
    assert restriction.owner == owner
    assert [reader.user for reader in restriction.readers.all()] == [mash_social_worker]
    assert manager.get(url("person", family.maisie)).status_code == 403


def test_reader_who_is_nobody_is_named_in_the_error(manager, family, owner):
    data = {"owner": owner.pk, "readers": "Nobody Atall", "reason": "Police operation"}

    page = text_of(post(manager, "restrict", family.maisie, data))

    assert "Nobody here is called “Nobody Atall”. Enter the email address" in page


def test_owner_names_a_reader_and_lifts_the_restriction(client, owner, restricted, edt_worker):
    client.force_login(owner)

    post(client, "add_reader", restricted, {"reader": edt_worker.email})
    assert Person.objects.visible_to(edt_worker).filter(pk=restricted.pk).exists()
    post(client, "lift_restriction", restricted, {"because": "The relative has left"})

    assert not Restriction.objects.filter(ended_at=None).exists()


# One thing at a time


def test_edit_details_records_what_changed(worker, family):
    page = worker.get(url("edit_details", family.jayden))
    data = {
        "version": family.jayden.version,
        "sex": "M",
        "ethnicity": "REFU",
        "needs_interpreter": "yes",
        "language": "Polish",
        "disabilities": ["AUT"],
    }

    response = post(worker, "edit_details", family.jayden, data)

    assert page.status_code == 200
    assert response.url == url("person", family.jayden)
    family.jayden.refresh_from_db()
    assert (family.jayden.ethnicity, family.jayden.disabilities) == ("REFU", ["AUT"])


def test_edit_details_tells_of_a_clash_and_keeps_what_was_typed(
    worker, family, contact_officer, mash_social_worker
):
    stale = family.jayden.version
    actions.change_details(
        by=contact_officer, at=AT, person_id=family.jayden.pk, version=stale, language="Urdu"
    )
    data = {"version": stale, "sex": "M", "ethnicity": "NOBT", "needs_interpreter": "unknown"}

    page = text_of(post(worker, "edit_details", family.jayden, {**data, "language": "Polish"}))

    assert f"{contact_officer.full_name} changed this record" in page
    assert "Polish" in page
    assert "Urdu" in page
    family.jayden.refresh_from_db()
    assert family.jayden.language == "Urdu"
    assert f'value="{family.jayden.version}"' in page


def test_names_are_added_corrected_and_used(worker, family):
    data = {"given_name": "Jay", "kind": "known_as", "source": "family"}
    post(worker, "add_name", family.jayden, data)
    jay = PersonName.objects.get(given_name="Jay")

    page = text_of(worker.get(url("person", family.jayden)))
    post(
        worker,
        "correct_name",
        family.jayden,
        {"given_name": "Jaye", "source": "family"},
        name_id=jay.pk,
    )
    jaye = PersonName.objects.get(given_name="Jaye")
    post(worker, "use_name", family.jayden, {}, name_id=jaye.pk)

    assert "likes to be called Jay" in page
    jay.refresh_from_db()
    family.jayden.refresh_from_db()
    assert jay.is_wrong
    assert family.jayden.given_name == "Jaye"


def test_state_date_keeps_rivals(worker, family):
    data = {"as_stated": "4 November 2019", "on_day": "4", "on_month": "11", "on_year": "2019"}

    sent = {**data, "source": "agency", "adopt": "on", "token": str(uuid.uuid4())}
    for _twice in range(2):
        assert post(worker, "state_date", family.jayden, sent).status_code == 302

    assert family.jayden.date_claims.filter(on=date(2019, 11, 4)).count() == 1
    page = text_of(worker.get(url("person", family.jayden)))
    family.jayden.refresh_from_db()
    assert family.jayden.date_of_birth == date(2019, 11, 4)
    assert "“3/11/2019”" in page


def test_number_that_fails_its_check_is_kept_as_given(worker, family):
    data = {"kind": "nhs", "value": "943 476 5918", "source": "agency"}

    post(worker, "add_identifier", family.jayden, data)

    kept = Identifier.objects.get()
    assert (kept.value, kept.is_valid) == ("943 476 5918", False)
    assert "fails its check" in text_of(worker.get(url("person", family.jayden)))
    post(worker, "wrong_identifier", family.jayden, {}, identifier_id=kept.pk)
    kept.refresh_from_db()
    assert kept.is_wrong


def test_address_of_the_whole_household_moves(worker, family):
    data = {
        "line": "7 Specimen Street",
        "postcode": "sl1 3aa",
        "kind": "home",
        "everybody": "on",
        "source": "family",
    }

    post(worker, "add_address", family.jayden, data)

    living = PersonAddress.objects.filter(to_on=None, address__postcode="SL1 3AA")
    assert {stay.person_id for stay in living} == {
        family.leanne.pk,
        family.jayden.pk,
        family.maisie.pk,
        family.kyle.pk,
    }


def test_address_with_an_impossible_postcode_keeps_what_was_typed(worker, family):
    data = {"line": "7 Specimen Street", "postcode": "SLI 2EL", "kind": "home", "source": "family"}

    page = text_of(post(worker, "add_address", family.jayden, data))

    assert "Enter a full UK postcode" in page
    assert "SLI 2EL" in page


def test_service_is_added_and_ended(worker, family):
    data = {"kind": "school", "name": "Larkmead Example Primary", "source": "family"}
    post(worker, "add_setting", family.jayden, data)
    setting = family.jayden.settings.get()

    post(worker, "end_setting", family.jayden, {}, setting_id=setting.pk)

    setting.refresh_from_db()
    assert setting.to_on == TODAY


def test_hazard_is_added_and_ended(worker, family):
    data = {
        "text": "Visit in pairs: large dog, loose",
        "review_on_day": "1",
        "review_on_month": "6",
        "review_on_year": "2026",
        "token": str(uuid.uuid4()),
    }
    for _twice in range(2):
        assert post(worker, "hazards", family.jayden, data).status_code == 302
    hazard = Hazard.objects.get()
    page = text_of(worker.get(url("person", family.jayden)))

    answer = {"still": "no", "because": "The dog has gone"}
    post(worker, "review_hazard", family.jayden, answer, hazard_id=hazard.pk)

    assert "large dog, loose" in page
    hazard.refresh_from_db()
    assert hazard.ended_because == "The dog has gone"


def test_birth_is_recorded(worker, family, mash_social_worker):
    baby = actions.create_person(
        by=mash_social_worker,
        at=AT,
        is_child=True,
        stage="unborn",
        mother_id=family.leanne.pk,
        expected_on=date(2026, 4, 1),
    )
    data = {
        "born_on_day": "10",
        "born_on_month": "3",
        "born_on_year": "2026",
        "sex": "F",
        "given_name": "Isla",
        "family_name": "Mockford",
        "source": "family",
    }

    post(worker, "birth", baby, data)

    page = text_of(worker.get(url("person", baby)))
    assert "Isla Mockford, under 1 week" in page
    assert "due date, from: our record" in page


def test_death_needs_the_right(worker, family):
    assert worker.get(url("death", family.jayden)).status_code == 403


def test_manager_records_a_death(manager, family):
    data = {"died_on_day": "11", "died_on_month": "3", "died_on_year": "2026"}

    post(manager, "death", family.leanne, data)

    family.leanne.refresh_from_db()
    assert family.leanne.died_on == date(2026, 3, 11)


MEMBER = {
    "given_name": "Amelia",
    "family_name": "Mockford",
    "sex": "F",
    "is_child": "yes",
    "kind": "sibling",
    "role": "resident_child",
    "confidence": "stated",
    "source": "family",
}


def test_new_family_member_is_made_when_nobody_matches(worker, family):
    data = {**MEMBER, "given_name": "Zofia", "family_name": "Samplewska", "token": uuid.uuid4()}

    response = post(worker, "add_member", family.jayden, data)
    again = post(worker, "add_member", family.jayden, data)

    made = Person.objects.get(given_name="Zofia")
    assert response.url == again.url == url("person", family.jayden)
    assert made.la_child_id
    assert HouseholdMembership.objects.filter(person=made, household=family.household).exists()
    assert Relationship.objects.filter(person=made, other=family.jayden, kind="sibling").exists()


def test_known_person_is_offered_before_a_record_is_made(worker, family, mash_social_worker):
    known = actions.create_person(
        by=mash_social_worker,
        at=AT,
        is_child=True,
        given_name="Amelia",
        family_name="Mockford",
        date_of_birth=date(2012, 1, 1),
        sex="F",
    )
    data = {
        **MEMBER,
        "token": uuid.uuid4(),
        "date_of_birth_day": "1",
        "date_of_birth_month": "1",
        "date_of_birth_year": "2012",
    }

    page = text_of(post(worker, "add_member", family.jayden, data))
    post(worker, "add_member", family.jayden, {**data, "chosen": known.pk})

    assert "We may know this person already" in page
    assert Person.objects.filter(given_name="Amelia").count() == 1
    assert HouseholdMembership.objects.filter(person=known, household=family.household).exists()


def test_member_leaves_the_household(worker, family):
    membership = HouseholdMembership.objects.get(person=family.kyle)
    data = {"because": "Moved to Reading"}

    post(worker, "end_membership", family.jayden, data, membership_id=membership.pk)

    membership.refresh_from_db()
    assert membership.to_on == TODAY


def test_membership_of_another_family_is_not_found(worker, family):
    other = MembershipFactory()

    response = worker.get(url("end_membership", family.jayden, membership_id=other.pk))

    assert response.status_code == 404


def test_relationship_is_recorded_and_changed(worker, family):
    data = {
        "other": family.kyle.pk,
        "kind": "step_parent",
        "parental_responsibility": "unknown",
        "source": "family",
    }
    post(worker, "relate", family.jayden, data)
    row = Relationship.objects.get(person=family.kyle, other=family.jayden)

    changed = {"parental_responsibility": "no", "what": "stays"}
    post(worker, "change_relation", family.jayden, changed, relationship_id=row.pk)
    ended = {"parental_responsibility": "no", "what": "wrong"}
    post(worker, "change_relation", family.jayden, ended, relationship_id=row.pk)

    row.refresh_from_db()
    assert (row.parental_responsibility, row.is_wrong) == ("no", True)


def test_records_are_linked_by_number_and_parted(manager, family, mash_manager):
    other = ChildFactory()
    data = {"other": other.la_child_id, "keep": "this", "reason": "Same NHS number"}
    post(manager, "link", family.jayden, data)
    link = family.jayden.links_kept.get()
    page = text_of(manager.get(url("person", family.jayden)))

    with application_clock.set_to(AT + timedelta(minutes=5)):
        actions.add_name(
            by=mash_manager,
            at=application_clock.now(),
            person_id=other.pk,
            kind="known_as",
            given_name="Jo",
        )
        parted = post(manager, "unlink", family.jayden, {"because": "Two boys"}, link_id=link.pk)
        listed = text_of(manager.get(parted.url))

    assert other.la_child_id in page
    assert parted.url == url("written", family.jayden, link_id=link.pk)
    assert "Name added: known as" in listed
    assert "Record made" not in listed
    other.refresh_from_db()
    assert other.canonical is None


def test_parting_two_records_names_neither_where_one_is_restricted(manager, family, mash_manager):
    hidden = ChildFactory(given_name="Secretname")
    link = actions.link_records(
        by=mash_manager, at=AT, kept_id=family.jayden.pk, other_id=hidden.pk, reason="Same number"
    )
    RestrictionFactory(person=hidden)

    page = manager.get(url("unlink", family.jayden, link_id=link.pk))

    assert page.status_code == 403
    assert "Secretname" not in page.content.decode()


def test_words_sent_after_the_right_to_record_them_ended_are_given_back(
    worker, family, mash_social_worker
):
    RoleAssignment.objects.filter(user=mash_social_worker).update(to_at=AT)
    typed = {"because": "Both boys <b>say</b> so", "csrfmiddlewaretoken": "Secret one"}

    for name in ("edit_details", "relate"):
        page = post(worker, name, family.jayden, typed)

        assert page.status_code == 403
        assert "Both boys &lt;b&gt;say&lt;/b&gt; so" in page.content.decode()
        assert "Secret one" not in page.content.decode()

    # Nor can another site have a page of ours say its words to somebody who is not known to it.
    assert "Both boys" not in Client().post("/nowhere/", typed).content.decode()


def test_link_page_looks_for_the_other_record_and_takes_the_one_chosen(manager, family):
    jayden = family.jayden
    double = ChildFactory(
        given_name=jayden.given_name,
        family_name=jayden.family_name,
        date_of_birth=jayden.date_of_birth,
    )
    matching.refresh([jayden.pk, double.pk])

    page = text_of(manager.get(url("link", jayden)))
    data = {"chosen": str(double.pk), "keep": "this", "reason": "Same NHS number"}
    post(manager, "link", jayden, data)

    assert "Records that look like the same person" in page
    assert f"{double.name}, " in page
    assert jayden.links_kept.get().other_id == double.pk


def test_link_page_asks_for_a_number_when_it_is_none_of_those_found(manager, family):
    jayden = family.jayden
    double = ChildFactory(
        given_name=jayden.given_name,
        family_name=jayden.family_name,
        date_of_birth=jayden.date_of_birth,
    )
    matching.refresh([jayden.pk, double.pk])
    data = {"chosen": "number", "other": "", "keep": "this", "reason": "Same NHS number"}

    page = text_of(post(manager, "link", jayden, data))
    missing = text_of(post(manager, "link", jayden, {**data, "chosen": ""}))

    assert "Enter the number of the other record" in page
    assert "Say which record is of the same person" in missing


def test_link_page_shows_no_restricted_record(manager, family, head_of_service):
    jayden = family.jayden
    double = ChildFactory(
        given_name=jayden.given_name,
        family_name=jayden.family_name,
        date_of_birth=jayden.date_of_birth,
    )
    matching.refresh([jayden.pk, double.pk])
    RestrictionFactory(person=double, owner=head_of_service)

    page = text_of(manager.get(url("link", jayden)))

    assert "found no other record" in page
    assert double.la_child_id not in page
    assert "A restricted record may match" in page


def test_link_with_an_unknown_number_says_so(manager, family):
    data = {"other": "SL999999", "keep": "this", "reason": "Same NHS number"}

    page = text_of(post(manager, "link", family.jayden, data))

    assert "There is no record of this number that you may read" in page


def test_possible_duplicate_is_settled_side_by_side(manager, family, mash_manager):
    other = ChildFactory(
        given_name="Jaden", family_name="Mockford", date_of_birth=date(2019, 11, 3)
    )
    asked = actions.raise_possible_duplicate(
        by=mash_manager, at=AT, person_id=family.jayden.pk, other_id=other.pk
    )
    address = reverse("people:settle_duplicate", args=[asked.pk])

    page = text_of(manager.get(address))
    manager.post(address, {"answer": "not_same", "reason": "Cousins, both seen"})

    assert "Differs" in page
    assert "Same" in page
    asked.refresh_from_db()
    assert asked.state == PossibleDuplicate.State.NOT_SAME


def test_duplicate_with_a_restricted_record_is_not_found(
    manager, family, mash_manager, mash_social_worker
):
    other = ChildFactory()
    asked = actions.raise_possible_duplicate(
        by=mash_manager, at=AT, person_id=family.jayden.pk, other_id=other.pk
    )
    RestrictionFactory(person=other)

    assert manager.get(reverse("people:settle_duplicate", args=[asked.pk])).status_code == 404
    assert "May be the same person" not in text_of(manager.get(url("person", family.jayden)))


def test_changes_show_before_and_after(worker, family, mash_social_worker):
    actions.change_details(
        by=mash_social_worker,
        at=AT,
        person_id=family.jayden.pk,
        version=family.jayden.version,
        ethnicity="APKN",
    )

    page = text_of(worker.get(url("changes", family.jayden)))

    assert "Information not yet obtained" in page
    assert "Pakistani" in page


def test_who_looked_is_for_those_who_may_see_it(client, family, auditor, contact_officer):
    client.force_login(contact_officer)
    assert client.get(url("looked", family.jayden)).status_code == 403

    client.force_login(auditor)
    page = text_of(client.get(url("looked", family.jayden)))

    assert auditor.full_name in page


def test_early_help_worker_may_change_details_but_not_link(client, early_help_worker, family):
    client.force_login(early_help_worker)

    assert client.get(url("edit_details", family.jayden)).status_code == 200
    assert client.get(url("link", family.jayden)).status_code == 403


def test_auditor_reads_but_does_not_change(client, auditor, family):
    client.force_login(auditor)

    page = client.get(url("person", family.jayden))

    assert page.status_code == 200
    assert "Change the details" not in text_of(page)
    assert client.get(url("edit_details", family.jayden)).status_code == 403


def test_permission_is_asked_again_by_the_action(auditor, family):
    with pytest.raises(PermissionDenied):
        actions.change_details(
            by=auditor, at=AT, person_id=family.jayden.pk, version=1, language="Urdu"
        )
