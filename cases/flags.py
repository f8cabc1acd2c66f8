"""What is late or missing in the shared work: workers, oversight, changes (domain.md 4.2)."""

from datetime import datetime, timedelta

from django.db.models import Case, CharField, Exists, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce

from accounts.actions import MANAGERS_OF, SENIOR_MANAGERS
from accounts.permissions import Permission
from cases.actions.changes import PROTECTIVE
from cases.change_codes import ChangeCode
from cases.choices import (
    HandoverKind,
    InvolvementKind,
    OversightKind,
    OversightQuality,
    Queue,
    WorkerRole,
)
from cases.models import (
    Allocation,
    OversightAction,
    OversightChild,
    Referral,
    Responsibility,
)
from lib.working_days import london_date
from people.choices import Stage
from record import flags, policy
from record.calendar import working_days_ago
from record.flags import Fact, FlagRule, Select
from record.models import Clock, FlagSeverity

OURS = "Our choice"
STANDARDS = "Local practice: published supervision standards of other authorities"


def manager_of(child: str = "child_id") -> Subquery:
    """Who answers for the child of a row."""
    live = Responsibility.objects.filter(child=OuterRef(child), to_at__isnull=True)
    return Subquery(live.values("manager_id")[:1])


def worker_of(child: str = "child_id") -> Coalesce:
    """Who works with the child of a row; the manager while there is nobody."""
    lead = Allocation.objects.filter(
        child=OuterRef(child), role=WorkerRole.LEAD, to_at__isnull=True
    )
    return Coalesce(Subquery(lead.values("worker_id")[:1]), manager_of(child))


def since(moment: str, *, red_before: datetime) -> Case:
    """Amber, and red when it began before a moment."""
    return Case(
        When(Q(**{f"{moment}__lt": red_before}), then=Value(FlagSeverity.RED.value)),
        default=Value(FlagSeverity.AMBER.value),
    )


def _days(key: str, at: datetime) -> int:
    return int(policy.value(key, at=at))


# Referrals --------------------------------------------------------------------------------------

UNALLOCATED = ("REF-ALLOC", "REF-ALLOC-0")


def no_worker(at: datetime) -> Select:
    """A referral is accepted, and nobody works with the child; critical from the fourth day on."""
    running = Clock.objects.filter(rule__in=UNALLOCATED, stopped_at__isnull=True, due_at__lt=at)
    of_this = running.filter(subject_id=OuterRef("pk")).order_by("due_at", "pk")
    critical_before = working_days_ago(_days("REF-ALLOC-CRITICAL", at), at=at)
    return flags.select(
        Referral.objects.filter(pk__in=running.values("subject_id")).annotate(
            started_at=Subquery(of_this.values("started_at")[:1]),
            due_at=Subquery(of_this.values("due_at")[:1]),
        ),
        severity=Case(
            When(started_at__lt=critical_before, then=Value(FlagSeverity.CRITICAL.value)),
            default=Value(FlagSeverity.RED.value),
            output_field=CharField(),
        ),
        since="started_at",
        owner=manager_of(),
        manager=manager_of(),
        facts={"started_at": "started_at", "due_at": "due_at"},
    )


# Who answers ------------------------------------------------------------------------------------

#: Until when the manager of each team that holds children may answer for it, as `roles` say.
_UNTIL = """LATERAL (
    SELECT max(coalesce(held.to_at, 'infinity')) AS at FROM accounts_roleassignment AS held
    WHERE held.user_id = team.manager_id AND held.from_at <= %s
        AND (team.kind, held.role) IN ({roles})
)""".format(  # noqa: S608 - our own codes stand in it
    roles=", ".join(
        f"('{kind}', '{role}')"
        for kind, roles in sorted(MANAGERS_OF.items())
        for role in sorted(roles | SENIOR_MANAGERS)
    )
)
_MANAGER_ENDS = f"""
SELECT team.id AS subject_id, NULL::uuid AS child_id,
    CASE WHEN now_until.at <= %s THEN 'critical' ELSE 'amber' END AS severity,
    coalesce(above.manager_id, team.manager_id) AS owner_id,
    coalesce(above.manager_id, team.manager_id) AS manager_id, now_until.at AS since_at,
    jsonb_build_object('who_id', team.manager_id, 'team', team.name, 'ends_at', now_until.at)
        AS facts
FROM accounts_team AS team
LEFT JOIN accounts_team AS above ON above.id = team.parent_id
JOIN {_UNTIL} AS now_until ON true
JOIN {_UNTIL} AS soon_until ON true
WHERE EXISTS (
    SELECT FROM cases_responsibility AS held WHERE held.team_id = team.id AND held.to_at IS NULL
) AND (now_until.at <= %s OR soon_until.at < %s)
"""  # noqa: S608 - our own words stand in it


