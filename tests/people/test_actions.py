from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied

from lib import application_clock
from people import actions, reactions
from people.choices import HouseholdRole, NameKind
from people.models import (
    DateClaim,
    HouseholdMembership,
    Identifier,
    Person,
    PersonAddress,
    PersonName,
    PossibleDuplicate,
    Relationship,
)
from people.queries import closed_to
from record.models import BreakGlass, Event, OutboxMessage
from tests.factories.people import ChildFactory, PersonFactory, RestrictionFactory
from tests.people.families import AT, TODAY, join


def create(by, **fields):
    values = {"given_name": "Robin", "family_name": "Testwood", "is_child": True, **fields}
    return actions.create_person(by=by, at=AT, **values)


def unborn(by, mother=None, **fields):
    return actions.create_person(
        by=by,
        at=AT,
        is_child=True,
        stage="unborn",
        mother_id=mother.pk if mother else None,
        **fields,
    )


def codes(person):
    return list(
        Event.objects.filter(subject_id=person.pk)
        .order_by("recorded_at", "code")
        .values_list("code", flat=True)
    )


# Making a record


def test_create_person_gives_a_child_the_next_number_and_a_current_name(contact_officer):
    one = create(contact_officer)
    two = create(contact_officer)

    assert one.la_child_id.startswith("SL")
    assert one.la_child_id.isalnum()
    assert int(two.la_child_id[2:]) == int(one.la_child_id[2:]) + 1
    assert one.names.get().kind == NameKind.CURRENT
    assert codes(one) == ["people.created"]


def test_create_person_gives_an_adult_no_number(contact_officer):
    assert create(contact_officer, is_child=False).la_child_id is None


def test_create_person_counts_a_young_parent_as_a_child(contact_officer):
    mother = create(contact_officer, is_child=False, date_of_birth=date(2009, 1, 1))

    assert mother.la_child_id


def test_create_person_invents_no_date_of_birth(contact_officer):
    child = create(contact_officer, age_as_stated="about 8")

    assert (child.date_of_birth, child.expected_on, child.age_as_stated) == (None, None, "about 8")


def test_create_person_takes_a_description_in_the_place_of_a_name(contact_officer):
    child = create(contact_officer, given_name="", family_name="", description="sister, about 8")

    assert child.name == "sister, about 8"
    assert child.names.count() == 0


def test_create_person_refuses_nobody(contact_officer):
    with pytest.raises(actions.NeedsName):
        create(contact_officer, given_name=" ", family_name="")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"date_of_birth": date(2026, 3, 13)}, "The date of birth is after"),
        ({"date_of_birth": date(2001, 3, 12)}, "more than 25 years old"),
        ({"expected_on": date(2026, 6, 9)}, "has no due date"),
        ({"ethnicity": "XXXX"}, "Choose an answer from the list"),
        ({"disabilities": ["NONE", "AUT"]}, "either no disability"),
    ],
)
def test_create_person_refuses_what_cannot_be(contact_officer, fields, words):
    with pytest.raises(actions.Refused, match=words):
        create(contact_officer, **fields)

    assert Person.objects.count() == 0


def test_create_person_takes_an_old_date_that_was_checked(contact_officer):
    child = create(contact_officer, date_of_birth=date(2001, 3, 12), is_date_checked=True)

    assert child.date_of_birth == date(2001, 3, 12)


def test_create_person_keeps_names_of_any_script(contact_officer):
    child = create(contact_officer, given_name="Zoë\u202e", family_name="  O’Example-Nguyễn ")

    assert (child.given_name, child.family_name) == ("Zoë", "O’Example-Nguyễn")


def test_create_person_needs_the_right(auditor):
    with pytest.raises(PermissionDenied):
        create(auditor)

    assert Person.objects.count() == 0


def test_create_person_refuses_the_future(contact_officer):
    with pytest.raises(actions.InFuture):
        actions.create_person(
            by=contact_officer, at=AT + timedelta(minutes=1), is_child=True, given_name="Robin"
        )


def test_create_person_knows_no_other_details(contact_officer):
    with pytest.raises(TypeError, match="favourite_colour"):
        create(contact_officer, favourite_colour="green")


# Unborn babies


def test_unborn_baby_takes_the_mothers_surname_and_goes_where_she_is(mash_social_worker, family):
    baby = unborn(mash_social_worker, family.leanne, expected_on=date(2026, 6, 9))

    assert baby.name == "Unborn baby Mockford"
    assert (baby.given_name, baby.sex) == ("", "U")
    assert baby.la_child_id
    assert Relationship.objects.get(other=baby).person == family.leanne
    membership = HouseholdMembership.objects.get(person=baby)
    assert (membership.household, membership.role) == (family.household, HouseholdRole.UNBORN)


def test_unborn_baby_may_have_a_mother_nobody_can_name(mash_social_worker):
    baby = unborn(mash_social_worker, mother_unnamed=True)

    assert baby.name == "Unborn baby"
    assert Relationship.objects.get(other=baby).person.description.startswith("Mother of")


def test_unborn_twins_are_two_records(mash_social_worker, family):
    one = unborn(mash_social_worker, family.leanne)
    two = unborn(mash_social_worker, family.leanne)

    assert one.pk != two.pk
    assert HouseholdMembership.objects.filter(role=HouseholdRole.UNBORN).count() == 2


def test_unborn_baby_needs_a_mother(mash_social_worker):
    with pytest.raises(actions.NeedsMother):
        unborn(mash_social_worker)


def test_unborn_baby_has_no_first_name(mash_social_worker, family):
    with pytest.raises(actions.NoFirstNameYet):
        unborn(mash_social_worker, family.leanne, given_name="Baby")


