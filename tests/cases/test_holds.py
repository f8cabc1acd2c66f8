"""What stands in the way: every room that keeps something open answers (docs/registries.md)."""

from cases import holds
from dev.services import BASE_DIR


def test_who_answers_what_stands_in_the_way_is_pinned_and_listed():
    page = (BASE_DIR / "docs" / "registries.md").read_text(encoding="utf-8")

    assert holds.answers.names() == [
        "cases.queries.changes.undone_changes",
        "cases.actions.closure.offered_in_the_way",
        "mash.queries.strategy.in_the_way",
        "assessments.holds.assessments_in_the_way",
        "assessments.holds.plans_in_the_way",
        "assessments.holds.not_assessed",
        "assessments.holds.transfers_in_the_way",
        "assessments.holds.enquiries_in_the_way",
        "assessments.holds.protection_in_the_way",
        "assessments.holds.stale_in_the_way",
    ]
    assert "`cases.holds.answers`" in page
    assert [name for name in holds.answers.names() if f"`{name}`" not in page] == []
