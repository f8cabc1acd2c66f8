"""Who may open which address: one row for every address of the service.

How to add an address. Add a row to `ROWS` under its name:

    "mash:board": Row(get=holders(P.BOARD_SEE)),
    "mash:claim": Row(post=holders(P.BOARD_CLAIM), args=a_contact),

`get` and `post` are the roles that get through, each tried as every role, as somebody without any
role, and signed out. Left out means that the address does not answer that method (405), which is
tried as one role only.

- Who gets through is answered with anything below 400 that does not lead to the sign-in page. A
  POST is sent with `data`, empty unless given, so an error page (200) is getting through.
- Everybody else who is signed in gets 403, or 404 when their role stands in `hidden`: what one may
  not see does not exist, what one may see but not do is refused.
- Whoever is signed out is led to the sign-in page, unless `anonymous` gives another status.
- `args` is a function that makes what the address names and returns its keyword arguments. It is
  given `people`, one user for every role, for rights that depend on whose the thing is.
- `query` is what stands behind the question mark of a GET.
- `library` marks a page of the log-in library, which decides by the state of the account: it must
  only not fail and not open for those who are signed out.

A name that ends in `*` stands for all addresses that begin with it, and is tried at `url`.
`tests/test_access.py` fails when an address has no row, and when a row has no address.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from accounts.choices import Role
from accounts.models import User
from accounts.permissions import CASE_STAFF, EARLY_HELP, ROLES_APART, SENIOR, TABLE
from accounts.permissions import Permission as P
from tests.assessments import access_assessments as assessed
from tests.assessments import access_plans as plans
from tests.assessments import access_section_47 as section_47
from tests.cases import access as cases
from tests.early_help import access as early_help
from tests.factories.accounts import (
    DeputyshipFactory,
    TeamFactory,
    TeamMembershipFactory,
    UserFactory,
)
from tests.mash import access_board as board
from tests.mash import access_exploitation as exploitation
from tests.mash import access_intake as intake
from tests.mash import access_missing as missing
from tests.mash import access_network as drawn
from tests.mash import access_strategy as strategy
from tests.partner_api import access as systems
from tests.people import access as people_rows
from tests.record import access as record_rows

People = Mapping[Role, User]
Roles = frozenset[Role]

EVERYBODY: Roles = frozenset(Role)
NOBODY: Roles = frozenset()
SIGN_IN = "the sign-in page"


@dataclass(frozen=True, kw_only=True)
class Row:
    """What an address answers to whom; see the top of this file."""

    get: Roles | None = None
    post: Roles | None = None
    hidden: Roles = NOBODY
    anonymous: int | str = SIGN_IN
    args: Callable[[People], dict[str, Any]] | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)
    library: bool = False
    url: str = ""


def holders(*permissions: P) -> Roles:
    """The roles that hold any of the permissions."""
    return frozenset().union(*(TABLE[permission] for permission in permissions))


# What the addresses name ------------------------------------------------------------------------


def a_user(people: People) -> dict[str, Any]:
    return {"pk": UserFactory().pk}


def a_held_role(people: People) -> dict[str, Any]:
    held = people[Role.CONTACT_OFFICER].role_assignments.get()
    return {"pk": held.user_id, "assignment": held.pk}


def a_team(people: People) -> dict[str, Any]:
    return {"pk": TeamFactory().pk}


def a_team_member(people: People) -> dict[str, Any]:
    membership = TeamMembershipFactory()
    return {"pk": membership.team_id, "user": membership.user_id}


def a_deputyship(people: People) -> dict[str, Any]:
    return {"pk": DeputyshipFactory(manager=people[Role.MASH_MANAGER]).pk}


def a_reset_key(people: People) -> dict[str, Any]:
    return {"uidb36": "1", "key": "nothing"}


def no_key(people: People) -> dict[str, Any]:
    return {"pk": 1}


def the_provider(people: People) -> dict[str, Any]:
    return {"provider_id": "authority"}


def people_edit(args: Callable[[People], dict[str, Any]], right: P = P.PERSON_EDIT) -> Row:
    """A page that changes one thing about a person."""
    roles = holders(right)
    return Row(get=roles, post=roles, hidden=ROLES_APART, args=args)


CLOSED = Row(get=NOBODY, post=NOBODY, hidden=EVERYBODY, anonymous=404)
LIBRARY = Row(library=True)
LIBRARY_OPEN = Row(library=True, anonymous=200)

ROWS: dict[str, Row] = {
    # The service itself --------------------------------------------------------------------------
    "health": Row(get=EVERYBODY, anonymous=200, library=True),
    "ready": Row(get=EVERYBODY, anonymous=200, library=True),
    "metrics": Row(get=EVERYBODY, anonymous=200, library=True),
    "admin:*": Row(get=holders(P.REFERENCE_DATA_EDIT), url="/admin/", anonymous=302, library=True),
    # Signing in: pages of the log-in library -----------------------------------------------------
    "account_login": LIBRARY_OPEN,
    "account_logout": Row(library=True, anonymous=302),
    "account_inactive": LIBRARY_OPEN,
    "account_reauthenticate": LIBRARY,
    "account_change_password": LIBRARY,
    "account_set_password": LIBRARY,
    "account_reset_password": LIBRARY_OPEN,
    "account_reset_password_done": LIBRARY_OPEN,
    "account_reset_password_from_key": Row(library=True, anonymous=200, args=a_reset_key),
    "account_reset_password_from_key_done": LIBRARY_OPEN,
    "mfa_index": LIBRARY,
    "mfa_authenticate": LIBRARY,
    "mfa_reauthenticate": LIBRARY,
    "mfa_activate_totp": LIBRARY,
    "mfa_deactivate_totp": LIBRARY,
    "mfa_view_recovery_codes": LIBRARY,
    "mfa_generate_recovery_codes": LIBRARY,
    "mfa_download_recovery_codes": LIBRARY,
    "mfa_list_webauthn": LIBRARY,
    "mfa_add_webauthn": LIBRARY,
    "mfa_reauthenticate_webauthn": LIBRARY,
    "mfa_remove_webauthn": Row(library=True, args=no_key),
    "mfa_edit_webauthn": Row(library=True, args=no_key),
    "mfa_login_webauthn": LIBRARY_OPEN,
    "socialaccount_login_cancelled": LIBRARY_OPEN,
    "socialaccount_login_error": LIBRARY_OPEN,
    "openid_connect_login": Row(library=True, anonymous=404, args=the_provider),
    "openid_connect_callback": Row(library=True, anonymous=404, args=the_provider),
    # Nobody signs up, changes their address or connects an account by themself -------------------
    "account_signup": CLOSED,
    "account_email": CLOSED,
    "account_email_verification_sent": CLOSED,
    "account_confirm_login_code": CLOSED,
    "socialaccount_signup": CLOSED,
    "socialaccount_connections": CLOSED,
    # Accounts ------------------------------------------------------------------------------------
    "accounts:profile": Row(get=EVERYBODY),
    "accounts:keep_alive": Row(get=EVERYBODY, post=EVERYBODY),
    "accounts:kept_form": Row(get=EVERYBODY),
    "accounts:deputies": Row(
        get=holders(P.DEPUTY_APPOINT_OWN, P.DEPUTY_APPOINT_ANY),
        post=holders(P.DEPUTY_APPOINT_OWN, P.DEPUTY_APPOINT_ANY),
    ),
    "accounts:end_deputyship": Row(
        post=holders(P.DEPUTY_APPOINT_ANY) | {Role.MASH_MANAGER}, args=a_deputyship
    ),
    "accounts:users": Row(get=holders(P.USERS_READ), post=holders(P.USERS_READ)),
    "accounts:add_user": Row(get=holders(P.USERS_EDIT), post=holders(P.USERS_EDIT)),
    "accounts:user": Row(get=holders(P.USERS_READ), args=a_user),
    "accounts:edit_user": Row(get=holders(P.USERS_EDIT), post=holders(P.USERS_EDIT), args=a_user),
    "accounts:assign_role": Row(post=holders(P.USERS_EDIT), args=a_user),
    "accounts:end_role": Row(post=holders(P.USERS_EDIT), args=a_held_role),
    "accounts:close_account": Row(
        get=holders(P.USERS_EDIT), post=holders(P.USERS_EDIT), args=a_user
    ),
    "accounts:reopen_account": Row(post=holders(P.USERS_EDIT), args=a_user),
    "accounts:remove_second_factor": Row(post=holders(P.USERS_EDIT), args=a_user),
    "accounts:teams": Row(get=holders(P.USERS_READ)),
    "accounts:add_team": Row(get=holders(P.USERS_EDIT), post=holders(P.USERS_EDIT)),
    "accounts:team": Row(get=holders(P.USERS_READ), args=a_team),
    "accounts:change_manager": Row(post=holders(P.USERS_EDIT), args=a_team),
    "accounts:add_member": Row(post=holders(P.USERS_EDIT), args=a_team),
    "accounts:remove_member": Row(post=holders(P.USERS_EDIT), args=a_team_member),
    # Record --------------------------------------------------------------------------------------
    "record:draft_save": Row(post=EVERYBODY, args=record_rows.a_form),
    "record:draft_save_by_id": Row(
        post=frozenset({Role.CONTACT_OFFICER}),
        hidden=EVERYBODY,
        args=record_rows.a_draft,
        data={"version": "1"},
    ),
    "record:draft_drop": Row(
        post=frozenset({Role.CONTACT_OFFICER}),
        hidden=EVERYBODY,
        args=record_rows.a_draft_to_drop,
    ),
    "record:document": Row(
        get=holders(P.CONTACT_READ), hidden=EVERYBODY, args=record_rows.a_document
    ),
    "record:policies": Row(get=holders(P.POLICY_READ)),
    "record:policy": Row(
        get=holders(P.POLICY_READ), post=holders(P.POLICY_PROPOSE), args=record_rows.a_limit
    ),
    "record:policy_approve": Row(post=holders(P.POLICY_APPROVE), args=record_rows.a_change),
    "record:policy_refuse": Row(post=holders(P.POLICY_APPROVE), args=record_rows.a_change),
    "record:holidays": Row(get=holders(P.CALENDAR_EDIT), post=holders(P.CALENDAR_EDIT)),
    "record:deliveries": Row(get=holders(P.OUTBOX_SEE)),
    "record:delivery_replay": Row(post=holders(P.OUTBOX_SEE), args=record_rows.a_failed_delivery),
    "record:access_log": Row(get=holders(P.ACCESS_LOG_READ), post=holders(P.ACCESS_LOG_READ)),
    "record:notices": Row(get=EVERYBODY),
    "record:notice_open": Row(
        post=frozenset({Role.CONTACT_OFFICER}),
        hidden=EVERYBODY,
        args=record_rows.a_notice,
    ),
    "record:notices_read": Row(post=EVERYBODY),
    # People --------------------------------------------------------------------------------------
    "people:review_break_glass": Row(get=CASE_STAFF, hidden=ROLES_APART),
    "people:review_opening": Row(
        get=SENIOR | {Role.MASH_MANAGER},
        post=SENIOR | {Role.MASH_MANAGER},
        hidden=EVERYBODY,
        args=people_rows.an_opening,
    ),
    "people:variants": Row(get=holders(P.REFERENCE_DATA_EDIT)),
    "people:state_variant": Row(
        get=holders(P.REFERENCE_DATA_EDIT), post=holders(P.REFERENCE_DATA_EDIT)
    ),
    "people:end_variant": Row(
        get=holders(P.REFERENCE_DATA_EDIT),
        post=holders(P.REFERENCE_DATA_EDIT),
        args=people_rows.a_variant,
    ),
    "people:duplicates": Row(
        get=holders(P.PERSON_LINK), hidden=ROLES_APART, query={"show": "later"}
    ),
    "people:settle_duplicate": Row(
        get=holders(P.PERSON_LINK),
        post=holders(P.PERSON_LINK),
        hidden=ROLES_APART,
        args=people_rows.a_duplicate,
    ),
    "people:person": Row(get=CASE_STAFF, hidden=ROLES_APART, args=people_rows.a_person),
    "people:changes": Row(get=CASE_STAFF, hidden=ROLES_APART, args=people_rows.a_person),
    # Besides these, the worker whose child it is, which is tested with allocations.
    "people:looked": Row(
        get=holders(P.ACCESS_LOG_READ) - ROLES_APART,
        hidden=ROLES_APART,
        args=people_rows.a_person,
    ),
    "people:edit_details": people_edit(people_rows.a_person),
    "people:add_name": people_edit(people_rows.a_person),
    "people:correct_name": people_edit(people_rows.a_name),
    "people:use_name": people_edit(people_rows.a_name),
    "people:state_date": people_edit(people_rows.a_person),
    "people:add_identifier": people_edit(people_rows.a_person),
    "people:wrong_identifier": people_edit(people_rows.a_number),
    "people:add_address": people_edit(people_rows.a_person),
    "people:add_setting": people_edit(people_rows.a_person),
    "people:end_setting": people_edit(people_rows.a_setting),
    "people:hazards": people_edit(people_rows.a_person),
    "people:review_hazard": people_edit(people_rows.a_hazard),
    "people:birth": people_edit(people_rows.a_person),
    "people:add_member": people_edit(people_rows.a_person),
    "people:end_membership": people_edit(people_rows.a_membership),
    "people:relate": people_edit(people_rows.a_person),
    "people:change_relation": people_edit(people_rows.a_relationship),
    "people:death": people_edit(people_rows.a_person, P.PERSON_LINK),
    "people:link": people_edit(people_rows.a_person, P.PERSON_LINK),
    "people:unlink": people_edit(people_rows.a_link, P.PERSON_LINK),
    "people:written": Row(
        get=holders(P.PERSON_LINK), hidden=ROLES_APART, args=people_rows.an_ended_link
    ),
    "people:restrict": people_edit(people_rows.a_person, P.PERSON_LINK),
    "people:add_reader": Row(
        get=SENIOR, post=SENIOR, hidden=ROLES_APART, args=people_rows.a_restricted_person
    ),
    "people:lift_restriction": Row(
        get=SENIOR, post=SENIOR, hidden=ROLES_APART, args=people_rows.a_restricted_person
    ),
    # Who may read it anyhow is sent to the record.
    "people:break_glass": Row(
        post=holders(P.RESTRICTED_BREAK_GLASS),
        hidden=ROLES_APART,
        args=people_rows.a_restricted_person,
    ),
    "people:leave_information": Row(
        get=holders(P.NOTE_ADD),
        post=holders(P.NOTE_ADD),
        hidden=ROLES_APART,
        args=people_rows.a_restricted_person,
    ),
    "people:information_left": Row(
        get=CASE_STAFF - SENIOR,
        hidden=ROLES_APART | SENIOR,
        args=people_rows.a_restricted_person,
    ),
    # Cases ---------------------------------------------------------------------------------------
    "assessments:assessments": Row(get=holders(P.ASSESSMENT_READ)),
    **{
        f"assessments:{name}": Row(get=roles, post=roles, args=args)
        for name, roles, args in (
            ("start", assessed.MANAGER, assessed.a_referral),
            ("again", assessed.MANAGER, assessed.an_assessed_child),
            ("add_child", assessed.MANAGER, assessed.a_joiner),
            ("take_out", assessed.MANAGER, assessed.a_part),
            ("not_assessed", assessed.MANAGER | assessed.WRITER, assessed.a_joiner),
            ("abandon", SENIOR, assessed.an_assessment),
            ("write", assessed.WRITER, assessed.a_section),
            ("write_child", assessed.WRITER, assessed.a_part),
            ("check", assessed.WRITER, assessed.an_assessment),
            ("checkpoint", assessed.MANAGER, assessed.a_checkpoint),
            ("return", assessed.AUTHORISES, assessed.an_assessment),
            ("authorise", assessed.AUTHORISES, assessed.an_assessment),
            ("clash", holders(P.ASSESSMENT_WRITE), assessed.a_text),
        )
    },
    **{
        f"assessments:{name}": Row(get=holders(P.ASSESSMENT_READ), args=assessed.an_assessment)
        for name in ("assessment", "household", "here", "left_over", "versions")
    },
    # As with a line of the MASH: seniors read it, and do not answer for the one who holds it.
    "assessments:passed": Row(
        get=assessed.MANAGER,
        post=assessed.MANAGER,
        hidden=EVERYBODY - SENIOR,
        args=assessed.a_passed_child,
    ),
    "assessments:transfer_passed": Row(
        get=assessed.MANAGER,
        post=assessed.MANAGER,
        hidden=EVERYBODY - SENIOR,
        args=plans.a_passed_child,
    ),
    "assessments:go_on": Row(get=assessed.WRITER, args=assessed.an_assessment),
    "assessments:save": Row(post=assessed.WRITER, args=assessed.an_assessment),
    "assessments:conference": Row(
        get=holders(P.CONFERENCE_RECORD),
        post=holders(P.CONFERENCE_RECORD),
        args=section_47.an_enquiry,
    ),
    "assessments:conference_moved_in": Row(
        get=holders(P.CONFERENCE_RECORD),
        post=holders(P.CONFERENCE_RECORD),
        hidden=ROLES_APART,
        args=cases.a_child,
    ),
    "assessments:conference_book": Row(
        get=holders(P.CONFERENCE_RECORD),
        post=holders(P.CONFERENCE_RECORD),
        args=section_47.an_enquiry,
    ),
    "assessments:conference_share": Row(
        get=holders(P.S47_WORK), post=holders(P.S47_WORK), args=section_47.an_enquiry
    ),
    "assessments:protection_plan": Row(get=holders(P.S47_READ), args=section_47.a_plan),
    **{
        f"assessments:{name}": Row(get=holders(right), post=holders(right), args=section_47.a_plan)
        for name, right in (
            ("core_group", P.S47_WORK),
            ("review_conference", P.CONFERENCE_RECORD),
            ("protection_end", P.CONFERENCE_RECORD),
        )
    },
    "assessments:section_47": Row(get=holders(P.S47_READ), args=section_47.an_enquiry),
    "assessments:section_47_send": Row(post=holders(P.S47_WORK), args=section_47.an_enquiry),
    **{
        f"assessments:section_47_{name}": Row(
            get=holders(right), post=holders(right), args=section_47.an_enquiry
        )
        for name, right in (
            ("child", P.S47_WORK),
            ("family", P.S47_WORK),
            ("safety", P.S47_WORK),
            ("lead", P.S47_CONCLUDE),
            ("send_back", P.S47_CONCLUDE),
            ("conclude", P.S47_CONCLUDE),
            ("conference", P.S47_CONCLUDE),
            ("cancel", P.S47_CONCLUDE),
        )
    },
    "assessments:cin_plan_start": Row(
        get=holders(P.CIN_PLAN_WRITE),
        post=holders(P.CIN_PLAN_WRITE),
        hidden=ROLES_APART,
        args=cases.a_child,
    ),
    "assessments:cin_plan": Row(get=holders(P.CIN_PLAN_READ), args=plans.a_plan),
    **{
        f"assessments:{name}": Row(get=holders(right), post=holders(right), args=args)
        for name, right, args in (
            ("cin_section", P.CIN_PLAN_WRITE, plans.a_section),
            ("cin_goal_new", P.CIN_PLAN_WRITE, plans.a_plan),
            ("cin_goal", P.CIN_PLAN_WRITE, plans.a_goal),
            ("cin_goal_take_out", P.CIN_PLAN_WRITE, plans.a_goal),
            ("cin_details", P.CIN_PLAN_WRITE, plans.a_plan),
            ("cin_answer", P.CIN_PLAN_APPROVE, plans.a_plan),
            ("cin_first_meeting", P.CIN_PLAN_WRITE, plans.a_plan),
            ("cin_review", P.CIN_PLAN_WRITE, plans.a_plan),
            ("cin_confirm", P.CIN_PLAN_APPROVE, plans.a_plan),
            ("cin_drift", P.CIN_DRIFT_CHECK, plans.a_plan),
            ("cin_end", P.CIN_PLAN_APPROVE, plans.a_plan),
            ("cin_give_up", P.CIN_PLAN_WRITE, plans.a_plan),
        )
    },
    "assessments:transfer_queue": Row(get=holders(P.TRANSFER_READ)),
    "assessments:transfer_propose": Row(
        get=holders(P.TRANSFER_PROPOSE),
        post=holders(P.TRANSFER_PROPOSE),
        hidden=ROLES_APART,
        args=cases.a_child,
    ),
    "assessments:ask_for": Row(
        get=holders(P.TRANSFER_DECIDE),
        post=holders(P.TRANSFER_DECIDE),
        hidden=ROLES_APART,
        args=cases.a_child,
    ),
    "assessments:request": Row(
        get=holders(P.TRANSFER_DECIDE), post=holders(P.TRANSFER_DECIDE), args=plans.a_request
    ),
    "assessments:transfer": Row(get=holders(P.TRANSFER_READ), args=plans.a_transfer),
    "assessments:transfer_offer": Row(get=holders(P.TRANSFER_READ), args=plans.an_offered_transfer),
    # A head of service reads a transfer and settles what two managers disagree about.
    **{
        f"assessments:transfer_{name}": Row(get=holders(right), post=holders(right), args=args)
        for name, right, args in (
            ("child", P.TRANSFER_PROPOSE, plans.a_transferred_child),
            ("dates", P.TRANSFER_PROPOSE, plans.a_transfer),
            ("ready", P.TRANSFER_DECIDE, plans.a_transfer),
            ("book", P.TRANSFER_DECIDE, plans.a_transfer),
            ("meeting", P.TRANSFER_DECIDE, plans.a_transfer),
            ("wait", P.TRANSFER_DECIDE, plans.a_transfer),
            ("review", P.TRANSFER_DECIDE, plans.a_transfer),
            ("allocate", P.TRANSFER_DECIDE, plans.a_transfer),
            ("complete", P.TRANSFER_DECIDE, plans.a_transfer),
            ("withdraw", P.TRANSFER_DECIDE, plans.a_transfer),
            ("dispute", P.TRANSFER_DECIDE, plans.a_transfer),
            ("settle", P.TRANSFER_SETTLE, plans.a_transfer),
        )
    },
    "assessments:cin_send": Row(post=holders(P.CIN_PLAN_WRITE), args=plans.a_plan),
    "cases:home": Row(get=EVERYBODY),
    "cases:search": Row(
        get=holders(P.PERSON_SEARCH), post=holders(P.PERSON_SEARCH), data={"q": "Testwood"}
    ),
    "cases:child": Row(get=CASE_STAFF, hidden=ROLES_APART, args=cases.a_child),
    "cases:add_note": Row(
        get=holders(P.NOTE_ADD), post=holders(P.NOTE_ADD), hidden=ROLES_APART, args=cases.a_child
    ),
    "cases:visits": Row(get=CASE_STAFF, hidden=ROLES_APART, args=cases.a_child),
    "cases:record_visit": Row(
        get=holders(P.VISIT_RECORD),
        post=holders(P.VISIT_RECORD),
        hidden=ROLES_APART,
        args=cases.a_child,
    ),
    "cases:close_referral": Row(
        get=frozenset({Role.ASSESSMENT_TEAM_MANAGER}),
        post=frozenset({Role.ASSESSMENT_TEAM_MANAGER}),
        hidden=frozenset({Role.SFS_MANAGER}),
        args=cases.a_referral,
    ),
    "cases:step_down": Row(
        get=frozenset({Role.ASSESSMENT_TEAM_MANAGER}),
        post=frozenset({Role.ASSESSMENT_TEAM_MANAGER}),
        hidden=frozenset({Role.SFS_MANAGER}),
        args=cases.a_referral,
    ),
    "cases:log_change": Row(
        get=holders(P.CHANGE_LOG),
        post=holders(P.CHANGE_LOG),
        hidden=ROLES_APART,
        args=cases.a_child,
    ),
    "cases:change": Row(get=holders(P.CHANGE_LOG), hidden=ROLES_APART, args=cases.a_change),
    # Whoever answers for the home triages and decides; EDT only out of hours.
    **{
        f"cases:change_{name}": Row(
            get=cases.RECEIVING_TEAM,
            post=cases.RECEIVING_TEAM,
            hidden=ROLES_APART,
            args=cases.a_change,
        )
        for name in ("triage", "not_significant", "merge", "decide")
    },
    # Whoever holds the restriction; who may read it anyhow is refused.
    "cases:change_line": Row(
        get=frozenset({Role.HEAD_OF_SERVICE}),
        post=frozenset({Role.HEAD_OF_SERVICE}),
        hidden=EVERYBODY - SENIOR,
        args=cases.a_restricted_line,
    ),
    "cases:change_elsewhere": Row(
        get=holders(P.CHANGE_LOG),
        post=holders(P.CHANGE_LOG),
        hidden=ROLES_APART,
        args=cases.a_child_elsewhere,
    ),
    # Written by the worker whose it is.
    "cases:risk_review": Row(
        get=holders(P.RISK_REVIEW_READ),
        post=frozenset({Role.ASSESSMENT_SOCIAL_WORKER}),
        hidden=ROLES_APART,
        args=cases.a_review,
    ),
    "cases:risk_review_give": Row(
        get=holders(P.CHANGE_TRIAGE),
        post=holders(P.CHANGE_TRIAGE),
        hidden=ROLES_APART,
        args=cases.a_review,
    ),
    "cases:risk_review_remind": Row(
        post=holders(P.CHANGE_TRIAGE), hidden=ROLES_APART, args=cases.a_review
    ),
    "cases:risk_review_countersign": Row(
        post=holders(P.RISK_REVIEW_DECIDE), hidden=ROLES_APART, args=cases.a_review
    ),
    "cases:flags": Row(get=holders(P.FLAG_ACKNOWLEDGE), hidden=ROLES_APART),
    # Whoever may read the rule reads it; whose it is answers, and whoever is above them.
    "cases:flag": Row(
        get=holders(P.OVERSIGHT_READ),
        post=cases.RECEIVING_TEAM,
        hidden=ROLES_APART,
        args=cases.a_flag,
    ),
    "cases:flag_clear": Row(
        get=cases.RECEIVING_TEAM,
        post=cases.RECEIVING_TEAM,
        hidden=ROLES_APART,
        args=cases.a_flag,
    ),
    "cases:allocation_queue": Row(get=holders(P.REFERRAL_READ)),
    # Whoever allocates elsewhere does not see this team's families here.
    "cases:rate_waiting": Row(
        get=SENIOR | {Role.ASSESSMENT_TEAM_MANAGER},
        post=SENIOR | {Role.ASSESSMENT_TEAM_MANAGER},
        hidden=holders(P.ALLOCATE) - SENIOR - {Role.ASSESSMENT_TEAM_MANAGER},
        args=plans.a_waiting_family,
    ),
    "cases:record_oversight": Row(
        get=holders(P.OVERSIGHT_RECORD),
        post=holders(P.OVERSIGHT_RECORD),
        hidden=ROLES_APART,
        args=cases.a_child,
    ),
    "cases:agencies_at_meetings": Row(get=holders(P.STATUTORY_READ)),
    "cases:child_oversight": Row(
        get=holders(P.OVERSIGHT_READ), hidden=ROLES_APART, args=cases.a_child
    ),
    "cases:oversight_by_worker": Row(get=holders(P.OVERSIGHT_RECORD), hidden=ROLES_APART),
    "cases:oversight_due": Row(get=holders(P.OVERSIGHT_RECORD), hidden=ROLES_APART),
    "cases:oversight": Row(
        get=holders(P.OVERSIGHT_READ), hidden=ROLES_APART, args=cases.an_oversight
    ),
    # Whoever recorded it.
    "cases:oversight_correct": Row(
        get=frozenset({Role.ASSESSMENT_TEAM_MANAGER}),
        post=frozenset({Role.ASSESSMENT_TEAM_MANAGER}),
        hidden=ROLES_APART,
        args=cases.an_oversight,
    ),
    # Whoever was directed answers, or a manager.
    "cases:direction": Row(
        get=holders(P.OVERSIGHT_READ),
        post=holders(P.OVERSIGHT_RECORD) | {Role.ASSESSMENT_SOCIAL_WORKER},
        hidden=ROLES_APART,
        args=cases.a_direction,
    ),
    "cases:handovers": Row(get=holders(P.HANDOVER_READ)),
    # Between two teams: for everybody else there is no such offer.
    "cases:handover": Row(
        get=cases.BOTH_TEAMS,
        post=cases.BOTH_TEAMS,
        hidden=holders(P.HANDOVER_READ),
        args=cases.an_offer,
    ),
    "cases:referrals": Row(get=holders(P.REFERRAL_READ)),
    # Managers of other teams allocate, but not this team's referrals.
    "cases:allocate": Row(
        get=cases.RECEIVING_TEAM,
        post=cases.RECEIVING_TEAM,
        hidden=holders(P.ALLOCATE),
        args=cases.a_referral,
    ),
    # MASH ----------------------------------------------------------------------------------------
    **{
        f"mash:{name}": Row(get=holders(right), post=holders(right), args=args)
        for name, (right, args) in board.PAGES.items()
    },
    **{
        f"mash:{name}": Row(
            get=holders(right) - {Role.EARLY_HELP_WORKER},
            post=holders(right) - {Role.EARLY_HELP_WORKER},
            hidden=frozenset({Role.EARLY_HELP_WORKER}),
            args=args,
        )
        for name, (right, args) in board.PAGES_WITHOUT_EARLY_HELP.items()
    },
    **{
        f"mash:{name}": Row(get=holders(right), args=args)
        for name, (right, args) in board.READ.items()
    },
    **{
        f"mash:{name}": Row(post=holders(right), args=args)
        for name, (right, args) in board.SENT.items()
    },
    "mash:board": Row(get=holders(P.BOARD_SEE), post=holders(P.BOARD_SEE)),
    "mash:decide": Row(
        get=holders(P.THRESHOLD_DECIDE), post=holders(P.THRESHOLD_DECIDE), args=cases.a_contact
    ),
    "mash:confirm": Row(
        get=holders(P.EDT_CONFIRM), post=holders(P.EDT_CONFIRM), args=cases.a_decided_contact
    ),
    "mash:reopen": Row(
        get=holders(P.CONTACT_REOPEN), post=holders(P.CONTACT_REOPEN), args=cases.a_decided_contact
    ),
    "mash:decision": Row(get=holders(P.CONTACT_READ), args=cases.a_decision),
    # Seniors may read every restricted record, and do not answer for the one who holds it.
    "mash:passed": Row(
        get=frozenset({Role.ASSESSMENT_TEAM_MANAGER}),
        post=frozenset({Role.ASSESSMENT_TEAM_MANAGER}),
        hidden=EVERYBODY - SENIOR,
        args=cases.a_passed_line,
    ),
    "mash:refuse_discussion": Row(
        get=holders(P.STRATEGY_CHAIR),
        post=holders(P.STRATEGY_CHAIR),
        hidden=ROLES_APART,
        args=cases.a_child,
    ),
    "mash:call_for_child": Row(
        get=holders(P.STRATEGY_CALL),
        post=holders(P.STRATEGY_CALL),
        hidden=ROLES_APART,
        args=cases.a_child,
    ),
    "mash:discussion": Row(get=holders(P.STATUTORY_READ), args=strategy.a_discussion),
    **{
        f"mash:{name}": Row(get=holders(right), post=holders(right), args=args)
        for name, (right, args) in strategy.PAGES.items()
    },
    "mash:agency_discussion_reply": Row(
        post=holders(P.STRATEGY_ATTEND_FOR_AGENCY), args=strategy.a_part
    ),
    # As with the line of a decision: seniors read it, and do not answer for the one who holds it.
    "mash:discussion_answer": Row(
        get=frozenset({Role.ASSESSMENT_TEAM_MANAGER}),
        post=frozenset({Role.ASSESSMENT_TEAM_MANAGER}),
        hidden=EVERYBODY - SENIOR,
        args=strategy.a_passed_child,
    ),
    # Without a row of the contact there is nobody to settle.
    "mash:settle": Row(post=NOBODY, hidden=holders(P.CONTACT_EDIT), args=board.a_contact),
    "mash:contact_new": Row(get=holders(P.CONTACT_CREATE)),
    "mash:contact_drafts": Row(get=holders(P.CONTACT_CREATE)),
    "mash:contact_write": Row(
        get=holders(P.CONTACT_CREATE), post=holders(P.CONTACT_CREATE), args=intake.a_draft
    ),
    "mash:contact_first_child": Row(
        get=holders(P.CONTACT_CREATE), post=holders(P.CONTACT_CREATE), args=intake.a_draft
    ),
    "mash:missing_list": Row(get=holders(P.MISSING_READ), hidden=ROLES_APART),
    "mash:missing": Row(get=holders(P.MISSING_READ), hidden=ROLES_APART, args=missing.an_episode),
    **{
        f"mash:missing_{name}": Row(
            get=holders(right), post=holders(right), hidden=ROLES_APART, args=missing.an_episode
        )
        for name, right in missing.STEPS.items()
    },
    "mash:exploitation_list": Row(get=holders(P.EXPLOITATION_READ), hidden=ROLES_APART),
    "mash:exploitation": Row(
        get=holders(P.EXPLOITATION_READ),
        hidden=ROLES_APART | EARLY_HELP,
        args=exploitation.a_screening,
    ),
    **{
        f"mash:exploitation_{name}": Row(
            get=roles,
            post=roles,
            hidden=ROLES_APART | EARLY_HELP,
            args=exploitation.a_screening,
        )
        for name, roles in exploitation.STEPS.items()
    },
    "mash:mapping_list": Row(get=holders(P.EXPLOITATION_READ), hidden=ROLES_APART),
    "mash:mapping": Row(
        get=holders(P.EXPLOITATION_READ), hidden=ROLES_APART, args=exploitation.a_meeting
    ),
    "mash:mapping_plan": Row(
        get=holders(P.EXPLOITATION_WORK), post=holders(P.EXPLOITATION_WORK), hidden=ROLES_APART
    ),
    "mash:mapping_hold": Row(
        get=holders(P.EXPLOITATION_DECIDE),
        post=holders(P.EXPLOITATION_DECIDE),
        hidden=ROLES_APART,
        args=exploitation.a_meeting,
    ),
    "mash:mapping_close": Row(
        get=holders(P.EXPLOITATION_DECIDE),
        post=holders(P.EXPLOITATION_DECIDE),
        hidden=ROLES_APART,
        args=exploitation.a_meeting,
    ),
    "mash:exploitation_answer": Row(
        get=holders(P.EXPLOITATION_WORK),
        post=holders(P.EXPLOITATION_WORK),
        hidden=ROLES_APART | EARLY_HELP,
        args=exploitation.an_action,
    ),
    "mash:screen_exploitation": Row(
        get=holders(P.EXPLOITATION_SCREEN),
        post=holders(P.EXPLOITATION_SCREEN),
        hidden=ROLES_APART,
        args=exploitation.a_child,
    ),
    "mash:network": Row(
        get=holders(P.EXPLOITATION_READ), post=holders(P.EXPLOITATION_READ), hidden=ROLES_APART
    ),
    "mash:network_data": Row(get=holders(P.EXPLOITATION_READ), hidden=ROLES_APART),
    "mash:network_node": Row(
        get=holders(P.EXPLOITATION_READ), hidden=ROLES_APART, args=drawn.a_node
    ),
    "mash:network_add": Row(
        get=holders(P.EXPLOITATION_WORK), post=holders(P.EXPLOITATION_WORK), hidden=ROLES_APART
    ),
    **{
        f"mash:{name}": Row(
            get=holders(P.EXPLOITATION_WORK),
            post=holders(P.EXPLOITATION_WORK),
            hidden=ROLES_APART,
            args=args,
        )
        for name, args in drawn.WORK.items()
    },
    "mash:report_missing": Row(
        get=holders(P.MISSING_RECORD),
        post=holders(P.MISSING_RECORD),
        hidden=ROLES_APART,
        args=missing.a_child,
    ),
    "mash:contact_drop": Row(post=holders(P.CONTACT_CREATE), args=intake.a_draft),
    "mash:candidates": Row(post=holders(P.CONTACT_CREATE)),
    **{
        f"mash:{name}": Row(get=holders(P.CONTACT_EDIT), post=holders(P.CONTACT_EDIT), args=args)
        for name, args in intake.PAGES.items()
    },
    **{
        f"mash:{name}": Row(get=holders(P.CONTACT_EDIT), args=args)
        for name, args in intake.READ.items()
    },
    **{
        f"mash:{name}": Row(post=holders(P.CONTACT_EDIT), args=args)
        for name, args in intake.SENT.items()
    },
    # Who is not linked has one address: there is nothing to ask.
    "mash:contact_stated_home": Row(
        get=holders(P.CONTACT_EDIT),
        post=holders(P.CONTACT_EDIT),
        args=intake.a_person_of_a_contact,
    ),
    "mash:contact_edt": Row(
        get=holders(P.CONTACT_EDIT), post=holders(P.EDT_HANDOVER_WRITE), args=intake.a_contact
    ),
    # Early help ----------------------------------------------------------------------------------
    **{f"early_help:{name}": Row(get=holders(right)) for name, right in early_help.LISTS.items()},
    **{
        f"early_help:{name}": Row(get=holders(right), post=holders(right), args=args)
        for name, (right, args) in early_help.PAGES.items()
    },
    **{
        f"early_help:{name}": Row(get=holders(P.EARLY_HELP_READ), args=args)
        for name, args in early_help.READ.items()
    },
    # It leads to the page where the request is screened.
    "early_help:offer": Row(get=holders(P.EARLY_HELP_READ), args=early_help.an_offer),
    "early_help:request_for": Row(
        get=holders(P.EARLY_HELP_WORK),
        post=holders(P.EARLY_HELP_WORK),
        args=early_help.a_child,
    ),
    "early_help:find": Row(get=holders(P.EARLY_HELP_WORK), post=holders(P.EARLY_HELP_WORK)),
    # Without a name to look for it leads back to the search.
    "early_help:request_new": Row(get=holders(P.EARLY_HELP_WORK), post=holders(P.EARLY_HELP_WORK)),
    # Interface for partner agencies: tokens, no sessions ------------------------------------------
    "partner_api:token": Row(post=NOBODY, anonymous=400, library=True),
    "partner_api:schema": Row(get=EVERYBODY, anonymous=200, library=True),
    "partner_api:contacts": Row(get=NOBODY, post=NOBODY, anonymous=401, library=True),
    "partner_api:contact": Row(get=NOBODY, anonymous=401, library=True, args=systems.a_reference),
    "partner_api:nowhere": Row(get=NOBODY, anonymous=404, library=True, url="/api/v1/nowhere/"),
    "partner_api:systems": Row(get=holders(P.USERS_READ)),
    "partner_api:open_system": Row(get=holders(P.USERS_EDIT), post=holders(P.USERS_EDIT)),
    "partner_api:system": Row(get=holders(P.USERS_READ), args=systems.a_system),
    **{
        f"partner_api:{name}": Row(
            get=holders(P.USERS_EDIT), post=holders(P.USERS_EDIT), args=systems.a_system
        )
        for name in ("new_secret", "close_system")
    },
    # Demonstration -------------------------------------------------------------------------------
}
