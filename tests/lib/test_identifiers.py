import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib import identifiers

digits = st.characters(min_codepoint=ord("0"), max_codepoint=ord("9"))


@pytest.mark.parametrize(
    "typed",
    [
        "999 000 0018",
        "999 000 0026",
        "999 000 0034",
        "999 000 0042",
        "999 000 0050",
        "999 000 0069",
        "999-000-0018",
        "9990000018",
        " 999 000 0018\t",
        "９９９ ０００ ００１８",
    ],
)
def test_nhs_number_takes_valid_numbers_as_typed(typed):
    checked = identifiers.nhs_number(typed)

    assert checked.is_valid
    assert checked.error == ""
    assert len(checked.value) == 10


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ("999 123 4560", identifiers.NHS_CHECK_ERROR),
        ("999 000 0019", identifiers.NHS_CHECK_ERROR),
        ("0000000000", identifiers.NHS_CHECK_ERROR),
        ("1111111111", identifiers.NHS_CHECK_ERROR),
        ("999 000 001", identifiers.NHS_ERROR),
        ("999 000 00180", identifiers.NHS_ERROR),
        ("ABC 000 0018", identifiers.NHS_ERROR),
        ("x" * 500, identifiers.NHS_ERROR),
    ],
)
def test_nhs_number_refuses_in_words(typed, error):
    assert identifiers.nhs_number(typed) == identifiers.Checked(error=error)


def test_nhs_number_check_digit_of_the_published_example():
    assert identifiers.nhs_check_digit("943476591") == "9"


def test_nhs_number_is_shown_in_threes():
    assert identifiers.show_nhs_number("9990000018") == "999 000 0018"
    assert identifiers.show_nhs_number("as given") == "as given"


@given(st.text(digits, min_size=9, max_size=9), st.integers(0, 8), st.integers(1, 9))
def test_nhs_number_with_one_digit_wrong_never_passes(first, place, shift):
    check = identifiers.nhs_check_digit(first)
    number = first + (check or "0")
    wrong = str((int(number[place]) + shift) % 10)
    slipped = number[:place] + wrong + number[place + 1 :]

    if check is not None:
        assert not identifiers.nhs_number(slipped).is_valid


@pytest.mark.parametrize("typed", ["X871400119001", "l871400119002", "H87140011900A"])
def test_upn_takes_numbers_with_the_right_letter(typed):
    checked = identifiers.upn(typed)

    assert checked == identifiers.Checked(value=typed.upper())


@pytest.mark.parametrize("typed", ["A950000178301", "H243278544154"])
def test_upn_warns_of_an_authority_nobody_knows(typed):
    checked = identifiers.upn(typed)

    assert checked.is_valid
    assert checked.warning == f"No local authority has the number {typed[1:4]}"


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ("R247962919251", identifiers.UPN_CHECK_ERROR),
        ("X428558133462", identifiers.UPN_CHECK_ERROR),
        ("I871400119001", identifiers.UPN_ERROR),
        ("X87140011900S", identifiers.UPN_ERROR),
        ("X8714001190", identifiers.UPN_ERROR),
        ("X8714001190011", identifiers.UPN_ERROR),
    ],
)
def test_upn_refuses_in_words(typed, error):
    assert identifiers.upn(typed) == identifiers.Checked(error=error)


def test_upn_is_temporary_when_it_ends_in_a_letter():
    assert identifiers.is_temporary_upn("H87140011900A")
    assert not identifiers.is_temporary_upn("X871400119001")


@pytest.mark.parametrize("number", ["", "87", "8711", "950", "24A", "٨٧١"])
def test_la_number_must_be_of_an_authority(number):
    assert not identifiers.is_la_number(number)
    assert identifiers.is_la_number(identifiers.SLOUGH)


def test_la_child_id_is_letters_and_digits():
    assert identifiers.la_child_id(4417) == "SL004417"
    assert identifiers.la_child_id(1234567) == "SL1234567"
    assert identifiers.is_la_child_id("SL004417")
    assert not identifiers.is_la_child_id("C-26-04182")
    assert not identifiers.is_la_child_id("A" * 21)
    with pytest.raises(ValueError, match="positive"):
        identifiers.la_child_id(0)


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("SL1 2EL", "SL1 2EL"),
        ("sl12el", "SL1 2EL"),
        ("M1 2WD", "M1 2WD"),
        ("EC1A 1BB", "EC1A 1BB"),
        ("W1A 1HQ", "W1A 1HQ"),
        ("CR2 6XH", "CR2 6XH"),
        ("DN55 1PT", "DN55 1PT"),
        ("ZZ99 3VZ", "ZZ99 3VZ"),
        ("zz993wz", "ZZ99 3WZ"),
    ],
)
def test_postcode_is_kept_in_capitals_with_one_space(typed, value):
    assert identifiers.postcode(typed) == identifiers.Checked(value=value)


