"""The triage board as its readers see it."""

import html
import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases import actions as case_actions
from cases.models import Contact
from lib import application_clock
from mash import actions
from mash.models import SavedView
from mash.queries import board as queries
from people import actions as people_actions
from record.models import ReadLogEntry
from tests.factories.people import RestrictionFactory
from tests.mash.board_cases import NOW, child, london, received
from tests.mash.pages import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _thursday():
    with application_clock.set_to(NOW):
        yield


def board(client, query=""):
    return client.get(f"{reverse('mash:board')}?{query or 'clear=1'}")


def rate(by, contact, rag="amber", reason="Injury, explanation unclear", at=NOW):
    return actions.rate(by=by, at=at, contact_id=contact.pk, rag=rag, reason=reason)


def test_board_groups_contacts_by_lateness(client, contact_officer, mash_manager):
    received(contact_officer, child("Kacper", "Samplewski"), at=london(9, 10, 12))
    received(contact_officer, child("Oluwaseun", "Example"), at=london(10, 9, 5))
    received(contact_officer, child("Yusuf", "Placeholder"), at=london(11, 14, 10))
    received(contact_officer, child("Maryam", "Fixtureson"), at=london(12, 9, 47))
    client.force_login(mash_manager)

    page = text_of(board(client))

    assert "4 contacts about 4 children are waiting for a decision" in page
    order = [page.index(name) for name in ("Kacper", "Oluwaseun", "Yusuf", "Maryam")]
    assert order == sorted(order)
    assert "Very overdue 1" in page
    assert "Day 3 of 1, 2 working days late" in page
    assert "Day 2 of 1, 1 working day late" in page
    assert "Due 17:00 today, 3h 30m left" in page
    assert "Due tomorrow 16:45, 1 working day left" in page


def test_board_tells_how_a_clock_is_counted(client, contact_officer, mash_manager):
    received(contact_officer, child("Kacper", "Samplewski"), at=london(9, 10, 12))
    client.force_login(mash_manager)

    page = text_of(board(client))

    assert "Rule: Decide the next step by the end of the next working day" in page
    assert "limit Tue 10 March, 17:00 (day 1) · Wed 11 (day 2) · today (day 3)" in page
    assert "This clock never pauses." in page


@pytest.mark.parametrize("number", [10, 60])
def test_board_takes_twelve_queries_whatever_is_open(client, contact_officer, mash_manager, number):
    """Also with a filter that was not on before, and nothing in the cache."""
    for place in range(number):
        contact = received(
            contact_officer,
            child(f"Child{place}"),
            child(f"Sibling{place}"),
            at=london(9 + place % 4, 9 + place % 8, 5),
        )
        if place % 3 == 0:
            rate(contact_officer, contact)
        if place % 4 == 0:
            case_actions.claim(by=contact_officer, at=NOW, contact_id=contact.pk)
    client.force_login(mash_manager)
    board(client, "rag=amber")
    cache.clear()

    with CaptureQueriesContext(connection) as captured:
        response = board(client, "rag=amber&rag=none&q=e")

    assert response.status_code == 200
    assert len(captured) <= 12, "\n".join(query["sql"][:150] for query in captured)


def test_board_writes_one_row_into_the_read_log(client, contact_officer, mash_manager):
    contact = received(contact_officer, child(), child("Zayn"))
    client.force_login(mash_manager)

    board(client, "q=zayn")

    entry = ReadLogEntry.objects.get(place="mash:board")
    children = {row.person_id for row in contact.people.all()}
    assert entry.kind == "list"
    assert set(entry.person_ids) == children
    assert entry.filters == {"chosen": ["q"], "print": False}


def test_restricted_contact_keeps_place_and_clock_and_nothing_else(
    client, contact_officer, mash_manager, head_of_service
):
    contact = received(contact_officer, child("Secretname"), words="Secret words.")
    RestrictionFactory(person=contact.people.get().person, owner=head_of_service)
    client.force_login(mash_manager)

    page = text_of(board(client))

    assert "Restricted record" in page
    assert f"ring {head_of_service.full_name}" in page
    assert "Due tomorrow 16:45" in page
    assert "Ask for access" in page
    listed = page[page.index("Restricted record") :]
    for hidden in ("Secretname", "Secret words", contact.reference, "School"):
        assert hidden not in listed


