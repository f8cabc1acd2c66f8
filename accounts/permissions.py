"""Who may do what: one table, and the questions asked of it.

`TABLE` is the whole of it. A row reads "these roles may do this"; everything that narrows the
right further (one's own case, one's own team, out of office hours, named on a restriction) is
asked where the case is known. Where a right exists in a narrower form it is a permission of its
own, such as `THRESHOLD_DECIDE_PROVISIONAL` for the Emergency Duty Team out of office hours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

import pghistory
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import Q

from accounts.choices import Role
from accounts.models import Deputyship, RoleAssignment, User
from lib import application_clock
from lib.prepared import Prepared


class Permission(models.TextChoices):
    """One thing that may be done; the label finishes "You may not ..."."""

    PERSON_SEARCH = "person.search", "search for people"
    PERSON_READ = "person.read", "read people's records"
    PERSON_CREATE = "person.create", "create a person's record"
    PERSON_EDIT = "person.edit", "change a person's details or household"
    PERSON_LINK = "person.link", "link two records, record a death or restrict a record"

    CONTACT_CREATE = "contact.create", "record a contact"
    CONTACT_SUBMIT_FOR_AGENCY = "contact.submit_for_agency", "send a contact for an agency"
    CONTACT_READ = "contact.read", "read contacts"
    CONTACT_EDIT = "contact.edit", "change a contact"
    CONTACT_DECIDE = "contact.decide", "decide what happens next with a contact"
    CONTACT_VOID = "contact.void", "void a contact"
    CONTACT_REOPEN = "contact.reopen", "reopen a decided contact"
    SEALED_READ = "contact.sealed_read", "read a sealed message"
    FEEDBACK_RECORD = "contact.feedback", "record that the referrer was told"

    BOARD_SEE = "board.see", "see the triage board"
    BOARD_CLAIM = "board.claim", "claim a contact"
    BOARD_ASSIGN = "board.assign", "give contacts to colleagues"
    RAG_SET = "rag.set", "rate a contact"
    RAG_RAISE = "rag.raise", "raise the rating of a contact"
    RAG_LOWER = "rag.lower", "lower the rating of a contact"

    ENQUIRY_OPEN = "enquiry.open", "open a MASH enquiry"
    ENQUIRY_READ = "enquiry.read", "read MASH enquiries"
    CHECK_REQUEST = "check.request", "ask an agency what it knows"
    CHECK_WAIVE = "check.waive", "waive an agency's answer"
    CHECK_ANSWER_FOR_AGENCY = "check.answer_for_agency", "answer for an agency"
    ANALYSIS_WRITE = "analysis.write", "write the analysis"

    CONSENT_RECORD = "consent.record", "record what a family agreed to"
    CONSENT_RECORD_FOR_AGENCY = "consent.record_for_agency", "record consent for an agency"
    CONSENT_READ = "consent.read", "read what a family agreed to"
    CONSENT_OVERRIDE_ASK = "consent.override_ask", "ask to go ahead without agreement"
    CONSENT_OVERRIDE = "consent.override", "decide to go ahead without agreement"
    CONSENT_OVERRIDE_PROVISIONAL = (
        "consent.override_provisional",
        "decide out of office hours to go ahead without agreement",
    )
    CONSENT_OVERRIDE_CONFIRM = (
        "consent.override_confirm",
        "confirm an Emergency Duty Team decision about agreement",
    )

    THRESHOLD_DECIDE = "threshold.decide", "make the threshold decision"
    THRESHOLD_DECIDE_DISPUTE = "threshold.decide_dispute", "settle a disputed threshold decision"
    THRESHOLD_DECIDE_PROVISIONAL = (
        "threshold.decide_provisional",
        "make a threshold decision out of office hours",
    )
    EDT_CONFIRM = "edt.confirm", "confirm an Emergency Duty Team decision"
    EDT_ALERT = "edt.alert", "alert the Emergency Duty Team"
    EDT_HANDOVER_WRITE = "edt.handover_write", "write the Emergency Duty Team hand-over"
    EDT_HANDOVER_ACKNOWLEDGE = (
        "edt.handover_acknowledge",
        "acknowledge the Emergency Duty Team hand-over",
    )
    CLOCK_CORRECT = "clock.correct", "correct when a clock started"

    REFERRAL_READ = "referral.read", "read referrals"
    REFERRAL_CLOSE = "referral.close", "close a referral"
    STATUTORY_READ = "statutory.read", "read statutory work"
    ALLOCATE = "allocation.decide", "allocate work"
    HANDOVER_READ = "handover.read", "see work offered from team to team"
    HANDOVER_ANSWER = "handover.answer", "accept or return work offered to a team"

    VISIT_RECORD = "visit.record", "record a visit"

    STRATEGY_CALL = "strategy.call", "call a strategy discussion"
    STRATEGY_CHAIR = "strategy.chair", "chair a strategy discussion"
    STRATEGY_CHAIR_PROVISIONAL = (
        "strategy.chair_provisional",
        "chair a strategy discussion out of office hours",
    )
    STRATEGY_ATTEND_FOR_AGENCY = "strategy.attend_for_agency", "attend for an agency"
    S47_WORK = "s47.work", "work on a section 47 enquiry"
    S47_CONCLUDE = "s47.conclude", "conclude a section 47 enquiry"
    S47_READ = "s47.read", "read section 47 enquiries"
    CONFERENCE_RECORD = "conference.record", "record the result of a conference"
    ASSESSMENT_START = "assessment.start", "start an assessment or change whom it is about"
    ASSESSMENT_WRITE = "assessment.write", "write an assessment"
    ASSESSMENT_COMMENT = "assessment.comment", "comment on an assessment"
    ASSESSMENT_CHECKPOINT = "assessment.checkpoint", "hold a checkpoint"
    ASSESSMENT_AUTHORISE = "assessment.authorise", "authorise an assessment"
    ASSESSMENT_ABANDON = "assessment.abandon", "abandon an assessment"
    ASSESSMENT_READ = "assessment.read", "read assessments"
    CIN_PLAN_WRITE = "cin_plan.write", "write a child in need plan"
    CIN_PLAN_APPROVE = "cin_plan.approve", "approve a child in need plan"
    CIN_PLAN_READ = "cin_plan.read", "read child in need plans"
    CIN_DRIFT_CHECK = "cin_plan.drift_check", "check a child in need plan that has run long"
    TRANSFER_PROPOSE = "transfer.propose", "propose a transfer"
    TRANSFER_DECIDE = "transfer.decide", "accept or return a transfer"
    TRANSFER_SETTLE = "transfer.settle", "settle a disputed transfer"
    TRANSFER_READ = "transfer.read", "read transfers"

    EARLY_HELP_READ = "early_help.read", "read early help"
    EARLY_HELP_WORK = "early_help.work", "work on early help"
    EARLY_HELP_SCREEN = "early_help.screen", "screen an early help request"
    EARLY_HELP_STEP_UP = "early_help.step_up", "step a family up from early help"
    WAITING_READ = "waiting.read", "see the early help queue"
    WAITING_ORDER = "waiting.order", "order the early help queue and make offers"
    WAITING_SETTLE = "waiting.settle", "settle a dispute about the early help queue"
    SERVICE_READ = "service.read", "read the directory of services"
    SERVICE_KEEP = "service.keep", "keep the directory of services"

    CHANGE_LOG = "change.log", "log a change of circumstance"
    CHANGE_LOG_FOR_AGENCY = "change.log_for_agency", "report a change for an agency"
    CHANGE_TRIAGE = "change.triage", "triage or close a change of circumstance"
    CHANGE_TRIAGE_PROVISIONAL = (
        "change.triage_provisional",
        "triage a change of circumstance out of office hours",
    )
    RISK_REVIEW_READ = "risk_review.read", "read child risk reviews"
    RISK_REVIEW_WRITE = "risk_review.write", "write a child risk review"
    RISK_REVIEW_DECIDE = "risk_review.decide", "sign off a child risk review"
    OVERSIGHT_RECORD = "oversight.record", "record management oversight"
    OVERSIGHT_READ = "oversight.read", "read management oversight"
    MISSING_RECORD = "missing.record", "record a missing episode"
    MISSING_DECIDE = "missing.decide", "decide about a missing episode"
    MISSING_READ = "missing.read", "read missing episodes"
    EXPLOITATION_SCREEN = "exploitation.screen", "screen for exploitation"
    EXPLOITATION_DECIDE = "exploitation.decide", "decide about exploitation"
    EXPLOITATION_READ = "exploitation.read", "read exploitation screening and mapping"
    EXPLOITATION_WORK = "exploitation.work", "work on plans and pictures of exploitation"
    DOCUMENT_ADD = "document.add", "add a document"
    NOTE_ADD = "note.add", "add a note"
    FLAG_ACKNOWLEDGE = "flag.acknowledge", "acknowledge a flag"
    FLAG_CLEAR = "flag.clear", "clear a flag with a reason"

    RESTRICTED_READ = "restricted.read", "read restricted records"
    RESTRICTED_READ_IF_NAMED = "restricted.read_if_named", "be named on a restricted record"
    RESTRICTED_ANSWER = "restricted.answer", "answer for a restricted child"
    RESTRICTED_BREAK_GLASS = "restricted.break_glass", "open a restricted record in an emergency"
    RESTRICTED_REVIEW = "restricted.review", "review an emergency opening"

    AUDIT_PLAN = "audit.plan", "plan, assign, moderate or close audits"
    AUDIT_CARRY_OUT = "audit.carry_out", "carry out audits"
    AUDIT_CARRY_OUT_IF_ASKED = "audit.carry_out_if_asked", "carry out an audit when asked"
    AUDIT_PROGRAMME_READ = "audit.programme_read", "read the audit programme"
    AUDIT_RESULT_READ = "audit.result_read", "read audit results"
    AUDIT_ACTION_EDIT = "audit.action_edit", "answer audit actions"
    CONSISTENCY_READ = "audit.consistency_read", "read auditor consistency figures"
    CONSISTENCY_READ_OWN = "audit.consistency_read_own", "read your own consistency figures"

    DASHBOARD = "dashboard.own", "see dashboards"
    DASHBOARD_TEAM = "dashboard.team", "see a team's dashboards"
    DASHBOARD_ALL = "dashboard.all", "see every team's dashboards"
    EXPORT = "export.read", "export lists"
    STATUTORY_RETURN_MAKE = "statutory_return.make", "make statutory returns"
    PSEUDONYMISED_READ = "pseudonymised.read", "read pseudonymised data"

    POLICY_READ = "policy.read", "read local limits"
    POLICY_PROPOSE = "policy.propose", "propose a change of local limits"
    POLICY_APPROVE = "policy.approve", "approve a change of local limits"
    CALENDAR_EDIT = "calendar.edit", "change the working-day calendar"
    REFERENCE_DATA_EDIT = "reference_data.edit", "change reference data"
    OUTBOX_SEE = "outbox.see", "see failed deliveries"
    USERS_READ = "users.read", "see users, roles and teams"
    USERS_EDIT = "users.edit", "change users, roles and teams"
    DEPUTY_APPOINT_OWN = "deputy.appoint_own", "appoint your own deputy"
    DEPUTY_APPOINT_ANY = "deputy.appoint_any", "appoint a deputy for another manager"
    ACCESS_LOG_READ = "access_log.read", "read the access log"
    ACCESS_LOG_READ_TEAM = "access_log.read_team", "read the access log of a team's cases"


_R = Role
CONTACT_OFFICERS = frozenset({_R.CONTACT_OFFICER})
MASH = frozenset({_R.CONTACT_OFFICER, _R.MASH_SOCIAL_WORKER, _R.MASH_MANAGER})
MASH_QUALIFIED = frozenset({_R.MASH_SOCIAL_WORKER, _R.MASH_MANAGER})
MASH_MANAGERS = frozenset({_R.MASH_MANAGER})
EARLY_HELP = frozenset({_R.EARLY_HELP_COORDINATOR, _R.EARLY_HELP_WORKER})
EARLY_HELP_COORDINATORS = frozenset({_R.EARLY_HELP_COORDINATOR})
#: A practice supervisor is a social worker who also holds checkpoints.
LONG_TERM_WORKERS = frozenset(
    {_R.ASSESSMENT_SOCIAL_WORKER, _R.SFS_SOCIAL_WORKER, _R.PRACTICE_SUPERVISOR}
)
ASSESSMENT_WORKERS = frozenset({_R.ASSESSMENT_SOCIAL_WORKER, _R.PRACTICE_SUPERVISOR})
TEAM_MANAGERS = frozenset({_R.ASSESSMENT_TEAM_MANAGER, _R.SFS_MANAGER})
#: The director has the rights of a head of service.
SENIOR = frozenset({_R.HEAD_OF_SERVICE, _R.DIRECTOR})
QUALITY = frozenset({_R.AUDITOR, _R.QA_LEAD})
EDT = frozenset({_R.EDT_WORKER})
CHAIRS = frozenset({_R.CP_CHAIR})
EXPLOITATION_LEADS = frozenset({_R.EXPLOITATION_LEAD})
PARTNERS = frozenset({_R.PARTNER_AGENCY})
ANALYSTS = frozenset({_R.DATA_ANALYST})
ADMINISTRATORS = frozenset({_R.ADMINISTRATOR})

SOCIAL_CARE = MASH | LONG_TERM_WORKERS | TEAM_MANAGERS | EDT
STATUTORY_READERS = (
    MASH_QUALIFIED | LONG_TERM_WORKERS | TEAM_MANAGERS | SENIOR | QUALITY | EDT | CHAIRS
)
CASE_STAFF = (
    SOCIAL_CARE | EARLY_HELP | SENIOR | QUALITY | CHAIRS | EXPLOITATION_LEADS
)  # everybody who may see a child's record at all

#: Those who answer for other people's work and so may be deputised.
MANAGING_ROLES: Final = (
    MASH_MANAGERS
    | EARLY_HELP_COORDINATORS
    | TEAM_MANAGERS
    | SENIOR
    | EXPLOITATION_LEADS
    | frozenset({_R.QA_LEAD})
)
#: Roles that see no case content under a name: never held together with any other role.
ROLES_APART: Final = PARTNERS | ANALYSTS | ADMINISTRATORS

_P = Permission
TABLE: Final[Mapping[Permission, frozenset[Role]]] = MappingProxyType(
    {
        _P.PERSON_SEARCH: CASE_STAFF,
        _P.PERSON_READ: CASE_STAFF,
        _P.PERSON_CREATE: MASH | LONG_TERM_WORKERS | EDT,
        _P.PERSON_EDIT: SOCIAL_CARE | EARLY_HELP,
        _P.PERSON_LINK: MASH_MANAGERS | TEAM_MANAGERS,
        _P.CONTACT_CREATE: MASH | EDT,
        _P.CONTACT_SUBMIT_FOR_AGENCY: PARTNERS,
        _P.CONTACT_READ: CASE_STAFF - {_R.EARLY_HELP_WORKER},
        _P.CONTACT_EDIT: MASH | EDT,
        _P.CONTACT_DECIDE: MASH_MANAGERS,
        _P.CONTACT_VOID: MASH_MANAGERS,
        _P.CONTACT_REOPEN: MASH_MANAGERS,
        _P.SEALED_READ: SENIOR,
        _P.FEEDBACK_RECORD: MASH | EDT,
        _P.BOARD_SEE: MASH | EDT | TEAM_MANAGERS | SENIOR,
        _P.BOARD_CLAIM: MASH | EDT,
        _P.BOARD_ASSIGN: MASH_MANAGERS,
        _P.RAG_SET: MASH | EDT,
        _P.RAG_RAISE: MASH | EDT,
        _P.RAG_LOWER: MASH_MANAGERS,
        _P.ENQUIRY_OPEN: MASH_QUALIFIED | EDT,
        _P.ENQUIRY_READ: CASE_STAFF - EARLY_HELP,
        _P.CHECK_REQUEST: MASH | ASSESSMENT_WORKERS | {_R.ASSESSMENT_TEAM_MANAGER} | EDT,
        _P.CHECK_WAIVE: MASH_MANAGERS,
        _P.CHECK_ANSWER_FOR_AGENCY: PARTNERS,
        _P.ANALYSIS_WRITE: MASH_QUALIFIED,
        _P.CONSENT_RECORD: SOCIAL_CARE | EARLY_HELP,
        _P.CONSENT_RECORD_FOR_AGENCY: PARTNERS,
        _P.CONSENT_READ: CASE_STAFF,
        _P.CONSENT_OVERRIDE_ASK: SOCIAL_CARE | EARLY_HELP,
        _P.CONSENT_OVERRIDE: MASH_MANAGERS | TEAM_MANAGERS | SENIOR,
        _P.CONSENT_OVERRIDE_PROVISIONAL: EDT,
        _P.CONSENT_OVERRIDE_CONFIRM: MASH_MANAGERS,
        _P.THRESHOLD_DECIDE: MASH_MANAGERS,
        _P.THRESHOLD_DECIDE_DISPUTE: SENIOR,
        _P.THRESHOLD_DECIDE_PROVISIONAL: EDT,
        _P.EDT_CONFIRM: MASH_MANAGERS,
        _P.EDT_ALERT: MASH_QUALIFIED | LONG_TERM_WORKERS | TEAM_MANAGERS,
        _P.EDT_HANDOVER_WRITE: EDT,
        _P.EDT_HANDOVER_ACKNOWLEDGE: MASH_QUALIFIED | TEAM_MANAGERS,
        _P.CLOCK_CORRECT: MASH_MANAGERS | EARLY_HELP_COORDINATORS | TEAM_MANAGERS | SENIOR,
        _P.REFERRAL_READ: CASE_STAFF - EARLY_HELP,
        _P.REFERRAL_CLOSE: TEAM_MANAGERS,
        _P.STATUTORY_READ: STATUTORY_READERS,
        _P.ALLOCATE: MASH_MANAGERS | EARLY_HELP_COORDINATORS | TEAM_MANAGERS | SENIOR,
        _P.HANDOVER_READ: SOCIAL_CARE | EARLY_HELP | SENIOR,
        _P.HANDOVER_ANSWER: MASH_MANAGERS | EARLY_HELP_COORDINATORS | TEAM_MANAGERS | SENIOR,
        _P.VISIT_RECORD: MASH_QUALIFIED | LONG_TERM_WORKERS | TEAM_MANAGERS | EARLY_HELP | EDT,
        _P.STRATEGY_CALL: MASH_QUALIFIED | LONG_TERM_WORKERS | TEAM_MANAGERS | SENIOR | EDT,
        _P.STRATEGY_CHAIR: MASH_MANAGERS | TEAM_MANAGERS | SENIOR,
        _P.STRATEGY_CHAIR_PROVISIONAL: EDT,
        _P.STRATEGY_ATTEND_FOR_AGENCY: PARTNERS,
        _P.S47_WORK: LONG_TERM_WORKERS,
        _P.S47_CONCLUDE: TEAM_MANAGERS,
        _P.S47_READ: STATUTORY_READERS,
        _P.CONFERENCE_RECORD: CHAIRS | TEAM_MANAGERS,
        _P.ASSESSMENT_START: TEAM_MANAGERS,
        _P.ASSESSMENT_WRITE: LONG_TERM_WORKERS,
        _P.ASSESSMENT_COMMENT: TEAM_MANAGERS,
        _P.ASSESSMENT_CHECKPOINT: TEAM_MANAGERS | {_R.PRACTICE_SUPERVISOR},
        _P.ASSESSMENT_AUTHORISE: TEAM_MANAGERS | SENIOR,
        _P.ASSESSMENT_ABANDON: SENIOR,
        _P.ASSESSMENT_READ: STATUTORY_READERS,
        _P.CIN_PLAN_WRITE: LONG_TERM_WORKERS,
        _P.CIN_PLAN_APPROVE: TEAM_MANAGERS,
        _P.CIN_PLAN_READ: STATUTORY_READERS,
        _P.CIN_DRIFT_CHECK: TEAM_MANAGERS | SENIOR,
        _P.TRANSFER_PROPOSE: ASSESSMENT_WORKERS | {_R.ASSESSMENT_TEAM_MANAGER},
        _P.TRANSFER_DECIDE: TEAM_MANAGERS,
        _P.TRANSFER_SETTLE: SENIOR,
        _P.TRANSFER_READ: LONG_TERM_WORKERS | TEAM_MANAGERS | SENIOR | QUALITY,
        _P.EARLY_HELP_READ: CASE_STAFF,
        _P.EARLY_HELP_WORK: EARLY_HELP,
        _P.EARLY_HELP_SCREEN: EARLY_HELP_COORDINATORS,
        _P.EARLY_HELP_STEP_UP: EARLY_HELP,
        _P.WAITING_READ: MASH | EARLY_HELP | SENIOR | QUALITY,
        _P.WAITING_ORDER: EARLY_HELP_COORDINATORS,
        _P.WAITING_SETTLE: SENIOR,
        _P.SERVICE_READ: CASE_STAFF,
        _P.SERVICE_KEEP: EARLY_HELP_COORDINATORS,
        _P.CHANGE_LOG: CASE_STAFF,
        _P.CHANGE_LOG_FOR_AGENCY: PARTNERS,
        _P.CHANGE_TRIAGE: MASH_MANAGERS | EARLY_HELP_COORDINATORS | TEAM_MANAGERS | SENIOR,
        _P.CHANGE_TRIAGE_PROVISIONAL: EDT,
        _P.RISK_REVIEW_READ: STATUTORY_READERS | EARLY_HELP,
        _P.RISK_REVIEW_WRITE: LONG_TERM_WORKERS
        | EDT
        | {_R.MASH_SOCIAL_WORKER, _R.EARLY_HELP_WORKER},
        _P.RISK_REVIEW_DECIDE: MASH_MANAGERS | TEAM_MANAGERS,
        _P.OVERSIGHT_RECORD: MASH_MANAGERS | EARLY_HELP_COORDINATORS | TEAM_MANAGERS | SENIOR | EDT,
        _P.OVERSIGHT_READ: MASH_MANAGERS
        | EARLY_HELP
        | LONG_TERM_WORKERS
        | TEAM_MANAGERS
        | SENIOR
        | QUALITY
        | EDT,
        _P.MISSING_RECORD: CONTACT_OFFICERS
        | LONG_TERM_WORKERS
        | EDT
        | {_R.MASH_SOCIAL_WORKER, _R.EARLY_HELP_WORKER},
        _P.MISSING_DECIDE: MASH_MANAGERS | TEAM_MANAGERS,
        _P.MISSING_READ: CASE_STAFF,
        _P.EXPLOITATION_SCREEN: LONG_TERM_WORKERS | EARLY_HELP | EDT | {_R.MASH_SOCIAL_WORKER},
        _P.EXPLOITATION_DECIDE: MASH_MANAGERS | TEAM_MANAGERS | EXPLOITATION_LEADS,
        # Early help begins a screening and reads its own (domain.md 3: C alone).
        _P.EXPLOITATION_READ: CASE_STAFF - EARLY_HELP,
        _P.EXPLOITATION_WORK: LONG_TERM_WORKERS
        | MASH_QUALIFIED
        | TEAM_MANAGERS
        | EXPLOITATION_LEADS,
        _P.DOCUMENT_ADD: SOCIAL_CARE | EARLY_HELP | SENIOR | CHAIRS | EXPLOITATION_LEADS,
        _P.NOTE_ADD: SOCIAL_CARE | EARLY_HELP | SENIOR | CHAIRS | EXPLOITATION_LEADS,
        _P.FLAG_ACKNOWLEDGE: SOCIAL_CARE | EARLY_HELP | SENIOR,
        _P.FLAG_CLEAR: MASH_MANAGERS | EARLY_HELP_COORDINATORS | TEAM_MANAGERS | SENIOR,
        _P.RESTRICTED_READ: SENIOR,
        _P.RESTRICTED_READ_IF_NAMED: MASH_QUALIFIED
        | LONG_TERM_WORKERS
        | TEAM_MANAGERS
        | QUALITY
        | EDT
        | CHAIRS
        | EXPLOITATION_LEADS,
        _P.RESTRICTED_ANSWER: SENIOR
        | MASH_QUALIFIED
        | LONG_TERM_WORKERS
        | TEAM_MANAGERS
        | QUALITY
        | EDT
        | CHAIRS
        | EXPLOITATION_LEADS,
        _P.RESTRICTED_BREAK_GLASS: MASH_QUALIFIED | TEAM_MANAGERS | SENIOR | EDT,
        _P.RESTRICTED_REVIEW: SENIOR,
        _P.AUDIT_PLAN: frozenset({_R.QA_LEAD}),
        _P.AUDIT_CARRY_OUT: QUALITY,
        _P.AUDIT_CARRY_OUT_IF_ASKED: MASH_MANAGERS
        | EARLY_HELP_COORDINATORS
        | TEAM_MANAGERS
        | SENIOR,
        _P.AUDIT_PROGRAMME_READ: SENIOR | {_R.QA_LEAD},
        _P.AUDIT_RESULT_READ: MASH_QUALIFIED
        | EARLY_HELP
        | LONG_TERM_WORKERS
        | TEAM_MANAGERS
        | SENIOR
        | QUALITY,
        _P.AUDIT_ACTION_EDIT: LONG_TERM_WORKERS | TEAM_MANAGERS,
        _P.CONSISTENCY_READ: SENIOR | {_R.QA_LEAD},
        _P.CONSISTENCY_READ_OWN: QUALITY,
        _P.DASHBOARD: CASE_STAFF | ANALYSTS,
        _P.DASHBOARD_TEAM: MASH_MANAGERS
        | EARLY_HELP_COORDINATORS
        | TEAM_MANAGERS
        | SENIOR
        | QUALITY,
        _P.DASHBOARD_ALL: SENIOR | QUALITY | ANALYSTS,
        _P.EXPORT: SENIOR | QUALITY | ANALYSTS,
        _P.STATUTORY_RETURN_MAKE: ANALYSTS,
        _P.PSEUDONYMISED_READ: ANALYSTS,
        _P.POLICY_READ: SENIOR | ANALYSTS | ADMINISTRATORS,
        _P.POLICY_PROPOSE: SENIOR | ADMINISTRATORS,
        _P.POLICY_APPROVE: SENIOR,
        _P.CALENDAR_EDIT: ADMINISTRATORS,
        _P.REFERENCE_DATA_EDIT: ADMINISTRATORS,
        _P.OUTBOX_SEE: ADMINISTRATORS,
        _P.USERS_READ: SENIOR | ADMINISTRATORS,
        _P.USERS_EDIT: ADMINISTRATORS,
        _P.DEPUTY_APPOINT_OWN: MANAGING_ROLES,
        _P.DEPUTY_APPOINT_ANY: SENIOR | ADMINISTRATORS,
        _P.ACCESS_LOG_READ: SENIOR | QUALITY | ADMINISTRATORS,
        _P.ACCESS_LOG_READ_TEAM: TEAM_MANAGERS,
    }
)


@dataclass(frozen=True)
class Authority:
    """In what right somebody acts: their own role, or as deputy for a manager."""

    user: User
    role: Role
    acting_for: User | None = None

    @property
    def as_words(self) -> str:
        """The role, and for whom it is exercised, as a record shows it."""
        label = str(self.role.label)
        return label if self.acting_for is None else f"{label}, as deputy for {self.acting_for}"


@dataclass(frozen=True)
class Standing:
    """Every role and deputyship somebody has or had, from which any moment can be answered."""

    own: tuple[RoleAssignment, ...]
    deputising: tuple[tuple[Deputyship, tuple[RoleAssignment, ...]], ...]

    def roles(self, at: datetime) -> frozenset[Role]:
        return _roles(self.own, at)

    def authority(self, user: User, permission: Permission, at: datetime) -> Authority | None:
        """The right by which `user` may do it at `at`: their own first, then a deputy's."""
        role = _first(self.roles(at) & TABLE[permission])
        if role is not None:
            return Authority(user, role)
        for deputyship, assignments in self.deputising:
            if deputyship.covers(at) and deputyship.manager.is_active:
                role = _first(_roles(assignments, at) & MANAGING_ROLES & TABLE[permission])
                if role is not None:
                    return Authority(user, role, acting_for=deputyship.manager)
        return None


