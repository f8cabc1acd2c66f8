"""One proposal for a limit at a time: two people who propose at once meet here."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("record", "0004_partitions")]

    operations = [
        migrations.AddConstraint(
            model_name="policychange",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "proposed")),
                fields=("key",),
                name="record_policy_one_proposed",
            ),
        ),
    ]
