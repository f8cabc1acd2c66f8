from datetime import date, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lib import application_clock
from people import actions, queries
from people.choices import CHILD_ROLES, HouseholdRole
from people.models import HouseholdMembership, Person
from tests.factories.people import (
    ChildFactory,
    HouseholdFactory,
    MembershipFactory,
    PersonFactory,
    RelationshipFactory,
    RestrictionFactory,
    UnbornFactory,
)
from tests.people.families import AT, TODAY, join


def ids(children):
    return {child.person_id for child in children}


def of(*people, by=None, on=TODAY):
    return queries.children_of_households(person_ids=[person.pk for person in people], on=on, by=by)


# The children a decision names (decisions.md 46)


def test_children_of_a_household_are_its_members_under_18_or_unborn(mash_social_worker, family):
    baby = UnbornFactory()
    MembershipFactory(household=family.household, person=baby, role=HouseholdRole.UNBORN)
    sister = ChildFactory()
    join(mash_social_worker, family, sister, "part_time_child")

    found = of(family.jayden)

    assert ids(found) == {family.jayden.pk, family.maisie.pk, baby.pk, sister.pk}
    assert [child.is_named for child in found if child.person_id == family.jayden.pk] == [True]


def test_children_include_a_child_who_only_visits(mash_social_worker, family):
    visitor = ChildFactory()
    join(mash_social_worker, family, visitor, "frequent_visitor")

    assert visitor.pk in ids(of(family.jayden))


def test_children_include_the_named_without_a_household(db):
    child = ChildFactory()

    found = of(child)

    assert ids(found) == {child.pk}
    assert (found[0].role, found[0].known) == ("", "")


def test_children_go_one_step_and_no_further(mash_social_worker, family):
    other = HouseholdFactory()
    MembershipFactory(household=other, person=family.maisie)
    cousin = MembershipFactory(household=other).person

    assert cousin.pk not in ids(of(family.jayden))
    assert cousin.pk in ids(of(family.maisie))


@pytest.mark.parametrize(
    ("fields", "role", "counts"),
    [
        ({"date_of_birth": date(2008, 3, 12)}, "resident_child", False),
        ({"date_of_birth": date(2008, 3, 13)}, "resident_child", True),
        ({"date_of_birth": date(2008, 3, 13)}, "other_adult", True),
        ({"date_of_birth": None}, "resident_child", True),
        ({"date_of_birth": None, "la_child_id": None}, "resident_child", True),
        ({"date_of_birth": None, "la_child_id": None}, "other_adult", False),
        ({"died_on": TODAY}, "resident_child", False),
    ],
)
def test_child_is_under_18_on_the_day_or_taken_for_one(family, fields, role, counts):
    member = MembershipFactory(household=family.household, person=ChildFactory(**fields), role=role)

    assert (member.person_id in ids(of(family.jayden))) is counts


@pytest.mark.parametrize(
    ("from_on", "to_on", "counts"),
    [
        (None, None, True),
        (TODAY, None, True),
        (TODAY + timedelta(days=1), None, False),
        (None, TODAY, False),
        (None, TODAY + timedelta(days=1), True),
    ],
)
def test_membership_counts_on_the_day(family, from_on, to_on, counts):
    member = MembershipFactory(household=family.household, from_on=from_on, to_on=to_on)

    assert (member.person_id in ids(of(family.jayden))) is counts


def test_linked_records_count_as_one_child(mash_manager, family):
    other = ChildFactory()
    household = HouseholdFactory()
    MembershipFactory(household=household, person=other)
    brother = MembershipFactory(household=household).person
    actions.link_records(
        by=mash_manager, at=AT, kept_id=family.jayden.pk, other_id=other.pk, reason="Same"
    )

    found = of(other)

    assert ids(found) == {family.jayden.pk, family.maisie.pk, brother.pk}
    assert all(child.is_named == (child.person_id == family.jayden.pk) for child in found)


def test_linked_record_goes_by_the_age_of_the_record_that_is_kept(mash_manager, family):
    wrong_year = ChildFactory(date_of_birth=date(1990, 1, 1))
    join(mash_manager, family, wrong_year, "other_adult")
    kept = ChildFactory()
    actions.link_records(
        by=mash_manager, at=AT, kept_id=kept.pk, other_id=wrong_year.pk, reason="Same"
    )

    assert kept.pk in ids(of(family.jayden))


