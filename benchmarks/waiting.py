"""The early help waiting list with 5,000 families waiting, beside the same page with 50.

    python -m dev.with_servers -m benchmarks.waiting --sizes 50 5000

Fills a database for each size, each family of two children with its limits, risk, safe-check and
visit, and as many waits again that have ended, and times the page in turns, so that a busy machine
is busy for both. The databases are made and dropped again.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "slough_front_door.settings")
    os.environ.setdefault("LOG_LEVEL", "ERROR")
    django.setup()

from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.choices import Role, TeamKind
from accounts.models import RoleAssignment, Team, TeamMembership, User
from benchmarks.board import LONG_AGO, PLAIN_FILES, Filled, Page, summary, timed, use
from cases.models import Responsibility, Visit, VisitChild, WaitingEntry, WaitingGroup
from demonstration.million import insert
from early_help.models import Episode, EpisodeChild, SafeCheck
from early_help.queries.waiting import PAGE_LENGTH
from lib import application_clock
from people.models import Person
from record.models import Clock

NOW = datetime(2026, 3, 12, 13, 30, tzinfo=UTC)
SIZES = (50, 5_000)
CHILDREN = 2
MEDIAN_RATIO_BUDGET = 1.3
#: The same rows are shown at both sizes: with 50 families each of these pages is full.
PAGES = {"first page": "", "second page": "?page=2", "past their limit": "?show=delayed"}


def staff() -> User:
    """The coordinator, whose team holds every family."""
    user = User.objects.create(email="bench@slough.example", full_name="Bench Testwood")
    RoleAssignment.objects.create(user=user, role=Role.EARLY_HELP_COORDINATOR, from_at=LONG_AGO)
    team = Team.objects.create(name="Early help", kind=TeamKind.EARLY_HELP, manager=user)
    TeamMembership.objects.create(user=user, team=team, from_on=LONG_AGO.date())
    return user


def _id(kind: str, number: str = "f") -> str:
    """SQL that gives a made-up id, as scattered as those of real rows."""
    return f"md5('{kind}' || {number})::uuid"


def fill(families: int, coordinator: User) -> None:
    """Put so many families on the list, and as many whose wait has ended, by set-based SQL."""
    every = families * 2
    family = f"generate_series(1, {every}) AS f"
    child = (
        f"(SELECT n, (n - 1) / {CHILDREN} + 1 AS f"  # noqa: S608 - our own numbers
        f" FROM generate_series(1, {every * CHILDREN}) AS n) AS made"
    )
    now = f"'{NOW.isoformat()}'::timestamptz"
    me = f"'{coordinator.pk}'::uuid"
    team = f"'{Team.objects.get().pk}'::uuid"
    asked = f"{now} - (3 + (f * 37) % 90) * interval '1 day'"
    waits = f"f <= {families}"
    ended = f"CASE WHEN {waits} THEN NULL ELSE {now} - (f % 3) * interval '1 day' END"
    with connection.cursor() as cursor:
        # Foreign keys hold by construction.
        cursor.execute("SET session_replication_role = replica")
    insert(
        Person,
        child,
        "TRUE",
        id=_id("child", "n"),
        la_child_id="'SL' || lpad(n::text, 8, '0')",
        stage="'born'",
        given_name="(ARRAY['Aaliyah', 'Zayn', 'Mina', 'Leo', 'Kacper'])[n % 5 + 1]",
        family_name="'Testwood'",
        date_of_birth="DATE '2012-01-01' + (n % 4000)",
        sex="'U'",
        recorded_at=asked,
    )
    insert(
        Episode,
        family,
        "TRUE",
        id=_id("episode"),
        state=f"CASE WHEN {waits} THEN 'waiting' ELSE 'assessing' END",
        asked_by="'school'",
        requested_at=asked,
        asker_name="'Sally Outreach'",
        reasons="'Late every day, hungry twice a week.'",
        family_wants="'Help with mornings.'",
        level="CASE WHEN f % 3 = 0 THEN '2' ELSE '3' END",
        team_id=team,
        route="'targeted'",
        screened_at=asked,
        screened_by_id=me,
        started_at=ended,
        recorded_at=asked,
    )
    insert(
        EpisodeChild,
        child,
        "TRUE",
        id=_id("helped", "n"),
        episode_id=_id("episode"),
        child_id=_id("child", "n"),
        from_at=asked,
        recorded_at=asked,
    )
    insert(
        WaitingGroup,
        family,
        "TRUE",
        id=_id("group"),
        queue="'early_help'",
        state=f"CASE WHEN {waits} THEN 'waiting' ELSE 'started' END",
        team_id=team,
        subject_kind="'early_help'",
        subject_id=_id("episode"),
        priority="'p' || (f % 3 + 1)",
        reason="'Two children, one carer, nobody at home before school'",
        factors="""'[{"code": "LONE_CARER", "words": "lone carer", "points": 2}]'::jsonb""",
        risk_rank="f % 3 + 1",
        queue_rank="f % 3 + 1",
        need_score="f % 9",
        since_at=asked,
        told="'About eight weeks. Ring 01632 960300 if things get worse.'",
        interim_help="'Breakfast club at school from Monday.'",
        ended_at=ended,
        version="1",
        by_id=me,
        recorded_at=asked,
    )
    insert(
        WaitingEntry,
        child,
        "TRUE",
        id=_id("entry", "n"),
        group_id=_id("group"),
        queue="'early_help'",
        child_id=_id("child", "n"),
        since_at=asked,
        risk="(ARRAY['high', 'moderate', 'low'])[f % 3 + 1]",
        risk_at=asked,
        ended_at=ended,
        recorded_at=asked,
    )
    insert(
        Responsibility,
        child,
        "TRUE",
        id=_id("held", "n"),
        child_id=_id("child", "n"),
        team_id=team,
        manager_id=me,
        from_at=asked,
        reason="'early_help.started'",
        recorded_at=asked,
    )
    for rule, days in (("EH-START", 40), ("EH-SEVERE", 60), ("EH-REVIEW", 20)):
        due = f"{asked} + {days} * interval '1 day'"
        insert(
            Clock,
            family,
            "TRUE",
            id=_id(rule),
            rule=f"'{rule}-P' || (f % 3 + 1)",
            subject_kind="'waiting'",
            subject_id=_id("group"),
            started_at=asked,
            unit="'working_days'",
            limit=str(days),
            warn_at=due,
            due_at=due,
            very_late_at=due,
            stopped_at=ended,
            stop_reason=f"CASE WHEN {waits} THEN '' ELSE 'met' END",
            recorded_at=asked,
            recorded_by_id=me,
        )
    insert(
        SafeCheck,
        family,
        "f % 3 > 0",
        id=_id("check"),
        episode_id=_id("episode"),
        group_id=_id("group"),
        at=f"{asked} + interval '2 days'",
        means="'phone'",
        is_reached="TRUE",
        spoke_to="'Hana'",
        found="'same'",
        by_id=me,
        recorded_at=asked,
    )
    insert(
        Visit,
        family,
        "f % 2 = 0",
        id=_id("visit"),
        at=f"{asked} + interval '1 day'",
        purpose="'early_help'",
        outcome="'kept'",
        by_id=me,
        is_by_social_worker="FALSE",
        recorded_by_id=me,
        recorded_at=asked,
    )
    insert(
        VisitChild,
        child,
        "f % 2 = 0",
        id=_id("seen", "n"),
        visit_id=_id("visit"),
        child_id=_id("child", "n"),
        at=f"{asked} + interval '1 day'",
        was_seen="TRUE",
        was_seen_alone="TRUE",
    )
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = origin")
        cursor.execute("VACUUM (ANALYZE)")


def pages_of(user: User) -> Mapping[str, Callable[[], object]]:
    """The list, each page as one request."""
    client = Client()
    client.force_login(user)

    def get(query: str) -> Callable[[], object]:
        def call() -> object:
            response = client.get(reverse("early_help:waiting") + query)
            assert response.content.count(b'id="place-') == PAGE_LENGTH, response
            return response

        return call

    return {name: get(query) for name, query in PAGES.items()}


def filled(families: int, *, like: str) -> Filled:
    """Make a database like an empty one, and fill it."""
    name = f"waiting_{families}_{os.getpid()}"
    _outside(f'CREATE DATABASE "{name}" TEMPLATE "{like}"')
    use(name)
    started = time.perf_counter()
    coordinator = staff()
    fill(families, coordinator)
    print(f"{families:,} families in {time.perf_counter() - started:.0f} s", flush=True)
    return Filled(name, pages_of(coordinator))


def _outside(statement: str) -> None:
    """Run a statement about databases from another one."""
    connection.close()
    with connection._nodb_cursor() as cursor:
        cursor.execute(statement)


def in_turns(databases: Mapping[int, Filled], *, rounds: int) -> dict[int, dict[str, Page]]:
    """Time all pages of all databases in turns."""
    taken: dict[tuple[int, str], list[float]] = {}
    queries: dict[tuple[int, str], int] = {}
    for turn in range(rounds):
        for size, one in databases.items():
            use(one.name)
            for name, call in one.pages.items():
                call()
                if not turn:
                    call()
                    with CaptureQueriesContext(connection) as captured:
                        call()
                    queries[size, name] = len(captured)
                taken.setdefault((size, name), []).extend(timed(call) for _ in range(5))
    return {
        size: {name: summary(taken[size, name], queries[size, name]) for name in one.pages}
        for size, one in databases.items()
    }


def measured(sizes: tuple[int, ...] = SIZES, *, rounds: int = 10) -> dict[int, dict[str, Page]]:
    """Fill a database for each size, time the pages, and drop the databases again."""
    before = connection.settings_dict["NAME"]
    connection.settings_dict["TEST"]["NAME"] = f"waiting_{os.getpid()}"
    empty = connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    databases: dict[int, Filled] = {}
    try:
        with (
            application_clock.set_to(NOW + timedelta(seconds=1)),
            override_settings(STORAGES=PLAIN_FILES),
        ):
            for size in sizes:
                databases[size] = filled(size, like=empty)
            return in_turns(databases, rounds=rounds)
    finally:
        for one in databases.values():
            _outside(f'DROP DATABASE IF EXISTS "{one.name}"')
        use(empty)
        connection.creation.destroy_test_db(before, verbosity=0)


def failures(found: Mapping[int, Mapping[str, Page]]) -> list[str]:
    """What of the bar does not hold."""
    small, large = found[min(found)], found[max(found)]
    said = []
    for name in PAGES:
        ratio = large[name].median_ms / small[name].median_ms
        if ratio > MEDIAN_RATIO_BUDGET:
            said.append(f"{name}: {ratio:.2f} times, budget {MEDIAN_RATIO_BUDGET}")
        if large[name].queries != small[name].queries:
            said.append(f"{name}: {small[name].queries} queries, then {large[name].queries}")
    return said


def report(found: Mapping[int, Mapping[str, Page]]) -> str:
    """Put it into a table, with the ratio of each page below."""
    lines = ["", "| Families | Page | median ms | p95 ms | spread ms | queries |"]
    lines.append("| --- | --- | --- | --- | --- | --- |")
    lines += [
        f"| {size:,} | {name} | {page.median_ms:.1f} | {page.p95_ms:.1f} | {page.spread_ms:.1f} |"
        f" {page.queries} |"
        for size, pages in found.items()
        for name, page in pages.items()
    ]
    small, large = found[min(found)], found[max(found)]
    lines += [
        f"{name}: {large[name].median_ms / small[name].median_ms:.2f} times (budget"
        f" {MEDIAN_RATIO_BUDGET})"
        for name in PAGES
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES)
    parser.add_argument("--rounds", type=int, default=10)
    options = parser.parse_args()
    found = measured(tuple(options.sizes), rounds=options.rounds)
    print(report(found))
    if said := failures(found):
        raise SystemExit("; ".join(said))


if __name__ == "__main__":
    main()
