"""What managers do with a change: triage, class, not significant, merge, decide, tell."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction

from accounts.models import User
from accounts.permissions import Authority, Permission, authority, require
from cases import consequences, passed_on, reactions
from cases.actions import changes
from cases.actions.changes import LETTER, SUBJECT, class_of, deciding_authority, lock, rule_of
from cases.actions.oversight import Direction, Rationale, write_oversight
from cases.change_codes import (
    CONFIRMS,
    DECISIONS,
    DEFAULT_CLASS,
    NEEDS_CONSEQUENCE,
    ChangeClass,
    ChangeCode,
    ChangeOutcome,
    ChangeState,
    HowIncluded,
)
from cases.choices import OversightKind
from cases.looking_again import look_again
from cases.models import (
    ChangeChild,
    ChangeElsewhere,
    ChangeOfCircumstance,
    ChildRiskReview,
)
from lib import application_clock, words
from lib.working_days import london_date
from people.models import Person, Restriction
from people.queries import closed_to
from record import calendar, clocks, events
from record.errors import NotWhole, Refused
from record.models import Clock

#: What is said of a child who lives elsewhere.
TOLD_ELSEWHERE = ("is_told", "whom", "why_not", "told_at", "told_by", "answer", "answered_on")
ORDER = (ChangeClass.ROUTINE, ChangeClass.SIGNIFICANT, ChangeClass.IMMEDIATE)


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One missing thing: a sentence that names it and the child, the box or the page for it."""

    sentence: str
    field: str = ""
    child_id: UUID | None = None
    url_name: str = ""
    url_id: UUID | None = None

    @property
    def place(self) -> str:
        """The box on the page: its name, with the child's id before it."""
        return f"{self.child_id}-{self.field}" if self.child_id and self.field else self.field


class NotDone(NotWhole):
    """A change is not done yet; `missing` says what is missing, each with where to see to it."""

    def __init__(self, missing: Sequence[Problem]) -> None:
        """:param missing: in the order of the page"""
        super().__init__([(problem.place, problem.sentence) for problem in missing])
        self.missing = list(missing)


@dataclass(frozen=True, kw_only=True)
class ChangeLine:
    """What the manager decides for one child, with the reason that names this child."""

    child_id: UUID
    outcome: str = ""
    line: str = ""


# Triage -----------------------------------------------------------------------------------------


@transaction.atomic
def triage(
    *,
    by: User,
    at: datetime,
    change_id: UUID,
    change_class: str,
    why: str = "",
    concerned_ids: Iterable[UUID] | None = None,
) -> ChangeOfCircumstance:
    """Say how fast everybody must think, and open a review of each child's own.

    Raised freely; below the event's own class only with a reason. EDT triages out of hours, for
    the responsible manager to confirm, whose limit goes on running.

    :param concerned_ids: the children directly concerned; as logged, when left out
    :raises PermissionDenied: `by` may not triage, or EDT in office hours
    :raises Refused: not theirs, no class, a lower class without a reason, nobody concerned
    """
    right, is_provisional = _triage_right(change_id, by=by, at=at)
    change = lock(change_id)
    if change.state != ChangeState.LOGGED and not change.is_provisional:
        raise Refused("This change has been triaged already. Change the class instead.")
    if is_provisional and change.triaged_at is not None:
        raise Refused("This change has been triaged already. Its manager confirms it.")
    _check_class(change, change_class, why)
    changes.sync_children(change, authority=right, at=at)
    rows = list(change.children.order_by("child_id"))
    if concerned_ids is not None:
        _set_concerned(rows, set(concerned_ids), by=by)
    if change_class == ChangeClass.IMMEDIATE and not any(row.is_concerned for row in rows):
        raise Refused(
            "Choose which children this concerns directly: they must be seen within 24 hours.",
            field="concerned",
        )
    if change.state != ChangeState.LOGGED and change.change_class != change_class:
        _replace_clocks(change, rows, change_class, by=by)
    was_logged = change.state == ChangeState.LOGGED
    change.change_class = change_class
    change.class_why = why
    change.is_provisional = is_provisional
    change.triaged_at = at
    change.triaged_by = right.user
    change.triaged_for = right.acting_for
    if was_logged:
        change.state = ChangeState.REVIEWS_OPEN
    _save(
        change,
        "change_class",
        "class_why",
        "is_provisional",
        "triaged_at",
        "triaged_by",
        "triaged_for",
        "state",
    )
    if not is_provisional:
        for code in LETTER.values():
            clocks.stop(f"COC-TRIAGE-{code}", subject_id=change.pk, at=at)
    changes.append(
        "change.triaged",
        change,
        right,
        at,
        [row.child_id for row in rows],
        change_class=change_class,
    )
    if was_logged:
        changes.open_reviews(change, rows, authority=right, at=at)
        changes.advance(change, authority=right, at=at)
    look_again(at=at, child_ids=[row.child_id for row in rows], codes=changes.FLAGS)
    return change


