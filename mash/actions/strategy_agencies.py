"""Which agencies a strategy discussion asks, what they reply and contribute in writing.

What an agency contributes after a discussion that was held without it ends SD-QUORUM.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.choices import AgencyKind
from accounts.models import PartnerAgency, User
from accounts.permissions import Authority, Permission, require
from cases import family_changes
from cases.choices import Reliability, Sharing
from cases.models import MeetingContribution, MeetingPart
from lib import application_clock
from mash.actions.strategy import (
    children_of_discussion,
    kind_of,
    lock_discussion,
    parts_of,
    tell,
    tell_user,
)
from mash.models import StrategyDiscussion
from record import clocks as record_clocks
from record import outbox
from record.errors import Refused

#: Agencies without which a discussion is not quorate (Working Together, chapter 3).
MUST_TAKE_PART = (AgencyKind.POLICE, AgencyKind.HEALTH)
IN_THE_PORTAL = "In the portal"


@dataclass(frozen=True, kw_only=True)
class Invitation:
    """One agency, and what it is asked to bring."""

    agency_id: UUID
    asked: str


@transaction.atomic
def invite_agencies(
    *, by: User, at: datetime, discussion_id: UUID, invitations: Sequence[Invitation]
) -> list[MeetingPart]:
    """Ask agencies to a discussion; each can contribute in writing beforehand.

    An agency asked after it was held stands as absent, not having been asked.

    :raises Refused: nobody chosen, nothing asked of one, or one is asked already
    """
    authority = require(by, Permission.STRATEGY_CALL, at=at)
    discussion = lock_discussion(discussion_id, by)
    if discussion.state == StrategyDiscussion.State.CANCELLED:
        raise Refused("This discussion was called off.")
    if not invitations:
        raise Refused("Choose at least one agency.", field="agencies")
    agencies = PartnerAgency.objects.in_bulk([each.agency_id for each in invitations])
    known = {part.agency_id for part in parts_of(discussion)}
    now = application_clock.now()
    parts = []
    for each in invitations:
        agency = agencies[each.agency_id]
        if each.agency_id in known:
            raise Refused(f"{agency.name} has been asked already.", field="agencies")
        if not each.asked.strip():
            raise Refused(f"Say what {agency.name} is asked to bring.", field="agencies")
        is_after = discussion.held_at is not None
        parts.append(
            MeetingPart(
                kind=kind_of(discussion),
                meeting_id=discussion.pk,
                meeting_at=discussion.held_at,
                has_attended=False if is_after else None,
                absent_because="Asked after the discussion" if is_after else "",
                agency=agency,
                asked=each.asked,
                invited_at=at,
                invited_by=by,
                recorded_at=now,
            )
        )
    MeetingPart.objects.bulk_create(parts)
    for part in parts:
        _send(part, "discussion.invited", at)
    tell(
        "mash.discussion_invited",
        discussion,
        authority,
        at,
        children_of_discussion(discussion),
        {"agency_ids": ",".join(sorted(str(part.agency_id) for part in parts))},
    )
    return parts


@transaction.atomic
def reply_for_own_agency(
    *, by: User, at: datetime, part_id: UUID, reply: str, note: str = ""
) -> MeetingPart:
    """Say whether one's own agency will take part; who cannot says why. Sent again it stands.

    :raises MeetingPart.DoesNotExist: another agency was asked
    """
    require(by, Permission.STRATEGY_ATTEND_FOR_AGENCY, at=at)
    part, discussion = _own_part(part_id, by)
    if reply not in MeetingPart.Reply.values:
        raise Refused("Say whether you will take part.", field="reply")
    if reply == MeetingPart.Reply.NOT_COMING and not note.strip():
        raise Refused("Say why you cannot take part, and who else could.", field="note")
    if discussion.state != StrategyDiscussion.State.CALLED:
        raise Refused("The discussion is over. You can still contribute in writing.")
    if (part.reply, part.reply_note) == (reply, note):
        return part
    part.reply, part.reply_note, part.replied_at = reply, note, at
    part.save(update_fields=["reply", "reply_note", "replied_at"])
    if reply == MeetingPart.Reply.NOT_COMING:
        tell_user(discussion.chair, "discussion.not_coming", discussion, at=at)
    return part


@transaction.atomic
def contribute_for_own_agency(
    *,
    by: User,
    at: datetime,
    part_id: UUID,
    author: str,
    information: str,
    reliability: str,
    sharing: str,
) -> MeetingContribution:
    """Contribute in writing for one's own agency; the discussion itself stays unseen.

    :raises MeetingPart.DoesNotExist: another agency was asked
    """
    authority = require(by, Permission.STRATEGY_ATTEND_FOR_AGENCY, at=at)
    part, discussion = _own_part(part_id, by)
    return _contribute(
        part,
        discussion,
        authority,
        at,
        author=author,
        information=information,
        reliability=reliability,
        sharing=sharing,
        how=IN_THE_PORTAL,
    )


@transaction.atomic
def record_contribution(
    *,
    by: User,
    at: datetime,
    part_id: UUID,
    author: str,
    information: str,
    reliability: str,
    sharing: str,
    how: str,
) -> MeetingContribution:
    """Type what an agency contributed by phone or letter."""
    authority = require(by, Permission.STRATEGY_CALL, at=at)
    meeting_id = MeetingPart.objects.values_list("meeting_id", flat=True).get(pk=part_id)
    discussion = lock_discussion(meeting_id, by)
    part = (
        MeetingPart.objects.select_for_update(of=("self",)).select_related("agency").get(pk=part_id)
    )
    if not how.strip():
        raise Refused("Say how they told you.", field="how")
    return _contribute(
        part,
        discussion,
        authority,
        at,
        author=author,
        information=information,
        reliability=reliability,
        sharing=sharing,
        how=how,
    )


def _contribute(
    part: MeetingPart,
    discussion: StrategyDiscussion,
    authority: Authority,
    at: datetime,
    *,
    author: str,
    information: str,
    reliability: str,
    sharing: str,
    how: str,
) -> MeetingContribution:
    if discussion.state == StrategyDiscussion.State.CANCELLED:
        raise Refused("This discussion was called off.")
    for field, value, sentence in (
        ("information", information, f"Enter what {part.agency.name} knows."),
        ("author", author, f"Say who in {part.agency.name} says so."),
    ):
        if not value.strip():
            raise Refused(sentence, field=field)
    if reliability not in Reliability.values or sharing not in Sharing.values:
        raise Refused("Choose how reliable it is and whether the family may see it.")
    contribution = MeetingContribution.objects.create(
        part=part,
        author=author,
        information=information,
        reliability=reliability,
        sharing=sharing,
        how=how,
        at=at,
        by=authority.user,
        recorded_at=application_clock.now(),
    )
    if part.contributed_at is None or at < part.contributed_at:
        part.contributed_at = at
        part.save(update_fields=["contributed_at"])
    if authority.user.pk != discussion.chair_id:
        tell_user(discussion.chair, "discussion.contributed", discussion, at=at)
    tell(
        "mash.discussion_contributed",
        discussion,
        authority,
        at,
        children_of_discussion(discussion),
        {"agency_id": str(part.agency_id)},
    )
    end_catch_up(discussion, at=at)
    if discussion.state == StrategyDiscussion.State.CONCLUDED:
        family_changes.raise_for_information(
            child_ids=children_of_discussion(discussion),
            from_whom=part.agency.name,
            contact_id=discussion.contact_id,
            source_kind="discussion",
            source_id=discussion.pk,
            authority=authority,
            at=at,
        )
    return contribution


def end_catch_up(discussion: StrategyDiscussion, *, at: datetime) -> None:
    """Stop SD-QUORUM once every agency that was missing has contributed."""
    if not still_missing(discussion, parts_of(discussion)):
        record_clocks.stop("SD-QUORUM", subject_id=discussion.pk, at=at)


def still_missing(discussion: StrategyDiscussion, parts: Sequence[MeetingPart]) -> list[AgencyKind]:
    """Police and health as far as neither took part nor has contributed since."""
    there = {
        part.agency.kind for part in parts if part.has_attended or part.contributed_at is not None
    }
    return [kind for kind in MUST_TAKE_PART if kind not in there]


def missing_at(
    held_at: datetime,
    parts: Sequence[MeetingPart],
    *,
    social_worker: User | None,
    manager: User | None,
) -> list[str]:
    """Name who must take part and did not: in person or in writing beforehand.

    Social care takes part with a social worker and a manager, who are two people.
    """
    there = {
        part.agency.kind
        for part in parts
        if part.has_attended or (part.contributed_at is not None and part.contributed_at <= held_at)
    }
    missing = []
    if social_worker is None:
        missing.append("a social worker")
    if manager is None or manager == social_worker:
        missing.append("a manager of social care")
    missing += [str(kind.label).lower() for kind in MUST_TAKE_PART if kind not in there]
    return missing


def _own_part(part_id: UUID, by: User) -> tuple[MeetingPart, StrategyDiscussion]:
    """What one's own agency was asked, with its discussion locked though it may not be read."""
    own = MeetingPart.objects.filter(agency=by.agency_id)
    meeting_id = own.values_list("meeting_id", flat=True).get(pk=part_id)
    found = StrategyDiscussion.objects.select_for_update(of=("self",), no_key=True).filter(
        pk=meeting_id
    )
    discussion = found.select_related("chair").first()
    if discussion is None:
        raise MeetingPart.DoesNotExist("There is no such discussion.")
    part = own.select_for_update(of=("self",)).select_related("agency").get(pk=part_id)
    return part, discussion


def _send(part: MeetingPart, code: str, at: datetime) -> None:
    if part.agency.email:
        outbox.put(
            "email",
            key=f"{code}:{part.pk}",
            payload={"to": "agency", "agency_id": str(part.agency_id), "code": code},
            at=at,
            subject_kind="meeting_part",
            subject_id=part.pk,
        )


def send_minutes_to(part: MeetingPart, *, at: datetime) -> None:
    """Note that an agency was sent the minutes, and tell it that there is something to read."""
    part.minutes_sent_at = at
    part.save(update_fields=["minutes_sent_at"])
    _send(part, "discussion.minutes", at)
