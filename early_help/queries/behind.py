"""The early help record behind a step-up, in words, for who reads the contact alone."""

from django.urls import reverse

from accounts.models import User
from cases.choices import RiskLevel
from cases.models import Contact
from early_help.actions.screening import waiting_group
from early_help.models import Decline, Episode, SafeCheck, StepUp
from lib import words
from lib.working_days import london_date

CHECKS_TOLD = 3


def record_behind(row: StepUp, episode: Episode) -> str:
    """Put what early help knows into words: the concern first, then the record, newest first."""
    said = [
        f"Stepped up from early help by {row.proposed_by.full_name}:"
        f" {StepUp.Because(row.because).label.lower()}.",
        f"New concern: {row.concern}",
        f"Tried so far: {row.tried}",
        f"The parents: {row.agreed_words}",
        *_declines(episode),
        *_checks(episode),
        *_wait(episode),
        f"Help was asked for on {words.date_words(london_date(episode.requested_at))}, because:"
        f" {episode.reasons}",
    ]
    return "\n\n".join(said)


def _declines(episode: Episode) -> list[str]:
    found = []
    for decline in Decline.objects.filter(episode=episode).order_by("-at", "pk")[:1]:
        found.append(
            f"The family declined on {words.date_words(london_date(decline.at))} after"
            f" {words.plural(decline.days_waited, 'working day')}"
            f" ({decline.get_reason_display().lower()}): “{decline.words}”"
        )
        found += [
            f"Not safe to close: {decision.why}"
            for decision in decline.decisions.order_by("-at", "pk")[:1]
            if not decision.is_safe
        ]
    return found


def _checks(episode: Episode) -> list[str]:
    checks = SafeCheck.objects.filter(episode=episode, is_reached=True).order_by("-at", "pk")
    return [
        f"Safe-check of {words.date_words(london_date(check.at))}:"
        f" {check.get_found_display().lower()}. {check.what_changed}".strip()
        for check in checks[:CHECKS_TOLD]
    ]


def _wait(episode: Episode) -> list[str]:
    group = waiting_group(episode)
    if group is None:
        return []
    found = [
        f"Waits as {group.get_priority_display()}: {group.reason}. Until then: {group.interim_help}"
    ]
    for entry in group.entries.filter(ended_at=None).select_related("child").order_by("child_id"):
        level = RiskLevel(entry.risk).label.lower() if entry.risk else "not reviewed"
        found.append(f"Risk to {entry.child.name} while waiting: {level}.")
    return found


def behind_contact(*, by: User, contact: Contact) -> list[tuple[str, str]]:
    """Lead from a step-up to the early help record behind it (cases.panels.records_behind)."""
    rows = StepUp.objects.filter(
        contact=contact, episode__in=Episode.objects.visible_to(by)
    ).values_list("episode_id", flat=True)
    return [
        ("Read the early help record behind this", reverse("early_help:episode", args=[pk]))
        for pk in rows
    ]
