"""What the pages of a transfer show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any
from uuid import UUID

from django.db.models import Prefetch
from django.urls import reverse

from accounts.choices import TeamKind
from accounts.models import Team, TeamMembership, User
from accounts.permissions import Permission, holds
from assessments import standing
from assessments.actions.transfer import group_of
from assessments.actions.transfer_wait import REVIEW, WORKERS
from assessments.models import (
    Item,
    Transfer,
    TransferChild,
    TransferDispute,
    TransferPassed,
    TransferRequest,
    TransferRequestChild,
    TransferReturn,
    TransferReview,
)
from assessments.queries.checklist import Checked, Missing, checklist
from cases import waiting
from cases.choices import ReferralState, WorkerRole
from cases.models import (
    Allocation,
    ChildRiskReview,
    Referral,
    Responsibility,
    RiskRating,
    VisitChild,
    WaitingEntry,
)
from cases.panels import Work
from cases.queries.work import my_teams
from cases.standing import acts_for
from lib import application_clock, words
from lib.working_days import london_date
from people.models import Person
from people.queries import age, children_of_households, closed_to, records_of
from record import clocks
from record.clocks import ClockView
from record.errors import Refused

State = Transfer.State


class Turn(Enum):
    """Who takes a step of a transfer."""

    WORKERS = "those who work with the children"
    SENDER = "the manager who answers for them"
    RECEIVER = "the manager of the team that takes them over"
    EITHER = "one of the two managers"
    HEAD = "a head of service"


@dataclass(frozen=True, kw_only=True)
class ChildShown:
    """One child of the household on the way, or not, and why."""

    line: TransferChild
    name: str
    heading: str
    risk: str = ""
    risk_label: str = ""
    seen_at: datetime | None = None
    visit: ClockView | None = None
    is_restricted: bool = False
    passed: TransferPassed | None = None

    @property
    def why_left_out(self) -> str:
        """Why the child is not handed on; of a restricted child no more than who answers."""
        if self.passed is not None:
            if self.passed.answered_at is None:
                return f"{self.passed.owner.full_name} answers, and has not yet"
            if self.is_restricted:
                return f"{self.passed.owner.full_name} has answered"
            return self.passed.because or "by a transfer of their own"
        if self.is_restricted:
            return "answered before the record was closed"
        if self.line.passed_to is not None:
            return f"passed to {self.line.passed_to.full_name}"
        return self.line.because


@dataclass(frozen=True, kw_only=True)
class ReviewShown:
    """A weekly review with what it says of each child."""

    review: TransferReview
    children: list[ChildRiskReview]


@dataclass(frozen=True, kw_only=True)
class TransferPage:
    """Everything on the page of a transfer, in a fixed number of queries."""

    transfer: Transfer
    names: str
    children: list[ChildShown]
    left_out: list[ChildShown]
    holder: Responsibility | None
    leads: str
    items: list[Checked]
    due: list[ClockView]
    returns: list[TransferReturn]
    disputes: list[TransferDispute]
    reviews: list[ReviewShown]
    place: int | None
    is_past_expected: bool
    may_propose: bool
    may_send: bool
    may_receive: bool
    may_settle: bool
    child_ids: list[UUID] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        return self.transfer.state not in Transfer.OVER

    @property
    def is_ready(self) -> bool:
        return all(item.is_ok for item in self.items)

    @property
    def is_blocked(self) -> bool:
        """Say whether something is not reviewed, or a child left out: no later step is taken."""
        return bool(self.in_the_way)

    @property
    def in_the_way(self) -> list[Missing]:
        """What is not reviewed, and which children are left out."""
        return [
            line
            for item in self.items
            if item.item in (Item.CURRENT, Item.CHILDREN)
            for line in item.lines
        ]

    @property
    def open_dispute(self) -> TransferDispute | None:
        """What the head of service has to decide; the managers may have gone on meanwhile."""
        if self.transfer.state not in Transfer.DISPUTABLE:
            return None
        return next((each for each in self.disputes if each.decided_at is None), None)

    def not_now(self, whose: Turn, *states: State) -> str:
        """Say, before anything is typed, why whoever looks cannot take a step; nothing if so."""
        if self.transfer.state not in states:
            return (
                "This is not the step that comes next. The transfer is at:"
                f" {self.transfer.get_state_display().lower()}."
            )
        to_team, holder = self.transfer.to_team, self.holder
        sends = f"{holder.manager.full_name} of {holder.team.name}" if holder else "Nobody"
        receives = f"{to_team.manager.full_name} of {to_team.name}"
        may, who = {
            Turn.WORKERS: (self.may_propose, f"Those who work for {self.transfer.from_team.name}"),
            Turn.SENDER: (
                self.may_send,
                f"{sends} answers for these children until completion, and",
            ),
            Turn.RECEIVER: (self.may_receive, receives),
            Turn.EITHER: (self.may_send or self.may_receive, f"{sends} or {receives}"),
            Turn.HEAD: (self.may_settle, "A head of service"),
        }[whose]
        return "" if may else f"{who} does this."

    @property
    def truth(self) -> str:
        """Who stays responsible, until when."""
        if self.transfer.state == State.COMPLETED:
            return f"{self.transfer.to_team.name} has been responsible since completion."
        if self.holder is None:
            return "Nobody holds these children: nothing is open."
        return (
            f"{self.holder.manager.full_name} of {self.holder.team.name} stays responsible for"
            f" {self.names} until the transfer is completed."
        )


def transfer_page(*, by: User, transfer_id: UUID, at: datetime) -> TransferPage:
    """Gather the page of a transfer that `by` may read.

    :raises Transfer.DoesNotExist: there is none, or a child of it is restricted from `by`
    """
    transfer = (
        Transfer.objects.visible_to(by)
        .select_related(
            "from_team__manager",
            "to_team__manager",
            "proposed_by",
            "ready_by",
            "accepted_by",
            "visits_by",
            "worker",
            "completed_by",
            "withdrawn_by",
            "oversight",
        )
        .prefetch_related(
            Prefetch(
                "children",
                TransferChild.objects.select_related("child", "passed_to").order_by(
                    "-is_in", "child__date_of_birth", "pk"
                ),
            ),
            Prefetch(
                "passed", TransferPassed.objects.select_related("owner").order_by("passed_at", "pk")
            ),
            Prefetch(
                "returns",
                TransferReturn.objects.select_related("by", "child").order_by("-at", "pk"),
            ),
            Prefetch(
                "disputes",
                TransferDispute.objects.select_related("by", "decided_by").order_by("-at", "pk"),
            ),
            Prefetch(
                "reviews",
                TransferReview.objects.select_related("by", "with_manager").order_by("-at", "pk"),
            ),
        )
        .get(pk=transfer_id)
    )
    lines = list(transfer.children.all())
    ids = [line.child_id for line in lines if line.is_in]
    running = clocks.running(subject_ids=[transfer.pk])
    shown = _children(transfer, lines, running, by=by, at=at)
    names = words.list_of_names([child.name for child in shown if child.line.is_in])
    held = list(
        Responsibility.objects.filter(child__in=ids, to_at__isnull=True)
        .select_related("manager", "team")
        .order_by("child_id")
    )
    is_open = transfer.state not in Transfer.OVER
    return TransferPage(
        transfer=transfer,
        names=names,
        children=[child for child in shown if child.line.is_in],
        left_out=[child for child in shown if not child.line.is_in],
        holder=held[0] if held else None,
        leads=leads_of(ids),
        items=checklist(transfer=transfer, by=by, at=at) if is_open else [],
        due=[
            clocks.arithmetic(clock, at)
            for clock in running
            if clock.child_id is None and (clock.rule != "TRF-LONG-DCS" or clock.warn_at <= at)
        ],
        returns=list(transfer.returns.all()),
        disputes=list(transfer.disputes.all()),
        reviews=_reviews(list(transfer.reviews.all())[:20]),
        place=place_of(transfer),
        is_past_expected=transfer.expected_on is not None
        and transfer.expected_on < london_date(at),
        may_propose=is_open
        and _has(standing.worker_right, by, Permission.TRANSFER_PROPOSE, ids, at),
        may_send=is_open and _has(standing.manager_right, by, Permission.TRANSFER_DECIDE, ids, at),
        may_receive=is_open
        and holds(by, Permission.TRANSFER_DECIDE)
        and acts_for(transfer.to_team, by=by, permission=Permission.TRANSFER_DECIDE, at=at)
        is not None,
        may_settle=is_open and holds(by, Permission.TRANSFER_SETTLE),
        child_ids=[child.line.child_id for child in shown if not child.is_restricted],
    )


def _children(
    transfer: Transfer,
    lines: Sequence[TransferChild],
    running: Sequence[clocks.Clock],
    *,
    by: User,
    at: datetime,
) -> list[ChildShown]:
    ids = [line.child_id for line in lines]
    closed = closed_to(by=by, person_ids=ids)
    on = london_date(at)
    heads = records_of(person_ids=ids)
    seen: dict[UUID, datetime] = {}
    for child_id, seen_at in (
        VisitChild.objects.filter(child__in=list(heads), was_seen=True)
        .order_by("child_id", "-at")
        .distinct("child_id")
        .values_list("child_id", "at")
    ):
        seen[heads[child_id]] = max(seen_at, seen.get(heads[child_id], seen_at))
    risks: dict[UUID, RiskRating] = {}
    for rated in (
        RiskRating.objects.filter(child__in=list(heads))
        .order_by("child_id", "-at", "-recorded_at")
        .distinct("child_id")
    ):
        known = risks.setdefault(heads[rated.child_id], rated)
        if (rated.at, rated.recorded_at) > (known.at, known.recorded_at):
            risks[heads[rated.child_id]] = rated
    entries = {
        entry.child_id: entry
        for entry in WaitingEntry.objects.filter(
            group__subject_id=transfer.pk, ended_at__isnull=True
        )
    }
    visits = {
        clock.child_id: clocks.arithmetic(clock, at)
        for clock in running
        if clock.child_id is not None
    }
    passed = {each.child_id: each for each in transfer.passed.all()}
    shown = []
    for line in lines:
        is_closed = line.child_id in closed
        name = (
            f"Restricted child, ring {closed[line.child_id].name}" if is_closed else line.child.name
        )
        rating = risks.get(heads[line.child_id])
        entry = entries.get(line.child_id)
        risk = entry.risk if entry is not None else (rating.level if rating else "")
        label = entry.get_risk_display() if entry is not None else ""
        shown.append(
            ChildShown(
                line=line,
                name=name,
                heading=name
                if is_closed
                else words.names_with_ages([(name, age(line.child, on=on))]),
                risk=risk,
                risk_label=(label or (rating.get_level_display() if rating and risk else "")),
                seen_at=None if is_closed else seen.get(heads[line.child_id]),
                visit=visits.get(line.child_id),
                is_restricted=is_closed,
                passed=passed.get(line.child_id),
            )
        )
    return shown


def _reviews(reviews: Sequence[TransferReview]) -> list[ReviewShown]:
    rows: dict[UUID, list[ChildRiskReview]] = {}
    for row in (
        ChildRiskReview.objects.filter(
            subject_kind=REVIEW, subject_id__in=[each.pk for each in reviews]
        )
        .select_related("child")
        .order_by("child__date_of_birth", "pk")
    ):
        rows.setdefault(row.subject_id, []).append(row)
    return [ReviewShown(review=each, children=rows.get(each.pk, [])) for each in reviews]


def _has(ask: Any, by: User, permission: Permission, ids: list[UUID], at: datetime) -> bool:
    if not ids or not holds(by, permission):
        return False
    try:
        ask(by=by, permission=permission, child_ids=ids, at=at)
    except Refused:
        return False
    return True


def place_of(transfer: Transfer) -> int | None:
    """Which place the family has among those who wait for the same team."""
    group = group_of(transfer)
    return None if group is None else len(waiting.ahead_of(group)) + 1


# Forms --------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class ChildToHandOn:
    """A child of the household on the page that proposes a transfer, and why not, if so."""

    child_id: UUID
    name: str
    heading: str
    why_not: str = ""
    is_restricted: bool = False


def children_to_hand_on(*, by: User, person: Person, at: datetime) -> list[ChildToHandOn]:
    """Every child of the household, with what stands in the way of handing each on."""
    on = london_date(at)
    household = children_of_households(person_ids=[person.pk], on=on, by=by)
    ids = [child.person_id for child in household]
    with_referral = set(
        Referral.objects.filter(
            child__in=ids,
            state__in=[ReferralState.ACCEPTED, ReferralState.ALLOCATED, ReferralState.IN_WORK],
            team_accepted_at__isnull=False,
        ).values_list("child_id", flat=True)
    )
    on_the_way = set(
        TransferChild.objects.filter(child__in=ids, is_in=True, is_open=True).values_list(
            "child_id", flat=True
        )
    )
    rows = []
    for child in household:
        why_not = ""
        if child.person is None:
            why_not = "Passed to whoever holds the record"
        elif child.person_id in on_the_way:
            why_not = "Is being handed on already"
        elif child.person_id not in with_referral:
            why_not = "No open referral"
        rows.append(
            ChildToHandOn(
                child_id=child.person_id,
                name=child.name,
                heading=child.name
                if child.person is None
                else words.names_with_ages([(child.name, age(child.person, on=on))]),
                why_not=why_not,
                is_restricted=child.person is None,
            )
        )
    return rows


def receiving_teams() -> Any:
    """The teams that take families over."""
    return Team.objects.filter(kind=TeamKind.SAFEGUARDING_FAMILY_SUPPORT, is_active=True).order_by(
        "name", "pk"
    )


def workers_of(team: Team, *, at: datetime) -> Any:
    """Social workers of a receiving team."""
    on = london_date(at)
    return (
        User.objects.filter(
            pk__in=TeamMembership.objects.filter(team=team, from_on__lte=on)
            .exclude(to_on__lt=on)
            .values("user"),
            is_active=True,
            role_assignments__role__in=[str(role) for role in WORKERS],
        )
        .distinct()
        .order_by("full_name", "pk")
    )


def visitors_of(transfer: Transfer, *, at: datetime) -> Any:
    """Who may visit while the family waits: its lead workers first, then both teams."""
    on = london_date(at)
    members = (
        TeamMembership.objects.filter(
            team__in=[transfer.from_team_id, transfer.to_team_id], from_on__lte=on
        )
        .exclude(to_on__lt=on)
        .values("user")
    )
    return User.objects.filter(pk__in=members, is_active=True).order_by("full_name", "pk")


def leads_of(child_ids: Sequence[UUID]) -> str:
    """The lead workers of these children, in words."""
    rows = (
        Allocation.objects.filter(child__in=child_ids, role=WorkerRole.LEAD, to_at__isnull=True)
        .select_related("worker")
        .order_by("worker__full_name", "child_id")
    )
    return words.list_of_names(dict.fromkeys(row.worker.full_name for row in rows))


def lead_of(transfer: Transfer) -> User | None:
    """The lead worker of the first child, who visits unless somebody else is named."""
    row = (
        Allocation.objects.filter(
            child__in=transfer.children.filter(is_in=True).values("child"),
            role=WorkerRole.LEAD,
            to_at__isnull=True,
        )
        .select_related("worker")
        .order_by("child_id")
        .first()
    )
    return row.worker if row is not None else None


@dataclass(frozen=True, kw_only=True)
class ReviewsDue:
    """How far the weekly reviews have come, and which families are left: words, address, due."""

    done: int
    families: int
    left: list[tuple[str, str, datetime]]


def reviews_due(*, by: User, at: datetime) -> ReviewsDue:
    """The weekly reviews of the teams `by` answers for, as sender who records it or receiver."""
    mine = set(my_teams(by=by, at=at).values_list("pk", flat=True))
    rows = _listed(by).filter(state=State.WAITING).select_related("from_team__manager")
    rows = list((rows.filter(from_team__in=mine) | rows.filter(to_team__in=mine)).order_by("pk"))
    limits = {
        clock.subject_id: clock
        for clock in clocks.running(subject_ids=[row.pk for row in rows])
        if clock.rule == "TRF-REV"
    }
    left = sorted(
        (
            (
                f"Review {words.list_of_names(names)}"
                if row.from_team_id in mine
                else f"{words.list_of_names(names)}: {row.from_team.manager.full_name} records it"
                " with you",
                reverse(
                    "assessments:transfer_review"
                    if row.from_team_id in mine
                    else "assessments:transfer",
                    args=[row.pk],
                ),
                limits[row.pk].due_at,
            )
            for row, names in (
                (row, [child.child.name for child in row.children.all()]) for row in rows
            )
            if row.pk in limits and limits[row.pk].warn_at <= at
        ),
        key=lambda each: (each[2], each[0]),
    )
    return ReviewsDue(done=len(rows) - len(left), families=len(rows), left=left)


# Home and the child's page ------------------------------------------------------------------------


def transfers_of(*, by: User, child_ids: Sequence[UUID]) -> dict[str, Any]:
    """What the panel of a child's page shows: what is coming, or that it can be proposed."""
    rows = list(
        TransferChild.objects.filter(
            child__in=child_ids, is_in=True, transfer__in=Transfer.objects.visible_to(by)
        )
        .select_related(
            "transfer__from_team__manager", "transfer__to_team__manager", "transfer__worker"
        )
        .order_by("-is_open", "-transfer__proposed_at", "pk")[:5]
    )
    current = next((row.transfer for row in rows if row.is_open), None)
    may_ask = may_propose = False
    if current is None:
        open_here = Referral.objects.filter(
            child__in=child_ids,
            state__in=[ReferralState.ACCEPTED, ReferralState.ALLOCATED, ReferralState.IN_WORK],
            team_accepted_at__isnull=False,
            team__kind=TeamKind.ASSESSMENT,
        ).exists()
        may_propose = open_here and holds(by, Permission.TRANSFER_PROPOSE)
        may_ask = (
            open_here
            and holds(by, Permission.TRANSFER_DECIDE)
            and my_teams(by=by, at=application_clock.now())
            .filter(kind=TeamKind.SAFEGUARDING_FAMILY_SUPPORT)
            .exists()
        )
    return {
        "current": current,
        "place": place_of(current) if current is not None else None,
        "earlier": [row.transfer for row in rows if not row.is_open],
        "may_propose": may_propose,
        "may_ask": may_ask,
        "child_id": child_ids[0] if child_ids else None,
    }


