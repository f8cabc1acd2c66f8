"""Taking a contact in: what arrived, whom it is about, and whether a child is in danger now."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import replace as altered
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import models, transaction

from accounts.models import User
from accounts.permissions import Permission, require
from cases import actions as case_actions
from cases.actions.contacts import lock_contact, row_of, touch
from cases.choices import Channel, Rag
from cases.models import Contact, ContactPerson, SubmissionPart
from cases.stated import Stated
from mash.actions.rating import rate
from people import actions as people_actions
from people.choices import (
    AddressKind,
    HouseholdRole,
    IdentifierKind,
    NameKind,
    RelationshipKind,
    SettingKind,
    Source,
    Stage,
    YesNoUnknown,
)
from people.models import Household, HouseholdMembership, Person, Relationship
from record import drafts, events, once
from record.errors import Clash, Refused

DRAFT = "intake"
CHILD_DRAFT = "intake-child"
#: The key under which it stands among what was seen that an address was answered for.
ADDRESS_ANSWERED = "address"


@dataclass(frozen=True, kw_only=True)
class Danger:
    """What the worker concludes about immediate danger."""

    is_danger: bool
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class Relation:
    """What an adult is to one child, and whether they have parental responsibility."""

    child_id: UUID
    kind: str
    parental_responsibility: str = YesNoUnknown.UNKNOWN


@transaction.atomic
def if_as_seen(
    *, by: User, contact_id: UUID, is_as_seen: Callable[[], bool], act: Callable[[], Any]
) -> Any:
    """Do something to a contact if what it replaces still stands as the worker saw it.

    :raises Clash: somebody else changed it meanwhile
    """
    lock_contact(contact_id, by)
    if not is_as_seen():
        raise Clash("Somebody changed this while you were writing. Compare, then save again.")
    return act()


@transaction.atomic
def receive(
    *,
    by: User,
    at: datetime,
    draft_id: UUID,
    arrived: Mapping[str, Any],
    people: Sequence[Stated],
    danger: Danger | None = None,
) -> Contact:
    """Record a contact from its draft, conclude about danger, and put the draft away.

    :param draft_id: the key of the draft, which is the token of the form as well
    :param arrived: what `cases.actions.receive` takes beside the people
    :raises AlreadyRecorded: this draft was received before
    :raises Refused: what is missing, in words
    """
    contact = case_actions.receive(by=by, at=at, people=people, token=draft_id, **arrived)
    if danger is not None:
        case_actions.conclude_danger(
            by=by, at=at, contact_id=contact.pk, is_danger=danger.is_danger, why=danger.why
        )
    for form in (DRAFT, CHILD_DRAFT):
        drafts.mark_recorded(owner=by, form=form, subject_id=draft_id, at=at)
    contact.refresh_from_db()
    return contact


@transaction.atomic
def add_child(
    *,
    by: User,
    at: datetime,
    contact_id: UUID,
    stated: Stated,
    mother: Stated | None = None,
    token: UUID | None = None,
) -> ContactPerson:
    """Add a child; the mother of an unborn baby comes first where she is not there yet."""
    once.claim(token, user=by, action="mash.add_child")
    if mother is not None:
        her = case_actions.add_person(by=by, at=at, contact_id=contact_id, stated=mother)
        stated = altered(stated, mother_id=her.person_id)
    row = case_actions.add_person(by=by, at=at, contact_id=contact_id, stated=stated)
    once.finish(token, row.pk)
    return row


@transaction.atomic
def add_adult(
    *,
    by: User,
    at: datetime,
    contact_id: UUID,
    stated: Stated,
    relations: Sequence[Relation] = (),
    safe_contact: str = "",
    token: UUID | None = None,
) -> ContactPerson:
    """Add an adult, what they are to each child, and whether it is safe to reach them."""
    once.claim(token, user=by, action="mash.add_adult")
    row = case_actions.add_person(by=by, at=at, contact_id=contact_id, stated=stated)
    _say_more(row.person_id, by=by, at=at, relations=relations, safe_contact=safe_contact)
    once.finish(token, row.pk)
    return row


@transaction.atomic
def relate_adult(
    *,
    by: User,
    at: datetime,
    contact_id: UUID,
    person_id: UUID,
    relations: Sequence[Relation],
) -> Contact:
    """Say what somebody on the contact is to its children."""
    contact = lock_contact(contact_id, by)
    _say_more(person_id, by=by, at=at, relations=relations, safe_contact="")
    return contact


def spellings_of(said: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Every name that was stated of somebody: kind, first names, surname."""
    stated = (NameKind.AS_GIVEN.value, said.get("given_name", ""), said.get("family_name", ""))
    return [stated, *((kind, given, family) for kind, given, family in said.get("other_names", ()))]


