"""The picture of exploitation, as far as somebody may see it.

A person is seen as their record is. What is known only through people whom the reader may not see
is not there either: no node, no link, no count (decisions.md 83).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.apps import apps

from accounts.models import User
from accounts.permissions import Permission, holds
from mash.models import NetworkLink, NetworkNode
from people.models import Person
from people.queries import canonical_ids

MOST = 1_000
STEPS = 2


@dataclass(frozen=True, kw_only=True)
class LinkLine:
    """A link as one of its ends reads it."""

    link: NetworkLink
    node: NetworkNode
    is_from_here: bool

    @property
    def words(self) -> str:
        """The sentence between the two names."""
        return str(self.link.get_kind_display())


@dataclass(frozen=True, kw_only=True)
class NodeLine:
    """A node with what links it, for the table."""

    node: NetworkNode
    links: list[LinkLine] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Picture:
    """Nodes and links that somebody may see, and around whom."""

    nodes: list[NetworkNode]
    links: list[NetworkLink]
    around: NetworkNode | None = None
    is_cut: bool = False

    @property
    def lines(self) -> list[NodeLine]:
        """The same as a table: each node with its links."""
        by_node: dict[UUID, list[LinkLine]] = defaultdict(list)
        known = {node.pk: node for node in self.nodes}
        for link in self.links:
            by_node[link.one_id].append(
                LinkLine(link=link, node=known[link.other_id], is_from_here=True)
            )
            by_node[link.other_id].append(
                LinkLine(link=link, node=known[link.one_id], is_from_here=False)
            )
        return [NodeLine(node=node, links=by_node[node.pk]) for node in self.nodes]

    @property
    def person_ids(self) -> list[UUID]:
        """The recorded people who are shown."""
        return [node.person_id for node in self.nodes if node.person_id is not None]


def everything(*, by: User, with_ended: bool = False) -> Picture:
    """Every node and link that `by` may see, in three queries."""
    if not holds(by, Permission.EXPLOITATION_READ):
        return Picture(nodes=[], links=[])
    nodes = list(NetworkNode.objects.select_related("person"))
    links = list(NetworkLink.objects.all())
    people = {node.person_id for node in nodes if node.person_id is not None}
    readable = set(Person.objects.visible_to(by).filter(pk__in=people).values_list("pk", flat=True))
    seen = _seen(nodes, links, readable)
    return Picture(
        nodes=sorted(
            (node for node in nodes if node.pk in seen and (with_ended or node.ended_at is None)),
            key=_order,
        ),
        links=sorted(
            (
                link
                for link in links
                if link.one_id in seen
                and link.other_id in seen
                and (with_ended or link.ended_at is None)
            ),
            key=lambda link: (link.kind, str(link.pk)),
        ),
    )


def picture(
    *,
    by: User,
    around_id: UUID | None = None,
    steps: int = STEPS,
    kinds: Collection[str] = (),
    words: str = "",
    with_ended: bool = False,
) -> Picture:
    """The part of the picture that was asked for, in a fixed number of queries.

    :param around_id: a node; only what is so many steps from it is shown
    :param kinds: kinds of nodes to show beside those found; all, when left out
    """
    whole = everything(by=by, with_ended=with_ended)
    around = next((node for node in whole.nodes if node.pk == around_id), None)
    kept = {node.pk for node in whole.nodes}
    if around is not None:
        kept = _near(around.pk, whole.links, steps)
    if kinds:
        kept &= {node.pk for node in whole.nodes if node.kind in kinds or node is around}
    if words.strip():
        wanted = words.casefold().split()
        found = {
            node.pk
            for node in whole.nodes
            if all(word in f"{node.name} {node.detail}".casefold() for word in wanted)
        }
        near = _near_any(found, whole.links)
        kept &= near
    nodes = [node for node in whole.nodes if node.pk in kept]
    shown = {node.pk for node in nodes[:MOST]}
    return Picture(
        nodes=nodes[:MOST],
        links=[link for link in whole.links if link.one_id in shown and link.other_id in shown],
        around=around,
        is_cut=len(nodes) > MOST,
    )


def node_of_person(*, by: User, person_id: UUID) -> NetworkNode | None:
    """Where a person stands on the picture, if `by` may see them."""
    if not Person.objects.visible_to(by).filter(pk=person_id).exists():
        return None
    canonical = canonical_ids(person_ids=[person_id]).get(person_id, person_id)
    return NetworkNode.objects.filter(
        person__in={person_id, canonical}, ended_at__isnull=True
    ).first()


@dataclass(frozen=True, kw_only=True)
class NodePage:
    """One node with its links, what it was before, and where it leads."""

    node: NetworkNode
    links: list[LinkLine]
    ended: list[LinkLine]
    versions: list[Any]
    choices: list[NetworkNode]


def node_page(*, by: User, node_id: UUID) -> NodePage:
    """Gather one node, in a fixed number of queries.

    :raises NetworkNode.DoesNotExist: none that `by` may see
    """
    whole = everything(by=by, with_ended=True)
    line = next((each for each in whole.lines if each.node.pk == node_id), None)
    if line is None:
        raise NetworkNode.DoesNotExist
    versions = apps.get_model("mash", "NetworkNodeHistory").objects
    return NodePage(
        node=line.node,
        links=[each for each in line.links if each.link.ended_at is None],
        ended=[each for each in line.links if each.link.ended_at is not None],
        versions=list(
            versions.filter(pgh_obj_id=node_id).select_related("changed_by").order_by("-version")
        ),
        choices=[each for each in whole.nodes if each.ended_at is None and each.pk != line.node.pk],
    )


def data_of(shown: Picture, *, url_of: Any) -> dict[str, Any]:
    """The picture as the script draws it."""
    return {
        "around": str(shown.around.pk) if shown.around else "",
        "nodes": [
            {
                "id": str(node.pk),
                "kind": node.kind,
                "name": node.name,
                "about": f"{node.get_kind_display()}, graded {node.grade}",
                "is_child": bool(node.person and node.person.la_child_id),
                "is_ended": node.ended_at is not None,
                "url": url_of(node),
            }
            for node in shown.nodes
        ],
        "links": [
            {
                "id": str(link.pk),
                "one": str(link.one_id),
                "other": str(link.other_id),
                "words": str(link.get_kind_display()),
                "grade": link.grade,
                "is_doubtful": link.information_grade in "DE" or link.source_grade == "3",
                "is_ended": link.ended_at is not None,
            }
            for link in shown.links
        ],
    }


# What may be seen -------------------------------------------------------------------------------


def _seen(
    nodes: Iterable[NetworkNode], links: Iterable[NetworkLink], readable: set[UUID]
) -> set[UUID]:
    """The nodes that do not rest on a person whom the reader may not see.

    Whoever is recorded is seen as their record is. Anything else is seen if it is reached from
    somebody seen, or if nobody hidden is reached from it; a way that leads through somebody
    hidden is no way.
    """
    closed = {node.pk for node in nodes if node.person_id and node.person_id not in readable}
    open_people = {node.pk for node in nodes if node.person_id and node.person_id in readable}
    ways: dict[UUID, set[UUID]] = defaultdict(set)
    for link in links:
        ways[link.one_id].add(link.other_id)
        ways[link.other_id].add(link.one_id)
    reached = _spread(open_people, ways, closed)
    hidden = _spread(closed, ways, reached)
    return {node.pk for node in nodes} - (hidden - reached) - closed


def _spread(start: Iterable[UUID], ways: dict[UUID, set[UUID]], never: set[UUID]) -> set[UUID]:
    found = set(start)
    ahead = list(found)
    while ahead:
        for after in ways[ahead.pop()] - found - never:
            found.add(after)
            ahead.append(after)
    return found


def _near(start: UUID, links: Iterable[NetworkLink], steps: int) -> set[UUID]:
    found = {start}
    for _ in range(steps):
        found = _near_any(found, links)
    return found


def _near_any(found: set[UUID], links: Iterable[NetworkLink]) -> set[UUID]:
    """These nodes, and those one step from them."""
    wider = set(found)
    for link in links:
        if link.one_id in found or link.other_id in found:
            wider |= {link.one_id, link.other_id}
    return wider


def _order(node: NetworkNode) -> tuple[int, str, str]:
    return (NetworkNode.Kind.values.index(node.kind), node.name.casefold(), str(node.pk))