def test_unborn_baby_has_no_date_of_birth(mash_social_worker, family):
    with pytest.raises(actions.DateNotPossible):
        unborn(mash_social_worker, family.leanne, date_of_birth=TODAY)


@pytest.mark.parametrize("days", [-31, 281])
def test_unborn_baby_is_due_within_reason(mash_social_worker, family, days):
    with pytest.raises(actions.DateNotPossible):
        unborn(mash_social_worker, family.leanne, expected_on=TODAY + timedelta(days=days))


@pytest.mark.parametrize("days", [-30, 280])
def test_unborn_baby_may_be_due_at_the_edges(mash_social_worker, family, days):
    day = TODAY + timedelta(days=days)

    assert unborn(mash_social_worker, family.leanne, expected_on=day).expected_on == day


def test_unborn_baby_moves_in_and_out_with_the_mother(mash_social_worker, family):
    by = mash_social_worker
    baby = unborn(by, family.leanne)
    refuge = actions.create_household(by=by, at=AT, label="Refuge")
    first = HouseholdMembership.objects.get(person=family.leanne)

    actions.leave_household(by=by, at=AT, membership_id=first.pk, because="Left him")
    actions.join_household(
        by=by, at=AT, household_id=refuge.pk, person_id=family.leanne.pk, role="adult_carer"
    )
    actions.move(by=by, at=AT, person_ids=[family.leanne.pk], line="2 Placeholder Way")

    live = HouseholdMembership.objects.get(person=baby, to_on=None)
    assert (live.household, live.role) == (refuge, HouseholdRole.UNBORN)
    assert PersonAddress.objects.get(person=baby, to_on=None).address.line == "2 Placeholder Way"


def test_birth_keeps_record_history_and_due_date(mash_social_worker, family):
    baby = unborn(mash_social_worker, family.leanne, expected_on=date(2026, 3, 20))

    actions.record_birth(
        by=mash_social_worker,
        at=AT,
        person_id=baby.pk,
        born_on=date(2026, 3, 10),
        sex="F",
        given_name="Isla",
        family_name="Mockford",
    )

    born = Person.objects.get(pk=baby.pk)
    assert (born.name, born.stage, born.date_of_birth) == (
        "Isla Mockford",
        "born",
        date(2026, 3, 10),
    )
    assert born.la_child_id == baby.la_child_id
    assert DateClaim.objects.get(person=baby).on == date(2026, 3, 20)
    assert HouseholdMembership.objects.get(person=baby).role == HouseholdRole.RESIDENT_CHILD
    assert sorted(name.kind for name in born.names.all()) == ["current", "previous"]


def test_birth_is_recorded_once(mash_social_worker, family):
    with pytest.raises(actions.AlreadyBorn):
        actions.record_birth(
            by=mash_social_worker, at=AT, person_id=family.jayden.pk, born_on=TODAY
        )


def test_birth_may_leave_the_baby_without_a_name(mash_social_worker):
    baby = unborn(mash_social_worker, mother_unnamed=True)

    actions.record_birth(by=mash_social_worker, at=AT, person_id=baby.pk, born_on=TODAY)

    assert Person.objects.get(pk=baby.pk).name == "Baby, not named yet"


def test_birth_refuses_the_future(mash_social_worker, family):
    baby = unborn(mash_social_worker, family.leanne)

    with pytest.raises(actions.DateNotPossible):
        actions.record_birth(
            by=mash_social_worker, at=AT, person_id=baby.pk, born_on=date(2026, 3, 13)
        )


def test_birth_tells_the_rooms_above(mash_social_worker, family, monkeypatch):
    told = []
    known = reactions.Reactions()
    known.add(lambda *, person, by, at: told.append((person.pk, by, at)))
    monkeypatch.setattr(reactions, "born", known)
    baby = unborn(mash_social_worker, family.leanne)

    actions.record_birth(by=mash_social_worker, at=AT, person_id=baby.pk, born_on=TODAY)

    assert told == [(baby.pk, mash_social_worker, AT)]


def test_reaction_that_fails_undoes_the_birth(mash_social_worker, family, monkeypatch):
    def fail(*, person, by, at):
        raise RuntimeError("no")

    known = reactions.Reactions()
    known.add(fail)
    monkeypatch.setattr(reactions, "born", known)
    baby = unborn(mash_social_worker, family.leanne)

    with pytest.raises(RuntimeError):
        actions.record_birth(by=mash_social_worker, at=AT, person_id=baby.pk, born_on=TODAY)

    assert Person.objects.get(pk=baby.pk).stage == "unborn"


# Death


def test_death_ends_every_membership(mash_manager, family):
    actions.record_death(by=mash_manager, at=AT, person_id=family.leanne.pk, died_on=TODAY)

    assert not HouseholdMembership.objects.filter(person=family.leanne, to_on=None).exists()


def test_death_needs_a_manager(mash_social_worker, family):
    with pytest.raises(PermissionDenied):
        actions.record_death(
            by=mash_social_worker, at=AT, person_id=family.leanne.pk, died_on=TODAY
        )


@pytest.mark.parametrize("day", [date(2026, 3, 13), date(2019, 11, 2)])
def test_death_refuses_an_impossible_day(mash_manager, family, day):
    with pytest.raises(actions.DateNotPossible):
        actions.record_death(by=mash_manager, at=AT, person_id=family.jayden.pk, died_on=day)


def test_death_is_recorded_once(mash_manager, family):
    actions.record_death(by=mash_manager, at=AT, person_id=family.kyle.pk, died_on=TODAY)

    with pytest.raises(actions.AlreadyDied):
        actions.record_death(by=mash_manager, at=AT, person_id=family.kyle.pk, died_on=TODAY)


# Details, names, dates, numbers


