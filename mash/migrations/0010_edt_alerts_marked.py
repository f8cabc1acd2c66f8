"""Mark the day's alerts to EDT that were written before they carried a mark."""

from typing import Any

from django.db import migrations


def mark(apps: Any, schema_editor: Any) -> None:
    apps.get_model("mash", "EdtHandover").objects.filter(state="raised_by_day").update(
        is_to_edt=True
    )


class Migration(migrations.Migration):
    dependencies = [("mash", "0009_edt_handed_over")]
    operations = [migrations.RunPython(mark, migrations.RunPython.noop, elidable=True)]
