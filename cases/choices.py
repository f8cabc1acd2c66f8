"""Code sets of the shared work. Stored codes never change; labels may."""

from django.db import models


class Channel(models.TextChoices):
    PHONE = "phone", "Phone"
    EMAIL = "email", "E-mail"
    SECURE_EMAIL = "secure_email", "Secure e-mail"
    REFERRAL_FORM = "referral_form", "Referral form"
    WEB_FORM = "web_form", "Web form"
    INTERNAL_FORM = "internal_form", "Internal form"
    POLICE_FEED = "police_feed", "Police feed"
    HOSPITAL_FEED = "hospital_feed", "Hospital feed"
    POST = "post", "Post"
    IN_PERSON = "in_person", "In person"
    API = "api", "From another system"


class ContactState(models.TextChoices):
    RECEIVED = "received", "Received"
    SCREENING = "screening", "Screening"
    AWAITING_INFORMATION = "awaiting_information", "Information"
    AWAITING_DECISION = "awaiting_decision", "A decision"
    DECIDED = "decided", "Decided"
    VOID = "void", "Void"


class BoardState(models.TextChoices):
    """What the triage board says a contact waits for; empty when it waits for nothing."""

    SCREENING = "screening", "Screening"
    INFORMATION = "information", "Information"
    CHECKS = "checks", "Agency checks"
    DECISION = "decision", "A decision"
    EDT_TO_CONFIRM = "edt_to_confirm", "EDT to confirm"
    RETURNED = "returned", "Returned by a team"


class Category(models.TextChoices):
    CHILD_PROTECTION = "child_protection", "Child protection"
    CHILD_IN_NEED = "child_in_need", "Child in need"
    DOMESTIC_ABUSE = "domestic_abuse", "Domestic abuse"
    MISSING = "missing", "Missing"
    EXPLOITATION = "exploitation", "Exploitation"
    EARLY_HELP_REQUEST = "early_help_request", "Early help request"
    INFORMATION_REQUEST = "information_request", "Information request"
    OTHER = "other", "Other"


class Mark(models.TextChoices):
    """Facts beside the one category (decisions.md 58)."""

    EDT = "edt", "From EDT"
    DOMESTIC_ABUSE = "domestic_abuse", "Domestic abuse"
    MISSING = "missing", "Missing"
    EXPLOITATION = "exploitation", "Exploitation indicator"
    PRIVATE_FOSTERING = "private_fostering", "Private fostering"
    CP_TRANSFER_IN = "cp_transfer_in", "Child protection transfer in"
    TEMPORARY_RESIDENT = "temporary_resident", "Temporary resident"
    STEP_UP = "step_up", "Step-up from early help"


class Rag(models.TextChoices):
    RED = "red", "Red"
    AMBER = "amber", "Amber"
    GREEN = "green", "Green"


class Level(models.TextChoices):
    """Levels of need (domain.md 1.3); the statutory basis is stored beside it."""

    UNIVERSAL = "1", "1: universal"
    ADDITIONAL = "2", "2: additional, early help"
    TARGETED = "3", "3: targeted"
    CHILD_IN_NEED = "4a", "4a: child in need"
    CHILD_PROTECTION = "4b", "4b: child protection"


STATUTORY_BASIS = {
    Level.UNIVERSAL: "none",
    Level.ADDITIONAL: "none",
    Level.TARGETED: "none",
    Level.CHILD_IN_NEED: "s17",
    Level.CHILD_PROTECTION: "s47",
}


class Outcome(models.TextChoices):
    """Per child. In order of gravity, gravest last (decisions.md 54)."""

    NFA = "nfa", "No further action"
    ADVICE = "advice_or_signpost", "Advice or signpost"
    OTHER_AUTHORITY = "sent_to_other_authority", "Send to another authority"
    EARLY_HELP = "early_help", "Early help"
    LINKED = "linked_to_open_case", "Add to the open case"
    MASH_ENQUIRY = "mash_enquiry", "MASH enquiry"
    REFERRAL = "referral", "Referral: assessment"
    STRATEGY_DISCUSSION = "strategy_discussion", "Strategy discussion"


GRAVITY = {outcome: place for place, outcome in enumerate(Outcome)}


