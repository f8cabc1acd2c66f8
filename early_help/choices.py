"""Code sets of early help. Stored codes never change; labels may."""

from django.db import models


class EpisodeState(models.TextChoices):
    """Where a family's early help stands (domain.md 2.8)."""

    REQUESTED = "requested", "Requested"
    SCREENED = "screened", "Screened"
    WAITING = "waiting", "Waiting"
    OFFERED = "offered", "Offered"
    ACCEPTED = "accepted", "Accepted, first visit due"
    ASSESSING = "assessing", "Assessment"
    PLAN_ACTIVE = "plan_active", "Plan"
    STEPPING_UP = "stepping_up", "Before the MASH"
    CLOSED = "closed", "Closed"
    DECLINED = "declined", "Declined"


#: Help has not started; the family may still wait.
BEFORE_HELP = (
    EpisodeState.REQUESTED,
    EpisodeState.SCREENED,
    EpisodeState.WAITING,
    EpisodeState.OFFERED,
    EpisodeState.ACCEPTED,
)
HELPING = (EpisodeState.ASSESSING, EpisodeState.PLAN_ACTIVE)
#: Helping goes on while the MASH decides.
WORKED_ON = (*HELPING, EpisodeState.STEPPING_UP)
OVER = (EpisodeState.CLOSED, EpisodeState.DECLINED)


class AskedBy(models.TextChoices):
    """Who asks for early help."""

    MASH = "mash", "The MASH"
    STEP_DOWN = "step_down", "Social care: step-down"
    SCHOOL = "school", "School, nursery or college"
    HEALTH = "health", "Health"
    OTHER_AGENCY = "other_agency", "Another agency"
    FAMILY = "family", "The family"


DIRECT = (AskedBy.SCHOOL, AskedBy.HEALTH, AskedBy.OTHER_AGENCY, AskedBy.FAMILY)


class Route(models.TextChoices):
    TARGETED = "targeted", "Targeted family support"
    COMMUNITY = "community", "Lead professional in the community"


class Ending(models.TextChoices):
    """How an episode ended."""

    GOALS_MET = "goals_met", "Goals met"
    GOALS_PARTLY = "goals_partly", "Goals partly met"
    GOALS_NOT = "goals_not", "Goals not met"
    STEPPED_UP = "stepped_up", "Stepped up to social care"
    MOVED = "moved", "Moved away"
    DISENGAGED = "disengaged", "The family no longer takes part"
    DECLINED = "declined", "The family declined"
    RETURNED = "returned", "Returned to whoever asked"
    WITHDRAWN = "withdrawn", "Taken back by whoever asked"
    SOCIAL_CARE = "social_care", "Open to social care"
    DUPLICATE = "duplicate", "Recorded twice"


class Need(models.TextChoices):
    """What weighs in the need score of a family that waits, with the codes of domain.md 2.9."""

    UNDER_2 = "UNDER_2", "child under 2 or unborn"
    CPP_STEP_DOWN = "CPP_STEP_DOWN", "step-down from a child protection plan"
    MENTAL_HEALTH = "MENTAL_HEALTH", "parental mental ill-health"
    DOMESTIC_ABUSE = "DOMESTIC_ABUSE", "domestic abuse"
    SUBSTANCE = "SUBSTANCE", "parental substance misuse"
    SECOND_REQUEST = "SECOND_REQUEST", "second request in 12 months"
    EXCLUSION = "EXCLUSION", "excluded from school"
    EXPLOITATION = "EXPLOITATION", "risk of exploitation"
    STEP_DOWN = "STEP_DOWN", "step-down from social care"
    MANY_CHILDREN = "MANY_CHILDREN", "children beyond 2"
    LONE_CARER = "LONE_CARER", "lone carer without a network"


class Means(models.TextChoices):
    """How a family was reached, or tried."""

    PHONE = "phone", "Phone"
    TEXT = "text", "Text message"
    EMAIL = "email", "Email"
    LETTER = "letter", "Letter"
    VISIT = "visit", "Visit"
    SCHOOL = "school", "Through school or nursery"


class DeclineReason(models.TextChoices):
    """Why a family declined, with the codes of domain.md 2.9."""

    NO_LONGER_NEEDED = "NO_LONGER_NEEDED", "Help found elsewhere"
    RESOLVED = "RESOLVED", "Resolved"
    WAITED_TOO_LONG = "WAITED_TOO_LONG", "Waited too long"
    CHANGED_MIND_CONSENT = "CHANGED_MIND_CONSENT", "No longer agrees"
    WRONG_OFFER = "WRONG_OFFER", "Wrong offer: kind, time or language"
    NO_TRUST = "NO_TRUST", "Worried about social care"
    NO_RESPONSE = "NO_RESPONSE", "No answer"
    MOVED_AWAY = "MOVED_AWAY", "Moved away"
    WORK_OR_CARE_CLASH = "WORK_OR_CARE_CLASH", "Clashes with work or care"
    OTHER = "OTHER", "Other"


class TellAbout(models.TextChoices):
    """What whoever asked for help is told."""

    ACCEPTED = "accepted", "The request was accepted"
    RETURNED = "returned", "The request was returned"
    PRIORITY = "priority", "The priority rose"
    OFFERED = "offered", "Help was offered"
    STARTED = "started", "Help has started"
    DECLINED = "declined", "The family declined"
    STEPPED_UP = "stepped_up", "The family was put before the MASH"
    MASH_ANSWERED = "mash_answered", "The MASH has decided"
    CLOSED = "closed", "Early help ended"
