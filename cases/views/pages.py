"""Home, the one search box, a child's page, offered work, referrals and allocation."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_GET, require_http_methods

from accounts.models import TeamMembership, User
from accounts.permissions import Permission, holds, require
from cases import actions
from cases.actions.allocation import LEADS
from cases.forms.pages import AllocationForm, AnswerHandoverForm, ReferralFilter, SearchForm
from cases.models import Allocation, Handover, Referral
from cases.panels import answer_page
from cases.queries import child as child_queries
from cases.queries import flags as flag_queries
from cases.queries import oversight as oversight_queries
from cases.queries import search as search_queries
from cases.queries import work as work_queries
from cases.standing import acts_for
from lib import asked, parameters
from lib.application_clock import now
from lib.working_days import london_date
from people.models import Person
from people.views.opening import reader
from record import drafts, notes, notices, read_log
from record.errors import Clash, Refused
from record.models import ReadKind
from record.once import AlreadyRecorded, once_only

PER_PAGE = 50


def user_of(request: HttpRequest) -> User:
    """The person who asks; `login_required` has seen to it that there is one."""
    if not isinstance(request.user, User):
        raise Http404
    return request.user


@login_required
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """What must I do next."""
    user, moment = user_of(request), now()
    groups = work_queries.home(by=user, at=moment)
    overdue = oversight_queries.due(by=user, at=moment)
    oversight = _oversight_form(request, user, overdue, moment)
    if overdue.child_ids or oversight:
        read_log.shown(
            request,
            place="cases:home",
            kind=ReadKind.LIST,
            person_ids=[*overdue.child_ids, *(oversight["about"].child_ids if oversight else [])],
        )
    return render(
        request,
        "cases/home.html",
        {
            "groups": groups,
            "total": sum(len(group.rows) for group in groups),
            "my_children": work_queries.my_children(by=user),
            "overdue": overdue,
            "oversight": oversight,
            "drafts": drafts.lines(user),
            "flag_counts": [
                {
                    "number": number,
                    "label": f"{label} flags" if number != 1 else f"{label} flag",
                    "url": f"{reverse('cases:flags')}?severity={severity}",
                }
                for severity, label, number in flag_queries.counts(by=user, at=moment)
            ],
            "notices": notices.mine(user, unread_only=True, limit=20),
            "may_record": holds(user, Permission.CONTACT_CREATE),
            "now": moment,
        },
    )


def _oversight_form(
    request: HttpRequest, user: User, overdue: oversight_queries.DueList, moment: datetime
) -> dict[str, Any] | None:
    """The short form beside a manager's lists: about the chosen child, or who is longest over."""
    from cases.views.oversight import short_form

    if not holds(user, Permission.OVERSIGHT_RECORD):
        return None
    asked = request.GET.get("oversight", "")
    longest = next(iter(overdue.child_ids), None)
    child_id = parameters.row_id(asked) if asked else longest
    person = Person.objects.visible_to(user).filter(pk=child_id).first() if child_id else None
    if person is None:
        return None
    return short_form(request, user=user, person=person, at=moment)


@login_required
@require_http_methods(["GET", "POST"])
def search(request: HttpRequest) -> HttpResponse:
    """Names, identifiers, addresses and reference numbers in one box."""
    user = user_of(request)
    require(user, Permission.PERSON_SEARCH)
    if request.method == "POST" and SearchForm(request.POST).is_valid():
        return redirect(f"{reverse('cases:search')}?{asked.leading_on(request)}")
    form = SearchForm(request.POST or asked.typed(request))
    found = None
    if form.is_bound and form.is_valid():
        found = search_queries.search(by=user, words=form.cleaned_data["q"], at=now())
        if found.contact_id is not None and holds(user, Permission.CONTACT_READ):
            return redirect("mash:contact", pk=found.contact_id)
        read_log.shown(
            request,
            place="cases:search",
            kind=ReadKind.SEARCH,
            person_ids=[row.person_id for row in found.people],
        )
    return render(
        request,
        "cases/search.html",
        {
            "form": form,
            "found": found,
            "search_words": form.cleaned_data.get("q", "") if found else "",
        },
    )


def _closed_or_nothing(user: User, person_id: UUID) -> HttpResponse:
    """Lead who may search to the page that says whom to ring; for others there is nothing."""
    is_closed = Person.objects.restricted_to(user).filter(pk=person_id).exists()
    if is_closed and holds(user, Permission.PERSON_SEARCH):
        return redirect("people:person", person_id)
    raise Http404


