"""The Celery application, its queues and its schedule.

A task is a door, not a room: it loads by id and makes one call. What must happen is owed by a row
in the outbox, so the schedule below is the guarantee and a wake-up on commit only makes it prompt.
"""

import os
from datetime import UTC, tzinfo

from celery import Celery
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "slough_front_door.settings")

app = Celery("slough_front_door")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


class EveryHour(crontab):
    """Minutes of every hour, counted in UTC, whose minutes are those of London.

    Counted in London time, the hour that comes twice when the clocks go back would be left out.
    """

    @property
    def tz(self) -> tzinfo:
        return UTC


# One entry per piece of work that must happen without anybody asking, kept in alphabetical order.
app.conf.beat_schedule = {
    "ask-about-doubles": {
        "task": "people.tasks.ask_about_doubles",
        "schedule": crontab(minute="30", hour="1"),
    },
    "count-names": {
        "task": "people.tasks.count_names",
        "schedule": crontab(minute="20", hour="1"),
    },
    "deliver-outbox": {"task": "record.tasks.deliver_outbox", "schedule": 10.0},
    "drop-old-tokens": {
        "task": "partner_api.tasks.drop_old_tokens",
        "schedule": crontab(minute="25", hour="1"),
    },
    "end-pauses": {
        "task": "early_help.tasks.end_pauses",
        "schedule": EveryHour(minute="3"),
    },
    "ensure-partitions": {
        "task": "record.tasks.ensure_partitions",
        "schedule": crontab(minute="5", hour="1"),
    },
    "extend-calendar": {
        "task": "record.tasks.extend_calendar",
        "schedule": crontab(minute="10", hour="1", day_of_month="1"),
    },
    "make-variant-keys": {
        "task": "people.tasks.make_variant_keys",
        "schedule": EveryHour(minute="*/5"),
    },
    "raise-changes": {
        "task": "cases.tasks.raise_changes",
        "schedule": EveryHour(minute="7,22,37,52"),
    },
    "remind-of-safe-checks": {
        "task": "early_help.tasks.remind_of_safe_checks",
        "schedule": crontab(minute="0", hour="9-16"),
    },
    "sweep-data-quality": {
        "task": "record.tasks.sweep_data_quality",
        "schedule": crontab(minute="40", hour="1"),
    },
    "sweep-drafts": {
        "task": "record.tasks.sweep_drafts",
        "schedule": crontab(minute="15", hour="1"),
    },
    "sweep-flags": {
        "task": "record.tasks.sweep_flags",
        "schedule": EveryHour(minute="*/15"),
    },
}
