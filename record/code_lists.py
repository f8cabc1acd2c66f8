"""The code lists that returns prescribe, as dated rows: what may be entered on a day.

The lists stand in `record/data/code_lists.csv`; a migration carries them into the table. A code
that ends keeps its row, so that what was entered can still be read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from record.kept import Kept
from record.models import CodeListEntry


@dataclass(frozen=True)
class Code:
    """One code with its label and the days on which it may be entered, both included."""

    code: str
    label: str
    valid_from: date
    valid_to: date | None

    def covers(self, on: date) -> bool:
        """Say whether it may be entered on that day."""
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)


def _read() -> dict[str, list[Code]]:
    found: dict[str, list[Code]] = {}
    for row in CodeListEntry.objects.order_by("list", "position", "valid_from", "pk"):
        found.setdefault(row.list, []).append(
            Code(row.code, row.label, row.valid_from, row.valid_to)
        )
    return found


_kept: Kept[dict[str, list[Code]]] = Kept("code_lists", _read)


def names() -> list[str]:
    """Every list by name."""
    return sorted(_kept.get())


def choices(list: str, on: date) -> Sequence[tuple[str, str]]:
    """Give the codes of a list with their labels that may be entered on a day, in order."""
    return [(each.code, each.label) for each in _kept.get().get(list, ()) if each.covers(on)]


def is_valid(list: str, code: str, on: date) -> bool:
    """Say whether a code of a list may be entered on a day."""
    return any(each.code == code and each.covers(on) for each in _kept.get().get(list, ()))


def label(list: str, code: str, on: date | None = None) -> str:
    """Give the label of a code, of that day or the latest; the code itself when unknown."""
    known = [each for each in _kept.get().get(list, ()) if each.code == code]
    of_day = [each for each in known if on is not None and each.covers(on)]
    return (of_day or known)[-1].label if known else code


def changed() -> None:
    """Say that the transaction under way changes the lists."""
    _kept.changed()


def forget() -> None:
    """Read the table again when next asked."""
    _kept.forget()
