"""What is late on the way from a contact to a decision (domain.md 4.2).

What that section says blocks a step is no rule (decisions.md 73): a decision that leaves a child of
the household out (F-CON-SIB), and an override without ground, reason, name or time
(F-CONS-NOREASON), are refused. A referral is decided by the act that opens it, so that none waits
for its decision (F-REF-DEC).
"""

from collections.abc import Collection
from datetime import datetime

from django.db.models import Case, CharField, Exists, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from accounts.permissions import Permission
from cases.choices import ConsentFrom, ConsentScope, ConsentState
from cases.models import ConsentAnswer, ConsentOverride, Contact
from cases.queries.consent import SAID_NO
from cases.timescales import WORKING_TOGETHER
from mash.edt_flags import HEAD, MANAGER, under
from mash.models import AgencyCheck, Enquiry
from mash.timescales import CHECK_RULES, LOCAL, MERTON, OURS, RAG_RULES, SURREY
from record import flags, policy
from record.calendar import office_hours_ago
from record.flags import Fact, FlagRule, Select
from record.models import Clock, FlagSeverity

_COUNTED = {"started_at": "started_at", "due_at": "due_at"}


def _severities(rules: dict[str, FlagSeverity]) -> Case:
    return Case(
        *(When(rule=rule, then=Value(severity.value)) for rule, severity in rules.items()),
        output_field=CharField(),
    )


def _worker(at: datetime, contact: str = "subject_id") -> Coalesce:
    """Who works on a contact: whoever has claimed it, the manager while nobody has."""
    claimed = Contact.objects.filter(pk=OuterRef(contact), claim_lapses_at__gt=at)
    return Coalesce(Subquery(claimed.values("claimed_by_id")[:1]), MANAGER)


def _running(rules: Collection[str]) -> Q:
    return Q(rule__in=rules, stopped_at__isnull=True)


def _of_contacts(
    found: QuerySet[Clock], severity: FlagSeverity | Case, at: datetime, **facts: str
) -> Select:
    """A flag for each child of the contacts of these clocks."""
    return flags.select(
        found,
        severity=severity,
        since="started_at",
        subject="subject_id",
        child=under(),
        owner=_worker(at),
        manager=MANAGER,
        facts={**_COUNTED, **facts},
    )


def nearly_late(at: datetime) -> Select:
    """Three quarters of the time to decide on a contact are gone."""
    found = Clock.objects.filter(_running(["CON-DEC"]), warn_at__lte=at, due_at__gte=at)
    return _of_contacts(found, FlagSeverity.AMBER, at)


def not_decided(at: datetime) -> Select:
    """The next step on a contact is not decided in time."""
    found = Clock.objects.filter(_running(["CON-DEC"]), due_at__lt=at)
    return _of_contacts(found, FlagSeverity.RED, at)


def referrer_not_told(at: datetime) -> Select:
    """Whoever told us has not heard what became of it."""
    found = Clock.objects.filter(_running(["CON-FB"]), due_at__lt=at)
    return _of_contacts(found, FlagSeverity.AMBER, at)


def enquiry_not_decided(at: datetime) -> Select:
    """An enquiry is past the limit of its urgency."""
    gravity = {
        RAG_RULES["red"]: FlagSeverity.CRITICAL,
        RAG_RULES["amber"]: FlagSeverity.RED,
        RAG_RULES["green"]: FlagSeverity.AMBER,
    }
    found = Clock.objects.filter(_running(list(gravity)), due_at__lt=at)
    return _of_contacts(found, _severities(gravity), at, rule="rule")