def test_change_details_writes_only_what_differs(mash_social_worker, family):
    child = family.jayden

    changed = actions.change_details(
        by=mash_social_worker,
        at=AT,
        person_id=child.pk,
        version=child.version,
        language="Polish",
        ethnicity="NOBT",
    )

    event = Event.objects.get(subject_id=child.pk, code="people.details_changed")
    assert event.data["fields"] == ["language"]
    assert changed.version == child.version + 1


def test_change_details_refuses_a_stale_version_and_says_who(
    mash_social_worker, contact_officer, family
):
    stale = family.jayden.version
    actions.change_details(
        by=contact_officer, at=AT, person_id=family.jayden.pk, version=stale, language="Urdu"
    )

    with pytest.raises(actions.Stale) as refused:
        actions.change_details(
            by=mash_social_worker,
            at=AT,
            person_id=family.jayden.pk,
            version=stale,
            language="Polish",
        )

    assert refused.value.by_name == contact_officer.full_name
    assert refused.value.at == AT
    assert refused.value.current.language == "Urdu"


def test_change_details_refuses_no_change(mash_social_worker, family):
    with pytest.raises(actions.NothingChanged):
        actions.change_details(
            by=mash_social_worker, at=AT, person_id=family.jayden.pk, version=1, sex="M"
        )


def test_change_details_leaves_the_sex_of_an_unborn_baby(mash_social_worker, family):
    baby = unborn(mash_social_worker, family.leanne)

    with pytest.raises(actions.NotReadable):
        actions.change_details(
            by=mash_social_worker, at=AT, person_id=baby.pk, version=baby.version, sex="F"
        )


def test_change_details_of_a_restricted_record_finds_nobody(mash_social_worker, family):
    RestrictionFactory(person=family.jayden)

    with pytest.raises(Person.DoesNotExist):
        actions.change_details(
            by=mash_social_worker, at=AT, person_id=family.jayden.pk, version=1, sex="F"
        )


def test_new_current_name_makes_the_old_one_previous(mash_social_worker, family):
    actions.add_name(
        by=mash_social_worker,
        at=AT,
        person_id=family.jayden.pk,
        kind="current",
        given_name="Jayden",
        family_name="Stubbs",
    )

    child = Person.objects.get(pk=family.jayden.pk)
    old = PersonName.objects.get(person=child, family_name="Mockford")
    assert child.name == "Jayden Stubbs"
    assert (old.kind, old.to_on) == (NameKind.PREVIOUS, TODAY)


def test_add_name_refuses_the_same_name_twice(mash_social_worker, family):
    values = {"kind": "known_as", "given_name": "Jay"}
    actions.add_name(by=mash_social_worker, at=AT, person_id=family.jayden.pk, **values)

    with pytest.raises(actions.NameTaken):
        actions.add_name(by=mash_social_worker, at=AT, person_id=family.jayden.pk, **values)


def test_add_name_refuses_an_empty_name(mash_social_worker, family):
    with pytest.raises(actions.NotReadable):
        actions.add_name(by=mash_social_worker, at=AT, person_id=family.jayden.pk, kind="known_as")


def test_correct_name_keeps_the_wrong_one_marked(mash_social_worker, family):
    wrong = family.jayden.names.get()

    actions.correct_name(
        by=mash_social_worker,
        at=AT,
        name_id=wrong.pk,
        given_name="Jaydon",
        family_name="Mockford",
    )

    wrong.refresh_from_db()
    assert wrong.is_wrong
    assert Person.objects.get(pk=family.jayden.pk).given_name == "Jaydon"
    with pytest.raises(actions.NameGone):
        actions.correct_name(by=mash_social_worker, at=AT, name_id=wrong.pk, given_name="X")
    with pytest.raises(actions.NameGone):
        actions.set_current_name(by=mash_social_worker, at=AT, name_id=wrong.pk)


def test_set_current_name_refuses_the_name_in_use(mash_social_worker, family):
    with pytest.raises(actions.NothingChanged):
        actions.set_current_name(by=mash_social_worker, at=AT, name_id=family.jayden.names.get().pk)


def test_state_date_keeps_a_rival_without_adopting_it(mash_social_worker, family):
    actions.state_date(
        by=mash_social_worker,
        at=AT,
        person_id=family.jayden.pk,
        as_stated="March 2019",
        source="agency",
    )

    assert Person.objects.get(pk=family.jayden.pk).date_of_birth == date(2019, 11, 3)
    assert DateClaim.objects.get().as_stated == "March 2019"


def test_state_date_adopts_and_keeps_the_old_one(mash_social_worker, family):
    actions.state_date(
        by=mash_social_worker,
        at=AT,
        person_id=family.jayden.pk,
        as_stated="11 March 2019",
        on=date(2019, 3, 11),
        adopt=True,
    )

    assert Person.objects.get(pk=family.jayden.pk).date_of_birth == date(2019, 3, 11)
    assert {claim.on for claim in DateClaim.objects.all()} == {
        date(2019, 3, 11),
        date(2019, 11, 3),
    }


@pytest.mark.parametrize(
    "values",
    [
        {"as_stated": "March", "adopt": True},
        {"as_stated": "", "on": date(2026, 6, 9), "is_expected_date": True, "adopt": True},
        {"as_stated": "tomorrow", "on": date(2026, 3, 13)},
        {"as_stated": ""},
    ],
)
def test_state_date_refuses_what_cannot_be(mash_social_worker, family, values):
    with pytest.raises(actions.Refused):
        actions.state_date(by=mash_social_worker, at=AT, person_id=family.jayden.pk, **values)


def test_identifier_is_kept_as_it_is_stored(mash_social_worker, family):
    number = actions.add_identifier(
        by=mash_social_worker,
        at=AT,
        person_id=family.jayden.pk,
        kind="nhs",
        value="999 000 0018",
        source="agency",
    )

    assert (number.value, number.is_valid) == ("9990000018", True)