@pytest.mark.parametrize("query", ["q=secretname", "rag=none", "source=2A", "claimed=nobody"])
def test_no_filter_finds_a_restricted_contact(
    client, contact_officer, mash_manager, head_of_service, query
):
    contact = received(contact_officer, child("Secretname"))
    RestrictionFactory(person=contact.people.get().person, owner=head_of_service)
    client.force_login(mash_manager)

    page = text_of(board(client, query))

    assert "Nothing to triage with this filter" in page
    assert "Restricted record" not in page


def test_head_of_service_reads_a_restricted_contact_on_the_board(
    client, contact_officer, head_of_service
):
    contact = received(contact_officer, child("Secretname"))
    RestrictionFactory(person=contact.people.get().person)
    client.force_login(head_of_service)

    assert "Secretname" in text_of(board(client))


def test_filter_lives_in_the_address_and_is_remembered(client, contact_officer, mash_manager):
    rate(contact_officer, received(contact_officer, child("Ambra")))
    received(contact_officer, child("Norah"))
    client.force_login(mash_manager)

    page = text_of(board(client, "rag=amber"))
    again = client.get(reverse("mash:board"))

    assert "Ambra" in page
    assert "Norah" not in page
    assert "Filtered by Amber Remove" in page
    assert again.status_code == 302
    assert again["Location"] == "/mash/board/?rag=amber"
    assert "This is the filter you used last" in text_of(client.get(again["Location"]))


def test_clearing_the_filter_is_remembered_too(client, mash_manager):
    client.force_login(mash_manager)
    board(client, "rag=amber")

    board(client, "clear=1")

    assert client.get(reverse("mash:board")).status_code == 200
    assert SavedView.objects.get(user=mash_manager, name="").query == ""


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=samplewski", {"Kacper"}),
        ("q=kacper+sample", {"Kacper"}),
        ("rag=none", {"Norah"}),
        ("rag=amber&rag=none", {"Kacper", "Norah"}),
        ("claimed=me", set()),
        ("claimed=nobody", {"Kacper", "Norah"}),
        ("waiting=screening", {"Kacper", "Norah"}),
        ("waiting=decision", set()),
        ("source=6", {"Kacper"}),
        ("mark=edt", set()),
        ("rag=purple", {"Kacper", "Norah"}),
    ],
)
def test_each_filter_finds_what_it_says(client, contact_officer, mash_manager, query, found):
    kacper = received(contact_officer, child("Kacper", "Samplewski"), source_code="6")
    rate(contact_officer, kacper)
    received(contact_officer, child("Norah"))
    client.force_login(mash_manager)

    page = text_of(board(client, query))

    assert {name for name in ("Kacper", "Norah") if name in page} == found


def test_name_searched_for_stands_in_no_address(client, contact_officer, mash_manager):
    received(contact_officer, child("Kacper"))
    received(contact_officer, child("Norah"))
    client.force_login(mash_manager)
    url = reverse("mash:board")

    sent = client.post(url, {"q": "kacper", "rag": ["none"], "sort": "received", "clear": "1"})
    page = client.get(sent.url)
    news = re.search(r'data-refresh-url="([^"]+)"', page.text)[1]
    client.post(
        reverse("mash:save_view"),
        {"back": re.search(r'name="back" value="([^"]+)"', page.text)[1], "name": "His"},
    )
    again = client.get(url, follow=True)

    for shown in (page, again):
        assert "Kacper" in text_of(shown)
        assert "Norah" not in text_of(shown)
        addresses = re.findall(r'(?:href|action|data-refresh-url)="([^"]*)"', shown.text)
        assert not [each for each in addresses if "kacper" in each.lower()]
    assert "kacper" not in (sent.url + again.redirect_chain[-1][0]).lower()
    assert "kacper" not in "".join(SavedView.objects.values_list("query", flat=True)).lower()
    assert SavedView.objects.exclude(name="").get().name == "His"
    assert client.get(html.unescape(news)).json()["href"].count("asked=") == 1
    assert client.post(url, {"clear": "1"}).url == f"{url}?clear=1"


