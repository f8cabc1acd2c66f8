"""Enter one message through the real actions, at the moment it came."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import User
from accounts.permissions import remember
from cases import actions as case_actions
from cases.choices import (
    Channel,
)
from cases.models import Contact, ContactLink, ContactPerson, Submission
from demonstration.samples import words
from demonstration.samples.facts import (
    conclude,
    details_of,
    record_consent,
    record_notices,
    state_rival_dates,
)
from demonstration.samples.homes import (
    fuller,
    house_others,
    keep_other_homes,
    move_withheld,
    order_of,
    placed,
    stay_part_time,
    with_mother,
)
from demonstration.samples.kin import relate_all
from demonstration.samples.known import add_to_known, find_family, find_known
from demonstration.samples.messages import (
    Entered,
    Message,
    NotReadable,
    Staff,
    is_home_withheld,
    rows_of,
)
from demonstration.samples.parts import add_to, seal, sort_out, take_apart
from demonstration.samples.somebody import Somebody, homes_of, somebody
from demonstration.samples.words import ReadAddress
from lib import application_clock
from lib.working_days import london_date
from people import matching
from people.choices import (
    Stage,
    YesNoUnknown,
)
from record import calendar, documents


@transaction.atomic
def enter(message: Message, *, staff: Staff, known: Mapping[str, Entered]) -> Entered:
    """Enter one message at the moment it came, with what a careful worker types from it.

    :param known: what was entered before, by the id of its message
    :raises Refused: what the message lacks or contradicts, in words
    """
    at = message.received_at
    by = staff.at(at)
    remember(by)
    with application_clock.set_to(at), matching.refreshing_once():
        if Submission.objects.filter(idempotency_key=_key(message)).exists():
            raise NotReadable(f"{message.id} was entered before.")
        return _enter(message, by=by, at=at, known=known)


def _key(message: Message) -> str:
    return f"sample:{message.id}:{message.received_at.isoformat()}"[:100]


def _enter(message: Message, *, by: User, at: datetime, known: Mapping[str, Entered]) -> Entered:
    homes = homes_of(message)
    people = [
        somebody(row, message, homes, is_child=name == "children")
        for name in ("children", "adults")
        for row in rows_of(message.expected, name)
    ]
    if not any(one.is_child for one in people):
        nobody = {"name_as_given": "(child, not named)"}
        people.insert(0, somebody(nobody, message, homes, is_child=True))
    submission = case_actions.submit(
        by=by,
        words=message.words,
        channel=message.channel,
        received_at=at,
        written_at=words.read_day(message.words[:400], until=at)
        if message.channel == Channel.POST
        else None,
        sender_agency_name=message.agency,
        sender_role=message.role,
        external_reference=message.id[:100],
        idempotency_key=_key(message),
    )
    sorted_out = sort_out(message, people, known)
    contact = _receive(message, sorted_out.main, submission, homes, sorted_out.words, by=by, at=at)
    entered = Entered(message=message, contact=contact)
    _remember(entered, contact, sorted_out.main)
    for part, action, theirs in sorted_out.apart:
        other = take_apart(message, contact, part, action, theirs, by=by, at=at)
        entered.apart.append(other)
        _remember(entered, other, theirs)
    if sorted_out.apart:
        seal(contact, sorted_out, by=by, at=at)
    for part, action, there, theirs in sorted_out.added:
        add_to(there, submission, part, action, theirs, entered, by=by, at=at)
    for part, action, theirs in sorted_out.aside:
        entered.not_for_us += [one.as_given for one in theirs]
        case_actions.set_part_aside(
            by=by, at=at, contact_id=contact.pk, label=part.label, note=f"{action}\n{part.words}"
        )
    contact.refresh_from_db()
    return entered


def _receive(
    message: Message,
    people: list[Somebody],
    submission: Submission,
    homes: Mapping[str, ReadAddress],
    said: str,
    *,
    by: User,
    at: datetime,
) -> Contact:
    find_known(people, by=by)
    find_family(people, by=by)
    main_key = next((one.key for one in people if one.is_child and one.key), "")
    is_withheld = is_home_withheld(message, main_key)
    people.sort(key=order_of(main_key))
    home = homes.get(main_key, ReadAddress())
    if not is_withheld:
        home = fuller(home, people, main_key)
    stated = [placed(one, main_key, home, is_withheld) for one in people]
    for place, one in enumerate(people):
        if one.stated.stage == Stage.UNBORN and one.known is None:
            stated[place] = with_mother(stated[place], one, people)
    contact = case_actions.receive(
        by=by,
        at=at,
        channel=message.channel,
        words=said,
        people=stated,
        submission_id=submission.pk,
        referrer_says_danger=YesNoUnknown(words.danger_ticked(said)),
        **details_of(message, said, people, is_out_of_hours=not calendar.is_office_hours(at)),
    )
    rows = list(ContactPerson.objects.filter(contact=contact).order_by("position", "pk"))
    ids = [row.person_id for row in rows]
    if is_withheld and contact.household_id is not None:
        move_withheld(message, contact, main_key, homes[main_key], by=by, at=at)
    house_others(people, ids, homes, main_key, by=by, at=at)
    stay_part_time(people, ids, by=by, at=at)
    keep_other_homes(message, people, ids, homes, by=by, at=at)
    relate_all(
        [(one.is_child, one.name.first, one.relation, one.key) for one in people],
        ids,
        by=by,
        at=at,
    )
    state_rival_dates(people, ids, by=by, at=at)
    for one in people:
        if one.known is not None:
            add_to_known(one, one.known.pk, by=by, at=at)
    for name in message.attachments:
        documents.add_name(by=by, at=at, subject_kind="contact", subject_id=contact.pk, name=name)
    record_consent(message, contact, people, ids, by=by, at=at)
    record_notices(message, contact, people, ids, said, by=by, at=at)
    conclude(message, contact, by=by, at=at)
    _link(contact, people, main_key, by=by, at=at)
    _claim_earlier(contact, said, by=by, at=at)
    return contact


def _link(
    contact: Contact, people: list[Somebody], main_key: str, *, by: User, at: datetime
) -> None:
    """Link the contact to the earlier ones of those of its family who turned out to be known."""
    found: dict[UUID, list[str]] = {}
    for one in people:
        if one.known is None or (one.is_child and one.key != main_key):
            continue
        if not one.is_child and one.key != main_key:
            continue
        rows = ContactPerson.objects.filter(
            person=one.known, contact__received_at__lte=contact.received_at, ended_at__isnull=True
        ).exclude(contact=contact)
        for earlier_id in rows.values_list("contact_id", flat=True):
            found.setdefault(earlier_id, []).append(one.as_given)
    for earlier_id, named in found.items():
        case_actions.link_contacts(
            by=by,
            at=at,
            contact_id=contact.pk,
            other_id=earlier_id,
            kind=ContactLink.Kind.SAME_FAMILY,
            why=f"Already known: {', '.join(dict.fromkeys(named))}"[:500],
        )


def _claim_earlier(contact: Contact, said: str, *, by: User, at: datetime) -> None:
    """Keep every earlier contact the writer claims and nobody can trace (decisions.md 26)."""
    claim = re.search(r"\b(?:I|we) (?:rang|called|phoned|wrote|reported)\b([^.]*)", said)
    if claim is None:
        return
    linked = ContactLink.objects.filter(contact=contact, other__isnull=False)
    known = {london_date(moment) for moment in linked.values_list("other__received_at", flat=True)}
    for day in words.days_named(claim[1], until=at):
        if day not in known and day < london_date(at):
            case_actions.claim_earlier_contact(
                by=by,
                at=at,
                contact_id=contact.pk,
                claimed_on=day,
                why=f"The writer says so: “{claim[0].strip()[:400]}”",
            )


def _remember(entered: Entered, contact: Contact, people: Sequence[Somebody]) -> None:
    rows = ContactPerson.objects.filter(contact=contact).order_by("position", "pk")
    for one, row in zip(people, rows, strict=False):
        entered.people[one.as_given] = row.person_id
