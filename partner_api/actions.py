"""What administrators do to the systems of agencies, and the one thing a system does: send."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import connection, transaction
from oauth2_provider.generators import generate_client_secret
from oauth2_provider.models import AccessToken, Application

from accounts import actions as account_actions
from accounts.choices import EmploymentType, Role
from accounts.models import SYSTEM_DOMAIN, PartnerAgency, User
from accounts.permissions import Authority, Permission, lending, require
from cases import actions as case_actions
from cases.actions.consent import write_answer
from cases.choices import Channel, ConsentFrom, ConsentScope, ConsentState
from cases.models import ConsentAnswer, Contact
from cases.stated import Stated
from lib import application_clock
from mash.actions import intake
from partner_api.models import AgencySystem, Sending
from record import events, once
from record.errors import Refused

#: What receiving a contact does, and an agency may not do by itself.
RECEIVING = (
    Permission.CONTACT_CREATE,
    Permission.CONTACT_READ,
    Permission.PERSON_CREATE,
    Permission.PERSON_READ,
    Permission.PERSON_EDIT,
)


class SystemClosed(Refused):
    """The system is closed and stays so."""


class SystemTaken(Refused):
    """The agency has a system of that name."""


class KeyUsed(Refused):
    """The key came before, with another message."""

    code = "key_used"


@dataclass(frozen=True, kw_only=True)
class Said:
    """What somebody of the family said about agreement, as the sender reports it."""

    asked_as: str
    scope: str
    state: str
    who: str = ""
    words: str = ""


@dataclass(frozen=True, kw_only=True)
class Tie:
    """What an adult is to a child, both by their place among the people of the message."""

    adult: int
    child: int
    kind: str
    parental_responsibility: str


@dataclass(frozen=True, kw_only=True)
class Message:
    """A contact as a system sends it. `arrived` is what `cases.actions.receive` takes beside."""

    arrived: dict[str, Any]
    people: Sequence[Stated]
    ties: Sequence[Tie] = ()
    said: Sequence[Said] = field(default_factory=tuple)


# Systems ----------------------------------------------------------------------------------------


@transaction.atomic
def open_system(
    *,
    by: User,
    at: datetime,
    agency_id: UUID,
    name: str,
    scopes: Sequence[str],
    token: UUID | None = None,
) -> tuple[AgencySystem, str]:
    """Open a system for an agency; give it and its secret, which is kept nowhere.

    :raises PermissionDenied: `by` may not change who signs in
    :raises AlreadyRecorded: this form was sent before
    :raises SystemTaken: the agency has an open system of that name
    :raises Refused: the agency is closed, or nothing is allowed to the system
    """
    authority = require(by, Permission.USERS_EDIT, at=at)
    once.claim(token, user=by, action="partner_api.open_system")
    agency = PartnerAgency.objects.select_for_update().get(pk=agency_id)
    name = " ".join(name.split())
    if not agency.is_active:
        raise Refused(f"{agency} is no longer in the list of agencies.", field="agency")
    if not name:
        raise Refused("Enter what the system is called.", field="name")
    if not scopes:
        raise Refused("Choose what the system may do.", field="scopes")
    if agency.systems.filter(name__iexact=name, closed_at__isnull=True).exists():
        raise SystemTaken(
            f"{agency} has a system {name} already. Close it, or give this one another name.",
            field="name",
        )
    system_id = uuid4()
    account = account_actions.create_user(
        by=by,
        at=at,
        email=f"{system_id}@{SYSTEM_DOMAIN}",
        full_name=f"{name}, {agency}"[:200],
        job_title="System of a partner agency",
        employment_type=EmploymentType.PARTNER,
        agency_id=agency.pk,
    )
    account_actions.assign_role(user_id=account.pk, role=Role.PARTNER_AGENCY, by=by, at=at)
    secret = generate_client_secret()
    system = AgencySystem.objects.create(
        id=system_id,
        agency=agency,
        name=name,
        application=Application.objects.create(
            name=str(system_id),
            client_type=Application.CLIENT_CONFIDENTIAL,
            authorization_grant_type=Application.GRANT_CLIENT_CREDENTIALS,
            client_secret=secret,
        ),
        account=account,
        scopes=sorted(scopes),
        opened_at=at,
        opened_by=by,
        secret_given_at=at,
    )
    _tell("agency_system.opened", system, authority=authority, at=at)
    once.finish(token, system.pk)
    return system, secret


@transaction.atomic
def give_new_secret(
    *, by: User, at: datetime, system_id: UUID, token: UUID | None = None
) -> tuple[AgencySystem, str]:
    """Give a system a new secret; the old one and every token got with it count no more.

    :raises PermissionDenied: `by` may not change who signs in
    :raises AlreadyRecorded: this form was sent before
    :raises SystemClosed: it is closed
    """
    authority = require(by, Permission.USERS_EDIT, at=at)
    once.claim(token, user=by, action="partner_api.give_new_secret")
    system = _locked(system_id)
    secret = _change_secret(system)
    system.secret_given_at = at
    system.save(update_fields=["secret_given_at"])
    _tell("agency_system.new_secret", system, authority=authority, at=at)
    once.finish(token, system.pk)
    return system, secret


@transaction.atomic
def close_system(*, by: User, at: datetime, system_id: UUID, because: str) -> AgencySystem:
    """Close a system for good, with its account and every token; what it sent stays.

    :raises PermissionDenied: `by` may not change who signs in
    :raises SystemClosed: it is closed already
    :raises Refused: no reason is given
    """
    authority = require(by, Permission.USERS_EDIT, at=at)
    system = _locked(system_id)
    because = " ".join(because.split())
    if not because:
        raise Refused("Say why it is closed.", field="because")
    _change_secret(system)
    system.closed_at = at
    system.closed_by = by
    system.closed_because = because
    system.save(update_fields=["closed_at", "closed_by", "closed_because"])
    if system.account.is_active:
        account_actions.deactivate_user(user_id=system.account_id, by=by, at=at)
    _tell("agency_system.closed", system, authority=authority, at=at)
    return system


def _locked(system_id: UUID) -> AgencySystem:
    system = (
        AgencySystem.objects.select_for_update(of=("self",))
        .select_related("application", "account", "agency")
        .get(pk=system_id)
    )
    if system.closed_at is not None:
        raise SystemClosed(f"{system} of {system.agency} is closed. Open a new one instead.")
    return system


def _change_secret(system: AgencySystem) -> str:
    secret: str = generate_client_secret()
    system.application.client_secret = secret
    system.application.save(update_fields=["client_secret", "updated"])
    AccessToken.objects.filter(application=system.application_id).delete()
    return secret


def _tell(code: str, system: AgencySystem, *, authority: Authority, at: datetime) -> None:
    events.append(
        code,
        authority=authority,
        at=at,
        subject_kind="agency_system",
        subject_id=system.pk,
        data={"scopes": system.scopes},
    )


# Sending ----------------------------------------------------------------------------------------


@transaction.atomic
def send_contact(
    *, system: AgencySystem, at: datetime, key: str, digest: str, message: Message
) -> Sending:
    """Take in a contact that a system sends: once for each key, and all of it or nothing.

    Everybody named gets a record with the question "already known?" left open for an officer, as
    if one had chosen to decide later. Nobody is looked up, so the sender learns of nobody.

    :param digest: of the message, to tell a repeat from another message under the same key
    :raises PermissionDenied: the agency may not send contacts
    :raises KeyUsed: the key came before with another message
    :raises Refused: what is missing, in words
    """
    by = system.account
    authority = require(by, Permission.CONTACT_SUBMIT_FOR_AGENCY, at=at)
    _one_at_a_time(system, key)
    earlier = Sending.objects.select_related("contact").filter(system=system, key=key).first()
    if earlier is not None:
        if earlier.digest != digest:
            raise KeyUsed(
                "This Idempotency-Key came before, with another message. Give each message a key"
                " of its own."
            )
        return earlier
    with lending(authority, *RECEIVING):
        contact = case_actions.receive(
            by=by,
            at=at,
            channel=Channel.API,
            people=message.people,
            sender_agency_id=system.agency_id,
            sender_agency_name=system.agency.name,
            authority=authority,
            **message.arrived,
        )
        _relate(contact, message, by=by, at=at)
    if message.said:
        _write_agreement(contact, message.said, by=by, at=at)
    return Sending.objects.create(
        system=system,
        agency_id=system.agency_id,
        key=key,
        digest=digest,
        contact=contact,
        received_at=contact.received_at,
        recorded_at=application_clock.now(),
    )


def _one_at_a_time(system: AgencySystem, key: str) -> None:
    """Let the same key wait for itself; others go on."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{system.pk} {key}"]
        )


def _relate(contact: Contact, message: Message, *, by: User, at: datetime) -> None:
    people = list(contact.people.order_by("position").values_list("person_id", flat=True))
    for adult in sorted({tie.adult for tie in message.ties}):
        intake.relate_adult(
            by=by,
            at=at,
            contact_id=contact.pk,
            person_id=people[adult],
            relations=[
                intake.Relation(
                    child_id=people[tie.child],
                    kind=tie.kind,
                    parental_responsibility=tie.parental_responsibility,
                )
                for tie in message.ties
                if tie.adult == adult
            ],
        )


def _write_agreement(contact: Contact, said: Sequence[Said], *, by: User, at: datetime) -> None:
    authority = require(by, Permission.CONSENT_RECORD_FOR_AGENCY, at=at)
    for one in said:
        write_answer(
            contact,
            authority=authority,
            at=at,
            asked_as=ConsentFrom(one.asked_as),
            scope=ConsentScope(one.scope),
            state=ConsentState(one.state),
            person_as_stated=one.who,
            how=ConsentAnswer.How.REPORTED,
            to_what=str(ConsentScope(one.scope).label),
            words=one.words,
        )
