"""Missing children: what a notice says, the episode, and the interview after the return.

A notice on a contact opens the episode; a worker opens one from the child's page. A strategy
discussion is considered once one of the criteria of domain.md 2.14 holds: graded high, under 13,
three episodes in 90 days, or missing for more than 24 hours. RHI-72 runs day and night from the
return (Statutory guidance on children who run away or go missing from home or care, 2014).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from accounts.models import User
from accounts.permissions import Authority, Permission, require
from cases.actions.changes import correct_learned
from cases.actions.contacts import children_of, lock_contact, touch
from cases.choices import Mark, SignalKind
from cases.family_changes import raise_for_missing
from cases.models import Contact, Signal
from lib import application_clock
from lib.working_days import london_date
from mash.models import MissingEpisode, MissingNotice, ReturnInterview, ReturnInterviewOffer
from people.models import Person
from people.queries import records_of
from record import clocks, events, once, policy
from record.errors import Clash, Refused
from record.models import ClockStop

State = MissingEpisode.State
Interview = ReturnInterview.State
MISSING: Final = (State.REPORTED, State.OPEN)
FINAL: Final = (Interview.DECLINED, Interview.COMPLETED, Interview.NOT_POSSIBLE)


class AlreadyMissing(Refused):
    """An episode of this child is open: what is new belongs to it."""


@transaction.atomic
def record_missing(
    *, by: User, at: datetime, contact_id: UUID, child_id: UUID, **facts: Any
) -> MissingNotice:
    """Keep what was reported about a missing child, and open or end the child's episode.

    An earlier time that nobody can trace is kept as claimed, opens nothing, and counts.
    """
    authority = require(by, Permission.CONTACT_EDIT)
    contact = lock_contact(contact_id, by)
    if child_id not in set(children_of(contact)):
        raise Refused("This child is not on the contact.")
    since, returned = facts.get("missing_since"), facts.get("returned_at")
    if since is not None and since > application_clock.now():
        raise Refused("The time the child went missing is in the future.")
    if since is not None and returned is not None and returned < since:
        raise Refused("The return is before the child went missing.")
    notice = MissingNotice.objects.create(
        contact=contact,
        child_id=child_id,
        recorded_at=application_clock.now(),
        recorded_by=by,
        **facts,
    )
    if Mark.MISSING not in contact.marks:
        contact.marks = [*contact.marks, Mark.MISSING.value]
    touch(contact)
    contact.save(update_fields=["marks", "version", "changed_at"])
    events.append(
        "mash.missing_notice",
        authority=authority,
        at=at,
        subject_kind="contact",
        subject_id=contact.pk,
        children=[child_id],
    )
    if not notice.is_claimed_only:
        _follow_notice(notice, contact, authority, at)
    return notice


def _follow_notice(
    notice: MissingNotice, contact: Contact, authority: Authority, at: datetime
) -> None:
    """Open the episode the notice tells of, or add to the one that is open."""
    _lock(notice.child_id)
    episode = _open_episode(notice.child_id)
    since = notice.missing_since
    if episode is not None and since is not None and since > episode.reported_at:
        # Missing anew, so back in between: nobody recorded when, and this is the latest moment.
        _return(episode, authority, at, returned_at=since, is_return_known=False)
        episode = None
    if episode is not None and notice.grade and notice.grade != episode.grade:
        episode.grade = notice.grade
        _save(episode, "grade")
    if episode is None:
        began = since or notice.reported_at or notice.returned_at
        if began is None or (since is None and notice.returned_at is None):
            return  # too little to say when it began; the contact keeps the words
        episode = _begin(
            authority=authority,
            at=at,
            child_id=notice.child_id,
            contact=contact,
            notice=notice,
            missing_since=began,
            reported_at=max(began, notice.reported_at or contact.received_at),
            reported_by=notice.reported_by,
            reference=notice.reference,
            grade=notice.grade,
            missing_from=notice.missing_from,
            circumstances=notice.circumstances,
        )
    if notice.returned_at is not None:
        _return(
            episode,
            authority,
            at,
            returned_at=max(notice.returned_at, episode.missing_since),
            where_found=notice.where_found,
        )


def follow_receipt_of_missing(*, contact: Contact, by: User, at: datetime) -> None:
    """Episodes that a contact reported were reported when it came in (cases.reactions).

    Unless the notice says itself when that was.
    """
    for episode in (
        MissingEpisode.objects.select_for_update(of=("self",))
        .select_related("notice")
        .filter(contact=contact)
        .order_by("pk")
    ):
        if episode.notice is None or episode.notice.reported_at is None:
            episode.reported_at = max(episode.missing_since, contact.received_at)
            _save(episode, "reported_at")
        for clock in clocks.of_subjects(subject_ids=[episode.pk]):
            is_right = clock.started_at == contact.received_at
            if clock.rule == "MIS-SCR" and not is_right and clock.stop_reason != ClockStop.REPLACED:
                clocks.correct_start(
                    subject_id=episode.pk,
                    child_id=episode.child_id,
                    was=clock.started_at,
                    started_at=contact.received_at,
                    by=by,
                )
        correct_learned(
            source_kind="missing_episode",
            source_ids=[episode.pk],
            learned_at=contact.received_at,
            by=by,
        )


@transaction.atomic
def report_missing(
    *,
    by: User,
    at: datetime,
    child_id: UUID,
    missing_since: datetime,
    reported_at: datetime | None = None,
    token: UUID | None = None,
    **facts: Any,
) -> MissingEpisode:
    """Open an episode from a child's page, without a contact.

    :param facts: reported_by, reference, grade, missing_from, is_from_care, circumstances, kind
    :raises PermissionDenied: `by` may not record missing episodes
    :raises Person.DoesNotExist: `by` may not read the child's record
    :raises AlreadyMissing: an episode of this child is open
    """
    authority = require(by, Permission.MISSING_RECORD, at=at)
    once.claim(token, user=by, action="mash.report_missing")
    child = Person.objects.visible_to(by).get(pk=child_id)
    _lock(child.pk)
    if missing_since > at:
        raise Refused("The time the child went missing is in the future.", field="missing_since")
    if reported_at is not None and reported_at < missing_since:
        raise Refused("It was reported before the child went missing.", field="reported_at")
    if _open_episode(child.pk) is not None:
        raise AlreadyMissing(f"{child.name} is already recorded as missing. Add to that episode.")
    episode = _begin(
        authority=authority,
        at=at,
        child_id=child.pk,
        contact=None,
        notice=None,
        missing_since=missing_since,
        reported_at=reported_at or at,
        **facts,
    )
    once.finish(token, episode.pk)
    return episode


def _begin(
    *,
    authority: Authority,
    at: datetime,
    child_id: UUID,
    contact: Contact | None,
    notice: MissingNotice | None,
    missing_since: datetime,
    reported_at: datetime,
    **facts: Any,
) -> MissingEpisode:
    episode = MissingEpisode.objects.create(
        child_id=child_id,
        contact=contact,
        notice=notice,
        missing_since=missing_since,
        reported_at=reported_at,
        recorded_at=application_clock.now(),
        recorded_by=authority.user,
        **facts,
    )
    now = application_clock.now()
    Signal.objects.get_or_create(
        child_id=child_id,
        kind=SignalKind.MISSING,
        source_id=episode.pk,
        defaults={"source_kind": "missing_episode", "at": missing_since, "recorded_at": now},
    )
    start = contact.received_at if contact else reported_at
    _start("MIS-SCR", episode, start, authority)
    if not reasons_for_discussion(episode, at=reported_at):
        _start("MIS-SD-24H", episode, missing_since, authority)
    for earlier in ReturnInterview.objects.filter(
        episode__child__in=records_of(person_ids=[child_id]),
        state__in=[Interview.TO_BE_OFFERED, Interview.OFFERED, Interview.ACCEPTED],
    ).exclude(episode=episode):
        earlier.missing_again = episode
        earlier.save(update_fields=["missing_again"])
    _tell("mash.missing_opened", episode, authority, at, {"grade": episode.grade})
    raise_for_missing(
        child_id=child_id,
        episode_id=episode.pk,
        missing_since=missing_since,
        reported_at=start,
        is_grave=bool(reasons_for_discussion(episode, at=reported_at)),
        authority=authority,
        at=at,
    )
    return episode


def reasons_for_discussion(episode: MissingEpisode, *, at: datetime) -> list[str]:
    """Say which criteria for a strategy discussion hold at a moment, in words."""
    found = []
    if episode.grade == MissingNotice.Grade.HIGH:
        found.append("The police graded it high")
    born = episode.child.date_of_birth
    if born is not None:
        on = london_date(episode.missing_since)
        if on.year - born.year - ((on.month, on.day) < (born.month, born.day)) < 13:
            found.append("The child is under 13")
    days = policy.value("MIS-REPEAT-DAYS", at=at)
    number = episodes_within(episode, days=days)
    if number >= policy.value("MIS-REPEAT", at=at):
        found.append(f"{number} episodes within {days} days")
    until = episode.returned_at or at
    if until - episode.missing_since > timedelta(hours=24):
        found.append("Missing for more than 24 hours")
    return found


def episodes_within(episode: MissingEpisode, *, days: int) -> int:
    """Count this child's episodes in the days up to this one, it and claimed ones included."""
    ids = records_of(person_ids=[episode.child_id])
    since = episode.missing_since - timedelta(days=days)
    known = MissingEpisode.objects.filter(
        child__in=ids, missing_since__gte=since, missing_since__lte=episode.missing_since
    )
    references = set(known.exclude(reference="").values_list("reference", flat=True))
    claimed = (
        MissingNotice.objects.filter(
            child__in=ids,
            is_claimed_only=True,
            contact__received_at__gte=since,
        )
        .exclude(reference__in=references)
        .count()
    )
    return known.count() + claimed


