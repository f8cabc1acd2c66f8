"""The page that closes a child's referral, and those of brothers and sisters with it."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.permissions import Permission, require
from cases.actions.closure import close_referrals
from cases.actions.referrals import OVER
from cases.actions.step_down import step_down as offer_step_down
from cases.forms.closing import CloseForm
from cases.forms.step_down import StepDownForm
from cases.models import Referral
from cases.queries.closing import closing_page
from cases.standing import acts_for
from cases.views.asking import ask, user_of
from lib import words
from lib.application_clock import now
from people.models import Person


@login_required
@require_http_methods(["GET", "POST"])
def close_referral(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Close a referral once everything beneath it is finished."""
    user = user_of(request)
    referral = _theirs(user, pk)
    page = closing_page(by=user, referral=referral, at=now())
    return ask(
        request,
        make=lambda typed: [CloseForm(typed, rows=page.rows, reasons=page.reasons)],
        act=lambda given: close_referrals(
            by=user,
            at=now(),
            reasons=given[0].reasons(),
            rationale=given[0].rationale(),
            summary=given[0].cleaned_data["summary"],
            told=given[0].cleaned_data["told"],
            carries_on=given[0].cleaned_data["carries_on"],
            token=given[0].cleaned_data["token"],
        ),
        said=lambda closures: (
            f"Closed for {words.list_of_names([c.referral.child.name for c in closures])}."
            " Their workers have been told."
        ),
        then=reverse("cases:child", args=[referral.child_id]),
        template="cases/close.html",
        context={"page": page, "referral": referral},
        place="cases:close_referral",
        children=page.child_ids,
        subject_kind="referral",
        subject_id=referral.pk,
        draft="close-referral",
    )


def _theirs(user: User, pk: UUID) -> Referral:
    """An open referral of the team that somebody manages."""
    require(user, Permission.REFERRAL_CLOSE)
    referral = get_object_or_404(
        Referral.objects.select_related("child", "team")
        .exclude(state__in=OVER)
        .filter(child__in=Person.objects.visible_to(user)),
        pk=pk,
    )
    if referral.team is None or not acts_for(
        referral.team, by=user, permission=Permission.REFERRAL_CLOSE, at=now()
    ):
        raise Http404("This referral is another team's.")
    return referral


@login_required
@require_http_methods(["GET", "POST"])
def step_down(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Offer a child, and brothers and sisters with the same team, to early help."""
    user = user_of(request)
    referral = _theirs(user, pk)
    page = closing_page(by=user, referral=referral, at=now())
    return ask(
        request,
        make=lambda typed: [StepDownForm(typed, rows=page.rows)],
        act=lambda given: offer_step_down(by=user, at=now(), **given[0].offer()),
        said=lambda handover: (
            f"Offered to {handover.to_team.name}. You stay responsible until help has started."
        ),
        then=reverse("cases:child", args=[referral.child_id]),
        template="cases/step_down.html",
        context={"page": page, "referral": referral},
        place="cases:step_down",
        children=page.child_ids,
        subject_kind="referral",
        subject_id=referral.pk,
        draft="step-down",
    )