def manager_ends(at: datetime) -> Select:
    """Whoever answers for children holds the role for it no longer, or not for much longer."""
    soon = at + timedelta(days=_days("MGR-ENDS", at))
    return Select(_MANAGER_ENDS, (at, at, soon, at, soon))


# Management oversight ---------------------------------------------------------------------------


def no_direction(at: datetime) -> Select:
    """A worker was named and no direction given."""
    given = OversightChild.objects.filter(
        child=OuterRef("child"), kind=OversightKind.ALLOCATION, at__gte=OuterRef("from_at")
    )
    return flags.select(
        Allocation.objects.filter(
            ~Exists(given),
            role=WorkerRole.LEAD,
            to_at__isnull=True,
            find_out="",
            from_at__lt=working_days_ago(_days("OVS-ALLOC", at), at=at),
        ),
        severity=FlagSeverity.AMBER,
        since="from_at",
        owner=manager_of(),
        manager=manager_of(),
        facts={"worker_id": "worker_id", "from_at": "from_at"},
    )


def not_carried_out(at: datetime) -> Select:
    """A manager's direction is past its date and nobody has said what became of it."""
    late = london_date(working_days_ago(_days("OVS-ACT", at) - 1, at=at))
    red = london_date(working_days_ago(_days("OVS-ACT-RED", at) - 1, at=at))
    return flags.select(
        OversightAction.objects.filter(is_done__isnull=True, due_on__lt=late),
        severity=since("due_on", red_before=red),  # type: ignore[arg-type]
        since="oversight__recorded_at",
        child="oversight__children__child_id",
        owner="owner_id",
        manager=manager_of("oversight__children__child_id"),
        facts={
            "due_on": "due_on",
            "owner_id": "owner_id",
            "oversight_id": "oversight_id",
            "by_id": "oversight__by_id",
        },
    )


LOOKED = f"""
    SELECT open.child_id, held.manager_id, held.team_id, last.at AS last_at, pace.days,
        pace.soon_before, pace.amber_before, pace.red_before,
        greatest(open.from_at, last.at) AS since_at
    FROM (
        SELECT child_id, min(from_at) AS from_at, CASE
            WHEN bool_and(kind = '{InvolvementKind.EARLY_HELP}') THEN 'early_help'
            WHEN bool_or(is_steady) AND NOT bool_or(kind = '{InvolvementKind.ASSESSMENT}')
                AND NOT EXISTS (
                    SELECT FROM cases_waitingentry AS waits
                    WHERE waits.child_id = involved.child_id AND waits.ended_at IS NULL
                        AND waits.queue <> '{Queue.EARLY_HELP}'
                ) AND NOT EXISTS (
                    SELECT FROM cases_handoverchild AS offered
                    WHERE offered.child_id = involved.child_id AND offered.is_open
                        AND offered.kind = '{HandoverKind.TRANSFER}'
                ) AND NOT EXISTS (
                    SELECT FROM cases_protection AS protected
                    WHERE protected.child_id = involved.child_id AND protected.to_at IS NULL
                ) AND NOT EXISTS (
                    SELECT FROM people_person AS child
                    WHERE child.id = involved.child_id AND child.stage = '{Stage.UNBORN}'
                ) THEN 'steady'
            ELSE 'usual' END AS pace
        FROM cases_involvement AS involved
        WHERE to_at IS NULL AND kind IN (
            '{InvolvementKind.REFERRAL}', '{InvolvementKind.ASSESSMENT}',
            '{InvolvementKind.PLAN}', '{InvolvementKind.EARLY_HELP}'
        ) AND {{of}}
        GROUP BY child_id
    ) AS open
    JOIN (VALUES
        ('usual', %s, %s, %s, %s), ('steady', %s, %s, %s, %s), ('early_help', %s, %s, %s, %s)
    ) AS pace(pace, days, soon_before, amber_before, red_before) USING (pace)
    LEFT JOIN cases_responsibility AS held
        ON held.child_id = open.child_id AND held.to_at IS NULL
    LEFT JOIN LATERAL (
        SELECT max(at) AS at FROM cases_oversightchild WHERE child_id = open.child_id
    ) AS last ON true
"""  # noqa: S608 - our own codes stand in it
GAP = f"""
SELECT child_id AS subject_id, child_id,
    CASE WHEN since_at < red_before THEN 'red' ELSE 'amber' END AS severity,
    manager_id AS owner_id, manager_id, since_at,
    jsonb_build_object('last_at', last_at, 'counted_from', since_at, 'limit', days) AS facts
FROM ({LOOKED.format(of="true")}) AS looked
WHERE since_at < amber_before
"""  # noqa: S608 - our own codes stand in it


