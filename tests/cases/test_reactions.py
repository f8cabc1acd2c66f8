"""Who answers when something happens to the shared work (docs/registries.md lists them)."""

from cases import reactions
from cases.events import EVENTS
from cases.notices import NOTICES
from cases.timescales import LIMITS, RULES
from dev.services import BASE_DIR
from record import clocks, events, notices, policy


def test_who_is_registered_is_pinned():
    assert reactions.contact_received.names() == [
        "mash.actions.edt.start_hand_over_clocks",
        "mash.actions.exploitation_marks.start_marked",
    ]
    assert reactions.contact_marked.names() == [
        "cases.actions.referrals.follow_marks",
        "mash.actions.exploitation_marks.follow_marks",
    ]
    assert reactions.receipt_corrected.names() == [
        "cases.actions.changes.follow_receipt",
        "mash.actions.edt.follow_receipt",
        "mash.actions.missing.follow_receipt_of_missing",
        "assessments.actions.receipt.follow_receipt",
    ]
    assert reactions.contact_voided.names() == [
        "mash.actions.strategy.refuse_void",
        "mash.actions.enquiry.cancel_enquiry",
        "mash.actions.passed.end_with_contact",
        "early_help.actions.stepping.follow_void",
    ]
    assert reactions.contact_decided.names() == ["early_help.actions.stepping.follow_decision"]
    assert reactions.contact_reopened.names() == [
        "mash.actions.passed.end_reopened",
        "early_help.actions.stepping.follow_reopening",
    ]
    assert reactions.handover_offered.names() == [
        "early_help.actions.requests.open_offered",
        "assessments.actions.step_down.follow_offer",
    ]
    assert reactions.handover_withdrawn.names() == [
        "early_help.actions.requests.end_withdrawn",
        "assessments.actions.step_down.follow_withdrawal",
    ]
    assert reactions.handover_answered.names() == [
        "early_help.actions.stepping.follow_handover",
        "assessments.actions.step_down.follow_answer",
    ]
    assert reactions.visit_recorded.names() == [
        "cases.family_changes.raise_for_failed_visits",
        "early_help.actions.offers.follow_visit",
        "assessments.actions.cin_review.follow_visit",
        "assessments.actions.transfer_wait.follow_visit",
        "assessments.actions.section_47.follow_visit",
        "assessments.actions.protection.follow_visit",
    ]
    assert reactions.section_47_decided.names() == [
        "cases.actions.referrals.hasten_for_section_47",
        "cases.family_changes.raise_for_section_47",
        "cases.actions.step_down.take_back_for_section_47",
        "assessments.actions.section_47.open_enquiries",
    ]
    assert reactions.referral_closed.names() == ["assessments.actions.authorising.end_valid"]
    assert reactions.plan_began.names() == ["assessments.actions.transfer_wait.follow_plan"]
    assert reactions.people_concerned.names() == [
        "assessments.actions.transfer_wait.receiving_managers"
    ]


def test_everybody_registered_is_listed():
    page = (BASE_DIR / "docs" / "registries.md").read_text(encoding="utf-8")
    names = [
        *reactions.contact_received.names(),
        *reactions.contact_marked.names(),
        *reactions.receipt_corrected.names(),
        *reactions.contact_voided.names(),
        *reactions.contact_decided.names(),
        *reactions.contact_reopened.names(),
        *reactions.handover_offered.names(),
        *reactions.handover_withdrawn.names(),
        *reactions.handover_answered.names(),
        *reactions.visit_recorded.names(),
        *reactions.section_47_decided.names(),
        *reactions.referral_closed.names(),
        *reactions.plan_began.names(),
        *reactions.people_concerned.names(),
    ]

    assert [name for name in names if f"`{name}`" not in page] == []


def test_words_and_limits_of_cases_are_registered():
    assert {code.code for code in EVENTS} <= {code.code for code in events.codes()}
    assert {notice.code for notice in NOTICES} <= set(notices._codes)
    assert {limit.key for limit in LIMITS} <= {limit.key for limit in policy.limits()}
    assert {rule.code for rule in RULES} <= set(clocks._rules)
