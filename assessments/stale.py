"""When an assessment is out of date, and why: each rule one query over every open child.

The assessment of a child is the one authorised and not superseded. It is out of date while a rule
here is red or critical (domain.md 4.2, 5); a change, a review or a newer assessment clears it.
"""

from collections.abc import Iterable
from datetime import datetime

from accounts.permissions import Permission
from assessments.choices import AccountedBy
from assessments.models import Transfer
from assessments.timescales import OURS, STANDARDS
from cases.actions import changes
from cases.change_codes import DEFAULT_CLASS, ChangeClass, ChangeCode, ChangeState
from cases.choices import STATUTORY_INVOLVEMENTS, SignalKind
from lib.working_days import london_date
from people.choices import CHILD_ROLES, Stage
from record import policy
from record.calendar import working_days_ago
from record.flags import NARROWED, Fact, FlagRule, Select
from record.models import FlagState

OFSTED = "Our choice, from the inspection of 2022"
SUBJECT = "assessment"
LONDON = "AT TIME ZONE 'Europe/London'"
#: Changes that are about who lives in the home.
OF_THE_HOUSEHOLD = (
    ChangeCode.ADULT_JOINS,
    ChangeCode.ADULT_LEAVES,
    ChangeCode.BABY,
    ChangeCode.CHILD_MOVES,
    ChangeCode.ADDRESS,
    ChangeCode.ILLNESS,
    ChangeCode.AGE,
)


def _listed(values: Iterable[str]) -> str:
    return ", ".join(f"'{each}'" for each in sorted(str(each) for each in values))


def _head(person: str) -> str:
    """Name the record under which a person is read; an index of people_person holds just this."""
    return f"coalesce({person}.canonical_id, {person}.id)"


# The rules must be quick whatever PostgreSQL believes of the sizes of tables: an action looks again
# at its children in the first minutes of a new database, too, when nothing was counted, or less.
# So a rule walks from the assessment outwards, one table and one index at a time, and OFFSET 0
# keeps each step where it stands instead of in a join whose order is guessed.


def _exists(table: str, where: str) -> str:
    return f"EXISTS (SELECT FROM {table} WHERE {where} OFFSET 0)"


def _each(table: str, where: str, name: str) -> str:
    """Go on to the rows of a table that belong to the row before."""
    return f"""CROSS JOIN LATERAL (
        SELECT each.* FROM {table} AS each WHERE {where} OFFSET 0
    ) AS {name}"""  # noqa: S608 - our own words stand in it


def _records(head: str, name: str = "record") -> str:
    """Go on to every record of a person."""
    return _each("people_person", f"{_head('each')} = {head}", name)


def _person(key: str, name: str) -> str:
    return _each("people_person", f"each.id = {key}", name)


def _homes(person: str, name: str = "mine") -> str:
    """Go on from a record to where it lives."""
    return _each(
        "people_householdmembership", f"each.person_id = {person} AND each.to_on IS NULL", name
    )


def _others(home: str = "mine", name: str = "other") -> str:
    """Go on from a home to who lives there."""
    return _each(
        "people_householdmembership",
        f"each.household_id = {home}.household_id AND each.to_on IS NULL",
        name,
    )


def _any_record(head: str, table: str, where: str) -> str:
    """Ask whether a table has such a row under any record of a person."""
    return _exists(
        "people_person AS record", f"{_head('record')} = {head} AND {_exists(table, where)}"
    )


def _is_head(record: str, head: str) -> str:
    """Ask whether a record is one of a person's."""
    return _exists(
        "people_person AS known_as", f"known_as.id = {record} AND {_head('known_as')} = {head}"
    )


def _holder(table: str, column: str, child: str, *, only: str = "") -> str:
    """Look for who stands at a child now; under another record if not at its own."""
    return f"""(
        SELECT {column} FROM {table} AS own
        WHERE own.child_id = {child} AND own.to_at IS NULL{only} LIMIT 1
    ), (
        SELECT {column} FROM people_person AS whom
        JOIN people_person AS record ON {_head("record")} = {_head("whom")}
        JOIN {table} AS theirs ON theirs.child_id = record.id AND theirs.to_at IS NULL{only}
        WHERE whom.id = {child}
        ORDER BY theirs.from_at, theirs.id LIMIT 1
    )"""  # noqa: S608 - our own words stand in it


