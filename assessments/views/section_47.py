"""The pages of a section 47 enquiry."""

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
from assessments.actions import section_47 as actions
from assessments.forms import section_47 as forms
from assessments.models import Section47Enquiry
from assessments.queries import section_47 as queries
from assessments.queries.protection import agencies
from assessments.queries.section_47 import EnquiryPage
from cases.views.asking import ask, user_of
from lib import words
from lib.application_clock import now
from lib.working_days import london_date
from people.views.opening import closed
from record import read_log
from record.errors import Clash, Refused

FORM = "assessments/section_47_form.html"
View = Callable[..., HttpResponse]


def page_of_enquiry(*methods: str, permission: Permission) -> Callable[[View], View]:
    """Open a page of one enquiry: `view(request, page, ...)` with what the enquiry's page shows.

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
                page = queries.enquiry_page(by=user, enquiry_id=pk, at=now())
            except Section47Enquiry.DoesNotExist:
                known = Section47Enquiry.objects.filter(pk=pk).first()
                if known is None:
                    raise Http404("There is no such enquiry.") from None
                return closed(request, known.child_id)
            require(user, permission)
            return view(request, page)

        return opened

    return decorate


def _address(page: EnquiryPage) -> str:
    return reverse("assessments:section_47", args=[page.enquiry.pk])


def conference_by(page: EnquiryPage) -> str:
    """The day on which the 15 working days end."""
    return words.date_words(london_date(page.conference_due.due_at)) if page.conference_due else ""


def asked_of_enquiry(request: HttpRequest, page: EnquiryPage, **given: Any) -> HttpResponse:
    """A page of the enquiry that asks one thing."""
    given["context"].update(
        page=page,
        not_yours=_not_yours(page, given["place"]),
        back=_address(page),
        back_words="Section 47 enquiry",
        caption=f"Section 47 enquiry · {page.heading}",
    )
    return ask(
        request,
        then=_address(page),
        template=given.pop("template", FORM),
        children=page.child_ids,
        subject_kind="section_47",
        subject_id=page.enquiry.pk,
        **given,
    )


#: Pages on which the manager who answers for the child decides, and those of its workers.
DECIDED = {f"assessments:section_47_{what}" for what in ("lead", "send_back", "conclude", "cancel")}
DECIDED |= {"assessments:section_47_conference"}
WRITTEN = {f"assessments:section_47_{what}" for what in ("child", "family", "safety")}


def _not_yours(page: EnquiryPage, place: str) -> str:
    """Say before anything is typed that it would be refused: another team's child."""
    enquiry, holder = page.enquiry, page.holder
    if holder is None or not enquiry.is_open:
        return ""
    whose = f"{holder.manager.full_name} of {holder.team.name} answers for {page.name}"
    if place in DECIDED and not page.may_decide:
        return f"{whose}, so this is theirs to decide."
    if place in WRITTEN and enquiry.state in Section47Enquiry.WRITTEN_IN and not page.may_write:
        return f"{whose}, and the workers of that team write this."
    return ""


@page_of_enquiry("GET", permission=Permission.S47_READ)
def enquiry(request: HttpRequest, page: EnquiryPage) -> HttpResponse:
    """The enquiry: was the child seen, what was found, what keeps the child safe, what follows."""
    read_log.shown(
        request,
        place="assessments:section_47",
        children=page.child_ids,
        subject_kind="section_47",
        subject_id=page.enquiry.pk,
    )
    return render(
        request,
        "assessments/section_47.html",
        {
            "page": page,
            "enquiry": page.enquiry,
            "crumbs": [
                ("My work", reverse("cases:home")),
                (page.name, reverse("cases:child", args=[page.enquiry.child_id])),
            ],
        },
    )


def _written(
    request: HttpRequest,
    page: EnquiryPage,
    *,
    version: str,
    shown: list[tuple[str, str]],
    make: Callable[[QueryDict | None], list[Any]],
    act: Callable[[dict[str, Any], list[Any]], Any],
    **given: Any,
) -> HttpResponse:
    """A part of the enquiry that several may write: what somebody else wrote is shown beside it.

    :param version: the field of the enquiry that counts changes of this part
    :param shown: (label, words) that stand now
    """
    context = given["context"]
    stands = getattr(page.enquiry, version)

    def beside(form: Any) -> None:
        form.data = form.data.copy()
        form.data["read_version"] = str(stands)
        context["theirs"] = [(label, said) for label, said in shown if said]

    def made(typed: QueryDict | None) -> list[Any]:
        found = make(typed)
        if typed is not None and request.method == "GET":
            read = typed.get("read_version")
            if read != str(stands):
                beside(found[0])
        return found

    def acted(found: list[Any]) -> Any:
        said = dict(found[0].cleaned_data)
        said["version"] = said.pop("read_version")
        try:
            return act(said, found)
        except Clash:
            beside(found[0])
            raise

    return asked_of_enquiry(request, page, make=made, act=acted, **given)