def test_restricted_child_is_a_placeholder(mash_social_worker, family, head_of_service):
    RestrictionFactory(person=family.maisie, owner=head_of_service)

    found = {child.person_id: child for child in of(family.jayden, by=mash_social_worker)}

    hidden = found[family.maisie.pk]
    assert hidden.is_restricted
    assert hidden.name == f"Restricted child, ring {head_of_service.full_name}"
    assert (hidden.person, hidden.role, hidden.known, hidden.household) == (None, "", "", "")
    assert not found[family.jayden.pk].is_restricted
    assert all(not child.is_restricted for child in of(family.jayden, by=head_of_service))
    assert all(not child.is_restricted for child in of(family.jayden))


def test_children_say_how_it_is_known(mash_social_worker, family):
    sister = ChildFactory()
    join(
        mash_social_worker,
        family,
        sister,
        "part_time_child",
        from_on=date(2026, 3, 1),
        confidence="unsure",
    )

    known = next(child.known for child in of(family.jayden) if child.person_id == sister.pk)

    assert known == "Stays some nights, since 1 March 2026, stated by: referrer, not sure"


def test_children_of_households_makes_a_fixed_number_of_queries(mash_social_worker, family):
    def count():
        with CaptureQueriesContext(connection) as made:
            of(family.jayden, family.maisie, by=mash_social_worker)
        return len(made)

    few = count()
    for _ in range(10):
        MembershipFactory(household=family.household)

    assert count() == few
    assert few <= 6


ROLES = [str(role) for role in HouseholdRole]
BIRTHS = [None, date(1990, 1, 1), date(2008, 3, 12), date(2008, 3, 13), date(2020, 1, 1)]
days = st.none() | st.integers(-3, 3).map(lambda days: TODAY + timedelta(days=days))


@st.composite
def towns(draw):
    people = draw(
        st.lists(
            st.tuples(st.sampled_from(BIRTHS), st.booleans(), st.booleans()), min_size=1, max_size=8
        )
    )
    memberships = draw(
        st.lists(
            st.tuples(
                st.integers(0, 3),
                st.integers(0, len(people) - 1),
                st.sampled_from(ROLES),
                days,
                days,
            ),
            max_size=14,
            unique_by=lambda row: row[:2],
        )
    )
    named = draw(st.sets(st.integers(0, len(people) - 1), min_size=1, max_size=3))
    return people, memberships, named


@pytest.mark.django_db
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(towns())
def test_no_child_of_a_household_is_ever_left_out(town):
    people, memberships, named = town
    with application_clock.set_to(AT), transaction.atomic():
        rows = [
            (UnbornFactory if is_unborn else PersonFactory)(
                date_of_birth=None if is_unborn else born,
                la_child_id=f"HY{number}" if is_unborn or is_recorded else None,
            )
            for number, (born, is_recorded, is_unborn) in enumerate(people)
        ]
        households = [HouseholdFactory() for _ in range(4)]
        live = []
        for place, number, role, from_on, to_on in memberships:
            if from_on and to_on and to_on < from_on:
                from_on, to_on = to_on, from_on
            MembershipFactory(
                household=households[place],
                person=rows[number],
                role=role,
                from_on=from_on,
                to_on=to_on,
            )
            if (from_on is None or from_on <= TODAY) and (to_on is None or to_on > TODAY):
                live.append((place, number, role))

        def is_child(number, role=""):
            born, is_recorded, is_unborn = people[number]
            if is_unborn:
                return True
            if born is not None:
                return born > date(2008, 3, 12)
            return is_recorded or role in CHILD_ROLES

        places = {place for place, number, _ in live if number in named}
        expected = {
            rows[number].pk
            for place, number, role in live
            if place in places and is_child(number, role)
        } | {rows[number].pk for number in named if is_child(number)}

        found = of(*(rows[number] for number in named))

        assert ids(found) == expected
        assert len(found) == len(expected)
        transaction.set_rollback(True)


# Children elsewhere (decisions.md 47)


def test_children_of_a_partner_who_live_elsewhere_are_listed_apart(mash_social_worker, family):
    found = queries.children_elsewhere(person_ids=[family.jayden.pk], on=TODAY)

    assert ids(found) == {family.tyler.pk}
    assert (found[0].through, found[0].through_id) == ("Kyle Stubbs", family.kyle.pk)
    assert family.tyler.pk not in ids(of(family.jayden))


