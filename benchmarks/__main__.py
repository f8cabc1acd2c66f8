"""Run the benchmarks on the database at hand and report what they found.

make bench                       all of them
make bench ARGS="board search"   those of files whose name holds one of the words

All of them, and `matching`, end with the tables of the known-person search in a database of its
own: recall on the set that MATCHING_SET names, else on one of our own, and times at MATCHING_SIZES.
"""

import importlib
import inspect
import json
import os
import platform
import subprocess
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "slough_front_door.settings")
os.environ.setdefault("LOG_LEVEL", "ERROR")
django.setup()

from django.apps import apps  # noqa: E402 (the registry must be ready)
from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import setup_test_environment  # noqa: E402

FOLDER = Path(__file__).resolve().parent
COUNTED = ("cases.Contact", "people.Person", "accounts.User")


def somebody(role: str) -> Any:
    """Return a user of the seeded authority who holds a role."""
    assignments = apps.get_model("accounts", "RoleAssignment").objects
    found = (
        assignments.filter(role=role, to_at=None, user__is_active=True)
        .select_related("user")
        .order_by("pk")
        .first()
    )
    if found is None:
        sys.exit(f"Nobody holds the role {role}. Run make seed first.")
    return found.user


def arguments(function: Any) -> dict[str, Any]:
    return {
        name: Client() if name == "client" else somebody(name)
        for name in inspect.signature(function).parameters
    }


def surroundings() -> dict[str, Any]:
    """Return what a number means nothing without."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=FOLDER, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        version = cursor.fetchone()
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit.stdout.strip() or "unknown",
        "rows": {label: apps.get_model(label).objects.count() for label in COUNTED},
        "machine": f"{model}, {os.cpu_count()} cores",
        "postgresql": version[0] if version else "unknown",
        "python": platform.python_version(),
    }


def matching_tables() -> int:
    """Print recall, false alarms and times of the known-person search; give its exit status."""
    sizes = (os.environ.get("MATCHING_SIZES") or "5000 100000 1000000").split()
    print(f"\nKnown-person search: recall, then times at {', '.join(sizes)} people", flush=True)
    command = [sys.executable, "-m", "benchmarks.person_search", "--recall", "--sizes", *sizes]
    return subprocess.run(command, cwd=FOLDER.parent, check=False).returncode


def main() -> None:
    setup_test_environment()
    words = sys.argv[1:]
    report: dict[str, Any] = {**surroundings(), "benchmarks": {}}
    print(json.dumps({key: report[key] for key in report if key != "benchmarks"}, indent=2))
    over = []
    for path in sorted(FOLDER.glob("bench_*.py")):
        if words and not any(word in path.stem for word in words):
            continue
        module = importlib.import_module(f"benchmarks.{path.stem}")
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if not name.startswith("bench_"):
                continue
            found = function(**arguments(function))
            budget = getattr(module, "P95_BUDGET_MS", None)
            report["benchmarks"][name] = {**asdict(found), "p95_budget_ms": budget}
            is_over = budget is not None and found.p95_ms > budget
            over += [name] if is_over else []
            print(
                f"{name}: median {found.median_ms:.1f} ms, p95 {found.p95_ms:.1f} ms"
                f" (budget {budget or 'none'}), spread {found.spread_ms:.1f} ms,"
                f" {found.queries} queries{', OVER' if is_over else ''}",
                flush=True,
            )
    kept = Path(settings.DATA_DIR) / "benchmarks"
    kept.mkdir(parents=True, exist_ok=True)
    path = kept / f"{report['at'].replace(':', '')}.json"
    path.write_text(json.dumps(report, indent=2) + "\n")
    print(f"Kept in {path}")
    if (not words or "matching" in words) and matching_tables():
        sys.exit("The known-person search could not be measured.")
    if over:
        sys.exit(f"Over budget: {', '.join(over)}")


if __name__ == "__main__":
    main()
