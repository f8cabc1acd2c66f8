"""What every page of an assessment does at its door: who asks, and may they see it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.permissions import Permission, require
from assessments.models import Assessment
from lib.govuk import OnceForm
from people.queries import closed_to
from record import read_log
from record.errors import Clash, Refused, no_longer
from record.once import AlreadyRecorded, once_only

View = Callable[..., HttpResponse]


class Closed(Exception):
    """It is there, but about somebody whose record this person may not read."""

    def __init__(self, assessment: Assessment) -> None:
        super().__init__()
        self.assessment = assessment


def user_of(request: HttpRequest) -> User:
    """Give who asks; the pages here are for those who are signed in."""
    assert isinstance(request.user, User)  # noqa: S101 - login_required has seen to it
    return request.user


def assessment_for(user: User, pk: UUID) -> Assessment:
    """Give an assessment that somebody may read.

    :raises PermissionDenied: they read no assessments
    :raises Closed: it is about a restricted child
    :raises Http404: there is none
    """
    require(user, Permission.ASSESSMENT_READ)
    found = (
        Assessment.objects.visible_to(user)
        .select_related(
            "team__manager", "started_by", "authorised_by", "authorised_for", "updates", "oversight"
        )
        .filter(pk=pk)
        .first()
    )
    if found is not None:
        return found
    closed = Assessment.objects.restricted_to(user).filter(pk=pk).first()
    if closed is not None:
        raise Closed(closed)
    raise Http404("There is no such assessment.")


def page(*methods: str) -> Callable[[View], View]:
    """Make a view of one assessment: signed in, by these methods, closed where it is restricted."""

    def decorate(view: View) -> View:
        @login_required
        @require_http_methods(methods)
        @wraps(view)
        def guarded(request: HttpRequest, pk: UUID, **named: Any) -> HttpResponse:
            try:
                return view(request, pk, **named)
            except Closed as closed:
                return _closed_page(request, closed.assessment)

        return guarded

    return decorate


def _closed_page(request: HttpRequest, assessment: Assessment) -> HttpResponse:
    """Say that there is a restricted record, and whom to ring; nothing else."""
    children = assessment.children.filter(taken_out_at__isnull=True).values_list(
        "child_id", flat=True
    )
    ring = closed_to(by=user_of(request), person_ids=children)
    return render(
        request,
        "assessments/restricted.html",
        {
            "ring": list(dict.fromkeys(ring.values())),
            "openings": [reverse("people:person", args=[person_id]) for person_id in ring],
        },
        status=403,
    )


def shown(
    request: HttpRequest, assessment: Assessment, children: Iterable[UUID], *, place: str = ""
) -> None:
    """Write down what is about to be shown of an assessment."""
    match = request.resolver_match
    read_log.shown(
        request,
        place=place or (match.view_name if match else "assessments"),
        children=children,
        subject_kind="assessment",
        subject_id=assessment.pk,
    )


def crumbs_of(assessment: Assessment, names: str) -> list[tuple[str, str]]:
    """Where the pages of an assessment stand."""
    return [
        ("Assessments", reverse("assessments:assessments")),
        (names, reverse("assessments:assessment", args=[assessment.pk])),
    ]


def form_page(
    request: HttpRequest,
    assessment: Assessment,
    form: OnceForm,
    *,
    title: str,
    names: str,
    children: Iterable[UUID],
    act: Callable[[], Any],
    done: str,
    button: str,
    back: str,
    lead: str = "",
    what_happens: Iterable[str] = (),
    template: str = "assessments/form.html",
) -> HttpResponse:
    """Show a form about an assessment; when it is sent whole, do its one thing, once, and go on.

    :param act: the one call; what it gives has a `pk`
    """
    status = 200
    if request.method == "POST" and form.is_valid():
        match = request.resolver_match
        try:
            once_only(
                by=user_of(request),
                token=form.cleaned_data["token"],
                action=match.view_name if match else "assessments",
                act=act,
            )
        except AlreadyRecorded:
            return redirect(back)
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, str(refused))
            status = 409 if isinstance(refused, Clash) else 200
        except PermissionDenied as denied:  # the right ended while the form was filled in
            form.add_error(None, no_longer(denied))
            status = 403
        else:
            messages.success(request, done)
            return redirect(back)
    shown(request, assessment, children)
    return render(
        request,
        template,
        {
            "assessment": assessment,
            "form": form,
            "title": title,
            "names": names,
            "lead": lead,
            "what_happens": list(what_happens),
            "button": button,
            "crumbs": crumbs_of(assessment, names),
            "back_url": back,
        },
        status=status,
    )
