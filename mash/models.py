"""The MASH: enquiry and agency checks, analysis, the threshold decision, strategy discussion.

Also the facts a MASH contact may carry: domestic abuse, missing, EDT hand-over.
"""

import uuid

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q

from cases.choices import Level, Outcome
from cases.models import Contact
from people.choices import YesNoUnknown
from people.models import Person
from record.models import append_only


class Enquiry(models.Model):
    """Structured multi-agency information gathering on one contact."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        CHECKS_IN_PROGRESS = "checks_in_progress", "Checks in progress"
        ANALYSIS = "analysis", "Analysis"
        AWAITING_DECISION = "awaiting_decision", "A decision"
        DECIDED = "decided", "Decided"
        ESCALATED = "escalated", "Escalated"
        CANCELLED = "cancelled", "Cancelled"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="enquiries")
    state = models.CharField(max_length=18, choices=State, default=State.OPEN)
    question = models.TextField()
    opened_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    went_on_without = models.TextField(blank=True)
    ended_at = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="mash_enquiry_one_open", fields=["contact"], condition=Q(ended_at__isnull=True)
            )
        ]


class AgencyCheck(models.Model):
    """One request to one agency inside an enquiry, with why it is proportionate to ask."""

    class State(models.TextChoices):
        DRAFT = "draft", "Not sent"
        REQUESTED = "requested", "Asked"
        ACKNOWLEDGED = "acknowledged", "Seen, not answered"
        RETURNED = "returned", "Answered"
        NOTHING_KNOWN = "nothing_known", "Nothing known"
        DECLINED = "declined", "Declined"
        WAIVED = "waived", "Went on without it"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    enquiry = models.ForeignKey(Enquiry, models.PROTECT, related_name="checks")
    agency = models.ForeignKey("accounts.PartnerAgency", models.PROTECT, related_name="+")
    why = models.TextField()
    state = models.CharField(max_length=13, choices=State, default=State.REQUESTED)
    asked_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    waived_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    waived_because = models.TextField(blank=True)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="mash_check_waived_whole",
                condition=~Q(state="waived") | (Q(waived_by__isnull=False) & ~Q(waived_because="")),
            ),
            models.CheckConstraint(
                name="mash_check_ended_in_final_state",
                condition=Q(
                    state__in=["returned", "nothing_known", "declined", "waived"],
                    ended_at__isnull=False,
                )
                | Q(state__in=["draft", "requested", "acknowledged"], ended_at__isnull=True),
            ),
        ]


class AgencyCheckChild(models.Model):
    id = models.BigAutoField(primary_key=True)
    check_asked = models.ForeignKey(AgencyCheck, models.PROTECT, related_name="children")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(name="mash_check_child_once", fields=["check_asked", "person"])
        ]


class AgencyCheckChase(models.Model):
    """Somebody reminded the agency."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    check_asked = models.ForeignKey(AgencyCheck, models.PROTECT, related_name="chases")
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    at = models.DateTimeField()
    how = models.CharField(max_length=200)
    recorded_at = models.DateTimeField()

    class Meta:
        triggers = [append_only()]


