"""Make a set of people on file and people asked about, with the right answers.

    python -m benchmarks.person_set --seed 1 > people.csv

Everybody is invented. The columns are those that `person_search.py --set` reads. The same seed
gives the same set; `--people` and `--asked` give its size. Names, streets and the mix of slips are
its own: use it beside any other set, to see whether a change helps in general or fits one file.
`--names 8` makes a town where every other child is called the same, the hardest kind.
"""

from __future__ import annotations

import argparse
import csv
import random
import re
import sys
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from benchmarks.name_pools import COMMUNITIES, Community
from lib.identifiers import nhs_check_digit

TODAY = date(2026, 1, 10)
COLUMNS = (
    "person_id role true_match_id given_name family_name date_of_birth sex postcode address_line"
    " nhs_number upn variation"
).split()
STREETS = """
Alder Amber Barley Beacon Birch Bramble Brook Canal Cedar Chantry Chestnut Clover Cobble Cooper
Cypress Dairy Damson Elder Falcon Fallow Fern Ferry Forge Foundry Garnet Gorse Granary Hawthorn
Hazel Heron Hollow Ivy Juniper Kiln Larch Lavender Linden Maple Mallard Marl Meadow Mill Nettle
Orchard Osprey Otter Paddock Parsonage Pear Pine Plover Poplar Quarry Quince Rowan Saddler
Sorrel Sparrow Spinney Spruce Stable Swallow Tanner Teal Thistle Turnpike Vale Walnut Weaver
Willow
""".split()
KINDS = "Road Close Avenue Lane Drive Gardens Way Crescent Court Place Grove Walk".split()
STARTS = "b d f g h j k l m n r s t w z sh kh mo ma ab al an is ra".split()
MIDDLES = "a e i o u aa ee ia ai ar an il im or ur".split()
ENDS = "n m r l d sh z f t na ra da la ya ta li di ri".split()
SECOND_BOYS = "Mohammed Muhammad Ali Ahmed Hussain Khan".split()
SECOND_GIRLS = "Bibi Begum Akhtar Fatima Zahra Jan".split()
KEYS = {
    "q": "wa", "w": "qes", "e": "wrd", "r": "etf", "t": "ryg", "y": "tuh", "u": "yij", "i": "uok",
    "o": "ipl", "p": "ol", "a": "qsz", "s": "adw", "d": "sfe", "f": "dgr", "g": "fht", "h": "gjy",
    "j": "hku", "k": "jli", "l": "ko", "z": "xa", "x": "zcs", "c": "xvd", "v": "cbf", "b": "vng",
    "n": "bmh", "m": "nj",
}  # fmt: skip


@dataclass(frozen=True)
class Spelt:
    """One part of a name: as written, how else it is written, and short for it."""

    written: str
    others: tuple[str, ...] = ()
    short: tuple[str, ...] = ()


@dataclass(eq=False)
class Invented:
    """One invented person."""

    given: list[Spelt]
    family: list[Spelt]
    born: date | None
    sex: str
    postcode: str
    line: str
    nhs: str
    community: Community
    is_twin: bool = False
    unborn: str = ""
    pk: str = ""


@dataclass
class Row:
    """One question as it is written: what it says, and how it differs from the record."""

    given: list[Spelt]
    family: list[Spelt]
    born: str
    sex: str
    postcode: str
    line: str
    nhs: str
    community: Community
    how: list[str] = field(default_factory=list)
    swapped: bool = False


def _read(words: str) -> list[Spelt]:
    found = []
    for word in words.split():
        spellings, _, short = word.replace("_", " ").partition(">")
        every = spellings.split("/")
        found.append(Spelt(every[0], tuple(every), tuple(short.split(",")) if short else ()))
    return found


@dataclass(frozen=True)
class Pool:
    """The names of a community, read, with how common each is."""

    community: Community
    boys: list[Spelt]
    girls: list[Spelt]
    families: list[Spelt]

    @classmethod
    def of(cls, community: Community, dice: random.Random, names: int) -> Pool:
        """Read a community, and shuffle, so that the common names are not the first of a list."""
        lists = [_read(each) for each in (community.boys, community.girls, community.families)]
        for each in lists:
            dice.shuffle(each)
        return cls(community, *(each[:names] for each in lists))


