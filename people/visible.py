"""Who may see whom, as `record` asks it."""

from collections.abc import Iterable
from uuid import UUID

from accounts.models import User
from people.models import Person


def visible_ids(by: User, person_ids: Iterable[UUID]) -> set[UUID]:
    """Give those of the persons whose record `by` may see."""
    people = Person.objects.visible_to(by).filter(pk__in=list(person_ids))
    return set(people.values_list("pk", flat=True))
