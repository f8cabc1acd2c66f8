"""What upper rooms show on a child's page and on somebody's home, and which offered work they
answer on pages of their own (decisions.md 27, 35).

Filled in `AppConfig.ready`; `tests/cases/test_panels.py` pins who is registered.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from accounts.models import User
from accounts.permissions import Permission
from accounts.reactions import Reactions
from cases.choices import Mark
from cases.models import Contact


@dataclass(frozen=True, kw_only=True)
class Work:
    """One thing somebody must do next, for the lists of their home page."""

    verb: str
    url: str
    who: str
    why: str
    detail: str = ""
    due_at: datetime | None = None
    warn_at: datetime | None = None
    very_late_at: datetime | None = None
    rule: str = ""


class WorkSource(Protocol):
    """Give what `by` must do next, in a fixed number of queries."""

    def __call__(self, *, by: User, at: datetime) -> Sequence[Work]: ...


class PanelQuery(Protocol):
    """Give what a panel shows of a child, in a fixed number of queries."""

    def __call__(self, *, by: User, child_ids: Sequence[UUID]) -> dict[str, Any]: ...


class RecordBehind(Protocol):
    """Give links, as words and address, to the record from which a contact came."""

    def __call__(self, *, by: User, contact: Contact) -> Sequence[tuple[str, str]]: ...


@dataclass(frozen=True)
class Panel:
    """A part of the child's page that belongs to another room."""

    name: str
    template: str
    permission: Permission
    query: PanelQuery


work_sources: Reactions[WorkSource] = Reactions()
records_behind: Reactions[RecordBehind] = Reactions()
_panels: dict[str, Panel] = {}
_answer_pages: dict[str, str] = {}


def register(panel: Panel) -> None:
    """Add a panel; the same name again changes nothing."""
    _panels.setdefault(panel.name, panel)


def panels() -> list[Panel]:
    """Every panel, in the order of registration."""
    return list(_panels.values())


def behind(*, by: User, contact: Contact) -> list[tuple[str, str]]:
    """Links to the record from which a contact came, where it was stepped up from one."""
    if Mark.STEP_UP not in contact.marks:
        return []
    return [link for source in records_behind for link in source(by=by, contact=contact)]


def answer_on(kind: str, url_name: str) -> None:
    """Name the page on which offers of a kind are answered; it takes the offer's id.

    What such an answer needs beside yes or no belongs to the room of that page, so
    `cases.actions.accept` and `return_to_sender` refuse the kind.
    """
    _answer_pages[kind] = url_name


def answer_page(kind: str) -> str:
    """Give the name of the page where offers of a kind are answered, or nothing."""
    return _answer_pages.get(kind, "")
