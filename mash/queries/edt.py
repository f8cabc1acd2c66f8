"""EDT hand-over: what the night did, what the day has not taken over, what is left to do."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Prefetch, QuerySet

from accounts.models import User
from accounts.permissions import Permission, holds
from cases.choices import ContactState
from cases.models import Contact, ContactPerson
from cases.panels import Work
from lib import words
from mash.actions.edt import TAKEN_OVER, right_to_follow
from mash.models import EdtFollowUp, EdtHandover
from people.queries import Shown, display_people
from record import clocks
from record.clocks import ClockView
from record.models import Clock

MOST: Final = 200
RULES: Final = ("EDT-HO", *TAKEN_OVER)


@dataclass(frozen=True, kw_only=True)
class NightContact:
    """A contact of the night that the day has not taken over."""

    contact: Contact
    who: str
    child_ids: list[UUID]
    is_closed: bool
    written: Sequence[EdtHandover]
    due: ClockView | None
    to_write: ClockView | None

    @property
    def is_urgent(self) -> bool:
        return any(row.is_urgent for row in self.written)

    @property
    def is_late(self) -> bool:
        return self.due is not None and self.due.is_late


@dataclass(frozen=True, kw_only=True)
class Open:
    """A hand-over or an alert that is not closed, with what came of it so far."""

    row: EdtHandover
    who: str
    child_ids: list[UUID]
    is_closed: bool
    may_follow: bool


@dataclass(frozen=True, kw_only=True)
class EdtPage:
    """Everything on the page of EDT's hand-over."""

    to_take: Sequence[NightContact]
    to_follow: Sequence[Open]
    alerts: Sequence[Open]

    @property
    def late(self) -> int:
        """How many the day has not taken over by 10:00."""
        return sum(each.is_late for each in self.to_take)

    @property
    def not_written(self) -> int:
        """About how many EDT has written nothing by 09:00."""
        return sum(each.to_write is not None and each.to_write.is_late for each in self.to_take)

    @property
    def child_ids(self) -> list[UUID]:
        """The children shown, for the reading log."""
        rows: list[NightContact | Open] = [*self.to_take, *self.to_follow, *self.alerts]
        return [pk for each in rows for pk in each.child_ids]


def edt_page(*, by: User, at: datetime) -> EdtPage:
    """Gather the page, in a fixed number of queries; urgent first, then what is due first."""
    running: dict[UUID, dict[str, Clock]] = {}
    limits = Clock.objects.filter(rule__in=RULES, stopped_at__isnull=True)
    for clock in limits.select_related("recorded_by"):
        running.setdefault(clock.subject_id, {})[clock.rule] = clock
    rows = list(
        EdtHandover.objects.filter(closed_at__isnull=True)
        .select_related("by", "acknowledged_by", "contact")
        .prefetch_related(
            Prefetch(
                "follow_ups", queryset=EdtFollowUp.objects.select_related("by").order_by("at", "pk")
            )
        )
        .order_by("at", "pk")
    )
    fresh: dict[UUID, list[EdtHandover]] = {}
    for row in rows:
        if row.acknowledged_at is None and not row.is_to_edt:
            fresh.setdefault(row.contact_id, []).append(row)
    waiting = {pk for pk, each in running.items() if each.keys() & set(TAKEN_OVER)} | set(fresh)
    contacts = _contacts(waiting | {row.contact_id for row in rows}, by=by)
    names = _names(contacts, by=by)
    to_take = [
        NightContact(
            contact=contacts[pk],
            who=names[pk].who,
            child_ids=names[pk].child_ids,
            is_closed=names[pk].is_closed,
            written=[] if names[pk].is_closed else fresh.get(pk, []),
            due=_view(running, pk, "EDT-ACK", at) or _view(running, pk, "EDT-ACK-DAY", at),
            to_write=_view(running, pk, "EDT-HO", at),
        )
        for pk in waiting & contacts.keys()
    ]
    later = datetime.max.replace(tzinfo=at.tzinfo)
    opened = [
        Open(
            row=row,
            who=names[row.contact_id].who,
            child_ids=names[row.contact_id].child_ids,
            is_closed=names[row.contact_id].is_closed,
            may_follow=holds(by, right_to_follow(row)),
        )
        for row in rows
        if row.contact_id in contacts and (row.is_to_edt or row.acknowledged_at is not None)
    ]
    return EdtPage(
        to_take=sorted(
            to_take,
            key=lambda each: (
                not each.is_urgent,
                each.due.due_at if each.due else later,
                each.contact.received_at,
                each.contact.pk,
            ),
        )[:MOST],
        to_follow=sorted(
            (each for each in opened if not each.row.is_to_edt),
            key=lambda each: (each.row.by_when or later, each.row.at, each.row.pk),
        )[:MOST],
        alerts=[each for each in opened if each.row.is_to_edt][:MOST],
    )


