"""The line of a restricted child: answered by whoever holds the restriction, then read."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.permissions import Permission, require
from cases.choices import Mark
from cases.models import Contact
from lib.application_clock import now
from lib.words import time_words
from lib.working_days import london_date
from mash import actions
from mash.actions.passed import LineEnded
from mash.forms import decision as forms
from mash.models import PassedAnswer, PassedLine
from mash.queries import passed as queries
from mash.queries.decision import as_seen
from mash.views.doors import leave, user_of
from people.models import Person
from people.views.opening import reader
from record import read_log
from record.drafted import Drafted, unchecked
from record.errors import NotWhole, Refused
from record.once import AlreadyRecorded

FORM = "passed-line"


@login_required
@require_http_methods(["GET", "POST"])
def answer(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Answer for one restricted child; once answered, the page says what was answered."""
    user = reader(request)
    line = get_object_or_404(
        PassedLine.objects.select_related(
            "child", "owner", "contact", "decision__decided_by", "answer__by", "answer__to_team"
        ),
        pk=pk,
    )
    right = queries.right_to_answer(line, by=user, at=now())
    if not Person.objects.visible_to(user).filter(pk=line.child_id).exists():
        if right is None:
            raise Http404("There is no such line.")
        return redirect("people:person", line.child_id)  # says whom to ring, and opens in need
    if line.ended_at is not None and request.method == "GET":
        require(user, Permission.CONTACT_READ)
        return _read(request, line)
    if right is None:
        raise PermissionDenied(f"{line.owner.full_name} answers for this child.")
    page = queries.answer_page(by=user, line=line, at=now())
    return _ask(request, user, page)


def _ask(request: HttpRequest, user: User, page: queries.AnswerPage) -> HttpResponse:
    line = page.line
    kept = Drafted(request, form=FORM, subject_id=line.pk)
    if kept.is_left:
        return leave(request, kept, reverse("cases:home"))
    typed = kept.typed
    form, child = _forms(page, typed)
    status = 200
    if request.method == "POST":
        is_valid = [part.is_valid() for part in (child, form)]
        if all(is_valid):
            try:
                actions.answer_passed(
                    by=user, at=now(), line_id=line.pk, answer=child.line(), **form.answers()
                )
            except AlreadyRecorded:
                kept.recorded()
                return redirect("mash:passed", pk=line.pk)
            except NotWhole as refused:
                _spread(refused.problems, form, child)
            except Refused as refused:
                status = 409
                form.add_error(None, str(refused))
                if not isinstance(refused, LineEnded):
                    data = request.POST.copy()
                    data["token"] = str(forms.new_token())
                    form.data = data
            else:
                kept.recorded()
                messages.success(request, f"Answered for {page.child.name} at {time_words(now())}.")
                return redirect("mash:passed", pk=line.pk)
    elif typed is not None:
        unchecked([form, child])
    kept.keep()
    _log(request, line)
    return render(
        request,
        "mash/passed.html",
        {
            "page": page,
            "line": line,
            "form": form,
            "child": child,
            "forms": [child],
            "draft": kept,
            "crumbs": _crumbs(page.contact),
        },
        status=status,
    )


def _forms(page: queries.AnswerPage, typed: Any) -> tuple[forms.PassedForm, forms.ChildForm]:
    form = forms.PassedForm(
        typed,
        asks_question=page.asks_question,
        asks_cumulative=page.asks_cumulative,
        asks_late=page.is_late,
        initial={"token": forms.new_token()},
    )
    if typed is not None and not typed.get("token"):
        data = typed.copy()
        data["token"] = str(forms.new_token())
        form.data = data
    child = forms.ChildForm(
        typed,
        child_id=page.child.pk,
        name=page.child.name,
        open_case=page.has_open_case,
        early_help=page.has_early_help,
        is_step_up=Mark.STEP_UP in page.line.contact.marks,
        teams=forms.receiving_teams(),
        needs=forms.needs_on(london_date(now())),
    )
    return form, child


def _spread(
    problems: list[tuple[str, str]], form: forms.PassedForm, child: forms.ChildForm
) -> None:
    for name, sentence in problems:
        target: Any = child if name in child.fields else form
        target.add_error(name if name in target.fields else None, sentence)


def _read(request: HttpRequest, line: PassedLine) -> HttpResponse:
    user = user_of(request)
    contact = Contact.objects.visible_to(user).filter(pk=line.contact_id).first()
    given: PassedAnswer | None = getattr(line, "answer", None)
    _log(request, line)
    return render(
        request,
        "mash/passed_answer.html",
        {
            "line": line,
            "answer": given,
            "contact": contact,
            "seen": as_seen(by=user, contact=contact, snapshot=given.snapshot)
            if given is not None and contact is not None
            else None,
            "crumbs": _crumbs(contact),
        },
    )


def _log(request: HttpRequest, line: PassedLine) -> None:
    read_log.shown(
        request,
        place="mash:passed",
        children=[line.child_id],
        subject_kind="passed_line",
        subject_id=line.pk,
    )


def _crumbs(contact: Contact | None) -> list[tuple[str, str]]:
    crumbs = [("My work", reverse("cases:home"))]
    if contact is not None:
        url = reverse("mash:contact", args=[contact.pk])
        crumbs.append((f"Contact {contact.reference}", url))
    return crumbs
