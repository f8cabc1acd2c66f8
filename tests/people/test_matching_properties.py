"""What holds for every question and every record, without a database."""

import unicodedata
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from people.matching import short_names
from people.matching.facts import Facts, Name, Place, Question, name_parts
from people.matching.judging import Band, judge
from people.matching.keys import (
    MOST_KEYS,
    MOST_LOOKED_UP,
    MOST_SLOTS,
    first_looks,
    keys_of,
    wider_looks,
    widest_looks,
)
from people.matching.names import Comparer, Frequencies
from people.matching.reasons import explain

TODAY = date(2026, 3, 12)

letters = st.sampled_from("abcdefghijklmnoprstuwzyéèüöäãñçłøśžőşğćńĄŻÓ")
words = st.text(letters, min_size=2, max_size=10)
names = st.lists(words, min_size=1, max_size=3).map(" ".join)
anything = st.text(max_size=80)
days = st.dates(date(1950, 1, 1), TODAY)


def read(**asked):
    return Question.read(today=TODAY, **asked)


def record(given_name="", family_name="", born=None, **more):
    return Facts(
        names=(Name.of(given_name, family_name),),
        born=(born,) if born else (),
        **more,
    )


def score(question, facts):
    return judge(question, facts, Comparer(Frequencies()), today=TODAY)


def rounds(question):
    return [
        first_looks(question, today=TODAY),
        wider_looks(question),
        widest_looks(question),
    ]


# The same question however it is typed


@given(names, names)
def test_order_of_names_never_changes_the_question(one, other):
    assert read(given_name=one, family_name=other) == read(given_name=other, family_name=one)


@given(names, names)
def test_case_never_changes_the_question(one, other):
    asked = read(given_name=one, family_name=other)

    assert read(given_name=one.upper(), family_name=other.title()) == asked


@given(names, names)
def test_accents_never_change_the_question(one, other):
    asked = read(given_name=one, family_name=other)

    for form in ("NFC", "NFD"):
        assert (
            read(
                given_name=unicodedata.normalize(form, one),
                family_name=unicodedata.normalize(form, other),
            )
            == asked
        )
    bare = "".join(c for c in unicodedata.normalize("NFD", one) if not unicodedata.combining(c))
    assert read(given_name=bare, family_name=other) == asked


@given(names, names, st.sampled_from([" ", "  ", "\t", "\u00a0", "\n", "\u200b"]))
def test_spaces_never_change_the_question(one, other, space):
    asked = read(given_name=one, family_name=other)
    spaced = one.replace(" ", f" {space}")

    assert read(given_name=f"{space}{spaced}{space}", family_name=f"{other}{space}") == asked


@given(words, words, st.sampled_from("'’ʼʻ‘`ʿʾ"), st.integers(1, 5))
def test_apostrophes_never_change_the_question(one, other, mark, place):
    asked = read(given_name=one, family_name=other)

    assert read(given_name=f"{one[:place]}{mark}{one[place:]}", family_name=other) == asked


@given(days, words)
def test_the_form_of_a_date_never_changes_the_question(born, name):
    asked = read(given_name=name, date_of_birth=born.isoformat())

    for form in ("%d/%m/%Y", "%d.%m.%Y", "%d %B %Y", "%-d %b %Y"):
        assert read(given_name=name, date_of_birth=born.strftime(form)) == asked


# Any text


@given(st.lists(anything, min_size=12, max_size=12))
def test_any_texts_give_a_question_keys_and_a_judgement(texts):
    question = read(
        given_name=texts[0],
        family_name=texts[1],
        other_names=texts[2:4],
        date_of_birth=texts[4],
        expected_on=texts[5],
        sex=texts[6],
        postcode=texts[7],
        address_line=texts[8],
        nhs_number=texts[9],
        upn=texts[10],
        mother_name=texts[11],
    )
    facts = record(texts[0], texts[1], places=(Place.of(texts[8], texts[7]),))

    judged = score(question, facts)

    assert judged.band in list(Band)
    for looks in rounds(question):
        assert len(looks.keys) == len(looks.slots) <= MOST_LOOKED_UP
        assert len(looks.kinds) <= MOST_SLOTS
        assert all(-(2**31) <= key < 2**31 for key in looks.keys)
        assert all(0 <= slot < len(looks.kinds) for slot in looks.slots)
    for points in (
        explain(question, facts, judged).matched,
        explain(question, facts, judged).differs,
        explain(question, facts, judged).missing,
    ):
        assert all(point.words for point in points)