def check_not_answered(at: datetime) -> Select:
    """An agency has not answered in time."""
    gravity = {
        CHECK_RULES["red"]: FlagSeverity.RED,
        CHECK_RULES["amber"]: FlagSeverity.AMBER,
        CHECK_RULES["green"]: FlagSeverity.AMBER,
    }
    check = AgencyCheck.objects.filter(pk=OuterRef("subject_id"))
    return flags.select(
        Clock.objects.filter(_running(list(gravity)), due_at__lt=at).annotate(
            contact_id=Subquery(check.values("enquiry__contact_id")[:1])
        ),
        severity=_severities(gravity),
        since="started_at",
        subject="subject_id",
        child=under("contact_id"),
        owner=Coalesce(Subquery(check.values("asked_by_id")[:1]), MANAGER),
        manager=MANAGER,
        facts={
            **_COUNTED,
            "agency": Subquery(check.values("agency__name")[:1]),
            "contact_id": "contact_id",
        },
    )


def consent_not_asked(at: datetime) -> Select:
    """An enquiry is open, and nobody was asked whether agencies may be, or decided otherwise."""
    before = office_hours_ago(int(policy.value("CONS-SET", at=at)), at=at)
    answers = ConsentAnswer.objects.filter(
        Q(scope=ConsentScope.CHECKS) | Q(scope=ConsentScope.REFERRAL, state__in=SAID_NO),
        contact=OuterRef("contact_id"),
        asked_as=ConsentFrom.PARENT_WITH_PR,
    ).exclude(state=ConsentState.NOT_ASKED_YET)
    overrides = ConsentOverride.objects.filter(
        contact=OuterRef("contact_id"), state=ConsentOverride.State.GRANTED
    )
    return flags.select(
        Enquiry.objects.filter(
            ~Exists(answers), ~Exists(overrides), ended_at__isnull=True, opened_at__lt=before
        ),
        severity=FlagSeverity.RED,
        since="opened_at",
        subject="contact_id",
        child=under("contact_id"),
        owner=_worker(at, "contact_id"),
        manager=MANAGER,
        facts={"opened_at": "opened_at"},
    )


def override_not_confirmed(at: datetime) -> Select:
    """What EDT decided without agreement, nobody of the day has confirmed or ended."""
    return flags.select(
        Clock.objects.filter(_running(["CONS-CONF"]), due_at__lt=at),
        severity=FlagSeverity.RED,
        since="started_at",
        subject="subject_id",
        child=under(),
        owner=MANAGER,
        manager=HEAD,
        facts=_COUNTED,
    )


