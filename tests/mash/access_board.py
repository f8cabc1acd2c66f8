"""What the addresses of board, contact, enquiry and agreement name, and who opens them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from accounts.choices import Role
from accounts.models import User
from accounts.permissions import Permission as P
from cases import actions as case_actions
from cases.choices import ConsentFrom, ConsentScope, ConsentState
from cases.models import ConsentOverride, Contact
from lib import application_clock
from lib.working_days import london_date
from mash import actions
from mash.models import AgencyCheck, Enquiry
from tests.mash.access_intake import received

People = Mapping[Role, User]


def a_contact(people: People) -> dict[str, Any]:
    return {"pk": received(people).pk}


def a_view(people: People) -> dict[str, Any]:
    view = actions.save_view(
        by=people[Role.MASH_MANAGER], list_name="board", name="Mine", query="claimed=me"
    )
    return {"pk": view.pk}


def a_marac_action(people: People) -> dict[str, Any]:
    """What MARAC agreed for a child."""
    contact = received(people)
    now = application_clock.now()
    officer = people[Role.CONTACT_OFFICER]
    actions.record_domestic_abuse(by=officer, at=now, contact_id=contact.pk, dash_score=16)
    actions.decide_marac(
        by=people[Role.MASH_MANAGER], at=now, contact_id=contact.pk, ground="dash", why="Strangled"
    )
    decision = actions.record_marac(
        by=officer,
        at=now,
        contact_id=contact.pk,
        held_on=london_date(now),
        lines=[
            actions.MaracLine(
                child_id=row.person_id, action="School told", owner="Head", due_on=london_date(now)
            )
            for row in contact.people.filter(is_child=True)
        ],
    )
    return {"pk": decision.outcomes.get().pk}


def _red(people: People) -> Contact:
    """A red contact with agreement and lawful basis."""
    officer, now = people[Role.CONTACT_OFFICER], application_clock.now()
    contact = received(people)
    actions.rate(by=officer, at=now, contact_id=contact.pk, rag="red", reason="Injury")
    case_actions.record_answer(
        by=officer,
        at=now,
        contact_id=contact.pk,
        asked_as=ConsentFrom.PARENT_WITH_PR,
        scope=ConsentScope.CHECKS,
        state=ConsentState.GIVEN,
        how="spoken",
        to_what="Everybody who may know",
    )
    case_actions.record_lawful_basis(
        by=officer, at=now, contact_id=contact.pk, basis="public_task", special="safeguarding"
    )
    return contact


def _enquiry(people: People) -> Enquiry:
    return actions.open_enquiry(
        by=people[Role.MASH_SOCIAL_WORKER],
        at=application_clock.now(),
        contact_id=_red(people).pk,
        question="Is it safe to go home?",
    )


def a_hand_over(people: People) -> dict[str, Any]:
    """Taken over, with something left to do."""
    now, contact = application_clock.now(), received(people)
    row = actions.hand_over(
        by=people[Role.EDT_WORKER],
        at=now,
        contact_id=contact.pk,
        what_happened="A row, all three upstairs",
        left_to_do="Ring the mother",
        risk_now="No injury seen",
    )
    actions.acknowledge_hand_over(by=people[Role.MASH_SOCIAL_WORKER], at=now, contact_id=contact.pk)
    return {"pk": row.pk}


def an_alert(people: People) -> dict[str, Any]:
    row = actions.alert_edt(
        by=people[Role.MASH_SOCIAL_WORKER],
        at=application_clock.now(),
        contact_id=received(people).pk,
        what_happened="The father is released tonight",
        left_to_do="Visit if he comes",
        risk_now="High if he does",
    )
    return {"pk": row.pk}


def an_enquiry(people: People) -> dict[str, Any]:
    return {"pk": _enquiry(people).pk}


def a_red_contact(people: People) -> dict[str, Any]:
    return {"pk": _red(people).pk}


def an_analysis(people: People) -> dict[str, Any]:
    contact = received(people)
    return {"pk": contact.pk, "child": contact.people.get().person_id}


def a_check(people: People) -> dict[str, Any]:
    """A question to the agency of the partner's user."""
    enquiry = _enquiry(people)
    agency = people[Role.PARTNER_AGENCY].agency
    assert agency is not None
    check: AgencyCheck = actions.ask_agency(
        by=people[Role.MASH_SOCIAL_WORKER],
        at=application_clock.now(),
        enquiry_id=enquiry.pk,
        agency_id=agency.pk,
        why="How she is at school",
        child_ids=[enquiry.contact.people.get().person_id],
    )
    return {"pk": check.pk}


