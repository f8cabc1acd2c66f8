"""A contact: what arrives, whom it is about, and what is found out before a decision."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace as altered
from datetime import date, datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from accounts.models import Team, TeamKind, User
from accounts.permissions import Authority, Permission, holds, require
from cases import clocks, holding, reactions
from cases.actions.handovers import withdraw
from cases.actions.referrals import correct_referrals
from cases.choices import (
    BoardState,
    Channel,
    ContactState,
    HandoverState,
    InvolvementKind,
    Rag,
)
from cases.models import (
    Contact,
    ContactLink,
    ContactPerson,
    Feedback,
    HandoverChild,
    HistoryCheck,
    InformationRequest,
    Submission,
    SubmissionPart,
    SubmissionSeal,
)
from cases.stated import Stated
from lib import application_clock
from lib.prepared import Insert, Prepared
from lib.working_days import london_date
from people import actions as people_actions
from people import matching
from people.choices import HouseholdRole, IdentifierKind, SettingKind, Stage, YesNoUnknown
from people.models import HouseholdMembership, Person, reads_every_restricted_record
from people.queries import homes_of
from record import calendar, events, notes, once
from record.errors import Clash, Refused

WORDS_LIMIT = 200_000
FEEDS = frozenset({Channel.POLICE_FEED, Channel.HOSPITAL_FEED, Channel.API})
UNDECIDED = (
    ContactState.RECEIVED,
    ContactState.SCREENING,
    ContactState.AWAITING_INFORMATION,
    ContactState.AWAITING_DECISION,
)


class AlreadyDecided(Refused):
    """The contact has been decided; the message says by whom and when."""


_INSERT_PEOPLE = Insert(ContactPerson)
_MASH_TEAM = Prepared(
    lambda: (
        Team.objects.filter(kind=TeamKind.MASH, is_active=True)
        .select_related("manager")
        .order_by("name", "pk")[:1]
    )
)


def mash_team() -> Team:
    """The team that answers for a child whom nobody else holds."""
    team = _MASH_TEAM.first()
    if team is None:
        raise Refused("No MASH team is set up. Ask an administrator to add one with a manager.")
    return team


_LOCKED = Prepared(
    lambda contact_id: Contact.objects.filter(pk=contact_id).select_for_update(no_key=True),
    contact_id=UUID,
)
_LOCKED_IF_OPEN = Prepared(
    lambda contact_id, user_id, now: (
        Contact.objects.open_to(user_id=user_id, now=now)
        .filter(pk=contact_id)
        .select_for_update(no_key=True)
    ),
    contact_id=UUID,
    user_id=UUID,
    now=datetime,
)


def lock_contact(contact_id: UUID, by: User) -> Contact:
    """Lock a contact that `by` may read.

    :raises Contact.DoesNotExist: there is none, or `by` may not read it
    """
    contact = None
    if holds(by, Permission.CONTACT_READ):
        if reads_every_restricted_record(by):
            contact = _LOCKED.first(contact_id=contact_id)
        else:
            contact = _LOCKED_IF_OPEN.first(
                contact_id=contact_id, user_id=by.pk, now=application_clock.now()
            )
    if contact is None:
        raise Contact.DoesNotExist
    return contact


@transaction.atomic
def submit(
    *,
    by: User | None,
    words: str,
    channel: Channel,
    received_at: datetime,
    written_at: datetime | None = None,
    sender_agency_id: UUID | None = None,
    sender_agency_name: str = "",
    sender_role: str = "",
    external_reference: str = "",
    idempotency_key: str | None = None,
) -> Submission:
    """Keep what arrived, as it arrived.

    :raises Refused: no words, too many words, or a receipt in the future
    """
    if not words.strip():
        raise Refused("Enter the concern in the referrer's own words.")
    if len(words) > WORDS_LIMIT:
        raise Refused(
            f"Shorten the referrer's words to {WORDS_LIMIT:,} characters; you have {len(words):,}."
        )
    now = application_clock.now()
    if received_at > now:
        raise Refused("The time received is in the future. Enter when it reached the front door.")
    if idempotency_key is not None:
        earlier = Submission.objects.filter(idempotency_key=idempotency_key).first()
        if earlier is not None:
            return earlier
    return Submission.objects.create(
        channel=channel,
        words=words,
        sender_agency_id=sender_agency_id,
        sender_agency_name=sender_agency_name,
        sender_role=sender_role,
        external_reference=external_reference,
        received_at=received_at,
        written_at=written_at,
        recorded_at=now,
        recorded_by=by,
        idempotency_key=idempotency_key,
    )


@transaction.atomic
@matching.refreshing_once()
@events.together()
def receive(
    *,
    by: User,
    at: datetime,
    channel: Channel,
    words: str,
    people: Sequence[Stated],
    received_at: datetime | None = None,
    submission_id: UUID | None = None,
    part_label: str = "",
    written_at: datetime | None = None,
    sender_agency_id: UUID | None = None,
    sender_agency_name: str = "",
    sender_role: str = "",
    external_reference: str = "",
    referrer_says_danger: YesNoUnknown = YesNoUnknown.UNKNOWN,
    authority: Authority | None = None,
    token: UUID | None = None,
    **details: Any,
) -> Contact:
    """Record a contact: only words, when, how and one child are needed (decisions.md 51).

    Starts CON-DEC at receipt, and EDT-HO and EDT-ACK through the reactions where it came out
    of hours. Every child named gets a person record and is held by the MASH unless somebody
    already holds them.

    :param at: when it reached the front door; `received_at` may name an earlier submission's
    :param authority: in what right, where another action has asked for it: early help steps a
        family up though it records no contacts otherwise (decisions.md 79)
    :raises PermissionDenied: `by` may not record contacts
    :raises Refused: what is missing, in words
    """
    at = received_at or at
    authority = authority or require(by, Permission.CONTACT_CREATE, at=None)
    once.claim(token, user=by, action="cases.receive")
    if not any(person.is_child for person in people):
        raise Refused("Enter at least one child, however little is known about them.")
    if submission_id is None:
        submission = submit(
            by=by,
            words=words,
            channel=channel,
            received_at=at,
            written_at=written_at,
            sender_agency_id=sender_agency_id,
            sender_agency_name=sender_agency_name,
            sender_role=sender_role,
            external_reference=external_reference,
        )
    else:
        submission = Submission.objects.get(pk=submission_id)
        at = submission.received_at
    now = application_clock.now()
    marks = list(details.pop("marks", []))
    is_out_of_hours = not calendar.is_office_hours(at)
    contact = Contact.objects.create(
        reference=_reference(at),
        submission=submission,
        words=words,
        state=ContactState.RECEIVED,
        board_state=BoardState.SCREENING,
        received_at=at,
        is_out_of_hours=is_out_of_hours,
        recorded_at=now,
        recorded_by=by,
        changed_at=now,
        next_due_at=at,
        referrer_says_danger=referrer_says_danger,
        source_agency_id=sender_agency_id,
        marks=marks,
        **_known_details(details),
    )
    SubmissionPart.objects.create(
        submission=submission,
        label=part_label,
        went_to=SubmissionPart.WentTo.CONTACT,
        contact=contact,
        by=by,
        recorded_at=now,
    )
    events.append(
        "contact.received",
        authority=authority,
        at=at,
        subject_kind="contact",
        subject_id=contact.pk,
        data={"channel": str(channel), "reference": contact.reference},
    )
    _add(contact, people, authority=authority, at=at)
    clocks.start("CON-DEC", on=contact, started_at=at, by=by)
    if referrer_says_danger == YesNoUnknown.YES and channel in FEEDS:
        _start_red(contact, by)
    for reaction in reactions.contact_received:
        reaction(contact=contact, by=by)
    once.finish(token, contact.pk)
    return contact


def _known_details(details: dict[str, Any]) -> dict[str, Any]:
    unknown = set(details) - CHANGEABLE
    if unknown:
        raise TypeError(f"not details of a contact: {', '.join(sorted(unknown))}")
    return details


def _reference(at: datetime) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('cases_contact_number')")
        (number,) = cursor.fetchone()
    return f"C-{london_date(at):%y}-{number:05}"


CHANGEABLE = frozenset(
    {
        "summary",
        "original_words",
        "original_language",
        "source_code",
        "source_also",
        "source_agency_id",
        "referrer_name",
        "referrer_role",
        "referrer_phone",
        "referrer_email",
        "referrer_availability",
        "referrer_is_anonymous",
        "referrer_is_professional",
        "household_id",
        "category",
        "marks",
        "referrer_says_danger",
        "do_parents_know",
        "parents_know_note",
        "safe_contact",
        "act_before_at",
        "act_before_why",
    }
)
"""What `change_contact` may change; the rest has an action of its own."""


@transaction.atomic
def change_contact(
    *, by: User, at: datetime, contact_id: UUID, version: int | None = None, **changes: Any
) -> Contact:
    """Correct or complete what is known of a contact; the old row is kept in its history.

    :raises Clash: somebody else changed it since `version`
    """
    authority = require(by, Permission.CONTACT_EDIT)
    contact = lock_contact(contact_id, by)
    if contact.state == ContactState.VOID:
        raise Refused("This contact is void and cannot be changed.")
    if version is not None and contact.version != version:
        raise Clash("Somebody changed this contact while you were writing. Read it, then save.")
    changed = [
        name for name, value in _known_details(changes).items() if getattr(contact, name) != value
    ]
    if not changed:
        return contact
    for name in changed:
        setattr(contact, name, changes[name])
    touch(contact)
    contact.save(update_fields=[*changed, "version", "changed_at"])
    if "marks" in changed:
        for reaction in reactions.contact_marked:
            reaction(contact=contact, by=by, at=at)
    events.append(
        "contact.changed",
        authority=authority,
        at=at,
        subject_kind="contact",
        subject_id=contact.pk,
        data={"fields": sorted(changed)},
    )
    return contact


def touch(contact: Contact) -> None:
    """Count a change, so that whoever is deciding on the older version is told."""
    contact.version += 1
    contact.changed_at = application_clock.now()


# People of the contact ------------------------------------------------------------------------


@transaction.atomic
@matching.refreshing_once()
def add_person(*, by: User, at: datetime, contact_id: UUID, stated: Stated) -> ContactPerson:
    """Add a child or adult whom the referrer, an agency or our record names."""
    authority = require(by, Permission.CONTACT_EDIT)
    contact = lock_contact(contact_id, by)
    _refuse_when_over(contact)
    (added,) = _add(contact, [stated], authority=authority, at=at)
    touch(contact)
    contact.save(update_fields=["version", "changed_at"])
    return added


def _add(
    contact: Contact, people: Sequence[Stated], *, authority: Authority, at: datetime
) -> list[ContactPerson]:
    """Add people to a contact: those who are born together, then the unborn, and so on."""
    before = list(
        ContactPerson.objects.filter(contact=contact).values_list("person_id", "ended_at")
    )
    there = {person_id for person_id, ended_at in before if ended_at is None}
    added: list[ContactPerson] = []
    for _is_unborn, some in groupby(people, key=lambda stated: stated.stage == Stage.UNBORN):
        run: list[tuple[Stated, Person]] = []
        for stated in some:
            if stated.mother_place is not None:
                stated = altered(stated, mother_id=added[stated.mother_place].person_id)
            person = who_is(stated, by=authority.user, at=at)
            if person.pk in there:
                raise Refused(f"{person.name} is already on this contact.")
            there.add(person.pk)
            run.append((stated, person))
        added += _add_run(contact, run, first=len(before) + len(added), authority=authority, at=at)
    return added


def _add_run(
    contact: Contact,
    run: Sequence[tuple[Stated, Person]],
    *,
    first: int,
    authority: Authority,
    at: datetime,
) -> list[ContactPerson]:
    by = authority.user
    now = application_clock.now()
    rows = _INSERT_PEOPLE(
        ContactPerson(
            contact=contact,
            person=person,
            is_child=stated.is_child,
            mention=stated.mention,
            relation=stated.relation,
            as_stated=stated.as_data(),
            match=_match(stated),
            match_seen=stated.seen,
            matched_by=by,
            matched_at=now,
            position=position,
            recorded_at=now,
            recorded_by=by,
        )
        for position, (stated, person) in enumerate(run, first)
    )
    children = [row.person_id for row in rows if row.is_child]
    if children:
        holding.lock(children)
        holding.start_each(
            child_ids=children,
            kind=InvolvementKind.CONTACT,
            subject_id=contact.pk,
            at=contact.received_at,
            team=mash_team(),
            authority=None,
        )
    _place(contact, run, by=by, at=at)
    for row in rows:
        events.append(
            "contact.person_added",
            authority=authority,
            at=at,
            subject_kind="contact",
            subject_id=contact.pk,
            children=[row.person_id] if row.is_child else [],
            data={"match": str(row.match)},
        )
    return rows


def _match(stated: Stated) -> ContactPerson.Match:
    if stated.person_id is not None:
        return ContactPerson.Match.LINKED
    return ContactPerson.Match.TO_SETTLE if stated.decide_later else ContactPerson.Match.NEW


def who_is(
    stated: Stated,
    *,
    by: User,
    at: datetime,
    right: Permission = Permission.PERSON_CREATE,
) -> Person:
    """Give the record of somebody as stated: the one linked to, or a new one.

    :param right: in what right a record is made, where it is part of something else
    """
    if stated.person_id is not None:
        known = Person.objects.visible_to(by).get(pk=stated.person_id)
        _keep_answer(stated, known, by=by, at=at)
        return known
    person = people_actions.create_person(
        by=by,
        at=at,
        is_child=stated.is_child,
        stage=stated.stage,
        given_name=stated.given_name,
        family_name=stated.family_name,
        description=stated.description,
        date_of_birth=stated.date_of_birth,
        is_date_of_birth_estimated=stated.is_date_of_birth_estimated,
        expected_on=stated.expected_on,
        age_as_stated=stated.age,
        sex=stated.sex,
        ethnicity=stated.ethnicity,
        phone=stated.phone,
        language=stated.language,
        needs_interpreter=stated.needs_interpreter,
        source=stated.source,
        mother_id=stated.mother_id,
        mother_unnamed=stated.mother_unnamed,
        right=right,
    )
    for kind, given_name, family_name in stated.other_names:
        people_actions.add_name(
            by=by,
            at=at,
            person_id=person.pk,
            kind=kind,
            given_name=given_name,
            family_name=family_name,
            source=stated.source,
        )
    for kind, value in (
        (IdentifierKind.NHS, stated.nhs_number),
        (IdentifierKind.UPN, stated.upn),
    ):
        if value:
            people_actions.add_identifier(
                by=by, at=at, person_id=person.pk, kind=kind, value=value, source=stated.source
            )
    for setting, name in ((SettingKind.SCHOOL, stated.school), (SettingKind.GP, stated.gp)):
        if name:
            people_actions.add_setting(
                by=by, at=at, person_id=person.pk, kind=setting, name=name, source=stated.source
            )
    if stated.decide_later:
        for other_id in stated.possible_ids:
            people_actions.raise_possible_duplicate(
                by=by, at=at, person_id=person.pk, other_id=other_id, seen=stated.seen
            )
    _keep_answer(stated, person, by=by, at=at)
    return person


def _keep_answer(stated: Stated, person: Person, *, by: User, at: datetime) -> None:
    if stated.seen:
        people_actions.keep_answer(
            by=by,
            at=at,
            person_id=person.pk,
            seen=stated.seen,
            is_chosen=stated.person_id is not None,
            is_later=stated.decide_later,
        )


def _place(
    contact: Contact, run: Sequence[tuple[Stated, Person]], *, by: User, at: datetime
) -> None:
    """Let the household gather round the children, at the address where one was given.

    Whoever is known keeps the home on record; what was stated stands on the contact, and the
    worker is asked which holds.
    """
    homes: dict[tuple[str, str, str], list[UUID]] = {}
    known = [
        person.pk
        for stated, person in run
        if stated.person_id is not None and (stated.address_line or stated.postcode)
    ]
    at_home = homes_of(person_ids=known) if known else {}
    for stated, person in run:
        if (stated.address_line or stated.postcode) and person.pk not in at_home:
            home = (stated.address_line, stated.postcode, stated.source)
            homes.setdefault(home, []).append(person.pk)
    for (line, postcode, source), person_ids in homes.items():
        # A known child may live there already, and an unborn baby lives where the mother does.
        with suppress(people_actions.NothingChanged):
            people_actions.move(
                by=by, at=at, person_ids=person_ids, line=line, postcode=postcode, source=source
            )
    parts = [
        (stated, person, stated.household_role)
        for stated, person in run
        if stated.household_role is not None
    ]
    if not parts:
        return
    stated, person, _role = parts[0]
    household_id = contact.household_id or _gather(contact, person, stated, by=by, at=at)
    members = set(
        HouseholdMembership.objects.filter(
            household_id=household_id,
            person__in=[person for _stated, person, _role in parts],
            to_on__isnull=True,
        ).values_list("person_id", flat=True)
    )
    joining = [
        people_actions.Part(
            person_id=person.pk,
            role=HouseholdRole.UNBORN if person.stage == Stage.UNBORN else role,
            source=stated.source,
        )
        for stated, person, role in parts
        if person.pk not in members
    ]
    if joining:
        people_actions.join_household_together(
            by=by, at=at, household_id=household_id, parts=joining
        )


def _gather(contact: Contact, person: Person, stated: Stated, *, by: User, at: datetime) -> UUID:
    """Give the contact the household of its first person, or a new one."""
    household_id = (
        HouseholdMembership.objects.filter(person=person, to_on__isnull=True)
        .order_by("-recorded_at", "pk")
        .values_list("household_id", flat=True)
        .first()
    )
    if household_id is None:
        household_id = people_actions.create_household(
            by=by, at=at, line=stated.address_line, postcode=stated.postcode
        ).pk
    contact.household_id = household_id
    contact.save(update_fields=["household_id"])
    return household_id


def row_of(contact: Contact, contact_person_id: UUID) -> ContactPerson:
    """Give somebody on the contact, locked.

    :raises Refused: a colleague was faster and took them off
    """
    row = (
        ContactPerson.objects.select_for_update(of=("self",))
        .select_related("person")
        .get(pk=contact_person_id, contact=contact)
    )
    if row.ended_at is not None:
        raise Refused("This person has been taken off the contact. Open the contact again.")
    return row


@transaction.atomic
def remove_person(
    *, by: User, at: datetime, contact_id: UUID, contact_person_id: UUID, because: str
) -> None:
    """Take somebody off the contact who does not belong to it. The row and its words stay."""
    authority = require(by, Permission.CONTACT_EDIT)
    contact = lock_contact(contact_id, by)
    _refuse_when_over(contact)
    row = row_of(contact, contact_person_id)
    if not because.strip():
        raise Refused("Say why this person does not belong to the contact.")
    if (
        row.is_child
        and not ContactPerson.objects.filter(contact=contact, is_child=True, ended_at__isnull=True)
        .exclude(pk=row.pk)
        .exists()
    ):
        raise Refused("This is the only child of the contact. Add the right child first.")
    offered = HandoverChild.objects.filter(
        child=row.person_id, handover__contact=contact, is_open=True
    ).select_related("handover__to_team")
    for offer in offered[:1]:
        raise Refused(
            f"{row.person.name} is offered to {offer.handover.to_team.name} because of this"
            " contact. Decide it again first."
        )
    row.ended_at = at
    row.ended_because = because
    row.save(update_fields=["ended_at", "ended_because"])
    if row.is_child:
        holding.lock([row.person_id])
        holding.end(
            child_id=row.person_id, kind=InvolvementKind.CONTACT, subject_id=contact.pk, at=at
        )
    touch(contact)
    contact.save(update_fields=["version", "changed_at"])
    events.append(
        "contact.person_removed",
        authority=authority,
        at=at,
        subject_kind="contact",
        subject_id=contact.pk,
        children=[row.person_id] if row.is_child else [],
    )


@transaction.atomic
def settle_match(
    *,
    by: User,
    at: datetime,
    contact_id: UUID,
    contact_person_id: UUID,
    person_id: UUID | None,
    seen: dict[str, Any] | None = None,
) -> ContactPerson:
    """Answer "is this child already known?": the same as `person_id`, or nobody we know.

    What was stated stays on the row. Undone by `undo_match`. The same answer to the same search
    stands already.
    """
    authority = require(by, Permission.CONTACT_EDIT)
    contact = lock_contact(contact_id, by)
    row = row_of(contact, contact_person_id)
    if contact.state == ContactState.VOID:
        raise Refused("This contact is void and cannot be changed.")
    if row.match == ContactPerson.Match.LINKED:
        raise Refused("This person is linked already. Undo the link first.")
    if person_id is None:
        if row.match == ContactPerson.Match.NEW and seen is not None and row.match_seen == seen:
            return row
        row.match = ContactPerson.Match.NEW
        _record_match(row, contact, authority, at, seen, "contact.unmatched")
        people_actions.nobody_known(by=by, at=at, person_id=row.person_id)
        people_actions.keep_answer(by=by, at=at, person_id=row.person_id, seen=seen or {})
        return row
    target = Person.objects.visible_to(by).get(pk=person_id)
    if (
        ContactPerson.objects.filter(contact=contact, person=target, ended_at__isnull=True)
        .exclude(pk=row.pk)
        .exists()
    ):
        raise Refused(f"{target.name} is already on this contact. Take one of the two off.")
    _put_in_place(row, contact, target, authority=authority, at=at)
    row.match = ContactPerson.Match.LINKED
    _record_match(row, contact, authority, at, seen, "contact.matched")
    people_actions.keep_answer(by=by, at=at, person_id=target.pk, seen=seen or {}, is_chosen=True)
    return row


def _record_match(
    row: ContactPerson,
    contact: Contact,
    authority: Authority,
    at: datetime,
    seen: dict[str, Any] | None,
    code: str,
) -> None:
    if seen is not None:
        row.match_seen = seen
    row.matched_by = authority.user
    row.matched_at = application_clock.now()
    row.save(
        update_fields=[
            "match",
            "match_seen",
            "match_link",
            "matched_by",
            "matched_at",
            "person",
        ]
    )
    touch(contact)
    contact.save(update_fields=["version", "changed_at"])
    events.append(
        code,
        authority=authority,
        at=at,
        subject_kind="contact",
        subject_id=contact.pk,
        children=[row.person_id] if row.is_child else [],
    )


def _put_in_place(
    row: ContactPerson, contact: Contact, target: Person, *, authority: Authority, at: datetime
) -> None:
    """Put a known person where the record made for this contact stood."""
    before = row.person_id
    if row.is_child:
        holding.lock([before, target.pk])
        if holding.is_kept_open(before, by_id=contact.pk):
            holding.start(
                child_id=target.pk,
                kind=InvolvementKind.CONTACT,
                subject_id=contact.pk,
                at=contact.received_at,
                team=mash_team(),
                authority=None,
            )
        holding.end(child_id=before, kind=InvolvementKind.CONTACT, subject_id=contact.pk, at=at)
    link = people_actions.take_place_of(
        by=authority.user, at=at, person_id=target.pk, other_id=before
    )
    row.match_link = link
    row.person = target


@transaction.atomic
def undo_match(
    *, by: User, at: datetime, contact_id: UUID, contact_person_id: UUID
) -> ContactPerson:
    """Undo a link: a new record is made from what was stated, and both keep their history."""
    authority = require(by, Permission.CONTACT_EDIT)
    contact = lock_contact(contact_id, by)
    _refuse_when_over(contact)
    row = row_of(contact, contact_person_id)
    if row.match != ContactPerson.Match.LINKED:
        raise Refused("This person is not linked to a known record.")
    known = row.person
    fresh = _record_of_their_own(row, by=by, at=at)
    if row.is_child:
        holding.lock([known.pk, fresh.pk])
        holding.start(
            child_id=fresh.pk,
            kind=InvolvementKind.CONTACT,
            subject_id=contact.pk,
            at=contact.received_at,
            team=mash_team(),
            authority=None,
        )
        holding.end(child_id=known.pk, kind=InvolvementKind.CONTACT, subject_id=contact.pk, at=at)
    row.person = fresh
    row.match = ContactPerson.Match.NEW
    _record_match(row, contact, authority, at, None, "contact.unmatched")
    return row


def _record_of_their_own(row: ContactPerson, *, by: User, at: datetime) -> Person:
    """The record made for this contact, standing for itself again, or a new one as stated."""
    if row.match_link_id is not None:
        made = people_actions.give_place_back(by=by, at=at, link_id=row.match_link_id)
        row.match_link = None
        return made
    stated = stated_from_data(row.as_stated, is_child=row.is_child)
    if not (stated.given_name or stated.family_name or stated.description):
        stated = altered(stated, description=row.relation or "Person named in this contact")
    return who_is(stated, by=by, at=at)


def stated_from_data(data: dict[str, Any], *, is_child: bool) -> Stated:
    """What was stated, read back from a contact's row."""
    known = dict(data)
    for name in ("date_of_birth", "expected_on"):
        if known.get(name):
            known[name] = date.fromisoformat(known[name])
    known.pop("is_child", None)
    if known.get("stage") == Stage.UNBORN:
        known["mother_unnamed"] = True
    return Stated(is_child=is_child, **known)


