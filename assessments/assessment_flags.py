"""What is late in an assessment itself (domain.md 4.2): each rule reads its clocks."""

from datetime import datetime

from accounts.permissions import Permission
from assessments import clocks as assessment_clocks
from assessments.stale import whose
from assessments.timescales import CHECKPOINTS, OURS, REVIEWS, TO_AUTHORISE, WORKING_TOGETHER
from people.choices import Stage
from record import policy
from record.calendar import working_days_ago
from record.flags import Fact, FlagRule, Select


def _listed(rules: tuple[str, ...]) -> str:
    return ", ".join(f"'{each}'" for each in rules)


def _days(key: str, at: datetime) -> datetime:
    return working_days_ago(int(policy.value(key, at=at)), at=at)


#: A checkpoint that was missed before, and recorded late, counts too: the second one is red.
_CHECKPOINT = whose(f"""
SELECT late.subject_id, late.child_id,
    CASE WHEN late.missed + (
        SELECT count(*) FROM record_clock AS before
        WHERE before.subject_id = late.subject_id AND before.child_id = late.child_id
            AND before.rule IN ({_listed(tuple(CHECKPOINTS.values()))})
            AND before.stopped_at > before.due_at
    ) > 1 THEN 'red' ELSE 'amber' END AS severity,
    late.started_at AS since_at,
    jsonb_build_object('due_at', late.due_at, 'checkpoint', late.rule) AS facts
FROM (
    SELECT subject_id, child_id, count(*) AS missed, min(started_at) AS started_at,
        min(due_at) AS due_at, min(rule) AS rule
    FROM record_clock
    WHERE subject_kind = '{assessment_clocks.SUBJECT}' AND stopped_at IS NULL
        AND rule IN ({_listed(tuple(CHECKPOINTS.values()))}) AND due_at < %s
    GROUP BY subject_id, child_id
) AS late
""")  # noqa: S608 - our own codes stand in it
_AUTHORISE = whose(f"""
SELECT subject_id, child_id,
    CASE WHEN started_at < %s THEN 'critical' WHEN due_at < %s THEN 'red' ELSE 'amber' END
        AS severity,
    started_at AS since_at,
    jsonb_build_object('due_at', due_at, 'counted_from', started_at) AS facts
FROM record_clock
WHERE subject_kind = '{assessment_clocks.SUBJECT}' AND stopped_at IS NULL
    AND rule IN ({_listed(TO_AUTHORISE)}) AND (started_at < %s OR due_at < %s)
""")  # noqa: S608 - our own codes stand in it
#: One flag for the family: under a child whose record is restricted, where there is one.
_SUBMITTED = f"""
SELECT clock.subject_id, first.child_id, 'amber' AS severity, held.manager_id AS owner_id,
    held.manager_id, clock.started_at AS since_at,
    jsonb_build_object('due_at', clock.due_at, 'submitted_at', clock.started_at) AS facts
FROM record_clock AS clock
JOIN LATERAL (
    SELECT part.child_id FROM assessments_assessmentchild AS part
    WHERE part.assessment_id = clock.subject_id AND part.is_open
    ORDER BY EXISTS (
        SELECT FROM people_restriction AS closed
        WHERE closed.person_id = part.child_id AND closed.ended_at IS NULL
    ) DESC, part.child_id
    LIMIT 1
) AS first ON true
LEFT JOIN cases_responsibility AS held ON held.child_id = first.child_id AND held.to_at IS NULL
WHERE clock.subject_kind = '{assessment_clocks.SUBJECT}' AND clock.rule = 'CFA-SUBMIT'
    AND clock.stopped_at IS NULL AND clock.due_at < %s
"""  # noqa: S608 - our own codes stand in it


#: The time in which a child is seen runs on the referral; a baby who is not born cannot be seen.
_UNSEEN = whose(f"""
SELECT part.assessment_id AS subject_id, part.child_id,
    CASE WHEN clock.started_at < %s THEN 'red' ELSE 'amber' END AS severity,
    clock.started_at AS since_at,
    jsonb_build_object('due_at', clock.due_at, 'counted_from', clock.started_at) AS facts
FROM record_clock AS clock
JOIN assessments_assessmentchild AS part ON part.referral_id = clock.subject_id AND part.is_open
JOIN people_person AS child ON child.id = part.child_id AND child.stage <> '{Stage.UNBORN}'
WHERE clock.subject_kind = 'referral' AND clock.rule = 'REF-SEEN' AND
    clock.stopped_at IS NULL AND clock.due_at < %s
""")  # noqa: S608 - our own codes stand in it


