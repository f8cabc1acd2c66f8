"""Find the lists and searches that showed a child, among millions of readings."""

import django.contrib.postgres.indexes
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("record", "0005_one_proposal")]

    operations = [
        migrations.AddIndex(
            model_name="readlogentry",
            index=django.contrib.postgres.indexes.GinIndex(
                condition=models.Q(("child__isnull", True)),
                fields=["person_ids"],
                name="record_read_listed",
            ),
        ),
    ]