# Screening ------------------------------------------------------------------------------------


@transaction.atomic
def check_history(
    *, by: User, at: datetime, contact_id: UUID, found: dict[str, Any], note: str = ""
) -> HistoryCheck:
    """Record that earlier work was looked for and what was found; screening has begun."""
    authority = require(by, Permission.CONTACT_EDIT)
    contact = lock_contact(contact_id, by)
    _refuse_when_over(contact)
    check = HistoryCheck.objects.create(
        contact=contact,
        found=found,
        note=note,
        by=by,
        at=at,
        recorded_at=application_clock.now(),
    )
    if contact.state == ContactState.RECEIVED:
        contact.state = ContactState.SCREENING
    touch(contact)
    contact.save(update_fields=["state", "version", "changed_at"])
    events.append(
        "contact.history_checked",
        authority=authority,
        at=at,
        subject_kind="contact",
        subject_id=contact.pk,
    )
    return check


@transaction.atomic
def ask_for_information(
    *, by: User, at: datetime, contact_id: UUID, what: str, asked_of: str, due_at: datetime
) -> InformationRequest:
    """Ask somebody for what is missing. Does not stop the clock."""
    authority = require(by, Permission.CONTACT_EDIT)
    contact = lock_contact(contact_id, by)
    _refuse_when_over(contact)
    if not what.strip() or not asked_of.strip():
        raise Refused("Say what is missing and whom you asked.")
    if due_at < at:
        raise Refused("The time to answer by is before the time you asked.")
    request = InformationRequest.objects.create(
        contact=contact,
        what=what,
        asked_of=asked_of,
        due_at=due_at,
        at=at,
        by=by,
        recorded_at=application_clock.now(),
    )
    contact.state = ContactState.AWAITING_INFORMATION
    contact.board_state = BoardState.INFORMATION
    touch(contact)
    contact.save(update_fields=["state", "board_state", "version", "changed_at"])
    events.append(
        "contact.information_asked",
        authority=authority,
        at=at,
        subject_kind="contact",
        subject_id=contact.pk,
    )
    return request


