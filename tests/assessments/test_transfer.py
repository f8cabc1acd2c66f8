"""Handing a family on: the checklist, the meeting, the wait, and the one moment it passes."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, InternalError, transaction

from accounts.choices import Role, TeamKind
from accounts.models import User
from accounts.permissions import Permission, require
from assessments.actions import births, transfer_wait
from assessments.actions import transfer as actions
from assessments.models import (
    CinPlan,
    Item,
    Transfer,
    TransferChild,
    TransferDispute,
    TransferRequest,
    TransferReturn,
)
from assessments.queries.checklist import checklist
from assessments.queries.transfer import transfer_work
from cases import actions as case_actions
from cases import holding, waiting
from cases.choices import InvolvementKind, Queue
from cases.models import (
    Allocation,
    ChangeOfCircumstance,
    ChildRiskReview,
    Handover,
    Involvement,
    OversightChild,
    Referral,
    Responsibility,
    WaitingChange,
    WaitingEntry,
    WaitingGroup,
)
from lib import application_clock
from people.models import HouseholdMembership, Person
from record import flags
from record.errors import Refused
from record.models import Clock, Event
from tests.assessments.plans import approved, day, held, seen
from tests.assessments.transfers import (
    DATES,
    REASONS,
    accepted,
    allocated,
    assessed,
    at_home,
    completed,
    joins,
    long_term_worker,
    looked,
    made_ready,
    proposed,
    reviewed,
    supervised,
    waits,
    whole,
)
from tests.factories.people import ChildFactory, MembershipFactory, RestrictionFactory
from tests.personas import member

pytestmark = pytest.mark.django_db


def running(transfer):
    return set(
        Clock.objects.filter(subject_id=transfer.pk, stopped_at=None).values_list("rule", flat=True)
    )


def holders(family):
    return {
        row.manager
        for row in Responsibility.objects.filter(child__in=family.ids, to_at=None).select_related(
            "manager"
        )
    }


def leads(family):
    return {
        row.worker
        for row in Allocation.objects.filter(
            child__in=family.ids, role="lead", to_at=None
        ).select_related("worker")
    }


# Proposing


def test_propose_answers_for_each_child_and_tells_the_manager(family, sfs_manager):
    transfer = proposed(family, sfs_manager, out=["Jayden"])

    rows = {row.child.given_name: row for row in transfer.children.select_related("child")}
    assert (rows["Maisie"].is_in, rows["Jayden"].because) == (True, "Lives with her father now")
    assert Event.objects.filter(code="transfer.proposed").count() == 1
    assert holders(family) == {family.manager}


HALF_A_PROPOSAL = [
    ({"lines": []}, "Choose the children"),
    ({"point": "soon"}, "what has been reached"),
    ({"reason": " "}, "Say why now"),
    ({"next_meeting": ""}, "what the next meeting is"),
    ({"next_visit_on": day(1).date()}, "next visit is in the past"),
    ({"next_meeting_on": day(1).date()}, "next meeting is in the past"),
]


def test_propose_refuses_half_an_answer(family, sfs_manager):
    given = {
        "lines": [actions.Line(child_id=pk, is_in=True) for pk in family.ids],
        "point": "cin_plan",
        "reason": "Agreed",
        **DATES,
        "to_team_id": sfs_manager.managed_teams.get().pk,
    }

    for changes, said in HALF_A_PROPOSAL:
        with pytest.raises(Refused, match=said):
            actions.propose(by=family.worker, at=day(8), **given | changes)

    assert not Transfer.objects.exists()


def test_propose_names_the_child_without_an_answer_or_a_reason(family, sfs_manager):
    team = sfs_manager.managed_teams.get()
    given = {
        "by": family.worker,
        "at": day(8),
        "to_team_id": team.pk,
        "point": "cin_plan",
        "reason": "Agreed",
        **DATES,
    }
    maisie = actions.Line(child_id=family["Maisie"].pk, is_in=True)

    with pytest.raises(Refused, match="Say whether Jayden Testwood is handed on too"):
        actions.propose(lines=[maisie], **given)
    with pytest.raises(Refused, match="Say why Jayden Testwood is not handed on"):
        actions.propose(
            lines=[maisie, actions.Line(child_id=family["Jayden"].pk, is_in=False)], **given
        )
    with pytest.raises(Refused, match="Safeguarding and Family Support team"):
        actions.propose(
            lines=[maisie], **given | {"to_team_id": family.manager.managed_teams.get().pk}
        )


def test_propose_refuses_a_child_already_on_the_way(family, sfs_manager):
    proposed(family, sfs_manager)

    with pytest.raises(Refused, match="is being handed on already"):
        proposed(family, sfs_manager)


def test_propose_is_for_those_who_work_with_the_children(family, sfs_manager, auditor):
    family.worker = member("Gus Otherteam", Role.ASSESSMENT_SOCIAL_WORKER, TeamKind.MASH)
    with pytest.raises(Refused, match="These children are with"):
        proposed(family, sfs_manager)

    family.worker = auditor
    with pytest.raises(PermissionDenied):
        proposed(family, sfs_manager)

    assert not Transfer.objects.exists()


def test_restricted_brother_passes_to_whoever_holds_the_record(family, sfs_manager):
    restriction = RestrictionFactory(person=family["Jayden"])
    given = {name: child for name, child in family.children.items() if name == "Maisie"}
    family.children = given

    transfer = proposed(family, sfs_manager)

    row = transfer.children.get(is_in=False)
    assert row.passed_to == restriction.owner


# Ready


def test_everything_there_makes_the_checklist_whole(family, sfs_manager):
    transfer = proposed(whole(family), sfs_manager)

    items = checklist(transfer=transfer, by=family.manager, at=day(8))

    assert [item.item for item in items if not item.is_ok] == []
    assert [item.item for item in items] == list(Item)


def test_ready_names_each_child_and_each_missing_thing_with_a_link(family, sfs_manager):
    transfer = proposed(family, sfs_manager)

    with pytest.raises(actions.NotReady) as refused:
        actions.make_ready(by=family.manager, at=day(8), transfer_id=transfer.pk, rationale=REASONS)

    said = [sentence for sentence, _url in refused.value.links]
    for sentence in (
        "Maisie Testwood has no authorised assessment",
        "Jayden Testwood has no chronology in an assessment",
        "The genogram does not say who Maisie Testwood’s parents are",
        "Jayden Testwood has no plan that runs",
        "Maisie Testwood has not been seen",
        "No case supervision of Jayden Testwood within 20 working days",
        "Maisie Testwood has no safety plan",
        "No telephone number of an adult at home with Jayden Testwood",
    ):
        assert sentence in said
    assert all(url for _sentence, url in refused.value.links)
    assert not Handover.objects.filter(kind="transfer").exists()


def test_child_seen_too_long_ago_and_supervision_too_old_are_missing(family, sfs_manager):
    transfer = proposed(whole(family), sfs_manager)

    items = {
        item.item: item for item in checklist(transfer=transfer, by=family.manager, at=day(60))
    }

    assert "more than 10 working days ago" in items[Item.SEEN].missing[0].sentence
    assert len(items[Item.SUPERVISION].missing) == 2


def test_ready_offers_the_family_and_starts_what_counts_from_there(family, sfs_manager):
    transfer = made_ready(whole(family), sfs_manager)

    assert transfer.state == Transfer.State.READY
    assert transfer.handover.state == "offered"
    assert running(transfer) == {"TRF-MEET", "TRF-LONG", "TRF-LONG-DCS", "TRF-VISIT"}
    assert Clock.objects.filter(subject_id=transfer.pk, rule="TRF-VISIT").count() == 2
    assert OversightChild.objects.filter(kind="transfer_review").count() == 2
    assert holders(family) == {family.manager}


def test_ready_is_never_for_who_proposed_it_nor_for_another_manager(family, sfs_manager):
    whole(family)
    family.worker, worker = family.manager, family.worker
    transfer = proposed(family, sfs_manager)
    family.worker = worker

    with pytest.raises(Refused, match="You proposed this transfer"):
        actions.make_ready(by=family.manager, at=day(8), transfer_id=transfer.pk, rationale=REASONS)
    with pytest.raises(Refused, match="answers for"):
        actions.make_ready(by=sfs_manager, at=day(8), transfer_id=transfer.pk, rationale=REASONS)
    with pytest.raises(IntegrityError, match="never_own"), transaction.atomic():
        Transfer.objects.filter(pk=transfer.pk).update(ready_by=family.manager)


def test_child_who_joins_is_answered_for_before_it_goes_on(family, sfs_manager):
    transfer = proposed(whole(family), sfs_manager)
    noah = joins(family, family.worker, at=day(8), is_child=True)

    with pytest.raises(actions.NotReady, match="Say whether Noah Testwood is handed on too"):
        actions.make_ready(by=family.manager, at=day(8), transfer_id=transfer.pk, rationale=REASONS)
    with pytest.raises(Refused, match="Noah Testwood has no open referral"):
        actions.answer_child(
            by=family.worker, at=day(8), transfer_id=transfer.pk, child_id=noah.pk, is_in=True
        )
    stranger = ChildFactory()
    with pytest.raises(Refused, match="not in the household"):
        actions.answer_child(
            by=family.worker,
            at=day(8),
            transfer_id=transfer.pk,
            child_id=stranger.pk,
            because="Stays a week",
        )
    with pytest.raises(Refused, match="Say why Noah Testwood"):
        actions.answer_child(
            by=family.worker, at=day(8), transfer_id=transfer.pk, child_id=noah.pk, is_in=False
        )
    actions.answer_child(
        by=family.worker,
        at=day(8),
        transfer_id=transfer.pk,
        child_id=noah.pk,
        is_in=False,
        because="Stays a week; his own worker is told",
    )

    assert transfer.children.get(child=noah).is_in is False


# The change that blocks


def test_change_nobody_has_reviewed_blocks_ready_accept_allocate_and_completion(
    family, sfs_manager
):
    worker = long_term_worker()
    whole(family)
    transfer = allocated(accepted(family, sfs_manager), sfs_manager, worker, at=day(10))

    joins(family, family.worker, at=day(11))

    with pytest.raises(actions.NotReady) as refused:
        completed(transfer, sfs_manager, at=day(12))
    said = " ".join(sentence for sentence, _url in refused.value.links)
    assert "Maisie" in said
    assert "Jayden" in said
    assert holders(family) == {family.manager}


def test_change_about_a_brother_who_is_not_handed_on_blocks_too(family, sfs_manager):
    whole(family)
    transfer = proposed(family, sfs_manager, out=["Jayden"])
    case_actions.log_change(
        by=family.worker,
        at=day(8),
        child_id=family["Jayden"].pk,
        code="COC-10",
        happened_on=day(8).date(),
        what="Out all night",
    )

    with pytest.raises(actions.NotReady):
        actions.make_ready(by=family.manager, at=day(9), transfer_id=transfer.pk, rationale=REASONS)


def test_brother_in_no_assessment_keeps_the_assessment_from_going_along(family, sfs_manager):
    whole(family)
    home = HouseholdMembership.objects.filter(person__in=family.ids).first().household
    tyler = ChildFactory(given_name="Tyler", family_name="Placeholder")
    MembershipFactory(household=home, person=tyler)
    lines = [actions.Line(child_id=pk, is_in=True) for pk in family.ids]
    transfer = actions.propose(
        by=family.worker,
        at=day(8),
        lines=[*lines, actions.Line(child_id=tyler.pk, is_in=False, because="Not open to us")],
        point="cin_plan",
        reason="Agreed",
        to_team_id=sfs_manager.managed_teams.get().pk,
        **DATES,
    )
    late = day(40)
    with application_clock.set_to(late):
        flags.sweep(at=late, codes=["F-STALE-CHILD"])

    items = {item.item: item for item in checklist(transfer=transfer, by=family.manager, at=late)}
    (missing,) = items[Item.CURRENT].missing
    assert missing.child_id == tyler.pk
    assert "Tyler Placeholder lives with" in missing.sentence
    assert missing.sentence.endswith("and has none")


# The meeting


def test_accept_stops_the_meeting_clock_and_leaves_responsibility_where_it_is(family, sfs_manager):
    transfer = accepted(whole(family), sfs_manager)

    assert transfer.state == Transfer.State.ACCEPTED
    assert "TRF-MEET" not in running(transfer)
    assert "TRF-ALLOC" in running(transfer)
    assert Handover.objects.get(kind="transfer").state == "offered"
    assert holders(family) == {family.manager}
    assert leads(family) == {family.worker}


NO_MEETING = [
    ({"attended": " "}, "who was at the meeting"),
    ({"met_at": day(7)}, "before the family was ready"),
    ({"met_at": day(30)}, "not been held yet"),
]


def test_accept_refuses_a_meeting_that_cannot_be(family, sfs_manager):
    transfer = made_ready(whole(family), sfs_manager)

    for changes, said in NO_MEETING:
        given = {"met_at": day(9), "attended": "Both"} | changes
        with pytest.raises(Refused, match=said):
            actions.accept(by=sfs_manager, at=day(9), transfer_id=transfer.pk, **given)


def test_meeting_is_booked_by_the_receiver_for_a_time_to_come(family, sfs_manager):
    transfer = made_ready(whole(family), sfs_manager)

    with pytest.raises(Refused, match="in the past"):
        actions.book_meeting(by=sfs_manager, at=day(9), transfer_id=transfer.pk, meeting_on=day(8))
    with pytest.raises(Refused, match="The manager of"):
        actions.book_meeting(
            by=family.manager, at=day(9), transfer_id=transfer.pk, meeting_on=day(10)
        )
    booked = actions.book_meeting(
        by=sfs_manager, at=day(9), transfer_id=transfer.pk, meeting_on=day(10)
    )

    assert booked.state == Transfer.State.MEETING_BOOKED


def test_return_names_the_item_and_the_sender_sends_it_again(family, sfs_manager):
    transfer = made_ready(whole(family), sfs_manager)
    given = {"by": sfs_manager, "at": day(9), "transfer_id": transfer.pk}

    with pytest.raises(Refused, match="what of the checklist"):
        actions.give_back(item="mood", because="No", **given)
    with pytest.raises(Refused, match="what exactly"):
        actions.give_back(item=Item.SAFETY, because=" ", **given)
    with pytest.raises(Refused, match="not handed on"):
        actions.give_back(item=Item.SAFETY, because="No", child_id=uuid4(), **given)
    actions.give_back(
        item=Item.SAFETY, because="Who is rung at night?", child_id=family["Maisie"].pk, **given
    )
    supervised(family, at=day(9))
    ready = {"by": family.manager, "transfer_id": transfer.pk, "rationale": REASONS}
    with pytest.raises(Refused, match=r"Safety plan for Maisie Testwood\. Say what was put right"):
        actions.make_ready(at=day(10), **ready)
    again = actions.make_ready(at=day(10), put_right="Nan is rung", **ready)

    assert again.oversight.know.endswith("Safety plan for Maisie Testwood: Nan is rung")
    assert TransferReturn.objects.get().item == Item.SAFETY
    assert again.first_ready_at == day(8)
    assert Handover.objects.filter(kind="transfer").count() == 2
    assert Clock.objects.get(rule="TRF-LONG").started_at == day(8)
    assert Clock.objects.get(rule="TRF-MEET", stopped_at=None).started_at == day(10)


def test_disagreement_goes_to_the_head_of_service_who_decides(family, sfs_manager, head_of_service):
    transfer = made_ready(whole(family), sfs_manager)
    actions.give_back(
        by=sfs_manager, at=day(9), transfer_id=transfer.pk, item=Item.PLAN, because="Too thin"
    )
    given = {"at": day(9), "transfer_id": transfer.pk}

    with pytest.raises(Refused, match="what you disagree about"):
        actions.dispute(by=family.manager, why=" ", **given)
    with pytest.raises(Refused, match="may disagree"):
        actions.dispute(by=member("Vera Other", Role.SFS_MANAGER, TeamKind.MASH), why="No", **given)
    actions.dispute(by=family.manager, why="It is what was agreed", **given)
    with pytest.raises(actions.MovedOn, match="has this already"):
        actions.dispute(by=family.manager, why="Again", **given)
    with pytest.raises(PermissionDenied):
        actions.settle(by=sfs_manager, outcome="accept", why="No", **given)
    with pytest.raises(Refused, match="Choose what you decide"):
        actions.settle(by=head_of_service, outcome="maybe", why="No", **given)
    with pytest.raises(Refused, match="Say why"):
        actions.settle(by=head_of_service, outcome="accept", why="", **given)
    assert "TRF-DISPUTE" in running(transfer)
    actions.settle(by=head_of_service, outcome="accept", why="It is whole", **given)

    transfer.refresh_from_db()
    assert transfer.state == Transfer.State.ACCEPTED
    assert transfer.handover.state == "offered"
    assert "TRF-DISPUTE" not in running(transfer)
    with pytest.raises(actions.MovedOn, match="no disagreement"):
        actions.settle(by=head_of_service, outcome="accept", why="Again", **given)


def test_head_of_service_may_leave_the_family_with_the_sender(family, sfs_manager, head_of_service):
    transfer = made_ready(whole(family), sfs_manager)
    actions.dispute(by=sfs_manager, at=day(9), transfer_id=transfer.pk, why="Court is next week")

    with pytest.raises(Refused, match="Choose what of the checklist is missing"):
        actions.settle(
            by=head_of_service, at=day(10), transfer_id=transfer.pk, outcome="return", why="Later"
        )
    actions.settle(
        by=head_of_service,
        at=day(10),
        transfer_id=transfer.pk,
        outcome="return",
        why="After the hearing",
        item=Item.BOOKED,
        child_id=family["Maisie"].pk,
    )

    assert Transfer.objects.get().state == Transfer.State.RETURNED
    back = transfer.returns.get()
    assert (back.item, back.child, back.because) == (
        Item.BOOKED,
        family["Maisie"],
        "After the hearing",
    )
    assert TransferDispute.objects.get().decided_by == head_of_service


def test_disagreement_does_not_hide_what_else_is_out_of_date(family, sfs_manager, head_of_service):
    """Before, its own change stood for every reason, and then was passed over."""
    transfer = made_ready(whole(family), sfs_manager)
    actions.dispute(by=family.manager, at=day(9), transfer_id=transfer.pk, why="It is whole")
    late = day(45)
    with application_clock.set_to(late):
        flags.sweep(at=late)

        with pytest.raises(actions.NotReady) as refused:
            actions.settle(
                by=head_of_service,
                at=late,
                transfer_id=transfer.pk,
                outcome="accept",
                why="It is whole",
            )

    ((said, _url),) = refused.value.links
    assert said.startswith("Out of date since")
    oldest, youngest = sorted(family.children.values(), key=lambda child: child.date_of_birth)
    assert f"risk to {oldest.name} and {youngest.name}" in said


def test_disagreement_ends_when_the_managers_go_on_without_the_head_of_service(
    family, sfs_manager, head_of_service
):
    transfer = made_ready(whole(family), sfs_manager)
    actions.dispute(by=sfs_manager, at=day(9), transfer_id=transfer.pk, why="Not yet")
    assert "Decide a disagreement" in verbs(head_of_service, at=day(9))
    actions.withdraw(by=family.manager, at=day(10), transfer_id=transfer.pk, because="Too early")

    assert "Decide a disagreement" not in verbs(head_of_service, at=day(10))
    assert "TRF-DISPUTE" not in running(transfer)
    for outcome in ("accept", "return"):
        with pytest.raises(actions.MovedOn, match="went on without you: withdrawn"):
            actions.settle(
                by=head_of_service, at=day(11), transfer_id=transfer.pk, outcome=outcome, why="Why"
            )


def verbs(user, *, at):
    return [work.verb for work in transfer_work(by=user, at=at)]


def test_what_is_the_same_for_several_children_is_said_once_and_names_them(family, sfs_manager):
    transfer = made_ready(whole(family), sfs_manager)
    joins(family, family.worker, at=day(11))

    items = checklist(transfer=transfer, by=family.manager, at=day(12))

    (item,) = [item for item in items if item.item == Item.CURRENT]
    assert len(item.missing) == 2
    (line,) = item.lines
    names = [each.name for each in family.children.values()]
    assert all(name in line.sentence for name in names)
    assert line.sentence.startswith("A change of")


def test_worker_who_left_is_never_made_lead_worker_and_another_can_be_named(family, sfs_manager):
    gone, other = long_term_worker(), long_term_worker("Bo Standin")
    transfer = accepted(whole(family), sfs_manager)
    transfer = allocated(transfer, sfs_manager, gone, at=day(10))
    User.objects.filter(pk=gone.pk).update(is_active=False)
    limit = Clock.objects.get(subject_id=transfer.pk, rule="TRF-JV")
    at = transfer.allocated_at + timedelta(days=1)
    given = {"transfer_id": transfer.pk, "family_told": "At home"}

    with pytest.raises(Refused, match=f"{gone.full_name} no longer works in"):
        transfer_wait.complete(by=sfs_manager, at=at, joint_visit_at=at, **given)
    named = transfer_wait.allocate(
        by=sfs_manager,
        at=at,
        transfer_id=transfer.pk,
        worker_id=other.pk,
        instead_of_id=gone.pk,
        joint_visit_on=at.date(),
    )

    assert named.worker == other
    live = Allocation.objects.filter(child__in=family.ids, to_at=None, role="co_worker")
    assert {row.worker for row in live.select_related("worker")} == {other}
    assert Clock.objects.get(subject_id=transfer.pk, rule="TRF-JV") == limit
    with pytest.raises(Refused, match="named already"):
        transfer_wait.allocate(
            by=sfs_manager,
            at=at,
            transfer_id=transfer.pk,
            worker_id=other.pk,
            instead_of_id=other.pk,
            joint_visit_on=at.date(),
        )
    later = at + timedelta(hours=1)
    transfer_wait.complete(by=sfs_manager, at=later, joint_visit_at=later, **given)
    leads = Allocation.objects.filter(child__in=family.ids, to_at=None, role="lead")
    assert {row.worker for row in leads.select_related("worker")} == {other}


# Waiting


def test_wait_puts_the_family_into_the_queue_with_risk_visitor_and_date(family, sfs_manager):
    transfer = waits(whole(family), sfs_manager, risks={"Maisie": "high"})

    (group,) = waiting.open_groups(queue=Queue.TRANSFER)
    assert (group.subject_id, group.risk_rank, group.queue_rank) == (
        transfer.pk,
        1,
        waiting.IN_NEED_PLAN,
    )
    assert group.since_at == transfer.accepted_at
    assert transfer.visits_by == family.worker
    assert "TRF-REV" in running(transfer)
    assert holders(family) == {family.manager}


HALF_A_WAIT = [
    ({"because": " "}, "why there is no worker"),
    ({"expected_on": day(1).date()}, "in the past"),
    ({"risks": {}}, "how great the risk to (Maisie|Jayden) Testwood is while waiting"),
]


def test_wait_refuses_half_an_answer(family, sfs_manager):
    transfer = accepted(whole(family), sfs_manager)
    given = {
        "because": "No capacity",
        "expected_on": day(60).date(),
        "visits_by_id": family.worker.pk,
        "risks": {pk: transfer_wait.Risk(level="low", why="Seen") for pk in family.ids},
    }

    for changes, said in HALF_A_WAIT:
        with pytest.raises(Refused, match=said):
            transfer_wait.wait(
                by=sfs_manager, at=day(10), transfer_id=transfer.pk, **given | changes
            )


def test_wait_refuses_a_visitor_of_neither_team(family, sfs_manager, mash_social_worker):
    transfer = accepted(whole(family), sfs_manager)

    with pytest.raises(Refused, match="Choose who visits from"):
        transfer_wait.wait(
            by=sfs_manager,
            at=day(10),
            transfer_id=transfer.pk,
            because="No capacity",
            expected_on=day(60).date(),
            visits_by_id=mash_social_worker.pk,
            risks={pk: transfer_wait.Risk(level="low", why="Seen") for pk in family.ids},
        )


def test_weekly_review_reviews_each_child_rates_anew_and_starts_the_next(family, sfs_manager):
    transfer = waits(whole(family), sfs_manager)
    seen(family, "Maisie", at=day(13))

    made = reviewed(transfer, family, at=day(16), children=looked(family, Jayden={"risk": "high"}))

    rows = {row.child.given_name: row for row in ChildRiskReview.objects.all()}
    group = WaitingGroup.objects.get(subject_id=transfer.pk)
    assert {row.subject_id for row in rows.values()} == {made.pk}
    assert (rows["Maisie"].was_seen, rows["Maisie"].seen_at) == (True, day(13))
    assert (rows["Jayden"].was_seen, rows["Jayden"].not_seen_because) == (
        False,
        "Half-term at Dad’s",
    )
    assert (rows["Jayden"].risk_before, rows["Jayden"].risk_now) == ("moderate", "high")
    assert group.risk_rank == 1
    assert Clock.objects.get(rule="TRF-REV", stopped_at=None).started_at == day(16)
    assert OversightChild.objects.filter(kind="transfer_review", at=day(16)).count() == 2


HALF_A_REVIEW = [
    ({"what_changed": " "}, "what has changed for Jayden Testwood"),
    ({"risk": ""}, "how great the risk to Jayden Testwood"),
    ({"is_plan_right": None}, "whether the plan is still right for Jayden Testwood"),
    ({"is_assessment_right": False}, "no longer right for Jayden Testwood"),
    (
        {"is_assessment_right": False, "why_not_right": "Kyle is there"},
        "assessment of Jayden Testwood is not right any more",
    ),
    (
        {
            "is_assessment_right": False,
            "why_not_right": "Kyle is there",
            "change": "COC-03",
            "changed_on": day(17).date(),
        },
        "change for Jayden Testwood is in the future",
    ),
    ({"not_seen_because": ""}, "Jayden Testwood was not seen since"),
    ({"next_attempt_on": day(1).date()}, "next visit to Jayden Testwood is in the past"),
]


def test_weekly_review_names_the_child_and_what_is_missing(family, sfs_manager):
    transfer = waits(whole(family), sfs_manager)

    for changes, said in HALF_A_REVIEW:
        with pytest.raises(Refused, match=said):
            reviewed(transfer, family, at=day(16), children=looked(family, Jayden=changes))

    assert not ChildRiskReview.objects.exists()


def test_assessment_not_right_in_the_weekly_review_raises_a_change_that_blocks_the_transfer(
    family, sfs_manager
):
    transfer = waits(whole(family), sfs_manager)
    wrong = {"is_assessment_right": False, "why_not_right": "Kyle stays most nights"}
    told = wrong | {"change": "COC-03", "changed_on": day(14).date()}
    reviewed(
        transfer,
        family,
        at=day(16),
        children=looked(family, Maisie=told, Jayden=told | {"changed_on": None}),
    )

    (change,) = ChangeOfCircumstance.objects.all()
    assert (change.code, change.state, change.happened_on) == ("COC-03", "logged", day(14).date())
    assert (change.what, change.is_by_system) == ("Kyle stays most nights", False)
    assert list(change.children.values_list("is_concerned", flat=True)) == [True, True]
    with pytest.raises(actions.NotReady):
        allocated(transfer, sfs_manager, long_term_worker(), at=day(16))

    known = wrong | {"no_change_because": "Recorded last week"}
    reviewed(transfer, family, at=day(20), children=looked(family, Jayden=known))
    assert ChangeOfCircumstance.objects.count() == 1
    review = ChildRiskReview.objects.get(child=family["Jayden"], completed_at=day(20))
    assert review.assessment_why.endswith("No change of circumstance: Recorded last week")


def test_weekly_review_thinks_about_every_child_and_is_the_senders(family, sfs_manager):
    transfer = waits(whole(family), sfs_manager)

    with pytest.raises(Refused, match="has not been thought about"):
        reviewed(transfer, family, at=day(16), children=looked(family)[:1])
    with pytest.raises(Refused, match="which visits"):
        reviewed(transfer, family, at=day(16), visits=" ")
    with pytest.raises(Refused, match="goes to the head of service"):
        reviewed(transfer, family, at=day(16), is_escalated=True)
    family.manager, manager = sfs_manager, family.manager
    with pytest.raises(Refused, match=f"{manager.full_name} of Assessment answers for"):
        reviewed(transfer, family, at=day(16))


def test_visit_counts_to_the_next_one_while_the_family_waits(family, sfs_manager):
    transfer = waits(whole(family), sfs_manager)

    seen(family, "Maisie", at=day(14))

    starts = dict(
        Clock.objects.filter(subject_id=transfer.pk, rule="TRF-VISIT", stopped_at=None).values_list(
            "child_id", "started_at"
        )
    )
    assert starts == {family["Maisie"].pk: day(14), family["Jayden"].pk: day(7)}


def test_baby_is_visited_from_birth_on_the_way_and_by_the_plan(family, sfs_manager):
    """Before, the plan asked to see who was not born, and nobody counted from the birth on."""
    baby = Person.objects.filter(pk=family["Jayden"].pk)
    baby.update(stage="unborn", sex="U", date_of_birth=None, expected_on=day(20).date())
    at_home(family)
    assessed(family)
    approved(family, at=day(7))
    seen(family, "Maisie", at=day(7))
    supervised(family, at=day(7))
    made_ready(family, sfs_manager)
    visits = Clock.objects.filter(rule__in=["TRF-VISIT", "CIN-VISIT"], stopped_at=None)
    assert set(visits.values_list("child", flat=True)) == {family["Maisie"].pk}

    baby.update(stage="born", sex="M", date_of_birth=day(12).date(), expected_on=None)
    for _ in range(2):
        births.follow_birth(person=baby.get(), by=family.worker, at=day(12))

    theirs = visits.filter(child=family["Jayden"]).order_by("rule")
    assert list(theirs.values_list("rule", "started_at")) == [
        ("CIN-VISIT", day(12)),
        ("TRF-VISIT", day(12)),
    ]


def test_protection_plan_while_waiting_places_the_family_first_and_sees_it_more_often(
    family, sfs_manager
):
    transfer = waits(whole(family), sfs_manager)
    right = require(family.manager, Permission.TRANSFER_DECIDE)

    before = Involvement.objects.get(child=family["Maisie"], kind=InvolvementKind.PLAN)
    holding.end(
        child_id=before.child_id, kind=before.kind, subject_id=before.subject_id, at=day(15)
    )
    holding.start(
        child_id=family["Maisie"].pk,
        kind=InvolvementKind.PLAN,
        subject_id=uuid4(),
        at=day(15),
        team=transfer.from_team,
        authority=right,
    )

    group = WaitingGroup.objects.get(subject_id=transfer.pk)
    assert group.queue_rank == waiting.PROTECTION_PLAN
    assert running(transfer) >= {"TRF-VISIT", "TRF-VISIT-CPP"}


def test_child_who_joins_while_waiting_has_its_own_date_and_counts_as_not_reviewed(
    family, sfs_manager, contact_officer, mash_manager, assessment_team_manager
):
    transfer = waits(whole(family), sfs_manager, risks={"Maisie": "low", "Jayden": "low"})
    other = held(contact_officer, mash_manager, assessment_team_manager, family.worker, "Noah")
    noah = other["Noah"]
    home = HouseholdMembership.objects.filter(person__in=family.ids).first().household
    MembershipFactory(household=home, person=noah)

    actions.answer_child(
        by=family.worker, at=day(12), transfer_id=transfer.pk, child_id=noah.pk, is_in=True
    )

    entry = WaitingEntry.objects.get(child=noah, queue=Queue.TRANSFER)
    assert (entry.since_at, entry.risk) == (day(12), "")
    assert WaitingGroup.objects.get(subject_id=transfer.pk).risk_rank == 1
    assert transfer.handover.children.filter(child=noah, is_open=True).exists()


# A worker


def test_allocate_names_one_worker_for_all_and_leaves_the_lead_where_it_is(family, sfs_manager):
    worker = long_term_worker()
    transfer = allocated(waits(whole(family), sfs_manager), sfs_manager, worker, at=day(12))

    assert transfer.state == Transfer.State.ALLOCATED
    assert leads(family) == {family.worker}
    assert Allocation.objects.filter(role="co_worker", worker=worker, to_at=None).count() == 2
    assert not WaitingEntry.objects.filter(ended_at=None).exists()
    assert running(transfer) == {"TRF-JV", "TRF-LONG", "TRF-LONG-DCS", "TRF-VISIT"}
    assert holders(family) == {family.manager}


def test_family_taken_before_another_needs_one_sentence_but_not_before_a_blocked_one(
    family, sfs_manager, contact_officer, mash_manager, assessment_team_manager
):
    worker = long_term_worker()
    first = waits(whole(family), sfs_manager, risks={"Maisie": "high"})
    other = whole(
        held(contact_officer, mash_manager, assessment_team_manager, family.worker, "Iris")
    )
    second = waits(other, sfs_manager, at=day(10), risks={"Iris": "low"})

    said = "Say why Iris Testwood should go before Maisie Testwood"
    with pytest.raises(Refused, match=said), transaction.atomic():
        allocated(second, sfs_manager, worker, at=day(12))
    with transaction.atomic():
        allocated(second, sfs_manager, worker, at=day(12), out_of_order_why="She moves on Monday")
        assert WaitingChange.objects.get(what="chosen").why == "She moves on Monday"
        transaction.set_rollback(True)
    joins(family, family.worker, at=day(12))
    allocated(second, sfs_manager, worker, at=day(12))

    assert Transfer.objects.get(pk=first.pk).state == Transfer.State.WAITING


def test_allocate_refuses_a_worker_of_another_team_and_a_visit_in_the_past(
    family, sfs_manager, mash_manager
):
    transfer = accepted(whole(family), sfs_manager)

    for worker, said in (
        (family.worker, "is not a social worker here"),
        (member("Una Elsewhere", Role.SFS_SOCIAL_WORKER, TeamKind.MASH), "does not belong to"),
    ):
        with pytest.raises(Refused, match=said):
            allocated(transfer, sfs_manager, worker, at=day(10))
    with pytest.raises(Refused, match="joint visit is in the past"):
        transfer_wait.allocate(
            by=sfs_manager,
            at=day(10),
            transfer_id=transfer.pk,
            worker_id=long_term_worker().pk,
            joint_visit_on=day(1).date(),
        )


# Completion


def test_completion_passes_responsibility_worker_plan_and_referral_at_one_moment(
    family, sfs_manager
):
    worker = long_term_worker()
    transfer = allocated(waits(whole(family), sfs_manager), sfs_manager, worker, at=day(12))

    done = completed(transfer, sfs_manager, at=day(15))

    team = sfs_manager.managed_teams.get()
    assert done.state == Transfer.State.COMPLETED
    assert holders(family) == {sfs_manager}
    assert set(
        Responsibility.objects.filter(child__in=family.ids, to_at=None).values_list(
            "from_at", flat=True
        )
    ) == {day(15)}
    assert leads(family) == {worker}
    assert Allocation.objects.filter(child__in=family.ids, to_at=None).count() == 2
    assert set(Referral.objects.values_list("team", flat=True)) == {team.pk}
    assert CinPlan.objects.get().team == team
    assert Handover.objects.get(kind="transfer").state == "accepted"
    assert running(transfer) == set()
    assert not TransferChild.objects.filter(is_open=True).exists()


NOT_DONE = [
    ({"joint_visit_at": day(30)}, "has not been made yet"),
    ({"joint_visit_at": day(11)}, "before the worker was named"),
    ({"family_told": " "}, "who told the family"),
]


def test_completion_refuses_what_has_not_been_done(family, sfs_manager):
    transfer = allocated(
        accepted(whole(family), sfs_manager), sfs_manager, long_term_worker(), at=day(12)
    )

    for changes, said in NOT_DONE:
        with pytest.raises(Refused, match=said):
            completed(transfer, sfs_manager, at=day(15), **changes)

    assert holders(family) == {family.manager}


def test_no_step_is_taken_twice_or_out_of_turn(family, sfs_manager):
    worker = long_term_worker()
    transfer = proposed(whole(family), sfs_manager)
    for early in (
        lambda: actions.accept(
            by=sfs_manager, at=day(9), transfer_id=transfer.pk, met_at=day(9), attended="Both"
        ),
        lambda: allocated(transfer, sfs_manager, worker, at=day(9)),
        lambda: completed(transfer, sfs_manager, at=day(9)),
        lambda: reviewed(transfer, family, at=day(9)),
    ):
        with pytest.raises(actions.MovedOn):
            early()
    actions.make_ready(by=family.manager, at=day(9), transfer_id=transfer.pk, rationale=REASONS)
    with pytest.raises(actions.MovedOn, match="past that"):
        actions.make_ready(by=family.manager, at=day(9), transfer_id=transfer.pk, rationale=REASONS)


def test_withdrawn_family_leaves_the_queue_and_stays_with_the_sender(family, sfs_manager):
    transfer = waits(whole(family), sfs_manager)

    with pytest.raises(Refused, match="Say why"):
        actions.withdraw(by=family.manager, at=day(12), transfer_id=transfer.pk, because="")
    actions.withdraw(
        by=family.manager, at=day(12), transfer_id=transfer.pk, because="They move to Northmere"
    )

    assert not WaitingEntry.objects.filter(ended_at=None).exists()
    assert Handover.objects.get(kind="transfer").state == "withdrawn"
    assert holders(family) == {family.manager}
    assert running(transfer) == set()
    assert proposed(family, sfs_manager, at=day(13)).pk != transfer.pk
    with pytest.raises(InternalError, match="over_stays"), transaction.atomic():
        Transfer.objects.filter(pk=transfer.pk).update(
            state="ready",
            withdrawn_at=None,
            withdrawn_by=None,
        )


def test_withdrawn_after_a_worker_was_named_ends_what_the_worker_began(family, sfs_manager):
    transfer = allocated(
        accepted(whole(family), sfs_manager), sfs_manager, long_term_worker(), at=day(12)
    )

    actions.withdraw(by=family.manager, at=day(13), transfer_id=transfer.pk, because="They move")

    assert not Allocation.objects.filter(role="co_worker", to_at=None).exists()
    assert leads(family) == {family.worker}


# Asking


def test_receiver_asks_and_the_sender_turns_it_into_a_transfer(family, sfs_manager):
    team = sfs_manager.managed_teams.get()
    given = {"at": day(8), "child_ids": family.ids, "to_team_id": team.pk}

    with pytest.raises(Refused, match="why your team should"):
        actions.ask_for(by=sfs_manager, why=" ", **given)
    with pytest.raises(Refused, match="asks for its families"):
        actions.ask_for(by=family.manager, why="We have room", **given)
    asked = actions.ask_for(by=sfs_manager, why="We have room", **given)
    with pytest.raises(Refused, match="Somebody has asked for"):
        actions.ask_for(by=sfs_manager, why="Again", **given)
    transfer = actions.propose(
        by=family.worker,
        at=day(8),
        lines=[actions.Line(child_id=pk, is_in=True) for pk in family.ids],
        to_team_id=team.pk,
        point="cin_plan",
        reason="They asked",
        request_id=asked.pk,
        **DATES,
    )

    asked.refresh_from_db()
    assert (asked.state, asked.transfer) == (TransferRequest.State.TAKEN_UP, transfer)
    assert holders(family) == {family.manager}


def test_sender_says_no_with_a_reason_and_once(family, sfs_manager):
    asked = actions.ask_for(
        by=sfs_manager,
        at=day(8),
        child_ids=family.ids,
        to_team_id=sfs_manager.managed_teams.get().pk,
        why="We have room",
    )
    given = {"at": day(9), "request_id": asked.pk}

    with pytest.raises(Refused, match="answers this"):
        actions.decline_request(by=sfs_manager, answer="No", **given)
    with pytest.raises(Refused, match="why not now"):
        actions.decline_request(by=family.manager, answer=" ", **given)
    actions.decline_request(by=family.manager, answer="The assessment is not done", **given)
    with pytest.raises(actions.MovedOn, match="declined"):
        actions.decline_request(by=family.manager, answer="Again", **given)

    assert TransferRequest.objects.get().state == TransferRequest.State.DECLINED


# What the database refuses


NEVER = [
    ("transfer_ready_whole", {"oversight": None}),
    ("transfer_accepted_whole", {"accepted_at": None}),
    ("transfer_waiting_whole", {"waits_because": ""}),
    ("transfer_allocated_whole", {"state": "allocated"}),
    ("transfer_completed_whole", {"completed_at": day(20)}),
    ("transfer_withdrawn_whole", {"withdrawn_at": day(20)}),
]


def test_database_refuses_a_transfer_that_cannot_be(family, sfs_manager):
    transfer = waits(whole(family), sfs_manager)

    for name, changes in NEVER:
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            Transfer.objects.filter(pk=transfer.pk).update(**changes)


def test_database_refuses_a_child_on_two_ways_and_one_without_an_answer(family, sfs_manager):
    transfer = proposed(family, sfs_manager)
    row = transfer.children.get(child=family["Maisie"])

    with pytest.raises(IntegrityError, match="child_answered"), transaction.atomic():
        TransferChild.objects.filter(pk=row.pk).update(is_in=False)
    with pytest.raises(IntegrityError, match="child_once"), transaction.atomic():
        TransferChild.objects.create(
            transfer=transfer,
            child=row.child,
            is_in=False,
            because="Twice",
            answered_at=day(8),
            answered_by=family.worker,
            recorded_at=day(8),
        )
