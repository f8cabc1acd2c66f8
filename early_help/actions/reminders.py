"""Reminders to ring families who wait: one line a day for whoever orders the queue."""

from datetime import datetime, time, timedelta

from django.db import transaction

from cases.choices import Queue
from cases.models import WaitingGroup
from early_help.timescales import REVIEW_RULES
from lib.working_days import instant, london_date
from record import calendar, outbox
from record.models import Clock


@transaction.atomic
def remind_of_safe_checks(*, at: datetime) -> int:
    """Tell each team's manager, once a working day, that families are to be rung; say how many.

    Due is what is late or ends today. Safe to run twice at once: the day is part of what is owed.
    """
    today = london_date(at)
    if not calendar.calendar().is_working_day(today):
        return 0
    due = Clock.objects.filter(
        rule__in=REVIEW_RULES,
        stopped_at=None,
        due_at__lt=instant(today + timedelta(days=1), time()),
    )
    teams = (
        WaitingGroup.objects.filter(
            queue=Queue.EARLY_HELP, ended_at=None, pk__in=due.values("subject_id")
        )
        .order_by("team_id")
        .values_list("team_id", "team__manager_id")
        .distinct()
    )
    told = list(teams)
    for team_id, manager_id in told:
        outbox.put(
            "notice",
            key=f"early_help.checks_due:{today:%y%m%d}:{team_id}:{manager_id}",
            payload={
                "user_id": str(manager_id),
                "code": "early_help.checks_due",
                "subject_kind": "team",
                "subject_id": str(team_id),
            },
            at=at,
            subject_kind="team",
            subject_id=team_id,
        )
    return len(told)
