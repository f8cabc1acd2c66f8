"""What upper rooms put on a child's page and on somebody's home."""

from accounts.permissions import Permission
from cases import panels
from cases.choices import HandoverKind


def test_panels_of_a_childs_page_are_pinned():
    assert [(panel.name, panel.permission) for panel in panels.panels()] == [
        ("flags", Permission.PERSON_READ),
        ("oversight", Permission.OVERSIGHT_READ),
        ("changes", Permission.CHANGE_LOG),
        ("mash", Permission.CONTACT_READ),
        ("missing", Permission.MISSING_READ),
        ("exploitation", Permission.PERSON_READ),
        ("early_help", Permission.EARLY_HELP_READ),
        ("protection", Permission.S47_READ),
        ("section_47", Permission.S47_READ),
        ("assessment", Permission.ASSESSMENT_READ),
        ("cin_plan", Permission.CIN_PLAN_READ),
        ("transfer", Permission.TRANSFER_READ),
    ]


def test_sources_of_work_are_pinned():
    assert panels.work_sources.names() == [
        "cases.queries.work.case_work",
        "cases.queries.changes.change_work",
        "cases.queries.oversight.directed_work",
        "mash.queries.panels.mash_work",
        "mash.queries.missing.missing_work",
        "mash.queries.edt.edt_work",
        "mash.queries.exploitation.exploitation_work",
        "mash.queries.mapping.mapping_work",
        "mash.queries.marac.marac_work",
        "early_help.queries.work.early_help_work",
        "early_help.queries.work.disputes",
        "assessments.queries.panels.work",
        "assessments.queries.passed.passed_work",
        "assessments.queries.passed.passed_transfer_work",
        "assessments.queries.cin_plan.plan_work",
        "assessments.queries.transfer.transfer_work",
        "assessments.queries.section_47.section_47_work",
        "assessments.queries.protection.protection_work",
    ]


def test_records_behind_a_contact_are_pinned():
    assert panels.records_behind.names() == ["early_help.queries.behind.behind_contact"]


def test_registering_a_panel_again_changes_nothing(monkeypatch):
    monkeypatch.setattr(panels, "_panels", dict(panels._panels))
    before = panels.panels()

    panels.register(panels.Panel("mash", "other.html", Permission.PERSON_READ, before[0].query))

    assert panels.panels() == before


def test_offers_answered_on_pages_of_their_own_are_pinned():
    answered = {kind: panels.answer_page(kind) for kind in HandoverKind.values}

    assert {kind: page for kind, page in answered.items() if page} == {
        "early_help": "early_help:offer",
        "step_down": "early_help:offer",
    }
