"""Notes ready to show: whole, or that there is one and whom to ring."""

from collections.abc import Sequence
from dataclasses import dataclass

from accounts.models import User
from lib import words
from people.queries import closed_to
from record.notes import NoteLine


@dataclass(frozen=True)
class ShownNote:
    """A note; in place of the words of one about a restricted child too stands whom to ring."""

    line: NoteLine
    ring: str = ""

    @property
    def is_closed(self) -> bool:
        return bool(self.line.closed_ids)


def with_whom_to_ring(*, by: User, lines: Sequence[NoteLine]) -> list[ShownNote]:
    """Say of each closed note who can tell what it says; one query at most."""
    closed = {each for line in lines for each in line.closed_ids}
    rings = closed_to(by=by, person_ids=closed) if closed else {}
    return [
        ShownNote(
            line,
            words.list_of_names(
                list(dict.fromkeys(rings[each].name for each in line.closed_ids if each in rings))
            ),
        )
        for line in lines
    ]
