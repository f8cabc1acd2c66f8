"""Mapping meetings: planned, held, looked at again, and closed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from accounts.permissions import TABLE, Permission, holds, require
from accounts.queries import people_with
from lib import parameters
from lib.application_clock import now
from lib.govuk import OnceForm, asked_for_another_row, with_another_row
from mash import actions
from mash.forms import mapping as forms
from mash.models import MappingMeeting
from mash.queries import mapping as queries
from mash.queries.network import everything
from mash.views.doors import leave
from people.views.opening import reader
from record import drafted, read_log
from record.errors import Clash, NotWhole, Refused
from record.models import ReadKind
from record.once import AlreadyRecorded, once_only

P = Permission
PER_PAGE = 50
LIST = ("Mapping meetings", "mash:mapping_list")


def _crumbs(*more: tuple[str, str]) -> list[tuple[str, str]]:
    return [
        ("Exploitation", reverse("mash:exploitation_list")),
        (LIST[0], reverse(LIST[1])),
        *more,
    ]


@login_required
@require_GET
def mapping_list(request: HttpRequest) -> HttpResponse:
    """The meetings about children one may see: planned, held, closed."""
    user = reader(request)
    require(user, P.EXPLOITATION_READ)
    found = Paginator(queries.meetings(by=user), PER_PAGE).get_page(request.GET.get("page"))
    rows, child_ids = queries.lines(list(found.object_list), by=user)
    read_log.shown(request, place="mash:mapping_list", kind=ReadKind.LIST, person_ids=child_ids)
    return render(
        request,
        "mash/mapping_list.html",
        {
            "rows": rows,
            "page": found,
            "may_plan": holds(user, P.EXPLOITATION_WORK),
            "crumbs": _crumbs()[:1],
        },
    )


def _page(request: HttpRequest, pk: UUID) -> queries.MeetingPage:
    user = reader(request)
    try:
        return queries.meeting_page(by=user, meeting_id=pk, at=now())
    except MappingMeeting.DoesNotExist as none:
        require(user, P.EXPLOITATION_READ)
        raise Http404("There is no such meeting.") from none


def _log(request: HttpRequest, page: queries.MeetingPage, place: str) -> None:
    read_log.shown(
        request,
        place=place,
        children=page.child_ids,
        subject_kind="mapping_meeting",
        subject_id=page.meeting.pk,
    )


@login_required
@require_GET
def mapping(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One meeting: who came, what was said, who does what by when."""
    page, user = _page(request, pk), reader(request)
    _log(request, page, "mash:mapping")
    decides = holds(user, P.EXPLOITATION_DECIDE)
    state = page.meeting.state
    return render(
        request,
        "mash/mapping.html",
        {
            "page": page,
            "meeting": page.meeting,
            "crumbs": _crumbs(),
            "may_work": holds(user, P.EXPLOITATION_WORK),
            "may_hold": decides and state == MappingMeeting.State.SCHEDULED,
            "may_close": decides and state != MappingMeeting.State.CLOSED,
            "may_follow": holds(user, P.EXPLOITATION_WORK)
            and state == MappingMeeting.State.HELD
            and page.next_id is None,
            "today": now().date(),
        },
    )


@login_required
@require_http_methods(["GET", "POST"])
def plan(request: HttpRequest) -> HttpResponse:
    """Plan a meeting; `?after=` names the one that it looks at again."""
    user = reader(request)
    require(user, P.EXPLOITATION_WORK)
    before_id = parameters.row_id(request.GET.get("after", ""))
    before = _page(request, before_id) if before_id is not None else None
    rows = queries.to_map(by=user)
    chosen = parameters.row_id(request.GET.get("child", ""))
    form = forms.PlanMappingForm(
        request.POST or None,
        screenings=[
            (str(row.pk), f"{row.child.name}: {row.get_risk_display().lower()}") for row in rows
        ],
        chairs=people_with(TABLE[P.EXPLOITATION_DECIDE], at=now()),
        initial={
            "about": before.meeting.about if before and before.is_whole else "",
            "screenings": [str(each.row.screening_id) for each in before.children]
            if before
            else [str(row.pk) for row in rows if row.pk == chosen],
            "chair": str(before.meeting.chair_id) if before else "",
        },
    )
    asked = [{"name": part.name, "agency": part.agency} for part in before.parts] if before else []
    return _answer(
        request,
        form,
        {"invited": (forms.InvitedSet, {"initial": asked})},
        place="mash:mapping_plan",
        title="Plan the next mapping meeting" if before else "Plan a mapping meeting",
        heads={"invited": "Who is asked"},
        button="Plan the meeting",
        done="The meeting is planned. Send each of them the date yourself.",
        back=reverse("mash:mapping", args=[before.meeting.pk]) if before else reverse(LIST[1]),
        act=lambda sets: actions.plan_mapping(
            by=user,
            at=now(),
            invited=forms.invited_of(sets["invited"]),
            follows_id=before_id,
            **form.plan(),
        ),
        log=lambda: read_log.shown(
            request,
            place="mash:mapping_plan",
            kind=ReadKind.LIST,
            person_ids=[row.child_id for row in rows],
        ),
        crumbs=_crumbs(),
    )


