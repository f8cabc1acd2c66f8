"""The shared work: what came in, about whom, with whose agreement, and who holds the child."""

import uuid
from typing import TYPE_CHECKING

import pghistory
import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import Exists, F, Func, OuterRef, Q

from accounts.permissions import Permission, holds
from cases.choices import (
    BoardState,
    Category,
    Channel,
    ConsentFrom,
    ConsentScope,
    ConsentState,
    ContactState,
    HandoverKind,
    HandoverState,
    InvolvementKind,
    Mark,
    Outcome,
    Rag,
    ReferralState,
    WorkerRole,
)
from people.choices import YesNoUnknown
from people.models import Person, history, reads_every_restricted_record
from record.models import append_only

if TYPE_CHECKING:
    from accounts.models import User


class TsTzRange(Func):
    function = "TSTZRANGE"
    output_field = DateTimeRangeField()


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


class ContactQuerySet(models.QuerySet["Contact"]):
    def visible_to(self, user: "User") -> "ContactQuerySet":
        """Contacts `user` may read: those that name nobody restricted from them."""
        if not holds(user, Permission.CONTACT_READ):
            return self.none()
        if reads_every_restricted_record(user):
            return self
        return self.exclude(Exists(self._closed_subjects(user)))

    def restricted_to(self, user: "User") -> "ContactQuerySet":
        """Contacts that exist but may only be seen as a place and a clock."""
        if not holds(user, Permission.CONTACT_READ) or reads_every_restricted_record(user):
            return self.none()
        return self.filter(Exists(self._closed_subjects(user)))

    def on_board(self) -> "ContactQuerySet":
        return self.exclude(board_state="")

    @staticmethod
    def _closed_subjects(user: "User") -> models.QuerySet["ContactPerson"]:
        from people.models import restrictions_closed_to

        return ContactPerson.objects.filter(
            Exists(restrictions_closed_to(user, OuterRef("person"))),
            contact=OuterRef("pk"),
            is_child=True,
            ended_at__isnull=True,
        )


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
            models.Index(
                fields=["changed_at"], name="cases_contact_changed", condition=~Q(board_state="")
            ),
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


class ConsentAnswer(models.Model):
    """What one person said about one scope. A new answer is a new row."""

    class How(models.TextChoices):
        SIGNED = "signed", "Signed"
        SPOKEN = "spoken", "Spoken"
        PORTAL = "portal", "In the portal"
        REPORTED = "reported", "As the referrer reports it"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="consent_answers")
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    person_as_stated = models.CharField(max_length=200, blank=True)
    asked_as = models.CharField(max_length=14, choices=ConsentFrom)
    is_judged_competent = models.BooleanField(null=True)
    scope = models.CharField(max_length=8, choices=ConsentScope)
    state = models.CharField(max_length=14, choices=ConsentState)
    how = models.CharField(max_length=8, choices=How, blank=True)
    to_what = models.TextField(blank=True)
    words = models.TextField(blank=True)
    language = models.CharField(max_length=60, blank=True)
    interpreter = models.CharField(max_length=200, blank=True)
    told_can_withdraw = models.BooleanField(null=True)
    at = models.DateTimeField()
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="cases_consent_answer_state",
                condition=Q(
                    state__in=["not_asked_yet", "given", "refused", "withdrawn", "not_applicable"]
                ),
            )
        ]
        indexes = [models.Index(fields=["contact", "-at"], name="cases_consent_contact")]
        triggers = [append_only()]


class ConsentOverride(models.Model):
    """A request to go on without agreement, and a manager's reasoned answer.

    In office hours the asker is never the decider. An EDT decision is provisional until a
    MASH manager confirms it (clock CONS-CONF).
    """

    class State(models.TextChoices):
        ASKED = "asked", "Asked"
        GRANTED = "granted", "Granted"
        REFUSED = "refused", "Refused"
        ENDED = "ended", "Not confirmed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="consent_overrides")
    kind = models.CharField(
        max_length=10,
        choices=[
            (ConsentState.DISPENSED.value, ConsentState.DISPENSED.label),
            (ConsentState.OVERRIDDEN.value, ConsentState.OVERRIDDEN.label),
        ],
    )
    state = models.CharField(max_length=7, choices=State, default=State.ASKED)
    asked_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    asked_because = models.TextField(blank=True)
    decided_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    decided_for = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    decided_role = models.CharField(max_length=30, blank=True)
    decided_at = models.DateTimeField(null=True)
    grounds = ArrayField(models.CharField(max_length=16), default=list)
    why_necessary = models.TextField(blank=True)
    agencies = models.TextField(blank=True)
    attempts = models.TextField(blank=True)
    will_family_be_told = models.CharField(
        max_length=7, choices=YesNoUnknown, default=YesNoUnknown.UNKNOWN
    )
    family_told_note = models.TextField(blank=True)
    review_on = models.DateField(null=True)
    is_provisional = models.BooleanField(default=False)
    confirmed_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    confirm_note = models.TextField(blank=True)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="cases_override_whole_when_granted",
                condition=~Q(state="granted")
                | (
                    Q(decided_by__isnull=False, decided_at__isnull=False, grounds__len__gt=0)
                    & ~Q(why_necessary="")
                    & ~Q(decided_role="")
                ),
            ),
            models.CheckConstraint(
                name="cases_override_two_people",
                condition=Q(is_provisional=True)
                | Q(decided_by__isnull=True)
                | ~Q(decided_by=F("asked_by")),
            ),
            models.UniqueConstraint(
                name="cases_override_one_asked", fields=["contact"], condition=Q(state="asked")
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="decided_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__decided_at__isnull=False)
                & (
                    pgtrigger.Q(old__decided_by__df=pgtrigger.F("new__decided_by"))
                    | pgtrigger.Q(old__decided_at__df=pgtrigger.F("new__decided_at"))
                    | pgtrigger.Q(old__why_necessary__df=pgtrigger.F("new__why_necessary"))
                    | pgtrigger.Q(old__grounds__df=pgtrigger.F("new__grounds"))
                ),
            ),
        ]