@transaction.atomic
def answer_information(
    *, by: User, at: datetime, contact_id: UUID, request_id: UUID, answer: str
) -> InformationRequest:
    """Record the answer to a question about a contact."""
    authority = require(by, Permission.CONTACT_EDIT)
    contact = lock_contact(contact_id, by)
    request = InformationRequest.objects.select_for_update().get(pk=request_id, contact=contact)
    if request.answered_at is not None:
        raise Refused("This question has been answered. Add a note if there is more.")
    if not answer.strip():
        raise Refused("Enter the answer.")
    request.answer = answer
    request.answered_at = at
    request.answered_by = by
    request.save(update_fields=["answer", "answered_at", "answered_by"])
    still_waiting = contact.information_requests.filter(answered_at__isnull=True).exists()
    if contact.state == ContactState.AWAITING_INFORMATION and not still_waiting:
        contact.state = ContactState.SCREENING
        contact.board_state = BoardState.SCREENING
    contact.news, contact.news_at = "Answer given", at
    touch(contact)
    contact.save(update_fields=["state", "board_state", "news", "news_at", "version", "changed_at"])
    events.append(
        "contact.information_given",
        authority=authority,
        at=at,
        subject_kind="contact",
        subject_id=contact.pk,
    )
    return request


@transaction.atomic
def send_for_decision(*, by: User, at: datetime, contact_id: UUID, summary: str) -> Contact:
    """Put a screened contact before the manager, with its matter in one line."""
    authority = require(by, Permission.CONTACT_EDIT)
    contact = lock_contact(contact_id, by)
    _refuse_when_over(contact)
    return put_before_manager(contact, authority=authority, at=at, summary=summary)


