"""Everything on the page of one change: each child in the same places, who is missing first."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.urls import NoReverseMatch, reverse

from accounts.models import User
from accounts.permissions import Permission, holds
from cases import consequences, passed_on
from cases.actions import changes
from cases.actions.change_decisions import seen_after
from cases.actions.risk_reviews import right_to_write
from cases.change_codes import (
    DECISIONS,
    UNDONE,
    ChangeClass,
    ChangeOutcome,
    ChangeState,
    HowIncluded,
)
from cases.choices import Queue, RiskLevel
from cases.models import (
    ChangeChild,
    ChangeConsequence,
    ChangeElsewhere,
    ChangeOfCircumstance,
    ChildRiskReview,
    Responsibility,
    RiskRating,
    WaitingEntry,
    WaitingGroup,
)
from cases.queries.changes import title_of, titles_of
from cases.queries.seen import Seen, last_seen
from cases.standing import acts_for
from lib import words
from lib.text import is_nearly_same_text
from lib.working_days import london_date
from people.models import Person
from people.queries import age, canonical_ids, closed_to, records_of
from record import clocks
from record.calendar import is_office_hours
from record.clocks import ClockView
from record.models import Clock


@dataclass(frozen=True, kw_only=True)
class ChildCard:
    """One child on the page: the review in the same places as the others', or what is missing.

    A restricted child has no name, no review and no words: only whom to ring.
    """

    row: ChangeChild
    name: str
    heading: str
    is_restricted: bool
    review: ChildRiskReview | None
    clock: ClockView | None
    last_seen: str
    risk_then: str
    same_as: list[str]
    may_write: bool
    may_answer: bool
    how: str

    @property
    def is_done(self) -> bool:
        return self.review is not None and self.review.completed_at is not None

    @property
    def short(self) -> str:
        """The name by which the progress speaks of the child."""
        return self.name if self.is_restricted else self.row.child.given_name or self.name

    @property
    def seen_words(self) -> str:
        """Whether and how the child was seen, or why not."""
        review = self.review
        if review is None or review.was_seen is None:
            return ""
        if not review.was_seen:
            said = f"Not seen. {review.not_seen_because}"
            if review.next_attempt_on:
                said += f" Next attempt {words.date_words(review.next_attempt_on)}"
            return said
        day = words.date_words(london_date(review.seen_at)) if review.seen_at else ""
        if review.was_seen_alone:
            return f"Alone, {day}"
        return f"Not alone, {day}. {review.not_seen_because}".rstrip(". ")

    @property
    def risk_words(self) -> str:
        """From what to what."""
        review = self.review
        if review is None or not review.risk_now:
            return ""
        before, after = (
            str(RiskLevel(each).label) for each in (review.risk_before, review.risk_now)
        )
        return (
            f"{before}, still {after.lower()}"
            if before == after
            else f"{before}, now {after.lower()}"
        )


@dataclass(frozen=True, kw_only=True)
class ElsewhereRow:
    """A child who lives elsewhere, told or not told."""

    one: ChangeElsewhere
    heading: str
    through: str
    is_restricted: bool


@dataclass(frozen=True, kw_only=True)
class DoneLine:
    """One point of what "done" means, as it stands."""

    is_done: bool
    words: str


@dataclass(frozen=True, kw_only=True)
class Held:
    """Something this change holds up, and where it is."""

    words: str
    url: str = ""


@dataclass(frozen=True, kw_only=True)
class ChangePage:
    """Everything on the page."""

    change: ChangeOfCircumstance
    title: str
    family: str
    cards: list[ChildCard]
    elsewhere: list[ElsewhereRow]
    consequences: list[tuple[ChangeConsequence, str, str]]
    done_means: list[DoneLine]
    holds: list[Held]
    blocks: str
    due: ClockView | None
    seen_due: ClockView | None
    holder: Responsibility | None
    may_triage: bool
    may_decide: bool
    others: list[tuple[ChangeOfCircumstance, str]]
    child_ids: list[UUID]
    default_class: str

    @property
    def is_undone(self) -> bool:
        return self.change.state in UNDONE

    @property
    def needed(self) -> list[ChildCard]:
        return [card for card in self.cards if card.row.needs_review]

    @property
    def reviewed(self) -> int:
        return sum(card.is_done for card in self.needed)

    @property
    def progress(self) -> str:
        """The count, in the words of the picture."""
        return f"{self.reviewed} of {words.plural(len(self.needed), 'child', 'children')} reviewed"

    @property
    def may_find_not_significant(self) -> bool:
        """Before triage, and never of an immediate event."""
        is_immediate = changes.class_of(self.change) == ChangeClass.IMMEDIATE
        return self.may_decide and self.change.state == ChangeState.LOGGED and not is_immediate

    @property
    def first_missing(self) -> ChildCard | None:
        return next((card for card in self.needed if not card.is_done and card.review), None)


def visible_change(*, by: User, change_id: UUID) -> ChangeOfCircumstance | None:
    """A change of which `by` may see a child; otherwise nothing."""
    found = (
        ChangeOfCircumstance.objects.filter(pk=change_id)
        .select_related(
            "person",
            "household",
            "logged_by",
            "triaged_by",
            "triaged_for",
            "closed_by",
            "closed_for",
            "oversight",
            "merged_into",
        )
        .first()
    )
    if found is None or not holds(by, Permission.CHANGE_LOG):
        return None
    listed = found.children.values_list("child_id", flat=True)
    heads = set(canonical_ids(person_ids=listed).values())
    return found if Person.objects.visible_to(by).filter(pk__in=heads).exists() else None


def change_page(*, by: User, change: ChangeOfCircumstance, at: datetime) -> ChangePage:
    """Gather the page of a change for somebody who may see one of its children."""
    on = london_date(at)
    rows = list(
        change.children.select_related("child", "decided_by").order_by("child__date_of_birth", "pk")
    )
    ids = [row.child_id for row in rows]
    closed = closed_to(by=by, person_ids=ids)
    found = changes.reviews_of(change)
    reviews = {review.child_id: review for review in reversed(found)}
    running = {
        (clock.child_id, clock.rule): clock for clock in clocks.running(subject_ids=[change.pk])
    }
    seen = last_seen(child_ids=ids)
    ratings = _ratings(ids)
    reads = holds(by, Permission.RISK_REVIEW_READ)
    texts = {
        child_id: review
        for child_id, review in reviews.items()
        if review.completed_at and child_id not in closed
    }
    owners = set(
        passed_on.held(by=by, at=at).filter(person__in=ids).values_list("person_id", flat=True)
    )
    names = {row.child_id: row.child.name for row in rows}
    cards = [
        _card(
            row,
            review=reviews.get(row.child_id),
            ring=closed[row.child_id].name if row.child_id in closed else "",
            is_closed=row.child_id in closed,
            clock=_review_clock(running, change, row.child_id, at),
            seen=seen[row.child_id],
            rating=ratings.get(row.child_id),
            same_as=[
                names[other]
                for other in texts
                if row.child_id in texts
                and other != row.child_id
                and _same(texts[row.child_id], texts[other])
            ],
            by=by,
            at=at,
            on=on,
            owns=row.child_id in owners,
        )
        for row in rows
    ]
    cards.sort(key=lambda card: (card.is_done, not card.row.needs_review))
    holder = changes.responsible(ids)
    may = (
        holder is not None
        and change.state in UNDONE
        and (acts_for(holder.team, by=by, permission=Permission.CHANGE_TRIAGE, at=at) is not None)
    )
    due = _due(running, change, at)
    return ChangePage(
        change=change,
        title=title_of(change, by=by),
        family=_family(rows, closed),
        cards=[
            card if reads or card.is_restricted else replace(card, review=_without_words(card))
            for card in cards
        ],
        elsewhere=_elsewhere(change, by=by, on=on),
        consequences=_consequences(change, names, closed),
        done_means=_done_means(change, cards, by=by),
        holds=_held(ids, by=by, at=at) if change.state in UNDONE else [],
        blocks=_blocks(ids, by=by),
        due=due,
        seen_due=_seen_due(running, at),
        holder=holder,
        may_triage=may or _is_edts_turn(change, by=by, at=at),
        may_decide=may,
        others=_others(change, ids, by=by) if may else [],
        child_ids=[row.child_id for row in rows if row.child_id not in closed],
        default_class=str(changes.class_of(change).label),
    )


def _card(
    row: ChangeChild,
    *,
    review: ChildRiskReview | None,
    ring: str,
    is_closed: bool,
    clock: ClockView | None,
    seen: Seen,
    rating: RiskRating | None,
    same_as: list[str],
    by: User,
    at: datetime,
    on: date,
    owns: bool,
) -> ChildCard:
    if is_closed:
        return ChildCard(
            row=row,
            name=f"Restricted child, ring {ring}",
            heading=f"Restricted child, ring {ring}",
            is_restricted=True,
            review=_only_whether(review),
            clock=clock,
            last_seen="",
            risk_then="",
            same_as=[],
            may_write=False,
            may_answer=False,
            how="",
        )
    aged = age(row.child, on=on)
    return ChildCard(
        row=row,
        name=row.child.name,
        heading=f"{row.child.name}, {aged}" if aged else row.child.name,
        is_restricted=False,
        review=review,
        clock=clock,
        last_seen=_seen_words(seen),
        risk_then=str(RiskLevel(rating.level).label).lower() if rating else "",
        same_as=same_as,
        may_write=review is not None
        and review.state == ChildRiskReview.State.TO_DO
        and may_review(review, by=by, at=at),
        may_answer=owns and row.outcome not in _answers(row.change),
        how=_how_words(row),
    )


def _answers(change: ChangeOfCircumstance) -> tuple[ChangeOutcome, ...]:
    """What whoever holds a restriction may answer at this point."""
    is_logged = change.state == ChangeState.LOGGED
    return (ChangeOutcome.NOT_SIGNIFICANT,) if is_logged else DECISIONS


def _how_words(row: ChangeChild) -> str:
    if row.how == HowIncluded.AT_EVENT:
        return ""
    said = str(row.get_how_display())
    return f"{said}, {words.date_words(london_date(row.joined_at))}" if row.joined_at else said


def _only_whether(review: ChildRiskReview | None) -> ChildRiskReview | None:
    """Of a restricted child's review: whether it is completed, and nothing else."""
    if review is None:
        return None
    return ChildRiskReview(
        pk=review.pk, state=review.state, completed_at=review.completed_at, owner=review.owner
    )


