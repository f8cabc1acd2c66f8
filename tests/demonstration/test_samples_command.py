"""Files that are not as they should be: a clear sentence, and everything else is entered."""

import json

import pytest
from django.core.management import CommandError, call_command

from cases.models import Contact, Submission
from demonstration import samples
from demonstration.samples.kin import pairs
from demonstration.samples.words import days_named, read_address, read_name, safe_contact

pytestmark = pytest.mark.django_db

BARE = {
    "id": "TS-90",
    "received_at": "2025-09-24T10:00:00+01:00",
    "channel": "phone",
    "raw_text": "A girl was seen alone on Specimen Row.",
}


@pytest.fixture
def staff(contact_officer, edt_worker, mash_manager):
    return contact_officer, edt_worker


@pytest.fixture
def enter_file(tmp_path, capsys):
    def run(messages, *options):
        path = tmp_path / "contacts.json"
        path.write_text(json.dumps(messages), encoding="utf-8")
        call_command("enter_contacts", str(path), *options)
        return capsys.readouterr().out

    return run


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"channel": "pigeon"}, "TS-90: the channel 'pigeon' is none of phone"),
        ({"channel": None}, "TS-90: the channel None is none of"),
        ({"received_at": "2025-09-24T10:00:00"}, "needs its offset"),
        ({"received_at": None}, "when it was received cannot be read"),
        ({"received_at": "2999-01-01T10:00:00+00:00"}, "in the future"),
        ({"raw_text": "  "}, "there are no words"),
        ({"raw_text": "x" * 200_001}, "longer than 200,000 characters"),
        ({"raw_text": "a\x00b"}, "NUL"),
        ({"id": ""}, "has no id"),
    ],
)
def test_read_says_what_is_wrong(change, sentence):
    with pytest.raises(samples.NotReadable) as refused:
        samples.read({**BARE, **change})

    assert sentence in str(refused.value)


def test_order_is_of_the_instant_and_not_of_the_clock_face():
    late = {**BARE, "id": "TS-91", "received_at": "2025-10-26T01:40:00+00:00"}
    early = {**BARE, "id": "TS-92", "received_at": "2025-10-26T01:50:00+01:00"}

    messages, problems = samples.in_order([late, early, early, 7])

    assert [message.id for message in messages] == ["TS-92", "TS-91"]
    assert len(problems) == 2


def test_enter_contacts_takes_a_message_of_which_hardly_anything_is_known(staff, enter_file):
    nulls = {
        "children": None,
        "adults": [{"name_as_given": None, "relation": None, "household": None, "dob": None}],
        "households": None,
        "consent": None,
        "rag": None,
        "reason": None,
        "category": "unheard of",
        "source_code": "99",
        "links": None,
        "should_become": None,
        "clocks": None,
    }
    far = {**BARE, "id": "TS-93", "expected": nulls, "sender": None, "attachments": None}
    keyless = {"children": [{"name_as_given": "Ada Testwood"}, 7], "consent": "yes", "links": []}
    odd = {**BARE, "id": "TS-96", "expected": keyless}

    said = enter_file([BARE, far, odd], "--compare")

    assert "3 of 3 messages entered" in said
    assert Contact.objects.filter(people__is_child=True).count() == 3
    assert set(Contact.objects.values_list("category", "source_code", "rag")) == {("", "", "")}


def test_enter_contacts_names_what_it_leaves_out_and_enters_the_rest(staff, enter_file):
    wrong = {**BARE, "id": "TS-94", "channel": "pigeon"}
    old = {"children": [{"name_as_given": "Old Testwood", "dob": "1950-02-03"}]}
    impossible = {**BARE, "id": "TS-95", "expected": old}

    with pytest.raises(CommandError) as refused:
        enter_file([wrong, impossible, BARE])

    assert "TS-94: the channel 'pigeon'" in str(refused.value)
    assert "TS-95: This child would be more than 25 years old" in str(refused.value)
    assert Submission.objects.get().external_reference == "TS-90"


def test_enter_contacts_enters_nothing_twice(staff, enter_file):
    enter_file([BARE])

    with pytest.raises(CommandError) as refused:
        enter_file([BARE])

    assert "TS-90 was entered before" in str(refused.value)
    assert Contact.objects.count() == 1


def test_enter_contacts_without_staff_says_who_is_missing(contact_officer, enter_file):
    with pytest.raises(CommandError, match="emergency duty worker"):
        enter_file([BARE])

    assert not Contact.objects.exists()


def test_enter_contacts_says_that_a_file_is_not_a_list_of_messages(tmp_path):
    broken = tmp_path / "broken.json"
    broken.write_text("{", encoding="utf-8")

    for path in (broken, tmp_path / "none.json"):
        with pytest.raises(CommandError):
            call_command("enter_contacts", str(path))

    assert not Contact.objects.exists()


@pytest.mark.parametrize(
    ("as_given", "given", "family"),
    [
        ("DAYLON KOFI TESTWOOD-MOCK", "Daylon Kofi", "Testwood-Mock"),
        ("MOCKFORD, Arun Singh", "Arun Singh", "Mockford"),
        ("Rosa TESTWOOD LOPE", "Rosa", "Testwood Lope"),
        ("Kayleigh (Trialham or Mockett)", "Kayleigh", ""),
        ("Mrs Folake Dummybole", "Folake", "Dummybole"),
        ("(girl, no name)", "", ""),
        ("Zoë O'TESTWOOD", "Zoë", "O'Testwood"),
    ],
)
def test_names_are_read_as_people_write_them(as_given, given, family):
    name = read_name(as_given)

    assert (name.given, name.family) == (given, family)


def test_an_address_not_given_is_a_label_and_never_a_street():
    assert read_address("Flat 2, 8 Prototype Court, Slough, sl2 9zb").postcode == "SL2 9ZB"
    assert read_address("Specimen Row, no number").line == "Specimen Row"
    assert read_address("Mocktown, address not given").other_authority == "Mocktown"
    assert read_address("not known").line == ""


def test_days_without_a_year_are_the_last_of_that_name():
    until = samples.read(BARE).received_at

    found = days_named("on 3 September and on 30 December", until=until)

    assert [day.isoformat() for day in found] == ["2025-09-03", "2024-12-30"]


def test_only_sentences_about_reaching_somebody_are_taken_for_safe_contact():
    words = "He is well. Please do not write to the house. She did not eat."

    assert safe_contact(words) == "Please do not write to the house."


def test_only_what_the_words_say_makes_a_relationship():
    people = [
        (True, "rosa", "daughter", "A"),
        (True, "ines", "cousin's daughter, lived there in June", "B"),
        (False, "carla", "mother", "A"),
        (False, "norbert", "mother's cousin", "B"),
        (False, "", "lives with grandmother", "C"),
        (False, "craig", "father of Rosa, in prison", ""),
        (False, "dez", "staying in the children's room", "A"),
    ]

    found = {(person, other, str(kind)) for person, other, kind, _ in pairs(people)}

    assert found == {(2, 0, "mother"), (3, 1, "parent"), (5, 0, "father")}
