"""Drawing the picture of exploitation: nodes and links are added, changed and ended, never lost."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.models import User
from accounts.permissions import Authority, Permission, require
from lib import application_clock
from lib.working_days import london_date
from mash.models import NetworkLink, NetworkNode
from mash.models.network import Graded, Handling, InformationGrade, SourceGrade
from mash.queries import network as queries
from people.models import Person
from people.queries import canonical_ids
from record import events
from record.errors import Clash, Refused

NODE = "network_node"
GRADING = (
    ("source_grade", SourceGrade, "Choose how reliable the source is"),
    ("information_grade", InformationGrade, "Choose how the source knows"),
    ("handling", Handling, "Choose whether it may be passed on"),
)


@transaction.atomic
def add_node(
    *, by: User, at: datetime, kind: str, label: str, person_id: UUID | None = None, **graded: Any
) -> NetworkNode:
    """Put something or somebody on the picture.

    :param person_id: a recorded person, who needs no label and is there once
    :param graded: detail, source, source_grade, information_grade, handling, known_on
    :raises Person.DoesNotExist: `by` may not read the person's record
    """
    authority = require(by, Permission.EXPLOITATION_WORK, at=at)
    person = None
    if person_id is not None:
        person = Person.objects.visible_to(by).get(pk=person_id)
        canonical = canonical_ids(person_ids=[person.pk]).get(person.pk, person.pk)
        if canonical != person.pk:
            person = Person.objects.visible_to(by).get(pk=canonical)
        kind, label = NetworkNode.Kind.PERSON, ""
    elif kind not in NetworkNode.Kind.values:
        raise Refused("Choose what it is.", field="kind")
    elif not label.strip():
        raise Refused("Say what it is called, or how it is known.", field="label")
    _check(graded, at)
    try:
        with transaction.atomic():
            node = NetworkNode.objects.create(
                kind=kind, person=person, label=label.strip(), **graded, **_made(by, at)
            )
    except IntegrityError as error:
        if person is None:
            raise
        raise Refused(f"{person.name} is on the picture already.") from error
    _tell("mash.network_added", [node], authority, at)
    return node


@transaction.atomic
def change_node(
    *, by: User, at: datetime, node_id: UUID, label: str, version: int | None = None, **graded: Any
) -> NetworkNode:
    """Correct what is known of a node; what was known before is kept."""
    authority = require(by, Permission.EXPLOITATION_WORK, at=at)
    node = _node(node_id, by, version)
    if node.person_id is None:
        if not label.strip():
            raise Refused("Say what it is called, or how it is known.", field="label")
        node.label = label.strip()
    _check(graded, at)
    _change(node, by, at, "label", **graded)
    _tell("mash.network_changed", [node], authority, at)
    return node


@transaction.atomic
def end_node(*, by: User, at: datetime, node_id: UUID, because: str) -> NetworkNode:
    """Take a node off the picture, with its links; both stay in the history."""
    authority = require(by, Permission.EXPLOITATION_WORK, at=at)
    node = _node(node_id, by)
    _end(node, by, at, because)
    links = NetworkLink.objects.select_for_update().filter(ended_at__isnull=True)
    for link in [*links.filter(one=node), *links.filter(other=node)]:
        _end(link, by, at, because)
    _tell("mash.network_ended", [node], authority, at)
    return node


@transaction.atomic
def add_link(
    *, by: User, at: datetime, one_id: UUID, other_id: UUID, kind: str, **graded: Any
) -> NetworkLink:
    """Say what one node has to do with another; it stands on the timeline of each child."""
    authority = require(by, Permission.EXPLOITATION_WORK, at=at)
    if one_id == other_id:
        raise Refused("Choose two different things to link.", field="other")
    first, second = sorted([one_id, other_id])
    locked = {node.pk: node for node in (_node(first, by), _node(second, by))}
    one, other = locked[one_id], locked[other_id]
    if kind not in NetworkLink.Kind.values:
        raise Refused("Choose what they have to do with each other.", field="kind")
    _check(graded, at)
    try:
        with transaction.atomic():
            link = NetworkLink.objects.create(
                one=one, other=other, kind=kind, **graded, **_made(by, at)
            )
    except IntegrityError as error:
        words = str(NetworkLink.Kind(kind).label)
        raise Refused(
            f"The picture says already that {one.name} {words} {other.name}.", field="kind"
        ) from error
    _tell("mash.network_linked", [one, other], authority, at)
    return link


@transaction.atomic
def change_link(
    *, by: User, at: datetime, link_id: UUID, version: int | None = None, **graded: Any
) -> NetworkLink:
    """Correct what is known of a link; what was known before is kept."""
    authority = require(by, Permission.EXPLOITATION_WORK, at=at)
    link = _link(link_id, by, version)
    _check(graded, at)
    _change(link, by, at, **graded)
    _tell("mash.network_changed", [link.one, link.other], authority, at)
    return link


@transaction.atomic
def end_link(*, by: User, at: datetime, link_id: UUID, because: str) -> NetworkLink:
    """End a link that no longer holds, or never did; it stays in the history."""
    authority = require(by, Permission.EXPLOITATION_WORK, at=at)
    link = _link(link_id, by)
    _end(link, by, at, because)
    _tell("mash.network_unlinked", [link.one, link.other], authority, at)
    return link


def _node(node_id: UUID, by: User, version: int | None = None) -> NetworkNode:
    """Lock a node that `by` may see and that stands on the picture."""
    node = (
        NetworkNode.objects.select_for_update(of=("self",), no_key=True)
        .select_related("person")
        .get(pk=node_id)
    )
    if node_id not in {each.pk for each in queries.everything(by=by, with_ended=True).nodes}:
        raise NetworkNode.DoesNotExist
    _fresh(node, version)
    if node.ended_at is not None:
        raise Refused(f"{node.name} has been taken off the picture.")
    return node


def _link(link_id: UUID, by: User, version: int | None = None) -> NetworkLink:
    link = (
        NetworkLink.objects.select_for_update(of=("self",))
        .select_related("one__person", "other__person")
        .get(pk=link_id)
    )
    if link_id not in {each.pk for each in queries.everything(by=by, with_ended=True).links}:
        raise NetworkLink.DoesNotExist
    _fresh(link, version)
    if link.ended_at is not None:
        raise Refused("This link has ended.")
    return link


def _fresh(row: Graded, version: int | None) -> None:
    if version is not None and row.version != version:
        raise Clash("Somebody changed this while you were writing. Read it, then record.")


def _check(graded: dict[str, Any], at: datetime) -> None:
    if not str(graded.get("source", "")).strip():
        raise Refused("Say who or what the source is.", field="source")
    for field, choices, asked in GRADING:
        if graded.get(field) not in choices.values:
            raise Refused(f"{asked}.", field=field)
    known_on: date = graded["known_on"]
    if known_on > london_date(at):
        raise Refused("The date it was known is in the future.", field="known_on")


def _made(by: User, at: datetime) -> dict[str, Any]:
    now = application_clock.now()
    return {"recorded_at": now, "recorded_by": by, "changed_at": at, "changed_by": by}


def _change(row: Graded, by: User, at: datetime, *fields: str, **graded: Any) -> None:
    for name, value in graded.items():
        setattr(row, name, value)
    row.changed_at, row.changed_by = at, by
    row.version += 1
    row.save(update_fields=[*fields, *graded, "changed_at", "changed_by", "version"])


def _end(row: Graded, by: User, at: datetime, because: str) -> None:
    if not because.strip():
        raise Refused("Say why it no longer holds.", field="because")
    row.ended_at, row.ended_by, row.ended_because = at, by, because.strip()
    row.version += 1
    row.save(update_fields=["ended_at", "ended_by", "ended_because", "version"])


def _tell(code: str, nodes: list[NetworkNode], authority: Authority, at: datetime) -> None:
    """Write a line on the timeline of each child concerned, or one about no child."""
    events.append(
        code,
        authority=authority,
        at=at,
        subject_kind=NODE,
        subject_id=nodes[0].pk,
        children=[
            node.person.pk for node in nodes if node.person is not None and node.person.la_child_id
        ],
    )
