"""What any record rests on: timeline, read log, clocks, drafts, documents, notes, outbox, policy.

Rows here point at their subject by (kind, id) and at the child by a real foreign key;
nothing is ever deleted beneath them (decisions.md 38).
"""

import uuid

import pghistory
import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q


def append_only() -> pgtrigger.Protect:
    """Refuse UPDATE and DELETE of a row, whoever asks."""
    return pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)


class Event(models.Model):
    """One line of a child's or a contact's timeline. Partitioned by month; never changed.

    `data` holds ids and codes only, no prose. A family event is one row per child that
    shares `occurrence_id`.
    """

    pk = models.CompositePrimaryKey("recorded_at", "id")
    id = models.UUIDField(default=uuid.uuid4, editable=False)
    occurrence_id = models.UUIDField()
    code = models.CharField(max_length=60)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    subject_kind = models.CharField(max_length=30)
    subject_id = models.UUIDField()
    child = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    acting_for = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    role = models.CharField(max_length=30, blank=True)
    data = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    request_id = models.CharField(max_length=64, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["child", "-at"], name="record_event_child"),
            models.Index(fields=["subject_id", "-at"], name="record_event_subject"),
        ]
        triggers = [append_only()]


class ReadKind(models.TextChoices):
    PAGE = "page", "Read"
    PRINT = "print", "Printed"
    EXPORT = "export", "Exported"
    DOCUMENT = "document", "Opened a document"
    API = "api", "Read by a system"
    LIST = "list", "Seen in a list"
    SEARCH = "search", "Found by a search"


class ReadLogEntry(models.Model):
    """Who looked at whom. Written before the page is sent; partitioned by month; never changed.

    A page, print, export, document or API object is one row per child shown; a list or
    a search is one row with the ids shown and the filters used (decisions.md 81).
    """

    pk = models.CompositePrimaryKey("recorded_at", "id")
    id = models.UUIDField(default=uuid.uuid4, editable=False)
    recorded_at = models.DateTimeField()
    kind = models.CharField(max_length=10, choices=ReadKind)
    user = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    role = models.CharField(max_length=30, blank=True)
    child = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    subject_kind = models.CharField(max_length=30, blank=True)
    subject_id = models.UUIDField(null=True)
    place = models.CharField(max_length=80)
    person_ids = ArrayField(models.UUIDField(), default=list)
    filters = models.JSONField(default=dict)
    break_glass = models.ForeignKey(
        "record.BreakGlass", models.PROTECT, null=True, related_name="+"
    )
    request_id = models.CharField(max_length=64, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["child", "-recorded_at"], name="record_read_child"),
            models.Index(fields=["user", "-recorded_at"], name="record_read_user"),
            GinIndex(
                fields=["person_ids"], name="record_read_listed", condition=Q(child__isnull=True)
            ),
        ]
        triggers = [append_only()]


class BreakGlass(models.Model):
    """An emergency opening of one restricted record: typed reason, time-limited, reviewed after."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="break_glass")
    user = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    reason = models.TextField()
    opened_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    reviewed_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    reviewed_at = models.DateTimeField(null=True)
    review_note = models.TextField(blank=True)
    was_justified = models.BooleanField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="record_break_glass_expires_later", condition=Q(expires_at__gt=F("opened_at"))
            ),
            models.CheckConstraint(
                name="record_break_glass_reviewed_pair",
                condition=Q(reviewed_by__isnull=True, reviewed_at__isnull=True)
                | Q(reviewed_by__isnull=False, reviewed_at__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["user", "expires_at"], name="record_break_glass_live")]


class ClockUnit(models.TextChoices):
    ELAPSED_HOURS = "elapsed_hours", "hours, day and night"
    WORKING_HOURS = "working_hours", "office hours"
    SAME_CLOCK_TIME = "same_clock_time", "working days, to the same time"
    WORKING_DAYS = "working_days", "working days"
    NEXT_OPENING = "next_opening", "a time at the next opening"
    CALENDAR_DAYS = "calendar_days", "days"
    CALENDAR_MONTHS = "calendar_months", "months"


class ClockStop(models.TextChoices):
    MET = "met", "Done"
    REPLACED = "replaced", "Counted again"
    NOT_NEEDED = "not_needed", "No longer needed"


class Clock(models.Model):
    """One limit that runs on one thing. Computed once from the real event; never moved.

    A clock is not edited: a new row `replaces` it (decisions.md 14, 15). Only stopping it
    and giving the reason for lateness change a row, and a trigger sees to that.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    rule = models.CharField(max_length=20)
    subject_kind = models.CharField(max_length=30)
    subject_id = models.UUIDField()
    child = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    started_at = models.DateTimeField()
    unit = models.CharField(max_length=20, choices=ClockUnit)
    limit = models.PositiveIntegerField()
    warn_at = models.DateTimeField()
    due_at = models.DateTimeField()
    very_late_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True)
    stop_reason = models.CharField(max_length=12, choices=ClockStop, blank=True)
    late_reason = models.TextField(blank=True)
    replaces = models.OneToOneField("self", models.PROTECT, null=True, related_name="replaced_by")
    replaced_because = models.CharField(max_length=40, blank=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="record_clock_one_running",
                fields=["rule", "subject_id", "child"],
                condition=Q(stopped_at__isnull=True),
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="record_clock_stop_pair",
                condition=Q(stopped_at__isnull=True, stop_reason="")
                | (Q(stopped_at__isnull=False) & ~Q(stop_reason="")),
            ),
        ]
        indexes = [
            models.Index(fields=["subject_id"], name="record_clock_subject"),
            models.Index(
                fields=["rule", "due_at"],
                name="record_clock_running",
                condition=Q(stopped_at__isnull=True),
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="never_moved",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(
                    "rule",
                    "subject_kind",
                    "subject_id",
                    "child",
                    "started_at",
                    "unit",
                    "limit",
                    "warn_at",
                    "due_at",
                    "very_late_at",
                    "replaces",
                    "recorded_at",
                ),
            ),
            pgtrigger.Protect(
                name="stops_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__stopped_at__isnull=False)
                & pgtrigger.Q(old__stopped_at__df=pgtrigger.F("new__stopped_at")),
            ),
        ]


