"""The picture of exploitation: drawn with its sources, and seen only as far as one may."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, InternalError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from lib import application_clock
from mash import actions
from mash.models import NetworkLink, NetworkNode
from mash.queries import network as queries
from people import actions as people_actions
from people.models import Person
from record.errors import Clash, Refused
from record.models import Event, ReadLogEntry
from tests.factories.people import ChildFactory
from tests.mash.access_network import graded, link, place
from tests.mash.pages import form, text_of

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 12, 10, 0, tzinfo=UTC)
DAY = {"known_on_day": "11", "known_on_month": "3", "known_on_year": "2026"}


@pytest.fixture(autouse=True)
def clock():
    with application_clock.set_to(NOW):
        yield


@pytest.fixture
def drawn(mash_social_worker):
    """Two children, the car that fetches one, and the place where both are seen."""

    class Drawn:
        by = mash_social_worker
        zayn = ChildFactory(given_name="Zayn", family_name="Testwood")
        omar = ChildFactory(given_name="Omar", family_name="Mockford")
        centre = place(mash_social_worker)
        car = place(mash_social_worker, "AB12 CDE", kind="vehicle")

    Drawn.zayn_node = child_node(Drawn.by, Drawn.zayn)
    Drawn.omar_node = child_node(Drawn.by, Drawn.omar)
    Drawn.to_centre = link(Drawn.by, Drawn.zayn_node, Drawn.centre)
    link(Drawn.by, Drawn.omar_node, Drawn.centre)
    Drawn.to_car = link(Drawn.by, Drawn.omar_node, Drawn.car, "uses")
    return Drawn


def child_node(by, person):
    return place(by, "", kind="person", person_id=person.pk)


def restrict(person, manager, owner):
    people_actions.restrict(
        by=manager, at=NOW, person_id=person.pk, reason="Staff", owner_id=owner.pk
    )


def names(by, **asked):
    return [node.name for node in queries.picture(by=by, **asked).nodes]


# Drawing ----------------------------------------------------------------------------------------


def test_nodes_and_links_carry_their_source_and_stand_on_each_childs_timeline(drawn):
    assert drawn.to_centre.grade == "1BP"
    codes = Event.objects.filter(child=drawn.zayn).values_list("code", flat=True)
    assert sorted(codes) == ["mash.network_added", "mash.network_linked"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "?"}, "kind"),
        ({"label": " "}, "label"),
        ({"source": ""}, "source"),
        ({"source_grade": "4"}, "source_grade"),
        ({"information_grade": ""}, "information_grade"),
        ({"handling": "X"}, "handling"),
        ({"known_on": date(2026, 3, 13)}, "known_on"),
    ],
)
def test_node_refuses_what_is_not_whole(mash_social_worker, change, field):
    with pytest.raises(Refused) as refused:
        place(mash_social_worker, **change)

    assert refused.value.field == field
    assert not NetworkNode.objects.exists()


def test_a_person_is_on_the_picture_once(drawn):
    with pytest.raises(Refused, match="Zayn Testwood is on the picture already"):
        child_node(drawn.by, drawn.zayn)
    assert NetworkNode.objects.filter(person=drawn.zayn).count() == 1


def test_link_refuses_itself_a_second_time_and_an_unknown_kind(drawn):
    with pytest.raises(Refused, match="two different"):
        link(drawn.by, drawn.car, drawn.car)
    with pytest.raises(Refused, match="Zayn Testwood is seen at Leisure centre"):
        link(drawn.by, drawn.zayn_node, drawn.centre)
    with pytest.raises(Refused, match="have to do"):
        link(drawn.by, drawn.zayn_node, drawn.car, "?")


def test_nobody_draws_without_the_right(contact_officer, early_help_worker, drawn):
    for user in (contact_officer, early_help_worker):
        with pytest.raises(PermissionDenied):
            place(user, "Car park")
        with pytest.raises(PermissionDenied):
            link(user, drawn.zayn_node, drawn.car)
    assert NetworkNode.objects.count() == 4


def test_changes_keep_what_was_known_before(drawn):
    def change(**more):
        return actions.change_node(
            by=drawn.by,
            at=NOW,
            node_id=drawn.car.pk,
            label="AB12 CDF",
            **graded(information_grade="A"),
            **more,
        )

    change(version=1)
    with pytest.raises(Clash):
        change(version=1)
    actions.change_link(
        by=drawn.by, at=NOW, link_id=drawn.to_car.pk, **graded(information_grade="D")
    )

    page = queries.node_page(by=drawn.by, node_id=drawn.car.pk)
    assert (page.node.label, page.node.grade) == ("AB12 CDF", "1AP")
    assert [row.label for row in page.versions] == ["AB12 CDE"]
    assert page.links[0].link.grade == "1DP"


def test_what_ends_stays_in_the_history(drawn):
    actions.end_link(by=drawn.by, at=NOW, link_id=drawn.to_car.pk, because="Another driver")
    with pytest.raises(Refused, match="has ended"):
        actions.end_link(by=drawn.by, at=NOW, link_id=drawn.to_car.pk, because="Again")
    with pytest.raises(Refused, match="Say why"):
        actions.end_node(by=drawn.by, at=NOW, node_id=drawn.centre.pk, because=" ")
    actions.end_node(by=drawn.by, at=NOW, node_id=drawn.centre.pk, because="It has closed")

    assert queries.picture(by=drawn.by).links == []
    assert len(queries.picture(by=drawn.by, with_ended=True).links) == 3
    assert "Leisure centre" not in names(drawn.by)
    with pytest.raises(Refused, match="taken off"):
        link(drawn.by, drawn.zayn_node, drawn.centre)
    assert child_node(drawn.by, ChildFactory())


# Asking for a part ------------------------------------------------------------------------------


def test_part_of_the_picture_by_neighbourhood_kind_and_words(drawn):
    assert set(names(drawn.by, around_id=drawn.zayn_node.pk, steps=1)) == {
        "Zayn Testwood",
        "Leisure centre",
    }
    assert "AB12 CDE" not in names(drawn.by, around_id=drawn.zayn_node.pk)
    assert names(drawn.by, kinds={"vehicle"}) == ["AB12 CDE"]
    assert names(drawn.by, words="ab12") == ["Omar Mockford", "AB12 CDE"]


# Who sees it ------------------------------------------------------------------------------------


def test_what_rests_on_a_restricted_child_is_not_there(
    client, drawn, mash_manager, head_of_service
):
    lone = place(drawn.by, "Flat 4")
    restrict(drawn.omar, mash_manager, head_of_service)

    assert names(drawn.by) == ["Zayn Testwood", "Flat 4", "Leisure centre"]
    assert len(queries.picture(by=drawn.by, with_ended=True).links) == 1
    assert len(names(head_of_service)) == 5
    client.force_login(drawn.by)
    page = client.get(reverse("mash:network"))
    said = text_of(page) + client.get(reverse("mash:network_data")).content.decode()
    assert "Omar" not in said
    assert "AB12" not in said
    assert "3 nodes" in said
    for name, pk in (
        ("network_node", drawn.omar_node.pk),
        ("network_node", drawn.car.pk),
        ("network_link", drawn.car.pk),
        ("network_person", drawn.omar.pk),
        ("network_end_link", drawn.to_car.pk),
    ):
        assert client.get(reverse(f"mash:{name}", args=[pk])).status_code == 404
    assert "Omar" not in text_of(client.get(reverse("mash:network_link", args=[lone.pk])))
    for refused in (
        lambda: link(drawn.by, lone, drawn.car),
        lambda: actions.end_node(by=drawn.by, at=NOW, node_id=drawn.omar_node.pk, because="x"),
    ):
        with pytest.raises(NetworkNode.DoesNotExist):
            refused()
    with pytest.raises(NetworkLink.DoesNotExist):
        actions.end_link(by=drawn.by, at=NOW, link_id=drawn.to_car.pk, because="x")


def test_a_way_through_a_hidden_child_is_no_way(drawn, mash_manager, head_of_service):
    phone = place(drawn.by, "07700 900123", kind="phone")
    link(drawn.by, drawn.car, phone, "uses")

    restrict(drawn.omar, mash_manager, head_of_service)

    assert "07700 900123" not in names(drawn.by)


def test_early_help_and_those_apart_see_no_picture(client, drawn, early_help_worker):
    assert names(early_help_worker) == []
    client.force_login(early_help_worker)
    assert client.get(reverse("mash:network")).status_code == 403
    assert client.get(reverse("mash:network_data")).status_code == 403
    assert "picture of people" not in text_of(
        client.get(reverse("cases:child", args=[drawn.zayn.pk]))
    )


# Size -------------------------------------------------------------------------------------------


def three_hundred(by):
    """Three hundred nodes with four hundred links, written at once."""
    made = {"recorded_at": NOW, "recorded_by": by, "changed_at": NOW, "changed_by": by}
    given = graded(**made)
    people = Person.objects.bulk_create(
        Person(
            given_name=f"Child {number}",
            family_name="Testwood",
            la_child_id=f"SLX{number:05d}",
            recorded_at=NOW,
        )
        for number in range(100)
    )
    nodes = NetworkNode.objects.bulk_create(
        [
            *(NetworkNode(kind="person", person=person, **given) for person in people),
            *(
                NetworkNode(kind=kind, label=f"{kind.title()} {number}", **given)
                for number in range(40)
                for kind in ("place", "vehicle", "phone", "handle", "person")
            ),
        ]
    )
    NetworkLink.objects.bulk_create(
        NetworkLink(
            one=nodes[number % 100],
            other=nodes[100 + (number * 7 + number // 100) % 200],
            kind="seen_at",
            **given,
        )
        for number in range(400)
    )
    return nodes


def test_table_and_data_take_as_many_queries_for_300_nodes_as_for_four(client, drawn):
    client.force_login(drawn.by)

    def counted(name, *args):
        url = reverse(f"mash:{name}", args=args)
        client.get(url)
        with CaptureQueriesContext(connection) as taken:
            answer = client.get(url)
        assert answer.status_code == 200
        return len(taken), answer

    few = [counted(name)[0] for name in ("network", "network_data")]
    node = counted("network_node", drawn.centre.pk)[0]
    three_hundred(drawn.by)

    many = [counted(name) for name in ("network", "network_data")]
    assert [number for number, _ in many] == few
    data = many[1][1].json()
    assert (len(data["nodes"]), len(data["links"])) == (304, 403)
    assert counted("network_node", drawn.centre.pk)[0] == node


# Pages ------------------------------------------------------------------------------------------


def test_pages_add_link_change_and_end(client, drawn):
    client.force_login(drawn.by)
    grades = {"source": "School", "source_grade": "2", "information_grade": "C", "handling": "C"}

    def send(name, *args, **typed):
        url = reverse(f"mash:{name}", args=args)
        return client.post(url, form(**typed), follow=True)

    assert "Choose how reliable" in text_of(send("network_add", kind="group", label="The Lot"))
    added = send("network_add", kind="group", label="The Lot", **grades, **DAY)
    group = NetworkNode.objects.get(label="The Lot")
    assert added.redirect_chain[0][0] == reverse("mash:network_node", args=[group.pk])
    typed = {"kind": "belongs", "other": str(drawn.zayn_node.pk)}
    linked = text_of(send("network_link", group.pk, **typed, **grades, **DAY))
    assert "The Lot belongs to Zayn Testwood" in linked
    send("network_change", group.pk, label="The Stoke Lot", **grades, **DAY)
    row = NetworkLink.objects.get(one=group)
    send("network_change_link", row.pk, detail="Seen twice", **grades, **DAY)
    page = text_of(send("network_end_link", row.pk, because="It was another boy"))
    assert "Links that have ended" in page
    assert "The Lot. Nothing more (2CC, School)" in page
    send("network_end", group.pk, because="Nobody knows it")
    group.refresh_from_db()
    assert group.ended_because == "Nobody knows it"
    assert ReadLogEntry.objects.filter(place="mash:network_node").exists()


def test_child_is_put_on_the_picture_from_the_screening(client, mash_social_worker):
    child = ChildFactory(given_name="Zayn")
    screening = actions.start_screening(
        by=mash_social_worker, at=NOW - timedelta(hours=1), child_id=child.pk, triggers=["police"]
    )
    client.force_login(mash_social_worker)
    url = reverse("mash:network_person", args=[child.pk])
    assert url in client.get(reverse("mash:exploitation", args=[screening.pk])).content.decode()

    grades = {"source": "School", "source_grade": "2", "information_grade": "C", "handling": "C"}
    client.post(url, form(**grades, **DAY))

    node = NetworkNode.objects.get()
    assert node.person == child
    assert client.get(url).url == reverse("mash:network_node", args=[node.pk])
    again = client.get(reverse("mash:exploitation", args=[screening.pk])).content.decode()
    assert f"?around={node.pk}" in again


# The database -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "model", "change"),
    [
        ("mash_node_named", NetworkNode, {"label": ""}),
        ("mash_node_ended_whole", NetworkNode, {"ended_at": NOW}),
        ("mash_link_ended_whole", NetworkLink, {"ended_at": NOW}),
    ],
)
def test_the_database_refuses_what_cannot_be(drawn, name, model, change):
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        model.objects.filter(**{} if model is NetworkLink else {"person": None}).update(**change)


def test_the_database_links_two_once_and_loses_nothing(drawn):
    row = NetworkLink.objects.get(pk=drawn.to_centre.pk)
    for name, change in (
        ("mash_link_once", {}),
        ("mash_link_of_two", {"other": row.one}),
    ):
        again = NetworkLink.objects.get(pk=row.pk)
        again.pk = None
        for field, value in change.items():
            setattr(again, field, value)
        again.pk = Person.objects.first().pk
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            again.save(force_insert=True)
    twice = NetworkNode(person=drawn.zayn, kind="person")
    for field in ("source", "source_grade", "information_grade", "handling", "known_on"):
        setattr(twice, field, getattr(drawn.zayn_node, field))
    twice.recorded_at = twice.changed_at = NOW
    twice.recorded_by = twice.changed_by = drawn.by
    with pytest.raises(IntegrityError, match="mash_node_person_once"), transaction.atomic():
        twice.save(force_insert=True)
    with pytest.raises(InternalError), transaction.atomic():
        NetworkLink.objects.all().delete()


# A browser --------------------------------------------------------------------------------------


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_graph_of_300_is_found_in_and_moved_by_keyboard(
    page, live_server, sign_in, axe, mash_social_worker
):
    three_hundred(mash_social_worker)
    sign_in(page, mash_social_worker)
    page.goto(live_server.url + reverse("mash:network"))
    picture = page.locator("[data-network-picture]")
    page.wait_for_selector("[data-drawn='300']")

    page.get_by_label("Find", exact=True).fill("child 42")
    page.get_by_label("Find", exact=True).press("Enter")
    said = page.locator("[data-network-said]")
    said.filter(has_text="Child 42 Testwood: Person, graded 1BP").wait_for()
    before = said.inner_text()
    # Where the others lie differs each time: some way leads to another, and back perhaps.
    heard = set()
    for key in ("ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp"):
        picture.press(key)
        heard.add(said.inner_text())
    assert heard - {before}
    picture.press("Enter")
    page.wait_for_url("**/network/*-*/")
    page.goto(live_server.url + reverse("mash:network") + "?words=child+42")
    page.wait_for_selector("[data-drawn='5']")
    assert axe(page) == []