def test_identifier_that_fails_is_kept_as_given(mash_social_worker, family):
    number = actions.add_identifier(
        by=mash_social_worker, at=AT, person_id=family.jayden.pk, kind="upn", value="R247962919251"
    )

    assert (number.value, number.is_valid) == ("R247962919251", False)


def test_same_number_on_two_people_is_a_possible_duplicate(mash_social_worker, family):
    for person in (family.jayden, family.tyler):
        actions.add_identifier(
            by=mash_social_worker, at=AT, person_id=person.pk, kind="nhs", value="9990000018"
        )

    duplicate = PossibleDuplicate.objects.get()
    assert {duplicate.person_id, duplicate.other_id} == {family.jayden.pk, family.tyler.pk}
    assert duplicate.seen == {"same": "nhs"}


def test_identifier_is_refused_twice(mash_social_worker, family):
    values = {"person_id": family.jayden.pk, "kind": "nhs", "value": "9990000018"}
    number = actions.add_identifier(by=mash_social_worker, at=AT, **values)

    with pytest.raises(actions.NothingChanged):
        actions.add_identifier(by=mash_social_worker, at=AT, **values)
    actions.mark_identifier_wrong(by=mash_social_worker, at=AT, identifier_id=number.pk)
    with pytest.raises(actions.NothingChanged):
        actions.mark_identifier_wrong(by=mash_social_worker, at=AT, identifier_id=number.pk)
    assert Identifier.objects.get().is_wrong


# Where people live


def test_move_ends_the_home_before_and_shares_the_address(mash_social_worker, family):
    by, both = mash_social_worker, [family.leanne.pk, family.jayden.pk]
    actions.move(by=by, at=AT, person_ids=both, line="1 Dummy Close", postcode="SL1 2EL")

    actions.move(
        by=by,
        at=AT,
        person_ids=both,
        line="2 Placeholder Way",
        postcode="sl13aa",
        from_on=date(2026, 3, 1),
    )

    old, new = PersonAddress.objects.filter(person=family.jayden).order_by("to_on")
    assert (old.address.line, old.to_on) == ("1 Dummy Close", date(2026, 3, 1))
    assert (new.address.postcode, new.to_on) == ("SL1 3AA", None)
    assert new.address.people.count() == 2


def test_move_spelt_otherwise_is_the_same_address(mash_social_worker, family):
    actions.move(by=mash_social_worker, at=AT, person_ids=[family.jayden.pk], line="1 Dummy Close")

    with pytest.raises(actions.NothingChanged):
        actions.move(
            by=mash_social_worker, at=AT, person_ids=[family.jayden.pk], line="1, dummy CLOSE"
        )


def test_earlier_address_ends_nothing(mash_social_worker, family):
    by = mash_social_worker
    actions.move(by=by, at=AT, person_ids=[family.jayden.pk], line="1 Dummy Close")

    actions.move(
        by=by,
        at=AT,
        person_ids=[family.jayden.pk],
        line="9 Specimen Street",
        from_on=date(2020, 1, 1),
        to_on=date(2021, 1, 1),
    )

    assert PersonAddress.objects.get(person=family.jayden, to_on=None).address.line == (
        "1 Dummy Close"
    )


@pytest.mark.parametrize(
    "values",
    [
        {"line": "1 Dummy Close", "postcode": "SLI 2EL"},
        {"line": "", "postcode": ""},
        {"line": "1 Dummy Close", "from_on": date(2026, 3, 13)},
        {"line": "1 Dummy Close", "from_on": date(2020, 1, 2), "to_on": date(2020, 1, 1)},
    ],
)
def test_move_refuses_what_cannot_be(mash_social_worker, family, values):
    with pytest.raises(actions.Refused):
        actions.move(by=mash_social_worker, at=AT, person_ids=[family.jayden.pk], **values)


def test_move_refuses_nobody(mash_social_worker):
    with pytest.raises(actions.NobodyMoves):
        actions.move(by=mash_social_worker, at=AT, line="1 Dummy Close")


def test_join_tells_the_rooms_above_and_every_child_of_the_household(
    mash_social_worker, family, monkeypatch
):
    told = []
    known = reactions.Reactions()
    known.add(lambda *, memberships, by, at: told.extend(each.person_id for each in memberships))
    monkeypatch.setattr(reactions, "joined_household", known)
    uncle = PersonFactory()

    membership = join(mash_social_worker, family, uncle, "other_adult")

    events = Event.objects.filter(subject_id=uncle.pk, code="people.joined_household")
    assert told == [uncle.pk]
    assert {event.child_id for event in events} == {family.jayden.pk, family.maisie.pk}
    assert membership.recorded_at == AT


def test_join_together_is_as_one_after_another(mash_social_worker, family):
    mother, sister = PersonFactory(), ChildFactory()
    baby = unborn(mash_social_worker, mother)
    said = {"source": "referrer", "confidence": "unsure"}

    made = actions.join_household_together(
        by=mash_social_worker,
        at=AT,
        household_id=family.household.pk,
        parts=[
            actions.Part(person_id=mother.pk, role="other_adult", **said),
            actions.Part(person_id=sister.pk, role="resident_child", note="Since Easter"),
        ],
    )

    assert [row.person_id for row in made] == [mother.pk, sister.pk]
    follows = HouseholdMembership.objects.get(person=baby)
    assert (follows.role, follows.source, follows.confidence) == ("unborn", "referrer", "unsure")
    told = {
        person.pk: set(
            Event.objects.filter(subject_id=person.pk, code="people.joined_household").values_list(
                "child_id", flat=True
            )
        )
        for person in (mother, sister)
    }
    there = {family.jayden.pk, family.maisie.pk}
    assert told == {mother.pk: there, sister.pk: there | {sister.pk}}


