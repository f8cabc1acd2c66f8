"""The queue and the page of a transfer in a real browser: nothing inaccessible, wide and narrow."""

from __future__ import annotations

import pytest
from django.urls import reverse

from tests.assessments.conftest import maisies_family
from tests.assessments.plans import day
from tests.assessments.transfers import joins, waits, whole

pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture
def family(typed_later, transactional_db):
    """Of each test by itself, since none is rolled back."""
    return maisies_family()


def test_queue_and_transfer_have_no_violations_at_any_width(
    page, sign_in, axe, live_server, family, sfs_manager
):
    transfer = waits(whole(family), sfs_manager, risks={"Maisie": "high"})
    joins(family, family.worker, at=day(11))
    sign_in(page, sfs_manager)

    found = []
    for name, args in (("transfer_queue", []), ("transfer", [transfer.pk])):
        page.goto(live_server.url + reverse(f"assessments:{name}", args=args))
        for width in (1280, 390, 320):
            page.set_viewport_size({"width": width, "height": 900})
            found += [f"{name} at {width}: {each}" for each in axe(page)]
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, f"{name} scrolls sideways at {width}"

    assert found == []
