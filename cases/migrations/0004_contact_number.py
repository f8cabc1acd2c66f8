from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("cases", "0003_open_child_is_held")]

    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE cases_contact_number", "DROP SEQUENCE cases_contact_number"
        )
    ]
