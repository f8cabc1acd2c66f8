"""Which assessments are out of date, since when and why, wherever one is shown (domain.md 4.2).

The rules stand in the room that owns assessments; what they found are flags, which are read here.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db.models import Q
from django.urls import reverse

from accounts.models import User
from cases.queries import flags as flag_queries
from lib import words
from lib.working_days import london_date
from people.queries import canonical_ids, closed_to, records_of
from record import flags
from record.models import FlagSeverity

#: An amber flag warns; from red on the assessment is out of date.
GRAVE = (FlagSeverity.RED, FlagSeverity.CRITICAL)


@dataclass(frozen=True, kw_only=True)
class Stale:
    """One reason why an assessment is out of date, about one child."""

    child_id: UUID | None
    subject_id: UUID
    since: str
    because: str
    url: str = ""
    child: str = ""
    is_of_change: bool = False

    @property
    def words(self) -> str:
        return f"Out of date since {self.since} because {self.because}"


def out_of_date(
    *,
    by: User,
    at: datetime,
    child_ids: Collection[UUID] = (),
    subject_ids: Collection[UUID] = (),
) -> list[Stale]:
    """Say why assessments are out of date, the longest first; a fixed number of queries.

    A flag may stand under another record of a child: it is given for the id that was asked for, or
    else for the record under which the child is read.

    :param child_ids: whose assessments; a restricted child among them is not named
    :param subject_ids: which assessments
    """
    records = records_of(person_ids=child_ids)
    asked = {records[child_id]: child_id for child_id in child_ids}
    found = list(
        flag_queries.known()
        .filter(rule__in=flags.stale_codes(), severity__in=GRAVE, state__in=flags.OPEN)
        .filter(Q(child__in=list(records)) | Q(subject_id__in=list(subject_ids)))
        .order_by("since_at", "child__date_of_birth", "pk")
    )
    if not found:
        return []
    flagged = {flag.child_id for flag in found if flag.child_id}
    closed = closed_to(by=by, person_ids=flagged)
    heads = records | canonical_ids(person_ids=flagged)
    whose = {child_id: asked.get(heads[child_id], heads[child_id]) for child_id in flagged}
    return [
        Stale(
            child_id=whose[line.flag.child_id] if line.flag.child_id else None,
            subject_id=line.flag.subject_id,
            since=words.date_words(london_date(line.flag.since_at)),
            because=f"of a restricted child, ring {closed[line.flag.child_id].name}"
            if line.flag.child_id in closed
            else _because(line),
            url="" if line.flag.child_id in closed else reverse("cases:flag", args=[line.flag.pk]),
            child="" if line.flag.child_id in closed else line.child,
            is_of_change=line.flag.rule == "F-STALE-COC",
        )
        for line in flag_queries.lines(found, by=by, at=at)
    ]


def together(found: Sequence[Stale]) -> list[Stale]:
    """Say the same reason about several children once, naming them all."""
    said: dict[tuple[str, str, UUID], list[Stale]] = {}
    for one in found:
        # A sentence that begins with the child's name is about that child alone.
        is_shared = bool(one.child) and one.child in one.because[1:]
        about = one.because.replace(one.child, "*") if is_shared else f"{one.url}{one.because}"
        said.setdefault((about, one.since, one.subject_id), []).append(one)
    return [
        first
        if not others
        else replace(
            first,
            because=first.because.replace(
                first.child, words.list_of_names([each.child for each in (first, *others)])
            ),
        )
        for first, *others in said.values()
    ]


def _because(line: flag_queries.FlagLine) -> str:
    """The finding within a sentence; one that begins with a name keeps its capital."""
    if line.rule.finding.startswith("{"):
        return line.title
    return line.title[:1].lower() + line.title[1:]
