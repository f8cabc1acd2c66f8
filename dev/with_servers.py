"""Run a Python command with the private servers up, and stop those this started.

.venv/bin/python -m dev.with_servers manage.py seed --size year
"""

import os
import signal
import subprocess
import sys

from dev import services


def main() -> None:
    with services.held(services.DEVELOPMENT):
        started = []
        try:
            if not os.environ.get("DATABASE_URL") or not os.environ.get("REDIS_URL"):
                services.prepare(services.DEVELOPMENT)
            for kind, variable, stop_signal in (
                ("postgres", "DATABASE_URL", signal.SIGINT),
                ("valkey", "REDIS_URL", signal.SIGTERM),
            ):
                if os.environ.get(variable) or services.is_ours(services.DEVELOPMENT, kind):
                    continue
                started.append(
                    services.start_server(services.DEVELOPMENT, kind, stop_signal=stop_signal)
                )
        except services.Problem as problem:
            sys.exit(str(problem))
    try:
        done = subprocess.run([sys.executable, *sys.argv[1:]], cwd=services.BASE_DIR)
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        if started:
            services.stop(services.DEVELOPMENT)
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
