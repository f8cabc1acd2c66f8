"""Who acts for an absent manager, from which day to which."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts import actions, forms, queries
from accounts.models import Deputyship
from accounts.permissions import Permission, authority, holds
from lib.application_clock import now
from lib.errors import Refused


@require_http_methods(["GET", "POST"])
@login_required
def deputies(request: HttpRequest) -> HttpResponse:
    own = authority(request.user, Permission.DEPUTY_APPOINT_OWN)
    may_name_own = own is not None and own.acting_for is None
    if own is None and not holds(request.user, Permission.DEPUTY_APPOINT_ANY):
        raise PermissionDenied("You may not see who acts as deputy for whom.")
    at = now()
    managers, people = queries.deputy_choices(by=request.user, at=at)
    form = forms.DeputyForm(
        request.POST if request.method == "POST" else None, managers=managers, people=people
    )
    if form.is_valid():
        given = form.cleaned_data
        try:
            deputyship = actions.appoint_deputy(
                manager_id=UUID(given.get("manager_id") or form.only_manager),
                deputy_id=UUID(given["deputy_id"]),
                from_on=given["from_on"],
                to_on=given["to_on"],
                reason=given["reason"],
                by=request.user,
                at=at,
            )
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(
                request,
                f"{deputyship.deputy} acts for {deputyship.manager} in these days. What they"
                " decide is shown “as deputy for”.",
            )
            return redirect("accounts:deputies")
    context = {
        "form": form,
        "may_appoint": may_name_own or holds(request.user, Permission.DEPUTY_APPOINT_ANY),
        "rows": queries.deputyships(by=request.user, at=at),
    }
    return render(request, "accounts/deputies.html", context)


@require_POST
@login_required
def end_deputyship(request: HttpRequest, pk: UUID) -> HttpResponse:
    deputyship = get_object_or_404(Deputyship, pk=pk)
    try:
        actions.end_deputyship(deputyship_id=deputyship.pk, by=request.user, at=now())
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, "The deputyship ended now.")
    return redirect("accounts:deputies")
