"""Whom a contact is about: children, adults, households, and who they already are."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from cases import actions as case_actions
from cases.models import Contact, ContactPerson
from lib.application_clock import now
from mash.actions import intake as actions
from mash.actions.intake import HomeAnswer
from mash.forms import intake as forms
from mash.forms import intake_tasks as task_forms
from mash.queries import intake as queries
from mash.views.doors import leave
from mash.views.intake import (
    Matching,
    after_linking,
    answered,
    look_for_adult,
    people_stated,
    questions_of_child,
    say_no,
    search_as_stated,
    user_of,
)
from mash.views.intake_tasks import (
    ClosedPerson,
    contact_of,
    crumbs_of,
    on_contact,
    one_thing,
    page,
    readable,
    shown,
)
from people import actions as people_actions
from people.models import Household, HouseholdMembership, Person, Relationship
from record import drafted
from record.errors import Refused
from record.once import AlreadyRecorded, once_only


@page("GET", "POST")
def contact_add_child(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Another child of the contact, with the search for who it already is."""
    contact = contact_of(request, pk)
    people = queries.people_of(by=user_of(request), contact=contact)
    form = forms.ChildForm(
        request.POST or None,
        received_at=contact.received_at,
        adults=on_contact(one for one in readable(people) if not one.row.is_child),
    )

    def act(questions: list[Matching]) -> ContactPerson:
        stated = people_stated(form, questions)
        return actions.add_child(
            by=user_of(request),
            at=now(),
            contact_id=contact.pk,
            stated=form.stated(**questions[0].answer),
            mother=stated[0] if len(stated) > 1 else None,
            token=form.cleaned_data["token"],
        )

    return _person_page(
        request,
        contact,
        form,
        people=people,
        questions=_questions(request, people),
        act=act,
        title="Who is the next child?",
        button="Add this child",
        fields="mash/intake/_child_fields.html",
    )


def _questions(request: HttpRequest, people: list[queries.OnIt]) -> list[Matching]:
    if request.method != "POST":
        return []
    return questions_of_child(request, except_ids=[one.row.person_id for one in people])


@page("GET", "POST")
def contact_add_adult(request: HttpRequest, pk: UUID) -> HttpResponse:
    """An adult of the contact: who they are to each child and how to reach them."""
    contact = contact_of(request, pk)
    people = queries.people_of(by=user_of(request), contact=contact)
    form = forms.AdultForm(
        request.POST or None,
        received_at=contact.received_at,
        children=on_contact(one for one in readable(people) if one.row.is_child),
    )

    def act(questions: list[Matching]) -> ContactPerson:
        return actions.add_adult(
            by=user_of(request),
            at=now(),
            contact_id=contact.pk,
            stated=form.stated(**questions[0].answer),
            relations=form.relations(),
            safe_contact=form.cleaned_data["safe_contact"],
            token=form.cleaned_data["token"],
        )

    questions = []
    if request.method == "POST":
        except_ids = [one.row.person_id for one in people]
        questions = [look_for_adult(request, request.POST, except_ids=except_ids)]
    return _person_page(
        request,
        contact,
        form,
        people=people,
        questions=questions,
        act=act,
        title="Who is the adult?",
        button="Add this adult",
        fields="mash/intake/_adult_fields.html",
        who="adult",
    )


def _person_page(
    request: HttpRequest,
    contact: Contact,
    form: Any,
    *,
    people: list[queries.OnIt],
    questions: list[Matching],
    act: Any,
    title: str,
    button: str,
    fields: str,
    who: str = "child",
) -> HttpResponse:
    status = 200
    kept = drafted.attach(request, form)
    if kept.is_left:
        return leave(request, kept, reverse("mash:contact_tasks", args=[contact.pk]))
    if request.method == "POST":
        is_whole = form.is_valid() and answered(request, questions)
        if "do_look" in request.POST:
            for question in questions:
                question.error = ""
        elif is_whole:
            try:
                row = act(questions)
            except AlreadyRecorded:
                kept.recorded()
                return redirect("mash:contact_tasks", contact.pk)
            except Refused as refused:
                status = say_no(form, refused)
            else:
                kept.recorded()
                messages.success(request, f"{row.person.name} is on the contact.")
                return after_linking(row, redirect("mash:contact_tasks", contact.pk))
    kept.keep()
    shown(request, contact, people, title)
    context = {
        "form": form,
        "contact": contact,
        "title": title,
        "button": button,
        "fields": fields,
        "who": who,
        "questions": questions,
        "problems": [each.error for each in questions if each.error],
        "has_errors": any(each.error for each in questions),
        "crumbs": crumbs_of(contact),
        "received": queries.received_words(contact, now=now()),
    }
    return render(request, "mash/intake/person_form.html", context, status=status)


