"""What stands on either of two linked records of a child counts, and is said once of a family."""

from uuid import uuid4

import pytest

from assessments.models import AssessmentChild
from assessments.queries.checklist import Item, checklist
from assessments.queries.cin_plan import plans_of
from assessments.queries.transfer import transfer_page
from cases import protection
from cases.choices import ProtectionKind
from cases.models import RiskRating, Signal, VisitChild
from cases.queries.stale import Stale, together
from lib import application_clock
from people.models import Person
from record import flags
from tests.assessments.plans import day, seen
from tests.assessments.transfers import made_ready, whole
from tests.factories.people import ChildFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("typed_later")]


def linked(child):
    """Another record of the same child, read under this one."""
    other = ChildFactory(given_name=child.given_name, family_name=child.family_name)
    Person.objects.filter(pk=other.pk).update(canonical=child)
    return other


def test_protection_on_either_record_counts_for_both(family):
    maisie = family["Maisie"]
    other = linked(maisie)
    protection.begin(child_id=other.pk, kind=ProtectionKind.PLAN, subject_id=uuid4(), at=day(5))
    protection.begin(
        child_id=maisie.pk, kind=ProtectionKind.SECTION_47, subject_id=uuid4(), at=day(5)
    )
    both = {ProtectionKind.PLAN, ProtectionKind.SECTION_47}

    assert protection.protected(child_ids=[maisie.pk, family["Jayden"].pk]) == {maisie.pk: both}
    assert protection.protected(child_ids=[other.pk]) == {other.pk: both}
    assert protection.protected(child_ids=[]) == {}


def test_transfer_shows_when_a_child_was_seen_and_at_what_risk_on_either_record(
    family, sfs_manager
):
    transfer = made_ready(whole(family), sfs_manager)
    maisie = family["Maisie"]
    other = linked(maisie)
    visit = seen(family, "Jayden", at=day(9))
    VisitChild.objects.create(
        visit=visit, child=other, at=day(10), was_seen=True, was_seen_alone=True, words="“Fine”"
    )
    RiskRating.objects.create(
        child=other,
        level="high",
        why="He came back",
        subject_kind="visit",
        subject_id=visit.pk,
        by=family.worker,
        at=day(10),
        recorded_at=day(10),
    )
    page = transfer_page(by=family.manager, transfer_id=transfer.pk, at=day(11))
    shown = {child.line.child_id: child for child in page.children}

    assert shown[maisie.pk].seen_at == day(10)
    assert shown[maisie.pk].risk == "high"
    assert shown[family["Jayden"].pk].seen_at == day(9)


def test_what_makes_an_assessment_stale_under_another_record_holds_up_a_transfer(
    family, sfs_manager
):
    """Before, the flag stood on a record that the checklist did not ask for."""
    transfer = made_ready(whole(family), sfs_manager)
    maisie = family["Maisie"]
    other = linked(maisie)
    AssessmentChild.objects.filter(child=maisie).update(child=other)
    for number in (1, 2):
        Signal.objects.create(
            child=other,
            kind="missing",
            source_kind="missing_episode",
            source_id=uuid4(),
            at=day(8 + number),
            recorded_at=day(8 + number),
        )
    late = day(20)
    with application_clock.set_to(late):
        flags.sweep(at=late, codes=["F-STALE-SIGNALS"])

    items = {item.item: item for item in checklist(transfer=transfer, by=family.manager, at=late)}
    (missing,) = items[Item.CURRENT].missing
    assert missing.child_id == maisie.pk
    assert "2 things happened to Maisie" in missing.sentence


def test_no_child_in_need_plan_is_offered_for_a_child_with_a_protection_plan(family):
    maisie = family["Maisie"]
    assert plans_of(by=family.worker, child_ids=[maisie.pk])["may_start"]

    protection.begin(child_id=maisie.pk, kind=ProtectionKind.PLAN, subject_id=uuid4(), at=day(5))

    assert not plans_of(by=family.worker, child_ids=[maisie.pk])["may_start"]
    assert plans_of(by=family.worker, child_ids=[family["Jayden"].pk])["may_start"]


def stale(child, because, *, subject_id, name=None):
    return Stale(
        child_id=child.pk,
        subject_id=subject_id,
        since="3 March",
        because=because,
        url=f"/flags/{child.pk}/",
        child=child.name if name is None else name,
    )


def test_one_reason_about_three_children_is_one_notice_that_names_them(family):
    maisie, jayden = family["Maisie"], family["Jayden"]
    document = uuid4()
    same = [
        stale(
            child,
            f"Kyle joined, and the assessment of {child.name} does not know it",
            subject_id=document,
        )
        for child in (maisie, jayden)
    ]
    own = [
        stale(child, f"{child.name} lives with Isla and has none", subject_id=document)
        for child in (maisie, jayden)
    ]
    ring = [
        stale(child, "of a restricted child, ring Helen", subject_id=document, name="")
        for child in (maisie, jayden)
    ]

    first, *others = together([*same, *own, *ring])

    names = f"{maisie.name} and {jayden.name}"
    assert first.because == f"Kyle joined, and the assessment of {names} does not know it"
    assert others == [*own, *ring]