def put_before_manager(
    contact: Contact, *, authority: Authority, at: datetime, summary: str
) -> Contact:
    """Put a locked contact before the manager, within an action that has asked for the right."""
    if not summary.strip():
        raise Refused("Say what the matter is in one line.")
    contact.summary = summary
    contact.state = ContactState.AWAITING_DECISION
    contact.board_state = BoardState.DECISION
    touch(contact)
    contact.save(update_fields=["summary", "state", "board_state", "version", "changed_at"])
    events.append(
        "contact.sent_for_decision",
        authority=authority,
        at=at,
        subject_kind="contact",
        subject_id=contact.pk,
    )
    return contact


@transaction.atomic
def conclude_danger(
    *, by: User, at: datetime, contact_id: UUID, is_danger: bool, why: str
) -> Contact:
    """Record what the worker concludes about immediate danger; "yes" jumps the queue.

    The referrer's tick stays as it was (decisions.md 61).
    """
    authority = require(by, Permission.CONTACT_EDIT)
    contact = lock_contact(contact_id, by)
    _refuse_when_over(contact)
    if is_danger and not why.strip():
        raise Refused("Say what the danger is, and to whom.")
    contact.is_danger = is_danger
    contact.danger_why = why
    contact.danger_by = by
    contact.danger_at = at
    touch(contact)
    contact.save(
        update_fields=[
            "is_danger",
            "danger_why",
            "danger_by",
            "danger_at",
            "version",
            "changed_at",
        ]
    )
    if is_danger:
        _start_red(contact, by)
    elif contact.rag != Rag.RED:
        clocks.stop("CON-RED", on=contact, at=at, reason="not_needed")
    events.append(
        "contact.danger",
        authority=authority,
        at=at,
        subject_kind="contact",
        subject_id=contact.pk,
        children=children_of(contact),
        data={"is_danger": is_danger},
    )
    return contact