def test_search_by_reference_finds_its_contact(client, contact_officer, mash_manager):
    contact = received(contact_officer, child("Kacper"))
    received(contact_officer, child("Norah"))
    client.force_login(mash_manager)

    page = text_of(board(client, f"q={contact.reference.lower()}"))

    assert "Kacper" in page
    assert "Norah" not in page


def test_counts_beside_choices_follow_the_other_filters(client, contact_officer, mash_manager):
    rate(contact_officer, received(contact_officer, child("Ambra")))
    claimed = received(contact_officer, child("Norah"))
    case_actions.claim(by=mash_manager, at=NOW, contact_id=claimed.pk)
    client.force_login(mash_manager)

    response = board(client, "claimed=nobody")

    facets = response.context["board"].facets
    assert facets["rag"]["amber"] == 1
    assert facets["rag"]["none"] == 0
    assert facets["claimed"] == {"me": 1, "nobody": 1}


def test_filter_never_hides_very_overdue_work_in_silence(client, contact_officer, mash_manager):
    received(contact_officer, child("Kacper"), at=london(9, 10, 12))
    client.force_login(mash_manager)

    page = text_of(board(client, "rag=red"))

    assert "1 very overdue contact is hidden by this filter. Show it" in page


def test_empty_by_filter_says_what_is_nearest(client, contact_officer, mash_manager):
    contact = received(contact_officer, child(), at=london(11, 11, 2))
    case_actions.claim(by=contact_officer, at=NOW, contact_id=contact.pk)
    client.force_login(mash_manager)

    page = text_of(board(client, "claimed=nobody"))

    assert (
        "Every open contact has been claimed. 1 contact is with someone; the nearest falls due at"
        " 17:00 today. Show all 1 contact" in page
    )


def test_truly_empty_board_says_so(client, mash_manager):
    client.force_login(mash_manager)

    page = text_of(board(client))

    assert "Nothing is waiting" in page
    assert "No contact has been decided today" in page


def test_long_group_shows_more_without_javascript(client, contact_officer, mash_manager):
    for place in range(4):
        received(contact_officer, child(f"Child{place:02}"), at=NOW - timedelta(minutes=30 - place))
    client.force_login(mash_manager)

    first = board(client, "later=2")
    more = board(client, "later=52")
    last = board(client, "later=200&later_from=3")

    assert "Show 2 more due later" in text_of(first)
    assert "later=52#later" in first.content.decode()
    assert "Child02" not in text_of(first)
    assert "Child03" in text_of(more)
    assert "more due later" not in text_of(more)
    assert "Child03" in text_of(last)
    assert "Child02" not in text_of(last)


@pytest.mark.parametrize("query", ["later=-1", "later=x", "later=99999999999", "later_from=%C2%B2"])
def test_nonsense_in_the_address_is_left_aside(client, contact_officer, mash_manager, query):
    received(contact_officer, child("Norah"))
    client.force_login(mash_manager)

    assert "Norah" in text_of(board(client, query))


def test_closed_contacts_are_those_the_door_closes(
    contact_officer, mash_manager, mash_social_worker, head_of_service
):
    open_one = received(contact_officer, child("Norah"))
    closed = received(contact_officer, child("Secretname"), child("Norman"))
    own = received(contact_officer, child("Ours"))
    RestrictionFactory(
        person=closed.people.order_by("position").first().person, owner=head_of_service
    )
    RestrictionFactory(person=own.people.get().person, owner=mash_manager)

    for user in (mash_manager, mash_social_worker, head_of_service):
        door = Contact.objects.on_board().restricted_to(user).values_list("pk", flat=True)
        assert set(queries._closed(user)) == set(door)
    assert set(queries._closed(mash_manager)) == {closed.pk}
    assert open_one.pk not in queries._closed(mash_social_worker)


def test_sorting_by_hand_keeps_the_groups(client, contact_officer, mash_manager):
    late = received(contact_officer, child("Latey"), at=london(9, 10))
    rate(contact_officer, received(contact_officer, child("Soon"), at=london(11, 9)))
    rate(contact_officer, late, rag="green")
    client.force_login(mash_manager)

    page = text_of(board(client, "sort=urgency"))

    assert page.index("Latey") < page.index("Soon")