class HomeAnswer(models.TextChoices):
    """Which address holds, where a contact states another than a known person's record."""

    KEEP = "keep", "Keep the record as it is"
    MOVED = "moved", "They moved there"
    ALSO = "also", "They also stay there"


@transaction.atomic
def answer_stated_home(
    *,
    by: User,
    at: datetime,
    contact_id: UUID,
    contact_person_id: UUID,
    answer: HomeAnswer,
    from_on: date | None = None,
) -> ContactPerson:
    """Say what the address a contact states means for a known person's record.

    Whatever is answered, what was stated stays on the contact.

    :param from_on: the day they moved or began to stay there, if somebody knows it
    :raises PermissionDenied: `by` may not change contacts, or people's details
    :raises Refused: the person is not linked, or it was answered before
    """
    authority = require(by, Permission.CONTACT_EDIT, at=at)
    contact = lock_contact(contact_id, by)
    row = row_of(contact, contact_person_id)
    if row.match != ContactPerson.Match.LINKED:
        raise Refused("This person is not linked to a known record.")
    if ADDRESS_ANSWERED in row.match_seen:
        raise Refused("Somebody has said already which address holds.")
    if answer != HomeAnswer.KEEP:
        people_actions.move(
            by=by,
            at=at,
            person_ids=[row.person_id],
            line=row.as_stated.get("address_line", ""),
            postcode=row.as_stated.get("postcode", ""),
            kind=AddressKind.HOME if answer == HomeAnswer.MOVED else AddressKind.STAYS,
            from_on=from_on,
            source=Source.REFERRER,
        )
    row.match_seen = {**row.match_seen, ADDRESS_ANSWERED: answer}
    row.save(update_fields=["match_seen"])
    touch(contact)
    contact.save(update_fields=["version", "changed_at"])
    events.append(
        "contact.home_answered",
        authority=authority,
        at=at,
        subject_kind="contact",
        subject_id=contact.pk,
        children=[row.person_id] if row.is_child else [],
        data={"answer": str(answer)},
    )
    return row


@transaction.atomic
def add_to_record(
    *, by: User, at: datetime, contact_id: UUID, contact_person_id: UUID, keys: Collection[str]
) -> ContactPerson:
    """Add to a known person's record what this contact says of them, as far as chosen.

    A date that differs stands beside the record's own; it does not replace it.

    :param keys: as `mash.queries.intake.news_of` gives them
    """
    contact = lock_contact(contact_id, by)
    row = row_of(contact, contact_person_id)
    if not keys:
        raise Refused("Choose what to add to the record.")
    said, person_id = row.as_stated, row.person_id
    for place, (kind, given_name, family_name) in enumerate(spellings_of(said)):
        if f"name-{place}" in keys:
            people_actions.add_name(
                by=by,
                at=at,
                person_id=person_id,
                kind=kind,
                given_name=given_name,
                family_name=family_name,
                source=Source.REFERRER,
            )
    for key in ("date_of_birth", "expected_on"):
        if key in keys and said.get(key):
            on = date.fromisoformat(said[key])
            people_actions.state_date(
                by=by,
                at=at,
                person_id=person_id,
                as_stated=f"{on:%-d/%-m/%Y}",
                on=on,
                is_expected_date=key == "expected_on",
                source=Source.REFERRER,
            )
    for key, number in (("nhs_number", IdentifierKind.NHS), ("upn", IdentifierKind.UPN)):
        if key in keys and said.get(key):
            people_actions.add_identifier(
                by=by,
                at=at,
                person_id=person_id,
                kind=number,
                value=said[key],
                source=Source.REFERRER,
            )
    for key, setting in (("school", SettingKind.SCHOOL), ("gp", SettingKind.GP)):
        if key in keys and said.get(key):
            people_actions.add_setting(
                by=by,
                at=at,
                person_id=person_id,
                kind=setting,
                name=said[key],
                source=Source.REFERRER,
            )
    return row


