"""What can be said of the container files without an engine to run them."""

import re

import pytest
import yaml

from dev.services import BASE_DIR

SETTINGS = (BASE_DIR / "slough_front_door" / "settings.py").read_text()
DOCKERFILE = (BASE_DIR / "Dockerfile").read_text()
READ = set(
    re.findall(r'(?:flag|needed|text|number|listed)\(\s*"([A-Z_]+)"', SETTINGS)
    + re.findall(r'environ(?:\.get\(|\[)"([A-Z_]+)"', SETTINGS)
) - {"SFD_TESTING", "SFD_TEST_DB"}


@pytest.fixture(scope="module")
def compose():
    return yaml.safe_load((BASE_DIR / "docker-compose.yml").read_text())


def test_compose_starts_every_process(compose):
    assert set(compose["services"]) == {"web", "worker", "beat", "migrate", "postgres", "valkey"}


def test_compose_checks_the_health_of_every_lasting_service(compose):
    unchecked = [
        name
        for name, service in compose["services"].items()
        if "test" not in service.get("healthcheck", {})
    ]

    assert unchecked == ["migrate"]


def test_compose_takes_every_secret_from_the_environment(compose):
    for name, service in compose["services"].items():
        for variable, value in service.get("environment", {}).items():
            if re.search("KEY|PASSWORD|SECRET|TOKEN|AUTH$|_URL", variable):
                bare = re.sub(r"\$\{[^}]*\}", "", value)
                assert "${" in value, f"{name}: {variable}"
                assert not re.search(r":[^/@$]+@", bare), f"{name}: {variable}"


def test_compose_passes_only_what_settings_read(compose):
    passed = set(compose["x-service"]["environment"])

    assert passed - READ == set()


def test_compose_runs_ours_without_privileges(compose):
    for name in ("web", "worker", "beat", "migrate"):
        service = compose["services"][name]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]


def test_worker_serves_every_queue(compose):
    command = compose["services"]["worker"]["command"]
    queues = set(command[command.index("--queues") + 1].split(","))

    assert queues == {"default", *re.findall(r'"queue": "([a-z]+)"', SETTINGS)}


def test_image_runs_as_an_ordinary_user():
    last_stage = DOCKERFILE.rsplit("\nFROM ", 1)[1]

    assert re.findall(r"^USER (.+)$", last_stage, re.MULTILINE) == ["frontdoor"]


def test_image_is_built_from_tagged_images_only():
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    stages = re.findall(r"^FROM \S+ AS (\S+)", DOCKERFILE, re.MULTILINE)

    assert [base for base in bases if ":" not in base and base not in stages] == []


def test_image_copies_what_exists_and_every_app():
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    sources = {source for line in copied for source in line.split()}
    installed = re.search(r"INSTALLED_APPS = \[(.*?)\]", SETTINGS, re.DOTALL)
    assert installed is not None
    ours = {
        app for app in re.findall(r'"(\w+)"', installed[1]) if (BASE_DIR / app / "apps.py").exists()
    }

    assert {source for source in sources if not (BASE_DIR / source).exists()} == set()
    assert ours - sources == set()


def test_image_holds_no_secret():
    assert not re.search(r"(SECRET_KEY|PASSWORD|TOKEN)\s*=", DOCKERFILE)


def test_every_variable_is_documented():
    documented = (BASE_DIR / "docs" / "operations.md").read_text()

    assert {name for name in READ if f"`{name}`" not in documented} == set()
