"""A strategy discussion: call it, ask agencies, hold it, conclude it, send the minutes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from accounts.permissions import Permission, holds, require
from cases.models import MeetingPart
from cases.views.pages import _closed_or_nothing
from lib import words
from lib.application_clock import now, today
from lib.govuk import OnceForm, asked_for_another_row, with_another_row
from lib.text import is_nearly_same_text
from lib.working_days import london_date
from mash import actions
from mash.actions.strategy import children_of_discussion, parts_of, who_chairs
from mash.forms import decision as decision_forms
from mash.forms import strategy as forms
from mash.forms.enquiry import StrategyForm
from mash.models import DiscussionAction, DiscussionPassed, StrategyDiscussion
from mash.queries import strategy as queries
from mash.queries.enquiry import chairs
from mash.queries.passed import responsible_for, right_to_answer
from mash.views.doors import leave, user_of
from people.models import Person
from people.queries import age, children_of_households, closed_to, display_people
from people.views.opening import reader
from record import drafted, read_log
from record.drafted import Drafted, unchecked
from record.errors import Clash, NotWhole, Refused
from record.once import AlreadyRecorded, once_only

FORM = "discussion"
View = Callable[..., HttpResponse]


class Closed(Exception):
    """The discussion is there, but about somebody whose record this person may not read."""

    def __init__(self, discussion: StrategyDiscussion) -> None:
        super().__init__()
        self.discussion = discussion


def page(*methods: str) -> Callable[[View], View]:
    """Make a view of one discussion: signed in, by these methods, closed where it is restricted."""

    def decorate(view: View) -> View:
        @login_required
        @require_http_methods(methods)
        @wraps(view)
        def guarded(request: HttpRequest, pk: UUID, **named: Any) -> HttpResponse:
            try:
                return view(request, pk, **named)
            except Closed as closed:
                return _closed_page(request, closed.discussion)

        return guarded

    return decorate


def discussion_for(user: User, pk: UUID) -> StrategyDiscussion:
    """Give a discussion that somebody may read.

    :raises Closed: it is about a restricted child, and this person may know that it exists
    :raises Http404: there is none, or not for them
    """
    require(user, Permission.STATUTORY_READ)
    found = (
        StrategyDiscussion.objects.visible_to(user)
        .select_related(
            "contact",
            "chair",
            "called_by",
            "social_worker",
            "manager",
            "requested_by",
            "concluded_by",
            "concluded_for",
            "confirmed_by",
            "cancelled_by",
            "minutes_sent_by",
            "follows",
        )
        .filter(pk=pk)
        .first()
    )
    if found is not None:
        return found
    closed = StrategyDiscussion.objects.filter(pk=pk).first()
    if closed is not None and holds(user, Permission.PERSON_SEARCH):
        raise Closed(closed)
    raise Http404("There is no such discussion.")


def _closed_page(request: HttpRequest, discussion: StrategyDiscussion) -> HttpResponse:
    ring = closed_to(by=user_of(request), person_ids=children_of_discussion(discussion))
    return render(
        request,
        "mash/discussion_restricted.html",
        {
            "ring": list(dict.fromkeys(ring.values())),
            "openings": [reverse("people:person", args=[pk]) for pk in ring],
        },
        status=403,
    )


def _crumbs(discussion: StrategyDiscussion, names: str) -> list[tuple[str, str]]:
    return [
        ("My work", reverse("cases:home")),
        (f"Strategy discussion about {names}", reverse("mash:discussion", args=[discussion.pk])),
    ]


def _shown(request: HttpRequest, discussion: StrategyDiscussion, ids: Sequence[UUID]) -> None:
    read_log.shown(
        request,
        place=request.resolver_match.view_name if request.resolver_match else "mash",
        children=ids,
        subject_kind="strategy_discussion",
        subject_id=discussion.pk,
    )


def _form_page(
    request: HttpRequest,
    discussion: StrategyDiscussion,
    form: OnceForm,
    *,
    title: str,
    act: Callable[[], Any],
    done: str | Callable[[Any], str],
    button: str,
    lead: str = "",
    onward: str = "",
    template: str = "mash/discussion_form.html",
    more: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """Show a form of a discussion; when it is sent whole, do its one thing, once, and go on."""
    user = user_of(request)
    onward = onward or reverse("mash:discussion", args=[discussion.pk])
    status = 200
    kept = drafted.attach(request, form)
    if kept.is_left:
        return leave(request, kept, onward)
    if request.method == "POST" and form.is_valid():
        try:
            row = once_only(
                by=user,
                token=form.cleaned_data["token"],
                action=request.resolver_match.view_name if request.resolver_match else "mash",
                act=act,
            )
        except AlreadyRecorded:
            kept.recorded()
            return redirect(onward)
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, str(refused))
            status = 409 if isinstance(refused, Clash) else 200
        else:
            kept.recorded()
            messages.success(request, done(row) if callable(done) else done)
            return redirect(onward)
    kept.keep()
    ids = children_of_discussion(discussion)
    names = words.list_of_names(
        one.name for one in display_people(ids, by=user, on=today()).values()
    )
    _shown(request, discussion, ids)
    return render(
        request,
        template,
        {
            "discussion": discussion,
            "form": form,
            "who": names,
            "title": title,
            "lead": lead,
            "button": button,
            "crumbs": _crumbs(discussion, names),
            "back_url": onward,
            **(more or {}),
        },
        status=status,
    )


def _may_chair(user: User) -> bool:
    try:
        who_chairs(user, now())
    except PermissionDenied:
        return False
    return True


# One discussion ----------------------------------------------------------------------------------


@page("GET")
def discussion(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Why it was called, who takes part, what was concluded for each child, what is still owed."""
    user = user_of(request)
    found = discussion_for(user, pk)
    shown = queries.discussion_page(by=user, discussion=found, at=now())
    may_work = holds(user, Permission.STRATEGY_CALL)
    _shown(request, found, shown.child_ids)
    return render(
        request,
        "mash/discussion.html",
        {
            "page": shown,
            "discussion": found,
            "crumbs": [("My work", reverse("cases:home"))],
            "may_work": may_work,
            "may_chair": _may_chair(user),
            "may_confirm": holds(user, Permission.EDT_CONFIRM)
            and found.is_provisional
            and found.confirmed_at is None,
            "may_read_contact": holds(user, Permission.CONTACT_READ),
        },
    )


