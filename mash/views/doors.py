"""What every page of the MASH does at its door: who asks, and may they see this contact."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse

from accounts.models import User
from accounts.permissions import Permission, holds
from cases.models import Contact, ContactPerson
from people.queries import Whom, closed_to


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
        .select_related("submission", "source_agency", "rag_by", "danger_by", "claimed_by")
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
    ring: dict[UUID, Whom] = closed_to(by=user_of(request), person_ids=children)
    return render(
        request,
        "mash/contact_restricted.html",
        {
            "contact": contact,
            "ring": list(dict.fromkeys(ring.values())),
            "openings": [
                address
                for person_id in ring
                if (address := address_of("people:break_glass", person_id))
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
