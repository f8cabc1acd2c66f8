"""The pages of a change: recorded in two clicks, each child in the same places, who is missing."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases.change_codes import ChangeClass, ChangeOutcome
from cases.models import ChangeElsewhere, ChangeOfCircumstance, ChildRiskReview
from cases.queries.changes import change_work
from lib import application_clock
from people.models import Restriction
from record.models import ReadLogEntry
from tests.cases.change_cases import (
    DECIDED,
    LEARNED,
    REVIEWED,
    TRIAGED,
    joined,
    logged,
    review_of,
    reviewed,
    triaged,
)
from tests.cases.families import family
from tests.factories.people import ChildFactory
from tests.mash.pages import form, moment, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def home(assessment_team_manager, assessment_social_worker):
    return family(assessment_team_manager, assessment_social_worker)


@pytest.fixture
def moved_in(home, assessment_social_worker):
    joined(home, assessment_social_worker)
    return ChangeOfCircumstance.objects.get()


@pytest.fixture
def manager(assessment_team_manager):
    return assessment_team_manager


@pytest.fixture
def worker(assessment_social_worker):
    return assessment_social_worker


@pytest.fixture
def ask(client):
    """Open a page as somebody at some moment; give its words."""

    def asked(user, name, *args, at=DECIDED, **data):
        client.force_login(user)
        with application_clock.set_to(at):
            if data:
                return client.post(reverse(name, args=args), form(**data), follow=True)
            return client.get(reverse(name, args=args))

    return asked


DAY = {"happened_on_day": "3", "happened_on_month": "3", "happened_on_year": "2026"}


def answers(name="Jayden", **fields):
    return {
        "what_changed": f"{name} shares a room now",
        "effect": f"{name} sleeps badly",
        "risk_before": "low",
        "risk_now": "moderate",
        "was_seen": "yes",
        "was_seen_alone": "yes",
        **moment("9 3 2026", "10:00", name="seen_at"),
        "childs_view": "“I want my room back”",
        "protects": "Grandmother",
        "is_assessment_right": "yes",
        "is_plan_right": "yes",
        "recommendation": "See again",
        **fields,
    }


def test_a_change_is_two_clicks_from_a_childs_page(ask, home, worker):
    page = ask(worker, "cases:child", home["Jayden"].pk, at=LEARNED)
    assert reverse("cases:log_change", args=[home["Jayden"].pk]) in page.content.decode()
    empty = ask(worker, "cases:log_change", home["Jayden"].pk, at=LEARNED).content.decode()
    assert "selected" not in empty.replace('<option value="" selected>', "")

    answer = ask(
        worker,
        "cases:log_change",
        home["Jayden"].pk,
        at=LEARNED,
        code="COC-03",
        **DAY,
        **moment("3 3 2026", "16:10", name="learned_at"),
    )

    assert "An adult moves in or becomes a regular visitor" in text_of(answer)
    assert "3 children wait for triage" in text_of(answer)


def test_a_change_where_nobody_is_open_leads_to_a_contact(ask, contact_officer, worker):
    tyler = ChildFactory(given_name="Tyler")
    sent = {"code": "COC-03", **DAY, **moment("3 3 2026", "16:10", name="learned_at")}

    page = ask(contact_officer, "cases:log_change", tyler.pk, at=LEARNED, **sent)
    assert reverse("mash:contact_new") in page.content.decode()
    page = ask(worker, "cases:log_change", tyler.pk, at=LEARNED, **sent)

    assert "Ring the MASH" in text_of(page)
    assert not ChangeOfCircumstance.objects.exists()


def test_the_page_puts_who_is_missing_first_and_the_others_in_the_same_places(
    ask, home, moved_in, manager, worker
):
    triaged(moved_in, manager)
    reviewed(moved_in, home["Maisie"], worker)
    reviewed(moved_in, home["Isla"], worker, was_seen_alone=False)

    said = text_of(ask(manager, "cases:change", moved_in.pk))

    assert "Kyle Stubbs moved in" in said
    assert "2 of 3 children reviewed" in said
    assert "Jayden not done" in said
    assert said.index("Jayden Mockford, 6") < said.index("Maisie Mockford, 9")
    assert "Low, now moderate" in said
    assert "Remind Femi Exampleton" in said
    assert "Not yet Every child reviewed: Jayden missing" in said
    assert ReadLogEntry.objects.filter(place="cases:change").count() == 3


def test_identical_words_across_children_are_pointed_out(ask, home, moved_in, manager, worker):
    triaged(moved_in, manager)
    for name in ("Maisie", "Jayden"):
        reviewed(moved_in, home[name], worker, effect="Sleeps badly since Kyle came")

    said = text_of(ask(manager, "cases:change", moved_in.pk))

    assert "same words for Maisie Mockford as for Jayden Mockford" in said


def test_a_manager_triages_and_a_worker_is_told_who_does(ask, home, moved_in, manager, worker):
    assert ask(worker, "cases:change_triage", moved_in.pk, at=TRIAGED).status_code == 403

    answer = ask(
        manager, "cases:change_triage", moved_in.pk, at=TRIAGED, change_class="significant", why=""
    )

    assert "A review of each child’s own is open" in text_of(answer)
    assert ChildRiskReview.objects.count() == 3


def test_triage_shows_what_is_missing_at_its_box(ask, home, worker, manager):
    change = logged(worker, home["Jayden"], code="COC-01")
    assert "It is not significant" not in text_of(ask(manager, "cases:change", change.pk))

    page = ask(manager, "cases:change_triage", change.pk, at=TRIAGED, change_class="routine")

    assert page.status_code == 409
    assert "Say why it is less urgent here" in text_of(page)


def test_not_significant_asks_for_each_child(ask, home, moved_in, manager):
    lines = {f"child-{child.pk}-line": f"{child.given_name} knows him" for child in home.children}
    without = {**lines, f"child-{home['Isla'].pk}-line": ""}

    page = ask(manager, "cases:change_not_significant", moved_in.pk, at=TRIAGED, **without)
    assert "Say why, for Isla Mockford" in text_of(page)
    page = ask(manager, "cases:change_not_significant", moved_in.pk, at=TRIAGED, **lines)

    assert "Closed as not significant" in text_of(page)


def test_a_worker_writes_the_review_and_what_is_missing_stands_at_its_box(
    ask, home, moved_in, manager, worker
):
    triaged(moved_in, manager)
    review = review_of(moved_in, home["Jayden"])
    page = ask(worker, "cases:risk_review", review.pk, at=REVIEWED)
    assert "Risk has not been rated before" in text_of(page)
    assert "Why is this review late" not in text_of(page)

    page = ask(worker, "cases:risk_review", review.pk, at=REVIEWED, **answers(effect=""))
    assert "Say what it means for Jayden Mockford" in text_of(page)
    assert "Jayden shares a room now" in text_of(page)
    page = ask(worker, "cases:risk_review", review.pk, at=REVIEWED, **answers())

    assert "The review of Jayden Mockford is recorded" in text_of(page)
    review.refresh_from_db()
    assert (review.risk_now, review.was_seen_alone) == ("moderate", True)


def test_a_completed_review_is_read_only_and_a_contact_officer_reads_none(
    ask, home, moved_in, manager, worker, contact_officer
):
    triaged(moved_in, manager)
    review = reviewed(moved_in, home["Jayden"], worker)

    said = text_of(ask(manager, "cases:risk_review", review.pk))
    assert "Low, now moderate" in said
    assert "Countersign this review" in said
    assert ask(contact_officer, "cases:risk_review", review.pk).status_code == 403
    page = text_of(ask(contact_officer, "cases:change", moved_in.pk))
    assert "gave up the room" not in page
    assert "Your role does not read reviews" in page


def test_a_manager_signs_gives_and_reminds(
    ask, home, moved_in, manager, worker, mash_social_worker
):
    triaged(moved_in, manager)
    done = reviewed(moved_in, home["Jayden"], worker)
    owed = review_of(moved_in, home["Isla"])

    answer = ask(manager, "cases:risk_review_countersign", done.pk, x="1")
    assert "You have signed the review of Jayden Mockford" in text_of(answer)
    answer = ask(manager, "cases:risk_review_remind", owed.pk, x="1")
    assert "Femi Exampleton has been reminded" in text_of(answer)
    answer = ask(manager, "cases:risk_review_give", owed.pk, to=str(worker.pk))
    assert "Femi Exampleton is asked" in text_of(answer)
    answer = ask(manager, "cases:risk_review_give", owed.pk, to=str(mash_social_worker.pk))
    owed.refresh_from_db()
    assert (answer.status_code, owed.owner) == (200, worker)


def decision(home, **fields):
    return {
        "know": "Kyle moved in.",
        "worries": "Nobody has met him.",
        "protects": "Grandmother",
        "decision": "Both stand",
        "why": "He was met and checked",
        "agencies_told": "School",
        "family_told": "Leanne",
        "action-TOTAL_FORMS": "0",
        "action-INITIAL_FORMS": "0",
        **{
            key: value
            for child in home.children
            for key, value in (
                (f"child-{child.pk}-outcome", ChangeOutcome.STANDS.value),
                (f"child-{child.pk}-line", f"{child.given_name} has met Kyle"),
            )
        },
        **fields,
    }


def test_the_decision_is_written_early_and_recorded_when_every_child_is_reviewed(
    ask, home, moved_in, manager, worker
):
    triaged(moved_in, manager)
    for name in ("Maisie", "Isla"):
        reviewed(moved_in, home[name], worker)

    early = ask(manager, "cases:change_decide", moved_in.pk, **decision(home))
    assert early.status_code == 409
    assert "You cannot close this yet" in text_of(early)
    assert "Jayden Mockford has no review" in text_of(early)
    kept = ask(manager, "cases:change_decide", moved_in.pk)
    assert "He was met and checked" in text_of(kept)
    reviewed(moved_in, home["Jayden"], worker)
    done = ask(manager, "cases:change_decide", moved_in.pk, **decision(home))

    assert "This change is done for every child of the home" in text_of(done)
    assert "Jayden has met Kyle" in text_of(done)


def test_a_decision_names_each_missing_thing_at_its_box(ask, home, moved_in, manager, worker):
    triaged(moved_in, manager)
    for child in home.children:
        reviewed(moved_in, child, worker)

    page = ask(
        manager,
        "cases:change_decide",
        moved_in.pk,
        **decision(
            home,
            family_told="",
            **{f"child-{home['Jayden'].pk}-outcome": ChangeOutcome.PLAN.value},
        ),
    )

    assert "Say what the family was told" in text_of(page)
    assert "for Jayden Mockford: nothing like it is on the record yet" in text_of(page)


def test_a_draft_is_kept_and_left(ask, home, moved_in, manager):
    triaged(moved_in, manager)

    answer = ask(manager, "cases:change_decide", moved_in.pk, know="Kyle moved in.", keep="1")

    assert "Draft kept" in text_of(answer)
    assert "Go on with your draft" in text_of(ask(manager, "cases:change", moved_in.pk))


def test_another_direction_is_asked_for_before_anything_is_checked(ask, home, moved_in, manager):
    triaged(moved_in, manager)

    page = ask(
        manager,
        "cases:change_decide",
        moved_in.pk,
        **decision(home, add="action", know="Kyle moved in."),
    )

    assert page.status_code == 200
    assert "Kyle moved in." in text_of(page)
    assert "There is a problem" not in text_of(page)


def test_two_reports_are_merged_on_the_page(ask, home, moved_in, manager, worker):
    second = logged(worker, home["Jayden"], at=LEARNED + timedelta(hours=1))
    page = ask(manager, "cases:change_merge", second.pk)
    assert "Kyle Stubbs moved in" in text_of(page)

    answer = ask(
        manager,
        "cases:change_merge",
        second.pk,
        other=str(moved_in.pk),
        because="Two people rang",
    )

    assert "Merged. The one learned first goes on" in text_of(answer)


def test_a_child_elsewhere_is_told_on_the_page(ask, home, moved_in, worker):
    one = ChangeElsewhere.objects.create(
        change=moved_in, child=ChildFactory(given_name="Tyler"), recorded_at=LEARNED
    )

    page = ask(worker, "cases:change_elsewhere", one.pk, is_told="yes", whom="", answer="")
    assert "Say who was told" in text_of(page)
    page = ask(
        worker, "cases:change_elsewhere", one.pk, is_told="yes", whom="Reading", answer="They know"
    )

    assert "Told: Reading" in text_of(page)
    assert "They know" in text_of(page)


def test_a_restricted_child_leaks_nothing_and_its_holder_answers(
    ask, home, moved_in, manager, worker, head_of_service
):
    Restriction.objects.create(
        person=home["Isla"],
        owner=head_of_service,
        reason="A colleague's child",
        at=LEARNED,
        recorded_at=LEARNED,
        recorded_by=head_of_service,
    )
    triaged(moved_in, manager)
    reviewed(moved_in, home["Isla"], head_of_service, effect="Secret words")

    page = ask(manager, "cases:change", moved_in.pk)
    said = text_of(page)
    assert "Isla" not in said
    assert "Secret words" not in said
    assert str(home["Isla"].pk) not in page.content.decode()
    assert "Restricted child, ring Helen Dummyfield" in said
    mine = ask(
        head_of_service,
        "cases:change_line",
        moved_in.pk,
        home["Isla"].pk,
        **{
            f"child-{home['Isla'].pk}-outcome": "stands",
            f"child-{home['Isla'].pk}-line": "Safe",
        },
    )
    assert "The manager sees that you have answered" in text_of(mine)


def test_a_change_about_nobody_i_may_see_does_not_exist(
    ask, home, manager, worker, head_of_service
):
    change = logged(worker, home["Jayden"])
    for child in home.children:
        Restriction.objects.create(
            person=child,
            owner=head_of_service,
            reason="A colleague's children",
            at=LEARNED,
            recorded_at=LEARNED,
            recorded_by=head_of_service,
        )

    assert ask(manager, "cases:change", change.pk).status_code == 404


def test_home_names_the_reviews_owed_and_the_changes_to_settle(
    ask, home, moved_in, manager, worker, django_assert_num_queries
):
    said = text_of(ask(manager, "cases:home", at=TRIAGED))
    assert "Triage the change" in said
    triaged(moved_in, manager)

    said = text_of(ask(worker, "cases:home", at=TRIAGED))
    assert said.count("Review the risk, ") == 3
    assert "Kyle Stubbs moved in" in said
    for user in (worker, manager):
        with application_clock.set_to(TRIAGED), CaptureQueriesContext(connection) as one:
            change_work(by=user, at=TRIAGED)
        other = logged(worker, home["Jayden"], at=TRIAGED)
        triaged(other, manager)
        with application_clock.set_to(TRIAGED), django_assert_num_queries(len(one)):
            rows = change_work(by=user, at=TRIAGED)
    assert {(row.verb, row.detail) for row in rows} == {
        ("See to the reviews", "0 of 3 children reviewed")
    }


def test_a_childs_page_tells_of_the_change_and_the_review(ask, home, moved_in, manager, worker):
    triaged(moved_in, manager, change_class=ChangeClass.SIGNIFICANT)

    page = ask(worker, "cases:child", home["Jayden"].pk, at=TRIAGED)

    said = text_of(page)
    assert "Changes in the home" in said
    assert "Kyle Stubbs moved in" in said
    assert "Femi Exampleton has this child’s review" in said
    assert "Change triaged: significant" in said
    assert reverse("cases:change", args=[moved_in.pk]) in page.content.decode()
