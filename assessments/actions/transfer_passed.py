"""A restricted child of a family that is handed on, passed to whoever holds the restriction.

Whoever may see the child says whether the child is handed on too, by a transfer of the child's
own, or why not. The passed line counts as answered for the family (decisions.md 84).
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import User
from accounts.permissions import Authority
from assessments import transfer_clocks
from assessments.models import Transfer, TransferPassed
from assessments.queries.passed import own_transfer
from cases import passed_on
from lib import application_clock
from record import events, once
from record.errors import NotWhole, Refused

SUBJECT = "transfer_passed"
RULE = "TRF-PASS"
OWN, NOT_HANDED_ON = "own", "not"


def pass_on(
    transfer: Transfer, *, child_id: UUID, owner: User, authority: Authority, at: datetime
) -> None:
    """Ask whoever holds the restriction about a child closed to whoever acts."""
    passed = TransferPassed.objects.create(
        transfer=transfer,
        child_id=child_id,
        owner=owner,
        passed_at=at,
        recorded_at=application_clock.now(),
    )
    passed_on.ask(
        passed,
        RULE,
        kind=SUBJECT,
        code="transfer.passed",
        started_at=at,
        by=authority.user,
        at=at,
    )
    _note("transfer.passed", passed, authority, at)


@transaction.atomic
def answer_passed_transfer(
    *,
    by: User,
    at: datetime,
    passed_id: UUID,
    answer: str,
    because: str = "",
    late_reason: str = "",
    token: UUID | None = None,
) -> TransferPassed:
    """Answer for a restricted child: handed on by a transfer of the child's own, or why not.

    :param answer: `OWN` or `NOT_HANDED_ON`
    :raises TransferPassed.DoesNotExist: `by` may not read the child's record
    :raises PermissionDenied: somebody else holds the restriction
    :raises NotWhole: names what is missing
    """
    passed, authority = passed_on.to_answer(TransferPassed.objects.all(), passed_id, by=by, at=at)
    once.claim(token, user=by, action="assessments.answer_passed_transfer")
    transfer = (
        Transfer.objects.select_related("from_team")
        .select_for_update(of=("self",), no_key=True)
        .get(pk=passed.transfer_id)
    )
    row = TransferPassed.objects.select_for_update().get(pk=passed_id)
    if row.answered_at is not None:
        raise Refused("This has been answered already.")
    if transfer.state == Transfer.State.WITHDRAWN:
        raise Refused("The transfer was withdrawn, so nothing is asked any longer.")
    limit = passed_on.limit_of(row, at=at)
    name = passed.child.name
    own = own_transfer(row) if answer == OWN else None
    problems = []
    if answer not in (OWN, NOT_HANDED_ON):
        problems.append(("answer", f"Say whether {name} is handed on too"))
    if answer == OWN and own is None:
        problems.append(
            ("answer", f"No transfer of {name} is under way. Propose one first, or say why not")
        )
    if answer == NOT_HANDED_ON and not because.strip():
        problems.append(("because", f"Say why {name} is not handed on"))
    problems += limit.problems(late_reason)
    if problems:
        raise NotWhole(problems)
    row.own = own
    row.because = because.strip() if answer == NOT_HANDED_ON else ""
    row.answered_at, row.answered_by, row.answered_for = at, by, authority.acting_for
    row.save(update_fields=["own", "because", "answered_at", "answered_by", "answered_for"])
    limit.meet(row, at=at, late_reason=late_reason)
    _note("transfer.passed_answered", row, authority, at, answer=answer)
    passed_on.tell(
        "transfer.passed_answered",
        row,
        {transfer.from_team.manager_id, transfer.proposed_by_id} - {by.pk},
        kind=transfer_clocks.SUBJECT,
        subject_id=transfer.pk,
        at=at,
    )
    once.finish(token, row.pk)
    return row


def end_passed(transfer: Transfer, *, at: datetime) -> None:
    """Ask nobody any longer about a transfer that is withdrawn."""
    waiting = transfer.passed.filter(answered_at__isnull=True)
    passed_on.end(waiting.values_list("pk", flat=True), at=at)


def _note(
    code: str, passed: TransferPassed, authority: Authority, at: datetime, **data: str
) -> None:
    events.append(
        code,
        authority=authority,
        at=at,
        subject_kind=transfer_clocks.SUBJECT,
        subject_id=passed.transfer_id,
        children=[passed.child_id],
        data=data,
    )
