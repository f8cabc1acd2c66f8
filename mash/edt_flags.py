"""What EDT has not handed over by 09:00, and the MASH not taken over by 10:00 (domain.md 2.18)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Subquery
from django.db.models.functions import Coalesce

from accounts.choices import TeamKind
from accounts.models import Team
from accounts.permissions import Permission
from cases.models import ContactPerson
from mash.actions.edt import TAKEN_OVER
from mash.missing_flags import MASH
from mash.timescales import OURS, PROTOCOL
from people.models import Restriction
from record import flags
from record.flags import Fact, FlagRule, Select
from record.models import Clock, FlagSeverity

EDT = Team.objects.filter(kind=TeamKind.EDT, is_active=True).order_by("name", "pk")
MANAGER = Subquery(MASH.values("manager_id")[:1])
HEAD = Coalesce(Subquery(MASH.values("parent__manager_id")[:1]), MANAGER)
_OF_NIGHT = Coalesce(Subquery(EDT.values("manager_id")[:1]), MANAGER)


def under(contact: str = "subject_id") -> Subquery:
    """The child under whom a flag of a contact stands: the first named.

    A restricted one goes before, because the contact is then as closed as that child is.
    """
    return Subquery(
        ContactPerson.objects.filter(
            contact=OuterRef(contact), is_child=True, ended_at__isnull=True
        )
        .annotate(
            is_closed=Exists(
                Restriction.objects.filter(person=OuterRef("person"), ended_at__isnull=True)
            )
        )
        .order_by("-is_closed", "position", "pk")
        .values("person_id")[:1]
    )


def _late(rules: Sequence[str], at: datetime, severity: FlagSeverity, **whose: Any) -> Select:
    return flags.select(
        Clock.objects.filter(rule__in=rules, stopped_at__isnull=True, due_at__lt=at),
        severity=severity,
        since="started_at",
        subject="subject_id",
        child=under(),
        facts={"started_at": "started_at", "due_at": "due_at"},
        **whose,
    )


def not_handed_over(at: datetime) -> Select:
    """EDT has written nothing about what came in at night."""
    return _late(["EDT-HO"], at, FlagSeverity.RED, owner=_OF_NIGHT, manager=MANAGER)


def not_taken_over(at: datetime) -> Select:
    """Nobody of the day has said that they have read it."""
    return _late(TAKEN_OVER, at, FlagSeverity.CRITICAL, owner=MANAGER, manager=HEAD)


_COUNTED = (Fact("started_at", "Came in", "moment"), Fact("due_at", "Due", "moment"))
FLAGS = (
    FlagRule(
        code="F-EDT-HO",
        name="EDT has not handed over",
        finding="EDT has not handed over what came in about {child}, {late} late",
        words="EDT passes on everything done out of hours by 09:00 of the next opening",
        clears="It clears when EDT writes its hand-over, or the day has taken it over",
        subject_kind="contact",
        breaches=not_handed_over,
        permission=Permission.CONTACT_READ,
        told=("EDT", "MM"),
        source=PROTOCOL,
        facts=_COUNTED,
        url_name="mash:contact_edt",
        url_words="Hand over",
    ),
    FlagRule(
        code="F-EDT-ACK",
        name="EDT’s hand-over not taken over",
        finding="Nobody has taken over from EDT what came in about {child}, {late} late",
        words="What EDT did out of hours is taken over by 10:00 of the next opening; what it writes"
        " later, within 1 office hour",
        clears="It clears when somebody of the MASH, or of the team that holds the child, takes it"
        " over",
        subject_kind="contact",
        breaches=not_taken_over,
        permission=Permission.CONTACT_READ,
        told=("MM", "HOS"),
        source=OURS,
        facts=_COUNTED,
        url_name="mash:contact",
        url_words="Read it and take it over",
    ),
)
