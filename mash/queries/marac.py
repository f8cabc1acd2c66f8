"""MARAC: what was decided and agreed for the children one may read, and what is late."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import OuterRef, Subquery
from django.urls import reverse

from accounts.models import User
from accounts.permissions import Permission, holds
from cases.models import Contact
from cases.panels import Work
from lib.working_days import london_date
from mash.models import MaracDecision, MaracListing, MaracOutcome
from people.models import Person
from people.queries import display_people

MOST = 50


@dataclass(frozen=True, kw_only=True)
class Marac:
    """What a contact's page says of MARAC."""

    decision: MaracDecision | None
    listings: Sequence[MaracListing]
    outcomes: Sequence[MaracOutcome]


def of_contact(*, by: User, contact: Contact) -> Marac:
    """What was decided about a notification and agreed, in three queries."""
    decision = MaracDecision.objects.filter(contact=contact).select_related("by").first()
    if decision is None:
        return Marac(decision=None, listings=[], outcomes=[])
    return Marac(
        decision=decision,
        listings=list(decision.listings.select_related("by").order_by("-at", "-recorded_at", "pk")),
        outcomes=list(
            decision.outcomes.filter(child__in=Person.objects.visible_to(by))
            .select_related("child", "answer__by")
            .order_by("child__family_name", "child__given_name", "pk")
        ),
    )


def marac_work(*, by: User, at: datetime) -> Sequence[Work]:
    """Referrals nobody has listed, meetings that were and are not recorded, actions past their day.

    For MASH managers; a fixed number of queries.
    """
    if not holds(by, Permission.CONTACT_DECIDE):
        return []
    today = london_date(at)
    visible = Contact.objects.visible_to(by).exclude(state="void")
    listed = (
        MaracListing.objects.filter(decision=OuterRef("pk"))
        .order_by("-at", "-recorded_at", "pk")
        .values("listed_on")[:1]
    )
    decided = list(
        MaracDecision.objects.filter(is_referred=True, outcomes=None, contact__in=visible)
        .prefetch_related("contact__people")
        .annotate(listed_on=Subquery(listed))
        .order_by("at", "pk")[:MOST]
    )
    late = list(
        MaracOutcome.objects.filter(
            due_on__lt=today,
            answer=None,
            decision__contact__in=visible,
            child__in=Person.objects.visible_to(by),
        )
        .select_related("child", "decision")
        .order_by("due_on", "pk")[:MOST]
    )
    of_contacts: dict[object, list[str]] = {}
    rows = [
        (row.contact_id, row.person_id)
        for decision in decided
        for row in decision.contact.people.all()
        if row.is_child and row.ended_at is None
    ]
    shown = display_people([person_id for _contact, person_id in rows], by=by)
    for contact_id, person_id in rows:
        of_contacts.setdefault(contact_id, []).append(shown[person_id].name)
    found = []
    for decision in decided:
        listed_on = decision.listed_on
        if listed_on is not None and listed_on >= today:
            continue
        said = (
            ("Record what MARAC agreed", f"Heard {listed_on:%-d %B}")
            if listed_on is not None
            else ("Have it listed at MARAC", "Referred, and no day is known")
        )
        found.append(
            Work(
                verb=said[0],
                url=f"{reverse('mash:contact', args=[decision.contact_id])}#domestic-abuse",
                who=", ".join(of_contacts.get(decision.contact_id, [])),
                why=said[1],
            )
        )
    found.extend(
        Work(
            verb="Ask what became of what MARAC agreed",
            url=reverse("mash:marac_answer", args=[outcome.pk]),
            who=outcome.child.name,
            why=f"{outcome.owner}, by {outcome.due_on:%-d %B}: {outcome.action}",
        )
        for outcome in late
    )
    return found