def _roles(assignments: tuple[RoleAssignment, ...], at: datetime) -> frozenset[Role]:
    return frozenset(Role(held.role) for held in assignments if held.covers(at))


def _first(roles: frozenset[Role]) -> Role | None:
    return next((role for role in Role if role in roles), None)


_DEPUTYSHIPS = Prepared(
    lambda deputy_id: (
        Deputyship.objects.filter(deputy=deputy_id)
        .select_related("manager")
        .order_by("from_at", "pk")
    ),
    deputy_id=UUID,
)
_ASSIGNMENTS = Prepared(
    lambda user_id: RoleAssignment.objects.filter(
        Q(user=user_id) | Q(user__in=Deputyship.objects.filter(deputy=user_id).values("manager"))
    ).order_by("from_at", "pk"),
    user_id=UUID,
)


def _load(user: User) -> Standing:
    assignments: dict[Any, list[RoleAssignment]] = {}
    for held in _ASSIGNMENTS(user_id=user.pk):
        assignments.setdefault(held.user_id, []).append(held)
    deputyships: list[Deputyship] = []
    if assignments.keys() - {user.pk}:  # a manager without any role gives a deputy none
        deputyships = _DEPUTYSHIPS(deputy_id=user.pk)
    return Standing(
        own=tuple(assignments.get(user.pk, ())),
        deputising=tuple(
            (deputyship, tuple(assignments.get(deputyship.manager_id, ())))
            for deputyship in deputyships
        ),
    )