@page("GET", "POST")
def contact_split(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A part of the message that becomes a contact of its own, from the first receipt."""
    contact = contact_of(request, pk)
    user = user_of(request)
    people = queries.people_of(by=user, contact=contact)
    form = task_forms.SplitForm(request.POST or None, received_at=contact.received_at)
    questions = questions_of_child(request) if request.method == "POST" else []
    status = 200
    kept = drafted.attach(request, form)
    if kept.is_left:
        return leave(request, kept, reverse("mash:contact_tasks", args=[contact.pk]))
    if request.method == "POST":
        is_whole = form.is_valid() and answered(request, questions)
        if "do_look" in request.POST:
            for question in questions:
                question.error = ""
        elif is_whole:
            try:
                other = actions.take_in_part(
                    by=user,
                    at=now(),
                    contact_id=contact.pk,
                    label=form.cleaned_data["label"],
                    words=form.cleaned_data["words"],
                    people=people_stated(form, questions),
                    token=form.cleaned_data["token"],
                )
            except AlreadyRecorded as again:
                kept.recorded()
                return redirect("mash:contact_tasks", again.result_id or contact.pk)
            except Refused as refused:
                status = say_no(form, refused)
            else:
                kept.recorded()
                messages.success(
                    request,
                    f"This part is contact {other.reference} now, received at the same time.",
                )
                return redirect("mash:contact_tasks", other.pk)
    kept.keep()
    shown(request, contact, people, "Contact, split a message")
    context = {
        "form": form,
        "contact": contact,
        "title": "Which part becomes a contact of its own?",
        "button": "Make it a contact of its own",
        "fields": "mash/intake/_split_fields.html",
        "who": "child",
        "is_another_contact": True,
        "questions": questions,
        "problems": [each.error for each in questions if each.error],
        "has_errors": any(each.error for each in questions),
        "crumbs": crumbs_of(contact),
        "received": queries.received_words(contact, now=now()),
    }
    return render(request, "mash/intake/person_form.html", context, status=status)


# One person of the contact ----------------------------------------------------------------------


def _row(contact: Contact, person: UUID) -> ContactPerson:
    return get_object_or_404(
        ContactPerson.objects.select_related("person", "matched_by"),
        pk=person,
        contact=contact,
        ended_at__isnull=True,
    )


def _readable_row(request: HttpRequest, contact: Contact, person: UUID) -> ContactPerson:
    """Give somebody on the contact whose record this person may read and change.

    :raises ClosedPerson: it is restricted from them
    """
    row = _row(contact, person)
    if not Person.objects.visible_to(user_of(request)).filter(pk=row.person_id).exists():
        raise ClosedPerson(row.person_id)
    return row


@page("GET")
def contact_person(request: HttpRequest, pk: UUID, person: UUID) -> HttpResponse:
    """One person of the contact: as stated, who they are, and what may be put right."""
    contact = contact_of(request, pk)
    row = _row(contact, person)
    people = queries.people_of(by=user_of(request), contact=contact)
    one = next(each for each in people if each.row.pk == row.pk)
    shown(request, contact, people, "Contact, one person")
    context = {
        "contact": contact,
        "one": one,
        "row": row,
        "facts": queries.stated_facts(row),
        "crumbs": crumbs_of(contact),
    }
    if not one.is_closed:
        context |= {
            "question": _settling(request, row, people),
            "stated_home": queries.stated_home(row),
            "news": queries.news_of(row) if row.match == ContactPerson.Match.LINKED else [],
            "relations": Relationship.objects.filter(
                person=row.person_id,
                other__in=[each.row.person_id for each in readable(people) if each.row.is_child],
                to_on__isnull=True,
                is_wrong=False,
            )
            .select_related("other")
            .order_by("recorded_at", "pk"),
        }
    return render(request, "mash/intake/person.html", context)


def _settling(
    request: HttpRequest, row: ContactPerson, people: list[queries.OnIt]
) -> Matching | None:
    """The question which record it is, unless it is answered by a link."""
    if row.match == ContactPerson.Match.LINKED:
        return None
    search = search_as_stated(request, row, except_ids=[each.row.person_id for each in people])
    return Matching(
        "match",
        f"Is {row.person.name} already known?",
        search,
        request.POST.get("match", ""),
        may_wait=False,
    )


@page("POST")
def contact_settle(request: HttpRequest, pk: UUID, person: UUID) -> HttpResponse:
    """Answer "is this person already known?" later than at receipt."""
    contact = contact_of(request, pk)
    row = _readable_row(request, contact, person)
    people = queries.people_of(by=user_of(request), contact=contact)
    question = _settling(request, row, people)
    allowed = {str(each) for each in question.search.person_ids} if question else set()
    chosen = request.POST.get("match", "")
    back = redirect("mash:contact_person", contact.pk, row.pk)
    if question is None:
        messages.error(request, "This person is linked already. Undo the link first.")
        return back
    if chosen != forms.NEW and chosen not in allowed:
        messages.error(request, "Choose which record it is, or that it is none of these.")
        return back
    try:
        settled = case_actions.settle_match(
            by=user_of(request),
            at=now(),
            contact_id=contact.pk,
            contact_person_id=row.pk,
            person_id=None if chosen == forms.NEW else UUID(chosen),
            seen={**question.search.as_seen(), "answer": chosen},
        )
    except Refused as refused:
        messages.error(request, str(refused))
        return back
    if chosen == forms.NEW:
        messages.success(request, f"{settled.person.name} is somebody new.")
    else:
        messages.success(
            request, f"Linked with {settled.person.name}. You can undo it; both keep their history."
        )
    return after_linking(settled, back)


@page("POST")
def contact_add_to_record(request: HttpRequest, pk: UUID, person: UUID) -> HttpResponse:
    """Add to a known person's record what this contact says of them."""
    contact = contact_of(request, pk)
    row = _readable_row(request, contact, person)
    new = {news.key for news in queries.news_of(row)}
    try:
        actions.add_to_record(
            by=user_of(request),
            at=now(),
            contact_id=contact.pk,
            contact_person_id=row.pk,
            keys=new & set(request.POST.getlist("add")),
        )
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, f"Added to the record of {row.person.name}.")
    return redirect("mash:contact_person", contact.pk, row.pk)


