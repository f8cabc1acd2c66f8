"""EDT's hand-over and missing children in a real browser: nothing inaccessible, at any width."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.urls import reverse

from lib.application_clock import now
from mash import actions
from tests.factories.people import PersonFactory
from tests.mash.board_cases import child, received
from tests.mash.test_edt import alerted_at, taken

pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]


def test_pages_of_the_night_have_no_violations_at_any_width(
    page, sign_in, axe, live_server, edt_worker, mash_social_worker, mash_manager
):
    at = now()
    contacts = [
        received(edt_worker, child(name), at=at - timedelta(days=4)) for name in ("Leo", "Mina")
    ]
    for contact in contacts:
        row = actions.hand_over(
            by=edt_worker,
            at=at - timedelta(days=4),
            contact_id=contact.pk,
            what_happened="A row, all three upstairs.",
            left_to_do="Ring the mother in the morning",
            by_when=at - timedelta(days=3),
            risk_now="No injury seen.",
            is_urgent=True,
            rang_whom="Noor Placeholder",
        )
    taken(mash_social_worker, contacts[1], at=at)
    alerted_at(mash_social_worker, contacts[1], at=at)
    boy = PersonFactory(date_of_birth=date(2011, 3, 19))
    actions.report_missing(
        by=mash_social_worker, at=at, child_id=boy.pk, missing_since=at - timedelta(hours=30)
    )
    sign_in(page, mash_social_worker)

    found = []
    for name, args in (("edt", []), ("edt_follow", [row.pk]), ("missing_list", [])):
        page.goto(live_server.url + reverse(f"mash:{name}", args=args))
        for width in (1280, 390, 320):
            page.set_viewport_size({"width": width, "height": 900})
            found += [f"{name} at {width}: {each}" for each in axe(page)]
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, f"{name} scrolls sideways at {width}"

    assert found == []