@pytest.mark.parametrize("typed", ["SL1 2EC", "QA1 1AA", "SLI 2EL", "SL1 2E", "x" * 500])
def test_postcode_refuses_what_no_place_can_have(typed):
    assert identifiers.postcode(typed) == identifiers.Checked(error=identifiers.POSTCODE_ERROR)


def test_pseudo_postcodes_fail_the_pattern_and_stand_on_a_list():
    for code in identifiers.PSEUDO_POSTCODES:
        assert identifiers.POSTCODE_PATTERN.fullmatch(code) is None
        assert identifiers.is_pseudo_postcode(code)
    assert not identifiers.is_pseudo_postcode("SL1 2EL")


@pytest.mark.parametrize(
    ("typed", "value", "shown"),
    [
        ("07700 900123", "+447700900123", "07700 900123"),
        ("+44 (0)7700 900 123", "+447700900123", "07700 900123"),
        ("0044 7700 900123", "+447700900123", "07700 900123"),
        ("447700900123", "+447700900123", "07700 900123"),
        ("01632 960123", "+441632960123", "01632 960123"),
        ("(020) 7946 0123", "+442079460123", "020 7946 0123"),
        ("+48 22 123 45 67", "+48221234567", "+48221234567"),
    ],
)
def test_phone_is_kept_in_its_international_form(typed, value, shown):
    assert identifiers.phone(typed) == identifiers.Checked(value=value)
    assert identifiers.show_phone(value) == shown


@pytest.mark.parametrize("typed", ["12", "ring the school", "07700 90012", "+44", "0" * 500])
def test_phone_refuses_what_cannot_be_dialled(typed):
    assert identifiers.phone(typed) == identifiers.Checked(error=identifiers.PHONE_ERROR)


def test_email_checks_only_the_form():
    assert identifiers.email(" dana@slough.example ").value == "dana@slough.example"
    assert identifiers.email("dana at slough").error == identifiers.EMAIL_ERROR


@pytest.mark.parametrize(
    ("typed", "value"), [("871/1234", "871/1234"), ("8711234", "871/1234"), ("123456", "123456")]
)
def test_school_takes_both_numbers(typed, value):
    assert identifiers.school(typed) == identifiers.Checked(value=value)


def test_school_refuses_or_warns():
    assert identifiers.school("12345").error == identifiers.SCHOOL_ERROR
    assert identifiers.school("9501234").warning == "No local authority has the number 950"


def test_social_work_registration_starts_with_sw():
    assert identifiers.social_work_registration("sw 12345").value == "SW12345"
    assert identifiers.social_work_registration("12345").error == identifiers.SOCIAL_WORKER_ERROR


READERS = [
    identifiers.nhs_number,
    identifiers.upn,
    identifiers.postcode,
    identifiers.phone,
    identifiers.email,
    identifiers.school,
    identifiers.social_work_registration,
]


@pytest.mark.parametrize("reader", READERS)
def test_nothing_typed_is_neither_value_nor_error(reader):
    assert reader("") == identifiers.Checked()
    assert reader(" \t ") == identifiers.Checked()


@pytest.mark.parametrize("reader", READERS)
@given(text=st.text(max_size=60))
def test_any_text_gives_a_value_or_an_error_and_never_both(reader, text):
    checked = reader(text)

    assert not (checked.value and checked.error)
    assert not reader(checked.value).error


@pytest.mark.parametrize(
    "misquoted", ["999 000 001", "999 000 00018", "999 000 0819", "9990300018"]
)
def test_a_misquoted_nhs_number_is_one_of_those_it_may_mean(misquoted):
    meant = identifiers.nhs_numbers_meant(misquoted)

    assert ("9990000018" in meant) is (misquoted != "999 000 0819")
    assert all(identifiers.nhs_number(number).is_valid for number in meant)


@pytest.mark.parametrize("text", ["", "999 000 0018", "99900000", "999000000189", "about 9"])
def test_a_right_number_or_none_means_no_other(text):
    assert identifiers.nhs_numbers_meant(text) == ()
