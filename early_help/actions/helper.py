"""Another person helps a family: whoever helped has left, is long away, or does not fit."""

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Greatest

from accounts.models import User
from accounts.permissions import Authority, Permission
from cases.choices import WorkerRole
from cases.models import Allocation
from early_help.actions import rules
from early_help.actions.offers import allocate, helper_of
from early_help.choices import WORKED_ON, EpisodeState
from early_help.models import Episode
from record import once
from record.errors import Refused

#: Somebody helps, or is about to.
HELPED: Final = (EpisodeState.ACCEPTED, *WORKED_ON)


@transaction.atomic
def change_helper(
    *,
    by: User,
    at: datetime,
    episode_id: UUID,
    worker_id: UUID | None = None,
    why: str = "",
    lead_name: str = "",
    lead_agency: str = "",
    lead_contact: str = "",
    token: UUID | None = None,
) -> Episode:
    """Let another worker, or another lead professional, help a family from now on.

    What is due stays due. Early help holds the children as before; only who goes there changes.

    :param why: why another worker; kept with the allocation
    :raises NotNow: nobody helps this family yet, or help has ended
    :raises Refused: nobody is named, the same again, no reason, or somebody of another team
    """
    episode, authority = rules.begin(by, Permission.EARLY_HELP_SCREEN, at, episode_id)
    once.claim(token, user=by, action="early_help.change_helper")
    rules.refuse_unless(episode, HELPED, "Another person can help")
    if episode.accepted_at is None:
        raise rules.NotNow("Nobody helps this family yet. Make an offer.")
    if at < episode.accepted_at:
        raise Refused("This is before the family accepted help.", field="at")
    if episode.worker_id is None:
        _lead(episode, lead_name.strip(), lead_agency.strip(), lead_contact.strip())
    else:
        _worker(episode, worker_id, why.strip(), authority=authority, at=at)
    rules.append("helper_changed", episode, authority=authority, at=at)
    once.finish(token, episode.pk)
    return episode


def _lead(episode: Episode, name: str, agency: str, contact: str) -> None:
    if not (name and agency):
        raise Refused("Name the lead professional and their agency.", field="lead_name")
    if (name, agency) == (episode.lead_name, episode.lead_agency):
        raise Refused(f"{name} leads this family’s help already.", field="lead_name")
    episode.lead_name, episode.lead_agency, episode.lead_contact = name, agency, contact
    rules.save(episode, "lead_name", "lead_agency", "lead_contact")


def _worker(
    episode: Episode, worker_id: UUID | None, why: str, *, authority: Authority, at: datetime
) -> None:
    worker = helper_of(worker_id, episode.team, at)
    if worker is None:
        raise Refused("Choose the worker.", field="worker")
    if worker.pk == episode.worker_id:
        raise Refused(f"{worker.full_name} helps this family already.", field="worker")
    if not why:
        raise Refused("Say why another worker helps this family.", field="why")
    Allocation.objects.filter(
        child__in=rules.children(episode), role=WorkerRole.HELPER, to_at=None
    ).update(to_at=Greatest(F("from_at"), Value(at)))
    episode.worker = worker
    rules.save(episode, "worker")
    allocate(episode, worker, authority, at, why=why)
    if worker.pk != authority.user.pk:
        rules.notify(worker.pk, "yours", episode, at=at)
