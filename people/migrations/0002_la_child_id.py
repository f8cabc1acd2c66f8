"""The numbers of children, given out one after another and never again."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("people", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE people_la_child_id AS bigint MINVALUE 1 NO CYCLE",
            "DROP SEQUENCE people_la_child_id",
        )
    ]
