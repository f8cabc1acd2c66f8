"""What every test may use. Servers are started by `dev/pytest_services.py` before Django loads."""

pytest_plugins = ["tests.personas"]