class LawfulBasis(models.Model):
    """The data-protection basis for sharing: a fact apart from the family's agreement."""

    class Basis(models.TextChoices):
        PUBLIC_TASK = "public_task", "Public task, article 6(1)(e)"
        LEGAL_OBLIGATION = "legal_obligation", "Legal obligation, article 6(1)(c)"
        VITAL_INTERESTS = "vital_interests", "Vital interests, article 6(1)(d)"
        CONSENT = "consent", "Consent, article 6(1)(a)"

    class Special(models.TextChoices):
        SAFEGUARDING = (
            "safeguarding",
            "Safeguarding of children, article 9(2)(g) with DPA 2018 schedule 1 paragraph 18",
        )
        HEALTH_OR_SOCIAL_CARE = "health_or_social_care", "Health or social care, article 9(2)(h)"
        VITAL_INTERESTS = "vital_interests", "Vital interests, article 9(2)(c)"
        NONE = "none", "No special category data"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="lawful_bases")
    basis = models.CharField(max_length=20, choices=Basis)
    special = models.CharField(max_length=24, choices=Special)
    note = models.TextField(blank=True)
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        triggers = [append_only()]


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


@pghistory.track(*history(), model_name="ReferralHistory")
class Referral(models.Model):
    """A request for services for one child whose case was not open. An episode, to the census."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    child = models.ForeignKey(Person, models.PROTECT, related_name="referrals")
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="referrals")
    state = models.CharField(max_length=9, choices=ReferralState)
    referral_on = models.DateField()
    received_at = models.DateTimeField()
    source_code = models.CharField(max_length=2)
    primary_need = models.CharField(max_length=2, blank=True)
    first_decision = models.CharField(max_length=24, blank=True)
    is_re_referral = models.BooleanField()
    is_nfa = models.BooleanField(default=False)
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    team = models.ForeignKey("accounts.Team", models.PROTECT, null=True, related_name="+")
    team_accepted_at = models.DateTimeField(null=True)
    closed_on = models.DateField(null=True)
    closure_reason = models.CharField(max_length=4, blank=True)
    next_due_at = models.DateTimeField(null=True)
    next_due_code = models.CharField(max_length=20, blank=True)
    next_warn_at = models.DateTimeField(null=True)
    next_very_late_at = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="cases_referral_one_open",
                fields=["child"],
                condition=~Q(state__in=["closed", "rejected"]),
            ),
            models.CheckConstraint(
                name="cases_referral_need_unless_nfa",
                condition=Q(is_nfa=True) | Q(state="received") | ~Q(primary_need=""),
            ),
            models.CheckConstraint(
                name="cases_referral_rejected_is_nfa",
                condition=~Q(state="rejected") | Q(is_nfa=True),
            ),
            models.CheckConstraint(
                name="cases_referral_closed_pair",
                condition=Q(closed_on__isnull=True, closure_reason="")
                | (Q(closed_on__isnull=False) & ~Q(closure_reason="")),
            ),
            models.CheckConstraint(
                name="cases_referral_closed_later",
                condition=Q(closed_on__isnull=True) | Q(closed_on__gte=F("referral_on")),
            ),
        ]
        indexes = [
            models.Index(
                fields=["team", "next_due_at", "id"],
                name="cases_referral_open",
                condition=~Q(state__in=["closed", "rejected"]),
            ),
            models.Index(fields=["child", "-referral_on"], name="cases_referral_child"),
        ]


class Involvement(models.Model):
    """Something of ours is open for this child. A child with a live one is an open child."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    child = models.ForeignKey(Person, models.PROTECT, related_name="involvements")
    kind = models.CharField(max_length=10, choices=InvolvementKind)
    subject_id = models.UUIDField()
    from_at = models.DateTimeField()
    to_at = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="cases_involvement_once",
                fields=["child", "kind", "subject_id"],
                condition=Q(to_at__isnull=True),
            ),
            models.CheckConstraint(
                name="cases_involvement_dates",
                condition=Q(to_at__isnull=True) | Q(to_at__gte=F("from_at")),
            ),
        ]
        indexes = [
            models.Index(
                fields=["child", "kind"],
                name="cases_involvement_live",
                condition=Q(to_at__isnull=True),
            ),
            models.Index(fields=["subject_id"], name="cases_involvement_subject"),
        ]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]


