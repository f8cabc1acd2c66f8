"""The need score and the priority it suggests (domain.md 2.9)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cases import waiting
from cases.choices import Level, Priority
from early_help import need
from early_help.choices import Need
from tests.early_help.helping import MONDAY

NOTHING = need.Known(
    children=1, has_child_under_2=False, is_step_down=False, is_second_request=False
)
families = st.builds(
    need.Known,
    children=st.integers(1, 9),
    has_child_under_2=st.booleans(),
    is_step_down=st.booleans(),
    is_second_request=st.booleans(),
)
ticks = st.sets(st.sampled_from([need.value for need in need.TICKED]))


def score(known, ticked=()):
    return sum(each.points for each in need.factors(known, need.all_needs(known, ticked)))


def test_grave_factors_add_three_each_and_nine_at_most():
    assert score(NOTHING, ["DOMESTIC_ABUSE"]) == 3
    assert score(NOTHING, ["DOMESTIC_ABUSE", "SUBSTANCE", "MENTAL_HEALTH"]) == 9
    assert score(NOTHING, ["DOMESTIC_ABUSE", "SUBSTANCE", "MENTAL_HEALTH", "EXCLUSION"]) == 9


def test_step_down_lone_carer_and_children_beyond_two_add_their_points():
    known = need.Known(
        children=7, has_child_under_2=False, is_step_down=True, is_second_request=False
    )

    assert score(known, ["LONE_CARER"]) == 2 + 2 + 3


def test_what_the_system_knows_cannot_be_ticked():
    assert need.all_needs(NOTHING, ["UNDER_2", "LONE_CARER"]) == [Need.LONE_CARER]


def test_priority_follows_level_and_grave_factors():
    grave = need.all_needs(NOTHING, ["SUBSTANCE"])

    assert need.suggested(Level.ADDITIONAL, grave) == Priority.P3
    assert need.suggested(Level.TARGETED, []) == Priority.P2
    assert need.suggested(Level.TARGETED, grave) == Priority.P1
    assert "P1 is suggested" in need.why_suggested(Level.TARGETED, grave)


@given(families, ticks)
def test_score_lies_between_nothing_and_sixteen_and_is_the_sum_of_what_is_said(known, ticked):
    found = need.factors(known, need.all_needs(known, ticked))

    assert 0 <= sum(each.points for each in found) <= 16
    assert all(each.points > 0 and each.words for each in found)


@given(families, ticks, ticks)
def test_more_needs_never_lower_the_score_or_the_priority(known, some, others):
    fewer, more = need.all_needs(known, some), need.all_needs(known, some | others)

    assert score(known, some) <= score(known, some | others)
    assert need.suggested(Level.TARGETED, more) <= need.suggested(Level.TARGETED, fewer)


@given(families, ticks, st.integers(0, 500))
def test_waiting_adds_no_points(known, ticked, waited):
    """A score holds no points for waiting, so the place of two families never turns on it."""
    points = score(known, ticked)
    one = waiting.place_of(
        risks=["low"], queue_rank=3, need_score=points, since_at=MONDAY, id=_id(1)
    )
    other = waiting.place_of(
        risks=["moderate"], queue_rank=3, need_score=0, since_at=MONDAY, id=_id(waited + 2)
    )

    assert other < one


def _id(number):
    from uuid import UUID

    return UUID(int=number)
