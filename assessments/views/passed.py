"""Whoever holds a restriction answers for a child who does not go along with the family."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from assessments.actions.passed import answer_passed
from assessments.actions.transfer_passed import answer_passed_transfer
from assessments.forms.passed import PassedForm, TransferPassedForm
from assessments.models import AssessmentPassed, TransferPassed
from assessments.queries.document import first_name
from assessments.queries.passed import answer_page, transfer_answer_page
from cases import passed_on
from lib.application_clock import now
from lib.govuk import OnceForm
from people.models import Person
from people.views.opening import reader
from record import read_log
from record.errors import NotWhole, Refused
from record.once import AlreadyRecorded


@login_required
@require_http_methods(["GET", "POST"])
def answer(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Say how a restricted child is accounted for; nobody else reads what is said."""
    passed = get_object_or_404(
        AssessmentPassed.objects.select_related(
            "child", "owner", "answered_by", "part__assessment", "assessment__team"
        ),
        pk=pk,
    )
    if (closed := _refuse_others(request, passed)) is not None:
        return closed
    page = answer_page(by=reader(request), passed=passed, at=now())
    return _ask(
        request,
        passed,
        page=page,
        form=PassedForm(
            request.POST if request.method == "POST" else None,
            name=first_name(passed.child),
            own=page.own,
            asks_late=page.is_late,
        ),
        act=answer_passed,
        name="passed",
    )


@login_required
@require_http_methods(["GET", "POST"])
def answer_transfer(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Say whether a restricted child is handed on like the family; nobody else reads it."""
    passed = get_object_or_404(
        TransferPassed.objects.select_related(
            "child", "owner", "answered_by", "own", "transfer__from_team", "transfer__to_team"
        ),
        pk=pk,
    )
    if (closed := _refuse_others(request, passed)) is not None:
        return closed
    page = transfer_answer_page(by=reader(request), passed=passed, at=now())
    return _ask(
        request,
        passed,
        page=page,
        form=TransferPassedForm(
            request.POST if request.method == "POST" else None,
            name=first_name(passed.child),
            own=page.own,
            asks_late=page.is_late,
        ),
        act=answer_passed_transfer,
        name="transfer_passed",
    )


def _refuse_others(
    request: HttpRequest, passed: AssessmentPassed | TransferPassed
) -> HttpResponse | None:
    """Let in who answers; others learn whom to ask only if they may read the record."""
    user = reader(request)
    right = passed_on.right_to_answer(
        child_id=passed.child_id, passed_to=passed.owner, by=user, at=now()
    )
    if not Person.objects.visible_to(user).filter(pk=passed.child_id).exists():
        if right is None:
            raise Http404("There is no such line.")
        return redirect("people:person", passed.child_id)
    if right is None:
        holder = passed_on.responsible_for(child_id=passed.child_id, passed_to=passed.owner)
        raise PermissionDenied(f"{holder.full_name} answers for this child.")
    return None


def _ask(
    request: HttpRequest,
    passed: AssessmentPassed | TransferPassed,
    *,
    page: Any,
    form: OnceForm,
    act: Callable[..., Any],
    name: str,
) -> HttpResponse:
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            act(
                by=reader(request),
                at=now(),
                passed_id=passed.pk,
                answer=form.cleaned_data["answer"],
                because=form.cleaned_data["because"],
                late_reason=form.cleaned_data.get("late_reason", ""),
                token=form.cleaned_data["token"],
            )
        except AlreadyRecorded:
            return redirect("cases:home")
        except NotWhole as refused:
            for field, sentence in refused.problems:
                form.add_error(field if field in form.fields else None, sentence)
        except Refused as refused:
            form.add_error(None, str(refused))
            status = 409
        else:
            messages.success(request, f"Answered for {passed.child.name}.")
            return redirect("cases:child", passed.child_id)
    read_log.shown(
        request,
        place=f"assessments:{name}",
        children=[passed.child_id],
        subject_kind=f"assessment_{name}" if name == "passed" else name,
        subject_id=passed.pk,
    )
    return render(
        request,
        f"assessments/{name}.html",
        {
            "page": page,
            "passed": passed,
            "form": form,
            "crumbs": [("My work", reverse("cases:home"))],
        },
        status=status,
    )
