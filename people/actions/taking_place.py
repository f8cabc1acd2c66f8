"""A known person takes the place of the record that a contact made for them, and gives it back.

Linking a contact's child to a known record is intake work (decisions.md 79): it needs no right
to link records, and the record that was made must have nothing of its own beside the contact.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from accounts.models import User
from accounts.permissions import Permission
from lib import application_clock
from lib.working_days import london_date
from people import matching
from people.actions import rules
from people.actions.links import _below, _read_by_itself, _read_under, _settle_between
from people.choices import AddressKind
from people.models import (
    HouseholdMembership,
    Person,
    PersonAddress,
    PersonLink,
    PossibleDuplicate,
    Relationship,
)
from people.queries import homes_of

UNDONE = "The link made in a contact was undone"
STATED_ONLY = "As stated in a contact; the home on record was kept"


@transaction.atomic
def take_place_of(*, by: User, at: datetime, person_id: UUID, other_id: UUID) -> PersonLink:
    """Read the record made for a contact (`other_id`) as the known person from now on.

    The known person joins the households and relationships that were recorded for the other, and
    keeps the home on their own record.

    :raises PermissionDenied: `by` may not change people's details
    :raises Person.DoesNotExist: `by` may not read one of the records
    """
    authority = rules.begin(by, Permission.PERSON_EDIT, at)
    people = rules.locked(by, person_id, other_id)
    known, made = people[person_id], people[other_id]
    now, today = application_clock.now(), london_date(at)
    for membership in HouseholdMembership.objects.select_for_update().filter(
        person=made, to_on__isnull=True
    ):
        if not HouseholdMembership.objects.filter(
            person=known, household=membership.household_id, to_on__isnull=True
        ).exists():
            HouseholdMembership.objects.create(
                household_id=membership.household_id,
                person=known,
                role=membership.role,
                from_on=membership.from_on,
                note=membership.note,
                source=membership.source,
                confidence=membership.confidence,
                recorded_at=now,
                recorded_by=by,
            )
        membership.to_on = max(today, membership.from_on or today)
        membership.ended_because = "Recorded for somebody already known"
        membership.save(update_fields=["to_on", "ended_because"])
    if homes_of(person_ids=[known.pk]):
        PersonAddress.objects.filter(
            person=made, kind=AddressKind.HOME, to_on__isnull=True, is_wrong=False
        ).update(to_on=today, note=STATED_ONLY)
    for relation in Relationship.objects.select_for_update().filter(
        other=made, to_on__isnull=True, is_wrong=False
    ):
        if relation.person_id != known.pk:
            Relationship.objects.get_or_create(
                person_id=relation.person_id,
                other=known,
                kind=relation.kind,
                to_on=None,
                is_wrong=False,
                defaults={
                    "parental_responsibility": relation.parental_responsibility,
                    "as_stated": relation.as_stated,
                    "source": relation.source,
                    "recorded_at": now,
                    "recorded_by": by,
                },
            )
    link = PersonLink.objects.create(
        kept=known,
        other=made,
        reason="Named in a contact; found to be known already",
        at=at,
        recorded_at=now,
        linked_by=by,
    )
    _read_under(made, head=known)
    rules.append(
        "people.linked", authority=authority, at=at, person=known, others=[made], link_id=link.pk
    )
    _settle_between(known, made, by=by, at=at)
    rules.refresh([known.pk, *_below(known)])
    return link


@transaction.atomic
def give_place_back(*, by: User, at: datetime, link_id: UUID) -> Person:
    """Undo `take_place_of`: the record made for the contact stands for itself again.

    The known person leaves the households and relationships that the link brought. A link that
    somebody ended on the page of the person is undone here as well, so that nothing is lost.

    :raises PermissionDenied: `by` may not change people's details
    """
    authority = rules.begin(by, Permission.PERSON_EDIT, at)
    found = PersonLink.objects.get(pk=link_id)
    people = rules.locked(by, found.kept_id, found.other_id)
    link = PersonLink.objects.select_for_update().get(pk=link_id)
    known, made = people[link.kept_id], people[link.other_id]
    today = london_date(at)
    if link.ended_at is None:
        link.ended_at, link.ended_by, link.ended_because = at, by, UNDONE
        link.save(update_fields=["ended_at", "ended_by", "ended_because"])
        _read_by_itself(made)
        rules.append(
            "people.unlinked",
            authority=authority,
            at=at,
            person=known,
            others=[made],
            link_id=link.pk,
        )
    _take_back(link, today=today)
    for membership in HouseholdMembership.objects.filter(
        person=made, ended_because="Recorded for somebody already known"
    ):
        if not HouseholdMembership.objects.filter(
            person=made, household=membership.household_id, to_on__isnull=True
        ).exists():
            HouseholdMembership.objects.create(
                household_id=membership.household_id,
                person=made,
                role=membership.role,
                from_on=today,
                source=membership.source,
                confidence=membership.confidence,
                recorded_at=application_clock.now(),
                recorded_by=by,
            )
    for stay in PersonAddress.objects.filter(person=made, note=STATED_ONLY, is_wrong=False):
        PersonAddress.objects.create(
            person=made,
            address_id=stay.address_id,
            kind=stay.kind,
            from_on=stay.from_on,
            source=stay.source,
            recorded_at=application_clock.now(),
            recorded_by=by,
        )
    rules.refresh([known.pk, made.pk, *_below(known), *_below(made)])
    return made


def _take_back(link: PersonLink, *, today: date) -> None:
    """End what the known person was given when the link was made, and only that."""
    given = {"recorded_at": link.recorded_at, "recorded_by": link.linked_by, "to_on": None}
    for membership in HouseholdMembership.objects.select_for_update().filter(
        person=link.kept_id, **given
    ):
        membership.to_on = max(today, membership.from_on or today)
        membership.ended_because = UNDONE
        membership.save(update_fields=["to_on", "ended_because"])
    for relation in Relationship.objects.select_for_update().filter(
        other=link.kept_id, is_wrong=False, **given
    ):
        relation.is_wrong = True
        relation.save(update_fields=["is_wrong"])


@transaction.atomic
def nobody_known(*, by: User, at: datetime, person_id: UUID) -> int:
    """Answer "none of them" to every open question about a record; give how many there were.

    :raises PermissionDenied: `by` may not change people's details
    """
    rules.begin(by, Permission.PERSON_EDIT, at)
    open_questions = PossibleDuplicate.objects.filter(state=PossibleDuplicate.State.OPEN)
    settled = 0
    for question in open_questions.filter(person_id=person_id) | open_questions.filter(
        other_id=person_id
    ):
        question.state = PossibleDuplicate.State.NOT_SAME
        question.settled_by, question.settled_at = by, at
        question.settled_facts = matching.mark_of_both(question.person_id, question.other_id)
        question.save(update_fields=["state", "settled_by", "settled_at", "settled_facts"])
        settled += 1
    return settled
