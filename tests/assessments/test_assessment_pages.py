"""The pages of assessments through the client: what is shown, kept and refused."""

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.choices import Role, TeamKind
from assessments import actions
from assessments.actions.writing import CLASH, fingerprint
from assessments.models import Assessment, AssessmentText, TextVersion
from cases.models import Referral
from lib import application_clock
from people import actions as people_actions
from record.models import Draft, ReadLogEntry
from tests.assessments.families import (
    REASONS,
    WRITTEN,
    authorise,
    checkpoint,
    joins,
    started,
    submitted,
    typed,
    visited,
    written,
)
from tests.personas import member

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock(typed_later):
    with application_clock.set_to(WRITTEN + timedelta(hours=3)):
        yield


WHY = {key: getattr(REASONS, key) for key in ("know", "worries", "protects", "decision", "why")}


def at(name, *args):
    return reverse(f"assessments:{name}", args=args)


def box(name, words, *, version=0, was=""):
    return {f"version-{name}": str(version), f"was-{name}": fingerprint(was), name: words}


def page_of(client, by, address):
    client.force_login(by)
    return client.get(address).content.decode()


def test_a_manager_starts_from_the_referral_and_is_told_who_gets_a_part(
    client, children, assessment_team_manager
):
    client.force_login(assessment_team_manager)
    referral = Referral.objects.get(child=children[0])
    shown = client.get(at("start", referral.pk)).content.decode()
    assert shown.count("Gets a part of their own") == 3

    answer = client.post(
        at("start", referral.pk),
        {
            "plan": "See them",
            "review_on_day": "1",
            "review_on_month": "4",
            "review_on_year": "2026",
        },
    )

    made = Assessment.objects.get()
    assert answer["Location"] == at("assessment", made.pk)
    assert made.children.count() == 3


def test_writing_without_javascript_saves_and_goes_on(
    client, assessment, children, assessment_social_worker
):
    client.force_login(assessment_social_worker)
    here = at("write_child", assessment.pk, children[0].pk)
    name = f"child-{children[0].pk}-voice"
    onward = at("write_child", assessment.pk, children[2].pk)

    answer = client.post(here, {**box(name, "“I ring Lina.”"), "next": onward})
    elsewhere = client.post(here, {"next": "https://example.org/"})

    assert answer["Location"] == onward
    assert elsewhere["Location"] == here
    assert "“I ring Lina.”" in client.get(here).content.decode()


def test_an_autosave_answers_with_what_the_page_sends_next(
    client, assessment, assessment_social_worker
):
    client.force_login(assessment_social_worker)

    answer = client.post(at("save", assessment.pk), box("analysis", "It is the nights."))

    assert answer.json()["fields"] == {
        "version-analysis": "1",
        "was-analysis": fingerprint("It is the nights."),
    }
    assert answer.json()["clashes"] == []
    client.post(at("save", assessment.pk) + "?leaving=1", {})
    assert TextVersion.objects.get().because == "left"


def test_a_clash_shows_both_texts_and_lets_the_writer_choose(
    client, assessment, assessment_social_worker
):
    other = member("Pat Fixture", Role.PRACTICE_SUPERVISOR, TeamKind.ASSESSMENT)
    actions.save_words(
        by=other,
        at=WRITTEN,
        assessment_id=assessment.pk,
        typed=[typed(assessment, "analysis", "Words of Pat")],
    )
    client.force_login(assessment_social_worker)

    answer = client.post(at("save", assessment.pk), box("analysis", "Words of mine"))
    (clash,) = answer.json()["clashes"]
    both = client.get(clash["url"]).content.decode()
    unanswered = client.post(clash["url"], {"version": "1"}).content.decode()
    stale = client.post(clash["url"], {"version": "7", "keep": "mine"})
    client.post(clash["url"], {"version": "1", "keep": "both"})

    assert "Words of Pat" in both
    assert "Words of mine" in both
    assert "Choose which text stays" in unanswered
    assert stale.status_code == 409
    assert AssessmentText.objects.get().words == "Words of Pat\n\nWords of mine"
    assert not Draft.objects.filter(form=CLASH).exists()
    assert client.get(clash["url"]).status_code == 302


