"""Code sets of the interface for partner agencies. Published: a code never changes its meaning."""

from django.db import models

from accounts.choices import AgencyKind


class Scope(models.TextChoices):
    """What a system may do; the label is that of the administrator's page."""

    SEND = "contacts:send", "Send contacts"
    READ = "contacts:read", "Ask how its agency’s contacts stand"


class Progress(models.TextChoices):
    """How a contact stands, as far as whoever sent it is told."""

    RECEIVED = "received", "Received, and not looked at yet"
    LOOKED_AT = "being_looked_at", "Somebody is finding out what is needed"
    DECIDED = "decided", "Decided; the front door tells the sender what comes of it"
    SET_ASIDE = "set_aside", "Set aside: recorded twice or by mistake. Ring if this surprises you"


USUAL_SOURCE = {
    AgencyKind.POLICE: "6",
    AgencyKind.SCHOOL: "2A",
    AgencyKind.HOUSING: "4",
    AgencyKind.PROBATION: "7",
    AgencyKind.CAFCASS: "7",
    AgencyKind.ADULT_SOCIAL_CARE: "5A",
    AgencyKind.OTHER_AUTHORITY: "5C",
    AgencyKind.VOLUNTARY: "8",
}
"""The source code of the census where the kind of agency leaves no choice."""