def test_join_together_refuses_all_when_one_does_not_fit(mash_social_worker, family):
    mother = PersonFactory()

    with pytest.raises(actions.AlreadyMember):
        actions.join_household_together(
            by=mash_social_worker,
            at=AT,
            household_id=family.household.pk,
            parts=[
                actions.Part(person_id=mother.pk, role="other_adult"),
                actions.Part(person_id=family.kyle.pk, role="other_adult"),
            ],
        )

    assert not HouseholdMembership.objects.filter(person=mother).exists()


def test_join_refuses_somebody_who_belongs_already(mash_social_worker, family):
    with pytest.raises(actions.AlreadyMember):
        join(mash_social_worker, family, family.kyle, "other_adult")


def test_join_refuses_a_part_that_does_not_fit(mash_social_worker, family):
    baby = unborn(mash_social_worker, mother_unnamed=True)

    with pytest.raises(actions.WrongPart):
        join(mash_social_worker, family, baby, "resident_child")
    with pytest.raises(actions.WrongPart):
        join(mash_social_worker, family, family.tyler, "unborn")


def test_join_refuses_the_future(mash_social_worker, family):
    with pytest.raises(actions.DateNotPossible):
        join(mash_social_worker, family, family.tyler, "resident_child", from_on=date(2026, 3, 13))


def test_leave_refuses_twice_and_before_the_start(mash_social_worker, family):
    by = mash_social_worker
    kyle = HouseholdMembership.objects.get(person=family.kyle)

    with pytest.raises(actions.DateNotPossible):
        actions.leave_household(
            by=by, at=AT, membership_id=kyle.pk, to_on=date(2026, 3, 2), because="Left"
        )
    actions.leave_household(by=by, at=AT, membership_id=kyle.pk, because="Left")
    with pytest.raises(actions.MembershipEnded):
        actions.leave_household(by=by, at=AT, membership_id=kyle.pk, because="Left")


def test_household_needs_the_right(auditor):
    with pytest.raises(PermissionDenied):
        actions.create_household(by=auditor, at=AT)


# Relationships


def test_relate_refuses_oneself_and_the_same_twice(mash_social_worker, family):
    by = mash_social_worker
    with pytest.raises(actions.NotTwoPeople):
        actions.relate(
            by=by, at=AT, person_id=family.kyle.pk, other_id=family.kyle.pk, kind="sibling"
        )
    with pytest.raises(actions.AlreadyRelated):
        actions.relate(
            by=by, at=AT, person_id=family.leanne.pk, other_id=family.kyle.pk, kind="partner"
        )


def test_parental_responsibility_is_a_fact_of_its_own(mash_social_worker, family):
    row = Relationship.objects.get(person=family.leanne, other=family.jayden)

    actions.set_parental_responsibility(
        by=mash_social_worker, at=AT, relationship_id=row.pk, parental_responsibility="yes"
    )

    row.refresh_from_db()
    assert row.parental_responsibility == "yes"
    with pytest.raises(actions.NothingChanged):
        actions.set_parental_responsibility(
            by=mash_social_worker, at=AT, relationship_id=row.pk, parental_responsibility="yes"
        )


def test_relationship_ends_once(mash_social_worker, family):
    row = Relationship.objects.get(kind="partner")

    actions.end_relationship(by=mash_social_worker, at=AT, relationship_id=row.pk)

    row.refresh_from_db()
    assert row.to_on == TODAY
    with pytest.raises(actions.RelationshipEnded):
        actions.end_relationship(by=mash_social_worker, at=AT, relationship_id=row.pk)


# Services and hazards


def test_setting_is_recorded_once_and_ended_once(contact_officer):
    child = ChildFactory()
    values = {"person_id": child.pk, "kind": "gp", "name": "Placeholder Surgery"}
    setting = actions.add_setting(by=contact_officer, at=AT, **values)

    with pytest.raises(actions.NothingChanged):
        actions.add_setting(by=contact_officer, at=AT, **values)
    actions.end_setting(by=contact_officer, at=AT, setting_id=setting.pk)
    with pytest.raises(actions.SettingEnded):
        actions.end_setting(by=contact_officer, at=AT, setting_id=setting.pk)
    with pytest.raises(actions.NotReadable):
        actions.add_setting(by=contact_officer, at=AT, person_id=child.pk, kind="gp", name=" ")


def test_hazard_is_reviewed_and_ended(contact_officer):
    child = ChildFactory()
    hazard = actions.add_hazard(
        by=contact_officer, at=AT, person_id=child.pk, text="Dog", review_on=date(2026, 6, 1)
    )

    actions.review_hazard(
        by=contact_officer, at=AT, hazard_id=hazard.pk, review_on=date(2026, 9, 1)
    )
    ended = actions.end_hazard(by=contact_officer, at=AT, hazard_id=hazard.pk, because="Gone")

    assert (ended.ended_at, ended.ended_because) == (AT, "Gone")
    with pytest.raises(actions.HazardEnded):
        actions.end_hazard(by=contact_officer, at=AT, hazard_id=hazard.pk, because="Gone")
    with pytest.raises(actions.HazardEnded):
        actions.review_hazard(
            by=contact_officer, at=AT, hazard_id=hazard.pk, review_on=date(2026, 9, 1)
        )


@pytest.mark.parametrize(("text", "day"), [("", date(2026, 6, 1)), ("Dog", TODAY)])
def test_hazard_refuses_no_words_and_no_time(contact_officer, text, day):
    with pytest.raises(actions.Refused):
        actions.add_hazard(
            by=contact_officer, at=AT, person_id=ChildFactory().pk, text=text, review_on=day
        )


# Restricted records

REASON = "Police are at the door and a baby has been hurt."


