"""A child's page: who holds the child, what is due, what changed, the family, the timeline."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Case, Exists, OuterRef, Q, QuerySet, When
from django.urls import reverse

from accounts.models import RoleAssignment, User
from accounts.permissions import TABLE, Permission, holds
from cases.actions.referrals import OVER
from cases.choices import (
    STATUTORY_HANDOVERS,
    HandoverState,
    InvolvementKind,
    ProtectionKind,
    WorkerRole,
)
from cases.models import (
    Allocation,
    Contact,
    ContactPerson,
    Handover,
    HandoverChild,
    Involvement,
    Referral,
    Responsibility,
)
from cases.panels import panels
from cases.protection import protected
from cases.queries.notes import ShownNote, with_whom_to_ring
from cases.queries.seen import NEVER, Seen, as_one, last_seen
from cases.standing import acts_for
from lib import words
from lib.working_days import london_date
from people.models import Hazard, Person, PersonSetting
from people.queries import age, family_of, records_of
from people.queries.family import Family
from record import clocks, events, notes
from record.clocks import ClockView
from record.events import TimelineLine
from record.models import BreakGlass, Note, ReadLogEntry

CHANGES_SHOWN = 5
#: Where a line of the timeline leads, by the kind of its subject.
LEADS_TO = {
    "change": "cases:change",
    "risk_review": "cases:risk_review",
    "flag": "cases:flag",
    "oversight": "cases:oversight",
    "oversight_action": "cases:direction",
}
LINES_SHOWN = 25


@dataclass(frozen=True)
class ShownPanel:
    """A panel of another room, with what it shows."""

    template: str
    data: dict[str, Any]


@dataclass(frozen=True)
class ChildPage:
    """Everything on the page, in a fixed number of queries."""

    person: Person
    ids: list[UUID]
    age: str
    status: str
    holder: Responsibility | None
    worker: Allocation | None
    offered: Handover | None
    due: list[ClockView]
    changed: list[TimelineLine]
    looked_at: datetime | None
    family: Family
    timeline: list[TimelineLine]
    counts: dict[str, int]
    hazards: list[Hazard]
    settings: list[PersonSetting]
    contacts: list[Contact]
    referrals: list[Referral]
    notes: list[ShownNote]
    open_until: datetime | None
    brothers_and_sisters: list[tuple[UUID, str]]
    seen: Seen = NEVER
    panels: list[ShownPanel] = field(default_factory=list)
    closable_id: UUID | None = None

    @property
    def older(self) -> str:
        """Where the timeline goes on, if there is more."""
        return self.timeline[-1].cursor if len(self.timeline) == LINES_SHOWN else ""


def child_page(
    *,
    by: User,
    person: Person,
    at: datetime,
    kind: str = "",
    before: str = "",
    everything: bool = False,
) -> ChildPage:
    """Gather a child's page for somebody who may read it.

    :param kind: one kind of timeline line, or all
    :param before: cursor of the line after which the timeline goes on
    :param everything: the whole timeline, for print
    """
    on = london_date(at)
    ids = sorted(records_of(person_ids=[person.pk]))
    reads_referrals = holds(by, Permission.REFERRAL_READ)
    holder = (
        Responsibility.objects.filter(child__in=ids, to_at__isnull=True)
        .select_related("team", "manager")
        .order_by("-from_at", "pk")
        .first()
    )
    worker = (
        Allocation.objects.filter(
            child__in=ids, to_at__isnull=True, role__in=[WorkerRole.LEAD, WorkerRole.HELPER]
        )
        .select_related("worker", "team")
        .order_by(Case(When(role=WorkerRole.LEAD, then=0), default=1), "-from_at", "pk")
        .first()
    )
    offers = Handover.objects.filter(
        pk__in=HandoverChild.objects.filter(child__in=ids, is_open=True).values("handover"),
        state=HandoverState.OFFERED,
    )
    if not reads_referrals:
        offers = offers.exclude(kind__in=STATUTORY_HANDOVERS)
    offered = (
        offers.select_related("to_team__manager", "from_team").order_by("-offered_at", "pk").first()
    )
    contacts = list(
        Contact.objects.visible_to(by)
        .filter(
            pk__in=ContactPerson.objects.filter(person__in=ids, ended_at__isnull=True).values(
                "contact"
            )
        )
        .order_by("-received_at", "pk")[:20]
    )
    referrals = (
        list(
            Referral.objects.filter(child__in=ids)
            .select_related("team")
            .order_by("-referral_on", "pk")
        )
        if reads_referrals
        else []
    )
    subjects = [
        *[row.pk for row in contacts if row.next_due_at],
        *[row.pk for row in referrals],
        *([offered.pk] if offered else []),
    ]
    running = {clock.pk: clock for clock in clocks.running(subject_ids=subjects)}
    if holds(by, Permission.STATUTORY_READ):
        running |= {clock.pk: clock for clock in clocks.running_of_children(child_ids=ids)}
    looked_at = _last_look(by, ids, at)
    family = family_of(by=by, person_id=person.pk, on=on)
    lines = events.timeline(
        by=by,
        child_ids=ids,
        kinds=[kind] if kind else None,
        before=before or None,
        limit=500 if everything else LINES_SHOWN,
    )
    live = Q(to_on__isnull=True)
    open_now = Involvement.objects.filter(child__in=ids, to_at__isnull=True).order_by(
        "from_at", "pk"
    )
    emergency = (
        BreakGlass.objects.filter(person__in=ids, user=by, opened_at__lte=at, expires_at__gt=at)
        .order_by("-expires_at")
        .first()
    )
    closable = next((row for row in referrals if _may_close(row, by=by, at=at)), None)
    return ChildPage(
        person=person,
        ids=list(ids),
        age=age(person, on=on),
        status=_status(list(open_now), by, protected(child_ids=ids)),
        holder=holder,
        worker=worker,
        offered=offered,
        due=[
            clocks.arithmetic(clock, at)
            for clock in sorted(running.values(), key=lambda clock: clock.due_at)
        ],
        changed=_changed(lines if not before and not kind else [], by, looked_at),
        looked_at=looked_at,
        family=family,
        timeline=lines,
        counts=events.counts(by=by, child_ids=ids),
        hazards=list(
            Hazard.objects.filter(person__in=ids, ended_at__isnull=True).order_by("-at", "pk")
        ),
        settings=list(PersonSetting.objects.filter(live, person__in=ids).order_by("kind", "pk")),
        contacts=contacts,
        referrals=referrals,
        notes=with_whom_to_ring(
            by=by, lines=notes.lines(by=by, found=_notes(by).filter(notes.about(ids)), limit=5)
        ),
        open_until=emergency.expires_at if emergency else None,
        closable_id=closable.pk if closable is not None else None,
        brothers_and_sisters=_siblings(family),
        seen=as_one(last_seen(child_ids=ids).values()),
        panels=[
            ShownPanel(panel.template, panel.query(by=by, child_ids=ids))
            for panel in panels()
            if holds(by, panel.permission)
        ],
    )


def _may_close(referral: Referral, *, by: User, at: datetime) -> bool:
    if referral.state in OVER or referral.team is None or referral.team_accepted_at is None:
        return False
    right = Permission.REFERRAL_CLOSE
    return holds(by, right) and acts_for(referral.team, by=by, permission=right, at=at) is not None


#: With which right the kind of open work is named; otherwise the child is just open.
READS = {
    InvolvementKind.CONTACT: Permission.CONTACT_READ,
    InvolvementKind.ENQUIRY: Permission.ENQUIRY_READ,
    InvolvementKind.REFERRAL: Permission.REFERRAL_READ,
    InvolvementKind.EARLY_HELP: Permission.EARLY_HELP_READ,
    InvolvementKind.ASSESSMENT: Permission.STATUTORY_READ,
    InvolvementKind.PLAN: Permission.STATUTORY_READ,
}


def _status(
    open_now: Sequence[Involvement], by: User, protection: Mapping[UUID, set[ProtectionKind]]
) -> str:
    """What is open, child protection first; "Open" alone for those who may not know what."""
    if not open_now:
        return "Not open"
    kinds = set().union(*protection.values()) if holds(by, Permission.S47_READ) else set()
    said = [str(kind.label) for kind in ProtectionKind if kind in kinds]
    said += [
        row.get_kind_display() if holds(by, READS[InvolvementKind(row.kind)]) else "Open"
        for row in open_now
        if row.kind != InvolvementKind.PLAN or ProtectionKind.PLAN not in kinds
    ]
    return ", ".join(dict.fromkeys(said))


def _notes(by: User) -> QuerySet[Note]:
    """The notes `by` may read.

    What social workers and their managers wrote is read by those who may read their work, what
    was written about a contact by those who may read contacts (domain.md section 3).
    """
    if holds(by, Permission.STATUTORY_READ):
        return Note.objects.all()
    social_work = TABLE[Permission.STATUTORY_READ]
    if holds(by, Permission.CONTACT_EDIT):  # within the MASH they read each other
        social_work -= TABLE[Permission.CONTACT_EDIT]
    of_a_contact = Q(subject_kind="contact")
    by_a_social_worker = Exists(
        RoleAssignment.objects.filter(
            Q(to_at__isnull=True) | Q(to_at__gt=OuterRef("at")),
            user=OuterRef("by"),
            role__in=[str(role) for role in social_work],
            from_at__lte=OuterRef("at"),
        )
    )
    if holds(by, Permission.CONTACT_READ):
        return Note.objects.filter(of_a_contact | ~by_a_social_worker)
    return Note.objects.filter(~of_a_contact, ~by_a_social_worker)


def _last_look(by: User, ids: Sequence[UUID], at: datetime) -> datetime | None:
    """When this reader last had the page open: an hour ago or earlier counts as another time."""
    found: datetime | None = (
        ReadLogEntry.objects.filter(
            child__in=ids,
            user=by,
            place="cases:child",
            recorded_at__lt=at - timedelta(hours=1),
        )
        .order_by("-recorded_at")
        .values_list("recorded_at", flat=True)
        .first()
    )
    return found


def _changed(
    lines: Sequence[TimelineLine], by: User, looked_at: datetime | None
) -> list[TimelineLine]:
    if looked_at is None:
        return []
    return [
        line for line in lines if line.recorded_at > looked_at and line.by_name != by.full_name
    ][:CHANGES_SHOWN]


def _siblings(family: Family) -> list[tuple[UUID, str]]:
    return [
        (member.person_id, f"{member.name}, {member.age}" if member.age else member.name)
        for member in family.others
        if member.person is not None and member.is_child
    ]


def child_heading(person: Person, *, age_words: str) -> str:
    """The name and age that head the page."""
    return f"{person.name}, {age_words}" if age_words else person.name


def timeline_entry(line: TimelineLine, *, now: datetime) -> dict[str, Any]:
    """One line in the shape of components/timeline.html."""
    when = words.moment_words(line.at, now=now)
    if line.recorded_at - line.at > timedelta(hours=1):
        when = f"{when} · recorded {words.moment_words(line.recorded_at, now=now)}"
    address = LEADS_TO.get(line.subject_kind)
    return {
        "when": f"{when} · {line.who}" if line.who else when,
        "title": line.words,
        "words": "",
        "is_decision": line.kind in ("decision", "change"),
        "link": reverse(address, args=[line.subject_id]) if address else "",
    }