#: The question of `cases.queries.history.needs_cumulative_answer`, for every contact on the board
#: at once, of contacts since the child was last referred; two in a short time ask it as well. Both
#: OFFSET 0 let the indexes by id find a child's contacts, and nothing else: before the tables are
#: analysed, those by time or by contact look cheaper, and take a hundred times as long.
_REPEATED = """
SELECT contact.id AS subject_id, line.person_id AS child_id, 'amber' AS severity,
    mash.manager_id AS owner_id, mash.manager_id, contact.received_at AS since_at,
    jsonb_build_object('number', counted.number, 'lately', counted.lately) AS facts
FROM cases_contact AS contact
JOIN cases_contactperson AS line
    ON line.contact_id = contact.id AND line.is_child AND line.ended_at IS NULL
JOIN people_person AS child ON child.id = line.person_id
CROSS JOIN LATERAL (
    SELECT array_agg(also.id) AS ids FROM people_person AS also
    WHERE also.id IN (child.id, child.canonical_id)
        OR also.canonical_id = coalesce(child.canonical_id, child.id)
) AS records
CROSS JOIN LATERAL (
    SELECT greatest(
        max(referral.received_at),
        ((contact.received_at AT TIME ZONE 'Europe/London')::date - make_interval(months => %s))
            AT TIME ZONE 'Europe/London' - interval '1 microsecond'
    ) AS at
    FROM cases_referral AS referral
    WHERE referral.child_id = ANY(records.ids) AND referral.state <> 'rejected'
        AND referral.received_at < contact.received_at
) AS since
CROSS JOIN LATERAL (
    SELECT (count(*) + coalesce(sum(earlier.claimed), 0))::int AS number, count(*) FILTER (
        WHERE (earlier.received_at AT TIME ZONE 'Europe/London')::date
            >= (contact.received_at AT TIME ZONE 'Europe/London')::date - %s
    ) AS lately
    FROM (
        SELECT one.received_at, one.state, (
            SELECT count(*) FROM cases_contactlink AS link
            WHERE link.contact_id = one.id AND link.kind = 'claimed' AND link.ended_at IS NULL
                AND (link.claimed_on IS NULL
                    OR link.claimed_on > (since.at AT TIME ZONE 'Europe/London')::date)
        ) AS claimed
        FROM cases_contact AS one
        WHERE one.id = ANY(ARRAY(
            SELECT theirs.contact_id FROM (
                SELECT contact_id, is_child, ended_at FROM cases_contactperson
                WHERE person_id = ANY(records.ids) OFFSET 0
            ) AS theirs
            WHERE theirs.is_child AND theirs.ended_at IS NULL
        ))
        OFFSET 0
    ) AS earlier
    WHERE earlier.state <> 'void' AND earlier.received_at > since.at
        AND earlier.received_at <= contact.received_at
) AS counted
CROSS JOIN LATERAL (
    SELECT team.manager_id FROM accounts_team AS team
    WHERE team.kind = 'mash' AND team.is_active ORDER BY team.name, team.id LIMIT 1
) AS mash
WHERE contact.board_state <> '' AND contact.state <> 'void'
    AND (counted.number >= %s OR counted.lately >= %s)
    AND NOT EXISTS (
        SELECT FROM mash_decision AS decision
        WHERE decision.contact_id = contact.id AND decision.cumulative_answer <> ''
    )
"""


def repeated(at: datetime) -> Select:
    """Contacts about a child keep coming, and no manager has said what they mean together."""
    keys = ("REPEAT-MONTHS", "REPEAT-DAYS", "REPEAT-CONTACTS", "REPEAT-LATELY")
    return Select(_REPEATED, tuple(int(policy.value(key, at=at)) for key in keys))


