"""A very long history in a minute: a million contacts written by set-based SQL.

For benchmarks and for seeing the pages at a region's size. Nothing here was played: rows hold what
lists and searches read, and no timeline. `seed --size small` and `year` play real histories.
"""

from collections.abc import Callable
from datetime import datetime
from random import Random
from typing import Any

from django.db import connection, models

from accounts.choices import TeamKind
from accounts.models import Team, User
from cases.models import Contact, ContactPerson, Involvement, Responsibility, Submission
from demonstration import authority
from lib import application_clock
from people import matching
from people.models import Person, Restriction
from record.models import Clock

CONTACTS = 1_000_000
OPEN = 2_000
RESTRICTED = 20
FILLED = (
    Submission,
    Contact,
    Person,
    ContactPerson,
    Clock,
    Involvement,
    Responsibility,
    Restriction,
)


def load(*, say: Callable[[int, int], None], contacts: int = CONTACTS) -> None:
    """Build the authority, fill the tables, and make the search keys with progress."""
    now_at = application_clock.now()
    built = authority.build(first_at=now_at, random=Random(2022))
    manager = built.mash_managers[0]
    fill(contacts, manager, built.heads[0], now_at=now_at)
    for done, everybody in matching.rebuild():
        say(done, everybody)
    matching.refresh_frequencies()


def uuid_of(kind: str, number: str = "n") -> str:
    """SQL that gives a made-up id: the kind in its first digits, then the number."""
    return f"('{kind}-0000-4000-8000-' || lpad(to_hex({number}), 12, '0'))::uuid"


SUBMISSION, CONTACT, PERSON = uuid_of("5b000000"), uuid_of("c0000000"), uuid_of("ae000000")


def insert(model: type[models.Model], of: str, where: str, **given: str) -> None:
    """Insert one row for each `n` of `of`; what is not given is empty, false or null."""
    names, values = [], []
    for field in model._meta.concrete_fields:
        if isinstance(field, models.BigAutoField):
            continue
        names.append(f'"{field.column}"')
        values.append(given.get(field.attname) or _empty(field))
    unknown = set(given) - {field.attname for field in model._meta.concrete_fields}
    if unknown:
        raise TypeError(f"not columns: {unknown}")
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO "{model._meta.db_table}" ({", ".join(names)})'  # noqa: S608 - our own
            f" SELECT {', '.join(values)} FROM {of} WHERE {where}"
        )


def _empty(field: models.Field[Any, Any]) -> str:
    if field.null:
        return "NULL"
    if isinstance(field, models.BooleanField):
        return "FALSE"
    if isinstance(field, models.IntegerField):
        return str(field.default) if isinstance(field.default, int) else "0"
    if isinstance(field, models.JSONField):
        return "'{}'::jsonb"
    if field.get_internal_type() == "ArrayField":
        return "'{}'"
    default = field.default if isinstance(field.default, str) else ""
    return f"'{default}'"


