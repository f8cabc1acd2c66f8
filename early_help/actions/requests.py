"""A request for early help: from the MASH, as a step-down, or directly (decisions.md 77)."""

from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Greatest

from accounts.models import Team, User
from accounts.permissions import Authority, Permission, require
from cases import actions as case_actions
from cases import holding
from cases.actions.contacts import who_is
from cases.choices import ConsentState, HandoverKind, InvolvementKind, Level, WorkerRole
from cases.models import Allocation, Handover
from cases.stated import Stated
from early_help import clocks
from early_help.actions import agreement, rules, telling
from early_help.choices import DIRECT, AskedBy, Ending, EpisodeState, TellAbout
from early_help.models import Episode, EpisodeChild, Offer
from lib import application_clock
from people import actions as people_actions
from people import matching
from people.choices import HouseholdRole, Stage
from people.models import HouseholdMembership, Person
from record import once
from record.errors import Refused

KINDS = {HandoverKind.EARLY_HELP: AskedBy.MASH, HandoverKind.STEP_DOWN: AskedBy.STEP_DOWN}


class AlreadyHelped(Refused):
    """One of the children has early help already; the message names the child."""


@transaction.atomic
@matching.refreshing_once()
def request_help(
    *,
    by: User,
    at: datetime,
    asked_by: AskedBy,
    children: Sequence[Stated],
    adults: Sequence[Stated] = (),
    reasons: str,
    family_wants: str,
    level: str,
    safety: str = "",
    asker_agency_id: UUID | None = None,
    asker_agency_name: str = "",
    asker_name: str = "",
    asker_role: str = "",
    asker_phone: str = "",
    asker_email: str = "",
    agreed: dict[str, Any] | None = None,
    token: UUID | None = None,
) -> Episode:
    """Record what a school, a health service or the family itself asks for; no contact.

    From now on early help holds the children, unless somebody already does. EH-SCR starts.

    :param at: when they asked
    :param agreed: what a parent said, as `agreement.write` takes it; left out, nobody was asked
    :raises PermissionDenied: `by` may not work on early help
    :raises AlreadyHelped: a child has early help already
    :raises Refused: what is missing, in words
    """
    authority = require(by, Permission.EARLY_HELP_WORK, at=at)
    once.claim(token, user=by, action="early_help.request_help")
    if at > application_clock.now():
        raise Refused("This time has not come yet. Enter when they asked.", field="at")
    if asked_by not in DIRECT:
        raise Refused("Say who asks.", field="asked_by")
    if not children:
        raise Refused("Enter at least one child.")
    if level not in (Level.ADDITIONAL, Level.TARGETED):
        raise Refused("Early help is level 2 or 3.", field="level")
    if not reasons.strip():
        raise Refused("Say why help is asked for.", field="reasons")
    if not family_wants.strip():
        raise Refused("Say what the family wants.", field="family_wants")
    team = rules.team_for(by, at)
    people = [who_is(each, by=by, at=at, right=Permission.EARLY_HELP_WORK) for each in children]
    grown = [who_is(each, by=by, at=at, right=Permission.EARLY_HELP_WORK) for each in adults]
    _gather([*zip(people, children, strict=True), *zip(grown, adults, strict=True)], by=by, at=at)
    episode = _open(
        authority=authority,
        at=at,
        team=team,
        asked_by=asked_by,
        child_ids=[person.pk for person in people],
        reasons=reasons,
        family_wants=family_wants,
        level=level,
        safety=safety,
        asker_agency_id=asker_agency_id,
        asker_agency_name=asker_agency_name,
        asker_name=asker_name,
        asker_role=asker_role,
        asker_phone=asker_phone,
        asker_email=asker_email,
        asked_through=by,
    )
    for person in people:
        holding.start(
            child_id=person.pk,
            kind=InvolvementKind.EARLY_HELP,
            subject_id=episode.keeps_open_as,
            at=at,
            team=team,
            authority=authority,
        )
    clocks.start("EH-SCR", on=episode, started_at=at, by=by)
    if agreed is not None:
        agreement.write(
            episode,
            by=by,
            at=at,
            child_ids=[person.pk for person in people],
            state=ConsentState.GIVEN,
            **agreed,
        )
    if team.manager_id != by.pk:
        rules.notify(team.manager_id, "requested", episode, at=at)
    once.finish(token, episode.pk)
    return episode


def open_offered(*, handover: Handover, authority: Authority) -> None:
    """Open the episode of an offer from the MASH or a step-down (handover_offered)."""
    asked_by = KINDS.get(HandoverKind(handover.kind))
    if asked_by is None:
        return
    offered = list(handover.children.order_by("child_id"))
    levels = [row.level for row in offered if row.level]
    episode = _open(
        authority=authority,
        at=handover.offered_at,
        team=handover.to_team,
        asked_by=asked_by,
        child_ids=[row.child_id for row in offered],
        reasons=handover.reason,
        level=max(levels, default=Level.TARGETED if asked_by == AskedBy.STEP_DOWN else ""),
        comes_back_if=handover.note,
        handover=handover,
        contact=handover.contact,
    )
    agreement.copy_from_contact(episode, child_ids=[row.child_id for row in offered])


def end_withdrawn(*, handover: Handover, authority: Authority) -> None:
    """End the episode of an offer that was taken back (handover_withdrawn)."""
    if handover.kind not in KINDS:
        return
    episode = Episode.objects.select_for_update().filter(handover=handover, ended_at=None).first()
    if episode is not None:
        close(
            episode,
            authority=authority,
            at=handover.answered_at or application_clock.now(),
            ending=Ending.WITHDRAWN,
            note=handover.answer_reason,
        )


