"""One contact in triage, read whole, and what is done from its page."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from accounts.permissions import Permission, require
from mash.views.doors import Closed, closed_page, contact_for, user_of


@login_required
@require_GET
def contact(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One contact, whole."""
    user = user_of(request)
    require(user, Permission.CONTACT_READ)
    try:
        found = contact_for(user, pk)
    except Closed as closed:
        return closed_page(request, closed.contact)
    return render(
        request,
        "mash/contact.html",
        {"contact": found, "crumbs": [("Triage", reverse("mash:board"))]},
    )


rate = contact
