"""A migrated database that test databases are copied from.

Running every migration takes half a minute, copying the result a moment. The template is named
after a digest of what migrations are made of, so a changed migration makes a new one.
"""

import fcntl
import hashlib
import os
import subprocess
import sys
from typing import Any

import psycopg2
from psycopg2 import sql

from dev.services import BASE_DIR, DATA_DIR, Problem

PREFIX = "template_sfd_"


def digest() -> str:
    """Return a digest of the migrations, of what they call, and of the packages' versions."""
    parts = [
        *BASE_DIR.glob("*/migrations/*.py"),
        BASE_DIR / "lib" / "migration_operations.py",
        BASE_DIR / "slough_front_door" / "settings.py",
        BASE_DIR / "requirements" / "base.txt",
    ]
    made = hashlib.sha256()
    for path in sorted(parts):
        made.update(str(path.relative_to(BASE_DIR)).encode() + b"\0" + path.read_bytes())
    return made.hexdigest()[:16]


def prepared(settings: dict[str, Any]) -> str:
    """Return the name of the current template, made first if it is not there.

    :param settings: the Django settings of the database server
    """
    name = PREFIX + digest()
    maintenance = psycopg2.connect(
        host=settings["HOST"],
        port=settings["PORT"] or None,
        user=settings["USER"],
        password=settings["PASSWORD"],
        dbname="postgres",
    )
    maintenance.autocommit = True
    DATA_DIR.mkdir(parents=True, exist_ok=True)
    with (DATA_DIR / "template.lock").open("w") as lock, maintenance.cursor() as cursor:
        fcntl.flock(lock, fcntl.LOCK_EX)
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{PREFIX}%"])
        found = {row[0] for row in cursor.fetchall()}
        if name not in found:
            draft = f"{name}_new"
            for old in found:
                cursor.execute(
                    sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(old))
                )
            cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(draft)))
            migrate(settings, draft)
            cursor.execute(
                sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                    sql.Identifier(draft), sql.Identifier(name)
                )
            )
    maintenance.close()
    return name


def migrate(settings: dict[str, Any], name: str) -> None:
    host = f"{settings['HOST']}:{settings['PORT'] or 5432}"
    url = f"postgres://{settings['USER']}:{settings['PASSWORD']}@{host}/{name}"
    done = subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity=0"],
        cwd=BASE_DIR,
        env={**os.environ, "DATABASE_URL": url},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode:
        raise Problem(f"The migrations do not run:\n{done.stderr}")
