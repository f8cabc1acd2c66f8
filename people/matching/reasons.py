"""Why a record was judged as it was, in words a worker reads."""

from __future__ import annotations

from dataclasses import dataclass

from people.matching.comparing import Compared, is_same_kind
from people.matching.facts import Facts, Name, Question
from people.matching.judging import Scored
from people.matching.names import Likeness, NamesCompared

_NAME_KINDS = {
    "known_as": ", known as",
    "previous": ", an earlier name",
    "transliterated": ", written another way",
    "as_given": ", as once given",
}
_HOW_ALIKE = {
    Likeness.SAME: "the same",
    Likeness.ALIKE: "alike",
    Likeness.WEAK: "a little alike",
}


@dataclass(frozen=True, slots=True)
class Point:
    """One thing that agrees, differs or is missing: what about, and the words to show."""

    about: str
    words: str

    def __str__(self) -> str:
        """Give the words."""
        return self.words


@dataclass(frozen=True, slots=True)
class Reasons:
    """Why a record was judged as it was, in words."""

    matched: tuple[Point, ...]
    differs: tuple[Point, ...]
    missing: tuple[Point, ...]


class _Telling:
    """Gathers the points in the order in which they are read."""

    def __init__(self) -> None:
        self.matched: list[Point] = []
        self.differs: list[Point] = []
        self.missing: list[Point] = []

    def tell(self, about: str, compared: Compared, lacking: str) -> None:
        """Say how one kind of fact compares, or what is lacking to compare it."""
        if compared.likeness == Likeness.DIFFERS:
            self.differs.append(Point(about, compared.words))
        elif compared.likeness == Likeness.MISSING:
            if lacking:
                self.missing.append(Point(about, lacking))
        else:
            self.matched.append(Point(about, compared.words))

    def reasons(self) -> Reasons:
        return Reasons(tuple(self.matched), tuple(self.differs), tuple(self.missing))


def explain(question: Question, facts: Facts, scored: Scored) -> Reasons:
    """Give the reasons of a judgement in words, in the order in which they are read."""
    telling = _Telling()
    _tell_name(question, scored.names, telling)
    given, held = question.born or question.is_unborn, facts.born or facts.is_unborn
    telling.tell("born", scored.born, _lacking("date of birth", bool(given), bool(held)))
    asked_where = bool(question.place.postcode or question.place.line)
    telling.tell("address", scored.place, _lacking("address", asked_where, bool(facts.places)))
    lacking = _lacking("mother’s name", bool(question.mother), bool(facts.mothers))
    telling.tell("mother", scored.mother, lacking)
    if question.sex:
        telling.tell("sex", scored.sex, _lacking("sex", True, facts.sex in ("M", "F")))
    if question.numbers:
        comparable = any(
            is_same_kind(kind, other) for kind, _ in question.numbers for other, _ in facts.numbers
        )
        telling.tell("number", scored.numbers, _lacking("number", True, comparable))
    return telling.reasons()


def _lacking(what: str, asked: bool, held: bool) -> str:
    if asked and held:
        return ""
    if not asked and not held:
        return f"No {what} given, and none on file"
    return f"No {what} on file" if asked else f"No {what} given"


def _tell_name(question: Question, names: NamesCompared, telling: _Telling) -> None:
    if not question.names:
        telling.missing.append(Point("name", "No name given"))
        return
    on_file = names.name
    if on_file is None:
        telling.missing.append(Point("name", "No name on file"))
        return
    kind = _NAME_KINDS.get(on_file.kind, "")
    both = {names.given, names.family}
    if both == {Likeness.SAME}:
        telling.matched.append(Point("name", f"Same name: {on_file.shown}{kind}"))
    elif both <= {Likeness.SAME, Likeness.ALIKE}:
        telling.matched.append(Point("name", f"Name alike: {on_file.shown}{kind}"))
    else:
        _tell_each_name(names, on_file, kind, telling)


def _tell_each_name(names: NamesCompared, on_file: Name, kind: str, telling: _Telling) -> None:
    for label, likeness, shown in (
        ("First name", names.given, on_file.given),
        ("Family name", names.family, on_file.family),
    ):
        if likeness in _HOW_ALIKE and shown:
            how = _HOW_ALIKE[likeness]
            telling.matched.append(Point("name", f"{label} {how}: {shown}{kind}"))
        elif likeness == Likeness.DIFFERS:
            telling.differs.append(Point("name", f"{label} on file: {shown}{kind}"))
        elif shown:
            telling.missing.append(Point("name", f"{label} not given; on file {shown}"))
        else:
            telling.missing.append(Point("name", f"{label} not on file"))
