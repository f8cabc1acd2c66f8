"""Start everything on one machine, keep it running, and stop it without leaving a process behind.

Started by `make run`. The servers are the private ones unless DATABASE_URL or REDIS_URL name
others. A process that ends by itself is started again; what each wrote is in `.data/log/`.
"""

import contextlib
import ctypes
import errno
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import psycopg2

from dev import seed, services
from dev.seed import LOGS, step
from dev.services import BASE_DIR, DATA_DIR, Problem

HOST = os.environ.get("HOST") or "127.0.0.1"
QUEUES = "default,outbox,sweeps,exports"
ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
STOP_SECONDS = 20
WEB_SECONDS = 120
RESTARTS, RESTART_SECONDS = 8, 300  # so many in so long, and the supervisor gives up
LONGEST_WAIT = 15.0  # seconds before something that keeps ending is started again


class Stopped(Exception):
    """Somebody asked for an end: Ctrl-C or SIGTERM."""


@dataclass
class Process:
    """Something kept running: how it is started, and how it is asked to end."""

    name: str
    start: Callable[[], subprocess.Popen[bytes]]
    stop_signal: int = signal.SIGTERM
    running: subprocess.Popen[bytes] | None = None
    ended_at: list[float] = field(default_factory=list)


def say(line: str) -> None:
    with contextlib.suppress(OSError):  # the terminal may be gone; there is still work to end
        print(line, flush=True)


def port() -> int:
    text = os.environ.get("PORT") or "8000"
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise Problem(f"PORT must be a number from 1 to 65535, not {text!r}.")
    return int(text)


def check_port() -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port()))
        except OSError as problem:
            if problem.errno == errno.EACCES:
                raise Problem(
                    f"Only root may listen on port {port()}. Choose one above 1023:"
                    " make run PORT=8080"
                ) from problem
            raise Problem(
                f"Port {port()} is taken by another program. Stop that program, or choose another"
                f" port: make run PORT={services.free_port()}"
            ) from problem


def command(name: str, parts: list[str]) -> Callable[[], subprocess.Popen[bytes]]:
    """Return a function that starts a program in a process group of its own."""

    def start() -> subprocess.Popen[bytes]:
        LOGS.mkdir(parents=True, exist_ok=True)
        with (LOGS / f"{name}.log").open("ab") as out:
            return subprocess.Popen(
                parts,
                cwd=BASE_DIR,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
                preexec_fn=services.before_exec(as_postgres=False, stop_signal=signal.SIGTERM),
            )

    return start


def server(kind: str, stop_signal: int) -> Callable[[], subprocess.Popen[bytes]]:
    return lambda: services.start_server(services.DEVELOPMENT, kind, stop_signal=stop_signal)


class Supervisor:
    """The processes, in the order they are started; they are stopped in the opposite one."""

    def __init__(self) -> None:
        self.processes: list[Process] = []

    def add(self, process: Process) -> None:
        process.running = process.start()
        self.processes.append(process)

    def watch(self) -> None:
        """Start again what ends by itself; give up on what keeps ending."""
        while True:
            time.sleep(0.5)
            for process in self.processes:
                if process.running is None or process.running.poll() is not None:
                    self.start_again(process)

    def start_again(self, process: Process) -> None:
        """Start what ended once more, after a wait that doubles each time.

        A database whose processes are still on their way out, or a port that is not free yet,
        refuses at first; a busy machine needs longer for both.

        :raises Problem: it ended `RESTARTS` times in `RESTART_SECONDS`
        """
        now = time.monotonic()
        recent = [moment for moment in process.ended_at if now - moment < RESTART_SECONDS]
        process.ended_at = [*recent, now]
        if len(process.ended_at) > RESTARTS:
            raise Problem(
                f"The {process.name} keeps ending. What it said is in {LOGS} and {DATA_DIR};"
                " correct that and run make run again."
            )
        say(f"  The {process.name} ended by itself and is started again")
        if process.running is not None:
            end_group(process.running, process.stop_signal)  # children it left behind
        time.sleep(min(2.0 ** (len(process.ended_at) - 1), LONGEST_WAIT))
        with contextlib.suppress(Problem):  # it counts as ended, and is tried again
            process.running = process.start()

    def stop(self) -> None:
        for process in reversed(self.processes):
            if process.running is not None:
                end_group(process.running, process.stop_signal)


def end_group(running: subprocess.Popen[bytes], stop_signal: int) -> None:
    """Ask a process to end and wait; whatever is left of its group after that is killed."""
    if running.poll() is None:
        running.send_signal(stop_signal)
        with contextlib.suppress(subprocess.TimeoutExpired):
            running.wait(STOP_SECONDS)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(running.pid, signal.SIGKILL)
    running.wait()


def prepare_database() -> None:
    """Bring the tables up to date and, when nobody is there, make the demonstration authority."""
    url = os.environ["DATABASE_URL"]
    seed.prepare(url)
    off = {"false", "no", "off", "0"}
    if {os.environ.get(name, "").lower() for name in ("DEMONSTRATION", "SEED")} & off:
        return
    if seed.is_empty(url):
        seed.seed("small")


