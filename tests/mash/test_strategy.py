"""A strategy discussion: who must take part, every child one by one, and what follows at once."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, InternalError, transaction

from accounts.choices import AgencyKind, Role
from cases import actions as case_actions
from cases import holds, reactions
from cases.choices import BoardState, MeetingKind, Outcome
from cases.models import (
    ChangeOfCircumstance,
    Handover,
    MeetingContribution,
    MeetingPart,
    Referral,
    Section47Decision,
    WaitingEntry,
)
from lib import application_clock
from mash import actions
from mash.actions.strategy import who_chairs
from mash.models import (
    DiscussionAction,
    DiscussionLine,
    DiscussionPassed,
    DiscussionRefusal,
    StrategyDiscussion,
)
from mash.queries.strategy import children_to_conclude, discussion_page
from people import actions as people_actions
from people.models import Person
from record import events
from record.errors import NotWhole, Refused
from record.models import Clock, OutboxMessage
from tests.cases.front_door import MORNING, NIGHT, TYPED, child, decided, hours, received
from tests.cases.open_cases import allocated
from tests.cases.test_together import both, the_error
from tests.factories.accounts import UserFactory, with_role
from tests.factories.people import ChildFactory, RestrictionFactory
from tests.mash.discussions import (
    REASONS,
    Called,
    absent,
    agency,
    called,
    concluded,
    held,
    invited,
    met,
    not_met,
    there,
)

pytestmark = pytest.mark.django_db
State = StrategyDiscussion.State


@pytest.fixture(autouse=True)
def typed_later():
    with application_clock.set_to(TYPED):
        yield


@pytest.fixture
def case(contact_officer, mash_manager):
    return called(contact_officer, mash_manager)


@pytest.fixture
def team(assessment_team_manager):
    return assessment_team_manager.managed_teams.get()


def clock_of(rule, subject):
    return Clock.objects.get(rule=rule, subject_id=subject.pk)


def contribute(part, by, at, **more):
    return actions.record_contribution(
        by=by,
        at=at,
        part_id=part.pk,
        author="Dr Dummy",
        information="Two visits with bruises.",
        reliability="fact",
        sharing="may_share",
        how="By phone",
        **more,
    )


# Who takes part ----------------------------------------------------------------------------------


def test_discussion_with_all_who_must_take_part_is_quorate(case, mash_manager, mash_social_worker):
    discussion = held(case, mash_manager, mash_social_worker)

    assert (discussion.state, discussion.is_quorate) == (State.HELD_QUORATE, True)
    assert clock_of("SD-HOLD", discussion).stopped_at == hours(3)
    assert clock_of("SD-MIN", discussion).due_at == MORNING.replace(day=13, hour=16, minute=45)
    part = MeetingPart.objects.get(pk=case.police.pk)
    assert (part.kind, part.has_attended, part.who) == (
        MeetingKind.STRATEGY,
        True,
        "Sgt Proto Type",
    )


def test_what_an_agency_wrote_beforehand_counts_as_taking_part(
    case, mash_manager, mash_social_worker
):
    contribute(case.health, mash_social_worker, hours(2))

    discussion = held(
        case,
        mash_manager,
        mash_social_worker,
        attendance=[there(case.police), there(case.health, has_attended=False)],
    )

    part = MeetingPart.objects.get(pk=case.health.pk)
    assert discussion.is_quorate
    assert (part.has_attended, part.has_sent_information, part.absent_because) == (False, True, "")


@pytest.mark.parametrize("missing", ["police", "health", "social_worker", "manager", "two_people"])
def test_discussion_without_one_who_must_take_part_is_not_quorate(
    case, mash_manager, mash_social_worker, missing
):
    attendance = [
        absent(case.police) if missing == "police" else there(case.police),
        absent(case.health) if missing == "health" else there(case.health),
    ]
    people = {
        "social_worker": (None, mash_manager.pk),
        "manager": (mash_social_worker, None),
        "two_people": (mash_manager, mash_manager.pk),
    }
    worker, manager_id = people.get(missing, (mash_social_worker, mash_manager.pk))

    discussion = held(case, mash_manager, worker, manager_id=manager_id, attendance=attendance)

    assert (discussion.state, discussion.is_quorate) == (State.HELD_NOT_QUORATE, False)


def test_every_agency_asked_is_answered_for(case, mash_manager, mash_social_worker):
    with pytest.raises(NotWhole, match="Say whether Dummy Park Hospital was there"):
        held(case, mash_manager, mash_social_worker, attendance=[there(case.police)])
    with pytest.raises(NotWhole, match="Say why Dummy Park Hospital was not there"):
        held(
            case,
            mash_manager,
            mash_social_worker,
            attendance=[there(case.police), absent(case.health, " ")],
        )
    with pytest.raises(NotWhole, match="Say who was there for Dummy Valley Police"):
        held(
            case,
            mash_manager,
            mash_social_worker,
            attendance=[there(case.police, who=""), there(case.health)],
        )

    assert case.anew().state == State.CALLED


def test_late_discussion_says_why(case, mash_manager, mash_social_worker):
    late = hours(27)  # after closing of the next working day, a Friday
    with pytest.raises(NotWhole, match="Say why this discussion was late"):
        held(case, mash_manager, mash_social_worker, at=late + timedelta(hours=6))

    discussion = held(
        case,
        mash_manager,
        mash_social_worker,
        at=late + timedelta(hours=6),
        late_reason="Police could not be reached",
    )

    assert discussion.late_reason == "Police could not be reached"
    assert clock_of("SD-HOLD", discussion).late_reason == "Police could not be reached"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"at": hours(0.5)}, "held before it was called"),
        ({"mode": "pigeon"}, "Choose how it was held"),
        ({"manager": "contact_officer"}, "Amir Testwood is not a manager"),
        ({"worker": "contact_officer"}, "Amir Testwood is not a social worker"),
    ],
)
def test_holding_is_refused(request, case, mash_manager, mash_social_worker, changes, sentence):
    worker = mash_social_worker
    if "worker" in changes:
        worker = request.getfixturevalue(changes.pop("worker"))
    if "manager" in changes:
        changes["manager_id"] = request.getfixturevalue(changes.pop("manager")).pk

    with pytest.raises(Refused, match=sentence):
        held(case, mash_manager, worker, **changes)


def test_discussion_is_held_once(case, mash_manager, mash_social_worker):
    held(case, mash_manager, mash_social_worker)

    with pytest.raises(Refused, match=r"held, to be concluded already"):
        held(case, mash_manager, mash_social_worker)


@pytest.mark.parametrize("who", ["mash_social_worker", "contact_officer", "edt_worker", "auditor"])
def test_only_a_manager_chairs_in_office_hours(request, case, mash_social_worker, who):
    by = request.getfixturevalue(who)

    with pytest.raises(PermissionDenied, match="chair a strategy discussion"):
        held(case, by, mash_social_worker)
    with pytest.raises(PermissionDenied, match="chair a strategy discussion"):
        concluded(case, by)
    with pytest.raises(PermissionDenied, match="chair a strategy discussion"):
        actions.cancel_discussion(by=by, at=hours(3), discussion_id=case.pk, because="x")

    assert case.anew().state == State.CALLED


# Agencies ----------------------------------------------------------------------------------------


def test_agencies_are_asked_once_each_and_told_by_an_email_that_names_nobody(case, mash_manager):
    message = OutboxMessage.objects.get(topic="email")

    assert message.payload["code"] == "discussion.invited"
    assert "Aaliyah" not in str(message.payload)
    for invitation, sentence in (
        ((case.police.agency_id, "Again"), "Dummy Valley Police has been asked already"),
        (
            (agency(AgencyKind.SCHOOL, "Larkmead Dummy School").pk, " "),
            "Say what Larkmead Dummy School is asked to bring",
        ),
    ):
        with pytest.raises(Refused, match=sentence):
            actions.invite_agencies(
                by=mash_manager,
                at=hours(2),
                discussion_id=case.pk,
                invitations=[actions.Invitation(agency_id=invitation[0], asked=invitation[1])],
            )
    with pytest.raises(Refused, match="Choose at least one agency"):
        actions.invite_agencies(by=mash_manager, at=hours(2), discussion_id=case.pk, invitations=[])


def test_agency_replies_and_contributes_for_itself_and_no_other(case, partner_user, mash_manager):
    partner_user.agency = case.health.agency
    partner_user.save()

    part = actions.reply_for_own_agency(
        by=partner_user, at=hours(2), part_id=case.health.pk, reply="not_coming", note="In theatre"
    )
    actions.contribute_for_own_agency(
        by=partner_user,
        at=hours(2),
        part_id=case.health.pk,
        author="Sally Outreach, sister",
        information="Bruises at two visits.",
        reliability="opinion",
        sharing="ask_first",
    )

    assert part.reply_note == "In theatre"
    assert MeetingContribution.objects.get().how == "In the portal"
    codes = set(
        OutboxMessage.objects.filter(topic="notice").values_list("payload__code", flat=True)
    )
    assert {"discussion.not_coming", "discussion.contributed"} <= codes
    for act in (
        lambda: actions.reply_for_own_agency(
            by=partner_user, at=hours(2), part_id=case.police.pk, reply="coming"
        ),
        lambda: actions.contribute_for_own_agency(
            by=partner_user,
            at=hours(2),
            part_id=case.police.pk,
            author="x",
            information="x",
            reliability="fact",
            sharing="may_share",
        ),
    ):
        with pytest.raises(MeetingPart.DoesNotExist):
            act()
    with pytest.raises(PermissionDenied):
        actions.reply_for_own_agency(
            by=mash_manager, at=hours(2), part_id=case.health.pk, reply="coming"
        )


def test_agency_that_cannot_come_says_why(case, partner_user):
    partner_user.agency = case.health.agency
    partner_user.save()

    for reply, sentence in (("not_coming", "Say why you cannot"), ("perhaps", "Say whether you")):
        with pytest.raises(Refused, match=sentence):
            actions.reply_for_own_agency(
                by=partner_user, at=hours(2), part_id=case.health.pk, reply=reply
            )


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"information": " "}, "Enter what Dummy Park Hospital knows"),
        ({"author": " "}, "Say who in Dummy Park Hospital says so"),
        ({"reliability": "hearsay"}, "Choose how reliable it is"),
        ({"how": " "}, "Say how they told you"),
    ],
)
def test_contribution_is_refused(case, mash_social_worker, changes, sentence):
    facts = {
        "author": "Dr Dummy",
        "information": "Seen twice",
        "reliability": "fact",
        "sharing": "may_share",
        "how": "By phone",
    }
    with pytest.raises(Refused, match=sentence):
        actions.record_contribution(
            by=mash_social_worker, at=hours(2), part_id=case.health.pk, **(facts | changes)
        )

    assert not MeetingContribution.objects.exists()


# Concluding --------------------------------------------------------------------------------------


def test_conclusion_answers_for_each_child_and_everything_follows_at_once(
    case, mash_manager, mash_social_worker, team, monkeypatch
):
    told = []
    monkeypatch.setattr(
        reactions.section_47_decided,
        "_functions",
        {"test": lambda *, decisions, **_rest: told.extend(decisions)},
    )
    held(case, mash_manager, mash_social_worker)

    discussion = concluded(case, mash_manager, to_team_id=team.pk)

    assert discussion.state == State.CONCLUDED
    facts = {row.child_id: row for row in Section47Decision.objects.all()}
    assert facts[case.aaliyah.pk].is_met
    assert facts[case.aaliyah.pk].is_joint
    assert facts[case.aaliyah.pk].discussed_at == hours(3)
    assert not facts[case.zayn.pk].is_met
    assert {row.pk for row in told} == {row.pk for row in facts.values()}
    offer = Handover.objects.get()
    assert offer.to_team == team
    assert {row.child_id for row in offer.children.all()} == {case.aaliyah.pk, case.zayn.pk}
    assert not Clock.objects.filter(rule="SD-QUORUM").exists()
    (line,) = [
        line
        for line in events.timeline(by=mash_manager, child_id=case.aaliyah.pk)
        if line.code == "mash.section_47_met"
    ]
    assert line.words == "Section 47 threshold met"


def test_discussion_is_not_concluded_while_a_child_of_the_household_is_not_considered(
    case, mash_manager, mash_social_worker, team
):
    held(case, mash_manager, mash_social_worker)
    baby = people_actions.create_person(
        by=mash_social_worker,
        at=hours(3.5),
        is_child=True,
        given_name="Isla",
        family_name="Testwood",
    )
    home = case.aaliyah.memberships.get().household
    people_actions.join_household(
        by=mash_social_worker,
        at=hours(3.5),
        household_id=home.pk,
        person_id=baby.pk,
        role="resident_child",
        source="worker",
    )

    with pytest.raises(NotWhole) as refused:
        concluded(case, mash_manager, met(case.aaliyah), to_team_id=team.pk)

    assert sorted(sentence for _field, sentence in refused.value.problems) == [
        "Say whether the threshold is met for Isla Testwood",
        "Say whether the threshold is met for Zayn Testwood",
    ]
    assert not Section47Decision.objects.exists()
    assert not DiscussionLine.objects.exists()


def test_young_person_who_turns_18_meanwhile_is_answered_for_without_an_enquiry(
    case, mash_manager, mash_social_worker, team
):
    held(case, mash_manager, mash_social_worker)
    Person.objects.filter(pk=case.zayn.pk).update(date_of_birth=date(2008, 3, 12))

    asked = children_to_conclude(by=mash_manager, discussion=case.anew(), on=MORNING.date())
    assert {row.name for row in asked} == {"Aaliyah Testwood", "Zayn Testwood"}
    with pytest.raises(NotWhole, match="Zayn Testwood was no child on the day of the discussion"):
        concluded(case, mash_manager, met(case.aaliyah), met(case.zayn), to_team_id=team.pk)

    concluded(
        case,
        mash_manager,
        met(case.aaliyah),
        not_met(case.zayn, then="nothing"),
        to_team_id=team.pk,
    )
    assert case.anew().state == State.CONCLUDED


def test_discussion_that_was_not_quorate_is_concluded_with_the_reason_and_stays_marked(
    case, mash_manager, mash_social_worker, team
):
    held(
        case,
        mash_manager,
        mash_social_worker,
        attendance=[there(case.police), absent(case.health)],
    )
    with pytest.raises(NotWhole, match="Say why waiting for them would be unsafe"):
        concluded(case, mash_manager, to_team_id=team.pk)

    discussion = concluded(
        case, mash_manager, to_team_id=team.pk, not_quorate_because="She goes home at four"
    )
    clock = clock_of("SD-QUORUM", discussion)
    assert clock.due_at == MORNING.replace(day=13, hour=16, minute=45)
    assert clock.stopped_at is None

    contribute(case.health, mash_social_worker, hours(23))

    clock.refresh_from_db()
    assert clock.stopped_at == hours(23)
    assert case.anew().is_quorate is False


def test_catch_up_goes_on_until_every_missing_agency_has_contributed(
    case, mash_manager, mash_social_worker, team
):
    held(
        case,
        mash_manager,
        mash_social_worker,
        attendance=[absent(case.police), absent(case.health)],
    )
    discussion = concluded(
        case, mash_manager, to_team_id=team.pk, not_quorate_because="She goes home at four"
    )

    contribute(case.health, mash_social_worker, hours(5))
    assert clock_of("SD-QUORUM", discussion).stopped_at is None
    contribute(case.police, mash_social_worker, hours(6))

    assert clock_of("SD-QUORUM", discussion).stopped_at == hours(6)


def test_agency_asked_only_afterwards_ends_the_catch_up_by_contributing(
    contact_officer, mash_manager, mash_social_worker, team
):
    case = called(contact_officer, mash_manager)
    MeetingPart.objects.filter(pk=case.health.pk).update(agency=agency(AgencyKind.OTHER, "Other"))
    case.health.refresh_from_db()
    held(case, mash_manager, mash_social_worker)
    discussion = concluded(
        case, mash_manager, to_team_id=team.pk, not_quorate_because="Health was not asked"
    )
    (part,) = actions.invite_agencies(
        by=mash_manager,
        at=hours(5),
        discussion_id=case.pk,
        invitations=[
            actions.Invitation(
                agency_id=agency(AgencyKind.HEALTH, "Dummy Health Visiting").pk, asked="Weights"
            )
        ],
    )
    assert (part.has_attended, part.absent_because) == (False, "Asked after the discussion")

    contribute(part, mash_social_worker, hours(6))

    assert clock_of("SD-QUORUM", discussion).stopped_at == hours(6)


MISSING = [
    ({"is_met": None}, "Say whether the threshold is met for Aaliyah Testwood"),
    ({"why": " "}, "Say why, for Aaliyah Testwood"),
    ({"is_joint": None}, "Choose joint or single agency for Aaliyah Testwood"),
    ({"seen_by": ""}, "Say who sees Aaliyah Testwood"),
    ({"see_at": None}, "Say when Aaliyah Testwood is seen"),
    ({"is_seen_alone": None}, "Say whether Aaliyah Testwood is seen alone"),
    ({"is_seen_alone": False}, "Say why Aaliyah Testwood is not seen alone"),
    ({"medical": ""}, "Say whether Aaliyah Testwood needs a medical"),
    ({"safety_plan": " "}, "Say what keeps Aaliyah Testwood safe tonight"),
    ({"is_met": False}, "Choose what happens for Aaliyah Testwood instead"),
    (
        {"is_met": False, "then": "open_work"},
        "Nothing is open for Aaliyah Testwood with a team. Choose another",
    ),
]


def test_conclusion_names_the_child_and_each_missing_thing(
    case, mash_manager, mash_social_worker, team
):
    held(case, mash_manager, mash_social_worker)

    for changes, sentence in MISSING:
        with pytest.raises(NotWhole) as refused:
            concluded(
                case,
                mash_manager,
                met(case.aaliyah, **changes),
                not_met(case.zayn),
                to_team_id=team.pk,
            )
        assert [said for _field, said in refused.value.problems] == [sentence]


@pytest.mark.parametrize("field", ["know", "worries", "protects", "alternative", "parents_told"])
def test_conclusion_gives_its_reasons(case, mash_manager, mash_social_worker, team, field):
    held(case, mash_manager, mash_social_worker)

    with pytest.raises(NotWhole) as refused:
        concluded(case, mash_manager, to_team_id=team.pk, **{field: " "})

    assert [name for name, _said in refused.value.problems] == [field]


def test_children_no_team_has_taken_up_need_a_team(case, mash_manager, mash_social_worker):
    held(case, mash_manager, mash_social_worker)

    with pytest.raises(
        NotWhole, match="Choose the assessment team for Aaliyah Testwood and Zayn Testwood"
    ):
        concluded(case, mash_manager)


def test_child_of_whom_nothing_came_is_a_referral_without_further_action(
    case, mash_manager, mash_social_worker, team
):
    held(case, mash_manager, mash_social_worker)

    concluded(
        case,
        mash_manager,
        met(case.aaliyah),
        not_met(case.zayn, "nothing"),
        to_team_id=team.pk,
    )

    assert Referral.objects.get(child=case.zayn).state == "rejected"
    offer = Handover.objects.get()
    assert [row.child_id for row in offer.children.all()] == [case.aaliyah.pk]


def test_a_referral_with_an_enquiry_cannot_be_taken_back(
    case, mash_manager, mash_social_worker, team
):
    held(case, mash_manager, mash_social_worker)
    concluded(case, mash_manager, to_team_id=team.pk)
    referral = Referral.objects.get(child=case.aaliyah)

    with pytest.raises(Refused, match="section 47 enquiry began on this referral"):
        case_actions.take_back_referral(
            authority=who_chairs(mash_manager, hours(5))[0],
            at=hours(5),
            referral=referral,
        )


def test_brother_of_a_child_with_a_team_is_referred_to_that_team(
    contact_officer,
    mash_manager,
    assessment_team_manager,
    assessment_social_worker,
):
    (aaliyah,) = allocated(
        contact_officer, mash_manager, assessment_team_manager, assessment_social_worker
    )
    leo = people_actions.create_person(
        by=assessment_social_worker,
        at=hours(3),
        is_child=True,
        given_name="Leo",
        family_name="Testwood",
    )
    people_actions.join_household(
        by=assessment_social_worker,
        at=hours(3),
        household_id=aaliyah.memberships.get().household_id,
        person_id=leo.pk,
        role="resident_child",
        source="worker",
    )
    discussion = actions.call_for_child(
        by=assessment_social_worker,
        at=hours(4),
        child_id=aaliyah.pk,
        child_ids=[aaliyah.pk],
        reason="A burn",
        is_same_day=True,
    )
    assert discussion.chair == assessment_team_manager
    police, health = invited(discussion, assessment_social_worker, at=hours(4))
    actions.hold(
        by=assessment_team_manager,
        at=hours(5),
        discussion_id=discussion.pk,
        mode="phone",
        social_worker_id=assessment_social_worker.pk,
        manager_id=assessment_team_manager.pk,
        attendance=[there(police), there(health)],
    )

    actions.conclude(
        by=assessment_team_manager,
        at=hours(6),
        discussion_id=discussion.pk,
        lines=[met(aaliyah), met(leo)],
        **REASONS,
    )

    referral = Referral.objects.get(child=leo)
    team = assessment_team_manager.managed_teams.get()
    assert (referral.team, referral.team_accepted_at) == (team, hours(6))
    assert (referral.received_at, referral.source_code) == (hours(4), "5B")
    assert referral.primary_need == "N1"
    assert WaitingEntry.objects.filter(child=leo, queue="allocation", ended_at=None).exists()
    assert not Handover.objects.filter(state="offered").exists()


def test_restricted_brother_is_passed_to_whoever_holds_the_restriction(
    case, mash_manager, mash_social_worker, team
):
    owner = UserFactory(full_name="Rosa Ringfield")
    with_role(owner, Role.HEAD_OF_SERVICE)
    discussion = case.discussion
    discussion.children.filter(child=case.zayn).delete()
    RestrictionFactory(person=case.zayn, owner=owner)
    held(case, mash_manager, mash_social_worker)

    concluded(case, mash_manager, not_met(case.aaliyah), to_team_id=team.pk)

    passed = DiscussionPassed.objects.get()
    assert (passed.child, passed.owner) == (case.zayn, owner)
    assert Clock.objects.get(subject_id=passed.pk).due_at == discussion.due_at
    with pytest.raises(DiscussionPassed.DoesNotExist):
        actions.answer_discussion(
            by=mash_manager, at=hours(5), passed_id=passed.pk, line=met(case.zayn)
        )
    with pytest.raises(NotWhole, match="Say what keeps Zayn Testwood safe tonight"):
        actions.answer_discussion(
            by=owner,
            at=hours(5),
            passed_id=passed.pk,
            line=met(case.zayn, safety_plan=""),
            to_team_id=team.pk,
        )

    actions.answer_discussion(
        by=owner, at=hours(5), passed_id=passed.pk, line=met(case.zayn), to_team_id=team.pk
    )

    decision = Section47Decision.objects.get(child=case.zayn)
    assert (decision.discussed_at, decision.at) == (hours(3), hours(5))
    assert Clock.objects.get(subject_id=passed.pk).stopped_at == hours(5)
    shown = discussion_page(by=mash_manager, discussion=case.anew(), at=hours(6)).lines
    assert [(row.name, row.ring, row.line is None) for row in shown] == [
        ("Aaliyah Testwood", "", False),  # first, though the threshold is met for her brother only
        ("Restricted child", "Rosa Ringfield", True),
    ]
    with pytest.raises(Refused, match="answered already"):
        actions.answer_discussion(
            by=owner, at=hours(6), passed_id=passed.pk, line=met(case.zayn), to_team_id=team.pk
        )


def test_restricted_brother_who_is_passed_on_was_not_left_out(
    case, mash_manager, mash_social_worker, team
):
    owner = UserFactory(full_name="Rosa Ringfield")
    with_role(owner, Role.HEAD_OF_SERVICE)
    case.discussion.children.filter(child=case.zayn).delete()
    RestrictionFactory(person=case.zayn, owner=owner)
    held(case, mash_manager, mash_social_worker)

    concluded(case, mash_manager, met(case.aaliyah), to_team_id=team.pk)
    assert not ChangeOfCircumstance.objects.exists()

    passed = DiscussionPassed.objects.get()
    actions.answer_discussion(
        by=owner, at=hours(5), passed_id=passed.pk, line=met(case.zayn), to_team_id=team.pk
    )
    change = ChangeOfCircumstance.objects.get()  # what nobody knew when they thought of Aaliyah
    assert {row.child for row in change.children.all()} == {case.aaliyah, case.zayn}


def test_threshold_is_met_for_a_child_with_whom_nobody_works(
    mash_manager, mash_social_worker, team
):
    kayla = ChildFactory(given_name="Kayla", family_name="Testwood")
    discussion = actions.call_for_child(
        by=mash_manager,
        at=hours(1),
        child_id=kayla.pk,
        child_ids=[kayla.pk],
        reason="Away to the same flat three times",
        is_same_day=True,
    )
    case = Called(discussion, None, kayla, kayla, *invited(discussion, mash_manager, at=hours(2)))
    held(case, mash_manager, mash_social_worker)

    concluded(
        case,
        mash_manager,
        met(kayla),
        to_team_id=team.pk,
    )

    referral = Referral.objects.get(child=kayla)
    assert (referral.contact.words, referral.received_at) == (
        "Away to the same flat three times",
        hours(1),
    )
    assert referral.contact == case.anew().contact
    assert referral.contact.board_state == BoardState.SCREENING
    decided(referral.contact, mash_manager, Outcome.REFERRAL, level="4b", at=hours(5), team=team)
    referral.contact.refresh_from_db()
    assert referral.contact.board_state == ""  # decided like any other
    assert Section47Decision.objects.get(child=kayla).discussed_at == hours(3)


def test_further_discussion_after_the_episode_is_over_dates_from_when_it_was_called(
    case, mash_manager, mash_social_worker, team
):
    held(case, mash_manager, mash_social_worker)
    over = [not_met(child, then="nothing") for child in (case.aaliyah, case.zayn)]
    concluded(case, mash_manager, *over)
    later = hours(4.5)
    further = actions.call_further(
        by=mash_manager,
        at=later,
        discussion_id=case.pk,
        child_ids=[case.aaliyah.pk],
        reason="A second burn",
        is_same_day=True,
    )
    parts = invited(further, mash_manager, at=later)
    again = Called(further, case.contact, case.aaliyah, case.zayn, *parts)
    held(again, mash_manager, mash_social_worker, at=later)

    lines = [met(case.aaliyah), not_met(case.zayn, then="nothing")]
    concluded(again, mash_manager, *lines, at=later, to_team_id=team.pk)

    referral = Referral.objects.get(child=case.aaliyah, state="accepted")
    assert (referral.received_at, referral.contact.words) == (later, "A second burn")
    assert referral.is_re_referral


def test_conclusion_follows_the_holding(case, mash_manager, mash_social_worker, team):
    with pytest.raises(Refused, match="Record who took part first"):
        concluded(case, mash_manager, to_team_id=team.pk)
    held(case, mash_manager, mash_social_worker)
    with pytest.raises(Refused, match="before the discussion was held"):
        concluded(case, mash_manager, to_team_id=team.pk, at=hours(2))
    concluded(case, mash_manager, to_team_id=team.pk)
    with pytest.raises(Refused, match="concluded already"):
        concluded(case, mash_manager, to_team_id=team.pk)


def test_edt_concludes_at_night_and_a_mash_manager_confirms(
    case, edt_worker, mash_manager, assessment_team_manager, team
):
    held(case, edt_worker, edt_worker, at=NIGHT, manager_id=mash_manager.pk, late_reason="Night")
    discussion = concluded(case, edt_worker, to_team_id=team.pk, at=NIGHT + timedelta(minutes=20))

    assert discussion.is_provisional
    assert Section47Decision.objects.filter(is_met=True).count() == 1
    clock = clock_of("EDT-CONF", discussion)
    with pytest.raises(PermissionDenied):
        actions.confirm_discussion(
            by=assessment_team_manager, at=hours(24), discussion_id=case.pk, note="Right"
        )
    with pytest.raises(Refused, match="Say why this conclusion stands"):
        actions.confirm_discussion(by=mash_manager, at=hours(24), discussion_id=case.pk, note=" ")
    actions.confirm_discussion(
        by=mash_manager, at=hours(24), discussion_id=case.pk, note="The injury is unexplained"
    )

    clock.refresh_from_db()
    assert clock.stopped_at == hours(24)
    with pytest.raises(Refused, match="No EDT conclusion waits"):
        actions.confirm_discussion(by=mash_manager, at=hours(25), discussion_id=case.pk, note="x")


# Afterwards --------------------------------------------------------------------------------------


def test_minutes_go_to_everybody_who_took_part(case, mash_manager, mash_social_worker, team):
    held(case, mash_manager, mash_social_worker)
    send = {
        "by": mash_social_worker,
        "at": hours(20),
        "discussion_id": case.pk,
        "minutes": "As concluded.",
        "part_ids": [case.police.pk, case.health.pk],
    }
    with pytest.raises(Refused, match="Conclude the discussion first"):
        actions.send_minutes(**send)
    concluded(case, mash_manager, to_team_id=team.pk)
    with pytest.raises(Refused, match="Dummy Park Hospital took part, and is sent them"):
        actions.send_minutes(**(send | {"part_ids": [case.police.pk]}))
    with pytest.raises(Refused, match="Write the minutes"):
        actions.send_minutes(**(send | {"minutes": " "}))

    discussion = actions.send_minutes(**send)

    assert clock_of("SD-MIN", discussion).stopped_at == hours(20)
    assert MeetingPart.objects.get(pk=case.police.pk).minutes_sent_at == hours(20)
    assert OutboxMessage.objects.filter(payload__code="discussion.minutes").count() == 1
    with pytest.raises(Refused, match="sent already"):
        actions.send_minutes(**send)


def test_further_discussion_follows_a_concluded_one(case, mash_manager, mash_social_worker, team):
    further = {
        "by": mash_social_worker,
        "at": hours(48),
        "discussion_id": case.pk,
        "child_ids": [case.aaliyah.pk],
        "reason": "The medical is back",
        "is_same_day": False,
    }
    with pytest.raises(Refused, match="Conclude this discussion first"):
        actions.call_further(**further)
    held(case, mash_manager, mash_social_worker)
    concluded(case, mash_manager, to_team_id=team.pk)

    second = actions.call_further(**further)

    assert (second.follows, second.chair) == (case.discussion, mash_manager)
    parts = invited(second, mash_manager, at=hours(49))
    assert {part.kind for part in parts} == {MeetingKind.STRATEGY_FURTHER}


def refuse(case, by, **more):
    return actions.refuse_request(
        **{
            "by": by,
            "at": hours(2),
            "child_id": case.aaliyah.pk,
            "child_ids": [case.aaliyah.pk],
            "agency_id": case.health.agency_id,
            "asked_by": "Dr Dummy",
            "asked_because": "A third bruise",
            "refused_because": "Seen today and safe",
            "told": "By phone",
            **more,
        }
    )


def test_request_is_refused_by_a_manager_with_who_asked_why_and_what_they_were_told(
    case, mash_manager, mash_social_worker
):
    with pytest.raises(PermissionDenied):
        refuse(case, mash_social_worker)
    for field, sentence in (
        ("asked_by", "Say who in Dummy Park Hospital asked"),
        ("asked_because", "Say why Dummy Park Hospital asked"),
        ("refused_because", "Say why none is called for Aaliyah Testwood"),
        ("told", "Say how Dummy Park Hospital was told"),
    ):
        with pytest.raises(Refused, match=sentence):
            refuse(case, mash_manager, **{field: " "})
    RestrictionFactory(person=case.zayn)
    with pytest.raises(Refused, match="does not belong to this household"):
        refuse(case, mash_manager, child_ids=[case.zayn.pk])
    assert not DiscussionRefusal.objects.exists()

    (row,) = refuse(case, mash_manager)

    assert (row.child, row.agency, row.by) == (case.aaliyah, case.health.agency, mash_manager)
    with pytest.raises(InternalError), transaction.atomic():
        DiscussionRefusal.objects.update(told="")
    for wrong in ({"asked_by": ""}, {"request_id": row.request_id}):
        with pytest.raises(IntegrityError), transaction.atomic():
            _another(row, **wrong)


def _another(row, **more):
    row.pk, row.request_id = None, uuid4()
    for name, value in more.items():
        setattr(row, name, value)
    row.save(force_insert=True)


def test_contact_is_not_void_while_a_discussion_is_called_on_it(contact_officer, mash_manager):
    contact = received(contact_officer, child())
    discussion = actions.call_strategy_discussion(
        by=mash_manager,
        at=hours(1),
        contact_id=contact.pk,
        child_ids=[contact.people.get().person_id],
        reason="A burn",
        is_same_day=True,
    )
    twice = {"by": mash_manager, "contact_id": contact.pk, "reason": "Sent twice"}
    with pytest.raises(Refused, match="A strategy discussion about Aaliyah Testwood is called"):
        case_actions.void(at=hours(2), **twice)

    actions.cancel_discussion(
        by=mash_manager, at=hours(2), discussion_id=discussion.pk, because="Sent twice"
    )
    assert case_actions.void(at=hours(3), **twice).state == "void"


def test_discussion_called_off_puts_the_children_back_on_the_board(case, mash_manager):
    with pytest.raises(Refused, match="Say why this discussion is called off"):
        actions.cancel_discussion(by=mash_manager, at=hours(2), discussion_id=case.pk, because=" ")

    actions.cancel_discussion(
        by=mash_manager, at=hours(2), discussion_id=case.pk, because="It was another family"
    )

    case.contact.refresh_from_db()
    assert case.contact.board_state == BoardState.RETURNED
    assert Clock.objects.get(rule="SD-HOLD").stop_reason == "not_needed"
    with pytest.raises(Refused, match="cancelled already"):
        actions.cancel_discussion(by=mash_manager, at=hours(3), discussion_id=case.pk, because="x")


def test_what_became_of_an_action_is_recorded_once(case, mash_manager, mash_social_worker, team):
    held(case, mash_manager, mash_social_worker)
    concluded(
        case,
        mash_manager,
        to_team_id=team.pk,
        planned=[
            actions.PlannedAction(what="Ring the nursery", owner="School nurse", by_when=hours(24))
        ],
    )
    action = DiscussionAction.objects.get()
    answer = {"by": mash_social_worker, "at": hours(20), "action_id": action.pk, "is_done": True}
    with pytest.raises(Refused, match="Say what was done"):
        actions.answer_discussion_action(answer=" ", **answer)

    actions.answer_discussion_action(answer="Rang at nine", **answer)

    with pytest.raises(Refused, match="recorded already"):
        actions.answer_discussion_action(answer="Again", **answer)


def test_open_discussion_stands_in_the_way_of_closing(case, mash_manager, mash_social_worker, team):
    def obstacles(at):
        found = holds.obstacles(
            child_ids=[case.aaliyah.pk, case.zayn.pk], purpose=holds.Purpose.CLOSE, at=at
        )
        return sorted(one.sentence for one in found if "discussion" in one.sentence)

    assert obstacles(hours(2)) == [
        "A strategy discussion about Aaliyah Testwood is called",
        "A strategy discussion about Zayn Testwood is called",
    ]
    held(case, mash_manager, mash_social_worker)
    concluded(case, mash_manager, to_team_id=team.pk)

    assert obstacles(hours(5)) == []


# The database ------------------------------------------------------------------------------------


def assert_refused_by(name, change):
    with pytest.raises((IntegrityError, InternalError), match=name), transaction.atomic():
        change()


def test_database_refuses_what_is_not_whole(case, mash_manager, mash_social_worker, team):
    rows = StrategyDiscussion.objects.filter(pk=case.pk)
    assert_refused_by(
        "mash_discussion_held_whole", lambda: rows.update(state="held_quorate", mode="phone")
    )
    assert_refused_by("mash_discussion_cancelled_whole", lambda: rows.update(state="cancelled"))
    parts = MeetingPart.objects.filter(pk=case.health.pk)
    assert_refused_by("cases_part_attended_when_held", lambda: parts.update(has_attended=True))
    assert_refused_by(
        "cases_part_absent_or_why",
        lambda: parts.update(has_attended=False, meeting_at=hours(3)),
    )
    held(case, mash_manager, mash_social_worker)
    assert_refused_by("mash_discussion_concluded_whole", lambda: rows.update(state="concluded"))
    assert_refused_by("Cannot update", lambda: parts.update(has_attended=False, absent_because="x"))
    concluded(case, mash_manager, to_team_id=team.pk)
    assert_refused_by("Cannot update", lambda: rows.update(know="Something else"))
    assert_refused_by("Cannot update", lambda: rows.update(held_at=hours(2)))
    lines = DiscussionLine.objects.filter(child=case.zayn)
    assert_refused_by("Cannot update", lambda: lines.update(is_met=True))
    line = lines.get()
    line.pk, line._state.adding = None, True
    assert_refused_by("mash_discussion_line_once", lambda: line.save(force_insert=True))
    line.pk, line.child, line.then = None, Person.objects.get(pk=case.aaliyah.pk), ""
    assert_refused_by("mash_discussion_line_", lambda: line.save(force_insert=True))


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_who_conclude_one_discussion(
    contact_officer, mash_manager, second_mash_manager, mash_social_worker, assessment_team_manager
):
    case = called(contact_officer, mash_manager)
    team = assessment_team_manager.managed_teams.get()
    held(case, mash_manager, mash_social_worker)

    answers = both(
        *[
            lambda by=by: concluded(case, by, to_team_id=team.pk)
            for by in (mash_manager, second_mash_manager)
        ]
    )

    assert "concluded already" in str(the_error(answers))
    assert Section47Decision.objects.count() == 2
    assert Handover.objects.count() == 1