@transaction.atomic
def take_in_part(
    *,
    by: User,
    at: datetime,
    contact_id: UUID,
    label: str,
    words: str,
    people: Sequence[Stated],
    token: UUID | None = None,
) -> Contact:
    """Make a contact of its own from a part of a contact's message (decisions.md 50).

    It keeps the first time of receipt and the sender; the two contacts are not linked by it.
    """
    contact = lock_contact(contact_id, by)
    submission = contact.submission
    return case_actions.receive(
        by=by,
        at=contact.received_at,
        channel=Channel(submission.channel),
        words=words,
        people=people,
        submission_id=submission.pk,
        part_label=label,
        sender_agency_id=contact.source_agency_id,
        token=token,
        source_code=contact.source_code,
        source_also=contact.source_also,
        referrer_name=contact.referrer_name,
        referrer_role=contact.referrer_role,
        referrer_phone=contact.referrer_phone,
        referrer_email=contact.referrer_email,
        referrer_availability=contact.referrer_availability,
        referrer_is_anonymous=contact.referrer_is_anonymous,
        referrer_is_professional=contact.referrer_is_professional,
    )


@transaction.atomic
def add_further_message(
    *,
    by: User,
    at: datetime,
    contact_id: UUID,
    words: str,
    channel: Channel,
    received_at: datetime,
    sender_agency_name: str = "",
    label: str = "",
    is_repeat: bool = False,
    token: UUID | None = None,
) -> SubmissionPart:
    """Keep a further message and join it to the contact."""
    once.claim(token, user=by, action="mash.add_message")
    submission = case_actions.submit(
        by=by,
        words=words,
        channel=channel,
        received_at=received_at,
        sender_agency_name=sender_agency_name,
    )
    part = case_actions.add_message(
        by=by,
        at=at,
        contact_id=contact_id,
        submission_id=submission.pk,
        label=label,
        is_repeat=is_repeat,
    )
    once.finish(token, part.pk)
    return part


@transaction.atomic
def house(
    *,
    by: User,
    at: datetime,
    contact_id: UUID,
    line: str,
    postcode: str,
    is_withheld: bool = False,
) -> Household:
    """Give the contact's household its home, and move those who live in it there."""
    contact = lock_contact(contact_id, by)
    if contact.household_id is None:
        household = people_actions.create_household(by=by, at=at, line=line, postcode=postcode)
        case_actions.change_contact(by=by, at=at, contact_id=contact_id, household_id=household.pk)
        return household
    household = Household.objects.get(pk=contact.household_id)
    people_actions.move(
        by=by,
        at=at,
        household_id=household.pk,
        line=line,
        postcode=postcode,
        is_withheld=is_withheld,
        source=Source.REFERRER,
    )
    return household


