"""What the addresses of `partner_api` name, for `tests/access_table.py`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from accounts.choices import Role
from accounts.models import User
from tests.partner_api.systems import opened

People = Mapping[Role, User]


def a_reference(people: People) -> dict[str, Any]:
    return {"reference": "C-26-00001"}


def a_system(people: People) -> dict[str, Any]:
    return {"pk": opened(people[Role.ADMINISTRATOR], "Mockbury Primary School")[0].pk}
