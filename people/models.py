"""Persons, born and unborn: names, identifiers, addresses, households, relationships.

One row per real person as far as we know; two records of one person are joined by a
`PersonLink` and read as one through `canonical` (decisions.md 90). No foreign key is
ever rewritten.
"""

import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pghistory
import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Greatest, Least

from accounts.permissions import Permission, Role, holds, roles_of
from lib import application_clock
from people.choices import (
    AddressKind,
    Confidence,
    HouseholdRole,
    IdentifierKind,
    NameKind,
    RelationshipKind,
    SettingKind,
    Sex,
    Source,
    Stage,
    YesNoUnknown,
)
from record.models import append_only

if TYPE_CHECKING:
    from accounts.models import User

READS_EVERY_RESTRICTED_RECORD = frozenset({Role.HEAD_OF_SERVICE, Role.DIRECTOR})


def history() -> list[pghistory.Tracker]:
    """Keep the old row whenever a row changes or goes."""
    return [pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent()]


KEEPS_OUT = (
    "closed.ended_at IS NULL AND closed.owner_id <> %%s"
    " AND NOT EXISTS (SELECT 1 FROM people_restrictionreader reader"
    " WHERE reader.restriction_id = closed.id AND reader.user_id = %%s)"
    " AND NOT EXISTS (SELECT 1 FROM record_breakglass opened"
    " WHERE opened.person_id IN (closed.person_id, (SELECT linked.canonical_id"
    " FROM people_person linked WHERE linked.id = closed.person_id)) AND opened.user_id = %%s"
    " AND opened.opened_at <= %%s AND opened.expires_at > %%s)"
)
"""What makes a restriction keep somebody out: it lives, they neither own it nor are named as its
reader, and have not broken the glass. Every record of a person is restricted or none is, and the
glass is broken at the one under which they are read. A text of its own, because nearly every read
asks it, and making it from query sets takes longer than the answer."""


class ClosedTo(models.Func):
    """Whether the record of a person is restricted from somebody."""

    template = (
        "EXISTS (SELECT 1 FROM people_restriction closed"  # noqa: S608 - our own names
        f" WHERE closed.person_id = %(expressions)s AND {KEEPS_OUT})"
    )
    output_field = models.BooleanField()

    def __init__(self, reference: str, *, user_id: uuid.UUID, now: datetime) -> None:
        """:param reference: the field that names the person"""
        super().__init__(reference)
        self.asked: list[Any] = [user_id, user_id, user_id, now, now]

    def as_sql(self, *args: Any, **kwargs: Any) -> tuple[str, Any]:
        sql, params = super().as_sql(*args, **kwargs)
        return sql, (*params, *self.asked)


class KeepsOut(ClosedTo):
    """Whether a restriction keeps somebody out."""

    template = (
        "EXISTS (SELECT 1 FROM people_restriction closed"  # noqa: S608 - our own names
        f" WHERE closed.id = %(expressions)s AND {KEEPS_OUT})"
    )


class PersonQuerySet(models.QuerySet["Person"]):
    def visible_to(self, user: "User") -> "PersonQuerySet":
        """Persons whose record `user` may read: role, restriction and live break-glass only."""
        if not holds(user, Permission.PERSON_READ):
            return self.none()
        now = application_clock.now()
        if READS_EVERY_RESTRICTED_RECORD & roles_of(user, now):
            return self
        return self.open_to(user_id=user.pk, now=now)

    def open_to(self, *, user_id: uuid.UUID, now: datetime) -> "PersonQuerySet":
        """Persons whose record no restriction closes to somebody who reads records at all."""
        return self.filter(~ClosedTo("pk", user_id=user_id, now=now))

    def restricted_to(self, user: "User") -> "PersonQuerySet":
        """Persons that exist but whose record `user` may not read."""
        now = application_clock.now()
        if READS_EVERY_RESTRICTED_RECORD & roles_of(user, now):
            return self.none()
        return self.filter(ClosedTo("pk", user_id=user.pk, now=now))