def test_a_box_somebody_writes_in_is_read_and_asked_for(
    client, assessment, children, assessment_social_worker
):
    other = member("Pat Fixture", Role.PRACTICE_SUPERVISOR, TeamKind.ASSESSMENT)
    actions.save_words(
        by=other,
        at=application_clock.now() - timedelta(seconds=20),
        assessment_id=assessment.pk,
        typed=[typed(assessment, "health", "Asthma", children[0])],
    )
    here = at("write_child", assessment.pk, children[0].pk)
    shown = page_of(client, assessment_social_worker, here)
    who = client.get(at("here", assessment.pk) + f"?at=child-{children[0].pk}").content.decode()

    assert "Pat Fixture is writing here" in shown
    assert f'name="child-{children[0].pk}-health"' not in shown
    assert "is writing in “Idris’s health and development”" in who
    text = AssessmentText.objects.get()
    asked = client.post(here, {"ask": str(text.pk)}, follow=True).content.decode()
    assert "Pat Fixture has been asked" in asked


def test_words_typed_after_submitting_are_kept_for_their_writer(
    client, assessment, assessment_social_worker
):
    submitted(assessment, assessment_social_worker)
    client.force_login(assessment_social_worker)

    answer = client.post(at("save", assessment.pk), box("analysis", "One thing more", version=1))
    plain = client.post(
        at("write", assessment.pk, "analysis"), box("analysis", "And another", version=1)
    )

    assert answer.status_code == 409
    assert "Femi Exampleton submitted this" in answer.json()["clash"]
    assert plain["Location"] == at("assessment", assessment.pk)
    assert "And another" in client.get(at("left_over", assessment.pk)).content.decode()


def test_visits_are_shown_and_put_in(client, assessment, children, assessment_social_worker):
    line = visited(children[0], assessment_social_worker, words="“I ring Lina.”")
    here = at("write_child", assessment.pk, children[0].pk)

    shown = page_of(client, assessment_social_worker, here)
    client.post(here, {"put_in": str(line.pk)})

    assert "Seen once, alone once; last Mon 9 March 2026, at home" in shown
    assert "9 March 2026: “I ring Lina.”" in client.get(here).content.decode()


def test_the_check_lists_what_is_missing_per_child_as_links_and_submits_nothing(
    client, assessment, children, assessment_social_worker
):
    joins(children[0], assessment_social_worker)
    client.force_login(assessment_social_worker)

    answer = client.post(at("check", assessment.pk), {}).content.decode()

    voice = f"#id_child-{children[1].pk}-voice"
    assert at("write_child", assessment.pk, children[1].pk) + voice in answer
    assert "Beth Example belongs to the household and has no assessment" in answer
    assessment.refresh_from_db()
    assert assessment.state == "started"


def test_submit_return_and_authorise_through_the_pages(
    client, assessment, children, assessment_social_worker, assessment_team_manager
):
    written(assessment, assessment_social_worker)
    client.force_login(assessment_social_worker)
    client.post(at("check", assessment.pk), {})
    client.force_login(assessment_team_manager)
    client.post(
        at("return", assessment.pk),
        {
            "missing": "Sami’s own voice",
            "due_on": "20 3 2026",
            f"child-{children[2].pk}": "Ask him to draw",
        },
    )
    client.force_login(assessment_social_worker)
    writes = client.get(at("write_child", assessment.pk, children[2].pk)).content.decode()
    assert "Ask him to draw" in writes
    client.post(at("check", assessment.pk), {})
    client.force_login(assessment_team_manager)
    answers = {
        "submission": "2",
        "directions-TOTAL_FORMS": "1",
        "directions-INITIAL_FORMS": "0",
        **{
            key: getattr(REASONS, key) for key in ("know", "worries", "protects", "decision", "why")
        },
    }
    refused = client.post(at("authorise", assessment.pk), answers).content.decode()
    assert "Choose an outcome for Sami" in refused
    assert REASONS.worries in refused
    for child in children:
        answers |= {
            f"child-{child.pk}-outcome": "cin_plan",
            f"child-{child.pk}-primary_need": "N1",
            f"child-{child.pk}-factors": ["3B"],
        }

    answer = client.post(at("authorise", assessment.pk), answers)

    assert answer["Location"] == at("assessment", assessment.pk)
    shown = client.get(at("assessment", assessment.pk)).content.decode()
    assert "Ruth Mockridge authorised it" in shown
    assert REASONS.protects in shown