@login_required
@require_GET
def child(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Who holds this child, what is due, what changed, who the family is; then the timeline."""
    user, moment = reader(request), now()
    person = Person.objects.visible_to(user).filter(pk=pk).select_related("canonical").first()
    if person is None:
        return _closed_or_nothing(user, pk)
    if person.canonical_id is not None:
        return redirect("cases:child", person.canonical_id)
    is_print = "print" in request.GET
    page = child_queries.child_page(
        by=user,
        person=person,
        at=moment,
        kind=request.GET.get("show", ""),
        before=request.GET.get("before", ""),
        everything=is_print,
    )
    read_log.shown(
        request,
        place="cases:child",
        children={*page.ids, *page.family.child_ids},
        subject_kind="person",
        subject_id=person.pk,
    )
    return render(
        request,
        "cases/child.html",
        {
            "page": page,
            "person": person,
            "heading": child_queries.child_heading(person, age_words=page.age),
            "entries": [child_queries.timeline_entry(line, now=moment) for line in page.timeline],
            "changed": [child_queries.timeline_entry(line, now=moment) for line in page.changed],
            "show": request.GET.get("show", ""),
            "kinds": child_queries.events.KINDS,
            "may_edit": holds(user, Permission.PERSON_EDIT),
            "may_log_change": holds(user, Permission.CHANGE_LOG),
            "may_visit": holds(user, Permission.VISIT_RECORD),
            "may_record_oversight": holds(user, Permission.OVERSIGHT_RECORD),
            "may_see_who_looked": read_log.may_see_who_looked(by=user, child_id=person.pk),
            "is_print": is_print,
        },
    )


@login_required
@require_GET
def handovers(request: HttpRequest) -> HttpResponse:
    """Work offered to my teams, and what my teams have offered."""
    user, moment = user_of(request), now()
    require(user, Permission.HANDOVER_READ)
    offered = work_queries.offered_handovers(by=user, at=moment)
    sent = work_queries.sent_handovers(by=user, at=moment)
    read_log.shown(
        request,
        place="cases:handovers",
        kind=ReadKind.LIST,
        person_ids=[person_id for row in [*offered, *sent] for person_id in row.person_ids],
    )
    return render(
        request,
        "cases/handovers.html",
        {
            "offered": [_handover_row(row, moment) for row in offered],
            "sent": [_handover_row(row, moment) for row in sent],
            "may_answer": holds(user, Permission.HANDOVER_ANSWER),
        },
    )


def _handover_row(offer: work_queries.Offer, moment: datetime) -> dict[str, Any]:
    due_at = offer.handover.next_due_at
    return {
        "handover": offer.handover,
        "names": offer.names,
        "is_late": due_at is not None and due_at < moment,
    }


@login_required
@require_http_methods(["GET", "POST"])
def handover(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Read an offer; accept it, or return it with a reason."""
    user, moment = user_of(request), now()
    require(user, Permission.HANDOVER_READ)
    try:
        offer = work_queries.handover(by=user, handover_id=pk)
    except Handover.DoesNotExist:
        raise Http404 from None
    row = offer.handover
    mine = set(work_queries.my_teams(by=user, at=moment).values_list("pk", flat=True))
    if not mine & {row.to_team_id, row.from_team_id}:
        raise Http404
    answered_on = answer_page(row.kind)
    may_answer = (
        acts_for(row.to_team, by=user, permission=Permission.HANDOVER_ANSWER, at=moment) is not None
    )
    form = AnswerHandoverForm(
        request.POST if request.method == "POST" else None, initial={"token": uuid4()}
    )
    status = 200
    if request.method == "POST":
        require(user, Permission.HANDOVER_ANSWER)
        if form.is_valid():
            try:
                if form.cleaned_data["answer"] == "accept":
                    actions.accept(
                        by=user, at=now(), handover_id=pk, note=form.cleaned_data["note"]
                    )
                    messages.success(
                        request,
                        f"{row.to_team.name} is responsible from now on."
                        " Next: name a worker for each child.",
                    )
                    return redirect("cases:referrals")
                actions.return_to_sender(
                    by=user, at=now(), handover_id=pk, reason=form.cleaned_data["note"]
                )
                messages.success(request, f"Returned to {row.from_team.name}, who still hold it.")
                return redirect("cases:handovers")
            except Refused as refused:
                form.add_error(None, str(refused))
                status = 409
                offer = work_queries.handover(by=user, handover_id=pk)
                row = offer.handover
    read_log.shown(
        request,
        place="cases:handover",
        children=offer.person_ids,
        subject_kind="handover",
        subject_id=row.pk,
    )
    return render(
        request,
        "cases/handover.html",
        {
            "row": row,
            "names": offer.names,
            "children": list(zip(row.children.all(), offer.people, strict=True)),
            "form": form,
            "may_answer": may_answer and row.state == "offered" and not answered_on,
            "answer_url": reverse(answered_on, args=[row.pk])
            if answered_on and may_answer and row.state == "offered"
            else "",
            "may_read_contact": holds(user, Permission.CONTACT_READ),
        },
        status=status,
    )


@login_required
@require_GET
def referrals(request: HttpRequest) -> HttpResponse:
    """Referrals of my teams: who has no worker yet comes first."""
    user, moment = user_of(request), now()
    require(user, Permission.REFERRAL_READ)
    teams = work_queries.my_teams(by=user, at=moment).order_by("name", "pk")
    form = ReferralFilter(request.GET, teams=teams)
    chosen = form.cleaned_data if form.is_valid() else {}
    rows = work_queries.referrals(
        by=user,
        at=moment,
        state=chosen.get("state", ""),
        team_id=chosen["team"].pk if chosen.get("team") else None,
    )
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    shown = work_queries.shown_referrals(page.object_list, by=user)
    read_log.shown(
        request,
        place="cases:referrals",
        kind=ReadKind.LIST,
        person_ids=[row.referral.child_id for row in shown if not row.is_closed],
    )
    return render(
        request,
        "cases/referrals.html",
        {
            "form": form,
            "page": page,
            "rows": shown,
            "may_allocate": holds(user, Permission.ALLOCATE),
            "now": moment,
        },
    )


@login_required
@require_http_methods(["GET", "POST"])
def allocate(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Name the lead worker of a referral, with direction."""
    user, moment = user_of(request), now()
    require(user, Permission.ALLOCATE)
    referral = get_object_or_404(
        Referral.objects.select_related("child", "team", "contact").filter(
            child__in=Person.objects.visible_to(user)
        ),
        pk=pk,
    )
    if referral.team is None or not acts_for(
        referral.team, by=user, permission=Permission.ALLOCATE, at=moment
    ):
        raise Http404
    on = london_date(moment)
    workers = (
        User.objects.filter(
            pk__in=TeamMembership.objects.filter(team=referral.team, from_on__lte=on)
            .exclude(to_on__lt=on)
            .values("user"),
            is_active=True,
            role_assignments__role__in=[str(role) for role in LEADS],
        )
        .distinct()
        .order_by("full_name", "pk")
    )
    lead = (
        referral.allocations.filter(role="lead", to_at__isnull=True)
        .select_related("worker")
        .first()
    )
    turn = work_queries.turn(by=user, referral=referral)
    form = AllocationForm(
        request.POST if request.method == "POST" else None,
        workers=workers,
        has_lead=lead is not None,
        others=turn.others,
        goes_before=turn.goes_before,
        name=referral.child.name,
    )
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.allocate(
                by=user,
                at=now(),
                referral_id=referral.pk,
                worker_id=form.cleaned_data["worker"].pk,
                find_out=form.cleaned_data["find_out"],
                see_whom=form.cleaned_data["see_whom"],
                first_visit_by=form.cleaned_data["first_visit_by"],
                change_reason=form.cleaned_data.get("change_reason", ""),
                also=[UUID(pk) for pk in form.cleaned_data.get("also", [])],
                out_of_order_why=form.cleaned_data.get("out_of_order_why", ""),
            )
        except Refused as refused:
            form.add_error(None, str(refused))
            status = 409
        else:
            messages.success(request, _allocated(made, user))
            return redirect("cases:referrals")
    read_log.shown(
        request,
        place="cases:allocate",
        children=[referral.child_id, *turn.child_ids],
        subject_kind="referral",
        subject_id=referral.pk,
    )
    return render(
        request,
        "cases/allocate.html",
        {"referral": referral, "form": form, "lead": lead},
        status=status,
    )


def _allocated(made: Allocation, user: User) -> str:
    """Say who was told, and lead whoever may start the assessment to it."""
    said = f"{made.worker.full_name} is the lead worker and has been told."
    if made.referral is None or not holds(user, Permission.ASSESSMENT_START):
        return said
    start = reverse("assessments:start", args=[made.referral_id])
    return format_html('{} <a href="{}">Start the assessment</a>', said, start)


@login_required
@require_http_methods(["GET", "POST"])
def add_note(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Write a note about one child, or about several of the family."""
    from cases.forms.pages import NoteForm

    user, moment = reader(request), now()
    require(user, Permission.NOTE_ADD)
    person = Person.objects.visible_to(user).filter(pk=pk).first()
    if person is None:
        return _closed_or_nothing(user, pk)
    family = child_queries.family_of(by=user, person_id=person.pk, on=london_date(moment))
    others = [
        (str(member.person_id), member.name)
        for member in family.others
        if member.person is not None and member.is_child
    ]
    form = NoteForm(request.POST if request.method == "POST" else None, others=others)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            once_only(
                by=user,
                token=form.cleaned_data["token"],
                action="cases:add_note",
                act=lambda: notes.add(
                    by=user,
                    at=form.cleaned_data["at"],
                    text=form.cleaned_data["text"],
                    child_ids=[person.pk, *[UUID(pk) for pk in form.cleaned_data["also"]]],
                    kind="note",
                ),
            )
        except AlreadyRecorded:
            return redirect("cases:child", person.pk)
        except Clash as clash:
            form.add_error(None, str(clash))
            status = 409
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, "Note recorded. It cannot be edited; a correction is added.")
            return redirect("cases:child", person.pk)
    read_log.shown(request, place="cases:add_note", children=[person.pk])
    return render(request, "cases/add_note.html", {"person": person, "form": form}, status=status)
