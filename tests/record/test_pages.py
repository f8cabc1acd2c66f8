"""The pages of `record` in a browser: nothing axe objects to, and readable at 400%."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from lib import application_clock
from record import policy, read_log
from record.models import OutboxMessage, PersonalNotice


@pytest.fixture
def filled(head_of_service, administrator, mash_manager, child):
    """A proposal to answer, a failed delivery, a reading and a notice."""
    now = application_clock.now()
    policy.propose_change(
        by=administrator,
        at=now,
        key="CON-FB",
        value=2,
        from_on=application_clock.today() + timedelta(days=3),
        reason="Longer waits",
    )
    message = OutboxMessage.objects.create(
        topic="email",
        key=uuid4().hex,
        created_at=now,
        available_at=now,
        set_aside_at=now,
        attempts=8,
        last_error="TimeoutError",
    )
    PersonalNotice.objects.create(
        message=message,
        user=head_of_service,
        code="x",
        subject_kind="contact",
        subject_id=uuid4(),
        created_at=now,
    )
    read_log.record(user=mash_manager, kind="page", place="Child", children=[child.pk])
    read_log.record(user=mash_manager, kind="list", place="Board", person_ids=[child.pk])


PAGES = (
    ("head_of_service", "record:policies", ()),
    ("head_of_service", "record:policy", ("CON-FB",)),
    ("head_of_service", "record:policy", ("MASH-R",)),
    ("head_of_service", "record:access_log", ()),
    ("head_of_service", "record:notices", ()),
    ("administrator", "record:holidays", ()),
    ("administrator", "record:deliveries", ()),
)


@pytest.mark.browser
@pytest.mark.slow
def test_pages_have_no_violations_and_fit_at_400_percent(open_page, sign_in, axe, request, filled):
    found = []
    for width in (1280, 320):
        page = open_page(width=width)
        for persona, name, args in PAGES:
            sign_in(page, request.getfixturevalue(persona))
            answer = page.goto(reverse(name, args=args))
            found += [f"{name} at {width}: {line}" for line in axe(page)]
            assert answer.status == 200, name
            wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            assert wide <= 0, f"{name} at {width} scrolls sideways by {wide}px"

    assert found == []


@pytest.mark.browser
@pytest.mark.slow
def test_errors_of_a_form_are_announced(page, sign_in, axe, administrator, filled):
    sign_in(page, administrator)
    page.goto(reverse("record:policy", args=["MASH-R"]))

    page.get_by_role("button", name="Propose the change").click()

    page.wait_for_selector(".govuk-error-summary")
    assert page.title().startswith("Error: ")
    assert axe(page) == []
