"""A child in need plan while its children step down to early help (domain.md 2.10)."""

from collections.abc import Iterable

from accounts.models import User
from accounts.permissions import Authority, Role
from assessments.actions.cin_plan import end_parts, open_children
from assessments.models import CinPlan, CinPlanChild
from cases.choices import HandoverKind, HandoverState
from cases.models import Handover
from lib import application_clock


def follow_offer(*, handover: Handover, authority: Authority) -> None:
    """Mark the plan of children who are offered (cases.reactions.handover_offered)."""
    if handover.kind == HandoverKind.STEP_DOWN:
        for plan in _plans(handover, [CinPlan.State.ACTIVE, CinPlan.State.UNDER_REVIEW]):
            _set(plan, CinPlan.State.STEPPING_DOWN)


def follow_withdrawal(*, handover: Handover, authority: Authority) -> None:
    """Let the plan run on when the offer is taken back (handover_withdrawn)."""
    if handover.kind == HandoverKind.STEP_DOWN:
        _run_on(handover)


def follow_answer(*, handover: Handover, by: User) -> None:
    """End the plan when early help has started; let it run on when it is returned
    (handover_answered).
    """
    if handover.kind != HandoverKind.STEP_DOWN:
        return
    if handover.state != HandoverState.ACCEPTED:
        _run_on(handover)
        return
    # In whose right: the team that takes the children on has them from now.
    authority = Authority(by, Role.EARLY_HELP_WORKER, acting_for=handover.answered_for)
    helped = set(handover.children.values_list("child_id", flat=True))
    for plan in _plans(handover, CinPlan.RUNNING):
        end_parts(
            plan,
            child_ids=helped & set(open_children(plan)),
            ending=CinPlan.Ending.STEPPED_DOWN,
            why="Early help has started",
            authority=authority,
            at=handover.answered_at or application_clock.now(),
        )
        if plan.state == CinPlan.State.STEPPING_DOWN:
            _set(plan, CinPlan.State.ACTIVE)  # for brothers and sisters who stay


def _run_on(handover: Handover) -> None:
    for plan in _plans(handover, [CinPlan.State.STEPPING_DOWN]):
        _set(plan, CinPlan.State.ACTIVE)


def _plans(handover: Handover, states: Iterable[str]) -> list[CinPlan]:
    parts = CinPlanChild.objects.filter(
        child__in=handover.children.values("child"), is_open=True
    ).values("plan")
    return list(
        CinPlan.objects.select_for_update(of=("self",), no_key=True)
        .filter(pk__in=parts, state__in=list(states))
        .order_by("pk")
    )


def _set(plan: CinPlan, state: CinPlan.State) -> None:
    plan.state = state
    plan.save(update_fields=["state"])
