"""`docs/flags.md` says what the flag rules do, and each of them can be asked."""

import re

import pytest

from dev.services import BASE_DIR
from lib import application_clock
from record import flags, policy
from record.models import Flag

PAGE = (BASE_DIR / "docs" / "flags.md").read_text(encoding="utf-8")
ROWS = {
    cells[0]: cells
    for line in PAGE.splitlines()
    if (cells := [cell.strip() for cell in line.strip("|").split(" | ")]) and len(cells) == 5
}
RULES = flags.rules()


def test_every_registered_rule_is_listed_and_no_other():
    assert set(ROWS) - {"Rule", "---"} == {rule.code for rule in RULES}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_a_rule_is_listed_as_it_is(rule):
    _code, said, told, source, test = ROWS[rule.code]

    assert said == rule.words
    assert told == ", ".join(rule.told)
    assert source == rule.source
    for path in re.findall(r"`([^`]+)`", test):
        assert (BASE_DIR / path).exists()
    assert [key for key in rule.limits if key not in {limit.key for limit in policy.limits()}] == []


@pytest.mark.django_db
def test_every_rule_can_be_asked_of_an_empty_record():
    flags.sweep(at=application_clock.now())
    flags.sweep(at=application_clock.now(), is_night=True)

    assert not Flag.objects.exists()