class Responsibility(models.Model):
    """Who answers for this child: one team and its manager, never two, never none while open."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    child = models.ForeignKey(Person, models.PROTECT, related_name="responsibilities")
    team = models.ForeignKey("accounts.Team", models.PROTECT, related_name="+")
    manager = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    from_at = models.DateTimeField()
    to_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=40)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="cases_responsibility_one_holder",
                expressions=[
                    (TsTzRange("from_at", "to_at"), RangeOperators.OVERLAPS),
                    ("child", RangeOperators.EQUAL),
                ],
            ),
        ]
        indexes = [
            models.Index(
                fields=["manager"],
                name="cases_responsibility_live",
                condition=Q(to_at__isnull=True),
            ),
            models.Index(
                fields=["team"], name="cases_responsibility_team", condition=Q(to_at__isnull=True)
            ),
        ]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]


class Allocation(models.Model):
    """A worker of a child: lead, co-worker or duty cover, with the manager's direction."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    child = models.ForeignKey(Person, models.PROTECT, related_name="allocations")
    referral = models.ForeignKey(Referral, models.PROTECT, null=True, related_name="allocations")
    worker = models.ForeignKey("accounts.User", models.PROTECT, related_name="allocations")
    role = models.CharField(max_length=9, choices=WorkerRole)
    team = models.ForeignKey("accounts.Team", models.PROTECT, related_name="+")
    from_at = models.DateTimeField()
    to_at = models.DateTimeField(null=True)
    find_out = models.TextField(blank=True)
    see_whom = models.TextField(blank=True)
    first_visit_by = models.DateField(null=True)
    checkpoints = ArrayField(models.DateField(), default=list)
    change_reason = models.CharField(max_length=80, blank=True)
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    acting_for = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="cases_allocation_one_lead",
                fields=["child"],
                condition=Q(role="lead", to_at__isnull=True),
            ),
            models.CheckConstraint(
                name="cases_allocation_dates",
                condition=Q(to_at__isnull=True) | Q(to_at__gte=F("from_at")),
            ),
        ]
        indexes = [
            models.Index(
                fields=["worker"], name="cases_allocation_live", condition=Q(to_at__isnull=True)
            )
        ]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]


class Handover(models.Model):
    """Work offered by one team to another. The sender holds until it is accepted."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=12, choices=HandoverKind)
    state = models.CharField(max_length=9, choices=HandoverState, default=HandoverState.OFFERED)
    contact = models.ForeignKey(Contact, models.PROTECT, null=True, related_name="handovers")
    from_team = models.ForeignKey("accounts.Team", models.PROTECT, related_name="+")
    to_team = models.ForeignKey("accounts.Team", models.PROTECT, related_name="handovers_to")
    reason = models.TextField()
    note = models.TextField(blank=True)
    offered_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    offered_at = models.DateTimeField()
    answered_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    answered_for = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    answer_reason = models.TextField(blank=True)
    next_due_at = models.DateTimeField(null=True)
    next_due_code = models.CharField(max_length=20, blank=True)
    next_warn_at = models.DateTimeField(null=True)
    next_very_late_at = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="cases_handover_answer_pair",
                condition=Q(state="offered", answered_by__isnull=True, answered_at__isnull=True)
                | (~Q(state="offered") & Q(answered_by__isnull=False, answered_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="cases_handover_returned_reason",
                condition=~Q(state="returned") | ~Q(answer_reason=""),
            ),
        ]
        indexes = [
            models.Index(
                fields=["to_team", "next_due_at", "id"],
                name="cases_handover_offered",
                condition=Q(state="offered"),
            ),
            models.Index(fields=["contact"], name="cases_handover_contact"),
        ]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]


class HandoverChild(models.Model):
    """One child of a handover. `is_open` repeats the handover's state for the constraint."""

    id = models.BigAutoField(primary_key=True)
    handover = models.ForeignKey(Handover, models.PROTECT, related_name="children")
    child = models.ForeignKey(Person, models.PROTECT, related_name="handovers")
    referral = models.ForeignKey(Referral, models.PROTECT, null=True, related_name="handovers")
    kind = models.CharField(max_length=12, choices=HandoverKind)
    is_open = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="cases_handover_child_once", fields=["handover", "child"]),
            models.UniqueConstraint(
                name="cases_handover_one_open", fields=["child", "kind"], condition=Q(is_open=True)
            ),
        ]