def checkpoint_missed(at: datetime) -> Select:
    """A manager has not recorded a checkpoint in time."""
    return Select(_CHECKPOINT, (_days("CFA-CP-LATE", at),))


def not_authorised(at: datetime) -> Select:
    """An assessment is near its limit, past it, or far past it."""
    return Select(
        _AUTHORISE,
        (_days("CFA-CRITICAL", at), at, _days("CFA-SOON", at), at),
    )


def not_answered(at: datetime) -> Select:
    """A submitted assessment is neither authorised nor returned in time."""
    return Select(_SUBMITTED, (at,))


def child_not_seen(at: datetime) -> Select:
    """A child of an assessment was not seen in time, or for twice as long."""
    return Select(_UNSEEN, (_days("CFA-UNSEEN", at), at))


ASSESSMENT_FLAGS = (
    FlagRule(
        code="F-SEEN-CFA",
        name="Child not seen in the assessment",
        finding="{child} is being assessed and has not been seen since {counted_from}",
        words="A child who is assessed is seen within 5 working days of the referral; after 10 it"
        " is red",
        clears="It clears when a visit records that the child was seen",
        subject_kind=assessment_clocks.SUBJECT,
        breaches=child_not_seen,
        permission=Permission.ASSESSMENT_READ,
        told=("W", "M"),
        source=OURS,
        limits=("REF-SEEN", "CFA-UNSEEN"),
        url_name="assessments:assessment",
        url_words="Go to the assessment",
        facts=(
            Fact("counted_from", "Counted from", "moment"),
            Fact("due_at", "Due", "moment"),
        ),
    ),
    FlagRule(
        code="F-CFA-CP",
        name="Checkpoint missed",
        finding="A checkpoint of the assessment of {child} is {late} late",
        words="A manager records each checkpoint of an assessment, never more than 2 working days"
        " late; the second one missed is red",
        clears="It clears when the manager records the checkpoint",
        subject_kind=assessment_clocks.SUBJECT,
        breaches=checkpoint_missed,
        permission=Permission.ASSESSMENT_READ,
        told=("W", "M"),
        source=REVIEWS,
        limits=("CFA-CP1", "CFA-CP2", "CFA-CP3", "CFA-CP-LATE"),
        url_name="assessments:assessment",
        url_words="Go to the assessment",
        facts=(
            Fact(
                "checkpoint",
                "Which",
                "code",
                labels={rule: f"Checkpoint {number}" for number, rule in CHECKPOINTS.items()},
            ),
            Fact("due_at", "Due", "moment"),
        ),
    ),
    FlagRule(
        code="F-CFA-45",
        name="Assessment near or past its limit",
        finding="The assessment of {child}, counted from {counted_from}, is not authorised",
        words="An assessment is authorised within 45 working days of the referral: people are told"
        " at 40, and again at 60",
        clears="It clears when the assessment is authorised",
        subject_kind=assessment_clocks.SUBJECT,
        breaches=not_authorised,
        permission=Permission.ASSESSMENT_READ,
        told=("W", "M", "HOS"),
        source=WORKING_TOGETHER,
        limits=("CFA-45", "CFA-RE", "CFA-SOON", "CFA-CRITICAL"),
        url_name="assessments:assessment",
        url_words="Go to the assessment",
        is_statutory=True,
        facts=(
            Fact("counted_from", "Counted from", "moment"),
            Fact("due_at", "Due", "moment"),
        ),
    ),
    FlagRule(
        code="F-CFA-SUBMIT",
        name="Submitted assessment not answered",
        finding="The assessment of {child}’s family waits for an answer, {late} late",
        words="A submitted assessment is authorised or returned within 5 working days",
        clears="It clears when the manager authorises or returns it",
        subject_kind=assessment_clocks.SUBJECT,
        breaches=not_answered,
        permission=Permission.ASSESSMENT_READ,
        told=("M",),
        source=OURS,
        limits=("CFA-SUBMIT",),
        url_name="assessments:assessment",
        url_words="Go to the assessment",
        facts=(
            Fact("submitted_at", "Submitted", "moment"),
            Fact("due_at", "Due", "moment"),
        ),
    ),
)
