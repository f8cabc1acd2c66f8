"""Numbers and addresses that identify people and places: read, checked, shown.

Each reader takes what somebody typed and gives a `Checked`: the value as it is stored, or an error
in the words of a form. Nothing is looked up; a number that passes is well formed, not proven.
Rules: domain reference section 8; CIN census 2025-26 rules 1510, 1530, 1570, 1580.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

UPN_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
UPN_PATTERN = re.compile(r"[A-HJ-NP-RT-Z]\d{11}[0-9A-HJ-NP-RT-Z]", re.ASCII)

POSTCODE_PATTERN = re.compile(
    r"(GIR 0AA|(([A-PR-UWYZ][0-9][0-9]?)|([A-PR-UWYZ][A-HK-Y][0-9][0-9]?)"
    r"|([A-PR-UWYZ][0-9][A-HJKPSTUW])|([A-PR-UWYZ][A-HK-Y][0-9][ABEHMNPRVWXY]))"
    r" [0-9][ABD-HJLNP-UW-Z]{2})"
)
NO_FIXED_ABODE = "ZZ99 3VZ"
ADDRESS_NOT_KNOWN = "ZZ99 3WZ"
PSEUDO_POSTCODES = {
    NO_FIXED_ABODE: "No fixed abode",
    ADDRESS_NOT_KNOWN: "Address not known",
}

SLOUGH = "871"
LA_CHILD_ID_PREFIX = "SL"
LA_CHILD_ID_LENGTH = 20

# Numbers of local authorities in England, with those of authorities since abolished, which
# children's older numbers still carry.
LA_NUMBER_RANGES = (
    (201, 213),
    (301, 320),
    (330, 336),
    (340, 344),
    (350, 359),
    (370, 373),
    (380, 384),
    (390, 394),
    (420, 420),
    (800, 803),
    (805, 813),
    (815, 816),
    (820, 823),
    (825, 826),
    (830, 831),
    (835, 841),
    (845, 846),
    (850, 852),
    (855, 857),
    (860, 861),
    (865, 896),
    (908, 909),
    (916, 916),
    (919, 919),
    (921, 921),
    (925, 926),
    (928, 929),
    (931, 931),
    (933, 933),
    (935, 943),
)

NHS_ERROR = "Enter an NHS number that is 10 numbers long, like 999 000 0018"
NHS_CHECK_ERROR = "This NHS number fails its check. Check that every number is right"
UPN_ERROR = "Enter a unique pupil number of 13 characters, like X871400119001"
UPN_CHECK_ERROR = "This unique pupil number has the wrong first letter. Check every character"
POSTCODE_ERROR = "Enter a full UK postcode, like SL1 2EL"
PHONE_ERROR = "Enter a phone number, like 01632 960 001 or +44 7700 900 982"
EMAIL_ERROR = "Enter an email address in the correct format, like name@example.com"
SCHOOL_ERROR = "Enter a DfE number, like 871/1234, or a URN of 6 numbers"
SOCIAL_WORKER_ERROR = "Enter a registration number that starts SW, like SW12345"


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of reading a number: its stored value, or an error, never both.

    `warning` is for a value that is well formed but unlikely. Both empty: nothing was typed.
    """

    value: str = ""
    error: str = ""
    warning: str = ""

    @property
    def is_valid(self) -> bool:
        """Say whether there is a value to store."""
        return bool(self.value)


def _plain(text: str) -> str:
    """Fold full-width and other digits to ours, and drop what cannot be seen."""
    folded = unicodedata.normalize("NFKC", text)
    seen = (c for c in folded if unicodedata.category(c) not in ("Cc", "Cf") or c.isspace())
    return "".join(
        str(unicodedata.decimal(c)) if unicodedata.decimal(c, None) is not None else c for c in seen
    ).strip()


def _bare(text: str) -> str:
    """Drop spaces, dots, dashes and slashes, and raise the letters."""
    return re.sub(r"[\s\-‐-―./_]", "", _plain(text)).upper()


# NHS number


def nhs_check_digit(first_nine: str) -> str | None:
    """Give the tenth digit of an NHS number, or None when no number starts so."""
    total = sum(int(digit) * (10 - place) for place, digit in enumerate(first_nine))
    check = 11 - total % 11
    if check == 10:
        return None
    return "0" if check == 11 else str(check)


def nhs_number(text: str) -> Checked:
    """Read an NHS number: ten digits, spaces and hyphens allowed, check digit modulus 11."""
    digits = _bare(text)
    if not digits:
        return Checked()
    if not re.fullmatch(r"\d{10}", digits, re.ASCII):
        return Checked(error=NHS_ERROR)
    if len(set(digits)) == 1 or nhs_check_digit(digits[:9]) != digits[9]:
        return Checked(error=NHS_CHECK_ERROR)
    return Checked(value=digits)


def nhs_numbers_meant(text: str) -> tuple[str, ...]:
    """Give the NHS numbers that a misquoted one may be: a digit wrong, left out or too many.

    None for a number that passes its check, or that is further from being one.
    """
    digits = _bare(text)
    if not re.fullmatch(r"\d{9,11}", digits, re.ASCII) or nhs_number(digits).is_valid:
        return ()
    places = range(len(digits))
    if len(digits) == 11:
        near = {digits[:at] + digits[at + 1 :] for at in places}
    elif len(digits) == 10:
        near = {digits[:at] + other + digits[at + 1 :] for at in places for other in "0123456789"}
    else:
        near = {digits[:at] + more + digits[at:] for at in range(10) for more in "0123456789"}
    return tuple(sorted(number for number in near if nhs_number(number).is_valid))


