"""Somebody taken out of a team on the day they joined belonged to it on no day.

The tables of the OAuth library come before: for each of its steps Django builds anew every model
known by then, which is a matter of moments here and of a minute once there are hundreds.
"""

import datetime

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.expressions
from django.db import migrations, models

from lib.migration_operations import Together


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("oauth2_provider", "0022_refreshtoken_token_family_index"),
    ]

    operations = [
        Together(
            [
                migrations.RemoveConstraint(
                    model_name="teammembership", name="accounts_membership_ends_after_start"
                ),
                migrations.RemoveConstraint(
                    model_name="teammembership", name="accounts_membership_once_at_a_time"
                ),
                migrations.AddConstraint(
                    model_name="teammembership",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("to_on", None),
                            (
                                "to_on__gte",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("from_on"),
                                    "-",
                                    models.Value(datetime.timedelta(days=1)),
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="accounts_membership_ends_after_start",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="teammembership",
                    constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                        condition=models.Q(
                            ("to_on", None), ("to_on__gte", models.F("from_on")), _connector="OR"
                        ),
                        expressions=[
                            ("user", "="),
                            ("team", "="),
                            (
                                models.Func(
                                    models.F("from_on"),
                                    models.F("to_on"),
                                    django.contrib.postgres.fields.ranges.RangeBoundary(
                                        inclusive_upper=True
                                    ),
                                    function="DATERANGE",
                                ),
                                "&&",
                            ),
                        ],
                        name="accounts_membership_once_at_a_time",
                    ),
                ),
            ]
        )
    ]