def reads_every_restricted_record(user: "User") -> bool:
    """Say whether no restriction keeps somebody out."""
    return bool(READS_EVERY_RESTRICTED_RECORD & roles_of(user, application_clock.now()))


def restrictions_closed_to(user_id: uuid.UUID, *, now: datetime) -> models.QuerySet["Restriction"]:
    """Live restrictions that keep this user out at that moment."""
    return Restriction.objects.filter(KeepsOut("pk", user_id=user_id, now=now))


@pghistory.track(*history(), model_name="PersonHistory")
class Person(models.Model):
    """A child or adult, born or unborn. `given_name`/`family_name` copy the current name row."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    la_child_id = models.CharField(max_length=20, unique=True, null=True)  # noqa: DJ001
    stage = models.CharField(max_length=6, choices=Stage, default=Stage.BORN)
    given_name = models.CharField(max_length=200, blank=True)
    family_name = models.CharField(max_length=200, blank=True)
    description = models.CharField(max_length=200, blank=True)
    date_of_birth = models.DateField(null=True)
    is_date_of_birth_estimated = models.BooleanField(default=False)
    expected_on = models.DateField(null=True)
    age_as_stated = models.CharField(max_length=60, blank=True)
    sex = models.CharField(max_length=1, choices=Sex, default=Sex.UNKNOWN)
    gender = models.CharField(max_length=60, blank=True)
    pronouns = models.CharField(max_length=30, blank=True)
    ethnicity = models.CharField(max_length=4, default="NOBT")
    disabilities = ArrayField(models.CharField(max_length=4), null=True)
    religion = models.CharField(max_length=60, blank=True)
    language = models.CharField(max_length=60, blank=True)
    needs_interpreter = models.CharField(
        max_length=7, choices=YesNoUnknown, default=YesNoUnknown.UNKNOWN
    )
    phone = models.CharField(max_length=40, blank=True)
    email = models.CharField(max_length=254, blank=True)
    safe_contact = models.TextField(blank=True)
    immigration_status = models.CharField(max_length=100, blank=True)
    upn_unknown_reason = models.CharField(max_length=4, blank=True)
    died_on = models.DateField(null=True)
    canonical = models.ForeignKey("self", models.PROTECT, null=True, related_name="also")
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    version = models.PositiveIntegerField(default=1)

    objects = PersonQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="people_person_not_both_dates",
                condition=Q(date_of_birth__isnull=True) | Q(expected_on__isnull=True),
            ),
            models.CheckConstraint(
                name="people_unborn_has_no_birth",
                condition=~Q(stage="unborn") | Q(date_of_birth__isnull=True, sex="U"),
            ),
            models.CheckConstraint(
                name="people_expected_is_unborn",
                condition=Q(expected_on__isnull=True) | Q(stage="unborn"),
            ),
            models.CheckConstraint(
                name="people_person_has_name_or_description",
                condition=~Q(given_name="", family_name="", description=""),
            ),
            models.CheckConstraint(
                name="people_not_own_canonical",
                condition=Q(canonical__isnull=True) | ~Q(canonical=F("id")),
            ),
        ]
        indexes = [
            models.Index(fields=["date_of_birth"], name="people_person_born"),
            models.Index(
                fields=["canonical"],
                name="people_person_also",
                condition=Q(canonical__isnull=False),
            ),
            # The record under which a person is read, for what is joined by it set-based.
            models.Index(Coalesce("canonical", "id"), name="people_person_head"),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def name(self) -> str:
        """The name as shown: current name, else the description, else what an unborn is called."""
        full = f"{self.given_name} {self.family_name}".strip()
        if self.stage == Stage.UNBORN:
            return f"Unborn baby {self.family_name}".strip() if not self.given_name else full
        return full or self.description


@pghistory.track(*history(), model_name="PersonNameHistory")
class PersonName(models.Model):
    """Everything a person was ever called, with where it came from."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, models.PROTECT, related_name="names")
    kind = models.CharField(max_length=14, choices=NameKind)
    given_name = models.CharField(max_length=200, blank=True)
    family_name = models.CharField(max_length=200, blank=True)
    note = models.CharField(max_length=200, blank=True)
    source = models.CharField(max_length=12, choices=Source)
    from_on = models.DateField(null=True)
    to_on = models.DateField(null=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    is_wrong = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="people_name_one_current",
                fields=["person"],
                condition=Q(kind="current", to_on__isnull=True, is_wrong=False),
            ),
            models.CheckConstraint(
                name="people_name_not_empty", condition=~Q(given_name="", family_name="")
            ),
        ]