def _held(*children: str) -> str:
    """Look for who holds the first of these children that anybody holds, and who works with it."""
    managers = (_holder("cases_responsibility", "manager_id", child) for child in children)
    workers = (
        _holder("cases_allocation", "worker_id", child, only=" AND role = 'lead'")
        for child in children
    )
    return f"""CROSS JOIN LATERAL (
    SELECT coalesce({", ".join(managers)}) AS manager_id,
        coalesce({", ".join(workers)}) AS worker_id
) AS held"""


def whose(looked: str, *children: str) -> str:
    """Say whose each row is: the worker, or the manager while there is nobody.

    :param children: whose worker and manager; the child's of the row unless said
    """
    return f"""
SELECT looked.subject_id, looked.child_id, looked.severity,
    coalesce(held.worker_id, held.manager_id) AS owner_id, held.manager_id, looked.since_at,
    looked.facts
FROM ({looked}) AS looked
{_held(*(children or ("looked.child_id",)))}
"""  # noqa: S608 - our own words stand in it


#: A child who is open to a statutory service, under whichever record.
IS_OPEN = _any_record(
    _head("child"),
    "cases_involvement AS involved",
    "involved.child_id = record.id AND involved.to_at IS NULL"
    f" AND involved.kind IN ({_listed(STATUTORY_INVOLVEMENTS)})",
)
#: Each open child's assessment; `head_id` is the record under which the child is read. What the
#: rules look for is found by it, under all of a child's records.
CURRENT = f"""(
    SELECT part.child_id, {_head("child")} AS head_id, part.assessment_id, part.authorised_at,
        (part.authorised_at {LONDON})::date AS authorised_on
    FROM assessments_assessmentchild AS part
    JOIN people_person AS child ON child.id = part.child_id
    WHERE part.authorised_at IS NOT NULL AND part.superseded_at IS NULL AND {IS_OPEN}
)"""  # noqa: S608 - our own codes stand in it


def _days(key: str, at: datetime) -> datetime:
    return working_days_ago(int(policy.value(key, at=at)), at=at)


# A change that is past its limit ------------------------------------------------------------------

COC = whose(f"""
SELECT part.assessment_id AS subject_id, part.child_id,
    CASE WHEN change.change_class = '{ChangeClass.IMMEDIATE}'
        OR (change.change_class = '' AND change.code IN ({
    _listed(code for code, each in DEFAULT_CLASS.items() if each == ChangeClass.IMMEDIATE)
}))
        THEN 'critical' ELSE 'red' END AS severity,
    change.happened_on::timestamp {LONDON} AS since_at,
    jsonb_build_object('change_id', change.id, 'code', change.code,
        'happened_on', change.happened_on, 'due_at', over.due_at) AS facts
FROM cases_changeofcircumstance AS change
JOIN LATERAL (
    SELECT min(due_at) AS due_at FROM record_clock
    WHERE subject_kind = '{changes.SUBJECT}' AND subject_id = change.id AND rule <> 'COC-SEEN'
        AND stopped_at IS NULL AND due_at < %s
) AS over ON over.due_at IS NOT NULL
JOIN cases_changechild AS child ON child.change_id = change.id
JOIN people_person AS told ON told.id = child.child_id
JOIN {CURRENT} AS part ON part.head_id = {_head("told")}
WHERE change.state IN ('logged', 'reviews_open', 'awaiting_manager')
    AND change.logged_at >= part.authorised_at
    AND NOT {
    _any_record(
        "part.head_id",
        "cases_changechild AS confirmed",
        "confirmed.child_id = record.id"
        f" AND confirmed.confirmed_right_on > (change.logged_at {LONDON})::date",
    )
}
""")  # noqa: S608 - our own codes stand in it


def change_late(at: datetime) -> Select:
    """A change later than the assessment is not done within its limit."""
    return Select(COC, (at,))


# Age ----------------------------------------------------------------------------------------------

