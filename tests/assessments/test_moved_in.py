"""Families who move here with another authority's child protection plan."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.urls import reverse

from assessments.actions.transfer_in import MovedIn, record_transfer_in
from assessments.models import Conference, ConferenceChild, ProtectionPlan
from assessments.queries.protection import protection_of, protection_work
from cases import actions as case_actions
from cases import protection
from cases.choices import Mark, ProtectionKind
from cases.models import Contact
from people.models import Person
from record.errors import NotWhole, Refused
from record.models import Clock, Event
from tests.assessments.plans import day
from tests.assessments.test_flags import found
from tests.factories.people import RestrictionFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("typed_later")]

HELD = day(12)  # Tuesday 24 March 2026
TOLD_ON = day(1).date()


def line(child, **more):
    given = {
        "child_id": child.pk,
        "result": "plan",
        "why": f"What {child.name} lived with there goes on here",
        "category": "NEG",
        "previous_elsewhere": 1,
        "must_change": "Somebody is at home at night",
        "contingency": "We take legal advice",
        "core_group": "Mother, school, health visitor",
    }
    return MovedIn(**(given | more))


def none(child):
    return MovedIn(child_id=child.pk, result="no_plan", why=f"{child.name} lives with her father")


def held(family, lines=None, *, by=None, at=HELD, **more):
    given = {
        "person_id": family["Maisie"].pk,
        "lines": [line(child) for child in family.children.values()] if lines is None else lines,
        "from_authority": "Northmere County Council",
        "told_on": TOLD_ON,
        "chair": "Kit Fixture",
        "attended": "Mother, both social workers",
        "summary": "What was done there, and what goes on here",
        "family_view": "Mother is glad to be near Nan",
    }
    return record_transfer_in(by=by or family.manager, at=at, **(given | more))


def said(refused):
    return [sentence for _, sentence in refused.value.problems]


def test_plan_begins_with_us_on_the_date_of_the_conference_without_an_enquiry(family):
    conference = held(family, [line(family["Maisie"]), none(family["Jayden"])])

    plan = ProtectionPlan.objects.get()
    assert (plan.child, plan.enquiry, plan.started_on) == (
        family["Maisie"],
        None,
        conference.held_on,
    )
    assert (plan.previous_here, plan.previous_elsewhere) == (0, 1)
    assert conference.kind == Conference.Kind.TRANSFER_IN
    running = Clock.objects.filter(subject_id=plan.pk, stopped_at=None)
    assert {"CG-1", "RCPC-1"} <= set(running.values_list("rule", flat=True))
    assert ProtectionKind.PLAN in protection.protected(child_ids=[plan.child_id])[plan.child_id]
    results = ConferenceChild.objects.values_list("child", "result", "report")
    assert set(results) == {
        (family["Maisie"].pk, "plan", ""),
        (family["Jayden"].pk, "no_plan", ""),
    }
    assert Event.objects.filter(code="conference.moved_in").count() == 2


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"from_authority": " "}, "Say from which authority the family moved"),
        ({"told_on": HELD.date() + timedelta(days=1)}, "The other authority told us before"),
        ({"at": day(27)}, "Say why the conference is later than 15 working days after that"),
        ({"chair": ""}, "Say who chaired the conference"),
    ],
)
def test_conference_names_what_is_missing(family, more, named):
    with pytest.raises(NotWhole) as refused:
        held(family, **more)

    assert any(sentence.startswith(named) for sentence in said(refused))
    assert not Conference.objects.exists()


def test_each_child_who_is_open_to_us_is_answered_for_whole(family):
    with pytest.raises(NotWhole) as refused:
        held(family, [line(family["Maisie"], previous_elsewhere=0, must_change="")])

    maisie, jayden = family["Maisie"].name, family["Jayden"].name
    assert said(refused) == [
        f"Say what must change for {maisie}",
        f"Say how many plans other authorities had for {maisie}, the last one included",
        f"Choose what the conference decided for {jayden}",
    ]


def test_late_conference_keeps_its_reason(family):
    held(family, at=day(27), late_reason="Their papers came on Monday")

    reasons = set(ConferenceChild.objects.values_list("late_reason", flat=True))
    assert reasons == {"Their papers came on Monday"}


def test_conference_is_refused_on_a_weekend_a_second_time_and_without_a_referral(family):
    with pytest.raises(Refused, match="Saturday or Sunday"):
        held(family, at=day(9))
    held(family)
    with pytest.raises(NotWhole) as refused:
        held(family, at=HELD + timedelta(hours=1))
    assert f"{family['Maisie'].name} has a child protection plan already" in said(refused)

    stranger = RestrictionFactory(owner=family.manager).person
    with pytest.raises(Refused, match="no open referral here"):
        held(family, person_id=stranger.pk)


def test_conference_is_for_a_chair_or_whoever_answers_for_the_children(
    family, contact_officer, head_of_service
):
    with pytest.raises(PermissionDenied):
        held(family, by=contact_officer)
    RestrictionFactory(person=family["Maisie"], owner=head_of_service)
    with pytest.raises(Person.DoesNotExist):
        held(family)


def test_page_is_reached_from_a_child_whose_contact_says_so_and_records(client, family):
    maisie = family["Maisie"]

    def panel():
        return protection_of(by=family.manager, child_ids=[maisie.pk])["moved_in_id"]

    assert panel() is None
    Contact.objects.update(marks=[Mark.CP_TRANSFER_IN])
    assert panel() == maisie.pk
    client.force_login(family.manager)
    url = reverse("assessments:conference_moved_in", args=[maisie.pk])
    assert url in client.get(reverse("cases:child", args=[maisie.pk])).content.decode()
    shown = client.get(url).content.decode()
    assert "From which authority did the family move?" in shown
    assert family["Jayden"].name in shown

    typed = {
        "from_authority": "Northmere County Council",
        "told_on_0": "13",
        "told_on_1": "3",
        "told_on_2": "2026",
        "chair": "Kit Fixture",
    }
    wrong = client.post(url, typed).content.decode()
    assert "Say what was talked about" in wrong
    assert not Conference.objects.exists()

    held(family, [none(child) for child in family.children.values()])
    assert panel() is None


def moved(family, *, by, marks=(Mark.CP_TRANSFER_IN,)):
    """Mark the contact of a family, as somebody who reads it more closely does."""
    contact = Contact.objects.get()
    case_actions.change_contact(by=by, at=day(2), contact_id=contact.pk, marks=list(marks))
    return contact


def running():
    return list(Clock.objects.filter(rule="ICPC-IN", stopped_at=None))


def test_time_to_the_conference_runs_from_what_the_other_authority_told_us(family, contact_officer):
    contact = moved(family, by=contact_officer)

    clocks = running()
    assert {clock.started_at for clock in clocks} == {contact.received_at}
    assert len(clocks) == 2
    (work,) = (
        each for each in protection_work(by=family.manager, at=day(3)) if each.rule == "ICPC-IN"
    )
    assert set(work.who.split(" and ")) == {child.name for child in family.children.values()}
    due = clocks[0].due_at
    assert found("F-ICPC-IN", due) == [("Jayden", "amber"), ("Maisie", "amber")]
    assert found("F-ICPC-IN", due + timedelta(minutes=1)) == [
        ("Jayden", "critical"),
        ("Maisie", "critical"),
    ]

    moved(family, by=contact_officer, marks=[])
    assert running() == []
    moved(family, by=contact_officer)
    assert len(running()) == 2


def test_conference_ends_the_time_and_is_late_by_the_day_the_contact_came(family, contact_officer):
    contact = moved(family, by=contact_officer)
    late = day(27)
    with pytest.raises(NotWhole) as refused:
        held(family, at=late, told_on=day(20).date())
    assert said(refused) == ["Say why the conference is later than 15 working days after that"]

    held(family, at=late, told_on=day(20).date(), late_reason="Their papers came on Monday")

    assert running() == []
    stopped = Clock.objects.filter(rule="ICPC-IN")
    assert {clock.late_reason for clock in stopped} == {"Their papers came on Monday"}
    assert contact.received_at < late
    moved(family, by=contact_officer, marks=[])
    moved(family, by=contact_officer)
    assert running() == []


def test_plan_taken_over_says_where_it_came_from(client, family):
    held(family)
    plan = ProtectionPlan.objects.get(child=family["Maisie"])
    client.force_login(family.manager)

    shown = client.get(reverse("assessments:protection_plan", args=[plan.pk])).content.decode()

    assert "taken over from Northmere County Council" in shown


def test_only_a_transfer_in_conference_has_an_authority_and_a_day(family):
    row = held(family)
    fields = {
        field.attname: getattr(row, field.attname)
        for field in Conference._meta.fields
        if field.name != "id"
    }
    for wrong in (
        {"from_authority": ""},
        {"told_on": None},
        {"told_on": HELD.date() + timedelta(days=1)},
        {"kind": Conference.Kind.INITIAL},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Conference.objects.create(**(fields | wrong))
