"""Checkpoints, submitting, returning and authorising."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from accounts.models import TeamMembership, User
from accounts.permissions import Permission, require
from assessments import actions
from assessments.actions.authorising import refuse_author
from assessments.actions.standing import may_write
from assessments.choices import OPEN_STATES, WRITTEN_IN, AssessmentState
from assessments.forms import review as forms
from assessments.forms.writing import factors_on
from assessments.models import Assessment
from assessments.queries import check as checks
from assessments.queries import document as documents
from assessments.queries import editor
from assessments.timescales import CHECKPOINTS
from assessments.views.doors import assessment_for, crumbs_of, form_page, page, shown, user_of
from cases.models import Allocation
from cases.queries.child import timeline_entry
from cases.standing import acts_for
from lib.application_clock import now
from lib.govuk import OnceForm, asked_for_another_row, with_another_row
from lib.working_days import london_date
from record import code_lists, drafts
from record.errors import Clash, NotWhole, Refused
from record.once import AlreadyRecorded

AUTHORISE = "assessment-authorise"
CHECKPOINT = "assessment-checkpoint"


@page("GET", "POST")
def check(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What is missing, child by child, as links; and the button that submits."""
    user, moment = user_of(request), now()
    assessment = assessment_for(user, pk)
    require(user, Permission.ASSESSMENT_WRITE)
    if may_write(assessment, by=user, at=moment) is None:
        raise PermissionDenied("Another team writes this assessment.")
    if assessment.state not in WRITTEN_IN:
        return redirect("assessments:assessment", assessment.pk)
    form = OnceForm(request.POST if request.method == "POST" else None)
    is_refused = False
    if request.method == "POST" and form.is_valid():
        try:
            actions.submit(by=user, at=now(), assessment_id=pk, token=form.cleaned_data["token"])
        except AlreadyRecorded:
            return redirect("assessments:assessment", pk)
        except NotWhole:
            is_refused = True  # each missing thing is listed below, as a link
        except Refused as refused:
            messages.warning(request, str(refused))
            return redirect("assessments:assessment", pk)
        else:
            messages.success(
                request,
                f"Submitted. {assessment.team.manager.full_name} has been told and authorises"
                " or returns it.",
            )
            return redirect("assessments:assessment", pk)
    found = checks.check(by=user, assessment=assessment, at=moment)
    parts = documents.parts_of(assessment, on=london_date(moment))
    shown(request, assessment, [part.child_id for part in parts])
    return render(
        request,
        "assessments/check.html",
        {
            "assessment": assessment,
            "names": documents.names_of(parts),
            "groups": _by_place(found, parts),
            "checked": found,
            "form": form,
            "is_refused": is_refused,
            "crumbs": crumbs_of(assessment, documents.names_of(parts)),
        },
    )


def _by_place(
    found: checks.Checked, parts: list[documents.Part]
) -> list[tuple[str, list[checks.Missing]]]:
    """What is missing under the name of each child, then of the family."""
    groups = [
        (part.heading, [one for one in found.missing if one.child_id == part.child_id])
        for part in parts
    ]
    mine = {part.child_id for part in parts}
    groups.append(("The family", [one for one in found.missing if one.child_id not in mine]))
    return [(head, missing) for head, missing in groups if missing]


# Checkpoints -------------------------------------------------------------------------------------


