"""Recording conferences, and the pages of a child protection plan."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.permissions import Permission, require
from assessments.actions import protection as actions
from assessments.actions import transfer_in
from assessments.forms import protection as forms
from assessments.models import BookingChild, Conference, ProtectionPlan
from assessments.queries import protection as queries
from assessments.queries.protection import PlanPage
from assessments.queries.section_47 import EnquiryPage
from assessments.views.booking import not_in_it
from assessments.views.section_47 import page_of_enquiry
from cases.views.asking import ask, user_of
from lib import words
from lib.application_clock import now
from lib.working_days import london_date
from people.models import Person
from people.views.opening import closed, reader
from record import read_log
from record.errors import NotWhole, Refused

FORM = "assessments/conference.html"
View = Callable[..., HttpResponse]


def page_of_plan(*methods: str, permission: Permission) -> Callable[[View], View]:
    """Open a page of one plan: `view(request, page, ...)` with what the plan's page shows.

    A restricted child gives the page that says whom to ring.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        @login_required
        @require_http_methods(list(methods))
        def opened(request: HttpRequest, pk: UUID) -> HttpResponse:
            user = user_of(request)
            require(user, Permission.S47_READ)
            try:
                page = queries.plan_page(by=user, plan_id=pk, at=now())
            except ProtectionPlan.DoesNotExist:
                known = ProtectionPlan.objects.filter(pk=pk).first()
                if known is None:
                    raise Http404("There is no such plan.") from None
                return closed(request, known.child_id)
            require(user, permission)
            return view(request, page)

        return opened

    return decorate


def _agencies(typed: QueryDict | None) -> Any:
    """The rows of agencies; none when nothing was sent of them."""
    if typed is not None and "agency-TOTAL_FORMS" not in typed:
        typed = typed.copy()
        typed["agency-TOTAL_FORMS"] = typed["agency-INITIAL_FORMS"] = "0"
    return forms.AgencySet(typed, prefix="agency", form_kwargs={"agencies": queries.agencies()})


def _recorded(conference: Conference) -> str:
    """What a conference that was recorded led to."""
    planned = [plan.child.name for plan in conference.plans.select_related("child")]
    if not planned:
        return "The conference is recorded: no child protection plan. Workers have been told."
    names = words.list_of_names(sorted(planned), shown=len(planned))
    return f"The conference is recorded. A child protection plan runs for {names} from its date."


def _each_said(act: Callable[[Any, list[Any]], Any], given: list[Any]) -> Any:
    """Do it; what is missing is said at each question of the child it is about."""
    form, agencies, rows = given[0], given[1], given[2:]
    try:
        return act({**form.cleaned_data, "agencies": agencies.there()}, rows)
    except NotWhole as refused:
        for field, sentence in refused.problems:
            row = next((each for each in rows if field.startswith(f"{each.prefix}-")), form)
            name = field.removeprefix(f"{row.prefix}-") if row.prefix else field
            row.add_error(name if name in row.fields else None, sentence)
        raise Refused("This is not recorded yet. Each child has to be answered for.") from None


