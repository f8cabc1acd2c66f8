"""Management oversight: record it from any child's page, read it, say what became of directions."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from accounts.models import Team, User
from accounts.permissions import Permission, holds, require
from cases import actions
from cases.actions.oversight import BY_HAND, right_to_answer
from cases.forms.changes import DirectionSet, directions
from cases.forms.oversight import (
    CorrectionForm,
    DirectionAnswerForm,
    OversightForm,
    ShortOversightForm,
)
from cases.queries import oversight as queries
from cases.queries.work import my_teams
from cases.views.asking import ask
from cases.views.pages import PER_PAGE, _closed_or_nothing
from lib import parameters, words
from lib.application_clock import now
from lib.govuk import asked_for_another_row, with_another_row
from people.models import Person
from people.queries import records_of
from people.views.opening import reader
from record import read_log
from record.drafted import Drafted, unchecked
from record.errors import Refused
from record.models import ReadKind
from record.once import AlreadyRecorded

SHORT, WHOLE = "oversight", "oversight-whole"


def _person(user: User, pk: UUID) -> Person | HttpResponse:
    """A child whom the user may see, or where the record is read or closed."""
    person = Person.objects.visible_to(user).filter(pk=pk).first()
    if person is None:
        return _closed_or_nothing(user, pk)
    return person


def short_form(
    request: HttpRequest, *, user: User, person: Person, at: datetime, is_sent: bool = False
) -> dict[str, Any]:
    """The short form about the children of a family, for its page and for a manager's home."""
    about = queries.to_think_about(by=user, person=person, at=at)
    page = reverse("cases:record_oversight", args=[person.pk])
    kept = Drafted(request, form=SHORT, subject_id=person.pk, is_sent=is_sent, page=page)
    form = ShortOversightForm(
        kept.typed, children=about.children, sides=about.sides, people=about.people
    )
    if kept.is_restored:
        unchecked([form])
    return {"about": about, "form": form, "draft": kept, "action": page}


