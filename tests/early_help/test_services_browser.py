"""The directory of services and a mapping meeting in a browser: readable, and not too wide."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from cases.models import Service
from lib import application_clock
from mash import actions as mash_actions
from tests.early_help.helping import requested, service, waiting
from tests.factories.people import ChildFactory
from tests.mash.exploited import decided

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NARROW = {"width": 320, "height": 700}


def test_services_and_mapping_are_read_and_used(
    page,
    sign_in,
    axe,
    live_server,
    early_help_coordinator,
    early_help_worker,
    mash_social_worker,
    mash_manager,
):
    now = application_clock.now()
    long_ago = datetime(now.year, now.month, now.day, 6, 0, tzinfo=UTC) - timedelta(days=8)
    episode = waiting(
        early_help_coordinator,
        requested(early_help_worker, at=long_ago),
        at=long_ago + timedelta(hours=1),
    )
    club = service(early_help_coordinator, at=long_ago)
    service(
        early_help_coordinator,
        at=long_ago,
        name="Safe Start Mockham",
        kind="domestic_abuse",
        needs=["DOMESTIC_ABUSE"],
        areas=["SL1", "SL2"],
    )
    boys = [
        decided(
            mash_social_worker,
            mash_manager,
            ChildFactory(given_name=name),
            at=long_ago,
            is_nrm=False,
        )
        for name in ("Kofi", "Zayn")
    ]
    meeting = mash_actions.plan_mapping(
        by=mash_social_worker,
        at=long_ago + timedelta(hours=5),
        about="A silver car",
        screening_ids=[row.pk for row in boys],
        scheduled_for=long_ago + timedelta(days=1),
        chair_id=mash_manager.pk,
        invited=[mash_actions.Invited(name="Sgt Mock", agency="Police")],
    )

    def look(name: str, *args: object) -> None:
        page.goto(live_server.url + reverse(name, args=args))
        assert axe(page) == [], name
        page.set_viewport_size(NARROW)
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, name
        page.set_viewport_size({"width": 1280, "height": 900})

    sign_in(page, early_help_coordinator)
    look("early_help:services")
    look("early_help:family_services", episode.pk)
    look("early_help:place", episode.pk, club.pk)
    page.fill("[name=agreed_by]", "Hana, mother")
    page.fill("[name=why]", "Hungry twice a week")
    until = now.date() + timedelta(days=40)
    page.fill("[name=until_on_day]", str(until.day))
    page.fill("[name=until_on_month]", str(until.month))
    page.fill("[name=until_on_year]", str(until.year))
    page.get_by_role("button", name="Take the place").click()
    page.get_by_text("is taken. Refer the family as the directory says").wait_for()
    assert Service.objects.get(pk=club.pk).taken == 1
    look("early_help:service", club.pk)

    sign_in(page, mash_manager)
    look("mash:mapping_hold", meeting.pk)
    look("mash:mapping", meeting.pk)
