"""What the pages of visits show: whom to answer for, who may have visited, what was recorded."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Q

from accounts.models import TeamMembership, User
from accounts.permissions import TABLE, Permission, holds
from cases.actions.visits import NOT_STATUTORY
from cases.choices import VisitPurpose
from cases.models import Allocation, VisitChild
from cases.queries.seen import NEVER, Seen, last_seen
from cases.standing import deputised
from lib.working_days import london_date
from people.choices import Stage
from people.models import Person
from people.queries import age, children_of_households

MOST_SHOWN = 200


@dataclass(frozen=True, kw_only=True)
class ChildToSee:
    """One child of the household whom a visit answers for, or why there is nothing to answer."""

    child_id: UUID
    name: str
    heading: str
    place: str = ""
    is_restricted: bool = False
    is_unborn: bool = False
    seen: Seen = NEVER


def children_to_see(*, by: User, person: Person, on: date) -> list[ChildToSee]:
    """Every child of the household, the one whose page it is first."""
    household = children_of_households(by=by, person_ids=[person.pk], on=on)
    seen = last_seen(child_ids=[child.person_id for child in household])
    rows = [
        ChildToSee(
            child_id=child.person_id,
            name=child.name,
            heading=child.name
            if child.person is None
            else ", ".join(part for part in (child.name, age(child.person, on=on)) if part),
            place=child.known,
            is_restricted=child.person is None,
            is_unborn=child.person is not None and child.person.stage == Stage.UNBORN,
            seen=seen[child.person_id] if child.person is not None else NEVER,
        )
        for child in household
    ]
    return sorted(rows, key=lambda row: row.child_id != person.pk)


def visitors(*, by: User, child_ids: Sequence[UUID], at: datetime) -> list[tuple[str, str]]:
    """Who may have visited, as choices: oneself, the children's workers, one's own teams."""
    on = london_date(at)
    own = {by.pk, *(manager.pk for manager in deputised(by, at))}
    live = Q(from_on__lte=on) & (Q(to_on__isnull=True) | Q(to_on__gte=on))
    teams = TeamMembership.objects.filter(live, user__in=own).values("team")
    people = (
        User.objects.filter(is_active=True)
        .filter(
            Q(
                pk__in=Allocation.objects.filter(child__in=child_ids, to_at__isnull=True).values(
                    "worker"
                )
            )
            | Q(pk__in=TeamMembership.objects.filter(live, team__in=teams).values("user"))
        )
        .filter(role_assignments__role__in=[str(r) for r in TABLE[Permission.VISIT_RECORD]])
        .exclude(pk=by.pk)
        .distinct()
        .order_by("full_name", "pk")
    )
    return [
        (str(by.pk), f"{by.full_name} (you)"),
        *((str(user.pk), f"{user.full_name}, {user.job_title}") for user in people),
    ]


def purposes(*, by: User) -> list[tuple[str, str]]:
    """What a visit may be for, as choices."""
    if holds(by, Permission.STATUTORY_READ):
        return list(VisitPurpose.choices)
    return [(each.value, str(each.label)) for each in VisitPurpose if each in NOT_STATUTORY]


def visits_of(*, by: User, child_ids: Sequence[UUID]) -> list[VisitChild]:
    """The visits to a child that somebody may read, the latest first.

    Whoever reads no statutory work reads early help visits; that the child was seen, and when,
    stands on the child's page for all.
    """
    rows = VisitChild.objects.filter(child__in=child_ids)
    if not holds(by, Permission.STATUTORY_READ):
        rows = rows.filter(visit__purpose__in=[each.value for each in NOT_STATUTORY])
    return list(
        rows.select_related("visit__by", "visit__recorded_by").order_by("-at", "pk")[:MOST_SHOWN]
    )