AGE = whose(f"""
SELECT assessment_id AS subject_id, child_id,
    CASE WHEN looked_on < %s::date - make_interval(months => %s) THEN 'red' ELSE 'amber' END
        AS severity,
    (looked_on + make_interval(months => %s)) {LONDON} AS since_at,
    jsonb_build_object('looked_on', looked_on) AS facts
FROM (
    SELECT part.child_id, part.assessment_id,
        greatest(part.authorised_on, confirmed.on_day) AS looked_on
    FROM {CURRENT} AS part
    LEFT JOIN LATERAL (
        SELECT max(told.confirmed_right_on) AS on_day
        FROM people_person AS record
        {_each("cases_changechild", "each.child_id = record.id", "told")}
        WHERE {_head("record")} = part.head_id
    ) AS confirmed ON true
    WHERE part.authorised_on < %s::date - make_interval(months => %s)
) AS part
WHERE looked_on < %s::date - make_interval(months => %s)
""")  # noqa: S608 - our own codes stand in it


def too_old(at: datetime) -> Select:
    """Nobody has assessed an open child, or found the assessment still right, for too long."""
    on = london_date(at)
    amber, red = (int(policy.value(key, at=at)) for key in ("STALE-AGE", "STALE-AGE-RED"))
    return Select(AGE, (on, red, amber, on, amber, on, amber))


# Waiting for the longer-term team -----------------------------------------------------------------

WAIT = f"""
SELECT looked.subject_id, looked.child_id, 'red' AS severity, held.manager_id AS owner_id,
    looked.manager_id, looked.since_at, looked.facts
FROM (
    SELECT part.assessment_id AS subject_id, line.child_id, team.manager_id,
        greatest(part.authorised_at, review.at) AS since_at,
        jsonb_build_object('transfer_id', line.transfer_id, 'to_team_manager_id', team.manager_id,
            'reviewed_at', review.at) AS facts
    FROM assessments_transferchild AS line
    JOIN assessments_transfer AS transfer ON transfer.id = line.transfer_id
    JOIN accounts_team AS team ON team.id = transfer.to_team_id
    JOIN people_person AS waits ON waits.id = line.child_id
    JOIN {CURRENT} AS part ON part.head_id = {_head("waits")}
    LEFT JOIN LATERAL (
        SELECT max(told.completed_at) AS at
        FROM people_person AS record
        {_each("cases_childriskreview", "each.child_id = record.id", "told")}
        WHERE {_head("record")} = part.head_id
    ) AS review ON true
    WHERE line.is_in AND line.is_open
        AND transfer.state NOT IN ({_listed(Transfer.OVER)})
) AS looked
{_held("looked.child_id")}
WHERE looked.since_at < %s
"""  # noqa: S608 - our own codes stand in it


def not_reviewed_while_waiting(at: datetime) -> Select:
    """A transfer is under way, and nobody has thought about risk to this child for too long."""
    return Select(WAIT, (_days("STALE-WAIT", at),))


# Another household --------------------------------------------------------------------------------

