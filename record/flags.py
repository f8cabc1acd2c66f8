"""What is late, stale or missing, and why: rules that look at the record, and what they found.

Each app names its rules in `flags.py`, where their subject lives, and registers them in
`AppConfig.ready`. A rule is one query of what breaches it now. A sweep runs one statement for each
rule, which raises what is new, clears what is gone and changes what is different; when nothing has
changed it writes nothing. Only this module writes `Flag`.

What blocks a step is a precondition of its action, never a rule (decisions.md 73). Nothing here
escalates: whoever does reads the open flags.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, Literal
from uuid import UUID

import redis
from django.core.cache import cache
from django.db import connection, transaction
from django.db.models import CharField, DateTimeField, F, JSONField, QuerySet, UUIDField, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, JSONObject

from accounts.permissions import Authority, Permission
from record import calendar, events, policy
from record.errors import Clash, Refused
from record.models import Flag, FlagSeverity, FlagState

log = logging.getLogger(__name__)

LAST_SWEEP = "record.flags.last_sweep"
OPEN: Final = (FlagState.OPEN, FlagState.ACKNOWLEDGED)
#: Who is told, as domain.md 4.1 abbreviates them.
TOLD: Final = {
    "W": "the worker",
    "M": "the responsible manager",
    "RM": "the receiving manager",
    "EHC": "the early help coordinator",
    "MM": "the MASH manager",
    "EDT": "the Emergency Duty Team",
    "CHAIR": "the chair",
    "CEL": "the exploitation lead",
    "HOS": "the head of service",
    "DCS": "the director",
    "QA": "quality assurance",
    "DA": "the data analysts",
}
FactKind = Literal["text", "number", "code", "date", "moment", "person", "people", "user"]


class UnknownFlagRule(LookupError):
    """No app registered a rule of this code."""


class AlreadyCleared(Clash):
    """The flag is no longer open."""


class StaysLate(Refused):
    """A missed statutory limit is a fact and cannot be cleared by hand."""


NARROWED: Final = "/* of some children only */ true"


@dataclass(frozen=True)
class Select:
    """A SELECT of subject_id, child_id, severity, owner_id, manager_id, since_at and facts.

    `since_at` must be a fact of the record that does not move with the time of looking, and
    `facts` must not count days: otherwise every sweep would write.

    When only some children are looked at, PostgreSQL finds its way from the child of each row. A
    rule where it cannot says `NARROWED` once in its SQL; `narrowed` stands there then, a condition
    on an array of the children's ids, its only value, that holds for all of their rows.
    """

    sql: str
    params: tuple[Any, ...] = ()
    narrowed: str = ""

    def of(self, child_ids: list[UUID] | None) -> tuple[str, list[Any]]:
        """Give the SQL for some children, or for everybody, with its values."""
        if child_ids is None or not self.narrowed:
            return self.sql, list(self.params)
        before, after = self.sql.split(NARROWED)
        place = before.count("%s")
        params = [*self.params[:place], child_ids, *self.params[place:]]
        return f"{before}{self.narrowed}{after}", params


@dataclass(frozen=True)
class Fact:
    """One thing a rule saw: a key of the flag's `facts`, how it is shown and where it leads."""

    key: str
    label: str
    kind: FactKind = "text"
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)
    url_name: str = ""
    url_key: str = ""


@dataclass(frozen=True)
class FlagRule:
    """One rule: what it finds, in whose words, and who is told.

    `finding` heads the flag; it may name `{child}`, keys of the facts (those of people without
    their `_id`), `{since}`, and `{late}`, which counts from the fact `due_at`. `words` state the
    rule, `clears` what ends it, `name` is what lists call it. `url_name` takes the id of the
    subject, or of the child, or nothing, as `url_takes` says.
    """

    code: str
    finding: str
    words: str
    clears: str
    subject_kind: str
    breaches: Callable[[datetime], Select]
    permission: Permission
    told: tuple[str, ...]
    source: str
    facts: tuple[Fact, ...] = ()
    limits: tuple[str, ...] = ()
    url_name: str = ""
    url_words: str = ""
    url_takes: Literal["subject", "child", "nothing"] = "subject"
    name: str = ""
    is_nightly: bool = False
    is_statutory: bool = False
    is_stale: bool = False

    def __post_init__(self) -> None:
        """Refuse a rule that tells somebody nobody knows."""
        unknown = set(self.told) - set(TOLD)
        if unknown:
            raise ValueError(f"{self.code} tells {', '.join(sorted(unknown))}, who is nobody.")