def remember(user: User) -> None:
    """Let this object answer from one reading of its roles, for as long as one request lasts.

    Elsewhere every question reads the database again, so that a long-lived object in a
    task or a test never answers from the past.
    """
    user._remembers_standing = True  # type: ignore[attr-defined]


def standing(user: User) -> Standing:
    """Every role and deputyship of `user`: a query, two for a deputy, none twice in a request."""
    if not getattr(user, "_remembers_standing", False):
        return _load(user)
    known: Standing | None = getattr(user, "_standing", None)
    if known is None:
        known = _load(user)
        user._standing = known  # type: ignore[attr-defined]
    return known


def roles_of(user: User | AnonymousUser, at: datetime | None = None) -> frozenset[Role]:
    """The roles somebody holds themself at that moment; nothing for a closed account."""
    if not isinstance(user, User) and not user.is_authenticated:
        return frozenset()
    if not user.is_active:
        return frozenset()
    return standing(user).roles(at or application_clock.now())


_lent: ContextVar[tuple[Authority, frozenset[Permission]] | None] = ContextVar("lent", default=None)


@contextmanager
def lending(right: Authority, *permissions: Permission) -> Iterator[None]:
    """Let one action do, in the right it has asked for, what the actions it is made of ask for.

    A system of an agency may send a contact and nothing else; receiving that contact makes records
    of people, names and addresses, which only staff may do on their own. Lend around the calls on
    what the action itself has made, never around a query that an outsider's words choose.

    :param right: whose, and as what it stands on the record
    """
    token = _lent.set((right, frozenset(permissions)))
    try:
        yield
    finally:
        _lent.reset(token)