#: Whom the assessment knows, each as one person.
MEMBERS = "\n    ".join(
    (
        _each("assessments_assessmentmember", "each.assessment_id = part.assessment_id", "known"),
        _person("known.person_id", "told"),
        _person(_head("told"), "person"),
    )
)
HOUSEHOLD = whose(f"""
SELECT differs.assessment_id AS subject_id, differs.child_id, 'red' AS severity,
    differs.on_day::timestamp {LONDON} AS since_at,
    jsonb_build_object('person_id', differs.person_id, 'what', differs.what,
        'on_day', differs.on_day) AS facts
FROM (
    SELECT part.child_id, part.head_id, part.assessment_id, person.id AS person_id,
        {_head("person")} AS who_id, 'joined' AS what,
        coalesce(other.from_on, (other.recorded_at {LONDON})::date) AS on_day,
        other.id AS source_id
    FROM {CURRENT} AS part
    {_records("part.head_id")}
    {_homes("record.id")}
    {_others()}
    {_person("other.person_id", "person")}
    WHERE other.recorded_at < %s AND person.died_on IS NULL
        AND {_head("person")} <> part.head_id AND NOT {
    _exists(
        "assessments_assessmentmember AS known",
        "known.assessment_id = part.assessment_id"
        f" AND {_is_head('known.person_id', _head('person'))}",
    )
}
    UNION ALL
    SELECT part.child_id, part.head_id, part.assessment_id, person.id, person.id, news.what,
        news.on_day, person.id
    FROM {CURRENT} AS part
    {MEMBERS}
    CROSS JOIN LATERAL (
        SELECT 'born' AS what, person.date_of_birth AS on_day
        UNION ALL
        SELECT 'adult', (person.date_of_birth + interval '18 years')::date
        WHERE known.is_child AND person.id <> part.head_id
    ) AS news
    WHERE news.on_day > part.authorised_on AND news.on_day < %s
    UNION ALL
    SELECT part.child_id, part.head_id, part.assessment_id, person.id, person.id, 'left',
        ended.on_day, ended.id
    FROM {CURRENT} AS part
    {MEMBERS}
    CROSS JOIN LATERAL (
        SELECT gone.id, gone.to_on AS on_day FROM people_person AS record
        {
    _each(
        "people_householdmembership",
        "each.person_id = record.id AND each.to_on IS NOT NULL",
        "gone",
    )
}
        WHERE {_head("record")} IN (person.id, part.head_id)
        ORDER BY gone.to_on DESC, gone.id LIMIT 1
    ) AS ended
    WHERE person.id <> part.head_id AND ended.on_day < %s AND NOT EXISTS (
        SELECT FROM people_person AS record
        {_homes("record.id")}
        {_others()}
        WHERE {_head("record")} = part.head_id AND {_is_head("other.person_id", "person.id")}
        OFFSET 0
    )
) AS differs
WHERE NOT EXISTS (
    SELECT FROM people_person AS record
    {_each("cases_changechild", "each.child_id = record.id", "told")}
    {_each("cases_changeofcircumstance", "each.id = told.change_id", "change")}
    {
    _each(
        "cases_changeofcircumstance",
        "each.id = coalesce(change.merged_into_id, change.id)",
        "ended",
    )
}
    WHERE {_head("record")} = differs.head_id
        AND ended.state IN ('{ChangeState.DONE}', '{ChangeState.NOT_SIGNIFICANT}')
        AND (change.source_id = differs.source_id OR (
            change.happened_on >= differs.on_day
            AND (change.code IN ({_listed(OF_THE_HOUSEHOLD)})
                OR {_is_head("change.person_id", "differs.who_id")})
        ))
    OFFSET 0
)
""")  # noqa: S608 - our own codes stand in it


def another_household(at: datetime) -> Select:
    """Somebody joined, left, was born or came of age, and no change about it has been closed."""
    moment = _days("STALE-HH", at)
    day = london_date(moment)
    return Select(HOUSEHOLD, (moment, day, day))


# A child left out ---------------------------------------------------------------------------------

#: Only the assessments of those who live with some children.
AROUND = f"""{_head("child")} = ANY (ARRAY(
    SELECT {_head("lives")} FROM people_person AS lives
    WHERE lives.id IN (
        SELECT other.person_id FROM unnest(%s::uuid[]) AS given(id)
        {_homes("given.id")}
        {_others()}
    )
))"""  # noqa: S608 - our own words stand in it
#: Nobody may hold a child who was left out: it is then the business of who holds the other.
CHILD = whose(
    f"""
SELECT part.assessment_id AS subject_id, person.id AS child_id, part.child_id AS sibling_id,
    'red' AS severity,
    greatest(other.recorded_at, part.started_at) AS since_at,
    jsonb_build_object('sibling_id', part.child_id) AS facts
FROM (
    SELECT part.child_id, {_head("child")} AS head_id, part.assessment_id, assessment.started_at
    FROM people_person AS child
    JOIN assessments_assessmentchild AS part ON part.child_id = child.id
    JOIN assessments_assessment AS assessment ON assessment.id = part.assessment_id
    WHERE part.taken_out_at IS NULL
        AND (part.is_open OR (part.authorised_at IS NOT NULL AND part.superseded_at IS NULL))
        AND assessment.started_at < %s AND {NARROWED} AND {IS_OPEN}
) AS part
{_records("part.head_id")}
{_homes("record.id")}
{_others()}
{_person("other.person_id", "told")}
{_person(_head("told"), "person")}
WHERE other.role IN ({_listed(CHILD_ROLES)}) AND other.recorded_at < %s
    AND person.died_on IS NULL
    AND (person.stage = '{Stage.UNBORN}' OR person.date_of_birth > %s::date - interval '18 years'
        OR (person.date_of_birth IS NULL AND person.la_child_id IS NOT NULL))
    AND NOT {
        _any_record(
            "person.id",
            "assessments_assessmentchild AS own",
            "own.child_id = record.id AND own.taken_out_at IS NULL AND (own.is_open"
            " OR (own.authorised_at IS NOT NULL AND own.superseded_at IS NULL))",
        )
    }
    AND NOT {
        _exists(
            "assessments_notassessed AS said",
            f"said.assessment_id = part.assessment_id AND {_is_head('said.child_id', 'person.id')}",
        )
    }
    AND NOT {
        _exists(
            "assessments_assessmentmember AS known",
            "known.assessment_id = part.assessment_id"
            f" AND known.accounted_by NOT IN ('', '{AccountedBy.PASSED}')"
            f" AND {_is_head('known.person_id', 'person.id')}",
        )
    }
    AND NOT {
        _exists(
            "assessments_assessmentpassed AS asked",
            "asked.assessment_id = part.assessment_id"
            f" AND {_is_head('asked.child_id', 'person.id')}"
            " AND (asked.answered_at IS NOT NULL OR NOT "
            + _exists(
                "record_clock AS late",
                "late.subject_id = asked.id AND late.stopped_at IS NULL AND late.due_at < %s",
            )
            + ")",
        )
    }
""",  # noqa: S608 - our own codes stand in it
    "looked.child_id",
    "looked.sibling_id",
)


