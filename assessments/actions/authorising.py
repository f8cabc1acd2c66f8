"""Authorising an assessment (domain.md 2.7).

It asks, in the same transaction, who belongs to the household now: no child of it is left
unaccounted for (decisions.md 67). Whoever wrote in it never authorises it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from accounts.models import User
from accounts.permissions import Authority, Permission
from assessments import clocks
from assessments.actions.passed import pass_on
from assessments.actions.review import submitted, workers_of
from assessments.actions.standing import locked_by_manager, tell
from assessments.choices import AssessmentKind, AssessmentOutcome, AssessmentState
from assessments.models import (
    Assessment,
    AssessmentChild,
    AssessmentFactor,
    AssessmentMember,
)
from assessments.queries.check import (
    Texts,
    factor_problem,
    is_factor,
    missing_words,
    same_words,
    unaccounted,
)
from assessments.queries.current_assessment import current_parts
from assessments.queries.document import Part, parts_of, texts_of
from assessments.queries.household import (
    HouseholdLine,
    children_accounted,
    households_of,
    members_of,
)
from assessments.timescales import TO_AUTHORISE
from cases import actions as case_actions
from cases import holding, holds
from cases.actions import Direction, Rationale
from cases.choices import InvolvementKind, OversightKind
from cases.looking_again import look_again
from cases.models import RiskRating
from lib import application_clock, words
from lib.working_days import london_date
from people.models import Household
from people.queries import records_of
from record import clocks as record_clocks
from record import code_lists, events, once
from record.errors import Clash, NotWhole, Refused
from record.models import ClockStop


@dataclass(frozen=True, kw_only=True)
class ChildOutcome:
    """What is authorised for one child."""

    child_id: UUID
    outcome: str
    primary_need: str
    factors: Sequence[str]
    note: str = ""


class WroteInIt(Refused):
    """The author of an assessment never authorises it."""


@transaction.atomic
def authorise(
    *,
    by: User,
    at: datetime,
    assessment_id: UUID,
    submission: int,
    children: Sequence[ChildOutcome],
    rationale: Rationale,
    directions: Sequence[Direction] = (),
    look_again_on: date | None = None,
    late_reason: str = "",
    token: UUID | None = None,
) -> Assessment:
    """Authorise a submitted assessment, with the outcome of every child in it.

    A late one needs its reason (Working Together to Safeguard Children 2023, chapter 3) and is
    never refused for lateness. Late is after the end of day 45 from a child's referral.

    :param submission: the number of the submission that was read
    :raises PermissionDenied: `by` may not authorise assessments
    :raises WroteInIt: `by` wrote in it
    :raises Clash: it was submitted again since it was read
    :raises NotWhole: names each child and each missing thing, and what else stands in the way
    """
    assessment, authority = locked_by_manager(
        by, at, assessment_id, Permission.ASSESSMENT_AUTHORISE
    )
    once.claim(token, user=by, action="assessments.authorise")
    sent = submitted(assessment, at)
    refuse_author(assessment, by)
    if sent.number != submission:
        raise Clash(
            f"{sent.by.full_name} submitted this again {words.moment_words(sent.at)}."
            " Read it, then authorise.",
            by_name=sent.by.full_name,
            at=sent.at,
        )
    on = london_date(at)
    parts, texts = parts_of(assessment, on=on), texts_of(assessment)
    _lock_household(assessment, parts, on)
    household = children_accounted(assessment=assessment, on=on, by=by)
    late = [
        clock
        for clock in record_clocks.running(subject_ids=[assessment.pk])
        if clock.rule in TO_AUTHORISE and clock.due_at < at
    ]
    problems = [
        *_unaccounted(household),
        *_in_the_way(assessment, household, at),
        *((each.url, each.words) for each in missing_words(assessment, parts, texts, on=on)),
        *_outcome_problems(parts, children, on),
    ]
    if late and not late_reason.strip():
        problems.append(("late_reason", "Say why it is later than 45 working days"))
    problems += [
        (name, asked) for name, asked in _reasons_asked() if not getattr(rationale, name).strip()
    ]
    if problems:
        raise NotWhole(problems)
    oversight = case_actions.write_oversight(
        authority=authority,
        at=at,
        kind=OversightKind.AUTHORISATION,
        child_ids=[part.child_id for part in parts],
        rationale=rationale,
        directions=directions,
        look_again_on=look_again_on,
        subject_kind="assessment",
        subject_id=assessment.pk,
    )
    assessment.state = AssessmentState.AUTHORISED
    assessment.authorised_at = at
    assessment.authorised_by = by
    assessment.authorised_for = authority.acting_for
    assessment.authorised_role = authority.role
    assessment.late_reason = late_reason.strip() if late else ""
    assessment.same_words_noticed = bool(same_words(assessment, parts, texts))
    assessment.oversight = oversight
    assessment.save(
        update_fields=[
            "state",
            "authorised_at",
            "authorised_by",
            "authorised_for",
            "authorised_role",
            "late_reason",
            "same_words_noticed",
            "oversight",
        ]
    )
    given = {line.child_id: line for line in children}
    for part in parts:
        _authorise_child(assessment, part, given[part.child_id], texts, authority=authority, at=at)
    _keep_household(assessment, household, on)
    pass_on(assessment, household, authority=authority, at=at)
    _stop_clocks(assessment, parts, at, late_reason=assessment.late_reason, by=by)
    child_ids = [part.child_id for part in parts]
    writers = {*workers_of(child_ids), sent.by_id}
    tell(assessment, "assessment.authorised", sorted(writers), at)
    look_again(at=at, child_ids=[line.child_id for line in household], codes=("F-STALE",))
    once.finish(token, assessment.pk)
    return assessment


def refuse_author(assessment: Assessment, by: User) -> None:
    """Refuse whoever wrote in it; say who can authorise instead."""
    if not assessment.authors.filter(user=by).exists():
        return
    manager = assessment.team.manager
    who = (
        "A head of service authorises it"
        if manager == by or assessment.authors.filter(user=manager).exists()
        else f"{manager.full_name} or a head of service authorises it"
    )
    raise WroteInIt(f"You wrote in this assessment, so somebody else authorises it. {who}.")


def _lock_household(assessment: Assessment, parts: Sequence[Part], on: date) -> None:
    """Let nobody join or leave between the question who is there and the answer."""
    children = [part.child_id for part in parts]
    list(
        Household.objects.filter(pk__in=households_of(person_ids=children, on=on))
        .order_by("pk")
        .select_for_update(no_key=True)
        .values_list("pk", flat=True)
    )
    members = members_of(person_ids=children, on=on)
    holding.lock([*children, *(member.person_id for member in members)])


def _unaccounted(household: Sequence[HouseholdLine]) -> list[tuple[str, str]]:
    return [(f"child-{line.child_id}", unaccounted(line)) for line in household if line.is_missing]


def _in_the_way(
    assessment: Assessment, household: Sequence[HouseholdLine], at: datetime
) -> list[tuple[str, str]]:
    """What other rooms say stands in the way; of a restricted child only that it is so."""
    closed = {line.child_id: line.name for line in household if line.person is None}
    is_update = assessment.kind == AssessmentKind.UPDATE
    purpose = holds.Purpose.AUTHORISE_UPDATE if is_update else holds.Purpose.AUTHORISE
    found = holds.obstacles(
        child_ids=[line.child_id for line in household],
        purpose=purpose,
        at=at,
    )
    return [
        (
            obstacle.url,
            f"{closed[obstacle.child_id]}: something stands in the way"
            if obstacle.child_id in closed
            else obstacle.sentence.removesuffix("."),
        )
        for obstacle in _said_once(found, closed)
    ]


def _said_once(found: Sequence[holds.Obstacle], closed: Mapping[UUID, str]) -> list[holds.Obstacle]:
    """Say once what is in the way of several children; of a restricted one it stands apart."""
    return [
        *holds.together([each for each in found if each.child_id not in closed]),
        *(each for each in found if each.child_id in closed),
    ]


def _outcome_problems(
    parts: Sequence[Part], children: Sequence[ChildOutcome], on: date
) -> list[tuple[str, str]]:
    problems = []
    given = {line.child_id: line for line in children}
    for part in parts:
        name, line = part.first_name, given.get(part.child_id)
        place = f"child-{part.child_id}"
        if line is None or line.outcome not in AssessmentOutcome.values:
            problems.append((f"{place}-outcome", f"Choose an outcome for {name}"))
        if line is None:
            continue
        if line.outcome == AssessmentOutcome.OTHER and not line.note.strip():
            problems.append((f"{place}-note", f"Say what comes next for {name}"))
        if not code_lists.is_valid("primary_need", line.primary_need, on):
            problems.append((f"{place}-primary_need", f"Choose {name}’s primary need"))
        if not line.factors:
            problems.append((f"{place}-factors", f"Choose at least one factor for {name}"))
        for code in line.factors:
            if not is_factor(code, on=on):
                problems.append((f"{place}-factors", f"Choose factors for {name} that are in use"))
                break
        if said := factor_problem(line.factors, line.outcome, name=name):
            problems.append((f"{place}-factors", said))
    if set(given) - {part.child_id for part in parts}:
        problems.append(("children", "One of the children has no part in this assessment"))
    return problems


def _reasons_asked() -> tuple[tuple[str, str], ...]:
    return (
        ("know", "Say what we know"),
        ("worries", "Say what worries us, and for whom"),
        ("protects", "Say what is working well or protects them"),
        ("decision", "Say what you decided"),
        ("why", "Say why this and not the alternative"),
    )


def _authorise_child(
    assessment: Assessment,
    part: Part,
    line: ChildOutcome,
    texts: Texts,
    *,
    authority: Authority,
    at: datetime,
) -> None:
    row = part.row
    _supersede(row, at)
    row.is_open = False
    row.risk = texts[(part.child_id, "risk")].words
    row.outcome = line.outcome
    row.outcome_note = line.note.strip()
    row.primary_need = line.primary_need
    row.authorised_at = at
    row.save(
        update_fields=[
            "is_open",
            "risk",
            "outcome",
            "outcome_note",
            "primary_need",
            "authorised_at",
        ]
    )
    AssessmentFactor.objects.bulk_create(
        AssessmentFactor(part=row, code=code) for code in dict.fromkeys(line.factors)
    )
    RiskRating.objects.create(
        child_id=part.child_id,
        level=row.risk,
        why=texts[(part.child_id, "risk_why")].words,
        subject_kind="assessment",
        subject_id=assessment.pk,
        by=authority.user,
        at=at,
        recorded_at=application_clock.now(),
    )
    holding.end(
        child_id=part.child_id,
        kind=InvolvementKind.ASSESSMENT,
        subject_id=assessment.pk,
        at=at,
    )
    events.append(
        "assessment.authorised",
        authority=authority,
        at=at,
        subject_kind="assessment",
        subject_id=assessment.pk,
        children=[part.child_id],
        data={"outcome": row.outcome, "risk": row.risk},
    )


def _supersede(row: AssessmentChild, at: datetime) -> None:
    """Let what was current for this child give way; a document without current parts is over."""
    records = records_of(person_ids=[row.child_id])
    for old in current_parts().filter(child__in=records).select_related("assessment"):
        old.superseded_at = at
        old.superseded_by = row
        old.save(update_fields=["superseded_at", "superseded_by"])
        clocks.stop("CFA-VALID", assessment_id=old.assessment_id, child_id=old.child_id, at=at)
        document = old.assessment
        if not document.children.filter(
            authorised_at__isnull=False, superseded_at__isnull=True
        ).exists():
            document.state = AssessmentState.SUPERSEDED
            document.save(update_fields=["state"])


def end_valid(*, child_id: UUID, at: datetime) -> None:
    """No assessment has to be current for a child who is not open (cases.reactions)."""
    for part in current_parts().filter(child__in=records_of(person_ids=[child_id])):
        clocks.stop(
            "CFA-VALID",
            assessment_id=part.assessment_id,
            child_id=part.child_id,
            at=at,
            reason=ClockStop.NOT_NEEDED,
        )


def _keep_household(assessment: Assessment, household: Sequence[HouseholdLine], on: date) -> None:
    """Write down who belonged to the household that was considered, children and adults."""
    lines = {line.child_id: line for line in household}
    own = assessment.children.filter(taken_out_at__isnull=True).values_list("child_id", flat=True)
    members = {member.person_id: member.role for member in members_of(person_ids=list(own), on=on)}
    for child_id in lines:
        members.setdefault(child_id, "")
    AssessmentMember.objects.bulk_create(
        _member(assessment, person_id, role, lines.get(person_id))
        for person_id, role in sorted(members.items(), key=lambda item: str(item[0]))
    )


def _member(
    assessment: Assessment, person_id: UUID, role: str, line: HouseholdLine | None
) -> AssessmentMember:
    if line is None:
        return AssessmentMember(
            assessment=assessment, person_id=person_id, role=role, is_child=False
        )
    return AssessmentMember(
        assessment=assessment,
        person_id=person_id,
        role=role,
        is_child=True,
        accounted_by=line.accounted_by or "",
        part=line.part,
        because=line.because,
        passed_to=line.passed_to,
    )


def _stop_clocks(
    assessment: Assessment, parts: Sequence[Part], at: datetime, *, late_reason: str, by: User
) -> None:
    for clock in record_clocks.running(subject_ids=[assessment.pk]):
        if clock.rule in TO_AUTHORISE:
            clocks.stop(
                clock.rule,
                assessment_id=assessment.pk,
                child_id=clock.child_id,
                at=at,
                late_reason=late_reason if clock.due_at < at else "",
            )
    clocks.stop("CFA-SUBMIT", assessment_id=assessment.pk, at=at)
    record_clocks.stop_all(subject_id=assessment.pk, at=at)
    for part in parts:
        clocks.start_valid(part.row, at=at, by=by)
    clocks.place(assessment)
