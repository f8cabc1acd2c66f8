"""The schedule and the queues agree with the tasks there are."""

import pytest

from slough_front_door.celery import app

app.loader.import_default_modules()
OURS = sorted(name for name in app.tasks if not name.startswith("celery."))


@pytest.mark.parametrize("entry", sorted(app.conf.beat_schedule))
def test_schedule_names_a_task_that_exists(entry):
    assert app.conf.beat_schedule[entry]["task"] in OURS


@pytest.mark.parametrize(
    ("task", "queue"),
    [
        ("record.tasks.deliver_outbox", "outbox"),
        ("record.tasks.sweep_drafts", "sweeps"),
        ("oversight.tasks.export_rows", "exports"),
        ("record.tasks.ensure_partitions", "default"),
    ],
)
def test_task_goes_to_its_queue(task, queue):
    assert app.amqp.router.route({}, task)["queue"].name == queue
