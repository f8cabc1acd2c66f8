"""What we already know: earlier contacts, open work, brothers and sisters, shared addresses."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet

from accounts.models import User
from accounts.permissions import Permission, holds
from cases.choices import ContactState, InvolvementKind
from cases.models import Contact, ContactLink, ContactPerson, Involvement, Referral, Responsibility
from lib import application_clock
from lib.prepared import Prepared
from lib.working_days import add_months, instant, london_date
from people.models import Person, PersonAddress, reads_every_restricted_record
from people.queries import children_of_households, readable, records_of
from record import policy


@dataclass(frozen=True)
class EarlierContact:
    """One earlier contact about somebody of this contact, or a place for a restricted one."""

    contact_id: UUID | None
    reference: str
    received_at: datetime
    summary: str
    source_code: str
    outcome: str
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class OpenWork:
    """Something open for a child, and who answers for it."""

    child_id: UUID
    name: str
    kind: str
    since: datetime
    manager: str
    team: str


@dataclass(frozen=True)
class History:
    """Everything the first screening must look at, in a fixed number of queries."""

    earlier: list[EarlierContact] = field(default_factory=list)
    open_work: list[OpenWork] = field(default_factory=list)
    referrals: list[Referral] = field(default_factory=list)
    siblings: list[tuple[UUID, str]] = field(default_factory=list)
    same_address: list[tuple[UUID, str]] = field(default_factory=list)
    counts: dict[UUID, int] = field(default_factory=dict)
    claimed: list[ContactLink] = field(default_factory=list)
    hidden: int = 0

    @property
    def most(self) -> int:
        """The largest number of contacts about one of the children, this one included."""
        return max(self.counts.values(), default=0)

    def as_data(self) -> dict[str, object]:
        """Ids and counts of what was found, for keeping with the history check."""
        return {
            "earlier": [str(row.contact_id) for row in self.earlier if row.contact_id],
            "open_work": [str(row.child_id) for row in self.open_work],
            "referrals": [str(row.pk) for row in self.referrals],
            "siblings": [str(pk) for pk, _name in self.siblings],
            "same_address": [str(pk) for pk, _name in self.same_address],
            "most": self.most,
        }


_CONTACTS_SINCE = Prepared(
    lambda person_ids, since, until: (
        ContactPerson.objects.filter(
            person__in=person_ids,
            is_child=True,
            ended_at__isnull=True,
            contact__received_at__gte=since,
            contact__received_at__lte=until,
        )
        .exclude(contact__state=ContactState.VOID)
        .values_list("person_id", "contact_id")
    ),
    person_ids=list[UUID],
    since=datetime,
    until=datetime,
)
_CLAIMED_SINCE = Prepared(
    lambda contact_ids, since: (
        ContactLink.objects.filter(
            Q(claimed_on__isnull=True) | Q(claimed_on__gte=since),
            contact__in=contact_ids,
            kind=ContactLink.Kind.CLAIMED,
            ended_at__isnull=True,
        )
        .values_list("contact_id")
        .annotate(number=Count("pk"))
    ),
    contact_ids=list[UUID],
    since=date,
)


def contacts_counted(
    *,
    contact: Contact,
    child_ids: Collection[UUID],
    at: datetime,
    heads: Mapping[UUID, UUID] | None = None,
) -> dict[UUID, int]:
    """Contacts about each child in the counted months, this one included, void ones not.

    Claimed ones nobody can trace count as well (decisions.md 26). Linked records of one child
    are counted as one child.

    :param heads: `records_of` these children and others, where it is known
    """
    months = policy.value("REPEAT-MONTHS", at=at)
    since = instant(add_months(london_date(contact.received_at), -months), _midnight())
    if heads is None:
        heads = records_of(person_ids=child_ids)
    wanted = {child_id: heads.get(child_id, child_id) for child_id in child_ids}
    theirs = [pk for pk, head in heads.items() if head in wanted.values()]
    seen: dict[UUID, set[UUID]] = {}
    for person_id, contact_id in _CONTACTS_SINCE(
        person_ids=theirs, since=since, until=contact.received_at
    ):
        seen.setdefault(heads.get(person_id, person_id), set()).add(contact_id)
    everything = {contact.pk, *(pk for found in seen.values() for pk in found)}
    claimed: dict[UUID, int] = dict(
        _CLAIMED_SINCE(contact_ids=list(everything), since=london_date(since))
    )
    counts = {}
    for child_id, head in wanted.items():
        found = seen.get(head, set()) | {contact.pk}
        counts[child_id] = len(found) + sum(claimed.get(pk, 0) for pk in found)
    return counts


def _midnight() -> time:
    return time(0, 0)


_PEOPLE = Prepared(
    lambda contact_id: ContactPerson.objects.filter(
        contact=contact_id, ended_at__isnull=True
    ).values_list("person_id", "is_child"),
    contact_id=UUID,
)
_OTHER_CONTACTS: Prepared[UUID] = Prepared(
    lambda person_ids, contact_id: (
        ContactPerson.objects.filter(person__in=person_ids, ended_at__isnull=True)
        .exclude(contact=contact_id)
        .values_list("contact_id", flat=True)
    ),
    person_ids=list[UUID],
    contact_id=UUID,
)
_LINKS = Prepared(
    lambda contact_id: ContactLink.objects.filter(
        contact=contact_id, ended_at__isnull=True
    ).order_by("recorded_at", "pk"),
    contact_id=UUID,
)
_OPEN_WORK = Prepared(
    lambda child_ids, contact_id: (
        Involvement.objects.filter(child__in=child_ids, to_at__isnull=True)
        .exclude(kind=InvolvementKind.CONTACT, subject_id=contact_id)
        .select_related("child")
        .order_by("from_at", "pk")
    ),
    child_ids=list[UUID],
    contact_id=UUID,
)
_HOLDERS = Prepared(
    lambda child_ids: Responsibility.objects.filter(
        child__in=child_ids, to_at__isnull=True
    ).select_related("team", "manager"),
    child_ids=list[UUID],
)
_REFERRALS = Prepared(
    lambda child_ids, contact_id: (
        Referral.objects.filter(child__in=child_ids)
        .exclude(contact=contact_id)
        .select_related("child")
        .order_by("-referral_on", "pk")
    ),
    child_ids=list[UUID],
    contact_id=UUID,
)


def history_of(*, by: User, contact: Contact, at: datetime) -> History:
    """What is known about everybody on a contact, as far as `by` may see it."""
    people = _PEOPLE(contact_id=contact.pk)
    child_ids = [person_id for person_id, is_child in people if is_child]
    everybody = [person_id for person_id, _is_child in people]
    heads = records_of(person_ids=everybody)
    household = children_of_households(by=by, person_ids=everybody, on=london_date(at))
    family = {child.person_id for child in household if not child.is_restricted}
    about = {*heads, *family}
    links = _LINKS(contact_id=contact.pk)
    earlier_ids = set(_OTHER_CONTACTS(person_ids=list(about), contact_id=contact.pk))
    earlier_ids |= {link.other_id for link in links if link.other_id is not None}
    open_to_reader = list(readable(by=by, person_ids=about))
    return History(
        earlier=_earlier(earlier_ids, by=by),
        open_work=_open_work(contact, open_to_reader),
        referrals=_REFERRALS(child_ids=open_to_reader, contact_id=contact.pk),
        siblings=[
            (child.person_id, child.name) for child in household if child.person_id not in heads
        ],
        same_address=_same_address(by=by, about=about, everybody=heads),
        counts=contacts_counted(contact=contact, child_ids=child_ids, at=at, heads=heads),
        claimed=[link for link in links if link.kind == ContactLink.Kind.CLAIMED],
    )


def _earlier(contact_ids: Collection[UUID], *, by: User) -> list[EarlierContact]:
    if not contact_ids:
        return []
    visible = (
        Contact.objects.visible_to(by)
        .filter(pk__in=contact_ids)
        .exclude(state=ContactState.VOID)
        .prefetch_related(
            Prefetch(
                "people",
                queryset=ContactPerson.objects.filter(
                    is_child=True, ended_at__isnull=True, person__in=Person.objects.visible_to(by)
                ).select_related("person"),
            )
        )
        .order_by("-received_at", "pk")
    )
    return [
        EarlierContact(
            contact_id=row.pk,
            reference=row.reference,
            received_at=row.received_at,
            summary=row.summary,
            source_code=row.source_code,
            outcome=row.outcome,
            names=tuple(person.person.name for person in row.people.all()),
        )
        for row in visible
    ]


def _open_work(contact: Contact, child_ids: list[UUID]) -> list[OpenWork]:
    rows = _OPEN_WORK(child_ids=child_ids, contact_id=contact.pk)
    holders: dict[UUID, Responsibility] = {}
    if rows:
        held = _HOLDERS(child_ids=[row.child_id for row in rows])
        holders = {holder.child_id: holder for holder in held}
    return [
        OpenWork(
            child_id=row.child_id,
            name=row.child.name,
            kind=row.get_kind_display(),
            since=row.from_at,
            manager=holders[row.child_id].manager.full_name if row.child_id in holders else "",
            team=holders[row.child_id].team.name if row.child_id in holders else "",
        )
        for row in rows
    ]


def _neighbours(people: QuerySet[Person], about: list[UUID], known: list[UUID]) -> QuerySet[Person]:
    """Those of the people who live where one of `about` lives, and are not known of."""
    stays = PersonAddress.objects.filter(to_on__isnull=True, is_wrong=False)
    homes = stays.filter(person__in=about).exclude(address__line="").values("address")
    return (
        people.filter(
            Exists(stays.filter(person=OuterRef("pk"), address__in=homes)), canonical__isnull=True
        )
        .exclude(pk__in=known)
        .order_by("family_name", "given_name", "pk")[:20]
    )


_NEIGHBOURS = Prepared(
    lambda about, known: _neighbours(Person.objects.all(), about, known),
    about=list[UUID],
    known=list[UUID],
)
_NEIGHBOURS_IF_OPEN = Prepared(
    lambda about, known, user_id, now: _neighbours(
        Person.objects.open_to(user_id=user_id, now=now), about, known
    ),
    about=list[UUID],
    known=list[UUID],
    user_id=UUID,
    now=datetime,
)


def _same_address(
    *, by: User, about: Iterable[UUID], everybody: Iterable[UUID]
) -> list[tuple[UUID, str]]:
    """Others who live at an address of the people on this contact: to look at, not a link."""
    if not holds(by, Permission.PERSON_READ):
        return []
    asked = {"about": list(about), "known": list({*about, *everybody})}
    if reads_every_restricted_record(by):
        others = _NEIGHBOURS(**asked)
    else:
        others = _NEIGHBOURS_IF_OPEN(**asked, user_id=by.pk, now=application_clock.now())
    return [(person.pk, person.name) for person in others]


def is_repeat(*, history: History, at: datetime) -> bool:
    """Say whether the manager's question about cumulative concern has to be answered."""
    limit: int = policy.value("REPEAT-CONTACTS", at=at)
    return history.most >= limit


def needs_cumulative_answer(*, contact: Contact, child_ids: Collection[UUID], at: datetime) -> bool:
    """Say whether ending these children's contact asks what the repeated ones mean together."""
    if not child_ids:
        return False
    limit = policy.value("REPEAT-CONTACTS", at=at)
    counts = contacts_counted(contact=contact, child_ids=child_ids, at=at)
    return any(count >= limit for count in counts.values())