_rules: dict[str, FlagRule] = {}


def register(*rules: FlagRule) -> None:
    """Let these rules be swept; the same code twice must mean the same."""
    for rule in rules:
        if _rules.get(rule.code, rule) != rule:
            raise ValueError(f"The flag rule {rule.code} is registered already, otherwise.")
        _rules[rule.code] = rule


def rules() -> list[FlagRule]:
    """Every registered rule, in alphabetical order."""
    return sorted(_rules.values(), key=lambda rule: rule.code)


def rule(code: str) -> FlagRule:
    """Give the rule of that code.

    :raises UnknownFlagRule: nobody registered it
    """
    try:
        return _rules[code]
    except KeyError:
        raise UnknownFlagRule(f"The flag rule {code} is not registered.") from None


# What a rule looks for


Column = str | Combinable


def select(
    rows: QuerySet[Any],
    *,
    severity: FlagSeverity | Combinable,
    since: Column,
    subject: Column = "pk",
    child: Column | None = "child_id",
    owner: Column | None = None,
    manager: Column | None = None,
    facts: Mapping[str, Column] | None = None,
) -> Select:
    """Turn a queryset into what a rule gives; each part is a column's name or an expression."""
    told = {key: F(each) if isinstance(each, str) else each for key, each in (facts or {}).items()}
    nobody = Cast(Value(None), UUIDField())
    query = rows.order_by().values(
        flag_subject=Cast(_column(subject), UUIDField()),
        flag_child=Cast(_column(child), UUIDField()) if child is not None else nobody,
        flag_severity=Value(severity.value, output_field=CharField())
        if isinstance(severity, FlagSeverity)
        else severity,
        flag_owner=Cast(_column(owner), UUIDField()) if owner is not None else nobody,
        flag_manager=Cast(_column(manager), UUIDField()) if manager is not None else nobody,
        flag_since=Cast(_column(since), DateTimeField()),
        flag_facts=JSONObject(**told) if told else Cast(Value("{}"), JSONField()),
    )
    sql, params = query.query.sql_with_params()
    return Select(_RENAMED % sql, tuple(params))


_RENAMED = """
SELECT flag_subject AS subject_id, flag_child AS child_id, flag_severity AS severity,
    flag_owner AS owner_id, flag_manager AS manager_id, flag_since AS since_at,
    flag_facts AS facts
FROM (%s) AS looked
"""


def _column(column: Column) -> Combinable:
    return F(column) if isinstance(column, str) else column


# Sweeping


@dataclass(frozen=True)
class Swept:
    """What one rule's statement did; `is_left` when another sweep was at it."""

    rule: str
    raised: int = 0
    changed: int = 0
    cleared: int = 0
    told: int = 0
    is_left: bool = False

    @property
    def wrote(self) -> int:
        return self.raised + self.changed + self.cleared + self.told


class SweepFailed(RuntimeError):
    """Some rules could not be looked at; the others were."""


def sweep(
    *, at: datetime, is_night: bool = False, codes: Iterable[str] | None = None
) -> list[Swept]:
    """Look at every rule once: those with a due time, or at night those of data quality.

    Each rule is a transaction of its own, and one that fails does not stop the others. A rule
    that another sweep is looking at is left to it.

    :param codes: only rules whose code begins like one of these
    :raises SweepFailed: at the end, when a rule failed
    """
    done: list[Swept] = []
    failed: list[str] = []
    starts = tuple(codes) if codes is not None else ("",)
    _count_rows()
    for known in rules():
        if known.is_nightly != is_night or not known.code.startswith(starts):
            continue
        try:
            with transaction.atomic():
                if _mine(known):
                    done.append(_look(known, at=at))
                else:
                    done.append(Swept(known.code, is_left=True))
        # Whatever one rule meets, the others are still looked at; the task fails at its end.
        except Exception:
            log.exception("flag_rule_failed", extra={"rule": known.code})
            failed.append(known.code)
    if codes is None and not is_night:
        escalate(at=at)
    if failed:
        raise SweepFailed(", ".join(failed))
    try:
        cache.set(LAST_SWEEP, at, timeout=None)
    except (redis.RedisError, OSError) as error:
        log.warning("flag_sweep_not_noted", extra={"error": type(error).__name__})
    return done


