"""A piece of a page that stands there a hundred times, drawn once for each shape.

The template engine walks every node of a row for every row, although rows differ in their words
alone. Here a template is drawn once for each shape, that is for the texts that are there and the
flags that are set, with a mark in the place of each text; after that a row is the pieces with its
texts between them. In the template a text is `{{ name }}` and may be asked for with
`{% if name %}`; nothing else can be done with it, no filter and no comparison.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from html import escape  # Django's own takes twice as long to say the same
from typing import Any

from django.template import Context
from django.template.loader import get_template
from django.utils.safestring import SafeString, mark_safe

OPEN, CLOSE = "\ue000", "\ue001"  # private characters: no template of ours holds them


def fill(template: str, texts: Mapping[str, str], **flags: bool) -> SafeString:
    """Draw a template with these texts, each escaped unless it is markup already."""
    shape = tuple(name for name, text in texts.items() if text)
    loaded: Any = get_template(template)
    first, rest = _pieces(loaded.template, shape, tuple(flags.items()))
    escaped = {
        name: text if type(text) is SafeString else escape(str(text))
        for name, text in texts.items()
    }
    drawn = [first]
    for name, piece in rest:
        drawn += (escaped[name], piece)
    return mark_safe("".join(drawn))  # noqa: S308 - every text is escaped above


@lru_cache(maxsize=512)
def _pieces(
    template: Any, shape: tuple[str, ...], flags: tuple[tuple[str, bool], ...]
) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Give what stands before the first text, and each text's name with what follows it."""
    marks = {name: f"{OPEN}{name}{CLOSE}" for name in shape}
    first, *marked = template.render(Context({**dict(flags), **marks})).split(OPEN)
    rest = []
    for piece in marked:
        name, _, after = piece.partition(CLOSE)
        rest.append((name, after))
    return first, tuple(rest)
