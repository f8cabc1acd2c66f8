"""What must be there before a family is handed on, computed from the record (domain.md 2.11)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from uuid import UUID

from django.db.models import Max, Q
from django.urls import reverse

from accounts.models import User
from assessments.models import (
    AssessmentText,
    CinPlanChild,
    Item,
    Section47Enquiry,
    Transfer,
    TransferChild,
)
from assessments.queries.current_assessment import CurrentAssessment, current
from cases import holds
from cases.choices import InvolvementKind, OversightKind
from cases.holds import Purpose
from cases.models import Involvement, OversightChild, VisitChild
from cases.queries.stale import Stale, out_of_date
from lib import words
from lib.working_days import london_date
from people.choices import HouseholdRole, Stage
from people.models import HouseholdMembership, Person, PersonAddress, Relationship
from people.queries import PARENTS, HouseholdChild, children_of_households, is_live, records_of
from record import calendar, policy


@dataclass(frozen=True, kw_only=True)
class Missing:
    """One thing that is not there, in a sentence that names the child, and where to see to it."""

    sentence: str
    url: str = ""
    child_id: UUID | None = None
    #: What is the same for every child of whom it is said, and the child's name in the sentence.
    about: str = ""
    name: str = ""


def together(missing: Iterable[Missing]) -> list[Missing]:
    """Say what is the same about several children once, naming them all."""
    said: dict[str, list[Missing]] = {}
    for place, one in enumerate(missing):
        said.setdefault(one.about or str(place), []).append(one)
    return [
        first
        if not others
        else replace(
            first,
            sentence=first.sentence.replace(
                first.name,
                words.list_of_names(
                    dict.fromkeys(each.name for each in (first, *others)), shown=len(others) + 1
                ),
                1,
            ),
        )
        for first, *others in said.values()
    ]


@dataclass(frozen=True, kw_only=True)
class Checked:
    """One item of the checklist with what is missing, or what was found."""

    item: Item
    found: str = ""
    missing: list[Missing] = field(default_factory=list)

    @property
    def is_ok(self) -> bool:
        return not self.missing

    @property
    def lines(self) -> list[Missing]:
        """What is missing, with what is the same for several children said once."""
        return together(self.missing)


@dataclass(frozen=True)
class _Children:
    """The children who are handed on, with the name that the asker may read."""

    names: dict[UUID, str]
    people: dict[UUID, Person]

    def name(self, child_id: UUID) -> str:
        return self.names[child_id]

    @property
    def ids(self) -> list[UUID]:
        """The oldest first, as they are named."""
        return list(self.names)


def checklist(*, transfer: Transfer, by: User, at: datetime) -> list[Checked]:
    """Go through the whole list; a fixed number of queries."""
    on = london_date(at)
    household, lines = _household(transfer, by=by, on=on)
    children = _handed_on(lines, household)
    assessed = current(child_ids=children.ids)
    return [
        _assessment(children, assessed),
        current_item(
            children.names | _left_out(lines, household),
            by=by,
            at=at,
            stale_for=children.ids,
            assessed=assessed,
        ),
        _history(children, assessed, on),
        _plan(children, transfer),
        _seen(children, at),
        _supervision(children, at),
        _safety(children),
        _booked(transfer, on),
        _contact(children, on),
        children_item(transfer, lines, household),
    ]


def missing_of(items: Iterable[Checked]) -> list[tuple[str, str]]:
    """Everything that is missing: (sentence, address), in the order of the list."""
    return [(each.sentence, each.url) for item in items for each in item.lines]


def standing(*, transfers: Sequence[Transfer], by: User, at: datetime) -> dict[UUID, list[Missing]]:
    """What keeps each of these from going on at any later step, whatever their number: a change
    that nobody has reviewed for a child of the home, or a child of it left out.
    """
    on = london_date(at)
    lines: dict[UUID, list[TransferChild]] = {transfer.pk: [] for transfer in transfers}
    rows = (
        TransferChild.objects.filter(transfer__in=lines)
        .select_related("child")
        .order_by("child__date_of_birth", "child_id")
    )
    for row in rows:
        lines[row.transfer_id].append(row)
    handed_on = [row.child_id for each in lines.values() for row in each if row.is_in]
    everybody = children_of_households(person_ids=handed_on, on=on, by=by)
    homes: dict[UUID, dict[UUID, str]] = {}
    for transfer in transfers:
        mine = {row.child_id: row.child.name for row in lines[transfer.pk] if row.is_in}
        households = {
            pk for child in everybody if child.person_id in mine for pk in child.household_ids
        }
        homes[transfer.pk] = mine | {
            child.person_id: child.name
            for child in everybody
            if child.person_id in mine or households & set(child.household_ids)
        }
    names = {pk: name for home in homes.values() for pk, name in home.items()}
    open_still = current_item(
        names, by=by, at=at, stale_for=handed_on, assessed=current(child_ids=handed_on)
    ).missing
    found: dict[UUID, list[Missing]] = {}
    for transfer in transfers:
        answered = {row.child_id for row in lines[transfer.pk]}
        home = homes[transfer.pk]
        found[transfer.pk] = [
            *(each for each in open_still if each.child_id in home),
            *(
                Missing(
                    sentence=f"Say whether {name} is handed on too",
                    url=reverse("assessments:transfer_child", args=[transfer.pk, pk]),
                    child_id=pk,
                )
                for pk, name in home.items()
                if pk not in answered
            ),
        ]
    return found


def _household(
    transfer: Transfer, *, by: User, on: date
) -> tuple[list[HouseholdChild], list[TransferChild]]:
    lines = list(
        transfer.children.select_related("child").order_by("child__date_of_birth", "child_id")
    )
    ids = [line.child_id for line in lines if line.is_in]
    return children_of_households(person_ids=ids, on=on, by=by), lines


def _handed_on(lines: Sequence[TransferChild], household: Sequence[HouseholdChild]) -> _Children:
    shown = {child.person_id: child.name for child in household}
    rows = [line for line in lines if line.is_in]
    return _Children(
        names={row.child_id: shown.get(row.child_id, row.child.name) for row in rows},
        people={row.child_id: row.child for row in rows},
    )


def _left_out(
    lines: Sequence[TransferChild], household: Sequence[HouseholdChild]
) -> dict[UUID, str]:
    """Children of the household who are not handed on: what happens to them counts too."""
    handed_on = {line.child_id for line in lines if line.is_in}
    return {child.person_id: child.name for child in household if child.person_id not in handed_on}


def _assessment(children: _Children, assessed: dict[UUID, CurrentAssessment]) -> Checked:
    return Checked(
        item=Item.ASSESSMENT,
        found="Authorised "
        + words.list_of_names(
            dict.fromkeys(
                words.date_words(london_date(each.authorised_at)) for each in assessed.values()
            )
        )
        if assessed
        else "",
        missing=[
            Missing(
                sentence=f"{children.name(pk)} has no authorised assessment",
                url=reverse("cases:child", args=[pk]),
                child_id=pk,
            )
            for pk in children.ids
            if pk not in assessed
        ],
    )


def current_item(
    names: dict[UUID, str],
    *,
    by: User,
    at: datetime,
    stale_for: Collection[UUID],
    assessed: dict[UUID, CurrentAssessment],
) -> Checked:
    """Nothing has changed that is not reviewed, and no assessment is out of date.

    :param names: every child of the household, handed on or not: a change for one counts
    :param stale_for: those whose assessment goes along
    :param assessed: the assessments that go along: one that leaves a child of the home out is
        out of date, whoever is handed on
    """
    missing = [
        Missing(
            sentence=each.sentence,
            url=each.url,
            child_id=each.child_id,
            about=each.url + each.sentence.replace(names[each.child_id], "*", 1),
            name=names[each.child_id],
        )
        for each in holds.obstacles(child_ids=sorted(names), purpose=Purpose.TRANSFER, at=at)
    ]
    said = {each.child_id for each in missing}
    missing += [
        _out_of_date(stale, names[stale.child_id])
        for stale in out_of_date(
            by=by,
            at=at,
            child_ids=stale_for,
            subject_ids={each.assessment_id for each in assessed.values()},
        )
        # A change past its limit stands above already; any other reason is one of its own.
        if stale.child_id in names and not (stale.is_of_change and stale.child_id in said)
    ]
    return Checked(item=Item.CURRENT, found="Nothing is open", missing=missing)


def _out_of_date(stale: Stale, name: str) -> Missing:
    if name not in stale.because:
        sentence = f"{name}: {stale.words[0].lower()}{stale.words[1:]}"
        return Missing(sentence=sentence, url=stale.url, child_id=stale.child_id)
    return Missing(
        sentence=stale.words,
        url=stale.url,
        child_id=stale.child_id,
        about=f"{stale.since} {stale.subject_id} {stale.because.replace(name, '*')}",
        name=name,
    )


def _history(children: _Children, assessed: dict[UUID, CurrentAssessment], on: date) -> Checked:
    written = set(
        AssessmentText.objects.filter(
            assessment__in={each.assessment_id for each in assessed.values()}, key="history"
        )
        .exclude(words="")
        .values_list("assessment_id", flat=True)
    )
    records = records_of(person_ids=children.ids)
    with_parent = {
        records[pk]
        for pk in Relationship.objects.filter(
            is_live(on=on), other__in=records, kind__in=PARENTS, is_wrong=False
        ).values_list("other_id", flat=True)
    }
    missing = []
    for pk in children.ids:
        known = assessed.get(pk)
        if known is None or known.assessment_id not in written:
            missing.append(
                Missing(
                    sentence=f"{children.name(pk)} has no chronology in an assessment",
                    url=reverse("cases:child", args=[pk]),
                    child_id=pk,
                )
            )
        if records.get(pk, pk) not in with_parent:
            missing.append(
                Missing(
                    sentence=f"The genogram does not say who {children.name(pk)}’s parents are",
                    url=reverse("people:person", args=[pk]),
                    child_id=pk,
                )
            )
    return Checked(item=Item.HISTORY, found="In the assessment, and parents known", missing=missing)


def _plan(children: _Children, transfer: Transfer) -> Checked:
    if transfer.point == Transfer.Point.COURT:
        return Checked(item=Item.PLAN, found="The plan is before the court")
    live = set(
        Involvement.objects.filter(
            child__in=children.ids, kind=InvolvementKind.PLAN, to_at__isnull=True
        ).values_list("child_id", flat=True)
    )
    return Checked(
        item=Item.PLAN,
        found="Each child has a plan that runs",
        missing=[
            Missing(
                sentence=f"{children.name(pk)} has no plan that runs",
                url=reverse("cases:child", args=[pk]),
                child_id=pk,
            )
            for pk in children.ids
            if pk not in live
        ],
    )


def _seen(children: _Children, at: datetime) -> Checked:
    days = int(policy.value("TRF-SEEN", at=at))
    since = calendar.working_days_ago(days, at=at)
    records = records_of(person_ids=children.ids)
    latest: dict[UUID, datetime] = {}
    for child_id, seen_at in (
        VisitChild.objects.filter(child__in=records, was_seen=True, at__lte=at)
        .values("child_id")
        .annotate(seen_at=Max("at"))
        .values_list("child_id", "seen_at")
    ):
        head = records[child_id]
        latest[head] = max(seen_at, latest.get(head, seen_at))
    missing = []
    for pk in children.ids:
        if children.people[pk].stage == Stage.UNBORN:
            continue
        seen_at = latest.get(records.get(pk, pk))
        if seen_at is None or seen_at < since:
            when = (
                f"was last seen {words.date_words(london_date(seen_at))},"
                f" more than {days} working days ago"
                if seen_at
                else "has not been seen"
            )
            missing.append(
                Missing(
                    sentence=f"{children.name(pk)} {when}",
                    url=reverse("cases:record_visit", args=[pk]),
                    child_id=pk,
                )
            )
    return Checked(item=Item.SEEN, found=f"Each within {days} working days", missing=missing)


def _supervision(children: _Children, at: datetime) -> Checked:
    days = int(policy.value("TRF-SUPERVISION", at=at))
    held = set(
        OversightChild.objects.filter(
            child__in=children.ids,
            kind=OversightKind.SUPERVISION,
            at__gte=calendar.working_days_ago(days, at=at),
        ).values_list("child_id", flat=True)
    )
    return Checked(
        item=Item.SUPERVISION,
        found=f"Within {days} working days",
        missing=[
            Missing(
                sentence=f"No case supervision of {children.name(pk)} within {days} working days",
                url=reverse("cases:child", args=[pk]),
                child_id=pk,
            )
            for pk in children.ids
            if pk not in held
        ],
    )


def safety_plans(*, child_ids: Collection[UUID]) -> set[UUID]:
    """Those of the children whose safety plan is written: in a plan that runs, or in an enquiry
    that is open or led to a protection plan that runs.
    """
    in_need = CinPlanChild.objects.filter(child__in=child_ids, is_open=True).exclude(safety="")
    enquiries = (
        Section47Enquiry.objects.filter(child__in=child_ids)
        .filter(
            Q(ended_at__isnull=True)
            | Q(protection_plan__isnull=False, protection_plan__ended_at__isnull=True)
        )
        .exclude(safety_tonight="")
    )
    return {
        *in_need.values_list("child_id", flat=True),
        *enquiries.values_list("child_id", flat=True),
    }


def _safety(children: _Children) -> Checked:
    written = safety_plans(child_ids=children.ids)
    return Checked(
        item=Item.SAFETY,
        found="Each child’s says who does what tonight",
        missing=[
            Missing(
                sentence=f"{children.name(pk)} has no safety plan",
                url=reverse("cases:child", args=[pk]),
                child_id=pk,
            )
            for pk in children.ids
            if pk not in written
        ],
    )


def _booked(transfer: Transfer, on: date) -> Checked:
    here = reverse("assessments:transfer_dates", args=[transfer.pk])
    return Checked(
        item=Item.BOOKED,
        found=f"Visit {words.date_words(transfer.next_visit_on)}, {transfer.next_meeting}"
        f" {words.date_words(transfer.next_meeting_on)}",
        missing=[
            Missing(sentence=f"The next {what} was {words.date_words(day)}: book one", url=here)
            for what, day in (
                ("visit", transfer.next_visit_on),
                ("meeting", transfer.next_meeting_on),
            )
            if day < on
        ],
    )


def _contact(children: _Children, on: date) -> Checked:
    records = records_of(person_ids=children.ids)
    with_address = {
        records[pk]
        for pk in PersonAddress.objects.filter(
            is_live(on=on), person__in=records, is_wrong=False
        ).values_list("person_id", flat=True)
    }
    homes: dict[UUID, set[UUID]] = {}
    for person_id, household_id in HouseholdMembership.objects.filter(
        is_live(on=on), person__in=records
    ).values_list("person_id", "household_id"):
        homes.setdefault(records[person_id], set()).add(household_id)
    with_phone = set(
        HouseholdMembership.objects.filter(
            is_live(on=on), household__in={home for each in homes.values() for home in each}
        )
        .filter(Q(role=HouseholdRole.ADULT_CARER) | Q(role=HouseholdRole.OTHER_ADULT))
        .exclude(person__phone="")
        .values_list("household_id", flat=True)
    )
    missing = []
    for pk in children.ids:
        head = records.get(pk, pk)
        where = reverse("people:person", args=[pk])
        is_unborn = children.people[pk].stage == Stage.UNBORN
        if head not in with_address and not is_unborn:
            missing.append(
                Missing(
                    sentence=f"No address is recorded for {children.name(pk)}",
                    url=where,
                    child_id=pk,
                )
            )
        if not homes.get(head, set()) & with_phone:
            missing.append(
                Missing(
                    sentence=f"No telephone number of an adult at home with {children.name(pk)}",
                    url=where,
                    child_id=pk,
                )
            )
    return Checked(
        item=Item.CONTACT, found="Addresses, and a number of an adult at home", missing=missing
    )


def children_item(
    transfer: Transfer,
    lines: Sequence[TransferChild],
    household: Sequence[HouseholdChild],
) -> Checked:
    """Every child of the household is handed on or not, with the reason."""
    answered = {line.child_id for line in lines}
    names = [child.name for child in household if child.person_id in answered]
    return Checked(
        item=Item.CHILDREN,
        found=words.list_of_names(names),
        missing=[
            Missing(
                sentence=f"Say whether {child.name} is handed on too",
                url=reverse("assessments:transfer_child", args=[transfer.pk, child.person_id]),
                child_id=child.person_id,
            )
            for child in household
            if child.person_id not in answered
        ],
    )


def is_protected(child_ids: Collection[UUID]) -> set[UUID]:
    """Those of the children whose running plan is a child protection plan."""
    live = set(
        Involvement.objects.filter(
            child__in=child_ids, kind=InvolvementKind.PLAN, to_at__isnull=True
        ).values_list("child_id", flat=True)
    )
    in_need = set(
        CinPlanChild.objects.filter(
            child__in=child_ids, is_open=True, from_on__isnull=False
        ).values_list("child_id", flat=True)
    )
    return live - in_need