class AgencyAnswer(models.Model):
    """What an agency told us, how reliable it is, and whether the family may see it."""

    class Reliability(models.TextChoices):
        FACT = "fact", "Fact"
        OPINION = "opinion", "Professional opinion"
        THIRD_PARTY = "third_party", "From a third party"

    class Sharing(models.TextChoices):
        MAY_SHARE = "may_share", "May be shared with the family"
        NOT_FAMILY = "not_family", "Not to be shown to the family"
        ASK_FIRST = "ask_first", "Ask the agency first"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    check_asked = models.ForeignKey(AgencyCheck, models.PROTECT, related_name="answers")
    state = models.CharField(max_length=13, choices=AgencyCheck.State)
    author = models.CharField(max_length=200)
    information = models.TextField(blank=True)
    reliability = models.CharField(max_length=11, choices=Reliability, blank=True)
    sharing = models.CharField(max_length=10, choices=Sharing, blank=True)
    refusal_reason = models.TextField(blank=True)
    how = models.CharField(max_length=60, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        triggers = [append_only()]


class Analysis(models.Model):
    """A MASH social worker's analysis of one child. A better one is a new row."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="analyses")
    child = models.ForeignKey(Person, models.PROTECT, related_name="+")
    harm = models.TextField()
    likelihood = models.TextField()
    protective = models.TextField()
    history = models.TextField()
    unknown = models.TextField()
    recommended_level = models.CharField(max_length=2, choices=Level)
    recommended_outcome = models.CharField(max_length=24, choices=Outcome, blank=True)
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["contact", "child", "-recorded_at"], name="mash_analysis_of")
        ]
        triggers = [append_only()]


class Decision(models.Model):
    """What the MASH decided about a contact. Numbered; reopening adds, never replaces.

    `snapshot` holds what the decider could see, as data (decisions.md 65).
    """

    class Kind(models.TextChoices):
        NEXT_STEP = "next_step", "Next step"
        THRESHOLD = "threshold", "Threshold decision"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="decisions")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=9, choices=Kind)
    outcome = models.CharField(max_length=24, choices=Outcome)
    decided_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    acting_for = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    role = models.CharField(max_length=30)
    decided_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    know = models.TextField()
    worries = models.TextField()
    protects = models.TextField()
    alternative = models.TextField()
    look_again_on = models.DateField(null=True)
    late_reason = models.TextField(blank=True)
    cumulative_answer = models.TextField(blank=True)
    agency_dissent = models.TextField(blank=True)
    consent_position = models.CharField(max_length=14)
    same_words_noticed = models.BooleanField(default=False)
    is_provisional = models.BooleanField(default=False)
    confirms = models.OneToOneField("self", models.PROTECT, null=True, related_name="confirmed_by")
    reopened_because = models.TextField(blank=True)
    snapshot = models.JSONField(encoder=DjangoJSONEncoder)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="mash_decision_number", fields=["contact", "number"]),
            models.CheckConstraint(
                name="mash_decision_whole",
                condition=~Q(know="")
                & ~Q(worries="")
                & ~Q(protects="")
                & ~Q(alternative="")
                & ~Q(role=""),
            ),
            models.CheckConstraint(
                name="mash_decision_provisional_confirms_nothing",
                condition=Q(is_provisional=False) | Q(confirms__isnull=True),
            ),
        ]
        triggers = [append_only()]


class DecisionChild(models.Model):
    """One child of the decision: in with level, outcome and why, or out and why."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    decision = models.ForeignKey(Decision, models.PROTECT, related_name="children")
    child = models.ForeignKey(Person, models.PROTECT, related_name="decisions")
    is_in = models.BooleanField(null=True)
    level = models.CharField(max_length=2, choices=Level, blank=True)
    statutory_basis = models.CharField(max_length=4, blank=True)
    outcome = models.CharField(max_length=24, choices=Outcome, blank=True)
    why = models.TextField(blank=True)
    primary_need = models.CharField(max_length=2, blank=True)
    other_authority = models.CharField(max_length=200, blank=True)
    to_team = models.ForeignKey("accounts.Team", models.PROTECT, null=True, related_name="+")
    passed_to = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(name="mash_decision_child_once", fields=["decision", "child"]),
            models.CheckConstraint(
                name="mash_decision_child_whole",
                condition=(Q(is_in=True) & ~Q(level="") & ~Q(outcome="") & ~Q(why=""))
                | (Q(is_in=False, outcome="") & ~Q(why=""))
                | Q(is_in__isnull=True, passed_to__isnull=False),
            ),
        ]
        triggers = [append_only()]


class DecisionElsewhere(models.Model):
    """A child who lives elsewhere: whoever is responsible is told, or not, because."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    decision = models.ForeignKey(Decision, models.PROTECT, related_name="elsewhere")
    child = models.ForeignKey(Person, models.PROTECT, related_name="+")
    is_told = models.BooleanField()
    whom = models.CharField(max_length=200, blank=True)
    because = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="mash_elsewhere_whole",
                condition=(Q(is_told=True) & ~Q(whom="")) | (Q(is_told=False) & ~Q(because="")),
            )
        ]
        triggers = [append_only()]


class DecisionAction(models.Model):
    """What somebody will do because of the decision, and by when."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    decision = models.ForeignKey(Decision, models.PROTECT, related_name="actions")
    what = models.TextField()
    owner = models.CharField(max_length=200)
    by_when = models.DateTimeField()

    class Meta:
        triggers = [append_only()]


class StrategyDiscussion(models.Model):
    """Called when the threshold for section 47 may be met. Holding it belongs to its chair."""

    class State(models.TextChoices):
        CALLED = "called", "Called"
        CANCELLED = "cancelled", "Cancelled"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    contact = models.ForeignKey(Contact, models.PROTECT, null=True, related_name="discussions")
    state = models.CharField(max_length=16, choices=State, default=State.CALLED)
    reason = models.TextField()
    is_same_day = models.BooleanField()
    called_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    called_at = models.DateTimeField()
    chair = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    due_at = models.DateTimeField()
    cancelled_because = models.TextField(blank=True)
    recorded_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(
                fields=["chair", "due_at"],
                name="mash_discussion_called",
                condition=Q(state="called"),
            )
        ]


