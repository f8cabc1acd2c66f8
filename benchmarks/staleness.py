"""The sweep that finds assessments out of date, beside the same statements in psql.

    python -m dev.with_servers -m benchmarks.staleness --children 200000

Fills a database of its own with open children in families of four, assessed, some of them with a
change past its limit, a partner who moved in, a brother nobody assessed, or a transfer that waits.
Times the first sweep, which raises flags, and sweeps with nothing changed, which write nothing,
each in turns with psql running the very statements. Also looks again at one family, as an action
does, before PostgreSQL has counted a row and after. The database is made and dropped again.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import tempfile
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "slough_front_door.settings")
    os.environ.setdefault("LOG_LEVEL", "ERROR")
    django.setup()

from django.core.cache import cache
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.choices import Role, TeamKind
from accounts.models import RoleAssignment, Team, TeamMembership, User
from assessments.models import (
    Assessment,
    AssessmentChild,
    AssessmentMember,
    Transfer,
    TransferChild,
)
from cases.models import (
    Allocation,
    ChangeChild,
    ChangeOfCircumstance,
    ChildRiskReview,
    Involvement,
    Responsibility,
    Signal,
)
from demonstration.million import insert
from dev.services import postgres_program
from lib import application_clock
from people.models import Household, HouseholdMembership, Person
from record import calendar, flags
from record.models import Clock, Flag, OutboxMessage

NOW = datetime(2026, 3, 12, 13, 30, tzinfo=UTC)
LONG_AGO = datetime(2015, 1, 1, tzinfo=UTC)
CHILDREN = 200_000
FAMILY = 4
CODES = ("F-STALE",)
RATIO_BUDGET = 2.0
UNCOUNTED_BUDGET = 5.0


def uuid_of(kind: str, number: str = "n") -> str:
    """SQL that gives a made-up id, as scattered as those of real rows."""
    return f"md5('{kind}' || {number})::uuid"


CHILD, ADULT, HOUSEHOLD = uuid_of("child"), uuid_of("adult"), uuid_of("household", "f")
OTHER_RECORD = uuid_of("other record")
ASSESSMENT, PART = uuid_of("assessment", "f"), uuid_of("part")
CHANGE, TRANSFER = uuid_of("change", "f"), uuid_of("transfer", "f")


def staff() -> User:
    """A manager whose team holds everybody, and who works with them, too."""
    manager = User.objects.create(email="bench@slough.example", full_name="Bench Testwood")
    RoleAssignment.objects.create(user=manager, role=Role.ASSESSMENT_TEAM_MANAGER, from_at=LONG_AGO)
    for kind in (TeamKind.ASSESSMENT, TeamKind.SAFEGUARDING_FAMILY_SUPPORT):
        team = Team.objects.create(name=str(kind.label), kind=kind, manager=manager)
        TeamMembership.objects.create(user=manager, team=team, from_on=LONG_AGO.date())
    return manager


def fill(children: int, manager: User, *, now_at: datetime) -> None:
    """Put so many open children on file by set-based SQL, with what the rules look at.

    One family in twenty has a change, in fifty one past its limit, in forty a partner nobody
    assessed, in a hundred a brother left out, in twenty a transfer.
    """
    families = children // FAMILY
    every_child = f"generate_series(1, {children}) AS n"
    each = f"(SELECT n, (n - 1) / {FAMILY} + 1 AS f FROM {every_child}) AS made"  # noqa: S608
    family = f"generate_series(1, {families}) AS f"
    grown = f"(SELECT n, (n - 1) / 2 + 1 AS f FROM generate_series(1, {families * 2}) AS n) AS made"  # noqa: S608
    now = f"'{now_at.isoformat()}'::timestamptz"
    me = f"'{manager.pk}'::uuid"
    team, other_team = (
        f"'{Team.objects.get(kind=kind).pk}'::uuid"
        for kind in (TeamKind.ASSESSMENT, TeamKind.SAFEGUARDING_FAMILY_SUPPORT)
    )
    opened = f"{now} - (60 + f % 300) * interval '1 day'"
    authorised = f"{now} - (f % 300 + 20) * interval '1 day'"
    learned = f"{now} - (f % 15) * interval '1 day'"
    with connection.cursor() as cursor:
        # Foreign keys hold by construction, or lead to what no rule reads.
        cursor.execute("SET session_replication_role = replica")
    insert(
        Person,
        each,
        "TRUE",
        id=CHILD,
        la_child_id="'SL' || lpad(n::text, 8, '0')",
        stage="'born'",
        given_name="'Child'",
        family_name="'Testwood'",
        date_of_birth="DATE '2010-01-01' + (n % 5000)",
        sex="'U'",
        recorded_at=opened,
    )
    # One child in a hundred has a second record, under which some of what happened stands.
    insert(
        Person,
        each,
        "n % 100 = 0",
        id=OTHER_RECORD,
        stage="'born'",
        given_name="'Child'",
        family_name="'Testwood'",
        sex="'U'",
        canonical_id=CHILD,
        recorded_at=opened,
    )
    insert(
        Person,
        grown,
        "TRUE",
        id=ADULT,
        stage="'born'",
        given_name="'Adult'",
        family_name="'Testwood'",
        date_of_birth="DATE '1980-01-01' + (n % 5000)",
        sex="'U'",
        recorded_at=opened,
    )
    insert(Household, family, "TRUE", id=HOUSEHOLD, recorded_at=opened)
    insert(
        HouseholdMembership,
        each,
        "TRUE",
        id=uuid_of("membership"),
        household_id=HOUSEHOLD,
        person_id=CHILD,
        role="'resident_child'",
        source="'worker'",
        confidence="'stated'",
        recorded_at=opened,
    )
    insert(
        HouseholdMembership,
        grown,
        "TRUE",
        id=uuid_of("membership of an adult"),
        household_id=HOUSEHOLD,
        person_id=ADULT,
        role="'adult_carer'",
        source="'worker'",
        confidence="'stated'",
        recorded_at=opened,
    )
    insert(
        Involvement,
        each,
        "TRUE",
        id=uuid_of("involvement"),
        child_id=CHILD,
        kind="'referral'",
        subject_id=uuid_of("referral"),
        from_at=opened,
        recorded_at=opened,
    )
    insert(
        Responsibility,
        each,
        "TRUE",
        id=uuid_of("responsibility"),
        child_id=CHILD,
        team_id=team,
        manager_id=me,
        from_at=opened,
        reason="'referral.started'",
        recorded_at=opened,
    )
    insert(
        Allocation,
        each,
        "TRUE",
        id=uuid_of("allocation"),
        child_id=CHILD,
        worker_id=me,
        role="'lead'",
        team_id=team,
        from_at=opened,
        by_id=me,
        recorded_at=opened,
    )
    insert(
        Assessment,
        family,
        "TRUE",
        id=ASSESSMENT,
        kind="'full'",
        state="'authorised'",
        team_id=team,
        plan="'Each child alone'",
        review_on=f"({opened})::date",
        started_at=opened,
        started_by_id=me,
        authorised_at=authorised,
        authorised_by_id=me,
        authorised_role="'assessment_team_manager'",
        oversight_id=uuid_of("authorising", "f"),
        recorded_at=opened,
    )
    # In one family of a hundred the youngest has no part.
    has_part = f"NOT (f % 100 = 7 AND n % {FAMILY} = 0)"
    insert(
        AssessmentChild,
        each,
        has_part,
        id=PART,
        assessment_id=ASSESSMENT,
        child_id=CHILD,
        referral_id=uuid_of("referral"),
        referral_on=f"({opened})::date",
        started_on=f"({opened})::date",
        added_by_id=me,
        is_open="FALSE",
        risk="'moderate'",
        outcome="'cin_plan'",
        primary_need="'N1'",
        authorised_at=authorised,
        recorded_at=opened,
    )
    insert(
        AssessmentMember,
        each,
        has_part,
        assessment_id=ASSESSMENT,
        person_id=CHILD,
        is_child="TRUE",
        accounted_by="'own_part'",
        part_id=PART,
    )
    # In one family of forty the second adult moved in later.
    insert(
        AssessmentMember,
        grown,
        "NOT (f % 40 = 3 AND n % 2 = 0)",
        assessment_id=ASSESSMENT,
        person_id=ADULT,
    )
    is_late = "(f % 50 = 1)"
    insert(
        ChangeOfCircumstance,
        family,
        "f % 20 = 1",
        id=CHANGE,
        code="(ARRAY['COC-02', 'COC-03', 'COC-07'])[f % 3 + 1]",
        state=f"CASE WHEN {is_late} THEN 'logged' ELSE 'done' END",
        change_class=f"CASE WHEN {is_late} THEN '' ELSE 'significant' END",
        happened_on=f"({learned})::date",
        learned_at=learned,
        logged_by_id=me,
        logged_at=learned,
        triaged_at=f"CASE WHEN {is_late} THEN NULL ELSE {now} END",
        triaged_by_id=f"CASE WHEN {is_late} THEN NULL ELSE {me} END",
        closed_at=f"CASE WHEN {is_late} THEN NULL ELSE {now} END",
        closed_by_id=f"CASE WHEN {is_late} THEN NULL ELSE {me} END",
        oversight_id=f"CASE WHEN {is_late} THEN NULL ELSE {uuid_of('deciding', 'f')} END",
        recorded_at=learned,
        version="1",
    )
    insert(
        ChangeChild,
        each,
        "f % 20 = 1",
        id=uuid_of("child of a change"),
        change_id=CHANGE,
        child_id=CHILD,
        how="'at_event'",
        needs_review="TRUE",
        outcome=f"CASE WHEN {is_late} THEN '' ELSE 'stands' END",
        line="'Seen'",
        decided_at=f"CASE WHEN {is_late} THEN NULL ELSE {now} END",
        decided_by_id=f"CASE WHEN {is_late} THEN NULL ELSE {me} END",
        confirmed_right_on=f"CASE WHEN {is_late} THEN NULL ELSE ({learned})::date END",
        recorded_at=learned,
    )
    insert(
        Clock,
        family,
        f"f % 20 = 1 AND {is_late}",
        id=uuid_of("clock", "f"),
        rule="'COC-TRIAGE-S'",
        subject_kind="'change'",
        subject_id=CHANGE,
        started_at=learned,
        unit="'working_days'",
        limit="1",
        warn_at=learned,
        due_at=f"{learned} + interval '23 hours'",
        very_late_at=f"{learned} + interval '3 days'",
        recorded_at=learned,
    )
    insert(
        ChildRiskReview,
        each,
        "f % 20 = 1 AND n % 2 = 0",
        id=uuid_of("review"),
        child_id=CHILD,
        state="'completed'",
        subject_kind="'change'",
        subject_id=CHANGE,
        owner_id=me,
        asked_at=learned,
        what_changed="'A partner'",
        effect="'None'",
        risk_before="'low'",
        risk_now="'low'",
        was_seen="FALSE",
        not_seen_because="'At school'",
        protects="'Nan'",
        is_assessment_right="TRUE",
        is_plan_right="TRUE",
        recommendation="'See each again'",
        completed_at=f"{now} - (f % 60) * interval '1 day'",
        completed_by_id=me,
        recorded_at=learned,
    )
    insert(
        Transfer,
        family,
        "f % 20 = 2",
        id=TRANSFER,
        state="'waiting_allocation'",
        point="'cin_plan'",
        reason="'The plan is agreed'",
        from_team_id=team,
        to_team_id=other_team,
        next_visit_on=f"({now})::date",
        next_meeting_on=f"({now})::date",
        proposed_at=authorised,
        proposed_by_id=uuid_of("worker", "f"),
        first_ready_at=authorised,
        ready_at=authorised,
        ready_by_id=me,
        oversight_id=uuid_of("making ready", "f"),
        handover_id=uuid_of("handover", "f"),
        accepted_at=authorised,
        accepted_by_id=me,
        waits_because="'No room'",
        expected_on=f"({now})::date",
        visits_by_id=me,
        recorded_at=authorised,
    )
    insert(
        TransferChild,
        each,
        "f % 20 = 2",
        id=uuid_of("child of a transfer"),
        transfer_id=TRANSFER,
        child_id=CHILD,
        is_in="TRUE",
        referral_id=uuid_of("referral"),
        is_open="TRUE",
        answered_at=authorised,
        answered_by_id=me,
        recorded_at=authorised,
    )
    for place in range(2):
        insert(
            Signal,
            each,
            "n % 10 = 0",
            id=uuid_of(f"signal {place}"),
            child_id=f"CASE WHEN n % 100 = 0 THEN {OTHER_RECORD} ELSE {CHILD} END"
            if place
            else CHILD,
            kind="'missing'",
            source_kind="'missing_episode'",
            source_id=uuid_of(f"episode {place}"),
            at=f"{now} - ((n / 10) % 80 + {place}) * interval '1 day'",
            recorded_at=now,
        )
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = origin")


# Measuring ---------------------------------------------------------------------------------------


def in_psql(statements: list[str], *, keep: bool) -> float:
    """Run statements in psql, each a transaction; gives the seconds psql says they took."""
    options = connection.settings_dict
    with tempfile.NamedTemporaryFile("w", suffix=".sql", encoding="utf-8") as script:
        script.write("SET TIME ZONE 'UTC';\n\\timing on\n")
        for statement in statements:
            script.write(f"BEGIN;\n{statement};\n{'COMMIT' if keep else 'ROLLBACK'};\n")
        script.flush()
        answer = subprocess.run(
            [postgres_program("psql"), "-X", "-v", "ON_ERROR_STOP=1", "-f", script.name],
            env={
                **os.environ,
                "PGHOST": str(options["HOST"]),
                "PGPORT": str(options["PORT"]),
                "PGUSER": str(options["USER"]),
                "PGPASSWORD": str(options["PASSWORD"]),
                "PGDATABASE": str(options["NAME"]),
            },
            capture_output=True,
            text=True,
            check=True,
        )
    taken = [
        float(line.split()[1]) for line in answer.stdout.splitlines() if line.startswith("Time:")
    ]
    return sum(taken) / 1000


def statements(at: datetime) -> list[str]:
    """The sweep's statements, as text with their values."""
    made = []
    with connection.cursor() as cursor:
        for rule in flags.rules():
            if rule.code.startswith(CODES):
                sql, values = flags.statement(rule, at=at)
                made.append(cursor.mogrify(sql, values).decode())
    return made