def test_child_who_stays_some_nights_is_a_member_not_elsewhere(mash_social_worker, family):
    join(mash_social_worker, family, family.tyler, "part_time_child")

    assert queries.children_elsewhere(person_ids=[family.jayden.pk], on=TODAY) == []
    assert family.tyler.pk in ids(of(family.jayden))


def test_children_elsewhere_include_those_of_a_visitor_but_no_adults(mash_social_worker, family):
    visitor = PersonFactory()
    join(mash_social_worker, family, visitor, "frequent_visitor")
    child = RelationshipFactory(person=visitor).other
    RelationshipFactory(person=visitor, other=PersonFactory(date_of_birth=date(1990, 1, 1)))

    found = queries.children_elsewhere(person_ids=[family.jayden.pk], on=TODAY)

    assert ids(found) == {family.tyler.pk, child.pk}


def test_child_elsewhere_of_a_restricted_parent_does_not_name_the_parent(
    mash_social_worker, family
):
    RestrictionFactory(person=family.kyle)

    found = queries.children_elsewhere(
        person_ids=[family.jayden.pk], on=TODAY, by=mash_social_worker
    )

    assert (found[0].through, found[0].through_id) == ("", None)


# The family page


def test_family_says_who_lives_here_and_what_they_are(mash_social_worker, family):
    found = queries.family_of(by=mash_social_worker, person_id=family.jayden.pk, on=TODAY)

    said = {member.name: (member.relation, member.lives) for member in found.others}
    assert found.household == "22 Dummy Close, SL1 2EL"
    assert said == {
        "Maisie Mockford": ("Sister", "Yes"),
        "Leanne Mockford": ("Mother", "Yes"),
        "Kyle Stubbs": ("Mother’s partner", "Since 3 March 2026"),
        "Tyler Stubbs": ("Kyle’s son", "No"),
    }


def test_family_of_somebody_alone_is_that_person(mash_social_worker):
    child = ChildFactory()

    found = queries.family_of(by=mash_social_worker, person_id=child.pk, on=TODAY)

    assert found.others == []
    assert found.subject.person_id == child.pk


def test_family_on_an_earlier_day_is_as_it_was_then(mash_social_worker, family):
    found = queries.family_of(
        by=mash_social_worker, person_id=family.jayden.pk, on=date(2026, 3, 2)
    )

    kyle = next(member for member in found.others if member.name == "Kyle Stubbs")
    assert not kyle.lives_here


def test_family_keeps_a_former_partner_apart(mash_social_worker, family):
    row = family.kyle.relationships.get(kind="partner")
    actions.end_relationship(by=mash_social_worker, at=AT, relationship_id=row.pk)

    found = queries.family_of(by=mash_social_worker, person_id=family.leanne.pk, on=TODAY)

    kyle = next(member for member in found.others if member.name == "Kyle Stubbs")
    assert kyle.relation == "Former partner"


def test_family_hides_a_restricted_relative_and_all_ties(mash_social_worker, family):
    RestrictionFactory(person=family.leanne)

    found = queries.family_of(by=mash_social_worker, person_id=family.jayden.pk, on=TODAY)

    hidden = next(member for member in found.others if member.person_id == family.leanne.pk)
    assert (hidden.person, hidden.age, hidden.relation) == (None, "", "")
    assert all(family.leanne.pk not in (tie.person_id, tie.other_id) for tie in found.ties)
    assert family.leanne.pk not in {member.person_id for member in found.memberships}


def test_family_queries_do_not_grow(mash_social_worker, family):
    def count():
        with CaptureQueriesContext(connection) as made:
            queries.family_of(by=mash_social_worker, person_id=family.jayden.pk, on=TODAY)
        return len(made)

    few = count()
    for _ in range(8):
        child = MembershipFactory(household=family.household).person
        RelationshipFactory(person=family.leanne, other=child)
        RelationshipFactory(person=family.kyle, other=ChildFactory())

    assert count() == few


# Names and access


def test_display_people_shows_whom_one_may_see(mash_social_worker, family, head_of_service):
    RestrictionFactory(person=family.maisie, owner=head_of_service)

    shown = queries.display_people([family.jayden.pk, family.maisie.pk], by=mash_social_worker)

    assert (shown[family.jayden.pk].name, shown[family.jayden.pk].age) == ("Jayden Mockford", "6")
    assert shown[family.maisie.pk].name == f"Restricted record, ring {head_of_service.full_name}"
    assert shown[family.maisie.pk].person is None