class Town:
    """Invents households, and questions about them.

    :param people: how many will live there; decides how many streets and rare names there are
    :param names: how many names of each community are in use; fewer make a harder set
    """

    def __init__(self, seed: int, *, people: int = 4_000, names: int = 100) -> None:
        """Begin anew from a seed."""
        self.dice = random.Random(seed)
        self.pools = [Pool.of(each, self.dice, names) for each in COMMUNITIES]
        self.shares = [pool.community.share for pool in self.pools]
        streets = [f"{name} {kind}" for name in STREETS for kind in self.dice.sample(KINDS, 3)]
        self.districts = ["SL1", "SL1", "SL2", "SL2", "SL3", "SL3", "UB7", "TW19"]
        self.districts += [f"RG{number}" for number in range(1, people // 20_000)]
        self.places = [
            (self.dice.choice(streets), self._postcode()) for _ in range(max(people // 15, 240))
        ]
        self.rare = self._rare_names(people // 50)
        self.numbers: set[str] = set()

    def _rare_names(self, count: int) -> list[str]:
        """Give names that hardly anybody bears: a town has thousands of them."""
        found: dict[str, None] = {}
        while len(found) < count:
            name = "".join(
                self.dice.choice(sounds) for sounds in (STARTS, MIDDLES, ENDS, MIDDLES, ENDS)
            )
            found[name.title()] = None
        return list(found)

    def _postcode(self) -> str:
        letters = "ABDEFGHJLNPQRSTUWXYZ"
        outward = self.dice.choice(self.districts)
        inward = f"{self.dice.randint(0, 9)}{self.dice.choice(letters)}{self.dice.choice(letters)}"
        return f"{outward} {inward}"

    def _of(self, names: list[Spelt], *, rarely: float = 0.0) -> Spelt:
        """Choose one name, a few of them much oftener than most, in one of its spellings.

        :param rarely: how often it is one that hardly anybody bears
        """
        if rarely and self.rare and self.dice.random() < rarely:
            return Spelt(self.dice.choice(self.rare))
        weights = [(place + 1) ** -0.75 for place in range(len(names))]
        name = self.dice.choices(names, weights)[0]
        if len(name.others) > 1 and self.dice.random() < 0.35:
            return replace(name, written=self.dice.choice(name.others[1:]))
        return name

    def given(self, pool: Pool, sex: str) -> list[Spelt]:
        """Give the first names of one child or adult."""
        first = self._of(pool.boys if sex == "M" else pool.girls, rarely=0.05)
        habit = pool.community.habit
        if habit == "sikh" and self.dice.random() < 0.5:
            return [first, Spelt("Singh" if sex == "M" else "Kaur")]
        if habit in ("pakistani", "bengali") and self.dice.random() < 0.25:
            if sex == "M":
                return [Spelt(self.dice.choice(SECOND_BOYS)), first]
            return [first, Spelt(self.dice.choice(SECOND_GIRLS))]
        if habit == "portuguese" and self.dice.random() < 0.3:
            return [first, self._of(pool.boys if sex == "M" else pool.girls)]
        return [first]

    def family(self, pool: Pool) -> list[Spelt]:
        """Give the family names of a household."""
        first = self._of(pool.families, rarely=0.15)
        habit = pool.community.habit
        if habit == "sikh" and self.dice.random() < 0.2:
            return [Spelt("Singh")]
        if (habit == "somali" and self.dice.random() < 0.4) or (
            habit == "portuguese" and self.dice.random() < 0.4
        ):
            return [first, self._of(pool.families)]
        return [first]

    def _by_sex(self, family: list[Spelt], pool: Pool, sex: str) -> list[Spelt]:
        if pool.community.habit == "sikh" and family[0].written == "Singh" and sex == "F":
            return [Spelt("Kaur")]
        if sex == "M":
            return family
        return [gendered(part, pool.community.habit) for part in family]

    def _number(self) -> str:
        while True:
            first = f"999{self.dice.randrange(10**6):06}"
            check = nhs_check_digit(first)
            if check is not None and first + check not in self.numbers:
                self.numbers.add(first + check)
                return first + check

    def household(self) -> list[Invented]:
        """Give the members of one household."""
        dice = self.dice
        pool = dice.choices(self.pools, self.shares)[0]
        family = self.family(pool)
        street, postcode = dice.choice(self.places)
        line = f"{dice.randint(1, 190)} {street}"
        if dice.random() < 0.2:
            line = f"Flat {dice.randint(1, 24)}, {line}"
        found: list[Invented] = []

        def member(family: list[Spelt], born: date | None, sex: str, **more: object) -> Invented:
            given = [] if more.get("unborn") else self.given(pool, sex)
            while given and any(other.given == given for other in found):
                given = self.given(pool, sex)
            made = Invented(
                given,
                self._by_sex(family, pool, sex) if sex else family,
                born,
                sex,
                postcode,
                line,
                self._number() if dice.random() < 0.2 else "",
                pool.community,
                **more,  # type: ignore[arg-type]
            )
            found.append(made)
            return made

        children = dice.choices([1, 2, 3, 4, 5], [4, 5, 4, 2, 1])[0]
        born = TODAY - timedelta(days=dice.randint(20, 17 * 365))
        for _ in range(children):
            sex = dice.choice("MF")
            member(family, born, sex)
            if dice.random() < 0.045:
                found[-1].is_twin = True
                member(family, born, dice.choice("MF"), is_twin=True)
            born -= timedelta(days=dice.randint(380, 1400))
            if (TODAY - born).days > 17 * 365:
                break
        mother = self.family(pool) if dice.random() < 0.3 else family
        member(mother, born - timedelta(days=dice.randint(18 * 365, 32 * 365)), "F")
        if dice.random() < 0.65:
            member(family, born - timedelta(days=dice.randint(19 * 365, 38 * 365)), "M")
        if dice.random() < 0.06:
            mothers = found[-1].given[0].written
            called = dice.choice(
                ["Unborn", "Baby", "Unborn Baby", f"Unborn baby of {mothers}", "Unborn child"]
            )
            member(family, None, "", unborn=called)
            found[-1].nhs = ""
        return found


# How a question differs from the record


def gendered(part: Spelt, habit: str) -> Spelt:
    """Give the form of a family name that a woman bears."""
    written = part.written
    if habit == "polish" and re.search(r"(sk|ck|dzk)i$", written):
        return replace(part, written=f"{written[:-1]}a")
    if habit == "baltic":
        return replace(part, written=re.sub(r"(as|is|us|a)$", "ienė", written))
    return part


def slip(word: str, dice: random.Random) -> str:
    """Make one slip of the hand."""
    if len(word) < 3:
        return word
    at = dice.randrange(1, len(word))
    how = dice.randrange(4)
    if how == 0:
        return word[:at] + word[at + 1 :]
    if how == 1:
        return word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :]
    if how == 2:
        beside = KEYS.get(word[at].lower(), "e")
        return word[:at] + dice.choice(beside) + word[at + 1 :]
    return word[:at] + word[at - 1 : at].lower() + word[at:]


def without_accents(word: str) -> str:
    """Write a word as somebody without its letters does."""
    bare = "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c))
    return bare.translate(str.maketrans("łŁøØđĐı", "lLoOdDi"))


def _shift(born: str, *, years: int = 0, months: int = 0, days: int = 0) -> str:
    if not born:
        return born
    day = date.fromisoformat(born)
    try:
        return str(
            day.replace(year=day.year + years, month=day.month + months) + timedelta(days=days)
        )
    except ValueError:
        return born


class Slips(Town):
    """Writes questions: about somebody on file, or about somebody who is not."""

    def question(self, one: Invented) -> Row:
        """Give a question that says what is on file."""
        return Row(
            list(one.given),
            list(one.family),
            one.born.isoformat() if one.born else "",
            one.sex,
            one.postcode,
            one.line,
            one.nhs if self.dice.random() < 0.12 else "",
            one.community,
        )

    def spoil(self, row: Row) -> None:
        """Make from none to five differences, as they come in contacts."""
        ways: dict[str, tuple[float, Callable[[Row], bool]]] = {
            "translit_given": (16, self._translit_given),
            "translit_family": (13, self._translit_family),
            "typo_given": (13, self._typo_given),
            "typo_family": (13, self._typo_family),
            "diacritics": (9, self._diacritics),
            "nickname": (12, self._nickname),
            "name_order": (8, self._name_order),
            "part_dropped": (12, self._part_dropped),
            "part_moved": (5, self._part_moved),
            "double_barrelled": (7, self._double_barrelled),
            "surname_changed": (10, self._surname_changed),
            "gendered_surname": (3, self._gendered),
            "initial_only": (2.5, self._initial),
            "given_missing": (3.5, self._given_missing),
            "family_missing": (5, self._family_missing),
            "case_space": (13, self._case),
            "dob_swapped": (8, self._dob_swapped),
            "dob_day_off": (6, self._dob_day),
            "dob_month_off": (4, self._dob_month),
            "dob_year_off": (6, self._dob_year),
            "dob_digit": (5, self._dob_digit),
            "dob_estimated": (4.5, self._dob_estimated),
            "dob_missing": (12, self._dob_missing),
            "postcode_typo": (9, self._postcode_typo),
            "postcode_missing": (9, self._postcode_missing),
            "moved": (18, self._moved),
            "address_missing": (12, self._address_missing),
            "thin_contact": (12, self._thin),
        }
        wanted = self.dice.choices([0, 1, 2, 3, 4, 5], [4, 25, 34, 26, 9, 2])[0]
        left = dict(ways)
        while wanted and left:
            kinds = list(left)
            kind = self.dice.choices(kinds, [left[each][0] for each in kinds])[0]
            _, change = left.pop(kind)
            if kind.startswith("dob"):
                left = {each: way for each, way in left.items() if not each.startswith("dob")}
            if change(row):
                row.how.append(kind)
                wanted -= 1

    def _another(self, parts: list[Spelt]) -> bool:
        places = [i for i, part in enumerate(parts) if len(part.others) > 1]
        if not places:
            return False
        at = self.dice.choice(places)
        others = [each for each in parts[at].others if each != parts[at].written]
        parts[at] = replace(parts[at], written=self.dice.choice(others))
        return True

    def _translit_given(self, row: Row) -> bool:
        return self._another(row.given)

    def _translit_family(self, row: Row) -> bool:
        return self._another(row.family)

    def _typo(self, parts: list[Spelt]) -> bool:
        if not parts:
            return False
        at = self.dice.randrange(len(parts))
        made = slip(parts[at].written, self.dice)
        changed = made != parts[at].written
        parts[at] = replace(parts[at], written=made)
        return changed

    def _typo_given(self, row: Row) -> bool:
        return self._typo(row.given)

    def _typo_family(self, row: Row) -> bool:
        return self._typo(row.family)

    def _diacritics(self, row: Row) -> bool:
        before = [part.written for part in row.given + row.family]
        for parts in (row.given, row.family):
            parts[:] = [replace(part, written=without_accents(part.written)) for part in parts]
        return before != [part.written for part in row.given + row.family]

    def _nickname(self, row: Row) -> bool:
        for at, part in enumerate(row.given):
            if part.short:
                row.given[at] = Spelt(self.dice.choice(part.short))
                return True
        return False

    def _name_order(self, row: Row) -> bool:
        row.swapped = True
        return bool(row.given and row.family)

    def _part_dropped(self, row: Row) -> bool:
        for parts in (row.given, row.family):
            if len(parts) > 1:
                del parts[self.dice.randrange(len(parts))]
                return True
        return False

    def _part_moved(self, row: Row) -> bool:
        if len(row.given) < 2:
            return False
        row.family[:] = [row.given.pop()]
        return True

    def _double_barrelled(self, row: Row) -> bool:
        pool = next(each for each in self.pools if each.community is row.community)
        other = self._of(pool.families)
        both = [row.family[0].written, other.written] if row.family else [other.written]
        self.dice.shuffle(both)
        row.family[:] = [Spelt(self.dice.choice("- ").join(both))]
        return True

    def _surname_changed(self, row: Row) -> bool:
        pool = next(each for each in self.pools if each.community is row.community)
        if self.dice.random() < 0.15:
            pool = self.dice.choice(self.pools)
        row.family[:] = [self._of(pool.families)]
        return True

    def _gendered(self, row: Row) -> bool:
        if row.community.habit != "polish" or not row.family:
            return False
        written = row.family[0].written
        if re.search(r"(sk|ck|dzk)i$", written):
            changed = f"{written[:-1]}a"
        elif re.search(r"(sk|ck|dzk)a$", written):
            changed = f"{written[:-1]}i"
        else:
            return False
        row.family[0] = replace(row.family[0], written=changed)
        return True

    def _initial(self, row: Row) -> bool:
        if not row.given:
            return False
        row.given[:] = [Spelt(row.given[0].written[0])]
        return True

    def _given_missing(self, row: Row) -> bool:
        row.given[:] = []
        return bool(row.family)

    def _family_missing(self, row: Row) -> bool:
        row.family[:] = []
        return bool(row.given)

    def _case(self, row: Row) -> bool:
        change = self.dice.choice([str.upper, str.lower, lambda word: f" {word} "])
        for parts in (row.given, row.family):
            parts[:] = [replace(part, written=change(part.written)) for part in parts]
        return True

    def _dob_swapped(self, row: Row) -> bool:
        if not row.born:
            return False
        day = date.fromisoformat(row.born)
        if day.day > 12 or day.day == day.month:
            return False
        row.born = str(day.replace(month=day.day, day=day.month))
        return True

    def _moved_date(self, row: Row, **by: int) -> bool:
        before, row.born = row.born, _shift(row.born, **by)
        return row.born != before

    def _dob_day(self, row: Row) -> bool:
        return self._moved_date(row, days=self.dice.choice([-1, 1]))

    def _dob_month(self, row: Row) -> bool:
        return self._moved_date(row, months=self.dice.choice([-1, 1]))

    def _dob_year(self, row: Row) -> bool:
        return self._moved_date(row, years=self.dice.choice([-1, 1]))

    def _dob_digit(self, row: Row) -> bool:
        if not row.born:
            return False
        at = self.dice.choice([3, 6, 9, 9])
        made = row.born[:at] + str(self.dice.randint(0, 9)) + row.born[at + 1 :]
        try:
            day = date.fromisoformat(made)
        except ValueError:
            return False
        if made == row.born or day > TODAY:
            return False
        row.born = made
        return True

    def _dob_estimated(self, row: Row) -> bool:
        if not row.born:
            return False
        year = int(row.born[:4]) + self.dice.choice([-1, 0, 0, 1])
        row.born = f"{year}-01-01"
        return True

    def _dob_missing(self, row: Row) -> bool:
        row.born = ""
        return True

    def _postcode_typo(self, row: Row) -> bool:
        if not row.postcode:
            return False
        at = self.dice.randrange(len(row.postcode))
        old = row.postcode[at]
        if old == " ":
            return False
        new = self.dice.choice("0123456789" if old.isdigit() else "ABDEFGHJLNPQRSTUWXYZ")
        row.postcode = row.postcode[:at] + new + row.postcode[at + 1 :]
        return new != old

    def _postcode_missing(self, row: Row) -> bool:
        row.postcode = ""
        return True

    def _moved(self, row: Row) -> bool:
        street, row.postcode = self.dice.choice(self.places)
        row.line = f"{self.dice.randint(1, 190)} {street}"
        return True

    def _address_missing(self, row: Row) -> bool:
        row.postcode = row.line = ""
        return True

    def _thin(self, row: Row) -> bool:
        row.postcode = row.line = ""
        if self.dice.random() < 0.35:
            row.born = ""
        return True

    # The set

    def rows(self, people: int, asked: int) -> list[dict[str, str]]:
        """Give the rows of a whole set: four fifths of those asked about are on file."""
        homes: list[list[Invented]] = []
        on_file: list[Invented] = []
        while len(on_file) < people:
            homes.append(self.household())
            on_file += homes[-1]
        for number, one in enumerate(on_file):
            one.pk = f"S{number:06}"
        rows = [self._record(one) for one in on_file]
        known = asked * 4 // 5
        born = [one for one in on_file if not one.unborn]
        unborn = [one for one in on_file if one.unborn]
        young = [one for one in born if one.born and (TODAY - one.born).days < 18 * 365]
        chosen = self.dice.sample(young, known * 7 // 10)
        taken = set(chosen)
        rest = [one for one in born if one not in taken]
        chosen += self.dice.sample(rest, known - len(chosen) - len(unborn))
        for one in chosen:
            row = self.question(one)
            self.spoil(row)
            rows.append(self.asked_row(row, one.pk, twin=one.is_twin))
        for one in unborn:
            rows.append(self._asked_unborn(one))
        for _ in range(asked - known):
            rows.append(self.unknown(homes, born))
        return rows

    def _record(self, one: Invented) -> dict[str, str]:
        return {
            "person_id": one.pk,
            "role": "record",
            "given_name": one.unborn or " ".join(part.written for part in one.given),
            "family_name": " ".join(part.written for part in one.family),
            "date_of_birth": one.born.isoformat() if one.born else "",
            "sex": one.sex,
            "postcode": one.postcode,
            "address_line": one.line,
            "nhs_number": one.nhs,
        }

    def asked_row(self, row: Row, right: str, *, twin: bool = False) -> dict[str, str]:
        """Give a question in the columns of a set."""
        given = " ".join(part.written for part in row.given)
        family = " ".join(part.written for part in row.family)
        if row.swapped:
            given, family = family, given
        how = [*(row.how or ["none"]), *(["is_twin"] if twin else [])]
        return {
            "role": "query",
            "true_match_id": right,
            "given_name": given,
            "family_name": family,
            "date_of_birth": row.born,
            "sex": row.sex if self.dice.random() < 0.85 else "",
            "postcode": row.postcode,
            "address_line": row.line,
            "nhs_number": row.nhs,
            "variation": ";".join(how),
        }

    def _asked_unborn(self, one: Invented) -> dict[str, str]:
        row = self.question(one)
        if self.dice.random() < 0.5:
            row.given = [Spelt(self.dice.choice(["Unborn", "Baby", "Unborn baby", "Unborn Child"]))]
            row.how = ["unborn_as_unborn"]
        else:
            pool = next(each for each in self.pools if each.community is one.community)
            row.sex = self.dice.choice("MF")
            row.given = self.given(pool, row.sex)
            row.born = str(TODAY - timedelta(days=self.dice.randint(5, 120)))
            row.how = ["unborn_now_born"]
            if self.dice.random() < 0.3 and self._translit_family(row):
                row.how.append("translit_family")
        return self.asked_row(row, one.pk)

    def unknown(self, homes: list[list[Invented]], born: list[Invented]) -> dict[str, str]:
        """Give a question about somebody who is not on file."""
        kind = self.dice.choices(
            ["unknown_same_name", "unknown_sibling", "unknown_new", "unknown_twin"], [34, 31, 30, 5]
        )[0]
        stranger = self.dice.choice(self.household())
        while stranger.unborn:
            stranger = self.dice.choice(self.household())
        row = self.question(stranger)
        if kind == "unknown_same_name":
            other = self.dice.choice(born)
            row.given, row.family, row.sex = list(other.given), list(other.family), other.sex
            if self.dice.random() < 0.5:
                self._moved(row)
        elif kind != "unknown_new":
            home = [one for one in self.dice.choice(homes) if one.born]
            beside = min(home, key=lambda one: TODAY - (one.born or TODAY))
            pool = next(each for each in self.pools if each.community is beside.community)
            row.sex = self.dice.choice("MF")
            taken = {part.written for one in home for part in one.given}
            row.given = self.given(pool, row.sex)
            while any(part.written in taken and len(row.given) == 1 for part in row.given):
                row.given = self.given(pool, row.sex)
            row.family = list(beside.family)
            row.postcode, row.line = beside.postcode, beside.line
            row.community = beside.community
            row.born = str(beside.born)
            if kind == "unknown_sibling":
                row.born = str(
                    (beside.born or TODAY) - timedelta(days=self.dice.randint(300, 1500))
                )
        if kind != "unknown_same_name" or self.dice.random() < 0.3:
            self.spoil(row)
        row.how.insert(0, kind)
        return self.asked_row(row, "")


def main() -> None:
    """Write a set to standard output."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--people", type=int, default=4_000)
    parser.add_argument("--asked", type=int, default=2_500)
    parser.add_argument("--names", type=int, default=100, help="of each community; fewer is harder")
    options = parser.parse_args()
    town = Slips(options.seed, people=options.people, names=options.names)
    rows = town.rows(options.people, options.asked)
    writer = csv.DictWriter(sys.stdout, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    for number, row in enumerate(rows):
        writer.writerow({"person_id": f"Q{number:06}"} | row)


if __name__ == "__main__":
    main()