#: By state: whose turn it is, what to do, and the page that does it.
SENDS, RECEIVES = "from_team", "to_team"
TURNS = {
    State.PROPOSED: (SENDS, "Check and make ready", "transfer_ready", "A transfer is proposed"),
    State.RETURNED: (SENDS, "Put right what is missing", "transfer", "The transfer came back"),
    State.READY: (RECEIVES, "Book the transfer meeting", "transfer_book", "A family is ready"),
    State.MEETING_BOOKED: (
        RECEIVES,
        "Record the transfer meeting",
        "transfer_meeting",
        "The meeting is booked",
    ),
    State.ACCEPTED: (RECEIVES, "Name a worker", "transfer_allocate", "You accepted this family"),
    State.WAITING: (SENDS, "Review the waiting family", "transfer_review", "Waits for a worker"),
    State.ALLOCATED: (
        RECEIVES,
        "Complete the transfer",
        "transfer_complete",
        "A worker is named; the joint visit is to come",
    ),
}


def transfer_work(*, by: User, at: datetime) -> Sequence[Work]:
    """Transfers that wait for somebody: both managers, heads of service, workers who visit."""
    found: list[Work] = []
    if holds(by, Permission.TRANSFER_DECIDE):
        found += _turns(by, at)
        found += _asked(by, TransferRequest.objects.filter(from_team__in=my_teams(by=by, at=at)))
    elif holds(by, Permission.TRANSFER_PROPOSE):
        mine = Allocation.objects.filter(worker=by, role=WorkerRole.LEAD, to_at__isnull=True)
        found += _asked(
            by,
            TransferRequest.objects.filter(
                pk__in=TransferRequestChild.objects.filter(
                    is_open=True, child__in=mine.values("child")
                ).values("request")
            ),
        )
    if holds(by, Permission.TRANSFER_SETTLE):
        found += _disputes(by)
    found += _visits(by, at)
    return found