@transaction.atomic
def join_household(
    *,
    by: User,
    at: datetime,
    contact_id: UUID,
    person_id: UUID,
    role: str,
    from_on: date | None = None,
    note: str = "",
) -> HouseholdMembership:
    """Let somebody on the contact belong to its household, which is made if there is none."""
    contact = lock_contact(contact_id, by)
    household_id = contact.household_id
    if household_id is None:
        household_id = people_actions.create_household(by=by, at=at).pk
        case_actions.change_contact(by=by, at=at, contact_id=contact_id, household_id=household_id)
    return people_actions.join_household(
        by=by,
        at=at,
        household_id=household_id,
        person_id=person_id,
        role=_part(person_id, role),
        from_on=from_on,
        note=note,
        source=Source.REFERRER,
    )


@transaction.atomic
def add_household(
    *,
    by: User,
    at: datetime,
    contact_id: UUID,
    label: str,
    person_ids: Sequence[UUID],
    line: str = "",
    postcode: str = "",
    other_authority: str = "",
    token: UUID | None = None,
) -> Household:
    """Record another household: where a child of the family, a parent or a carer lives."""
    once.claim(token, user=by, action="mash.add_household")
    contact = lock_contact(contact_id, by)
    on_it = {
        row.person_id: row.is_child
        for row in ContactPerson.objects.filter(contact=contact, ended_at__isnull=True)
    }
    household = people_actions.create_household(
        by=by, at=at, label=label, line=line, postcode=postcode, other_authority=other_authority
    )
    for person_id in person_ids:
        if person_id not in on_it:
            raise Refused("One of these people is not on the contact.")
        role = HouseholdRole.RESIDENT_CHILD if on_it[person_id] else HouseholdRole.OTHER_ADULT
        people_actions.join_household(
            by=by,
            at=at,
            household_id=household.pk,
            person_id=person_id,
            role=_part(person_id, role),
            source=Source.REFERRER,
        )
    if line or postcode:
        people_actions.move(
            by=by,
            at=at,
            person_ids=list(person_ids),
            line=line,
            postcode=postcode,
            source=Source.REFERRER,
        )
    once.finish(token, household.pk)
    return household


def _part(person_id: UUID, role: str) -> str:
    is_unborn = Person.objects.filter(pk=person_id, stage=Stage.UNBORN).exists()
    return HouseholdRole.UNBORN.value if is_unborn else role


@transaction.atomic
def send_to_manager(
    *, by: User, at: datetime, contact_id: UUID, summary: str, rag: str, reason: str
) -> Contact:
    """Put a contact before the manager with its matter in one line and its urgency."""
    contact = lock_contact(contact_id, by)
    if (contact.rag, contact.rag_reason) != (rag, reason):
        rate(by=by, at=at, contact_id=contact_id, rag=Rag(rag), reason=reason)
    return case_actions.send_for_decision(by=by, at=at, contact_id=contact_id, summary=summary)


def _say_more(
    person_id: UUID, *, by: User, at: datetime, relations: Sequence[Relation], safe_contact: str
) -> None:
    for relation in relations:
        known = Relationship.objects.filter(
            person=person_id,
            other=relation.child_id,
            kind=relation.kind,
            to_on__isnull=True,
            is_wrong=False,
        ).first()
        if known is None:
            people_actions.relate(
                by=by,
                at=at,
                person_id=person_id,
                other_id=relation.child_id,
                kind=RelationshipKind(relation.kind),
                parental_responsibility=relation.parental_responsibility,
            )
        elif (
            relation.parental_responsibility != YesNoUnknown.UNKNOWN
            and known.parental_responsibility != relation.parental_responsibility
        ):
            people_actions.set_parental_responsibility(
                by=by,
                at=at,
                relationship_id=known.pk,
                parental_responsibility=relation.parental_responsibility,
            )
    if safe_contact:
        person = Person.objects.visible_to(by).get(pk=person_id)
        if person.safe_contact != safe_contact:
            people_actions.change_details(
                by=by,
                at=at,
                person_id=person_id,
                version=person.version,
                safe_contact=safe_contact,
            )
