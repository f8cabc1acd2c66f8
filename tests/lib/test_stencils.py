"""Rows drawn once for each shape and filled many times."""

from collections.abc import Callable

import pytest
from django.template import engines
from django.utils.safestring import mark_safe

from lib import stencils

ROW = (
    '<li id="{{ id }}"{% if is_late %} class="late"{% endif %}>{{ name }}'
    "{% if note %}<small>{{ note }}</small>{% endif %} {{ name }}</li>"
)


@pytest.fixture
def fill(monkeypatch) -> Callable[..., str]:
    """Fill the row above, and count how often it is drawn."""
    wrapped = engines["django"].from_string(ROW)
    monkeypatch.setattr(stencils, "get_template", lambda name: wrapped)
    stencils._pieces.cache_clear()
    return lambda texts, **flags: stencils.fill("row.html", texts, **flags)


def test_fill_draws_what_the_template_draws(fill):
    texts = {"id": "a1", "name": "Aaliyah", "note": "Rang at 10"}

    assert fill(texts, is_late=True) == (
        '<li id="a1" class="late">Aaliyah<small>Rang at 10</small> Aaliyah</li>'
    )
    assert fill({**texts, "note": ""}, is_late=False) == '<li id="a1">Aaliyah Aaliyah</li>'


def test_fill_escapes_texts_but_not_markup(fill):
    drawn = fill({"id": '"><b>', "name": mark_safe("<a>Zayn</a>"), "note": "5 < 6 & 'so'"})

    assert drawn.startswith('<li id="&quot;&gt;&lt;b&gt;"><a>Zayn</a>')
    assert "<small>5 &lt; 6 &amp; &#x27;so&#x27;</small>" in drawn


def test_fill_keeps_private_characters_of_a_text(fill):
    assert "\ue000name\ue001" in fill({"id": "a", "name": "x", "note": "\ue000name\ue001"})


def test_fill_draws_once_for_each_shape(fill):
    for number in range(20):
        fill({"id": str(number), "name": "Zayn", "note": "x" if number % 2 else ""}, is_late=False)

    assert stencils._pieces.cache_info().misses == 2
