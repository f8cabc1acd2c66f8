"""A form that arrived too late is shown again to whoever sent it; nothing typed is lost."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_safe

from accounts import kept_forms


@require_safe
@login_required
def kept_form(request: HttpRequest) -> HttpResponse:
    form = kept_forms.kept(request)
    if form is None:
        return redirect("/")
    return render(request, "accounts/kept_form.html", {"kept": form, "field": kept_forms.FIELD})


def page_out_of_date(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form whose page was opened before the last sign-in.

    It is kept and offered again only to somebody signed in, from a page of this
    service: the session cookie does not travel with forms of other sites.
    """
    came_from = request.headers.get("Origin") or request.headers.get("Referer", "")
    ours = url_has_allowed_host_and_scheme(came_from, allowed_hosts={request.get_host()})
    if request.user.is_authenticated and ours:
        kept_forms.keep(request, user_id=str(request.user.pk), page=request.path)
        return redirect("accounts:kept_form")
    return render(request, "403_csrf.html", status=403)