def paces(at: datetime) -> list[int | datetime]:
    """The values of `LOOKED`: for each pace its limit, and from when on it is near, over, red."""
    over, soon = _days("OVS-GAP-RED", at), _days("OVS-GAP-SOON", at)
    params: list[int | datetime] = []
    for key in ("OVS-GAP", "OVS-GAP-STEADY", "OVS-GAP-EARLY-HELP"):
        days = _days(key, at)
        params += [
            days,
            working_days_ago(max(days - soon, 0), at=at),
            working_days_ago(days, at=at),
            working_days_ago(days + over, at=at),
        ]
    return params


def oversight_gap(at: datetime) -> Select:
    """An open child about whom no manager has recorded anything for too long."""
    return Select(GAP, tuple(paces(at)))


def empty_reasons(at: datetime) -> Select:
    """A manager's reasons are one word, or those given about other children; not rewritten."""
    return flags.select(
        OversightChild.objects.filter(
            ~Q(oversight__quality=""),
            Exists(Responsibility.objects.filter(child=OuterRef("child"), to_at__isnull=True)),
            oversight__corrected_by__isnull=True,
        ),
        severity=FlagSeverity.AMBER,
        since="oversight__recorded_at",
        subject="oversight_id",
        owner="oversight__by_id",
        manager=manager_of(),
        facts={
            "quality": "oversight__quality",
            "by_id": "oversight__by_id",
            "at": "oversight__at",
        },
    )


# Changes of circumstance ------------------------------------------------------------------------

#: Who decides about a change: of those who hold its children, whoever protects most; where nobody
#: does by now, the team that held one last.
_HOLDER = f"""
    LEFT JOIN LATERAL (
        SELECT CASE WHEN held.to_at IS NULL THEN held.manager_id ELSE team.manager_id END
            AS manager_id
        FROM cases_changechild AS theirs
        JOIN cases_responsibility AS held ON held.child_id = theirs.child_id
        JOIN accounts_team AS team ON team.id = held.team_id
        WHERE theirs.change_id = change.id
        ORDER BY held.to_at DESC NULLS FIRST,
            array_position(ARRAY[{", ".join(f"'{kind}'" for kind in PROTECTIVE)}],
                team.kind::text), held.from_at, held.id
        LIMIT 1
    ) AS holder ON true
"""  # noqa: S608 - our own codes stand in it
#: One child under whom a flag about the whole change stands: one who is open to be read, and
#: concerned directly, where there is one.
_FIRST = """
    JOIN LATERAL (
        SELECT one.child_id FROM cases_changechild AS one
        WHERE one.change_id = change.id AND one.needs_review
        ORDER BY EXISTS (
            SELECT FROM people_restriction AS closed
            WHERE closed.person_id = one.child_id AND closed.ended_at IS NULL
        ), one.is_concerned DESC, one.recorded_at, one.id
        LIMIT 1
    ) AS first ON true
"""
_OF_CHANGE = f"""
SELECT change.id AS subject_id, first.child_id,
    CASE WHEN clock.rule LIKE '%%-I' THEN '{{immediate}}' ELSE 'red' END AS severity,
    holder.manager_id AS owner_id, holder.manager_id, clock.started_at AS since_at,
    jsonb_build_object('code', change.code, 'happened_on', change.happened_on,
        'due_at', clock.due_at, 'logged_by_id', change.logged_by_id) AS facts
FROM cases_changeofcircumstance AS change
JOIN record_clock AS clock ON clock.subject_id = change.id AND clock.stopped_at IS NULL
    AND clock.rule LIKE '{{rule}}-%%' AND clock.due_at < %s
{_FIRST}
{_HOLDER}
WHERE change.state IN ({{states}})
"""  # noqa: S608 - our own codes stand in it
_TRIAGE = _OF_CHANGE.format(
    rule="COC-TRIAGE",
    states="'logged', 'reviews_open', 'awaiting_manager'",
    immediate="critical",
)
_DECIDE = _OF_CHANGE.format(rule="COC-DECIDE", states="'awaiting_manager'", immediate="red")
_REVIEW = """
SELECT review.id AS subject_id, review.child_id,
    CASE WHEN clock.rule LIKE '%%-I' THEN 'critical' ELSE 'red' END AS severity,
    review.owner_id, held.manager_id, clock.started_at AS since_at,
    jsonb_build_object('change_id', change.id, 'code', change.code,
        'happened_on', change.happened_on, 'due_at', clock.due_at,
        'owner_id', review.owner_id) AS facts
FROM cases_changeofcircumstance AS change
JOIN record_clock AS clock ON clock.subject_id = change.id AND clock.stopped_at IS NULL
    AND clock.rule LIKE 'COC-REVIEW-%%' AND clock.due_at < %s
JOIN cases_childriskreview AS review ON review.subject_id = change.id
    AND review.child_id = clock.child_id AND review.state = 'to_do'
LEFT JOIN cases_responsibility AS held
    ON held.child_id = review.child_id AND held.to_at IS NULL
WHERE change.state IN ('reviews_open', 'awaiting_manager')
"""


