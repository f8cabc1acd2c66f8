"""Stop the private servers of this folder and remove their data and everything else that was made.

Runs with any Python 3.11+, because the environment itself may be what is broken; it stays, since
`make` repairs it.
"""

import fcntl
import os
import shutil
import signal
import sys
import time
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(os.environ.get("DATA_DIR") or BASE_DIR / ".data")
MADE = [DATA_DIR] + [
    BASE_DIR / name
    for name in (
        ".pytest_cache", ".mypy_cache", ".ruff_cache", ".import_linter_cache", ".hypothesis",
    )
]  # fmt: skip


def processes_using(folder: Path) -> list[int]:
    """Return what `dev/services.py` and `make run` started from a data folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            environment = (entry / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if f"SFD_DATA_DIR={folder}".encode() in environment:
            found.append(int(entry.name))
    return found


def supervisor_of(folder: Path) -> int | None:
    """Return the process that `make run` left in its lock, if it still holds it."""
    try:
        with (folder / "run.lock").open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return None
    except FileNotFoundError:
        return None
    except BlockingIOError:
        return int((folder / "run.lock").read_text())


def stop(folder: Path) -> None:
    supervisor = supervisor_of(folder)
    if supervisor is not None:
        os.kill(supervisor, signal.SIGTERM)
        end = time.monotonic() + 60
        while supervisor_of(folder) is not None and time.monotonic() < end:
            time.sleep(0.1)
    for kind, seconds in ((signal.SIGINT, 15.0), (signal.SIGKILL, 5.0)):
        end = time.monotonic() + seconds
        for process_id in processes_using(folder):
            try:
                os.kill(process_id, kind)
            except ProcessLookupError:
                continue
        while processes_using(folder) and time.monotonic() < end:
            time.sleep(0.1)


def main() -> None:
    stop(DATA_DIR)
    try:
        for folder in MADE:
            if folder.exists():
                shutil.rmtree(folder)
    except PermissionError as problem:
        sys.exit(
            f"{problem.filename} belongs to another user. Run make clean as that user, or as root."
        )
    print("Stopped the private servers and removed their data. make run starts from nothing.")


if __name__ == "__main__":
    main()