# Next action ----------------------------------------------------------------------------------


def test_next_action_depends_on_role_and_state(
    client, contact_officer, mash_manager, mash_social_worker, head_of_service
):
    contact = received(contact_officer, child())

    def shown_to(user):
        client.force_login(user)
        return next(iter(board(client).context["board"].rows)).step.words

    assert shown_to(mash_manager) == "Claim and rate urgency"
    rate(contact_officer, contact)
    assert shown_to(mash_manager) == "Claim and decide"
    assert shown_to(mash_social_worker) == "Claim and screen"
    assert shown_to(head_of_service) == "Read"
    case_actions.claim(by=mash_manager, at=NOW, contact_id=contact.pk)
    assert shown_to(mash_manager) == "Decide"


# Claiming -------------------------------------------------------------------------------------


def test_claim_leads_on_and_can_be_undone(client, contact_officer, mash_manager):
    contact = received(contact_officer, child())
    client.force_login(mash_manager)

    answer = client.post(reverse("mash:claim", args=[contact.pk]), {"next": "mash:contact"})
    contact.refresh_from_db()

    assert answer["Location"] == reverse("mash:contact", args=[contact.pk])
    assert contact.claimed_by == mash_manager
    client.post(reverse("mash:release", args=[contact.pk]))
    contact.refresh_from_db()
    assert contact.claimed_by is None


def test_claim_lost_to_a_colleague_says_who_and_when(
    client, contact_officer, mash_manager, mash_social_worker
):
    contact = received(contact_officer, child("Yusuf", "Placeholder-Ali"))
    case_actions.claim(by=mash_social_worker, at=NOW - timedelta(minutes=2), contact_id=contact.pk)
    client.force_login(mash_manager)

    page = client.post(
        reverse("mash:claim", args=[contact.pk]), {"next": "mash:decide"}, follow=True
    )

    said = text_of(page)
    assert "Yusuf Placeholder-Ali: Pat Fixture claimed this contact first, at 13:28" in said
    assert "so it is not yours. Open it to read" in said


def test_claim_leads_nowhere_but_our_own_pages(client, contact_officer, mash_manager):
    contact = received(contact_officer, child())
    client.force_login(mash_manager)

    answer = client.post(
        reverse("mash:claim", args=[contact.pk]),
        {"next": "https://elsewhere.example/", "back": "rag=amber&next=https://x.example"},
    )

    assert answer["Location"] == "/mash/board/?rag=amber"


def test_claim_by_somebody_who_may_not_changes_nothing(client, contact_officer, head_of_service):
    contact = received(contact_officer, child())
    client.force_login(head_of_service)

    answer = client.post(reverse("mash:claim", args=[contact.pk]))
    contact.refresh_from_db()

    assert answer.status_code == 403
    assert contact.claimed_by is None


def test_claiming_a_restricted_contact_is_not_found(
    client, contact_officer, mash_manager, head_of_service
):
    contact = received(contact_officer, child())
    RestrictionFactory(person=contact.people.get().person, owner=head_of_service)
    client.force_login(mash_manager)

    assert client.post(reverse("mash:claim", args=[contact.pk])).status_code == 404
    assert client.post(reverse("mash:release", args=[contact.pk])).status_code == 404


def test_release_of_an_unclaimed_contact_is_refused_in_words(client, contact_officer, mash_manager):
    contact = received(contact_officer, child())
    client.force_login(mash_manager)

    page = client.post(reverse("mash:release", args=[contact.pk]), follow=True)

    assert "Nobody has claimed this contact." in text_of(page)


