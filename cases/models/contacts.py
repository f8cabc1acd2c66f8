"""What came in, about whom, and what was asked and answered about it."""

import uuid
from datetime import datetime
from typing import TYPE_CHECKING

import pghistory
import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper

from accounts.permissions import Permission, holds
from cases.choices import (
    BoardState,
    Category,
    Channel,
    ContactState,
    Mark,
    Outcome,
    Rag,
)
from lib import application_clock
from people.choices import YesNoUnknown
from people.models import KEEPS_OUT, ClosedTo, Person, history, reads_every_restricted_record
from record.models import append_only

if TYPE_CHECKING:
    from accounts.models import User


class Submission(models.Model):
    """What arrived, as it arrived. Durable before the answer goes out; never changed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    channel = models.CharField(max_length=14, choices=Channel)
    words = models.TextField()
    sender_agency = models.ForeignKey("accounts.PartnerAgency", models.PROTECT, null=True)
    sender_agency_name = models.CharField(max_length=200, blank=True)
    sender_role = models.CharField(max_length=200, blank=True)
    external_reference = models.CharField(max_length=100, blank=True)
    received_at = models.DateTimeField()
    written_at = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    idempotency_key = models.CharField(max_length=100, unique=True, null=True)  # noqa: DJ001

    class Meta:
        indexes = [
            models.Index(
                Upper("external_reference"),
                name="cases_submission_reference",
                condition=~Q(external_reference=""),
            )
        ]
        triggers = [append_only()]


class SubmissionSeal(models.Model):
    """The original words are sealed; everybody else reads the redacted copy (decisions.md 89)."""

    submission = models.OneToOneField(
        Submission, models.PROTECT, primary_key=True, related_name="seal"
    )
    redacted_words = models.TextField()
    reason = models.TextField()
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        triggers = [append_only()]


class SubmissionPart(models.Model):
    """Where one part of a submission went: a contact, an earlier contact, or nowhere and why."""

    class WentTo(models.TextChoices):
        CONTACT = "contact", "A contact of its own"
        ADDED = "added", "Added to an earlier contact"
        REPEAT = "repeat", "A repeat of an earlier message"
        NOT_A_CHILD = "not_a_child", "Not about a child"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    submission = models.ForeignKey(Submission, models.PROTECT, related_name="parts")
    label = models.CharField(max_length=200, blank=True)
    went_to = models.CharField(max_length=12, choices=WentTo)
    contact = models.ForeignKey("Contact", models.PROTECT, null=True, related_name="parts")
    note = models.TextField(blank=True)
    by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="cases_part_has_contact",
                condition=Q(went_to="not_a_child", contact__isnull=True)
                | (~Q(went_to="not_a_child") & Q(contact__isnull=False)),
            )
        ]
        triggers = [append_only()]


class NamesSomebodyClosed(ClosedTo):
    """Whether a contact names a child whose record is restricted from somebody.

    A record that was linked since is read under the one that is kept, so a restriction on that
    closes the contacts of both.
    """

    template = (
        "EXISTS (SELECT 1 FROM people_restriction closed"  # noqa: S608 - our own names
        " JOIN people_person record"
        " ON record.id = closed.person_id OR record.canonical_id = closed.person_id"
        " JOIN cases_contactperson named ON named.person_id = record.id"
        " WHERE named.contact_id = %(expressions)s AND named.is_child AND named.ended_at IS NULL"
        f" AND {KEEPS_OUT})"
    )


class ContactQuerySet(models.QuerySet["Contact"]):
    def visible_to(self, user: "User") -> "ContactQuerySet":
        """Contacts `user` may read: those that name nobody restricted from them."""
        if not holds(user, Permission.CONTACT_READ):
            return self.none()
        if reads_every_restricted_record(user):
            return self
        return self.open_to(user_id=user.pk, now=application_clock.now())

    def open_to(self, *, user_id: uuid.UUID, now: datetime) -> "ContactQuerySet":
        """Contacts that name nobody closed to somebody who reads contacts at all."""
        return self.filter(~NamesSomebodyClosed("pk", user_id=user_id, now=now))

    def restricted_to(self, user: "User") -> "ContactQuerySet":
        """Contacts that exist but may only be seen as a place and a clock."""
        if not holds(user, Permission.CONTACT_READ) or reads_every_restricted_record(user):
            return self.none()
        return self.filter(NamesSomebodyClosed("pk", user_id=user.pk, now=application_clock.now()))

    def on_board(self) -> "ContactQuerySet":
        return self.exclude(board_state="")


@pghistory.track(*history(), model_name="ContactHistory")
class Contact(models.Model):
    """Any communication about a child to the front door. Not yet a referral.

    `next_*` copy the earliest clock that runs, written by `cases.clocks` alone, so that
    the board sorts by an index.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reference = models.CharField(max_length=12, unique=True)
    submission = models.ForeignKey(Submission, models.PROTECT, related_name="contacts")
    state = models.CharField(max_length=20, choices=ContactState, default=ContactState.RECEIVED)
    board_state = models.CharField(max_length=14, choices=BoardState, blank=True)
    received_at = models.DateTimeField()
    is_out_of_hours = models.BooleanField()
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    words = models.TextField()
    original_words = models.TextField(blank=True)
    original_language = models.CharField(max_length=60, blank=True)
    summary = models.CharField(max_length=300, blank=True)
    source_code = models.CharField(max_length=2, blank=True)
    source_also = models.CharField(max_length=2, blank=True)
    source_agency = models.ForeignKey(
        "accounts.PartnerAgency", models.PROTECT, null=True, related_name="+"
    )
    referrer_name = models.CharField(max_length=200, blank=True)
    referrer_role = models.CharField(max_length=200, blank=True)
    referrer_phone = models.CharField(max_length=100, blank=True)
    referrer_email = models.CharField(max_length=254, blank=True)
    referrer_availability = models.CharField(max_length=300, blank=True)
    referrer_is_anonymous = models.BooleanField(default=False)
    referrer_is_professional = models.BooleanField(null=True)
    household = models.ForeignKey("people.Household", models.PROTECT, null=True, related_name="+")
    category = models.CharField(max_length=20, choices=Category, blank=True)
    marks = ArrayField(models.CharField(max_length=20, choices=Mark), default=list)
    referrer_says_danger = models.CharField(
        max_length=7, choices=YesNoUnknown, default=YesNoUnknown.UNKNOWN
    )
    is_danger = models.BooleanField(null=True)
    danger_why = models.TextField(blank=True)
    danger_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    danger_at = models.DateTimeField(null=True)
    act_before_at = models.DateTimeField(null=True)
    act_before_why = models.CharField(max_length=300, blank=True)
    do_parents_know = models.CharField(
        max_length=7, choices=YesNoUnknown, default=YesNoUnknown.UNKNOWN
    )
    parents_know_note = models.TextField(blank=True)
    safe_contact = models.TextField(blank=True)
    rag = models.CharField(max_length=5, choices=Rag, blank=True)
    rag_reason = models.CharField(max_length=500, blank=True)
    rag_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    rag_at = models.DateTimeField(null=True)
    red_seen_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    red_seen_at = models.DateTimeField(null=True)
    claimed_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    claimed_at = models.DateTimeField(null=True)
    claim_lapses_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=24, choices=Outcome, blank=True)
    is_provisional = models.BooleanField(default=False)
    void_reason = models.TextField(blank=True)
    next_due_at = models.DateTimeField(null=True)
    next_due_code = models.CharField(max_length=20, blank=True)
    next_warn_at = models.DateTimeField(null=True)
    next_very_late_at = models.DateTimeField(null=True)
    news = models.CharField(max_length=60, blank=True)
    news_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    objects = ContactQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="cases_contact_claim_pair",
                condition=Q(
                    claimed_by__isnull=True, claimed_at__isnull=True, claim_lapses_at__isnull=True
                )
                | Q(
                    claimed_by__isnull=False,
                    claimed_at__isnull=False,
                    claim_lapses_at__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="cases_contact_rag_whole",
                condition=Q(rag="", rag_by__isnull=True, rag_at__isnull=True)
                | (~Q(rag="") & ~Q(rag_reason="") & Q(rag_by__isnull=False, rag_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="cases_contact_decided_after_received",
                condition=Q(decided_at__isnull=True) | Q(decided_at__gte=F("received_at")),
            ),
            models.CheckConstraint(
                name="cases_contact_void_has_reason",
                condition=~Q(state="void") | ~Q(void_reason=""),
            ),
            models.CheckConstraint(
                name="cases_contact_state_known", condition=Q(state__in=ContactState.values)
            ),
            models.CheckConstraint(
                name="cases_contact_on_board_has_clock",
                condition=Q(board_state="") | Q(next_due_at__isnull=False) | Q(state="decided"),
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_due_at", "received_at", "id"],
                name="cases_contact_board",
                condition=~Q(board_state=""),
            ),
            models.Index(fields=["-received_at"], name="cases_contact_received"),
            models.Index(fields=["-decided_at"], name="cases_contact_decided"),
            models.Index(fields=["changed_at"], name="cases_contact_changed_at"),
        ]

    def __str__(self) -> str:
        return self.reference


@pghistory.track(*history(), model_name="ContactPersonHistory")
class ContactPerson(models.Model):
    """One child or adult of one contact. What was stated never changes; who it is may.

    Own id is the exportable per-child contact id. `as_stated` keeps the referrer's words:
    name, date_of_birth, expected_on, age, sex, relation, address, school, nhs_number, note.
    """

    class Match(models.TextChoices):
        TO_SETTLE = "to_settle", "To settle"
        LINKED = "linked", "Known"
        NEW = "new", "New"

    class Mention(models.TextChoices):
        NAMED = "named", "The referrer"
        MENTIONED = "mentioned", "Mentioned by the referrer"
        OUR_RECORD = "our_record", "Our record"
        AGENCY = "agency", "An agency"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="people")
    person = models.ForeignKey(Person, models.PROTECT, related_name="contact_people")
    is_child = models.BooleanField()
    mention = models.CharField(max_length=10, choices=Mention, default=Mention.NAMED)
    relation = models.CharField(max_length=200, blank=True)
    as_stated = models.JSONField(default=dict)
    match = models.CharField(max_length=9, choices=Match)
    match_seen = models.JSONField(default=dict)
    match_link = models.ForeignKey("people.PersonLink", models.PROTECT, null=True, related_name="+")
    matched_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    matched_at = models.DateTimeField(null=True)
    position = models.PositiveIntegerField(default=0)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)
    ended_because = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="cases_contact_person_once",
                fields=["contact", "person"],
                condition=Q(ended_at__isnull=True),
            )
        ]
        indexes = [models.Index(fields=["person", "contact"], name="cases_contact_person_of")]
        triggers = [
            pgtrigger.Protect(
                name="stated_is_kept",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange("as_stated", "contact"),
            )
        ]


