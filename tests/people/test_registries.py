"""Who answers when a family changes, and what people's records put on timelines."""

from people import holds, reactions
from people.events import EVENTS, NOTICES
from record import events, notices, policy, visibility


def test_who_is_registered_is_pinned():
    assert [
        getattr(reactions, name).names()
        for name in ("joined_household", "left_household", "born", "died", "moved")
    ] == [
        ["cases.family_changes.raise_for_joiners"],
        ["cases.family_changes.raise_for_leaver"],
        ["cases.family_changes.raise_for_birth", "assessments.actions.births.follow_birth"],
        ["cases.family_changes.raise_for_death"],
        ["cases.family_changes.raise_for_move"],
    ]


def test_open_work_is_asked_of_the_rooms_above():
    assert holds.open_work.names() == ["cases.holding.open_work"]


def test_every_event_and_limit_of_people_is_registered():
    assert {code.code for code in EVENTS} <= {code.code for code in events.codes()}
    assert policy.limit("people.break_glass_minutes").default == 60


def test_every_notice_leads_to_a_page():
    assert all(code.url_name.startswith("people:") for code in NOTICES)
    assert notices.WITHOUT_WORDS


def test_record_asks_people_who_may_see_whom():
    assert visibility._functions[0].__module__ == "people.visible"
