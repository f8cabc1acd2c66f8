"""Words as people write them: cleaned for keeping, folded for comparing."""

from __future__ import annotations

import re
import unicodedata

from anyascii import anyascii
from rapidfuzz.distance import Indel

NEAR_IDENTICAL = 0.95

_BIDI_CONTROLS = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
_UNSEEN = _BIDI_CONTROLS | frozenset("\u00ad\u200b\u2060\ufeff")
# Marks that stand inside a word and are not letters: apostrophes, ʿayn, hamza, okina, soft signs.
_INSIDE_A_WORD = re.compile(r"['`´‘’‛′ʹʺʻʼʽʾʿˈˊˋ˹ʿ﹐＇\"“”]")
_NOT_A_LETTER_OR_DIGIT = re.compile(r"[^a-z0-9]+")


def cleaned(text: str, *, keep_lines: bool = True) -> str:
    """Give the text without control and invisible characters, in composed form (NFC).

    Accents, scripts and joiners stay. Line ends become `\\n`, or spaces without `keep_lines`.
    """
    kept: list[str] = []
    for char in text.replace("\r\n", "\n").replace("\r", "\n"):
        if char == "\n":
            kept.append("\n" if keep_lines else " ")
        elif char == "\t":
            kept.append("\t" if keep_lines else " ")
        elif char not in _UNSEEN and unicodedata.category(char) not in ("Cc", "Cs", "Cn", "Co"):
            kept.append(char)
    return unicodedata.normalize("NFC", "".join(kept))


def our_digits(text: str) -> str:
    """Give a text with the digits of every script in ours: ٢٠٢٢ as 2022."""
    return "".join(
        char if (digit := unicodedata.decimal(char, None)) is None else str(digit) for char in text
    )


def shown_name(text: str) -> str:
    """Give a name as it is kept and shown: accents, apostrophes and hyphens as written."""
    return " ".join(cleaned(text, keep_lines=False).split())


def folded(text: str) -> str:
    """Give a text as it is compared: lower case, no accents, our letters, single spaces.

    Letters that accents alone do not explain (ł, ø, ß, þ) and other scripts are written in ours;
    apostrophes and their like vanish, hyphens part words.
    """
    clean = unicodedata.normalize("NFKC", cleaned(text, keep_lines=False))
    # Accents go before transliteration, which would see some of them as letters of their own.
    bare = "".join(char for char in unicodedata.normalize("NFD", clean) if not _is_latin_mark(char))
    letters = anyascii(_INSIDE_A_WORD.sub("", unicodedata.normalize("NFC", bare)))
    return _NOT_A_LETTER_OR_DIGIT.sub(" ", _INSIDE_A_WORD.sub("", letters).lower()).strip()


def _is_latin_mark(char: str) -> bool:
    return "\u0300" <= char <= "\u036f"


def similarity(one: str, other: str, *, at_least: float = 0.0) -> float:
    """Give how alike two texts are, 0 to 1, ignoring case, accents and spacing.

    Below `at_least` the answer is 0, which is found much faster.
    """
    return Indel.normalized_similarity(
        " ".join(one.casefold().split()), " ".join(other.casefold().split()), score_cutoff=at_least
    )


def is_same_text(one: str, other: str) -> bool:
    """Say whether two texts have the same words, whatever their case, spacing and stops."""
    return _words(one) == _words(other)


def is_nearly_same_text(one: str, other: str, *, at_least: float = NEAR_IDENTICAL) -> bool:
    """Say whether one text is, near enough, a copy of the other. Two empty texts are not."""
    first, second = _words(one), _words(other)
    if not first or not second:
        return False
    return Indel.normalized_similarity(first, second, score_cutoff=at_least) >= at_least


def _words(text: str) -> str:
    return " ".join(re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold()))
