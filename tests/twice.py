"""Every form that some test sends with success is sent once more, as a double press does.

The second sending must write nothing and be no failure. It is undone, so that the test goes on as
if it had not been. Each address is tried once in a run, by whichever test comes to it first. A run
of all tests names at its end the addresses of the access table that nobody sent with success,
unless they stand in `WRITES_NOTHING`, in `BY_TOKEN` (`tests/test_access.py` sees to it that such a
form claims its token before anything else) or in `BY_STATE`.
"""

from __future__ import annotations

import copy
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from tests.garbled import Forms

WRITES = re.compile(r'(?:^|;)\s*(INSERT INTO|UPDATE|DELETE FROM) "?(\w+)')
CLAIMS = "record_formtoken"
SAVEPOINT = re.compile(r"(ROLLBACK TO )?SAVEPOINT (\S+)")
#: What a second sending may write: that it was read, what is typed, that the form came.
BESIDE = re.compile(rf"record_readlog|record_draft|{CLAIMS}|django_session|pghistory_context")

BY_NATURE: dict[str, str] = {
    "accounts:edit_user": "the same details are written over themselves",
    "mash:contact_danger": "its page carries what stood, so that the second is a clash",
    "mash:contact_domestic_abuse": "its page carries what stood, so that the second is a clash",
    "mash:contact_send": "its page carries what stood, so that the second is a clash",
    "mash:save_view": "the view of this name is written over itself",
}
"""Forms whose second sending writes, and why nothing is there twice."""

WRITES_NOTHING: frozenset[str] = frozenset(
    {
        "accounts:keep_alive",
        "accounts:users",
        "cases:search",
        "early_help:find",
        "mash:board",
        "mash:candidates",
        "mash:contact_drop",
        "mash:contact_first_child",
        "mash:contact_write",
        "mash:network",
        "record:access_log",
        "record:draft_drop",
        "record:draft_save",
        "record:draft_save_by_id",
    }
)
"""Forms that record nothing: what is looked for, and what is typed and not sent yet."""

BY_TOKEN: frozenset[str] = frozenset(
    {
        "assessments:abandon",
        "assessments:add_child",
        "assessments:again",
        "assessments:cin_first_meeting",
        "assessments:not_assessed",
        "assessments:take_out",
        "assessments:transfer_ready",
        "assessments:transfer_review",
        "early_help:step_up_take_back",
        "mash:agency_discussion",
        "mash:discussion_action",
        "mash:discussion_answer",
        "mash:discussion_cancel",
        "mash:discussion_further",
        "mash:exploitation_analysis",
        "mash:exploitation_close",
        "mash:exploitation_no-nrm",
        "mash:mapping_close",
        "mash:missing_close",
        "mash:missing_discussion",
        "mash:missing_interview",
        "mash:missing_no_interview",
        "mash:missing_offer",
        "mash:missing_return",
        "mash:missing_screen",
    }
)
"""Forms that no test sends with success, and that claim their token before they act."""

BY_STATE: dict[str, str] = {
    "assessments:ask_for": "a request that is open is not made again",
    "assessments:checkpoint": "the action claims the token of the form",
    "assessments:cin_drift": "each check is recorded once, by months",
    "assessments:cin_give_up": "a plan that is given up is no draft",
    "assessments:cin_goal": "the version that was read",
    "assessments:cin_goal_take_out": "a goal that is taken out is not found",
    "assessments:conference_moved_in": "the action claims the token of the form",
    "assessments:request": "a request is answered once",
    "assessments:transfer_book": "the same meeting stands as booked",
    "assessments:transfer_complete": "a transfer that is completed is not allocated",
    "assessments:transfer_dates": "the same dates are written over themselves",
    "assessments:transfer_dispute": "one disagreement at a time",
    "assessments:transfer_meeting": "a transfer that is accepted or returned waits for no meeting",
    "assessments:transfer_settle": "a disagreement is decided once",
    "assessments:transfer_wait": "a family that waits is not accepted again",
    "assessments:transfer_withdraw": "a transfer that is withdrawn is over",
    "assessments:write": "the same words make no new text",
    "cases:risk_review_give": "whose it is already keeps it",
    "record:policy_approve": "a change that is approved waits for no answer",
}
"""Forms that no test sends with success, and what refuses the second."""