@transaction.atomic
def screen_missing(
    *,
    by: User,
    at: datetime,
    episode_id: UUID,
    exploitation: str,
    earlier: str,
    siblings: str,
    places: str,
    version: int | None = None,
) -> MissingEpisode:
    """Record the front door's screening: exploitation, earlier episodes, siblings, places.

    :raises Refused: something was not thought about, or it has been screened
    """
    authority = require(by, Permission.MISSING_RECORD, at=at)
    episode = _locked(episode_id, by, version)
    if episode.screened_at is not None:
        raise Refused("This episode has been screened.")
    for name, value, asked in (
        ("exploitation", exploitation, "Say what points to exploitation, or that nothing does"),
        ("earlier", earlier, "Say what is known of earlier episodes"),
        ("siblings", siblings, "Say what this means for brothers and sisters"),
        ("places", places, "Say which places and people are known"),
    ):
        if not value.strip():
            raise Refused(f"{asked}.", field=name)
        setattr(episode, name, value)
    episode.screened_at = at
    episode.screened_by = by
    if episode.state == State.REPORTED:
        episode.state = State.OPEN
    _save(
        episode,
        "exploitation",
        "earlier",
        "siblings",
        "places",
        "screened_at",
        "screened_by",
        "state",
    )
    _stop("MIS-SCR", episode, at)
    _tell("mash.missing_screened", episode, authority, at)
    return episode