def restrict(by, person, owner, **fields):
    return actions.restrict(
        by=by, at=AT, person_id=person.pk, owner_id=owner.pk, reason="Staff relative", **fields
    )


def test_restrict_keeps_out_all_but_owner_readers_and_seniors(
    mash_manager, second_mash_manager, mash_social_worker, head_of_service, edt_worker, family
):
    restrict(mash_manager, family.jayden, second_mash_manager, reader_ids=[edt_worker.pk])

    def sees(user):
        return Person.objects.visible_to(user).filter(pk=family.jayden.pk).exists()

    assert [sees(u) for u in (second_mash_manager, edt_worker, head_of_service)] == [True] * 3
    assert [sees(u) for u in (mash_manager, mash_social_worker)] == [False, False]


def test_restrict_needs_a_manager_an_owner_who_may_read_and_a_reason(
    mash_manager, mash_social_worker, contact_officer, family
):
    with pytest.raises(PermissionDenied):
        restrict(mash_social_worker, family.jayden, mash_manager)
    with pytest.raises(actions.CannotBeNamed):
        restrict(mash_manager, family.jayden, contact_officer)
    with pytest.raises(actions.NotReadable):
        actions.restrict(
            by=mash_manager,
            at=AT,
            person_id=family.jayden.pk,
            owner_id=mash_manager.pk,
            reason=" ",
        )
    restrict(mash_manager, family.jayden, mash_manager)
    with pytest.raises(actions.AlreadyRestricted):
        restrict(mash_manager, family.jayden, mash_manager)


def test_restriction_is_lifted_by_its_owner(mash_manager, head_of_service, family):
    restrict(mash_manager, family.jayden, head_of_service)

    actions.lift_restriction(
        by=head_of_service, at=AT, person_id=family.jayden.pk, because="Not needed"
    )

    assert Person.objects.visible_to(mash_manager).filter(pk=family.jayden.pk).exists()
    with pytest.raises(actions.NotRestricted):
        actions.lift_restriction(
            by=head_of_service, at=AT, person_id=family.jayden.pk, because="Again"
        )


def test_reader_is_named_once(mash_manager, head_of_service, edt_worker, contact_officer, family):
    restrict(mash_manager, family.jayden, head_of_service)
    values = {"person_id": family.jayden.pk, "user_id": edt_worker.pk}

    actions.add_reader(by=head_of_service, at=AT, **values)

    with pytest.raises(actions.NothingChanged):
        actions.add_reader(by=head_of_service, at=AT, **values)
    with pytest.raises(actions.CannotBeNamed):
        actions.add_reader(
            by=head_of_service, at=AT, person_id=family.jayden.pk, user_id=contact_officer.pk
        )
    with pytest.raises(PermissionDenied):
        actions.add_reader(by=edt_worker, at=AT, person_id=family.jayden.pk, user_id=uuid4())


def test_break_glass_opens_for_an_hour_and_tells_the_owner(
    mash_manager, mash_social_worker, head_of_service, family
):
    restrict(mash_manager, family.jayden, head_of_service)

    opening = actions.break_glass(
        by=mash_social_worker, at=AT, person_id=family.jayden.pk, reason=REASON
    )

    assert opening.expires_at == AT + timedelta(hours=1)
    assert Person.objects.visible_to(mash_social_worker).filter(pk=family.jayden.pk).exists()
    owed = OutboxMessage.objects.filter(payload__user_id=str(head_of_service.pk))
    assert sorted(message.topic for message in owed) == ["email", "notice"]
    assert Event.objects.filter(code="people.broke_glass", child=family.jayden).exists()
    with application_clock.set_to(AT + timedelta(hours=1)):
        assert (
            not Person.objects.visible_to(mash_social_worker).filter(pk=family.jayden.pk).exists()
        )


@pytest.mark.parametrize("reason", ["", "Need access", "a a a a a", "Urgent!!!!!!!!!!!!!!!!!!!!!"])
def test_break_glass_refuses_a_reason_that_says_nothing(
    mash_manager, mash_social_worker, head_of_service, family, reason
):
    restrict(mash_manager, family.jayden, head_of_service)

    with pytest.raises(actions.ReasonTooShort, match="Say what is happening and to whom"):
        actions.break_glass(by=mash_social_worker, at=AT, person_id=family.jayden.pk, reason=reason)

    assert BreakGlass.objects.count() == 0
    assert OutboxMessage.objects.count() == 0


def test_break_glass_is_for_restricted_records_and_for_those_who_may(
    mash_manager, mash_social_worker, contact_officer, head_of_service, family
):
    with pytest.raises(actions.NotRestricted):
        actions.break_glass(by=mash_social_worker, at=AT, person_id=family.jayden.pk, reason=REASON)
    restrict(mash_manager, family.jayden, head_of_service)
    with pytest.raises(PermissionDenied):
        actions.break_glass(by=contact_officer, at=AT, person_id=family.jayden.pk, reason=REASON)


def test_opening_in_an_emergency_gives_no_say_over_who_reads(
    mash_manager, second_mash_manager, head_of_service, family
):
    restrict(mash_manager, family.jayden, head_of_service, reader_ids=[second_mash_manager.pk])
    actions.break_glass(by=mash_manager, at=AT, person_id=family.jayden.pk, reason=REASON)

    with pytest.raises(actions.OpenedOnly, match=head_of_service.full_name):
        actions.add_reader(
            by=mash_manager, at=AT, person_id=family.jayden.pk, user_id=mash_manager.pk
        )
    with pytest.raises(actions.OpenedOnly):
        actions.lift_restriction(
            by=mash_manager, at=AT, person_id=family.jayden.pk, because="Not needed"
        )
    actions.add_reader(
        by=second_mash_manager, at=AT, person_id=family.jayden.pk, user_id=mash_manager.pk
    )

    assert Person.objects.visible_to(mash_manager).filter(pk=family.jayden.pk).exists()


