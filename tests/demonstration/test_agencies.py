"""What the systems of agencies send in the demonstration."""

from datetime import date, time
from random import Random

import pytest
from django.test import Client

from cases.choices import BoardState, Channel
from cases.models import Contact, ContactPerson
from demonstration import agencies, authority
from lib.working_days import instant
from partner_api.models import AgencySystem

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
END = instant(date(2026, 3, 12), time(13, 30))


@pytest.fixture(scope="module")
def sent(made_once):
    built = authority.build(first_at=instant(date(2026, 2, 25), time(0, 0)), random=Random(7))
    return agencies.send(built, end_at=END)


def test_what_agencies_sent_waits_on_the_board_for_an_officer(sent):
    contacts = Contact.objects.order_by("received_at")

    assert [contact.board_state for contact in contacts] == [BoardState.SCREENING] * len(sent)
    assert {contact.submission.channel for contact in contacts} == {Channel.API}
    assert all(contact.received_at < END for contact in contacts)
    named = ContactPerson.objects.exclude(person__given_name="", person__family_name="")
    assert set(named.values_list("match", flat=True)) == {"to_settle"}


def test_the_systems_of_the_demonstration_sign_in(sent, settings):
    assert AgencySystem.objects.count() == 2

    response = Client().post(
        "/api/v1/token/",
        {
            "grant_type": "client_credentials",
            "client_id": agencies.SCHOOL.client_id,
            "client_secret": settings.DEMONSTRATION_PASSWORD,
        },
    )

    assert response.status_code == 200
