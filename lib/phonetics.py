"""How names sound, whichever spelling they were given in.

A name part is first folded (`lib.text.folded`). Its `codes` are what spellings of one name share:
a consonant skeleton made for the names of this town (Pakistani, Punjabi, Hindu, Polish, Somali,
Arabic, African, Romanian, English and their transliterations), and double metaphone.
"""

from __future__ import annotations

import re
from functools import lru_cache

from metaphone import doublemetaphone
from rapidfuzz.distance import OSA, JaroWinkler

VOWELS = "aeiouy"
SHORT = 2  # skeletons of fewer consonants keep their vowels
LONGEST = 24
HUSH = "$"  # sh, heard apart from s when two names are compared, and not when one is looked for
FROM_ANOTHER_SCRIPT = 0.88  # what likeness keeps where letters are written by another habit
REMEMBERED = 100_000

# Spellings of one sound, the longer first; read once, left to right.
_SOUNDS = (
    ("tsch", "c"),
    ("sch", HUSH),
    ("chh", "c"),
    ("szcz", HUSH),
    ("ksh", "ks"),
    ("tch", "c"),
    ("kh", "k"),
    ("gh", "g"),
    ("ph", "f"),
    ("bh", "b"),
    ("dh", "d"),
    ("jh", "j"),
    ("th", "t"),
    ("zh", "j"),
    ("dj", "j"),
    ("dz", "j"),
    ("sh", HUSH),
    ("sz", HUSH),
    ("ch", "c"),
    ("cz", "c"),
    ("rz", "r"),
    ("tz", "s"),
    ("ts", "s"),
    ("ck", "k"),
    ("cq", "k"),
    ("ce", "se"),
    ("ci", "si"),
    ("cy", "si"),
    ("qu", "k"),
    ("wh", "v"),
    ("c", "k"),
    ("q", "k"),
    ("w", "v"),
    ("z", "s"),
)
_SOUND = re.compile("|".join(written for written, _ in _SOUNDS))
_SOUND_OF = dict(_SOUNDS)
_W_AS_A_VOWEL = re.compile(r"(?<=[aeo])w(?![aeiouy])")
_OU_AS_W = re.compile(r"(?:(?<=[a-z])|^)ou(?=[aeiy])")
_LONG_VOWELS = (
    ("ee", "i"),
    ("ea", "i"),
    ("oo", "u"),
    ("ou", "u"),
    ("aa", "a"),
    ("ae", "e"),
    ("ai", "i"),
    ("ay", "i"),
    ("ei", "i"),
    ("ey", "i"),
    ("ie", "i"),
    ("y", "i"),
    ("e", "i"),
    ("o", "u"),
)
# Sounds that scripts and countries write by different letters of ours: Ridwan and Rizwan, Cherif
# and Sherif, Gamal and Jamal, Bikram and Vikram, Othman and Usman. Read from left to right.
_OTHER_HABITS = (
    (re.compile(r"(?<=.)z+"), "d"),
    (re.compile(r"^dh"), "z"),
    (re.compile(r"ch"), "sh"),
    (re.compile(r"g(?!h)"), "j"),
    (re.compile(r"^[vw]"), "b"),
    (re.compile(r"th"), "s"),
    (re.compile(r"q"), "g"),
)
_FEMININE = re.compile(r"(?<=.{4})(?:iene|aite|yte|ute|iute|ova|eva)$")
_IA_AT_THE_END = re.compile(r"(?<=.)[iey]+ah?$")
_DIMINUTIVE = re.compile(r"(?:ie|ey|y|i|ek|ka|us)$")


def _collapsed(letters: str) -> str:
    return re.sub(r"(.)\1+", r"\1", letters)


@lru_cache(maxsize=REMEMBERED)
def _sounded(part: str) -> str:
    softened = _W_AS_A_VOWEL.sub("u", _OU_AS_W.sub("w", part))
    return _SOUND.sub(lambda found: _SOUND_OF[found.group()], softened)


def _consonants(sounded: str) -> str:
    # A second pass of h: after a consonant, or at the end, nobody hears it.
    bare = re.sub(r"(?<=[bcdfgjklmnprstvx])h", "", sounded.replace(HUSH, "s"))
    bare = re.sub(r"h$", "", bare)
    return _collapsed(re.sub(r"[aeiouy]", "", bare))


@lru_cache(maxsize=REMEMBERED)
def _vowelled(sounded: str) -> str:
    # Leah, Lia; Mariya, Maria; Rhea, Ria.
    letters = re.sub(r"h$", "", _IA_AT_THE_END.sub("ja", sounded))
    for written, heard in _LONG_VOWELS:
        letters = letters.replace(written, heard)
    return _collapsed(letters)


def _skeleton_of(part: str) -> str:
    sounded = _sounded(part)
    consonants = _consonants(sounded)
    return consonants if len(consonants) >= SHORT else _vowelled(sounded).replace(HUSH, "s") or part