def test_age_is_marked_when_it_is_an_estimate_and_stops_at_death():
    child = Person(
        date_of_birth=date(2018, 1, 1), is_date_of_birth_estimated=True, died_on=date(2024, 1, 1)
    )

    assert queries.age(child, on=TODAY) == "about 6"
    assert queries.age(Person(age_as_stated="about 8"), on=TODAY) == "about 8"


@pytest.mark.parametrize(
    ("who", "sees"),
    [
        ("contact_officer", True),
        ("early_help_worker", True),
        ("auditor", True),
        ("head_of_service", True),
        ("administrator", False),
        ("data_analyst", False),
        ("partner_user", False),
        ("outsider", False),
    ],
)
def test_visible_to_follows_the_role(request, db, who, sees):
    child = ChildFactory()

    found = Person.objects.visible_to(request.getfixturevalue(who))

    assert found.filter(pk=child.pk).exists() is sees


def test_openings_are_for_the_owner_and_for_who_reviews(
    mash_manager, second_mash_manager, mash_social_worker, head_of_service, family
):
    actions.restrict(
        by=mash_manager,
        at=AT,
        person_id=family.jayden.pk,
        owner_id=second_mash_manager.pk,
        reason="Staff relative",
    )
    opening = actions.break_glass(
        by=mash_social_worker,
        at=AT,
        person_id=family.jayden.pk,
        reason="A baby has been hurt tonight at home.",
    )

    def seen(user):
        return [each.id for each in queries.openings(by=user)]

    assert seen(second_mash_manager) == seen(head_of_service) == [opening.pk]
    assert seen(mash_manager) == seen(mash_social_worker) == []
    assert queries.opening(by=mash_manager, opening_id=opening.pk) is None


# What changed


def test_changes_give_before_and_after(mash_social_worker, family):
    child = family.jayden
    since = AT - timedelta(seconds=1)
    with application_clock.set_to(AT + timedelta(minutes=1)):
        later = application_clock.now()
        actions.change_details(
            by=mash_social_worker,
            at=later,
            person_id=child.pk,
            version=child.version,
            ethnicity="APKN",
            disabilities=["AUT"],
        )
        actions.move(by=mash_social_worker, at=later, person_ids=[child.pk], line="1 Dummy Close")
    with application_clock.set_to(AT + timedelta(minutes=2)):
        later = application_clock.now()
        actions.move(
            by=mash_social_worker, at=later, person_ids=[child.pk], line="2 Placeholder Way"
        )

    found = queries.changes_of(child.pk, since)

    said = {(change.what, change.before, change.after) for change in found}
    assert ("Ethnicity", "Information not yet obtained", "Pakistani") in said
    assert ("Disability", "Not known", "Autism") in said
    assert ("Address", "1 Dummy Close", "2 Placeholder Way") in said
    assert found[0].after == "2 Placeholder Way"
    assert {change.by_name for change in found} == {mash_social_worker.full_name}
    assert queries.changes_of(child.pk, later) == []


def test_changes_at_birth_name_every_field(mash_social_worker, family):
    baby = actions.create_person(
        by=mash_social_worker,
        at=AT,
        is_child=True,
        stage="unborn",
        mother_id=family.leanne.pk,
        expected_on=date(2026, 3, 20),
    )

    actions.record_birth(
        by=mash_social_worker, at=AT, person_id=baby.pk, born_on=TODAY, sex="F", given_name="Isla"
    )

    found = {
        change.what: (change.before, change.after)
        for change in queries.changes_of(baby.pk, AT - timedelta(days=1))
    }
    assert found["Stage"] == ("Unborn", "Born")
    assert found["Date of birth"] == ("Not known", "12 March 2026")
    assert found["Due date"] == ("20 March 2026", "Not known")
    assert found["First name"] == ("Not known", "Isla")


def test_changes_make_a_fixed_number_of_queries(mash_social_worker, family):
    def count():
        with CaptureQueriesContext(connection) as made:
            queries.changes_of(family.jayden.pk, AT - timedelta(days=1))
        return len(made)

    actions.add_name(
        by=mash_social_worker, at=AT, person_id=family.jayden.pk, kind="known_as", given_name="A"
    )
    few = count()
    for name in "BCDEF":
        actions.add_name(
            by=mash_social_worker,
            at=AT,
            person_id=family.jayden.pk,
            kind="known_as",
            given_name=name,
        )

    assert count() == few
    assert HouseholdMembership.objects.count() == 4
