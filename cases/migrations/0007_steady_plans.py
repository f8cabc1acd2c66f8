"""Plans past their first review, which are supervised less often."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0006_facts_oversight_waiting"),
    ]

    operations = [
        migrations.AddField(
            model_name="involvement",
            name="is_steady",
            field=models.BooleanField(default=False),
        ),
    ]
