"""Fill the working-day calendar, 2021 up to two years from now.

`manage.py load_calendar` and a monthly task carry it further. Days that are there stay.
"""

from datetime import date, timedelta
from typing import Any

import holidays
from django.db import migrations

FIRST_YEAR = 2021


def fill(apps: Any, schema_editor: Any) -> None:
    CalendarDay = apps.get_model("record", "CalendarDay")
    if CalendarDay.objects.exists():
        return
    last_year = date.today().year + 2
    named = holidays.country_holidays("GB", subdiv="ENG", years=range(FIRST_YEAR, last_year + 1))
    days, number, day = [], 0, date(FIRST_YEAR, 1, 1)
    while day.year <= last_year:
        is_working = day.weekday() < 5 and day not in named
        number += is_working
        days.append(
            CalendarDay(day=day, is_working=is_working, number=number, holiday=named.get(day) or "")
        )
        day += timedelta(days=1)
    CalendarDay.objects.bulk_create(days, batch_size=1000)


def empty(apps: Any, schema_editor: Any) -> None:
    apps.get_model("record", "CalendarDay").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("record", "0001_initial")]
    operations = [migrations.RunPython(fill, empty)]
