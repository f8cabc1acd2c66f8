"""The Celery application, its queues and its schedule.

A task is a door, not a room: it loads by id and makes one call. What must happen is owed by a row
in the outbox, so the schedule below is the guarantee and a wake-up on commit only makes it prompt.
"""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "slough_front_door.settings")

app = Celery("slough_front_door")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# One entry per piece of work that must happen without anybody asking, kept in alphabetical order.
app.conf.beat_schedule = {}
