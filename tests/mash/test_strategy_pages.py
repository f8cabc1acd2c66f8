"""The pages of a strategy discussion, from the call to the minutes, and what agencies see."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.choices import AgencyKind
from cases.models import MeetingContribution, MeetingPart, Section47Decision
from cases.queries.work import home
from lib import application_clock
from mash import actions
from mash.models import StrategyDiscussion
from tests.cases.front_door import TYPED, hours
from tests.factories.accounts import UserFactory
from tests.factories.people import RestrictionFactory
from tests.mash.discussions import (
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
from tests.mash.pages import form, moment, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock():
    with application_clock.set_to(hours(5)):
        yield


@pytest.fixture
def case(contact_officer, mash_manager):
    return called(contact_officer, mash_manager)


@pytest.fixture
def team(assessment_team_manager):
    return assessment_team_manager.managed_teams.get()


def url(name, row):
    return reverse(f"mash:{name}", args=[row.pk])


def queries_of(client, address):
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


def verbs(user, at=None):
    groups = home(by=user, at=at or hours(5))
    return [row.verb for group in groups for row in group.rows if "discussion" in row.url]


def test_discussion_goes_from_call_to_minutes_through_its_pages(
    client, contact_officer, mash_manager, mash_social_worker, team
):
    case = called(contact_officer, mash_manager)
    client.force_login(mash_manager)
    assert verbs(mash_manager) == ["Hold the discussion"]

    school = agency(AgencyKind.SCHOOL, "Larkmead Dummy School")
    page = client.post(
        url("discussion_invite", case),
        form(agencies=[str(school.pk)], **{f"asked_{school.pk}": "How she is"}),
        follow=True,
    )
    part = MeetingPart.objects.get(agency=school)
    page = client.post(
        url("contribution", part),
        form(
            information="Quiet since Monday",
            reliability="fact",
            sharing="may_share",
            author="Head",
            how="By phone",
            **moment("12 3 2026", "12:30"),
        ),
        follow=True,
    )
    assert "Quiet since Monday" in text_of(page)

    sent = form(
        mode="video",
        social_worker=str(mash_social_worker.pk),
        manager=str(mash_manager.pk),
        **moment("12 3 2026", "13:00"),
    )
    for each in (case.police, case.health):
        sent |= {f"part-{each.pk}-there": "yes", f"part-{each.pk}-who": "Sgt Proto"}
    missing = client.post(url("discussion_hold", case), sent)
    assert "Say whether Larkmead Dummy School was there" in text_of(missing)
    sent[f"part-{part.pk}-there"] = "no"
    page = client.post(url("discussion_hold", case), sent, follow=True)
    assert "Conclude for each child" in text_of(page)
    assert verbs(mash_manager) == ["Conclude"]
    for gone in ("discussion_hold", "discussion_minutes"):  # recorded already, and not owed yet
        assert client.get(url(gone, case)).status_code == 302

    empty = client.post(url("discussion_conclude", case), form(**ROWS))
    for words in (
        "Say whether the threshold is met for Aaliyah Testwood",
        "Say whether the threshold is met for Zayn Testwood",
        "Say what we know",
        "Say what the parents are told and when, or why not",
        "Say whether legal advice is needed",
    ):
        assert words in text_of(empty)
    page = client.post(url("discussion_conclude", case), conclusion(case, team), follow=True)
    assert (
        "The section 47 threshold is met for Aaliyah Testwood, so the enquiry is open."
        in text_of(page)
    )
    assert Section47Decision.objects.get(is_met=True).child_id == case.aaliyah.pk
    assert verbs(mash_manager) == ["Send the minutes"]

    page = client.post(
        url("discussion_minutes", case),
        form(minutes="As concluded.", parts=[str(case.police.pk), str(case.health.pk)]),
        follow=True,
    )
    assert "The minutes and actions are sent." in text_of(page)
    assert verbs(mash_manager) == []
    child = text_of(client.get(reverse("cases:child", args=[case.aaliyah.pk])))
    assert "Strategy discussion, held" in child


ROWS = {
    "actions-TOTAL_FORMS": "1",
    "actions-INITIAL_FORMS": "0",
    "actions-MIN_NUM_FORMS": "0",
    "actions-MAX_NUM_FORMS": "20",
}


def conclusion(case, team, **more):
    """What a browser sends: met for Aaliyah, not met for Zayn."""
    one, two = f"child-{case.aaliyah.pk}", f"child-{case.zayn.pk}"
    sent = form(
        know="A burn",
        worries="Another tonight",
        protects="Grandmother",
        alternative="Waiting",
        parents_told="Mother at two",
        is_legal_advice_needed="no",
        to_team=str(team.pk),
        **ROWS,
        **{
            "actions-0-what": "Ring the nursery",
            "actions-0-owner": "School nurse",
            **moment("13 3 2026", "12:00", name="actions-0-by_when"),
            f"{one}-is_met": "yes",
            f"{one}-why": "Nobody explains it",
            f"{one}-is_joint": "joint",
            f"{one}-seen_by": "Femi and DC Dummy",
            **moment("12 3 2026", "16:00", name=f"{one}-see_at"),
            f"{one}-is_seen_alone": "yes",
            f"{one}-medical": "needed",
            f"{one}-safety_plan": "Grandmother sleeps there",
            f"{two}-is_met": "no",
            f"{two}-why": "Nothing points to him",
            f"{two}-then": "assessment",
        },
    )
    return sent | more


def test_conclusion_puts_what_is_missing_beside_the_child(
    client, case, mash_manager, mash_social_worker, team
):
    held(case, mash_manager, mash_social_worker)
    client.force_login(mash_manager)
    one = f"child-{case.aaliyah.pk}"

    page = client.post(
        url("discussion_conclude", case),
        conclusion(case, team, **{f"{one}-safety_plan": "", "to_team": ""}),
    )

    assert f'href="#id_{one}-safety_plan"' in page.content.decode()
    assert "Say what keeps Aaliyah Testwood safe tonight" in text_of(page)
    assert "Choose the assessment team for Aaliyah Testwood and Zayn Testwood" in text_of(page)
    assert "Grandmother" in page.content.decode()


def test_draft_of_a_conclusion_is_kept(client, case, mash_manager, mash_social_worker, team):
    held(case, mash_manager, mash_social_worker)
    client.force_login(mash_manager)

    client.post(url("discussion_conclude", case), conclusion(case, team, keep_draft="1"))
    page = client.get(url("discussion_conclude", case))

    assert "Nobody explains it" in page.content.decode()
    assert case.anew().concluded_at is None


def test_child_not_called_for_stands_on_the_page_and_the_restricted_one_is_whom_to_ring(
    client, case, mash_manager, mash_social_worker
):
    case.discussion.children.filter(child=case.zayn).delete()
    held(case, mash_manager, mash_social_worker)
    client.force_login(mash_manager)
    assert "Not called for" in text_of(client.get(url("discussion_conclude", case)))

    RestrictionFactory(person=case.zayn)
    page = text_of(client.get(url("discussion_conclude", case)))

    assert "Zayn" not in page
    assert "Restricted child, ring" in page


def test_discussion_about_a_restricted_child_is_closed(client, case, mash_social_worker):
    RestrictionFactory(person=case.aaliyah)
    client.force_login(mash_social_worker)

    page = client.get(url("discussion", case))

    assert page.status_code == 403
    assert "Aaliyah" not in text_of(page)
    assert "A burn" not in text_of(page)
    assert "Ring" in text_of(page)


def test_not_quorate_is_said_until_the_missing_agency_has_contributed(
    client, case, mash_manager, mash_social_worker, team
):
    held(
        case,
        mash_manager,
        mash_social_worker,
        attendance=[there(case.police), absent(case.health)],
    )
    concluded(case, mash_manager, to_team_id=team.pk, not_quorate_because="She goes home at four")
    client.force_login(mash_manager)
    page = text_of(client.get(url("discussion", case)))
    assert "Not caught up with health yet" in page
    assert "Get what was missing" in verbs(mash_manager)
    StrategyDiscussion.objects.filter(pk=case.pk).update(chair=UserFactory(is_active=False))
    assert "Get what was missing" in verbs(mash_manager)  # whose children they are

    client.post(
        url("contribution", case.health),
        form(
            information="Seen twice",
            reliability="fact",
            sharing="may_share",
            author="Dr Dummy",
            how="By phone",
            **moment("12 3 2026", "14:30"),
        ),
    )

    page = text_of(client.get(url("discussion", case)))
    assert "Not quorate" in page
    assert "Not caught up" not in page
    assert "Get what was missing" not in verbs(mash_manager)
    shown = text_of(client.get(reverse("cases:agencies_at_meetings")))
    assert "Dummy Park Hospital Health Strategy discussion 1 0 0 1, 1 caught up later 0" in shown
    assert "Dummy Valley Police Police Strategy discussion 1 1 0 0 0" in shown
    assert shown.index("Dummy Park") < shown.index("Dummy Valley")  # missing stands first


def test_agency_sees_what_it_is_asked_and_contributes_beforehand(
    client, case, partner_user, mash_manager, mash_social_worker, team
):
    partner_user.agency = case.health.agency
    partner_user.save()
    client.force_login(partner_user)
    listed = text_of(client.get(reverse("mash:agency_checks")))
    assert "Aaliyah Testwood" in listed
    assert "waits for you" in listed

    page = client.get(url("agency_discussion", case.health))
    assert "Injuries seen" in text_of(page)
    assert "Aaliyah Testwood born 14 September 2018" in text_of(page)
    assert "Because of" not in text_of(page)
    client.post(
        url("agency_discussion_reply", case.health), form(reply="not_coming", note="In theatre")
    )
    client.post(
        url("agency_discussion", case.health),
        form(
            information="Bruises twice",
            reliability="fact",
            sharing="not_family",
            author="Sister Dummy",
        ),
    )
    assert MeetingContribution.objects.get().information == "Bruises twice"
    assert client.get(url("agency_discussion", case.police)).status_code == 404

    held(case, mash_manager, mash_social_worker)
    concluded(case, mash_manager, to_team_id=team.pk)
    assert "As concluded" not in text_of(client.get(url("agency_discussion", case.health)))
    actions.send_minutes(
        by=mash_manager,
        at=hours(4.5),
        discussion_id=case.pk,
        minutes="As concluded.",
        part_ids=[case.police.pk, case.health.pk],
    )

    page = text_of(client.get(url("agency_discussion", case.health)))
    assert "As concluded." in page
    assert "A burn the size of a coin" not in page


def test_agency_told_of_a_restricted_child_reads_no_name(client, case, partner_user):
    partner_user.agency = case.health.agency
    partner_user.save()
    RestrictionFactory(person=case.zayn)
    client.force_login(partner_user)

    page = text_of(client.get(url("agency_discussion", case.health)))

    assert "Zayn" not in page
    assert "A child you are told about by phone" in page


def test_reply_without_a_reason_is_asked_for_it(client, case, partner_user):
    partner_user.agency = case.health.agency
    partner_user.save()
    client.force_login(partner_user)

    page = client.post(
        url("agency_discussion_reply", case.health), form(reply="not_coming", note="")
    )

    assert "Say why you cannot take part" in text_of(page)


def test_discussion_is_called_from_a_childs_page(client, case, mash_social_worker, mash_manager):
    client.force_login(mash_social_worker)
    address = reverse("mash:call_for_child", args=[case.aaliyah.pk])
    page = client.get(address)
    assert "Aaliyah Testwood, 7" in text_of(page)
    assert "A discussion about Aaliyah Testwood is called already" in text_of(page)

    done = client.post(
        address,
        form(
            children=[str(case.aaliyah.pk)],
            reason="A second injury",
            is_same_day="yes",
            chair=str(mash_manager.pk),
            requested_by=str(case.health.agency_id),
        ),
        follow=True,
    )

    assert "Next: ask the agencies." in text_of(done)
    assert "Dummy Park Hospital asked for it" in text_of(done)
    assert StrategyDiscussion.objects.filter(contact=None).count() == 1


def test_request_of_an_agency_that_is_refused_stands_with_the_reason_on_each_childs_page(
    client, case, mash_social_worker, mash_manager
):
    address = reverse("mash:refuse_discussion", args=[case.aaliyah.pk])
    client.force_login(mash_social_worker)
    calling = reverse("mash:call_for_child", args=[case.aaliyah.pk])
    assert address not in client.get(calling).content.decode()
    assert client.get(address).status_code == 403
    client.force_login(mash_manager)
    assert address in client.get(calling).content.decode()
    given = {
        "agency": str(case.health.agency_id),
        "asked_by": "Dr Dummy, by phone",
        "children": [str(case.aaliyah.pk), str(case.zayn.pk)],
        "asked_because": "A third visit with a bruise",
        "told": "By phone at noon, with the number of the head of service",
    }
    assert "Say why no discussion is called" in text_of(client.post(address, form(**given)))

    client.post(address, form(**given, refused_because="Both were seen today and are safe"))

    for child in (case.aaliyah, case.zayn):
        shown = text_of(client.get(reverse("cases:child", args=[child.pk])))
        assert "Dummy Park Hospital asked (Dr Dummy, by phone)" in shown
        assert "Both were seen today and are safe" in shown
        assert "An agency asked for a strategy discussion; none was called" in shown


def test_edt_finds_the_chairs_buttons_at_night_and_the_manager_confirms(
    client, case, edt_worker, mash_manager, team
):
    client.force_login(edt_worker)
    assert "Record who took part" not in text_of(client.get(url("discussion", case)))
    night = hours(13)
    with application_clock.set_to(night + timedelta(hours=1)):
        client.logout()
        client.force_login(edt_worker)
        assert "Record who took part" in text_of(client.get(url("discussion", case)))
        held(case, edt_worker, edt_worker, at=night, manager_id=mash_manager.pk, late_reason="x")
        concluded(case, edt_worker, to_team_id=team.pk, at=night)
        assert "Confirm EDT’s conclusion" in verbs(mash_manager, at=night)
    with application_clock.set_to(TYPED):
        client.logout()
        client.force_login(mash_manager)
        page = client.post(url("discussion_confirm", case), form(note="It stands"), follow=True)

    assert "EDT’s conclusion is confirmed." in text_of(page)


@pytest.mark.parametrize("name", ["discussion", "discussion_hold", "discussion_conclude"])
def test_query_count_does_not_grow_with_agencies(
    client, case, mash_manager, mash_social_worker, name
):
    client.force_login(mash_manager)
    if name == "discussion_conclude":
        held(case, mash_manager, mash_social_worker)
    client.get(url(name, case))
    few = queries_of(client, url(name, case))

    actions.invite_agencies(
        by=mash_manager,
        at=hours(4),
        discussion_id=case.pk,
        invitations=[
            actions.Invitation(agency_id=agency(AgencyKind.SCHOOL, f"School {n}").pk, asked="x")
            for n in range(4)
        ],
    )

    assert queries_of(client, url(name, case)) <= few


def test_home_and_agency_list_query_counts_do_not_grow(
    client, case, contact_officer, mash_manager, partner_user
):
    partner_user.agency = case.health.agency
    partner_user.save()
    counts = {}
    for user, name in (
        (mash_manager, "cases:home"),
        (mash_manager, "cases:agencies_at_meetings"),
        (partner_user, "mash:agency_checks"),
    ):
        client.force_login(user)
        client.get(reverse(name))
        counts[name] = queries_of(client, reverse(name))
    for number in range(3):
        discussion = actions.call_for_child(
            by=mash_manager,
            at=hours(4) + timedelta(minutes=number),
            child_id=case.zayn.pk,
            child_ids=[case.zayn.pk],
            reason="Again",
            is_same_day=True,
        )
        invited(discussion, mash_manager, at=hours(4.5))

    for user, name in ((mash_manager, "cases:home"), (partner_user, "mash:agency_checks")):
        client.force_login(user)
        client.get(reverse(name))
        assert queries_of(client, reverse(name)) <= counts[name]


def test_concluded_page_shows_each_child_and_the_restricted_as_whom_to_ring(
    client, case, mash_manager, mash_social_worker, assessment_social_worker, team
):
    held(case, mash_manager, mash_social_worker)
    concluded(case, mash_manager, met(case.aaliyah), not_met(case.zayn), to_team_id=team.pk)
    client.force_login(assessment_social_worker)

    page = text_of(client.get(url("discussion", case)))

    assert "Aaliyah Testwood: threshold met" in page
    assert "Zayn Testwood: threshold not met" in page
    assert "Jointly with the police" in page
