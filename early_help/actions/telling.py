"""What whoever asked for help is owed, and that they were told."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import User
from accounts.permissions import Permission, holds
from early_help import clocks
from early_help.actions import rules
from early_help.choices import AskedBy, TellAbout
from early_help.models import Episode, ToTell
from record.errors import Refused
from record.models import Clock


class NobodyToTell(Refused):
    """Nothing is owed to whoever asked for help."""


def owe(episode: Episode, about: TellAbout, *, at: datetime, by: User | None) -> None:
    """Note that whoever asked is to be told (clock EH-FB).

    The family that asked for itself hears it from its worker, a social care team by a notice,
    and an anonymous referrer cannot be told.
    """
    if episode.asked_by in (AskedBy.FAMILY, AskedBy.STEP_DOWN):
        return
    if episode.contact is not None and episode.contact.referrer_is_anonymous:
        return
    ToTell.objects.create(episode=episode, about=about, owed_from=at)
    if not Clock.objects.filter(rule="EH-FB", subject_id=episode.pk, stopped_at=None).exists():
        clocks.start("EH-FB", on=episode, started_at=at, by=by)


@transaction.atomic
def tell(
    *,
    by: User,
    at: datetime,
    episode_id: UUID,
    how: str = "",
    what: str = "",
    not_told_because: str = "",
) -> Episode:
    """Record that whoever asked was told everything owed so far, or why they are not told.

    Who made a contact stands on the contact, so only who may read contacts tells them.

    :raises NobodyToTell: nothing is owed
    """
    episode, authority = rules.begin(by, Permission.EARLY_HELP_WORK, at, episode_id)
    if episode.contact_id is not None and not holds(by, Permission.CONTACT_READ, at=at):
        raise Refused(
            "The referrer stands on the contact, which you may not read."
            f" {episode.team.manager.full_name} tells them."
        )
    owed = list(ToTell.objects.select_for_update().filter(episode=episode, told_at=None))
    if not owed:
        raise NobodyToTell("Nothing is owed to whoever asked at present.")
    if not not_told_because.strip() and not (how.strip() and what.strip()):
        raise Refused("Say how they were told and what, or why they are not told.")
    for row in owed:
        row.told_at = max(at, row.owed_from)
        row.told_by = by
        row.how = how
        row.what = what
        row.not_told_because = not_told_because
        row.save(update_fields=["told_at", "told_by", "how", "what", "not_told_because"])
    clocks.stop("EH-FB", on=episode, at=at)
    rules.append(
        "asker_told" if what.strip() else "asker_not_told", episode, authority=authority, at=at
    )
    return episode
