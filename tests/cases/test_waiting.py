"""The queues: a place is a pure function of what is known, and every move is kept with its why."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise, product
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, InternalError, transaction
from hypothesis import given
from hypothesis import strategies as st

from accounts.permissions import Permission, require
from cases import waiting
from cases.choices import Priority, Queue, RiskLevel, WaitingState
from cases.models import RiskRating, WaitingChange, WaitingEntry, WaitingGroup
from lib import application_clock
from record.errors import Refused
from record.models import Event
from tests.cases.front_door import MORNING, TYPED, child, received

LEVELS = st.sampled_from(["", *RiskLevel.values])
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)

places = st.builds(
    waiting.place_of,
    risks=st.lists(LEVELS, min_size=1, max_size=4),
    queue_rank=st.integers(1, 3),
    need_score=st.integers(0, 12),
    since_at=st.integers(0, 400).map(lambda days: LONG_AGO + timedelta(days=days)),
    id=st.uuids(),
)


@given(places, places, st.integers(0, 4000))
def test_higher_risk_never_falls_behind_lower_by_waiting_less(one, other, days):
    if one.risk_rank < other.risk_rank:
        other = waiting.Place(
            other.risk_rank,
            other.queue_rank,
            other.less_need,
            other.since_at - timedelta(days=days),
            other.id,
        )

        assert one < other


@given(places, places, st.integers(0, 4000))
def test_waiting_longer_never_overtakes_a_higher_priority_of_the_same_risk(one, other, days):
    if one.risk_rank == other.risk_rank and one.queue_rank < other.queue_rank:
        later = waiting.Place(
            one.risk_rank,
            one.queue_rank,
            one.less_need,
            one.since_at + timedelta(days=days),
            one.id,
        )

        assert later < other


@given(st.lists(places, max_size=8, unique_by=lambda place: place.id), st.randoms())
def test_order_is_total_and_does_not_depend_on_how_the_list_came(several, random):
    shuffled = list(several)
    random.shuffle(shuffled)

    assert sorted(shuffled) == sorted(several)


@given(places, places)
def test_every_place_can_be_explained(one, other):
    first, second = sorted([one, other])

    said = waiting.why_before(first, second, queue=Queue.EARLY_HELP)

    assert said
    if first.risk_rank != second.risk_rank:
        assert "risk goes before" in said


@given(
    st.lists(LEVELS, min_size=1, max_size=4),
    st.integers(1, 3),
    st.integers(0, 12),
    st.uuids(),
    st.randoms(),
)
def test_place_depends_on_what_is_known_and_on_nothing_else(risks, rank, need, id_, random):
    known = {"queue_rank": rank, "need_score": need, "since_at": LONG_AGO, "id": id_}
    other = list(risks)
    random.shuffle(other)

    assert waiting.place_of(risks=risks, **known) == waiting.place_of(risks=other, **known)


@given(places, st.uuids(), st.integers(0, 4000))
def test_ties_are_stable_and_the_longer_wait_goes_first_only_among_equals(one, id_, days):
    tied = replace(one, id=id_)
    earlier = replace(tied, since_at=one.since_at - timedelta(days=days + 1))

    assert (one < tied) is (one.id < id_)
    assert earlier < one
    assert waiting.why_before(earlier, one, queue=Queue.EARLY_HELP) == "they have waited longer"
    if one.id != id_:
        said = waiting.why_before(*sorted([one, tied]), queue=Queue.EARLY_HELP)
        assert said.startswith("both stand equal")


@given(
    st.lists(places, min_size=2, max_size=8, unique_by=lambda place: place.id),
    st.integers(1, 4000),
)
def test_waiting_alone_never_changes_the_order_of_those_who_differ_in_risk_priority_or_need(
    several, days
):
    def known(place):
        return (place.risk_rank, place.queue_rank, place.less_need)

    longest = sorted(several)[-1]
    waited = replace(longest, since_at=longest.since_at - timedelta(days=days))
    rest = sorted(place for place in several if place.id != longest.id)

    ahead = [place for place in rest if waited < place]

    assert all(known(place) == known(longest) for place in ahead)


@given(st.lists(places, min_size=2, max_size=8, unique_by=lambda place: place.id))
def test_each_neighbour_is_explained_by_the_first_thing_in_which_they_differ(several):
    order = sorted(several)
    for first, second in pairwise(order):
        said = waiting.why_before(first, second, queue=Queue.EARLY_HELP)
        expected = next(
            (
                word
                for field, word in (
                    ("risk_rank", "risk goes before"),
                    ("queue_rank", "goes before priority"),
                    ("less_need", "need score"),
                    ("since_at", "they have waited longer"),
                )
                if getattr(first, field) != getattr(second, field)
            ),
            "both stand equal",
        )
        assert expected in said


@given(st.lists(LEVELS, min_size=1, max_size=5))
def test_a_child_not_reviewed_places_the_family_as_if_high(levels):
    place = waiting.place_of(
        risks=[*levels, ""], queue_rank=1, need_score=0, since_at=LONG_AGO, id=UUID(int=1)
    )

    assert place.risk_rank == (0 if RiskLevel.IMMEDIATE in levels else 1)


@pytest.fixture
def right(early_help_coordinator):
    with application_clock.set_to(TYPED):
        yield require(early_help_coordinator, Permission.WAITING_ORDER)


@pytest.fixture
def children(contact_officer, mash_manager, right):
    contact = received(contact_officer, child("Aaliyah"), child("Zayna"))
    return sorted(row.person_id for row in contact.people.all())


def entered(right, children, *, risk="moderate", **more):
    since = more.pop("since", MORNING)
    return waiting.enter(
        authority=right,
        at=MORNING + timedelta(hours=1),
        queue=Queue.EARLY_HELP,
        team=right.user.managed_teams.get(),
        subject_kind="episode",
        subject_id=more.pop("subject_id", UUID(int=7)),
        children=[
            waiting.ChildWaiting(child_id=pk, since_at=since, risk=risk, why="Seen at school")
            for pk in children
        ],
        reason="Two primary-age children, one carer",
        priority=Priority.P2,
        queue_rank=waiting.PRIORITY_RANK[Priority.P2],
        factors=[waiting.Factor(code="LONE", words="lone carer without a network", points=2)],
        **more,
    )


@pytest.mark.django_db
def test_enter_stores_the_place_and_tells_each_childs_timeline(right, children):
    group = entered(right, children)

    assert (group.risk_rank, group.queue_rank, group.need_score) == (2, 2, 2)
    assert RiskRating.objects.filter(child__in=children).count() == 2
    assert Event.objects.filter(code="waiting.early_help_entered").count() == 2
    assert waiting.why_here(group) == [
        "Risk to 2 children: moderate",
        "Priority 2: Two primary-age children, one carer",
        "Need score 2: lone carer without a network +2",
    ]


@pytest.mark.django_db
def test_enter_refuses_a_child_who_waits_already_and_an_empty_list(right, children):
    entered(right, children)

    with pytest.raises(waiting.AlreadyWaiting):
        entered(right, children[:1], subject_id=UUID(int=8))
    with pytest.raises(Refused, match="Choose the children"):
        entered(right, [], subject_id=UUID(int=9))

    assert WaitingGroup.objects.count() == 1


@pytest.mark.django_db
def test_rate_of_one_child_moves_the_family_and_keeps_why(right, children):
    group = entered(right, children)

    waiting.rate(
        authority=right,
        at=MORNING + timedelta(days=3),
        group=group,
        risks={children[0]: ("high", "Father was seen at the gate")},
    )

    group.refresh_from_db()
    change = WaitingChange.objects.get()
    entry = WaitingEntry.objects.get(child=children[0])
    assert group.risk_rank == 1
    assert (change.before["risk_rank"], change.after["risk_rank"]) == (2, 1)
    assert change.why == "Father was seen at the gate"
    assert (entry.risk, entry.risk_before) == ("high", "moderate")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("level", "why", "said"),
    [("", "Because", "Choose how great"), ("high", " ", "Say what the risk")],
)
def test_rate_refuses_a_risk_without_level_or_reason(right, children, level, why, said):
    group = entered(right, children)

    with pytest.raises(Refused, match=said), transaction.atomic():
        waiting.rate(authority=right, at=MORNING, group=group, risks={children[0]: (level, why)})

    assert not WaitingChange.objects.exists()


@pytest.mark.django_db
def test_reprioritise_needs_a_reason_and_keeps_the_order_before(right, children):
    group = entered(right, children)

    with pytest.raises(Refused, match="why the priority changes"):
        waiting.reprioritise(
            authority=right, at=MORNING, group=group, queue_rank=1, priority="p1", reason=" "
        )
    waiting.reprioritise(
        authority=right,
        at=MORNING + timedelta(days=1),
        group=group,
        queue_rank=1,
        priority="p1",
        reason="A baby is expected",
    )

    change = WaitingChange.objects.get()
    assert (change.before["priority"], change.after["priority"]) == ("p2", "p1")


@pytest.mark.django_db
def test_a_child_who_joins_has_its_own_date_and_is_placed_as_not_reviewed(right, children):
    group = entered(right, children[:1], risk="low")

    waiting.join(
        authority=right,
        at=MORNING + timedelta(days=4),
        group=group,
        child=waiting.ChildWaiting(child_id=children[1], since_at=MORNING + timedelta(days=4)),
        why="Zayna came to live with them",
    )

    group.refresh_from_db()
    assert (group.risk_rank, group.since_at) == (1, MORNING)


@pytest.mark.django_db
def test_leave_ends_each_childs_wait_and_lets_them_wait_again(right, children):
    group = entered(right, children)

    waiting.leave(
        authority=right,
        at=MORNING + timedelta(days=6),
        group=group,
        state=WaitingState.STARTED,
        why="First appointment kept",
    )

    assert not WaitingEntry.objects.filter(ended_at=None).exists()
    with pytest.raises(Refused, match="left the queue"):
        waiting.rate(authority=right, at=MORNING, group=group, risks={})
    assert entered(right, children, subject_id=UUID(int=8)).pk != group.pk


@pytest.mark.django_db
def test_the_list_comes_in_order_and_reads_an_index(right, children):
    second = entered(right, children[:1], risk="low")
    first = entered(right, children[1:], risk="high", subject_id=UUID(int=8))

    assert list(waiting.open_groups(queue=Queue.EARLY_HELP)) == [first, second]


@pytest.mark.django_db
def test_the_stored_order_is_that_of_the_pure_function(right):
    team = right.user.managed_teams.get()
    made = [
        WaitingGroup(
            queue=Queue.EARLY_HELP,
            team=team,
            subject_kind="episode",
            subject_id=uuid4(),
            priority=f"p{rank}",
            reason="Because",
            risk_rank=risk,
            queue_rank=rank,
            need_score=need,
            since_at=MORNING - timedelta(days=days),
            by=right.user,
            recorded_at=MORNING,
        )
        for risk, rank, need, days in product((0, 1, 3), (1, 2), (0, 5), (0, 9))
        for _twice in range(2)
    ]
    WaitingGroup.objects.bulk_create(made)

    stored = list(waiting.open_groups(queue=Queue.EARLY_HELP))

    assert stored == sorted(made, key=waiting.place)
    assert waiting.ahead_of(stored[7]) == stored[:7]
    shown = [stored[0], stored[17], stored[-1]]
    assert waiting.standings(shown) == {
        stored[0].pk: waiting.Standing(1, None, stored[1]),
        stored[17].pk: waiting.Standing(18, stored[16], stored[18]),
        stored[-1].pk: waiting.Standing(len(stored), stored[-2], None),
    }
    assert waiting.standings([]) == {}


@pytest.mark.django_db
def test_every_move_is_said_in_words(right, children):
    group = entered(right, children)
    at = MORNING + timedelta(days=1)
    waiting.rate(authority=right, at=at, group=group, risks={children[0]: ("high", "Seen")})
    waiting.reprioritise(
        authority=right,
        at=at,
        group=group,
        queue_rank=1,
        priority="p1",
        reason="A baby",
        factors=[waiting.Factor(code="UNDER_2", words="child under 2", points=3)],
    )
    waiting.set_state(
        authority=right, at=at, group=group, state=WaitingState.OFFERED, why="Offered Lena"
    )
    waiting.choose(authority=right, at=at, group=waiting.lock(group.pk), why="Speaks Polish")

    said = {
        change.what: waiting.change_words(change, queue=Queue.EARLY_HELP)
        for change in WaitingChange.objects.all()
    }
    assert said == {
        "risk": ["Moderate risk to high risk"],
        "priority": ["Priority 2 to priority 1", "Need score 2 to 3"],
        "state": ["Waiting to offered"],
        "chosen": [],
    }


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("cases_waiting_ended_pair", {"state": "started"}),
        ("cases_waiting_paused_until", {"state": "paused_by_family"}),
        ("cases_waiting_early_help_priority", {"priority": ""}),
    ],
)
def test_the_database_refuses_a_group_that_cannot_be(right, children, name, changes):
    group = entered(right, children)

    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        WaitingGroup.objects.filter(pk=group.pk).update(**changes)


@pytest.mark.django_db
def test_the_database_keeps_what_was_changed_and_one_place_per_child(right, children):
    group = entered(right, children)
    waiting.rate(authority=right, at=MORNING, group=group, risks={children[0]: ("low", "Settled")})

    with pytest.raises(InternalError, match="append_only"), transaction.atomic():
        WaitingChange.objects.update(why="Otherwise")
    with pytest.raises(IntegrityError, match="cases_waiting_child_once"), transaction.atomic():
        WaitingEntry.objects.create(
            group=group,
            queue=Queue.EARLY_HELP,
            child_id=children[0],
            since_at=MORNING,
            recorded_at=MORNING,
        )