@page("GET", "POST")
def invite(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask agencies, each with what it is asked to bring."""
    user = user_of(request)
    require(user, Permission.STRATEGY_CALL)
    found = discussion_for(user, pk)
    form = forms.InviteForm(
        request.POST if request.method == "POST" else None,
        agencies=queries.agencies_to_invite(discussion=found),
    )
    return _form_page(
        request,
        found,
        form,
        title="Ask agencies to take part",
        lead="An agency with access sees it at once and can contribute in writing, also when it"
        " cannot come. Others you ring; type what they say.",
        act=lambda: actions.invite_agencies(
            by=user, at=now(), discussion_id=found.pk, invitations=form.invitations()
        )[0],
        done=lambda _part: (
            f"{words.plural(len(form.invitations()), 'agency', 'agencies')} asked."
            " Ring those who do not use this system."
        ),
        button="Ask these agencies",
    )


@login_required
@require_http_methods(["GET", "POST"])
def contribution(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Type what an agency contributed by phone or letter."""
    user = user_of(request)
    require(user, Permission.STRATEGY_CALL)
    part = get_object_or_404(
        MeetingPart.objects.select_related("agency").filter(kind__startswith="strategy"), pk=pk
    )
    try:
        found = discussion_for(user, part.meeting_id)
    except Closed as closed:
        return _closed_page(request, closed.discussion)
    form = forms.ContributionForm(
        request.POST if request.method == "POST" else None, initial={"at": now()}
    )
    return _form_page(
        request,
        found,
        form,
        title=f"What {part.agency.name} contributes",
        lead=f"Asked: {part.asked}" if part.asked else "",
        act=lambda: actions.record_contribution(by=user, part_id=part.pk, **form.given()),
        done=f"What {part.agency.name} contributed is recorded.",
        button="Record it",
    )


@page("GET", "POST")
def hold(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Record that it was held, and who took part."""
    user, moment = user_of(request), now()
    who_chairs(user, moment)
    found = discussion_for(user, pk)
    if request.method == "GET" and found.state != StrategyDiscussion.State.CALLED:
        return redirect("mash:discussion", pk=found.pk)
    typed = request.POST if request.method == "POST" else None
    form = forms.HoldForm(
        typed,
        social_workers=queries.social_workers(at=moment),
        managers=queries.managers(at=moment),
        asks_late=found.due_at < moment,
        initial={"at": moment, "manager": str(user.pk)},
    )
    parts = [forms.PartForm(typed, part=part) for part in parts_of(found)]
    answered = [each.is_valid() for each in (form, *parts)]  # every part says what is wrong
    if typed is not None and all(answered):
        try:
            actions.hold(
                by=user,
                discussion_id=found.pk,
                attendance=[each.line() for each in parts],
                **form.given(),
            )
        except AlreadyRecorded:
            return redirect("mash:discussion", pk=found.pk)
        except NotWhole as refused:
            _spread(refused.problems, form, {f"part-{each.part.pk}": each for each in parts})
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        else:
            messages.success(request, "Who took part is recorded. Next: conclude for each child.")
            return redirect("mash:discussion_conclude", pk=found.pk)
    shown = queries.discussion_page(by=user, discussion=found, at=moment)
    _shown(request, found, shown.child_ids)
    return render(
        request,
        "mash/discussion_hold.html",
        {
            "page": shown,
            "discussion": found,
            "form": form,
            "parts": list(zip(shown.parts, parts, strict=True)),
            "forms": [form, *parts],
            "crumbs": _crumbs(found, shown.names),
        },
    )


def _spread(problems: Sequence[tuple[str, str]], form: OnceForm, rows: Mapping[str, Any]) -> None:
    """Put each sentence at the box it is about."""
    for field, sentence in problems:
        row = next((each for key, each in rows.items() if field.startswith(key)), None)
        if row is None:
            form.add_error(field if field in form.fields else None, sentence)
            continue
        name = field[len(row.prefix) + 1 :]
        row.add_error(name if name in row.fields else None, sentence)


@page("GET", "POST")
def conclude(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Conclude for every child of the household; nothing is ticked beforehand."""
    user, moment = user_of(request), now()
    _authority, is_provisional = who_chairs(user, moment)
    found = discussion_for(user, pk)
    if not found.is_held:
        return redirect("mash:discussion", pk=found.pk)
    kept = Drafted(request, form=FORM, subject_id=found.pk)
    if kept.is_left:
        return leave(request, kept, reverse("mash:discussion", args=[found.pk]))
    typed: Any = kept.typed
    if request.method == "POST" and (prefix := asked_for_another_row(request.POST)):
        typed = with_another_row(request.POST, prefix=prefix)
    rows = queries.children_to_conclude(by=user, discussion=found, on=london_date(moment))
    form, children, planned = _conclude_forms(found, rows, typed)
    everything = [form, *children.values(), planned]
    if request.method == "POST" and not asked_for_another_row(request.POST):
        answered = [part.is_valid() for part in everything]
        if all(answered):
            try:
                done = actions.conclude(
                    by=user,
                    at=now(),
                    discussion_id=found.pk,
                    lines=[each.line() for each in children.values()],
                    planned=decision_forms.planned_actions(planned),
                    **form.given(),
                )
            except AlreadyRecorded:
                kept.recorded()
                return redirect("mash:discussion", pk=found.pk)
            except NotWhole as refused:
                _spread(
                    refused.problems,
                    form,
                    {f"child-{pk}": each for pk, each in children.items()},
                )
            except Refused as refused:
                form.add_error(
                    refused.field if refused.field in form.fields else None, str(refused)
                )
            else:
                kept.recorded()
                messages.success(request, _what_happened(done, children))
                return redirect("mash:discussion", pk=found.pk)
    elif typed is not None:
        for part in everything:
            unchecked(getattr(part, "forms", [part]))
    kept.keep()
    shown = queries.discussion_page(by=user, discussion=found, at=moment)
    _shown(request, found, [row.child_id for row in rows if not row.is_restricted])
    return render(
        request,
        "mash/discussion_conclude.html",
        {
            "page": shown,
            "discussion": found,
            "form": form,
            "children": [(row, children.get(row.child_id)) for row in rows],
            "planned": planned,
            "forms": [form, *children.values(), planned],
            "draft": kept,
            "is_provisional": is_provisional,
            "same_words": _same_words(children) if request.method == "POST" else [],
            "crumbs": _crumbs(found, shown.names),
        },
    )


def _conclude_forms(
    found: StrategyDiscussion, rows: Sequence[queries.ChildRow], typed: Any
) -> tuple[forms.ConcludeForm, dict[UUID, forms.ConcludedChildForm], Any]:
    if typed is not None and not typed.get("token"):
        typed = typed.copy()
        typed["token"] = str(decision_forms.new_token())
    form = forms.ConcludeForm(
        typed, teams=queries.assessment_teams(), is_quorate=bool(found.is_quorate)
    )
    children = {
        row.child_id: forms.ConcludedChildForm(
            typed, child_id=row.child_id, name=row.name, is_unborn=row.is_unborn
        )
        for row in rows
        if not row.is_restricted
    }
    has_rows = typed is not None and "actions-TOTAL_FORMS" in typed
    planned = decision_forms.ActionSet(typed if has_rows else None, prefix="actions")
    return form, children, planned


def _same_words(children: Mapping[UUID, forms.ConcludedChildForm]) -> list[tuple[str, str]]:
    """Pairs of children with the same words: a check, never an error."""
    said = [
        (form.child_name, " ".join((form.cleaned_data["why"], form.cleaned_data["safety_plan"])))
        for form in children.values()
        if form.is_valid() and form.cleaned_data.get("why")
    ]
    return [
        (name, other)
        for place, (name, why) in enumerate(said)
        for other, theirs in said[:place]
        if is_nearly_same_text(why, theirs)
    ]


def _what_happened(
    done: StrategyDiscussion, children: Mapping[UUID, forms.ConcludedChildForm]
) -> str:
    lines = [each.line() for each in children.values()]
    met = [children[line.child_id].child_name for line in lines if line.is_met]
    parts = [f"Concluded at {words.time_words(now())}."]
    if met:
        names = words.list_of_names(met, shown=len(met))
        parts.append(f"The section 47 threshold is met for {names}, so the enquiry is open.")
    if done.passed.exists():
        parts.append("Whoever holds the restriction is asked to answer for the restricted child.")
    parts.append("Next: send the minutes and actions.")
    return " ".join(parts)


@page("GET", "POST")
def cancel(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Call it off before it is held."""
    user = user_of(request)
    who_chairs(user, now())
    found = discussion_for(user, pk)
    form = forms.CancelForm(request.POST if request.method == "POST" else None)
    return _form_page(
        request,
        found,
        form,
        title="Call the discussion off",
        lead="Children for whom nothing else was decided stand on the triage board again.",
        act=lambda: actions.cancel_discussion(
            by=user, at=now(), discussion_id=found.pk, because=form.cleaned_data["because"]
        ),
        done="The discussion is called off.",
        button="Call it off",
    )


@page("GET", "POST")
def minutes(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Send minutes and actions to whoever took part."""
    user = user_of(request)
    require(user, Permission.STRATEGY_CALL)
    found = discussion_for(user, pk)
    is_owed = found.concluded_at is not None and found.minutes_sent_at is None
    if request.method == "GET" and not is_owed:
        return redirect("mash:discussion", pk=found.pk)
    parts = parts_of(found)
    form = forms.MinutesForm(
        request.POST if request.method == "POST" else None,
        parts=parts,
        initial={"parts": [str(part.pk) for part in parts if part.has_attended]},
    )
    return _form_page(
        request,
        found,
        form,
        title="Send the minutes",
        lead="Agencies read them here; the e-mail they get names nobody.",
        act=lambda: actions.send_minutes(
            by=user,
            at=now(),
            discussion_id=found.pk,
            minutes=form.cleaned_data["minutes"],
            part_ids=form.chosen(),
        ),
        done="The minutes and actions are sent.",
        button="Send the minutes",
    )


@page("GET", "POST")
def further(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Call a further discussion about these children or others of the household."""
    user = user_of(request)
    require(user, Permission.STRATEGY_CALL)
    found = discussion_for(user, pk)
    form = _call_form(request, user, children_of_discussion(found), chair=found.chair_id)
    return _form_page(
        request,
        found,
        form,
        title="Call a further discussion",
        lead="The enquiry that runs keeps its start and its limits.",
        act=lambda: actions.call_further(
            by=user, at=now(), discussion_id=found.pk, **_call_of(form)
        ),
        done=_is_called,
        button="Call the discussion",
    )


@page("GET", "POST")
def confirm(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A MASH manager confirms what EDT concluded."""
    user = user_of(request)
    require(user, Permission.EDT_CONFIRM)
    found = discussion_for(user, pk)
    form = forms.ConfirmForm(request.POST if request.method == "POST" else None)
    return _form_page(
        request,
        found,
        form,
        title="Confirm EDT’s conclusion",
        lead="To change it, call a further discussion.",
        act=lambda: actions.confirm_discussion(
            by=user, at=now(), discussion_id=found.pk, note=form.cleaned_data["note"]
        ),
        done="EDT’s conclusion is confirmed.",
        button="Confirm it",
    )


@login_required
@require_http_methods(["GET", "POST"])
def action(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Say what became of an action of a discussion."""
    user = user_of(request)
    require(user, Permission.STRATEGY_CALL)
    row = get_object_or_404(DiscussionAction, pk=pk)
    try:
        found = discussion_for(user, row.discussion_id)
    except Closed as closed:
        return _closed_page(request, closed.discussion)
    form = forms.ActionAnswerForm(request.POST if request.method == "POST" else None)
    return _form_page(
        request,
        found,
        form,
        title="What became of this action?",
        lead=f"{row.what}: {row.owner}, by {words.moment_words(row.by_when, now=now())}",
        act=lambda: actions.answer_discussion_action(
            by=user,
            at=now(),
            action_id=row.pk,
            is_done=form.cleaned_data["is_done"],
            answer=form.cleaned_data["answer"],
        ),
        done="Recorded.",
        button="Record it",
    )


# Calling from a child's page ---------------------------------------------------------------------


def _call_form(
    request: HttpRequest, user: User, named: Sequence[UUID], *, chair: UUID | None
) -> StrategyForm:
    moment = now()
    on = london_date(moment)
    family = [
        child.person
        for child in children_of_households(by=user, person_ids=named, on=on)
        if child.person is not None
    ]
    return StrategyForm(
        request.POST if request.method == "POST" else None,
        children=[(str(child.pk), f"{child.name}, {age(child, on=on)}") for child in family],
        chairs=chairs(at=moment),
        agencies=queries.agencies(),
        initial={"chair": str(chair) if chair else ""},
    )


def _call_of(form: StrategyForm) -> dict[str, Any]:
    return {
        "child_ids": form.about(),
        "reason": form.cleaned_data["reason"],
        "is_same_day": form.cleaned_data["is_same_day"],
        "chair_id": UUID(form.cleaned_data["chair"]),
        "requested_by_id": form.asked_for_by(),
    }


def _offered(form: StrategyForm | forms.RefuseForm, child_id: UUID) -> list[UUID]:
    """The child whose page it is, and those who can be chosen: all of them are shown."""
    return list(dict.fromkeys([child_id, *form.child_ids]))


def _is_called(row: StrategyDiscussion) -> str:
    return (
        f"The strategy discussion is on {words.possessive(row.chair.full_name)} list."
        f" {words.due_words(row.due_at, now=now())}."
    )


@login_required
@require_http_methods(["GET", "POST"])
def call_for_child(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Call a discussion now from a child's page."""
    user = reader(request)
    person = Person.objects.visible_to(user).filter(pk=pk).first()
    if person is None:
        return _closed_or_nothing(user, pk)
    require(user, Permission.STRATEGY_CALL)
    holder = person.responsibilities.filter(to_at__isnull=True).first()
    form = _call_form(request, user, [person.pk], chair=holder.manager_id if holder else None)
    kept = drafted.attach(request, form)
    if kept.is_left:
        return leave(request, kept, reverse("cases:child", args=[person.pk]))
    if request.method == "POST" and form.is_valid():
        try:
            row = once_only(
                by=user,
                token=form.cleaned_data["token"],
                action="mash:call_for_child",
                act=lambda: actions.call_for_child(
                    by=user, at=now(), child_id=person.pk, **_call_of(form)
                ),
            )
        except AlreadyRecorded:
            kept.recorded()
            return redirect("cases:child", person.pk)
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        else:
            kept.recorded()
            messages.success(request, f"{_is_called(row)} Next: ask the agencies.")
            return redirect("mash:discussion", pk=row.pk)
    kept.keep()
    read_log.shown(request, place="mash:call_for_child", children=_offered(form, person.pk))
    return render(
        request,
        "mash/discussion_form.html",
        {
            "form": form,
            "who": person.name,
            "title": "Call a strategy discussion",
            "lead": "It goes on its chair’s list at once. Nothing else has to be finished first.",
            "button": "Call the discussion",
            "already": [
                row
                for row in queries.discussions_of(by=user, child_ids=[person.pk])
                if not row.is_over
            ],
            "refuse_url": reverse("mash:refuse_discussion", args=[person.pk])
            if _may_chair(user)
            else "",
            "crumbs": [(person.name, reverse("cases:child", args=[person.pk]))],
            "back_url": reverse("cases:child", args=[person.pk]),
        },
    )


@login_required
@require_http_methods(["GET", "POST"])
def refuse_for_child(request: HttpRequest, pk: UUID) -> HttpResponse:
    """An agency asks for a discussion about a child, and none is called."""
    user = reader(request)
    person = Person.objects.visible_to(user).filter(pk=pk).first()
    if person is None:
        return _closed_or_nothing(user, pk)
    who_chairs(user, now())
    back = reverse("cases:child", args=[person.pk])
    on = london_date(now())
    form = forms.RefuseForm(
        request.POST if request.method == "POST" else None,
        children=[
            (str(child.person_id), f"{child.name}, {age(child.person, on=on)}")
            for child in children_of_households(
                by=user, person_ids=[person.pk], on=on, and_all_named=True
            )
            if child.person is not None
        ],
        agencies=queries.agencies(),
    )
    kept = drafted.attach(request, form)
    if kept.is_left:
        return leave(request, kept, back)
    if request.method == "POST" and form.is_valid():
        try:
            once_only(
                by=user,
                token=form.cleaned_data["token"],
                action="mash:refuse_discussion",
                act=lambda: actions.refuse_request(
                    by=user, at=now(), child_id=person.pk, **form.given()
                )[0],
            )
        except AlreadyRecorded:
            kept.recorded()
            return redirect(back)
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        else:
            kept.recorded()
            messages.success(request, "Recorded. It stands on each child’s page and timeline.")
            return redirect(back)
    kept.keep()
    read_log.shown(request, place="mash:refuse_discussion", children=_offered(form, person.pk))
    return render(
        request,
        "mash/discussion_form.html",
        {
            "form": form,
            "who": person.name,
            "title": "No strategy discussion is called",
            "lead": "An agency asked for one. Its request and your reason are kept for each child.",
            "button": "Record why not",
            "crumbs": [(person.name, back)],
            "back_url": back,
        },
    )


# A restricted child ------------------------------------------------------------------------------


@login_required
@require_http_methods(["GET", "POST"])
def answer(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Whoever holds the restriction answers for the child."""
    user, moment = reader(request), now()
    passed = get_object_or_404(
        DiscussionPassed.objects.select_related("child", "owner", "discussion__chair"), pk=pk
    )
    right = right_to_answer(passed, by=user, at=moment)
    if not Person.objects.visible_to(user).filter(pk=passed.child_id).exists():
        if right is None:
            raise Http404("There is no such line.")
        return redirect("people:person", passed.child_id)
    if right is None:
        raise PermissionDenied(f"{responsible_for(passed).full_name} answers for this child.")
    (row,) = queries.child_rows(
        [(passed.child_id, passed.child)],
        rings={},
        places={},
        called_for=set(),
        on=london_date(moment),
    )
    kept = Drafted(request, form="discussion-answer", subject_id=passed.pk)
    if kept.is_left:
        return leave(request, kept, reverse("cases:home"))
    typed = kept.typed
    child = forms.ConcludedChildForm(
        typed, child_id=row.child_id, name=row.name, is_unborn=row.is_unborn
    )
    form = forms.AnswerTeamForm(typed, teams=queries.assessment_teams())
    answered = [form.is_valid(), child.is_valid()] if request.method == "POST" else [False]
    if all(answered):
        team = form.cleaned_data["to_team"]
        try:
            actions.answer_discussion(
                by=user,
                at=now(),
                passed_id=passed.pk,
                line=child.line(),
                to_team_id=UUID(team) if team else None,
                token=form.cleaned_data["token"],
            )
        except AlreadyRecorded:
            kept.recorded()
            return redirect("cases:home")
        except NotWhole as refused:
            _spread(refused.problems, form, {f"child-{row.child_id}": child})
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            kept.recorded()
            messages.success(request, f"Answered for {row.name}.")
            return redirect("cases:child", row.child_id)
    elif kept.is_restored:
        unchecked([form, child])
    kept.keep()
    read_log.shown(request, place="mash:discussion_answer", children=[passed.child_id])
    may_read = StrategyDiscussion.objects.visible_to(user).filter(pk=passed.discussion_id).exists()
    return render(
        request,
        "mash/discussion_answer.html",
        {
            "passed": passed,
            "discussion": passed.discussion,
            "row": row,
            "child": child,
            "form": form,
            "forms": [form, child],
            "draft": kept,
            "may_read": may_read,
            "crumbs": [("My work", reverse("cases:home"))],
        },
    )


# Partner agencies --------------------------------------------------------------------------------


@login_required
@require_http_methods(["GET", "POST"])
def agency_discussion(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A discussion one's own agency is asked to: contribute in writing, read the minutes."""
    user = user_of(request)
    try:
        own = queries.own_part(by=user, part_id=pk)
    except MeetingPart.DoesNotExist:
        raise Http404("There is no such discussion.") from None
    form = forms.OwnContributionForm(
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
                action="mash:agency_discussion",
                act=lambda: actions.contribute_for_own_agency(
                    by=user, at=now(), part_id=pk, **form.given()
                ),
            )
        except AlreadyRecorded:
            kept.recorded()
            return redirect("mash:agency_checks")
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        else:
            kept.recorded()
            messages.success(request, "What you know is recorded. Thank you.")
            return redirect("mash:agency_discussion", pk=pk)
    kept.keep()
    return _agency_page(request, own, form, forms.ReplyForm())


@login_required
@require_POST
def agency_discussion_reply(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Say whether one's own agency takes part."""
    user = user_of(request)
    try:
        own = queries.own_part(by=user, part_id=pk)
        form = forms.ReplyForm(request.POST)
        if form.is_valid():
            actions.reply_for_own_agency(
                by=user,
                at=now(),
                part_id=pk,
                reply=form.cleaned_data["reply"],
                note=form.cleaned_data["note"],
            )
            messages.success(request, "Your reply is recorded.")
            return redirect("mash:agency_discussion", pk=pk)
    except MeetingPart.DoesNotExist:
        raise Http404("There is no such discussion.") from None
    except Refused as refused:
        form.add_error(refused.field if refused.field in form.fields else None, str(refused))
    return _agency_page(request, own, forms.OwnContributionForm(), form)


def _agency_page(
    request: HttpRequest, own: queries.OwnPart, form: OnceForm, reply: OnceForm
) -> HttpResponse:
    read_log.shown(
        request,
        place="mash:agency_discussion",
        children=own.child_ids,
        subject_kind="meeting_part",
        subject_id=own.part.pk,
    )
    return render(
        request,
        "mash/agency_discussion.html",
        {
            "own": own,
            "form": form,
            "reply": reply,
            "forms": [form, reply],
            "crumbs": [("Agency answers", reverse("mash:agency_checks"))],
        },
    )
