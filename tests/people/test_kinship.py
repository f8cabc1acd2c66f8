import uuid

import pytest

from people.choices import RelationshipKind as Kind
from people.kinship import Kin, Relations, Tie, called, called_back

SEXES = {
    "leanne": "F",
    "kyle": "M",
    "aaron": "M",
    "sheila": "F",
    "jayden": "M",
    "maisie": "F",
    "isla": "F",
    "tyler": "M",
    "robin": "U",
}
IDS = {name: uuid.uuid5(uuid.NAMESPACE_OID, name) for name in SEXES}


def tie(person, kind, other):
    return Tie(IDS[person], IDS[other], kind)


@pytest.fixture
def relations():
    people = [Kin(IDS[name], name.capitalize(), sex) for name, sex in SEXES.items()]
    ties = [
        *(tie("leanne", Kind.MOTHER, child) for child in ("jayden", "maisie", "isla")),
        *(tie("aaron", Kind.FATHER, child) for child in ("jayden", "maisie")),
        tie("kyle", Kind.FATHER, "isla"),
        tie("kyle", Kind.FATHER, "tyler"),
        tie("kyle", Kind.PARTNER, "leanne"),
        tie("sheila", Kind.MOTHER, "leanne"),
        tie("jayden", Kind.FRIEND, "robin"),
    ]
    return Relations(people, ties)


@pytest.mark.parametrize(
    ("person", "words"),
    [
        ("maisie", "Sister"),
        ("isla", "Half-sister"),
        ("leanne", "Mother"),
        ("aaron", "Father"),
        ("kyle", "Mother’s partner"),
        ("tyler", "Kyle’s son"),
        ("sheila", "Grandmother"),
        ("robin", "Friend or associate"),
    ],
)
def test_relation_to_jayden_is_said_or_worked_out(relations, person, words):
    assert relations.words(IDS[person], to=IDS["jayden"]) == words


def test_relation_is_turned_round(relations):
    assert relations.words(IDS["jayden"], to=IDS["leanne"]) == "Son"
    assert relations.words(IDS["isla"], to=IDS["kyle"]) == "Daughter"


def test_relation_that_nobody_stated_is_empty(relations):
    assert relations.words(IDS["robin"], to=IDS["sheila"]) == "Jayden’s friend or associate"
    assert (
        Relations([Kin(IDS["robin"], "Robin", "U")], []).words(IDS["robin"], to=IDS["sheila"]) == ""
    )


@pytest.mark.parametrize("kind", Kind.values)
def test_every_kind_has_words_for_every_sex(kind):
    assert all(called(kind, sex) and called_back(kind, sex) for sex in "FMU")
