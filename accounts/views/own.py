"""What somebody sees of their own account, and the sign that they are still there."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from accounts import queries
from lib.application_clock import now


def demonstration_logins() -> list[queries.DemonstrationLogin]:
    """The people the sign-in page offers; nobody outside demonstration mode."""
    return queries.demonstration_logins(at=now()) if settings.DEMONSTRATION else []


def demonstration_password() -> str:
    return settings.DEMONSTRATION_PASSWORD if settings.DEMONSTRATION else ""


@require_safe
@login_required
def profile(request: HttpRequest) -> HttpResponse:
    context = {
        "roles": queries.my_roles(user=request.user, at=now()),
        "team": queries.team_of(user=request.user, at=now()),
        "managed_teams": queries.managed_teams(user=request.user, at=now()),
    }
    return render(request, "accounts/profile.html", context)


@require_http_methods(["GET", "POST"])
@login_required
def keep_alive(request: HttpRequest) -> HttpResponse:
    """Count as work: the middleware notes it, there is nothing else to say."""
    return HttpResponse(status=204)


def closed(request: HttpRequest, **_: object) -> HttpResponse:
    """Stand where the log-in library would let people sign up or change their address."""
    raise Http404("Accounts are opened by an administrator.")
