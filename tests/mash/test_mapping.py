"""Mapping meetings: planned, held with who came and what was agreed per child, looked at again."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, InternalError, transaction
from django.urls import reverse

from lib import application_clock
from mash import actions
from mash.models import ExploitationAction, MappingChild, MappingMeeting, MappingNode, MappingPart
from mash.queries import mapping as queries
from record import flags
from record.errors import Clash, NotWhole, Refused
from record.models import Clock, Event, Flag, OutboxMessage
from tests.early_help.helping import count_queries
from tests.factories.people import ChildFactory, RestrictionFactory
from tests.mash.access_network import place
from tests.mash.exploited import MORNING, decided
from tests.mash.pages import form, moment, text_of

pytestmark = pytest.mark.django_db

PLANNED = MORNING + timedelta(days=1)
WHEN = datetime(2026, 3, 20, 14, 0, tzinfo=UTC)
NOW = WHEN + timedelta(hours=3)
AGAIN = date(2026, 4, 24)


@pytest.fixture(autouse=True)
def clock():
    with application_clock.set_to(NOW):
        yield


@pytest.fixture
def boys(mash_social_worker, mash_manager):
    """Two boys whose screenings a manager has decided: a mapping meeting."""
    return [
        decided(
            mash_social_worker,
            mash_manager,
            ChildFactory(given_name=name, family_name="Testwood"),
            is_nrm=False,
        )
        for name in ("Kofi", "Zayn")
    ]


def planned(by, chair, screenings, **more):
    return actions.plan_mapping(
        by=by,
        at=PLANNED,
        **{
            "about": "A silver car at the arcade",
            "screening_ids": [row.pk for row in screenings],
            "scheduled_for": WHEN,
            "chair_id": chair.pk,
            "invited": [
                actions.Invited(name="Sgt Mock", agency="Police"),
                actions.Invited(name="Ann Specimen", agency="School"),
            ],
            **more,
        },
    )


@pytest.fixture
def meeting(boys, mash_social_worker, mash_manager):
    return planned(mash_social_worker, mash_manager, boys)


def agreed(**more):
    return [
        actions.Agreed(
            purpose=purpose,
            what=what,
            due_on=date(2026, 3, 27),
            **{"owner_elsewhere": "Sgt Mock, police", **more},
        )
        for purpose, what in (
            ("safety", "Fetched from school"),
            ("disruption", "A notice on the driver"),
        )
    ]


def held(by, meeting, *, leave=(), **more):
    parts = meeting.parts.order_by("position")
    return actions.hold_mapping(
        by=by,
        at=NOW,
        meeting_id=meeting.pk,
        **{
            "held_at": WHEN,
            "children": [
                actions.ChildSpoken(
                    child_id=row.child_id,
                    said="Seen in the car twice",
                    siblings="A sister of 9, never in the car",
                    actions=agreed(),
                )
                for row in meeting.children.all()
                if row.child_id not in leave
            ],
            "parts": [
                actions.Attended(part_id=parts[0].pk, was_there=True),
                actions.Attended(part_id=parts[1].pk, was_there=False, note="Sent a report"),
            ],
            "said": "The same driver collects both",
            "agreed": "Police lead on the car",
            "review_on": AGAIN,
            **more,
        },
    )


def running(rule, subject):
    return Clock.objects.filter(rule=rule, subject_id=subject.pk, stopped_at=None).exists()


def test_plan_asks_people_and_tells_the_chair(meeting, mash_manager, boys):
    assert [part.agency for part in meeting.parts.order_by("position")] == ["Police", "School"]
    assert Event.objects.filter(code="mash.mapping_planned").count() == 2
    assert OutboxMessage.objects.filter(key__startswith="mapping.chair:").exists()
    assert all(running("CE-MAP", row) for row in boys)


def test_plan_is_refused_without_what_it_needs(
    boys, mash_social_worker, mash_manager, early_help_worker
):
    undecided = ChildFactory()
    begun = actions.start_screening(
        by=mash_social_worker, at=MORNING, child_id=undecided.pk, triggers=["things"]
    )
    for more, said in (
        ({"about": " "}, "what the meeting is about"),
        ({"screening_ids": []}, "Choose the children"),
        ({"screening_ids": [begun.pk]}, "No manager has decided"),
        ({"scheduled_for": PLANNED}, "time to come"),
        ({"chair_id": mash_social_worker.pk}, "may not chair"),
        ({"invited": []}, "who is asked"),
    ):
        with pytest.raises(Refused, match=said):
            planned(mash_social_worker, mash_manager, boys, **more)
    with pytest.raises(PermissionDenied):
        planned(early_help_worker, mash_manager, boys)
    assert not MappingMeeting.objects.exists()


def test_meeting_is_held_with_actions_for_each_child_and_a_date_to_look_again(
    meeting, boys, mash_manager
):
    node = place(mash_manager, "Arcade")

    held(
        mash_manager,
        meeting,
        nodes=[actions.NodeSpoken(node_id=node.pk, said="Where he waits")],
        more=[actions.Invited(name="Youth worker", agency="Youth justice")],
    )

    meeting.refresh_from_db()
    assert meeting.state == "held"
    for row in boys:
        found = ExploitationAction.objects.filter(screening=row, meeting=meeting)
        assert sorted(found.values_list("purpose", flat=True)) == ["disruption", "safety"]
        assert not running("CE-MAP", row)
    assert running("CE-MAP-REV", meeting)
    assert [part.has_attended for part in meeting.parts.order_by("position")] == [True, False, True]
    assert meeting.nodes.get().node == node
    assert {row.said for row in meeting.children.all()} == {"Seen in the car twice"}


def test_meeting_names_each_child_and_thing_left_out(meeting, boys, mash_manager):
    first, second = boys
    with pytest.raises(NotWhole) as refused:
        held(mash_manager, meeting, leave=[first.child_id], said="")
    said = str(refused.value)
    assert "what was said about Kofi Testwood" in said
    assert "disrupts who may harm Kofi Testwood" in said
    assert "what the meeting spoke about" in said
    assert second.child.name not in said
    assert not ExploitationAction.objects.exists()


def test_meeting_is_refused_with_dates_and_people_that_do_not_fit(
    meeting, mash_manager, mash_social_worker
):
    parts = list(meeting.parts.order_by("position"))
    gone = actions.Attended(part_id=parts[0].pk, was_there=False, note="Ill")
    for more, said in (
        ({"held_at": NOW + timedelta(hours=1)}, "between its planning and now"),
        ({"review_on": date(2026, 6, 1)}, "within 30 working days: by"),
        ({"parts": []}, "Sgt Mock, Police, came"),
        (
            {"parts": [gone, actions.Attended(part_id=parts[1].pk, was_there=False, note="Ill")]},
            "who was there",
        ),
        ({"nodes": [actions.NodeSpoken(node_id=meeting.pk, said="x")]}, "stands on the picture"),
    ):
        with pytest.raises(Refused, match=said):
            held(mash_manager, meeting, **more)
    with pytest.raises(PermissionDenied):
        held(mash_social_worker, meeting)
    held(mash_manager, meeting)
    with pytest.raises(Clash, match="held already"):
        held(mash_manager, meeting)


def test_next_meeting_ends_the_review_of_the_last(meeting, boys, mash_social_worker, mash_manager):
    held(mash_manager, meeting)
    with application_clock.set_to(NOW + timedelta(days=30)):
        after = actions.plan_mapping(
            by=mash_social_worker,
            at=NOW + timedelta(days=1),
            about="The same car",
            screening_ids=[row.pk for row in boys],
            scheduled_for=NOW + timedelta(days=20),
            chair_id=mash_manager.pk,
            invited=[actions.Invited(name="Sgt Mock", agency="Police")],
            follows_id=meeting.pk,
        )
        actions.hold_mapping(
            by=mash_manager,
            at=NOW + timedelta(days=20, hours=2),
            meeting_id=after.pk,
            held_at=NOW + timedelta(days=20, hours=1),
            children=[
                actions.ChildSpoken(
                    child_id=row.child_id,
                    said="No more lifts",
                    siblings="Safe",
                    actions=[
                        actions.Agreed(
                            purpose=one.purpose,
                            what=one.what,
                            due_on=date(2026, 4, 20),
                            owner_elsewhere="School",
                        )
                        for one in agreed()
                    ],
                )
                for row in boys
            ],
            parts=[actions.Attended(part_id=part.pk, was_there=True) for part in after.parts.all()],
            said="The car has gone",
            agreed="Watch on",
            review_on=date(2026, 5, 1),
        )

    meeting.refresh_from_db()
    assert meeting.state == "closed"
    assert not running("CE-MAP-REV", meeting)
    assert running("CE-MAP-REV", after)


def test_meeting_is_closed_when_its_actions_are_answered(meeting, boys, mash_manager):
    held(mash_manager, meeting)
    with pytest.raises(Refused, match="4 of the actions it agreed are open"):
        actions.close_mapping(by=mash_manager, at=NOW, meeting_id=meeting.pk, because="Safe")
    for action in ExploitationAction.objects.all():
        actions.answer_exploitation_action(
            by=mash_manager, at=NOW, action_id=action.pk, is_done=True, answer="Done"
        )
    with pytest.raises(Refused, match="Say why"):
        actions.close_mapping(by=mash_manager, at=NOW, meeting_id=meeting.pk, because=" ")
    actions.close_mapping(by=mash_manager, at=NOW, meeting_id=meeting.pk, because="Safe")
    assert not running("CE-MAP-REV", meeting)
    with pytest.raises(Clash, match="closed already"):
        actions.close_mapping(by=mash_manager, at=NOW, meeting_id=meeting.pk, because="Safe")


def test_meeting_that_is_not_held_leaves_the_limit_of_each_child_running(
    meeting, boys, mash_manager, mash_social_worker
):
    with pytest.raises(PermissionDenied):
        actions.close_mapping(by=mash_social_worker, at=NOW, meeting_id=meeting.pk, because="x")
    actions.close_mapping(by=mash_manager, at=NOW, meeting_id=meeting.pk, because="Chair ill")

    assert all(running("CE-MAP", row) for row in boys)


def test_late_next_meeting_raises_the_flag_of_each_child(meeting, boys, mash_manager):
    held(mash_manager, meeting)
    late = datetime(2026, 4, 28, 9, 0, tzinfo=UTC)
    Clock.objects.filter(stopped_at=None).exclude(rule="CE-MAP-REV").update(
        stopped_at=NOW, stop_reason="met"
    )
    with application_clock.set_to(late):
        flags.sweep(at=late, codes=["F-CE"])

    found = Flag.objects.filter(rule="F-CE-REV")
    assert {flag.child_id for flag in found} == {row.child_id for row in boys}
    assert {flag.facts["what"] for flag in found} == {"CE-MAP-REV"}


def test_what_was_said_of_all_is_hidden_from_who_may_not_see_every_child(
    client, meeting, boys, mash_manager, mash_social_worker, head_of_service
):
    held(mash_manager, meeting)
    RestrictionFactory(person=boys[0].child, owner=head_of_service)
    client.force_login(mash_social_worker)

    page = text_of(client.get(reverse("mash:mapping", args=[meeting.pk])))
    listed = text_of(client.get(reverse("mash:mapping_list")))
    on_screening = text_of(client.get(reverse("mash:exploitation", args=[boys[1].pk])))

    for said in (page, listed, on_screening):
        for hidden in ("Kofi", "silver car", "same driver", "Police lead", "Restricted"):
            assert hidden not in said
    assert "Zayn Testwood" in page
    assert "Seen in the car twice" in page
    other = planned(mash_social_worker, mash_manager, boys[1:])
    MappingChild.objects.create(meeting=other, child=boys[0].child, screening=boys[0])
    with pytest.raises(Refused, match="You may not read every record"):
        held(mash_manager, other)
    RestrictionFactory(person=boys[1].child, owner=head_of_service)
    assert client.get(reverse("mash:mapping", args=[meeting.pk])).status_code == 404


def test_hidden_node_is_not_shown_and_takes_the_words_of_all_with_it(
    client, meeting, boys, mash_manager, mash_social_worker, head_of_service
):
    man = ChildFactory(given_name="Hidden")
    node = actions.add_node(
        by=mash_manager,
        at=NOW,
        kind="person",
        label="",
        person_id=man.pk,
        source="Police",
        source_grade="1",
        information_grade="B",
        handling="P",
        known_on=NOW.date(),
    )
    held(mash_manager, meeting, nodes=[actions.NodeSpoken(node_id=node.pk, said="Drives")])
    RestrictionFactory(person=man, owner=head_of_service)
    client.force_login(mash_social_worker)

    said = text_of(client.get(reverse("mash:mapping", args=[meeting.pk])))

    for hidden in ("Hidden", "Drives", "same driver", "On the picture"):
        assert hidden not in said
    assert "Kofi Testwood" in said


def test_work_is_to_record_what_is_past_and_to_meet_again(
    meeting, boys, mash_manager, mash_social_worker
):
    (work,) = queries.mapping_work(by=mash_manager, at=NOW)
    assert work.verb == "Record the mapping meeting"
    assert work.who == "Kofi Testwood and Zayn Testwood"
    assert queries.mapping_work(by=mash_social_worker, at=NOW) == []
    held(mash_manager, meeting)
    assert queries.mapping_work(by=mash_manager, at=NOW) == []
    (work,) = queries.mapping_work(by=mash_manager, at=datetime(2026, 4, 23, 9, 0, tzinfo=UTC))
    assert (work.verb, work.rule) == ("Plan the next meeting", "CE-MAP-REV")


def test_pages_from_planning_to_the_record(client, boys, mash_manager):
    node = place(mash_manager, "Arcade")
    client.force_login(mash_manager)
    with application_clock.set_to(PLANNED):
        shown = text_of(client.get(reverse("mash:mapping_plan"), {"child": str(boys[0].pk)}))
        assert "Kofi Testwood: moderate" in shown
        assert "Choose who chairs it" in shown
        rows = {"invited-TOTAL_FORMS": "1", "invited-INITIAL_FORMS": "0"}
        planned_page = client.post(
            reverse("mash:mapping_plan"),
            form(
                about="A silver car",
                screenings=[str(row.pk) for row in boys],
                chair=str(mash_manager.pk),
                **moment("20 3 2026", "14:00", name="scheduled_for"),
                **rows,
                **{"invited-0-name": "Sgt Mock", "invited-0-agency": "Police"},
            ),
            follow=True,
        )
    assert "Send each of them the date yourself" in text_of(planned_page)
    client.logout()
    client.force_login(mash_manager)  # a week on
    meeting = MappingMeeting.objects.get()
    part = meeting.parts.get()
    url = reverse("mash:mapping_hold", args=[meeting.pk])
    typed = {
        "said": "The same driver",
        "agreed": "Police lead",
        "review_on": "24 4 2026",
        f"came_{part.pk}": "no",
        "more-TOTAL_FORMS": "1",
        "more-INITIAL_FORMS": "0",
        "more-0-name": "Nurse Mock",
        "more-0-agency": "Health",
        "nodes-TOTAL_FORMS": "1",
        "nodes-INITIAL_FORMS": "0",
        "nodes-0-node": str(node.pk),
        "nodes-0-said": "He waits there",
        **moment("20 3 2026", "14:00", name="held_at"),
    }
    for row in boys:
        typed |= {f"said_{row.child_id}": "In the car", f"siblings_{row.child_id}": "None"}
        for purpose in ("safety", "disruption"):
            end = f"{purpose}_{row.child_id}"
            typed |= {
                f"what_{end}": "Fetched",
                f"elsewhere_{end}": "School",
                f"due_{end}": "27 3 2026",
            }
    wrong = text_of(client.post(url, form(**typed)))
    assert "Say what Sgt Mock sent instead" in wrong
    assert "Choose what it is Arcade (place)" in wrong
    more = client.post(url, form(**typed, add="nodes"))
    assert more.content.decode().count('name="nodes-1-said"') == 1
    page = text_of(client.post(url, form(**typed, **{f"note_{part.pk}": "Court"}), follow=True))

    for said in ("Each action stands with its child", "He waits there", "Nurse Mock", "Fetched"):
        assert said in page
    assert "Police: not there: Court" in page
    screening = text_of(client.get(reverse("mash:exploitation", args=[boys[0].pk])))
    assert "Mapping meetings Held" in screening
    after = text_of(client.get(reverse("mash:mapping_plan"), {"after": str(meeting.pk)}))
    assert "Plan the next mapping meeting" in after
    closed = client.post(
        reverse("mash:mapping_close", args=[meeting.pk]), form(because="Moved away")
    )
    assert "4 of the actions it agreed are open" in text_of(closed)


def test_list_and_page_ask_the_same_number_of_queries_however_many(
    client, meeting, boys, mash_social_worker, mash_manager
):
    held(mash_manager, meeting)
    client.force_login(mash_manager)
    pages = [reverse("mash:mapping_list"), reverse("mash:mapping", args=[meeting.pk])]
    for page in pages:
        client.get(page)
    before = [count_queries(client, page) for page in pages]
    for name in ("Omar", "Theo"):
        other = decided(
            mash_social_worker, mash_manager, ChildFactory(given_name=name), is_nrm=False
        )
        planned(mash_social_worker, mash_manager, [other, *boys])
        place(mash_manager, name)

    assert [count_queries(client, page) for page in pages] == before


@pytest.mark.parametrize(
    ("rows", "facts", "constraint"),
    [
        (MappingMeeting, {"said": "x"}, "mash_mapping_held_whole"),
        (MappingMeeting, {"state": "closed"}, "mash_mapping_state_fits"),
        (MappingMeeting, {"about": ""}, "mash_mapping_about"),
        (MappingChild, {"said": "x"}, "mash_mapping_child_whole"),
        (MappingPart, {"has_attended": False}, "mash_mapping_part_whole"),
    ],
)
def test_database_refuses_what_is_not_whole(meeting, rows, facts, constraint):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        rows.objects.update(**facts)


def test_database_refuses_the_same_twice_and_what_is_said_again(meeting, boys, mash_manager):
    node = place(mash_manager)
    held(mash_manager, meeting, nodes=[actions.NodeSpoken(node_id=node.pk, said="There")])
    row, spoken = meeting.children.first(), meeting.nodes.get()
    for made, constraint in (
        ((MappingChild, {"child": row.child, "screening": row.screening}), "mapping_child_once"),
        ((MappingNode, {"node": node, "said": "Again"}), "mapping_node_once"),
        (
            (
                MappingPart,
                {"position": 0, "name": "x", "agency": "x", "invited_at": NOW},
            ),
            "mapping_part_place",
        ),
    ):
        kind, facts = made
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            kind.objects.create(meeting=meeting, **facts)
    other = place(mash_manager, "Car park")
    with pytest.raises(IntegrityError, match="mapping_node_said"), transaction.atomic():
        MappingNode.objects.create(meeting=meeting, node=other, said="")
    for rows, facts in (
        (meeting.children, {"said": "Otherwise"}),
        (meeting.parts, {"has_attended": True}),
        (MappingNode.objects.filter(pk=spoken.pk), {"said": "Otherwise"}),
    ):
        with pytest.raises(InternalError), transaction.atomic():
            rows.update(**facts)
    with pytest.raises(InternalError), transaction.atomic():
        meeting.parts.all().delete()