def test_opening_is_reviewed_once_and_by_somebody_else(
    mash_manager, second_mash_manager, mash_social_worker, head_of_service, family
):
    restrict(mash_manager, family.jayden, second_mash_manager)
    opening = actions.break_glass(
        by=mash_social_worker, at=AT, person_id=family.jayden.pk, reason=REASON
    )
    values = {"break_glass_id": opening.pk, "was_justified": True, "note": "Right."}

    with pytest.raises(PermissionDenied):
        actions.review_break_glass(by=mash_manager, at=AT, **values)
    with pytest.raises(actions.NotReadable):
        actions.review_break_glass(by=second_mash_manager, at=AT, **{**values, "note": " "})
    actions.review_break_glass(by=second_mash_manager, at=AT, **values)
    with pytest.raises(actions.AlreadyReviewed):
        actions.review_break_glass(by=head_of_service, at=AT, **values)


def test_own_opening_is_reviewed_by_somebody_else(
    mash_manager, second_mash_manager, head_of_service, family
):
    restrict(mash_manager, family.jayden, head_of_service)
    opening = actions.break_glass(
        by=second_mash_manager, at=AT, person_id=family.jayden.pk, reason=REASON
    )
    actions.lift_restriction(
        by=head_of_service, at=AT, person_id=family.jayden.pk, because="Not needed"
    )
    restrict(mash_manager, family.jayden, second_mash_manager)

    with pytest.raises(actions.OwnOpening):
        actions.review_break_glass(
            by=second_mash_manager,
            at=AT,
            break_glass_id=opening.pk,
            was_justified=True,
            note="I was right.",
        )


def test_information_is_left_only_on_what_one_may_not_read(
    mash_manager, contact_officer, head_of_service, family
):
    with pytest.raises(actions.NotRestricted):
        actions.leave_information(
            by=contact_officer, at=AT, person_id=family.jayden.pk, text="Seen at school"
        )
    restrict(mash_manager, family.jayden, head_of_service)

    note = actions.leave_information(
        by=contact_officer, at=AT, person_id=family.jayden.pk, text="Seen at school"
    )

    assert note.children.get().child_id == family.jayden.pk
    assert OutboxMessage.objects.filter(payload__user_id=str(head_of_service.pk)).count() == 2


# Two records of one person


def link(by, kept, other, reason="Same NHS number"):
    return actions.link_records(by=by, at=AT, kept_id=kept.pk, other_id=other.pk, reason=reason)


def heads(*people):
    return [Person.objects.get(pk=person.pk).canonical_id for person in people]


def test_link_rewrites_nothing_and_unlink_restores(mash_manager, family):
    other = ChildFactory()
    before = set(HouseholdMembership.objects.values_list("pk", "person_id"))

    made = link(mash_manager, family.jayden, other)

    assert heads(family.jayden, other) == [None, family.jayden.pk]
    assert set(HouseholdMembership.objects.values_list("pk", "person_id")) == before
    actions.unlink_records(by=mash_manager, at=AT, link_id=made.pk, because="Two boys")
    assert heads(family.jayden, other) == [None, None]
    with pytest.raises(actions.LinkEnded):
        actions.unlink_records(by=mash_manager, at=AT, link_id=made.pk, because="Two boys")


def test_links_of_links_are_read_under_one_head_and_part_again(mash_manager):
    a, b, c, d = (ChildFactory() for _ in range(4))
    link(mash_manager, a, b)
    link(mash_manager, c, d)

    joined = link(mash_manager, c, b)

    assert heads(a, b, c, d) == [c.pk, c.pk, None, c.pk]
    actions.unlink_records(by=mash_manager, at=AT, link_id=joined.pk, because="Two boys")
    assert heads(a, b, c, d) == [None, a.pk, None, c.pk]


def test_link_refuses_the_same_person_no_reason_and_no_right(
    mash_manager, mash_social_worker, family
):
    other = ChildFactory()
    with pytest.raises(PermissionDenied):
        link(mash_social_worker, family.jayden, other)
    with pytest.raises(actions.NotReadable):
        link(mash_manager, family.jayden, other, reason=" ")
    with pytest.raises(actions.SamePerson):
        link(mash_manager, family.jayden, family.jayden)
    link(mash_manager, family.jayden, other)
    with pytest.raises(actions.SamePerson):
        link(mash_manager, other, family.jayden)


def test_link_refuses_while_both_have_open_work(mash_manager, family, monkeypatch):
    from people import holds

    asked = reactions.Reactions()
    asked.add(lambda *, person_ids: {each: ["an open referral"] for each in person_ids})
    monkeypatch.setattr(holds, "open_work", asked)

    with pytest.raises(actions.BothOpen, match="Jayden Mockford: an open referral"):
        link(mash_manager, family.jayden, ChildFactory())


def test_link_refuses_a_restricted_and_an_open_record(mash_manager, head_of_service, family):
    other = ChildFactory()
    actions.restrict(
        by=mash_manager,
        at=AT,
        person_id=other.pk,
        owner_id=mash_manager.pk,
        reason="Police operation",
    )

    with pytest.raises(actions.RestrictedApart):
        link(mash_manager, family.jayden, other)


def test_link_refuses_records_restricted_to_different_people(
    mash_manager, second_mash_manager, head_of_service, family
):
    other = ChildFactory()
    restrict(mash_manager, family.jayden, head_of_service, reader_ids=[mash_manager.pk])
    restrict(
        mash_manager,
        other,
        head_of_service,
        reader_ids=[mash_manager.pk, second_mash_manager.pk],
    )

    with pytest.raises(actions.RestrictedApart, match="different people"):
        link(mash_manager, family.jayden, other)
    actions.add_reader(
        by=mash_manager, at=AT, person_id=family.jayden.pk, user_id=second_mash_manager.pk
    )

    assert link(mash_manager, family.jayden, other).kept_id == family.jayden.pk


