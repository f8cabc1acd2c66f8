"""What the migrations fill, for tests that find it emptied by a test which was not rolled back."""

from importlib import import_module

from django.apps import apps

from record import calendar, code_lists, policy
from record.models import CalendarDay, CodeListEntry


def fill_and_read() -> None:
    """Fill calendar and code lists where they are empty; let this process know them and limits."""
    if not CalendarDay.objects.exists():
        import_module("record.migrations.0002_calendar").fill(apps, None)
    if not CodeListEntry.objects.exists():
        import_module("record.migrations.0003_code_lists").fill(apps, None)
    calendar.calendar()
    code_lists.names()
    policy.read()
