"""Assessments of my teams; starting, reading, and whom one is about."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from accounts.models import User
from accounts.permissions import Permission, holds, require
from assessments import actions
from assessments.actions.standing import may_write
from assessments.choices import OPEN_STATES, WRITTEN_IN, AssessmentKind, AssessmentState
from assessments.forms.assessment import AddChildForm, BecauseForm, StartForm, UpdateForm
from assessments.models import Assessment
from assessments.queries import document as documents
from assessments.queries import editor, lists, starting
from assessments.queries.household import HouseholdLine, children_accounted
from assessments.views.doors import assessment_for, crumbs_of, form_page, page, shown, user_of
from cases.models import Referral, Responsibility
from cases.queries.child import timeline_entry
from cases.standing import acts_for
from lib.application_clock import now
from lib.working_days import london_date
from people.models import Person
from record import calendar, code_lists, read_log
from record.errors import Refused
from record.models import ReadKind
from record.once import AlreadyRecorded

PER_PAGE = 50
PROPOSED_WORKING_DAYS = 25


@login_required
@require_GET
def assessments(request: HttpRequest) -> HttpResponse:
    """Open assessments of my teams, and families that wait for one to be started."""
    user, moment = user_of(request), now()
    require(user, Permission.ASSESSMENT_READ)
    found = Paginator(lists.open_assessments(by=user, at=moment), PER_PAGE).get_page(
        request.GET.get("page")
    )
    rows = lists.rows(found.object_list, by=user, at=moment)
    may_start = holds(user, Permission.ASSESSMENT_START)
    to_start = lists.to_start(by=user, at=moment) if may_start else []
    read_log.shown(
        request,
        place="assessments:assessments",
        kind=ReadKind.LIST,
        person_ids=[
            *(child_id for row in rows for child_id in row.child_ids),
            *(child_id for family in to_start for child_id in family.child_ids),
        ],
    )
    return render(
        request,
        "assessments/assessments.html",
        {"page": found, "groups": lists.grouped(rows), "to_start": to_start, "now": moment},
    )


@login_required
@require_http_methods(["GET", "POST"])
def start(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Start the assessment of a family from one child's referral."""
    user, moment = user_of(request), now()
    require(user, Permission.ASSESSMENT_START)
    referral = get_object_or_404(
        Referral.objects.select_related("child", "team", "contact").filter(
            child__in=Person.objects.visible_to(user)
        ),
        pk=pk,
    )
    team = (
        Responsibility.objects.filter(child=referral.child, to_at__isnull=True)
        .select_related("team__manager")
        .first()
    )
    if team is None or not acts_for(
        team.team, by=user, permission=Permission.ASSESSMENT_START, at=moment
    ):
        raise PermissionDenied("Whoever holds this child starts it.")
    lines = starting.startable(by=user, child_id=referral.child_id, team=team.team, at=moment)
    taken = [line for line in lines if line.is_in]
    form = StartForm(
        request.POST if request.method == "POST" else None,
        initial={
            "review_on": calendar.calendar().add_working_days(
                london_date(moment), PROPOSED_WORKING_DAYS
            )
        },
    )
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.start(
                by=user,
                at=now(),
                child_ids=[line.child_id for line in taken],
                plan=form.cleaned_data["plan"],
                review_on=form.cleaned_data["review_on"],
                token=form.cleaned_data["token"],
            )
        except AlreadyRecorded as already:
            return redirect("assessments:assessment", already.result_id)
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, str(refused))
            status = 409
        else:
            messages.success(request, "Started. The worker has been told and can write.")
            return redirect("assessments:assessment", made.pk)
    read_log.shown(
        request,
        place="assessments:start",
        children=[line.child_id for line in lines if line.person is not None],
        subject_kind="referral",
        subject_id=referral.pk,
    )
    return render(
        request,
        "assessments/start.html",
        {"referral": referral, "team": team.team, "lines": lines, "taken": taken, "form": form},
        status=status,
    )


@login_required
@require_http_methods(["GET", "POST"])
def again(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Start an update to a child's current assessment, or a whole new one."""
    user, moment = user_of(request), now()
    require(user, Permission.ASSESSMENT_START)
    child = get_object_or_404(Person.objects.visible_to(user), pk=pk)
    team = (
        Responsibility.objects.filter(child=child, to_at__isnull=True)
        .select_related("team__manager")
        .first()
    )
    if team is None or not acts_for(
        team.team, by=user, permission=Permission.ASSESSMENT_START, at=moment
    ):
        raise PermissionDenied("Whoever holds this child starts it.")
    lines = starting.startable(by=user, child_id=child.pk, team=team.team, at=moment)
    taken = [line for line in lines if line.is_in]
    form = UpdateForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST" and form.is_valid():
        kind = AssessmentKind(form.cleaned_data["kind"])
        try:
            made = actions.start(
                by=user,
                at=now(),
                child_ids=[line.child_id for line in taken],
                plan=form.cleaned_data["plan"],
                review_on=form.cleaned_data["review_on"],
                kind=kind,
                because=form.cleaned_data["because"],
                token=form.cleaned_data["token"],
            )
        except AlreadyRecorded as already:
            return redirect("assessments:assessment", already.result_id)
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, str(refused))
            status = 409
        else:
            messages.success(request, "Started. The worker has been told and can write.")
            return redirect("assessments:assessment", made.pk)
    read_log.shown(
        request,
        place="assessments:again",
        children=[line.child_id for line in lines if line.person is not None],
        subject_kind="person",
        subject_id=child.pk,
    )
    return render(
        request,
        "assessments/start.html",
        {"child": child, "team": team.team, "lines": lines, "taken": taken, "form": form},
        status=status,
    )