@transaction.atomic
def decide_discussion(
    *, by: User, at: datetime, episode_id: UUID, is_needed: bool, why: str
) -> MissingEpisode:
    """Decide whether a strategy discussion is held about this episode, and why.

    :raises PermissionDenied: `by` may not decide about missing children
    """
    authority = require(by, Permission.MISSING_DECIDE, at=at)
    episode = _locked(episode_id, by)
    if not why.strip():
        raise Refused("Say why, naming what was reported.", field="why")
    episode.needs_discussion = is_needed
    episode.discussion_why = why
    episode.discussion_by = by
    episode.discussion_at = at
    _save(episode, "needs_discussion", "discussion_why", "discussion_by", "discussion_at")
    _stop("MIS-SD-24H", episode, at)
    _tell("mash.missing_discussion", episode, authority, at, {"is_needed": is_needed})
    return episode


@transaction.atomic
def record_return(
    *,
    by: User,
    at: datetime,
    episode_id: UUID,
    returned_at: datetime,
    where_found: str = "",
    safe_and_well: str = "",
    harm: str = "",
    version: int | None = None,
) -> MissingEpisode:
    """Record the return; RHI-72 starts at the moment of the return.

    :raises Refused: returned already, before going missing, or in the future
    """
    authority = require(by, Permission.MISSING_RECORD, at=at)
    episode = _locked(episode_id, by, version)
    if episode.returned_at is not None:
        raise Refused("The return of this episode is recorded already.")
    if returned_at < episode.missing_since:
        raise Refused("The return is before the child went missing.", field="returned_at")
    if returned_at > at:
        raise Refused("The return is in the future.", field="returned_at")
    _return(
        episode,
        authority,
        at,
        returned_at=returned_at,
        where_found=where_found,
        safe_and_well=safe_and_well,
        harm=harm,
    )
    return episode


def _return(episode: MissingEpisode, authority: Authority, at: datetime, **facts: Any) -> None:
    for name, value in facts.items():
        setattr(episode, name, value)
    episode.state = State.RETURNED
    _save(episode, "state", *facts)
    ReturnInterview.objects.create(episode=episode, recorded_at=application_clock.now())
    _stop("MIS-SD-24H", episode, at, reason="not_needed")
    _start("RHI-72", episode, episode.returned_at or at, authority)
    _tell("mash.missing_returned", episode, authority, at)


