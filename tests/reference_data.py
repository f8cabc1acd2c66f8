"""What the migrations fill, for tests that find it emptied by a test which was not rolled back."""

from importlib import import_module

from django.apps import apps
from django.db import connection

from record import calendar, code_lists, policy
from record.models import CalendarDay, CodeListEntry

_is_whole = False
"""Whether the tables were found full, and no test has emptied them since."""


def fill_and_read() -> None:
    """Fill calendar and code lists where they are empty; let this process know them and limits."""
    global _is_whole
    if not _is_whole:
        has_calendar, has_code_lists = CalendarDay.objects.exists(), CodeListEntry.objects.exists()
        if not has_calendar:
            import_module("record.migrations.0002_calendar").fill(apps, None)
        if not has_code_lists:
            import_module("record.migrations.0003_code_lists").fill(apps, None)
        _is_whole = has_calendar and has_code_lists
    # A test outside a transaction is not rolled back: its tables are emptied at its end.
    _is_whole = _is_whole and connection.in_atomic_block
    calendar.calendar()
    code_lists.names()
    policy.read()