def child_left_out(at: datetime) -> Select:
    """A child lives where another has an assessment, and has none, nor a reason why not."""
    moment = _days("CFA-CP1", at)
    return Select(CHILD, (moment, moment, london_date(at), at), narrowed=AROUND)


# Signals ------------------------------------------------------------------------------------------

SIGNALS = whose(f"""
SELECT assessment_id AS subject_id, child_id,
    CASE WHEN at < %s THEN 'red' ELSE 'amber' END AS severity, at AS since_at,
    jsonb_build_object('first_at', first_at, 'signals', signals, 'last', kind) AS facts
FROM (
    SELECT part.child_id, part.assessment_id, signal.at, signal.kind,
        row_number() OVER child AS place, first_value(signal.at) OVER child AS first_at,
        count(*) OVER (PARTITION BY part.child_id) AS signals
    FROM {CURRENT} AS part
    {_records("part.head_id")}
    {_each("cases_signal", "each.child_id = record.id AND each.at > part.authorised_at", "signal")}
    WHERE NOT EXISTS (
        SELECT FROM people_person AS same
        {_each("cases_changechild", "each.child_id = same.id", "told")}
        {_each("cases_changeofcircumstance", "each.id = told.change_id", "change")}
        WHERE {_head("same")} = part.head_id AND change.learned_at >= signal.at
        OFFSET 0
    ) AND NOT EXISTS (
        SELECT FROM record_flag AS said_no
        WHERE said_no.child_id = part.child_id AND said_no.rule = 'F-STALE-SIGNALS'
            AND said_no.state = '{FlagState.CLEARED_WITH_REASON}'
            AND said_no.cleared_at >= signal.at
    )
    WINDOW child AS (PARTITION BY part.child_id ORDER BY signal.at, signal.id)
) AS counted
WHERE place = 2
""")  # noqa: S608 - our own codes stand in it


def signals_without_change(at: datetime) -> Select:
    """Two or more things happened since the assessment, and nobody logged a change."""
    return Select(SIGNALS, (_days("STALE-SIGNALS-RED", at),))


# The rules ----------------------------------------------------------------------------------------

