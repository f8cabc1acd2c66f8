"""What is late in section 47 enquiries, conferences and core groups (domain.md 4.2)."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Case, CharField, Exists, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from accounts.permissions import Permission
from assessments import protection_clocks, section_47_clocks
from assessments.models import Section47Enquiry
from assessments.timescales import CORE_GROUPS, OURS, SLOUGH_REFERRALS, WORKING_TOGETHER
from cases.actions.referrals import TRANSFER_IN
from cases.flags import manager_of, worker_of
from cases.models import Referral
from record import flags, policy
from record.calendar import working_days_ago
from record.flags import Fact, FlagRule, Select
from record.models import Clock, FlagSeverity

Conference = Section47Enquiry.Conference


def _running(subject: str, rules: Sequence[str]) -> QuerySet[Clock]:
    return Clock.objects.filter(subject_kind=subject, rule__in=rules, stopped_at__isnull=True)


def _enquiry_of() -> QuerySet[Section47Enquiry]:
    return Section47Enquiry.objects.filter(pk=OuterRef("subject_id"))


def _select(rows: QuerySet[Clock], severity: FlagSeverity) -> Select:
    """Flags about enquiries: whoever leads, or works with the child, is told."""
    return flags.select(
        rows,
        severity=severity,
        since="started_at",
        subject="subject_id",
        owner=Coalesce(Subquery(_enquiry_of().values("lead_id")[:1]), worker_of()),
        manager=manager_of(),
        facts={
            "began_at": "started_at",
            "due_at": "due_at",
            "conference": Subquery(_enquiry_of().values("conference")[:1]),
        },
    )


#: The earliest limit of each child that has passed: a referral's is the referral's own.
_NOT_SEEN = """
SELECT late.child_id AS subject_id, late.child_id, 'critical' AS severity,
    coalesce(lead.worker_id, held.manager_id) AS owner_id, held.manager_id,
    late.started_at AS since_at,
    jsonb_build_object('began_at', late.started_at, 'due_at', late.due_at) AS facts
FROM (
    SELECT DISTINCT ON (coalesce(clock.child_id, referral.child_id))
        coalesce(clock.child_id, referral.child_id) AS child_id, clock.started_at, clock.due_at
    FROM record_clock AS clock
    LEFT JOIN cases_referral AS referral ON referral.id = clock.subject_id
    WHERE clock.rule IN ('REF-SEEN-CP', 'S47-SEEN') AND clock.stopped_at IS NULL
        AND clock.due_at < %s
    ORDER BY coalesce(clock.child_id, referral.child_id), clock.due_at, clock.id
) AS late
LEFT JOIN cases_allocation AS lead
    ON lead.child_id = late.child_id AND lead.role = 'lead' AND lead.to_at IS NULL
LEFT JOIN cases_responsibility AS held
    ON held.child_id = late.child_id AND held.to_at IS NULL
WHERE late.child_id IS NOT NULL
"""


def child_not_seen(at: datetime) -> Select:
    """A child who may be at risk of harm has not been seen by a social worker in time."""
    return Select(_NOT_SEEN, (at,))


def enquiry_without_outcome(at: datetime) -> Select:
    """The outcome of an enquiry is late."""
    return _select(
        _running(section_47_clocks.SUBJECT, ["S47-OUT"]).filter(due_at__lt=at), FlagSeverity.RED
    )


def _awaited() -> QuerySet[Clock]:
    """Enquiries that are concluded, whose conference is required or not decided."""
    return _running(section_47_clocks.SUBJECT, ["S47-ICPC"]).filter(
        Exists(
            _enquiry_of()
            .filter(ended_at__isnull=True, concluded_at__isnull=False)
            .filter(Q(conference=Conference.REQUIRED) | Q(conference=""))
        )
    )


def conference_coming_due(at: datetime) -> Select:
    """A conference has not been held two thirds into its limit."""
    days = int(policy.value("ICPC-DUE", at=at))
    return _select(
        _awaited().filter(started_at__lt=working_days_ago(days, at=at), due_at__gte=at),
        FlagSeverity.AMBER,
    )


def conference_late(at: datetime) -> Select:
    """The statutory limit of a conference has passed."""
    return _select(_awaited().filter(due_at__lt=at), FlagSeverity.CRITICAL)


def moved_in_without_conference(at: datetime) -> Select:
    """A family moved here with another authority's plan, and our conference was not held."""
    days = int(policy.value("ICPC-DUE", at=at))
    running = Clock.objects.filter(rule=TRANSFER_IN, stopped_at__isnull=True)
    of_this = running.filter(subject_id=OuterRef("pk"))
    return flags.select(
        Referral.objects.filter(pk__in=running.values("subject_id"))
        .annotate(
            began_at=Subquery(of_this.values("started_at")[:1]),
            due_at=Subquery(of_this.values("due_at")[:1]),
        )
        .filter(Q(due_at__lt=at) | Q(began_at__lt=working_days_ago(days, at=at))),
        severity=Case(
            When(due_at__lt=at, then=Value(FlagSeverity.CRITICAL.value)),
            default=Value(FlagSeverity.AMBER.value),
            output_field=CharField(),
        ),
        since="began_at",
        owner=worker_of(),
        manager=manager_of(),
        facts={"began_at": "began_at", "due_at": "due_at"},
    )