class ContactLink(models.Model):
    """Two contacts about one family, or a claimed earlier one that nobody can trace."""

    class Kind(models.TextChoices):
        SAME_FAMILY = "same_family", "Same family"
        SAME_INCIDENT = "same_incident", "Same event"
        CLAIMED = "claimed", "Said to have been made, not traced"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="links")
    other = models.ForeignKey(Contact, models.PROTECT, null=True, related_name="links_from")
    kind = models.CharField(max_length=13, choices=Kind)
    claimed_on = models.DateField(null=True)
    why = models.CharField(max_length=500)
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="cases_link_other_or_claimed",
                condition=Q(kind="claimed", other__isnull=True)
                | (~Q(kind="claimed") & Q(other__isnull=False)),
            ),
            models.CheckConstraint(
                name="cases_link_two_contacts",
                condition=Q(other__isnull=True) | ~Q(contact=F("other")),
            ),
        ]


class HistoryCheck(models.Model):
    """Who looked for earlier work before screening ended, and what the system showed them."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="history_checks")
    found = models.JSONField(default=dict)
    note = models.TextField(blank=True)
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        triggers = [append_only()]


class InformationRequest(models.Model):
    """What is missing from a contact, asked of whom, by when. Does not stop the clock."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="information_requests")
    what = models.TextField()
    asked_of = models.CharField(max_length=200)
    due_at = models.DateTimeField()
    at = models.DateTimeField()
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    answer = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")


class Feedback(models.Model):
    """Telling the referrer the outcome: owed from the decision, then recorded."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="feedbacks")
    owed_from = models.DateTimeField()
    told_at = models.DateTimeField(null=True)
    told_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    how = models.CharField(max_length=60, blank=True)
    what = models.TextField(blank=True)
    not_told_because = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="cases_feedback_pair",
                condition=Q(told_at__isnull=True, told_by__isnull=True)
                | Q(told_at__isnull=False, told_by__isnull=False),
            ),
            models.UniqueConstraint(
                name="cases_feedback_one_owed",
                fields=["contact"],
                condition=Q(told_at__isnull=True),
            ),
        ]
