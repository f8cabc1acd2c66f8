"""Load the code lists that returns prescribe.

Those of 2025-26 are used for every day since the calendar begins: no return of an earlier year is
made here. A later edition is a further migration that ends rows and adds others.
"""

import csv
from datetime import date
from pathlib import Path
from typing import Any

from django.db import migrations

LISTS = Path(__file__).resolve().parent.parent / "data" / "code_lists.csv"
VALID_FROM = date(2021, 1, 1)


def fill(apps: Any, schema_editor: Any) -> None:
    CodeListEntry = apps.get_model("record", "CodeListEntry")
    known = set(CodeListEntry.objects.values_list("list", "code"))
    rows, positions = [], {}
    with LISTS.open(newline="", encoding="utf-8") as lines:
        for line in csv.DictReader(lines):
            position = positions[line["list"]] = positions.get(line["list"], 0) + 1
            if (line["list"], line["code"]) in known:
                continue
            rows.append(
                CodeListEntry(
                    list=line["list"],
                    code=line["code"],
                    label=line["label"],
                    position=position,
                    valid_from=VALID_FROM,
                )
            )
    CodeListEntry.objects.bulk_create(rows)


def empty(apps: Any, schema_editor: Any) -> None:
    apps.get_model("record", "CodeListEntry").objects.filter(valid_from=VALID_FROM).delete()


class Migration(migrations.Migration):
    dependencies = [("record", "0002_calendar")]
    operations = [migrations.RunPython(fill, empty)]
