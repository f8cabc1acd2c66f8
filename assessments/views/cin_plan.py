"""The pages of a child in need plan."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.permissions import Permission, require
from assessments.actions import cin_plan as actions
from assessments.actions import cin_review as review_actions
from assessments.forms import cin_plan as forms
from assessments.models import CinAction, CinGoal, CinPlan
from assessments.queries import cin_plan as queries
from assessments.queries.cin_plan import PlanPage
from cases.views.asking import ask, user_of
from lib.application_clock import now
from lib.words import list_of_names
from people.models import Person
from people.views.opening import closed, reader
from record import read_log
from record.errors import Refused
from record.once import once_only

FORM = "assessments/plan_form.html"
View = Callable[..., HttpResponse]


def page_of_plan(*methods: str, permission: Permission) -> Callable[[View], View]:
    """Open a page of one plan: `view(request, page, ...)` with what the plan's page shows."""

    def decorate(view: View) -> View:
        @wraps(view)
        @login_required
        @require_http_methods(list(methods))
        def opened(request: HttpRequest, pk: UUID, **rest: Any) -> HttpResponse:
            user = user_of(request)
            require(user, Permission.CIN_PLAN_READ)
            try:
                page = queries.plan_page(by=user, plan_id=pk, at=now())
            except CinPlan.DoesNotExist:
                raise Http404("There is no such plan.") from None
            require(user, permission)
            return view(request, page, **rest)

        return opened

    return decorate


def _plan(page: PlanPage) -> str:
    return reverse("assessments:cin_plan", args=[page.plan.pk])


def _asked(request: HttpRequest, page: PlanPage, **given: Any) -> HttpResponse:
    """A page of the plan that asks one thing."""
    context = {"page": page, "back": _plan(page), **given.pop("context", {})}
    return ask(
        request,
        then=_plan(page),
        template=given.pop("template", FORM),
        context=context,
        children=page.child_ids,
        subject_kind="cin_plan",
        **given,
    )


