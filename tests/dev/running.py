"""A whole running service of the tests' own: every process, in a folder of its own."""

import os
import subprocess
import sys
import time
from pathlib import Path

from dev import seed, services, template_database
from dev.clean import processes_using


def start(
    folder: Path, *, stdin: int = subprocess.DEVNULL, **environment: str
) -> subprocess.Popen[str]:
    """Start the supervisor on a data folder, as `make run` does, with no demonstration in it."""
    ours = {"DATABASE_URL", "REDIS_URL", "SFD_TESTING", "MAKELEVEL", "PORT"}
    return subprocess.Popen(
        [sys.executable, "-m", "dev.run"],
        cwd=services.BASE_DIR,
        env={
            **{name: value for name, value in os.environ.items() if name not in ours},
            "DATA_DIR": str(folder),
            "STATIC_ROOT": str(services.DATA_DIR / "static_root"),
            "SEED": "no",
            "PORT": str(services.free_port()),
            **environment,
        },
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def words_until_address(process: subprocess.Popen[str]) -> str:
    """Read what the supervisor says until it gives the address."""
    said = ""
    assert process.stdout is not None
    for line in process.stdout:
        said += line
        if line.startswith("Slough Front Door: "):
            return said
    raise AssertionError(f"The service did not start:\n{said}")


def address(process: subprocess.Popen[str]) -> str:
    """Wait for the address, which ends in a slash."""
    return words_until_address(process).rsplit("Slough Front Door: ", 1)[1].strip()


def left_over(folder: Path) -> list[int]:
    """Return what still runs once everything has had time to end."""
    end = time.monotonic() + 30
    while processes_using(folder) and time.monotonic() < end:
        time.sleep(0.1)
    return processes_using(folder)


def migrated(folder: Path, template: dict[str, object]) -> services.Place:
    """Make a database in a data folder with its tables copied from the tests' template.

    :param template: the Django settings of the database server that holds the template
    """
    place = services.Place(folder)
    url = services.start(place)["postgres"]
    name = template_database.prepared(template)
    server = f"{template['USER']}:{template['PASSWORD']}@{template['HOST']}:{template['PORT']}"
    with subprocess.Popen(
        [
            services.postgres_program("pg_dump"),
            "--no-owner",
            "-d",
            f"postgres://{server}/{name}",
        ],
        stdout=subprocess.PIPE,
    ) as dump:
        subprocess.run(
            [services.postgres_program("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", url],
            stdin=dump.stdout,
            stdout=subprocess.DEVNULL,
            check=True,
        )
    assert dump.returncode == 0
    (folder / seed.MIGRATED.name).write_text(f"{template_database.digest()} {url}")
    services.stop(place)
    return place
