"""What must hold before a commit, tests aside. Runs every check, then names those that failed."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable

from dev.services import BASE_DIR

BIN = BASE_DIR / ".venv" / "bin"
CODE = ["accounts", "assessments", "cases", "demonstration", "dev", "early_help", "lib", "mash",
        "partner_api", "people", "record", "slough_front_door"]  # fmt: skip


def program(*parts: str) -> Callable[[], str]:
    """Return a check that runs a program and gives back what it said, if it failed."""

    def run() -> str:
        done = subprocess.run(
            [str(BIN / parts[0]), *parts[1:]],
            cwd=BASE_DIR,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )
        return (done.stdout + done.stderr).strip() if done.returncode else ""

    return run


def requirements_are_locked() -> str:
    """Every package asked for is in the lock with a hash, and no address stands in the lock."""
    faults = []
    locked: set[str] = set()
    for name in ("base", "dev"):
        text = (BASE_DIR / "requirements" / f"{name}.txt").read_text()
        if re.search(r"https?://|--(extra-)?index|--find-links|\bfile:", text):
            faults.append(f"requirements/{name}.txt names an address")
        for pin in re.split(r"\n(?=[A-Za-z0-9])", text):
            match = re.match(r"([A-Za-z0-9._-]+)(\[[^]]*\])?==", pin)
            if not match:
                continue
            locked.add(plain(match[1]))
            if "--hash=sha256:" not in pin:
                faults.append(f"{match[1]} has no hash in requirements/{name}.txt")
        for line in (BASE_DIR / "requirements" / f"{name}.in").read_text().splitlines():
            wanted = re.match(r"[A-Za-z0-9._-]+", line)
            if wanted and not line.startswith("-") and plain(wanted[0]) not in locked:
                faults.append(f"{wanted[0]} is asked for but not locked: run make lock")
    return "\n".join(faults)


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def packages_are_locked() -> str:
    """Front-end packages are pinned to one version each, with a hash and without an address."""
    faults = []
    asked = json.loads((BASE_DIR / "package.json").read_text())
    lock = json.loads((BASE_DIR / "package-lock.json").read_text())["packages"]
    for kind in ("dependencies", "devDependencies"):
        if asked.get(kind, {}) != lock[""].get(kind, {}):
            faults.append(f"{kind} of package.json and its lock differ: run make lock")
        for name, version in asked.get(kind, {}).items():
            if not re.fullmatch(r"\d+\.\d+\.\d+", version):
                faults.append(f"{name} is not pinned to one version: {version}")
    for name, entry in lock.items():
        if name and "resolved" in entry:
            faults.append(f"{name} carries an address in package-lock.json")
        if name and not entry.get("integrity"):
            faults.append(f"{name} has no hash in package-lock.json")
    return "\n".join(faults)


CHECKS: list[tuple[str, Callable[[], str]]] = [
    ("Style (ruff)", program("ruff", "check", "--quiet", ".")),
    ("Layout (ruff format)", program("ruff", "format", "--check", "--quiet", ".")),
    ("Imports run one way (import-linter)", program("lint-imports", "--no-cache")),
    ("Types (mypy)", program("mypy", *CODE)),
    ("Templates (djlint)", program("djlint", "templates", "--lint", "--quiet")),
    (
        "Migrations",
        program("python", "manage.py", "makemigrations", "--check", "--dry-run", "--verbosity=1"),
    ),
    ("Settings and models", program("python", "manage.py", "check", "--fail-level", "WARNING")),
    ("Python packages are locked", requirements_are_locked),
    ("Front-end packages are locked", packages_are_locked),
]


def main() -> None:
    failed = []
    for name, check in CHECKS:
        started = time.monotonic()
        said = check()
        print(f"  {name}: {'failed' if said else 'ok'}, {time.monotonic() - started:.0f} s",
              flush=True)  # fmt: skip
        if said:
            failed.append(name)
            print(said, flush=True)
    if failed:
        sys.exit(f"Not in order: {', '.join(failed)}. make fix puts right what a program can.")


if __name__ == "__main__":
    main()