@login_required
@require_http_methods(["GET", "POST"])
def start(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Begin a plan from a child's page: which children of the household is it for."""
    user = reader(request)
    person = Person.objects.visible_to(user).filter(pk=pk).first()
    if person is None:
        return closed(request, pk)
    require(user, Permission.CIN_PLAN_WRITE)
    rows = queries.children_to_plan(by=user, person=person, at=now())
    choices = [(str(row.child_id), row.heading) for row in rows if not row.why_not]
    return ask(
        request,
        make=lambda typed: [forms.StartForm(typed, choices=choices)],
        act=lambda given: actions.start_plan(
            by=user,
            at=now(),
            child_ids=given[0].child_ids(),
            token=given[0].cleaned_data["token"],
        ),
        said="The plan is begun. Write what each child needs, and what needs to change.",
        then=lambda plan: reverse("assessments:cin_plan", args=[plan.pk]),
        template="assessments/cin_plan_start.html",
        context={"person": person, "rows": rows, "back": reverse("cases:child", args=[pk])},
        place="assessments:cin_plan_start",
        children=[row.child_id for row in rows if not row.is_restricted],
        subject_kind="person",
        subject_id=person.pk,
    )


@page_of_plan("GET", permission=Permission.CIN_PLAN_READ)
def plan(request: HttpRequest, page: PlanPage) -> HttpResponse:
    """The plan: what each child needs, what must change, how it goes."""
    read_log.shown(
        request,
        place="assessments:cin_plan",
        children=page.child_ids,
        subject_kind="cin_plan",
        subject_id=page.plan.pk,
    )
    return render(request, "assessments/cin_plan.html", {"page": page, "plan": page.plan})


@page_of_plan("GET", "POST", permission=Permission.CIN_PLAN_WRITE)
def section(request: HttpRequest, page: PlanPage, child: UUID) -> HttpResponse:
    """One child's section."""
    user = user_of(request)
    shown = next((one for one in page.sections if one.section.child_id == child), None)
    if shown is None:
        raise Http404("This child is not in the plan.")
    row = shown.section
    stands = {
        "read_version": row.version,
        "needs": row.needs,
        "view": row.view,
        "safety": row.safety,
    }

    def make(typed: QueryDict | None) -> list[Any]:
        return [forms.SectionForm(typed, name=row.child.given_name or shown.name, initial=stands)]

    return _asked(
        request,
        page,
        make=make,
        act=lambda given: actions.write_section(
            by=user, at=now(), plan_id=page.plan.pk, child_id=child, **_read(given[0])
        ),
        said=f"Kept for {shown.name}.",
        place="assessments:cin_section",
        subject_id=row.pk,
        draft="cin-section",
        context={
            "heading": f"What {shown.name} needs",
            "caption": f"Child in need plan for {page.names}",
            "lead": "Written for this child alone. Nothing is carried over from a brother or"
            " sister.",
            "button": "Keep this section",
        },
    )


def _read(form: Any) -> dict[str, Any]:
    """What was typed, with the version that the page showed."""
    said = dict(form.cleaned_data)
    said["version"] = said.pop("read_version")
    return said


def _goal(request: HttpRequest, page: PlanPage, goal: CinGoal | None) -> HttpResponse:
    user = user_of(request)
    choices = [(str(one.section.child_id), one.name) for one in page.sections]
    stands: dict[str, Any] = {"read_version": 0}
    steps: list[dict[str, Any]] = []
    if goal is not None:
        stands = {
            "read_version": goal.version,
            "change": goal.change,
            "measure": goal.measure,
            "child": str(goal.child_id) if goal.child_id else "family",
        }
        steps = list(goal.actions.filter(taken_out_at=None).values("id", "what", "who", "by_on"))

    def make(typed: QueryDict | None) -> list[Any]:
        return [
            forms.GoalForm(typed, choices=choices, initial=stands),
            forms.StepSet(typed, prefix="step", initial=steps),
        ]

    def act(given: list[Any]) -> Any:
        form, rows = given
        return once_only(
            by=user,
            token=form.cleaned_data["token"],
            action="assessments.write_goal",
            act=lambda: actions.write_goal(
                by=user,
                at=now(),
                plan_id=page.plan.pk,
                change=form.cleaned_data["change"],
                measure=form.cleaned_data["measure"],
                child_id=form.child_id(),
                steps=rows.steps(),
                goal_id=goal.pk if goal else None,
                version=form.cleaned_data["read_version"],
            ),
        )

    return _asked(
        request,
        page,
        make=make,
        act=act,
        said="Goal kept.",
        template="assessments/cin_goal.html",
        place="assessments:cin_goal",
        subject_id=goal.pk if goal else page.plan.pk,
        draft="cin-goal",
        context={"goal": goal},
    )


@page_of_plan("GET", "POST", permission=Permission.CIN_PLAN_WRITE)
def goal_new(request: HttpRequest, page: PlanPage) -> HttpResponse:
    """One more goal."""
    return _goal(request, page, None)


@page_of_plan("GET", "POST", permission=Permission.CIN_PLAN_WRITE)
def goal(request: HttpRequest, page: PlanPage, goal: UUID) -> HttpResponse:
    """Change a goal while the plan may be written in."""
    return _goal(request, page, _a_goal(page, goal))


def _a_goal(page: PlanPage, goal_id: UUID) -> CinGoal:
    found = next((one.goal for one in page.goals if one.goal.pk == goal_id), None)
    if found is None:
        raise Http404("This goal is not in the plan.")
    return found


@page_of_plan("GET", "POST", permission=Permission.CIN_PLAN_WRITE)
def goal_take_out(request: HttpRequest, page: PlanPage, goal: UUID) -> HttpResponse:
    """Take a goal out, with the reason."""
    user, found = user_of(request), _a_goal(page, goal)
    return _asked(
        request,
        page,
        make=lambda typed: [forms.TakeOutForm(typed)],
        act=lambda given: actions.take_out_goal(
            by=user, at=now(), plan_id=page.plan.pk, goal_id=goal, **given[0].cleaned_data
        ),
        said="The goal is taken out. It stays on the record with your reason.",
        place="assessments:cin_goal_take_out",
        subject_id=goal,
        context={
            "heading": f"Take out goal {found.number}",
            "caption": f"Child in need plan for {page.names}",
            "lead": found.change,
            "button": "Take out",
        },
    )


@page_of_plan("GET", "POST", permission=Permission.CIN_PLAN_WRITE)
def details(request: HttpRequest, page: PlanPage) -> HttpResponse:
    """Visits, contingency, the family's view, the next meeting."""
    user = user_of(request)
    names = "visit_every contingency agreement family_view shared_on next_meeting_on".split()
    stands = {name: getattr(page.plan, name) for name in names}
    stands["read_version"] = page.plan.version
    return _asked(
        request,
        page,
        make=lambda typed: [forms.DetailsForm(typed, initial=stands)],
        act=lambda given: actions.write_details(
            by=user, at=now(), plan_id=page.plan.pk, **_read(given[0])
        ),
        said="Kept.",
        place="assessments:cin_details",
        subject_id=page.plan.pk,
        draft="cin-details",
        context={
            "heading": "Visits, dates and what the family says",
            "caption": f"Child in need plan for {page.names}",
            "button": "Keep",
        },
    )


@page_of_plan("POST", permission=Permission.CIN_PLAN_WRITE)
def send(request: HttpRequest, page: PlanPage) -> HttpResponse:
    """Give the draft to the manager."""
    try:
        actions.send_for_approval(by=user_of(request), at=now(), plan_id=page.plan.pk)
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, "Sent. The manager has been told, and answers here.")
    return redirect(_plan(page))