@transaction.atomic
def return_request(*, by: User, at: datetime, episode_id: UUID, reason: str) -> Episode:
    """Give a request back to whoever asked, with the reason; a sender of ours still holds."""
    episode, authority = rules.begin(
        by, Permission.EARLY_HELP_SCREEN, at, episode_id, with_offer=True
    )
    rules.refuse_unless(episode, [EpisodeState.REQUESTED], "A request can be returned")
    if not reason.strip():
        raise Refused(
            "Say why you return this, and what would have to be different.", field="reason"
        )
    if episode.handover is not None:
        case_actions.give_back(episode.handover, authority=authority, at=at, reason=reason)
    telling.owe(episode, TellAbout.RETURNED, at=at, by=by)
    return close(episode, authority=authority, at=at, ending=Ending.RETURNED, note=reason)


def give_step_down_back(episode: Episode, *, authority: Authority, at: datetime, why: str) -> None:
    """Give a step-down whose help has not started back to its sender, who still holds.

    The caller has locked the offer with the episode.
    """
    if episode.asked_by == AskedBy.STEP_DOWN and episode.handover is not None:
        case_actions.give_back(episode.handover, authority=authority, at=at, reason=why)


def close(
    episode: Episode,
    *,
    authority: Authority,
    at: datetime,
    ending: Ending,
    note: str,
    carries_on: str = "",
) -> Episode:
    """End a locked episode: its children are no longer kept open by it, its limits stop."""
    ending = Ending(ending)
    child_ids = rules.children(episode)
    at = max(at, episode.requested_at)
    holding.lock(child_ids)
    episode.state = EpisodeState.DECLINED if ending == Ending.DECLINED else EpisodeState.CLOSED
    episode.ended_at = at
    episode.ending = ending
    episode.ending_note = note
    episode.carries_on = carries_on
    rules.save(episode, "state", "ended_at", "ending", "ending_note", "carries_on")
    rules.append(
        "ended", episode, authority=authority, at=at, child_ids=child_ids, ending=str(ending)
    )
    end_children(episode, child_ids, at=at, because=str(ending.label))
    _take_offers_back(episode, by=authority.user, at=at)
    clocks.stop_all(on=episode, at=at, except_codes=("EH-FB",))
    return episode


def _take_offers_back(episode: Episode, *, by: User, at: datetime) -> None:
    """Nobody answers an offer to a family whose early help is over."""
    for offer in Offer.objects.filter(episode=episode, answer=""):
        offer.answer = Offer.Answer.WITHDRAWN
        offer.answered_at = max(at, offer.at)
        offer.answered_by = by
        offer.save(update_fields=["answer", "answered_at", "answered_by"])


def end_children(
    episode: Episode, child_ids: Collection[UUID], *, at: datetime, because: str
) -> None:
    """Let these children go: the episode no longer keeps them open."""
    for row in EpisodeChild.objects.filter(
        episode=episode, child__in=child_ids, ended_at=None
    ).order_by("child_id"):
        row.ended_at = max(at, row.from_at)
        row.ended_because = because
        row.save(update_fields=["ended_at", "ended_because"])
        Allocation.objects.filter(child=row.child_id, role=WorkerRole.HELPER, to_at=None).update(
            to_at=Greatest(F("from_at"), Value(at))
        )
        holding.end(
            child_id=row.child_id,
            kind=InvolvementKind.EARLY_HELP,
            subject_id=episode.keeps_open_as,
            at=at,
        )


def _open(
    *,
    authority: Authority,
    at: datetime,
    team: Team,
    asked_by: AskedBy,
    child_ids: Collection[UUID],
    **facts: Any,
) -> Episode:
    child_ids = sorted(set(child_ids))
    holding.lock(child_ids)
    helped = EpisodeChild.objects.filter(child__in=child_ids, ended_at=None)
    with_help = list(helped.values_list("child_id", flat=True))
    if with_help:
        raise AlreadyHelped(
            f"{rules.names(with_help)} {'has' if len(with_help) == 1 else 'have'}"
            " early help already that has not ended."
            " Add what is new to that."
        )
    episode = Episode.objects.create(
        asked_by=asked_by,
        requested_at=at,
        team=team,
        recorded_at=application_clock.now(),
        **facts,
    )
    EpisodeChild.objects.bulk_create(
        EpisodeChild(
            episode=episode, child_id=child_id, from_at=at, recorded_at=application_clock.now()
        )
        for child_id in child_ids
    )
    rules.append(
        "requested",
        episode,
        authority=authority,
        at=at,
        child_ids=child_ids,
        asked_by=str(asked_by),
    )
    return episode


def _gather(people: Sequence[tuple[Person, Stated]], *, by: User, at: datetime) -> None:
    """Let the family stand in one household, at the address where one was given."""
    household_id: UUID | None = None
    for person, _stated in people:
        household_id = household_id or (
            HouseholdMembership.objects.filter(person=person, to_on=None)
            .order_by("-recorded_at", "pk")
            .values_list("household_id", flat=True)
            .first()
        )
    for person, stated in people:
        if stated.address_line or stated.postcode:
            with suppress(people_actions.NothingChanged):
                people_actions.move(
                    by=by,
                    at=at,
                    person_ids=[person.pk],
                    line=stated.address_line,
                    postcode=stated.postcode,
                    source=stated.source,
                )
        if stated.household_role is None:
            continue
        if household_id is None:
            household_id = people_actions.create_household(
                by=by, at=at, line=stated.address_line, postcode=stated.postcode
            ).pk
        with suppress(people_actions.AlreadyMember):
            people_actions.join_household(
                by=by,
                at=at,
                household_id=household_id,
                person_id=person.pk,
                role=HouseholdRole.UNBORN
                if person.stage == Stage.UNBORN
                else stated.household_role,
                source=stated.source,
            )
