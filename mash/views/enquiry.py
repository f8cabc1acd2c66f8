"""A MASH enquiry: opened, agencies asked and answered for, analysed, escalated at any moment."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.permissions import Permission, require
from cases.choices import Level
from cases.models import Contact
from lib import words
from lib.application_clock import now
from lib.text import is_nearly_same_text
from lib.working_days import london_date
from mash import actions
from mash.actions.enquiry import FINAL
from mash.forms import enquiry as forms
from mash.models import AgencyCheck, Analysis, Enquiry
from mash.queries import contact as contact_queries
from mash.queries import enquiry as queries
from mash.queries.strategy import agencies as strategy_agencies
from mash.queries.strategy import own_parts
from mash.views.doors import (
    as_choices,
    children_of,
    contact_for,
    form_page,
    leave,
    page,
    user_of,
)
from people.queries import age, children_of_households
from record import drafted, read_log
from record.errors import Refused
from record.once import AlreadyRecorded, once_only

SAME_WORDS = ("harm", "likelihood", "protective")


@page("GET", "POST")
def open_enquiry(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Open a red enquiry before the manager's decision."""
    user = user_of(request)
    require(user, Permission.ENQUIRY_OPEN)
    found = contact_for(user, pk)
    form = forms.OpenForm(request.POST if request.method == "POST" else None)
    return form_page(
        request,
        found,
        form,
        title="Open a MASH enquiry",
        lead="A red enquiry opens at once. The contact stays on the board until a manager decides.",
        act=lambda: actions.open_enquiry(
            by=user, at=now(), contact_id=found.pk, question=form.cleaned_data["question"]
        ),
        done="The enquiry is open. Ask the agencies that may know.",
        button="Open the enquiry",
        anchor="checks",
    )


def _enquiry(request: HttpRequest, pk: UUID, permission: Permission) -> tuple[Any, Contact, Any]:
    user = user_of(request)
    require(user, permission)
    enquiry = get_object_or_404(Enquiry, pk=pk)
    return user, contact_for(user, enquiry.contact_id), enquiry


def _check(request: HttpRequest, pk: UUID, permission: Permission) -> tuple[Any, Contact, Any]:
    user = user_of(request)
    require(user, permission)
    check = get_object_or_404(AgencyCheck.objects.select_related("enquiry", "agency"), pk=pk)
    return user, contact_for(user, check.enquiry.contact_id), check


