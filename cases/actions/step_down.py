"""Stepping children down to early help: offered by social care, which holds until help starts."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.choices import TeamKind
from accounts.models import Team, User
from accounts.permissions import Authority, Permission, require
from cases import holding
from cases.actions.closure import right_to_close
from cases.actions.handovers import offer, withdraw
from cases.choices import HandoverKind, HandoverState, ProtectionKind
from cases.models import Handover, Protection, Referral, Section47Decision
from lib import words
from people.models import Person
from record import once
from record.errors import Refused

PROTECTED = {
    ProtectionKind.SECTION_47: "is in a section 47 enquiry",
    ProtectionKind.PLAN: "has a child protection plan",
}


@transaction.atomic
def step_down(
    *,
    by: User,
    at: datetime,
    referral_ids: Collection[UUID],
    to_team_id: UUID,
    reason: str,
    comes_back_if: str,
    parents_say: str,
    token: UUID | None = None,
) -> Handover:
    """Offer children of one family to early help: the manager whose team has their referrals.

    The team stays responsible until the first appointment is kept (decisions.md 41). Then it
    closes the referrals; where the family declines and that is safe, they come back to it.

    :param comes_back_if: what must happen for the children to come back to social care
    :param parents_say: what they say about early help; the coordinator asks them for agreement
    :raises PermissionDenied: `by` may not close referrals
    :raises Referral.DoesNotExist: `by` may not read one of the children
    :raises Refused: not their team's, in child protection, offered already, or something missing
    """
    require(by, Permission.REFERRAL_CLOSE, at=at)
    once.claim(token, user=by, action="cases.step_down")
    if not referral_ids:
        raise Refused("Choose the children who step down.", field="referrals")
    for value, field, sentence in (
        (reason, "reason", "Say what was done, and what early help should do"),
        (comes_back_if, "comes_back_if", "Say what must happen for the children to come back"),
        (parents_say, "parents_say", "Say what the parents say about early help"),
    ):
        if not value.strip():
            raise Refused(f"{sentence}.", field=field)
    team = Team.objects.filter(pk=to_team_id, kind=TeamKind.EARLY_HELP, is_active=True).first()
    if team is None:
        raise Refused("Choose an early help team.", field="to_team")
    referrals = list(
        Referral.objects.select_for_update(of=("self",))
        .select_related("team", "child")
        .filter(pk__in=referral_ids, child__in=Person.objects.visible_to(by))
        .order_by("pk")
    )
    if len(referrals) < len(set(referral_ids)):
        raise Referral.DoesNotExist("There is no such referral.")
    rights = [right_to_close(referral, by, at) for referral in referrals]
    children = [referral.child_id for referral in referrals]
    holding.lock(children)
    _refuse_protected(referrals)
    sender = referrals[0].team
    if sender is None or len({referral.team_id for referral in referrals}) > 1:
        raise Refused("These children are with different teams. Each steps down its own.")
    made = offer(
        authority=rights[0],
        at=at,
        kind=HandoverKind.STEP_DOWN,
        contact=None,
        from_team=sender,
        to_team=team,
        child_ids=children,
        reason=f"{reason}\n\nThe parents about early help: {parents_say}",
        note=comes_back_if,
    )
    once.finish(token, made.pk)
    return made


def take_back_for_section_47(
    *,
    decisions: Sequence[Section47Decision],
    authority: Authority,
    at: datetime,
    passed_ids: Collection[UUID] = (),
) -> None:
    """Take the offer of a family back when the threshold of section 47 is met for a child of it,
    so that early help never comes to hold a child in an enquiry by its first visit
    (cases.reactions.section_47_decided).
    """
    met = {each.child_id for each in decisions if each.is_met}
    if not met:
        return
    offers = Handover.objects.filter(
        kind=HandoverKind.STEP_DOWN,
        state=HandoverState.OFFERED,
        children__child__in=met,
        children__is_open=True,
    )
    for made in offers.distinct().order_by("pk"):
        names = made.children.filter(child__in=met).order_by("child__date_of_birth", "child_id")
        withdraw(
            authority=authority,
            at=at,
            handover=made,
            reason="A section 47 enquiry began for"
            f" {words.list_of_names([row.child.name for row in names.select_related('child')])}",
        )


def _refuse_protected(referrals: Collection[Referral]) -> None:
    names = {referral.child_id: referral.child.name for referral in referrals}
    for row in Protection.objects.filter(child__in=names, to_at=None).order_by("child_id", "pk"):
        raise Refused(
            f"{names[row.child_id]} {PROTECTED[ProtectionKind(row.kind)]}. That ends first."
        )
