"""What surrounds every request: who it is, whether they are still there, their second factor."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

import pghistory
import structlog
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from accounts import kept_forms, permissions
from lib import application_clock

Answer = Callable[[HttpRequest], HttpResponseBase]

LAST_ACTIVE = "last_active"
SECOND_FACTOR = "second_factor"
#: Whose session ended by time, in the anonymous session that follows.
TIMED_OUT = "timed_out"
#: The session is written at most this often; a time-out may come this much early, never late.
WRITE_SECONDS = 15


class WhoMiddleware:
    """Tie the request id and the user's id, never a name, to the log and to field history."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        user = request.user
        if not user.is_authenticated:
            return self.get_response(request)
        user_id = str(user.pk)
        permissions.remember(user)
        structlog.contextvars.bind_contextvars(user_id=user_id)
        with pghistory.context(
            user=user_id, acting_for=None, request_id=request.META.get("REQUEST_ID", "")
        ):
            return self.get_response(request)


class IdleMiddleware:
    """Sign out whoever has done nothing for `IDLE_SECONDS`, keeping what they send afterwards."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return self.signed_out(request, self.get_response)
        now = int(application_clock.now().timestamp())
        last = request.session.get(LAST_ACTIVE, now)
        if now - last >= settings.IDLE_SECONDS:
            if is_background(request) or by_script(request):
                return HttpResponse(status=401)
            user_id = str(request.user.pk)
            draft = request.session.get(kept_forms.DRAFT)
            request.session.flush()
            request.session[kept_forms.DRAFT] = draft or ("", "")
            request.user = AnonymousUser()
            return self.timed_out(request, user_id)
        if not is_background(request) and (
            LAST_ACTIVE not in request.session or now - last >= WRITE_SECONDS
        ):
            request.session[LAST_ACTIVE] = now
            request.session.pop(TIMED_OUT, None)
            kept_forms.open_drafts(request)
        kept_forms.forget_if_sent(request)
        return self.get_response(request)

    def signed_out(self, request: HttpRequest, get_response: Answer) -> HttpResponseBase:
        """Answer a script in words it understands; everybody else is led to the sign-in page."""
        response = get_response(request)
        leads_to_sign_in = response.status_code == 302 and response["Location"].startswith(
            reverse(settings.LOGIN_URL)
        )
        if not leads_to_sign_in:
            return response
        if is_background(request) or by_script(request):
            return HttpResponse(status=401)
        if request.method == "POST" and request.session.get(TIMED_OUT):
            # Another page of the same browser met the end first.
            return self.timed_out(request, request.session[TIMED_OUT])
        if request.headers.get("HX-Request") == "true":
            return whole_page(sign_in_address(_page_of(request)))
        return response

    def timed_out(self, request: HttpRequest, user_id: str) -> HttpResponseBase:
        """Lead to the sign-in page and from there back, with what was sent kept on the way."""
        if request.path == reverse(settings.LOGIN_URL):
            return redirect(request.get_full_path())
        if request.method == "POST" and request.path != reverse("account_logout"):
            kept_forms.keep(request, user_id=user_id, page=_page_of(request))
            back = reverse("accounts:kept_form")
        else:
            back = _page_of(request)
        request.session[TIMED_OUT] = user_id
        if request.headers.get("HX-Request") == "true":
            return whole_page(sign_in_address(back))
        return redirect(sign_in_address(back))


class SecondFactorMiddleware:
    """Send whoever signed in with a password alone to set up their second factor."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if settings.MFA_REQUIRED and request.user.is_authenticated and not has_shown(request):
            return self.ask(request)
        return self.get_response(request)

    def ask(self, request: HttpRequest) -> HttpResponseBase:
        way = [reverse("mfa_index"), reverse("account_logout"), reverse("account_reauthenticate")]
        if any(request.path.startswith(start) for start in way):
            return self.get_response(request)
        return redirect("mfa_index")


def has_shown(request: HttpRequest) -> bool:
    """Say whether this session rests on a second factor or on the authority's single sign-on."""
    if request.session.get(SECOND_FACTOR):
        return True
    methods = {
        record.get("method") for record in request.session.get("account_authentication_methods", [])
    }
    if not methods & {"mfa", "socialaccount"} and not is_mfa_enabled(request.user):
        return False
    request.session[SECOND_FACTOR] = True
    return True


def is_background(request: HttpRequest) -> bool:
    """Say whether a page asked by itself, so that it is no sign that anybody is there."""
    if request.path == reverse("accounts:keep_alive"):
        return False
    if request.headers.get("X-Background") == "1":
        return True
    return request.method == "GET" and by_script(request)


def by_script(request: HttpRequest) -> bool:
    """Say whether a script asked, which cannot be led to a page."""
    return not request.accepts("text/html")


def sign_in_address(back: str) -> str:
    return f"{reverse(settings.LOGIN_URL)}?{urlencode({'next': back})}"


def whole_page(address: str) -> HttpResponse:
    """Let htmx load a whole page instead of swapping a part."""
    return HttpResponse(status=200, headers={"HX-Redirect": address})


def _page_of(request: HttpRequest) -> str:
    """The page somebody was on: this address, or for a form or a part the one it stood on."""
    on = request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
    whole = request.method == "GET" and request.headers.get("HX-Request") != "true"
    if not whole and url_has_allowed_host_and_scheme(on, allowed_hosts={request.get_host()}):
        path = on.split("://", 1)[-1]
        return "/" + path.split("/", 1)[1] if "/" in path else "/"
    return request.get_full_path()
