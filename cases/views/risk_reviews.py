"""Review the risk to one child; give it to somebody else, remind, countersign."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from accounts.permissions import Permission, require
from cases import actions
from cases.actions.risk_reviews import right_to_write
from cases.forms import changes as forms
from cases.models import ChildRiskReview
from cases.queries import risk_reviews as queries
from cases.views.pages import _closed_or_nothing
from lib.application_clock import now
from people.views.opening import reader
from record import drafts, read_log
from record.errors import NotWhole, Refused

FORM = "risk_review"


def _review(request: HttpRequest, pk: UUID) -> tuple[User, ChildRiskReview]:
    user = reader(request)
    found = queries.review(by=user, review_id=pk)
    if found is None:
        raise Http404
    return user, found


@login_required
@require_http_methods(["GET", "POST"])
def risk_review(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One child's review: write it, or read it as it was completed."""
    user, moment = reader(request), now()
    child_id = ChildRiskReview.objects.filter(pk=pk).values_list("child_id", flat=True).first()
    if child_id is None:
        raise Http404
    review = queries.review(by=user, review_id=pk)
    if review is None:
        return _closed_or_nothing(user, child_id)
    page = queries.review_page(by=user, review=review, at=moment)
    if not page.may_write:
        require(user, Permission.RISK_REVIEW_READ)
    if request.method == "POST":
        right_to_write(review, by=user, at=moment)
    if review.state != ChildRiskReview.State.TO_DO or not page.may_write:
        read_log.shown(request, place="cases:risk_review", children=[review.child_id])
        return render(request, "cases/risk_review_read.html", {"page": page, "review": review})
    draft = drafts.load(owner=user, form=FORM, subject_id=review.pk)
    posted: Any = request.POST if request.method == "POST" else None
    typed = posted if posted is not None else (forms.from_draft(draft.data) if draft else None)
    form = forms.ReviewForm(
        typed,
        name=review.child.given_name or review.child.name,
        is_late=page.is_late,
        initial={"risk_before": page.rating.level if page.rating else ""},
    )
    status = 200
    if posted is not None and form.is_valid():
        try:
            actions.complete_review(
                by=user,
                at=now(),
                review_id=review.pk,
                answers=form.answers(),
                late_reason=form.cleaned_data.get("late_reason", ""),
            )
        except NotWhole as refused:
            forms.spread(refused.problems, form, {})
        except Refused as refused:
            status = 409
            form.add_error(None, str(refused))
        else:
            drafts.mark_recorded(owner=user, form=FORM, subject_id=review.pk, at=now())
            messages.success(request, f"The review of {review.child.name} is recorded.")
            if page.change is not None:
                return redirect("cases:change", page.change.pk)
            return redirect("cases:child", review.child_id)
    elif posted is None and typed is not None:
        forms.unchecked(form)
    read_log.shown(request, place="cases:risk_review", children=[review.child_id])
    return render(
        request,
        "cases/risk_review.html",
        {
            "page": page,
            "review": review,
            "form": form,
            "draft": draft,
            "draft_version": draft.version if draft else 0,
        },
        status=status,
    )


@login_required
@require_http_methods(["GET", "POST"])
def give(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Give a review to another worker."""
    user, review = _review(request, pk)
    require(user, Permission.CHANGE_TRIAGE)
    if review.state != ChildRiskReview.State.TO_DO:
        raise PermissionDenied(f"This review is {review.get_state_display().lower()}.")
    form = forms.GiveForm(
        request.POST if request.method == "POST" else None,
        workers=queries.who_may_review(child_id=review.child_id, at=now()),
    )
    if request.method == "POST" and form.is_valid():
        try:
            given = actions.give_review(
                by=user, at=now(), review_id=review.pk, to_id=UUID(form.cleaned_data["to"])
            )
        except Refused as refused:
            form.add_error("to", str(refused))
        else:
            messages.success(request, f"{given.owner.full_name} is asked. The limit stays.")
            return _back(review)
    read_log.shown(request, place="cases:risk_review_give", children=[review.child_id])
    return render(request, "cases/risk_review_give.html", {"review": review, "form": form})


@login_required
@require_POST
def remind(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Put a line on the home page of whoever owes a review."""
    user, review = _review(request, pk)
    require(user, Permission.CHANGE_TRIAGE)
    try:
        actions.remind(by=user, at=now(), review_id=review.pk)
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, f"{review.owner.full_name} has been reminded.")
    return _back(review)


@login_required
@require_POST
def countersign(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Sign another's completed review."""
    user, review = _review(request, pk)
    require(user, Permission.RISK_REVIEW_DECIDE)
    try:
        actions.countersign_review(by=user, at=now(), review_id=review.pk)
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, f"You have signed the review of {review.child.name}.")
    return _back(review)


def _back(review: ChildRiskReview) -> HttpResponse:
    if review.subject_kind == "change":
        return redirect("cases:change", review.subject_id)
    return redirect("cases:child", review.child_id)