@page("GET", "POST")
def checkpoint(request: HttpRequest, pk: UUID, number: int) -> HttpResponse:
    """Record what was found on the way: every child, one by one, and the reasons."""
    user, moment = user_of(request), now()
    assessment = assessment_for(user, pk)
    require(user, Permission.ASSESSMENT_CHECKPOINT)
    if number not in CHECKPOINTS:
        raise Http404("There are checkpoints 1, 2 and 3.")
    if not acts_for(
        assessment.team, by=user, permission=Permission.ASSESSMENT_CHECKPOINT, at=moment
    ):
        raise PermissionDenied("This is another team's assessment.")
    if assessment.state not in OPEN_STATES:
        return redirect("assessments:assessment", pk)
    parts = documents.parts_of(assessment, on=london_date(moment))
    draft = drafts.load(owner=user, form=CHECKPOINT, subject_id=assessment.pk)
    typed = _typed(request, draft)
    form = forms.CheckpointForm(typed)
    children = {part.child_id: forms.CheckpointChildForm(typed, part=part) for part in parts}
    rows = forms.directions_with(_people(assessment, parts), typed)
    everything: list[Any] = [form, *children.values(), rows]
    elsewhere: list[tuple[str, str]] = []
    status = 200
    if request.method == "POST" and not asked_for_another_row(request.POST):
        answered = [each.is_valid() for each in everything]
        if all(answered):
            try:
                actions.record_checkpoint(
                    by=user,
                    at=now(),
                    assessment_id=pk,
                    number=number,
                    children=[each.line() for each in children.values()],
                    other_parent=form.cleaned_data["other_parent"],
                    agencies=form.cleaned_data["agencies"],
                    next_step=form.cleaned_data["next_step"],
                    review_on=form.cleaned_data["review_on"],
                    rationale=form.rationale(),
                    directions=forms.directions_of(rows),
                    token=form.cleaned_data["token"],
                )
            except AlreadyRecorded:
                return redirect("assessments:assessment", pk)
            except NotWhole as refused:
                elsewhere = forms.spread(refused.problems, form=form, children=children)
            except Refused as refused:
                form.add_error(
                    refused.field if refused.field in form.fields else None, str(refused)
                )
            else:
                drafts.mark_recorded(
                    owner=user, form=CHECKPOINT, subject_id=assessment.pk, at=now()
                )
                messages.success(request, f"Checkpoint {number} recorded. The worker is told.")
                return redirect("assessments:assessment", pk)
    elif typed is not None:
        for each in everything:
            forms.unchecked(each)
    shown(request, assessment, [part.child_id for part in parts])
    return render(
        request,
        "assessments/checkpoint.html",
        {
            "assessment": assessment,
            "number": number,
            "names": documents.names_of(parts),
            "form": form,
            "children": [(part, children[part.child_id]) for part in parts],
            "directions": rows,
            "forms": [*children.values(), rows],
            "problems": [sentence for _, sentence in elsewhere],
            "notes": assessment.texts.filter(key="checkpoint_note").exclude(words="").first(),
            "draft": draft,
            "draft_version": draft.version if draft else 0,
            "crumbs": crumbs_of(assessment, documents.names_of(parts)),
        },
        status=status,
    )


def _typed(request: HttpRequest, draft: Any) -> Any:
    """What was sent, or what was kept of it, or nothing."""
    if request.method == "POST":
        prefix = asked_for_another_row(request.POST)
        return with_another_row(request.POST, prefix=prefix) if prefix else request.POST
    return forms.from_draft(draft.data) if draft else None


def _people(assessment: Assessment, parts: list[documents.Part]) -> Any:
    """Those to whom a manager can give something to do: the team, and the children's workers."""
    on = london_date(now())
    return (
        User.objects.filter(is_active=True)
        .filter(
            pk__in=[
                *TeamMembership.objects.filter(team=assessment.team, from_on__lte=on)
                .exclude(to_on__lt=on)
                .values_list("user_id", flat=True),
                *Allocation.objects.filter(
                    child__in=[part.child_id for part in parts], to_at__isnull=True
                ).values_list("worker_id", flat=True),
                assessment.team.manager_id,
            ]
        )
        .order_by("full_name", "pk")
    )


# Returning ---------------------------------------------------------------------------------------


