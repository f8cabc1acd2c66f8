"""The Mockfords, made by the real actions: a family for the tests of this room."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.db import transaction

from accounts.models import User
from people import actions, matching
from people.models import Household, Person
from record import events

AT = datetime(2026, 3, 12, 13, 30, tzinfo=UTC)
TODAY = date(2026, 3, 12)


@dataclass
class Mockfords:
    """Leanne with Jayden and Maisie at 22 Dummy Close; Kyle moved in, his Tyler lives elsewhere."""

    leanne: Person
    jayden: Person
    maisie: Person
    kyle: Person
    tyler: Person
    household: Household


@transaction.atomic
def mockfords(by: User, *, at: datetime = AT) -> Mockfords:
    """Make the family; the search keys once, at the end."""
    with matching.refreshing_once(), events.together():
        return _made(by, at=at)


def _made(by: User, *, at: datetime) -> Mockfords:

    def person(name: str, family: str, *, is_child: bool, **fields: object) -> Person:
        return actions.create_person(
            by=by, at=at, is_child=is_child, given_name=name, family_name=family, **fields
        )

    household = actions.create_household(by=by, at=at, line="22 Dummy Close", postcode="SL1 2EL")
    family = Mockfords(
        leanne=person("Leanne", "Mockford", is_child=False, sex="F"),
        jayden=person(
            "Jayden", "Mockford", is_child=True, sex="M", date_of_birth=date(2019, 11, 3)
        ),
        maisie=person("Maisie", "Mockford", is_child=True, sex="F", date_of_birth=date(2016, 5, 1)),
        kyle=person("Kyle", "Stubbs", is_child=False, sex="M"),
        tyler=person("Tyler", "Stubbs", is_child=True, sex="M", date_of_birth=date(2017, 7, 7)),
        household=household,
    )
    actions.join_household_together(
        by=by,
        at=at,
        household_id=household.pk,
        parts=[
            actions.Part(person_id=member.pk, role=role, from_on=since, source="referrer")
            for member, role, since in (
                (family.leanne, "adult_carer", None),
                (family.jayden, "resident_child", None),
                (family.maisie, "resident_child", None),
                (family.kyle, "other_adult", date(2026, 3, 3)),
            )
        ],
    )
    for one, kind, other in (
        (family.leanne, "mother", family.jayden),
        (family.leanne, "mother", family.maisie),
        (family.kyle, "partner", family.leanne),
        (family.kyle, "father", family.tyler),
    ):
        actions.relate(
            by=by, at=at, person_id=one.pk, other_id=other.pk, kind=kind, source="referrer"
        )
    for member in (family.leanne, family.jayden, family.maisie, family.kyle, family.tyler):
        member.refresh_from_db()
    return family


def join(by, family, person, role, *, at=AT, **fields):
    """Make somebody a member of the Mockfords' household."""
    return actions.join_household(
        by=by,
        at=at,
        household_id=family.household.pk,
        person_id=person.pk,
        role=role,
        source="referrer",
        **fields,
    )