def _triage_right(change_id: UUID, *, by: User, at: datetime) -> tuple[Authority, bool]:
    change = ChangeOfCircumstance.objects.get(pk=change_id)
    if authority(by, Permission.CHANGE_TRIAGE, at=at) is not None:
        return deciding_authority(change, by=by, at=at)[0], False
    right = require(by, Permission.CHANGE_TRIAGE_PROVISIONAL, at=at)
    if calendar.is_office_hours(at):
        raise PermissionDenied("In office hours the responsible manager triages changes.")
    return right, True


def _check_class(change: ChangeOfCircumstance, wanted: str, why: str) -> None:
    if wanted not in ChangeClass.values:
        raise Refused("Choose how urgent this is.", field="change_class")
    default = DEFAULT_CLASS.get(ChangeCode(change.code))
    if change.state == ChangeState.LOGGED:
        default = class_of(change) if change.change_class else default
    if default and ORDER.index(ChangeClass(wanted)) < ORDER.index(default) and not why.strip():
        raise Refused(
            f"This event counts as {str(default.label).lower()}. Say why it is less urgent here.",
            field="why",
        )


def _set_concerned(rows: Sequence[ChangeChild], concerned: set[UUID], *, by: User) -> None:
    """Set it for the children `by` can see; a restricted one stays as it is."""
    closed = closed_to(by=by, person_ids=[row.child_id for row in rows])
    for row in rows:
        is_concerned = row.child_id in concerned
        if row.child_id not in closed and row.is_concerned != is_concerned:
            row.is_concerned = is_concerned
            row.save(update_fields=["is_concerned"])


@transaction.atomic
def change_class_of(
    *,
    by: User,
    at: datetime,
    change_id: UUID,
    change_class: str,
    why: str,
    concerned_ids: Iterable[UUID] | None = None,
) -> ChangeOfCircumstance:
    """Raise or lower the class of a triaged change; its limits count again from what was learned.

    :raises Refused: not theirs, not triaged, the same class, no reason
    """
    right, _team = deciding_authority(ChangeOfCircumstance.objects.get(pk=change_id), by=by, at=at)
    change = lock(change_id)
    if change.state == ChangeState.LOGGED:
        raise Refused("Triage this change first.")
    if change_class == change.change_class:
        raise Refused("This is its class already.", field="change_class")
    if not why.strip():
        raise Refused("Say why the class changes.", field="why")
    _check_class(change, change_class, why)
    rows = list(change.children.order_by("child_id"))
    if concerned_ids is not None:
        _set_concerned(rows, set(concerned_ids), by=by)
    if change_class == ChangeClass.IMMEDIATE and not any(row.is_concerned for row in rows):
        raise Refused(
            "Choose which children this concerns directly: they must be seen within 24 hours.",
            field="concerned",
        )
    _replace_clocks(change, rows, change_class, by=by)
    change.change_class = change_class
    change.class_why = why
    _save(change, "change_class", "class_why")
    changes.append(
        "change.class_changed",
        change,
        right,
        at,
        [row.child_id for row in rows],
        change_class=change_class,
    )
    look_again(at=at, child_ids=[row.child_id for row in rows], codes=changes.FLAGS)
    return change


