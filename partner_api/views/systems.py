"""Systems of agencies, for administrators; heads of service read."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.permissions import Permission, holds, require
from lib.application_clock import now
from partner_api import actions, forms, queries
from partner_api.models import AgencySystem
from record.errors import Refused
from record.once import AlreadyRecorded

PAGE_LENGTH = 50
SHOWN_BEFORE = (
    "This was done already, and the secret is shown once only. Give a new secret if it was not"
    " noted."
)


@require_safe
@login_required
def systems(request: HttpRequest) -> HttpResponse:
    """Every system, the open ones first."""
    page = Paginator(queries.systems(by=request.user), PAGE_LENGTH).get_page(
        request.GET.get("page")
    )
    context = {
        "page": page,
        "may_edit": holds(request.user, Permission.USERS_EDIT),
    }
    return render(request, "partner_api/systems.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
@login_required
def open_system(request: HttpRequest) -> HttpResponse:
    """Open a system. The answer to the form shows the secret, which no other page can."""
    require(request.user, Permission.USERS_EDIT)
    form = forms.OpenForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        said = form.cleaned_data
        try:
            system, secret = actions.open_system(
                by=request.user,
                at=now(),
                agency_id=UUID(said["agency"]),
                name=said["name"],
                scopes=said["scopes"],
                token=said["token"],
            )
        except AlreadyRecorded as before:
            return _shown_before(request, before)
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        else:
            return _show_secret(request, system, secret)
    return render(request, "partner_api/open_system.html", {"form": form})


@require_safe
@login_required
def system(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One system, what it may do and what was done to it."""
    found = _found(request, pk)
    context = {
        "system": found,
        "history": queries.history(by=request.user, system=found),
        "may_edit": holds(request.user, Permission.USERS_EDIT) and found.closed_at is None,
    }
    return render(request, "partner_api/system.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
@login_required
def new_secret(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Give a system a new secret, after saying what that does."""
    require(request.user, Permission.USERS_EDIT)
    found = _found(request, pk)
    form = forms.OnceForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            changed, secret = actions.give_new_secret(
                by=request.user, at=now(), system_id=pk, token=form.cleaned_data["token"]
            )
        except AlreadyRecorded as before:
            return _shown_before(request, before)
        except Refused as refused:
            messages.error(request, str(refused))
            return redirect("partner_api:system", pk=pk)
        return _show_secret(request, changed, secret)
    return render(request, "partner_api/new_secret.html", {"system": found, "form": form})


@require_http_methods(["GET", "POST"])
@login_required
def close_system(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Close a system for good."""
    require(request.user, Permission.USERS_EDIT)
    found = _found(request, pk)
    form = forms.CloseForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            actions.close_system(
                by=request.user, at=now(), system_id=pk, because=form.cleaned_data["because"]
            )
        except actions.SystemClosed as refused:
            messages.error(request, str(refused))
            return redirect("partner_api:system", pk=pk)
        except Refused as refused:
            form.add_error("because", str(refused))
        else:
            messages.success(request, f"{found} is closed. What it sent stays as it is.")
            return redirect("partner_api:systems")
    return render(request, "partner_api/close_system.html", {"system": found, "form": form})


def _found(request: HttpRequest, pk: UUID) -> AgencySystem:
    try:
        return queries.system(by=request.user, pk=pk)
    except AgencySystem.DoesNotExist as error:
        raise Http404 from error


def _show_secret(request: HttpRequest, system: AgencySystem, secret: str) -> HttpResponse:
    context = {
        "system": system,
        "secret": secret,
        "token_address": request.build_absolute_uri(reverse("partner_api:token")),
        "schema_address": request.build_absolute_uri(reverse("partner_api:schema")),
    }
    return render(request, "partner_api/secret.html", context)


def _shown_before(request: HttpRequest, before: AlreadyRecorded) -> HttpResponse:
    messages.error(request, SHOWN_BEFORE)
    if before.result_id is None:
        return redirect("partner_api:systems")
    return redirect("partner_api:system", pk=before.result_id)