def _start_red(contact: Contact, by: User | None) -> None:
    """Start CON-RED at receipt, once (decisions.md 19)."""
    if contact.red_seen_at is None and not _runs("CON-RED", contact):
        clocks.start("CON-RED", on=contact, started_at=contact.received_at, by=by)


def start_red(contact: Contact, by: User | None) -> None:
    """Let a rating or a conclusion put the contact before a manager within the hour."""
    _start_red(contact, by)


def _runs(rule: str, contact: Contact) -> bool:
    from record.models import Clock

    return Clock.objects.filter(rule=rule, subject_id=contact.pk, stopped_at__isnull=True).exists()


_CHILDREN: Prepared[UUID] = Prepared(
    lambda contact_id: (
        ContactPerson.objects.filter(contact=contact_id, is_child=True, ended_at__isnull=True)
        .order_by("position", "pk")
        .values_list("person_id", flat=True)
    ),
    contact_id=UUID,
)


def children_of(contact: Contact) -> list[UUID]:
    """The children of a contact as they stand now."""
    return _CHILDREN(contact_id=contact.pk)


def _refuse_when_over(contact: Contact) -> None:
    if contact.state == ContactState.VOID:
        raise Refused("This contact is void and cannot be changed.")
    if contact.board_state == "":
        raise AlreadyDecided("This contact has been decided. A manager can reopen it.")


