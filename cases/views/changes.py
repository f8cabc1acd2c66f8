"""Log a change, triage it, decide on it; who lives elsewhere; two reports of one event."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from accounts.models import User
from accounts.permissions import Permission, holds, require
from cases import actions, consequences
from cases.actions import change_decisions
from cases.actions.changes import NobodyOpen, deciding_authority
from cases.change_codes import UNDONE, ChangeState
from cases.forms import changes as forms
from cases.models import ChangeElsewhere, ChangeOfCircumstance
from cases.queries import change_page as queries
from cases.queries.child import family_of
from cases.queries.oversight import people_to_direct
from cases.views.pages import _closed_or_nothing
from lib.application_clock import now
from lib.govuk import asked_for_another_row, with_another_row
from lib.text import is_nearly_same_text
from lib.working_days import london_date
from people.models import Person
from people.views.opening import reader
from record import drafts, read_log
from record.errors import NotWhole, Refused
from record.once import AlreadyRecorded, once_only

FORM = "change"


@login_required
@require_http_methods(["GET", "POST"])
def log_change(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Record that something changed in a child's home."""
    user, moment = reader(request), now()
    person = Person.objects.visible_to(user).filter(pk=pk).first()
    if person is None:
        return _closed_or_nothing(user, pk)
    if person.canonical_id is not None:
        return redirect("cases:log_change", person.canonical_id)
    require(user, Permission.CHANGE_LOG)
    family = family_of(by=user, person_id=person.pk, on=london_date(moment))
    known = [(str(each.person_id), each.name) for each in family.others if each.person is not None]
    children = [
        (str(person.pk), person.name),
        *[
            (str(each.person_id), each.name)
            for each in family.others
            if each.person is not None and each.is_child
        ],
    ]
    form = forms.LogChangeForm(
        request.POST if request.method == "POST" else None,
        people=known,
        children=children,
        initial={"happened_on": london_date(moment), "learned_at": moment},
    )
    nobody_open = False
    if request.method == "POST" and form.is_valid():
        try:
            change = once_only(
                by=user,
                token=form.cleaned_data["token"],
                action="cases:log_change",
                act=lambda: actions.log_change(
                    by=user, at=now(), child_id=person.pk, **form.given()
                ),
            )
        except AlreadyRecorded as again:
            back = ("cases:change", again.result_id) if again.result_id else ("cases:child", pk)
            return redirect(*back)
        except NobodyOpen as refused:
            nobody_open = True
            form.add_error(None, str(refused))
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        else:
            messages.success(request, "Change recorded. Whoever answers for this home is told.")
            return redirect("cases:change", change.pk)
    read_log.shown(request, place="cases:log_change", children=[person.pk])
    return render(
        request,
        "cases/log_change.html",
        {
            "person": person,
            "crumbs": [(person.name, reverse("cases:child", args=[person.pk]))],
            "form": form,
            "nobody_open": nobody_open,
            "may_contact": holds(user, Permission.CONTACT_CREATE),
        },
    )


def _change(user: User, pk: UUID) -> ChangeOfCircumstance:
    """A change of which the user may see a child."""
    change = queries.visible_change(by=user, change_id=pk)
    if change is None:
        raise Http404
    return change