@page_of_enquiry("GET", "POST", permission=Permission.CONFERENCE_RECORD)
def conference(request: HttpRequest, page: EnquiryPage) -> HttpResponse:
    """Record an initial conference: every child of the family who waits for one."""
    user, moment = user_of(request), now()
    enquiries = actions.awaited_with(child_ids=[page.enquiry.child_id], by=user, at=moment) or [
        page.enquiry
    ]
    late = queries.late(subject_ids=[each.pk for each in enquiries], rules=["S47-ICPC"], at=moment)
    codes = queries.categories(on=london_date(moment))
    booked = page.booked.booking if page.booked else None
    shared = dict(
        BookingChild.objects.filter(enquiry__in=enquiries, ended_at__isnull=True).values_list(
            "enquiry_id", "shared_on"
        )
    )
    initial: dict[str, Any] = {"chair": booked.chair} if booked else {}
    if booked and booked.starts_at <= moment:
        initial["at"] = booked.starts_at
    unusable = actions.unusable({each.child_id: each.child for each in enquiries}, at=moment)
    back = reverse("assessments:section_47", args=[page.enquiry.pk])

    def make(typed: QueryDict | None) -> list[Any]:
        return [
            forms.MeetingForm(typed, initial=initial),
            _agencies(typed),
            *(
                forms.ConferenceChildForm(
                    typed,
                    initial={"shared_on": shared.get(each.pk)},
                    subject_id=each.pk,
                    name=each.child.name,
                    categories=codes,
                    asks_late=each.pk in late,
                )
                for each in enquiries
            ),
        ]

    def act(said: dict[str, Any], rows: list[Any]) -> Any:
        return actions.record_conference(by=user, lines=[row.line() for row in rows], **said)

    names = words.list_of_names([each.child.name for each in enquiries])
    return ask(
        request,
        make=make,
        act=lambda given: _each_said(act, given),
        said=_recorded,
        then=back,
        template=FORM,
        context={
            "heading": f"Record the initial conference about {names}",
            "caption": "Section 47 enquiry",
            "back": back,
            "back_words": "Section 47 enquiry",
            "button": "Record the conference",
            "lead": not_in_it(page),
            "unusable": unusable,
            "happens": [
                "A child protection plan runs from the date of the conference",
                "A child in need plan of the same child ends with it",
                "The core group meets within 10 working days, the first review within 3 months",
                "Each child with a plan is seen at least every 10 working days",
            ],
        },
        place="assessments:conference",
        children=[each.child_id for each in enquiries],
        subject_kind="section_47",
        subject_id=page.enquiry.pk,
        draft="conference",
    )