def put_back_on_board(
    contact: Contact, *, authority: Authority, at: datetime, reason: str, news: str = ""
) -> None:
    """Let a locked, decided contact be decided again, within an action that has the right to.

    The children are held by the MASH again unless somebody else holds them; CON-DEC starts anew.
    """
    contact.state = ContactState.SCREENING
    contact.board_state = BoardState.DECISION
    contact.is_provisional = False
    fields = ["state", "board_state", "is_provisional", "version", "changed_at"]
    if news:
        contact.news, contact.news_at = news, at
        fields += ["news", "news_at"]
    touch(contact)
    clocks.start("CON-DEC", on=contact, started_at=at, by=authority.user)
    contact.save(update_fields=fields)
    children = sorted(children_of(contact))
    holding.lock(children)
    for reaction in reactions.contact_reopened:
        reaction(contact=contact, at=at)
    holding.start_each(
        child_ids=children,
        kind=InvolvementKind.CONTACT,
        subject_id=contact.pk,
        at=at,
        team=mash_team(),
        authority=authority,
    )
    clocks.stop("EDT-CONF", on=contact, at=at, reason="not_needed")
    notes.add(
        by=authority.user,
        at=at,
        text=reason,
        child_ids=children,
        kind="reopened",
        subject_kind="contact",
        subject_id=contact.pk,
    )