@page_of_enquiry("GET", "POST", permission=Permission.S47_WORK)
def child(request: HttpRequest, page: EnquiryPage) -> HttpResponse:
    """What was found for this child, what the child says, what it means."""
    row, user = page.enquiry, user_of(request)
    name = row.child.given_name or page.name
    stands = {
        "read_version": row.child_version,
        "found": row.found,
        "child_view": row.child_view,
        "medical": row.medical,
        "analysis": row.analysis,
    }
    return _written(
        request,
        page,
        version="child_version",
        shown=[
            ("What was found", row.found),
            ("Says and shows", row.child_view),
            ("Medical", row.medical),
            ("What it means", row.analysis),
        ],
        make=lambda typed: [forms.ChildForm(typed, name=name, initial=stands)],
        act=lambda said, _given: actions.write_child(by=user, at=now(), enquiry_id=row.pk, **said),
        said=f"Kept for {page.name}.",
        place="assessments:section_47_child",
        draft="section-47-child",
        context={
            "heading": f"What was found for {page.name}",
            "lead": "Written for this child alone. Nothing is carried over from a brother or"
            " sister.",
            "button": "Keep this",
        },
    )


@page_of_enquiry("GET", "POST", permission=Permission.S47_WORK)
def family(request: HttpRequest, page: EnquiryPage) -> HttpResponse:
    """Parents, agencies, home: the same for the family."""
    row, user = page.enquiry, user_of(request)
    others = [(str(each.pk), each.child.name) for each in queries.to_fill(page)]
    stands = {
        "read_version": row.family_version,
        "parents_view": row.parents_view,
        "agencies_said": row.agencies_said,
        "home": row.home,
    }

    def act(said: dict[str, Any], given: list[Any]) -> Any:
        said.pop("also", None)
        return actions.write_family(
            by=user, at=now(), enquiry_id=row.pk, also=given[0].also_ids(), **said
        )

    return _written(
        request,
        page,
        version="family_version",
        shown=[
            ("Parents", row.parents_view),
            ("Agencies", row.agencies_said),
            ("Home", row.home),
        ],
        make=lambda typed: [forms.FamilyForm(typed, others=others, initial=stands)],
        act=act,
        said="Kept.",
        place="assessments:section_47_family",
        draft="section-47-family",
        context={"heading": "Parents, agencies and home", "button": "Keep this"},
    )


@page_of_enquiry("GET", "POST", permission=Permission.S47_WORK)
def safety(request: HttpRequest, page: EnquiryPage) -> HttpResponse:
    """The safety plan: what, who, when, and what makes it work tonight."""
    row, user = page.enquiry, user_of(request)
    stands = {"read_version": row.safety_version, "tonight": row.safety_tonight}
    steps = [
        {"id": step.pk, "what": step.what, "who": step.who, "when": step.when}
        for step in page.steps
    ]

    def act(said: dict[str, Any], given: list[Any]) -> Any:
        return actions.write_safety(
            by=user, at=now(), enquiry_id=row.pk, steps=given[1].steps(), **said
        )

    return _written(
        request,
        page,
        version="safety_version",
        shown=[
            *((f"{step.who}, {step.when}", step.what) for step in page.steps),
            ("Tonight", row.safety_tonight),
        ],
        make=lambda typed: [
            forms.SafetyForm(typed, initial=stands),
            forms.SafetyStepSet(typed, prefix="step", initial=steps),
        ],
        act=act,
        said="The safety plan is kept.",
        template="assessments/section_47_safety.html",
        place="assessments:section_47_safety",
        draft="section-47-safety",
        context={
            "heading": f"What keeps {page.name} safe",
            "lead": "It has to work tonight, without us in the house.",
            "button": "Keep the safety plan",
        },
    )


@page_of_enquiry("POST", permission=Permission.S47_WORK)
def send(request: HttpRequest, page: EnquiryPage) -> HttpResponse:
    """Put the enquiry to the manager."""
    try:
        actions.submit(by=user_of(request), at=now(), enquiry_id=page.enquiry.pk)
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, "Sent. The manager has been told, and decides here.")
    return redirect(_address(page))


