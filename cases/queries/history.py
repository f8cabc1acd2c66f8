"""What we already know: earlier contacts, open work, brothers and sisters, shared addresses."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, time
from uuid import UUID

from django.db.models import Count, Prefetch, Q

from accounts.models import User
from cases.choices import ContactState, InvolvementKind
from cases.models import Contact, ContactLink, ContactPerson, Involvement, Referral, Responsibility
from lib.working_days import add_months, instant, london_date
from people.models import Person, PersonAddress
from people.queries import children_of_households, records_of
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


def contacts_counted(
    *, contact: Contact, child_ids: Collection[UUID], at: datetime
) -> dict[UUID, int]:
    """Contacts about each child in the counted months, this one included, void ones not.

    Claimed ones nobody can trace count as well (decisions.md 26). Linked records of one child
    are counted as one child.
    """
    months = policy.value("REPEAT-MONTHS", at=at)
    since = instant(add_months(london_date(contact.received_at), -months), _midnight())
    heads = records_of(person_ids=child_ids)
    wanted = {child_id: heads.get(child_id, child_id) for child_id in child_ids}
    seen: dict[UUID, set[UUID]] = {}
    rows = (
        ContactPerson.objects.filter(
            person__in=heads,
            is_child=True,
            ended_at__isnull=True,
            contact__received_at__gte=since,
            contact__received_at__lte=contact.received_at,
        )
        .exclude(contact__state=ContactState.VOID)
        .values_list("person_id", "contact_id")
    )
    for person_id, contact_id in rows:
        seen.setdefault(heads.get(person_id, person_id), set()).add(contact_id)
    everything = {contact.pk, *(pk for found in seen.values() for pk in found)}
    claimed: dict[UUID, int] = dict(
        ContactLink.objects.filter(
            Q(claimed_on__isnull=True) | Q(claimed_on__gte=london_date(since)),
            contact__in=everything,
            kind=ContactLink.Kind.CLAIMED,
            ended_at__isnull=True,
        )
        .values_list("contact_id")
        .annotate(number=Count("pk"))
    )
    counts = {}
    for child_id, head in wanted.items():
        found = seen.get(head, set()) | {contact.pk}
        counts[child_id] = len(found) + sum(claimed.get(pk, 0) for pk in found)
    return counts


def _midnight() -> time:
    return time(0, 0)


def history_of(*, by: User, contact: Contact, at: datetime) -> History:
    """What is known about everybody on a contact, as far as `by` may see it."""
    people = list(
        ContactPerson.objects.filter(contact=contact, ended_at__isnull=True).values_list(
            "person_id", "is_child"
        )
    )
    child_ids = [person_id for person_id, is_child in people if is_child]
    everybody = [person_id for person_id, _is_child in people]
    heads = records_of(person_ids=everybody)
    household = children_of_households(by=by, person_ids=everybody, on=london_date(at))
    family = {child.person_id for child in household if not child.is_restricted}
    about = {*heads, *family}
    earlier_ids = set(
        ContactPerson.objects.filter(person__in=about, ended_at__isnull=True)
        .exclude(contact=contact)
        .values_list("contact_id", flat=True)
    )
    earlier_ids |= set(
        ContactLink.objects.filter(
            contact=contact, other__isnull=False, ended_at__isnull=True
        ).values_list("other_id", flat=True)
    )
    visible = list(
        Contact.objects.visible_to(by)
        .filter(pk__in=earlier_ids)
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
    earlier = [
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
    involved = Involvement.objects.filter(child__in=about, to_at__isnull=True).exclude(
        kind=InvolvementKind.CONTACT, subject_id=contact.pk
    )
    holders = {
        row.child_id: row
        for row in Responsibility.objects.filter(
            child__in=about, to_at__isnull=True
        ).select_related("team", "manager")
    }
    open_work = [
        OpenWork(
            child_id=row.child_id,
            name=row.child.name,
            kind=row.get_kind_display(),
            since=row.from_at,
            manager=holders[row.child_id].manager.full_name if row.child_id in holders else "",
            team=holders[row.child_id].team.name if row.child_id in holders else "",
        )
        for row in involved.filter(child__in=Person.objects.visible_to(by))
        .select_related("child")
        .order_by("from_at", "pk")
    ]
    return History(
        earlier=earlier,
        open_work=open_work,
        referrals=list(
            Referral.objects.filter(child__in=Person.objects.visible_to(by).filter(pk__in=about))
            .exclude(contact=contact)
            .select_related("child")
            .order_by("-referral_on", "pk")
        ),
        siblings=[
            (child.person_id, child.name) for child in household if child.person_id not in heads
        ],
        same_address=_same_address(by=by, about=about, everybody=heads),
        counts=contacts_counted(contact=contact, child_ids=child_ids, at=at),
        claimed=list(
            ContactLink.objects.filter(
                contact=contact, kind=ContactLink.Kind.CLAIMED, ended_at__isnull=True
            ).order_by("recorded_at", "pk")
        ),
    )


def _same_address(
    *, by: User, about: Iterable[UUID], everybody: Iterable[UUID]
) -> list[tuple[UUID, str]]:
    """Others who live at an address of the people on this contact: to look at, not a link."""
    homes = PersonAddress.objects.filter(
        person__in=list(about), to_on__isnull=True, is_wrong=False
    ).exclude(address__line="")
    others = (
        Person.objects.visible_to(by)
        .filter(
            addresses__address__in=homes.values("address"),
            addresses__to_on__isnull=True,
            addresses__is_wrong=False,
            canonical__isnull=True,
        )
        .exclude(pk__in=[*about, *everybody])
        .order_by("family_name", "given_name", "pk")
        .distinct()[:20]
    )
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
