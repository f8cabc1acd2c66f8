"""Changes of circumstance, their children, consequences and children elsewhere."""

import uuid

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from lib.migration_operations import Together


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0010_closures"),
        ("people", "0002_la_child_id"),
        ("pghistory", "0007_auto_20250421_0444"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        Together(
            [
                migrations.CreateModel(
                    name="ChangeChild",
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
                        (
                            "how",
                            models.CharField(
                                choices=[
                                    ("at_event", "Lived or stayed there when it happened"),
                                    ("joined", "Joined before this was closed"),
                                    ("named", "Named by whoever recorded it"),
                                ],
                                max_length=8,
                            ),
                        ),
                        ("is_origin", models.BooleanField(default=False)),
                        ("joined_at", models.DateTimeField(null=True)),
                        ("is_concerned", models.BooleanField(default=False)),
                        ("needs_review", models.BooleanField(default=True)),
                        (
                            "outcome",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("strategy_discussion", "Strategy discussion opened"),
                                    ("assessment", "Assessment opened again, or a new one"),
                                    ("updated", "Assessment updated"),
                                    ("plan", "Plan or safety plan changed"),
                                    ("urgency", "Priority or urgency of transfer changed"),
                                    ("stands", "Assessment and plan stand"),
                                    ("not_significant", "Not significant for this child"),
                                ],
                                max_length=19,
                            ),
                        ),
                        ("line", models.TextField(blank=True)),
                        ("decided_at", models.DateTimeField(null=True)),
                        ("confirmed_right_on", models.DateField(null=True)),
                        ("recorded_at", models.DateTimeField()),
                    ],
                ),
                migrations.CreateModel(
                    name="ChangeConsequence",
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
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("strategy_discussion", "Strategy discussion opened"),
                                    ("assessment", "Assessment opened again, or a new one"),
                                    ("updated", "Assessment updated"),
                                    ("plan", "Plan or safety plan changed"),
                                    ("urgency", "Priority or urgency of transfer changed"),
                                    ("stands", "Assessment and plan stand"),
                                    ("not_significant", "Not significant for this child"),
                                ],
                                max_length=19,
                            ),
                        ),
                        ("subject_kind", models.CharField(max_length=30)),
                        ("subject_id", models.UUIDField()),
                        ("url_name", models.CharField(blank=True, max_length=60)),
                        ("at", models.DateTimeField()),
                        ("recorded_at", models.DateTimeField()),
                    ],
                ),
                migrations.CreateModel(
                    name="ChangeElsewhere",
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
                        ("is_told", models.BooleanField(null=True)),
                        ("whom", models.CharField(blank=True, max_length=200)),
                        ("why_not", models.TextField(blank=True)),
                        ("told_at", models.DateTimeField(null=True)),
                        ("answer", models.TextField(blank=True)),
                        ("answered_on", models.DateField(null=True)),
                        ("recorded_at", models.DateTimeField()),
                    ],
                ),
                migrations.CreateModel(
                    name="ChangeHistory",
                    fields=[
                        ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                        ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                        ("pgh_label", models.TextField(help_text="The event label.")),
                        (
                            "id",
                            models.UUIDField(default=uuid.uuid4, editable=False, serialize=False),
                        ),
                        (
                            "code",
                            models.CharField(
                                choices=[
                                    (
                                        "COC-01",
                                        "New allegation or injury, or a child tells of harm",
                                    ),
                                    (
                                        "COC-02",
                                        "Domestic abuse, or somebody violent returns or breaks an order",
                                    ),
                                    ("COC-03", "An adult moves in or becomes a regular visitor"),
                                    (
                                        "COC-04",
                                        "An adult leaves, dies or is detained; parents separate",
                                    ),
                                    ("COC-05", "A pregnancy, a birth, or a baby comes home"),
                                    ("COC-06", "A child moves in or out"),
                                    (
                                        "COC-07",
                                        "A move, homelessness, refuge, or whereabouts unknown",
                                    ),
                                    (
                                        "COC-08",
                                        "A parent's mental health crisis, overdose or relapse",
                                    ),
                                    (
                                        "COC-09",
                                        "A parent's arrest, charge, bail, or contact with an offender",
                                    ),
                                    ("COC-10", "A child goes missing"),
                                    ("COC-11", "Signs of exploitation, weapons or county lines"),
                                    (
                                        "COC-12",
                                        "A child's self-harm, suicide attempt or admission to hospital",
                                    ),
                                    ("COC-13", "Harm by or between children; sexual behaviour"),
                                    ("COC-14", "A child is out of school"),
                                    ("COC-15", "The family withdraws, or we cannot get in"),
                                    ("COC-16", "New information about the past"),
                                    ("COC-17", "A safety plan or agreement is broken"),
                                    (
                                        "COC-18",
                                        "Serious illness, new disability or a death in the family",
                                    ),
                                    ("COC-19", "The status of a brother or sister changes"),
                                    (
                                        "COC-20",
                                        "Forced marriage, honour-based abuse, FGM, belief or radicalisation",
                                    ),
                                    ("COC-21", "The family's money collapses"),
                                    ("COC-22", "Something that protected the child stops"),
                                    (
                                        "COC-23",
                                        "A child turns 16, 17 and a half or 18, or is pregnant",
                                    ),
                                    ("COC-24", "The worker changes, with a gap in visits"),
                                    ("COC-25", "Agencies or the family dispute the plan"),
                                    ("COC-26", "Several signals since the assessment"),
                                    ("COC-99", "Something else"),
                                ],
                                max_length=6,
                            ),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("logged", "To be triaged"),
                                    ("reviews_open", "Reviews open"),
                                    ("awaiting_manager", "Waiting for the manager’s decision"),
                                    ("done", "Done"),
                                    ("not_significant", "Not significant"),
                                    ("merged", "Merged with another"),
                                ],
                                default="logged",
                                max_length=16,
                            ),
                        ),
                        (
                            "change_class",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("immediate", "Immediate"),
                                    ("significant", "Significant"),
                                    ("routine", "Routine"),
                                ],
                                max_length=11,
                            ),
                        ),
                        ("class_why", models.TextField(blank=True)),
                        (
                            "happened",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("joined", "{} moved in"),
                                    ("visits", "{} visits often"),
                                    ("left", "{} left"),
                                    ("born", "{} was born"),
                                    ("died", "{} died"),
                                    ("moved", "{} moved"),
                                    ("contact", "A new contact about {}"),
                                ],
                                max_length=8,
                            ),
                        ),
                        ("happened_on", models.DateField()),
                        ("learned_at", models.DateTimeField()),
                        ("learned_from", models.CharField(blank=True, max_length=200)),
                        ("what", models.TextField(blank=True)),
                        ("source_kind", models.CharField(blank=True, max_length=30)),
                        ("source_id", models.UUIDField(null=True)),
                        ("is_by_system", models.BooleanField(default=False)),
                        ("logged_at", models.DateTimeField()),
                        ("is_provisional", models.BooleanField(default=False)),
                        ("triaged_at", models.DateTimeField(null=True)),
                        ("closed_at", models.DateTimeField(null=True)),
                        ("agencies_told", models.TextField(blank=True)),
                        ("family_told", models.TextField(blank=True)),
                        ("late_reason", models.TextField(blank=True)),
                        ("merged_because", models.TextField(blank=True)),
                        ("recorded_at", models.DateTimeField()),
                        ("version", models.PositiveIntegerField(default=1)),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="ChangeOfCircumstance",
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
                        (
                            "code",
                            models.CharField(
                                choices=[
                                    (
                                        "COC-01",
                                        "New allegation or injury, or a child tells of harm",
                                    ),
                                    (
                                        "COC-02",
                                        "Domestic abuse, or somebody violent returns or breaks an order",
                                    ),
                                    ("COC-03", "An adult moves in or becomes a regular visitor"),
                                    (
                                        "COC-04",
                                        "An adult leaves, dies or is detained; parents separate",
                                    ),
                                    ("COC-05", "A pregnancy, a birth, or a baby comes home"),
                                    ("COC-06", "A child moves in or out"),
                                    (
                                        "COC-07",
                                        "A move, homelessness, refuge, or whereabouts unknown",
                                    ),
                                    (
                                        "COC-08",
                                        "A parent's mental health crisis, overdose or relapse",
                                    ),
                                    (
                                        "COC-09",
                                        "A parent's arrest, charge, bail, or contact with an offender",
                                    ),
                                    ("COC-10", "A child goes missing"),
                                    ("COC-11", "Signs of exploitation, weapons or county lines"),
                                    (
                                        "COC-12",
                                        "A child's self-harm, suicide attempt or admission to hospital",
                                    ),
                                    ("COC-13", "Harm by or between children; sexual behaviour"),
                                    ("COC-14", "A child is out of school"),
                                    ("COC-15", "The family withdraws, or we cannot get in"),
                                    ("COC-16", "New information about the past"),
                                    ("COC-17", "A safety plan or agreement is broken"),
                                    (
                                        "COC-18",
                                        "Serious illness, new disability or a death in the family",
                                    ),
                                    ("COC-19", "The status of a brother or sister changes"),
                                    (
                                        "COC-20",
                                        "Forced marriage, honour-based abuse, FGM, belief or radicalisation",
                                    ),
                                    ("COC-21", "The family's money collapses"),
                                    ("COC-22", "Something that protected the child stops"),
                                    (
                                        "COC-23",
                                        "A child turns 16, 17 and a half or 18, or is pregnant",
                                    ),
                                    ("COC-24", "The worker changes, with a gap in visits"),
                                    ("COC-25", "Agencies or the family dispute the plan"),
                                    ("COC-26", "Several signals since the assessment"),
                                    ("COC-99", "Something else"),
                                ],
                                max_length=6,
                            ),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("logged", "To be triaged"),
                                    ("reviews_open", "Reviews open"),
                                    ("awaiting_manager", "Waiting for the manager’s decision"),
                                    ("done", "Done"),
                                    ("not_significant", "Not significant"),
                                    ("merged", "Merged with another"),
                                ],
                                default="logged",
                                max_length=16,
                            ),
                        ),
                        (
                            "change_class",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("immediate", "Immediate"),
                                    ("significant", "Significant"),
                                    ("routine", "Routine"),
                                ],
                                max_length=11,
                            ),
                        ),
                        ("class_why", models.TextField(blank=True)),
                        (
                            "happened",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("joined", "{} moved in"),
                                    ("visits", "{} visits often"),
                                    ("left", "{} left"),
                                    ("born", "{} was born"),
                                    ("died", "{} died"),
                                    ("moved", "{} moved"),
                                    ("contact", "A new contact about {}"),
                                ],
                                max_length=8,
                            ),
                        ),
                        ("happened_on", models.DateField()),
                        ("learned_at", models.DateTimeField()),
                        ("learned_from", models.CharField(blank=True, max_length=200)),
                        ("what", models.TextField(blank=True)),
                        ("source_kind", models.CharField(blank=True, max_length=30)),
                        ("source_id", models.UUIDField(null=True)),
                        ("is_by_system", models.BooleanField(default=False)),
                        ("logged_at", models.DateTimeField()),
                        ("is_provisional", models.BooleanField(default=False)),
                        ("triaged_at", models.DateTimeField(null=True)),
                        ("closed_at", models.DateTimeField(null=True)),
                        ("agencies_told", models.TextField(blank=True)),
                        ("family_told", models.TextField(blank=True)),
                        ("late_reason", models.TextField(blank=True)),
                        ("merged_because", models.TextField(blank=True)),
                        ("recorded_at", models.DateTimeField()),
                        ("version", models.PositiveIntegerField(default=1)),
                    ],
                ),
                migrations.RemoveConstraint(
                    model_name="childriskreview",
                    name="cases_risk_review_whole",
                ),
                migrations.AddField(
                    model_name="childriskreview",
                    name="late_reason",
                    field=models.TextField(blank=True),
                ),
                migrations.AlterField(
                    model_name="childriskreview",
                    name="state",
                    field=models.CharField(
                        choices=[
                            ("to_do", "To do"),
                            ("completed", "Completed"),
                            ("countersigned", "Countersigned"),
                            ("not_needed", "No longer needed"),
                        ],
                        default="to_do",
                        max_length=13,
                    ),
                ),
                migrations.AddConstraint(
                    model_name="childriskreview",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("completed_at__isnull", True),
                                ("completed_by__isnull", True),
                                ("state__in", ["to_do", "not_needed"]),
                            ),
                            models.Q(
                                ("completed_at__isnull", False),
                                ("completed_by__isnull", False),
                                ("state__in", ["completed", "countersigned"]),
                                models.Q(("what_changed", ""), _negated=True),
                                models.Q(("effect", ""), _negated=True),
                                models.Q(("risk_before", ""), _negated=True),
                                models.Q(("risk_now", ""), _negated=True),
                                models.Q(("protects", ""), _negated=True),
                                models.Q(("recommendation", ""), _negated=True),
                                ("is_assessment_right__isnull", False),
                                ("is_plan_right__isnull", False),
                                models.Q(
                                    models.Q(
                                        ("seen_at__isnull", False),
                                        ("was_seen", True),
                                        ("was_seen_alone__isnull", False),
                                    ),
                                    models.Q(
                                        ("was_seen", False),
                                        models.Q(("not_seen_because", ""), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="cases_risk_review_whole",
                    ),
                ),
                migrations.AddField(
                    model_name="changechild",
                    name="child",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="changes",
                        to="people.person",
                    ),
                ),
                migrations.AddField(
                    model_name="changechild",
                    name="decided_by",
                    field=models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AddField(
                    model_name="changeconsequence",
                    name="by",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AddField(
                    model_name="changeconsequence",
                    name="child",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.person",
                    ),
                ),
                migrations.AddField(
                    model_name="changeelsewhere",
                    name="child",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.person",
                    ),
                ),
                migrations.AddField(
                    model_name="changeelsewhere",
                    name="through",
                    field=models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.person",
                    ),
                ),
                migrations.AddField(
                    model_name="changeelsewhere",
                    name="told_by",
                    field=models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AddField(
                    model_name="changehistory",
                    name="closed_by",
                    field=models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AddField(
                    model_name="changehistory",
                    name="closed_for",
                    field=models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AddField(
                    model_name="changehistory",
                    name="household",
                    field=models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="people.household",
                    ),
                ),
                migrations.AddField(
                    model_name="changehistory",
                    name="logged_by",
                    field=models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AddField(
                    model_name="changehistory",
                    name="oversight",
                    field=models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="cases.managementoversight",
                    ),
                ),
                migrations.AddField(
                    model_name="changehistory",
                    name="person",
                    field=models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="people.person",
                    ),
                ),
                migrations.AddField(
                    model_name="changehistory",
                    name="pgh_context",
                    field=models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
                migrations.AddField(
                    model_name="changehistory",
                    name="triaged_by",
                    field=models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AddField(
                    model_name="changehistory",
                    name="triaged_for",
                    field=models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AddField(
                    model_name="changeofcircumstance",
                    name="closed_by",
                    field=models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AddField(
                    model_name="changeofcircumstance",
                    name="closed_for",
                    field=models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AddField(
                    model_name="changeofcircumstance",
                    name="household",
                    field=models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="changes",
                        to="people.household",
                    ),
                ),
                migrations.AddField(
                    model_name="changeofcircumstance",
                    name="logged_by",
                    field=models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AddField(
                    model_name="changeofcircumstance",
                    name="merged_into",
                    field=models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="merged",
                        to="cases.changeofcircumstance",
                    ),
                ),
                migrations.AddField(
                    model_name="changeofcircumstance",
                    name="oversight",
                    field=models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="change",
                        to="cases.managementoversight",
                    ),
                ),
                migrations.AddField(
                    model_name="changeofcircumstance",
                    name="person",
                    field=models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="changes_by",
                        to="people.person",
                    ),
                ),
                migrations.AddField(
                    model_name="changeofcircumstance",
                    name="triaged_by",
                    field=models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AddField(
                    model_name="changeofcircumstance",
                    name="triaged_for",
                    field=models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AddField(
                    model_name="changehistory",
                    name="merged_into",
                    field=models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="cases.changeofcircumstance",
                    ),
                ),
                migrations.AddField(
                    model_name="changehistory",
                    name="pgh_obj",
                    field=models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="events",
                        to="cases.changeofcircumstance",
                    ),
                ),
                migrations.AddField(
                    model_name="changeelsewhere",
                    name="change",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="elsewhere",
                        to="cases.changeofcircumstance",
                    ),
                ),
                migrations.AddField(
                    model_name="changeconsequence",
                    name="change",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="consequences",
                        to="cases.changeofcircumstance",
                    ),
                ),
                migrations.AddField(
                    model_name="changechild",
                    name="change",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="children",
                        to="cases.changeofcircumstance",
                    ),
                ),
                migrations.AddIndex(
                    model_name="changeofcircumstance",
                    index=models.Index(
                        condition=models.Q(
                            ("state__in", ["logged", "reviews_open", "awaiting_manager"])
                        ),
                        fields=["learned_at"],
                        name="cases_change_undone",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="changeofcircumstance",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("source_id__isnull", False)),
                        fields=("code", "source_id"),
                        name="cases_change_once",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="changeofcircumstance",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["logged", "not_significant", "merged"]),
                            models.Q(
                                models.Q(("change_class", ""), _negated=True),
                                ("triaged_at__isnull", False),
                                ("triaged_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="cases_change_class_after_triage",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="changeofcircumstance",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("closed_at__isnull", True),
                                ("closed_by__isnull", True),
                                ("state__in", ["logged", "reviews_open", "awaiting_manager"]),
                            ),
                            models.Q(
                                models.Q(
                                    ("state__in", ["logged", "reviews_open", "awaiting_manager"]),
                                    _negated=True,
                                ),
                                ("closed_at__isnull", False),
                                ("closed_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="cases_change_closed_pair",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="changeofcircumstance",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "done"), _negated=True),
                            ("oversight__isnull", False),
                            _connector="OR",
                        ),
                        name="cases_change_done_decided",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="changeofcircumstance",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("change_class", "immediate"),
                            ("state", "not_significant"),
                            _negated=True,
                        ),
                        name="cases_change_immediate_is_significant",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="changeofcircumstance",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("merged_into__isnull", False),
                                ("state", "merged"),
                                models.Q(("merged_because", ""), _negated=True),
                            ),
                            models.Q(
                                models.Q(("state", "merged"), _negated=True),
                                ("merged_into__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="cases_change_merged_pair",
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="changeofcircumstance",
                    trigger=pgtrigger.compiler.Trigger(
                        name="kept",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                            hash="8198663a7d237d49ed0ee0836c01c2ff6c6d1941",
                            operation="DELETE",
                            pgid="pgtrigger_kept_68434",
                            table="cases_changeofcircumstance",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="changeofcircumstance",
                    trigger=pgtrigger.compiler.Trigger(
                        name="closed_once",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition='WHEN (OLD."closed_at" IS NOT NULL)',
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                            hash="322424357f4250cd11e1096abeea8e727c6651ab",
                            operation="UPDATE",
                            pgid="pgtrigger_closed_once_fc950",
                            table="cases_changeofcircumstance",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="changeofcircumstance",
                    trigger=pgtrigger.compiler.Trigger(
                        name="every_child_reviewed",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (NEW.\"state\" = 'done')",
                            func="\n                    IF EXISTS (\n                        SELECT FROM cases_changechild AS child\n                        WHERE child.change_id = NEW.id AND child.needs_review AND NOT EXISTS (\n                            SELECT FROM cases_childriskreview AS review\n                            WHERE review.child_id = child.child_id\n                                AND review.completed_at IS NOT NULL\n                                AND (review.subject_id = NEW.id OR review.subject_id IN (\n                                    SELECT id FROM cases_changeofcircumstance\n                                    WHERE merged_into_id = NEW.id\n                                ))\n                        )\n                    ) THEN\n                        RAISE EXCEPTION 'a change is done only when every child is reviewed';\n                    END IF;\n                    RETURN NEW;\n                ",
                            hash="fa339f0b82a6167ae3e76b5feed305fd4ce756a6",
                            operation="UPDATE",
                            pgid="pgtrigger_every_child_reviewed_4d15c",
                            table="cases_changeofcircumstance",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="changeofcircumstance",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "cases_changehistory" ("agencies_told", "change_class", "class_why", "closed_at", "closed_by_id", "closed_for_id", "code", "family_told", "happened", "happened_on", "household_id", "id", "is_by_system", "is_provisional", "late_reason", "learned_at", "learned_from", "logged_at", "logged_by_id", "merged_because", "merged_into_id", "oversight_id", "person_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "recorded_at", "source_id", "source_kind", "state", "triaged_at", "triaged_by_id", "triaged_for_id", "version", "what") VALUES (OLD."agencies_told", OLD."change_class", OLD."class_why", OLD."closed_at", OLD."closed_by_id", OLD."closed_for_id", OLD."code", OLD."family_told", OLD."happened", OLD."happened_on", OLD."household_id", OLD."id", OLD."is_by_system", OLD."is_provisional", OLD."late_reason", OLD."learned_at", OLD."learned_from", OLD."logged_at", OLD."logged_by_id", OLD."merged_because", OLD."merged_into_id", OLD."oversight_id", OLD."person_id", _pgh_attach_context(), NOW(), \'update\', OLD."id", OLD."recorded_at", OLD."source_id", OLD."source_kind", OLD."state", OLD."triaged_at", OLD."triaged_by_id", OLD."triaged_for_id", OLD."version", OLD."what"); RETURN NULL;',
                            hash="dd911d9932fd249dd9e855ed5eba367b01d35ca5",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_663ca",
                            table="cases_changeofcircumstance",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="changeofcircumstance",
                    trigger=pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "cases_changehistory" ("agencies_told", "change_class", "class_why", "closed_at", "closed_by_id", "closed_for_id", "code", "family_told", "happened", "happened_on", "household_id", "id", "is_by_system", "is_provisional", "late_reason", "learned_at", "learned_from", "logged_at", "logged_by_id", "merged_because", "merged_into_id", "oversight_id", "person_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "recorded_at", "source_id", "source_kind", "state", "triaged_at", "triaged_by_id", "triaged_for_id", "version", "what") VALUES (OLD."agencies_told", OLD."change_class", OLD."class_why", OLD."closed_at", OLD."closed_by_id", OLD."closed_for_id", OLD."code", OLD."family_told", OLD."happened", OLD."happened_on", OLD."household_id", OLD."id", OLD."is_by_system", OLD."is_provisional", OLD."late_reason", OLD."learned_at", OLD."learned_from", OLD."logged_at", OLD."logged_by_id", OLD."merged_because", OLD."merged_into_id", OLD."oversight_id", OLD."person_id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."recorded_at", OLD."source_id", OLD."source_kind", OLD."state", OLD."triaged_at", OLD."triaged_by_id", OLD."triaged_for_id", OLD."version", OLD."what"); RETURN NULL;',
                            hash="f7f179196e9b7c7838f0a83e826194f165a5ed8a",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_92fbf",
                            table="cases_changeofcircumstance",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="changehistory",
                    trigger=pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="20f8356f4d3559dabef6f67f36011cf2e87fae0c",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_ef317",
                            table="cases_changehistory",
                            when="BEFORE",
                        ),
                    ),
                ),
                migrations.AddConstraint(
                    model_name="changeelsewhere",
                    constraint=models.UniqueConstraint(
                        fields=("change", "child"), name="cases_change_elsewhere_once"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="changeelsewhere",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("is_told__isnull", True),
                            models.Q(("is_told", True), models.Q(("whom", ""), _negated=True)),
                            models.Q(("is_told", False), models.Q(("why_not", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="cases_change_elsewhere_told_or_why",
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="changeelsewhere",
                    trigger=pgtrigger.compiler.Trigger(
                        name="kept",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                            hash="c621010ed07181bf717b90c3b56e876ea12e3bb4",
                            operation="DELETE",
                            pgid="pgtrigger_kept_646d0",
                            table="cases_changeelsewhere",
                            when="BEFORE",
                        ),
                    ),
                ),
                migrations.AddConstraint(
                    model_name="changeconsequence",
                    constraint=models.UniqueConstraint(
                        fields=("change", "child", "kind", "subject_id"),
                        name="cases_change_consequence_once",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="changeconsequence",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("kind__in", ["", "stands", "not_significant"]), _negated=True
                        ),
                        name="cases_change_consequence_kind",
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="changeconsequence",
                    trigger=pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="a423dbbc69126964f4d3afd323c76dc3c1715dde",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_a22b2",
                            table="cases_changeconsequence",
                            when="BEFORE",
                        ),
                    ),
                ),
                migrations.AddIndex(
                    model_name="changechild",
                    index=models.Index(
                        condition=models.Q(("confirmed_right_on__isnull", False)),
                        fields=["child", "-confirmed_right_on"],
                        name="cases_change_confirmed",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="changechild",
                    constraint=models.UniqueConstraint(
                        fields=("change", "child"), name="cases_change_child_once"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="changechild",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("decided_at__isnull", True),
                                ("decided_by__isnull", True),
                                ("outcome", ""),
                            ),
                            models.Q(
                                models.Q(("outcome", ""), _negated=True),
                                models.Q(("line", ""), _negated=True),
                                ("decided_at__isnull", False),
                                ("decided_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="cases_change_child_decided_whole",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="changechild",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("confirmed_right_on__isnull", True),
                            ("outcome__in", ["stands", "updated"]),
                            _connector="OR",
                        ),
                        name="cases_change_child_confirmed",
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="changechild",
                    trigger=pgtrigger.compiler.Trigger(
                        name="kept",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                            hash="46d79ba475a071f61e94cab9e89a18e074cfea23",
                            operation="DELETE",
                            pgid="pgtrigger_kept_2f6a8",
                            table="cases_changechild",
                            when="BEFORE",
                        ),
                    ),
                ),
            ]
        ),
    ]