@page_of_enquiry("GET", "POST", permission=Permission.S47_CONCLUDE)
def lead(request: HttpRequest, page: EnquiryPage) -> HttpResponse:
    """Name the social worker who leads the enquiry."""
    user, row = user_of(request), page.enquiry
    choices = queries.who_may_lead(enquiry=row, at=now())
    return asked_of_enquiry(
        request,
        page,
        make=lambda typed: [
            forms.LeadForm(typed, choices=choices, initial={"lead": str(row.lead_id or "")})
        ],
        act=lambda given: actions.name_lead(
            by=user, at=now(), enquiry_id=row.pk, lead_id=UUID(given[0].cleaned_data["lead"])
        ),
        said=lambda made: f"{made.lead.full_name} leads the enquiry and has been told.",
        place="assessments:section_47_lead",
        context={
            "heading": f"Who leads {page.name}’s enquiry",
            "lead": "A qualified social worker of the team that holds the child.",
            "button": "Name the lead",
        },
    )


@page_of_enquiry("GET", "POST", permission=Permission.S47_CONCLUDE)
def send_back(request: HttpRequest, page: EnquiryPage) -> HttpResponse:
    """Send the enquiry back with what is missing."""
    user, row = user_of(request), page.enquiry
    return asked_of_enquiry(
        request,
        page,
        make=lambda typed: [
            forms.WhyForm(typed, label="What is missing", missing="Say what is missing")
        ],
        act=lambda given: actions.send_back(
            by=user, at=now(), enquiry_id=row.pk, because=given[0].cleaned_data["because"]
        ),
        said="Sent back. Its writer has been told what is missing.",
        place="assessments:section_47_send_back",
        draft="section-47-back",
        context={
            "heading": f"Send {page.name}’s enquiry back",
            "lead": "Its clocks keep running.",
            "button": "Send it back",
        },
    )


@page_of_enquiry("GET", "POST", permission=Permission.S47_CONCLUDE)
def conclude(request: HttpRequest, page: EnquiryPage) -> HttpResponse:
    """Decide the outcome, what comes next, and whether a conference is needed."""
    user, row, moment = user_of(request), page.enquiry, now()
    asks_late = any(clock.rule == "S47-OUT" and clock.due_at < moment for clock in page.running)
    asks_unseen = not page.is_seen and not page.is_unborn
    return asked_of_enquiry(
        request,
        page,
        make=lambda typed: [
            forms.ConcludeForm(
                typed, asks_unseen=asks_unseen, asks_late=asks_late, agencies=agencies()
            )
        ],
        act=lambda given: actions.conclude(by=user, at=now(), enquiry_id=row.pk, **given[0].told()),
        said=lambda made: f"Concluded for {page.name}: {made.get_outcome_display().lower()}.",
        template="assessments/section_47_conclude.html",
        place="assessments:section_47_conclude",
        draft="section-47-conclude",
        context={
            "heading": f"Outcome for {page.name}",
            "button": "Record the outcome",
            "happens": [
                "The outcome and your reasons cannot be changed afterwards",
                f"A conference, if one is needed, is held by {conference_by(page)}",
                "Without a conference the enquiry is over",
                "Whoever wrote the enquiry is told",
            ],
        },
    )


@page_of_enquiry("GET", "POST", permission=Permission.S47_CONCLUDE)
def conference(request: HttpRequest, page: EnquiryPage) -> HttpResponse:
    """Say whether a conference is needed, after the enquiry is concluded."""
    user, row = user_of(request), page.enquiry
    return asked_of_enquiry(
        request,
        page,
        make=lambda typed: [forms.ConferenceForm(typed, agencies=agencies())],
        act=lambda given: actions.decide_conference(
            by=user, at=now(), enquiry_id=row.pk, **given[0].told()
        ),
        said="Recorded. Whoever wrote the enquiry has been told.",
        place="assessments:section_47_conference",
        draft="section-47-conference",
        context={
            "heading": f"Does {page.name} need a conference?",
            "button": "Record decision",
            "happens": [
                f"Required: the conference is held by {conference_by(page)}",
                "Not required: the enquiry is over",
            ],
        },
    )


@page_of_enquiry("GET", "POST", permission=Permission.S47_CONCLUDE)
def cancel(request: HttpRequest, page: EnquiryPage) -> HttpResponse:
    """Cancel an enquiry that was opened in error."""
    user, row = user_of(request), page.enquiry
    return asked_of_enquiry(
        request,
        page,
        make=lambda typed: [
            forms.WhyForm(
                typed,
                label="What went wrong when it was opened",
                missing="Say why it was opened in error",
            )
        ],
        act=lambda given: actions.cancel_in_error(
            by=user, at=now(), enquiry_id=row.pk, because=given[0].cleaned_data["because"]
        ),
        said="The enquiry is cancelled as opened in error. It stays on the record.",
        place="assessments:section_47_cancel",
        context={
            "heading": f"{page.name}’s enquiry was opened in error",
            "lead": "Only for a mistake in recording. An enquiry that found nothing is concluded.",
            "button": "Cancel the enquiry",
        },
    )