def _replace_clocks(
    change: ChangeOfCircumstance, rows: Sequence[ChangeChild], change_class: str, *, by: User
) -> None:
    found = clocks.running(subject_ids=[change.pk])
    running = {(clock.rule, clock.child_id): clock for clock in found}
    for what in ("TRIAGE", "REVIEW", "DECIDE"):
        old = rule_of(what, class_of(change))
        for (rule, child_id), clock in running.items():
            if rule == old:
                clocks.replace(
                    old,
                    subject_id=change.pk,
                    child_id=child_id,
                    started_at=clock.started_at,
                    by=by,
                    because="class_changed",
                    new_rule_code=rule_of(what, change_class),
                )
    if change.state == ChangeState.LOGGED:
        return
    if change_class == ChangeClass.IMMEDIATE:
        for row in rows:
            if row.is_concerned and row.needs_review:
                changes.start_seen(change, row, by=by)
    else:
        for rule, child_id in running:
            if rule == "COC-SEEN":
                clocks.stop(
                    rule,
                    subject_id=change.pk,
                    child_id=child_id,
                    at=application_clock.now(),
                    reason="not_needed",
                )


# Not significant, merged ------------------------------------------------------------------------


@transaction.atomic
def find_not_significant(
    *, by: User, at: datetime, change_id: UUID, lines: Mapping[UUID, str]
) -> ChangeOfCircumstance:
    """Close a change that changes nothing, with a sentence for each child.

    :param lines: by child, why it is not significant for this child
    :raises NotDone: a child has no sentence
    :raises Refused: not theirs, triaged already, or of the immediate class
    """
    right, _team = deciding_authority(ChangeOfCircumstance.objects.get(pk=change_id), by=by, at=at)
    change = lock(change_id)
    if change.state != ChangeState.LOGGED:
        raise Refused("This change has been triaged. Review each child and decide.")
    if class_of(change) == ChangeClass.IMMEDIATE:
        raise Refused(
            "An event like this is always significant. Review each child; the class can be lowered"
            " with a reason."
        )
    changes.sync_children(change, authority=right, at=at)
    rows = _to_review(change)
    problems = _write_lines(
        change,
        rows,
        [
            ChangeLine(child_id=child_id, outcome=ChangeOutcome.NOT_SIGNIFICANT, line=line)
            for child_id, line in lines.items()
        ],
        by=by,
        right=right,
        at=at,
        allowed=(ChangeOutcome.NOT_SIGNIFICANT,),
    )
    if problems:
        raise NotDone(problems)
    _close(change, ChangeState.NOT_SIGNIFICANT, right, at)
    changes.append("change.not_significant", change, right, at, [row.child_id for row in rows])
    look_again(at=at, child_ids=[row.child_id for row in rows], codes=changes.FLAGS)
    return change


@transaction.atomic
def merge(
    *, by: User, at: datetime, change_id: UUID, into_id: UUID, because: str
) -> ChangeOfCircumstance:
    """Join two reports of one event. The one learned first stays, with the graver class.

    Every child of either belongs to it, and every completed review is kept.

    :return: the change that stays
    :raises Refused: not theirs, closed, no reason, or no child in common
    """
    if not because.strip():
        raise Refused("Say why these are the same event.", field="because")
    if change_id == into_id:
        raise Refused("Choose another change to merge this with.", field="other")
    first, second = (ChangeOfCircumstance.objects.get(pk=pk) for pk in sorted([change_id, into_id]))
    right, _team = deciding_authority(first, by=by, at=at)
    deciding_authority(second, by=by, at=at)
    locked = [lock(first.pk), lock(second.pk)]
    kept, gone = sorted(locked, key=lambda change: (change.learned_at, change.pk))
    theirs = {row.child_id: row for row in gone.children.all()}
    ours = set(kept.children.values_list("child_id", flat=True))
    if not ours & theirs.keys():
        raise Refused("These changes have no child in common, so they are not the same event.")
    _close(gone, ChangeState.MERGED, right, at, into=kept, because=because)
    clocks.stop_all(subject_id=gone.pk, at=at)
    ChildRiskReview.objects.filter(subject_id=gone.pk, completed_at__isnull=True).update(
        state=ChildRiskReview.State.NOT_NEEDED
    )
    _take_over(kept, gone, theirs, right, at)
    everybody = sorted(ours | theirs.keys())
    changes.append("change.merged", kept, right, at, everybody)
    look_again(at=at, child_ids=everybody, codes=changes.FLAGS)
    return kept


