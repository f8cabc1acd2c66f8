import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

from lib.migration_operations import Together


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_members_leave_at_once"),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="user",
            name="insert_insert",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="user",
            name="update_update",
        ),
        Together(
            [
                migrations.AddField(
                    model_name="user",
                    name="newly_qualified_until",
                    field=models.DateField(blank=True, null=True),
                ),
                migrations.AddField(
                    model_name="userevent",
                    name="newly_qualified_until",
                    field=models.DateField(blank=True, null=True),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="user",
                    trigger=pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "accounts_userevent" ("agency_id", "email", "employment_type", "fte", "full_name", "id", "is_active", "is_staff", "is_superuser", "job_title", "newly_qualified_until", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "social_work_england_number") VALUES (NEW."agency_id", NEW."email", NEW."employment_type", NEW."fte", NEW."full_name", NEW."id", NEW."is_active", NEW."is_staff", NEW."is_superuser", NEW."job_title", NEW."newly_qualified_until", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."phone", NEW."social_work_england_number"); RETURN NULL;',
                            hash="c60d0345baf9651f251d0d8bcbcd4fd845155872",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_3867c",
                            table="accounts_user",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="user",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition='WHEN (OLD."agency_id" IS DISTINCT FROM (NEW."agency_id") OR OLD."email" IS DISTINCT FROM (NEW."email") OR OLD."employment_type" IS DISTINCT FROM (NEW."employment_type") OR OLD."fte" IS DISTINCT FROM (NEW."fte") OR OLD."full_name" IS DISTINCT FROM (NEW."full_name") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."is_active" IS DISTINCT FROM (NEW."is_active") OR OLD."is_staff" IS DISTINCT FROM (NEW."is_staff") OR OLD."is_superuser" IS DISTINCT FROM (NEW."is_superuser") OR OLD."job_title" IS DISTINCT FROM (NEW."job_title") OR OLD."newly_qualified_until" IS DISTINCT FROM (NEW."newly_qualified_until") OR OLD."phone" IS DISTINCT FROM (NEW."phone") OR OLD."social_work_england_number" IS DISTINCT FROM (NEW."social_work_england_number"))',
                            func='INSERT INTO "accounts_userevent" ("agency_id", "email", "employment_type", "fte", "full_name", "id", "is_active", "is_staff", "is_superuser", "job_title", "newly_qualified_until", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "social_work_england_number") VALUES (NEW."agency_id", NEW."email", NEW."employment_type", NEW."fte", NEW."full_name", NEW."id", NEW."is_active", NEW."is_staff", NEW."is_superuser", NEW."job_title", NEW."newly_qualified_until", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."phone", NEW."social_work_england_number"); RETURN NULL;',
                            hash="a2951360051bf8dc5a5d764998e65f8889c81ecf",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_0e890",
                            table="accounts_user",
                            when="AFTER",
                        ),
                    ),
                ),
            ]
        ),
    ]