# Other contacts and messages --------------------------------------------------------------------


@transaction.atomic
def link_contacts(
    *, by: User, at: datetime, contact_id: UUID, other_id: UUID, kind: str, why: str
) -> ContactLink:
    """Say that two contacts are about one family or one event."""
    authority = require(by, Permission.CONTACT_EDIT)
    contact = lock_contact(contact_id, by)
    other = Contact.objects.visible_to(by).get(pk=other_id)
    if not why.strip():
        raise Refused("Say why the two contacts belong together.")
    if contact.links.filter(other=other, ended_at__isnull=True).exists():
        raise Refused("These two contacts are already linked.")
    link = ContactLink.objects.create(
        contact=contact,
        other=other,
        kind=kind,
        why=why,
        by=by,
        recorded_at=application_clock.now(),
    )
    events.append(
        "contact.linked",
        authority=authority,
        at=at,
        subject_kind="contact",
        subject_id=contact.pk,
        data={"other_id": str(other.pk)},
    )
    return link


@transaction.atomic
def claim_earlier_contact(
    *, by: User, at: datetime, contact_id: UUID, claimed_on: date | None, why: str
) -> ContactLink:
    """Record a contact the referrer says was made and nobody can trace (decisions.md 26)."""
    require(by, Permission.CONTACT_EDIT)
    contact = lock_contact(contact_id, by)
    if not why.strip():
        raise Refused("Say what was claimed and by whom.")
    if claimed_on is not None and claimed_on > london_date(contact.received_at):
        raise Refused("The claimed date is after this contact was received.")
    return ContactLink.objects.create(
        contact=contact,
        kind=ContactLink.Kind.CLAIMED,
        claimed_on=claimed_on,
        why=why,
        by=by,
        recorded_at=application_clock.now(),
    )


@transaction.atomic
def unlink_contact(*, by: User, at: datetime, link_id: UUID) -> ContactLink:
    """Undo a link between contacts; that it was made stays on record."""
    authority = require(by, Permission.CONTACT_EDIT)
    link = ContactLink.objects.select_for_update().get(pk=link_id)
    contact = lock_contact(link.contact_id, by)
    if link.ended_at is not None:
        raise Refused("This link was undone already.")
    link.ended_at = at
    link.ended_by = by
    link.save(update_fields=["ended_at", "ended_by"])
    events.append(
        "contact.unlinked",
        authority=authority,
        at=at,
        subject_kind="contact",
        subject_id=contact.pk,
    )
    return link


@transaction.atomic
def add_message(
    *,
    by: User,
    at: datetime,
    contact_id: UUID,
    submission_id: UUID,
    label: str = "",
    is_repeat: bool = False,
    note: str = "",
) -> SubmissionPart:
    """Join a further message, or one part of it, to an existing contact."""
    authority = require(by, Permission.CONTACT_EDIT)
    contact = lock_contact(contact_id, by)
    part = SubmissionPart.objects.create(
        submission_id=submission_id,
        label=label,
        went_to=SubmissionPart.WentTo.REPEAT if is_repeat else SubmissionPart.WentTo.ADDED,
        contact=contact,
        note=note,
        by=by,
        recorded_at=application_clock.now(),
    )
    contact.news, contact.news_at = "New message", at
    touch(contact)
    contact.save(update_fields=["news", "news_at", "version", "changed_at"])
    events.append(
        "contact.added_to",
        authority=authority,
        at=at,
        subject_kind="contact",
        subject_id=contact.pk,
        data={"submission_id": str(submission_id)},
    )
    return part


@transaction.atomic
def set_part_aside(
    *, by: User, at: datetime, contact_id: UUID, label: str, note: str
) -> SubmissionPart:
    """Record that a part of a contact's message is not about a child, and what was done."""
    authority = require(by, Permission.CONTACT_EDIT)
    contact = lock_contact(contact_id, by)
    if not label.strip() or not note.strip():
        raise Refused("Say which part it is and what was done with it.")
    part = SubmissionPart.objects.create(
        submission_id=contact.submission_id,
        label=label,
        went_to=SubmissionPart.WentTo.NOT_A_CHILD,
        note=note,
        by=by,
        recorded_at=application_clock.now(),
    )
    touch(contact)
    contact.save(update_fields=["version", "changed_at"])
    events.append(
        "contact.changed",
        authority=authority,
        at=at,
        subject_kind="contact",
        subject_id=contact.pk,
        data={"fields": ["parts"]},
    )
    return part


@transaction.atomic
def seal_words(
    *, by: User, at: datetime, contact_id: UUID, redacted_words: str, reason: str
) -> SubmissionSeal:
    """Seal a message that holds another child's information and show a redacted copy."""
    authority = require(by, Permission.CONTACT_EDIT)
    contact = lock_contact(contact_id, by)
    if not reason.strip() or not redacted_words.strip():
        raise Refused("Enter the words to show and why the original is sealed.")
    if SubmissionSeal.objects.filter(submission=contact.submission).exists():
        raise Refused("The original of this message is sealed already.")
    if contact.words != contact.submission.words:
        # A part that became a contact of its own: the whole message is read on the other one.
        whole = (
            contact.submission.contacts.filter(words=contact.submission.words)
            .order_by("reference")
            .first()
        )
        if whole is not None:
            raise Refused(
                f"This contact holds a part of the message. Seal the whole on contact"
                f" {whole.reference}."
            )
    seal = SubmissionSeal.objects.create(
        submission=contact.submission,
        redacted_words=redacted_words,
        reason=reason,
        by=by,
        at=at,
        recorded_at=application_clock.now(),
    )
    contact.words = redacted_words
    touch(contact)
    contact.save(update_fields=["words", "version", "changed_at"])
    events.append(
        "contact.sealed",
        authority=authority,
        at=at,
        subject_kind="contact",
        subject_id=contact.pk,
    )
    return seal


