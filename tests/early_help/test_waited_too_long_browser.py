"""A family that waited too long, in a browser: from the safe-check to the MASH board."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from cases.choices import Priority
from cases.models import Contact, WaitingGroup
from early_help import actions
from early_help.models import Decline, StepUp, ToTell
from lib import application_clock
from lib.working_days import london_date
from record import calendar
from record.models import Clock
from tests.early_help.helping import from_mash, waiting

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WAITED = 45


def working_days_ago(number: int) -> datetime:
    """A morning so many working days before today."""
    day = today = london_date(application_clock.now())
    while calendar.calendar().working_days_between(day, today) < number:
        day -= timedelta(days=1)
    return datetime(day.year, day.month, day.day, 10, 0, tzinfo=UTC)


def test_family_that_waited_too_long_is_stepped_up_and_the_referrer_told(
    page,
    sign_in,
    axe,
    live_server,
    contact_officer,
    mash_manager,
    early_help_coordinator,
    early_help_worker,
):
    asked_at = working_days_ago(WAITED)
    _contact, episode = from_mash(
        contact_officer, mash_manager, early_help_coordinator, at=asked_at
    )
    waiting(early_help_coordinator, episode, priority=Priority.P3, at=asked_at + timedelta(hours=3))
    child_id = episode.children.get().child_id
    sign_in(page, early_help_coordinator)

    def go(name: str, *args: object) -> None:
        page.goto(live_server.url + reverse(name, args=args))

    def say(button: str) -> None:
        page.get_by_role("button", name=button).click()

    def when(moment: datetime) -> None:
        on = moment.astimezone(application_clock.LONDON)
        page.fill("[name=at_day]", str(on.day))
        page.fill("[name=at_month]", str(on.month))
        page.fill("[name=at_year]", str(on.year))
        page.fill("[name=at_time]", f"{on:%H:%M}")

    def tell(words: str) -> None:
        go("early_help:tell", episode.pk)
        page.check("[name=was_told][value=yes]")
        page.fill("[name=how]", "Phone")
        page.fill("[name=what]", words)
        say("Record")
        assert not ToTell.objects.filter(episode=episode, told_at=None).exists()

    # The safe-check finds it worse: the priority rises, and the page says why.
    tell("That the family waits for a worker.")
    go("early_help:safe_check", episode.pk)
    when(application_clock.now() - timedelta(minutes=3))
    page.check("[name=means][value=phone]")
    page.check("[name=reached][value=yes]")
    page.fill("[name=spoke_to]", "Hana")
    page.check("[name=found][value=worse]")
    page.fill("[name=what_changed]", "The father has moved back in.")
    page.check(f"[name=risk_{child_id}][value=high]")
    page.fill(f"[name=why_{child_id}]", "He hurt her last year")
    page.check("[name=follows][value=raise]")
    page.check("[name=priority][value=p2]")
    assert axe(page) == []
    say("Record safe-check")
    page.wait_for_selector("text=priority 3 to priority 2")
    assert "The father has moved back in." in page.inner_text("#main-content, main")
    assert WaitingGroup.objects.get(subject_id=episode.pk).priority == Priority.P2
    tell("That it is worse, and they go before others.")

    # Help is offered at last, and the family declines.
    actions.offer_help(
        by=early_help_coordinator,
        at=application_clock.now() - timedelta(minutes=2),
        episode_id=episode.pk,
        worker_id=early_help_worker.pk,
        first_at=application_clock.now() + timedelta(days=3),
        how="phone",
    )
    go("early_help:answer", episode.pk)
    page.check("[name=answer][value=decline]")
    when(application_clock.now())
    page.check("[name=reason][value=WAITED_TOO_LONG]")
    page.fill("[name=words]", "You took nine weeks. We do not need you now.")
    assert axe(page) == []
    say("Record answer")
    page.wait_for_selector("text=Decide whether it is safe to close")
    assert Decline.objects.get().days_waited == WAITED
    tell("That the family declined.")

    # Not safe to close: the family goes to the MASH.
    go("early_help:decide_decline", episode.pk)
    page.check("[name=safe][value=step_up]")
    page.fill("[name=why]", "He is back, and nobody sees the child.")
    assert axe(page) == []
    say("Record decision")
    page.wait_for_selector("text=Step this family up")
    assert page.input_value("[name=concern]") == "He is back, and nobody sees the child."
    page.fill("[name=tried]", "Two calls and an offer.")
    page.check("[name=agreed][value=not_asked_yet]")
    page.fill("[name=agreed_words]", "He would be told, and he is violent.")
    page.check("[name=is_urgent][value=no]")
    assert axe(page) == []
    say("Step the family up")
    page.wait_for_selector("text=Before the MASH as contact")
    assert axe(page) == []
    tell("That the family was put before the MASH.")

    # It stands on the board with its clock.
    contact = Contact.objects.get(pk=StepUp.objects.get().contact_id)
    assert Clock.objects.filter(rule="CON-DEC", subject_id=contact.pk, stopped_at=None).exists()
    sign_in(page, mash_manager)
    go("mash:board")
    row = page.locator("tr", has_text="Stepped up from early help: He is back")
    assert "Aaliyah Testwood" in row.inner_text()
    assert row.locator(".fd-clock, [class*=clock]").count() >= 1
    go("mash:contact", contact.pk)
    assert "“You took nine weeks. We do not need you now.”" in page.inner_text("main")
    assert axe(page) == []