class CalendarDay(models.Model):
    """One day of the working calendar, with a running working-day number for SQL.

    The working days in (a, b] are `number(b) - number(a)`.
    """

    day = models.DateField(primary_key=True)
    is_working = models.BooleanField()
    number = models.IntegerField()
    holiday = models.CharField(max_length=80, blank=True)


class CodeListEntry(models.Model):
    """One code of a statutory list, with the dates on which it may be used."""

    id = models.BigAutoField(primary_key=True)
    list = models.CharField(max_length=40)
    code = models.CharField(max_length=80)
    label = models.TextField()
    position = models.PositiveIntegerField()
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="record_code_once", fields=["list", "code", "valid_from"])
        ]


class Document(models.Model):
    """A file somebody sent or made. Bytes live outside the web root under `storage_key`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subject_kind = models.CharField(max_length=30)
    subject_id = models.UUIDField()
    child = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    name = models.CharField(max_length=255)
    content_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    storage_key = models.CharField(max_length=100, unique=True)
    is_held_elsewhere = models.BooleanField(default=False)
    added_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["subject_id"], name="record_document_subject")]
        triggers = [append_only()]


class Note(models.Model):
    """What a worker wrote about one or several children. Corrected by a later note."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    text = models.TextField()
    kind = models.CharField(max_length=30, default="note")
    subject_kind = models.CharField(max_length=30, blank=True)
    subject_id = models.UUIDField(null=True)
    corrects = models.ForeignKey("self", models.PROTECT, null=True, related_name="corrections")
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    acting_for = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["subject_id", "-at"], name="record_note_subject")]
        triggers = [append_only()]


class NoteChild(models.Model):
    id = models.BigAutoField(primary_key=True)
    note = models.ForeignKey(Note, models.PROTECT, related_name="children")
    child = models.ForeignKey("people.Person", models.PROTECT, related_name="notes")

    class Meta:
        constraints = [models.UniqueConstraint(name="record_note_once", fields=["note", "child"])]
        triggers = [append_only()]


class OutboxMessage(models.Model):
    """Something owed to the outside, written with the change that owes it.

    Delivered at least once with `id` as idempotency key; `payload` holds ids and codes.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    topic = models.CharField(max_length=60)
    key = models.CharField(max_length=120, unique=True)
    payload = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    subject_kind = models.CharField(max_length=30, blank=True)
    subject_id = models.UUIDField(null=True)
    child = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    available_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    delivered_at = models.DateTimeField(null=True)
    set_aside_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["available_at"],
                name="record_outbox_owed",
                condition=Q(delivered_at__isnull=True, set_aside_at__isnull=True),
            ),
            models.Index(
                fields=["set_aside_at"],
                name="record_outbox_aside",
                condition=Q(set_aside_at__isnull=False),
            ),
        ]


class PersonalNotice(models.Model):
    """A line on somebody's home page, delivered through the outbox."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    message = models.OneToOneField(OutboxMessage, models.PROTECT, related_name="+")
    user = models.ForeignKey("accounts.User", models.PROTECT, related_name="notices")
    code = models.CharField(max_length=60)
    subject_kind = models.CharField(max_length=30)
    subject_id = models.UUIDField()
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["user", "-created_at"],
                name="record_notice_unread",
                condition=Q(read_at__isnull=True),
            )
        ]


