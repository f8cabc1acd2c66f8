"""A restricted child of a family that is handed on, passed to whoever holds the restriction.

Whoever may see the child says whether the child is handed on too, by a transfer of the child's
own, or why not. The passed line counts as answered for the family (decisions.md 84).
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction

from accounts.models import User
from accounts.permissions import Authority, Permission
from assessments import transfer_clocks
from assessments.models import Transfer, TransferPassed
from assessments.queries.passed import own_transfer
from cases import passed_on
from lib import application_clock
from people.models import Person
from record import clocks as record_clocks
from record import events, once, outbox
from record.errors import NotWhole, Refused
from record.models import ClockStop

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
    record_clocks.start(
        RULE,
        subject_kind=SUBJECT,
        subject_id=passed.pk,
        started_at=at,
        by=authority.user,
        child_id=child_id,
    )
    _tell("transfer.passed", passed, owner.pk, SUBJECT, passed.pk, at)
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
    passed = TransferPassed.objects.select_related("owner", "child").get(
        pk=passed_id, child__in=Person.objects.visible_to(by)
    )
    authority = passed_on.right_to_answer(
        child_id=passed.child_id, passed_to=passed.owner, by=by, at=at
    )
    if authority is None:
        raise PermissionDenied(f"You may not {Permission.RESTRICTED_ANSWER.label}.")
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
    if at < row.passed_at:
        raise Refused("The answer is before it was asked.")
    name = passed.child.name
    limit = record_clocks.earliest(record_clocks.running(subject_ids=[row.pk]))
    is_late = limit is not None and limit.due_at < at
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
    if is_late and not late_reason.strip():
        problems.append(("late_reason", "Say why this answer is late"))
    if problems:
        raise NotWhole(problems)
    row.own = own
    row.because = because.strip() if answer == NOT_HANDED_ON else ""
    row.answered_at, row.answered_by, row.answered_for = at, by, authority.acting_for
    row.save(update_fields=["own", "because", "answered_at", "answered_by", "answered_for"])
    record_clocks.stop(
        RULE,
        subject_id=row.pk,
        child_id=row.child_id,
        at=at,
        late_reason=late_reason.strip() if is_late else "",
    )
    _note("transfer.passed_answered", row, authority, at, answer=answer)
    for user_id in sorted({transfer.from_team.manager_id, transfer.proposed_by_id} - {by.pk}):
        _tell("transfer.passed_answered", row, user_id, transfer_clocks.SUBJECT, transfer.pk, at)
    once.finish(token, row.pk)
    return row


def end_passed(transfer: Transfer, *, at: datetime) -> None:
    """Ask nobody any longer about a transfer that is withdrawn."""
    for passed_id in transfer.passed.filter(answered_at__isnull=True).values_list("pk", flat=True):
        record_clocks.stop_all(subject_id=passed_id, at=at, reason=ClockStop.NOT_NEEDED)


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


def _tell(
    code: str, passed: TransferPassed, user_id: UUID, kind: str, subject_id: UUID, at: datetime
) -> None:
    outbox.put(
        "notice",
        key=f"{code}:{passed.pk.hex}:{user_id.hex}",
        payload={
            "user_id": str(user_id),
            "code": code,
            "subject_kind": kind,
            "subject_id": str(subject_id),
        },
        at=at,
        subject_kind=kind,
        subject_id=subject_id,
    )
