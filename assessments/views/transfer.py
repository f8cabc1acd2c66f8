"""The pages of a transfer to the longer-term team."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from accounts.models import User
from accounts.permissions import Permission, holds, require
from assessments.actions import transfer as actions
from assessments.actions import transfer_wait as wait_actions
from assessments.forms import transfer as forms
from assessments.models import Transfer, TransferRequest, TransferRequestChild
from assessments.queries import transfer as queries
from assessments.queries.queue import TRANSFER_ROOM
from assessments.queries.transfer import TransferPage, Turn
from cases import waiting
from cases.choices import HandoverKind
from cases.models import Handover
from cases.queries.work import my_teams
from cases.views.asking import ask, user_of
from cases.views.queue import show_queue
from lib import parameters
from lib.application_clock import now
from people.models import Person
from people.queries import closed_to
from people.views.opening import closed, reader
from record import read_log

FORM = "assessments/transfer_form.html"
#: A step that is not taken while something is not reviewed, which it says before anything is typed.
STEP = "assessments/transfer_step.html"
State = Transfer.State
OPEN = tuple(state for state in State if state not in Transfer.OVER)
MEETS = (State.READY, State.MEETING_BOOKED)
View = Callable[..., HttpResponse]


def page_of_transfer(*methods: str, permission: Permission) -> Callable[[View], View]:
    """Open a page of one transfer: `view(request, page, ...)` with what its page shows."""

    def decorate(view: View) -> View:
        @wraps(view)
        @login_required
        @require_http_methods(list(methods))
        def opened(request: HttpRequest, pk: UUID, **rest: Any) -> HttpResponse:
            user = user_of(request)
            require(user, Permission.TRANSFER_READ)
            require(user, permission)
            try:
                page = queries.transfer_page(by=user, transfer_id=pk, at=now())
            except Transfer.DoesNotExist:
                raise Http404("There is no such transfer.") from None
            return view(request, page, **rest)

        return opened

    return decorate


def _asked(request: HttpRequest, page: TransferPage, **given: Any) -> HttpResponse:
    """A page of the transfer that asks one thing."""
    back = reverse("assessments:transfer", args=[page.transfer.pk])
    context = {
        "page": page,
        "not_now": page.not_now(given.pop("whose"), *given.pop("states")),
        "back": back,
        "back_words": "Transfer",
        "caption": f"Transfer of {page.names}",
        **given.pop("context", {}),
    }
    return ask(
        request,
        then=back,
        template=given.pop("template", FORM),
        context=context,
        children=page.child_ids,
        subject_kind="transfer",
        subject_id=page.transfer.pk,
        **given,
    )


@login_required
@require_http_methods(["GET", "POST"])
def propose(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Propose to hand a family on, from a child's page: an answer for each child."""
    user = reader(request)
    person = Person.objects.visible_to(user).filter(pk=pk).first()
    if person is None:
        return closed(request, pk)
    require(user, Permission.TRANSFER_PROPOSE)
    rows = queries.children_to_hand_on(by=user, person=person, at=now())
    asked = _request(request.GET.get("request") or request.POST.get("request"), person)

    def make(typed: Any) -> list[Any]:
        initial = {"to_team": asked.to_team_id} if asked else {}
        return [
            forms.ProposeForm(typed, teams=queries.receiving_teams(), rows=rows, initial=initial)
        ]

    def act(given: list[Any]) -> Transfer:
        said = given[0].cleaned_data
        return actions.propose(
            by=user,
            at=now(),
            lines=given[0].lines(),
            to_team_id=said["to_team"].pk,
            point=said["point"],
            reason=said["reason"],
            next_visit_on=said["next_visit_on"],
            next_meeting_on=said["next_meeting_on"],
            next_meeting=said["next_meeting"],
            request_id=asked.pk if asked else None,
            token=said["token"],
        )

    return ask(
        request,
        make=make,
        act=act,
        said="Proposed. The manager has been told, and says when the family is ready.",
        then=lambda transfer: reverse("assessments:transfer", args=[transfer.pk]),
        template="assessments/transfer_propose.html",
        context={
            "person": person,
            "rows": rows,
            "asked": asked,
            "makes_ready": holds(user, Permission.TRANSFER_DECIDE),
            "back": reverse("cases:child", args=[pk]),
        },
        place="assessments:transfer_propose",
        children=[row.child_id for row in rows if not row.is_restricted],
        subject_kind="person",
        subject_id=person.pk,
        draft="transfer-propose",
    )


