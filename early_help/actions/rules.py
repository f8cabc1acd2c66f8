"""What every action of early help begins with: the right, the family, the team, the moment."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from accounts.models import Team, User
from accounts.permissions import Authority, Permission, require
from cases import holding
from cases.holds import Purpose
from cases.models import Contact, Handover
from cases.queries.changes import undone_changes
from cases.standing import acts_for
from early_help.choices import OVER, EpisodeState
from early_help.models import Episode, EpisodeChild, StepUp
from lib import application_clock, words
from lib.prepared import Prepared
from people.models import Person
from record import events, outbox
from record.errors import Refused


class NotNow(Refused):
    """The episode is not at the point where this can be done; the message says where it is."""


class NotYours(Refused):
    """Another team, or another worker, helps this family."""


def begin(
    by: User,
    permission: Permission,
    at: datetime,
    episode_id: UUID,
    *,
    with_offer: bool = False,
) -> tuple[Episode, Authority]:
    """Lock an episode that `by` may read and change in this way, and give the right to.

    :param with_offer: lock its contact and its offer as well, and first, as whoever decides the
        contact again does, so that neither waits for the other
    :raises PermissionDenied: `by` may not, then or now
    :raises Episode.DoesNotExist: `by` may not read it
    :raises NotYours: another team's
    :raises Refused: `at` lies ahead, or before the request
    """
    require(by, permission, at=at)
    if at > application_clock.now():
        raise Refused("This time has not come yet. Enter when it happened.", field="at")
    readable = Episode.objects.visible_to(by).filter(pk=episode_id).values("pk")
    if with_offer:
        _lock_offer(episode_id)
    # The children before the episode, as whoever records a visit does.
    holding.lock(
        EpisodeChild.objects.filter(episode__in=readable, ended_at=None).values_list(
            "child_id", flat=True
        )
    )
    episode = (
        Episode.objects.select_for_update(of=("self",), no_key=True)
        .select_related("team__manager", "worker", "contact", "handover")
        .get(pk__in=readable)
    )
    if at < episode.requested_at:
        raise Refused("This is before help was asked for. Check the date and time.", field="at")
    authority = acts_for(episode.team, by=by, permission=permission, at=at)
    if authority is None:
        raise NotYours(f"{episode.team.name} helps this family, so this is theirs to record.")
    return episode, authority


def _lock_offer(episode_id: UUID) -> None:
    found = Episode.objects.filter(pk=episode_id).values_list("contact_id", "handover_id").first()
    contact_id, handover_id = found or (None, None)
    if contact_id is not None:
        list(Contact.objects.filter(pk=contact_id).select_for_update(no_key=True).values("pk"))
    if handover_id is not None:
        list(Handover.objects.filter(pk=handover_id).select_for_update().values("pk"))


def refuse_over(episode: Episode) -> None:
    """Refuse what can no longer be done."""
    if episode.state in OVER:
        raise NotNow(f"Early help for this family has ended: {episode.get_ending_display()}.")


def refuse_step_up_open(episode: Episode) -> None:
    """Refuse to let a family go whom somebody wants to put before the MASH, or has."""
    if StepUp.objects.filter(episode=episode, state__in=StepUp.OPEN).exists():
        raise NotNow("A step-up of this family is open. It is answered first.")


def refuse_undone_change(episode: Episode, *, at: datetime) -> None:
    """Refuse to let a family go while something changed there and nobody has decided about it."""
    found = undone_changes(child_ids=children(episode), purpose=Purpose.CLOSE, at=at)
    if found:
        raise NotNow(f"{found[0].sentence}. That is settled before early help ends.")


def refuse_unless(episode: Episode, states: Iterable[EpisodeState], what: str) -> None:
    """Refuse unless the episode stands at one of these points.

    :param what: what cannot be done, as the sentence begins: "Help can be offered"
    """
    refuse_over(episode)
    wanted = list(states)
    if episode.state not in wanted:
        points = words.list_of_names([f"“{each.label}”" for each in wanted])
        raise NotNow(
            f"{what} when the family is at {points}. It is at “{episode.get_state_display()}” now."
        )


_CHILDREN: Prepared[UUID] = Prepared(
    lambda episode_id: (
        EpisodeChild.objects.filter(episode=episode_id, ended_at=None)
        .order_by("child_id")
        .values_list("child_id", flat=True)
    ),
    episode_id=UUID,
)


def children(episode: Episode) -> list[UUID]:
    """The children of an episode as they stand now, in order of id."""
    return _CHILDREN(episode_id=episode.pk)


def names(child_ids: Iterable[UUID]) -> str:
    """Name these children; the caller has seen to it that they may be read."""
    found = Person.objects.filter(pk__in=list(child_ids)).order_by("date_of_birth", "pk")
    return words.list_of_names([person.name for person in found])


def save(episode: Episode, *fields: str) -> None:
    """Write what changed and count the change."""
    episode.version += 1
    episode.save(update_fields=[*fields, "version"])


def append(
    code: str,
    episode: Episode,
    *,
    authority: Authority | None,
    at: datetime,
    child_ids: Iterable[UUID] | None = None,
    **data: str,
) -> None:
    """Leave a line on the timeline of each child."""
    events.append(
        f"early_help.{code}",
        authority=authority,
        at=at,
        subject_kind="early_help",
        subject_id=episode.pk,
        children=children(episode) if child_ids is None else child_ids,
        data=data,
    )


def notify(user_id: UUID, code: str, episode: Episode, *, at: datetime, key: str = "") -> None:
    """Put a line on somebody's home page.

    :param key: of what it tells; the same again is told once
    """
    outbox.put(
        "notice",
        key=f"early_help.{code}:{key or f'{episode.pk}:{at:%y%m%d%H%M%S}'}:{user_id}",
        payload={
            "user_id": str(user_id),
            "code": f"early_help.{code}",
            "subject_kind": "early_help",
            "subject_id": str(episode.pk),
        },
        at=at,
        subject_kind="early_help",
        subject_id=episode.pk,
    )


def team_for(by: User, at: datetime) -> Team:
    """The early help team of `by`, for what has no team yet."""
    from accounts.choices import TeamKind

    for team in Team.objects.filter(kind=TeamKind.EARLY_HELP, is_active=True).order_by(
        "name", "pk"
    ):
        if acts_for(team, by=by, permission=Permission.EARLY_HELP_WORK, at=at) is not None:
            return team
    raise Refused("You do not belong to an early help team. Ask an administrator to add you.")