def _take_over(
    kept: ChangeOfCircumstance,
    gone: ChangeOfCircumstance,
    theirs: Mapping[UUID, ChangeChild],
    right: Authority,
    at: datetime,
) -> None:
    """Give the change that stays what the other had: its class, its origin, its children."""
    rows = {row.child_id: row for row in kept.children.all()}
    for child_id, row in theirs.items():
        if child_id in rows:
            mine = rows[child_id]
            mine.is_origin = mine.is_origin or row.is_origin
            mine.is_concerned = mine.is_concerned or row.is_concerned
            mine.save(update_fields=["is_origin", "is_concerned"])
    graver = _graver(kept, gone)
    if graver is not None:
        _replace_clocks(kept, list(rows.values()), graver, by=right.user)
        kept.change_class = graver
        kept.class_why = gone.class_why
        _save(kept, "change_class", "class_why")
    elif kept.change_class == ChangeClass.IMMEDIATE and kept.state != ChangeState.LOGGED:
        for mine in rows.values():
            if mine.is_concerned and mine.needs_review:
                changes.start_seen(kept, mine, by=right.user)
    new = [child_id for child_id in theirs if child_id not in rows]
    if new:
        changes.add_children(
            kept,
            new,
            authority=right,
            at=at,
            how=HowIncluded.AT_EVENT,
            concerned_ids=[child_id for child_id in new if theirs[child_id].is_concerned],
        )
        ChangeChild.objects.filter(
            change=kept, child__in=[pk for pk in new if theirs[pk].is_origin]
        ).update(is_origin=True)
    _take_over_elsewhere(kept, gone, ours={*rows, *theirs})
    changes.drop_reviewed(kept, at=at)
    changes.advance(kept, authority=right, at=at)


def _take_over_elsewhere(
    kept: ChangeOfCircumstance, gone: ChangeOfCircumstance, *, ours: Collection[UUID]
) -> None:
    """List who lives elsewhere on the change that stays, with what was said about them."""
    known = {one.child_id: one for one in kept.elsewhere.all()}
    for one in gone.elsewhere.order_by("recorded_at", "pk"):
        mine = known.get(one.child_id)
        if mine is None and one.child_id not in ours:
            mine = ChangeElsewhere(
                change=kept,
                child_id=one.child_id,
                through_id=one.through_id,
                recorded_at=application_clock.now(),
            )
        if mine is None or mine.is_told is not None:
            continue
        for name in TOLD_ELSEWHERE:
            setattr(mine, name, getattr(one, name))
        mine.save()


def _graver(kept: ChangeOfCircumstance, gone: ChangeOfCircumstance) -> ChangeClass | None:
    """The class of the change that goes, where it is graver; None where the other keeps its own.

    What a manager said of the one that stays holds against another report of the same kind that
    nobody has triaged.
    """
    theirs = class_of(gone)
    if kept.change_class and gone.code == kept.code and not gone.change_class:
        return None
    return theirs if ORDER.index(theirs) > ORDER.index(class_of(kept)) else None


# The decision -----------------------------------------------------------------------------------


