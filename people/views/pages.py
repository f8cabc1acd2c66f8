"""The details page of a person, and what may only be read."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from lib.application_clock import now, today
from people import queries
from people.models import Person
from people.views.opening import asker, crumbs, person_page, place
from record import read_log

CHANGES_SHOWN = timedelta(days=365)


@person_page(methods=("GET",))
def person(request: HttpRequest, person: Person) -> HttpResponse:
    """Show everything that is known of a person, and the family."""
    by = asker(request)
    page = queries.person_page(by=by, person=person, on=today())
    others = [each for each in page.family.child_ids if each != person.pk]
    read_log.shown(request, place=place(request), children=others)
    return render(request, "people/person.html", {"page": page, "person": person})


@person_page(methods=("GET",))
def changes(request: HttpRequest, person: Person) -> HttpResponse:
    """Show what changed on a record within a year, with before and after."""
    context = {
        "person": person,
        "changes": queries.changes_of(person.pk, now() - CHANGES_SHOWN),
        "crumbs": crumbs(person),
    }
    return render(request, "people/changes.html", context)


@person_page(methods=("GET",))
def looked(request: HttpRequest, person: Person) -> HttpResponse:
    """Show who looked at a record."""
    also = [each for each in queries.records_of(person_ids=[person.pk]) if each != person.pk]
    looks = read_log.who_looked(by=asker(request), child_id=person.pk, also=also)
    context = {"person": person, "looks": looks, "crumbs": crumbs(person)}
    return render(request, "people/looked.html", context)
