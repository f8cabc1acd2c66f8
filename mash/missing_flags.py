"""What is late about missing children (domain.md 4.2): the interview, and a decision owed."""

from datetime import datetime, timedelta

from django.db.models import Case, CharField, Subquery, Value, When
from django.db.models.functions import Coalesce

from accounts.choices import TeamKind
from accounts.models import Team
from accounts.permissions import Permission
from cases.flags import manager_of
from mash.models import MissingNotice
from mash.timescales import LOCAL, MISSING_2014
from record import flags, policy
from record.calendar import working_days_ago
from record.flags import Fact, FlagRule, Select
from record.models import Clock, FlagSeverity

SUBJECT = "missing_episode"
MASH = Team.objects.filter(kind=TeamKind.MASH, is_active=True).order_by("name", "pk")


def holder(child: str = "child_id") -> Coalesce:
    """Who answers for the child of a row; the MASH manager where nobody does."""
    return Coalesce(manager_of(child), Subquery(MASH.values("manager_id")[:1]))


def no_interview(at: datetime) -> Select:
    """A child is back and the return interview is neither held nor ended with a reason."""
    soon = timedelta(hours=int(policy.value("RHI-SOON", at=at)))
    return flags.select(
        Clock.objects.filter(
            rule="RHI-72",
            subject_kind=SUBJECT,
            stopped_at__isnull=True,
            started_at__lt=at - soon,
        ),
        severity=Case(
            When(due_at__lt=at, then=Value(FlagSeverity.RED.value)),
            default=Value(FlagSeverity.AMBER.value),
            output_field=CharField(),
        ),
        since="started_at",
        subject="subject_id",
        owner=holder(),
        manager=holder(),
        facts={"started_at": "started_at", "due_at": "due_at"},
    )


#: The criteria of `mash.actions.missing.reasons_for_discussion`, for every open episode at once:
#: since when the first of them has held.
_NOT_DECIDED = f"""
SELECT episode.id AS subject_id, episode.child_id, 'red' AS severity,
    coalesce(held.manager_id, mash.manager_id) AS owner_id,
    coalesce(held.manager_id, mash.manager_id) AS manager_id, since.at AS since_at,
    jsonb_strip_nulls(jsonb_build_object('missing_since', episode.missing_since,
        'returned_at', episode.returned_at, 'number', counted.number,
        'grade', nullif(episode.grade, ''))) AS facts
FROM mash_missingepisode AS episode
JOIN people_person AS child ON child.id = episode.child_id
CROSS JOIN LATERAL (
    SELECT array_agg(also.id) AS ids FROM people_person AS also
    WHERE also.id IN (child.id, child.canonical_id)
        OR also.canonical_id = coalesce(child.canonical_id, child.id)
) AS records
CROSS JOIN LATERAL (
    SELECT (
        SELECT count(*) FROM mash_missingepisode AS other
        WHERE other.child_id = ANY(records.ids)
            AND other.missing_since BETWEEN episode.missing_since - %s AND episode.missing_since
    ) + (
        SELECT count(*) FROM mash_missingnotice AS claimed
        JOIN cases_contact AS contact ON contact.id = claimed.contact_id
        WHERE claimed.child_id = ANY(records.ids) AND claimed.is_claimed_only
            AND contact.received_at >= episode.missing_since - %s
            AND (claimed.reference = '' OR NOT EXISTS (
                SELECT FROM mash_missingepisode AS other
                WHERE other.child_id = ANY(records.ids) AND other.reference = claimed.reference
                    AND other.missing_since
                        BETWEEN episode.missing_since - %s AND episode.missing_since
            ))
    ) AS number
) AS counted
CROSS JOIN LATERAL (
    SELECT least(
        CASE WHEN episode.grade = '{MissingNotice.Grade.HIGH}' OR counted.number >= %s
            OR date_part('year', age(
                (episode.missing_since AT TIME ZONE 'Europe/London')::date::timestamp,
                child.date_of_birth::timestamp)) < 13
            THEN episode.reported_at END,
        CASE WHEN coalesce(episode.returned_at, %s) - episode.missing_since > interval '24 hours'
            THEN episode.missing_since + interval '24 hours' END
    ) AS at
) AS since
LEFT JOIN cases_responsibility AS held
    ON held.child_id = episode.child_id AND held.to_at IS NULL
LEFT JOIN LATERAL (
    SELECT manager_id FROM accounts_team WHERE kind = '{TeamKind.MASH}' AND is_active
    ORDER BY name, id LIMIT 1
) AS mash ON true
WHERE episode.state <> 'closed' AND episode.needs_discussion IS NULL AND since.at < %s
    AND NOT EXISTS (
        SELECT FROM mash_strategydiscussionchild AS discussed
        JOIN mash_strategydiscussion AS discussion ON discussion.id = discussed.discussion_id
        WHERE discussed.child_id = ANY(records.ids) AND discussion.state <> 'cancelled'
            AND discussion.called_at >= episode.missing_since
    )
"""  # noqa: S608 - our own codes stand in it


def discussion_not_decided(at: datetime) -> Select:
    """A strategy discussion is to be thought about, and nobody has decided or called one."""
    within = timedelta(days=int(policy.value("MIS-REPEAT-DAYS", at=at)))
    repeat = int(policy.value("MIS-REPEAT", at=at))
    late = working_days_ago(int(policy.value("MIS-SD", at=at)), at=at)
    return Select(_NOT_DECIDED, (within, within, within, repeat, at, late))


_GRADES = {each.value: str(each.label) for each in MissingNotice.Grade}
FLAGS = (
    FlagRule(
        code="F-RHI",
        name="No return interview",
        finding="The return interview with {child} is not held: back since {started_at}",
        words="A return interview is held within 72 hours of the return, or it is recorded why"
        " not; the manager is told from 48",
        clears="It clears when the interview is held, or ended with a reason",
        subject_kind=SUBJECT,
        breaches=no_interview,
        permission=Permission.MISSING_READ,
        told=("M", "MM"),
        source=MISSING_2014,
        is_statutory=True,
        limits=("RHI-72", "RHI-SOON"),
        facts=(Fact("started_at", "Returned", "moment"), Fact("due_at", "Due", "moment")),
        url_name="mash:missing",
        url_words="Go to the missing episode",
    ),
    FlagRule(
        code="F-MIS-REP",
        name="Missing: strategy discussion not decided",
        finding="Nobody has decided whether a strategy discussion is needed about {child}, missing"
        " {missing_since}",
        words="When a child is missing for more than 24 hours, for the third time in 90 days, is"
        " under 13 or graded high, a manager decides within 1 working day whether a strategy"
        " discussion is held",
        clears="It clears when a manager decides, or a strategy discussion is called",
        subject_kind=SUBJECT,
        breaches=discussion_not_decided,
        permission=Permission.STATUTORY_READ,
        told=("M",),
        source=LOCAL,
        limits=("MIS-SD", "MIS-REPEAT", "MIS-REPEAT-DAYS"),
        facts=(
            Fact("missing_since", "Missing since", "moment"),
            Fact("returned_at", "Returned", "moment"),
            Fact("grade", "Police grade", "code", labels=_GRADES),
            Fact("number", "Episodes counted, this one included", "number"),
        ),
        url_name="mash:missing",
        url_words="Go to the missing episode",
    ),
)
