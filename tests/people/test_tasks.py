from datetime import UTC, datetime

import pytest

from people import matching, tasks
from people.models import NameFrequency, Person
from slough_front_door.celery import app

pytestmark = pytest.mark.django_db


def test_count_names_may_run_twice():
    person = Person.objects.create(
        given_name="Ama", family_name="Testwood", recorded_at=datetime(2026, 3, 12, tzinfo=UTC)
    )
    matching.refresh([person.pk])

    tasks.count_names()
    tasks.count_names(unknown="from a newer worker")

    assert dict(NameFrequency.objects.values_list("part", "people")) == {
        "": 1,
        "ama": 1,
        "testwood": 1,
    }


def test_count_names_is_scheduled():
    scheduled = {entry["task"] for entry in app.conf.beat_schedule.values()}

    assert tasks.count_names.name in scheduled
