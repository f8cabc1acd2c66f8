"""Bring the tables up to date and make the demonstration authority, whole or not at all.

    .venv/bin/python -m dev.with_servers -m dev.seed small

An authority that was interrupted half-way is removed before the next attempt. That is done only in
the private database; in another one, somebody must look first.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2

from dev import services, template_database
from dev.services import BASE_DIR, DATA_DIR, Problem

LOGS = DATA_DIR / "log"
HALF_MADE = DATA_DIR / "seeding"
MIGRATED = DATA_DIR / "migrated"
HOW_LONG = {"small": "about a minute", "year": "about an hour", "million": "some minutes"}


@contextmanager
def step(words: str) -> Iterator[None]:
    """Announce a step on one line and say how long it took."""
    started = time.monotonic()
    print(f"  {words} …", end="", flush=True)
    try:
        yield
    except BaseException:
        print(flush=True)
        raise
    print(f" {time.monotonic() - started:.0f} s", flush=True)


def manage(*arguments: str, shows_progress: bool = False) -> None:
    """Run a management command to its end, its words kept in a log.

    :param shows_progress: what it writes to a terminal goes there, and not to the log
    """
    LOGS.mkdir(parents=True, exist_ok=True)
    path = LOGS / f"{arguments[0]}.log"
    on_terminal = shows_progress and sys.stderr.isatty()
    if on_terminal:
        print(flush=True)
    with path.open("wb") as out:
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=BASE_DIR,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=None if on_terminal else out,
            preexec_fn=services.before_exec(as_postgres=False, stop_signal=signal.SIGTERM),
        )
    if done.returncode:
        last = path.read_text(errors="replace").strip().splitlines()[-1:] or ["see above"]
        raise Problem(
            f"manage.py {arguments[0]} failed: {last[0]}\nAll it said is in {path}."
            " If the database is half made, make clean starts from nothing."
        )


def is_empty(url: str) -> bool:
    """Whether the migrated database has nobody who could log in."""
    connection = psycopg2.connect(url)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT NOT EXISTS (SELECT 1 FROM accounts_user)")
            return cursor.fetchone() == (True,)
    finally:
        connection.close()


def lacks_search_keys(url: str) -> bool:
    """Whether somebody on record cannot be found, as after a migration that drops the keys."""
    connection = psycopg2.connect(url)
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT EXISTS (SELECT 1 FROM people_person WHERE NOT EXISTS"
                " (SELECT 1 FROM people_searchkeys WHERE person_id = people_person.id))"
            )
            return cursor.fetchone() == (True,)
    finally:
        connection.close()


def is_private(url: str) -> bool:
    return url == services.DEVELOPMENT.url("postgres")


def prepare(url: str) -> None:
    """Bring the tables up to date, without what an interrupted attempt left."""
    if HALF_MADE.exists() and is_private(url):
        with step("Removing a half-made demonstration authority"):
            services.drop_database(services.DEVELOPMENT)
            services.make_database(services.DEVELOPMENT)
            MIGRATED.unlink(missing_ok=True)
    HALF_MADE.unlink(missing_ok=True)
    stamp = f"{template_database.digest()} {url}"
    if not (MIGRATED.exists() and MIGRATED.read_text() == stamp):
        with step("Database tables"):
            manage("migrate", "--verbosity=0")
        if lacks_search_keys(url):
            with step("Search keys of known people"):
                manage("rebuild_search_keys", shows_progress=True)
        MIGRATED.write_text(stamp)
        MIGRATED.chmod(0o600)


def seed(size: str) -> None:
    with step(f"Demonstration authority, {HOW_LONG[size]}"):
        HALF_MADE.touch()
        manage("seed", f"--size={size}", shows_progress=True)
        HALF_MADE.unlink()


def main() -> None:
    size = sys.argv[1] if len(sys.argv) > 1 else "small"
    if size not in HOW_LONG:
        sys.exit(f"SIZE must be one of {', '.join(HOW_LONG)}, not {size!r}.")
    url = os.environ.get("DATABASE_URL") or services.DEVELOPMENT.url("postgres")
    try:
        prepare(url)
        if not is_empty(url):
            raise Problem(
                "There are people in this database already, and seeding needs an empty one."
                " make clean removes the private database; then run make seed again."
            )
        seed(size)
    except Problem as problem:
        sys.exit(str(problem))
    except psycopg2.OperationalError as problem:
        sys.exit(f"The database does not answer: {str(problem).strip().splitlines()[0]}")
    except KeyboardInterrupt:
        sys.exit("Interrupted. What was made so far is removed at the next start.")


if __name__ == "__main__":
    main()
