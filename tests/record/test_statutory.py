"""`docs/statutory.md` says what the code does."""

import re

import pytest

from dev.services import BASE_DIR
from record import clocks, policy

PAGE = (BASE_DIR / "docs" / "statutory.md").read_text(encoding="utf-8")
ROWS = {
    cells[0]: cells
    for line in PAGE.splitlines()
    if (cells := [cell.strip() for cell in line.strip("|").split(" | ")]) and len(cells) == 7
}


def ours():
    return [rule for rule in clocks.rules() if not rule.code.startswith("T-")]


def default_of(rule):
    if rule.clock_time is not None:
        return rule.clock_time.hour * 60 + rule.clock_time.minute
    return policy.limit(rule.limit).default if isinstance(rule.limit, str) else rule.limit


def test_every_registered_rule_is_listed_and_no_other():
    listed = set(ROWS) - {"Rule", "---"}

    assert listed == {rule.code for rule in ours()}


def test_listed_defaults_sources_and_standing_are_those_of_the_code():
    for rule in ours():
        code, said, default, standing, source, since, test = ROWS[rule.code]
        assert said == rule.words, code
        assert default == clocks.limit_words(rule.unit, default_of(rule)), code
        assert standing == ("Statute" if rule.is_statutory else "Local"), code
        assert source == rule.source, code
        assert since, code
        for path in re.findall(r"`([^`]+)`", test):
            assert (BASE_DIR / path).exists(), code


@pytest.mark.parametrize("rule", ours(), ids=lambda rule: rule.code)
def test_statutory_limit_cannot_be_loosened(rule):
    if not rule.is_statutory:
        assert rule.source
        return
    limit = policy.limit(rule.limit)

    assert limit.is_statutory
    with pytest.raises(policy.ValueNotAllowed):
        limit.checked(limit.default + 1)
