"""Every kind of change: where the record raises it by itself, and that anybody can log it."""

import re
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from accounts.permissions import Permission, require
from cases import actions, family_changes
from cases.change_codes import DEFAULT_CLASS, ChangeClass, ChangeCode
from cases.choices import Category, ConsentFrom, ConsentScope, ConsentState, InvolvementKind
from cases.models import ChangeOfCircumstance
from dev.services import BASE_DIR
from lib import application_clock
from people import actions as people_actions
from tests.cases.change_cases import logged
from tests.cases.families import family, opened
from tests.cases.front_door import child, hours, received
from tests.cases.open_cases import children_of

pytestmark = pytest.mark.django_db
PAGE = BASE_DIR / "docs" / "changes.md"
ROW = re.compile(r"^\| (COC-\d\d) \| (.+) \| (.+) \| (.+) \| `(.+)` \|$", re.MULTILINE)
TODAY = datetime(2026, 3, 17, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _on_tuesday():
    with application_clock.set_to(TODAY):
        yield


def test_every_kind_is_listed_with_its_class_and_a_test_that_tries_it():
    rows = ROW.findall(PAGE.read_text(encoding="utf-8"))

    assert [(code, words) for code, words, *_rest in rows] == ChangeCode.choices
    for code, _words, said, source, test in rows:
        known = DEFAULT_CLASS.get(ChangeCode(code))
        assert said == (known.label if known else "As the manager says"), code
        text = (BASE_DIR / test).read_text(encoding="utf-8")
        by_hand = source == "By hand"
        assert by_hand or code in text or f"ChangeCode.{ChangeCode(code).name}" in text, code


@pytest.mark.parametrize("code", ChangeCode.values)
def test_every_kind_can_be_logged_by_hand(home, assessment_social_worker, code):
    change = logged(assessment_social_worker, home["Maisie"], code=code, what="Said at the door")

    assert (change.code, change.is_by_system, change.children.count()) == (code, False, 3)


@pytest.fixture
def home(assessment_team_manager, assessment_social_worker):
    return family(assessment_team_manager, assessment_social_worker)


@pytest.mark.parametrize(
    ("category", "code"),
    [
        (Category.CHILD_PROTECTION, ChangeCode.HARM),
        (Category.DOMESTIC_ABUSE, ChangeCode.DOMESTIC_ABUSE),
        (Category.MISSING, ChangeCode.MISSING),
        (Category.EXPLOITATION, ChangeCode.EXPLOITATION),
        (Category.CHILD_IN_NEED, ChangeCode.OTHER),
        ("", ChangeCode.OTHER),
    ],
)
def test_contact_added_to_an_open_case_is_a_change_by_its_category(
    home, contact_officer, mash_manager, category, code
):
    contact = received(contact_officer, child())
    type(contact).objects.filter(pk=contact.pk).update(category=category)
    contact.refresh_from_db()

    family_changes.raise_for_contact(
        contact=contact,
        child_ids=[home["Maisie"].pk],
        authority=require(mash_manager, Permission.CHANGE_LOG),
        at=TODAY,
    )

    assert ChangeOfCircumstance.objects.get().code == code


def test_death_of_a_child_is_a_change_for_the_others(home, assessment_team_manager):
    people_actions.record_death(
        by=assessment_team_manager,
        at=TODAY,
        person_id=home["Isla"].pk,
        died_on=TODAY.date(),
    )
    change = ChangeOfCircumstance.objects.get()
    assert (change.code, change.person_id) == (ChangeCode.ILLNESS, home["Isla"].pk)


def withdrawn(contact, by, state=ConsentState.WITHDRAWN):
    return actions.record_answer(
        by=by,
        at=hours(4),
        contact_id=contact.pk,
        asked_as=ConsentFrom.PARENT_WITH_PR,
        scope=ConsentScope.CHECKS,
        state=state,
        words="“We do not want you any more”",
    )


def test_agreement_withdrawn_while_a_child_is_open_is_a_change(
    contact_officer, mash_manager, assessment_team_manager
):
    contact = received(contact_officer, child(), at=hours(0))
    (maisie,) = children_of(contact)
    team = assessment_team_manager.managed_teams.get()
    opened(maisie, team, kind=InvolvementKind.ASSESSMENT)

    withdrawn(contact, contact_officer, ConsentState.REFUSED)
    assert not ChangeOfCircumstance.objects.exists()
    withdrawn(contact, contact_officer)

    change = ChangeOfCircumstance.objects.get()
    assert (change.code, change.what) == (ChangeCode.DISENGAGED, "Agreement was withdrawn")
    assert change.logged_by == contact_officer
    # Nobody has seen the child for longer than ten working days.
    assert change.change_class == ChangeClass.IMMEDIATE


def test_agreement_withdrawn_before_anything_is_open_is_none(contact_officer):
    contact = received(contact_officer, child(), at=hours(0))
    withdrawn(contact, contact_officer)
    assert not ChangeOfCircumstance.objects.exists()


def test_information_is_one_change_however_many_agencies_answer(home, mash_manager):
    given = {
        "child_ids": [home["Maisie"].pk],
        "from_whom": "Dummy Park Hospital",
        "contact_id": None,
        "source_kind": "enquiry",
        "source_id": uuid4(),
        "authority": require(mash_manager, Permission.CHANGE_LOG),
        "at": TODAY,
    }
    family_changes.raise_for_information(**given)
    family_changes.raise_for_information(**given)

    change = ChangeOfCircumstance.objects.get()
    assert (change.code, change.learned_from) == (ChangeCode.PAST, "Dummy Park Hospital")


def test_status_of_a_child_is_no_change_where_every_child_was_thought_about(home, mash_manager):
    given = {
        "child_ids": [home["Maisie"].pk],
        "what": "A court is asked about a brother or sister",
        "source_kind": "transfer",
        "source_id": uuid4(),
        "authority": require(mash_manager, Permission.CHANGE_LOG),
        "at": TODAY,
    }
    family_changes.raise_for_status(considered_ids=home.ids, **given)
    assert not ChangeOfCircumstance.objects.exists()

    family_changes.raise_for_status(considered_ids=[home["Maisie"].pk], **given)

    change = ChangeOfCircumstance.objects.get()
    assert (change.code, change.children.count()) == (ChangeCode.SIBLING, 3)
