"""What was written while two records were read as one person."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.models import User
from people.models import Person, PersonLink
from record import events
from record.events import TimelineLine

MOST_LINES = 500


@dataclass(frozen=True, slots=True)
class WrittenLine:
    """One line of a timeline, with the records on which it stands."""

    line: TimelineLine
    records: tuple[Person, ...]


def written_while_linked(*, by: User, link: PersonLink) -> list[WrittenLine]:
    """List what was recorded on two records from their linking to their parting, newest first.

    Nothing was moved: each line stands where it was written, to be put right where it is wrong
    (decisions.md 90). Whether `by` may read the records is the caller's question.
    """
    records = {
        person.pk: person for person in Person.objects.filter(pk__in=[link.kept_id, link.other_id])
    }
    lines = events.timeline(by=by, child_ids=list(records), limit=MOST_LINES)
    return [
        WrittenLine(line, tuple(records[each] for each in line.child_ids if each in records))
        for line in lines
        if line.recorded_at > link.recorded_at
        and (link.ended_at is None or line.at <= link.ended_at)
        and line.code not in {"people.linked", "people.unlinked"}
    ]
