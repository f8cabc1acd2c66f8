"""Everything the details page of one person shows, under whichever record it was written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import User
from accounts.permissions import Permission, holds
from lib import application_clock
from people import kinship, timescales
from people.choices import NameKind
from people.models import (
    DateClaim,
    Hazard,
    Identifier,
    Person,
    PersonAddress,
    PersonLink,
    PersonName,
    PersonSetting,
    PossibleDuplicate,
    Relationship,
    Restriction,
)
from people.queries.access import Whom, closed_to, records_of, whom
from people.queries.family import Family, family_of
from people.queries.names import age
from record import code_lists, policy, read_log
from record.models import BreakGlass


@dataclass(frozen=True, slots=True)
class RelationRow:
    """One stated relationship, from the side of the person whose page it is."""

    relationship: Relationship
    other_id: UUID
    name: str
    what: str
    parental_responsibility: str
    is_readable: bool


@dataclass(frozen=True, slots=True)
class DuplicateRow:
    """Another record that may be the same person."""

    duplicate: PossibleDuplicate
    other_id: UUID
    name: str
    age: str


@dataclass(frozen=True, slots=True)
class PersonPage:
    """The details page of one person."""

    person: Person
    age: str
    record_ids: tuple[UUID, ...]
    also: Sequence[Person]
    names: Sequence[PersonName]
    wrong_names: Sequence[PersonName]
    dates: Sequence[DateClaim]
    identifiers: Sequence[Identifier]
    kept_numbers: Sequence[Identifier]
    addresses: Sequence[PersonAddress]
    earlier_addresses: Sequence[PersonAddress]
    settings: Sequence[PersonSetting]
    earlier_settings: Sequence[PersonSetting]
    relations: Sequence[RelationRow]
    hazards: Sequence[Hazard]
    restriction: Restriction | None
    readers: Sequence[User]
    emergency: BreakGlass | None
    links: Sequence[PersonLink]
    duplicates: Sequence[DuplicateRow]
    family: Family
    ethnicity: str
    disabilities: str
    may_edit: bool
    may_link: bool
    may_see_who_looked: bool

    @property
    def known_as(self) -> str:
        """What this person likes to be called, if somebody said."""
        return next(
            (
                f"{name.given_name} {name.family_name}".strip()
                for name in self.names
                if name.kind == NameKind.KNOWN_AS and name.to_on is None
            ),
            "",
        )

    @property
    def rival_dates(self) -> list[DateClaim]:
        """Dates somebody stated that are not the one the record goes by."""
        used = self.person.date_of_birth or self.person.expected_on
        return [claim for claim in self.dates if claim.on is None or claim.on != used]


def person_page(*, by: User, person: Person, on: date) -> PersonPage:
    """Gather the details page of a person whose record `by` may read.

    :param person: the record that is kept, if several are linked
    :param on: the London day
    """
    records = records_of(person_ids=[person.pk])
    names = list(
        PersonName.objects.filter(person__in=records)
        .select_related("recorded_by")
        .order_by("kind", "to_on", "recorded_at", "pk")
    )
    numbers = list(
        Identifier.objects.filter(person__in=records, is_wrong=False).order_by(
            "kind", "recorded_at", "pk"
        )
    )
    stays = list(
        PersonAddress.objects.filter(person__in=records, is_wrong=False)
        .select_related("address")
        .order_by("to_on", "kind", "-recorded_at", "pk")
    )
    settings = list(
        PersonSetting.objects.filter(person__in=records).order_by("kind", "recorded_at", "pk")
    )
    restriction = (
        Restriction.objects.filter(person=person, ended_at__isnull=True)
        .select_related("owner", "recorded_by")
        .first()
    )
    return PersonPage(
        person=person,
        age=age(person, on=on),
        record_ids=tuple(records),
        also=list(Person.objects.filter(canonical=person).order_by("recorded_at", "pk")),
        names=[name for name in names if not name.is_wrong],
        wrong_names=[name for name in names if name.is_wrong],
        dates=list(DateClaim.objects.filter(person__in=records).order_by("-recorded_at", "pk")),
        identifiers=[each for each in numbers if each.is_valid],
        kept_numbers=[each for each in numbers if not each.is_valid],
        addresses=[stay for stay in stays if stay.to_on is None or stay.to_on > on],
        earlier_addresses=[stay for stay in stays if stay.to_on is not None and stay.to_on <= on],
        settings=[each for each in settings if each.to_on is None or each.to_on > on],
        earlier_settings=[each for each in settings if each.to_on is not None and each.to_on <= on],
        relations=_relations(by=by, person=person, records=records),
        hazards=list(
            Hazard.objects.filter(person__in=records, ended_at__isnull=True)
            .select_related("recorded_by")
            .order_by("recorded_at", "pk")
        ),
        restriction=restriction,
        readers=[
            reader.user for reader in restriction.readers.select_related("user").order_by("pk")
        ]
        if restriction
        else [],
        emergency=live_opening(by=by, person_id=person.pk),
        links=list(
            PersonLink.objects.filter(
                Q(kept__in=records) | Q(other__in=records), ended_at__isnull=True
            )
            .select_related("kept", "other", "linked_by")
            .order_by("at", "pk")
        ),
        duplicates=_duplicates(by=by, records=records, on=on),
        family=family_of(by=by, person_id=person.pk, on=on),
        ethnicity=code_lists.label("ethnicity", person.ethnicity, on),
        disabilities=", ".join(
            code_lists.label("disability", code, on) for code in person.disabilities or ()
        ),
        may_edit=holds(by, Permission.PERSON_EDIT),
        may_link=holds(by, Permission.PERSON_LINK),
        may_see_who_looked=read_log.may_see_who_looked(by=by, child_id=person.pk),
    )


def _relations(*, by: User, person: Person, records: dict[UUID, UUID]) -> list[RelationRow]:
    rows = list(
        Relationship.objects.filter(
            Q(person__in=records) | Q(other__in=records), to_on__isnull=True, is_wrong=False
        )
        .select_related("person", "person__canonical", "other", "other__canonical")
        .order_by("recorded_at", "pk")
    )
    ids = {row.person_id for row in rows} | {row.other_id for row in rows}
    closed = closed_to(by=by, person_ids=ids)
    found = []
    for row in rows:
        is_ours = row.person_id in records
        other = row.other if is_ours else row.person
        head = other.canonical or other
        ring = closed.get(other.pk)
        sex = "U" if ring else head.sex
        what = kinship.called_back(row.kind, sex) if is_ours else kinship.called(row.kind, sex)
        found.append(
            RelationRow(
                relationship=row,
                other_id=head.pk,
                name=f"Restricted record, ring {ring.name}" if ring else head.name,
                what="Relative" if ring else what,
                parental_responsibility=""
                if is_ours or row.kind in kinship.NEVER_RESPONSIBLE
                else row.get_parental_responsibility_display(),
                is_readable=ring is None,
            )
        )
    return found


def _duplicates(*, by: User, records: dict[UUID, UUID], on: date) -> list[DuplicateRow]:
    rows = list(
        PossibleDuplicate.objects.filter(
            Q(person__in=records) | Q(other__in=records), state=PossibleDuplicate.State.OPEN
        )
        .select_related("person", "other", "raised_by")
        .order_by("raised_at", "pk")
    )
    others = {row.pk: row.other if row.person_id in records else row.person for row in rows}
    closed = closed_to(by=by, person_ids={other.pk for other in others.values()})
    return [
        DuplicateRow(row, others[row.pk].pk, others[row.pk].name, age(others[row.pk], on=on))
        for row in rows
        if others[row.pk].pk not in closed
    ]


def live_opening(*, by: User, person_id: UUID) -> BreakGlass | None:
    """Give the emergency opening that lets `by` read a restricted record now, if there is one."""
    now = application_clock.now()
    return (
        BreakGlass.objects.filter(person=person_id, user=by, opened_at__lte=now, expires_at__gt=now)
        .order_by("-expires_at")
        .first()
    )


@dataclass(frozen=True, slots=True)
class Opening:
    """One emergency opening, for whoever reviews it."""

    id: UUID
    person_id: UUID
    record: str
    name: str
    user_name: str
    job_title: str
    reason: str
    opened_at: datetime
    expires_at: datetime
    reviewed_at: datetime | None
    reviewed_by: str
    was_justified: bool | None
    review_note: str


def openings(*, by: User, only_open: bool = False) -> list[Opening]:
    """List emergency openings of records `by` owns, or of all for who reviews them."""
    rows = _reviewable(by)
    if only_open:
        rows = rows.filter(reviewed_at__isnull=True)
    return [_opening(row) for row in rows.order_by("-opened_at", "pk")[:200]]


def opening(*, by: User, opening_id: UUID) -> Opening | None:
    """Give one emergency opening that `by` may review."""
    row = _reviewable(by).filter(pk=opening_id).first()
    return _opening(row) if row else None


def _reviewable(by: User) -> QuerySet[BreakGlass]:
    rows = BreakGlass.objects.select_related("person", "user", "reviewed_by").exclude(user=by)
    if holds(by, Permission.RESTRICTED_REVIEW):
        return rows
    return rows.filter(Exists(Restriction.objects.filter(person=OuterRef("person"), owner=by)))


def _opening(row: BreakGlass) -> Opening:
    return Opening(
        id=row.pk,
        person_id=row.person_id,
        record=row.person.la_child_id or "",
        name=row.person.name,
        user_name=row.user.full_name,
        job_title=row.user.job_title,
        reason=row.reason,
        opened_at=row.opened_at,
        expires_at=row.expires_at,
        reviewed_at=row.reviewed_at,
        reviewed_by=row.reviewed_by.full_name if row.reviewed_by else "",
        was_justified=row.was_justified,
        review_note=row.review_note,
    )


@dataclass(frozen=True, slots=True)
class ClosedPage:
    """What somebody is shown of a record they may not read: that it exists, and whom to ring."""

    person_id: UUID
    record: str
    ring: Whom
    minutes: int
    may_open: bool
    may_leave_information: bool


def closed_page(*, by: User, person_id: UUID) -> ClosedPage | None:
    """Give the page of a restricted record that `by` may not read; None if it is not so."""
    if not holds(by, Permission.PERSON_READ):
        return None
    person = Person.objects.restricted_to(by).filter(pk=person_id).first()
    if person is None:
        return None
    restriction = (
        Restriction.objects.filter(person=person, ended_at__isnull=True)
        .select_related("owner")
        .first()
    )
    if restriction is None:
        return None
    return ClosedPage(
        person_id=person.pk,
        record=person.la_child_id or "",
        ring=whom(restriction.owner),
        minutes=policy.value(timescales.BREAK_GLASS.key, at=application_clock.now()),
        may_open=holds(by, Permission.RESTRICTED_BREAK_GLASS),
        may_leave_information=holds(by, Permission.NOTE_ADD),
    )