@transaction.atomic
def void(*, by: User, at: datetime, contact_id: UUID, reason: str) -> Contact:
    """Take a contact out of the work: a duplicate, a test, another authority's feed."""
    authority = require(by, Permission.CONTACT_VOID, at=at)
    contact = lock_contact(contact_id, by)
    if contact.state == ContactState.VOID:
        raise Refused("This contact is void already.")
    if not reason.strip():
        raise Refused("Say why this contact is void.")
    if contact.referrals.exists():
        raise Refused("A referral came of this contact, so it cannot be void.")
    children = children_of(contact)
    contact.state = ContactState.VOID
    contact.board_state = ""
    contact.void_reason = reason
    contact.claimed_by = contact.claimed_at = contact.claim_lapses_at = None
    touch(contact)
    contact.save(
        update_fields=[
            "state",
            "board_state",
            "void_reason",
            "claimed_by",
            "claimed_at",
            "claim_lapses_at",
            "version",
            "changed_at",
        ]
    )
    for handover in contact.handovers.filter(state=HandoverState.OFFERED).order_by("pk"):
        withdraw(authority=authority, at=at, handover=handover, reason="The contact is void.")
    end_contact_work(contact, holding.kept_open(by_id=contact.pk), at=at)
    for reaction in reactions.contact_voided:
        reaction(contact=contact, at=at)
    clocks.stop_all(on=contact, at=at)
    events.append(
        "contact.voided",
        authority=authority,
        at=at,
        subject_kind="contact",
        subject_id=contact.pk,
        children=children,
    )
    return contact


def end_contact_work(contact: Contact, child_ids: Iterable[UUID], *, at: datetime) -> None:
    """The contact itself no longer keeps these children open."""
    child_ids = sorted(child_ids)
    holding.lock(child_ids)
    holding.end_each(
        child_ids=child_ids, kind=InvolvementKind.CONTACT, subject_id=contact.pk, at=at
    )


@transaction.atomic
def correct_received_at(
    *, by: User, at: datetime, contact_id: UUID, received_at: datetime, reason: str
) -> Contact:
    """Correct when a contact was received; its clocks are counted anew, the old ones kept."""
    authority = require(by, Permission.CLOCK_CORRECT)
    contact = lock_contact(contact_id, by)
    if contact.state == ContactState.VOID:
        raise Refused("This contact is void and cannot be changed.")
    if not reason.strip():
        raise Refused("Say how you know the right time.")
    if received_at > application_clock.now():
        raise Refused("The time received is in the future. Enter when it reached the front door.")
    if contact.decided_at is not None and received_at > contact.decided_at:
        raise Refused("The contact was decided before that.")
    if received_at > contact.recorded_at:
        raise Refused("The contact was recorded before that.")
    was = contact.received_at
    contact.received_at = received_at
    contact.is_out_of_hours = not calendar.is_office_hours(received_at)
    clocks.correct_start(on=contact, was=was, started_at=received_at, by=by)
    correct_referrals(contact=contact, was=was, by=by)
    touch(contact)
    contact.save(update_fields=["received_at", "is_out_of_hours", "version", "changed_at"])
    for reaction in reactions.receipt_corrected:
        reaction(contact=contact, by=by, at=at)
    events.append(
        "contact.clock_corrected",
        authority=authority,
        at=at,
        subject_kind="contact",
        subject_id=contact.pk,
        children=children_of(contact),
        data={"reason": reason.strip()},
    )
    return contact


# Feedback -------------------------------------------------------------------------------------


def owe_feedback(contact: Contact, *, at: datetime, by: User) -> None:
    """From the decision on, the referrer is owed the outcome (clock CON-FB)."""
    if contact.referrer_is_anonymous or contact.feedbacks.filter(told_at__isnull=True).exists():
        return
    Feedback.objects.create(contact=contact, owed_from=at)
    clocks.start("CON-FB", on=contact, started_at=at, by=by)


@transaction.atomic
def record_feedback(
    *,
    by: User,
    at: datetime,
    contact_id: UUID,
    how: str = "",
    what: str = "",
    not_told_because: str = "",
) -> Feedback:
    """Record that the referrer was told the outcome, or why they are not to be told."""
    authority = require(by, Permission.FEEDBACK_RECORD)
    contact = lock_contact(contact_id, by)
    feedback = (
        Feedback.objects.select_for_update().filter(contact=contact, told_at__isnull=True).first()
    )
    if feedback is None:
        raise Refused("The referrer is not owed an answer at present.")
    if not not_told_because.strip() and not (how.strip() and what.strip()):
        raise Refused("Say how the referrer was told and what, or why they are not told.")
    feedback.told_at = at
    feedback.told_by = by
    feedback.how = how
    feedback.what = what
    feedback.not_told_because = not_told_because
    feedback.save(update_fields=["told_at", "told_by", "how", "what", "not_told_because"])
    clocks.stop("CON-FB", on=contact, at=at)
    events.append(
        "contact.feedback",
        authority=authority,
        at=at,
        subject_kind="contact",
        subject_id=contact.pk,
        children=children_of(contact),
    )
    return feedback