@pytest.mark.parametrize("text", ["a" * 500, "a " * 250, "Ж" * 500, "́" * 500, "'" * 500])
def test_five_hundred_characters_give_few_keys(text):
    question = read(given_name=text, family_name=text, other_names=[text] * 20)

    assert all(len(looks.keys) <= MOST_LOOKED_UP for looks in rounds(question))
    assert len(keys_of(record(text, text, date(2014, 5, 5)))) <= MOST_KEYS


@given(anything, anything, st.none() | days)
def test_facts_come_back_from_their_kept_form(one, other, born):
    facts = record(one, other, born, places=(Place.of(one, other),), recorded_on=TODAY)

    assert Facts.from_text(facts.to_text()) == facts


# Finding


@given(names, names, days)
def test_whoever_is_asked_for_by_name_and_birth_has_a_telling_key(one, other, born):
    facts = record(one, other, born)
    question = read(given_name=other, family_name=one, date_of_birth=born.isoformat())

    assert set(first_looks(question, today=TODAY).keys) & set(keys_of(facts))


@given(words, words)
def test_whoever_is_asked_for_by_name_alone_has_a_key(one, other):
    question = read(given_name=one, family_name=other)
    asked = {key for looks in rounds(question) for key in looks.keys}

    if name_parts(one) or name_parts(other):
        assert asked & set(keys_of(record(one, other)))


@pytest.mark.parametrize(
    ("asked", "on_file"),
    [
        ("Mohammed", "Maxamed"),
        ("Mohammad", "Muhammed"),
        ("Asha", "Caasha"),
        ("Ayesha", "Aisha"),
        ("Hassan", "Xasan"),
        ("Abdirahman", "Cabdiraxmaan"),
        ("Abdul Rahman", "Abdurrahman"),
        ("Lakshmi", "Laxmi"),
        ("Chaudhry", "Chowdhury"),
        ("Harpreet", "Harprit"),
        ("Khadija", "Qadija"),
        ("Wójcik", "Wojcik"),
        ("Zielińska", "Zieliński"),
        ("Łukasz", "Lukasz"),
        ("Al-Hassan", "Alhassan"),
        ("O'Brien", "O’Brien"),
        ("Yusuf", "Youssef"),
        ("Ștefan", "Stefan"),
        ("Iman", "Eman"),
    ],
)
def test_spellings_of_one_name_agree(asked, on_file):
    compared = Comparer(Frequencies()).compare(name_parts(asked), Name.of(on_file, "Testwood"))

    assert compared.given in ("same", "alike")


@pytest.mark.parametrize(
    ("short", "whole"),
    [
        ("Olly", "Oliver"),
        ("Izzy", "Isabella"),
        ("Kuba", "Jakub"),
        ("Gosia", "Małgorzata"),
        ("Mohd", "Mohamed"),
        ("Emeka", "Chukwuemeka"),
        ("Bill", "William"),
    ],
)
def test_short_names_agree_with_whole_ones_either_way_round(short, whole):
    frequencies = Frequencies(fuller=short_names.fuller())
    for asked, on_file in ((short, whole), (whole, short)):
        compared = Comparer(frequencies).compare(name_parts(asked), Name.of(on_file, "Testwood"))

        assert compared.given == "alike"
        looked = first_looks(
            read(given_name=asked, family_name="Testwood"), today=TODAY, fuller=frequencies.fuller
        )
        assert set(looked.keys) & set(keys_of(record(on_file, "Testwood"), frequencies.fuller))


def test_a_short_name_is_no_short_form_of_a_family_name():
    compared = Comparer(Frequencies()).compare(("kaur", "manprit"), Name.of("Arjan Kaur", "Mann"))

    assert compared.given not in ("same", "alike")


def test_a_part_that_is_both_names_on_file_never_vouches_for_a_first_name():
    compared = Comparer(Frequencies()).compare(
        ("hassan", "hussayn"), Name.of("Hassan", "Al-Hassan")
    )

    assert compared.given not in ("same", "alike")