@login_required
@require_http_methods(["GET", "POST"])
def record(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Record oversight: short, as after a talk in the corridor, or with every reason."""
    user, moment = reader(request), now()
    person = _person(user, pk)
    if isinstance(person, HttpResponse):
        return person
    if person.canonical_id is not None:
        return redirect("cases:record_oversight", person.canonical_id)
    require(user, Permission.OVERSIGHT_RECORD)
    if "more" in request.GET:
        return _record_whole(request, user, person, moment)
    shown = short_form(
        request, user=user, person=person, at=moment, is_sent=request.method == "POST"
    )
    form, kept, about = shown["form"], shown["draft"], shown["about"]
    status = 200
    if kept.is_left:
        return _left(request, kept, person)
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.record_oversight(by=user, at=now(), **form.given())
        except AlreadyRecorded:
            kept.recorded()
            return redirect("cases:child", person.pk)
        except Refused as refused:
            status = 409
            form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        else:
            kept.recorded()
            messages.success(request, _recorded(made, about))
            return redirect("cases:child", person.pk)
    kept.keep()
    read_log.shown(request, place="cases:record_oversight", children=about.child_ids)
    return render(
        request,
        "cases/record_oversight.html",
        {**shown, "person": person, "crumbs": _crumbs(person)},
        status=status,
    )


def _record_whole(
    request: HttpRequest, user: User, person: Person, moment: datetime
) -> HttpResponse:
    about = queries.to_think_about(by=user, person=person, at=moment)
    page = f"{request.path}?more=1"
    kept = Drafted(request, form=WHOLE, subject_id=person.pk, page=page)
    typed = kept.typed
    prefix = asked_for_another_row(request.POST) if request.method == "POST" else ""
    if typed is not None and prefix:
        typed = with_another_row(typed, prefix=prefix)
    form = OversightForm(
        typed,
        children=about.children,
        sides=about.sides,
        people=about.people,
        initial={"at": moment},
    )
    planned = DirectionSet(typed, prefix="action", form_kwargs={"people": about.people})
    status = 200
    if kept.is_left:
        return _left(request, kept, person)
    if request.method == "POST" and not prefix:
        if all([form.is_valid(), planned.is_valid()]):
            worker = form.cleaned_data["with_worker"]
            try:
                made = actions.record_oversight(
                    by=user,
                    with_worker=User.objects.get(pk=worker) if worker else None,
                    directions=directions(planned),
                    **form.given(),
                )
            except AlreadyRecorded:
                kept.recorded()
                return redirect("cases:child", person.pk)
            except Refused as refused:
                status = 409
                known = refused.field if refused.field in form.fields else None
                form.add_error(known, str(refused))
            else:
                kept.recorded()
                messages.success(request, _recorded(made, about))
                return redirect("cases:child", person.pk)
        kept.keep()
    elif typed is not None:
        unchecked([form, *planned.forms])
    read_log.shown(request, place="cases:record_oversight", children=about.child_ids)
    return render(
        request,
        "cases/record_oversight_whole.html",
        {
            "about": about,
            "person": person,
            "form": form,
            "forms": [form, planned],
            "planned": planned,
            "draft": kept,
            "crumbs": _crumbs(person),
        },
        status=status,
    )


def _crumbs(person: Person) -> list[tuple[str, str]]:
    return [(person.name, reverse("cases:child", args=[person.pk]))]


def _left(request: HttpRequest, kept: Drafted, person: Person) -> HttpResponse:
    kept.keep()
    messages.success(request, "Draft kept. Nothing has been recorded yet.")
    return redirect("cases:child", person.pk)


def _recorded(made: Any, about: queries.ToThinkAbout) -> str:
    """Say for whom it was recorded, and for whom of the family not."""
    ids = {str(row.child_id) for row in made.children.all()}
    said = words.list_of_names([name for pk, name in about.children if pk in ids])
    left = [name for pk, name in about.children if pk not in ids]
    sentences = [f"Oversight recorded for {said}."]
    if left:
        sentences.append(f"Not for {words.list_of_names(left)}.")
    told = [each.owner.full_name for each in made.actions.select_related("owner")]
    if told:
        sentences.append(f"{words.list_of_names(list(dict.fromkeys(told)))} asked to act.")
    return " ".join(sentences)


@login_required
@require_GET
def of_child(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Everything managers recorded about a child, with what became of their directions."""
    user = reader(request)
    person = _person(user, pk)
    if isinstance(person, HttpResponse):
        return person
    if person.canonical_id is not None:
        return redirect("cases:child_oversight", person.canonical_id)
    require(user, Permission.OVERSIGHT_READ)
    ids = sorted(records_of(person_ids=[person.pk]))
    page = Paginator(queries.of_child(by=user, child_ids=ids), PER_PAGE).get_page(
        request.GET.get("page")
    )
    records = queries.shown(list(page.object_list), by=user)
    read_log.shown(
        request,
        place="cases:child_oversight",
        children=dict.fromkeys([person.pk, *[pk for one in records for pk in one.child_ids]]),
    )
    return render(
        request,
        "cases/child_oversight.html",
        {
            "person": person,
            "page": page,
            "records": records,
            "pace": queries.paces_of(child_ids=ids, at=now()).get(person.pk),
            "crumbs": _crumbs(person),
            "may_record": holds(user, Permission.OVERSIGHT_RECORD),
        },
    )


def _record(user: User, pk: UUID) -> queries.Record:
    require(user, Permission.OVERSIGHT_READ)
    found = queries.record(by=user, oversight_id=pk)
    if found is None:
        raise Http404
    return found


@login_required
@require_GET
def one(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One record, with its directions and what corrected it."""
    user = reader(request)
    found = _record(user, pk)
    read_log.shown(
        request,
        place="cases:oversight",
        children=found.child_ids,
        subject_kind="oversight",
        subject_id=pk,
    )
    return render(
        request,
        "cases/oversight.html",
        {
            "one": found,
            "may_correct": _may_correct(found, user),
            "first_child": found.child_ids[0] if found.child_ids else None,
        },
    )


def _may_correct(found: queries.Record, user: User) -> bool:
    return (
        found.oversight.by_id == user.pk
        and found.oversight.kind in BY_HAND
        and found.corrected_by is None
        and not found.is_closed
    )


@login_required
@require_http_methods(["GET", "POST"])
def correct(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Add a correction beneath a record of one's own; the record stays."""
    user = reader(request)
    found = _record(user, pk)
    require(user, Permission.OVERSIGHT_RECORD)
    if not _may_correct(found, user):
        raise PermissionDenied("Whoever recorded it corrects it, once.")
    old = found.oversight
    initial = {
        name: getattr(old, name) for name in ("know", "worries", "protects", "decision", "why")
    }
    return ask(
        request,
        make=lambda typed: [CorrectionForm(typed, initial=initial)],
        act=lambda given: actions.record_oversight(
            by=user,
            at=old.at,
            kind=old.kind,
            child_ids=found.child_ids,
            rationale=given[0].rationale(),
            with_worker=old.with_worker,
            corrects_id=old.pk,
        ),
        said="Correction recorded. Both stay on the record.",
        then=lambda made: reverse("cases:oversight", args=[made.pk]),
        template="cases/oversight_correct.html",
        context={"one": found},
        place="cases:oversight_correct",
        children=found.child_ids,
        subject_kind="oversight",
        subject_id=old.pk,
        draft="oversight-correct",
    )


@login_required
@require_http_methods(["GET", "POST"])
def direction(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What a manager directed, and whether it was carried out."""
    user, moment = reader(request), now()
    found = queries.direction(by=user, direction_id=pk)
    if found is None:
        raise Http404
    asked, about = found
    right = right_to_answer(asked, by=user, at=moment)
    if right is None:
        require(user, Permission.OVERSIGHT_READ)
    if request.method == "POST" and right is None:
        raise PermissionDenied("You may not answer another worker's direction.")
    child_id = about.child_ids[0]
    return ask(
        request,
        make=lambda typed: [DirectionAnswerForm(typed)],
        act=lambda given: actions.answer_direction(
            by=user, at=now(), direction_id=pk, **given[0].cleaned_data
        ),
        said=lambda made: (
            "Recorded as carried out." if made.is_done else "Recorded as not carried out."
        ),
        then=reverse("cases:child", args=[child_id]),
        template="cases/direction.html",
        context={
            "asked": asked,
            "one": about,
            "may_answer": queries.may_answer(asked, by=user, at=moment),
            "reads_oversight": holds(user, Permission.OVERSIGHT_READ),
        },
        place="cases:direction",
        children=about.child_ids,
        subject_kind="oversight_action",
        subject_id=pk,
        draft="direction",
    )


@login_required
@require_GET
def due(request: HttpRequest) -> HttpResponse:
    """Whose oversight is due in my teams, longest over first."""
    user, moment = reader(request), now()
    require(user, Permission.OVERSIGHT_RECORD)
    teams = list(my_teams(by=user, at=moment).order_by("name", "pk"))
    chosen: Team | None = next(
        (team for team in teams if str(team.pk) == request.GET.get("team")), None
    )
    page = parameters.number(request.GET.get("page"), least=1)
    worker = _worker(parameters.row_id(request.GET.get("worker")))
    found = queries.due(
        by=user,
        at=moment,
        teams=[chosen] if chosen is not None else teams,
        worker_id=worker.pk if worker else None,
        most=queries.PER_PAGE,
        page=page,
    )
    read_log.shown(
        request,
        place="cases:oversight_due",
        kind=ReadKind.LIST,
        person_ids=found.child_ids,
        filters={
            **({"team": str(chosen.pk)} if chosen else {}),
            **({"worker": str(worker.pk)} if worker else {}),
        },
    )
    return render(
        request,
        "cases/oversight_due.html",
        {
            "found": found,
            "worker": worker,
            "teams": teams,
            "chosen": chosen,
            "number": page,
            "pages": max(-(-found.total // queries.PER_PAGE), 1),
        },
    )


def _worker(pk: UUID | None) -> User | None:
    """The worker whose children are asked for, if there is one."""
    return User.objects.filter(pk=pk).first() if pk else None


@login_required
@require_GET
def by_worker(request: HttpRequest) -> HttpResponse:
    """What supervision of each worker of my teams has to think about."""
    user, moment = reader(request), now()
    require(user, Permission.OVERSIGHT_RECORD)
    teams = list(my_teams(by=user, at=moment).order_by("name", "pk"))
    chosen = next((team for team in teams if str(team.pk) == request.GET.get("team")), None)
    rows = queries.by_worker(by=user, at=moment, teams=[chosen] if chosen else teams)
    read_log.shown(
        request,
        place="cases:oversight_by_worker",
        kind=ReadKind.LIST,
        person_ids=[row.longest.child_id for row in rows if row.longest and not row.is_closed],
        filters={"team": str(chosen.pk)} if chosen else {},
    )
    return render(
        request,
        "cases/oversight_by_worker.html",
        {
            "rows": rows,
            "teams": teams,
            "chosen": chosen,
            "may_allocate": holds(user, Permission.REFERRAL_READ),
        },
    )