def core_group_late(at: datetime) -> Select:
    """A core group has not been held in time."""
    return flags.select(
        _running(protection_clocks.SUBJECT, ["CG-1", "CG-N"]).filter(due_at__lt=at),
        severity=FlagSeverity.RED,
        since="started_at",
        subject="subject_id",
        owner=worker_of(),
        manager=manager_of(),
        facts={"last_at": "started_at", "due_at": "due_at"},
    )


_CONFERENCE = (
    Fact("began_at", "Strategy discussion", "moment"),
    Fact("due_at", "Due", "moment"),
    Fact(
        "conference",
        "Conference",
        "code",
        labels={"": "Not decided yet", **{each.value: str(each.label) for each in Conference}},
    ),
)

PROTECTION_FLAGS = (
    FlagRule(
        code="F-SEEN-CP",
        name="Child at risk of harm not seen",
        finding="{child} may be at risk of harm and has not been seen, {late} late",
        words="A social worker sees a child who may be at risk of harm within 24 hours of the"
        " referral, and of the decision to make section 47 enquiries",
        clears="It clears when a social worker’s visit at which the child was seen is recorded",
        subject_kind="person",
        breaches=child_not_seen,
        permission=Permission.STATUTORY_READ,
        told=("W", "M", "HOS"),
        source=SLOUGH_REFERRALS,
        limits=("REF-SEEN-CP", "S47-SEEN"),
        facts=(
            Fact("began_at", "Counted from", "moment"),
            Fact("due_at", "Due", "moment"),
        ),
        url_name="cases:record_visit",
        url_words="Record the visit",
    ),
    FlagRule(
        code="F-S47-OUT",
        name="Section 47 enquiry without an outcome",
        finding="The outcome of the section 47 enquiry about {child} is {late} late",
        words="An enquiry is concluded within 10 working days of the strategy discussion at which"
        " it began",
        clears="It clears when the manager records the outcome",
        subject_kind=section_47_clocks.SUBJECT,
        breaches=enquiry_without_outcome,
        permission=Permission.S47_READ,
        told=("W", "M"),
        source=OURS,
        limits=("S47-OUT",),
        facts=_CONFERENCE[:2],
        url_name="assessments:section_47",
        url_words="Go to the enquiry",
    ),
    FlagRule(
        code="F-ICPC-DUE",
        name="Initial conference coming due",
        finding="The initial conference about {child} has not been held",
        words="A conference that is required, or not decided, is put to people 10 working days"
        " after the strategy discussion",
        clears="It clears when the conference is recorded, or none is needed",
        subject_kind=section_47_clocks.SUBJECT,
        breaches=conference_coming_due,
        permission=Permission.S47_READ,
        told=("W", "M", "CHAIR"),
        source=OURS,
        limits=("ICPC-DUE", "S47-ICPC"),
        facts=_CONFERENCE,
        url_name="assessments:section_47",
        url_words="Go to the enquiry",
    ),
    FlagRule(
        code="F-ICPC-LATE",
        name="Initial conference late",
        finding="The initial conference about {child} is {late} late",
        words="The initial conference is held within 15 working days of the strategy discussion at"
        " which the enquiry began",
        clears="It clears when the conference is recorded, or none is needed",
        subject_kind=section_47_clocks.SUBJECT,
        breaches=conference_late,
        permission=Permission.S47_READ,
        told=("W", "M", "CHAIR", "HOS"),
        source=WORKING_TOGETHER,
        limits=("S47-ICPC",),
        facts=_CONFERENCE,
        url_name="assessments:section_47",
        url_words="Go to the enquiry",
        is_statutory=True,
    ),
    FlagRule(
        code="F-ICPC-IN",
        name="Transfer-in conference not held",
        finding="The transfer-in conference about {child} has not been held",
        words="A conference about a plan of another authority is held within 15 working days of"
        " their telling us, and put to people after 10",
        clears="It clears when the conference is recorded, or the mark is taken off the contact",
        subject_kind="referral",
        breaches=moved_in_without_conference,
        permission=Permission.S47_READ,
        told=("W", "M", "CHAIR", "HOS"),
        source=WORKING_TOGETHER,
        limits=("ICPC-DUE", "ICPC-IN"),
        facts=(
            Fact("began_at", "The other authority told us", "moment"),
            Fact("due_at", "Due", "moment"),
        ),
        url_name="cases:child",
        url_takes="child",
        url_words="Go to the child, and record the conference from there",
        is_statutory=True,
    ),
    FlagRule(
        code="F-CG-LATE",
        name="Core group late",
        finding="The core group about {child} is {late} late",
        words="The first core group is held within 10 working days of the conference, each later"
        " one within 30 of the last",
        clears="It clears when a core group is recorded, or the plan ends",
        subject_kind=protection_clocks.SUBJECT,
        breaches=core_group_late,
        permission=Permission.S47_READ,
        told=("W", "M"),
        source=f"{WORKING_TOGETHER}; {CORE_GROUPS}",
        limits=("CG-1", "CG-N"),
        facts=(
            Fact("last_at", "Conference, or last core group", "moment"),
            Fact("due_at", "Due", "moment"),
        ),
        url_name="assessments:protection_plan",
        url_words="Go to the plan",
        is_statutory=True,
    ),
)