@transaction.atomic
def offer_interview(
    *,
    by: User,
    at: datetime,
    episode_id: UUID,
    how: str,
    independent: str,
    independent_why: str,
    answer: str = "",
    is_accepted: bool = False,
    token: UUID | None = None,
) -> ReturnInterview:
    """Record one attempt to offer the interview, by somebody independent and why they are."""
    authority = require(by, Permission.MISSING_RECORD, at=at)
    once.claim(token, user=by, action="mash.offer_interview")
    episode, interview = _locked_interview(episode_id, by, at)
    for name, value, asked in (
        ("how", how, "Say how it was offered"),
        ("independent", independent, "Say who would hold the interview"),
        ("independent_why", independent_why, "Say why this person is independent"),
    ):
        if not value.strip():
            raise Refused(f"{asked}.", field=name)
    ReturnInterviewOffer.objects.create(
        interview=interview,
        at=at,
        how=how,
        answer=answer,
        by=by,
        recorded_at=application_clock.now(),
    )
    interview.independent = independent
    interview.independent_why = independent_why
    interview.state = Interview.ACCEPTED if is_accepted else Interview.OFFERED
    interview.save(update_fields=["independent", "independent_why", "state"])
    _tell("mash.interview_offered", episode, authority, at, {"is_accepted": is_accepted})
    once.finish(token, episode.pk)
    return interview


@transaction.atomic
def complete_interview(
    *,
    by: User,
    at: datetime,
    episode_id: UUID,
    held_at: datetime,
    words: str,
    shared_with: str,
    **told: str,
) -> ReturnInterview:
    """Record the interview: the child's own account, and with whom it was shared.

    :param told: push_factors, pull_factors, where, with_whom, harm, would_help, planned
    :raises Refused: no account, nobody told, not offered, or before the return
    """
    authority = require(by, Permission.MISSING_RECORD, at=at)
    episode, interview = _locked_interview(episode_id, by, at)
    if not interview.independent:
        raise Refused("Record first who offered the interview and why they are independent.")
    if episode.returned_at is not None and held_at < episode.returned_at:
        raise Refused("The interview is before the return.", field="held_at")
    if held_at > at:
        raise Refused("The interview is in the future.", field="held_at")
    if not words.strip():
        raise Refused("Write the child's own account.", field="words")
    if not shared_with.strip():
        raise Refused("Say with whom it was shared: the police, the MASH.", field="shared_with")
    interview.state = Interview.COMPLETED
    interview.held_at = held_at
    interview.words = words
    interview.shared_with = shared_with
    for name, value in told.items():
        setattr(interview, name, value)
    _end_interview(interview, episode, authority, at, "mash.interview_completed", held_at, told)
    return interview


@transaction.atomic
def end_interview(
    *,
    by: User,
    at: datetime,
    episode_id: UUID,
    is_declined: bool,
    because: str,
    carers_view: str,
    intelligence: str,
) -> ReturnInterview:
    """Record that the interview was declined or was not possible; what is known is passed on.

    :raises Refused: no reason, the carer was not asked, or a declined one was never offered
    """
    authority = require(by, Permission.MISSING_RECORD, at=at)
    episode, interview = _locked_interview(episode_id, by, at)
    if is_declined and not interview.offers.exists():
        raise Refused("Record first when and how the interview was offered.")
    for name, value, asked in (
        ("because", because, "Say why there is no interview"),
        ("carers_view", carers_view, "Say what the carer says, or why nobody could be asked"),
        ("intelligence", intelligence, "Say what was passed on to the police, or that nothing was"),
    ):
        if not value.strip():
            raise Refused(f"{asked}.", field=name)
    interview.state = Interview.DECLINED if is_declined else Interview.NOT_POSSIBLE
    interview.ended_at = at
    interview.ended_because = because
    interview.carers_view = carers_view
    interview.intelligence = intelligence
    code = "mash.interview_declined" if is_declined else "mash.interview_not_possible"
    _end_interview(interview, episode, authority, at, code, at, {})
    return interview


def _end_interview(
    interview: ReturnInterview,
    episode: MissingEpisode,
    authority: Authority,
    at: datetime,
    code: str,
    met_at: datetime,
    told: dict[str, str],
) -> None:
    interview.recorded_by = authority.user
    interview.save(
        update_fields=[
            "state",
            "held_at",
            "words",
            "shared_with",
            "ended_at",
            "ended_because",
            "carers_view",
            "intelligence",
            "recorded_by",
            *told,
        ]
    )
    _stop("RHI-72", episode, met_at)
    _tell(code, episode, authority, at)


