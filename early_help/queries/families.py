"""The children of several episodes, as somebody may see them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from accounts.models import User
from cases.models import Responsibility
from early_help.models import EpisodeChild
from lib import words
from people.queries import Shown, display_people


@dataclass(frozen=True)
class Family:
    """The children of one episode; a restricted one is a placeholder with whom to ring."""

    children: Sequence[Shown]

    @property
    def is_closed(self) -> bool:
        """Say whether a child's record is restricted from the reader."""
        return any(child.ring is not None for child in self.children)

    @property
    def names(self) -> str:
        """Names and ages as one phrase; "Restricted record, ring ..." where one is closed."""
        if self.is_closed:
            rings = [child.name for child in self.children if child.ring is not None]
            return words.list_of_names(list(dict.fromkeys(rings)))
        return words.names_with_ages((child.name, child.age) for child in self.children)

    @property
    def child_ids(self) -> list[UUID]:
        """The children shown, for the reading log; of a closed family nobody is."""
        return [] if self.is_closed else [child.person_id for child in self.children]


NOBODY = Family(())


def families(episode_ids: Iterable[UUID], *, by: User) -> Mapping[UUID, Family]:
    """Give the open children of each episode; five queries however many."""
    rows = list(
        EpisodeChild.objects.filter(episode__in=list(episode_ids), ended_at=None)
        .order_by("child__date_of_birth", "child_id")
        .values_list("episode_id", "child_id")
    )
    shown = display_people([child_id for _episode, child_id in rows], by=by)
    found: dict[UUID, list[Shown]] = {}
    for episode_id, child_id in rows:
        found.setdefault(episode_id, []).append(shown[child_id])
    return {episode_id: Family(children) for episode_id, children in found.items()}


def last_children(episode_id: UUID, *, by: User) -> Family:
    """The children of one episode, those who left it included, for what is over."""
    ids = list(
        EpisodeChild.objects.filter(episode=episode_id)
        .order_by("child__date_of_birth", "child_id")
        .values_list("child_id", flat=True)
    )
    shown = display_people(ids, by=by)
    return Family([shown[pk] for pk in dict.fromkeys(ids)])


def holders(child_ids: Iterable[UUID]) -> Mapping[UUID, Responsibility]:
    """Who answers for each child now; one query."""
    rows = Responsibility.objects.filter(
        child__in=list(child_ids), to_at__isnull=True
    ).select_related("manager", "team")
    return {row.child_id: row for row in rows}
