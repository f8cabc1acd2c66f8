"""The directory of services, kept by the coordinator, and the places families have there."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.models import User
from accounts.permissions import Permission, require
from cases import services
from cases.models import Contact, Service, ServicePlace
from early_help import clocks
from early_help.actions import agreement, rules
from lib import application_clock
from record import once
from record.errors import Refused


@transaction.atomic
def keep_service(
    *,
    by: User,
    at: datetime,
    why: str,
    facts: Mapping[str, Any],
    service_id: UUID | None = None,
    version: int | None = None,
    token: UUID | None = None,
) -> Service:
    """Enter a service in the directory, or change what it says; the coordinator alone.

    :param why: what was checked and with whom, or what changes
    :raises PermissionDenied: `by` does not keep the directory
    :raises Refused: as `cases.services.keep` says
    """
    authority = require(by, Permission.SERVICE_KEEP, at=at)
    once.claim(token, user=by, action="early_help.keep_service")
    service = services.keep(
        authority=authority, at=at, why=why, facts=facts, service_id=service_id, version=version
    )
    once.finish(token, service.pk)
    return service


@transaction.atomic
def place_family(
    *,
    by: User,
    at: datetime,
    episode_id: UUID,
    child_ids: Collection[UUID],
    why: str,
    agreed_by: str,
    until_on: date,
    service_id: UUID | None = None,
    other_name: str = "",
    token: UUID | None = None,
) -> ServicePlace:
    """Give children of a family that early help holds a place at a service.

    :raises NotAgreed: nobody with parental responsibility agrees to early help for a child
    :raises NoRoom: the service has none, or somebody took the last place first
    :raises Refused: early help has ended, a child is not of this family, or something is missing
    """
    episode, authority = rules.begin(by, Permission.EARLY_HELP_WORK, at, episode_id)
    once.claim(token, user=by, action="early_help.place_family")
    rules.refuse_over(episode)
    agreement.require_agreed(episode, what="No place can be taken")
    if set(child_ids) - set(rules.children(episode)):
        raise Refused("One of these children is not part of this episode.", field="child_ids")
    place = services.take(
        authority=authority,
        at=at,
        subject_kind=clocks.KIND,
        subject_id=episode.pk,
        child_ids=child_ids,
        why=why,
        agreed_by=agreed_by,
        until_on=until_on,
        service_id=service_id,
        other_name=other_name,
        is_interim=episode.started_at is None,
    )
    once.finish(token, place.pk)
    return place


@transaction.atomic
def end_place(
    *, by: User, at: datetime, place_id: UUID, because: str, token: UUID | None = None
) -> ServicePlace:
    """Give a place back. Early help ends those of its families, over or not; the coordinator
    also those that came from a contact.

    :raises ServicePlace.DoesNotExist: `by` may not read whose it is
    :raises Clash: somebody ended it first
    """
    place = ServicePlace.objects.get(pk=place_id)
    if place.subject_kind == clocks.KIND:
        _episode, authority = rules.begin(by, Permission.EARLY_HELP_WORK, at, place.subject_id)
    else:
        authority = require(by, Permission.SERVICE_KEEP, at=at)
        if at > application_clock.now():
            raise Refused("This time has not come yet. Enter when it happened.", field="at")
        if not Contact.objects.visible_to(by).filter(pk=place.subject_id).exists():
            raise ServicePlace.DoesNotExist
    once.claim(token, user=by, action="early_help.end_place")
    ended = services.end(authority=authority, at=at, place_id=place_id, because=because)
    once.finish(token, ended.pk)
    return ended