@page("GET", "POST")
def contact_stated_home(request: HttpRequest, pk: UUID, person: UUID) -> HttpResponse:
    """Which address holds, where the contact states another than the record has."""
    contact = contact_of(request, pk)
    row = _readable_row(request, contact, person)
    user = user_of(request)
    asked = queries.stated_home(row)
    if asked is None and request.method == "GET":
        messages.info(request, "There is no other address to say anything about.")
        return redirect("mash:contact_person", contact.pk, row.pk)
    form = task_forms.StatedHomeForm(request.POST or None)
    lead = ""
    if asked is not None:
        lead = f"The contact states {asked.stated}. The record says {asked.on_record}."
    return one_thing(
        request,
        contact,
        form,
        title=f"Where does {row.person.name} live?",
        lead=lead,
        act=lambda: once_only(
            by=user,
            token=form.cleaned_data["token"],
            action="mash.stated_home",
            act=lambda: actions.answer_stated_home(
                by=user,
                at=now(),
                contact_id=contact.pk,
                contact_person_id=row.pk,
                answer=HomeAnswer(form.cleaned_data["answer"]),
                from_on=form.cleaned_data["from_on"],
            ),
        ),
        done="It is recorded which address holds.",
    )


@page("POST")
def contact_undo_match(request: HttpRequest, pk: UUID, person: UUID) -> HttpResponse:
    """Undo a link with a known record; both keep their history."""
    contact = contact_of(request, pk)
    row = _readable_row(request, contact, person)
    try:
        case_actions.undo_match(
            by=user_of(request), at=now(), contact_id=contact.pk, contact_person_id=row.pk
        )
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, "The link is undone. Both records keep their history.")
    return redirect("mash:contact_person", contact.pk, row.pk)


@page("GET", "POST")
def contact_remove_person(request: HttpRequest, pk: UUID, person: UUID) -> HttpResponse:
    """Take somebody off the contact who does not belong to it."""
    contact = contact_of(request, pk)
    row = _row(contact, person)
    people = queries.people_of(by=user_of(request), contact=contact)
    name = next(each.name for each in people if each.row.pk == row.pk)
    form = task_forms.RemoveForm(request.POST or None)
    return one_thing(
        request,
        contact,
        form,
        title=f"Take {name} off the contact",
        lead="What was stated is kept, and so is the record.",
        act=lambda: case_actions.remove_person(
            by=user_of(request),
            at=now(),
            contact_id=contact.pk,
            contact_person_id=row.pk,
            because=form.cleaned_data["because"],
        ),
        done=f"{name} is off the contact.",
        button="Take off the contact",
        people=people,
    )