class DateClaim(models.Model):
    """A rival date of birth or expected date, as somebody stated it. Never changed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, models.PROTECT, related_name="date_claims")
    is_expected_date = models.BooleanField(default=False)
    on = models.DateField(null=True)
    as_stated = models.CharField(max_length=100)
    source = models.CharField(max_length=12, choices=Source)
    note = models.CharField(max_length=200, blank=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")

    class Meta:
        triggers = [append_only()]


@pghistory.track(*history(), model_name="IdentifierHistory")
class Identifier(models.Model):
    """An NHS number, UPN or other reference. One that fails its check is kept as given."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, models.PROTECT, related_name="identifiers")
    kind = models.CharField(max_length=12, choices=IdentifierKind)
    value = models.CharField(max_length=60)
    is_valid = models.BooleanField()
    note = models.CharField(max_length=200, blank=True)
    source = models.CharField(max_length=12, choices=Source)
    from_on = models.DateField(null=True)
    to_on = models.DateField(null=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    is_wrong = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="people_identifier_once",
                fields=["person", "kind", "value"],
                condition=Q(is_wrong=False),
            )
        ]
        indexes = [models.Index(fields=["value", "kind"], name="people_identifier_value")]


class Address(models.Model):
    """A place. `line` is house or flat and street; `postcode` is normalised or a pseudo code."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    line = models.CharField(max_length=300, blank=True)
    postcode = models.CharField(max_length=8, blank=True)
    key = models.CharField(max_length=320, unique=True)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="people_address_not_empty", condition=~Q(line="", postcode="")
            )
        ]
        indexes = [models.Index(fields=["postcode"], name="people_address_postcode")]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def text(self) -> str:
        return ", ".join(part for part in (self.line, self.postcode) if part)


@pghistory.track(*history(), model_name="PersonAddressHistory")
class PersonAddress(models.Model):
    """Where a person lived or stayed, over time. May overlap: people have several addresses."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, models.PROTECT, related_name="addresses")
    address = models.ForeignKey(Address, models.PROTECT, related_name="people")
    kind = models.CharField(max_length=9, choices=AddressKind, default=AddressKind.HOME)
    from_on = models.DateField(null=True)
    to_on = models.DateField(null=True)
    is_withheld = models.BooleanField(default=False)
    note = models.CharField(max_length=200, blank=True)
    source = models.CharField(max_length=12, choices=Source)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    is_wrong = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="people_address_dates",
                condition=Q(from_on__isnull=True)
                | Q(to_on__isnull=True)
                | Q(to_on__gte=F("from_on")),
            )
        ]


@pghistory.track(*history(), model_name="HouseholdHistory")
class Household(models.Model):
    """People who live together or are there regularly. The address is optional and may change."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    label = models.CharField(max_length=200, blank=True)
    address = models.ForeignKey(Address, models.PROTECT, null=True, related_name="households")
    other_authority = models.CharField(max_length=100, blank=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")


@pghistory.track(*history(), model_name="HouseholdMembershipHistory")
class HouseholdMembership(models.Model):
    """One person's part in one household, from and to, with source and confidence."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    household = models.ForeignKey(Household, models.PROTECT, related_name="memberships")
    person = models.ForeignKey(Person, models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=16, choices=HouseholdRole)
    from_on = models.DateField(null=True)
    to_on = models.DateField(null=True)
    note = models.CharField(max_length=200, blank=True)
    source = models.CharField(max_length=12, choices=Source)
    confidence = models.CharField(max_length=9, choices=Confidence, default=Confidence.STATED)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    ended_because = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="people_membership_dates",
                condition=Q(from_on__isnull=True)
                | Q(to_on__isnull=True)
                | Q(to_on__gte=F("from_on")),
            ),
            models.UniqueConstraint(
                name="people_membership_one_live",
                fields=["household", "person"],
                condition=Q(to_on__isnull=True),
            ),
        ]
        indexes = [
            models.Index(
                fields=["person"], name="people_membership_live", condition=Q(to_on__isnull=True)
            )
        ]