def readable_by(user, *people):
    seen = set(Person.objects.visible_to(user).values_list("pk", flat=True))
    return [person.pk in seen for person in people]


def test_restriction_of_one_record_closes_every_record_of_the_person(
    mash_manager, second_mash_manager, mash_social_worker, head_of_service, family
):
    other = ChildFactory()
    joined = link(mash_manager, family.jayden, other)
    restrict(mash_manager, other, head_of_service, reader_ids=[mash_manager.pk])

    assert readable_by(mash_social_worker, family.jayden, other) == [False, False]
    actions.add_reader(
        by=head_of_service, at=AT, person_id=family.jayden.pk, user_id=second_mash_manager.pk
    )
    assert readable_by(second_mash_manager, family.jayden, other) == [True, True]
    with pytest.raises(actions.AlreadyRestricted):
        restrict(mash_manager, other, head_of_service)

    actions.unlink_records(by=mash_manager, at=AT, link_id=joined.pk, because="Two boys")
    actions.lift_restriction(
        by=head_of_service, at=AT, person_id=family.jayden.pk, because="Not needed"
    )
    assert readable_by(mash_social_worker, family.jayden, other) == [True, False]


def test_lifting_opens_every_record_of_the_person(
    mash_manager, mash_social_worker, head_of_service, family
):
    other = ChildFactory()
    link(mash_manager, family.jayden, other)
    restrict(mash_manager, family.jayden, head_of_service)

    actions.lift_restriction(
        by=head_of_service, at=AT, person_id=family.jayden.pk, because="Not needed"
    )

    assert readable_by(mash_social_worker, family.jayden, other) == [True, True]
    assert closed_to(by=mash_social_worker, person_ids=[family.jayden.pk, other.pk]) == {}


def test_opening_in_an_emergency_opens_every_record_of_the_person(
    mash_manager, mash_social_worker, head_of_service, family
):
    other = ChildFactory()
    link(mash_manager, family.jayden, other)
    restrict(mash_manager, family.jayden, head_of_service)

    opening = actions.break_glass(by=mash_social_worker, at=AT, person_id=other.pk, reason=REASON)

    assert opening.person_id == family.jayden.pk
    assert readable_by(mash_social_worker, family.jayden, other) == [True, True]


def test_duplicate_is_asked_once_and_settled_once(mash_manager, mash_social_worker, family):
    other = ChildFactory()
    values = {"person_id": family.jayden.pk, "other_id": other.pk}
    asked = actions.raise_possible_duplicate(by=mash_social_worker, at=AT, **values)
    again = actions.raise_possible_duplicate(
        by=mash_social_worker, at=AT, person_id=other.pk, other_id=family.jayden.pk
    )

    assert again.pk == asked.pk
    with pytest.raises(PermissionDenied):
        actions.settle_possible_duplicate(
            by=mash_social_worker, at=AT, duplicate_id=asked.pk, is_same=False
        )
    actions.settle_possible_duplicate(
        by=mash_manager, at=AT, duplicate_id=asked.pk, is_same=False, reason="Cousins"
    )
    with pytest.raises(actions.AlreadySettled):
        actions.raise_possible_duplicate(by=mash_social_worker, at=AT, **values)
    with pytest.raises(actions.AlreadySettled):
        actions.settle_possible_duplicate(
            by=mash_manager, at=AT, duplicate_id=asked.pk, is_same=True, reason="Same"
        )


def test_duplicate_settled_as_same_links_and_keeps_the_chosen_record(mash_manager, family):
    other = ChildFactory(recorded_at=datetime(2025, 1, 1, tzinfo=UTC))
    asked = actions.raise_possible_duplicate(
        by=mash_manager, at=AT, person_id=family.jayden.pk, other_id=other.pk
    )

    settled = actions.settle_possible_duplicate(
        by=mash_manager,
        at=AT,
        duplicate_id=asked.pk,
        is_same=True,
        kept_id=family.jayden.pk,
        reason="Same NHS number",
    )

    assert settled.state == PossibleDuplicate.State.SAME
    assert heads(family.jayden, other) == [None, family.jayden.pk]


# Somebody joins the family


def test_add_to_family_makes_a_household_if_there_is_none(mash_social_worker):
    child = ChildFactory()

    mother = actions.add_to_family(
        by=mash_social_worker,
        at=AT,
        person_id=child.pk,
        given_name="Leanne",
        family_name="Mockford",
        role="adult_carer",
        kind="mother",
    )

    parts = dict(HouseholdMembership.objects.values_list("person_id", "role"))
    assert parts == {child.pk: "resident_child", mother.pk: "adult_carer"}


def test_add_to_family_turns_child_of_round(mash_social_worker, family):
    son = actions.add_to_family(
        by=mash_social_worker,
        at=AT,
        person_id=family.leanne.pk,
        given_name="Dylan",
        is_child=True,
        kind=actions.CHILD_OF,
    )

    row = Relationship.objects.get(other=son)
    assert (row.person, row.kind) == (family.leanne, "mother")


def test_add_to_family_needs_something_to_say(mash_social_worker, family):
    with pytest.raises(actions.NothingChanged):
        actions.add_to_family(
            by=mash_social_worker, at=AT, person_id=family.jayden.pk, given_name="Dylan"
        )

    assert not Person.objects.filter(given_name="Dylan").exists()


def test_prefix_of_childrens_numbers_is_a_setting(contact_officer, settings):
    settings.LA_CHILD_ID_PREFIX = "RDG"

    assert create(contact_officer).la_child_id.startswith("RDG")