@login_required
@require_http_methods(["GET", "POST"])
def hold(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Record the meeting."""
    page, user = _page(request, pk), reader(request)
    require(user, P.EXPLOITATION_DECIDE)
    meeting = page.meeting
    form = forms.HoldMappingForm(
        request.POST or None,
        parts=page.parts,
        children=[each.row for each in page.children],
        people=people_with(TABLE[P.EXPLOITATION_WORK], at=now()),
        initial={"held_at": meeting.scheduled_for if meeting.scheduled_for <= now() else None},
    )
    on_picture = [
        (str(node.pk), f"{node.name} ({node.get_kind_display().lower()})")
        for node in everything(by=user).nodes
    ]
    back = reverse("mash:mapping", args=[meeting.pk])
    return _answer(
        request,
        form,
        {
            "more": (forms.InvitedSet, {}),
            "nodes": (forms.NodeSet, {"form_kwargs": {"nodes": on_picture}}),
        },
        place="mash:mapping_hold",
        title="Record the mapping meeting",
        heads={"more": "Who else came", "nodes": "What on the picture was spoken of"},
        button="Record the meeting",
        done="The meeting is recorded. Each action stands with its child.",
        back=back,
        act=lambda sets: actions.hold_mapping(
            by=user,
            at=now(),
            meeting_id=meeting.pk,
            nodes=forms.nodes_of(sets["nodes"]),
            more=forms.invited_of(sets["more"]),
            **form.meeting(),
        ),
        log=lambda: _log(request, page, "mash:mapping_hold"),
        crumbs=_crumbs((page.title, back)),
    )


@login_required
@require_http_methods(["GET", "POST"])
def close(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Close a meeting that needs no next one, or that is not held."""
    page, user = _page(request, pk), reader(request)
    require(user, P.EXPLOITATION_DECIDE)
    back = reverse("mash:mapping", args=[page.meeting.pk])
    form = forms.CloseMappingForm(request.POST or None)
    return _answer(
        request,
        form,
        {},
        place="mash:mapping_close",
        title="Close the mapping meeting",
        heads={},
        button="Close",
        done="The meeting is closed.",
        back=back,
        act=lambda _sets: actions.close_mapping(
            by=user, at=now(), meeting_id=page.meeting.pk, because=form.cleaned_data["because"]
        ),
        log=lambda: _log(request, page, "mash:mapping_close"),
        crumbs=_crumbs((page.title, back)),
    )


def _answer(
    request: HttpRequest,
    form: OnceForm,
    rows: dict[str, tuple[Any, dict[str, Any]]],
    *,
    place: str,
    title: str,
    heads: dict[str, str],
    button: str,
    done: str,
    back: str,
    act: Callable[[dict[str, Any]], MappingMeeting],
    log: Callable[[], Any],
    crumbs: Sequence[tuple[str, str]],
) -> HttpResponse:
    """Take a form with its rows, or show it."""
    user = reader(request)
    kept = drafted.attach(request, form)
    if kept.is_left:
        return leave(request, kept, back)
    typed = kept.typed
    wants_row = typed is not None and bool(asked_for_another_row(typed))
    sets: dict[str, Any] = {}
    for prefix, (kind, given) in rows.items():
        data = typed
        if data is not None and wants_row and asked_for_another_row(data) == prefix:
            data = with_another_row(data, prefix=prefix)
        is_typed = data is not None and f"{prefix}-TOTAL_FORMS" in data
        sets[prefix] = kind(data if is_typed else None, prefix=prefix, **given)
    status = 200
    if wants_row:
        drafted.unchecked([form, *(each for one in sets.values() for each in one.forms)])
    elif request.method == "POST" and not [
        part for part in [form, *sets.values()] if not part.is_valid()
    ]:
        try:
            made = once_only(
                by=user,
                token=form.cleaned_data["token"],
                action=place.replace(":", "."),
                act=lambda: act(sets),
            )
        except AlreadyRecorded:
            kept.recorded()
            return redirect(back)
        except NotWhole as refused:
            for about, sentence in refused.problems:
                form.add_error(about if about in form.fields else None, sentence)
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, str(refused))
            status = 409 if isinstance(refused, Clash) else 200
        else:
            kept.recorded()
            messages.success(request, done)
            return redirect("mash:mapping", made.pk)
    kept.keep()
    log()
    return render(
        request,
        "mash/mapping_form.html",
        {
            "form": form,
            "forms": list(sets.values()),
            "sets": [(heads[prefix], each) for prefix, each in sets.items()],
            "title": title,
            "button": button,
            "back_url": back,
            "crumbs": crumbs,
        },
        status=status,
    )
