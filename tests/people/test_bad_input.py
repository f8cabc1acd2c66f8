"""Nonsense typed into every form of this room: told so, or recorded as it is, never a failure."""

import uuid

import pytest
from django.urls import reverse

from people.models import Person
from tests.factories.people import ChildFactory

LONG = "x" * 200_001
NONSENSE = {
    "long": LONG,
    "control": "\x00\x07 \u202e\ufeff\u200b",
    "script": "<script>alert(1)</script>' OR 1=1 --",
    "scripts": "زينب 王小明 Łódź नाम 🙂",
    "surrogate": "a\ud800b".encode("utf-8", "replace").decode(),
}
TEXTS = [
    "given_name",
    "family_name",
    "description",
    "note",
    "line",
    "postcode",
    "value",
    "as_stated",
    "because",
    "reason",
    "text",
    "name",
    "reference",
    "year_group",
    "contact",
    "language",
    "religion",
    "phone",
    "email",
    "safe_contact",
    "gender",
    "pronouns",
    "age_as_stated",
    "immigration_status",
    "other",
]
CHOICES = [
    "kind",
    "source",
    "role",
    "sex",
    "confidence",
    "what",
    "answer",
    "keep",
    "ethnicity",
    "needs_interpreter",
]
DATES = ["from_on", "to_on", "on", "born_on", "died_on", "review_on", "date_of_birth"]
PAGES = [
    "edit_details",
    "add_name",
    "state_date",
    "add_identifier",
    "add_address",
    "add_setting",
    "hazards",
    "birth",
    "death",
    "add_member",
    "relate",
    "restrict",
    "link",
]


def filled(text, **more):
    """Fill every box there is, in whatever form it stands."""
    return {
        **dict.fromkeys(TEXTS, text),
        **dict.fromkeys(CHOICES, text[:100]),
        **{f"{name}_{part}": text[:50] for name in DATES for part in ("day", "month", "year")},
        "version": text[:20],
        "token": text[:40],
        "owner": text[:40],
        "readers": [text[:40]],
        "disabilities": [text[:40]],
        **more,
    }


@pytest.mark.parametrize("page", PAGES)
def test_nonsense_is_answered_on_the_page(client, mash_manager, page):
    child = ChildFactory()
    client.force_login(mash_manager)
    address = reverse(f"people:{page}", kwargs={"person_id": child.pk})

    answers = [client.post(address, filled(text)) for text in NONSENSE.values()]

    assert [answer.status_code for answer in answers] == [200] * len(NONSENSE)
    assert all("There is a problem" in answer.content.decode() for answer in answers)
    assert Person.objects.count() == 1


def test_nonsense_that_is_a_name_is_kept_clean(client, mash_manager):
    child = ChildFactory()
    client.force_login(mash_manager)
    address = reverse("people:add_name", kwargs={"person_id": child.pk})

    for text in NONSENSE.values():
        data = {"given_name": text, "kind": "as_given", "source": "referrer"}
        assert client.post(address, data).status_code in {200, 302}

    kept = list(child.names.values_list("given_name", flat=True))
    assert len(kept) == len(NONSENSE) - 2  # all but the one too long and the one with nothing in it
    assert all("\x00" not in name and "\u202e" not in name for name in kept)


@pytest.mark.parametrize("day", [("31", "2", "2026"), ("1", "13", "2026"), ("0", "0", "0")])
def test_impossible_date_is_named(client, mash_manager, day):
    client.force_login(mash_manager)
    data = dict(zip(("on_day", "on_month", "on_year"), day, strict=True))

    response = client.post(
        reverse("people:state_date", kwargs={"person_id": ChildFactory().pk}),
        {**data, "as_stated": "then", "source": "family"},
    )

    page = response.content.decode()
    assert "Enter a real date" in page
    assert "then" in page


def test_words_of_the_greatest_length_are_taken_and_one_more_is_not(client, mash_manager):
    client.force_login(mash_manager)
    address = reverse("people:hazards", kwargs={"person_id": ChildFactory().pk})
    data = {"review_on_day": "1", "review_on_month": "6", "review_on_year": "2026"}

    too_long = client.post(address, {**data, "text": "x" * 301})
    taken = client.post(address, {**data, "text": "x" * 300})

    assert "you have 301" in too_long.content.decode()
    assert taken.status_code == 302


def test_same_form_twice_makes_one_person(client, mash_manager):
    client.force_login(mash_manager)
    data = {
        "token": uuid.uuid4(),
        "given_name": "Bartek",
        "family_name": "Specimenski",
        "sex": "M",
        "is_child": "yes",
        "kind": "other_relative",
        "role": "elsewhere",
        "confidence": "stated",
        "source": "family",
    }
    address = reverse("people:add_member", kwargs={"person_id": ChildFactory().pk})

    for _ in range(2):
        client.post(address, data)

    assert Person.objects.filter(given_name="Bartek").count() <= 1