@login_required
@require_GET
def change(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Each child in the home: who is missing first, the others in the same places."""
    user, moment = reader(request), now()
    found = _change(user, pk)
    page = queries.change_page(by=user, change=found, at=moment)
    draft = drafts.load(owner=user, form=FORM, subject_id=found.pk)
    _shown(request, page, "cases:change")
    return render(
        request,
        "cases/change.html",
        {
            "page": page,
            "change": found,
            "draft": draft,
            "doors": consequences.doors(by=user, change=found) if page.is_undone else [],
            "reads_reviews": holds(user, Permission.RISK_REVIEW_READ),
        },
    )


def _shown(request: HttpRequest, page: queries.ChangePage, place: str) -> None:
    read_log.shown(
        request,
        place=place,
        children=page.child_ids,
        subject_kind="change",
        subject_id=page.change.pk,
    )


@login_required
@require_http_methods(["GET", "POST"])
def triage(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Say how urgent a change is; once it is triaged, raise or lower its class."""
    user, moment = reader(request), now()
    found = _change(user, pk)
    page = queries.change_page(by=user, change=found, at=moment)
    if not page.may_triage:
        _refuse(user, found, provisional=True)
    is_again = found.state != ChangeState.LOGGED and not found.is_provisional
    children = [
        (str(card.row.child_id), card.heading) for card in page.cards if not card.is_restricted
    ]
    form = forms.TriageForm(
        request.POST if request.method == "POST" else None,
        code=found.code,
        default=page.default_class,
        children=children,
        is_again=is_again,
        initial={
            "change_class": found.change_class,
            "concerned": [str(card.row.child_id) for card in page.cards if card.row.is_concerned],
        },
    )
    status = 200
    if request.method == "POST" and form.is_valid():
        act = actions.change_class_of if is_again else actions.triage
        try:
            act(by=user, at=now(), change_id=found.pk, **form.given())
        except Refused as refused:
            status = 409
            form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        else:
            messages.success(
                request,
                "Class changed. The limits count again from when we learned of it."
                if is_again
                else "Triaged. A review of each child’s own is open, and its owner is told.",
            )
            return redirect("cases:change", found.pk)
    _shown(request, page, "cases:change_triage")
    return render(
        request,
        "cases/change_triage.html",
        {"page": page, "change": found, "form": form, "is_again": is_again},
        status=status,
    )


def _refuse(user: User, change: ChangeOfCircumstance, *, provisional: bool = False) -> None:
    """Say in words why this person does not decide about this home."""
    if change.state not in UNDONE:
        raise Http404
    if provisional and holds(user, Permission.CHANGE_TRIAGE_PROVISIONAL):
        raise PermissionDenied("In office hours the responsible manager triages changes.")
    try:
        deciding_authority(change, by=user, at=now())
    except Refused as refused:
        raise PermissionDenied(str(refused)) from refused


@login_required
@require_http_methods(["GET", "POST"])
def not_significant(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Close a change that changes nothing, with a sentence for each child."""
    user, moment = reader(request), now()
    found = _change(user, pk)
    page = queries.change_page(by=user, change=found, at=moment)
    if not page.may_decide:
        _refuse(user, found)
    posted = request.POST if request.method == "POST" else None
    form = forms.forms.Form(posted)
    children = {
        card.row.child_id: forms.LineForm(
            posted, child_id=card.row.child_id, name=card.name, is_sentence_only=True
        )
        for card in page.needed
        if not card.is_restricted
    }
    status = 200
    answered = [one.is_valid() for one in (form, *children.values())]
    if posted is not None and all(answered):
        try:
            actions.find_not_significant(
                by=user,
                at=now(),
                change_id=found.pk,
                lines={pk: one.given().line for pk, one in children.items()},
            )
        except NotWhole as refused:
            forms.spread(refused.problems, form, children)
        except Refused as refused:
            status = 409
            form.add_error(None, str(refused))
        else:
            messages.success(
                request, "Closed as not significant. Your sentence for each child is kept."
            )
            return redirect("cases:change", found.pk)
    _shown(request, page, "cases:change_not_significant")
    return render(
        request,
        "cases/change_not_significant.html",
        {
            "page": page,
            "change": found,
            "form": form,
            "forms": [form, *children.values()],
            "rows": [(card, children.get(card.row.child_id)) for card in page.needed],
        },
        status=status,
    )


@login_required
@require_http_methods(["GET", "POST"])
def merge(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The same event reported twice: one change goes on, with every review."""
    user, moment = reader(request), now()
    found = _change(user, pk)
    page = queries.change_page(by=user, change=found, at=moment)
    if not page.may_decide:
        _refuse(user, found)
    form = forms.MergeForm(
        request.POST if request.method == "POST" else None,
        others=[
            (str(other.pk), f"{title}, {other.happened_on:%-d %B %Y}")
            for other, title in page.others
        ],
    )
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            kept = actions.merge(
                by=user,
                at=now(),
                change_id=found.pk,
                into_id=UUID(form.cleaned_data["other"]),
                because=form.cleaned_data["because"],
            )
        except Refused as refused:
            status = 409
            form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        else:
            messages.success(request, "Merged. The one learned first goes on, with every review.")
            return redirect("cases:change", kept.pk)
    _shown(request, page, "cases:change_merge")
    return render(
        request,
        "cases/change_merge.html",
        {"page": page, "change": found, "form": form},
        status=status,
    )


@login_required
@require_http_methods(["GET", "POST"])
def decide(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The manager's decision: written early, recorded when every child is reviewed."""
    user, moment = reader(request), now()
    found = _change(user, pk)
    page = queries.change_page(by=user, change=found, at=moment)
    if not page.may_decide:
        _refuse(user, found)
    draft = drafts.load(owner=user, form=FORM, subject_id=found.pk)
    posted: Any = request.POST if request.method == "POST" else None
    if posted is not None and (prefix := asked_for_another_row(posted)):
        posted = with_another_row(posted, prefix=prefix)
    typed = posted if posted is not None else (forms.from_draft(draft.data) if draft else None)
    form = forms.DecideForm(typed, is_late=change_decisions.is_late(found, by=user, at=moment))
    planned = forms.DirectionSet(
        typed,
        prefix="action",
        form_kwargs={"people": people_to_direct(child_ids=page.child_ids, by=user, at=moment)},
    )
    children = {
        card.row.child_id: forms.LineForm(typed, child_id=card.row.child_id, name=card.name)
        for card in page.needed
        if not card.is_restricted
    }
    everything: list[Any] = [form, planned, *children.values()]
    status = 200
    missing: list[change_decisions.Problem] = []
    if request.method == "POST" and "keep" in request.POST:
        _keep(user, found, request, draft)
        messages.success(request, "Draft kept. Nothing has been recorded yet.")
        return redirect("cases:change", found.pk)
    if request.method == "POST" and not asked_for_another_row(request.POST):
        answered = [part.is_valid() for part in everything]  # every part says what is wrong
        if all(answered):
            try:
                actions.decide_change(
                    by=user,
                    at=now(),
                    change_id=found.pk,
                    lines=[one.given() for one in children.values()],
                    directions=forms.directions(planned),
                    **form.given(),
                )
            except actions.NotDone as refused:
                missing = [each for each in refused.missing if not each.field]
                forms.spread(
                    [
                        (each.place, each.sentence)
                        for each in refused.missing
                        if each.field or not each.url_name
                    ],
                    form,
                    children,
                )
                status = 409 if missing else 200
            except Refused as refused:
                status = 409
                form.add_error(None, str(refused))
            else:
                drafts.mark_recorded(owner=user, form=FORM, subject_id=found.pk, at=now())
                messages.success(
                    request, "Decision recorded. This change is done for every child of the home."
                )
                return redirect("cases:change", found.pk)
        if status == 409:
            _keep(user, found, request, draft)
    elif typed is not None:
        for part in everything:
            for one in getattr(part, "forms", [part]):
                forms.unchecked(one)
    _shown(request, page, "cases:change_decide")
    return render(
        request,
        "cases/change_decide.html",
        {
            "page": page,
            "change": found,
            "form": form,
            "planned": planned,
            "rows": [(card, children.get(card.row.child_id)) for card in page.needed],
            "forms": [*children.values(), form, planned],
            "missing": [
                {
                    "words": each.sentence,
                    "url": reverse(each.url_name, args=[each.url_id])
                    if each.url_name and each.url_id
                    else "",
                }
                for each in missing
            ],
            "not_yet": [
                each.sentence
                for each in change_decisions.missing(found, by=user, at=moment, late_reason="-")
            ],
            "same_words": _same_words(children) if request.method == "POST" else [],
            "doors": consequences.doors(by=user, change=found),
            "since": queries.happened_since(page),
            "draft": draft,
            "draft_version": draft.version if draft else 0,
        },
        status=status,
    )


def _keep(user: User, change: ChangeOfCircumstance, request: HttpRequest, draft: Any) -> None:
    drafts.save(
        owner=user,
        form=FORM,
        subject_id=change.pk,
        data={
            key: values if len(values) > 1 else values[0]
            for key, values in request.POST.lists()
            if key not in ("csrfmiddlewaretoken", "version", "keep")
        },
        version=draft.version if draft else 0,
        at=now(),
        page=request.path,
    )


def _same_words(children: dict[UUID, forms.LineForm]) -> list[tuple[str, str]]:
    """Pairs of children whose reasons are the same, word for word or nearly.

    A page that only got another row is not checked yet, and says nothing of them.
    """
    said = [
        (one.child_name, one.cleaned_data.get("line", ""))
        for one in children.values()
        if hasattr(one, "cleaned_data") and one.is_valid()
    ]
    return [
        (name, other)
        for place, (name, line) in enumerate(said)
        for other, text in said[:place]
        if line and is_nearly_same_text(line, text)
    ]


@login_required
@require_http_methods(["GET", "POST"])
def answer_line(request: HttpRequest, pk: UUID, child: UUID) -> HttpResponse:
    """Whoever holds a restriction answers for the child."""
    user, moment = reader(request), now()
    found = _change(user, pk)
    page = queries.change_page(by=user, change=found, at=moment)
    card = next((each for each in page.cards if each.row.child_id == child), None)
    if card is None or card.is_restricted:
        raise Http404
    if not card.may_answer:
        raise PermissionDenied("Whoever holds the restriction answers for this child.")
    form = forms.LineForm(
        request.POST if request.method == "POST" else None,
        child_id=child,
        name=card.name,
        is_sentence_only=found.state == ChangeState.LOGGED,
    )
    if request.method == "POST" and form.is_valid():
        line = form.given()
        try:
            actions.answer_line(
                by=user,
                at=now(),
                change_id=found.pk,
                child_id=child,
                outcome=line.outcome or "not_significant",
                line=line.line,
            )
        except NotWhole as refused:
            forms.spread(refused.problems, form, {child: form})
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(
                request, f"Recorded for {card.name}. The manager sees that you have answered."
            )
            return redirect("cases:change", found.pk)
    _shown(request, page, "cases:change_line")
    return render(
        request,
        "cases/change_line.html",
        {"page": page, "change": found, "form": form, "card": card},
    )


@login_required
@require_http_methods(["GET", "POST"])
def elsewhere(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A child who lives elsewhere: is whoever is responsible told, and what do they answer?"""
    user = reader(request)
    require(user, Permission.CHANGE_LOG)
    one = get_object_or_404(
        ChangeElsewhere.objects.select_related("child", "change").filter(
            child__in=Person.objects.visible_to(user)
        ),
        pk=pk,
    )
    _change(user, one.change_id)
    form = forms.ElsewhereForm(
        request.POST if request.method == "POST" else None,
        initial={
            "is_told": one.is_told,
            "whom": one.whom,
            "why_not": one.why_not,
            "answer": one.answer,
        },
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            if not one.is_told or data["is_told"] is False or data["whom"] != one.whom:
                actions.tell_elsewhere(
                    by=user,
                    at=now(),
                    elsewhere_id=one.pk,
                    is_told=data["is_told"],
                    whom=data["whom"],
                    why_not=data["why_not"],
                )
            if data["is_told"] and data["answer"].strip():
                actions.answer_elsewhere(
                    by=user, at=now(), elsewhere_id=one.pk, answer=data["answer"]
                )
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        else:
            messages.success(request, f"Recorded for {one.child.name}.")
            return redirect("cases:change", one.change_id)
    read_log.shown(
        request,
        place="cases:change_elsewhere",
        children=[one.child_id],
        subject_kind="change",
        subject_id=one.change_id,
    )
    return render(request, "cases/change_elsewhere.html", {"one": one, "form": form})
