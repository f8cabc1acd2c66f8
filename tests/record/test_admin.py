from datetime import date

from django.urls import reverse

from record import code_lists
from record.models import CalendarDay, CodeListEntry


def test_administrator_ends_a_code_and_it_is_no_longer_offered(client, administrator):
    client.force_login(administrator)
    row = CodeListEntry.objects.get(list="primary_need", code="N9")
    url = reverse("admin:record_codelistentry_change", args=[row.pk])

    client.post(url, {"label": row.label, "position": row.position, "valid_to": "31/03/2026"})

    row.refresh_from_db()
    assert row.valid_to == date(2026, 3, 31)
    assert code_lists.is_valid("primary_need", "N9", date(2026, 3, 31))
    assert not code_lists.is_valid("primary_need", "N9", date(2026, 4, 1))


def test_calendar_is_only_looked_at_there(client, administrator):
    client.force_login(administrator)
    url = reverse("admin:record_calendarday_change", args=["2026-03-20"])

    assert client.get(reverse("admin:record_calendarday_changelist")).status_code == 200
    assert client.post(url, {"is_working": ""}).status_code == 403
    assert CalendarDay.objects.get(day=date(2026, 3, 20)).is_working


def test_reference_data_is_closed_to_others(client, mash_manager):
    client.force_login(mash_manager)

    answer = client.get(reverse("admin:record_codelistentry_changelist"))

    assert answer.status_code in (302, 403)