@page_of_plan("GET", "POST", permission=Permission.CIN_PLAN_APPROVE)
def answer(request: HttpRequest, page: PlanPage) -> HttpResponse:
    """Approve a plan that somebody else wrote, or send it back."""
    user = user_of(request)

    def act(given: list[Any]) -> Any:
        said = given[0].cleaned_data
        if said["answer"] == "approve":
            return actions.approve_plan(by=user, at=now(), plan_id=page.plan.pk, why=said["why"])
        return actions.return_plan(by=user, at=now(), plan_id=page.plan.pk, because=said["why"])

    return _asked(
        request,
        page,
        make=lambda typed: [forms.AnswerPlanForm(typed)],
        act=act,
        said=lambda made: (
            "The plan runs from today. Its writer has been told."
            if made.approved_at
            else "Sent back. Its writer has been told what is missing."
        ),
        place="assessments:cin_answer",
        subject_id=page.plan.pk,
        draft="cin-answer",
        context={
            "heading": f"Approve the plan for {page.names}",
            "caption": "Child in need plan",
            "button": "Record decision",
            "happens": [
                f"The plan runs from today for {page.names}",
                f"Each child is seen at least every {page.plan.visit_every} working days",
                "The first review is due within 30 working days",
            ],
        },
    )


@page_of_plan("GET", "POST", permission=Permission.CIN_PLAN_WRITE)
def first_meeting(request: HttpRequest, page: PlanPage) -> HttpResponse:
    """Record the first meeting of family and agencies."""
    user = user_of(request)
    return _asked(
        request,
        page,
        make=lambda typed: [forms.MeetingForm(typed)],
        act=lambda given: review_actions.record_first_meeting(
            by=user, plan_id=page.plan.pk, **given[0].cleaned_data
        ),
        said="The first meeting is recorded.",
        place="assessments:cin_first_meeting",
        subject_id=page.plan.pk,
        draft="cin-first-meeting",
        context={
            "heading": "Record the first meeting",
            "caption": f"Child in need plan for {page.names}",
            "button": "Record meeting",
        },
    )


@page_of_plan("GET", "POST", permission=Permission.CIN_PLAN_WRITE)
def review(request: HttpRequest, page: PlanPage) -> HttpResponse:
    """Record a review, goal by goal."""
    user = user_of(request)
    goals = [one.goal for one in page.goals]
    steps: list[CinAction] = [
        step for one in page.goals for step in one.steps if step.is_done is None
    ]

    def act(given: list[Any]) -> Any:
        form = given[0]
        said = form.cleaned_data
        return review_actions.record_review(
            by=user,
            at=said["at"],
            plan_id=page.plan.pk,
            attended=said["attended"],
            summary=said["summary"],
            family_view=said["family_view"],
            progress=form.progress(),
            steps=form.step_answers(),
            decision=said["decision"],
            why=said["why"],
            next_on=said["next_on"],
            token=said["token"],
        )

    return _asked(
        request,
        page,
        make=lambda typed: [forms.ReviewForm(typed, goals=goals, steps=steps)],
        act=act,
        said="The review is recorded and waits for the manager. Until then the plan can be changed"
        " as the review decided.",
        template="assessments/cin_review.html",
        place="assessments:cin_review",
        subject_id=page.plan.pk,
        draft="cin-review",
    )


