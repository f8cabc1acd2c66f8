"""Taking a contact in: what has come in, the first child, and who the child already is.

Until a contact is received there is only a draft, kept under a key of its own. The key is the
token of the form, so a draft sent twice is received once.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms as django_forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.choices import Role
from accounts.context_processors import address
from accounts.models import User
from accounts.permissions import Permission, require, roles_of
from cases.actions import AlreadyDecided
from cases.models import Contact, ContactPerson
from lib import parameters, words
from lib.application_clock import now
from mash.actions import intake as actions
from mash.actions.intake import CHILD_DRAFT, DRAFT
from mash.forms import intake as forms
from mash.queries import intake as queries
from people.actions.rules import DateNotPossible, NotReadable
from record import calendar, drafts, read_log
from record.drafted import saves_to
from record.drafts import DraftClash
from record.errors import Clash, Refused
from record.models import FormToken, ReadKind
from record.once import AlreadyRecorded

NOT_DRAFTED = frozenset(
    {
        "csrfmiddlewaretoken",
        "version",
        "token",
        "match",
        "match_seen",
        "mother_match",
        "mother_match_seen",
        "do_later",
        "do_back",
        "do_look",
    }
)


def user_of(request: HttpRequest) -> User:
    """The person signed in."""
    if not isinstance(request.user, User):
        raise Http404
    return request.user


def typed_in(request: HttpRequest) -> dict[str, Any]:
    """What a page sent, as a draft keeps it."""
    return {
        name: values[0] if len(values) == 1 else values
        for name, values in request.POST.lists()
        if name not in NOT_DRAFTED
    }


def version_in(request: HttpRequest) -> int:
    """The version of the draft that the page rests on."""
    sent = request.POST.get("version", "")
    return int(sent) if sent.isdecimal() and len(sent) < 10 else 0


# Known-person search ----------------------------------------------------------------------------


@dataclass
class Matching:
    """One question "is this person already known?" on a page: what was found and answered.

    `name` is the name of the answer among what is sent; `heading` asks about the person.
    """

    name: str
    heading: str
    search: queries.Search
    chosen: str = ""
    error: str = ""
    has_new: bool = False
    may_wait: bool = True

    @property
    def seen_name(self) -> str:
        """The name under which the ids shown are sent back."""
        return f"{self.name}_seen"

    @property
    def seen(self) -> str:
        """The ids shown, sent back with the answer."""
        return ",".join(str(pk) for pk in self.search.person_ids)

    @property
    def answer(self) -> dict[str, Any]:
        """The answer as a person on a contact keeps it."""
        kept: dict[str, Any] = {"seen": {**self.search.as_seen(), "answer": self.chosen or "new"}}
        if self.chosen == forms.LATER:
            kept |= {"decide_later": True, "possible_ids": tuple(self.search.person_ids)}
        elif self.chosen not in ("", forms.NEW):
            kept["person_id"] = UUID(self.chosen)
        return kept


def look_for_child(
    request: HttpRequest, typed: Any, *, except_ids: Iterable[UUID] = ()
) -> Matching:
    """Search for the child a form describes, as typed so far, and write that it was searched."""
    is_unborn = typed.get("stage") == "unborn"
    mother = f"{typed.get('mother_given_name', '')} {typed.get('mother_family_name', '')}".strip()
    search = _search(
        request,
        typed=_asked(typed, "given_name", "family_name")
        | {"mother_name": mother if is_unborn else ""},
        other_names=str(typed.get("other_names", "")).splitlines(),
        expected_on=_date_typed(typed, "expected_on") if is_unborn else "",
        except_ids=except_ids,
    )
    name = f"{typed.get('given_name', '')} {typed.get('family_name', '')}".strip()
    who = "this unborn baby" if is_unborn else (words_of(name) or "this child")
    return Matching("match", f"Is {who} already known?", search, str(typed.get("match", "")))


def look_for_mother(
    request: HttpRequest, typed: Any, *, except_ids: Iterable[UUID] = ()
) -> Matching | None:
    """Search for the mother whom the form of an unborn baby names."""
    if typed.get("stage") != "unborn" or typed.get("mother") != forms.NAMED:
        return None
    given, family = typed.get("mother_given_name", ""), typed.get("mother_family_name", "")
    search = _search(
        request,
        typed={
            "given_name": given,
            "family_name": family,
            "sex": "F",
            "postcode": typed.get("postcode", ""),
            "address_line": typed.get("address_line", ""),
        },
        except_ids=except_ids,
    )
    who = words_of(f"{given} {family}".strip()) or "the mother"
    return Matching(
        "mother_match", f"Is {who} already known?", search, str(typed.get("mother_match", ""))
    )


def look_for_adult(
    request: HttpRequest, typed: Any, *, except_ids: Iterable[UUID] = ()
) -> Matching:
    """Search for the adult a form describes."""
    search = _search(
        request,
        typed=_asked(typed, "given_name", "family_name"),
        other_names=str(typed.get("other_names", "")).splitlines(),
        except_ids=except_ids,
    )
    name = f"{typed.get('given_name', '')} {typed.get('family_name', '')}".strip()
    return Matching(
        "match",
        f"Is {words_of(name) or 'this person'} already known?",
        search,
        str(typed.get("match", "")),
    )


def search_as_stated(
    request: HttpRequest, row: ContactPerson, *, except_ids: Iterable[UUID]
) -> queries.Search:
    """Search again for a person of a contact, by what was stated."""
    said = {name: str(value) for name, value in row.as_stated.items()}
    said.setdefault("date_of_birth", said.get("born", ""))
    return _search(
        request,
        typed={name: said.get(name, "") for name in queries.ASKED_OF},
        other_names=[" ".join(each[1:]).strip() for each in row.as_stated.get("other_names", [])],
        expected_on=said.get("expected_on", ""),
        except_ids=except_ids,
    )


def words_of(name: str) -> str:
    """A name short enough for a heading."""
    return " ".join(name.split())[:80]


def _asked(typed: Any, *names: str) -> dict[str, str]:
    asked = {
        name: str(typed.get(name, ""))
        for name in (*names, "sex", "postcode", "address_line", "nhs_number", "upn")
    }
    if typed.get("stage") != "unborn":
        asked["date_of_birth"] = _date_typed(typed, "date_of_birth")
    return asked


def _date_typed(typed: Any, name: str) -> str:
    if typed.get(name):
        return str(typed.get(name))
    return " ".join(
        part
        for box in ("day", "month", "year")
        if (part := str(typed.get(f"{name}_{box}", "")).strip())
    )


def _search(request: HttpRequest, **asked: Any) -> queries.Search:
    found = queries.look_for(by=user_of(request), **asked)
    if found.asked:
        read_log.shown(
            request,
            place="Is this person already known?",
            kind=ReadKind.SEARCH,
            person_ids=found.person_ids,
            filters={"asked": sorted(name for name, said in asked["typed"].items() if said)},
        )
    return found


def check_answer(matching: Matching, *, seen: str) -> bool:
    """Say whether the question is answered; if not, put what is missing into words.

    Where the search now finds records that the page did not show, the worker looks again.
    """
    search = matching.search
    allowed = {forms.NEW, forms.LATER, *(str(pk) for pk in search.person_ids)}
    if matching.chosen and matching.chosen not in allowed:
        matching.chosen = ""
    if not search.needs_answer:
        matching.chosen = ""
        return True
    shown = set(seen.split(","))
    matching.has_new = not {str(pk) for pk in search.person_ids} <= shown
    if not matching.chosen:
        matching.error = (
            "Choose whether this is one of the records found, somebody new, or to be decided later"
        )
        return False
    if matching.has_new and matching.chosen == forms.NEW:
        matching.error = "More records were found. Look at them, then choose"
        matching.chosen = ""
        return False
    return True


# Refusals ---------------------------------------------------------------------------------------


def say_no(form: django_forms.Form, refused: Refused) -> int:
    """Put a refusal where the worker reads it; give the status of the page."""
    field = refused.field if refused.field in form.fields else None
    if field is None and isinstance(refused, DateNotPossible):
        field = "expected_on" if form.data.get("stage") == "unborn" else "date_of_birth"
    if field is None and isinstance(refused, NotReadable):
        field = "postcode"
    form.add_error(field if field in form.fields else None, str(refused))
    return 409 if isinstance(refused, Clash | AlreadyDecided) else 200


# Pages ------------------------------------------------------------------------------------------


@login_required
@require_safe
def contact_new(request: HttpRequest) -> HttpResponse:
    """Begin a contact under a key of its own, so that its draft can be found again."""
    user = user_of(request)
    require(user, Permission.CONTACT_CREATE)
    draft_id = parameters.row_id(request.GET.get("draft"))
    if draft_id is not None:
        kept = drafts.load(owner=user, form=DRAFT, draft_id=draft_id)
        if kept is not None and kept.subject_id is not None:
            return redirect("mash:contact_write", kept.subject_id)
    return redirect("mash:contact_write", uuid.uuid4())


@login_required
@require_safe
def contact_drafts(request: HttpRequest) -> HttpResponse:
    """The contacts this person began and has not recorded."""
    user = user_of(request)
    require(user, Permission.CONTACT_CREATE)
    context = {"unfinished": queries.unfinished(by=user), "crumbs": [board_crumb()]}
    return render(request, "mash/intake/drafts.html", context)


@login_required
@require_POST
def contact_drop(request: HttpRequest, draft: UUID) -> HttpResponse:
    """Throw away what was begun."""
    user = user_of(request)
    require(user, Permission.CONTACT_CREATE)
    for form in (DRAFT, CHILD_DRAFT):
        found = drafts.load(owner=user, form=form, subject_id=draft)
        if found is not None:
            drafts.drop(owner=user, draft_id=found.pk)
    messages.success(request, "What you had begun is thrown away. Nothing was recorded.")
    return redirect("mash:contact_drafts")


@login_required
@require_http_methods(["GET", "POST"])
def contact_write(request: HttpRequest, draft: UUID) -> HttpResponse:
    """What has come in."""
    user = user_of(request)
    require(user, Permission.CONTACT_CREATE)
    if (received := _received(draft, user)) is not None:
        return redirect("mash:contact_tasks", received)
    kept = drafts.load(owner=user, form=DRAFT, subject_id=draft)
    status = 200
    if request.method == "POST":
        form = forms.WhatCameIn(request.POST)
        outcome = _keep_draft(request, form, DRAFT, draft)
        if isinstance(outcome, HttpResponse):
            return outcome
        status = outcome
        if status == 200 and form.is_valid():
            return redirect("mash:contact_first_child", draft)
    else:
        initial = forms.from_draft(forms.WhatCameIn, kept.data) if kept else {"received_at": now()}
        form = forms.WhatCameIn(initial=initial, version=kept.version if kept else 0)
    context = {
        "form": form,
        "draft": draft,
        "window": request.POST.get("window") or uuid.uuid4(),
        "saved_at": kept.saved_at if kept else None,
        "unfinished": [each for each in queries.unfinished(by=user) if each.key != draft],
        "out_of_hours": _out_of_hours_line(user, now()),
        "autosave_url": saves_to(request, DRAFT, draft),
        "crumbs": [board_crumb()],
    }
    return render(request, "mash/intake/new.html", context, status=status)


@login_required
@require_http_methods(["GET", "POST"])
def contact_first_child(request: HttpRequest, draft: UUID) -> HttpResponse:
    """The first child, who they already are, and with that the contact is received."""
    user = user_of(request)
    require(user, Permission.CONTACT_CREATE)
    if (received := _received(draft, user)) is not None:
        return redirect("mash:contact_tasks", received)
    first = drafts.load(owner=user, form=DRAFT, subject_id=draft)
    if first is None:
        return redirect("mash:contact_write", draft)
    came_in = forms.WhatCameIn(forms.as_post(first.data))
    if not came_in.is_valid():
        messages.error(request, "Something is still missing on the first page. Put it right here.")
        return redirect("mash:contact_write", draft)
    kept = drafts.load(owner=user, form=CHILD_DRAFT, subject_id=draft)
    received_at = came_in.cleaned_data["received_at"]
    status = 200
    questions: list[Matching] = []
    if request.method == "POST":
        form = forms.ChildForm(request.POST, received_at=received_at)
        if "do_later" in request.POST or "do_back" in request.POST:
            outcome = _keep_draft(request, form, CHILD_DRAFT, draft)
            if isinstance(outcome, HttpResponse):
                return outcome
            status = outcome
        else:
            questions = questions_of_child(request)
            if form.is_valid() and answered(request, questions) and "do_look" not in request.POST:
                answer = _receive(request, draft, came_in, form, questions)
                if isinstance(answer, HttpResponse):
                    return answer
                status = answer
            elif "do_look" in request.POST:
                for question in questions:
                    question.error = ""
    else:
        initial = forms.from_draft(forms.ChildForm, kept.data) if kept else {}
        form = forms.ChildForm(
            initial=initial, version=kept.version if kept else 0, received_at=received_at
        )
        if kept:
            questions = questions_of_child(request, typed=kept.data)
    context = {
        "form": form,
        "draft": draft,
        "window": request.POST.get("window") or uuid.uuid4(),
        "saved_at": kept.saved_at if kept else None,
        "questions": questions,
        "problems": [each.error for each in questions if each.error],
        "has_errors": any(each.error for each in questions),
        "autosave_url": saves_to(request, CHILD_DRAFT, draft),
        "received": words.moment_words(received_at, now=now()),
        "out_of_hours": _out_of_hours_line(user, received_at),
        "crumbs": [
            board_crumb(),
            ("What has come in", reverse("mash:contact_write", args=[draft])),
        ],
    }
    return render(request, "mash/intake/first_child.html", context, status=status)


@login_required
@require_POST
def candidates(request: HttpRequest) -> HttpResponse:
    """Who the person described may already be: a part of the page, renewed as they are typed."""
    user = user_of(request)
    require(user, Permission.CONTACT_CREATE)
    except_ids: set[UUID] = set()
    sent = request.POST.get("contact", "")
    if sent:
        contact_id = parameters.row_id(sent)
        if contact_id is None:
            raise Http404("There is no such contact.")
        contact = get_object_or_404(Contact.objects.visible_to(user), pk=contact_id)
        except_ids = set(contact.people.filter(ended_at=None).values_list("person_id", flat=True))
    if request.POST.get("who") == "adult":
        questions = [look_for_adult(request, request.POST, except_ids=except_ids)]
    else:
        questions = questions_of_child(request, except_ids=except_ids)
    return render(request, "mash/intake/_candidates.html", {"questions": questions})


def questions_of_child(
    request: HttpRequest, *, typed: Any = None, except_ids: Iterable[UUID] = ()
) -> list[Matching]:
    """The child's question, and the mother's where the child is not born yet."""
    typed = request.POST if typed is None else typed
    except_ids = set(except_ids)
    mother = look_for_mother(request, typed, except_ids=except_ids)
    child = look_for_child(request, typed, except_ids=except_ids)
    return [child, mother] if mother is not None else [child]


def answered(request: HttpRequest, questions: list[Matching]) -> bool:
    """Say whether every question of a page has its answer."""
    given = [
        check_answer(question, seen=request.POST.get(question.seen_name, ""))
        for question in questions
    ]
    return all(given)


def _receive(
    request: HttpRequest,
    draft: UUID,
    came_in: forms.WhatCameIn,
    form: forms.ChildForm,
    questions: list[Matching],
) -> HttpResponse | int:
    arrived = came_in.arrived()
    people = people_stated(form, questions)
    try:
        contact = actions.receive(
            by=user_of(request),
            at=now(),
            draft_id=draft,
            arrived=arrived,
            people=people,
            danger=came_in.concluded(),
        )
    except AlreadyRecorded as again:
        return redirect("mash:contact_tasks", again.result_id or draft)
    except Refused as refused:
        return say_no(form, refused)
    said = format_html(
        "Contact {} is recorded. {}",
        contact.reference,
        "A manager must see it within 1 hour of its arrival: it is at the top of the triage board."
        if contact.is_danger
        else "It is on the triage board. What is still to find out stands below.",
    )
    messages.success(request, said)
    onward = redirect("mash:contact_tasks", contact.pk)
    known = contact.people.filter(match=ContactPerson.Match.LINKED).order_by("position", "pk")
    row = known.select_related("person").first()
    return after_linking(row, onward) if row is not None else onward


def people_stated(form: forms.ChildForm, questions: list[Matching]) -> list[Any]:
    """The child as stated; before it, the mother of an unborn baby who is named here."""
    by_name = {question.name: question for question in questions}
    child = form.stated(**by_name["match"].answer)
    if "mother_match" not in by_name:
        return [child]
    mother = form.mother_stated(**by_name["mother_match"].answer)
    if mother is None:
        return [child]
    return [mother, form.stated(**by_name["match"].answer, mother_place=0)]


def _received(draft: UUID, user: User) -> UUID | None:
    """The contact that came of a draft; a page of it opened again leads there."""
    return (
        FormToken.objects.filter(pk=draft, user=user, action="cases.receive")
        .values_list("result_id", flat=True)
        .first()
    )


def _keep_draft(
    request: HttpRequest, form: django_forms.Form, name: str, draft: UUID
) -> HttpResponse | int:
    """Keep what was typed; lead on where the worker leaves, else give the page's status.

    What the same page saved by itself a moment ago, or is saving still, is no other window's.
    """
    user = user_of(request)
    try:
        drafts.save(
            owner=user,
            form=name,
            subject_id=draft,
            data=typed_in(request),
            version=version_in(request),
            at=now(),
            page=request.path,
            is_sent=True,
        )
    except DraftClash as clash:
        form.add_error(None, str(clash))
        _take_version(request, form, name, draft)
        return 409
    _take_version(request, form, name, draft)
    if "do_later" in request.POST:
        messages.success(request, "Saved. Nothing is recorded yet; you can finish it from here.")
        return redirect("mash:contact_drafts")
    if "do_back" in request.POST:
        return redirect("mash:contact_write", draft)
    return 200


def _take_version(request: HttpRequest, form: django_forms.Form, name: str, draft: UUID) -> None:
    """Let the page rest on the version that stands now, so that sending it again counts."""
    kept = drafts.load(owner=user_of(request), form=name, subject_id=draft)
    if kept is not None:
        sent = request.POST.copy()
        sent["version"] = str(kept.version)
        form.data = sent


def after_linking(row: ContactPerson, otherwise: HttpResponse) -> HttpResponse:
    """Lead on to the question which address holds, where there is one."""
    if queries.stated_home(row) is None:
        return otherwise
    return redirect("mash:contact_stated_home", row.contact_id, row.pk)


def board_crumb() -> tuple[str, str]:
    """The way back to the triage board."""
    return ("Triage", address("mash:board"))


def _out_of_hours_line(user: User, received_at: datetime) -> str:
    """What is said of a receipt out of hours, and to the Emergency Duty Team always."""
    is_edt = Role.EDT_WORKER in roles_of(user, now())
    if not is_edt and calendar.is_office_hours(received_at):
        return ""
    start = "You write as the Emergency Duty Team." if is_edt else "This is out of office hours."
    return (
        f"{start} What comes in out of hours is handed over by 09:00 of the next opening"
        " (EDT-HO), and the MASH acknowledges it by 10:00 (EDT-ACK)."
    )
