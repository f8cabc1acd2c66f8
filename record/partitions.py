"""Month partitions of the timeline and the read log.

Each month's rows stand in their own table; a default partition takes what no month
holds yet, so that a write never fails for want of one.
"""

from datetime import date

from django.db import connection

PARTITIONED = ("record_event", "record_readlogentry")
MONTHS_AHEAD = 3


def ensure(*, today: date) -> int:
    """Make the partitions of this month and the next three; return how many were new.

    A month whose rows already stand in the default partition is left there.
    """
    made = 0
    for table in PARTITIONED:
        year, month = today.year, today.month
        for _ in range(MONTHS_AHEAD + 1):
            made += _make(table, year, month)
            year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return made


def _make(table: str, year: int, month: int) -> int:
    name = f"{table}_{year}_{month:02}"
    start = f"{year}-{month:02}-01"
    end = f"{year + 1}-01-01" if month == 12 else f"{year}-{month + 1:02}-01"
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [name])
        row = cursor.fetchone()
        if row and row[0]:
            return 0
        cursor.execute(
            f'SELECT EXISTS (SELECT 1 FROM "{table}_default"'  # noqa: S608 - our own names
            " WHERE recorded_at >= %s AND recorded_at < %s)",
            [start, end],
        )
        row = cursor.fetchone()
        if row and row[0]:
            return 0
        cursor.execute(
            f'CREATE TABLE IF NOT EXISTS "{name}" PARTITION OF "{table}"'
            f" FOR VALUES FROM ('{start} 00:00+00') TO ('{end} 00:00+00')"
        )
    return 1
