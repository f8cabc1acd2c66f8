"""What the MASH shows on a child's page and on somebody's home."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.urls import reverse

from accounts.models import User
from accounts.permissions import Permission, holds
from cases.choices import BoardState
from cases.models import ConsentOverride, Contact
from cases.panels import Work
from mash.models import DecisionChild
from mash.queries.passed import passed_lines, waiting_for
from mash.queries.strategy import discussions_of, refusals_of, strategy_work


def decisions_of(*, by: User, child_ids: Sequence[UUID]) -> dict[str, Any]:
    """The MASH's decisions about a child, and discussions called."""
    rows = list(
        DecisionChild.objects.filter(
            child__in=child_ids,
            decision__contact__in=Contact.objects.visible_to(by),
        )
        .select_related("decision__decided_by", "decision__contact")
        .order_by("-decision__decided_at", "pk")[:10]
    )
    lines = passed_lines(rows=rows)
    return {
        "decisions": [(row, lines.get(row.pk)) for row in rows],
        "discussions": discussions_of(by=by, child_ids=child_ids),
        "refusals": refusals_of(by=by, child_ids=child_ids),
        "may_call": holds(by, Permission.STRATEGY_CALL),
        "child_id": child_ids[0] if child_ids else None,
    }


def mash_work(*, by: User, at: datetime) -> Sequence[Work]:
    """Discussions to chair, requests to decide, EDT decisions to confirm, contacts claimed.

    Also lines of restricted children that wait for an answer.
    """
    found: list[Work] = []
    for one in waiting_for(by=by, at=at):
        found.append(
            Work(
                verb="Answer for this child",
                url=reverse("mash:passed", args=[one.line.pk]),
                who=one.name,
                why=f"Decision on contact {one.line.contact.reference} was passed to"
                f" {'you' if one.line.owner_id == by.pk else one.line.owner.full_name}",
                due_at=one.clock.due_at if one.clock else None,
                warn_at=one.clock.warn_at if one.clock else None,
                very_late_at=one.clock.very_late_at if one.clock else None,
                rule=one.clock.rule if one.clock else "",
            )
        )
    found += strategy_work(by=by, at=at)
    if holds(by, Permission.CONTACT_DECIDE):
        asked = (
            ConsentOverride.objects.filter(
                state=ConsentOverride.State.ASKED, contact__in=Contact.objects.visible_to(by)
            )
            .exclude(asked_by=by)
            .select_related("contact", "asked_by")
            .order_by("asked_at", "pk")[:50]
        )
        for override in asked:
            found.append(
                Work(
                    verb="Decide whether to go on",
                    url=reverse("mash:contact", args=[override.contact_id]) + "#agreement",
                    who=f"Contact {override.contact.reference}",
                    why=f"{override.asked_by.full_name} asks to go on without agreement",
                    due_at=override.contact.next_due_at,
                    warn_at=override.contact.next_warn_at,
                    very_late_at=override.contact.next_very_late_at,
                )
            )
        for contact in _board(by).filter(board_state=BoardState.EDT_TO_CONFIRM)[:50]:
            found.append(_contact_work(contact, "Confirm EDT decision", "EDT decided; you confirm"))
        for contact in _board(by).filter(board_state=BoardState.RETURNED)[:50]:
            found.append(_contact_work(contact, "Decide again", contact.news or "Returned"))
    for contact in _board(by).filter(claimed_by=by, claim_lapses_at__gt=at)[:50]:
        found.append(_contact_work(contact, "Go on", "You claimed it"))
    return found


def _board(by: User) -> Any:
    return Contact.objects.visible_to(by).on_board().order_by("next_due_at", "received_at", "pk")


def _contact_work(contact: Contact, verb: str, why: str) -> Work:
    return Work(
        verb=verb,
        url=reverse("mash:contact", args=[contact.pk]),
        who=f"Contact {contact.reference}",
        detail=contact.summary,
        why=why,
        due_at=contact.next_due_at,
        warn_at=contact.next_warn_at,
        very_late_at=contact.next_very_late_at,
        rule=contact.next_due_code,
    )
