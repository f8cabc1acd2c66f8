"""Pages that join two records of one person, part them, and settle what may be one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.permissions import Permission, require
from lib import words
from lib.application_clock import now, today
from people import actions, matching, queries
from people.forms import LinkForm, ReasonForm, SettleForm
from people.models import Person, PersonLink, PossibleDuplicate
from people.queries.candidates import CandidateShown, shown_candidates
from people.queries.duplicates import duplicate_lines, left_for_later, open_duplicates
from people.queries.linked import written_while_linked
from people.views.opening import asker, closed, crumbs, one_thing, person_page, posted, reader
from record import read_log
from record.errors import Refused
from record.models import ReadKind

PER_PAGE = 25
MOST_LIKE = 5

UUID_PATTERN = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class NoSuchRecord(Refused):
    """Nothing that the worker may read has this number."""


def _other(by: User, typed: str) -> Person:
    """Find a record by its number, or by the address of its page."""
    people = Person.objects.visible_to(by)
    named = UUID_PATTERN.search(typed)
    found = (
        people.filter(pk=UUID(named.group()))
        if named
        else people.filter(la_child_id__iexact=typed.replace(" ", "").replace("-", ""))
    ).first()
    if found is None:
        raise NoSuchRecord("There is no record of this number that you may read.", field="other")
    return found


@person_page(permission=Permission.PERSON_LINK)
def link(request: HttpRequest, person: Person) -> HttpResponse:
    """Join this record with another of the same person, which is looked for first."""
    by = asker(request)
    found, answer = _like(request, person)

    def save(typed: Mapping[str, Any]) -> object:
        other = _other(by, typed["other"])
        kept, joined = (person, other) if typed["keep"] == "this" else (other, person)
        return actions.link_records(
            by=by, at=now(), kept_id=kept.pk, other_id=joined.pk, reason=typed["reason"]
        )

    return one_thing(
        request,
        person,
        LinkForm(
            posted(request),
            found=[(str(each.person_id), each.label) for each in found],
            initial={"keep": "this"},
        ),
        template="people/link.html",
        found=found,
        may_be_restricted=answer.restricted_may_match,
        title=f"Another record of {person.name}",
        button="Link the records",
        done="Records linked. Nothing was moved; you can part them again",
        save=save,
    )


def _like(request: HttpRequest, person: Person) -> tuple[list[CandidateShown], matching.Answer]:
    """Search for other records of this person, and note whom the search showed."""
    by = asker(request)
    home = next(iter(queries.homes_of(person_ids=[person.pk]).get(person.pk, [])), None)
    born = person.date_of_birth
    answer = matching.candidates(
        by=by,
        given_name=person.given_name,
        family_name=person.family_name,
        date_of_birth=born.isoformat() if born else "",
        expected_on=person.expected_on,
        sex=person.sex,
        address_line=home.address.line if home else "",
        postcode=home.address.postcode if home else "",
        limit=MOST_LIKE + 1,
    )
    others = [
        each
        for each in answer.candidates
        if each.person_id != person.pk and each.band is not matching.Band.RELATIVE
    ]
    answer = replace(answer, candidates=tuple(others[:MOST_LIKE]))
    found = shown_candidates(by=by, answer=answer, on=today())
    read_log.shown(
        request,
        place="people:link",
        kind=ReadKind.SEARCH,
        person_ids=[each.person_id for each in found],
    )
    return found, answer


@person_page(permission=Permission.PERSON_LINK)
def unlink(request: HttpRequest, person: Person, link_id: UUID) -> HttpResponse:
    """Part two records again."""
    row = get_object_or_404(PersonLink.objects.select_related("kept", "other"), pk=link_id)
    ours = queries.records_of(person_ids=[person.pk])
    if row.kept_id not in ours or row.ended_at is not None:
        raise Http404
    seen = Person.objects.visible_to(asker(request)).filter(pk__in=(row.kept_id, row.other_id))
    for hidden in {row.kept_id, row.other_id} - set(seen.values_list("pk", flat=True)):
        return closed(request, hidden)  # neither name is shown where one is restricted
    return one_thing(
        request,
        person,
        ReasonForm(posted(request)),
        title=f"Part {row.kept.name} and {row.other.name}",
        button="Part the records",
        done="Records parted",
        words="What was written while they were linked stays on the record where it was written. "
        "The next page lists it.",
        to=reverse("people:written", kwargs={"person_id": person.pk, "link_id": row.pk}),
        save=lambda typed: actions.unlink_records(
            by=asker(request), at=now(), link_id=row.pk, **typed
        ),
    )


@person_page(permission=Permission.PERSON_LINK, methods=("GET",))
def written(request: HttpRequest, person: Person, link_id: UUID) -> HttpResponse:
    """List what was written while two records were linked, after they were parted."""
    by = asker(request)
    row = get_object_or_404(PersonLink.objects.select_related("kept", "other"), pk=link_id)
    ids = {row.kept_id, row.other_id}
    if person.pk not in ids or row.ended_at is None:
        raise Http404
    if Person.objects.visible_to(by).filter(pk__in=ids).count() < len(ids):
        raise Http404
    read_log.shown(request, place="people:written", children=ids - {person.pk})
    context = {
        "person": person,
        "link": row,
        "lines": written_while_linked(by=by, link=row),
        "crumbs": crumbs(person),
    }
    return render(request, "people/written.html", context)


@login_required
@require_http_methods(["GET"])
def duplicates(request: HttpRequest) -> HttpResponse:
    """List the records that may be one person, for whoever may link them."""
    by, on = reader(request), today()
    require(by, Permission.PERSON_LINK)
    is_later = request.GET.get("show") == "later"
    waiting, left = open_duplicates(by=by, on=on), left_for_later(by=by, on=on)
    page = Paginator(left if is_later else waiting, PER_PAGE).get_page(request.GET.get("page"))
    lines = duplicate_lines(by=by, duplicates=list(page.object_list), on=on)
    read_log.shown(
        request,
        place="people:duplicates",
        kind=ReadKind.LIST,
        person_ids=[each.person_id for line in lines for each in (line.first, line.second)],
        filters={"show": "later" if is_later else "open"},
    )
    context = {
        "page": page,
        "lines": lines,
        "is_later": is_later,
        "left": left.count(),
        "query": "show=later" if is_later else "",
    }
    return render(request, "people/duplicates.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def settle_duplicate(request: HttpRequest, duplicate_id: UUID) -> HttpResponse:
    """Settle whether two records are one person."""
    by = reader(request)
    row = get_object_or_404(PossibleDuplicate.objects.select_related("raised_by"), pk=duplicate_id)
    people = Person.objects.visible_to(by).in_bulk([row.person_id, row.other_id])
    if len(people) < 2:
        raise Http404
    require(by, Permission.PERSON_LINK)
    read_log.shown(request, place="people:settle_duplicate", children=list(people))
    first, second = (
        queries.person_page(by=by, person=people[each], on=today())
        for each in (row.person_id, row.other_id)
    )
    form: forms.Form = SettleForm(posted(request))
    if request.method == "POST" and form.is_valid():
        answer = form.cleaned_data["answer"]
        try:
            if answer == "later":
                left = actions.leave_for_later(by=by, at=now(), duplicate_id=row.pk)
                again = words.date_words(left.look_again_on) if left.look_again_on else ""
                said = f"Left for later. It is listed again on {again}"
            else:
                actions.settle_possible_duplicate(
                    by=by,
                    at=now(),
                    duplicate_id=row.pk,
                    is_same=answer != "not_same",
                    kept_id=row.other_id if answer == "keep_second" else row.person_id,
                    reason=form.cleaned_data["reason"],
                )
                said = "Answer recorded"
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, said)
            return redirect("people:duplicates")
    context = {"duplicate": row, "first": first, "second": second, "form": form}
    return render(request, "people/duplicate.html", context)