class ConsentState(models.TextChoices):
    NOT_ASKED_YET = "not_asked_yet", "Not asked yet"
    GIVEN = "given", "Agreed"
    REFUSED = "refused", "Refused"
    WITHDRAWN = "withdrawn", "Withdrawn"
    DISPENSED = "dispensed", "Not sought: a manager decided not to ask"
    OVERRIDDEN = "overridden", "Going on without agreement"
    NOT_APPLICABLE = "not_applicable", "Not needed: nothing is shared"


class ConsentFrom(models.TextChoices):
    PARENT_WITH_PR = "parent_with_pr", "Parent or other with parental responsibility"
    CARER = "carer", "Carer without parental responsibility"
    YOUNG_PERSON = "young_person", "Young person"


class ConsentScope(models.TextChoices):
    CHECKS = "checks", "Asking other agencies"
    SERVICE = "service", "Help or a service"
    REFERRAL = "referral", "This contact being made"


class Ground(models.TextChoices):
    """Grounds to dispense with or override consent (domain.md 2.3)."""

    RISK_CHILD = "RISK_CHILD", "Asking would put a child at more risk of significant harm"
    RISK_OTHER = "RISK_OTHER", "Risk of serious harm to somebody else"
    PREJUDICE_CRIME = "PREJUDICE_CRIME", "It would hinder preventing or prosecuting serious crime"
    UNDUE_DELAY = "UNDUE_DELAY", "It would delay enquiries without good reason"
    S47 = "S47", "The threshold for section 47 is met"
    CANNOT_CONTACT = "CANNOT_CONTACT", "Reasonable attempts to reach them failed"
    COURT_OR_DUTY = "COURT_OR_DUTY", "Court order or legal duty"


class ReferralState(models.TextChoices):
    RECEIVED = "received", "Received"
    ACCEPTED = "accepted", "Accepted"
    ALLOCATED = "allocated", "Allocated"
    IN_WORK = "in_work", "In work"
    CLOSED = "closed", "Closed"
    REJECTED = "rejected", "No further action"


class InvolvementKind(models.TextChoices):
    CONTACT = "contact", "Contact"
    ENQUIRY = "enquiry", "MASH enquiry"
    REFERRAL = "referral", "Referral"
    EARLY_HELP = "early_help", "Early help"
    ASSESSMENT = "assessment", "Assessment"
    PLAN = "plan", "Plan"


STATUTORY_INVOLVEMENTS = (
    InvolvementKind.REFERRAL,
    InvolvementKind.ASSESSMENT,
    InvolvementKind.PLAN,
)


class ProtectionKind(models.TextChoices):
    """What child protection work a child is in, as every room may ask it."""

    SECTION_47 = "section_47", "Section 47 enquiry"
    PLAN = "plan", "Child protection plan"


class HandoverKind(models.TextChoices):
    ASSESSMENT = "assessment", "Assessment"
    EARLY_HELP = "early_help", "Early help"
    STEP_DOWN = "step_down", "Step-down to early help"
    STEP_UP = "step_up", "Step-up from early help"
    TRANSFER = "transfer", "Transfer"


STATUTORY_HANDOVERS = (HandoverKind.ASSESSMENT, HandoverKind.TRANSFER)
"""What only those may see who may read social care's work."""


class HandoverState(models.TextChoices):
    OFFERED = "offered", "Offered"
    ACCEPTED = "accepted", "Accepted"
    RETURNED = "returned", "Returned"
    WITHDRAWN = "withdrawn", "Withdrawn"


class WorkerRole(models.TextChoices):
    LEAD = "lead", "Lead worker"
    HELPER = "helper", "Early help worker"
    CO_WORKER = "co_worker", "Co-worker"
    DUTY = "duty", "Duty cover"


class RiskLevel(models.TextChoices):
    """Risk to one child (domain.md 5.2)."""

    LOW = "low", "Low"
    MODERATE = "moderate", "Moderate"
    HIGH = "high", "High"
    IMMEDIATE = "immediate", "Immediate"


class VisitPurpose(models.TextChoices):
    INITIAL = "initial", "First visit"
    ASSESSMENT = "assessment", "Assessment visit"
    SECTION_47 = "section_47", "Section 47 visit"
    CIN = "cin", "Child in need visit"
    CPP = "cpp", "Child protection visit"
    WAITING = "waiting", "Visit while waiting"
    EARLY_HELP = "early_help", "Early help visit"
    OTHER = "other", "Other"