@transaction.atomic
def decide_change(
    *,
    by: User,
    at: datetime,
    change_id: UUID,
    rationale: Rationale,
    lines: Sequence[ChangeLine],
    agencies_told: str,
    family_told: str,
    directions: Sequence[Direction] = (),
    look_again_on: date | None = None,
    late_reason: str = "",
) -> ChangeOfCircumstance:
    """Record the manager's decision, and with it that the change is done (domain.md 5.2).

    :param lines: one for each child `by` can see; whoever holds a restriction answers for theirs
    :param agencies_told: which agencies were told, or why none
    :param family_told: what the family was told, or why it is not safe
    :raises NotDone: something is missing; each thing is named with the child
    :raises Refused: not theirs, or closed
    """
    right, _team = deciding_authority(ChangeOfCircumstance.objects.get(pk=change_id), by=by, at=at)
    change = lock(change_id)
    changes.sync_children(change, authority=right, at=at)
    problems = missing(change, by=by, at=at, late_reason=late_reason)
    rows = _to_review(change)
    problems += _write_lines(change, rows, lines, by=by, right=right, at=at, allowed=DECISIONS)
    _write_what_happened(change, rows, right=right, at=at)
    problems += _not_happened(change, rows, by=by)
    for field, value, sentence in (
        ("know", rationale.know, "Say what we know"),
        ("worries", rationale.worries, "Say what worries us, and for whom"),
        ("decision", rationale.decision, "Say what you decided"),
        ("why", rationale.why, "Say why this and not the alternative"),
        ("agencies_told", agencies_told, "Say which agencies were told, or why none"),
        ("family_told", family_told, "Say what the family was told, or why it is not safe"),
    ):
        if not value.strip():
            problems.append(Problem(sentence=sentence, field=field))
    if problems:
        raise NotDone(problems)
    children = [row.child_id for row in rows]
    if not children:  # all of them have died since
        children = sorted(change.children.values_list("child_id", flat=True))
    for row in rows:
        if row.outcome in CONFIRMS:
            row.confirmed_right_on = london_date(at)
            row.save(update_fields=["confirmed_right_on"])
    change.oversight = write_oversight(
        authority=right,
        at=at,
        kind=OversightKind.CHANGE,
        child_ids=children,
        rationale=rationale,
        directions=directions,
        look_again_on=look_again_on,
        subject_kind=SUBJECT,
        subject_id=change.pk,
    )
    change.agencies_told = agencies_told
    change.family_told = family_told
    change.late_reason = late_reason
    _close(
        change,
        ChangeState.DONE,
        right,
        at,
        "oversight",
        "agencies_told",
        "family_told",
        "late_reason",
    )
    clocks.stop(
        rule_of("DECIDE", change.change_class),
        subject_id=change.pk,
        at=at,
        late_reason=late_reason,
    )
    changes.append("change.done", change, right, at, children)
    told = changes.concerned_people(children)
    for ask in reactions.people_concerned:
        told |= set(ask(child_ids=children))
    for user_id in sorted(told - {by.pk}):
        changes.notify("change.done", to=user_id, change=change, at=at)
    look_again(at=at, child_ids=children, codes=changes.FLAGS)
    return change


@transaction.atomic
def answer_line(
    *, by: User, at: datetime, change_id: UUID, child_id: UUID, outcome: str, line: str
) -> ChangeChild:
    """Answer for a restricted child, by whoever holds the restriction or stands for them
    (decisions.md 84).

    :raises Refused: somebody else holds it, or the answer is not whole
    """
    require(by, Permission.CHANGE_LOG, at=at)
    live = (
        Restriction.objects.filter(person=child_id, ended_at__isnull=True)
        .select_related("owner")
        .first()
    )
    right = (
        passed_on.right_to_answer(child_id=child_id, passed_to=live.owner, by=by, at=at)
        if live is not None
        else None
    )
    if right is None:
        raise Refused("Whoever holds the restriction answers for this child.")
    change = lock(change_id)
    row = change.children.select_related("child").get(child=child_id)
    allowed = (ChangeOutcome.NOT_SIGNIFICANT,) if change.state == ChangeState.LOGGED else DECISIONS
    problems = _write_lines(
        change,
        [row],
        [ChangeLine(child_id=child_id, outcome=outcome, line=line)],
        by=by,
        right=right,
        at=at,
        allowed=allowed,
    )
    if problems:
        raise NotDone(problems)
    changes.append("change.line_answered", change, right, at, [child_id])
    return row