@page("GET", "POST")
def return_to_writer(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Give it back with what is missing."""
    user = user_of(request)
    require(user, Permission.ASSESSMENT_AUTHORISE)
    assessment = _to_answer(user, pk)
    read = documents.document(by=user, assessment=assessment, at=now())
    form = forms.ReturnForm(
        request.POST if request.method == "POST" else None,
        asked=forms.asked_of(read.sections, read.parts),
    )
    return form_page(
        request,
        assessment,
        form,
        title="Return it with what is missing",
        names=read.names,
        children=[part.child_id for part in read.parts],
        act=lambda: actions.return_to_writer(
            by=user,
            at=now(),
            assessment_id=pk,
            missing=form.cleaned_data["missing"],
            due_on=form.cleaned_data["due_on"],
            comments=form.comments(),
        ),
        done="Returned. The workers are told and can write again; the limits go on.",
        button="Return",
        back=reverse("assessments:assessment", args=[pk]),
        lead="A word at a section stands beside it while the worker writes.",
        what_happens=[
            "The workers are told, and can write in it again",
            "The 45 working days go on",
        ],
    )


def _to_answer(user: User, pk: UUID) -> Assessment:
    assessment = assessment_for(user, pk)
    if not acts_for(assessment.team, by=user, permission=Permission.ASSESSMENT_AUTHORISE, at=now()):
        raise PermissionDenied("This is another team's assessment.")
    return assessment


# Authorising -------------------------------------------------------------------------------------


@page("GET", "POST")
def authorise(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Read it whole, decide the outcome of each child, and authorise it; or return it."""
    user, moment = user_of(request), now()
    require(user, Permission.ASSESSMENT_AUTHORISE)
    assessment = _to_answer(user, pk)
    if assessment.state != AssessmentState.SUBMITTED and request.method == "GET":
        return redirect("assessments:assessment", pk)
    read = documents.document(by=user, assessment=assessment, at=moment)
    draft = drafts.load(owner=user, form=AUTHORISE, subject_id=assessment.pk)
    typed = _typed(request, draft)
    form, children, rows = _authorise_forms(assessment, read, typed, moment)
    everything: list[Any] = [form, *children.values(), rows]
    elsewhere: list[tuple[str, str]] = []
    status = 200
    if request.method == "POST" and not asked_for_another_row(request.POST):
        answered = [each.is_valid() for each in everything]
        if all(answered):
            try:
                actions.authorise(
                    by=user,
                    at=now(),
                    assessment_id=pk,
                    submission=form.cleaned_data["submission"],
                    children=[each.line() for each in children.values()],
                    rationale=form.rationale(),
                    directions=forms.directions_of(rows),
                    look_again_on=form.cleaned_data["look_again_on"],
                    late_reason=form.cleaned_data.get("late_reason", ""),
                    token=form.cleaned_data["token"],
                )
            except AlreadyRecorded:
                return redirect("assessments:assessment", pk)
            except NotWhole as refused:
                elsewhere = forms.spread(refused.problems, form=form, children=children)
                status = 409 if elsewhere else 200
            except Refused as refused:
                form.add_error(None, str(refused))
                status = 409
                if isinstance(refused, Clash):
                    read = _read_anew(user, pk, form)
                    assessment = read.assessment
            else:
                drafts.mark_recorded(owner=user, form=AUTHORISE, subject_id=assessment.pk, at=now())
                messages.success(
                    request, "Authorised. The worker is told, and each child’s page shows it."
                )
                return redirect("assessments:assessment", pk)
    elif typed is not None:
        for each in everything:
            forms.unchecked(each)
    shown(
        request,
        assessment,
        [
            *(part.child_id for part in read.parts),
            *(line.child_id for line in read.household if line.person is not None),
        ],
    )
    return render(
        request,
        "assessments/authorise.html",
        {
            "assessment": assessment,
            "document": read,
            "entries": [
                timeline_entry(line, now=moment)
                for line in editor.history(by=user, assessment=assessment, parts=read.parts)
            ],
            "form": form,
            "children": [(part, children.get(part.child_id)) for part in read.parts],
            "directions": rows,
            "forms": [*children.values(), rows],
            "missing": [{"words": sentence, "url": url} for url, sentence in elsewhere],
            "checked": checks.check(by=user, assessment=assessment, at=moment),
            "wrote_in_it": _author_words(assessment, user),
            "draft": draft,
            "draft_version": draft.version if draft else 0,
            "crumbs": crumbs_of(assessment, read.names),
        },
        status=status,
    )


def _authorise_forms(
    assessment: Assessment, read: documents.Document, typed: Any, moment: datetime
) -> tuple[Any, dict[UUID, Any], Any]:
    on = london_date(moment)
    number = max((sent.number for sent in read.submissions), default=0)
    form: Any = forms.AuthoriseForm(
        typed,
        asks_late=any(clock.is_late and not clock.is_stopped for clock in _limits(read)),
        initial={"submission": number},
    )
    if typed is not None and not typed.get("submission"):
        form.data = typed.copy()
        form.data["submission"] = str(number)
    needs = [(code, f"{code} {label}") for code, label in code_lists.choices("primary_need", on)]
    texts = documents.texts_of(assessment)
    children = {
        part.child_id: forms.OutcomeForm(
            typed,
            part=part,
            needs=needs,
            factors=factors_on(on),
            initial={
                "outcome": _said(texts, part, "outcome"),
                "factors": _said(texts, part, "factors").split(),
                "primary_need": part.row.referral.primary_need,
            },
        )
        for part in read.parts
    }
    rows = forms.directions_with(_people(assessment, read.parts), typed)
    return form, children, rows


def _limits(read: documents.Document) -> list[Any]:
    return [clock for clock in read.clocks if clock.code in ("CFA-45", "CFA-RE")]


def _said(texts: Any, part: documents.Part, key: str) -> str:
    text = texts.get((part.child_id, key))
    return text.words if text else ""


def _author_words(assessment: Assessment, user: User) -> str:
    """Who else can authorise it, for somebody who wrote in it; nothing for others."""
    try:
        refuse_author(assessment, user)
    except actions.WroteInIt as refused:
        return str(refused)
    return ""


def _read_anew(user: User, pk: UUID, form: Any) -> documents.Document:
    """After a clash the next answer rests on what is shown now."""
    assessment = assessment_for(user, pk)
    read = documents.document(by=user, assessment=assessment, at=now())
    form.data = form.data.copy()
    form.data["submission"] = str(max((sent.number for sent in read.submissions), default=0))
    form.data["token"] = ""
    return read
