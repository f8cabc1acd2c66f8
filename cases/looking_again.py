"""Flags of children, looked at within the action that may have raised or ended them."""

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from people.queries import records_of
from record import flags


def look_again(*, at: datetime, child_ids: Collection[UUID], codes: Iterable[str]) -> None:
    """Look at these children's flags now, under whichever record of a child they stand.

    :param codes: only rules whose code begins like one of these
    """
    flags.look_again(at=at, child_ids=records_of(person_ids=child_ids), codes=codes)
