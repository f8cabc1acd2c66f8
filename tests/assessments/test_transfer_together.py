"""Two at the same moment on one transfer: one does it, the other is told, nothing is done twice."""

from __future__ import annotations

import pytest

from assessments.actions import transfer as actions
from assessments.models import Item, Transfer
from cases.models import Allocation, Responsibility
from record.errors import Refused
from tests.assessments.conftest import maisies_family
from tests.assessments.plans import day
from tests.assessments.transfers import (
    accepted,
    allocated,
    completed,
    long_term_worker,
    made_ready,
    proposed,
    waits,
    whole,
)
from tests.cases.test_together import both, the_error

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _typed_at_the_same_time(monkeypatch):
    from tests.assessments import plans
    from tests.cases import test_together

    monkeypatch.setattr(test_together, "TYPED", plans.TYPED)


@pytest.fixture
def family(typed_later, transactional_db):
    """Of each test by itself, since none is rolled back."""
    return maisies_family()


def holders(family):
    return {
        row.manager
        for row in Responsibility.objects.filter(child__in=family.ids, to_at=None).select_related(
            "manager"
        )
    }


def test_two_who_complete_one_transfer(family, sfs_manager):
    worker = long_term_worker()
    transfer = allocated(accepted(whole(family), sfs_manager), sfs_manager, worker, at=day(12))

    answers = both(*[lambda: completed(transfer, sfs_manager, at=day(15)) for _ in range(2)])

    assert isinstance(the_error(answers), Refused)
    assert holders(family) == {sfs_manager}
    assert Allocation.objects.filter(role="lead", to_at=None).count() == len(family.ids)


def test_one_completes_while_the_other_withdraws(family, sfs_manager):
    worker = long_term_worker()
    transfer = allocated(accepted(whole(family), sfs_manager), sfs_manager, worker, at=day(12))

    answers = both(
        lambda: completed(transfer, sfs_manager, at=day(15)),
        lambda: actions.withdraw(
            by=family.manager, at=day(15), transfer_id=transfer.pk, because="They move"
        ),
    )

    transfer.refresh_from_db()
    is_done = transfer.state == Transfer.State.COMPLETED
    assert isinstance(the_error(answers), Refused)
    assert holders(family) == {sfs_manager if is_done else family.manager}
    assert Allocation.objects.filter(role="lead", to_at=None).count() == len(family.ids)


def test_two_who_propose_one_family(family, sfs_manager):
    whole(family)

    answers = both(*[lambda: proposed(family, sfs_manager) for _ in range(2)])

    assert "is being handed on already" in str(the_error(answers))
    assert Transfer.objects.count() == 1


def test_one_accepts_while_the_other_takes_the_family_back(family, sfs_manager):
    transfer = made_ready(whole(family), sfs_manager)

    answers = both(
        lambda: actions.accept(
            by=sfs_manager,
            at=day(9),
            transfer_id=transfer.pk,
            met_at=day(9),
            attended="Both managers",
        ),
        lambda: actions.give_back(
            by=sfs_manager,
            at=day(9),
            transfer_id=transfer.pk,
            item=Item.PLAN,
            because="No dates in it",
        ),
    )

    transfer.refresh_from_db()
    is_returned = transfer.state == Transfer.State.RETURNED
    assert isinstance(the_error(answers), Refused)
    assert transfer.returns.count() == is_returned
    assert holders(family) == {family.manager}


def test_two_who_name_a_worker_for_one_family(family, sfs_manager):
    workers = [long_term_worker("Ola Standin"), long_term_worker("Una Standin")]
    transfer = waits(whole(family), sfs_manager)

    answers = both(
        *[
            lambda worker=worker: allocated(transfer, sfs_manager, worker, at=day(12))
            for worker in workers
        ]
    )

    assert isinstance(the_error(answers), Refused)
    named = set(
        Allocation.objects.filter(role="co_worker", to_at=None).values_list("worker", flat=True)
    )
    assert named == {Transfer.objects.get().worker_id}
