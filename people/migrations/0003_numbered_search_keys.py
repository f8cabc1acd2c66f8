"""Keep search keys as numbers, and what judging reads as text.

Both are made from the other tables, so the rows go and `rebuild_search_keys` makes them anew.
"""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
from django.db import migrations, models

from lib.migration_operations import Together


class Migration(migrations.Migration):
    dependencies = [("people", "0002_la_child_id")]

    operations = [
        migrations.RunSQL("DELETE FROM people_searchkeys", migrations.RunSQL.noop),
        migrations.RemoveIndex("searchkeys", "people_search_keys"),
        migrations.RemoveField("searchkeys", "keys"),
        migrations.RemoveField("searchkeys", "profile"),
        Together(
            [
                migrations.AddField(
                    "searchkeys",
                    "keys",
                    django.contrib.postgres.fields.ArrayField(models.IntegerField(), default=list),
                    preserve_default=False,
                ),
                migrations.AddField(
                    "searchkeys", "profile", models.TextField(default=""), preserve_default=False
                ),
                migrations.AddIndex(
                    "searchkeys",
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["keys"], name="people_search_keys", fastupdate=False
                    ),
                ),
            ]
        ),
    ]
