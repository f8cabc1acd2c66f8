import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib import text


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Wójcik", "wojcik"),
        ("Łukasz", "lukasz"),
        ("Sørensen", "sorensen"),
        ("Straße", "strasse"),
        ("ʿAlī ʻUthmān", "ali uthman"),
        ("Sharma'arke", "sharmaarke"),
        ("Sharma’arke", "sharmaarke"),
        ("O`Neil", "oneil"),
        ("Al-Hassan", "al hassan"),
        ("  Mary   ANN ", "mary ann"),
        ("İpek", "ipek"),
        ("Nguyễn Thị", "nguyen thi"),
        ("محمد خان", "mhmd khn"),
        ("", ""),
        ("--", ""),
    ],
)
def test_folded_writes_every_name_in_our_letters(written, expected):
    assert text.folded(written) == expected


@given(st.text(max_size=100))
def test_folded_of_folded_changes_nothing(words):
    once = text.folded(words)

    assert text.folded(once) == once
    assert all(c.isascii() and (c.isalnum() or c == " ") for c in once)


@given(st.text(max_size=100))
def test_folded_does_not_see_how_accents_are_composed(words):
    cleaned = text.cleaned(words)

    assert text.folded(unicodedata.normalize("NFD", cleaned)) == text.folded(cleaned)


def test_shown_name_keeps_accents_and_drops_what_cannot_be_seen():
    assert text.shown_name(" Zoë\u202e\x00  O’Brien-\u200bŁuk\n") == "Zoë O’Brien-Łuk"
    assert text.shown_name("Zoe\u0308") == "Zoë"


def test_cleaned_keeps_lines_and_drops_control_characters():
    assert text.cleaned("one\r\ntwo\rthree\x07\tend") == "one\ntwo\nthree\tend"
    assert text.cleaned("one\ntwo", keep_lines=False) == "one two"


@given(st.text(max_size=200))
def test_cleaned_is_stable_and_storable(words):
    once = text.cleaned(words)

    assert text.cleaned(once) == once
    assert "\x00" not in once
    assert once.encode("utf-8").decode("utf-8") == once


def test_same_text_ignores_case_spacing_and_stops():
    assert text.is_same_text("He is safe.  He is well", "he is SAFE he is well.")
    assert not text.is_same_text("He is safe", "She is safe")


def test_nearly_same_text_finds_a_copy_with_a_name_changed():
    first = "Ama was seen at school on her own. She spoke about home and said she feels safe. " * 4
    copied = first.replace("Ama", "Kofi", 1)

    assert text.is_nearly_same_text(first, copied)
    assert not text.is_nearly_same_text(first, "Kofi was not at home when we came.")
    assert not text.is_nearly_same_text("", "")


def test_similarity_runs_from_nothing_to_one():
    assert text.similarity("Ama  Testwood", "ama testwood") == 1.0
    assert text.similarity("abc", "xyz") == 0.0
    assert text.similarity("Ama Testwood", "Amy Testwood", at_least=0.99) == 0.0
