"""Make the first month tables of the timeline and the read log: this month and the next three.

`manage.py ensure_partitions` and a daily task make the later ones; the default partition takes
what no month holds.
"""

from datetime import date
from typing import Any

from django.db import migrations

TABLES = ("record_event", "record_readlogentry")
MONTHS = 4


def months() -> list[tuple[int, int]]:
    today = date.today()
    index = today.year * 12 + today.month - 1
    return [((index + ahead) // 12, (index + ahead) % 12 + 1) for ahead in range(MONTHS)]


def make(apps: Any, schema_editor: Any) -> None:
    for table in TABLES:
        for year, month in months():
            start = f"{year}-{month:02}-01"
            end = f"{year + month // 12}-{month % 12 + 1:02}-01"
            schema_editor.execute(
                f'CREATE TABLE IF NOT EXISTS "{table}_{year}_{month:02}" PARTITION OF "{table}"'
                f" FOR VALUES FROM ('{start} 00:00+00') TO ('{end} 00:00+00')"
            )


class Migration(migrations.Migration):
    dependencies = [("record", "0003_code_lists")]
    # Going back drops the whole table, months included.
    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