def swept(at: datetime) -> tuple[float, list[flags.Swept]]:
    """Sweep once; gives the seconds it took and what it did."""
    started = time.perf_counter()
    done = flags.sweep(at=at, codes=CODES)
    return time.perf_counter() - started, done


def looked_again() -> float:
    """Look again at a family three times; gives the median of the seconds it took."""
    taken = []
    for _ in range(3):
        with transaction.atomic():
            family = AssessmentChild.objects.values("assessment_id")[:1]
            ids = AssessmentChild.objects.filter(assessment_id__in=family)
            child_ids = list(ids.values_list("child_id", flat=True))
            started = time.perf_counter()
            flags.look_again(at=NOW, child_ids=child_ids, codes=CODES)
            taken.append(time.perf_counter() - started)
            transaction.set_rollback(True)
    return statistics.median(taken)


@dataclass(frozen=True)
class Found:
    """What one size took, in seconds."""

    children: int
    first: float
    first_in_psql: float
    idle: list[float]
    idle_in_psql: list[float]
    statements: int
    raised: int
    wrote_when_idle: int
    again: float
    again_uncounted: float

    @property
    def first_ratio(self) -> float:
        return self.first / self.first_in_psql

    @property
    def ratio(self) -> float:
        return statistics.median(self.idle) / statistics.median(self.idle_in_psql)


