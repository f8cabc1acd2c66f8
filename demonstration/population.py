"""Invented families: who lives together, how old, what they are called (domain.md 7.2)."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from uuid import UUID

from demonstration import names

SIZES = ((1, 34), (2, 34), (3, 20), (4, 8), (5, 4))
AGES = ((None, 2.5), ((0, 0), 5.5), ((1, 4), 20), ((5, 9), 27), ((10, 15), 35), ((16, 17), 10))


@dataclass
class Member:
    """One person of an invented family; `person_id` once they are on record."""

    given_name: str
    family_name: str
    sex: str
    born_on: date | None
    expected_on: date | None = None
    is_child: bool = True
    school: str = ""
    ethnicity: str = "NOBT"
    person_id: UUID | None = None
    nhs_number: str = ""
    phone: str = ""


@dataclass
class Household:
    """One invented family at one address."""

    origin: str
    line: str
    postcode: str
    language: str
    children: list[Member] = field(default_factory=list)
    adults: list[Member] = field(default_factory=list)
    is_open: bool = False
    is_related: bool = False

    @property
    def mother(self) -> Member:
        return self.adults[0]


def pick(random: Random, weighted: tuple[tuple[object, float], ...]) -> object:
    """Draw one by weight."""
    return random.choices([one for one, _ in weighted], [weight for _, weight in weighted])[0]


def family(random: Random, *, on: date) -> Household:
    """Draw one family as of a day."""
    origin = str(pick(random, names.ORIGINS))
    surname = random.choice(names.SURNAMES[origin])
    made = Household(
        origin=origin,
        line=f"{random.randint(1, 140)} {random.choice(names.STREETS)}",
        postcode=random.choice(names.POSTCODES),
        language=random.choice(names.LANGUAGES[origin]),
    )
    is_mother_apart = origin in ("pakistani", "african") and random.random() < 0.4
    made.adults.append(
        Member(
            given_name=random.choice(names.WOMEN[origin]),
            family_name=names.FEMININE.get(surname, surname)
            if not is_mother_apart
            else random.choice(names.SURNAMES[origin]),
            sex="F",
            born_on=on - timedelta(days=random.randint(22 * 365, 45 * 365)),
            is_child=False,
            phone=f"07700 900{random.randint(0, 999):03}",
        )
    )
    if random.random() > 0.35:
        made.adults.append(
            Member(
                given_name=random.choice(names.MEN[origin]),
                family_name=surname,
                sex="M",
                born_on=on - timedelta(days=random.randint(22 * 365, 50 * 365)),
                is_child=False,
            )
        )
    used: set[str] = set()
    size = pick(random, SIZES)
    for _ in range(size if isinstance(size, int) else 1):
        made.children.append(_child(random, origin, surname, on, used))
    return made


def _child(random: Random, origin: str, surname: str, on: date, used: set[str]) -> Member:
    ethnicity = str(pick(random, names.ETHNICITIES[origin]))
    ages = pick(random, AGES)
    if not isinstance(ages, tuple):
        return Member(
            given_name="",
            family_name=surname,
            sex="U",
            born_on=None,
            expected_on=on + timedelta(days=random.randint(20, 200)),
            ethnicity=ethnicity,
        )
    is_girl = random.random() < 0.489
    pool = (names.GIRLS if is_girl else names.BOYS)[origin]
    free = [name for name in pool if name not in used] or list(pool)
    given = random.choice(free)
    used.add(given)
    years = random.randint(*ages)
    born = on - timedelta(days=years * 365 + random.randint(10, 360))
    school = ""
    if years >= 5:
        school = random.choice(names.SCHOOLS)
    elif years >= 1 and random.random() < 0.5:
        school = random.choice(names.NURSERIES)
    return Member(
        given_name=given,
        family_name=names.FEMININE.get(surname, surname) if is_girl else surname,
        sex="F" if is_girl else "M",
        born_on=born,
        school=school,
        ethnicity=ethnicity,
        nhs_number=nhs_number(random) if random.random() < 0.15 else "",
    )


def nhs_number(random: Random) -> str:
    """A number that is valid in form and never issued (999 …)."""
    while True:
        nine = f"999{random.randint(0, 999_999):06}"
        remainder = (
            11
            - sum(int(digit) * weight for digit, weight in zip(nine, range(10, 1, -1), strict=True))
            % 11
        )
        if remainder != 10:
            return nine + str(0 if remainder == 11 else remainder)