def _turns(by: User, at: datetime) -> list[Work]:
    mine = set(my_teams(by=by, at=at).values_list("pk", flat=True))
    rows = _listed(by).filter(state__in=list(TURNS))
    rows = rows.filter(from_team__in=mine) | rows.filter(to_team__in=mine)
    listed = list(rows.order_by("next_due_at", "pk")[:100])
    without = [row.pk for row in listed if row.state == State.WAITING and row.to_team_id in mine]
    limits = {
        clock.subject_id: clock
        for clock in clocks.running(subject_ids=without)
        if clock.rule == "TRF-ALLOC"
    }
    found = []
    for transfer in listed:
        whose, verb, page, why = TURNS[State(transfer.state)]
        if getattr(transfer, f"{whose}_id") in mine:
            found.append(_work(transfer, verb=verb, page=page, why=why))
        if transfer.pk in limits:
            found.append(
                _work(
                    transfer,
                    verb="Name a worker",
                    page="transfer_allocate",
                    why="You accepted this family, and it waits",
                    clock=limits[transfer.pk],
                )
            )
    return found


def _asked(by: User, requests: Any) -> list[Work]:
    """What receiving managers ask: the manager answers, the lead worker may propose at once."""
    answers = holds(by, Permission.TRANSFER_DECIDE)
    rows = (
        requests.filter(state=TransferRequest.State.ASKED)
        .select_related("to_team")
        .prefetch_related(
            Prefetch(
                "children",
                TransferRequestChild.objects.select_related("child").order_by(
                    "child__date_of_birth", "child_id"
                ),
            )
        )
        .order_by("at", "pk")[:50]
    )
    closed = closed_to(
        by=by, person_ids=[child.child_id for row in rows for child in row.children.all()]
    )
    found = []
    for row in rows:
        readable = [child.child_id for child in row.children.all() if child.child_id not in closed]
        if not answers and not readable:
            continue
        found.append(
            Work(
                verb="Answer" if answers else "Propose the transfer",
                url=reverse("assessments:request", args=[row.pk])
                if answers
                else f"{reverse('assessments:transfer_propose', args=readable[:1])}"
                f"?request={row.pk}",
                who=words.list_of_names(
                    [
                        "Restricted child" if child.child_id in closed else child.child.name
                        for child in row.children.all()
                    ]
                ),
                why=f"{row.to_team.name} asks for them",
            )
        )
    return found