def an_override(people: People) -> dict[str, Any]:
    override: ConsentOverride = case_actions.ask_override(
        by=people[Role.MASH_SOCIAL_WORKER],
        at=application_clock.now(),
        contact_id=received(people).pk,
        kind=ConsentState.DISPENSED,
        because="Asking would warn him",
    )
    return {"pk": override.pk}


#: Pages with a form: who opens them, and what they name.
PAGES = {
    "rate": (P.RAG_SET, a_contact),
    "void": (P.CONTACT_VOID, a_contact),
    "correct_received": (P.CLOCK_CORRECT, a_contact),
    "feedback": (P.FEEDBACK_RECORD, a_contact),
    "triage_domestic_abuse": (P.CONTACT_EDIT, a_contact),
    "offer_service": (P.CONTACT_EDIT, a_contact),
    "marac": (P.CONTACT_DECIDE, a_contact),
    "marac_listed": (P.CONTACT_EDIT, a_contact),
    "marac_answer": (P.CONTACT_EDIT, a_marac_action),
    "marac_held": (P.CONTACT_EDIT, a_contact),
    "open_enquiry": (P.ENQUIRY_OPEN, a_red_contact),
    "strategy": (P.STRATEGY_CALL, a_contact),
    "analyse": (P.ANALYSIS_WRITE, an_analysis),
    "ask_agencies": (P.CHECK_REQUEST, an_enquiry),
    "finish_checks": (P.ANALYSIS_WRITE, an_enquiry),
    "check_answer": (P.CHECK_REQUEST, a_check),
    "check_chase": (P.CHECK_REQUEST, a_check),
    "check_waive": (P.CHECK_WAIVE, a_check),
    "override_decide": (P.CONSENT_OVERRIDE, an_override),
    "override_confirm": (P.CONSENT_OVERRIDE_CONFIRM, an_override),
    "override_edt": (P.CONSENT_OVERRIDE_PROVISIONAL, a_contact),
    "agency_check": (P.CHECK_ANSWER_FOR_AGENCY, a_check),
    "contact_alert": (P.EDT_ALERT, a_contact),
    "edt_follow": (P.EDT_HANDOVER_ACKNOWLEDGE, a_hand_over),
}
#: The same, but an early help worker, who holds the right, sees no contact.
PAGES_WITHOUT_EARLY_HELP = {
    "contact_note": (P.NOTE_ADD, a_contact),
    "override_ask": (P.CONSENT_OVERRIDE_ASK, a_contact),
}
READ = {
    "board_news": (P.BOARD_SEE, None),
    "board_decided": (P.BOARD_SEE, None),
    "board_guide": (P.BOARD_SEE, None),
    "edt": (P.BOARD_SEE, None),
    "contact": (P.CONTACT_READ, a_contact),
    "agency_checks": (P.CHECK_ANSWER_FOR_AGENCY, None),
}
SENT = {
    "assign": (P.BOARD_ASSIGN, None),
    "save_view": (P.BOARD_SEE, None),
    "forget_view": (P.BOARD_SEE, a_view),
    "claim": (P.BOARD_CLAIM, a_contact),
    # Nobody has claimed it; giving back what a colleague claimed is for who may assign.
    "release": (P.BOARD_ASSIGN, a_contact),
    "see_red": (P.CONTACT_DECIDE, a_red_contact),
    "acknowledge": (P.EDT_HANDOVER_ACKNOWLEDGE, a_contact),
    "take_alert": (P.EDT_HANDOVER_WRITE, an_alert),
    "put_before_manager": (P.ANALYSIS_WRITE, an_enquiry),
    "check_acknowledge": (P.CHECK_REQUEST, a_check),
    "agency_check_seen": (P.CHECK_ANSWER_FOR_AGENCY, a_check),
}
