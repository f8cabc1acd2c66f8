"""A direct request: find the child first, then record who asks for what."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.permissions import Permission, require
from early_help import actions
from early_help.forms import request as forms
from early_help.models import Episode
from early_help.views.doors import user_of
from lib import asked
from lib.application_clock import now, today
from people import matching
from people.models import Person
from people.queries import (
    CandidateShown,
    age,
    canonical_ids,
    children_of_households,
    shown_candidates,
)
from record import read_log
from record.errors import Refused
from record.models import ReadKind
from record.once import AlreadyRecorded

CRUMBS = ("Early help", "early_help:first")
SHOWN = 8


def _crumbs() -> list[tuple[str, str]]:
    return [(CRUMBS[0], reverse(CRUMBS[1]))]


def _search(user: User, asked: dict[str, Any]) -> tuple[list[CandidateShown], matching.Answer]:
    """Children on record who may be this one, and the whole answer of the search."""
    answer = matching.candidates(by=user, limit=SHOWN, **asked)
    found = [
        each
        for each in shown_candidates(by=user, answer=answer, on=today())
        if each.person.la_child_id
    ]
    return found, answer


@login_required
@require_http_methods(["GET", "POST"])
def find(request: HttpRequest) -> HttpResponse:
    """Is the child on record already?"""
    user = user_of(request)
    require(user, Permission.EARLY_HELP_WORK)
    require(user, Permission.PERSON_SEARCH)
    if request.method == "POST" and forms.FindForm(request.POST).is_valid():
        return redirect(f"{reverse('early_help:find')}?{asked.leading_on(request)}")
    form = forms.FindForm(request.POST or asked.typed(request))
    found: list[CandidateShown] = []
    is_closed, is_asked = False, False
    if form.is_bound and form.is_valid():
        is_asked = True
        found, answer = _search(user, form.asked())
        is_closed = answer.restricted_may_match
        read_log.shown(
            request,
            place="early_help:find",
            kind=ReadKind.SEARCH,
            person_ids=[each.person_id for each in found],
        )
    return render(
        request,
        "early_help/find.html",
        {
            "form": form,
            "found": found,
            "is_asked": is_asked,
            "restricted_may_match": is_closed,
            "crumbs": _crumbs(),
            "query": asked.same(request),
        },
    )


@login_required
@require_http_methods(["GET", "POST"])
def request_for(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A request for a child on record, and for which brothers and sisters."""
    user = user_of(request)
    require(user, Permission.EARLY_HELP_WORK)
    person = Person.objects.visible_to(user).filter(pk=pk, la_child_id__isnull=False).first()
    if person is None:
        raise Http404
    head = canonical_ids(person_ids=[person.pk])[person.pk]
    household = [
        child
        for child in children_of_households(by=user, person_ids=[head], on=today())
        if child.person is not None
    ]
    children = [
        (child.person_id, child.name, age(child.person, on=today()))
        for child in household
        if child.person is not None
    ]
    form = forms.KnownFamilyForm(
        request.POST or None, children=children, seen={head: _seen(request, user)}
    )
    return _record(
        request,
        form,
        who=person.name,
        shown=[child_id for child_id, _name, _age in children],
        adults=list,
    )


def _seen(request: HttpRequest, user: User) -> dict[str, Any]:
    """What the search showed before this child was chosen from it, if it was."""
    typed = forms.FindForm(asked.typed(request))
    if not typed.is_valid():
        return {}
    found, answer = _search(user, typed.asked())
    return answer.as_seen([each.person_id for each in found])


@login_required
@require_http_methods(["GET", "POST"])
def request_new(request: HttpRequest) -> HttpResponse:
    """A request for a child who is not on record."""
    user = user_of(request)
    require(user, Permission.EARLY_HELP_WORK)
    typed = forms.FindForm(request.POST or asked.typed(request))
    found: list[CandidateShown] = []
    seen: dict[str, Any] = {}
    is_closed, initial = False, {}
    if typed.is_valid():
        found, answer = _search(user, typed.asked())
        seen = answer.as_seen([each.person_id for each in found])
        is_closed, initial = answer.restricted_may_match, typed.cleaned_data
    elif request.method != "POST":
        return redirect("early_help:find")
    # What is mistyped here, on the way back from the search, is wrong in this form too.
    ids = [each.person_id for each in found]
    form = forms.NewFamilyForm(request.POST or None, initial=initial, found=ids, seen=seen)
    return _record(
        request,
        form,
        who="a child not on record",
        shown=ids,
        adults=lambda: form.adults(),
        more={
            "found": found,
            "restricted_may_match": is_closed,
            "query": asked.same(request),
        },
    )


def _record(
    request: HttpRequest,
    form: Any,
    *,
    who: str,
    shown: list[UUID],
    adults: Any,
    more: dict[str, Any] | None = None,
) -> HttpResponse:
    user = user_of(request)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            episode = actions.request_help(
                by=user,
                children=form.children(),
                adults=adults(),
                token=form.cleaned_data["token"],
                **form.request(),
            )
        except AlreadyRecorded as again:
            return redirect("early_help:episode", again.result_id or "")
        except Refused as refused:
            field = refused.field if refused.field in form.fields else None
            form.add_error(field, str(refused))
        else:
            return _recorded(request, episode, is_harm=bool(form.cleaned_data["harm"]))
    read_log.shown(request, place="early_help:request", children=shown)
    return render(
        request,
        "early_help/request.html",
        {"form": form, "who": who, "crumbs": _crumbs(), "now": now(), **(more or {})},
        status=status,
    )


def _recorded(request: HttpRequest, episode: Episode, *, is_harm: bool) -> HttpResponse:
    messages.success(request, "Request recorded. It is screened within 2 working days.")
    return redirect("early_help:episode", episode.pk)
