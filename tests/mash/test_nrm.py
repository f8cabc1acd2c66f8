"""The National Referral Mechanism: sent or not, and what was decided."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, InternalError, transaction
from django.urls import reverse

from lib import application_clock
from mash import actions
from mash.models import NrmReferral
from record.errors import Refused
from record.models import Clock, Event
from tests.factories.people import PersonFactory
from tests.mash.exploited import MORNING, NOW, completed, decided
from tests.mash.pages import form, text_of

pytestmark = pytest.mark.django_db

AT = MORNING + timedelta(days=4)
SENT = date(2026, 3, 13)


@pytest.fixture(autouse=True)
def clock():
    with application_clock.set_to(NOW):
        yield


@pytest.fixture
def screening(mash_social_worker, mash_manager):
    return decided(mash_social_worker, mash_manager, PersonFactory(date_of_birth=date(2011, 3, 19)))


def send(by, screening, **more):
    given = {"reference": "NRM-0042", "submitted_on": SENT}
    return actions.submit_nrm(by=by, at=AT, screening_id=screening.pk, **{**given, **more})


def judge(by, screening, *, is_positive=True, on=date(2026, 3, 16)):
    return actions.decide_nrm(
        by=by, at=AT, screening_id=screening.pk, is_positive=is_positive, decided_on=on
    )


def test_a_childs_referral_needs_no_consent_and_counts_to_the_decision(
    mash_social_worker, screening
):
    send(mash_social_worker, screening)

    due = Clock.objects.get(rule="NRM-RG", stopped_at=None).due_at
    assert due == datetime(2026, 3, 20, 16, 45, tzinfo=UTC)
    assert Event.objects.filter(child=screening.child, code="mash.nrm_submitted").exists()


def test_an_adult_must_have_agreed(mash_social_worker, mash_manager):
    person = PersonFactory(date_of_birth=date(2008, 3, 13))
    screening = decided(mash_social_worker, mash_manager, person)

    with pytest.raises(Refused, match="18 or over"):
        send(mash_social_worker, screening)
    send(mash_social_worker, screening, consent="In person, 12 March")


def test_the_day_before_the_18th_birthday_needs_no_consent(mash_social_worker, mash_manager):
    person = PersonFactory(date_of_birth=date(2008, 3, 14))

    assert send(mash_social_worker, decided(mash_social_worker, mash_manager, person))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"reference": " "}, "reference"),
        ({"submitted_on": date(2026, 3, 11)}, "submitted_on"),
        ({"submitted_on": date(2026, 3, 17)}, "submitted_on"),
    ],
)
def test_referral_refuses_what_is_not_whole(mash_social_worker, screening, change, field):
    with pytest.raises(Refused) as refused:
        send(mash_social_worker, screening, **change)

    assert refused.value.field == field
    assert not NrmReferral.objects.exists()


def test_referral_waits_for_a_manager_who_decides_for_it(
    mash_social_worker, mash_manager, contact_officer, screening
):
    other = decided(mash_social_worker, mash_manager, PersonFactory(), is_nrm=False)
    with pytest.raises(Refused, match="No manager has decided to refer"):
        send(mash_social_worker, other)
    with pytest.raises(Refused, match="A manager decides"):
        send(mash_social_worker, completed(mash_social_worker, PersonFactory()))
    with pytest.raises(PermissionDenied):
        send(contact_officer, screening)


def test_decisions_come_in_order_and_once(mash_social_worker, screening):
    with pytest.raises(Refused, match="has been sent"):
        judge(mash_social_worker, screening)
    send(mash_social_worker, screening)
    with pytest.raises(Refused, match="recorded already"):
        send(mash_social_worker, screening)
    for day in (date(2026, 3, 12), date(2026, 3, 17)):
        with pytest.raises(Refused, match="step before"):
            judge(mash_social_worker, screening, on=day)

    judge(mash_social_worker, screening)
    assert not Clock.objects.filter(rule="NRM-RG", stopped_at=None).exists()
    row = judge(mash_social_worker, screening, is_positive=False)

    assert (row.state, row.is_reasonable, row.is_conclusive) == ("conclusive_grounds", True, False)
    with pytest.raises(Refused, match="decided for good"):
        judge(mash_social_worker, screening)


def test_no_reasonable_grounds_ends_it(mash_social_worker, screening):
    send(mash_social_worker, screening)
    judge(mash_social_worker, screening, is_positive=False)

    with pytest.raises(Refused, match="decided for good"):
        judge(mash_social_worker, screening)


def test_nothing_sent_needs_a_reason(mash_social_worker, screening):
    def refuse(because):
        return actions.refuse_nrm(
            by=mash_social_worker, at=AT, screening_id=screening.pk, because=because
        )

    with pytest.raises(Refused, match="not referred"):
        refuse(" ")
    refuse("The police disagree")
    with pytest.raises(Refused, match="recorded already"):
        refuse("Again")


def test_the_database_refuses_what_cannot_be_and_keeps_it(mash_social_worker, screening):
    row = send(mash_social_worker, screening)
    for name, change in (
        ("mash_nrm_state_fits", {"reference": ""}),
        (
            "mash_nrm_in_order",
            {
                "state": "reasonable_grounds",
                "is_reasonable": True,
                "reasonable_on": date(2026, 3, 1),
            },
        ),
    ):
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            NrmReferral.objects.update(**change)
    with pytest.raises(InternalError), transaction.atomic():
        NrmReferral.objects.all().delete()
    row.pk = screening.pk
    with pytest.raises(IntegrityError, match="mash_nrm_once"), transaction.atomic():
        row.save(force_insert=True)


def test_pages_record_the_referral_and_its_decision(client, mash_social_worker, screening):
    client.force_login(mash_social_worker)
    page = text_of(client.get(reverse("mash:exploitation", args=[screening.pk])))
    assert "Record the referral for modern slavery" in page
    sent = {"submitted_on_day": "13", "submitted_on_month": "3", "submitted_on_year": "2026"}
    client.post(
        reverse("mash:exploitation_nrm", args=[screening.pk]), form(reference="NRM-1", **sent)
    )
    day = {"decided_on_day": "16", "decided_on_month": "3", "decided_on_year": "2026"}

    answer = client.post(
        reverse("mash:exploitation_nrm-decision", args=[screening.pk]),
        form(is_positive="yes", **day),
        follow=True,
    )

    assert "Reasonable grounds Yes" in text_of(answer)
    assert NrmReferral.objects.get().reasonable_on == date(2026, 3, 16)