@pytest.mark.parametrize(
    ("asked", "on_file"),
    [
        ("Hassan", "Hussain"),
        ("Amina", "Mona"),
        ("Mohammed", "Mahmoud"),
        ("Gurpreet", "Jaspreet"),
        ("Ibrahim", "Ismail"),
        ("Oliver", "Oscar"),
        ("Kasia", "Basia"),
    ],
)
def test_names_that_only_look_alike_do_not_agree(asked, on_file):
    asked_parts = tuple(sorted((*name_parts(asked), "testwood")))

    both = dict.fromkeys((*name_parts(asked), *name_parts(on_file)), 10)
    compared = Comparer(Frequencies(1_000, both)).compare(asked_parts, Name.of(on_file, "Testwood"))

    assert compared.given not in ("same", "alike")


# Judging


@given(names, names, days, st.sampled_from("MF"))
def test_a_field_that_agrees_never_lowers_the_right_person(one, other, born, sex):
    facts = record(
        one,
        other,
        born,
        sex=sex,
        places=(Place.of("14 Sample Row", "SL1 2EL"),),
        numbers=(("nhs", "9990000018"),),
        mothers=(Name.of("Hana", "Placeholder"),),
    )
    fields = {
        "family_name": other,
        "given_name": one,
        "date_of_birth": born.isoformat(),
        "postcode": "SL1 2EL",
        "address_line": "14 Sample Row",
        "sex": sex,
        "mother_name": "Hana Placeholder",
        "nhs_number": "9990000018",
    }

    asked, scores = {}, []
    for field, value in fields.items():
        asked[field] = value
        scores.append(score(read(**asked), facts).score)

    assert scores == sorted(scores)


@given(names, names, days)
def test_what_nobody_said_counts_neither_way(one, other, born):
    question = read(given_name=one, family_name=other, date_of_birth=born.isoformat())
    full = record(one, other, born, places=(Place.of("14 Sample Row", "SL1 2EL"),), sex="F")

    assert score(question, full).score == score(question, record(one, other, born)).score


@given(words, words, days, days)
def test_a_first_name_that_differs_is_never_the_same_child(one, other, born, another):
    facts = record("Thessaly", "Testwood", born, places=(Place.of("14 Sample Row", "SL1 2EL"),))
    question = read(
        given_name="Bogdan",
        family_name="Testwood",
        date_of_birth=another.isoformat(),
        postcode="SL1 2EL",
        address_line="14 Sample Row",
    )

    assert score(question, facts).band == Band.RELATIVE


@given(names, names)
def test_a_name_alone_is_never_very_likely_the_same(one, other):
    question = read(given_name=one, family_name=other)

    assert score(question, record(one, other, date(2014, 5, 5))).band != Band.SAME


@given(names, days)
def test_an_initial_that_fits_nothing_is_another_child_of_the_house(family, born):
    facts = record("Joanna", family, born, places=(Place.of("14 Sample Row", "SL1 2EL"),))
    asked = {
        "family_name": family,
        "date_of_birth": born.isoformat(),
        "postcode": "SL1 2EL",
        "address_line": "14 Sample Row",
    }

    assert score(read(given_name="J", **asked), facts).band != Band.RELATIVE
    fits = "m" in {part[0] for part in name_parts(family)}
    assert fits or score(read(given_name="M", **asked), facts).band != Band.SAME


def test_another_birth_and_no_place_is_nobody_however_alike_the_name():
    facts = record(
        "Sara",
        "Khan",
        date(2014, 5, 9),
        places=(Place.of("14 Sample Row", "SL1 2EL"),),
        mothers=(Name.of("Hana", "Khan"),),
    )
    asked = {"given_name": "Sara", "family_name": "Khan", "date_of_birth": "21/11/2017"}
    common = Comparer(Frequencies(4_000, {"sara": 40, "khan": 200}))

    def band(**more):
        return judge(read(**asked, **more), facts, common, today=TODAY).band

    assert band() == Band.NOBODY
    assert band(postcode="SL3 8QQ", address_line="2 Dummy Way") == Band.NOBODY
    assert band(postcode="SL1 2EL", address_line="14 Sample Row") != Band.NOBODY
    assert band(mother_name="Hana Khan") != Band.NOBODY
