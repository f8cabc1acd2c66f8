import uuid
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from people import genogram
from people.choices import RelationshipKind as Kind
from people.genogram import Drawn
from people.kinship import Tie


def drawn(name, sex="F", **fields):
    return Drawn(
        person_id=uuid.uuid5(uuid.NAMESPACE_OID, name), name=name, note="", sex=sex, **fields
    )


def tie(person, kind, other):
    return Tie(person.person_id, other.person_id, kind)


def symbol_of(picture, person):
    return next(each for each in picture.symbols if each.person_id == person.person_id)


def inside(home, symbol):
    return home[0] < symbol.x < home[2] and home[1] < symbol.y < home[3]


@pytest.fixture
def mockfords():
    people = {
        "jayden": drawn(
            "Jayden", "M", is_subject=True, is_child=True, is_here=True, born_on=date(2019, 11, 3)
        ),
        "maisie": drawn("Maisie", is_child=True, is_here=True, born_on=date(2016, 5, 1)),
        "isla": drawn("Isla", is_child=True, is_here=True, born_on=date(2026, 2, 5)),
        "leanne": drawn("Leanne", is_here=True),
        "kyle": drawn("Kyle Stubbs", "M", is_here=True),
        "aaron": drawn("Aaron Dummett", "M"),
        "tyler": drawn("Tyler Stubbs", "M", is_child=True),
        "sheila": drawn("Sheila"),
    }
    ties = [
        *(tie(people["leanne"], Kind.MOTHER, people[c]) for c in ("jayden", "maisie", "isla")),
        *(tie(people["aaron"], Kind.FATHER, people[c]) for c in ("jayden", "maisie")),
        tie(people["kyle"], Kind.FATHER, people["isla"]),
        tie(people["kyle"], Kind.FATHER, people["tyler"]),
        tie(people["kyle"], Kind.PARTNER, people["leanne"]),
        tie(people["leanne"], Kind.EX_PARTNER, people["aaron"]),
        tie(people["sheila"], Kind.MOTHER, people["leanne"]),
    ]
    return people, ties


def test_symbols_follow_sex_and_pregnancy():
    shapes = [
        genogram.shape_of(drawn("A", "M")),
        genogram.shape_of(drawn("B", "F")),
        genogram.shape_of(drawn("C", "U")),
        genogram.shape_of(drawn("D", "U", is_unborn=True)),
        genogram.shape_of(drawn("E", "M", is_hidden=True)),
    ]

    assert shapes == ["square", "circle", "diamond", "triangle", "diamond"]


def test_family_stands_in_generations(mockfords):
    people, ties = mockfords

    rows = genogram.generations(list(people.values()), ties)

    by_name = {name: rows[person.person_id] for name, person in people.items()}
    assert by_name == {
        "jayden": 0,
        "maisie": 0,
        "isla": 0,
        "tyler": 0,
        "leanne": -1,
        "kyle": -1,
        "aaron": -1,
        "sheila": -2,
    }


def test_home_line_holds_the_household_and_nobody_else(mockfords):
    people, ties = mockfords

    picture = genogram.draw(list(people.values()), ties, home_label="22 Dummy Close")

    living_here = {s.person_id for s in picture.symbols if inside(picture.home, s)}
    assert living_here == {p.person_id for p in people.values() if p.is_here}


def test_partners_stand_side_by_side(mockfords):
    people, ties = mockfords

    picture = genogram.draw(list(people.values()), ties)

    leanne, kyle, aaron = (symbol_of(picture, people[n]) for n in ("leanne", "kyle", "aaron"))
    assert abs(leanne.x - kyle.x) == genogram.CELL
    assert abs(leanne.x - aaron.x) == genogram.CELL + genogram.GUTTER


def test_separation_is_two_strokes(mockfords):
    people, ties = mockfords
    together = [each for each in ties if each.kind != Kind.EX_PARTNER]

    apart = len(genogram.draw(list(people.values()), ties).lines)
    lines = len(genogram.draw(list(people.values()), together).lines)

    assert apart == lines + 2


def test_picture_says_in_words_what_it_shows(mockfords):
    people, ties = mockfords

    picture = genogram.draw(list(people.values()), ties, home_label="22 Dummy Close")

    assert picture.title == "The family of Jayden"
    assert "live at 22 Dummy Close" in picture.description
    assert "Tyler Stubbs" in picture.description.split("live at")[1]


def test_brothers_and_sisters_without_parents_hang_together():
    one = drawn("One", is_subject=True, is_child=True, is_here=True)
    two = drawn("Two", is_child=True, is_here=True)

    picture = genogram.draw([one, two], [tie(one, Kind.SIBLING, two)])

    assert len(picture.lines) == 3


names = st.text("abcdefghij klmno-", min_size=1, max_size=40)


@st.composite
def families(draw):
    count = draw(st.integers(1, 12))
    people = [
        Drawn(
            person_id=uuid.UUID(int=number + 1),
            name=draw(names),
            note=draw(st.sampled_from(["", "about 8", "34, since 3/3/2026", "5 weeks"])),
            sex=draw(st.sampled_from("FMU")),
            is_subject=number == 0,
            is_child=draw(st.booleans()),
            is_unborn=draw(st.integers(0, 9)) == 0,
            is_here=draw(st.booleans()),
            is_hidden=draw(st.integers(0, 9)) == 0,
            born_on=draw(st.none() | st.dates(date(1940, 1, 1), date(2026, 1, 1))),
        )
        for number in range(count)
    ]
    someone = st.integers(0, count - 1)
    ties = [
        Tie(people[one].person_id, people[two].person_id, kind)
        for one, two, kind in draw(
            st.lists(st.tuples(someone, someone, st.sampled_from(Kind.values)), max_size=25)
        )
        if one != two
    ]
    return people, ties


@settings(max_examples=150, deadline=None)
@given(families())
def test_symbols_never_overlap_and_everybody_is_drawn_once(family):
    people, ties = family

    picture = genogram.draw(people, ties, home_label="1 Dummy Close")

    assert not genogram.do_overlap(picture.symbols)
    assert sorted(s.person_id for s in picture.symbols) == sorted(p.person_id for p in people)
    assert all(s.box[0] >= 0 and s.box[2] <= picture.width for s in picture.symbols)
    assert all(s.box[1] >= 0 and s.box[3] <= picture.height for s in picture.symbols)


@settings(max_examples=100, deadline=None)
@given(families())
def test_home_line_never_takes_in_somebody_who_lives_elsewhere(family):
    people, ties = family

    picture = genogram.draw(people, ties)

    here = {p.person_id for p in people if p.is_here}
    if picture.home is not None:
        assert {s.person_id for s in picture.symbols if inside(picture.home, s)} == here
    else:
        assert not here


@settings(max_examples=50, deadline=None)
@given(families())
def test_drawing_is_the_same_every_time(family):
    people, ties = family

    assert genogram.draw(people, ties) == genogram.draw(people, ties)
