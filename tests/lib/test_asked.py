"""What was typed to search for stands in no address in words."""

import re
from base64 import urlsafe_b64encode
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from lib import asked

LONGEST_ADDRESS = 4_000
"""What gunicorn takes, 4,094 characters, without the rest of the request's first line."""


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=50))
def test_words_come_back_for_the_same_person_alone(words):
    sealed = asked.seal(words, by="one")

    assert asked.opened(sealed, by="one") == words
    assert asked.opened(sealed, by="another") == ""
    assert asked.seal(words, by="one") == sealed
    assert re.fullmatch(r"[\w=-]+", sealed, re.ASCII)


@pytest.mark.parametrize("first", ["Ж", "م", "一", "\U0001f300"])
def test_the_longest_search_in_any_script_fits_into_an_address(first):
    typed = "".join(chr(ord(first) + number * 7 % 40) for number in range(500))

    assert len(asked.seal(urlencode({"q": typed}), by="one")) < LONGEST_ADDRESS


@pytest.mark.parametrize("sealed", ["", "x", "Ж", "=", "A" * 9, "A" * 5000, "\x00"])
def test_what_is_no_seal_opens_to_nothing(sealed):
    assert asked.opened(sealed, by="one") == ""


def test_a_changed_seal_opens_to_nothing():
    sealed = asked.seal("Aaliyah Testwood", by="one")

    assert asked.opened(f"B{sealed[1:]}" if sealed[0] != "B" else f"C{sealed[1:]}", by="one") == ""


def test_seal_from_before_words_were_pressed_together_opens_to_nothing(settings):
    old = asked._box(settings.SECRET_KEY).encrypt(b"q=Aaliyah", [b"one"])

    assert asked.opened(urlsafe_b64encode(old).decode(), by="one") == ""


def test_seal_made_with_a_key_since_replaced_still_opens(settings):
    sealed = asked.seal("Aaliyah", by="one")
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another"

    assert asked.opened(sealed, by="one") == "Aaliyah"
    settings.SECRET_KEY_FALLBACKS = []
    assert asked.opened(sealed, by="one") == ""


#: Forms whose fields stand in the address, and why no person can be named in them.
NOBODY_NAMED = {
    "cases/referrals.html": "choices",
    "cases/flags.html": "choices",
    "people/variants.html": "one part of a name, of nobody in particular",
}


def test_no_form_puts_what_is_typed_into_an_address():
    folder = Path(settings.BASE_DIR) / "templates"
    pages = {
        str(path.relative_to(folder))
        for path in folder.rglob("*.html")
        if re.search(r"<form[^>]*method=.get", path.read_text())
    }

    assert pages == set(NOBODY_NAMED)
