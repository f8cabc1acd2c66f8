"""Management oversight: recorded in a minute, directions answered, and whose is due."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.choices import Role
from accounts.models import User
from cases import actions
from cases.actions import Direction, Rationale
from cases.actions.oversight import AlreadyAnswered
from cases.choices import InvolvementKind, OversightKind
from cases.models import Allocation, ManagementOversight, OversightAction
from cases.queries import oversight as queries
from lib import application_clock
from people.models import Person, Restriction
from record import flags
from record.errors import Clash, Refused
from record.models import Draft, OutboxMessage, ReadLogEntry
from record.once import AlreadyRecorded
from tests.cases.families import OPENED, family
from tests.factories.accounts import DeputyshipFactory
from tests.mash.pages import form, moment, text_of
from tests.personas import person

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 17, 9, 0, tzinfo=UTC)  # 31 working days after the family was opened
SPOKEN = Rationale(worries="Late since the move; aunt there", decision="See both before the plan")


@pytest.fixture(autouse=True)
def _on_tuesday():
    with application_clock.set_to(NOW):
        yield


@pytest.fixture
def home(assessment_team_manager, assessment_social_worker):
    return family(assessment_team_manager, assessment_social_worker, names=["Maisie", "Jayden"])


def recorded(by, home, *names, directions=(), at=NOW, **given):
    return actions.record_oversight(
        by=by,
        at=at,
        child_ids=[home[name].pk for name in names],
        directions=directions,
        **{"kind": OversightKind.REACTIVE, "rationale": SPOKEN, **given},
    )


def see(worker: User, on=date(2026, 3, 18)):
    return Direction(what="See Jayden alone at school", owner_id=worker.pk, due_on=on)


def restrict(child, owner):
    Restriction.objects.create(
        person=child,
        owner=owner,
        reason="A colleague's child",
        at=OPENED,
        recorded_at=OPENED,
        recorded_by=owner,
    )


@pytest.fixture
def ask(client):
    def asked(user, name, *args, query="", **data):
        client.logout()
        client.force_login(user)
        address = reverse(name, args=args) + query
        if data:
            return client.post(address, form(**data), follow=True)
        return client.get(address)

    return asked


def test_advice_in_passing_counts_once_recorded_and_clears_the_gap(
    home, assessment_team_manager, assessment_social_worker
):
    flags.sweep(at=NOW, codes=["F-OVS"])
    assert flags.open_flags().filter(rule="F-OVS-GAP").count() == 2

    made = recorded(
        assessment_team_manager, home, "Jayden", directions=[see(assessment_social_worker)]
    )

    assert [flag.child for flag in flags.open_flags()] == [home["Maisie"]]
    assert (made.know, made.why, made.by) == ("", "", assessment_team_manager)
    told = OutboxMessage.objects.get(payload__code="oversight.directed")
    assert told.payload["user_id"] == str(assessment_social_worker.pk)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"rationale": Rationale(worries="", decision="See")}, "Say what worries us"),
        ({"rationale": Rationale(worries="Late", decision=" ")}, "Say what you decided"),
        ({"kind": OversightKind.ESCALATION}, "Say what we know"),
        ({"kind": OversightKind.CLOSURE}, "Choose what kind"),
        ({"look_again_on": date(2026, 3, 16)}, "must be today or later"),
    ],
)
def test_what_is_missing_is_said_and_nothing_recorded(home, assessment_team_manager, given, said):
    with pytest.raises(Refused, match=said), transaction.atomic():
        recorded(assessment_team_manager, home, "Jayden", **given)

    assert not ManagementOversight.objects.exists()


def test_no_child_or_a_date_that_is_gone_is_refused(
    home, assessment_team_manager, assessment_social_worker
):
    with pytest.raises(Refused, match="Choose which children"):
        recorded(assessment_team_manager, home)
    with pytest.raises(Refused, match="due today or later"):
        recorded(
            assessment_team_manager,
            home,
            "Jayden",
            directions=[see(assessment_social_worker, date(2026, 3, 16))],
        )


def test_a_worker_records_none_and_a_closed_record_takes_none(
    home, assessment_team_manager, assessment_social_worker, head_of_service
):
    with pytest.raises(PermissionDenied):
        recorded(assessment_social_worker, home, "Jayden")
    restrict(home["Jayden"], head_of_service)
    with pytest.raises(Person.DoesNotExist):
        recorded(assessment_team_manager, home, "Jayden")
    assert not ManagementOversight.objects.exists()


def test_a_deputy_records_as_deputy(home, assessment_team_manager, sfs_manager):
    DeputyshipFactory(
        manager=assessment_team_manager,
        deputy=sfs_manager,
        from_at=OPENED,
        to_at=NOW + timedelta(days=9),
    )
    assert recorded(sfs_manager, home, "Jayden").acting_for == assessment_team_manager


def test_a_form_sent_twice_is_recorded_once(home, assessment_team_manager):
    from uuid import uuid4

    token = uuid4()
    recorded(assessment_team_manager, home, "Jayden", token=token)
    with pytest.raises(AlreadyRecorded):
        recorded(assessment_team_manager, home, "Jayden", token=token)
    assert ManagementOversight.objects.count() == 1


def test_a_correction_stands_beneath_and_only_once(home, assessment_team_manager):
    first = recorded(assessment_team_manager, home, "Jayden")
    second = recorded(assessment_team_manager, home, "Jayden", corrects_id=first.pk)

    assert second.corrects == first
    with pytest.raises(Clash):
        recorded(assessment_team_manager, home, "Jayden", corrects_id=first.pk)


def test_only_spoken_kinds_may_lack_reasons_in_the_database(home, assessment_team_manager):
    made = recorded(assessment_team_manager, home, "Jayden")
    fields = {"at": NOW, "by": made.by, "role": made.role, "recorded_at": NOW}
    for kind, worries in ((OversightKind.CLOSURE, "Late"), (OversightKind.REACTIVE, "")):
        with pytest.raises(IntegrityError), transaction.atomic():
            ManagementOversight.objects.create(kind=kind, worries=worries, decision="D", **fields)


def test_a_direction_is_answered_once_by_whose_it_is_or_a_manager(
    home, assessment_team_manager, assessment_social_worker, contact_officer
):
    made = recorded(
        assessment_team_manager, home, "Jayden", directions=[see(assessment_social_worker)]
    )
    asked = made.actions.get()
    given = {"at": NOW, "direction_id": asked.pk, "is_done": True}
    with pytest.raises(PermissionDenied):
        actions.answer_direction(by=contact_officer, answer="Seen", **given)
    with pytest.raises(Refused, match="Say what was done"):
        actions.answer_direction(by=assessment_social_worker, answer=" ", **given)

    actions.answer_direction(by=assessment_social_worker, answer="Seen at school", **given)

    asked.refresh_from_db()
    assert (asked.is_done, asked.answered_by) == (True, assessment_social_worker)
    with pytest.raises(AlreadyAnswered):
        actions.answer_direction(by=assessment_team_manager, answer="Seen", **given)


def test_from_a_childs_page_in_one_form_with_nobody_ticked_beforehand(
    ask, home, assessment_team_manager, assessment_social_worker
):
    page = ask(assessment_team_manager, "cases:child", home["Jayden"].pk)
    assert reverse("cases:record_oversight", args=[home["Jayden"].pk]) in page.content.decode()
    empty = ask(assessment_team_manager, "cases:record_oversight", home["Jayden"].pk)
    assert "checked" not in empty.content.decode()
    assert "31 of 20" in text_of(empty)
    refused = ask(
        assessment_team_manager, "cases:record_oversight", home["Jayden"].pk, worries="Late"
    )
    assert "Choose which children you thought about" in text_of(refused)
    assert "Draft" not in text_of(refused)
    assert Draft.objects.get().data["worries"] == "Late"

    done = ask(
        assessment_team_manager,
        "cases:record_oversight",
        home["Jayden"].pk,
        children=[str(home["Jayden"].pk)],
        kind="reactive",
        worries="Late since the move",
        decision="See him first",
        what="See him alone",
        owner=str(assessment_social_worker.pk),
        due_on_day="18",
        due_on_month="3",
        due_on_year="2026",
    )

    said = text_of(done)
    assert "Oversight recorded for Jayden Mockford" in said
    assert "Not for Maisie Mockford" in said
    assert f"{assessment_social_worker.full_name} asked to act" in said
    assert "Late since the move" in said
    assert "0 of 20 working days since the last. Next due by Thu 16 April" in said


def test_an_action_is_whole_or_not_there(ask, home, assessment_team_manager):
    page = ask(
        assessment_team_manager,
        "cases:record_oversight",
        home["Jayden"].pk,
        children=[str(home["Jayden"].pk)],
        kind="reactive",
        worries="Late",
        decision="See",
        what="See him alone",
    )
    assert "Say who does it" in text_of(page)
    assert "Say by when" in text_of(page)


def test_supervision_with_every_reason_and_several_actions(
    ask, home, assessment_team_manager, assessment_social_worker
):
    def action(number, what):
        return {
            f"action-{number}-what": what,
            f"action-{number}-owner": str(assessment_social_worker.pk),
            f"action-{number}-due_on_day": "20",
            f"action-{number}-due_on_month": "3",
            f"action-{number}-due_on_year": "2026",
        }

    asked = {
        "children": [str(home[name].pk) for name in ("Maisie", "Jayden")],
        "with_worker": str(assessment_social_worker.pk),
        **moment("16 3 2026", "15:00", name="at"),
        "know": "Two visits",
        "worries": "Mornings",
        "protects": "Aunt",
        "decision": "Go on",
        "why": "It works",
        "action-TOTAL_FORMS": "2",
        "action-INITIAL_FORMS": "0",
        **action(0, "See Maisie"),
        **action(1, "Ring school"),
    }
    page = ask(
        assessment_team_manager,
        "cases:record_oversight",
        home["Jayden"].pk,
        query="?more=1",
        kind="supervision",
        **asked,
    )

    assert "Oversight recorded for" in text_of(page)
    made = ManagementOversight.objects.get()
    assert (made.with_worker, made.why) == (assessment_social_worker, "It works")
    assert sorted(made.actions.values_list("what", flat=True)) == ["Ring school", "See Maisie"]
    answer = ask(
        assessment_team_manager,
        "cases:record_oversight",
        home["Jayden"].pk,
        query="?more=1",
        **{**asked, "kind": "escalation", "know": "", "why": ""},
    )
    assert "Say what we know" in text_of(answer)


def test_the_workers_home_asks_and_the_answer_clears_it(
    ask, home, assessment_team_manager, assessment_social_worker
):
    made = recorded(
        assessment_team_manager,
        home,
        "Jayden",
        "Maisie",
        directions=[see(assessment_social_worker, date(2026, 3, 17))],
    )
    said = text_of(ask(assessment_social_worker, "cases:home"))
    assert "See Jayden alone at school" in said
    assert f"Directed by {assessment_team_manager.full_name}" in said
    asked = made.actions.get()
    with application_clock.set_to(datetime(2026, 3, 19, 9, 0, tzinfo=UTC)):
        flags.sweep(at=application_clock.now(), codes=["F-OVS"])
        assert flags.open_flags().filter(rule="F-OVS-ACT").count() == 2
        page = ask(
            assessment_social_worker, "cases:direction", asked.pk, is_done="no", answer="Ill"
        )
        assert not flags.open_flags().filter(rule="F-OVS-ACT").exists()

    assert "Recorded as not carried out" in text_of(page)
    assert "Not carried out" in text_of(ask(assessment_team_manager, "cases:oversight", made.pk))
    assert "See Jayden alone" not in text_of(ask(assessment_social_worker, "cases:home"))


def test_a_managers_home_lists_what_is_due_and_holds_the_short_form(
    ask, home, assessment_team_manager
):
    page = ask(assessment_team_manager, "cases:home")

    said = text_of(page)
    assert "Oversight due" in said
    assert "31 of 20, 11 over" in said
    assert page.context["oversight"]["about"].person in home.children
    chosen = ask(
        assessment_team_manager, "cases:home", query=f"?oversight={home['Maisie'].pk}"
    ).context["oversight"]["about"]
    assert chosen.person == home["Maisie"]
    assert ReadLogEntry.objects.filter(place="cases:home", user=assessment_team_manager).exists()


def test_oversight_is_listed_five_days_before_its_limit_and_not_sooner(
    home, assessment_team_manager
):
    recorded(assessment_team_manager, home, "Jayden", at=datetime(2026, 2, 24, 9, tzinfo=UTC))

    rows = queries.due(by=assessment_team_manager, at=NOW).rows
    assert [(row.name, row.pace.used, row.pace.is_over) for row in rows] == [
        ("Maisie Mockford", 31, True)
    ]
    with application_clock.set_to(NOW + timedelta(days=1)):
        later = queries.due(by=assessment_team_manager, at=application_clock.now()).rows
    assert [row.name for row in later] == ["Maisie Mockford", "Jayden Mockford"]
    assert later[1].pace.due_on == date(2026, 3, 24)


def test_the_list_of_a_team_asks_as_often_for_many_as_for_few(
    ask, home, assessment_team_manager, head_of_service, django_assert_num_queries
):
    ask(assessment_team_manager, "cases:oversight_due")
    with CaptureQueriesContext(connection) as few:
        ask(assessment_team_manager, "cases:oversight_due")
    for _ in range(3):
        family(assessment_team_manager)
    with django_assert_num_queries(len(few)):
        page = ask(assessment_team_manager, "cases:oversight_due")
    assert "11 children" in text_of(page)
    team = f"?team={home.team.pk}"
    assert "11 children" in text_of(ask(head_of_service, "cases:oversight_due", query=team))


def test_a_manager_sees_no_other_teams_gaps_and_a_worker_none(
    home, assessment_social_worker, sfs_manager
):
    assert queries.due(by=sfs_manager, at=NOW).total == 0
    assert queries.due(by=assessment_social_worker, at=NOW).total == 0


# By worker ----------------------------------------------------------------------------------------


def test_supervision_lists_each_worker_with_what_is_due_and_when_they_were_supervised(
    ask, home, assessment_team_manager, assessment_social_worker, head_of_service
):
    recorded(
        assessment_team_manager,
        home,
        "Maisie",
        at=OPENED,
        kind=OversightKind.SUPERVISION,
        with_worker=assessment_social_worker,
    )
    Allocation.objects.filter(child=home["Jayden"]).update(to_at=OPENED)
    restrict(home["Jayden"], head_of_service)

    page = ask(assessment_team_manager, "cases:oversight_by_worker")
    said = text_of(page)

    nobody, worker, *_others = page.context["rows"]
    assert (nobody.worker, nobody.children, nobody.over) == (None, 1, 1)
    assert (worker.worker, worker.children, worker.over) == (assessment_social_worker, 1, 1)
    assert worker.next_on == date(2026, 3, 2)
    assert (worker.is_late, worker.is_new) == (True, False)
    assert f"Restricted child, ring {head_of_service.full_name}" in said
    assert "Jayden" not in said
    assert "Was due" in said
    due = ask(
        assessment_team_manager,
        "cases:oversight_due",
        query=f"?worker={assessment_social_worker.pk}",
    )
    assert [row.name for row in due.context["found"].rows] == ["Maisie Mockford"]


@pytest.mark.parametrize(
    ("until", "next_on"),
    [(NOW.date(), date(2026, 2, 16)), (NOW.date() - timedelta(days=1), date(2026, 3, 2))],
)
def test_newly_qualified_worker_is_supervised_fortnightly_to_the_last_day_of_it(
    ask, home, assessment_team_manager, assessment_social_worker, until, next_on
):
    User.objects.filter(pk=assessment_social_worker.pk).update(newly_qualified_until=until)
    recorded(
        assessment_team_manager,
        home,
        "Maisie",
        at=OPENED,
        kind=OversightKind.SUPERVISION,
        with_worker=assessment_social_worker,
    )

    worker = ask(assessment_team_manager, "cases:oversight_by_worker").context["rows"][0]

    assert (worker.worker, worker.next_on) == (assessment_social_worker, next_on)


def test_supervision_asks_as_often_for_many_as_for_few_and_only_about_own_teams(
    ask, home, assessment_team_manager, sfs_manager, django_assert_num_queries
):
    ask(assessment_team_manager, "cases:oversight_by_worker")
    with CaptureQueriesContext(connection) as few:
        ask(assessment_team_manager, "cases:oversight_by_worker")
    for number in range(3):
        worker = person(f"Wim Worker{number}", Role.ASSESSMENT_SOCIAL_WORKER)
        family(assessment_team_manager, worker)
    with django_assert_num_queries(len(few)):
        page = ask(assessment_team_manager, "cases:oversight_by_worker")
    assert "Wim Worker2" in text_of(page)
    assert "Wim Worker" not in text_of(ask(sfs_manager, "cases:oversight_by_worker"))


def test_early_help_has_its_own_pace(early_help_coordinator):
    home = family(early_help_coordinator, names=["Isla"], kind=InvolvementKind.EARLY_HELP)
    assert queries.paces_of(child_ids=home.ids, at=NOW)[home["Isla"].pk].limit == 30


def test_what_is_also_about_a_closed_record_shows_no_words(
    ask, home, assessment_team_manager, assessment_social_worker, head_of_service
):
    made = recorded(
        assessment_team_manager,
        home,
        "Maisie",
        "Jayden",
        directions=[see(assessment_social_worker)],
    )
    restrict(home["Jayden"], head_of_service)

    for page in (
        ask(assessment_team_manager, "cases:child", home["Maisie"].pk),
        ask(assessment_team_manager, "cases:child_oversight", home["Maisie"].pk),
        ask(assessment_team_manager, "cases:oversight", made.pk),
        ask(assessment_team_manager, "cases:home"),
        ask(assessment_social_worker, "cases:home"),
    ):
        said = text_of(page)
        assert "Jayden" not in said.replace("Restricted child", "")
        assert SPOKEN.worries not in said
    direction = made.actions.get().pk
    assert ask(assessment_social_worker, "cases:direction", direction).status_code == 404
    empty = text_of(ask(assessment_team_manager, "cases:record_oversight", home["Maisie"].pk))
    assert f"Restricted child, ring {head_of_service.full_name}" in empty
    assert SPOKEN.worries in text_of(ask(head_of_service, "cases:oversight", made.pk))


def test_whoever_recorded_it_corrects_it(ask, home, assessment_team_manager, head_of_service):
    made = recorded(assessment_team_manager, home, "Jayden")
    page = ask(
        assessment_team_manager,
        "cases:oversight_correct",
        made.pk,
        worries="Late since January",
        decision="See both",
    )

    assert "A correction" in text_of(page)
    assert "Late since January" in text_of(page)
    assert "Corrected" in text_of(ask(assessment_team_manager, "cases:oversight", made.pk))
    assert ask(head_of_service, "cases:oversight_correct", made.pk).status_code == 403
    assert OversightAction.objects.count() == 0