@transaction.atomic
def close_missing(
    *,
    by: User,
    at: datetime,
    episode_id: UUID,
    risk_decision: str,
    for_the_others: str,
    version: int | None = None,
) -> MissingEpisode:
    """Close an episode: a manager's decision about risk, for this child and the others at home.

    :raises Refused: still missing, not screened, the interview is open, a criterion for a
        strategy discussion holds and nobody decided, or a reason is missing
    """
    authority = require(by, Permission.MISSING_DECIDE, at=at)
    episode = _locked(episode_id, by, version)
    name = episode.child.name
    if episode.state == State.CLOSED:
        raise Refused("This episode is closed.")
    if episode.returned_at is None:
        raise Refused(f"{name} is still missing. Record the return first.")
    if episode.screened_at is None:
        raise Refused("Nobody has screened this episode yet.")
    if episode.interview.state not in FINAL:
        raise Refused(f"The return interview with {name} is neither held nor ended with a reason.")
    reasons = reasons_for_discussion(episode, at=at)
    if reasons and episode.needs_discussion is None:
        raise Refused(
            f"Decide first whether a strategy discussion is needed: {'; '.join(reasons).lower()}."
        )
    if not risk_decision.strip():
        raise Refused("Say what you decided about risk, and why.", field="risk_decision")
    if not for_the_others.strip():
        raise Refused("Say what this means for each other child at home.", field="for_the_others")
    episode.state = State.CLOSED
    episode.risk_decision = risk_decision
    episode.for_the_others = for_the_others
    episode.closed_at = at
    episode.closed_by = by
    episode.closed_for = authority.acting_for
    _save(
        episode,
        "state",
        "risk_decision",
        "for_the_others",
        "closed_at",
        "closed_by",
        "closed_for",
    )
    clocks.stop_all(subject_id=episode.pk, at=at)
    _tell("mash.missing_closed", episode, authority, at)
    return episode


# Writing it down --------------------------------------------------------------------------------


def _lock(child_id: UUID) -> None:
    list(Person.objects.filter(pk=child_id).select_for_update(no_key=True).values("pk"))


def _open_episode(child_id: UUID) -> MissingEpisode | None:
    return (
        MissingEpisode.objects.select_for_update(of=("self",))
        .select_related("child")
        .filter(child__in=records_of(person_ids=[child_id]), returned_at__isnull=True)
        .first()
    )


def _locked(episode_id: UUID, by: User, version: int | None = None) -> MissingEpisode:
    episode = (
        MissingEpisode.objects.select_for_update(of=("self",))
        .select_related("child")
        .get(pk=episode_id, child__in=Person.objects.visible_to(by))
    )
    if version is not None and episode.version != version:
        raise Clash("Somebody changed this episode while you were writing. Read it, then record.")
    return episode


def _locked_interview(
    episode_id: UUID, by: User, at: datetime
) -> tuple[MissingEpisode, ReturnInterview]:
    episode = _locked(episode_id, by)
    if episode.returned_at is None:
        raise Refused(f"{episode.child.name} is still missing. Record the return first.")
    interview = ReturnInterview.objects.select_for_update().get(episode=episode)
    if interview.state in FINAL:
        raise Refused(f"The interview is over: {interview.get_state_display().lower()}.")
    return episode, interview


def _save(episode: MissingEpisode, *fields: str) -> None:
    episode.version += 1
    episode.save(update_fields=[*fields, "version"])


def _start(rule: str, episode: MissingEpisode, started_at: datetime, authority: Authority) -> None:
    clocks.start(
        rule,
        subject_kind="missing_episode",
        subject_id=episode.pk,
        started_at=started_at,
        by=authority.user,
        child_id=episode.child_id,
    )


def _stop(rule: str, episode: MissingEpisode, at: datetime, *, reason: str = "met") -> None:
    clocks.stop(rule, subject_id=episode.pk, at=at, child_id=episode.child_id, reason=reason)


def _tell(
    code: str,
    episode: MissingEpisode,
    authority: Authority,
    at: datetime,
    data: dict[str, Any] | None = None,
    children: Sequence[UUID] = (),
) -> None:
    events.append(
        code,
        authority=authority,
        at=at,
        subject_kind="missing_episode",
        subject_id=episode.pk,
        children=children or [episode.child_id],
        data=data,
    )