def measured(children: int, *, rounds: int = 5) -> Found:
    """Fill a database with so many children, sweep it beside psql, and drop it again."""
    before = connection.settings_dict["NAME"]
    connection.settings_dict["TEST"]["NAME"] = f"staleness_{children}_{os.getpid()}"
    name = connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        connection.settings_dict["NAME"] = name
        calendar.forget()
        cache.clear()
        started = time.perf_counter()
        fill(children, staff(), now_at=NOW)
        print(f"{children:,} children filled in {time.perf_counter() - started:.0f} s", flush=True)
        with application_clock.set_to(NOW):
            again_uncounted = looked_again()
            with connection.cursor() as cursor:
                cursor.execute("VACUUM (ANALYZE)")
            again = looked_again()
            found = replace(
                _beside_psql(children, rounds=rounds), again=again, again_uncounted=again_uncounted
            )
    finally:
        connection.creation.destroy_test_db(before, verbosity=0)
    return found


def _beside_psql(children: int, *, rounds: int) -> Found:
    same = statements(NOW)
    in_psql(same, keep=False)  # warm, for both
    first_in_psql = in_psql(same, keep=False)
    first, done = swept(NOW)
    idle, idle_in_psql, wrote = [], [], 0
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")
    for turn in range(1, rounds + 1):
        later = NOW + timedelta(minutes=turn)
        before = _written()
        idle_in_psql.append(in_psql(statements(later), keep=True))
        taken, again = swept(later)
        idle.append(taken)
        wrote += sum(each.wrote for each in again) + abs(_written() - before)
    with CaptureQueriesContext(connection) as captured:
        swept(NOW + timedelta(minutes=rounds + 1))
    return Found(
        children=children,
        first=first,
        first_in_psql=first_in_psql,
        idle=idle,
        idle_in_psql=idle_in_psql,
        statements=len(captured),
        raised=sum(each.raised for each in done),
        wrote_when_idle=wrote,
        again=0,
        again_uncounted=0,
    )


