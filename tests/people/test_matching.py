"""Known-person search against the database: who is found, why, and what is never told."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import call_command

from lib import application_clock
from people import matching
from people.choices import IdentifierKind, NameKind, RelationshipKind, Source, Stage
from people.matching import Band, keeping, search
from people.models import (
    Address,
    DateClaim,
    Identifier,
    NameFrequency,
    Person,
    PersonAddress,
    PersonName,
    Relationship,
    Restriction,
    RestrictionReader,
    SearchKeys,
)
from record.models import BreakGlass
from tests.factories.accounts import UserFactory

NOW = datetime(2026, 3, 12, 11, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock():
    with application_clock.set_to(NOW):
        yield


def on_file(
    given="",
    family="",
    born=None,
    *,
    sex="U",
    line="",
    postcode="",
    nhs="",
    mother=None,
    unborn=False,
    expected_on=None,
    description="",
):
    """Put one person on file and make the keys."""
    person = Person.objects.create(
        given_name=given,
        family_name=family,
        description=description,
        date_of_birth=born,
        stage=Stage.UNBORN if unborn else Stage.BORN,
        expected_on=expected_on,
        sex="U" if unborn else sex,
        recorded_at=NOW,
    )
    if given or family:
        PersonName.objects.create(
            person=person,
            kind=NameKind.CURRENT,
            given_name=given,
            family_name=family,
            source=Source.WORKER,
            recorded_at=NOW,
        )
    if line or postcode:
        moved_in(person, line, postcode)
    if nhs:
        Identifier.objects.create(
            person=person,
            kind=IdentifierKind.NHS,
            value=nhs,
            is_valid=True,
            source=Source.AGENCY,
            recorded_at=NOW,
        )
    if mother:
        Relationship.objects.create(
            person=mother,
            other=person,
            kind=RelationshipKind.MOTHER,
            source=Source.FAMILY,
            recorded_at=NOW,
        )
    matching.refresh([person.pk])
    return person


def moved_in(person, line, postcode, *, to_on=None):
    address, _ = Address.objects.get_or_create(
        key=f"{line}|{postcode}".lower(),
        defaults={"line": line, "postcode": postcode, "recorded_at": NOW},
    )
    PersonAddress.objects.create(
        person=person, address=address, to_on=to_on, source=Source.FAMILY, recorded_at=NOW
    )


def restrict(person, *, readers=()):
    owner = UserFactory()
    restriction = Restriction.objects.create(
        person=person, owner=owner, reason="Refuge", at=NOW, recorded_at=NOW, recorded_by=owner
    )
    for reader in readers:
        RestrictionReader.objects.create(
            restriction=restriction, user=reader, added_by=owner, recorded_at=NOW
        )


def first(answer):
    return answer.candidates[0].person_id if answer.candidates else None


@pytest.fixture
def zayn(db):
    return on_file(
        "Zayn", "Testwood", date(2022, 2, 1), sex="M", line="14 Sample Row", postcode="SL1 2EL"
    )


# Finding


@pytest.mark.parametrize(
    ("given", "family", "born"),
    [
        ("Zayn", "Testwood", "1 February 2022"),
        ("zain", "TESTWOOD", "1/2/2022"),
        ("Testwood", "Zayn", "2022-02-01"),
        ("Zayn", "Testwod", "01.02.22"),
        ("Zayn Ali", "Testwood", "1/2/2022"),
        ("Zayn", "Testwood-Mockford", "2/2/2022"),
    ],
)
def test_candidates_finds_the_same_child_however_written(
    contact_officer, zayn, given, family, born
):
    answer = matching.candidates(
        by=contact_officer, given_name=given, family_name=family, date_of_birth=born
    )

    assert answer.band == Band.SAME
    assert first(answer) == zayn.pk


@pytest.mark.parametrize(
    "question",
    [
        {"given_name": "Zayn", "date_of_birth": "1/2/2022"},
        {"given_name": "Zayn", "family_name": "Testwood"},
        {"given_name": "Zayn", "family_name": "Testwood", "date_of_birth": "2022"},
        {"family_name": "Testwood", "date_of_birth": "2/1/2022"},
        {"given_name": "Z", "family_name": "Testwood", "postcode": "sl12el"},
        {"family_name": "Testwood", "address_line": "14 sample row"},
        {"date_of_birth": "1/2/2022", "postcode": "SL1 2EL"},
        {"given_name": "Zayn", "family_name": "Placeholder", "date_of_birth": "1/2/2022"},
    ],
)
def test_candidates_finds_a_child_by_little(contact_officer, zayn, question):
    answer = matching.candidates(by=contact_officer, **question)

    assert answer.band in (Band.SAME, Band.POSSIBLE)
    assert first(answer) == zayn.pk


@pytest.mark.parametrize("quoted", ["999 000 0018", "9990000081", "9990000019"])
def test_candidates_finds_by_number_even_misquoted(contact_officer, quoted):
    person = on_file("Ama", "Testwood", date(2014, 5, 5), nhs="9990000018")
    on_file("Ama", "Mockford", date(2014, 5, 6), nhs="9990000026")

    answer = matching.candidates(by=contact_officer, nhs_number=quoted, given_name="Ama")

    assert first(answer) == person.pk


def test_candidates_finds_by_every_name_and_every_address_ever(contact_officer):
    person = on_file("Ama", "Testwood", date(2014, 5, 5), line="2 New Close", postcode="SL1 1AA")
    PersonName.objects.create(
        person=person,
        kind=NameKind.PREVIOUS,
        given_name="Ama",
        family_name="Dummyfield",
        source=Source.FAMILY,
        recorded_at=NOW,
    )
    moved_in(person, "9 Old Lane", "SL2 2AA", to_on=date(2020, 1, 1))
    matching.refresh([person.pk])

    answer = matching.candidates(
        by=contact_officer, given_name="Ama", family_name="Dummyfield", postcode="SL2 2AA"
    )

    assert first(answer) == person.pk
    words = " ".join(str(point) for point in answer.candidates[0].matched)
    assert "an earlier name" in words
    assert "an earlier address" in words


def test_candidates_finds_by_a_rival_date_of_birth(contact_officer):
    person = on_file("Ama", "Testwood", date(2014, 5, 5))
    DateClaim.objects.create(
        person=person,
        on=date(2013, 11, 20),
        as_stated="20 Nov 2013",
        source=Source.AGENCY,
        recorded_at=NOW,
    )
    matching.refresh([person.pk])

    answer = matching.candidates(by=contact_officer, given_name="Ama", date_of_birth="20/11/2013")

    assert first(answer) == person.pk


def test_candidates_finds_an_unborn_baby_by_the_mother(contact_officer):
    mother = on_file("Nour", "Testwood", date(1995, 3, 3), sex="F")
    baby = on_file("", "Testwood", unborn=True, expected_on=date(2026, 6, 9), mother=mother)

    answer = matching.candidates(
        by=contact_officer,
        given_name="Unborn baby",
        mother_name="Noor Testwood",
        expected_on=date(2026, 6, 16),
    )

    assert first(answer) == baby.pk
    assert answer.band in (Band.SAME, Band.POSSIBLE)


def test_candidates_finds_the_baby_once_born(contact_officer):
    baby = on_file(
        "",
        "Testwood",
        unborn=True,
        expected_on=date(2026, 3, 1),
        line="14 Sample Row",
        postcode="SL1 2EL",
    )

    answer = matching.candidates(
        by=contact_officer,
        given_name="Hana",
        family_name="Testwood",
        date_of_birth="4/3/2026",
        postcode="SL1 2EL",
        address_line="14 Sample Row",
    )

    assert first(answer) == baby.pk
    assert answer.band in (Band.SAME, Band.POSSIBLE)


def test_candidates_finds_new_keys_when_the_mother_changes_her_name(contact_officer):
    mother = on_file("Nour", "Testwood", date(1995, 3, 3), sex="F")
    baby = on_file(description="Unborn baby", unborn=True, mother=mother)
    Person.objects.filter(pk=mother.pk).update(family_name="Placeholder")
    matching.refresh([mother.pk])

    answer = matching.candidates(
        by=contact_officer, given_name="Unborn", mother_name="Nour Placeholder"
    )

    assert baby.pk in [candidate.person_id for candidate in answer.candidates]


# Bands


def test_a_brother_is_shown_as_family_and_never_as_the_same(contact_officer, zayn):
    answer = matching.candidates(
        by=contact_officer,
        given_name="Idris",
        family_name="Testwood",
        date_of_birth="9/9/2019",
        postcode="SL1 2EL",
        address_line="14 Sample Row",
    )

    assert answer.band == Band.RELATIVE
    assert first(answer) == zayn.pk


def test_a_twin_is_shown_as_family_and_never_as_the_same(contact_officer, zayn):
    answer = matching.candidates(
        by=contact_officer,
        given_name="Idris",
        family_name="Testwood",
        date_of_birth="1/2/2022",
        postcode="SL1 2EL",
        address_line="14 Sample Row",
    )

    assert answer.band == Band.RELATIVE


def test_without_a_first_name_nobody_is_the_same(contact_officer, zayn):
    answer = matching.candidates(
        by=contact_officer, family_name="Testwood", date_of_birth="1/2/2022", postcode="SL1 2EL"
    )

    assert answer.band == Band.POSSIBLE


AT_HOME_ON_FILE = {"line": "14 Sample Row", "postcode": "SL1 2EL"}
AT_HOME = {
    "family_name": "Testwood",
    "date_of_birth": "1/2/2022",
    "postcode": "SL1 2EL",
    "address_line": "14 Sample Row",
}


def test_the_only_child_of_that_birth_in_that_house_is_the_same(contact_officer, zayn):
    answer = matching.candidates(by=contact_officer, **AT_HOME)

    assert answer.band == Band.SAME
    assert first(answer) == zayn.pk


def test_of_twins_neither_is_the_same_without_a_first_name(contact_officer, zayn):
    on_file("Idris", "Testwood", date(2022, 2, 1), line="14 Sample Row", postcode="SL1 2EL")

    answer = matching.candidates(by=contact_officer, **AT_HOME)

    assert answer.band == Band.POSSIBLE
    assert len(answer.candidates) == 2


def test_a_twin_who_may_not_be_read_changes_nothing_but_the_neutral_line(contact_officer, zayn):
    before = matching.candidates(by=contact_officer, **AT_HOME)
    restrict(on_file("Idris", "Testwood", date(2022, 2, 1), **AT_HOME_ON_FILE))

    after = matching.candidates(by=contact_officer, **AT_HOME)

    assert after.candidates == before.candidates
    assert after.restricted_may_match


def test_what_a_crowd_shares_is_not_looked_under_and_what_tells_them_apart_is(
    contact_officer, zayn, monkeypatch
):
    monkeypatch.setattr(search, "A_CROWD", 3)
    for day in range(2, 8):
        on_file("Zayn", "Testwood", date(2019, 5, day))

    by_name = matching.candidates(by=contact_officer, given_name="Zayn", family_name="Testwood")
    by_birth = matching.candidates(
        by=contact_officer, given_name="Zayn", family_name="Testwood", date_of_birth="1/2/2022"
    )

    assert by_name.candidates == ()
    assert by_name.problems == (search.TOO_MANY,)
    assert first(by_birth) == zayn.pk
    assert by_birth.problems == ()


def test_a_stranger_is_nobody(contact_officer, zayn):
    answer = matching.candidates(
        by=contact_officer,
        given_name="Bogdan",
        family_name="Placeholder",
        date_of_birth="7/7/1981",
        postcode="SL3 9AA",
    )

    assert answer.band == Band.NOBODY
    assert answer.candidates == ()


def test_the_same_name_with_another_birth_is_not_the_same(contact_officer, zayn):
    answer = matching.candidates(
        by=contact_officer, given_name="Zayn", family_name="Testwood", date_of_birth="14/11/1987"
    )

    assert answer.band != Band.SAME


def test_reasons_name_what_agrees_differs_and_is_missing(contact_officer, zayn):
    answer = matching.candidates(
        by=contact_officer,
        given_name="Zain",
        family_name="Testwood",
        date_of_birth="2/2/2022",
        postcode="SL3 9AA",
    )

    candidate = answer.candidates[0]
    assert [str(point) for point in candidate.matched] == [
        "Name alike: Zayn Testwood",
        "Born 1 February 2022, a day apart",
    ]
    assert [str(point) for point in candidate.differs] == ["Another address"]
    assert [point.about for point in candidate.missing] == ["mother"]


# Bad input


def test_nothing_typed_finds_nobody(contact_officer, zayn):
    answer = matching.candidates(by=contact_officer)

    assert answer == matching.Answer(Band.NOBODY)


def test_a_date_that_cannot_be_read_is_told_and_left_out(contact_officer, zayn):
    answer = matching.candidates(
        by=contact_officer, given_name="Zayn", family_name="Testwood", date_of_birth="31/2/2022"
    )

    assert answer.problems == ("The date of birth could not be read, so it was not used",)
    assert first(answer) == zayn.pk


@pytest.mark.parametrize(
    "text", ["Z", "x" * 500, "\x00\x07\u202e", "%' OR 1=1 --", "محمد", "ਸੰਦੀਪ", "李", "😀", "\ud800"]
)
def test_any_text_gets_an_answer(contact_officer, zayn, text):
    answer = matching.candidates(
        by=contact_officer,
        given_name=text,
        family_name=text,
        other_names=[text],
        date_of_birth=text,
        expected_on=text,
        sex=text,
        postcode=text,
        address_line=text,
        nhs_number=text,
        upn=text,
        mother_name=text,
    )

    assert answer.band in list(Band)


def test_limit_bounds_the_list(contact_officer):
    for day in range(1, 8):
        on_file("Ama", "Testwood", date(2014, 5, day))

    answer = matching.candidates(
        by=contact_officer, given_name="Ama", family_name="Testwood", limit=3
    )

    assert len(answer.candidates) == 3


# Who may know


@pytest.mark.parametrize("asker", ["partner_user", "administrator", "data_analyst", "outsider"])
def test_candidates_refuses_those_who_may_not_search(request, zayn, asker):
    with pytest.raises(PermissionDenied):
        matching.candidates(by=request.getfixturevalue(asker), given_name="Zayn")


def test_a_restricted_child_is_one_neutral_line(contact_officer, zayn):
    restrict(zayn)

    answer = matching.candidates(
        by=contact_officer,
        given_name="Zayn",
        family_name="Testwood",
        date_of_birth="1/2/2022",
    )

    assert answer == matching.Answer(Band.NOBODY, restricted_may_match=True)


def test_a_restricted_stranger_gives_no_line(contact_officer, zayn):
    restrict(zayn)

    answer = matching.candidates(
        by=contact_officer, given_name="Bogdan", family_name="Placeholder", date_of_birth="1981"
    )

    assert not answer.restricted_may_match


def test_a_restricted_brother_gives_no_line(contact_officer, zayn):
    restrict(zayn)

    answer = matching.candidates(
        by=contact_officer,
        given_name="Idris",
        family_name="Testwood",
        date_of_birth="9/9/2019",
        postcode="SL1 2EL",
        address_line="14 Sample Row",
    )

    assert not answer.restricted_may_match


def test_a_restricted_child_is_shown_to_who_may_read(contact_officer, zayn):
    restrict(zayn, readers=[contact_officer])

    answer = matching.candidates(
        by=contact_officer, given_name="Zayn", family_name="Testwood", date_of_birth="1/2/2022"
    )

    assert first(answer) == zayn.pk
    assert not answer.restricted_may_match


def test_restricted_children_take_no_place_in_the_list(contact_officer):
    shown = [on_file("Ama", "Testwood", date(2014, 5, day)) for day in (1, 2)]
    for day in (3, 4, 5):
        restrict(on_file("Ama", "Testwood", date(2014, 5, day)))

    answer = matching.candidates(
        by=contact_officer, given_name="Ama", family_name="Testwood", limit=2
    )

    assert {candidate.person_id for candidate in answer.candidates} == {p.pk for p in shown}


def test_linked_records_are_one_candidate(contact_officer):
    kept = on_file("Ama", "Testwood", date(2014, 5, 5))
    other = on_file("Amma", "Testwood", date(2014, 5, 5))
    Person.objects.filter(pk=other.pk).update(canonical=kept)

    answer = matching.candidates(
        by=contact_officer, given_name="Amma", family_name="Testwood", date_of_birth="5/5/2014"
    )

    assert [candidate.person_id for candidate in answer.candidates] == [kept.pk]


# Keeping


def test_refresh_forgets_what_was_recorded_wrongly(contact_officer, zayn):
    PersonName.objects.filter(person=zayn).update(is_wrong=True)
    Person.objects.filter(pk=zayn.pk).update(given_name="Idris")
    matching.refresh([zayn.pk])

    answer = matching.candidates(by=contact_officer, given_name="Zayn", date_of_birth="1/2/2022")

    assert all(candidate.band != Band.SAME for candidate in answer.candidates)


def test_refresh_query_count_does_not_grow(django_assert_max_num_queries):
    people = [on_file("Ama", f"Testwood {n}", date(2014, 5, 5)) for n in range(20)]

    with django_assert_max_num_queries(12):
        matching.refresh([person.pk for person in people])


def test_refreshing_once_makes_keys_at_the_end_of_all_steps(zayn):
    SearchKeys.objects.all().delete()

    with matching.refreshing_once(), matching.refreshing_once():
        matching.refresh([zayn.pk])
        meanwhile = SearchKeys.objects.exists()

    assert not meanwhile
    assert SearchKeys.objects.filter(person=zayn).exists()


def test_refreshing_once_makes_no_keys_when_a_step_fails(zayn):
    SearchKeys.objects.all().delete()

    @matching.refreshing_once()
    def fail_midway():
        matching.refresh([zayn.pk])
        raise RuntimeError("a step failed")

    with pytest.raises(RuntimeError, match="a step failed"):
        fail_midway()

    assert not SearchKeys.objects.exists()


def test_refresh_passes_over_nobody():
    matching.refresh([])

    assert not SearchKeys.objects.exists()


def test_candidates_query_count_does_not_grow(contact_officer, django_assert_max_num_queries):
    for day in range(1, 28):
        on_file("Ama", "Testwood", date(2014, 5, day))

    with django_assert_max_num_queries(12):
        matching.candidates(by=contact_officer, given_name="Ama", family_name="Testwood")


def test_rebuild_makes_the_same_keys_and_counts_names(contact_officer, zayn, capsys):
    on_file("Zayn", "Mockford", date(2019, 1, 9))
    before = dict(SearchKeys.objects.values_list("person_id", "keys"))
    SearchKeys.objects.all().delete()

    call_command("rebuild_search_keys")

    assert dict(SearchKeys.objects.values_list("person_id", "keys")) == before
    assert NameFrequency.objects.get(part="zayn").people == 2
    assert NameFrequency.objects.get(part="").people == 2
    assert "2 people" in capsys.readouterr().out


def test_a_common_name_weighs_less_than_a_rare_one(contact_officer):
    for day in range(1, 20):
        on_file("Ama", f"Other{day}", date(2001, 1, day))
    common = on_file("Ama", "Placeholder", date(2014, 5, 5))
    rare = on_file("Thessaly", "Placeholder", date(2014, 5, 6))
    call_command("count_names")

    def score(given):
        answer = matching.candidates(
            by=contact_officer, given_name=given, family_name="Placeholder"
        )
        return answer.candidates[0]

    assert score("Ama").person_id == common.pk
    assert score("Thessaly").person_id == rare.pk
    assert score("Ama").score < score("Thessaly").score


def test_adding_a_field_that_agrees_never_lowers_the_right_person(contact_officer):
    person = on_file(
        "Ama",
        "Testwood",
        date(2014, 5, 5),
        sex="F",
        line="14 Sample Row",
        postcode="SL1 2EL",
        nhs="9990000018",
    )
    fields = {
        "given_name": "Ama",
        "family_name": "Testwood",
        "date_of_birth": "5/5/2014",
        "sex": "F",
        "postcode": "SL1 2EL",
        "address_line": "14 Sample Row",
        "nhs_number": "999 000 0018",
    }

    asked, scores = {}, []
    for name, value in fields.items():
        asked[name] = value
        scores.append(matching.candidates(by=contact_officer, **asked).candidates[0])

    assert all(candidate.person_id == person.pk for candidate in scores)
    assert [candidate.score for candidate in scores] == sorted(
        candidate.score for candidate in scores
    )


def test_an_emergency_opening_shows_the_record_until_it_ends(mash_social_worker, zayn):
    restrict(zayn)
    BreakGlass.objects.create(
        person=zayn,
        user=mash_social_worker,
        reason="Child in danger now",
        opened_at=NOW - timedelta(minutes=1),
        expires_at=NOW + timedelta(minutes=30),
    )

    answer = matching.candidates(
        by=mash_social_worker, given_name="Zayn", family_name="Testwood", date_of_birth="1/2/2022"
    )

    assert first(answer) == zayn.pk


@pytest.mark.parametrize(
    "typed",
    [
        {"given_name": "Testwood", "family_name": "Zayn"},
        {"given_name": "ZAYN", "family_name": "testwood"},
        {"given_name": "Záyn", "family_name": "Testwood"},
        {"given_name": "  Zayn ", "family_name": "\tTestwood\u00a0"},
        {"given_name": "Za’yn", "family_name": "Testwood"},
        {"given_name": "Zayn Testwood", "family_name": ""},
    ],
)
def test_the_way_a_name_is_written_never_changes_the_answer(contact_officer, zayn, typed):
    on_file("Zaynab", "Testwood", date(2021, 3, 1))

    def answer(**names):
        return matching.candidates(by=contact_officer, date_of_birth="2022-02-01", **names)

    plain = answer(given_name="Zayn", family_name="Testwood")
    assert plain.candidates
    assert answer(**typed) == plain


def test_restricted_records_change_nothing_that_is_counted(contact_officer, zayn):
    asked = {"given_name": "Zayn", "family_name": "Testwood", "date_of_birth": "2022-02-01"}
    before = matching.candidates(by=contact_officer, **asked)
    owner = UserFactory()
    for number in range(5):
        hidden = on_file("Zayn", "Testwood", date(2022, 2, 1), line=f"{number + 2} Mock Way")
        Restriction.objects.create(
            person=hidden, owner=owner, reason="Staff", at=NOW, recorded_at=NOW, recorded_by=owner
        )

    after = matching.candidates(by=contact_officer, **asked)

    assert (after.band, after.candidates, after.problems) == (
        before.band,
        before.candidates,
        before.problems,
    )
    assert (before.restricted_may_match, after.restricted_may_match) == (False, True)


def test_whoever_lives_at_an_address_is_found_by_it_alone_however_many_are_on_file(
    contact_officer, zayn
):
    NameFrequency.objects.create(part="", people=1_000_000)
    NameFrequency.objects.create(part="zayn", people=250_000)
    keeping._frequencies.changed()
    answers = [
        matching.candidates(by=contact_officer, **asked)
        for asked in (
            {"address_line": "14 Sample Row"},
            {"postcode": "sl1 2el"},
            {"address_line": "14 Sample Row", "postcode": "SL1 2EL"},
            {"given_name": "Zayn", "address_line": "14 Sample Row"},
        )
    ]

    assert [(answer.band, first(answer)) for answer in answers] == [(Band.POSSIBLE, zayn.pk)] * 4
    restrict(zayn)
    hidden = matching.candidates(by=contact_officer, address_line="14 Sample Row")
    assert hidden == matching.Answer(Band.NOBODY)


def test_a_mother_who_may_not_be_read_makes_no_difference(contact_officer, zayn):
    asked = {"given_name": "Zayn", "family_name": "Testwood", "date_of_birth": "1/2/2022"}
    motherless = matching.candidates(by=contact_officer, mother_name="Nour Hushwood", **asked)
    mother = on_file("Nour", "Hushwood", sex="F")
    born_to(mother, zayn)
    told = matching.candidates(by=contact_officer, mother_name="Nour Hushwood", **asked)
    assert told.candidates[0].score > motherless.candidates[0].score
    restrict(mother)

    for guessed in ("Nour Hushwood", "Leanne Mockford"):
        found = matching.candidates(by=contact_officer, mother_name=guessed, **asked)
        assert found.candidates == motherless.candidates


def test_a_baby_likely_by_a_mother_who_may_not_be_read_is_the_neutral_line(contact_officer):
    mother = on_file("Nour", "Hushwood", date(1995, 3, 3), sex="F")
    baby = on_file(description="Unborn baby", unborn=True, mother=mother)
    asked = {"given_name": "Unborn", "mother_name": "Nour Hushwood"}
    found = matching.candidates(by=contact_officer, **asked)
    assert [each.person_id for each in found.candidates] == [baby.pk]
    restrict(mother)

    hidden = matching.candidates(by=contact_officer, **asked)

    assert hidden == matching.Answer(Band.NOBODY, restricted_may_match=True)


def born_to(mother, child):
    """Record a mother and make the keys of her child."""
    Relationship.objects.create(
        person=mother,
        other=child,
        kind=RelationshipKind.MOTHER,
        source=Source.FAMILY,
        recorded_at=NOW,
    )
    matching.refresh([child.pk])