def test_bulk_assign_gives_a_result_for_each_row(
    client, contact_officer, mash_manager, mash_social_worker, head_of_service
):
    free = received(contact_officer, child("Freya"))
    closed = received(contact_officer, child("Secretname"))
    RestrictionFactory(person=closed.people.get().person, owner=head_of_service)
    client.force_login(mash_manager)

    page = client.post(
        reverse("mash:assign"),
        {"to": str(mash_social_worker.pk), "contact": [str(free.pk), str(closed.pk)]},
        follow=True,
    )
    free.refresh_from_db()
    closed.refresh_from_db()

    said = text_of(page)
    assert f"1 of 2 contacts given to Pat Fixture: {free.reference}." in said
    assert "One contact: You may not see this contact." in said
    assert free.claimed_by == mash_social_worker
    assert closed.claimed_by is None


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"contact": "nonsense"}, "Tick at least one contact"),
        ({}, "Choose who gets the contacts"),
    ],
)
def test_bulk_assign_says_what_is_missing(client, mash_manager, given, said):
    client.force_login(mash_manager)

    page = client.post(reverse("mash:assign"), given, follow=True)

    assert said in text_of(page)


def test_ticks_are_shown_to_who_may_assign_only(
    client, contact_officer, mash_manager, mash_social_worker
):
    received(contact_officer, child())
    client.force_login(mash_social_worker)
    assert b'name="contact"' not in board(client, "assign=1").content
    client.force_login(mash_manager)

    assert b'name="contact"' in board(client, "assign=1").content


# Views, news, other pages ---------------------------------------------------------------------


def test_saved_view_is_kept_opened_and_removed(client, mash_manager):
    client.force_login(mash_manager)

    page = client.post(
        reverse("mash:save_view"), {"name": "Mine, red", "back": "claimed=me&rag=red"}, follow=True
    )
    view = SavedView.objects.get(name="Mine, red")

    assert "View “Mine, red” is kept." in text_of(page)
    assert view.query == "rag=red&claimed=me"
    client.post(reverse("mash:forget_view", args=[view.pk]))
    assert not SavedView.objects.filter(name="Mine, red").exists()


def test_saved_view_without_a_name_is_refused(client, mash_manager):
    client.force_login(mash_manager)

    page = client.post(reverse("mash:save_view"), {"name": " "}, follow=True)

    assert "Enter a name for this view" in text_of(page)


def test_news_counts_what_came_since_and_moves_no_row(client, contact_officer, mash_manager):
    received(contact_officer, child("Early"), at=NOW - timedelta(hours=3))
    received(contact_officer, child("Fresh"), at=NOW - timedelta(minutes=20))
    client.force_login(mash_manager)
    since = (NOW - timedelta(minutes=28)).isoformat()

    said = client.get(reverse("mash:board_news"), {"since": since, "rag": "amber"}).json()

    assert said["new"] == 1
    assert said["words"] == "1 new contact since 13:02."
    assert said["link"] == "Show 1 new"
    assert said["href"].endswith("#new")
    assert "rag=amber" in said["href"]
    assert said["urgent"] == ""
    page = board(client, f"since={since.replace('+', '%2B')}")
    assert b'id="new"' in page.content


def test_news_of_a_red_contact_is_urgent(client, contact_officer, mash_manager):
    contact = received(contact_officer, child("Fresh"), at=NOW - timedelta(minutes=20))
    rate(contact_officer, contact, rag="red", reason="Injury")
    client.force_login(mash_manager)

    said = client.get(
        reverse("mash:board_news"), {"since": (NOW - timedelta(minutes=28)).isoformat()}
    ).json()

    assert said["urgent"] == "1 red contact, due 14:10 today"
    assert said["clocks"] == {str(contact.pk): "40m left"}


def asked_news(client, *, minutes=28):
    since = (NOW - timedelta(minutes=minutes)).isoformat()
    return client.get(reverse("mash:board_news"), {"since": since}).json()


