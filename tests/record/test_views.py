from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from lib import application_clock
from record import notices, outbox, policy, read_log
from record.models import CalendarDay, OutboxMessage, PersonalNotice, PolicyChange
from record.notices import NoticeCode


def count(client, url):
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


# Limits


def test_limit_is_changed_by_two_people(client, at_eleven, administrator, head_of_service):
    client.force_login(administrator)
    url = reverse("record:policy", args=["test.days"])
    sent = {"value": "5", "from_on": "12 3 2026", "reason": "Longer waits"}

    proposed = client.post(url, sent, follow=True)
    client.force_login(head_of_service)
    change = PolicyChange.objects.get()
    page = client.get(url)
    approved = client.post(reverse("record:policy_approve", args=[change.pk]), follow=True)

    assert "Another person must approve it" in proposed.content.decode()
    assert "Proposed: 5 working days" in page.content.decode()
    assert "Change approved" in approved.content.decode()
    assert policy.value("test.days", at=at_eleven) == 5


def test_limit_page_offers_no_answer_to_whoever_proposed(client, at_eleven, head_of_service):
    client.force_login(head_of_service)
    url = reverse("record:policy", args=["test.days"])
    client.post(url, {"value": "5", "from_on": "12 3 2026", "reason": "Longer waits"})

    page = client.get(url)
    answer = client.post(
        reverse("record:policy_approve", args=[PolicyChange.objects.get().pk]), follow=True
    )

    assert "Approve" not in page.content.decode()
    assert "somebody else must answer it" in answer.content.decode()
    assert policy.value("test.days", at=at_eleven) == 2


@pytest.mark.parametrize(
    "sent",
    [
        {"value": "99", "from_on": "12 3 2026", "reason": "x"},
        {"value": "five", "from_on": "12 3 2026", "reason": "x"},
        {"value": "5", "from_on": "11 3 2026", "reason": "x"},
        {"value": "5", "from_on": "31 2 2026", "reason": "x"},
        {"value": "5", "from_on": "12 3 2026", "reason": ""},
        {},
    ],
)
def test_limit_page_says_what_is_wrong(client, at_eleven, administrator, sent):
    client.force_login(administrator)

    page = client.post(reverse("record:policy", args=["test.days"]), sent)

    assert "Error: " in page.content.decode()
    assert not PolicyChange.objects.exists()


@pytest.mark.parametrize(
    ("key", "value", "stored"),
    [("test.on", "yes", True), ("test.names", "One\r\n\r\n Two ", ["One", "Two"])],
)
def test_limit_page_takes_every_type(client, at_eleven, administrator, key, value, stored):
    client.force_login(administrator)
    url = reverse("record:policy", args=[key])
    choice = "True" if key == "test.on" else value

    for given in (value, choice):
        client.post(url, {"value": given, "from_on": "12 3 2026", "reason": "x"})

    assert PolicyChange.objects.get().value == stored


def test_limit_is_refused_with_a_reason(client, at_eleven, administrator, head_of_service):
    change = policy.propose_change(
        by=administrator,
        at=at_eleven,
        key="test.days",
        value=5,
        from_on=date(2026, 3, 12),
        reason="x",
    )
    client.force_login(head_of_service)
    url = reverse("record:policy_refuse", args=[change.pk])

    without = client.post(url, follow=True)
    client.post(url, {"reason": "Not now"})

    assert "Enter why the change is refused" in without.content.decode()
    change.refresh_from_db()
    assert (change.state, change.answer_reason) == ("refused", "Not now")


def test_unknown_limit_is_404(client, administrator):
    client.force_login(administrator)

    assert client.get(reverse("record:policy", args=["no.such"])).status_code == 404


def test_limits_page_query_count_does_not_grow(client, at_eleven, administrator):
    client.force_login(administrator)
    client.get(reverse("record:policies"))
    few = count(client, reverse("record:policies"))
    for key in ("test.days", "test.statutory"):
        policy.propose_change(
            by=administrator, at=at_eleven, key=key, value=5, from_on=date(2026, 3, 12), reason="x"
        )

    assert count(client, reverse("record:policies")) == few


# Bank holidays