def change_not_triaged(at: datetime) -> Select:
    """Nobody has said in time how urgent a change is, or confirmed what EDT said."""
    return Select(_TRIAGE, (at,))


def change_not_reviewed(at: datetime) -> Select:
    """The review of one child's own is late."""
    return Select(_REVIEW, (at,))


def change_not_decided(at: datetime) -> Select:
    """Every child is reviewed and the manager has not decided in time."""
    return Select(_DECIDE, (at,))


QUALITIES = {
    each.value: str(each.label)[0].lower() + str(each.label)[1:] for each in OversightQuality
}
_WHAT = {each.value: str(each.label) for each in ChangeCode}
_CHANGE_FACTS = (
    Fact("code", "Change", "code", labels=_WHAT),
    Fact("happened_on", "Happened on", "date"),
    Fact("due_at", "Due", "moment"),
)

FLAGS = (
    FlagRule(
        code="F-MGR-ENDS",
        name="Manager without the role",
        finding="{who} answers for the children of {team} in a role that ends, or ended, {ends_at}",
        words="An open child always has a manager who may decide: the head of service is told 10"
        " days before the role of a manager ends, and while nobody has taken over",
        clears="It clears when an administrator gives the role for longer, or names another manager"
        " of the team, who then holds its children",
        subject_kind="team",
        breaches=manager_ends,
        permission=Permission.OVERSIGHT_READ,
        told=("HOS",),
        source=OURS,
        limits=("MGR-ENDS",),
        facts=(
            Fact("who_id", "Who answers for the team", "user"),
            Fact("team", "Team"),
            Fact("ends_at", "The role ends", "moment"),
        ),
    ),
    FlagRule(
        code="F-REF-UNALLOC",
        name="No worker named",
        finding="Nobody has been named to work with {child}, {late} late",
        words="A worker is named by the end of the working day after a referral is accepted, the"
        " same day where a section 47 enquiry begins; longer than 3 working days without is"
        " critical",
        clears="It clears when the manager names a worker",
        subject_kind="referral",
        breaches=no_worker,
        permission=Permission.REFERRAL_READ,
        told=("M", "HOS"),
        source=OURS,
        limits=("REF-ALLOC", "REF-ALLOC-CRITICAL"),
        facts=(
            Fact("started_at", "Accepted", "moment"),
            Fact("due_at", "Due", "moment"),
        ),
        url_name="cases:allocate",
        url_words="Name a worker",
    ),
    FlagRule(
        code="F-OVS-ALLOC",
        name="No direction given",
        finding="No direction was given when {worker} began with {child}",
        words="A manager gives direction within 2 working days of naming a worker",
        clears="It clears when a manager records the direction",
        subject_kind="allocation",
        breaches=no_direction,
        permission=Permission.OVERSIGHT_READ,
        told=("M",),
        source=OURS,
        limits=("OVS-ALLOC",),
        url_name="cases:record_oversight",
        url_words="Record the direction",
        url_takes="child",
        facts=(
            Fact("worker_id", "Worker", "user"),
            Fact("from_at", "With the child since", "moment"),
        ),
    ),
    FlagRule(
        code="F-OVS-GAP",
        name="No oversight recorded",
        finding="No management oversight of {child} since {since}",
        words="A manager records oversight of every open child each 20 working days; each 40 on a"
        " steady plan, unless the child is not born, in a section 47 enquiry or being handed on;"
        " each 30 in early help",
        clears="It clears when a manager records oversight of this child",
        subject_kind="person",
        breaches=oversight_gap,
        permission=Permission.OVERSIGHT_READ,
        told=("M", "HOS"),
        source=STANDARDS,
        limits=("OVS-GAP", "OVS-GAP-STEADY", "OVS-GAP-EARLY-HELP", "OVS-GAP-RED"),
        url_name="cases:record_oversight",
        url_words="Record oversight",
        url_takes="child",
        facts=(
            Fact("last_at", "Last recorded", "moment"),
            Fact("counted_from", "Counted from", "moment"),
            Fact("limit", "Working days allowed", "number"),
        ),
    ),
    FlagRule(
        code="F-OVS-ACT",
        name="Direction not carried out",
        finding="A direction about {child} is past its date",
        words="What a manager directs is carried out by its date, or the reason is recorded",
        clears="It clears when somebody records whether it was carried out",
        subject_kind="oversight_action",
        breaches=not_carried_out,
        permission=Permission.OVERSIGHT_READ,
        told=("W", "M"),
        source=OURS,
        limits=("OVS-ACT", "OVS-ACT-RED"),
        url_name="cases:direction",
        url_words="Say whether it was carried out",
        facts=(
            Fact("by_id", "Directed by", "user"),
            Fact("owner_id", "To be done by", "user"),
            Fact("due_on", "By when", "date"),
        ),
    ),
    FlagRule(
        code="F-OVS-EMPTY",
        name="Reasons that say nothing",
        finding="What {by} recorded about {child} gives no reasons of its own: {quality}",
        words="A manager’s reasons are more than a word, and this child’s own",
        clears="It clears when the record is corrected",
        subject_kind="oversight",
        breaches=empty_reasons,
        permission=Permission.OVERSIGHT_READ,
        told=("M", "QA"),
        source=OURS,
        url_name="cases:oversight",
        url_words="Go to the record and correct it",
        facts=(
            Fact("by_id", "Recorded by", "user"),
            Fact("at", "Talked about", "moment"),
            Fact("quality", "What is wrong", "code", labels=QUALITIES),
        ),
    ),
    FlagRule(
        code="F-COC-TRIAGE",
        name="Change not triaged",
        finding="A change in the home of {child} is not triaged, {late} late",
        words="A manager says how urgent a change is: an immediate one within 4 office hours of"
        " learning of it, a significant one by the end of the next working day, a routine one"
        " within 3 working days",
        clears="It clears when the responsible manager triages the change",
        subject_kind="change",
        breaches=change_not_triaged,
        permission=Permission.CHANGE_LOG,
        told=("M", "HOS"),
        source=OURS,
        limits=("COC-TRIAGE-I", "COC-TRIAGE-S", "COC-TRIAGE-R"),
        facts=(*_CHANGE_FACTS, Fact("logged_by_id", "Logged by", "user")),
        url_name="cases:change",
        url_words="Go to the change",
    ),
    FlagRule(
        code="F-COC-REVIEW",
        name="Risk not reviewed after a change",
        finding="The review of risk to {child} is {late} late",
        words="When something changes in a home, the risk to each child of it is reviewed, by a"
        " review of the child’s own: within 1, 5 or 10 working days, as urgent as the change is",
        clears="It clears when the review of this child is completed",
        subject_kind="risk_review",
        breaches=change_not_reviewed,
        permission=Permission.RISK_REVIEW_READ,
        told=("W", "M"),
        source=OURS,
        limits=("COC-REVIEW-I", "COC-REVIEW-S", "COC-REVIEW-R"),
        facts=(
            Fact(
                "code", "Change", "code", labels=_WHAT, url_name="cases:change", url_key="change_id"
            ),
            *_CHANGE_FACTS[1:],
            Fact("owner_id", "Whose review it is", "user"),
        ),
        url_name="cases:risk_review",
        url_words="Go to the review",
    ),
    FlagRule(
        code="F-COC-MGR",
        name="Change not decided",
        finding="Every child is reviewed, and the change about {child} is not decided, {late} late",
        words="When every child is reviewed the manager decides: an immediate change within 4"
        " office hours, a significant one within 1 working day, a routine one within 2",
        clears="It clears when the manager’s decision is recorded and what it names exists",
        subject_kind="change",
        breaches=change_not_decided,
        permission=Permission.CHANGE_LOG,
        told=("M", "HOS"),
        source=OURS,
        limits=("COC-DECIDE-I", "COC-DECIDE-S", "COC-DECIDE-R"),
        facts=_CHANGE_FACTS,
        url_name="cases:change_decide",
        url_words="Decide",
    ),
)