def _request(pk: str | None, person: Person) -> TransferRequest | None:
    request_id = parameters.row_id(pk)
    if request_id is None:
        return None
    return TransferRequest.objects.filter(
        pk=request_id, state=TransferRequest.State.ASKED, children__child=person
    ).first()


@page_of_transfer("GET", permission=Permission.TRANSFER_READ)
def transfer(request: HttpRequest, page: TransferPage) -> HttpResponse:
    """The transfer: what is there and what is missing, who is responsible, what comes next."""
    read_log.shown(
        request,
        place="assessments:transfer",
        children=page.child_ids,
        subject_kind="transfer",
        subject_id=page.transfer.pk,
    )
    return render(request, "assessments/transfer.html", {"page": page, "transfer": page.transfer})


@login_required
@require_GET
def offer(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Lead from offered work to the transfer that it is."""
    user = user_of(request)
    require(user, Permission.TRANSFER_READ)
    handover = get_object_or_404(Handover, pk=pk, kind=HandoverKind.TRANSFER)
    found = get_object_or_404(Transfer.objects.visible_to(user), handover=handover)
    return redirect("assessments:transfer", pk=found.pk)


@page_of_transfer("GET", "POST", permission=Permission.TRANSFER_PROPOSE)
def child(request: HttpRequest, page: TransferPage, child: UUID) -> HttpResponse:
    """Say of a child who joined the household whether the child is handed on too."""
    user = user_of(request)
    ring = closed_to(by=user, person_ids=[child]).get(child)
    if ring is not None:
        return _pass_on(request, page, child, ring.name)
    person = get_object_or_404(Person.objects.visible_to(user), pk=child)
    _refuse_strangers(page, child)
    return _asked(
        request,
        page,
        make=lambda typed: [forms.ChildForm(typed)],
        act=lambda given: actions.answer_child(
            by=user,
            at=now(),
            transfer_id=page.transfer.pk,
            child_id=child,
            is_in=given[0].cleaned_data["is_in"] == "in",
            because=given[0].cleaned_data["because"],
        ),
        whose=Turn.WORKERS,
        states=OPEN,
        said=f"Answered for {person.name}.",
        place="assessments:transfer_child",
        context={
            "heading": f"Is {person.name} handed on too?",
            "lead": "Every child of the household is answered for before the family is handed on.",
            "button": "Record",
        },
    )


def _refuse_strangers(page: TransferPage, child: UUID) -> None:
    """Answer for no child but one of the family: handed on, left out, or still to answer for."""
    lines = [*page.children, *page.left_out]
    to_answer = {each.child_id for item in page.items for each in item.missing}
    if child not in {each.line.child_id for each in lines} | to_answer:
        raise Http404("There is no such child in this household.")


def _pass_on(request: HttpRequest, page: TransferPage, child: UUID, ring: str) -> HttpResponse:
    """Pass the line of a restricted child who joined to whoever holds the restriction."""
    _refuse_strangers(page, child)
    return _asked(
        request,
        page,
        make=lambda typed: [forms.PassOnForm(typed)],
        act=lambda given: actions.answer_child(
            by=user_of(request), at=now(), transfer_id=page.transfer.pk, child_id=child
        ),
        whose=Turn.WORKERS,
        states=OPEN,
        said=f"Passed on. {ring} answers for this child.",
        place="assessments:transfer_child",
        context={
            "heading": f"Restricted child, ring {ring}",
            "lead": f"You cannot read this record, so {ring} answers for this child. Passing the"
            " line on counts as answered: the family goes on meanwhile.",
            "button": f"Pass the line to {ring}",
        },
    )


@page_of_transfer("GET", "POST", permission=Permission.TRANSFER_PROPOSE)
def dates(request: HttpRequest, page: TransferPage) -> HttpResponse:
    """Say what is booked next."""
    user = user_of(request)
    stands = {
        name: getattr(page.transfer, name)
        for name in ("next_visit_on", "next_meeting", "next_meeting_on")
    }
    return _asked(
        request,
        page,
        make=lambda typed: [forms.DatesForm(typed, initial=stands)],
        act=lambda given: actions.change_dates(
            by=user, at=now(), transfer_id=page.transfer.pk, **given[0].cleaned_data
        ),
        whose=Turn.WORKERS,
        states=OPEN,
        said="Kept.",
        place="assessments:transfer_dates",
        context={"heading": "What is booked next", "button": "Keep"},
    )


@page_of_transfer("GET", "POST", permission=Permission.TRANSFER_DECIDE)
def ready(request: HttpRequest, page: TransferPage) -> HttpResponse:
    """Say with reasons that the family is ready; the checklist is computed beside it."""
    user = user_of(request)
    return _asked(
        request,
        page,
        make=lambda typed: [
            forms.ReadyForm(typed, is_returned=page.transfer.state == State.RETURNED)
        ],
        act=lambda given: actions.make_ready(
            by=user,
            at=now(),
            transfer_id=page.transfer.pk,
            rationale=given[0].rationale(),
            put_right=given[0].cleaned_data.get("put_right", ""),
            token=given[0].cleaned_data["token"],
        ),
        whose=Turn.SENDER,
        states=(State.PROPOSED, State.RETURNED),
        said=f"Offered to {page.transfer.to_team.name}. Your team stays responsible until the"
        " transfer is completed.",
        template="assessments/transfer_ready.html",
        place="assessments:transfer_ready",
        draft="transfer-ready",
        context={
            "heading": "Is this family ready to be handed on?",
            "button": "Offer the family",
            "happens": [
                f"{page.transfer.to_team.name} is offered the family and meets you within"
                " 5 working days",
                "You stay responsible for every child until the transfer is completed",
            ],
        },
    )


@page_of_transfer("GET", "POST", permission=Permission.TRANSFER_DECIDE)
def book(request: HttpRequest, page: TransferPage) -> HttpResponse:
    """Book the meeting of both teams."""
    user = user_of(request)
    return _asked(
        request,
        page,
        make=lambda typed: [forms.BookForm(typed)],
        act=lambda given: actions.book_meeting(
            by=user, at=now(), transfer_id=page.transfer.pk, **given[0].cleaned_data
        ),
        whose=Turn.RECEIVER,
        states=MEETS,
        said="The meeting is booked, and the sending manager has been told.",
        place="assessments:transfer_book",
        context={"heading": "Book the transfer meeting", "button": "Book"},
    )


@page_of_transfer("GET", "POST", permission=Permission.TRANSFER_DECIDE)
def meeting(request: HttpRequest, page: TransferPage) -> HttpResponse:
    """Accept the family at the meeting, or return it with what is missing."""
    user = user_of(request)

    def act(given: list[Any]) -> Transfer:
        said = given[0].cleaned_data
        if said["answer"] == "accept":
            return actions.accept(
                by=user,
                at=now(),
                transfer_id=page.transfer.pk,
                met_at=said["met_at"],
                attended=said["attended"],
                token=said["token"],
            )
        return actions.give_back(
            by=user,
            at=now(),
            transfer_id=page.transfer.pk,
            item=said["item"],
            because=said["because"],
            child_id=UUID(said["child"]) if said["child"] else None,
        )

    return _asked(
        request,
        page,
        make=lambda typed: [forms.MeetingForm(typed, rows=page.children)],
        act=act,
        whose=Turn.RECEIVER,
        states=MEETS,
        said=lambda made: (
            "Accepted. Name a worker, or let the family wait with the reason."
            if made.state == State.ACCEPTED
            else f"Returned. {made.from_team.name} puts right what is missing and offers the"
            " family again."
        ),
        template=STEP,
        place="assessments:transfer_meeting",
        context={"heading": "Record the transfer meeting", "button": "Record"},
    )


@page_of_transfer("GET", "POST", permission=Permission.TRANSFER_DECIDE)
def wait(request: HttpRequest, page: TransferPage) -> HttpResponse:
    """Let the family wait for a worker."""
    user = user_of(request)
    lead = queries.lead_of(page.transfer)
    return _asked(
        request,
        page,
        make=lambda typed: [
            forms.WaitForm(
                typed,
                rows=page.children,
                visitors=queries.visitors_of(page.transfer, at=now()),
                initial={"visits_by": lead.pk if lead else None},
            )
        ],
        act=lambda given: wait_actions.wait(
            by=user,
            at=now(),
            transfer_id=page.transfer.pk,
            because=given[0].cleaned_data["because"],
            expected_on=given[0].cleaned_data["expected_on"],
            visits_by_id=given[0].cleaned_data["visits_by"].pk,
            risks=given[0].risks(),
        ),
        whose=Turn.RECEIVER,
        states=(State.ACCEPTED,),
        said="The family waits. It has its place in the queue, and is looked at every week.",
        place="assessments:transfer_wait",
        draft="transfer-wait",
        context={
            "heading": "Let the family wait for a worker",
            "lead": page.truth,
            "button": "Put in the queue",
        },
    )


@page_of_transfer("GET", "POST", permission=Permission.TRANSFER_DECIDE)
def review(request: HttpRequest, page: TransferPage) -> HttpResponse:
    """Look at a waiting family, child by child."""
    user = user_of(request)
    last = page.reviews[0].review.at if page.reviews else page.transfer.accepted_at
    seen = {
        row.line.child_id
        for row in page.children
        if row.seen_at is not None and last is not None and row.seen_at >= last
    }
    managers = User.objects.filter(
        pk__in=[page.transfer.to_team.manager_id, page.transfer.from_team.manager_id]
    ) | User.objects.filter(managed_teams__kind=page.transfer.to_team.kind)

    def act(given: list[Any]) -> Any:
        said = given[0].cleaned_data
        return wait_actions.review(
            by=user,
            at=now(),
            transfer_id=page.transfer.pk,
            with_manager_id=said["with_manager"].pk,
            visits=said["visits"],
            children=given[0].children(),
            is_escalated=bool(said["is_escalated"]),
            because=said["because"],
            expected_on=said["expected_on"],
            token=said["token"],
        )

    return _asked(
        request,
        page,
        make=lambda typed: [
            forms.ReviewForm(
                typed,
                rows=page.children,
                managers=managers.distinct().order_by("full_name", "pk"),
                seen=seen,
                initial={"with_manager": page.transfer.to_team.manager_id},
            )
        ],
        act=act,
        whose=Turn.SENDER,
        states=(State.WAITING,),
        said="The review is recorded for each child. The next is due in 5 working days.",
        template="assessments/transfer_review.html",
        place="assessments:transfer_review",
        draft="transfer-review",
    )


@page_of_transfer("GET", "POST", permission=Permission.TRANSFER_DECIDE)
def allocate(request: HttpRequest, page: TransferPage) -> HttpResponse:
    """Name one worker for all the children."""
    user, moment = user_of(request), now()
    group = actions.group_of(page.transfer)
    is_again = page.transfer.state == State.ALLOCATED
    ahead = (
        [] if is_again else wait_actions.families_ahead(page.transfer, group, by=user, at=moment)
    )
    goes_before = waiting.names_of(ahead[0], by=user) if ahead else ""
    return _asked(
        request,
        page,
        make=lambda typed: [
            forms.AllocateForm(
                typed,
                workers=queries.workers_of(page.transfer.to_team, at=moment),
                names=page.names,
                goes_before=goes_before,
                initial={"instead_of": page.transfer.worker_id},
            )
        ],
        act=lambda given: wait_actions.allocate(
            by=user,
            at=now(),
            transfer_id=page.transfer.pk,
            worker_id=given[0].cleaned_data["worker"].pk,
            joint_visit_on=given[0].cleaned_data["joint_visit_on"],
            out_of_order_why=given[0].cleaned_data.get("out_of_order_why", ""),
            instead_of_id=given[0].cleaned_data["instead_of"],
        ),
        whose=Turn.RECEIVER,
        states=Transfer.TAKEN,
        said=lambda made: (
            f"{made.worker.full_name} has been told. Next: the joint visit. "
            f"{made.from_team.manager.full_name} stays responsible until completion."
        ),
        template=STEP,
        place="assessments:transfer_allocate",
        context={
            "heading": f"Name a worker for {page.names}",
            "lead": "Brothers and sisters go to one worker.",
            "button": "Allocate",
        },
    )


@page_of_transfer("GET", "POST", permission=Permission.TRANSFER_DECIDE)
def complete(request: HttpRequest, page: TransferPage) -> HttpResponse:
    """Complete the transfer: responsibility passes now."""
    user = user_of(request)
    return _asked(
        request,
        page,
        make=lambda typed: [forms.CompleteForm(typed)],
        act=lambda given: wait_actions.complete(
            by=user, at=now(), transfer_id=page.transfer.pk, **given[0].cleaned_data
        ),
        whose=Turn.RECEIVER,
        states=(State.ALLOCATED,),
        said=f"{page.transfer.to_team.name} is responsible from this moment.",
        template=STEP,
        place="assessments:transfer_complete",
        context={
            "heading": "Complete the transfer",
            "button": "Complete",
            "happens": [
                f"{page.transfer.to_team.manager.full_name} is responsible for {page.names}"
                " from this moment",
                f"{page.transfer.worker.full_name if page.transfer.worker else 'The new worker'}"
                " becomes the lead worker of every child",
            ],
        },
    )


@page_of_transfer("GET", "POST", permission=Permission.TRANSFER_DECIDE)
def withdraw(request: HttpRequest, page: TransferPage) -> HttpResponse:
    """Take the family back before it is completed, or one child out of it."""
    user = user_of(request)

    def act(given: list[Any]) -> Transfer:
        said = given[0].cleaned_data
        if said["child"]:
            return actions.take_out(
                by=user,
                at=now(),
                transfer_id=page.transfer.pk,
                child_id=UUID(said["child"]),
                because=said["because"],
            )
        return actions.withdraw(
            by=user, at=now(), transfer_id=page.transfer.pk, because=said["because"]
        )

    return _asked(
        request,
        page,
        make=lambda typed: [forms.WithdrawForm(typed, rows=page.children)],
        act=act,
        whose=Turn.SENDER,
        states=OPEN,
        said=lambda made: (
            "The transfer is withdrawn. Your team goes on with the family."
            if made.state == State.WITHDRAWN
            else "Taken out. Your team goes on with this child; the others keep their place."
        ),
        place="assessments:transfer_withdraw",
        context={
            "heading": "Withdraw the transfer",
            "button": "Withdraw",
            "lead": f"{page.truth} A child who moved, is closed or turned 18 can be taken out"
            " alone: the others keep their place and their dates.",
        },
    )


@page_of_transfer("GET", "POST", permission=Permission.TRANSFER_DECIDE)
def dispute(request: HttpRequest, page: TransferPage) -> HttpResponse:
    """Put a disagreement to the head of service."""
    user = user_of(request)
    return _asked(
        request,
        page,
        make=lambda typed: [
            forms.BecauseForm(
                typed,
                label="What you disagree about",
                missing="Say what you disagree about",
            )
        ],
        act=lambda given: actions.dispute(
            by=user,
            at=now(),
            transfer_id=page.transfer.pk,
            why=given[0].cleaned_data["because"],
        ),
        whose=Turn.EITHER,
        states=Transfer.DISPUTABLE,
        said="The head of service has been told and decides within 2 working days.",
        place="assessments:transfer_dispute",
        context={
            "heading": "Put this to the head of service",
            "lead": page.truth,
            "button": "Send",
        },
    )


@page_of_transfer("GET", "POST", permission=Permission.TRANSFER_SETTLE)
def settle(request: HttpRequest, page: TransferPage) -> HttpResponse:
    """Decide a disagreement between two managers."""
    user = user_of(request)
    found = page.open_dispute

    def act(given: list[Any]) -> Any:
        said = given[0].cleaned_data
        return actions.settle(
            by=user,
            at=now(),
            transfer_id=page.transfer.pk,
            outcome=said["outcome"],
            why=said["why"],
            item=said.get("item", ""),
            child_id=UUID(said["child"]) if said.get("child") else None,
        )

    return _asked(
        request,
        page,
        make=lambda typed: [
            forms.SettleForm(
                typed,
                rows=page.children,
                is_returned=page.transfer.state == State.RETURNED,
            )
        ],
        act=act,
        whose=Turn.HEAD,
        states=Transfer.DISPUTABLE,
        said="Decided. Both managers have been told.",
        template="assessments/transfer_settle.html",
        place="assessments:transfer_settle",
        context={
            "heading": "Decide a disagreement",
            "found": found,
            "button": "Record decision",
            **({} if found else {"not_now": "There is no disagreement to decide."}),
        },
    )


# Asking for a family ------------------------------------------------------------------------------


@login_required
@require_http_methods(["GET", "POST"])
def ask_for(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask for a family whom another team holds, from a child's page."""
    user = reader(request)
    person = Person.objects.visible_to(user).filter(pk=pk).first()
    if person is None:
        return closed(request, pk)
    require(user, Permission.TRANSFER_DECIDE)
    rows = queries.children_to_hand_on(by=user, person=person, at=now())
    teams = my_teams(by=user, at=now()) & queries.receiving_teams()
    return ask(
        request,
        make=lambda typed: [forms.AskForm(typed, teams=teams.order_by("name", "pk"), rows=rows)],
        act=lambda given: actions.ask_for(
            by=user,
            at=now(),
            child_ids=given[0].child_ids(),
            to_team_id=given[0].cleaned_data["to_team"].pk,
            why=given[0].cleaned_data["why"],
            token=given[0].cleaned_data["token"],
        ),
        said="Asked. The manager who holds the children proposes the transfer, or says why not.",
        then=reverse("cases:child", args=[pk]),
        template=FORM,
        context={
            "heading": f"Ask for {person.name} and family",
            "caption": "Transfer to Safeguarding and Family Support",
            "lead": "Whoever holds the children stays responsible. They turn this into a"
            " transfer, or say why not.",
            "button": "Ask",
            "back": reverse("cases:child", args=[pk]),
            "back_words": person.name,
        },
        place="assessments:ask_for",
        children=[row.child_id for row in rows if not row.is_restricted],
        subject_kind="person",
        subject_id=person.pk,
    )


@login_required
@require_http_methods(["GET", "POST"])
def answer_request(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What a receiving manager asked: propose the transfer, or say why not now."""
    user = user_of(request)
    require(user, Permission.TRANSFER_READ)
    require(user, Permission.TRANSFER_DECIDE)
    found = get_object_or_404(
        TransferRequest.objects.select_related("from_team", "to_team", "by").prefetch_related(
            Prefetch(
                "children",
                TransferRequestChild.objects.select_related("child").order_by(
                    "child__date_of_birth", "child_id"
                ),
            )
        ),
        pk=pk,
    )
    children = [row.child for row in found.children.all()]
    hidden = closed_to(by=user, person_ids=[each.pk for each in children])
    readable = [each for each in children if each.pk not in hidden]
    if not readable:
        raise Http404("There is no such request.")
    return ask(
        request,
        make=lambda typed: [
            forms.BecauseForm(typed, label="Why not now", missing="Say why not now")
        ],
        act=lambda given: actions.decline_request(
            by=user, at=now(), request_id=pk, answer=given[0].cleaned_data["because"]
        ),
        said="Declined, with your reason.",
        then=reverse("cases:home"),
        template="assessments/transfer_request.html",
        context={
            "asked": found,
            "children": readable,
            "leads": queries.leads_of([each.pk for each in readable]),
            "back": reverse("cases:home"),
            "back_words": "My work",
        },
        place="assessments:request",
        children=[each.pk for each in readable],
        subject_kind="transfer_request",
        subject_id=pk,
    )


# The queue ----------------------------------------------------------------------------------------


@login_required
@require_GET
def queue(request: HttpRequest) -> HttpResponse:
    """Families who wait for a worker of the longer-term teams, in order, with why."""
    user = user_of(request)
    require(user, Permission.TRANSFER_READ)
    return show_queue(
        request,
        room=TRANSFER_ROOM,
        teams=list(queries.receiving_teams()),
        own=list(my_teams(by=user, at=now())),
        place="assessments:transfer_queue",
        reviews=queries.reviews_due(by=user, at=now()),
    )