def authority(
    user: User | AnonymousUser, permission: Permission, *, at: datetime | None = None
) -> Authority | None:
    """The right by which somebody may do it, or None.

    :param at: when the thing happened. Whoever records it must hold the right then and
        now; the authority returned is that of `at`.
    """
    if not user.is_authenticated or not user.is_active:
        return None
    lent = _lent.get()
    if lent is not None and permission in lent[1] and lent[0].user.pk == user.pk:
        return lent[0]
    known = standing(user)
    now = application_clock.now()
    today = known.authority(user, permission, now)
    if today is None or at is None or at == now:
        return today
    return known.authority(user, permission, at)


def holds(
    user: User | AnonymousUser, permission: Permission, *, at: datetime | None = None
) -> bool:
    """Say whether somebody may do it, in their own right or as a deputy."""
    return authority(user, permission, at=at) is not None


def require(
    user: User | AnonymousUser, permission: Permission, *, at: datetime | None = None
) -> Authority:
    """The right by which somebody may do it.

    :raises PermissionDenied: they may not, then or now
    """
    found = authority(user, permission, at=at)
    if found is None:
        raise PermissionDenied(f"You may not {permission.label}.")
    # Field history says for whom it was done; outside a request there is no context to add to.
    pghistory.context(acting_for=str(found.acting_for.pk) if found.acting_for else None)
    return found


def roles_with(permission: Permission) -> frozenset[Role]:
    """The roles that hold a permission."""
    return TABLE[permission]