def _disputes(by: User) -> list[Work]:
    rows = (
        _listed(by)
        .filter(state__in=Transfer.DISPUTABLE, disputes__decided_at=None, disputes__isnull=False)
        .exclude(disputes__by=by)
    )
    limits = {
        clock.subject_id: clock
        for clock in clocks.running(subject_ids=[row.pk for row in rows])
        if clock.rule == "TRF-DISPUTE"
    }
    return [
        _work(
            row,
            verb="Decide a disagreement",
            page="transfer_settle",
            why="Two managers disagree about a transfer",
            clock=limits.get(row.pk),
        )
        for row in rows
    ]


def _visits(by: User, at: datetime) -> list[Work]:
    rows = list(_listed(by).filter(visits_by=by, state=State.WAITING).order_by("pk")[:50])
    limits: dict[UUID, clocks.Clock] = {}
    for clock in clocks.running(subject_ids=[row.pk for row in rows]):
        if clock.child_id is not None and clock.warn_at <= at:
            limits.setdefault(clock.subject_id, clock)
    return [
        _work(
            row,
            verb="See, and record the visit",
            page="transfer",
            why="You visit while the family waits",
            clock=limits[row.pk],
        )
        for row in rows
        if row.pk in limits
    ]


def _listed(by: User) -> Any:
    return Transfer.objects.visible_to(by).prefetch_related(
        Prefetch(
            "children",
            TransferChild.objects.filter(is_in=True)
            .select_related("child")
            .order_by("child__date_of_birth", "child_id"),
        )
    )


def _work(
    transfer: Transfer, *, verb: str, page: str, why: str, clock: clocks.Clock | None = None
) -> Work:
    limit: Any = clock
    return Work(
        verb=verb,
        url=reverse(f"assessments:{page}", args=[transfer.pk]),
        who=words.list_of_names([row.child.name for row in transfer.children.all()]),
        why=why,
        due_at=limit.due_at if limit else transfer.next_due_at,
        warn_at=limit.warn_at if limit else transfer.next_warn_at,
        very_late_at=limit.very_late_at if limit else transfer.next_very_late_at,
        rule=limit.rule if limit else transfer.next_due_code,
    )