class StrategyDiscussionChild(models.Model):
    id = models.BigAutoField(primary_key=True)
    discussion = models.ForeignKey(StrategyDiscussion, models.PROTECT, related_name="children")
    child = models.ForeignKey(Person, models.PROTECT, related_name="discussions")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="mash_discussion_child_once", fields=["discussion", "child"]
            )
        ]


class DomesticAbuse(models.Model):
    """A domestic abuse notification on a contact, and its triage (domain.md 2.17)."""

    class Grade(models.TextChoices):
        STANDARD = "standard", "Standard"
        MEDIUM = "medium", "Medium"
        HIGH = "high", "High"

    contact = models.OneToOneField(
        Contact, models.PROTECT, primary_key=True, related_name="domestic_abuse"
    )
    incident_at = models.DateTimeField(null=True)
    incident_as_stated = models.CharField(max_length=100, blank=True)
    victim = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    alleged_perpetrator = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    perpetrator_whereabouts = models.CharField(max_length=300, blank=True)
    where_children_were = models.JSONField(default=dict)
    dash_score = models.PositiveSmallIntegerField(null=True)
    dash_grade = models.CharField(max_length=8, choices=Grade, blank=True)
    previous_incidents = models.PositiveSmallIntegerField(null=True)
    previous_note = models.CharField(max_length=300, blank=True)
    safe_contact = models.TextField(blank=True)
    marac_referred = models.CharField(
        max_length=7, choices=YesNoUnknown, default=YesNoUnknown.UNKNOWN
    )
    marac_on = models.DateField(null=True)
    perpetrator_other_children = models.CharField(max_length=300, blank=True)
    conditions = models.TextField(blank=True)
    triaged_at = models.DateTimeField(null=True)
    triaged_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    triage_note = models.TextField(blank=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="mash_dash_in_range",
                condition=Q(dash_score__isnull=True) | Q(dash_score__lte=24),
            ),
            models.CheckConstraint(
                name="mash_da_triage_pair",
                condition=Q(triaged_at__isnull=True, triaged_by__isnull=True)
                | Q(triaged_at__isnull=False, triaged_by__isnull=False),
            ),
        ]


class MissingNotice(models.Model):
    """What a missing notification said. The episode itself is worked later."""

    class Grade(models.TextChoices):
        VERY_LOW = "very_low", "Very low or no apparent risk"
        LOW = "low", "Low"
        MEDIUM = "medium", "Medium"
        HIGH = "high", "High"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="missing_notices")
    child = models.ForeignKey(Person, models.PROTECT, related_name="missing_notices")
    reference = models.CharField(max_length=60, blank=True)
    missing_since = models.DateTimeField(null=True)
    reported_at = models.DateTimeField(null=True)
    reported_by = models.CharField(max_length=200, blank=True)
    grade = models.CharField(max_length=8, choices=Grade, blank=True)
    missing_from = models.CharField(max_length=200, blank=True)
    circumstances = models.TextField(blank=True)
    returned_at = models.DateTimeField(null=True)
    where_found = models.CharField(max_length=300, blank=True)
    is_claimed_only = models.BooleanField(default=False)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")


class EdtHandover(models.Model):
    """What the emergency duty team did and left to do; acknowledged by 10:00 next opening."""

    class State(models.TextChoices):
        RAISED_BY_EDT = "raised_by_edt", "From EDT"
        RAISED_BY_DAY = "raised_by_day", "Alert to EDT"
        ACKNOWLEDGED = "acknowledged", "Acknowledged"
        ACTIONED = "actioned", "Actioned"
        CLOSED = "closed", "Closed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="edt_handovers")
    state = models.CharField(max_length=13, choices=State, default=State.RAISED_BY_EDT)
    what_happened = models.TextField()
    what_was_done = models.TextField(blank=True)
    left_to_do = models.TextField(blank=True)
    by_when = models.DateTimeField(null=True)
    risk_now = models.TextField(blank=True)
    consent_decisions = models.TextField(blank=True)
    told = models.TextField(blank=True)
    is_urgent = models.BooleanField(default=False)
    rang_whom = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(
        "accounts.User", models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="mash_edt_acknowledged_pair",
                condition=Q(acknowledged_at__isnull=True, acknowledged_by__isnull=True)
                | Q(acknowledged_at__isnull=False, acknowledged_by__isnull=False),
            )
        ]


class SavedView(models.Model):
    """Somebody's named filter of the triage board, or (unnamed) the one they used last."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    list = models.CharField(max_length=30)
    name = models.CharField(max_length=60, blank=True)
    query = models.CharField(max_length=500, blank=True)
    is_shared = models.BooleanField(default=False)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="mash_view_once", fields=["user", "list", "name"])
        ]