def show_nhs_number(number: str) -> str:
    """Show an NHS number as 999 000 0018; anything else as it is."""
    if not re.fullmatch(r"\d{10}", number, re.ASCII):
        return number
    return f"{number[:3]} {number[3:6]} {number[6:]}"


# Unique pupil number


def upn_check_letter(rest: str) -> str:
    """Give the first letter of a UPN from its other twelve characters."""
    total = sum(
        (int(char) if char.isdigit() else UPN_LETTERS.index(char)) * place
        for place, char in enumerate(rest, start=2)
    )
    return UPN_LETTERS[total % 23]


def upn(text: str) -> Checked:
    """Read a unique pupil number, permanent or temporary, and check its letter.

    An authority number that is not known is a warning: the table changes, the pattern does not.
    """
    value = _bare(text)
    if not value:
        return Checked()
    if not UPN_PATTERN.fullmatch(value):
        return Checked(error=UPN_ERROR)
    if upn_check_letter(value[1:]) != value[0]:
        return Checked(error=UPN_CHECK_ERROR)
    number = value[1:4]
    if not is_la_number(number):
        return Checked(value=value, warning=f"No local authority has the number {number}")
    return Checked(value=value)


def is_temporary_upn(number: str) -> bool:
    """Say whether a UPN is temporary: its last character is a letter."""
    return bool(UPN_PATTERN.fullmatch(number)) and number[-1].isalpha()


def is_la_number(number: str) -> bool:
    """Say whether a local authority in England has, or had, this number."""
    if not re.fullmatch(r"\d{3}", number, re.ASCII):
        return False
    return any(first <= int(number) <= last for first, last in LA_NUMBER_RANGES)


# The authority's own numbers


def la_child_id(serial: int) -> str:
    """Give the authority's id for its child number `serial`, like SL004417.

    Letters and digits only, at most 20; the census refuses hyphens.
    """
    if serial < 1 or serial >= 10 ** (LA_CHILD_ID_LENGTH - len(LA_CHILD_ID_PREFIX)):
        raise ValueError("A child's serial number is positive and at most 18 digits long.")
    return f"{LA_CHILD_ID_PREFIX}{serial:06d}"


def is_la_child_id(text: str) -> bool:
    """Say whether a text could be an authority's child id: up to 20 letters and digits."""
    return bool(re.fullmatch(r"[A-Za-z0-9]{1,20}", text, re.ASCII))


# Postcode


def postcode(text: str) -> Checked:
    """Read a postcode: capital letters, one space; pseudo codes from the allowed list."""
    bare = _bare(text)
    if not bare:
        return Checked()
    value = f"{bare[:-3]} {bare[-3:]}"
    if value in PSEUDO_POSTCODES or POSTCODE_PATTERN.fullmatch(value):
        return Checked(value=value)
    return Checked(error=POSTCODE_ERROR)


def is_pseudo_postcode(value: str) -> bool:
    """Say whether a stored postcode stands for no place."""
    return value in PSEUDO_POSTCODES


# Phone and email


def phone(text: str) -> Checked:
    """Read a phone number into its international form, +44 unless it says otherwise."""
    plain = _plain(text)
    if not plain:
        return Checked()
    if not re.fullmatch(r"[+\d\s()./\-‐-―]+", plain):
        return Checked(error=PHONE_ERROR)
    digits = re.sub(r"[^\d+]", "", plain.replace("(0)", ""))
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    elif digits.startswith("0"):
        digits = "+44" + digits[1:]
    elif re.fullmatch(r"44\d{9,10}", digits):
        digits = "+" + digits
    if digits.startswith("+440"):
        digits = "+44" + digits[4:]
    if digits.startswith("+44"):
        ok = re.fullmatch(r"\+44([123589]\d{8,9}|7\d{9})", digits)
    else:
        ok = re.fullmatch(r"\+[1-9]\d{6,14}", digits)
    return Checked(value=digits) if ok else Checked(error=PHONE_ERROR)


def show_phone(number: str) -> str:
    """Show a stored phone number as it is dialled here: 07700 900123, +48 22 stays abroad."""
    if not number.startswith("+44"):
        return number
    national = "0" + number[3:]
    if national.startswith("02"):
        return f"{national[:3]} {national[3:7]} {national[7:]}"
    return f"{national[:5]} {national[5:]}"


def email(text: str) -> Checked:
    """Read an email address; only its form is checked."""
    value = _plain(text)
    if not value:
        return Checked()
    try:
        validate_email(value)
    except ValidationError:
        return Checked(error=EMAIL_ERROR)
    return Checked(value=value)


# School and worker


def school(text: str) -> Checked:
    """Read a DfE number (871/1234) or a unique reference number (six digits)."""
    value = _bare(text)
    if not value:
        return Checked()
    if re.fullmatch(r"\d{6}", value, re.ASCII):
        return Checked(value=value)
    if re.fullmatch(r"\d{7}", value, re.ASCII):
        number = f"{value[:3]}/{value[3:]}"
        if is_la_number(value[:3]):
            return Checked(value=number)
        return Checked(value=number, warning=f"No local authority has the number {value[:3]}")
    return Checked(error=SCHOOL_ERROR)


def social_work_registration(text: str) -> Checked:
    """Read a social worker's registration number: SW and digits."""
    value = _bare(text)
    if not value:
        return Checked()
    if re.fullmatch(r"SW\d{1,8}", value, re.ASCII):
        return Checked(value=value)
    return Checked(error=SOCIAL_WORKER_ERROR)