def wait_for_web(process: Process) -> None:
    address = f"http://{HOST}:{port()}/health/"
    end = time.monotonic() + WEB_SECONDS
    while True:
        try:
            with urllib.request.urlopen(address, timeout=2) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            pass
        ended = process.running is None or process.running.poll() is not None
        if ended or time.monotonic() > end:
            raise Problem(f"The web server did not start. What it said is in {LOGS / 'web.log'}.")
        time.sleep(0.1)


def start_all(supervisor: Supervisor) -> None:
    is_private = not os.environ.get("DATABASE_URL")
    place = services.DEVELOPMENT
    if is_private or not os.environ.get("REDIS_URL"):
        with step("Private servers"), services.held(place):
            services.prepare(place)
            for kind, variable, name, stop_signal in (
                ("postgres", "DATABASE_URL", "database server", signal.SIGINT),
                ("valkey", "REDIS_URL", "Valkey server", signal.SIGTERM),
            ):
                if os.environ.get(variable):
                    continue
                if not services.is_ours(place, kind):
                    supervisor.add(Process(name, server(kind, stop_signal), stop_signal))
                os.environ[variable] = place.url(kind)
    prepare_database()
    bin_folder = Path(sys.executable).parent
    with step("Web server and workers"):
        web = Process(
            "web server",
            command(
                "web",
                [
                    str(bin_folder / "gunicorn"), "slough_front_door.wsgi",
                    "--bind", f"{HOST}:{port()}",
                    "--workers", os.environ.get("WEB_CONCURRENCY", "2"),
                    "--threads", "4",
                    "--timeout", "60",
                    "--graceful-timeout", "10",
                    "--no-control-socket",
                    "--preload",  # read once, not once for each worker
                ],
            ),
        )  # fmt: skip
        celery = [str(bin_folder / "celery"), "--app", "slough_front_door"]
        supervisor.add(web)
        wait_for_web(web)
        supervisor.add(
            Process(
                "worker",
                command(
                    "worker",
                    [*celery, "worker", "--queues", QUEUES, "--concurrency", "2", "--loglevel",
                     "WARNING", "--without-gossip", "--without-mingle"],
                ),
            )
        )  # fmt: skip
        supervisor.add(
            Process(
                "schedule",
                command("schedule", [*celery, "beat", "--loglevel", "WARNING", "--pidfile", ""]),
            )
        )
    shown = "127.0.0.1" if HOST in {"0.0.0.0", "::"} else HOST  # noqa: S104 (comparing, not binding)
    say(f"\nSlough Front Door: http://{shown}:{port()}/")
    subprocess.run(
        [sys.executable, "manage.py", "demonstration_logins"], cwd=BASE_DIR,
        stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip
    say("Ctrl-C stops everything.")


def stop_with_make() -> None:
    """End when make ends, even if make is killed outright."""
    if os.environ.get("MAKELEVEL"):
        ctypes.CDLL(None).prctl(services.PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


def stop_with_terminal() -> None:
    """End when the terminal is gone: make hears of that but does not pass it on."""
    if os.isatty(0):
        signal.signal(signal.SIGALRM, on_tick)
        signal.setitimer(signal.ITIMER_REAL, 1, 1)


def on_tick(number: int, frame: FrameType | None) -> None:
    if not os.isatty(0):
        on_signal(number, frame)


def on_signal(_number: int, _frame: FrameType | None) -> None:
    for number in (*ENDS, signal.SIGALRM):
        signal.signal(number, signal.SIG_IGN)  # one is enough; stopping is not to be interrupted
    raise Stopped


def main() -> None:
    for number in ENDS:
        signal.signal(number, on_signal)
    stop_with_make()
    stop_with_terminal()
    os.environ["SFD_DATA_DIR"] = str(DATA_DIR)
    supervisor = Supervisor()
    sentence = ""
    try:
        DATA_DIR.mkdir(parents=True, exist_ok=True)
        lock = (DATA_DIR / "run.lock").open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Problem(
                "make run is already running in this folder. Stop it there with Ctrl-C first."
            ) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        check_port()
        services.check_room(DATA_DIR)
        shutil.rmtree(LOGS, ignore_errors=True)
        start_all(supervisor)
        supervisor.watch()
    except Stopped:
        sentence = ""
    except Problem as problem:
        sentence = str(problem)
    except psycopg2.OperationalError as problem:
        sentence = f"The database does not answer: {str(problem).strip().splitlines()[0]}"
    except OSError as problem:
        if problem.errno in {errno.ENOSPC, errno.EDQUOT}:
            sentence = "The disk is full. Make room and run make run again."
        elif problem.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
            sentence = (
                f"{problem.filename} cannot be written. It may belong to another user: remove it"
                " as that user, or give it to you with chown -R, and run again."
            )
        else:
            raise
    finally:
        for number in (*ENDS, signal.SIGALRM):
            signal.signal(number, signal.SIG_IGN)
        if supervisor.processes:
            say("\nStopping …")
        supervisor.stop()
    if sentence:
        sys.exit(sentence)
    say("Stopped.")


if __name__ == "__main__":
    main()