_DUE = Fact("due_at", "Due", "moment")
_RECEIVED = Fact("started_at", "Received", "moment")
FLAGS = (
    FlagRule(
        code="F-CON-DUE",
        name="Contact to decide soon",
        finding="The contact about {child} is not decided, and most of the time is gone",
        words="People are told when three quarters of the time to decide on a contact are gone",
        clears="It clears when the manager decides the next step, or the time is over",
        subject_kind="contact",
        breaches=nearly_late,
        permission=Permission.CONTACT_READ,
        told=("W", "MM"),
        source=OURS,
        limits=("CON-DEC",),
        facts=(_RECEIVED, _DUE),
        url_name="mash:contact",
        url_words="Go to the contact",
    ),
    FlagRule(
        code="F-CON-LATE",
        name="Contact not decided",
        finding="The contact about {child} is not decided, {late} late",
        words="The next step on a contact is decided by the end of the next working day",
        clears="It clears when the manager decides the next step",
        subject_kind="contact",
        breaches=not_decided,
        permission=Permission.CONTACT_READ,
        told=("W", "MM", "HOS"),
        source=WORKING_TOGETHER,
        limits=("CON-DEC",),
        facts=(_RECEIVED, _DUE),
        url_name="mash:contact",
        url_words="Go to the contact",
        is_statutory=True,
    ),
    FlagRule(
        code="F-CON-FB",
        name="Referrer not told",
        finding="Whoever told us about {child} has not heard the outcome, {late} late",
        words="Whoever makes a contact is told the outcome by the end of the working day after the"
        " decision",
        clears="It clears when somebody records that they were told, or why they are not",
        subject_kind="contact",
        breaches=referrer_not_told,
        permission=Permission.CONTACT_READ,
        told=("W", "MM"),
        source=LOCAL,
        limits=("CON-FB",),
        facts=(Fact("started_at", "Decided", "moment"), _DUE),
        url_name="mash:feedback",
        url_words="Say that they were told",
    ),
    FlagRule(
        code="F-CON-REPEAT",
        name="Contacts keep coming",
        finding="Contacts about {child} keep coming, and what they mean together is not answered",
        words="Of the third contact about a child in 12 months without a referral, or the second in"
        " 30 days, a manager says what they mean together",
        clears="It clears when a manager answers that in the decision, or decides on the contact",
        subject_kind="contact",
        breaches=repeated,
        permission=Permission.CONTACT_READ,
        told=("MM",),
        source=OURS,
        limits=("REPEAT-CONTACTS", "REPEAT-MONTHS", "REPEAT-LATELY", "REPEAT-DAYS"),
        facts=(
            Fact("number", "Contacts counted together", "number"),
            Fact("lately", "Of them lately", "number"),
        ),
        url_name="mash:contact",
        url_words="Go to the contact",
    ),
    FlagRule(
        code="F-MASH-RAG",
        name="Enquiry not decided",
        finding="The enquiry about {child} is not decided, {late} late",
        words="An enquiry is decided within 4 hours when red, 1 working day when amber and 3 when"
        " green",
        clears="It clears when the manager decides",
        subject_kind="contact",
        breaches=enquiry_not_decided,
        permission=Permission.CONTACT_READ,
        told=("W", "MM"),
        source=SURREY,
        limits=("MASH-R", "MASH-A", "MASH-G"),
        facts=(_RECEIVED, _DUE),
        url_name="mash:contact",
        url_words="Go to the contact",
    ),
    FlagRule(
        code="F-CHK-LATE",
        name="Agency has not answered",
        finding="{agency} has not answered about {child}, {late} late",
        words="An agency answers within 2 hours when the contact is red, 6 office hours when amber"
        " and 1 working day when green",
        clears="It clears when the agency answers or declines, or a manager goes on without it",
        subject_kind="agency_check",
        breaches=check_not_answered,
        permission=Permission.CONTACT_READ,
        told=("W", "MM"),
        source=MERTON,
        limits=("CHK-R", "CHK-A", "CHK-G"),
        facts=(
            Fact("agency", "Agency", "text", url_name="mash:contact", url_key="contact_id"),
            Fact("started_at", "Asked", "moment"),
            _DUE,
        ),
        url_name="mash:check_answer",
        url_words="Write down what the agency says",
    ),
    FlagRule(
        code="F-CONS-MISSING",
        name="Agreement not asked",
        finding="An enquiry about {child} goes on, and nobody was asked whether agencies may be",
        words="Within 4 office hours of opening an enquiry the family is asked whether agencies may"
        " be, or a manager decides to go on without",
        clears="It clears when the answer is recorded, or a manager decides to go on without",
        subject_kind="contact",
        breaches=consent_not_asked,
        permission=Permission.CONTACT_READ,
        told=("W", "MM"),
        source=LOCAL,
        limits=("CONS-SET",),
        facts=(Fact("opened_at", "Enquiry opened", "moment"),),
        url_name="mash:contact_agreement",
        url_words="Record what was answered",
    ),
    FlagRule(
        code="F-CONS-CONF",
        name="EDT’s decision to go on without agreement not confirmed",
        finding="Nobody has confirmed that EDT went on without agreement about {child},"
        " {late} late",
        words="What EDT decides without agreement is confirmed or ended by the end of the next"
        " working day",
        clears="It clears when a MASH manager confirms or ends it",
        subject_kind="contact",
        breaches=override_not_confirmed,
        permission=Permission.CONTACT_READ,
        told=("MM", "HOS"),
        source=OURS,
        limits=("CONS-CONF",),
        facts=(Fact("started_at", "Decided", "moment"), _DUE),
        url_name="mash:contact",
        url_words="Go to the contact",
    ),
)