def missing(
    change: ChangeOfCircumstance, *, by: User, at: datetime, late_reason: str = ""
) -> list[Problem]:
    """What still keeps a change from being done, apart from what the manager writes."""
    problems: list[Problem] = []
    if change.state == ChangeState.LOGGED:
        return [
            Problem(
                sentence="Triage this change first",
                url_name="cases:change_triage",
                url_id=change.pk,
            )
        ]
    if change.is_provisional:
        problems.append(
            Problem(
                sentence="Confirm what EDT triaged",
                url_name="cases:change_triage",
                url_id=change.pk,
            )
        )
    reviews = {
        review.child_id: review for review in changes.reviews_of(change) if review.completed_at
    }
    open_reviews = {
        review.child_id: review
        for review in changes.reviews_of(change)
        if review.completed_at is None
    }
    names = names_of(change, by=by)
    rows = _to_review(change)
    for row in rows:
        if row.child_id in reviews:
            continue
        review = open_reviews.get(row.child_id)
        whose = f": it is {words.possessive(review.owner.full_name)} to do" if review else ""
        problems.append(
            Problem(
                sentence=f"{names[row.child_id]} has no review{whose}",
                child_id=row.child_id,
                url_name="cases:risk_review" if review else "",
                url_id=review.pk if review else None,
            )
        )
    late = at > due if (due := _due(change)) else False
    if change.change_class == ChangeClass.IMMEDIATE:
        for row in rows:
            if not row.is_concerned:
                continue
            seen_at = seen_after(change, row.child_id, reviews.get(row.child_id))
            if seen_at is None:
                problems.append(
                    Problem(
                        sentence=f"{names[row.child_id]} has not been seen since this happened"
                        + _seen_before(change, row.child_id),
                        child_id=row.child_id,
                        url_name="cases:child",
                        url_id=row.child_id,
                    )
                )
            else:
                late = late or seen_at > _seen_by(change, row.child_id)
    problems += _nobody_told(change, by=by)
    if late and not late_reason.strip():
        problems.append(Problem(sentence="Say why this is late", field="late_reason"))
    return problems


def _seen_before(change: ChangeOfCircumstance, child_id: UUID) -> str:
    """Say why a visit of the day of the event does not count, where there was one."""
    seen_at = changes.seen_too_early(change, child_id)
    if seen_at is None:
        return ""
    return (
        f": the visit of {words.moment_words(seen_at)} was before we learned of it,"
        f" {words.moment_words(change.learned_at)}"
    )


def _nobody_told(change: ChangeOfCircumstance, *, by: User) -> list[Problem]:
    """Children of somebody here who live elsewhere, about whom nobody is told and no reason given.

    Of a restricted one whoever holds the restriction sees to it.
    """
    rows = list(
        change.elsewhere.filter(is_told__isnull=True)
        .select_related("child")
        .order_by("child__date_of_birth", "child_id")
    )
    closed = closed_to(by=by, person_ids=[row.child_id for row in rows]) if rows else {}
    return [
        Problem(
            sentence=f"Say whether whoever is responsible for {row.child.name}, who lives"
            " elsewhere, is told, or why not",
            child_id=row.child_id,
            url_name="cases:change_elsewhere",
            url_id=row.pk,
        )
        for row in rows
        if row.child_id not in closed
    ]


def _to_review(change: ChangeOfCircumstance) -> list[ChangeChild]:
    """Who needs a review of this change, the oldest first: the order in which they are named."""
    return list(
        change.children.filter(needs_review=True)
        .select_related("child")
        .order_by("child__date_of_birth", "child_id")
    )


def seen_after(
    change: ChangeOfCircumstance, child_id: UUID, review: ChildRiskReview | None
) -> datetime | None:
    """When a child was first seen after the event: by a visit, or as a review says.

    The review is asked whether it was since the event, so its answer counts from that day on; a
    visit knows nothing of the event.
    """
    moments = [changes.first_seen(change, child_id)]
    if (
        review is not None
        and review.was_seen
        and review.seen_at
        and london_date(review.seen_at) >= change.happened_on
    ):
        moments.append(review.seen_at)
    return min((moment for moment in moments if moment is not None), default=None)


