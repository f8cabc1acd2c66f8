"""Pages that change who belongs to a family."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from lib.application_clock import now, today
from people import actions, matching, queries
from people.choices import Confidence, HouseholdRole, Source, YesNoUnknown
from people.forms import (
    STAYS_ELSEWHERE,
    ChangeRelationForm,
    EndMembershipForm,
    FamilyMemberForm,
    RelationForm,
)
from people.models import HouseholdMembership, Person, PersonAddress, Relationship
from people.queries.candidates import CandidateShown, shown_candidates
from people.views.editing import edits
from people.views.opening import asker, crumbs, new_token, one_thing, person_url, posted
from record import read_log
from record.errors import Refused
from record.models import FormToken, ReadKind
from record.once import AlreadyRecorded

MOST_OFFERED = 5
LIVING_HERE = frozenset(HouseholdRole) - {HouseholdRole.FREQUENT_VISITOR}


@edits
def add_member(request: HttpRequest, person: Person) -> HttpResponse:
    """Add somebody to a family: look first whether they are known, then link or make a record."""
    first = {**new_token(), "source": Source.WORKER, "confidence": Confidence.STATED}
    form = FamilyMemberForm(posted(request), person=person, initial=first)
    found: list[CandidateShown] = []
    may_be_restricted = False
    if request.method == "POST" and form.is_valid():
        if FormToken.objects.filter(pk=form.cleaned_data["token"]).exists():
            return redirect(person_url(person))
        found, answer = _look_for(request, person, form.cleaned_data)
        may_be_restricted = answer.restricted_may_match
        if found or may_be_restricted:
            is_answered = bool(request.POST.get("chosen"))
            form = FamilyMemberForm(request.POST, person=person)
            form.offer([(str(each.person_id), each.label) for each in found])
            form.order_fields(["chosen"])
            if not is_answered:
                form.fields["chosen"].required = False
        if form.is_valid() and (not (found or may_be_restricted) or form.cleaned_data["chosen"]):
            try:
                seen = answer.as_seen({each.person_id for each in found})
                _add(request, person, form.cleaned_data, seen=seen)
            except AlreadyRecorded:
                return redirect(person_url(person))
            except Refused as refused:
                form.add_error(None, str(refused))
            else:
                messages.success(request, "Family member recorded")
                return redirect(person_url(person))
    context = {
        "person": person,
        "form": form,
        "found": found,
        "may_be_restricted": may_be_restricted,
        "crumbs": crumbs(person),
        "title": f"Add somebody to the family of {person.name}",
        "button": "Record this" if found or may_be_restricted else "Continue",
    }
    return render(request, "people/add_member.html", context)


def _look_for(
    request: HttpRequest, person: Person, typed: Mapping[str, Any]
) -> tuple[list[CandidateShown], matching.Answer]:
    """Search for somebody, and note whom the search showed.

    Whoever lives here is looked for at this address as well. Relatives who are in the family
    already are not asked about.
    """
    by = asker(request)
    born: date | None = typed["date_of_birth"]
    home = _home(person) if typed["role"] in LIVING_HERE else None
    answer = matching.candidates(
        by=by,
        given_name=typed["given_name"],
        family_name=typed["family_name"],
        date_of_birth=born.isoformat() if born else "",
        sex=typed["sex"],
        address_line=home.address.line if home else "",
        postcode=home.address.postcode if home else "",
    )
    family = queries.family_of(by=by, person_id=person.pk, on=today())
    here = {each.person_id for each in family.memberships}
    relatives = {
        each.person_id
        for each in answer.candidates
        if each.band == matching.Band.RELATIVE and each.person_id in here
    }
    found = [
        each
        for each in shown_candidates(by=by, answer=answer, on=today())
        if each.person_id != person.pk and each.person_id not in relatives
    ][:MOST_OFFERED]
    read_log.shown(
        request,
        place="people:add_member",
        kind=ReadKind.SEARCH,
        person_ids=[each.person_id for each in found],
    )
    return found, answer


def _home(person: Person) -> PersonAddress | None:
    """Give where somebody lives now, unless it must not be told."""
    homes = queries.homes_of(person_ids=[person.pk]).get(person.pk, [])
    return next((home for home in reversed(homes) if not home.is_withheld), None)


def _add(
    request: HttpRequest, person: Person, typed: Mapping[str, Any], *, seen: Mapping[str, Any]
) -> None:
    values = dict(typed)
    chosen = values.pop("chosen", "") or FamilyMemberForm.NOBODY
    if values["role"] == STAYS_ELSEWHERE:
        values["role"] = ""
    actions.add_to_family(
        by=asker(request),
        at=now(),
        person_id=person.pk,
        chosen_id=None if chosen == FamilyMemberForm.NOBODY else UUID(chosen),
        seen=seen,
        **values,
    )


@edits
def end_membership(request: HttpRequest, person: Person, membership_id: UUID) -> HttpResponse:
    """Record that somebody left the household of this person."""
    membership = get_object_or_404(
        HouseholdMembership.objects.select_related("person"), pk=membership_id
    )
    family = queries.family_of(by=asker(request), person_id=person.pk, on=today())
    if membership.pk not in {each.pk for each in family.memberships}:
        raise Http404
    return one_thing(
        request,
        person,
        EndMembershipForm(posted(request)),
        title=f"{membership.person.name} left the household",
        button="Record that they left",
        done="Recorded",
        save=lambda typed: actions.leave_household(
            by=asker(request), at=now(), membership_id=membership.pk, **typed
        ),
    )


@edits
def relate(request: HttpRequest, person: Person) -> HttpResponse:
    """Record what somebody in the family is to this person."""
    family = queries.family_of(by=asker(request), person_id=person.pk, on=today())
    others = [
        (str(each.person_id), f"{each.name}, {each.age}" if each.age else each.name)
        for each in family.others
        if each.person is not None
    ]
    first = {"source": Source.WORKER, "parental_responsibility": YesNoUnknown.UNKNOWN}
    form = RelationForm(posted(request), others=others, initial=first)

    def save(typed: Mapping[str, Any]) -> object:
        other_id = UUID(typed["other"])
        values = {
            "as_stated": typed["as_stated"],
            "source": typed["source"],
            "parental_responsibility": typed["parental_responsibility"],
        }
        if typed["kind"] == actions.CHILD_OF:
            return actions.relate(
                by=asker(request),
                at=now(),
                person_id=person.pk,
                other_id=other_id,
                kind=actions.parent_kind(person),
                **values,
            )
        return actions.relate(
            by=asker(request),
            at=now(),
            person_id=other_id,
            other_id=person.pk,
            kind=typed["kind"],
            **values,
        )

    return one_thing(
        request,
        person,
        form,
        title=f"Relationship with {person.name}",
        button="Record the relationship",
        done="Relationship recorded",
        words="Somebody who is not in the list is added to the family first.",
        words_url=reverse("people:add_member", kwargs={"person_id": person.pk}),
        words_link="Add somebody to the family",
        save=save,
    )


@edits
def change_relation(request: HttpRequest, person: Person, relationship_id: UUID) -> HttpResponse:
    """Change parental responsibility, or end a relationship."""
    row = get_object_or_404(
        Relationship.objects.select_related("person", "other"), pk=relationship_id
    )
    ours = queries.records_of(person_ids=[person.pk])
    if row.person_id not in ours and row.other_id not in ours:
        raise Http404
    other = row.other if row.person_id in ours else row.person
    if not Person.objects.visible_to(asker(request)).filter(pk=other.pk).exists():
        raise Http404
    first = {"parental_responsibility": row.parental_responsibility, "what": "stays"}

    def save(typed: Mapping[str, Any]) -> object:
        by, at = asker(request), now()
        if typed["what"] != "stays":
            return actions.end_relationship(
                by=by,
                at=at,
                relationship_id=row.pk,
                to_on=typed["to_on"],
                is_wrong=typed["what"] == "wrong",
            )
        return actions.set_parental_responsibility(
            by=by,
            at=at,
            relationship_id=row.pk,
            parental_responsibility=typed["parental_responsibility"],
        )

    return one_thing(
        request,
        person,
        ChangeRelationForm(posted(request), initial=first),
        title=f"{row.person.name}, {row.get_kind_display().lower()} of {row.other.name}",
        button="Record the change",
        done="Relationship recorded",
        save=save,
    )
