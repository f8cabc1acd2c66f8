"""The record itself sees that a family changes, and logs it for the children who are open.

Answers `people.reactions`, inside the same transaction, once for each event code and row
(decisions.md 32). Only homes where we work raise a change: while there is but a contact, whoever
decides it reads the household as it is.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import NAMESPACE_OID, UUID, uuid5

from django.db.models import Min
from django.db.models.functions import Coalesce

from accounts.models import User
from accounts.permissions import Authority, Permission, authority
from cases.actions import changes
from cases.actions.changes import WORK
from cases.change_codes import ChangeClass, ChangeCode, Happened
from cases.choices import (
    FAILED_VISITS,
    Category,
    SignalKind,
)
from cases.models import (
    ChangeOfCircumstance,
    Contact,
    Involvement,
    Section47Decision,
    Signal,
    Visit,
    VisitChild,
)
from lib import application_clock, words
from lib.prepared import Prepared
from lib.working_days import london_date
from people.choices import CHILD_ROLES, AddressKind, HouseholdRole
from people.models import HouseholdMembership, Person, PersonAddress
from people.queries import records_of
from record import policy
from record.calendar import calendar

MOVES = (AddressKind.HOME, AddressKind.TEMPORARY, AddressKind.REFUGE)
#: What joining means, by part in the household; the first of those who came names the change.
JOINING = {
    HouseholdRole.ADULT_CARER: (ChangeCode.ADULT_JOINS, Happened.JOINED),
    HouseholdRole.OTHER_ADULT: (ChangeCode.ADULT_JOINS, Happened.JOINED),
    HouseholdRole.RESIDENT_CHILD: (ChangeCode.CHILD_MOVES, Happened.JOINED),
    HouseholdRole.PART_TIME_CHILD: (ChangeCode.CHILD_MOVES, Happened.JOINED),
    HouseholdRole.FREQUENT_VISITOR: (ChangeCode.ADULT_JOINS, Happened.VISITS),
    HouseholdRole.UNBORN: (ChangeCode.BABY, ""),
}
JOIN_ORDER = list(JOINING)
CODE_OF_CONTACT = {
    Category.CHILD_PROTECTION: ChangeCode.HARM,
    Category.DOMESTIC_ABUSE: ChangeCode.DOMESTIC_ABUSE,
    Category.MISSING: ChangeCode.MISSING,
    Category.EXPLOITATION: ChangeCode.EXPLOITATION,
}


# Households -------------------------------------------------------------------------------------


def raise_for_joiners(
    *, memberships: Sequence[HouseholdMembership], by: User, at: datetime
) -> None:
    """People joined a household together: one change, about whoever is grown up first; a child who
    joins is reviewed too where changes are open (people.reactions.joined_household)."""
    household_id = memberships[0].household_id
    is_any_open, opened_at = _work_in(household_id)
    if not is_any_open:
        return
    right = authority(by, Permission.CHANGE_LOG, at=at)
    if any(each.role in CHILD_ROLES for each in memberships):
        for change in changes.undone_in(household_id=household_id):
            changes.sync_children(change, authority=right, at=at)
    if opened_at is None:
        return
    new = [each for each in memberships if not _is_background(each, opened_at)]
    if not new:
        return
    # A baby who is carried in is not what happened; the mother is.
    first = min(new, key=lambda each: JOIN_ORDER.index(HouseholdRole(each.role)))
    code, happened = JOINING[HouseholdRole(first.role)]
    children = _children_of(household_id)
    changes.raise_change(
        code=code,
        happened=happened,
        what=f"With {words.plural(len(new) - 1, 'other person', 'other people')}"
        if len(new) > 1
        else "",
        authority=right,
        at=at,
        happened_on=min(first.from_on or london_date(at), london_date(at)),
        child_ids=children,
        concerned_ids=children,
        person_id=first.person_id,
        household_id=household_id,
        source_kind="membership",
        source_id=first.pk,
    )


def raise_for_leaver(*, membership: HouseholdMembership, by: User, at: datetime) -> None:
    """Somebody left a household (people.reactions.left_household)."""
    person = membership.person
    if membership.role == HouseholdRole.UNBORN or person.died_on is not None:
        return  # a baby goes with the mother; a death is a change of its own
    is_child = membership.role in CHILD_ROLES
    children = _children_of(membership.household_id)
    if is_child:
        children = sorted({*children, person.pk})
    if _worked_with_since(children) is None:
        return
    changes.raise_change(
        code=ChangeCode.CHILD_MOVES if is_child else ChangeCode.ADULT_LEAVES,
        happened=Happened.LEFT,
        authority=authority(by, Permission.CHANGE_LOG, at=at),
        at=at,
        happened_on=min(membership.to_on or london_date(at), london_date(at)),
        child_ids=children,
        concerned_ids=[person.pk] if is_child else children,
        person_id=person.pk,
        household_id=membership.household_id,
        source_kind="membership",
        # A child who joined meanwhile has raised the same event with the row itself.
        source_id=uuid5(NAMESPACE_OID, f"{membership.pk}:left"),
    )


def raise_for_birth(*, person: Person, by: User, at: datetime) -> None:
    """A baby who was recorded before birth is born (people.reactions.born)."""
    children = _family_of([person.pk])
    right = authority(by, Permission.CHANGE_LOG, at=at)
    if _worked_with_since(children) is None:
        return
    changes.raise_change(
        code=ChangeCode.BABY,
        happened=Happened.BORN,
        authority=right,
        at=at,
        happened_on=min(person.date_of_birth or london_date(at), london_date(at)),
        child_ids=[person.pk],
        concerned_ids=[person.pk],
        person_id=person.pk,
        source_kind="person",
        source_id=person.pk,
    )


def raise_for_death(*, person: Person, by: User, at: datetime) -> None:
    """Somebody of the household has died (people.reactions.died); they still count as a member."""
    right = authority(by, Permission.CHANGE_LOG, at=at)
    for change in changes.undone_about(child_id=person.pk):
        changes.sync_children(change, authority=right, at=at)
    children = _family_of([person.pk])
    if _worked_with_since(children) is None:
        return
    changes.raise_change(
        code=ChangeCode.ILLNESS if person.la_child_id else ChangeCode.ADULT_LEAVES,
        happened=Happened.DIED,
        authority=right,
        at=at,
        happened_on=min(person.died_on or london_date(at), london_date(at)),
        child_ids=children,
        concerned_ids=children,
        person_id=person.pk,
        source_kind="person",
        source_id=person.pk,
    )


def raise_for_move(*, addresses: Sequence[PersonAddress], by: User, at: datetime) -> None:
    """People moved (people.reactions.moved). A first address is no move."""
    moved = [each for each in addresses if each.kind in MOVES and each.to_on is None]
    if not moved or not _had_another_home(moved):
        return
    movers = sorted({each.person_id for each in moved})
    children = sorted(
        Person.objects.filter(pk__in=movers, la_child_id__isnull=False).values_list("pk", flat=True)
    ) or _family_of(movers)
    if _worked_with_since(children) is None:
        return
    first = min(moved, key=lambda each: (each.person_id not in children, str(each.person_id)))
    changes.raise_change(
        code=ChangeCode.ADDRESS,
        happened=Happened.MOVED if len(movers) == 1 else "",
        authority=authority(by, Permission.CHANGE_LOG, at=at),
        at=at,
        happened_on=min(first.from_on or london_date(at), london_date(at)),
        child_ids=children,
        concerned_ids=children,
        person_id=movers[0] if len(movers) == 1 else None,
        source_kind="address",
        source_id=first.pk,
    )


# Visits, and brothers and sisters -----------------------------------------------------------------


def raise_for_failed_visits(*, visit: Visit, seen: Sequence[VisitChild]) -> None:
    """A second visit in a row failed (cases.reactions.visit_recorded); a child seen is noted."""
    for row in seen:
        records = records_of(person_ids=[row.child_id])
        for change in changes.undone_about(child_id=row.child_id):
            if row.at >= changes.counts_from(change):
                for record in records:
                    changes.stop_seen(change, record, at=row.at)
    if visit.outcome not in FAILED_VISITS:
        return
    children = sorted(visit.children.values_list("child_id", flat=True))
    failed = [child_id for child_id in children if _failed_in_a_row(child_id, visit)]
    if not failed or _worked_with_since(failed) is None:
        return
    changes.raise_change(
        code=ChangeCode.DISENGAGED,
        authority=authority(visit.recorded_by, Permission.CHANGE_LOG),
        at=visit.recorded_at,
        happened_on=london_date(visit.at),
        learned_at=visit.at,
        learned_from="Visits",
        child_ids=failed,
        concerned_ids=failed,
        source_kind="visit",
        source_id=visit.pk,
    )


def _failed_in_a_row(child_id: UUID, visit: Visit) -> bool:
    """Say whether this visit makes two or more in a row that failed, and no change says so yet.

    In the order in which they were to be, not in which they were written down.
    """
    records = list(records_of(person_ids=[child_id]))
    row = [visit.pk]
    for others in (
        Visit.objects.filter(children__child__in=records, at__lt=visit.at).order_by("-at"),
        Visit.objects.filter(children__child__in=records, at__gt=visit.at).order_by("at"),
    ):
        for pk, outcome in others.values_list("pk", "outcome")[:20]:
            if outcome not in FAILED_VISITS:
                break
            row.append(pk)
    return len(row) > 1 and not (
        ChangeOfCircumstance.objects.filter(
            code=ChangeCode.DISENGAGED, source_id__in=row, children__child__in=records
        ).exists()
    )


def raise_for_section_47(
    *,
    decisions: Sequence[Section47Decision],
    authority: Authority,
    at: datetime,
    passed_ids: Collection[UUID] = (),
) -> None:
    """The status of a brother or sister changes (cases.reactions.section_47_decided).

    Each discussion considers every child of the household, so only children it left out are told.
    A restricted child is answered for apart, and is told of the others by being asked.
    """
    _raise_for_sibling(
        child_ids=sorted(decision.child_id for decision in decisions if decision.is_met),
        considered_ids={*passed_ids, *(decision.child_id for decision in decisions)},
        source_kind="discussion",
        source_id=decisions[0].discussion_id,
        authority=authority,
        at=at,
        change_class=ChangeClass.IMMEDIATE,
    )


def raise_for_protection(
    *,
    child_ids: Sequence[UUID],
    considered_ids: Collection[UUID],
    source_id: UUID,
    authority: Authority,
    at: datetime,
) -> None:
    """A conference made or ended child protection plans: children it left out are told."""
    _raise_for_sibling(
        child_ids=child_ids,
        considered_ids=considered_ids,
        source_kind="conference",
        source_id=source_id,
        authority=authority,
        at=at,
    )


def raise_for_status(
    *,
    child_ids: Collection[UUID],
    considered_ids: Collection[UUID],
    what: str,
    source_kind: str,
    source_id: UUID,
    authority: Authority,
    at: datetime,
) -> None:
    """A court was asked, or a child became looked after: the others of the home are thought about.

    :param considered_ids: children of the home who were thought about in the same act
    :param what: what was decided, in a sentence that names nobody
    """
    _raise_for_sibling(
        child_ids=sorted(child_ids),
        considered_ids=considered_ids,
        source_kind=source_kind,
        source_id=source_id,
        authority=authority,
        at=at,
        what=what,
    )


def _raise_for_sibling(
    *,
    child_ids: Sequence[UUID],
    considered_ids: Collection[UUID],
    source_kind: str,
    source_id: UUID,
    authority: Authority,
    at: datetime,
    change_class: str = "",
    what: str = "",
) -> None:
    if not child_ids:
        return
    on = london_date(at)
    found = changes.household(child_ids=child_ids, happened_on=on, today=on)
    if not found.keys() - set(considered_ids):
        return
    changes.raise_change(
        code=ChangeCode.SIBLING,
        what=what,
        authority=authority,
        at=at,
        happened_on=on,
        child_ids=child_ids,
        concerned_ids=child_ids,
        source_kind=source_kind,
        source_id=source_id,
        change_class=change_class,
    )


# Contacts ---------------------------------------------------------------------------------------


def raise_for_contact(
    *, contact: Contact, child_ids: Collection[UUID], authority: Authority, at: datetime
) -> None:
    """A contact was added to the open case of these children, early help too (decisions.md 34, 70).

    Those of them for whom nothing is open, under any of their records, are passed over.
    """
    records = records_of(person_ids=child_ids)
    worked_with = {
        records[child_id]
        for child_id in Involvement.objects.filter(
            child__in=list(records), kind__in=WORK, to_at__isnull=True
        ).values_list("child_id", flat=True)
    }
    child_ids = {child_id for child_id in child_ids if records[child_id] in worked_with}
    if not child_ids:
        return
    category = Category(contact.category) if contact.category else Category.OTHER
    is_abuse = category == Category.DOMESTIC_ABUSE
    Signal.objects.bulk_create(
        (
            Signal(
                child_id=child_id,
                kind=SignalKind.DOMESTIC_ABUSE if is_abuse else SignalKind.CONTACT,
                source_kind="contact",
                source_id=contact.pk,
                at=contact.received_at,
                recorded_at=application_clock.now(),
            )
            for child_id in sorted(child_ids)
        ),
        ignore_conflicts=True,
    )
    code = CODE_OF_CONTACT.get(category, ChangeCode.OTHER)
    changes.raise_change(
        code=code,
        authority=authority,
        at=at,
        happened_on=london_date(contact.received_at),
        learned_at=contact.received_at,
        learned_from=f"Contact {contact.reference}",
        what=contact.summary,
        child_ids=child_ids,
        concerned_ids=child_ids,
        source_kind="contact",
        source_id=contact.pk,
    )


def raise_for_missing(
    *,
    child_id: UUID,
    episode_id: UUID,
    missing_since: datetime,
    reported_at: datetime,
    is_grave: bool,
    authority: Authority,
    at: datetime,
) -> None:
    """A child goes missing while we work with the home; graver ones are immediate (COC-10)."""
    _raise_for_open(
        code=ChangeCode.MISSING,
        child_ids=[child_id],
        person_id=child_id,
        happened_on=london_date(missing_since),
        learned_at=reported_at,
        learned_from="Missing episode",
        source_kind="missing_episode",
        source_id=episode_id,
        authority=authority,
        at=at,
        change_class=ChangeClass.IMMEDIATE if is_grave else "",
    )


def raise_for_exploitation(
    *,
    child_id: UUID,
    source_kind: str,
    source_id: UUID,
    learned_from: str,
    is_grave: bool,
    authority: Authority,
    at: datetime,
) -> None:
    """The risk of exploitation rises while we work with the home; significant is immediate."""
    _raise_for_open(
        code=ChangeCode.EXPLOITATION,
        child_ids=[child_id],
        person_id=child_id,
        learned_from=learned_from,
        source_kind=source_kind,
        source_id=source_id,
        authority=authority,
        at=at,
        change_class=ChangeClass.IMMEDIATE if is_grave else "",
    )


# What people say ----------------------------------------------------------------------------------


def raise_for_dispute(
    *,
    child_ids: Collection[UUID],
    what: str,
    source_kind: str,
    source_id: UUID,
    authority: Authority,
    at: datetime,
) -> None:
    """Two agencies, or two teams, do not agree about these children (COC-25)."""
    _raise_for_open(
        code=ChangeCode.DISPUTE,
        child_ids=child_ids,
        what=what,
        learned_from="The record",
        source_kind=source_kind,
        source_id=source_id,
        authority=authority,
        at=at,
    )


def raise_for_information(
    *,
    child_ids: Collection[UUID],
    from_whom: str,
    contact_id: UUID | None,
    source_kind: str,
    source_id: UUID,
    authority: Authority,
    at: datetime,
) -> None:
    """An agency told something about children who are open already (COC-16).

    Not while the change that its contact raised is undone: whoever reviews it reads this too.

    :param source_id: the enquiry or the discussion, so that many answers are one change
    """
    if (
        contact_id is not None
        and ChangeOfCircumstance.objects.undone()
        .filter(source_kind="contact", source_id=contact_id)
        .exists()
    ):
        return
    _raise_for_open(
        code=ChangeCode.PAST,
        child_ids=child_ids,
        what="An agency answered, and a child of the home is open",
        learned_from=from_whom,
        source_kind=source_kind,
        source_id=source_id,
        authority=authority,
        at=at,
    )


def raise_for_withdrawal(
    *, child_ids: Collection[UUID], answer_id: UUID, authority: Authority, at: datetime
) -> None:
    """Somebody of the family takes back their agreement while we work with the home (COC-15)."""
    _raise_for_open(
        code=ChangeCode.DISENGAGED,
        child_ids=child_ids,
        what="Agreement was withdrawn",
        learned_from="The record of agreement",
        source_kind="consent",
        source_id=answer_id,
        authority=authority,
        at=at,
    )


def _raise_for_open(
    *,
    code: ChangeCode,
    child_ids: Collection[UUID],
    learned_from: str,
    source_kind: str,
    source_id: UUID,
    authority: Authority,
    at: datetime,
    what: str = "",
    person_id: UUID | None = None,
    happened_on: date | None = None,
    learned_at: datetime | None = None,
    change_class: str = "",
) -> None:
    """Log what concerns these children, if more than a contact is open in their homes."""
    children = sorted(set(child_ids))
    if _worked_with_since(sorted({*children, *_family_of(children)})) is None:
        return
    changes.raise_change(
        code=code,
        authority=authority,
        at=at,
        happened_on=happened_on or london_date(at),
        learned_at=learned_at,
        learned_from=learned_from,
        what=what,
        child_ids=children,
        concerned_ids=children,
        person_id=person_id,
        source_kind=source_kind,
        source_id=source_id,
        change_class=change_class,
    )


# Asking -----------------------------------------------------------------------------------------


def _children_of(household_id: UUID) -> list[UUID]:
    """The children who belong to a household now, by their part in it."""
    return sorted(
        HouseholdMembership.objects.filter(
            household=household_id, role__in=CHILD_ROLES, to_on__isnull=True
        ).values_list("person_id", flat=True)
    )


def _family_of(person_ids: Collection[UUID]) -> list[UUID]:
    """The children of the households to which these people belong."""
    theirs = HouseholdMembership.objects.filter(person__in=person_ids, to_on__isnull=True)
    return sorted(
        set(
            HouseholdMembership.objects.filter(
                household__in=theirs.values("household"),
                role__in=CHILD_ROLES,
                to_on__isnull=True,
                person__died_on__isnull=True,
            ).values_list("person_id", flat=True)
        )
    )


#: Under any record of a child who lives there.
_OPEN_THERE: Prepared[tuple[str, datetime]] = Prepared(
    lambda household_id: Involvement.objects.filter(
        child__in=Person.objects.alias(head=Coalesce("canonical_id", "pk"))
        .filter(
            head__in=HouseholdMembership.objects.filter(
                household=household_id, role__in=CHILD_ROLES, to_on__isnull=True
            ).values(head=Coalesce("person__canonical_id", "person_id"))
        )
        .values("pk"),
        to_at__isnull=True,
    ).values_list("kind", "from_at"),
    household_id=UUID,
)


def _work_in(household_id: UUID) -> tuple[bool, datetime | None]:
    """Whether anything is open for a child of a household, and since when more than a contact."""
    found = _OPEN_THERE(household_id=household_id)
    return bool(found), min((from_at for kind, from_at in found if kind in WORK), default=None)


def _worked_with_since(child_ids: Collection[UUID]) -> datetime | None:
    """Since when something more than a contact is open for one of these children."""
    if not child_ids:
        return None
    found: datetime | None = Involvement.objects.filter(
        child__in=list(records_of(person_ids=child_ids)), kind__in=WORK, to_at__isnull=True
    ).aggregate(first=Min("from_at"))["first"]
    return found


def _is_background(membership: HouseholdMembership, opened_at: datetime) -> bool:
    """Say whether this only fills in who lived there before we came, at the start of the work."""
    opened_on = london_date(opened_at)
    if membership.from_on is not None and membership.from_on >= opened_on:
        return False
    days = int(policy.value("COC-BACKGROUND", at=membership.recorded_at))
    recorded_on = london_date(membership.recorded_at)
    return calendar().working_days_between(opened_on, recorded_on) <= days


def _had_another_home(moved: Sequence[PersonAddress]) -> bool:
    return (
        PersonAddress.objects.filter(
            person__in=[each.person_id for each in moved], kind__in=MOVES, is_wrong=False
        )
        .exclude(pk__in=[each.pk for each in moved])
        .exists()
    )