def _written() -> int:
    """The youngest transaction that wrote a flag or a message, with how many there are."""
    with connection.cursor() as cursor:
        cursor.execute(
            f'SELECT coalesce(max(xmin::text::bigint), 0) + count(*) FROM "{Flag._meta.db_table}"'  # noqa: S608
        )
        row = cursor.fetchone()
    return int(row[0]) + OutboxMessage.objects.count()


def report(found: Found) -> str:
    """Put it into a line."""
    return (
        f"{found.children:,} children, {found.raised:,} flags: first sweep {found.first:.2f} s,"
        f" in psql {found.first_in_psql:.2f} s, {found.first_ratio:.2f} times; nothing changed"
        f" {statistics.median(found.idle):.2f} s, in psql"
        f" {statistics.median(found.idle_in_psql):.2f} s, {found.ratio:.2f} times;"
        f" {found.statements} statements; wrote {found.wrote_when_idle} when nothing changed;"
        f" one family again {found.again * 1000:.0f} ms, before anything was counted"
        f" {found.again_uncounted / found.again:.2f} times that"
    )


def failures(found: Found) -> list[str]:
    """What of the bar does not hold."""
    said = []
    if max(found.ratio, found.first_ratio) > RATIO_BUDGET:
        said.append(f"more than {RATIO_BUDGET} times psql")
    if found.again_uncounted > UNCOUNTED_BUDGET * found.again:
        said.append(f"more than {UNCOUNTED_BUDGET} times as slow while tables are not counted")
    if found.wrote_when_idle:
        said.append("a sweep with nothing changed wrote")
    return said


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--children", type=int, nargs="*", default=[20_000, CHILDREN])
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    all_of_them = [measured(size, rounds=options.rounds) for size in options.children]
    for found in all_of_them:
        print(report(found))
    if len({found.statements for found in all_of_them}) != 1:
        raise SystemExit("The number of statements depends on the number of children.")
    if said := [one for found in all_of_them for one in failures(found)]:
        raise SystemExit("; ".join(said))


if __name__ == "__main__":
    main()
