"""Flags, with the row before each change."""

import uuid

import django.core.serializers.json
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from lib.migration_operations import Together


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0002_la_child_id"),
        ("pghistory", "0007_auto_20250421_0444"),
        ("record", "0006_listed_readings"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        Together(
            [
                migrations.CreateModel(
                    name="Flag",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=uuid.uuid4,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("rule", models.CharField(max_length=20)),
                        ("subject_kind", models.CharField(max_length=30)),
                        ("subject_id", models.UUIDField()),
                        (
                            "severity",
                            models.CharField(
                                choices=[
                                    ("info", "Information"),
                                    ("amber", "Amber"),
                                    ("red", "Red"),
                                    ("critical", "Critical"),
                                ],
                                max_length=8,
                            ),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("open", "Open"),
                                    ("acknowledged", "Answered"),
                                    ("cleared", "Cleared by the record"),
                                    ("cleared_with_reason", "Cleared with a reason"),
                                ],
                                default="open",
                                max_length=19,
                            ),
                        ),
                        ("since_at", models.DateTimeField()),
                        ("raised_at", models.DateTimeField()),
                        (
                            "facts",
                            models.JSONField(
                                default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder
                            ),
                        ),
                        ("acknowledged_at", models.DateTimeField(null=True)),
                        ("answer", models.TextField(blank=True)),
                        ("done_by", models.DateField(null=True)),
                        ("cleared_at", models.DateTimeField(null=True)),
                        ("cleared_because", models.TextField(blank=True)),
                        (
                            "acknowledged_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "acknowledged_for",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "child",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="flags",
                                to="people.person",
                            ),
                        ),
                        (
                            "cleared_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "cleared_for",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "manager",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "owner",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="FlagHistory",
                    fields=[
                        ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                        ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                        ("pgh_label", models.TextField(help_text="The event label.")),
                        (
                            "id",
                            models.UUIDField(default=uuid.uuid4, editable=False, serialize=False),
                        ),
                        ("rule", models.CharField(max_length=20)),
                        ("subject_kind", models.CharField(max_length=30)),
                        ("subject_id", models.UUIDField()),
                        (
                            "severity",
                            models.CharField(
                                choices=[
                                    ("info", "Information"),
                                    ("amber", "Amber"),
                                    ("red", "Red"),
                                    ("critical", "Critical"),
                                ],
                                max_length=8,
                            ),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("open", "Open"),
                                    ("acknowledged", "Answered"),
                                    ("cleared", "Cleared by the record"),
                                    ("cleared_with_reason", "Cleared with a reason"),
                                ],
                                default="open",
                                max_length=19,
                            ),
                        ),
                        ("since_at", models.DateTimeField()),
                        ("raised_at", models.DateTimeField()),
                        (
                            "facts",
                            models.JSONField(
                                default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder
                            ),
                        ),
                        ("acknowledged_at", models.DateTimeField(null=True)),
                        ("answer", models.TextField(blank=True)),
                        ("done_by", models.DateField(null=True)),
                        ("cleared_at", models.DateTimeField(null=True)),
                        ("cleared_because", models.TextField(blank=True)),
                        (
                            "acknowledged_by",
                            models.ForeignKey(
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "acknowledged_for",
                            models.ForeignKey(
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "child",
                            models.ForeignKey(
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to="people.person",
                            ),
                        ),
                        (
                            "cleared_by",
                            models.ForeignKey(
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "cleared_for",
                            models.ForeignKey(
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "manager",
                            models.ForeignKey(
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "owner",
                            models.ForeignKey(
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "pgh_context",
                            models.ForeignKey(
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="pghistory.context",
                            ),
                        ),
                        (
                            "pgh_obj",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="events",
                                to="record.flag",
                            ),
                        ),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                migrations.AddIndex(
                    model_name="flag",
                    index=models.Index(
                        condition=models.Q(("state__in", ["open", "acknowledged"])),
                        fields=["child"],
                        name="record_flag_open_child",
                    ),
                ),
                migrations.AddIndex(
                    model_name="flag",
                    index=models.Index(
                        condition=models.Q(("state__in", ["open", "acknowledged"])),
                        fields=["owner"],
                        name="record_flag_open_owner",
                    ),
                ),
                migrations.AddIndex(
                    model_name="flag",
                    index=models.Index(
                        condition=models.Q(("state__in", ["open", "acknowledged"])),
                        fields=["manager"],
                        name="record_flag_open_manager",
                    ),
                ),
                migrations.AddIndex(
                    model_name="flag",
                    index=models.Index(
                        condition=models.Q(("state", "cleared_with_reason")),
                        fields=["rule", "subject_id"],
                        name="record_flag_by_hand",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="flag",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("state__in", ["open", "acknowledged"])),
                        fields=("rule", "subject_id", "child"),
                        name="record_flag_one_open",
                        nulls_distinct=False,
                    ),
                ),
                migrations.AddConstraint(
                    model_name="flag",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "acknowledged"), _negated=True),
                            models.Q(
                                ("acknowledged_at__isnull", False),
                                ("acknowledged_by__isnull", False),
                                models.Q(("answer", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="record_flag_acknowledged_whole",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="flag",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("cleared_at__isnull", True),
                                ("state__in", ["open", "acknowledged"]),
                            ),
                            models.Q(("cleared_at__isnull", False), ("state", "cleared")),
                            models.Q(
                                ("cleared_at__isnull", False),
                                ("cleared_by__isnull", False),
                                ("state", "cleared_with_reason"),
                                models.Q(("cleared_because", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="record_flag_cleared_pair",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="flag",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("severity__in", ["info", "amber", "red", "critical"])),
                        name="record_flag_severity_known",
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="flag",
                    trigger=pgtrigger.compiler.Trigger(
                        name="kept",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                            hash="6fa0b7a255a1507928f64bd57f351a9d22ed825d",
                            operation="DELETE",
                            pgid="pgtrigger_kept_52ece",
                            table="record_flag",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="flag",
                    trigger=pgtrigger.compiler.Trigger(
                        name="cleared_once",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition='WHEN (OLD."cleared_at" IS NOT NULL)',
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                            hash="3e16637ba66d07a5a81f1bce73aa0e6c2dfbf1c5",
                            operation="UPDATE",
                            pgid="pgtrigger_cleared_once_82e39",
                            table="record_flag",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="flag",
                    trigger=pgtrigger.compiler.Trigger(
                        name="about_one_thing",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition='WHEN (OLD."child_id" IS DISTINCT FROM (NEW."child_id") OR OLD."raised_at" IS DISTINCT FROM (NEW."raised_at") OR OLD."rule" IS DISTINCT FROM (NEW."rule") OR OLD."subject_id" IS DISTINCT FROM (NEW."subject_id") OR OLD."subject_kind" IS DISTINCT FROM (NEW."subject_kind"))',
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                            hash="2e0c0bc70b2b5290ac7bd4c70f19dbb48573772e",
                            operation="UPDATE",
                            pgid="pgtrigger_about_one_thing_ab499",
                            table="record_flag",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="flag",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "record_flaghistory" ("acknowledged_at", "acknowledged_by_id", "acknowledged_for_id", "answer", "child_id", "cleared_at", "cleared_because", "cleared_by_id", "cleared_for_id", "done_by", "facts", "id", "manager_id", "owner_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "raised_at", "rule", "severity", "since_at", "state", "subject_id", "subject_kind") VALUES (OLD."acknowledged_at", OLD."acknowledged_by_id", OLD."acknowledged_for_id", OLD."answer", OLD."child_id", OLD."cleared_at", OLD."cleared_because", OLD."cleared_by_id", OLD."cleared_for_id", OLD."done_by", OLD."facts", OLD."id", OLD."manager_id", OLD."owner_id", _pgh_attach_context(), NOW(), \'update\', OLD."id", OLD."raised_at", OLD."rule", OLD."severity", OLD."since_at", OLD."state", OLD."subject_id", OLD."subject_kind"); RETURN NULL;',
                            hash="646c050c3088509855520e36c1ffa557adee7159",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_69ad2",
                            table="record_flag",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="flaghistory",
                    trigger=pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="fdb176ac9084fca67e263c66b07be5321af4a4c5",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_8aa37",
                            table="record_flaghistory",
                            when="BEFORE",
                        ),
                    ),
                ),
            ]
        ),
    ]