def _without_words(card: ChildCard) -> ChildRiskReview | None:
    """The same for somebody whose role reads no reviews."""
    return _only_whether(card.review)


def may_review(review: ChildRiskReview, *, by: User, at: datetime) -> bool:
    """Say whether `by` may write a review."""
    try:
        right_to_write(review, by=by, at=at)
    except PermissionDenied:
        return False
    return True


def _ratings(ids: Collection[UUID]) -> dict[UUID, RiskRating]:
    """The latest rating of each of these, whichever of their records it was written on."""
    records = records_of(person_ids=ids)
    rows = (
        RiskRating.objects.filter(child__in=records)
        .order_by("child_id", "-at", "-recorded_at")
        .distinct("child_id")
    )
    latest: dict[UUID, RiskRating] = {}
    for row in sorted(rows, key=lambda row: (row.at, row.recorded_at)):
        latest[records[row.child_id]] = row
    return {pk: latest[records[pk]] for pk in ids if records[pk] in latest}


def _seen_words(seen: Seen) -> str:
    if seen.seen_at is None:
        return "Not seen before, as far as is recorded"
    day = words.date_words(london_date(seen.seen_at))
    if seen.alone_at == seen.seen_at:
        return f"Last seen alone {day}"
    return f"Last seen {day}, not alone"


