"""What every page of the MASH does at its door: who asks, and may they see this contact."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.permissions import Permission, holds
from cases.models import Contact, ContactPerson
from lib import words
from lib.application_clock import now, today
from lib.govuk import OnceForm
from people.models import Person
from people.queries import Whom, age, canonical_ids, closed_persons
from record import drafted, read_log
from record.drafted import Drafted
from record.errors import Clash, Refused, no_longer
from record.once import AlreadyRecorded, once_only

View = Callable[..., HttpResponse]


class Closed(Exception):
    """The contact is there, but about somebody whose record this person may not read."""

    def __init__(self, contact: Contact) -> None:
        super().__init__()
        self.contact = contact


def user_of(request: HttpRequest) -> User:
    """Give who asks; the pages here are for those who are signed in."""
    assert isinstance(request.user, User)  # noqa: S101 - login_required has seen to it
    return request.user


def contact_for(user: User, pk: UUID) -> Contact:
    """Give a contact that somebody may read.

    :raises Closed: it is about a restricted child, and this person may know that it exists
    :raises Http404: there is none, or not for them
    """
    found = (
        Contact.objects.visible_to(user)
        .select_related("submission__seal", "source_agency", "rag_by", "danger_by", "claimed_by")
        .filter(pk=pk)
        .first()
    )
    if found is not None:
        return found
    closed = Contact.objects.restricted_to(user).filter(pk=pk).first()
    if closed is not None and holds(user, Permission.PERSON_SEARCH):
        raise Closed(closed)
    raise Http404("There is no such contact.")


def closed_page(request: HttpRequest, contact: Contact) -> HttpResponse:
    """Say that there is a restricted record, and whom to ring; nothing else."""
    children = ContactPerson.objects.filter(
        contact=contact, is_child=True, ended_at__isnull=True
    ).values_list("person_id", flat=True)
    heads = canonical_ids(person_ids=children).values()
    ring: dict[UUID, Whom] = closed_persons(by=user_of(request), heads=heads)
    return render(
        request,
        "mash/contact_restricted.html",
        {
            "contact": contact,
            "ring": list(dict.fromkeys(ring.values())),
            "openings": [
                address for person_id in ring if (address := address_of("people:person", person_id))
            ],
        },
        status=403,
    )


def address_of(name: str, pk: UUID | None = None) -> str:
    """Give the address of a page, or nothing where this installation does not have it."""
    try:
        return reverse(name, args=[pk] if pk else [])
    except NoReverseMatch:
        return ""


def page(*methods: str) -> Callable[[View], View]:
    """Make a view of one contact: signed in, by these methods, closed where it is restricted."""

    def decorate(view: View) -> View:
        @login_required
        @require_http_methods(methods)
        @wraps(view)
        def guarded(request: HttpRequest, pk: UUID, **named: Any) -> HttpResponse:
            try:
                return view(request, pk, **named)
            except Closed as closed:
                return closed_page(request, closed.contact)

        return guarded

    return decorate


def children_of(user: User, contact: Contact) -> list[Person]:
    """The children of a contact whom somebody may see, in the order in which they stand."""
    return list(
        Person.objects.visible_to(user)
        .filter(
            contact_people__contact=contact,
            contact_people__is_child=True,
            contact_people__ended_at__isnull=True,
        )
        .order_by("contact_people__position", "pk")
    )


def as_choices(children: Iterable[Person]) -> list[tuple[str, str]]:
    """Children to be ticked one by one: name and age."""
    on = today()
    return [(str(child.pk), f"{child.name}, {age(child, on=on)}") for child in children]


def form_page(
    request: HttpRequest,
    contact: Contact,
    form: OnceForm,
    *,
    title: str,
    act: Callable[[], Any],
    done: str | Callable[[Any], str],
    button: str,
    lead: str = "",
    to: str = "mash:contact",
    to_pk: UUID | None = None,
    anchor: str = "",
    template: str = "mash/contact_form.html",
    more: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """Show a form of a contact; when it is sent whole, do its one thing, once, and go on.

    :param act: the one call; what it gives has a `pk`
    :param done: what is said on the next page, or a function of what `act` gave
    """
    user = user_of(request)
    status = 200
    onward = f"{reverse(to, args=[to_pk or contact.pk])}{'#' if anchor else ''}{anchor}"
    kept = drafted.attach(request, form)
    if kept.is_left:
        return leave(request, kept, onward)
    if request.method == "POST" and form.is_valid():
        try:
            row = once_only(
                by=user,
                token=form.cleaned_data["token"],
                action=f"{request.resolver_match.view_name}" if request.resolver_match else "mash",
                act=act,
            )
        except AlreadyRecorded:
            kept.recorded()
            return redirect(onward)
        except Refused as refused:
            field = refused.field if refused.field in form.fields else None
            form.add_error(field, str(refused))
            status = 409 if isinstance(refused, Clash) else 200
        except PermissionDenied as denied:  # the right ended while the form was filled in
            form.add_error(None, no_longer(denied))
            status = 403
        else:
            kept.recorded()
            messages.success(request, done(row) if callable(done) else done)
            return redirect(onward)
    kept.keep()
    children = children_of(user, contact)
    read_log.shown(
        request,
        place=request.resolver_match.view_name if request.resolver_match else "mash",
        children=[child.pk for child in children],
        subject_kind="contact",
        subject_id=contact.pk,
    )
    who = words.names_with_ages((child.name, age(child, on=today())) for child in children)
    context = {
        "contact": contact,
        "form": form,
        "who": who,
        "title": title,
        "lead": lead,
        "button": button,
        "crumbs": crumbs_of(contact),
        "back_url": onward,
        "received": words.moment_words(contact.received_at, now=now()),
        **(more or {}),
    }
    return render(request, template, context, status=status)


def leave(request: HttpRequest, kept: Drafted, onward: str) -> HttpResponse:
    """Keep what was typed and go, without JavaScript to do it."""
    kept.keep()
    messages.success(request, "Draft kept. Nothing has been recorded yet.")
    return redirect(onward)


def crumbs_of(contact: Contact) -> list[tuple[str, str]]:
    """Where the pages of a contact stand."""
    return [
        ("Triage", reverse("mash:board")),
        (f"Contact {contact.reference}", reverse("mash:contact", args=[contact.pk])),
    ]