@pytest.fixture(scope="session", autouse=True)
def _send_again(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    from django.test import Client

    base = tmp_path_factory.getbasetemp()
    tried = _noted(base.parent if "PYTEST_XDIST_WORKER" in os.environ else base)
    patch = pytest.MonkeyPatch()
    patch.setattr(Client, "post", _posting(Client.post, tried))
    yield
    patch.undo()


def _noted(base: Path) -> Path:
    """The folder in which the processes of a run note what they tried."""
    folder = base / "sent-twice"
    folder.mkdir(exist_ok=True)
    return folder


def forms_of_ours() -> frozenset[str]:
    """The names of all addresses of the access table that take a form of ours."""
    from tests.access_table import ROWS

    return frozenset(name for name, row in ROWS.items() if row.post and not row.library)


def _posting(post: Callable[..., Any], tried: Path) -> Callable[..., Any]:
    def sent(self: Any, path: str, data: Any = None, *given: Any, **named: Any) -> Any:
        from django.db import connection

        name = _name_of(path, data, named)
        note = tried / name.replace(":", ".")
        if not name or not connection.in_atomic_block or note.exists():
            return post(self, path, data, *given, **named)
        with writing() as tables:
            answer = post(self, path, data, *given, **named)
        # Where a test counts queries, those of a second sending would be counted too.
        is_counted = connection.force_debug_cursor
        is_sent = _leads_on(answer) and bool(_recorded(tables)) and not is_counted
        if is_sent and name in forms_of_ours() and _is_first(note):
            again = {key: value for key, value in named.items() if key != "follow"}
            fault = _sent_again(self, post, path, dict(data or {}), again)
            assert not fault or name in BY_NATURE, f"{name}, sent twice: {fault}"
        return answer

    return sent


def _name_of(path: str, data: Any, named: Mapping[str, Any]) -> str:
    """The name of the address where a form is sent to, or nothing."""
    from django.urls import Resolver404, resolve

    if named.get("content_type") or not isinstance(data, dict | None):
        return ""
    try:
        return resolve(urlsplit(str(path)).path).view_name or ""
    except Resolver404:
        return ""


def _is_first(note: Path) -> bool:
    try:
        note.touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


@contextmanager
def writing(*, is_undone_too: bool = False) -> Iterator[set[str]]:
    """Give the tables in which rows are written meanwhile, with how; what is undone counts not."""
    from django.db import connection

    tables: set[str] = set()
    before: dict[str, set[str]] = {}

    def look(execute: Any, statement: str, values: Any, many: bool, context: Any) -> Any:
        done = execute(statement, values, many, context)
        step = SAVEPOINT.match(statement) if isinstance(statement, str) else None
        if step and not step[1]:
            before[step[2]] = set(tables)
        elif step and not is_undone_too:
            tables.intersection_update(before.get(step[2], set()))
        found = WRITES.search(statement) if isinstance(statement, str) else None
        if found and context["cursor"].rowcount != 0:
            tables.add(f"{found[1]} {found[2]}")
        return done

    with connection.execute_wrapper(look):
        yield tables


def _leads_on(answer: Any) -> bool:
    """Say whether a form was taken: what a page that says what is wrong wrote is undone."""
    return answer.status_code == 302 or bool(getattr(answer, "redirect_chain", ()))


def _recorded(tables: set[str]) -> list[str]:
    return sorted(each for each in tables if not BESIDE.match(each.rpartition(" ")[2]))


def _sent_again(
    client: Any, post: Callable[..., Any], path: str, data: dict[str, Any], named: dict[str, Any]
) -> str:
    """Say what is wrong with the second sending, if anything is."""
    from django.db import transaction

    undone = transaction.atomic()
    undone._from_testcase = True  # the reading log writes beside it, as in a test
    cookies = copy.deepcopy(client.cookies)
    with undone:
        fault = _fault_of(client, post, path, data, named)
        if fault:
            # A browser sends what the page carries, such as the token; without it each sending is
            # a new form. So the page as it stands now is sent, and sent once more.
            typed = {key: value for key, value in data.items() if value or key != "token"}
            data = {"token": str(uuid4()), **_carried(client, path), **typed}
            _fault_of(client, post, path, data, named)
            fault = _fault_of(client, post, path, data, named)
        transaction.set_rollback(True)
    client.cookies = cookies
    return fault


def _carried(client: Any, path: str) -> dict[str, str]:
    page = client.get(path)
    if page.streaming or page.status_code != 200:
        return {}
    return {
        name: of.value
        for form in Forms(page.content.decode()).found
        for name, of in form.fields.items()
        if of.kind == "hidden"
    }


def _fault_of(
    client: Any, post: Callable[..., Any], path: str, data: dict[str, Any], named: dict[str, Any]
) -> str:
    for value in data.values():
        if hasattr(value, "seek"):
            value.seek(0)
    with writing() as tables:
        answer = post(client, path, data, **named)
    if answer.status_code >= 500:
        return f"answered with {answer.status_code}"
    return ", ".join(_recorded(tables)) if _leads_on(answer) else ""


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Name the forms of the access table that a run of all tests never sent with success."""
    config = session.config
    is_whole = config.args_source == pytest.Config.ArgsSource.TESTPATHS and not (
        config.option.keyword or config.option.markexpr or exitstatus
    )
    if "PYTEST_XDIST_WORKER" in os.environ or not is_whole:
        return
    tried = {note.name for note in _noted(config._tmp_path_factory.getbasetemp()).iterdir()}
    otherwise = WRITES_NOTHING | BY_TOKEN | BY_STATE.keys()
    missing = {name for name in forms_of_ours() - otherwise if name.replace(":", ".") not in tried}
    if missing:
        said = f"No test sends these with success; see tests/twice.py: {sorted(missing)}"
        config.pluginmanager.get_plugin("terminalreporter").write_line(said, yellow=True)