def _seen_by(change: ChangeOfCircumstance, child_id: UUID) -> datetime:
    clock = Clock.objects.filter(rule="COC-SEEN", subject_id=change.pk, child=child_id).first()
    return clock.due_at if clock else application_clock.now()


def _due(change: ChangeOfCircumstance) -> datetime | None:
    running = clocks.running(subject_ids=[change.pk])
    decide = [clock for clock in running if clock.rule == rule_of("DECIDE", change.change_class)]
    return decide[0].due_at if decide else None


def is_late(change: ChangeOfCircumstance, *, by: User, at: datetime) -> bool:
    """Say whether the decision needs a reason for being late."""
    return any(problem.field == "late_reason" for problem in missing(change, by=by, at=at))


def names_of(change: ChangeOfCircumstance, *, by: User) -> dict[UUID, str]:
    """The children's names; a restricted one is whom to ring."""
    people = {
        row.child_id: row.child for row in change.children.select_related("child").order_by("pk")
    }
    closed = closed_to(by=by, person_ids=people)
    return {
        pk: f"Restricted child, ring {closed[pk].name}" if pk in closed else person.name
        for pk, person in people.items()
    }


def _write_lines(
    change: ChangeOfCircumstance,
    rows: Sequence[ChangeChild],
    lines: Sequence[ChangeLine],
    *,
    by: User,
    right: Authority,
    at: datetime,
    allowed: Sequence[ChangeOutcome],
) -> list[Problem]:
    """Write the line of each child whom `by` may see; say which are missing."""
    given = {line.child_id: line for line in lines}
    names = names_of(change, by=by)
    closed = closed_to(by=by, person_ids=[row.child_id for row in rows])
    problems: list[Problem] = []
    for row in rows:
        name = names[row.child_id]
        if row.child_id in closed:
            if row.outcome not in allowed:
                problems.append(
                    Problem(sentence=f"{name}: they have not answered yet", child_id=row.child_id)
                )
            continue
        line = given.get(row.child_id)
        if line is None or line.outcome not in allowed:
            problems.append(
                Problem(
                    sentence=f"Choose what you decide for {name}",
                    field="outcome",
                    child_id=row.child_id,
                )
            )
            continue
        if not line.line.strip():
            problems.append(
                Problem(sentence=f"Say why, for {name}", field="line", child_id=row.child_id)
            )
            continue
        row.outcome = line.outcome
        row.line = line.line
        row.decided_at = at
        row.decided_by = right.user
        row.save(update_fields=["outcome", "line", "decided_at", "decided_by"])
    return problems


def _write_what_happened(
    change: ChangeOfCircumstance, rows: Sequence[ChangeChild], *, right: Authority, at: datetime
) -> None:
    """Write down what the rooms say happened of what was decided, since it was learned of."""
    wanted = {row.child_id: ChangeOutcome(row.outcome) for row in rows if row.outcome}
    kinds = {kind for kind in wanted.values() if kind in NEEDS_CONSEQUENCE}
    if not kinds:
        return
    known = set(change.consequences.values_list("child_id", "kind"))
    found = consequences.happened(
        child_ids=list(wanted), since=change.learned_at, kinds=sorted(kinds)
    )
    for (child_id, kind), each in found.items():
        if wanted[child_id] == kind and (child_id, kind) not in known:
            changes.write_consequence(
                authority=right,
                at=min(max(each.at, change.learned_at), at),
                change_id=change.pk,
                kind=kind,
                subject_kind=each.subject_kind,
                subject_id=each.subject_id,
                child_ids=[child_id],
                url_name=each.url_name,
            )


