"""A system of an agency, opened as an administrator opens it, and what it sends."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from oauth2_provider.models import AccessToken, set_token_value

from accounts.choices import AgencyKind
from accounts.models import User
from lib import application_clock
from partner_api import actions
from partner_api.choices import Scope
from partner_api.models import AgencySystem
from tests.factories.accounts import PartnerAgencyFactory

ADDRESS = "/api/v1/contacts/"
BOTH = (Scope.SEND, Scope.READ)


def opened(
    administrator: User,
    agency: str = "Dummyfield Primary School",
    *,
    scopes: tuple[str, ...] = BOTH,
    kind: str = AgencyKind.SCHOOL,
    name: str = "Pupil records",
) -> tuple[AgencySystem, str]:
    """A system and its secret."""
    return actions.open_system(
        by=administrator,
        at=application_clock.now(),
        agency_id=PartnerAgencyFactory(name=agency, kind=kind).pk,
        name=name,
        scopes=scopes,
    )


def token_of(system: AgencySystem, *scopes: str, minutes: int = 10) -> str:
    """A token as the token endpoint gives one, without the time its hashing takes."""
    raw = uuid4().hex
    token = AccessToken(
        application=system.application,
        scope=" ".join(scopes or BOTH),
        expires=timezone.now() + timedelta(minutes=minutes),
    )
    set_token_value(token, raw)
    token.save()
    return raw


@dataclass
class Caller:
    """A system that asks over HTTP."""

    system: AgencySystem
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def send(self, message: Any, *, key: str | None = "", **more: Any) -> HttpResponse:
        """Send a message as JSON, or as it is where it is bytes."""
        body = message if isinstance(message, bytes) else json.dumps(message)
        headers = self.headers | more.pop("headers", {})
        if key is not None:
            headers["Idempotency-Key"] = key or uuid4().hex
        more.setdefault("content_type", "application/json")
        return Client().post(ADDRESS, body, headers=headers, **more)

    def get(self, address: str = ADDRESS, **query: str) -> HttpResponse:
        return Client().get(address, query, headers=self.headers)


def caller(administrator: User, agency: str = "Dummyfield Primary School", **more: Any) -> Caller:
    """A system of a school, ready to ask."""
    system, _secret = opened(administrator, agency, **more)
    return Caller(system, token_of(system))


def a_message(**changes: Any) -> dict[str, Any]:
    """A school's concern about two children, one not born yet, and their mother."""
    return {
        "concern": "Zayn came in without a coat and said that nobody was at home last night.",
        "sender": {
            "name": "Orla Samplewick",
            "role": "Designated safeguarding lead",
            "phone": "01632 960123",
            "email": "orla@dummyfield.example",
        },
        "your_reference": "CP-2026-0117",
        "immediate_danger": "no",
        "do_parents_know": "yes",
        "children": [
            {
                "given_name": "Zayn",
                "family_name": "Testwood",
                "date_of_birth": "2018-09",
                "sex": "M",
                "postcode": "SL1 2EL",
                "address_line": "1 Placeholder Road",
                "place": "resident_child",
                "school": "Dummyfield Primary School",
                "nhs_number": "999 000 0018",
                "other_names": ["Zain Testwood"],
            },
            {"stage": "unborn", "family_name": "Testwood", "place": "resident_child"},
        ],
        "adults": [
            {
                "given_name": "Nadia",
                "family_name": "Testwood",
                "sex": "F",
                "place": "adult_carer",
                "relations": [
                    {"child": 0, "kind": "mother", "parental_responsibility": "yes"},
                    {"child": 1, "kind": "mother"},
                ],
            }
        ],
        "agreement": [{"asked_as": "parent_with_pr", "state": "given", "who": "Mother"}],
    } | changes


def codes(response: HttpResponse) -> list[tuple[str, str]]:
    """Field and code of each error."""
    return [(each["field"], each["code"]) for each in response.json()["errors"]]
