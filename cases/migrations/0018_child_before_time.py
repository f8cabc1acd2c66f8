from django.contrib.postgres.constraints import ExclusionConstraint
from django.db import migrations, models

from cases.models.holding import TsTzRange
from lib.migration_operations import Together


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0017_submission_reference"),
    ]

    operations = [
        Together(
            [
                migrations.RemoveConstraint(
                    model_name="involvement",
                    name="cases_involvement_one_plan",
                ),
                migrations.RemoveConstraint(
                    model_name="responsibility",
                    name="cases_responsibility_one_holder",
                ),
                migrations.AddConstraint(
                    model_name="involvement",
                    constraint=ExclusionConstraint(
                        condition=models.Q(("kind", "plan")),
                        expressions=[("child", "="), (TsTzRange("from_at", "to_at"), "&&")],
                        name="cases_involvement_one_plan",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="responsibility",
                    constraint=ExclusionConstraint(
                        expressions=[("child", "="), (TsTzRange("from_at", "to_at"), "&&")],
                        name="cases_responsibility_one_holder",
                    ),
                ),
            ],
        ),
    ]
