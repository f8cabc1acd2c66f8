"""What every test may use. Servers are started by `dev/pytest_services.py` before Django loads.

Browser tests ask for `page` (JavaScript on), `plain_page` (off) or `open_page` (choose), and sign
in with `sign_in(page, user)`:

    @pytest.mark.browser
    def test_board_has_no_violations(page, sign_in, axe, live_server, mash_manager):
        sign_in(page, mash_manager)
        page.goto(live_server.url + "/mash/board/")

        assert axe(page) == []
"""

import gc
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.core.cache import cache
from django.db import connection, transaction
from hypothesis import HealthCheck
from hypothesis import settings as property_settings

from dev import template_database
from dev.services import BASE_DIR
from record import kept

pytest_plugins = ["tests.personas", "tests.twice"]

# The first property of a process waits while hypothesis reads all our modules for constants.
property_settings.register_profile("ours", suppress_health_check=[HealthCheck.too_slow])
property_settings.load_profile("ours")

AXE = BASE_DIR / "node_modules" / "axe-core" / "axe.min.js"
# WCAG 2.2 AA, and axe's own advice on headings and landmarks.
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PAGE_SECONDS = 15


def pytest_collection_finish() -> None:
    """Leave what is imported out of the search for garbage: it took a tenth of a run."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 50)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Copy each test database from one migrated template."""
    default = settings.DATABASES["default"]
    default["TEST"]["TEMPLATE"] = template_database.prepared(default)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """End what is still connected before the database is dropped, which else waits and fails.

    That is PostgreSQL's own cleaning after tests that fill and empty tables, and threads that a
    test left to end by themselves.
    """
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    """Let no test find what another left in the cache, or in what the process keeps."""
    yield
    cache.clear()
    kept.settle_all()


@pytest.fixture(scope="session", autouse=True)
def _documents_apart(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep what tests upload out of the folder of the running service."""
    settings.DOCUMENT_ROOT = tmp_path_factory.mktemp("documents")


@pytest.fixture(autouse=True)
def _reference_data(request: pytest.FixtureRequest, _django_db_marker: None) -> None:
    """Read calendar, limits and code lists before a test counts its queries.

    A test that is not rolled back finds the tables emptied by the one before it, so what the
    migrations filled is filled again.
    """
    asks = request.node.get_closest_marker("django_db") is not None
    if not asks and "_django_db_helper" not in request.fixturenames:
        return
    request.getfixturevalue("_django_db_helper")
    from tests import reference_data

    reference_data.fill_and_read()


@pytest.fixture(scope="module")
def made_once(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Let a fixture of a module make a history once; each test is undone to where it stood.

    Not for modules with tests that are not rolled back: those empty the tables.
    """
    from tests import reference_data

    around = transaction.atomic()
    around._from_testcase = True
    with django_db_blocker.unblock():
        # Before the transaction: what a test emptied is filled for those after this module too.
        reference_data.fill_and_read()
        with around:
            yield
            transaction.set_rollback(True)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """One headless Chromium for the run."""
    from playwright.sync_api import sync_playwright

    from dev.browser import launch_options

    # Playwright keeps an event loop in this thread; the tests' own queries are not part of it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(**launch_options())
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(
    browser: Any, live_server: Any, django_db_serialized_rollback: None
) -> Iterator[Callable[..., Any]]:
    """Return a function that opens a page of its own: `open_page(javascript=True, width=1280)`.

    Anything a page writes to the console as an error, or throws, fails the test at its end.
    """
    contexts: list[Any] = []
    faults: list[str] = []

    def note(message: Any) -> None:
        # An answer of 4xx or 5xx is written to the console too; tests assert those themselves.
        if message.type == "error" and "Failed to load resource" not in message.text:
            faults.append(message.text)

    def open_one(*, javascript: bool = True, width: int = 1280, height: int = 900) -> Any:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            java_script_enabled=javascript,
            locale="en-GB",
            timezone_id="Europe/London",
            base_url=live_server.url,
            reduced_motion="reduce",
        )
        context.set_default_timeout(PAGE_SECONDS * 1000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", note)
        page.on("pageerror", lambda error: faults.append(str(error)))
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert faults == []


@pytest.fixture
def page(open_page: Callable[..., Any]) -> Any:
    """A page with JavaScript."""
    return open_page()


@pytest.fixture
def plain_page(open_page: Callable[..., Any]) -> Any:
    """A page without JavaScript."""
    return open_page(javascript=False)


@pytest.fixture
def sign_in(live_server: Any) -> Callable[[Any, Any], None]:
    """Return a function that signs a page's browser in as a user, without the log-in page."""

    def sign_page_in(page: Any, user: Any) -> None:
        session = SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.save()
        page.context.add_cookies(
            [
                {
                    "name": settings.SESSION_COOKIE_NAME,
                    "value": session.session_key,
                    "url": live_server.url,
                }
            ]
        )

    return sign_page_in


@pytest.fixture
def axe() -> Callable[[Any], list[str]]:
    """Return a function that lists what axe finds wrong with a page, a line for each element."""
    script = AXE.read_text()

    def run(page: Any) -> list[str]:
        page.evaluate(script)
        result = page.evaluate(
            "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})", AXE_TAGS
        )
        return [
            f"{found['id']}: {found['help']}: {' '.join(map(str, node['target']))}"
            for found in result["violations"]
            for node in found["nodes"]
        ]

    return run
