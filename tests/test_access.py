"""Every address of the service, tried as every role, without a role and signed out.

Whoever gets through to a form sends it full of nonsense too (`tests/garbled.py`).

What is expected stands in `tests/access_table.py`, with how to add to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urljoin
from uuid import UUID

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.base import VALID_KEY_CHARS
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils.crypto import get_random_string

from accounts.choices import Role
from accounts.models import RoleAssignment, User
from accounts.permissions import SENIOR
from lib import application_clock
from record import calendar
from tests import garbled, twice
from tests.access_table import EVERYBODY, NOBODY, ROWS, SIGN_IN, Row
from tests.factories.accounts import LONG_AGO, PartnerAgencyFactory, UserFactory
from tests.factories.people import RestrictionFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _office_hours() -> Iterator[None]:
    """Ask while the office is open: some rights of the Emergency Duty Team exist out of hours."""
    moment = calendar.calendar().next_opening(application_clock.now()) + timedelta(hours=3)
    with application_clock.set_to(moment):
        yield


def addresses(resolver: URLResolver, namespace: str = "") -> Iterator[str]:
    """The names of all addresses, or their pattern where one has no name."""
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            inner = ":".join(filter(None, [namespace, entry.namespace]))
            yield from addresses(entry, inner)
        elif isinstance(entry, URLPattern):
            name = entry.name or f"<{entry.pattern}>"
            yield f"{namespace}:{name}" if namespace else name


def covered(name: str) -> bool:
    wide = (row.removesuffix("*") for row in ROWS if row.endswith("*"))
    return name in ROWS or any(name.startswith(start) for start in wide)


def test_every_address_has_a_row():
    missing = {name for name in addresses(get_resolver()) if not covered(name)}

    assert missing == set(), "Add these addresses to tests/access_table.py"


def test_every_row_has_an_address():
    names = set(addresses(get_resolver()))
    stale = {
        row
        for row in ROWS
        if row not in names
        and not (row.endswith("*") and any(name.startswith(row[:-1]) for name in names))
    }

    assert stale == set(), "Take these rows out of tests/access_table.py"


def make_people() -> dict[Role, User]:
    """One user for every role, in two statements."""
    agency = PartnerAgencyFactory(name="Dummyfield Primary School")
    people = {
        role: UserFactory.build(
            full_name=f"{role.label} Testwood",
            agency=agency if role == Role.PARTNER_AGENCY else None,
            is_staff=role == Role.ADMINISTRATOR,
        )
        for role in Role
    }
    User.objects.bulk_create(people.values())
    RoleAssignment.objects.bulk_create(
        RoleAssignment(user=user, role=role, from_at=LONG_AGO) for role, user in people.items()
    )
    return people


def leads_to_sign_in(response: HttpResponse) -> bool:
    return response.status_code == 302 and response["Location"].startswith(
        reverse(settings.LOGIN_URL)
    )


def ask(client: Client, method: str, address: str, given: Mapping[str, Any]) -> HttpResponse:
    """Ask once, and undo whatever it did, so that the next one finds the same."""
    undone = transaction.atomic()
    undone._from_testcase = True  # not the request's own: the reading log writes beside it
    with undone:
        response = getattr(client, method)(address, given)
        if response.streaming:
            b"".join(response)  # a file is closed once it is sent
        transaction.set_rollback(True)
    return response


def expected_of(
    response: HttpResponse, *, who: Role | str, roles: frozenset[Role] | None, row: Row
) -> str:
    """What should have come instead, in words; nothing when the answer is as the row says."""
    status = response.status_code
    if who == "signed out":
        if status == 405 and roles is None:
            return ""
        if row.library and row.anonymous == SIGN_IN:
            return "" if leads_to_sign_in(response) or status in {403, 404} else SIGN_IN
        if row.anonymous == SIGN_IN:
            return "" if leads_to_sign_in(response) else SIGN_IN
        return (
            "" if status == row.anonymous or (row.library and status < 500) else str(row.anonymous)
        )
    if row.library and roles is None:
        return "" if status < 500 else "no failure"
    if roles is None:
        return "" if status == 405 else "405"
    if who in roles or (who == "no role" and roles == EVERYBODY):
        fine = status < 400 and not leads_to_sign_in(response)
        return "" if fine or (row.library and status == 405) else "to get through"
    if row.library:
        return "" if status >= 300 else "to be turned away"
    wanted = 404 if who in row.hidden or (who == "no role" and row.hidden == EVERYBODY) else 403
    return "" if status == wanted else str(wanted)


def sign_in_all(users: Iterable[User]) -> dict[UUID, str]:
    """The key of a session for each, written in one statement."""
    backend = settings.AUTHENTICATION_BACKENDS[0]
    keys = {user: get_random_string(32, VALID_KEY_CHARS) for user in users}
    Session.objects.bulk_create(
        Session(
            session_key=key,
            session_data=SessionStore().encode(
                {
                    SESSION_KEY: str(user.pk),
                    BACKEND_SESSION_KEY: backend,
                    HASH_SESSION_KEY: user.get_session_auth_hash(),
                }
            ),
            expire_date=application_clock.now() + timedelta(days=30),
        )
        for user, key in keys.items()
    )
    return {user.pk: key for user, key in keys.items()}


@dataclass(frozen=True)
class Everybody:
    """One user for every role, one without, a restricted child, and the keys of the sessions."""

    people: Mapping[Role, User]
    nobody: User
    stranger: UUID
    keys: Mapping[UUID, str]

    def client_of(self, user: User) -> Client:
        client = Client()
        client.cookies[settings.SESSION_COOKIE_NAME] = self.keys[user.pk]
        return client


@pytest.fixture(scope="module")
def everybody(made_once: None) -> Everybody:
    people, nobody = make_people(), UserFactory()
    stranger = RestrictionFactory(person__given_name=garbled.SECRET).person_id
    return Everybody(people, nobody, stranger, sign_in_all([*people.values(), nobody]))


@pytest.mark.slow
@pytest.mark.parametrize("name", ROWS)
def test_address_answers_each_role_as_the_table_says(everybody, name):
    row = ROWS[name]
    kwargs = (
        row.args({role: copy(user) for role, user in everybody.people.items()}) if row.args else {}
    )
    address = row.url or reverse(name, kwargs=kwargs)
    everyone: dict[Role | str, Client] = {
        **{role: everybody.client_of(user) for role, user in everybody.people.items()},
        "no role": everybody.client_of(everybody.nobody),
        "signed out": Client(),
    }

    wrong, page, typist = [], "", Client()
    # Those who may read every restricted record come last: what is closed to them tells nothing.
    typists = (row.post or NOBODY) - SENIOR or (row.post or NOBODY)
    for method, roles in (("get", row.get), ("post", row.post)):
        for who, client in everyone.items():
            if roles is None and isinstance(who, Role) and who != Role.DIRECTOR:
                continue  # what nobody can do is the same for every role
            response = ask(client, method, address, row.query if method == "get" else row.data)
            expected = expected_of(response, who=who, roles=roles, row=row)
            if expected:
                wrong.append(f"{method} as {who}: {response.status_code}, expected {expected}")
            elif method == "get" and who in typists and not (row.library or page):
                page, typist = response.content.decode(), client
    wrong += garbled.complaints(
        lambda to, typed: ask(typist, "post", to, typed),
        page=page,
        address=address,
        stranger=str(everybody.stranger),
    )

    if name in twice.BY_TOKEN:
        with twice.writing(is_undone_too=True) as tables:
            for form in garbled.forms_of(page):
                typed = garbled.plausible(form, application_clock.today())
                ask(typist, "post", urljoin(address, form.action), typed)
        if f"INSERT INTO {twice.CLAIMS}" not in tables:
            wrong.append("the token of the form is not claimed")

    assert wrong == []