@login_required
@require_http_methods(["GET", "POST"])
def moved_in(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Record the conference that takes over another authority's plans, from a child's page."""
    user, moment = reader(request), now()
    person = Person.objects.visible_to(user).filter(pk=pk).first()
    if person is None:
        return closed(request, pk)
    require(user, Permission.CONFERENCE_RECORD)
    family = transfer_in.moved_in(by=user, person_id=pk, at=moment)
    codes = queries.categories(on=london_date(moment))
    back = reverse("cases:child", args=[pk])

    def make(typed: QueryDict | None) -> list[Any]:
        return [
            forms.MovedInForm(typed),
            _agencies(typed),
            *(
                forms.MovedInChildForm(
                    typed, subject_id=child_id, name=referral.child.name, categories=codes
                )
                for child_id, referral in family.items()
            ),
        ]

    def act(said: dict[str, Any], rows: list[Any]) -> Any:
        return transfer_in.record_transfer_in(
            by=user, person_id=pk, lines=[row.line() for row in rows], **said
        )

    names = words.list_of_names([row.child.name for row in family.values()]) or person.name
    return ask(
        request,
        make=make,
        act=lambda given: _each_said(act, given),
        said=_recorded,
        then=back,
        template="assessments/conference_moved_in.html",
        context={
            "heading": f"Record the transfer-in conference about {names}",
            "caption": "Moved here with another authority’s child protection plan",
            "lead": "" if family else f"{person.name} has no open referral here. Accept one first.",
            "back": back,
            "back_words": person.name,
            "button": "Record the conference",
            "happens": [
                "A child protection plan of ours runs from the date of the conference",
                "A child in need plan of the same child ends with it",
                "The core group meets within 10 working days, the first review within 3 months",
                "Each child with a plan is seen at least every 10 working days",
            ],
        },
        place="assessments:conference_moved_in",
        children=[pk, *(child_id for child_id in family if child_id != pk)],
        subject_kind="person",
        subject_id=pk,
        draft="conference-moved-in",
    )


@page_of_plan("GET", permission=Permission.S47_READ)
def plan(request: HttpRequest, page: PlanPage) -> HttpResponse:
    """The plan: what must change, who meets when, was the child seen, what was decided."""
    read_log.shown(
        request,
        place="assessments:protection_plan",
        children=page.child_ids,
        subject_kind="protection_plan",
        subject_id=page.plan.pk,
    )
    return render(
        request,
        "assessments/protection_plan.html",
        {
            "page": page,
            "plan": page.plan,
            "crumbs": [
                ("My work", reverse("cases:home")),
                (page.name, reverse("cases:child", args=[page.plan.child_id])),
            ],
        },
    )


def _of_plans(
    request: HttpRequest,
    page: PlanPage,
    *,
    heading: str,
    make: Callable[[QueryDict | None, Sequence[ProtectionPlan]], list[Any]],
    **given: Any,
) -> HttpResponse:
    """A page about the plans of a family that came of one conference."""
    plans = page.together
    back = reverse("assessments:protection_plan", args=[page.plan.pk])
    names = words.list_of_names([each.child.name for each in plans])
    return ask(
        request,
        make=lambda typed: make(typed, plans),
        then=back,
        context={
            "heading": f"{heading} {names}",
            "caption": "Child protection plan",
            "back": back,
            "back_words": "Child protection plan",
            **given.pop("context"),
        },
        template=FORM,
        children=[each.child_id for each in plans],
        subject_kind="protection_plan",
        subject_id=page.plan.pk,
        **given,
    )


@page_of_plan("GET", "POST", permission=Permission.S47_WORK)
def core_group(request: HttpRequest, page: PlanPage) -> HttpResponse:
    """Record a core group."""
    user = user_of(request)

    def act(said: dict[str, Any], rows: list[Any]) -> Any:
        return actions.record_core_group(by=user, lines=[row.line() for row in rows], **said)

    return _of_plans(
        request,
        page,
        heading="Record a core group about",
        make=lambda typed, plans: [
            forms.CoreGroupForm(typed),
            _agencies(typed),
            *(
                forms.CoreGroupChildForm(typed, subject_id=each.pk, name=each.child.name)
                for each in plans
            ),
        ],
        act=lambda given: _each_said(act, given),
        said="The core group is recorded. The next one is due within 30 working days.",
        context={"button": "Record the core group"},
        place="assessments:core_group",
        draft="core-group",
    )


@page_of_plan("GET", "POST", permission=Permission.CONFERENCE_RECORD)
def review(request: HttpRequest, page: PlanPage) -> HttpResponse:
    """Record a review conference: for each child the plan goes on, or ends."""
    user, moment = user_of(request), now()
    late = queries.late(
        subject_ids=[each.pk for each in page.together], rules=["RCPC-1", "RCPC-N"], at=moment
    )
    codes = queries.categories(on=london_date(moment))

    def act(said: dict[str, Any], rows: list[Any]) -> Any:
        return actions.record_review(by=user, lines=[row.line() for row in rows], **said)

    return _of_plans(
        request,
        page,
        heading="Record the review conference about",
        make=lambda typed, plans: [
            forms.MeetingForm(typed),
            _agencies(typed),
            *(
                forms.ReviewChildForm(
                    typed,
                    subject_id=each.pk,
                    name=each.child.name,
                    categories=codes,
                    asks_late=each.pk in late,
                    initial={"category": each.latest_category},
                )
                for each in plans
            ),
        ],
        act=lambda given: _each_said(act, given),
        said="The review conference is recorded.",
        context={
            "button": "Record the review",
            "happens": [
                "A plan that goes on is reviewed again within 6 months",
                "A plan that ends does so on the date of the conference. If help goes on, begin a"
                " child in need plan",
            ],
        },
        place="assessments:review_conference",
        draft="review-conference",
    )


@page_of_plan("GET", "POST", permission=Permission.CONFERENCE_RECORD)
def end(request: HttpRequest, page: PlanPage) -> HttpResponse:
    """End a plan that no conference needs to end."""
    user = user_of(request)
    back = reverse("assessments:protection_plan", args=[page.plan.pk])
    return ask(
        request,
        make=lambda typed: [forms.EndForm(typed)],
        act=lambda given: actions.end_without_conference(
            by=user, at=now(), plan_id=page.plan.pk, **given[0].cleaned_data
        ),
        said=f"{page.name}’s plan has ended.",
        then=back,
        template="assessments/plan_form.html",
        context={
            "heading": f"End {page.name}’s plan without a conference",
            "caption": "Child protection plan",
            "lead": "Any other ending is for a review conference.",
            "back": back,
            "back_words": "Child protection plan",
            "button": "End the plan",
        },
        place="assessments:protection_end",
        children=page.child_ids,
        subject_kind="protection_plan",
        subject_id=page.plan.pk,
    )
