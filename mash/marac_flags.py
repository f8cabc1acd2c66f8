"""What is late about domestic abuse (domain.md 4.2): whether it goes to MARAC."""

from datetime import datetime

from django.db.models import Q

from accounts.permissions import Permission
from cases.models import ContactPerson
from mash.actions.domestic_abuse import HIGH_FROM
from mash.missing_flags import holder
from mash.timescales import LOCAL
from people.choices import YesNoUnknown
from record import flags, policy
from record.calendar import working_days_ago
from record.flags import Fact, FlagRule, Select
from record.models import FlagSeverity


def no_marac_decision(at: datetime) -> Select:
    """High risk, by the score or by judgement, and nobody has said whether it goes to MARAC."""
    days = int(policy.value("DA-MARAC", at=at))
    about = "contact__domestic_abuse"
    return flags.select(
        ContactPerson.objects.filter(
            Q(**{f"{about}__dash_score__gte": HIGH_FROM}) | Q(**{f"{about}__dash_grade": "high"}),
            **{f"{about}__marac_referred": YesNoUnknown.UNKNOWN},
            is_child=True,
            ended_at__isnull=True,
            contact__received_at__lt=working_days_ago(days, at=at),
        ).exclude(contact__state="void"),
        severity=FlagSeverity.RED,
        since="contact__received_at",
        subject="contact_id",
        child="person_id",
        owner=holder("person_id"),
        manager=holder("person_id"),
        facts={
            "dash_score": f"{about}__dash_score",
            "received_at": "contact__received_at",
        },
    )


FLAGS = (
    FlagRule(
        code="F-DA-MARAC",
        name="MARAC not decided",
        finding="Nobody has decided whether the domestic abuse around {child} goes to MARAC",
        words="Whether a victim with a DASH of 14 or more, or graded high, goes to MARAC is decided"
        " by the end of the next working day",
        clears="It clears when a manager decides, or the notification says that it was referred",
        subject_kind="contact",
        breaches=no_marac_decision,
        permission=Permission.CONTACT_READ,
        told=("W", "MM"),
        source=LOCAL,
        limits=("DA-MARAC",),
        facts=(
            Fact("dash_score", "DASH", "number"),
            Fact("received_at", "Received", "moment"),
        ),
        url_name="mash:contact",
        url_words="Go to the contact",
    ),
)