def test_holiday_is_announced_from_its_page(client, at_eleven, administrator):
    client.force_login(administrator)

    page = client.post(
        reverse("record:holidays"), {"day": "20 3 2026", "name": "Wedding"}, follow=True
    )

    assert "0 running limits counted again" in page.content.decode()
    assert CalendarDay.objects.get(day=date(2026, 3, 20)).holiday == "Wedding"


def test_holiday_page_says_why_a_day_is_refused(client, at_eleven, administrator):
    client.force_login(administrator)

    page = client.post(reverse("record:holidays"), {"day": "21 3 2026", "name": "Wedding"})

    assert "closed that day already: Saturday" in page.content.decode()


# Failed deliveries


def failed(at, number=1):
    return OutboxMessage.objects.bulk_create(
        OutboxMessage(
            topic="email",
            key=uuid4().hex,
            payload={"path": "/secret-path/"},
            created_at=at,
            available_at=at,
            set_aside_at=at,
            attempts=8,
            last_error="TimeoutError",
        )
        for _ in range(number)
    )


def test_deliveries_show_ids_and_never_content(client, at_eleven, administrator):
    (message,) = failed(at_eleven)
    client.force_login(administrator)

    page = client.get(reverse("record:deliveries")).content.decode()

    assert str(message.pk) in page
    assert "TimeoutError" in page
    assert "secret-path" not in page


@pytest.mark.parametrize("demonstration", [True, False])
def test_deliveries_of_the_demonstration_show_what_went_nowhere(
    client, at_eleven, administrator, settings, demonstration
):
    settings.DEMONSTRATION, settings.WEBHOOK_URLS = True, {}
    outbox.put(
        "webhook",
        key="w",
        at=at_eleven,
        payload={"code": "alert", "secret": "Aaliyah"},
        subject_kind="contact",
    )
    outbox.deliver_next(at=at_eleven)
    settings.DEMONSTRATION = demonstration
    client.force_login(administrator)

    page = client.get(reverse("record:deliveries")).content.decode()

    assert ("Shown here only" in page) is demonstration
    assert "Every message was delivered" in page
    assert "Aaliyah" not in page


def test_delivery_is_sent_again_from_the_page(client, at_eleven, administrator):
    (message,) = failed(at_eleven)
    client.force_login(administrator)
    url = reverse("record:delivery_replay", args=[message.pk])

    client.post(url)
    again = client.post(url, follow=True)

    message.refresh_from_db()
    assert message.set_aside_at is None
    assert "no longer set aside" in again.content.decode()
    assert client.post(reverse("record:delivery_replay", args=[uuid4()])).status_code == 404


def test_deliveries_query_count_does_not_grow(client, at_eleven, administrator):
    client.force_login(administrator)
    failed(at_eleven)
    client.get(reverse("record:deliveries"))
    few = count(client, reverse("record:deliveries"))
    failed(at_eleven, 60)

    assert count(client, reverse("record:deliveries")) == few


# Access log


def looks(user, children, at, number=1):
    for step in range(number):
        with application_clock.set_to(at - timedelta(minutes=step)):
            read_log.record(user=user, kind="page", place="Contact", children=children)


def test_access_log_shows_who_looked(client, at_eleven, head_of_service, mash_manager, child):
    looks(mash_manager, [child.pk], at_eleven)
    client.force_login(head_of_service)

    page = client.get(reverse("record:access_log")).content.decode()

    assert "Noor Placeholder" in page
    assert str(child.pk) in page
    assert "Aaliyah" not in page


def test_access_log_is_filtered_by_worker_without_their_name_in_the_address(
    client, at_eleven, head_of_service, mash_manager, contact_officer, make_child
):
    one, two = make_child().pk, make_child("Zayn").pk
    looks(mash_manager, [one], at_eleven)
    looks(contact_officer, [two], at_eleven)
    client.force_login(head_of_service)

    answer = client.post(reverse("record:access_log"), {"worker": "amir testwood"})
    page = client.get(answer["Location"]).content.decode()

    assert answer["Location"].endswith(f"?user={contact_officer.pk}")
    assert str(two) in page
    assert str(one) not in page