def _same(one: ChildRiskReview, other: ChildRiskReview) -> bool:
    return is_nearly_same_text(one.effect, other.effect) or is_nearly_same_text(
        one.childs_view, other.childs_view
    )


def _review_clock(
    running: Mapping[tuple[UUID | None, str], Clock],
    change: ChangeOfCircumstance,
    child_id: UUID,
    at: datetime,
) -> ClockView | None:
    clock = running.get((child_id, changes.rule_of("REVIEW", change.change_class)))
    return clocks.arithmetic(clock, at) if clock else None


def _due(
    running: Mapping[tuple[UUID | None, str], Clock], change: ChangeOfCircumstance, at: datetime
) -> ClockView | None:
    """The limit that says what must happen next: triage, the reviews, then the decision."""
    mine = [clock for (_child, rule), clock in running.items() if rule != "COC-SEEN"]
    first = clocks.earliest(mine)
    return clocks.arithmetic(first, at) if first else None


def _seen_due(running: Mapping[tuple[UUID | None, str], Clock], at: datetime) -> ClockView | None:
    first = clocks.earliest(
        clock for (_child, rule), clock in running.items() if rule == "COC-SEEN"
    )
    return clocks.arithmetic(first, at) if first else None


def _family(rows: Sequence[ChangeChild], closed: Collection[UUID]) -> str:
    names = Counter(
        row.child.family_name
        for row in rows
        if row.child_id not in closed and row.child.family_name
    )
    return f"{names.most_common(1)[0][0]} family" if names else "A family"


def _elsewhere(change: ChangeOfCircumstance, *, by: User, on: date) -> list[ElsewhereRow]:
    rows = list(
        change.elsewhere.select_related("child", "through", "told_by").order_by("recorded_at", "pk")
    )
    asked = [row.child_id for row in rows] + [row.through_id for row in rows if row.through_id]
    closed = closed_to(by=by, person_ids=asked)
    found = []
    for row in rows:
        is_closed = row.child_id in closed
        aged = age(row.child, on=on)
        name = f"{row.child.name}, {aged}" if aged else row.child.name
        through = row.through.name if row.through and row.through_id not in closed else ""
        found.append(
            ElsewhereRow(
                one=row,
                heading=f"Restricted child, ring {closed[row.child_id].name}"
                if is_closed
                else name,
                through="" if is_closed or not through else f"Child of {through}",
                is_restricted=is_closed,
            )
        )
    return found


