"""Pages that change one thing about one person."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from accounts.permissions import Permission
from lib.application_clock import now, today
from people import actions, queries
from people.choices import AddressKind, NameKind, Source, Stage
from people.forms import (
    AddressForm,
    BirthForm,
    CorrectNameForm,
    DateForm,
    DeathForm,
    DetailsForm,
    EndSettingForm,
    HazardForm,
    IdentifierForm,
    NameForm,
    ReviewHazardForm,
    SettingForm,
)
from people.models import Hazard, Identifier, Person, PersonName, PersonSetting
from people.queries.changes import LABELS, shown
from people.views.opening import asker, crumbs, one_thing, person_page, person_url, posted
from record.errors import Refused
from record.once import once_only

edits = person_page(permission=Permission.PERSON_EDIT)
FIRST = {"source": Source.WORKER}


def _ours(row: Any, person: Person) -> Any:
    """Give a row of this person, or of a record linked with it."""
    if row.person_id not in queries.records_of(person_ids=[person.pk]):
        raise Http404
    return row


@edits
def edit_details(request: HttpRequest, person: Person) -> HttpResponse:
    """Change what the record says of a person."""
    form = DetailsForm(posted(request), person=person)
    clash: list[dict[str, str]] = []
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_details(
                by=asker(request),
                at=now(),
                person_id=person.pk,
                version=form.cleaned_data["version"],
                **form.changes(),
            )
        except actions.Stale as stale:
            clash = _differences(form, stale.current)
            typed = request.POST.copy()
            typed["version"] = str(stale.current.version)
            form = DetailsForm(typed, person=person)
            form.is_valid()
            form.add_error(None, str(stale))
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, "Details recorded")
            return redirect(person_url(person))
    context = {
        "person": person,
        "form": form,
        "clash": clash,
        "crumbs": crumbs(person),
        "title": f"Details of {person.name}",
        "button": "Record the details",
    }
    return render(request, "people/form.html", context)


def _differences(form: DetailsForm, current: Person) -> list[dict[str, str]]:
    """Put what was typed beside what the record says now, where they differ."""
    return [
        {
            "label": LABELS[name],
            "mine": shown(name, value),
            "theirs": shown(name, getattr(current, name)),
        }
        for name, value in form.changes().items()
        if value != getattr(current, name)
    ]


@edits
def add_name(request: HttpRequest, person: Person) -> HttpResponse:
    """Add a name."""
    form = NameForm(posted(request), initial={**FIRST, "kind": NameKind.KNOWN_AS})
    return one_thing(
        request,
        person,
        form,
        title=f"Another name of {person.name}",
        button="Record the name",
        done="Name recorded",
        save=lambda typed: actions.add_name(
            by=asker(request), at=now(), person_id=person.pk, **typed
        ),
    )


@edits
def correct_name(request: HttpRequest, person: Person, name_id: UUID) -> HttpResponse:
    """Put the right name in the place of a wrong one."""
    name = _ours(get_object_or_404(PersonName, pk=name_id), person)
    wrong = f"{name.given_name} {name.family_name}".strip()
    return one_thing(
        request,
        person,
        CorrectNameForm(posted(request), name=name),
        title=f"What is right instead of “{wrong}”",
        button="Record the right name",
        done="Name corrected; the wrong one is kept, marked as wrong",
        save=lambda typed: actions.correct_name(
            by=asker(request), at=now(), name_id=name.pk, **typed
        ),
    )


@edits
def use_name(request: HttpRequest, person: Person, name_id: UUID) -> HttpResponse:
    """Show a person by another of their names from now on."""
    name = _ours(get_object_or_404(PersonName, pk=name_id), person)
    wanted = f"{name.given_name} {name.family_name}".strip()
    return one_thing(
        request,
        person,
        forms.Form(posted(request)),
        title=f"Use “{wanted}” from now on",
        button="Use this name",
        done="Name changed; the one before is kept",
        words=f"The record will show this name. “{person.name}” is kept as a previous name.",
        save=lambda _: actions.set_current_name(by=asker(request), at=now(), name_id=name.pk),
    )


@edits
def state_date(request: HttpRequest, person: Person) -> HttpResponse:
    """Keep a date of birth or due date as somebody stated it."""
    is_unborn = person.stage == Stage.UNBORN
    form = DateForm(posted(request), person=person, initial=FIRST)
    return one_thing(
        request,
        person,
        form,
        title=f"When is {person.name} due" if is_unborn else f"When was {person.name} born",
        button="Record the date",
        done="Date recorded",
        save=lambda typed: once_only(
            by=asker(request),
            token=typed["token"],
            action="people.state_date",
            act=lambda: actions.state_date(
                by=asker(request),
                at=now(),
                person_id=person.pk,
                is_expected_date=is_unborn,
                **form.given(),
            ),
        ),
    )


@edits
def add_identifier(request: HttpRequest, person: Person) -> HttpResponse:
    """Add a number."""
    return one_thing(
        request,
        person,
        IdentifierForm(posted(request), initial=FIRST),
        title=f"Another number of {person.name}",
        button="Record the number",
        done="Number recorded",
        save=lambda typed: actions.add_identifier(
            by=asker(request), at=now(), person_id=person.pk, **typed
        ),
    )


@edits
def wrong_identifier(request: HttpRequest, person: Person, identifier_id: UUID) -> HttpResponse:
    """Mark a number as never having been this person's."""
    number = _ours(get_object_or_404(Identifier, pk=identifier_id), person)
    return one_thing(
        request,
        person,
        forms.Form(posted(request)),
        title=f"{number.get_kind_display()} {number.value} is wrong",
        button="Mark as wrong",
        done="Number marked as wrong",
        words="The number stays on the record, marked as wrong, and no longer finds this person.",
        save=lambda _: actions.mark_identifier_wrong(
            by=asker(request), at=now(), identifier_id=number.pk
        ),
    )