def _not_happened(
    change: ChangeOfCircumstance, rows: Sequence[ChangeChild], *, by: User
) -> list[Problem]:
    """What was decided and does not exist yet (domain.md 5.2, point 5)."""
    names = names_of(change, by=by)
    known = set(change.consequences.values_list("child_id", "kind"))
    return [
        Problem(
            sentence=f"{ChangeOutcome(row.outcome).label}, for {names[row.child_id]}:"
            " nothing like it is on the record yet",
            field="outcome",
            child_id=row.child_id,
        )
        for row in rows
        if row.outcome in NEEDS_CONSEQUENCE and (row.child_id, row.outcome) not in known
    ]


def _close(
    change: ChangeOfCircumstance,
    state: ChangeState,
    right: Authority,
    at: datetime,
    *fields: str,
    into: ChangeOfCircumstance | None = None,
    because: str = "",
) -> None:
    change.state = state
    change.closed_at = at
    change.closed_by = right.user
    change.closed_for = right.acting_for
    change.merged_into = into
    change.merged_because = because
    _save(
        change,
        "state",
        "closed_at",
        "closed_by",
        "closed_for",
        "merged_into",
        "merged_because",
        *fields,
    )
    if state == ChangeState.NOT_SIGNIFICANT:
        for code in LETTER.values():
            clocks.stop(f"COC-TRIAGE-{code}", subject_id=change.pk, at=at)


def _save(change: ChangeOfCircumstance, *fields: str) -> None:
    change.version += 1
    change.save(update_fields=[*fields, "version"])


# Children who live elsewhere --------------------------------------------------------------------


@transaction.atomic
def tell_elsewhere(
    *,
    by: User,
    at: datetime,
    elsewhere_id: UUID,
    is_told: bool,
    whom: str = "",
    why_not: str = "",
) -> ChangeElsewhere:
    """Note whether whoever is responsible for a child who lives elsewhere was told, or why not.

    The same note of the same person stands already.

    :raises Refused: whom, or why not, is missing
    """
    right = require(by, Permission.CHANGE_LOG, at=at)
    one = ChangeElsewhere.objects.select_for_update(of=("self",)).get(
        pk=elsewhere_id, child__in=Person.objects.visible_to(by)
    )
    if is_told and not whom.strip():
        raise Refused("Say who was told.", field="whom")
    if not is_told and not why_not.strip():
        raise Refused("Say why nobody is told.", field="why_not")
    whom, why_not = (whom, "") if is_told else ("", why_not)
    stands = (one.told_by_id, one.is_told, one.whom, one.why_not)
    if stands == (right.user.pk, is_told, whom, why_not):
        return one
    one.is_told, one.whom, one.why_not = is_told, whom, why_not
    one.told_at = at if is_told else None
    one.told_by = right.user
    one.save(update_fields=["is_told", "whom", "why_not", "told_at", "told_by"])
    if is_told:
        events.append(
            "alert.sent",
            authority=right,
            at=at,
            subject_kind=SUBJECT,
            subject_id=one.change_id,
            children=[one.child_id],
        )
        holder = changes.holding_now([one.child_id])
        if holder is not None:
            changes.notify(
                "change.elsewhere",
                to=holder.manager_id,
                change=one.change,
                at=at,
                key=str(one.pk),
                subject_kind="person",
                subject_id=one.child_id,
                child_id=one.child_id,
            )
    return one


@transaction.atomic
def answer_elsewhere(*, by: User, at: datetime, elsewhere_id: UUID, answer: str) -> ChangeElsewhere:
    """Note what whoever was told answered.

    :raises Refused: nobody was told, or there is no answer
    """
    require(by, Permission.CHANGE_LOG, at=at)
    one = ChangeElsewhere.objects.select_for_update(of=("self",)).get(
        pk=elsewhere_id, child__in=Person.objects.visible_to(by)
    )
    if not one.is_told:
        raise Refused("Nobody was told about this child, so there is no answer.")
    if not answer.strip():
        raise Refused("Say what they answered.", field="answer")
    if one.answer == answer:
        return one
    one.answer = answer
    one.answered_on = london_date(at)
    one.save(update_fields=["answer", "answered_on"])
    return one