def escalate(*, at: datetime) -> int:
    """Tell the manager above of what nobody answers, once; give how many were told.

    A red flag goes one manager up after a working day; a critical one after 2 office hours, and to
    the manager above that after 4. It counts from when the manager was told.
    """
    steps = (
        ("red", 1, calendar.working_days_ago(_limit("FLAG-UP", at), at=at)),
        ("critical", 1, calendar.office_hours_ago(_limit("FLAG-UP-CRITICAL", at), at=at)),
        ("critical", 2, calendar.office_hours_ago(_limit("FLAG-UP-TOP", at), at=at)),
    )
    with connection.cursor() as cursor:
        cursor.execute(_ESCALATE, [at, at, *(value for step in steps for value in step)])
        return int(cursor.rowcount)


def _limit(key: str, at: datetime) -> int:
    return int(policy.value(key, at=at))


def look_again(
    *, at: datetime, child_ids: Collection[UUID], codes: Iterable[str] | None = None
) -> None:
    """Look at these children's flags now, within the transaction under way.

    For actions after which a flag that has gone must not stand until the next sweep.

    :param codes: only rules whose code begins like one of these
    """
    starts = tuple(codes) if codes is not None else ("",)
    ids = sorted(set(child_ids))
    if not ids:
        return
    for known in rules():
        if known.code.startswith(starts) and not known.is_nightly:
            _look(known, at=at, child_ids=ids)


def last_swept() -> datetime | None:
    """When the last sweep ended; None when nobody knows."""
    try:
        found: datetime | None = cache.get(LAST_SWEEP)
    except (redis.RedisError, OSError):
        return None
    return found


def _count_rows() -> None:
    """Let PostgreSQL count the tables that have grown tenfold, or that it never counted.

    After a restore or a load nothing is known of them until autovacuum comes by, and the rules
    join so many that they are then planned as if each held one row: minutes instead of seconds.
    """
    with connection.cursor() as cursor:
        cursor.execute(_NOT_COUNTED)
        tables = [connection.ops.quote_name(name) for (name,) in cursor.fetchall()]
        if tables:
            cursor.execute(f"ANALYZE {', '.join(tables)}")


#: Below ten pages PostgreSQL guesses well enough.
_NOT_COUNTED = """
SELECT relname FROM pg_class
CROSS JOIN LATERAL (
    SELECT pg_relation_size(oid) / current_setting('block_size')::integer AS pages
) AS now
WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND now.pages > 10
    AND (reltuples < 0 OR now.pages > 10 * relpages)
ORDER BY relname
"""


def _mine(known: FlagRule) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(hashtext('record.flags'), hashtext(%s))",
            [known.code],
        )
        return bool(cursor.fetchone()[0])


def _look(known: FlagRule, *, at: datetime, child_ids: list[UUID] | None = None) -> Swept:
    sql, params = statement(known, at=at, child_ids=child_ids)
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        raised, changed, cleared, told = cursor.fetchone()
    return Swept(known.code, raised, changed, cleared, told)