@pghistory.track(*history(), model_name="RelationshipHistory")
class Relationship(models.Model):
    """`person` is the `kind` of `other`; parental responsibility is a fact of its own."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, models.PROTECT, related_name="relationships")
    other = models.ForeignKey(Person, models.PROTECT, related_name="relationships_from")
    kind = models.CharField(max_length=14, choices=RelationshipKind)
    parental_responsibility = models.CharField(
        max_length=7, choices=YesNoUnknown, default=YesNoUnknown.UNKNOWN
    )
    as_stated = models.CharField(max_length=200, blank=True)
    source = models.CharField(max_length=12, choices=Source)
    from_on = models.DateField(null=True)
    to_on = models.DateField(null=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    is_wrong = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="people_relationship_two_people", condition=~Q(person=F("other"))
            ),
            models.UniqueConstraint(
                name="people_relationship_once",
                fields=["person", "other", "kind"],
                condition=Q(to_on__isnull=True, is_wrong=False),
            ),
        ]


@pghistory.track(*history(), model_name="PersonSettingHistory")
class PersonSetting(models.Model):
    """School, nursery, GP, health visitor: who else sees this child."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, models.PROTECT, related_name="settings")
    kind = models.CharField(max_length=14, choices=SettingKind)
    name = models.CharField(max_length=200)
    reference = models.CharField(max_length=20, blank=True)
    year_group = models.CharField(max_length=30, blank=True)
    contact = models.CharField(max_length=200, blank=True)
    from_on = models.DateField(null=True)
    to_on = models.DateField(null=True)
    source = models.CharField(max_length=12, choices=Source)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")


@pghistory.track(*history(), model_name="HazardHistory")
class Hazard(models.Model):
    """A danger to staff who visit ("large dog, loose"), looked at again by `review_on`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, models.PROTECT, related_name="hazards")
    text = models.CharField(max_length=300)
    review_on = models.DateField()
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    ended_because = models.CharField(max_length=300, blank=True)


@pghistory.track(*history(), model_name="RestrictionHistory")
class Restriction(models.Model):
    """A record only named people may read. `owner` is whom others ring.

    Records that are linked have one each, so that what was written under any of them is closed,
    and stays closed when they are taken apart.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, models.PROTECT, related_name="restrictions")
    owner = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    reason = models.TextField()
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    ended_because = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="people_restriction_one_live",
                fields=["person"],
                condition=Q(ended_at__isnull=True),
            )
        ]


class RestrictionReader(models.Model):
    """Somebody named as allowed to read a restricted record."""

    id = models.BigAutoField(primary_key=True)
    restriction = models.ForeignKey(Restriction, models.PROTECT, related_name="readers")
    user = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    added_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="people_restriction_reader_once", fields=["restriction", "user"]
            )
        ]


