"""Name the tests of what was changed, for `make quick`.

    .venv/bin/python -m dev.changed

What is changed and not committed counts; where nothing is, the last commit. A room's files stand
for the room's tests, a test file for itself. What a change does to other rooms `make test` tells.
"""

import subprocess
from collections.abc import Iterable
from pathlib import Path

from dev.services import BASE_DIR

TESTS = Path("tests")
OTHERWISE = TESTS / "lib"


def tests_for(paths: Iterable[str]) -> list[str]:
    """Give the test files and folders to run for these files of the repository."""
    found = {_test_for(Path(path)) for path in paths}
    there = {path for path in found if (BASE_DIR / path).exists()} or {OTHERWISE}
    return sorted(str(path) for path in there if not (set(path.parents) & there))


def _test_for(path: Path) -> Path:
    if path.parts[0] == "tests":
        return path if path.name.startswith("test_") else path.parent
    room = path.parts[1] if path.parts[0] == "templates" and len(path.parts) > 2 else path.parts[0]
    tests = TESTS / room
    return tests if (BASE_DIR / tests).is_dir() else OTHERWISE


def changed() -> list[str]:
    """The files changed since the last commit, or in it where none is; none without git."""
    now = _git("diff", "--name-only", "HEAD") + _git("ls-files", "--others", "--exclude-standard")
    return now or _git("show", "--name-only", "--format=", "HEAD")


def _git(*arguments: str) -> list[str]:
    try:
        done = subprocess.run(["git", *arguments], cwd=BASE_DIR, capture_output=True, text=True)
    except FileNotFoundError:
        return []
    return done.stdout.split("\n")[:-1] if done.returncode == 0 else []


if __name__ == "__main__":
    print(" ".join(tests_for(changed())))
