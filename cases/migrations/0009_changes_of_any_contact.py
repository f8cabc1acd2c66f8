from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """What left the board is asked for by when it changed, as what is on it was."""

    atomic = False
    dependencies = [("cases", "0008_one_plan_at_a_time")]
    operations = [
        AddIndexConcurrently(
            "contact", models.Index(fields=["changed_at"], name="cases_contact_changed_at")
        ),
        RemoveIndexConcurrently("contact", "cases_contact_changed"),
    ]