def test_a_refusal_names_the_child_and_leads_to_where_it_is_done(
    client, assessment, children, assessment_social_worker, assessment_team_manager
):
    submitted(assessment, assessment_social_worker)
    joins(children[0], assessment_social_worker)
    client.force_login(assessment_team_manager)
    answers = {
        "submission": "1",
        "directions-TOTAL_FORMS": "1",
        "directions-INITIAL_FORMS": "0",
        **{
            key: getattr(REASONS, key) for key in ("know", "worries", "protects", "decision", "why")
        },
    }
    for child in children:
        answers |= {
            f"child-{child.pk}-outcome": "cin_plan",
            f"child-{child.pk}-primary_need": "N1",
            f"child-{child.pk}-factors": ["3B"],
        }

    answer = client.post(at("authorise", assessment.pk), answers)

    assert answer.status_code == 409
    shown = answer.content.decode()
    assert "It cannot be authorised yet" in shown
    assert "Beth Example belongs to the household and has no assessment" in shown


def test_the_author_is_told_who_authorises_instead(
    client, assessment, assessment_social_worker, head_of_service
):
    from tests.factories.accounts import with_role

    submitted(assessment, assessment_social_worker)
    with_role(assessment_social_worker, Role.ASSESSMENT_TEAM_MANAGER)

    shown = page_of(client, assessment_social_worker, at("authorise", assessment.pk))

    assert "Ruth Mockridge or a head of service authorises it" in shown
    assert 'id="decide"' not in shown


def test_an_assessment_about_a_restricted_child_says_whom_to_ring_and_nothing_else(
    client, assessment, children, assessment_social_worker, mash_manager, head_of_service
):
    people_actions.restrict(
        by=mash_manager,
        at=WRITTEN,
        person_id=children[0].pk,
        owner_id=head_of_service.pk,
        reason="A relative works here",
    )
    client.force_login(assessment_social_worker)

    for name in ("assessment", "household", "versions", "go_on", "check", "here"):
        answer = client.get(at(name, assessment.pk))
        shown = answer.content.decode()
        assert answer.status_code == 403
        assert head_of_service.full_name in shown
        assert "Idris" not in shown
        assert "Lina" not in shown
    listed = client.get(at("assessments")).content.decode()
    assert f"Restricted child, ring {head_of_service.full_name}" in listed
    assert "Lina" not in listed


def test_a_restricted_child_of_the_household_is_whom_to_ring(
    client, assessment, children, assessment_social_worker, mash_manager, head_of_service
):
    beth = joins(children[0], assessment_social_worker)
    people_actions.restrict(
        by=mash_manager,
        at=WRITTEN,
        person_id=beth.pk,
        owner_id=head_of_service.pk,
        reason="A relative works here",
    )
    client.force_login(assessment_social_worker)

    for name in ("assessment", "household", "check"):
        shown = client.get(at(name, assessment.pk)).content.decode()
        assert "Beth" not in shown
    answer = client.get(at("not_assessed", assessment.pk, beth.pk))
    assert answer.status_code == 404


def test_a_restricted_child_who_was_taken_out_is_not_in_the_others_assessment(
    client, assessment, children, assessment_social_worker, assessment_team_manager, mash_manager
):
    """Before, the page named the child, and the versions showed what had been written."""
    checkpoint(assessment, assessment_team_manager, children)
    submitted(assessment, assessment_social_worker)
    actions.return_to_writer(
        by=assessment_team_manager,
        at=WRITTEN + timedelta(hours=1),
        assessment_id=assessment.pk,
        missing="More of each child",
        due_on=WRITTEN.date() + timedelta(days=5),
        comments=[actions.Comment(section="child", words="Say more", child_id=children[0].pk)],
    )
    actions.take_out(
        by=assessment_team_manager,
        at=WRITTEN + timedelta(hours=1),
        assessment_id=assessment.pk,
        child_id=children[0].pk,
        because="Idris is restricted",
    )
    client.force_login(assessment_social_worker)
    assert "Idris" in client.get(at("assessment", assessment.pk)).content.decode()
    people_actions.restrict(
        by=mash_manager,
        at=WRITTEN,
        person_id=children[0].pk,
        owner_id=mash_manager.pk,
        reason="A relative works here",
    )

    for address in (
        at("assessment", assessment.pk),
        at("versions", assessment.pk),
        at("write_child", assessment.pk, children[1].pk),
    ):
        answer = client.get(address)
        assert answer.status_code == 200
        assert "Idris" not in answer.content.decode()