@pytest.mark.parametrize("worker", ["Nobody Here", "o"])
def test_access_log_asks_for_a_whole_name(
    client, at_eleven, head_of_service, mash_manager, contact_officer, worker
):
    client.force_login(head_of_service)

    page = client.post(reverse("record:access_log"), {"worker": worker})

    assert "Enter the whole name or the email address" in page.content.decode()


def test_access_log_is_filtered_by_child_and_date(
    client, at_eleven, head_of_service, mash_manager, make_child
):
    one, two = make_child().pk, make_child("Zayn").pk
    looks(mash_manager, [one, two], at_eleven)
    looks(mash_manager, [one], at_eleven - timedelta(days=3))
    client.force_login(head_of_service)
    url = reverse("record:access_log")

    of_child = client.get(url, {"child": str(one)}).content.decode()
    of_day = client.get(
        url, {"child": str(one), "from_on": "2026-03-12", "to_on": "2026-03-12"}
    ).content.decode()

    assert of_child.count("Read: Contact") == 2
    assert of_day.count("Read: Contact") == 1
    assert f"?child={two}" not in of_child


@pytest.mark.parametrize(
    "query", ["child=1", "from_on=31 2 2026", "before=x", "before=2026|1", "user=x", "page=9"]
)
def test_access_log_survives_what_somebody_types_in_the_address(
    client, at_eleven, head_of_service, query
):
    client.force_login(head_of_service)

    assert client.get(f"{reverse('record:access_log')}?{query}").status_code == 200


def test_access_log_pages_without_losing_a_row(
    client, at_eleven, head_of_service, mash_manager, make_child
):
    children = [make_child().pk for _ in range(60)]
    looks(mash_manager, children, at_eleven)
    client.force_login(head_of_service)

    first = client.get(reverse("record:access_log"))
    second = client.get(f"{reverse('record:access_log')}?{first.context['older']}")

    shown = [row.child_id for page in (first, second) for row, _ in page.context["rows"]]
    assert sorted(shown) == sorted(children)
    assert second.context["older"] == ""


def test_access_log_query_count_does_not_grow(
    client, at_eleven, head_of_service, mash_manager, child
):
    client.force_login(head_of_service)
    looks(mash_manager, [child.pk], at_eleven)
    client.get(reverse("record:access_log"))
    few = count(client, reverse("record:access_log"))
    looks(mash_manager, [child.pk], at_eleven, 40)

    assert count(client, reverse("record:access_log")) == few


# Notices


@pytest.fixture
def told(at_eleven, mash_manager, monkeypatch):
    monkeypatch.setattr(notices, "_codes", dict(notices._codes))
    notices.register(
        NoticeCode("test.offered", "Work is offered to your team", "record:policies", is_page=True)
    )
    outbox.put(
        "notice",
        key="n",
        at=at_eleven,
        payload={"user_id": str(mash_manager.pk), "code": "test.offered"},
        subject_kind="handover",
        subject_id=uuid4(),
    )
    outbox.deliver_next(at=at_eleven)
    return PersonalNotice.objects.get()


def test_notice_is_opened_and_read(client, mash_manager, told):
    client.force_login(mash_manager)
    before = client.get(reverse("record:notices")).content.decode()

    answer = client.post(reverse("record:notice_open", args=[told.pk]))

    told.refresh_from_db()
    assert "Work is offered to your team" in before
    assert answer["Location"] == reverse("record:policies")
    assert told.read_at is not None
    assert notices.unread(mash_manager) == 0


def test_notice_of_somebody_else_is_404(client, contact_officer, told):
    client.force_login(contact_officer)

    assert client.post(reverse("record:notice_open", args=[told.pk])).status_code == 404
    told.refresh_from_db()
    assert told.read_at is None


def test_all_notices_are_marked_read(client, mash_manager, told):
    client.force_login(mash_manager)

    client.post(reverse("record:notices_read"))

    assert notices.mine(mash_manager, unread_only=True) == []


def test_notice_nobody_registered_still_has_words(client, mash_manager, told, monkeypatch):
    monkeypatch.setattr(notices, "_codes", {})

    (line,) = notices.mine(mash_manager)

    assert (line.words, line.url) == (notices.WITHOUT_WORDS, "")