STALE = (
    FlagRule(
        code="F-STALE-COC",
        name="A change past its limit",
        finding="A change about {child} is past its limit: {code}",
        words="A change after the assessment is done within its limits",
        clears="It clears when the change is done, or found not significant",
        subject_kind=SUBJECT,
        breaches=change_late,
        permission=Permission.ASSESSMENT_READ,
        told=("W", "M", "RM"),
        source=OFSTED,
        url_name="cases:child",
        url_takes="child",
        url_words="Go to the child and the change",
        is_stale=True,
        facts=(
            Fact(
                "code",
                "What changed",
                "code",
                labels=dict(ChangeCode.choices),
                url_name="cases:change",
                url_key="change_id",
            ),
            Fact("happened_on", "When", "date"),
            Fact("due_at", "Due", "moment"),
        ),
    ),
    FlagRule(
        code="F-STALE-AGE",
        name="An old assessment",
        finding="Nobody has found the assessment of {child} still right since {looked_on}",
        words="An open child’s assessment was made or found still right within 6 months, and never"
        " longer than 12 ago",
        clears="It clears when a manager finds it still right, or authorises another",
        subject_kind=SUBJECT,
        breaches=too_old,
        permission=Permission.ASSESSMENT_READ,
        told=("W", "M"),
        source=STANDARDS,
        limits=("STALE-AGE", "STALE-AGE-RED"),
        url_name="assessments:assessment",
        url_words="Read the assessment",
        is_stale=True,
        facts=(Fact("looked_on", "Last found right", "date"),),
    ),
    FlagRule(
        code="F-STALE-WAIT",
        name="Not reviewed while waiting",
        finding="Nobody has thought about risk to {child} since {since}, while the transfer waits",
        words="While a transfer waits, risk to each child is thought about every 20 working days",
        clears="It clears when a review of the risk to this child is recorded",
        subject_kind=SUBJECT,
        breaches=not_reviewed_while_waiting,
        permission=Permission.ASSESSMENT_READ,
        told=("M", "RM", "HOS"),
        source=OURS,
        limits=("STALE-WAIT",),
        url_name="cases:child",
        url_takes="child",
        url_words="Go to the child and the transfer",
        is_stale=True,
        facts=(
            Fact("reviewed_at", "Last review of the risk", "moment"),
            Fact("to_team_manager_id", "Taken over by", "user"),
        ),
    ),
    FlagRule(
        code="F-STALE-HH",
        name="Another household",
        finding="{person} {what}, and the assessment of {child} does not know it",
        words="Whoever joins, leaves, is born or comes of age is in the assessment, or in a change"
        " that is closed, within 1 working day",
        clears="It clears when the change about it is closed, or another assessment authorised",
        subject_kind=SUBJECT,
        breaches=another_household,
        permission=Permission.ASSESSMENT_READ,
        told=("W", "M"),
        source=OFSTED,
        limits=("STALE-HH",),
        url_name="cases:log_change",
        url_takes="child",
        url_words="Record the change, or find it on the child’s page",
        is_stale=True,
        facts=(
            Fact("person_id", "Who", "person"),
            Fact(
                "what",
                "What happened",
                "code",
                labels={
                    "joined": "joined the household",
                    "left": "left the household",
                    "born": "was born",
                    "adult": "turned 18",
                },
            ),
            Fact("on_day", "When", "date"),
        ),
    ),
    FlagRule(
        code="F-STALE-CHILD",
        name="A child without an assessment",
        finding="{child} lives with {sibling}, who has an assessment, and has none",
        words="Every child of the household has an assessment, or a reason why not, by the first"
        " checkpoint",
        clears="It clears when this child is assessed, or somebody says why not",
        subject_kind=SUBJECT,
        breaches=child_left_out,
        permission=Permission.ASSESSMENT_READ,
        told=("W", "M"),
        source=OURS,
        limits=("CFA-CP1",),
        url_name="assessments:household",
        url_words="Every child of the household",
        is_stale=True,
        facts=(Fact("sibling_id", "Brother or sister", "person"),),
    ),
    FlagRule(
        code="F-STALE-SIGNALS",
        name="Signals and no change",
        finding="{signals} things happened to {child} since {first_at}, and nobody recorded a"
        " change",
        words="Two contacts, missing episodes, incidents or failed visits after the assessment are"
        " a change, or a manager says why not, within 2 working days",
        clears="It clears when a change is recorded, or a manager says why there is none",
        subject_kind=SUBJECT,
        breaches=signals_without_change,
        permission=Permission.ASSESSMENT_READ,
        told=("W", "M"),
        source=OURS,
        limits=("STALE-SIGNALS-RED",),
        url_name="cases:log_change",
        url_takes="child",
        url_words="Record a change",
        is_stale=True,
        facts=(
            Fact("signals", "How many", "number"),
            Fact("first_at", "Since", "moment"),
            Fact("last", "The second", "code", labels=dict(SignalKind.choices)),
        ),
    ),
)
