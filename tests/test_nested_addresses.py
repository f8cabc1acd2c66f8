"""What belongs to one family is not found under the address of another."""

from copy import copy

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.choices import Role
from tests.access_table import ROWS
from tests.test_access import (  # fixtures among them
    _office_hours,  # noqa: F401
    ask,
    everybody,  # noqa: F401
)

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def nested(room: str) -> list[str]:
    """Addresses of a room that name a thing, and something that belongs to it."""
    return [
        f"{room}:{entry.name}"
        for resolver in get_resolver().url_patterns
        if isinstance(resolver, URLResolver) and resolver.namespace == room
        for entry in resolver.url_patterns
        if isinstance(entry, URLPattern) and str(entry.pattern).count("<uuid:") > 1
    ]


@pytest.mark.parametrize("room", ["mash", "people", "assessments"])
def test_nothing_of_a_family_is_found_under_another(everybody, room):  # noqa: F811
    found = []
    for name in nested(room):
        row = ROWS[name]
        people = {role: copy(user) for role, user in everybody.people.items()}
        one, other = row.args(people), row.args(people)
        outer = next(iter(one))
        address = reverse(name, kwargs={**one, outer: other[outer]})
        for method, roles in (("get", row.get), ("post", row.post)):
            if roles:
                role = Role.MASH_MANAGER if Role.MASH_MANAGER in roles else min(roles)
                given = row.query if method == "get" else row.data
                answer = ask(everybody.client_of(people[role]), method, address, given)
                found.append((name, method, answer.status_code))

    assert found
    assert [each for each in found if each[2] != 404] == []