@page_of_plan("GET", "POST", permission=Permission.CIN_PLAN_APPROVE)
def confirm(request: HttpRequest, page: PlanPage) -> HttpResponse:
    """Confirm a review that somebody else recorded, or send it back."""
    user = user_of(request)
    return _asked(
        request,
        page,
        make=lambda typed: [forms.ConfirmForm(typed)],
        act=lambda given: review_actions.confirm_review(
            by=user,
            at=now(),
            plan_id=page.plan.pk,
            is_confirmed=given[0].cleaned_data["answer"] == "confirm",
            note=given[0].cleaned_data["note"],
        ),
        said=lambda meeting: (
            "The review is confirmed." if meeting.confirmed_at else "Sent back to its writer."
        ),
        template="assessments/cin_confirm.html",
        place="assessments:cin_confirm",
        subject_id=page.plan.pk,
    )


@page_of_plan("GET", "POST", permission=Permission.CIN_DRIFT_CHECK)
def drift(request: HttpRequest, page: PlanPage) -> HttpResponse:
    """Ask whether a plan that has run long still changes anything."""
    user = user_of(request)
    done = {check.months for check in page.drift_checks}
    months = page.drift_due or [each for each in (6, 9, 12) if each not in done]

    def act(given: list[Any]) -> Any:
        said = given[0].cleaned_data
        return review_actions.check_drift(
            by=user,
            at=now(),
            plan_id=page.plan.pk,
            months=int(said["months"]),
            changed=said["changed"],
            decision=said["decision"],
            why=said["why"],
        )

    return _asked(
        request,
        page,
        make=lambda typed: [forms.DriftForm(typed, months=months)],
        act=act,
        said="The check is recorded.",
        place="assessments:cin_drift",
        subject_id=page.plan.pk,
        draft="cin-drift",
        context={
            "heading": "Does this plan still change anything?",
            "caption": f"Child in need plan for {page.names}",
            "lead": "The manager asks at 6 months, a head of service at 9 and 12.",
            "button": "Record check",
        },
    )


@page_of_plan("GET", "POST", permission=Permission.CIN_PLAN_APPROVE)
def end(request: HttpRequest, page: PlanPage) -> HttpResponse:
    """End the plan for some of its children, or all."""
    user = user_of(request)
    choices = [(str(one.section.child_id), one.heading) for one in page.sections]

    def said(plan: CinPlan) -> str:
        ended = plan.children.filter(is_open=False).values_list("child_id", flat=True)
        names = [one.name for one in page.sections if one.section.child_id in set(ended)]
        return f"The plan is ended for {list_of_names(names)}."

    return _asked(
        request,
        page,
        make=lambda typed: [forms.EndForm(typed, choices=choices)],
        act=lambda given: actions.end_plan(
            by=user,
            at=now(),
            plan_id=page.plan.pk,
            child_ids=[UUID(child) for child in given[0].cleaned_data["children"]],
            ending=given[0].cleaned_data["ending"],
            why=given[0].cleaned_data["why"],
        ),
        said=said,
        place="assessments:cin_end",
        subject_id=page.plan.pk,
        draft="cin-end",
        context={
            "heading": "End the child in need plan",
            "caption": page.names,
            "lead": "To step down, offer the family to early help: the plan ends when help has"
            " started. With a child protection plan it ends by itself.",
            "button": "End the plan",
            "happens": [
                "The plan ends today for the children you tick",
                "Their referral stays open until you close it",
            ],
        },
    )


@page_of_plan("GET", "POST", permission=Permission.CIN_PLAN_WRITE)
def give_up(request: HttpRequest, page: PlanPage) -> HttpResponse:
    """End a draft that is not needed."""
    user = user_of(request)
    return _asked(
        request,
        page,
        make=lambda typed: [forms.GiveUpForm(typed)],
        act=lambda given: actions.give_up_draft(
            by=user, at=now(), plan_id=page.plan.pk, **given[0].cleaned_data
        ),
        said="The draft is ended. It stays on the record with your reason.",
        place="assessments:cin_give_up",
        subject_id=page.plan.pk,
        context={
            "heading": "This plan is not needed",
            "caption": f"Draft of a child in need plan for {page.names}",
            "button": "End the draft",
        },
    )