@page("GET")
def assessment(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Read an assessment: every section, who was seen, what was decided."""
    user, moment = user_of(request), now()
    found = assessment_for(user, pk)
    read = documents.document(by=user, assessment=found, at=moment)
    shown(
        request,
        found,
        [
            *(part.child_id for part in read.parts),
            *(line.child_id for line in read.household if line.person is not None),
            *(row.child_id for row in read.taken_out),
        ],
    )
    return render(
        request,
        "assessments/assessment.html",
        {
            "assessment": found,
            "document": read,
            "steps": _steps(found, user, read),
            "may_manage": _may_manage(found, user),
            "is_open": found.state in OPEN_STATES,
            "may_abandon": holds(user, Permission.ASSESSMENT_ABANDON),
            "entries": [
                timeline_entry(line, now=moment)
                for line in editor.history(by=user, assessment=found, parts=read.parts)
            ],
            "versions": editor.count_versions(found),
            "considered": documents.considered(by=user, assessment=found),
            "crumbs": [("Assessments", reverse("assessments:assessments"))],
        },
    )


def _may_manage(found: Assessment, user: User) -> bool:
    return (
        acts_for(found.team, by=user, permission=Permission.ASSESSMENT_START, at=now()) is not None
    )


def _refuse_other_teams(found: Assessment, user: User) -> None:
    if not _may_manage(found, user):
        raise PermissionDenied("This is another team's assessment.")


def _steps(found: Assessment, user: User, read: documents.Document) -> list[tuple[str, str, bool]]:
    """What this person can do next: words, address, and whether it is the green button."""
    moment, pk = now(), found.pk
    steps: list[tuple[str, str, bool]] = []
    writes = may_write(found, by=user, at=moment) is not None
    if found.state in WRITTEN_IN and writes:
        steps.append(("Write", reverse("assessments:go_on", args=[pk]), True))
        steps.append(("Check before submitting", reverse("assessments:check", args=[pk]), False))
    authorises = acts_for(
        found.team, by=user, permission=Permission.ASSESSMENT_AUTHORISE, at=moment
    )
    if found.state == AssessmentState.SUBMITTED and authorises is not None:
        steps.append(("Authorise or return", reverse("assessments:authorise", args=[pk]), True))
    holds_checkpoints = acts_for(
        found.team, by=user, permission=Permission.ASSESSMENT_CHECKPOINT, at=moment
    )
    if found.state in OPEN_STATES and holds_checkpoints is not None:
        number = documents.next_checkpoint(read)
        steps.append(
            (
                f"Record checkpoint {number}",
                reverse("assessments:checkpoint", args=[pk, number]),
                False,
            )
        )
    return steps


# Whom it is about --------------------------------------------------------------------------------


@page("GET")
def household(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Every child of the household, one by one: what answers for each, and what can be done."""
    user, moment = user_of(request), now()
    found = assessment_for(user, pk)
    on = london_date(moment)
    parts = documents.parts_of(found, on=on)
    lines = children_accounted(assessment=found, on=on, by=user)
    shown(
        request,
        found,
        [
            *(part.child_id for part in parts),
            *(line.child_id for line in lines if line.person is not None),
        ],
    )
    is_written = found.state in WRITTEN_IN
    manages = _may_manage(found, user)
    return render(
        request,
        "assessments/household.html",
        {
            "assessment": found,
            "names": documents.names_of(parts),
            "lines": lines,
            "may_add": manages and is_written,
            "may_say": found.state in OPEN_STATES
            and (manages or may_write(found, by=user, at=moment) is not None),
            "crumbs": crumbs_of(found, documents.names_of(parts)),
        },
    )


def _line(
    request: HttpRequest, pk: UUID, child: UUID
) -> tuple[Assessment, list[documents.Part], HouseholdLine]:
    user = user_of(request)
    found = assessment_for(user, pk)
    on = london_date(now())
    parts = documents.parts_of(found, on=on)
    line = next(
        (
            one
            for one in children_accounted(assessment=found, on=on, by=user)
            if one.child_id == child and one.person is not None
        ),
        None,
    )
    if line is None:
        raise Http404("There is no such child in this household.")
    return found, parts, line


@page("GET", "POST")
def add_child(request: HttpRequest, pk: UUID, child: UUID) -> HttpResponse:
    """Give a child of the household a part."""
    user = user_of(request)
    require(user, Permission.ASSESSMENT_START)
    found, parts, line = _line(request, pk, child)
    _refuse_other_teams(found, user)
    has_referral = (
        Referral.objects.filter(child=line.child_id)
        .exclude(state__in=["closed", "rejected"])
        .exists()
    )
    form = AddChildForm(
        request.POST if request.method == "POST" else None,
        needs=[
            (code, f"{code} {label}")
            for code, label in code_lists.choices("primary_need", london_date(now()))
        ],
        asks_need=not has_referral,
    )
    return form_page(
        request,
        found,
        form,
        title=f"Give {line.name} a part",
        names=documents.names_of(parts),
        children=[line.child_id, *(part.child_id for part in parts)],
        act=lambda: actions.add_child(
            by=user,
            at=now(),
            assessment_id=found.pk,
            child_id=line.child_id,
            primary_need=form.cleaned_data.get("primary_need", ""),
        ),
        done=f"{line.name} has a part. Every box of it is empty.",
        button="Give a part",
        back=reverse("assessments:household", args=[found.pk]),
        what_happens=[
            f"{line.name} gets a part of their own, with nothing copied from the others",
            *(
                []
                if has_referral
                else [
                    f"A referral of today is opened for {line.name}, on the family’s contact;"
                    " its 45 working days count from today"
                ]
            ),
        ],
    )


@page("GET", "POST")
def take_out(request: HttpRequest, pk: UUID, child: UUID) -> HttpResponse:
    """Take a child out of the assessment, with the reason."""
    user = user_of(request)
    require(user, Permission.ASSESSMENT_START)
    found, parts, line = _line(request, pk, child)
    _refuse_other_teams(found, user)
    form = BecauseForm(
        request.POST if request.method == "POST" else None,
        label=f"Why {line.name} is taken out",
        missing=f"Say why {line.name} is taken out",
    )
    return form_page(
        request,
        found,
        form,
        title=f"Take {line.name} out of the assessment",
        names=documents.names_of(parts),
        children=[line.child_id, *(part.child_id for part in parts)],
        act=lambda: actions.take_out(
            by=user,
            at=now(),
            assessment_id=found.pk,
            child_id=line.child_id,
            because=form.cleaned_data["because"],
        ),
        done=f"{line.name} is taken out. Say why {line.name} is not assessed, or assess elsewhere.",
        button="Take out",
        back=reverse("assessments:household", args=[found.pk]),
        what_happens=[
            "What was written about this child is kept and leaves the document",
            "The assessment is not authorised before this child is accounted for otherwise",
        ],
    )


@page("GET", "POST")
def not_assessed(request: HttpRequest, pk: UUID, child: UUID) -> HttpResponse:
    """Say why a child of the household has no part."""
    user = user_of(request)
    require(
        user,
        Permission.ASSESSMENT_START
        if holds(user, Permission.ASSESSMENT_START)
        else Permission.ASSESSMENT_WRITE,
    )
    found, parts, line = _line(request, pk, child)
    if not _may_manage(found, user) and may_write(found, by=user, at=now()) is None:
        raise PermissionDenied("This is another team's assessment.")
    form = BecauseForm(
        request.POST if request.method == "POST" else None,
        label=f"Why {line.name} is not assessed here",
        hint="Where the child lives, who has seen them and when, and what is known",
        missing=f"Say why {line.name} is not assessed",
    )
    return form_page(
        request,
        found,
        form,
        title=f"Say why {line.name} is not assessed",
        names=documents.names_of(parts),
        children=[line.child_id, *(part.child_id for part in parts)],
        act=lambda: actions.say_not_assessed(
            by=user,
            at=now(),
            assessment_id=found.pk,
            child_id=line.child_id,
            because=form.cleaned_data["because"],
        ),
        done=f"Recorded why {line.name} is not assessed. Whoever authorises it reads it.",
        button="Record",
        back=reverse("assessments:household", args=[found.pk]),
    )


@page("GET", "POST")
def abandon(request: HttpRequest, pk: UUID) -> HttpResponse:
    """End an assessment that will not be finished."""
    user = user_of(request)
    require(user, Permission.ASSESSMENT_ABANDON)
    found = assessment_for(user, pk)
    parts = documents.parts_of(found, on=london_date(now()))
    form = BecauseForm(
        request.POST if request.method == "POST" else None,
        label="Why this assessment is abandoned",
        hint="For example: the family moved away, or it was opened in error",
        missing="Say why this assessment is abandoned",
    )
    names = documents.names_of(parts)
    return form_page(
        request,
        found,
        form,
        title="Abandon the assessment",
        names=names,
        children=[part.child_id for part in parts],
        act=lambda: actions.abandon(
            by=user, at=now(), assessment_id=found.pk, because=form.cleaned_data["because"]
        ),
        done="The assessment is abandoned. What was written is kept.",
        button="Abandon",
        back=reverse("assessments:assessment", args=[found.pk]),
        what_happens=[
            "Nobody writes in it any more; what was written is kept and can be read",
            "Its limits stop. The referrals stay open",
            "The workers are told",
        ],
    )
