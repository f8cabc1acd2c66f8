"""Which agencies take part in meetings about children: asked, came, sent information or neither."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from django.db.models import Count, F, Q

from accounts.choices import AgencyKind
from cases.choices import MeetingKind
from cases.models import MeetingPart

#: Of those who did not come, who had sent information by the time the meeting was held.
SENT = Q(has_attended=False, contributed_at__lte=F("meeting_at"))


@dataclass(frozen=True, kw_only=True)
class TakenPart:
    """One agency at one kind of meeting, counted once for each meeting that it was asked to."""

    agency: str
    agency_kind: str
    kind: str
    asked: int
    came: int
    sent: int
    later: int
    to_come: int

    @property
    def held(self) -> int:
        """Meetings that were held: the others are to come, or were called off."""
        return self.asked - self.to_come

    @property
    def missed(self) -> int:
        """Held meetings at which it was neither there nor in writing."""
        return self.held - self.came - self.sent


def taken_part(*, since: datetime) -> Sequence[TakenPart]:
    """Count for each agency and kind of meeting, those most often missing first.

    :param since: meetings held since then, and those asked to since that have not been held
    """
    rows = (
        MeetingPart.objects.filter(
            Q(meeting_at__gte=since) | Q(meeting_at__isnull=True, invited_at__gte=since)
        )
        .values("agency_id", "agency__name", "agency__kind", "kind")
        .annotate(
            asked=Count("pk"),
            came=Count("pk", filter=Q(has_attended=True)),
            sent=Count("pk", filter=SENT),
            later=Count("pk", filter=Q(has_attended=False, contributed_at__gt=F("meeting_at"))),
            to_come=Count("pk", filter=Q(meeting_at__isnull=True)),
        )
        .order_by("agency__name", "agency_id", "kind")
    )
    found = [
        TakenPart(
            agency=row["agency__name"],
            agency_kind=str(AgencyKind(row["agency__kind"]).label),
            kind=str(MeetingKind(row["kind"]).label),
            **{name: row[name] for name in ("asked", "came", "sent", "later", "to_come")},
        )
        for row in rows
    ]
    return sorted(found, key=attrgetter("missed"), reverse=True)