@edits
def add_address(request: HttpRequest, person: Person) -> HttpResponse:
    """Record where somebody lives, stays or lived."""
    family = queries.family_of(by=asker(request), person_id=person.pk, on=today())
    form = AddressForm(
        posted(request),
        has_household=family.household_id is not None,
        initial={**FIRST, "kind": AddressKind.HOME},
    )

    def save(typed: Any) -> object:
        values = dict(typed)
        everybody = values.pop("everybody", False)
        return actions.move(
            by=asker(request),
            at=now(),
            person_ids=[] if everybody else [person.pk],
            household_id=family.household_id if everybody else None,
            **values,
        )

    return one_thing(
        request,
        person,
        form,
        title=f"Address of {person.name}",
        button="Record the address",
        done="Address recorded",
        save=save,
    )


@edits
def add_setting(request: HttpRequest, person: Person) -> HttpResponse:
    """Add a school, GP or other service."""
    return one_thing(
        request,
        person,
        SettingForm(posted(request), initial=FIRST),
        title=f"School, GP or service of {person.name}",
        button="Record it",
        done="Recorded",
        save=lambda typed: actions.add_setting(
            by=asker(request), at=now(), person_id=person.pk, **typed
        ),
    )


@edits
def end_setting(request: HttpRequest, person: Person, setting_id: UUID) -> HttpResponse:
    """End a school, GP or other service."""
    setting = _ours(get_object_or_404(PersonSetting, pk=setting_id), person)
    return one_thing(
        request,
        person,
        EndSettingForm(posted(request)),
        title=f"{person.name} left {setting.name}",
        button="Record that they left",
        done="Recorded",
        save=lambda typed: actions.end_setting(
            by=asker(request), at=now(), setting_id=setting.pk, **typed
        ),
    )


@edits
def hazards(request: HttpRequest, person: Person) -> HttpResponse:
    """Show the dangers to staff who visit, and add one."""
    rows = Hazard.objects.filter(person__in=queries.records_of(person_ids=[person.pk]))
    form = HazardForm(posted(request))
    return one_thing(
        request,
        person,
        form,
        title=f"Dangers to staff who visit {person.name}",
        button="Record the danger",
        done="Danger recorded",
        template="people/hazards.html",
        hazards=list(
            rows.select_related("recorded_by", "ended_by").order_by("ended_at", "review_on", "pk")
        ),
        save=lambda typed: once_only(
            by=asker(request),
            token=typed["token"],
            action="people.add_hazard",
            act=lambda: actions.add_hazard(
                by=asker(request), at=now(), person_id=person.pk, **form.given()
            ),
        ),
    )


@edits
def review_hazard(request: HttpRequest, person: Person, hazard_id: UUID) -> HttpResponse:
    """Say whether a danger is still there."""
    hazard = _ours(get_object_or_404(Hazard, pk=hazard_id), person)

    def save(typed: Any) -> object:
        if typed["still"]:
            return actions.review_hazard(
                by=asker(request), at=now(), hazard_id=hazard.pk, review_on=typed["review_on"]
            )
        return actions.end_hazard(
            by=asker(request), at=now(), hazard_id=hazard.pk, because=typed["because"]
        )

    return one_thing(
        request,
        person,
        ReviewHazardForm(posted(request)),
        title=hazard.text,
        button="Record the answer",
        done="Recorded",
        save=save,
    )


@edits
def birth(request: HttpRequest, person: Person) -> HttpResponse:
    """Record the birth of a baby."""
    form = BirthForm(posted(request), initial={**FIRST, "family_name": person.family_name})
    return one_thing(
        request,
        person,
        form,
        title=f"The birth of {person.name}",
        button="Record the birth",
        done="Birth recorded",
        words="The record and its history stay; the due date is kept.",
        save=lambda typed: actions.record_birth(
            by=asker(request), at=now(), person_id=person.pk, **typed
        ),
    )


@person_page(permission=Permission.PERSON_LINK)
def death(request: HttpRequest, person: Person) -> HttpResponse:
    """Record a death."""
    return one_thing(
        request,
        person,
        DeathForm(posted(request)),
        title=f"The death of {person.name}",
        button="Record the death",
        done="Death recorded",
        words="The record stays open to those who may read it. They leave every household.",
        save=lambda typed: actions.record_death(
            by=asker(request), at=now(), person_id=person.pk, **typed
        ),
    )