def test_news_says_who_decided_and_who_claimed_since(
    client, contact_officer, mash_manager, second_mash_manager
):
    decided, claimed, voided, same = (
        received(contact_officer, child(name), at=NOW - timedelta(hours=3))
        for name in ("Decided", "Claimed", "Voided", "Same")
    )
    with application_clock.set_to(NOW - timedelta(hours=1)):
        for contact in (decided, claimed, voided, same):
            rate(contact_officer, contact, at=NOW - timedelta(hours=1))
    moment = NOW - timedelta(minutes=5)
    with application_clock.set_to(moment):
        actions.decide(
            by=second_mash_manager,
            at=moment,
            contact_id=decided.pk,
            children=[
                actions.ChildLine(
                    child_id=decided.people.get().person_id,
                    is_in=True,
                    level="1",
                    outcome="advice_or_signpost",
                    why="Advice asked for",
                )
            ],
            know="One call.",
            worries="None now.",
            protects="Her aunt.",
            alternative="Early help was not wanted.",
        )
        case_actions.claim(by=contact_officer, at=moment, contact_id=claimed.pk)
        case_actions.void(by=mash_manager, at=moment, contact_id=voided.pk, reason="Sent twice")
    client.force_login(mash_manager)

    rows = asked_news(client)["rows"]

    assert rows[str(decided.pk)] == {
        "gone": True,
        "next": {"words": f"Decided by {second_mash_manager.full_name}, 13:25"},
    }
    assert rows[str(voided.pk)]["next"]["words"] == "Made void, 13:25"
    assert rows[str(claimed.pk)] == {
        "gone": False,
        "claimed": {"words": f"{contact_officer.full_name}, 13:25"},
        "next": {
            "words": "Decide",
            "url": reverse("mash:decide", args=[claimed.pk]),
            "then": "",
        },
    }
    assert str(same.pk) not in rows
    assert asked_news(client, minutes=1)["rows"] == {}


def test_news_tells_of_a_restricted_contact_only_that_it_left(
    client, contact_officer, mash_manager, head_of_service
):
    stays, leaves = (
        received(contact_officer, child(name), at=NOW - timedelta(hours=3))
        for name in ("Stays", "Leaves")
    )
    moment = NOW - timedelta(minutes=5)
    with application_clock.set_to(moment):
        case_actions.claim(by=contact_officer, at=moment, contact_id=stays.pk)
        case_actions.void(by=mash_manager, at=moment, contact_id=leaves.pk, reason="Sent twice")
        for contact in (stays, leaves):
            people_actions.restrict(
                by=mash_manager,
                at=moment,
                person_id=contact.people.get().person_id,
                owner_id=head_of_service.pk,
                reason="A relative works here.",
            )
    client.force_login(mash_manager)

    rows = asked_news(client)["rows"]

    assert rows[str(stays.pk)] == {"gone": False}
    assert rows[str(leaves.pk)] == {"gone": True, "next": {"words": "Not waiting any more"}}


def test_news_takes_the_same_queries_however_much_changed(client, contact_officer, mash_manager):
    client.force_login(mash_manager)
    contacts = [
        received(contact_officer, child(f"Child{place}"), at=NOW - timedelta(hours=3))
        for place in range(6)
    ]
    asked_news(client)
    with CaptureQueriesContext(connection) as few:
        asked_news(client)
    for contact in contacts:
        case_actions.claim(by=contact_officer, at=NOW, contact_id=contact.pk)

    with CaptureQueriesContext(connection) as many:
        said = asked_news(client)

    assert len(said["rows"]) == 6
    assert len(many) <= len(few) <= 8


def test_news_asked_in_the_background_writes_no_reading(client, contact_officer, mash_manager):
    received(contact_officer, child())
    client.force_login(mash_manager)

    client.get(reverse("mash:board_news"), headers={"X-Background": "1"})

    assert not ReadLogEntry.objects.exists()


def test_guide_and_decided_today_open(client, mash_manager):
    client.force_login(mash_manager)

    assert "Nothing has been decided today" in text_of(client.get(reverse("mash:board_decided")))
    guide = text_of(client.get(reverse("mash:board_guide")))
    assert "4 hours, day and night" in guide


def test_many_children_stand_in_one_row(client, contact_officer, mash_manager):
    received(contact_officer, *[child(f"Child{place}") for place in range(8)])
    client.force_login(mash_manager)

    page = text_of(board(client))

    assert "1 contact about 8 children is waiting" in page
    assert "and 3 more children" in page


def test_names_in_any_script_are_escaped_and_found(client, contact_officer, mash_manager):
    received(contact_officer, child("<b>Ørsted</b>", "محمد"))
    client.force_login(mash_manager)

    response = board(client, "q=محمد")

    assert "<b>Ørsted" not in response.content.decode()
    assert "Ørsted" in text_of(response)