class VisitOutcome(models.TextChoices):
    KEPT = "kept", "Kept"
    NO_ACCESS = "no_access", "No access"
    CANCELLED = "cancelled", "Cancelled by the family"
    REFUSED = "refused", "Refused"


FAILED_VISITS = (VisitOutcome.NO_ACCESS, VisitOutcome.CANCELLED, VisitOutcome.REFUSED)


class SignalKind(models.TextChoices):
    CONTACT = "contact", "New contact"
    MISSING = "missing", "Missing episode"
    DOMESTIC_ABUSE = "domestic_abuse", "Domestic abuse incident"
    FAILED_VISIT = "failed_visit", "Failed visit"


class OversightKind(models.TextChoices):
    """What occasioned a manager's record (domain.md 2.12)."""

    ALLOCATION = "allocation", "Direction at allocation"
    CHECKPOINT = "checkpoint", "Checkpoint"
    SUPERVISION = "supervision", "Case supervision"
    REACTIVE = "reactive", "Advice or direction"
    CHANGE = "change", "Change of circumstance"
    AUTHORISATION = "authorisation", "Authorisation"
    TRANSFER_REVIEW = "transfer_review", "Review of a waiting transfer"
    CLOSURE = "closure", "Closure"
    ESCALATION = "escalation", "Answer to an escalation"


#: Kinds that count once the worry and the decision are written down: what managers say in passing.
class OversightQuality(models.TextChoices):
    """What is wrong with the reasons of a manager's record, as it was written."""

    THIN = "thin", "A reason of one word"
    COPIED = "copied", "The same words as about other children"


SHORT_KINDS = [OversightKind.REACTIVE.value, OversightKind.SUPERVISION.value]


class Queue(models.TextChoices):
    EARLY_HELP = "early_help", "Early help"
    ALLOCATION = "allocation", "Allocation"
    TRANSFER = "transfer", "Transfer to Safeguarding and Family Support"


class Priority(models.TextChoices):
    """Priority in the early help queue (domain.md 2.9)."""

    P1 = "p1", "P1"
    P2 = "p2", "P2"
    P3 = "p3", "P3"


class WaitingState(models.TextChoices):
    WAITING = "waiting", "Waiting"
    PAUSED = "paused_by_family", "Paused at the family's wish"
    OFFERED = "offered", "Offered"
    STARTED = "started", "Started"
    DECLINED = "declined", "Declined"
    STEPPED_UP = "stepped_up", "Stepped up"
    REMOVED = "removed", "Taken off"


class MeetingKind(models.TextChoices):
    """A meeting that agencies are asked to."""

    STRATEGY = "strategy", "Strategy discussion"
    STRATEGY_FURTHER = "strategy_further", "Further strategy discussion"
    INITIAL_CONFERENCE = "initial_conference", "Initial conference"
    REVIEW_CONFERENCE = "review_conference", "Review conference"
    CORE_GROUP = "core_group", "Core group"


class Reliability(models.TextChoices):
    """How reliable what an agency said is."""

    FACT = "fact", "Fact"
    OPINION = "opinion", "Professional opinion"
    THIRD_PARTY = "third_party", "From a third party"


class Sharing(models.TextChoices):
    """Whether the family may see what an agency said."""

    MAY_SHARE = "may_share", "May be shared with the family"
    NOT_FAMILY = "not_family", "Not to be shown to the family"
    ASK_FIRST = "ask_first", "Ask the agency first"


class ServiceKind(models.TextChoices):
    """What a service in the directory is for (domain.md 2.8, issue 4)."""

    DOMESTIC_ABUSE = "domestic_abuse", "Domestic abuse"
    PARENTING = "parenting", "Parenting"
    WELLBEING = "wellbeing", "Emotional wellbeing"
    SUBSTANCE = "substance", "Drugs and alcohol"
    YOUTH = "youth", "Young people and mentoring"
    EARLY_YEARS = "early_years", "Early years"
    PRACTICAL = "practical", "Money, food and housing"
    OTHER = "other", "Other"


class CountedIn(models.TextChoices):
    """What takes one place of a service."""

    CHILD = "child", "Children"
    FAMILY = "family", "Families"
