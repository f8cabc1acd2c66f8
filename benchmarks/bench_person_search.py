"""The known-person search on seeded data; `person_search.py` measures recall and other sizes."""

from typing import Any

from accounts.models import User
from accounts.permissions import remember
from benchmarks.measuring import Measured, measure
from people import matching
from people.models import Person

P95_BUDGET_MS = 60  # the size `year`: about 60,000 people
ASKED_FOR = 50


def bench_person_search(contact_officer: User) -> Measured:
    """Ask for fifty people by turns, each without address and with the first name cut short."""
    remember(contact_officer)  # as every request does
    people = Person.objects.exclude(given_name="").exclude(date_of_birth=None)
    step = max(people.count() // ASKED_FOR, 1)
    asked: list[dict[str, Any]] = [
        {
            "given_name": given[:-1] if len(given) > 4 else given,
            "family_name": family,
            "date_of_birth": born.isoformat() if born else "",
        }
        for given, family, born in people.order_by("pk").values_list(
            "given_name", "family_name", "date_of_birth"
        )[::step]
    ]
    turns = iter(asked * 4)
    return measure(
        lambda: matching.candidates(by=contact_officer, **next(turns)),
        warmup=len(asked),
        runs=len(asked),
    )


def bench_person_by_key(contact_officer: User) -> Measured:
    """The limit: one record read by its primary key."""
    pk = Person.objects.order_by("pk").values_list("pk", flat=True)[0]
    return measure(lambda: Person.objects.filter(pk=pk).values_list("given_name").first(), runs=50)