_NOBODY = "'00000000-0000-0000-0000-000000000000'::uuid"
_GRAVITY = "ARRAY['info', 'amber', 'red', 'critical']"
_RANKS = {
    f"{each}_rank": f"array_position({_GRAVITY}, {each}.severity::text)"
    for each in ("breach", "found", "standing", "before")
}
_STATEMENT = """
WITH found AS MATERIALIZED (
    SELECT DISTINCT ON (subject_id, coalesce(child_id, %(nobody)s))
        subject_id, child_id, coalesce(child_id, %(nobody)s) AS child_key,
        severity, owner_id, manager_id, since_at, facts
    FROM (%(breaches)s) AS breach
    WHERE %(of_children)s
    ORDER BY subject_id, coalesce(child_id, %(nobody)s), %(breach_rank)s DESC, since_at,
        facts::text
),
standing AS MATERIALIZED (
    SELECT id, subject_id, coalesce(child_id, %(nobody)s) AS child_key,
        severity, owner_id, manager_id, since_at, facts
    FROM record_flag
    WHERE rule = %%s AND state IN ('open', 'acknowledged') AND %(of_children)s
),
cleared AS (
    UPDATE record_flag AS flag SET state = 'cleared', cleared_at = %%s
    FROM standing
    WHERE flag.id = standing.id AND flag.state IN ('open', 'acknowledged') AND NOT EXISTS (
        SELECT FROM found
        WHERE found.subject_id = standing.subject_id AND found.child_key = standing.child_key
    )
    RETURNING flag.id
),
changed AS (
    UPDATE record_flag AS flag SET
        severity = found.severity, owner_id = found.owner_id, manager_id = found.manager_id,
        since_at = found.since_at, facts = found.facts,
        state = CASE WHEN %(found_rank)s > %(standing_rank)s
            THEN 'open' ELSE flag.state END
    FROM standing
    JOIN found USING (subject_id, child_key)
    WHERE flag.id = standing.id AND flag.state IN ('open', 'acknowledged')
        AND (standing.severity, standing.owner_id, standing.manager_id, standing.since_at,
            standing.facts)
            IS DISTINCT FROM (found.severity, found.owner_id, found.manager_id, found.since_at,
            found.facts)
    RETURNING flag.id, flag.child_id, flag.owner_id, flag.manager_id, flag.severity,
        %(found_rank)s > %(standing_rank)s AS rose
),
raised AS (
    INSERT INTO record_flag (
        id, rule, subject_kind, subject_id, child_id, severity, state, owner_id, manager_id,
        since_at, raised_at, facts, answer, cleared_because
    )
    SELECT gen_random_uuid(), %%s, %%s, found.subject_id, found.child_id, found.severity, 'open',
        found.owner_id, found.manager_id, found.since_at, %%s, found.facts, '', ''
    FROM found
    LEFT JOIN standing USING (subject_id, child_key)
    WHERE standing.id IS NULL AND NOT EXISTS (
        SELECT FROM record_flag AS before
        WHERE before.rule = %%s AND before.state = 'cleared_with_reason'
            AND before.subject_id = found.subject_id
            AND coalesce(before.child_id, %(nobody)s) = found.child_key
            AND before.since_at = found.since_at
            AND %(before_rank)s >= %(found_rank)s
    )
    ON CONFLICT DO NOTHING
    RETURNING id, child_id, owner_id, manager_id, severity
),
told AS (
    INSERT INTO record_outboxmessage (
        id, topic, key, payload, subject_kind, subject_id, child_id, created_at, available_at,
        attempts, last_error
    )
    SELECT gen_random_uuid(), 'notice',
        'flag:' || news.id || ':' || news.severity || ':' || person.id,
        jsonb_build_object('user_id', person.id, 'code', 'flag.raised'),
        'flag', news.id, news.child_id, %%s, %%s, 0, ''
    FROM (
        SELECT id, child_id, owner_id, manager_id, severity FROM raised
        UNION ALL
        SELECT id, child_id, owner_id, manager_id, severity FROM changed WHERE rose
    ) AS news
    CROSS JOIN LATERAL (
        SELECT DISTINCT each AS id FROM unnest(ARRAY[news.owner_id, news.manager_id]) AS each
        WHERE each IS NOT NULL
    ) AS person
    WHERE news.severity IN ('red', 'critical')
    ON CONFLICT (key) DO NOTHING
    RETURNING id
)
SELECT (SELECT count(*) FROM raised), (SELECT count(*) FROM changed),
    (SELECT count(*) FROM cleared), (SELECT count(*) FROM told)
"""


_ESCALATE = """
INSERT INTO record_outboxmessage (
    id, topic, key, payload, subject_kind, subject_id, child_id, created_at, available_at,
    attempts, last_error
)
SELECT gen_random_uuid(), 'notice', news.key,
    jsonb_build_object('user_id', news.user_id, 'code', 'flag.escalated'),
    'flag', news.flag_id, news.child_id, %s, %s, 0, ''
FROM (
    SELECT DISTINCT flag.id AS flag_id, flag.child_id, up.user_id,
        'flag:' || flag.id || ':' || flag.severity || ':up:' || up.user_id AS key
    FROM record_flag AS flag
    JOIN (VALUES (%s, %s, %s), (%s, %s, %s), (%s, %s, %s)) AS step(severity, level, before)
        ON step.severity = flag.severity
    JOIN accounts_team AS team ON team.manager_id = flag.manager_id AND team.is_active
    JOIN accounts_team AS above ON above.id = team.parent_id
    LEFT JOIN accounts_team AS top ON top.id = above.parent_id
    LEFT JOIN record_outboxmessage AS told
        ON told.key = 'flag:' || flag.id || ':' || flag.severity || ':' || flag.manager_id
    CROSS JOIN LATERAL (
        SELECT CASE WHEN step.level = 1 THEN above.manager_id
            ELSE coalesce(top.manager_id, above.manager_id) END AS user_id
    ) AS up
    WHERE flag.state = 'open' AND coalesce(told.created_at, flag.raised_at) < step.before
        AND up.user_id IS DISTINCT FROM flag.owner_id
        AND up.user_id IS DISTINCT FROM flag.manager_id
) AS news
WHERE NOT EXISTS (SELECT FROM record_outboxmessage AS sent WHERE sent.key = news.key)
ON CONFLICT (key) DO NOTHING
"""