@dataclass(frozen=True)
class _Named:
    who: str
    child_ids: list[UUID]
    is_closed: bool


def _contacts(ids: Collection[UUID], *, by: User) -> dict[UUID, Contact]:
    """Contacts that `by` may read, or of which they may know that there is one."""
    wanted = list(ids)
    found: dict[UUID, Contact] = {}
    lists: Iterable[QuerySet[Contact]] = (
        Contact.objects.visible_to(by),
        Contact.objects.restricted_to(by),
    )
    for rows in lists:
        for contact in rows.filter(pk__in=wanted).exclude(state=ContactState.VOID):
            found[contact.pk] = contact
    return found


def _names(contacts: Mapping[UUID, Contact], *, by: User) -> dict[UUID, _Named]:
    rows = list(
        ContactPerson.objects.filter(
            contact__in=list(contacts), is_child=True, ended_at__isnull=True
        )
        .order_by("position", "pk")
        .values_list("contact_id", "person_id")
    )
    shown = display_people([person for _contact, person in rows], by=by)
    children: dict[UUID, list[Shown]] = {pk: [] for pk in contacts}
    for contact_id, person_id in rows:
        children[contact_id].append(shown[person_id])
    return {pk: _named(people) for pk, people in children.items()}


def _named(children: Sequence[Shown]) -> _Named:
    closed = [child.name for child in children if child.ring is not None]
    if closed:
        return _Named(words.list_of_names(list(dict.fromkeys(closed))), [], True)
    return _Named(
        words.names_with_ages((child.name, child.age) for child in children) or "Nobody named",
        [child.person_id for child in children],
        False,
    )


def _view(
    running: Mapping[UUID, Mapping[str, Clock]], pk: UUID, rule: str, at: datetime
) -> ClockView | None:
    clock = running.get(pk, {}).get(rule)
    return clocks.arithmetic(clock, at) if clock else None


def edt_work(*, by: User, at: datetime) -> list[Work]:
    """One line for who takes over what the night did, and one for EDT about the day's alerts."""
    from django.urls import reverse

    found = []
    if holds(by, Permission.EDT_HANDOVER_ACKNOWLEDGE) and holds(by, Permission.BOARD_CLAIM):
        limits = list(
            Clock.objects.filter(
                rule="EDT-ACK",
                stopped_at__isnull=True,
                subject_id__in=Contact.objects.visible_to(by).values("pk"),
            ).order_by("due_at", "pk")[:MOST]
        )
        if limits:
            found.append(
                Work(
                    verb="Take over from EDT",
                    url=reverse("mash:edt"),
                    who=words.plural(len(limits), "contact of the night", "contacts of the night"),
                    why="By 10:00; after that the MASH manager and the head of service are told",
                    due_at=limits[0].due_at,
                    warn_at=limits[0].warn_at,
                    very_late_at=limits[0].very_late_at,
                    rule="EDT-ACK",
                )
            )
    if holds(by, Permission.EDT_HANDOVER_WRITE):
        number = EdtHandover.objects.filter(
            state=EdtHandover.State.RAISED_BY_DAY, contact__in=Contact.objects.visible_to(by)
        ).count()
        if number:
            found.append(
                Work(
                    verb="Read what the day asks",
                    url=reverse("mash:edt"),
                    who=words.plural(number, "alert of the day", "alerts of the day"),
                    why="What may happen tonight, and what you would have to do",
                )
            )
    return found