def test_last_time_stands_beside_and_only_what_is_asked_for_is_brought_forward(
    client, assessment, children, assessment_social_worker, assessment_team_manager
):
    submitted(assessment, assessment_social_worker)
    authorise(assessment, assessment_team_manager)
    later = started(children, assessment_team_manager, at=WRITTEN + timedelta(hours=2, minutes=30))
    address = at("write_child", later.pk, children[0].pk)

    shown = page_of(client, assessment_social_worker, address)

    assert "Last time" in shown
    assert f"Idris alone: voice {children[0].pk}." in shown
    assert f"Lina alone: voice {children[1].pk}." not in shown
    assert 'name="bring" value="health"' in shown
    assert 'name="bring" value="voice"' not in shown
    assert not later.texts.exists()
    hidden = client.get(address + "?last=hide").content.decode()
    assert "Idris alone: voice" not in hidden
    assert 'name="bring"' not in hidden

    client.post(address, {"bring": "health"})
    refused = client.post(address, {"bring": "risk_why"}, follow=True).content.decode()
    assert "This is written anew in each assessment" in refused
    again = client.post(address, {"bring": "health"}, follow=True).content.decode()
    assert "This is in already" in again
    client.post(at("write", later.pk, "family"), {"bring": "family"})
    last = client.get(at("write", later.pk, "outcome")).content.decode()
    assert [f"Outcome for {name}" in last for name in ("Idris", "Lina", "Sami")] == [True] * 3
    health, family = later.texts.order_by("child")
    day = "From the assessment of 12 March 2026: "
    assert health.words.startswith(day)
    assert (health.child_id, health.key) == (children[0].pk, "health")
    assert (family.child_id, family.key) == (None, "family")
    assert later.authors.get().user == assessment_social_worker


def test_every_page_writes_down_who_looked(client, assessment, children, assessment_social_worker):
    client.force_login(assessment_social_worker)
    client.get(at("assessment", assessment.pk) + "?print")

    rows = ReadLogEntry.objects.filter(
        user=assessment_social_worker, place="assessments:assessment"
    )
    assert {row.child_id for row in rows} == {child.pk for child in children}
    assert {row.kind for row in rows} == {"print"}


def test_the_child_page_shows_what_is_current_and_what_is_due(
    client, assessment, children, assessment_social_worker, assessment_team_manager
):
    shown = page_of(client, assessment_team_manager, reverse("cases:child", args=[children[0].pk]))
    assert "Authorise the assessment within 45 working days of the referral" in shown
    submitted(assessment, assessment_social_worker)
    authorise(assessment, assessment_team_manager)

    shown = client.get(reverse("cases:child", args=[children[0].pk])).content.decode()

    assert "Current: authorised" in shown
    assert "Update it or assess again" in shown


def test_home_asks_the_worker_to_write_and_the_manager_to_answer(
    client, children, assessment_social_worker, assessment_team_manager
):
    home = reverse("cases:home")
    assert "Start the assessment" in page_of(client, assessment_team_manager, home)
    assessment = started(children, assessment_team_manager)
    assert "Write the assessment" in page_of(client, assessment_social_worker, home)
    submitted(assessment, assessment_social_worker)
    assert "Authorise or return" in page_of(client, assessment_team_manager, home)


def test_lists_ask_as_often_for_many_as_for_one(
    client,
    children,
    assessment,
    contact_officer,
    mash_manager,
    assessment_team_manager,
    assessment_social_worker,
    django_assert_max_num_queries,
):
    from tests.assessments.families import NAMES, RECEIVED, family

    client.force_login(assessment_team_manager)
    addresses = (at("assessments"), at("assessment", assessment.pk), reverse("cases:home"))
    counts = []
    for address in addresses:
        client.get(address)
        with django_assert_max_num_queries(120) as counted:
            client.get(address)
        counts.append(len(counted.captured_queries))
    for hour in (1, 2):
        more = family(
            contact_officer,
            mash_manager,
            assessment_team_manager,
            assessment_social_worker,
            names=NAMES[:2],
            at=RECEIVED + timedelta(hours=hour),
        )
        started(more, assessment_team_manager)

    for address, before in zip(addresses, counts, strict=True):
        with django_assert_max_num_queries(before):
            client.get(address)
