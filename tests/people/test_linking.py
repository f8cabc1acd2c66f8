"""Two linked records are read as one everywhere, and come apart again as they were.

Every foreign key to a person is walked: a new table is either read by the pages of the child, or
says below how it is read.
"""

from itertools import product

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases.models import Visit, VisitChild
from cases.queries.seen import last_seen
from people import actions, matching
from people.models import Person, PersonLink, PossibleDuplicate
from tests.factories.people import ChildFactory
from tests.people.families import AT

pytestmark = pytest.mark.django_db

#: Tables that no page of a child asks by the child, with why none of it is lost.
NOT_ASKED_BY_THE_CHILD = {
    "assessments.ConferenceChild.child": "read on the enquiry and on the plan it is about",
    "cases.ChildRiskReview.child": "read on its change, or under waiting, by its own id",
    "cases.RiskRating.child": "read on a review and a change, through records_of",
    "cases.Section47Decision.child": "read on the strategy discussion and the referral",
    "cases.ServicePlaceChild.child": "read on its episode or contact, and on the service's page",
    "cases.Signal.child": "read by flag rules, which lead to the record it was raised on",
    "cases.WaitingEntry.child": "read on its queue and by what it waits for",
    "mash.ExploitationAction.child": "read on the screening it belongs to",
    "mash.MappingChild.child": "read on its meeting and on the screening it belongs to",
    "mash.MaracOutcome.child": "read on the contact it is about",
    "mash.MissingNotice.child": "read on its contact, and counted through records_of",
    "mash.NrmReferral.child": "read on the screening it belongs to",
    "mash.PassedLine.child": "read on its decision, by whom it was passed to",
    "people.DuplicateCheck.person": "what was compared at night; of each record by itself",
    "people.SearchAnswer.person": "read beside a possible duplicate, of both records",
    "people.SearchKeys.person": "the search finds each record and shows the one kept",
}
#: What tells of the link itself, and so names both records before and after.
OF_THE_LINK = {"people_person", "people_personlink", "people_possibleduplicate"}


def keys_to_people():
    """Give every foreign key to a person that is kept by the database."""
    return [
        relation.field for relation in Person._meta.related_objects if relation.field.db_constraint
    ]


def label(field):
    return f"{field.model._meta.label}.{field.name}"


def asked_about(other, *, of, by):
    """Give what the pages of a child ask with the id of another record, as SQL."""
    client = Client()
    found = []
    for reader, page in product(by, ("cases:child", "people:person")):
        client.force_login(reader)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(reverse(page, args=[of.pk])).status_code == 200
        found += [query["sql"] for query in captured.captured_queries]
    return [sql for sql in found if str(other.pk) in sql or other.pk.hex in sql]


def mentions(sql, field):
    return f'"{field.model._meta.db_table}"' in sql and f'."{field.column}"' in sql


def rows():
    """Give every row that names a person, by the key that names them."""
    return {
        label(field): sorted(map(str, field.model._base_manager.values_list("pk", field.attname)))
        for field in keys_to_people()
        if field.model not in (Person, PersonLink, PossibleDuplicate)
    }


def test_everything_follows_the_person_and_comes_back(
    mash_manager, head_of_service, family, settings
):
    settings.PREPARE_STATEMENTS = False  # what is asked is read here
    kept, other = family.jayden, ChildFactory(given_name="Jaden", family_name="Mockfort")
    matching.refresh([other.pk])
    readers = (mash_manager, head_of_service)  # restrictions are for one, transfers for the other
    before = rows()

    link = actions.link_records(
        by=mash_manager, at=AT, kept_id=kept.pk, other_id=other.pk, reason="One number"
    )

    asked = asked_about(other, of=kept, by=readers)
    not_asked = {
        label(field) for field in keys_to_people() if not any(mentions(sql, field) for sql in asked)
    }
    assert not_asked == set(NOT_ASKED_BY_THE_CHILD)
    assert rows() == before

    actions.unlink_records(by=mash_manager, at=AT, link_id=link.pk, because="Two boys")

    assert rows() == before
    asked = asked_about(other, of=kept, by=readers)
    strangers = {
        label(field)
        for field in keys_to_people()
        if field.model._meta.db_table not in OF_THE_LINK
        and any(mentions(sql, field) for sql in asked)
    }
    assert strangers == set()
    assert asked_about(other, of=other, by=readers)


def test_a_visit_on_a_linked_record_is_the_childs(mash_manager, family):
    kept, other = family.jayden, family.tyler
    visit = Visit.objects.create(
        at=AT,
        purpose="other",
        outcome="kept",
        by=mash_manager,
        is_by_social_worker=True,
        recorded_by=mash_manager,
        recorded_at=AT,
    )
    VisitChild.objects.create(visit=visit, child=other, at=AT, was_seen=True, was_seen_alone=True)
    assert last_seen(child_ids=[kept.pk, other.pk])[kept.pk].seen_at is None

    link = actions.link_records(
        by=mash_manager, at=AT, kept_id=kept.pk, other_id=other.pk, reason="One number"
    )

    both = last_seen(child_ids=[kept.pk, other.pk, family.maisie.pk])
    assert both[kept.pk] == both[other.pk]
    assert both[kept.pk].alone_at == AT
    assert both[family.maisie.pk].seen_at is None
    actions.unlink_records(by=mash_manager, at=AT, link_id=link.pk, because="Two boys")
    assert last_seen(child_ids=[kept.pk])[kept.pk].seen_at is None
