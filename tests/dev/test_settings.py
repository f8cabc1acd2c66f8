"""Settings stop at once, in one sentence, when production misses a value or one is wrong."""

import os
import subprocess
import sys

import pytest

from dev.services import BASE_DIR

COMPLETE = {
    "DEMONSTRATION": "false",
    "SECRET_KEY": "an-example-of-a-key-that-is-long-enough-for-the-check",
    "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "ALLOWED_HOSTS": "front-door.example",
    "EMAIL_HOST": "mail.example",
}
SHOW = (
    "from slough_front_door import settings as s; import json;"
    "print(json.dumps([s.DEBUG, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE,"
    " s.SECURE_SSL_REDIRECT, s.SECURE_HSTS_SECONDS > 0, s.DEMONSTRATION, s.AUTHORITY_NAME]))"
)


def start(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", SHOW],
        cwd=BASE_DIR,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_production_starts_with_what_it_needs_and_is_closed():
    done = start({**COMPLETE, "AUTHORITY_NAME": ""})

    assert done.stderr == ""
    assert done.stdout.strip() == (
        '[false, true, true, true, true, false, "Slough Children First"]'
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY is not set"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY is too short"),
        ({"DATABASE_URL": ""}, "DATABASE_URL is not set"),
        ({"REDIS_URL": ""}, "REDIS_URL is not set"),
        ({"ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS is not set"),
        ({"EMAIL_HOST": ""}, "EMAIL_HOST is not set"),
        ({"DEBUG": "true"}, "DEBUG shows records"),
        ({"DEMONSTRATION": "perhaps"}, "DEMONSTRATION must be true or false"),
        ({"EMAIL_PORT": "x"}, "EMAIL_PORT must be a whole number"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_production_stops_with_one_sentence(changes, sentence):
    done = start({**COMPLETE, **changes})

    assert done.returncode == 1
    assert done.stderr.startswith(sentence)
    assert len(done.stderr.strip().splitlines()) == 1
    assert done.stdout == ""