@page("GET", "POST")
def ask_agencies(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask several agencies, each with why; the time they have is said beforehand."""
    user, found, enquiry = _enquiry(request, pk, Permission.CHECK_REQUEST)
    form = forms.AskForm(
        request.POST if request.method == "POST" else None,
        agencies=queries.agencies_to_ask(enquiry=enquiry),
        children=as_choices(children_of(user, found)),
    )
    consent = contact_queries.position(contact_id=found.pk)
    due = queries.due_if_asked(contact=found, at=now())
    until = words.moment_words(due, now=now())
    rag = found.get_rag_display().lower() if found.rag else "not rated"

    def ask() -> Enquiry:
        with transaction.atomic():
            moment = now()
            for agency_id, why in form.asked():
                actions.ask_agency(
                    by=user,
                    at=moment,
                    enquiry_id=enquiry.pk,
                    agency_id=agency_id,
                    why=why,
                    child_ids=form.about(),
                )
        return enquiry

    return form_page(
        request,
        found,
        form,
        title="Ask agencies what they know",
        lead=f"Urgency is {rag}: whoever is asked now answers by {until}.",
        act=ask,
        done=lambda _row: (
            f"{words.plural(len(form.asked()), 'agency', 'agencies')} asked. "
            f"{words.due_words(due, now=now())}."
        ),
        button="Ask these agencies",
        anchor="checks",
        template="mash/enquiry_ask.html",
        more={
            "may_ask": contact_queries.may_ask_agencies(consent),
            "consent": consent,
            "question": enquiry.question,
        },
    )


@page("GET", "POST")
def check_answer(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Key in what an agency answered by phone or letter."""
    user, found, check = _check(request, pk, Permission.CHECK_REQUEST)
    form = forms.AnswerForm(
        request.POST if request.method == "POST" else None, initial={"at": now()}
    )
    return form_page(
        request,
        found,
        form,
        title=f"Record an answer from {check.agency.name}",
        lead=f"Asked {words.moment_words(check.asked_at, now=now())}: {check.why}",
        act=lambda: actions.answer_check(by=user, check_id=check.pk, **form.answer()),
        done=f"The answer from {check.agency.name} is recorded.",
        button="Record the answer",
        anchor="checks",
    )


@page("POST")
def check_acknowledge(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Note that the agency has seen the question."""
    user, found, check = _check(request, pk, Permission.CHECK_REQUEST)
    try:
        actions.acknowledge_check(by=user, at=now(), check_id=check.pk)
    except Refused as refused:
        messages.warning(request, str(refused))
    else:
        messages.success(request, f"{check.agency.name} has seen the question.")
    return redirect(f"{reverse('mash:contact', args=[found.pk])}#checks")


@page("GET", "POST")
def check_chase(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Remind an agency."""
    user, found, check = _check(request, pk, Permission.CHECK_REQUEST)
    form = forms.ChaseForm(request.POST if request.method == "POST" else None)
    return form_page(
        request,
        found,
        form,
        title=f"Remind {check.agency.name}",
        lead=f"{words.due_words(check.due_at, now=now())}. Where we have their e-mail address a"
        " reminder is sent as well; it names nobody.",
        act=lambda: actions.chase(
            by=user, at=now(), check_id=check.pk, how=form.cleaned_data["how"]
        ),
        done=f"The reminder to {check.agency.name} is recorded.",
        button="Record the reminder",
        anchor="checks",
    )


@page("GET", "POST")
def check_waive(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A manager goes on without an answer, and says why that is safe."""
    user, found, check = _check(request, pk, Permission.CHECK_WAIVE)
    form = forms.WaiveForm(request.POST if request.method == "POST" else None)
    return form_page(
        request,
        found,
        form,
        title=f"Go on without {check.agency.name}",
        act=lambda: actions.waive_check(
            by=user, at=now(), check_id=check.pk, because=form.cleaned_data["because"]
        ),
        done=f"Going on without {check.agency.name} is recorded.",
        button="Go on without it",
        anchor="checks",
    )


@page("GET", "POST")
def finish_checks(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Go from asking to analysing."""
    user, found, enquiry = _enquiry(request, pk, Permission.ANALYSIS_WRITE)
    waiting = list(
        enquiry.checks.exclude(state__in=FINAL)
        .order_by("agency__name", "pk")
        .values_list("agency__name", flat=True)
    )
    form = forms.FinishForm(request.POST if request.method == "POST" else None, waiting=waiting)
    lead = "Every agency has answered."
    if waiting:
        lead = f"Not answered yet: {words.list_of_names(waiting, shown=len(waiting))}."
    return form_page(
        request,
        found,
        form,
        title="Go on to the analysis",
        lead=lead,
        act=lambda: actions.finish_checks(
            by=user,
            at=now(),
            enquiry_id=enquiry.pk,
            went_on_without=form.cleaned_data.get("went_on_without", ""),
        ),
        done="Write an analysis for each child.",
        button="Go on to the analysis",
        anchor="analysis",
    )


@page("POST")
def put_before_manager(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Send an analysed enquiry to the manager."""
    user, found, enquiry = _enquiry(request, pk, Permission.ANALYSIS_WRITE)
    try:
        actions.put_before_manager(by=user, at=now(), enquiry_id=enquiry.pk)
    except Refused as refused:
        messages.warning(request, str(refused))
    else:
        messages.success(request, "It is before the manager.")
    return redirect("mash:contact", pk=found.pk)


@page("GET", "POST")
def analyse(request: HttpRequest, pk: UUID, child: UUID) -> HttpResponse:
    """What it all means for one child; every box starts empty."""
    user = user_of(request)
    require(user, Permission.ANALYSIS_WRITE)
    found = contact_for(user, pk)
    children = children_of(user, found)
    person = next((each for each in children if each.pk == child), None)
    if person is None:
        raise Http404("This child is not on the contact.")
    form = forms.AnalysisForm(request.POST if request.method == "POST" else None)
    others = queries.analyses_of_others(by=user, contact=found, child_id=child)

    def write() -> Analysis:
        given = form.given()
        given["recommended_level"] = Level(given["recommended_level"])
        return actions.analyse(by=user, at=now(), contact_id=found.pk, child_id=child, **given)

    def done(row: Analysis) -> str:
        said = f"The analysis for {person.name} is recorded."
        if same := _same_words(row, others):
            said += (
                f" Check: same words as for {same}. Say what it means for {person.name} in another"
                " analysis, or leave it as it is."
            )
        return said

    return form_page(
        request,
        found,
        form,
        title=f"Analysis for {person.name}",
        lead=f"{person.name}, {age(person, on=london_date(now()))}. Write about this child; nothing"
        " is carried over from a brother or sister.",
        act=write,
        done=done,
        button="Record the analysis",
        anchor="analysis",
        template="mash/enquiry_analyse.html",
        more={
            "last": queries.last_analysis(contact=found, child_id=child),
            "answers": [
                (check.agency, answer)
                for check in contact_queries.checks_of(by=user, contact=found, at=now())
                for answer in check.answers
            ],
            "others": [
                (each, reverse("mash:analyse", args=[found.pk, each.pk]))
                for each in children
                if each.pk != child
            ],
        },
    )


def _same_words(row: Analysis, others: list[Analysis]) -> str:
    """Name a child whose latest analysis says the same; a check, never an error."""
    for other in others:
        for name in SAME_WORDS:
            if is_nearly_same_text(getattr(row, name), getattr(other, name)):
                return str(other.child.name)
    return ""


@page("GET", "POST")
def strategy(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Call a strategy discussion now, whatever else is unfinished."""
    user = user_of(request)
    require(user, Permission.STRATEGY_CALL)
    found = contact_for(user, pk)
    named = [child.pk for child in children_of(user, found)]
    on = london_date(now())
    family = [
        child
        for child in children_of_households(by=user, person_ids=named, on=on)
        if child.person is not None
    ]
    form = forms.StrategyForm(
        request.POST if request.method == "POST" else None,
        children=[
            (str(child.person_id), f"{child.name}, {age(child.person, on=on)}")
            for child in family
            if child.person is not None
        ],
        chairs=queries.chairs(at=now()),
        agencies=strategy_agencies(),
    )
    return form_page(
        request,
        found,
        form,
        title="Call a strategy discussion",
        lead="It goes on its chair’s list at once. Nothing else has to be finished first.",
        act=lambda: actions.call_strategy_discussion(
            by=user,
            at=now(),
            contact_id=found.pk,
            child_ids=form.about(),
            reason=form.cleaned_data["reason"],
            is_same_day=form.cleaned_data["is_same_day"],
            chair_id=UUID(form.cleaned_data["chair"]),
            requested_by_id=form.asked_for_by(),
        ),
        done=lambda row: (
            f"The strategy discussion is on {words.possessive(row.chair.full_name)} list."
            f" {words.due_words(row.due_at, now=now())}."
        ),
        button="Call the discussion",
    )


# Partner agencies --------------------------------------------------------------------------------


@login_required
@require_GET
def agency_checks(request: HttpRequest) -> HttpResponse:
    """The questions put to one's own agency."""
    checks = queries.own_checks(by=user_of(request), at=now())
    discussions = own_parts(by=user_of(request))
    read_log.shown(
        request,
        place="mash:agency_checks",
        kind="list",
        person_ids=[
            *(child_id for check in checks for child_id in check.child_ids),
            *(child_id for each in discussions for child_id in each.child_ids),
        ],
    )
    return render(
        request,
        "mash/enquiry_agency_checks.html",
        {
            "open": [check for check in checks if check.is_open],
            "answered": [check for check in checks if not check.is_open],
            "discussions": discussions,
        },
    )


@login_required
@require_http_methods(["GET", "POST"])
def agency_check(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One question to one's own agency, and the answer."""
    user = user_of(request)
    try:
        check = queries.own_check(by=user, check_id=pk, at=now())
    except AgencyCheck.DoesNotExist:
        raise Http404("There is no such question.") from None
    form = forms.OwnAnswerForm(
        request.POST if request.method == "POST" else None,
        initial={"author": ", ".join(part for part in (user.full_name, user.job_title) if part)},
    )
    kept = drafted.attach(request, form)
    if kept.is_left:
        return leave(request, kept, reverse("mash:agency_checks"))
    if request.method == "POST" and form.is_valid():
        try:
            once_only(
                by=user,
                token=form.cleaned_data["token"],
                action="mash:agency_check",
                act=lambda: actions.answer_own_check(
                    by=user, at=now(), check_id=pk, **form.answer()
                ),
            )
        except AlreadyRecorded:
            kept.recorded()
            return redirect("mash:agency_checks")
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            kept.recorded()
            messages.success(request, "Your answer is recorded. Thank you.")
            return redirect("mash:agency_checks")
    kept.keep()
    read_log.shown(
        request,
        place="mash:agency_check",
        children=check.child_ids,
        subject_kind="agency_check",
        subject_id=pk,
    )
    return render(
        request,
        "mash/enquiry_agency_check.html",
        {
            "check": check,
            "form": form,
            "crumbs": [("Agency answers", reverse("mash:agency_checks"))],
        },
    )


@login_required
@require_POST
def agency_check_seen(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Say that one's own agency has seen the question."""
    try:
        actions.acknowledge_own_check(by=user_of(request), at=now(), check_id=pk)
    except AgencyCheck.DoesNotExist:
        raise Http404("There is no such question.") from None
    except Refused as refused:
        messages.warning(request, str(refused))
    else:
        messages.success(request, "Noted that you have seen the question.")
    return redirect("mash:agency_check", pk=pk)
