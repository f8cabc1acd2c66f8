"""Who answers for a restricted child when a line is passed on (decisions.md 84)."""

from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import User
from accounts.permissions import Authority, Permission, authority
from cases.standing import deputised, stands_for
from people.models import Restriction


def responsible_for(*, child_id: UUID, passed_to: User) -> User:
    """Give who answers: whoever holds the restriction now, else whom the line was passed to."""
    live = (
        Restriction.objects.filter(person=child_id, ended_at__isnull=True)
        .select_related("owner")
        .first()
    )
    return live.owner if live is not None else passed_to


def right_to_answer(*, child_id: UUID, passed_to: User, by: User, at: datetime) -> Authority | None:
    """Give the right by which `by` answers: as whoever holds the restriction, or their deputy.

    When that account is closed, whoever may read every restricted record answers.
    """
    owner = responsible_for(child_id=child_id, passed_to=passed_to)
    if not owner.is_active:
        return authority(by, Permission.RESTRICTED_READ, at=at)
    return stands_for(owner, by=by, permission=Permission.RESTRICTED_ANSWER, at=at)


def theirs(*, by: User, at: datetime) -> Q:
    """Narrow rows with a `child` and an `owner` to those that `by` answers, or as deputy."""
    people = _answering(by, at)
    live = Restriction.objects.filter(person=OuterRef("child"), ended_at__isnull=True)
    mine = Q(Exists(live.filter(_held_by(by, people, at)))) | (
        Q(owner__in=people) & Q(~Exists(live))
    )
    if authority(by, Permission.RESTRICTED_READ, at=at) is not None:
        mine |= Q(owner__is_active=False) & Q(~Exists(live))
    return mine


def held(*, by: User, at: datetime) -> QuerySet[Restriction]:
    """Live restrictions for whose children `by` answers: their own, or as deputy."""
    return Restriction.objects.filter(_held_by(by, _answering(by, at), at), ended_at__isnull=True)


def _answering(by: User, at: datetime) -> set[UUID]:
    return {by.pk, *(manager.pk for manager in deputised(by, at))}


def _held_by(by: User, people: set[UUID], at: datetime) -> Q:
    mine = Q(owner__in=people)
    if authority(by, Permission.RESTRICTED_READ, at=at) is not None:
        mine |= Q(owner__is_active=False)
    return mine