def happened_since(page: ChangePage) -> list[tuple[str, str, str, datetime]]:
    """What the rooms say happened to each child since it was learned of: kind, child, address."""
    names = {card.row.child_id: card.name for card in page.needed if not card.is_restricted}
    found = consequences.happened(child_ids=list(names), since=page.change.learned_at)
    return [
        (str(kind.label), names[child_id], _url(each.url_name, each.subject_id), each.at)
        for (child_id, kind), each in sorted(found.items(), key=lambda one: one[1].at)
    ]


def _consequences(
    change: ChangeOfCircumstance, names: Mapping[UUID, str], closed: Collection[UUID]
) -> list[tuple[ChangeConsequence, str, str]]:
    found = []
    for row in change.consequences.order_by("at", "pk"):
        who = "A restricted child" if row.child_id in closed else names.get(row.child_id, "")
        found.append((row, who, _url(row.url_name, row.subject_id)))
    return found


def _url(name: str, pk: UUID) -> str:
    if not name:
        return ""
    try:
        return reverse(name, args=[pk])
    except NoReverseMatch:
        return ""


def _done_means(
    change: ChangeOfCircumstance, cards: Sequence[ChildCard], *, by: User
) -> list[DoneLine]:
    """The definition of done, ticked by the record (domain.md 5.2)."""
    is_done = change.state == ChangeState.DONE
    needed = [card for card in cards if card.row.needs_review]
    missing = [card.short for card in needed if not card.is_done]
    lines = [
        DoneLine(
            is_done=not missing,
            words="Every child reviewed"
            + (f": {words.list_of_names(missing)} missing" if missing else ""),
        )
    ]
    if change.change_class == ChangeClass.IMMEDIATE:
        concerned = [card for card in needed if card.row.is_concerned]
        unseen = [
            card.short
            for card in concerned
            if not seen_after(change, card.row.child_id, card.review)
        ]
        lines.append(
            DoneLine(
                is_done=not unseen,
                words="Seen since it happened, within 24 hours"
                + (f": {words.list_of_names(unseen)} not yet" if unseen else ""),
            )
        )
    return [
        *lines,
        DoneLine(is_done=is_done, words="The decision names the change and each child"),
        DoneLine(
            is_done=is_done,
            words="What is decided exists: a discussion, an updated assessment, a changed plan,"
            " or both stand",
        ),
        DoneLine(is_done=is_done, words="Told: workers, the receiving team, agencies, the family"),
        DoneLine(
            is_done=bool(needed) and not missing,
            words="Chronology entry and new risk rating for each child",
        ),
    ]


def _blocks(ids: Collection[UUID], *, by: User) -> str:
    """What the change holds up, in the words beside the count; early help hears of no transfer."""
    waits = WaitingEntry.objects.filter(child__in=ids, queue=Queue.TRANSFER, ended_at__isnull=True)
    return (
        "This blocks the transfer"
        if holds(by, Permission.STATUTORY_READ) and waits.exists()
        else ("Until it is done, nothing is authorised, transferred or closed")
    )


def _held(ids: Collection[UUID], *, by: User, at: datetime) -> list[Held]:
    closing = Held(words="No referral of these children can be closed")
    if not holds(by, Permission.STATUTORY_READ):
        return [closing]
    found = [
        Held(
            words=f"{group.get_queue_display()}, waiting since"
            f" {words.date_words(london_date(group.since_at), now=at)}"
        )
        for group in WaitingGroup.objects.filter(
            entries__child__in=ids,
            entries__ended_at__isnull=True,
            ended_at__isnull=True,
            queue=Queue.TRANSFER,
        )
        .distinct()
        .order_by("since_at", "pk")
    ]
    found.append(Held(words="An assessment cannot be authorised, or used in a conference"))
    return [*found, closing]


def _others(
    change: ChangeOfCircumstance, ids: Collection[UUID], *, by: User
) -> list[tuple[ChangeOfCircumstance, str]]:
    """Other changes of these children that are not closed, to merge with."""
    found = (
        ChangeOfCircumstance.objects.undone()
        .filter(children__child__in=ids)
        .exclude(pk=change.pk)
        .select_related("person")
        .distinct()
        .order_by("learned_at", "pk")
    )
    others = list(found[:20])
    titles = titles_of(others, by=by)
    return [(other, titles[other.pk]) for other in others]


def _is_edts_turn(change: ChangeOfCircumstance, *, by: User, at: datetime) -> bool:
    return (
        change.state == ChangeState.LOGGED
        and not is_office_hours(at)
        and holds(by, Permission.CHANGE_TRIAGE_PROVISIONAL)
    )
