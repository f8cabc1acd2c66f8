"""Short names and other spellings that the authority says."""

import pytest
from django.core.exceptions import PermissionDenied
from django.db import InternalError, transaction
from django.urls import reverse

from accounts.choices import Role
from people import actions, matching, tasks
from people.actions import variants
from people.matching import Band
from people.models import NameVariant, SearchKeys
from record.models import Event
from slough_front_door.celery import app
from tests.factories.people import ChildFactory
from tests.people.families import AT
from tests.personas import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator(db):
    return person("Ada Mockton", Role.ADMINISTRATOR)


def say(by, name="Balwinder", variant="Bindi", *, is_same=True, because="Used in the town"):
    return actions.state_variant(
        by=by, at=AT, name=name, variant=variant, is_same=is_same, because=because
    )


def child(given_name):
    made = ChildFactory(given_name=given_name, family_name="Testwood", date_of_birth="2014-05-09")
    matching.refresh([made.pk])
    return made


def keys():
    return dict(SearchKeys.objects.values_list("person_id", "keys"))


def found(by, given_name):
    """Whom the search takes for very likely the same."""
    answer = matching.candidates(
        by=by, given_name=given_name, family_name="Testwood", date_of_birth="9/5/2014"
    )
    return [each.person_id for each in answer.candidates if each.band == Band.SAME]


@pytest.mark.parametrize(("on_file", "asked"), [("Bindi", "Balwinder"), ("Balwinder", "Bindi")])
def test_the_search_takes_one_name_for_the_other_either_way_round(
    administrator, contact_officer, on_file, asked
):
    known = child(on_file)
    assert found(contact_officer, asked) == []

    row = say(administrator, "balwindér", " BINDI ")

    assert (row.name, row.variant, row.keys_made_at) == ("balwinder", "bindi", AT)
    assert found(contact_officer, asked) == [known.pk]


def test_who_is_recorded_later_is_found_by_it_too(administrator, contact_officer):
    say(administrator)

    known = child("Bindi")

    assert found(contact_officer, "Balwinder") == [known.pk]


def test_what_was_said_is_taken_back(administrator, contact_officer):
    child("Bindi")
    row = say(administrator)

    actions.end_variant(by=administrator, at=AT, variant_id=row.pk, because="A mistake")

    assert found(contact_officer, "Balwinder") == []
    row.refresh_from_db()
    assert (row.ended_by, row.ended_because) == (administrator, "A mistake")
    with pytest.raises(variants.VariantEnded):
        actions.end_variant(by=administrator, at=AT, variant_id=row.pk, because="Again")


def test_names_that_the_system_takes_for_one_are_parted_and_joined_again(
    administrator, contact_officer
):
    known = child("Kuba")
    assert found(contact_officer, "Jakub") == [known.pk]

    say(administrator, "Kuba", "Jakub", is_same=False)

    assert found(contact_officer, "Jakub") == []
    assert ("jakub", "kuba", False) not in matching.variants_of("kuba")

    say(administrator, "Jakub", "Kuba")

    assert found(contact_officer, "Jakub") == [known.pk]
    assert NameVariant.objects.filter(ended_at__isnull=True).count() == 1
    assert ("jakub", "kuba", True) in matching.variants_of("kuba")


def test_every_change_leaves_who_when_and_why(administrator):
    row = say(administrator)
    actions.end_variant(by=administrator, at=AT, variant_id=row.pk, because="A mistake")

    events = Event.objects.filter(subject_kind="name_variant", subject_id=row.pk)
    assert sorted(events.values_list("code", "by")) == [
        ("people.variant_ended", administrator.pk),
        ("people.variant_stated", administrator.pk),
    ]
    assert row.events.filter(ended_at__isnull=True).exists()  # as it stood before
    with pytest.raises(InternalError), transaction.atomic():
        row.delete()