def fill(contacts: int, by: User, owner: User, *, now_at: datetime) -> None:
    """Put so many contacts on file, `OPEN` of them on the board, two children to every third.

    :param by: the MASH manager, whose team holds the children of open contacts
    :param owner: whom others ring about the restricted ones
    """
    now = f"'{now_at.isoformat()}'::timestamptz"
    rows = f"generate_series(1, {contacts}) AS n"
    # From 3 days late to 9 days ahead: every group of the board has its share.
    due = f"CASE WHEN n <= {OPEN} THEN {now} + ((n * 37) % 288 - 72) * interval '1 hour' END"
    received = (
        f"CASE WHEN n <= {OPEN} THEN {now} - (72 + n % 100) * interval '1 hour'"
        f" ELSE {now} - (n % 1500 + 8) * interval '1 day' END"
    )
    is_open = f"n <= {OPEN}"
    me = f"'{by.pk}'::uuid"
    with connection.cursor() as cursor:
        # Foreign keys hold by construction; checking them a million times proves nothing here.
        cursor.execute("SET session_replication_role = replica")
    insert(
        Submission,
        rows,
        "TRUE",
        id=SUBMISSION,
        channel="'phone'",
        words="'She came in quiet and asked to stay at lunch. She was worried about home.'",
        received_at=received,
        recorded_at=received,
        recorded_by_id=me,
    )
    rag = "(ARRAY['', 'amber', 'green', 'amber', 'red', 'amber'])[n % 6 + 1]"
    insert(
        Contact,
        f"(SELECT n, {rag} AS rag FROM {rows}) AS made",  # noqa: S608 - our own
        "TRUE",
        id=CONTACT,
        reference="'C-26-' || lpad(n::text, 7, '0')",
        submission_id=SUBMISSION,
        state=f"CASE WHEN {is_open} THEN 'screening' ELSE 'decided' END",
        board_state=f"CASE WHEN {is_open} THEN"
        " (ARRAY['screening', 'decision', 'checks'])[n % 3 + 1] ELSE '' END",
        received_at=received,
        recorded_at=received,
        recorded_by_id=me,
        changed_at=received,
        words="'She came in quiet and asked to stay at lunch. She was worried about home.'",
        summary="'Worried about home after the weekend; says little'",
        source_code="(ARRAY['2A', '6', '3B', '1C', '4'])[n % 5 + 1]",
        referrer_says_danger="'unknown'",
        do_parents_know="'unknown'",
        rag="rag",
        rag_reason="CASE WHEN rag = '' THEN '' ELSE 'Injury, explanation unclear' END",
        rag_by_id=f"CASE WHEN rag = '' THEN NULL ELSE {me} END",
        rag_at=f"CASE WHEN rag = '' THEN NULL ELSE {now} END",
        claimed_by_id=f"CASE WHEN {is_open} AND n % 3 = 0 THEN {me} END",
        claimed_at=f"CASE WHEN {is_open} AND n % 3 = 0 THEN {now} - interval '1 hour' END",
        claim_lapses_at=f"CASE WHEN {is_open} AND n % 3 = 0 THEN {now} + interval '3 hours' END",
        decided_at=f"CASE WHEN {is_open} THEN NULL ELSE {received} + interval '1 hour' END",
        outcome=f"CASE WHEN {is_open} THEN '' ELSE 'nfa' END",
        next_due_at=due,
        next_due_code=f"CASE WHEN {is_open} THEN 'CON-DEC' ELSE '' END",
        next_warn_at=f"{due} - interval '6 hours'",
        next_very_late_at=f"{due} + interval '36 hours'",
        version="1",
    )
    insert(
        Person,
        rows,
        "TRUE",
        id=PERSON,
        la_child_id="'SL' || lpad(n::text, 9, '0')",
        stage="'born'",
        given_name="(ARRAY['Aaliyah', 'Zayn', 'Kacper', 'Lily'])[n % 4 + 1]",
        family_name="(ARRAY['Testwood', 'Mockford', 'Dummyfield'])[n % 3 + 1] || n % 997",
        date_of_birth="date '2010-01-01' + n % 5000",
        sex="'F'",
        ethnicity="'NOBT'",
        needs_interpreter="'unknown'",
        recorded_at=received,
        version="1",
    )
    for place, where in ((0, "TRUE"), (1, "n % 3 = 0")):
        other = "n" if place == 0 else f"(n % {contacts} + 1)"
        insert(
            ContactPerson,
            rows,
            where,
            id=uuid_of(f"cb{place}00000"),
            contact_id=CONTACT,
            person_id=uuid_of("ae000000", other),
            is_child="TRUE",
            mention="'named'",
            match="'new'",
            position=str(place),
            recorded_at=received,
        )
    insert(
        Clock,
        rows,
        "TRUE",
        id=uuid_of("c1000000"),
        rule="'CON-DEC'",
        subject_kind="'contact'",
        subject_id=CONTACT,
        started_at=received,
        unit="'working_days'",
        limit="1",
        warn_at=f"coalesce({due}, {received}) - interval '6 hours'",
        due_at=f"coalesce({due}, {received} + interval '1 day')",
        very_late_at=f"coalesce({due}, {received} + interval '1 day') + interval '36 hours'",
        stopped_at=f"CASE WHEN {is_open} THEN NULL ELSE {received} + interval '1 hour' END",
        stop_reason=f"CASE WHEN {is_open} THEN '' ELSE 'met' END",
        recorded_at=received,
        recorded_by_id=me,
    )
    team = Team.objects.get(manager=by, kind=TeamKind.MASH)
    held = "n <= " + str(OPEN)
    insert(
        Involvement,
        rows,
        held,
        id=uuid_of("1f000000"),
        child_id=PERSON,
        kind="'contact'",
        subject_id=CONTACT,
        from_at=received,
        recorded_at=received,
    )
    insert(
        Responsibility,
        rows,
        held,
        id=uuid_of("4f000000"),
        child_id=PERSON,
        team_id=f"'{team.pk}'::uuid",
        manager_id=me,
        from_at=received,
        reason="'contact.started'",
        recorded_at=received,
    )
    insert(
        Restriction,
        f"generate_series(1, {RESTRICTED}) AS n",
        "TRUE",
        id=uuid_of("4e000000"),
        person_id=uuid_of("ae000000", "n * 7"),
        owner_id=f"'{owner.pk}'::uuid",
        reason="'A relative works here'",
        at=now,
        recorded_at=now,
        recorded_by_id=f"'{owner.pk}'::uuid",
    )
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = DEFAULT")
        for model in FILLED:
            cursor.execute(f'VACUUM (ANALYZE) "{model._meta.db_table}"')