def statement(
    known: FlagRule, *, at: datetime, child_ids: list[UUID] | None = None
) -> tuple[str, list[Any]]:
    """Give the one statement that looks at a rule, with its values."""
    looked, values = known.breaches(at).of(child_ids)
    of_children, ids = ("true", []) if child_ids is None else ("child_id = ANY(%s)", [child_ids])
    sql = _STATEMENT % {
        "breaches": looked,
        "of_children": of_children,
        "nobody": _NOBODY,
        **_RANKS,
    }
    return sql, [
        *values,
        *ids,
        known.code,
        *ids,
        at,
        known.code,
        known.subject_kind,
        at,
        known.code,
        at,
        at,
    ]


# Answering; whose flag it is, is asked in `cases`


def open_flags() -> QuerySet[Flag]:
    """Flags that stand, answered or not."""
    return Flag.objects.filter(state__in=OPEN)


def stale_codes() -> list[str]:
    """The rules that make an assessment stale (domain.md 4.2)."""
    return [known.code for known in rules() if known.is_stale]


def answer(
    *, authority: Authority, at: datetime, flag: Flag, what: str, done_by: date | None = None
) -> Flag:
    """Tell the others that somebody has it; the flag stands until the record clears it.

    The same answer of the same person stands already.

    :raises AlreadyCleared: it no longer stands
    :raises Refused: nothing said
    """
    if not what.strip():
        raise Refused("Say what you are doing about it.", field="answer")
    flag = _lock(flag)
    stands = (flag.acknowledged_by_id, flag.acknowledged_for_id, flag.answer, flag.done_by)
    acting_for = authority.acting_for.pk if authority.acting_for else None
    if flag.state == FlagState.ACKNOWLEDGED and stands == (
        authority.user.pk,
        acting_for,
        what,
        done_by,
    ):
        return flag
    flag.state = FlagState.ACKNOWLEDGED
    flag.acknowledged_at = at
    flag.acknowledged_by = authority.user
    flag.acknowledged_for = authority.acting_for
    flag.answer = what
    flag.done_by = done_by
    flag.save(
        update_fields=[
            "state",
            "acknowledged_at",
            "acknowledged_by",
            "acknowledged_for",
            "answer",
            "done_by",
        ]
    )
    _append("record.flag_answered", flag, authority, at)
    return flag


def clear(*, authority: Authority, at: datetime, flag: Flag, because: str) -> Flag:
    """Clear by hand what should not have been raised. It is raised again only if it changes.

    :raises AlreadyCleared: it no longer stands
    :raises StaysLate: a missed statutory limit stays as a fact
    :raises Refused: no reason
    """
    if not because.strip():
        raise Refused("Say why this flag should not stand.", field="because")
    flag = _lock(flag)
    if rule(flag.rule).is_statutory:
        raise StaysLate("This limit is set by statute, so being late stays on the record.")
    flag.state = FlagState.CLEARED_WITH_REASON
    flag.cleared_at = at
    flag.cleared_by = authority.user
    flag.cleared_for = authority.acting_for
    flag.cleared_because = because
    flag.save(update_fields=["state", "cleared_at", "cleared_by", "cleared_for", "cleared_because"])
    _append("record.flag_cleared", flag, authority, at)
    return flag


def _lock(flag: Flag) -> Flag:
    locked = Flag.objects.select_for_update().get(pk=flag.pk)
    if locked.cleared_at is not None:
        raise AlreadyCleared(
            f"This flag no longer stands: {locked.get_state_display().lower()}.",
            by_name=str(locked.cleared_by or ""),
            at=locked.cleared_at,
        )
    return locked


def _append(code: str, flag: Flag, authority: Authority, at: datetime) -> None:
    events.append(
        code,
        authority=authority,
        at=at,
        subject_kind="flag",
        subject_id=flag.pk,
        children=[flag.child_id] if flag.child_id else [],
        data={"rule": flag.rule},
    )
