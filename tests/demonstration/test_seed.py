"""The invented authority: played by the real actions, the same for the same seed and end date."""

from datetime import date, time
from random import Random

import pytest
from django.db import connection

from accounts.models import RoleAssignment, User
from cases.models import Contact, ContactPerson, Involvement, Responsibility
from demonstration import authority, million, planted
from demonstration.play import Play
from lib import application_clock
from lib.working_days import instant
from mash.models import Decision, PassedLine
from people.models import Person, Relationship, Restriction
from record.models import BreakGlass, Event

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

END = instant(date(2026, 3, 12), time(13, 30))


def played(seed, *, contacts, with_planted=False):
    random = Random(seed)
    first_on = date(2026, 2, 25)
    built = authority.build(first_at=instant(first_on, time(0, 0)), random=random)
    play = Play(random=random, first_on=first_on, end_at=END, authority=built, yearly=contacts)
    if with_planted:
        planted.plan(play)
    play.plan_contacts(contacts)
    for _done in play.run():
        pass
    return play


def told():
    """What was made, without ids and running numbers."""
    return [
        (
            contact.received_at,
            contact.summary,
            contact.state,
            contact.outcome,
            [row.person.name for row in contact.people.order_by("position")],
        )
        for contact in Contact.objects.order_by("received_at", "summary", "reference")
    ]


def unheld():
    """Open children whom nobody holds."""
    return Involvement.objects.filter(to_at=None).exclude(
        child__in=Responsibility.objects.filter(to_at=None).values("child")
    )


def test_play_makes_histories_in_which_every_open_child_is_held():
    played(7, contacts=12)

    assert Contact.objects.count() >= 12
    assert Decision.objects.exists()
    assert not unheld().exists()
    assert Relationship.objects.filter(kind="mother", parental_responsibility="yes").exists()
    assert Relationship.objects.filter(kind="partner").exists()
    assert not Event.objects.filter(at__gt=END).exists()
    assert not Contact.objects.filter(received_at__gt=END).exists()


def test_play_is_the_same_for_the_same_seed_and_end():
    from django.db import transaction

    class Undo(Exception):
        pass

    made = []
    for _ in range(2):
        try:
            with transaction.atomic():
                played(11, contacts=5)
                made.append(told())
                raise Undo
        except Undo:
            continue

    assert made[0] == made[1]
    assert len(made[0]) >= 5


def test_planted_situations_are_there():
    play = played(3, contacts=0, with_planted=True)
    planted.nobody_named(play.people, end_at=END)

    assert Restriction.objects.filter(ended_at=None).count() == 1
    assert BreakGlass.objects.count() == 1
    assert PassedLine.objects.get().ended_at is None
    assert Contact.objects.filter(is_out_of_hours=True).exists()
    testwood = Person.objects.filter(given_name="Aaliyah", family_name="Testwood")
    assert ContactPerson.objects.filter(person__in=testwood).count() == 3
    assert Contact.objects.filter(rag="", received_at__date=date(2026, 3, 12)).count() == 1
    assert RoleAssignment.objects.get(to_at__gt=END).user == play.people.assessment[2][1]
    # The last bank holiday before the end is New Year's Day.
    assert Contact.objects.get(received_at__date=date(2026, 1, 1)).is_out_of_hours


def test_every_invented_person_can_be_told_as_invented():
    played(5, contacts=8)

    assert not User.objects.exclude(email__endswith=".example").exists()
    numbers = Person.objects.filter(identifiers__kind="nhs").values_list(
        "identifiers__value", flat=True
    )
    assert all(number.startswith("999") for number in numbers)


def test_a_long_history_is_filled_and_its_open_children_are_held(monkeypatch):
    monkeypatch.setattr(million, "OPEN", 20)
    monkeypatch.setattr(million, "FILLED", ())  # VACUUM cannot run inside a test's transaction
    with application_clock.set_to(END):
        million.load(say=lambda done, total: None, contacts=60)

    assert Contact.objects.count() == 60
    assert Contact.objects.exclude(board_state="").count() == 20
    assert not unheld().exists()
    with connection.cursor() as cursor:
        cursor.execute("SHOW session_replication_role")
        assert cursor.fetchone() == ("origin",)
