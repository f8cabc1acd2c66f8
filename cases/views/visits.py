"""Record a visit to a child's household, and read the visits to a child."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from accounts.permissions import Permission, holds, require
from cases import actions
from cases.actions.visits import ChildAtVisit
from cases.choices import FAILED_VISITS
from cases.forms.visits import ChildForm, VisitForm
from cases.models import Visit
from cases.queries import visits as queries
from cases.queries.seen import as_one, last_seen
from cases.views.pages import _closed_or_nothing
from lib import words
from lib.application_clock import now
from lib.text import is_nearly_same_text
from lib.working_days import london_date
from people.models import Person
from people.queries import records_of
from people.views.opening import reader
from record import read_log
from record.drafted import Drafted, unchecked
from record.errors import NotWhole, Refused
from record.once import AlreadyRecorded


@login_required
@require_GET
def visits(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Every visit to a child, with what the child said."""
    user = reader(request)
    person = Person.objects.visible_to(user).filter(pk=pk).first()
    if person is None:
        return _closed_or_nothing(user, pk)
    if person.canonical_id is not None:
        return redirect("cases:visits", person.canonical_id)
    ids = sorted(records_of(person_ids=[person.pk]))
    read_log.shown(request, place="cases:visits", children=ids)
    return render(
        request,
        "cases/visits.html",
        {
            "person": person,
            "crumbs": [(person.name, reverse("cases:child", args=[person.pk]))],
            "seen": as_one(last_seen(child_ids=ids).values()),
            "visits": queries.visits_of(by=user, child_ids=ids),
            "may_record": holds(user, Permission.VISIT_RECORD),
            "reads_all": holds(user, Permission.STATUTORY_READ),
        },
    )


@login_required
@require_http_methods(["GET", "POST"])
def record_visit(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Record a visit, child by child of the household; nobody is ticked beforehand."""
    user, moment = reader(request), now()
    person = Person.objects.visible_to(user).filter(pk=pk).first()
    if person is None:
        return _closed_or_nothing(user, pk)
    if person.canonical_id is not None:
        return redirect("cases:record_visit", person.canonical_id)
    require(user, Permission.VISIT_RECORD)
    kept = Drafted(request, form="visit", subject_id=person.pk)
    if kept.is_left:
        kept.keep()
        messages.success(request, "Draft kept. Nothing has been recorded yet.")
        return redirect("cases:child", person.pk)
    typed = kept.typed
    children = queries.children_to_see(by=user, person=person, on=london_date(moment))
    ids = [child.child_id for child in children if not child.is_restricted]
    form = VisitForm(
        typed,
        visitors=queries.visitors(by=user, child_ids=ids, at=moment),
        purposes=queries.purposes(by=user),
        initial={"visitor": str(user.pk), "purpose": request.GET.get("purpose", "")},
    )
    rows = [
        (
            child,
            ChildForm(typed, child_id=child.child_id, name=child.name, is_unborn=child.is_unborn),
        )
        if not child.is_restricted
        else (child, None)
        for child in children
    ]
    forms = {each.child_id: each for _child, each in rows if each is not None}
    everything = [form, *forms.values()]
    is_sent = request.method == "POST"
    answered = [each.is_valid() for each in everything] if is_sent else [False]
    if all(answered):
        lines = [line for each in forms.values() if (line := each.line()) is not None]
        try:
            visit = actions.record_visit(by=user, children=lines, **form.given())
        except AlreadyRecorded:
            kept.recorded()
            return redirect("cases:child", person.pk)
        except NotWhole as refused:
            _spread(refused.problems, form, forms)
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        else:
            kept.recorded()
            messages.success(request, _what_happened(visit, forms, lines))
            return redirect("cases:child", person.pk)
    elif kept.is_restored:
        unchecked(everything)
    kept.keep()
    read_log.shown(request, place="cases:record_visit", children=ids)
    return render(
        request,
        "cases/record_visit.html",
        {
            "person": person,
            "crumbs": [(person.name, reverse("cases:child", args=[person.pk]))],
            "form": form,
            "forms": everything,
            "draft": kept,
            "rows": rows,
        },
    )


def _spread(problems: list[tuple[str, str]], form: VisitForm, forms: dict[UUID, ChildForm]) -> None:
    """Put each sentence at the box it is about."""
    for field, sentence in problems:
        kind, _, rest = field.partition("-")
        if kind == "child" and UUID(rest[:36]) in forms:
            forms[UUID(rest[:36])].add_error(rest[37:], sentence)
        else:
            form.add_error(field if field in form.fields else None, sentence)


def _what_happened(visit: Visit, forms: dict[UUID, ChildForm], lines: list[ChildAtVisit]) -> str:
    """Say who was seen, what comes next for who was not, and whose words are the same."""
    names = {child_id: form.child_name for child_id, form in forms.items()}
    alone = [names[line.child_id] for line in lines if line.was_seen_alone]
    seen = [names[line.child_id] for line in lines if line.was_seen and not line.was_seen_alone]
    parts = ["Visit recorded."]
    if visit.outcome in FAILED_VISITS:
        parts = [f"Failed visit recorded: {visit.get_outcome_display().lower()}."]
    if alone:
        parts.append(f"{words.list_of_names(alone)} seen alone.")
    if seen:
        parts.append(f"{words.list_of_names(seen)} seen, not alone.")
    for line in lines:
        if line.next_attempt_on is not None:
            parts.append(
                f"Next attempt to see {names[line.child_id]}:"
                f" {words.date_words(line.next_attempt_on, now=now())}."
            )
    for place, one in enumerate(lines):
        for other in lines[:place]:
            if is_nearly_same_text(one.words, other.words):
                parts.append(
                    f"Check: same words for {names[one.child_id]} as for {names[other.child_id]}."
                )
    return " ".join(parts)
