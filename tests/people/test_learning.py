"""Weights are learnt by a command that anybody can repeat, and ship close to what it says."""

import math

import pytest

from benchmarks import learn_weights, person_set
from people.matching import comparing


@pytest.fixture(scope="module")
def rows():
    made = person_set.Slips(5, people=500).rows(500, 300)
    return [{"person_id": f"Q{n}", "upn": "", **row} for n, row in enumerate(made)]


def test_the_same_set_and_seed_give_the_same_weights_and_change_nothing(rows, monkeypatch):
    monkeypatch.setattr(learn_weights, "AT_RANDOM", 5_000)
    before = comparing.DATE_SAME, comparing.PLACE_DIFFERS

    one = learn_weights.learnt(rows, seed=1, labelled=False)

    assert learn_weights.learnt(rows, seed=1, labelled=False) == one
    assert before == (comparing.DATE_SAME, comparing.PLACE_DIFFERS)


@pytest.mark.parametrize("labelled", [False, True])
def test_what_is_learnt_agrees_with_what_is_shipped(rows, monkeypatch, labelled):
    monkeypatch.setattr(learn_weights, "AT_RANDOM", 20_000)

    m, u = learn_weights.learnt(rows, seed=1, labelled=labelled)

    for about, name in (("born", "DATE_SAME"), ("place", "PLACE_SAME"), ("sex", "SEX_SAME")):
        learnt = math.log2(m[about][name] / u[about][name])
        assert learnt == pytest.approx(getattr(comparing, name), abs=3)
    for about, name in (("born", "DATE_DIFFERS"), ("place", "PLACE_DIFFERS")):
        assert m[about][name] < u[about][name]