@page("GET", "POST")
def contact_relations(request: HttpRequest, pk: UUID, person: UUID) -> HttpResponse:
    """What somebody on the contact is to its children."""
    contact = contact_of(request, pk)
    row = _readable_row(request, contact, person)
    user = user_of(request)
    people = queries.people_of(by=user, contact=contact)
    children = on_contact(
        one for one in readable(people) if one.row.is_child and one.row.pk != row.pk
    )
    standing: dict[str, str] = {}
    for relation in Relationship.objects.filter(
        person=row.person_id, to_on__isnull=True, is_wrong=False
    ).order_by("recorded_at", "pk"):
        standing[f"kind_{relation.other_id}"] = relation.kind
        standing[f"holds_{relation.other_id}"] = relation.parental_responsibility
    form = task_forms.RelationsForm(request.POST or None, initial=standing, children=children)
    return one_thing(
        request,
        contact,
        form,
        title=f"What is {row.person.name} to the children?",
        act=lambda: actions.relate_adult(
            by=user,
            at=now(),
            contact_id=contact.pk,
            person_id=row.person_id,
            relations=form.relations(),
        ),
        done="It is recorded.",
        people=people,
    )


# Households and addresses -----------------------------------------------------------------------


@page("GET")
def contact_household(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The household, who belongs to it, and other households and addresses of these people."""
    contact = contact_of(request, pk)
    user = user_of(request)
    people = queries.people_of(by=user, contact=contact)
    shown(request, contact, people, "Contact, household")
    context = {
        "contact": contact,
        "household": Household.objects.filter(pk=contact.household_id)
        .select_related("address")
        .first()
        if contact.household_id
        else None,
        "households": queries.households_of(by=user, contact=contact, people=people),
        "addresses": queries.addresses_of(people=people),
        "crumbs": crumbs_of(contact),
    }
    return render(request, "mash/intake/household.html", context)


@page("GET", "POST")
def contact_home(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The address of the household."""
    contact = contact_of(request, pk)
    form = task_forms.HouseholdForm(request.POST or None)
    return one_thing(
        request,
        contact,
        form,
        title="Where does the household live?",
        lead="Everybody who lives in it moves with it.",
        act=lambda: actions.house(
            by=user_of(request), at=now(), contact_id=contact.pk, **form.given()
        ),
        done="The address is recorded.",
        to="mash:contact_household",
    )


@page("GET", "POST")
def contact_member(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Somebody on the contact who belongs to its household."""
    contact = contact_of(request, pk)
    user = user_of(request)
    people = queries.people_of(by=user, contact=contact)
    inside = set(
        HouseholdMembership.objects.filter(
            household=contact.household_id, to_on__isnull=True
        ).values_list("person_id", flat=True)
    )
    form = task_forms.MemberForm(
        request.POST or None,
        people=on_contact(one for one in readable(people) if one.row.person_id not in inside),
    )

    def act() -> Any:
        given = form.given()
        return actions.join_household(
            by=user,
            at=now(),
            contact_id=contact.pk,
            person_id=UUID(given.pop("person")),
            **given,
        )

    return one_thing(
        request,
        contact,
        form,
        title="Who belongs to the household?",
        lead="Who is not listed here belongs to it already, or is not on the contact yet.",
        act=act,
        done="It is recorded.",
        to="mash:contact_household",
        people=people,
    )


@page("GET", "POST")
def contact_other_household(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Another household, where a child of the family, a parent or a carer lives."""
    contact = contact_of(request, pk)
    user = user_of(request)
    people = queries.people_of(by=user, contact=contact)
    form = task_forms.OtherHouseholdForm(request.POST or None, people=on_contact(readable(people)))

    def act() -> Any:
        given = form.given()
        return actions.add_household(
            by=user,
            at=now(),
            contact_id=contact.pk,
            person_ids=[UUID(each) for each in given.pop("people")],
            token=form.cleaned_data["token"],
            **given,
        )

    return one_thing(
        request,
        contact,
        form,
        title="Which other household is there?",
        act=act,
        done="The household is recorded.",
        to="mash:contact_household",
        people=people,
    )


@page("GET", "POST")
def contact_address(request: HttpRequest, pk: UUID) -> HttpResponse:
    """An address of one person: a bail address, where somebody stays."""
    contact = contact_of(request, pk)
    user = user_of(request)
    people = queries.people_of(by=user, contact=contact)
    form = task_forms.PersonAddressForm(request.POST or None, people=on_contact(readable(people)))

    def act() -> Any:
        given = form.given()
        return people_actions.move(
            by=user, at=now(), person_ids=[UUID(given.pop("person"))], **given
        )

    return one_thing(
        request,
        contact,
        form,
        title="Which other address is there?",
        act=act,
        done="The address is recorded.",
        to="mash:contact_household",
        people=people,
    )