class PersonLink(models.Model):
    """Two records are one person. Ended, never deleted; `kept` is the canonical record."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kept = models.ForeignKey(Person, models.PROTECT, related_name="links_kept")
    other = models.ForeignKey(Person, models.PROTECT, related_name="links_joined")
    reason = models.TextField()
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    linked_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    ended_because = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="people_link_two_records", condition=~Q(kept=F("other"))),
            models.UniqueConstraint(
                name="people_link_one_live", fields=["other"], condition=Q(ended_at__isnull=True)
            ),
        ]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]


@pghistory.track(*history(), model_name="PossibleDuplicateHistory")
class PossibleDuplicate(models.Model):
    """Two records that may be one person: a question somebody still has to answer.

    `settled_facts` says what stood on both when they were found to be two people: they are not
    proposed again while it stands.
    """

    class State(models.TextChoices):
        OPEN = "open", "To settle"
        SAME = "same", "Same person"
        NOT_SAME = "not_same", "Not the same"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, models.PROTECT, related_name="possible_duplicates")
    other = models.ForeignKey(Person, models.PROTECT, related_name="possible_duplicates_of")
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    seen = models.JSONField(default=dict)
    score = models.FloatField(default=0.0)
    raised_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    raised_at = models.DateTimeField()
    look_again_on = models.DateField(null=True)
    settled_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    settled_at = models.DateTimeField(null=True)
    settled_because = models.TextField(blank=True)
    settled_facts = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="people_duplicate_once",
                fields=["person", "other"],
            ),
            models.CheckConstraint(
                name="people_duplicate_two_records", condition=~Q(person=F("other"))
            ),
        ]
        indexes = [
            models.Index(
                fields=["-score", "raised_at"],
                name="people_duplicate_open",
                condition=Q(state="open"),
            )
        ]


class SearchAnswer(models.Model):
    """What somebody answered to "is this person already known?", with the list they saw.

    `person` is the record that stands for whom they asked about: the one chosen, or the new one.
    """

    class Answer(models.TextChoices):
        SAME = "same", "The same person"
        NOT_SAME = "not_same", "None of those shown"
        LATER = "later", "To be decided later"
        NOT_KNOWN = "not_known", "Nobody was found"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, models.PROTECT, related_name="search_answers")
    answer = models.CharField(max_length=9, choices=Answer)
    shown_ids = ArrayField(models.UUIDField(), default=list)
    seen = models.JSONField(default=dict)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")

    class Meta:
        triggers = [append_only()]
        indexes = [models.Index(fields=["person", "-at"], name="people_search_answer_of")]


class DuplicateCheck(models.Model):
    """What stood on a record when it was last compared with all others."""

    person = models.OneToOneField(
        Person, models.PROTECT, primary_key=True, related_name="duplicate_check"
    )
    facts = models.CharField(max_length=32)
    checked_at = models.DateTimeField()


class SearchKeys(models.Model):
    """Index keys of one person for known-person search; kept by `people.matching.refresh`."""

    person = models.OneToOneField(
        Person, models.PROTECT, primary_key=True, related_name="search_keys"
    )
    keys = ArrayField(models.IntegerField())
    profile = models.TextField()  # what judging reads, so that a search reads one table

    class Meta:
        # Without a pending list, which every search would read through.
        indexes = [GinIndex(fields=["keys"], name="people_search_keys", fastupdate=False)]


class NameFrequency(models.Model):
    """How common a name part is among the authority's own people; refreshed by a command."""

    part = models.CharField(max_length=60, primary_key=True)
    people = models.PositiveIntegerField()


@pghistory.track(*history(), model_name="NameVariantHistory")
class NameVariant(models.Model):
    """The authority's word on two names: one is short for the other, or they are two names.

    It stands before the list that comes with the system. Ended, never deleted. `keys_made_at` says
    that whoever bears the variant is found accordingly; until then, `keys_made_to` how far it got.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=40)
    variant = models.CharField(max_length=40)
    is_same = models.BooleanField(default=True)
    because = models.CharField(max_length=300)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    ended_because = models.CharField(max_length=300, blank=True)
    keys_made_at = models.DateTimeField(null=True)
    keys_made_to = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="people_variant_two_names", condition=~Q(name=F("variant"))
            ),
            models.UniqueConstraint(
                Least("name", "variant"),
                Greatest("name", "variant"),
                name="people_variant_once",
                condition=Q(ended_at__isnull=True),
            ),
        ]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]
