"""Give the lines that were passed on before they could be answered a row, and a limit that ends.

Until now the limit of such a line ran on the decision and nothing stopped it. It is stopped as
not needed; a line that still waits gets the same limit on its own row. Going back leaves the
rows to the table's own migration; running twice finds nothing to do.
"""

from typing import Any

from django.db import migrations

KEPT = (
    "rule",
    "child_id",
    "started_at",
    "unit",
    "limit",
    "warn_at",
    "due_at",
    "very_late_at",
    "recorded_by_id",
)


def pass_on(apps: Any, schema_editor: Any) -> None:
    DecisionChild = apps.get_model("mash", "DecisionChild")
    PassedLine = apps.get_model("mash", "PassedLine")
    Clock = apps.get_model("record", "Clock")
    old = (
        DecisionChild.objects.filter(is_in=None, passed_to__isnull=False, decision__confirms=None)
        .select_related("decision__contact")
        .order_by("decision__contact", "decision__number", "pk")
    )
    for row in old.iterator(chunk_size=500):
        decision, contact = row.decision, row.decision.contact
        if PassedLine.objects.filter(decision=decision, child=row.child_id).exists():
            continue
        later = contact.decisions.filter(number__gt=decision.number)
        is_last = not later.exclude(confirms=decision).exists()
        waits = is_last and contact.state == "decided"
        because = "" if waits else "reopened"
        if contact.state == "void":
            because = "void"
        elif not is_last:
            because = "decided_again"
        line = PassedLine.objects.create(
            decision=decision,
            contact=contact,
            child_id=row.child_id,
            owner_id=row.passed_to_id,
            passed_at=decision.decided_at,
            recorded_at=decision.recorded_at,
            ended_at=None if waits else contact.changed_at,
            ended_because=because,
        )
        for clock in Clock.objects.filter(
            subject_kind="decision", subject_id=decision.pk, child=row.child_id, stopped_at=None
        ):
            if waits:
                Clock.objects.create(
                    subject_kind="passed_line",
                    subject_id=line.pk,
                    recorded_at=clock.recorded_at,
                    **{name: getattr(clock, name) for name in KEPT},
                )
            clock.stopped_at = max(contact.changed_at, clock.recorded_at)
            clock.stop_reason = "not_needed"
            clock.save(update_fields=["stopped_at", "stop_reason"])


class Migration(migrations.Migration):
    dependencies = [
        ("mash", "0005_passed_lines"),
        ("record", "0006_listed_readings"),
        ("cases", "0005_match_link"),
    ]
    operations = [migrations.RunPython(pass_on, migrations.RunPython.noop)]