@lru_cache(maxsize=REMEMBERED)
def codes(part: str) -> frozenset[str]:
    """Give every code under which a folded name part can be found.

    Mohammed, Muhammad and Maxamed share `mhmd`. Double metaphone codes start with a tilde.
    """
    part = part[:LONGEST]
    if not part:
        return frozenset()
    found = {_skeleton_of(spelling) for spelling in (*_spellings(part), *_other_habits(part))}
    for spelling in _spellings(part):
        found |= {f"~{code.lower()}" for code in doublemetaphone(spelling) if len(code) > 1}
    return frozenset(code for code in found if code)


@lru_cache(maxsize=REMEMBERED)
def _spellings(part: str) -> frozenset[str]:
    """Give the part as it would be written by those who hear x, c, j or an article otherwise."""
    spellings = {part}
    if "x" in part:
        spellings = {part.replace("x", "h"), part.replace("x", "ks")}
    if re.match(r"c[aeiou]{1,2}[^aeiou]", part):
        spellings |= {spelling[1:] for spelling in spellings}  # Somali c is ʿayn: Cabdi is Abdi
    if re.match(r"j[ou]", part):
        spellings |= {"y" + spelling[1:] for spelling in spellings}  # Jusuf is Yusuf
    servant = re.match(r"abd[aeiou](?:l(?!l?ah)|r(?=r))?(?=[a-z]{4})", part)
    if servant:  # Abdulrahman, Abdirahman, Abdur-Rahman, and Rahman for short
        spellings = {f"abdu{part[servant.end() :]}", part[servant.end() :]}
    if re.match(r"(?:al|el)[^aeiou]", part) and len(part) > 5:
        spellings |= {spelling[2:] for spelling in spellings}
    if _FEMININE.search(part):
        spellings |= {_FEMININE.sub("", part), _FEMININE.sub("as", part)}
    return frozenset(spellings)


@lru_cache(maxsize=REMEMBERED)
def _other_habits(part: str) -> frozenset[str]:
    """Give the part as other countries write the same sounds, if they do; the part is not in it."""
    found = {heard.sub(written, part) for heard, written in _OTHER_HABITS}
    return frozenset(found - {part})


@lru_cache(maxsize=REMEMBERED)
def sound(one: str, other: str) -> float:
    """Give how alike two folded parts sound, 0 to 1; 0 when their consonants differ.

    Vowels are heard too: Hussain and Husein are near 1, Hussain and Hassan are not.
    """
    if one == other:
        return 1.0
    shared = codes(one) & codes(other)
    if not any(len(code.lstrip("~")) >= SHORT for code in shared):
        return 0.0
    first, second = _spellings(one), _spellings(other)
    heard = max(_sound(this, that) for this in first for that in second)
    if heard >= FROM_ANOTHER_SCRIPT:
        return heard
    pairs = [(this, other) for this in _other_habits(one)]
    pairs += [(one, that) for that in _other_habits(other)]
    return max(heard, FROM_ANOTHER_SCRIPT * max((_sound(*pair) for pair in pairs), default=0.0))


def _sound(one: str, other: str) -> float:
    # Codes forget a vowel at the start; Amina and Mona must not meet, though Iman and Eman may.
    if (one[:1] in VOWELS) != (other[:1] in VOWELS) and not {one[:1], other[:1]} & set("hjy"):
        return 0.0
    return OSA.normalized_similarity(_vowelled(_sounded(one)), _vowelled(_sounded(other)))


@lru_cache(maxsize=REMEMBERED)
def _plain(part: str) -> str:
    return _collapsed(_sounded(part.replace("x", "ks")))


@lru_cache(maxsize=REMEMBERED)
def _stem(part: str) -> str:
    """Give what is left of a pet name without its ending; empty when it has none."""
    stem = _plain(_DIMINUTIVE.sub("", part))
    return stem if len(stem) >= SHORT and stem != _plain(part) else ""


def is_short_form(one: str, other: str) -> bool:
    """Say whether one folded part is made from the other as short and pet names are.

    Its beginning, its end, or its beginning with a pet ending; either way round.
    """
    short, long = (one, other) if len(one) <= len(other) else (other, one)
    if len(short) < 2 or short == long:
        return False
    longer = len(long) - len(short)
    if longer >= 2 and len(short) >= 3:
        if long.startswith(short) or (len(short) >= 4 and long.endswith(short)):
            return True
        if _plain(long).startswith(_plain(short)):
            return True
    stem = _stem(short)
    return bool(stem) and _plain(long).startswith(stem)


@lru_cache(maxsize=REMEMBERED)
def nearness(one: str, other: str) -> float:
    """Give how alike two folded parts are written, 0 to 1; one slip in a long name is near 1."""
    longest = max(len(one), len(other))
    if longest < 3:
        return 0.0
    slips = OSA.distance(one, other, score_cutoff=3)
    by_slips = 0.0
    if slips <= 1 and longest >= 4:
        by_slips = 0.94
    elif slips <= 1:
        by_slips = 0.85
    elif slips == 2 and longest >= 7:
        by_slips = 0.9
    return max(by_slips, JaroWinkler.similarity(one, other, prefix_weight=0.08) * 0.97)
