"""How every page of a person begins: may it be read, who is it read under, note the reading."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.permissions import ROLES_APART, Permission, holds, require, roles_of
from people import queries
from people.forms import EmergencyForm
from people.models import Person
from record import read_log
from record.errors import Refused, no_longer
from record.models import ReadKind
from record.once import AlreadyRecorded

Page = Callable[..., HttpResponse]


def person_page(
    *, permission: Permission | None = None, methods: tuple[str, ...] = ("GET", "POST")
) -> Callable[[Page], Page]:
    """Open a page of one person: `view(request, person, ...)`, logged before it is shown.

    A restricted record gives the page that says whom to ring (403); what does not exist, or
    does not exist for this role, is 404. A record linked to another leads to the one kept.

    :param permission: the right without which the page is refused, to those who may read it
    """

    def decorate(view: Page) -> Page:
        @wraps(view)
        @login_required
        @require_http_methods(list(methods))
        def opened(request: HttpRequest, person_id: UUID, **rest: Any) -> HttpResponse:
            by = reader(request)
            person = Person.objects.visible_to(by).filter(pk=person_id).first()
            if person is None:
                return closed(request, person_id)
            if person.canonical_id is not None:
                match = request.resolver_match
                name = match.view_name if match else "people:person"
                return redirect(name, person_id=person.canonical_id, **rest)
            if permission is not None:
                require(by, permission)
            read_log.shown(request, place=place(request), children=[person.pk])
            return view(request, person, **rest)

        return opened

    return decorate


def asker(request: HttpRequest) -> User:
    """Give who is signed in."""
    if not isinstance(request.user, User):
        raise Http404
    return request.user


def reader(request: HttpRequest) -> User:
    """Give who is signed in, if they may read people's records at all.

    For agencies, analysts and administrators there are no such pages.

    :raises Http404: for them
    :raises PermissionDenied: for anybody else without the right
    """
    by = asker(request)
    if not holds(by, Permission.PERSON_READ):
        if roles_of(by) & ROLES_APART:
            raise Http404
        require(by, Permission.PERSON_READ)
    return by


def place(request: HttpRequest) -> str:
    """Give the name of the page, for the reading log."""
    return request.resolver_match.view_name if request.resolver_match else "people"


def closed(
    request: HttpRequest,
    person_id: UUID,
    *,
    form: forms.Form | None = None,
    status: int = 403,
) -> HttpResponse:
    """Show that a record is restricted and whom to ring, or that there is none."""
    page = queries.closed_page(by=asker(request), person_id=person_id)
    if page is None:
        raise Http404
    read_log.shown(
        request, place="people:restricted", kind=ReadKind.LIST, person_ids=[page.person_id]
    )
    context = {"page": page, "form": form or EmergencyForm()}
    return render(request, "people/restricted.html", context, status=status)


def crumbs(person: Person) -> list[tuple[str, str]]:
    """Say where a page about a person stands."""
    return [(person.name, person_url(person))]


def person_url(person: Person) -> str:
    """Give the address of the details page."""
    return reverse("people:person", kwargs={"person_id": person.pk})


def one_thing(
    request: HttpRequest,
    person: Person,
    form: forms.Form,
    *,
    title: str,
    button: str,
    save: Callable[[Mapping[str, Any]], object],
    done: str,
    template: str = "people/form.html",
    to: str = "",
    **context: Any,
) -> HttpResponse:
    """Show a form about one thing; when it is right, do it and go back to the person."""
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            save(form.cleaned_data)
        except AlreadyRecorded as recorded:
            messages.info(request, str(recorded))
            return redirect(to or person_url(person))
        except Refused as refused:
            field = refused.field if refused.field in form.fields else None
            form.add_error(field, str(refused))
        except PermissionDenied as denied:  # the right ended while the form was filled in
            form.add_error(None, no_longer(denied))
            status = 403
        else:
            messages.success(request, done)
            return redirect(to or person_url(person))
    context |= {"person": person, "form": form, "crumbs": crumbs(person)}
    return render(request, template, context | {"title": title, "button": button}, status=status)


def posted(request: HttpRequest) -> Any:
    """Give what was posted, or nothing when the page is opened."""
    return request.POST if request.method == "POST" else None


def new_token() -> dict[str, Any]:
    """Give a form its token, so that sent twice it is recorded once."""
    return {"token": uuid.uuid4()}
