"""Short and pet names in use in the town that no rule of spelling explains.

English ones come from the `nicknames` package; these are the Polish, Romanian, South Asian, West
African and Arabic ones, and English ones it lacks. All folded. One line: the name, then what its
bearers are called. The authority adds its own and takes out what is wrong here: `variants.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from nicknames import NickNamer

from lib.phonetics import codes

_LINES = """
agnieszka aga agusia jagna
aleksander olek alek alex sasza
aleksandra ola olcia alex sandra
alexander xander sandu sandy lex
alexandra lexi lexie sandra
andrzej jedrek
anna ania anka hania anca
antoni antek tosiek
barbara basia
bartlomiej bartek
bartosz bartek
dorota dorotka
elzbieta ela
ewa ewka
franciszek franek
grzegorz grzesiek
hanna hania
ioana joana oana
ion ionut nelu
jacek jacus
jakub kuba
jan janek jas jasiek
jerzy jurek
joanna asia aska
jozef jozek
julia julka
karolina karola
katarzyna kasia kaska kate
konstantin kostya costel
krzysztof krzysiek krzys chris
maciej maciek
magdalena magda
malgorzata gosia malgosia margaret
marcin marcinek
maria marysia maja mimi
mateusz mateo matt
mihai mihaita misu
mikolaj miki mikus
patrycja patka
pawel pawelek paul
piotr piotrek peter
stanislaw staszek stas
stefan fane
tomasz tomek
vasile vasilica
wojciech wojtek
zbigniew zbyszek
zofia zosia
zuzanna zuzia zuza
mohammed mo mohd md mohamed muhammad
abdirahman abdi
abdullah abdi abdul
fatima fatty fati
khadija khadi
zainab zee zay
yusuf joseph yousaf
ibrahim abe ibby
ismail ish
aminah amy
oluwaseun seun
oluwatobi tobi
oluwadamilola dami damilola
ayodele ayo
ayomide ayo
babatunde tunde
chukwuemeka emeka
chidinma chidi
emmanuel manny emma
kwabena kobby
oluwafemi femi
temitope temi tope
gurpreet gary guri preet
harpreet harry preet
jaspreet jas jass preet
manpreet manny preet
amarjit amar jeet
balwinder bal
harjinder harj
jagdeep jag
jaswinder jas
kulwinder kully
narinder nindi
parminder pam
rajinder raj
sukhdeep sukh
sukhwinder sukhi
lakshmi laxmi luxmi
krishna kishan
olivia liv livvy livi livia
isabella izzy bella
elizabeth liz libby beth betsy lilly
jacob jake coby
joseph joe joey
joshua josh
emily em emmy milly
matthew matt
jack jackie jonny
charlotte lottie charlie
henry harry hal
theodore theo teddy
margaret meg maggie peggy daisy
"""


Pair = tuple[str, str]  # a name, and what its bearers are called


@lru_cache(maxsize=1)
def fuller() -> dict[str, frozenset[str]]:
    """Give, by a short name, the codes of the names it is short for."""
    return fuller_of(pairs())


def fuller_of(pairs: Iterable[Pair]) -> dict[str, frozenset[str]]:
    """Give, by a short name, the codes of the names that these pairs call it short for."""
    found: dict[str, set[str]] = {}
    for whole, short in pairs:
        sounds = {code for code in codes(whole) if not code.startswith("~")}
        found.setdefault(short, set()).update(sounds)
    return {short: frozenset(sounds) for short, sounds in found.items()}


@lru_cache(maxsize=1)
def pairs() -> tuple[Pair, ...]:
    """Give every name with every short name that comes with the system."""
    found = [(whole, one) for whole, all_ in NickNamer.default_lookup().items() for one in all_]
    for line in _LINES.split("\n"):
        whole, *short = line.split() or [""]
        found += [(whole, each) for each in short]
    return tuple(dict.fromkeys(found))