class PolicyChange(models.Model):
    """A change of one local limit: proposed by one person, approved by another."""

    class State(models.TextChoices):
        PROPOSED = "proposed", "Proposed"
        APPROVED = "approved", "Approved"
        REFUSED = "refused", "Refused"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key = models.CharField(max_length=60)
    value = models.JSONField()
    from_on = models.DateField()
    reason = models.TextField()
    state = models.CharField(max_length=10, choices=State, default=State.PROPOSED)
    proposed_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    answered_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    answer_reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="record_policy_one_proposed", fields=["key"], condition=Q(state="proposed")
            ),
            models.CheckConstraint(
                name="record_policy_two_people",
                condition=Q(answered_by__isnull=True) | ~Q(answered_by=F("proposed_by")),
            ),
            models.CheckConstraint(
                name="record_policy_answer_pair",
                condition=Q(state="proposed", answered_by__isnull=True, answered_at__isnull=True)
                | (~Q(state="proposed") & Q(answered_by__isnull=False, answered_at__isnull=False)),
            ),
        ]


class Draft(models.Model):
    """Typed but not yet recorded. Not evidence; overwritten freely (decisions.md 86)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey("accounts.User", models.PROTECT, related_name="drafts")
    form = models.CharField(max_length=40)
    subject_id = models.UUIDField(null=True)
    page = models.CharField(max_length=300, blank=True)
    data = models.JSONField(default=dict)
    version = models.PositiveIntegerField(default=1)
    saved_at = models.DateTimeField()
    recorded_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="record_draft_one_per_form",
                fields=["owner", "form", "subject_id"],
                condition=Q(recorded_at__isnull=True, subject_id__isnull=False),
            )
        ]


class FormToken(models.Model):
    """A form that has been recorded: sending it again leads to the same result."""

    token = models.UUIDField(primary_key=True)
    user = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    action = models.CharField(max_length=60)
    result_id = models.UUIDField(null=True)
    recorded_at = models.DateTimeField()


class FlagSeverity(models.TextChoices):
    """In order of gravity, gravest last."""

    INFO = "info", "Information"
    AMBER = "amber", "Amber"
    RED = "red", "Red"
    CRITICAL = "critical", "Critical"


class FlagState(models.TextChoices):
    OPEN = "open", "Open"
    ACKNOWLEDGED = "acknowledged", "Answered"
    CLEARED = "cleared", "Cleared by the record"
    CLEARED_WITH_REASON = "cleared_with_reason", "Cleared with a reason"


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), model_name="FlagHistory")
class Flag(models.Model):
    """What a rule found, and how long it stood. Raised and cleared by `record.flags` alone.

    `owner` is whose it is to put right, `manager` who answers for it. `since_at` is the moment the
    finding counts from, a fact of the record; `raised_at` and `cleared_at` say when the rule saw it
    come and go. `facts` holds what the rule saw: ids, codes, dates. One open flag per (rule,
    subject, child).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    rule = models.CharField(max_length=20)
    subject_kind = models.CharField(max_length=30)
    subject_id = models.UUIDField()
    child = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="flags")
    severity = models.CharField(max_length=8, choices=FlagSeverity)
    state = models.CharField(max_length=19, choices=FlagState, default=FlagState.OPEN)
    owner = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    manager = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    since_at = models.DateTimeField()
    raised_at = models.DateTimeField()
    facts = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(
        "accounts.User", models.PROTECT, null=True, related_name="+"
    )
    acknowledged_for = models.ForeignKey(
        "accounts.User", models.PROTECT, null=True, related_name="+"
    )
    answer = models.TextField(blank=True)
    done_by = models.DateField(null=True)
    cleared_at = models.DateTimeField(null=True)
    cleared_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    cleared_for = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    cleared_because = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="record_flag_one_open",
                fields=["rule", "subject_id", "child"],
                condition=Q(state__in=["open", "acknowledged"]),
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="record_flag_acknowledged_whole",
                condition=~Q(state="acknowledged")
                | (Q(acknowledged_at__isnull=False, acknowledged_by__isnull=False) & ~Q(answer="")),
            ),
            models.CheckConstraint(
                name="record_flag_cleared_pair",
                condition=Q(state__in=["open", "acknowledged"], cleared_at__isnull=True)
                | Q(state="cleared", cleared_at__isnull=False)
                | (
                    Q(
                        state="cleared_with_reason",
                        cleared_at__isnull=False,
                        cleared_by__isnull=False,
                    )
                    & ~Q(cleared_because="")
                ),
            ),
            models.CheckConstraint(
                name="record_flag_severity_known", condition=Q(severity__in=FlagSeverity.values)
            ),
        ]
        indexes = [
            models.Index(
                fields=["child"],
                name="record_flag_open_child",
                condition=Q(state__in=["open", "acknowledged"]),
            ),
            models.Index(
                fields=["owner"],
                name="record_flag_open_owner",
                condition=Q(state__in=["open", "acknowledged"]),
            ),
            models.Index(
                fields=["manager"],
                name="record_flag_open_manager",
                condition=Q(state__in=["open", "acknowledged"]),
            ),
            models.Index(
                fields=["rule", "subject_id"],
                name="record_flag_by_hand",
                condition=Q(state="cleared_with_reason"),
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="cleared_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__cleared_at__isnull=False),
            ),
            pgtrigger.Protect(
                name="about_one_thing",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(
                    "rule", "subject_kind", "subject_id", "child", "raised_at"
                ),
            ),
        ]
