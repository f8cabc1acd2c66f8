"""What open work stands on a person's record, asked before two records are linked.

`people` knows no referral and no assessment; the rooms above answer (decisions.md 33, 90).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol
from uuid import UUID

from accounts.reactions import Reactions


class OpenWork(Protocol):
    """Say what is open on each of these records.

    Gives sentences by person, like "an open referral, held by Ruth Mockridge"; a person with
    nothing open is left out.
    """

    def __call__(self, *, person_ids: Sequence[UUID]) -> Mapping[UUID, Sequence[str]]: ...


open_work: Reactions[OpenWork] = Reactions()


def sentences(person_ids: Sequence[UUID]) -> dict[UUID, list[str]]:
    """Ask every room; people with nothing open are left out."""
    found: dict[UUID, list[str]] = {}
    for ask in open_work:
        for person_id, said in ask(person_ids=person_ids).items():
            found.setdefault(person_id, []).extend(said)
    return {person_id: said for person_id, said in found.items() if said}