@pytest.mark.parametrize(
    ("name", "variant", "is_same", "because", "refusal"),
    [
        ("Mary Ann", "Polly", True, "So", variants.NotOneName),
        ("Polly", "Mrs", True, "So", variants.NotOneName),
        ("Zoë", "zoe", True, "So", variants.NotOneName),
        ("Polly", "\x00", True, "So", variants.NotOneName),
        ("Bindi", "Balwinder", True, " ", actions.NotReadable),
        ("Jakub", "Kuba", True, "So", variants.AlreadySo),
        ("Bindi", "Balwinder", False, "So", variants.AlreadySo),
    ],
)
def test_what_makes_no_sense_is_refused(administrator, name, variant, is_same, because, refusal):
    with pytest.raises(refusal):
        say(administrator, name, variant, is_same=is_same, because=because)
    assert not NameVariant.objects.exists()


def test_nobody_else_changes_them(mash_manager, administrator):
    row = say(administrator)

    with pytest.raises(PermissionDenied):
        say(mash_manager, "Parminder", "Pinky")
    with pytest.raises(PermissionDenied):
        actions.end_variant(by=mash_manager, at=AT, variant_id=row.pk, because="No")


def test_what_many_bear_is_made_ready_in_batches(
    administrator, contact_officer, monkeypatch, django_assert_max_num_queries
):
    monkeypatch.setattr(variants, "MADE_AT_ONCE", 2)
    known = sorted(child("Bindi").pk for _ in range(5))
    other = child("Bindiya")
    before = keys()

    row = say(administrator)

    assert (row.keys_made_at, row.keys_made_to) == (None, known[1])
    assert [pk for pk in known if keys()[pk] != before[pk]] == known[:2]
    assert actions.make_variant_keys(at=AT, most=1) == 0
    tasks.make_variant_keys(unknown="from a newer worker")
    row.refresh_from_db()
    assert row.keys_made_at == AT
    assert sorted(found(contact_officer, "Balwinder")) == known
    assert keys()[other.pk] == before[other.pk]
    assert [pk for pk in known if keys()[pk] != before[pk]] == known
    with django_assert_max_num_queries(3):
        assert actions.make_variant_keys(at=AT, most=40) == 0
    assert tasks.make_variant_keys.name in {
        entry["task"] for entry in app.conf.beat_schedule.values()
    }


def test_an_administrator_says_so_on_the_page_and_takes_it_back(client, administrator):
    client.force_login(administrator)
    page = client.get(reverse("people:variants"), {"q": "Kuba"})
    assert "Jakub" in page.text
    assert "Came with the system" in page.text

    page = client.post(
        reverse("people:state_variant"),
        {"name": "Balwinder", "variant": "Bindi", "is_same": "yes", "because": "Used"},
        follow=True,
    )
    assert "Recorded. The search goes by it now" in page.text
    assert "Balwinder and Bindi" in page.text

    row = NameVariant.objects.get()
    page = client.post(reverse("people:end_variant", args=[row.pk]), {"because": ""})
    assert "Say why" in page.text
    page = client.post(
        reverse("people:end_variant", args=[row.pk]), {"because": "A mistake"}, follow=True
    )
    assert "Taken back" in page.text
    page = client.post(reverse("people:end_variant", args=[row.pk]), {"because": "Again"})
    assert "taken back before" in page.text


def test_the_page_says_what_is_wrong_with_what_was_typed(client, administrator):
    client.force_login(administrator)

    page = client.post(
        reverse("people:state_variant"),
        {"name": "Mary Ann", "variant": "Polly", "is_same": "yes", "because": "Used"},
    )

    assert "Enter one name, without a surname or a title" in page.text
    assert "Look up one name" in client.get(reverse("people:variants"), {"q": "Mary Ann"}).text


def test_the_list_takes_a_fixed_number_of_queries(client, administrator, django_assert_num_queries):
    client.force_login(administrator)
    for name in ("Bindi", "Binny", "Balli"):
        say(administrator, "Balwinder", name)
    client.get(reverse("people:variants"))
    with django_assert_num_queries(5):
        client.get(reverse("people:variants"))
