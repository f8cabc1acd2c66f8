"""Pages of what any record rests on: drafts, documents, limits, deliveries, the access log."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import User
from accounts.permissions import Permission, holds, require
from lib import parameters, words
from lib.application_clock import LONDON, now, today
from record import (
    calendar,
    documents,
    drafts,
    notices,
    outbox,
    read_log,
)
from record import policy as limits
from record.deliveries import is_shown_here, target_of
from record.drafted import NOT_TYPED
from record.errors import Clash, Refused
from record.forms import AccessLogForm, AnswerForm, HolidayForm, LimitForm
from record.models import Document, Draft, OutboxMessage, PolicyChange, ReadKind

PER_PAGE = 50
NOT_DRAFTED = frozenset({"csrfmiddlewaretoken", "version", "token", "form_token"})
LONGEST_PAGE = 300

# Drafts


@login_required
@require_POST
def draft_save(request: HttpRequest, form: str, subject_id: UUID) -> HttpResponse:
    """Keep what is typed about one subject."""
    return _save_draft(request, form=form, subject_id=subject_id)


@login_required
@require_POST
def draft_save_by_id(request: HttpRequest, form: str, draft_id: UUID) -> HttpResponse:
    """Keep what is typed in one draft of several."""
    return _save_draft(request, form=form, draft_id=draft_id)


def _save_draft(
    request: HttpRequest,
    *,
    form: str,
    subject_id: UUID | None = None,
    draft_id: UUID | None = None,
) -> HttpResponse:
    if len(form) > 40:
        raise Http404
    try:
        data, version = _typed(request)
    except ValueError:
        return JsonResponse({"detail": "This could not be read."}, status=400)
    try:
        draft = drafts.save(
            owner=_user(request),
            form=form,
            subject_id=subject_id,
            data=data,
            version=version,
            at=now(),
            draft_id=draft_id,
            page=_page(request),
        )
    except Draft.DoesNotExist:
        raise Http404 from None
    except Clash as clash:
        return JsonResponse({"clash": str(clash)}, status=409)
    return JsonResponse(
        {
            "saved_at": f"{draft.saved_at.astimezone(LONDON):%H:%M:%S}",
            "version": draft.version,
            "draft": str(draft.pk),
        }
    )


def _page(request: HttpRequest) -> str:
    """The address on which it is typed, if it is one of ours."""
    page = request.GET.get("page", "")
    is_ours = len(page) <= LONGEST_PAGE and page.isprintable() and drafts.view_name(page)
    return page if is_ours else ""


@login_required
@require_POST
def draft_drop(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """Throw away what somebody typed, and show the page as it is without."""
    user = _user(request)
    draft = get_object_or_404(Draft, pk=draft_id, owner=user, recorded_at=None)
    drafts.drop(owner=user, draft_id=draft.pk)
    messages.success(request, "What you had typed is thrown away. Nothing was recorded.")
    return redirect(draft.page or settings.LOGIN_REDIRECT_URL)


def _typed(request: HttpRequest) -> tuple[dict[str, Any], int]:
    """Give what was typed, as form fields or JSON, and the version it rests on."""
    if request.content_type == "application/json":
        sent = _fields(_read(request.body))
        version = str(sent.get("version", 0))
        data = _fields(sent["data"] if "data" in sent else _without(sent, NOT_DRAFTED))
        data = {key: _as_a_form_has_it(value) for key, value in data.items()}
    else:
        is_apart = "draft_version" in request.POST  # the form has a version of its own
        version = request.POST.get("draft_version" if is_apart else "version", "")
        left_out = NOT_TYPED if is_apart else NOT_DRAFTED
        data = {
            key: values[0] if len(values) == 1 else values
            for key, values in request.POST.lists()
            if key not in left_out
        }
    number = int(version or 0)
    if not 0 <= number < 2**31 - 1:
        raise ValueError("not a version")
    return data, number


def _read(body: bytes) -> Any:
    try:
        return json.loads(body)
    except RecursionError:
        raise ValueError("too deep") from None


def _fields(sent: Any) -> dict[str, Any]:
    if not isinstance(sent, dict):
        raise ValueError("not an object")
    return sent


def _without(sent: dict[str, Any], names: frozenset[str]) -> dict[str, Any]:
    return {key: value for key, value in sent.items() if key not in names}


def _as_a_form_has_it(value: Any) -> str | list[str]:
    """Give a field as text, or as several: what is put back is put back into a form."""
    if isinstance(value, list):
        if not all(isinstance(each, str) for each in value):
            raise ValueError("not a field")
        return value
    if isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return str(value)
    raise ValueError("not a field")


# Documents


@login_required
@require_GET
def document(request: HttpRequest, document_id: UUID) -> HttpResponseBase:
    """Hand a document out as a download; it is never shown inside a page."""
    user = _user(request)
    try:
        opened = documents.open_for(by=user, document_id=document_id)
    except Document.DoesNotExist:
        raise Http404 from None
    except Refused as refused:
        return render(request, "record/no_document.html", {"why": str(refused)}, status=409)
    try:
        read_log.shown(
            request,
            place="Document",
            kind=ReadKind.DOCUMENT,
            children=opened.child_ids,
            subject_kind="document",
            subject_id=opened.document.pk,
        )
    except BaseException:
        opened.stream.close()
        raise
    response = FileResponse(
        opened.stream,
        as_attachment=True,
        filename=opened.document.name,
        content_type=opened.document.content_type or "application/octet-stream",
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "private, no-store"
    return response


# Limits


@login_required
@require_GET
def policies(request: HttpRequest) -> HttpResponse:
    """Show every limit with its value now."""
    user = _user(request)
    return render(
        request,
        "record/policies.html",
        {
            "lines": limits.lines(by=user, at=now()),
            "may_propose": holds(user, Permission.POLICY_PROPOSE),
            "may_approve": holds(user, Permission.POLICY_APPROVE),
        },
    )


@login_required
@require_http_methods(["GET", "POST"])
def policy(request: HttpRequest, key: str) -> HttpResponse:
    """Show one limit with its history, and take a proposal for another value."""
    user = _user(request)
    try:
        limit = limits.limit(key)
    except limits.UnknownLimit:
        raise Http404 from None
    history = limits.history(by=user, key=key)
    may_propose = holds(user, Permission.POLICY_PROPOSE)
    if request.method == "POST":
        require(user, Permission.POLICY_PROPOSE)
    form = LimitForm(request.POST if request.method == "POST" else None, limit=limit)
    if form.is_valid():
        try:
            limits.propose_change(by=user, at=now(), key=key, **form.cleaned_data)
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        else:
            messages.success(request, "Change proposed. Another person must approve it.")
            return redirect("record:policy", key=key)
    waiting = next((c for c, _ in history if c.state == PolicyChange.State.PROPOSED), None)
    return render(
        request,
        "record/policy.html",
        {
            "limit": limit,
            "value": limit.shown(limits.value(key, at=now())),
            "default": limit.shown(limit.default),
            "history": history,
            "waiting": waiting,
            "waiting_value": limit.shown(waiting.value) if waiting else "",
            "form": form,
            "answer_form": AnswerForm(),
            "may_propose": may_propose and waiting is None,
            "may_answer": waiting is not None
            and holds(user, Permission.POLICY_APPROVE)
            and waiting.proposed_by_id != user.pk,
            "crumbs": [("Limits", reverse("record:policies"))],
        },
    )


@login_required
@require_POST
def policy_approve(request: HttpRequest, change_id: UUID) -> HttpResponse:
    """Approve a proposed change."""
    return _answer(request, change_id, approved=True)


@login_required
@require_POST
def policy_refuse(request: HttpRequest, change_id: UUID) -> HttpResponse:
    """Refuse a proposed change."""
    return _answer(request, change_id, approved=False)


def _answer(request: HttpRequest, change_id: UUID, *, approved: bool) -> HttpResponse:
    user = _user(request)
    require(user, Permission.POLICY_APPROVE)
    form = AnswerForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    act = limits.approve if approved else limits.refuse
    try:
        change = act(change_id=change_id, by=user, at=now(), reason=reason)
    except PolicyChange.DoesNotExist:
        raise Http404 from None
    except Refused as refused:
        messages.error(request, str(refused))
        found = PolicyChange.objects.filter(pk=change_id).first()
        return redirect("record:policy", key=found.key) if found else redirect("record:policies")
    messages.success(request, "Change approved" if approved else "Change refused")
    return redirect("record:policy", key=change.key)


@login_required
@require_http_methods(["GET", "POST"])
def holidays(request: HttpRequest) -> HttpResponse:
    """Show the bank holidays to come, and take one that was announced."""
    user = _user(request)
    require(user, Permission.CALENDAR_EDIT)
    form = HolidayForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            number = calendar.announce_holiday(by=user, at=now(), **form.cleaned_data)
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        else:
            said = words.plural(number, "running limit")
            messages.success(request, f"Bank holiday added. {said} counted again.")
            return redirect("record:holidays")
    return render(
        request,
        "record/holidays.html",
        {"form": form, "holidays": list(calendar.holidays(from_on=today()))},
    )


# Failed deliveries


@login_required
@require_GET
def deliveries(request: HttpRequest) -> HttpResponse:
    """Show what could not be delivered; ids and codes, never content."""
    page = Paginator(outbox.set_aside(by=_user(request)), PER_PAGE).get_page(
        request.GET.get("page")
    )
    oldest = outbox.owed().order_by("created_at").values_list("created_at", flat=True).first()
    shown_here = []
    if settings.DEMONSTRATION:
        shown_here = [
            (message, target_of(message))
            for message in outbox.delivered(by=_user(request), topic="webhook", limit=PER_PAGE)
            if is_shown_here(message)
        ]
    return render(
        request,
        "record/deliveries.html",
        {
            "page": page,
            "waiting": outbox.owed().count(),
            "oldest": oldest,
            "shown_here": shown_here,
        },
    )


@login_required
@require_POST
def delivery_replay(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """Try a failed delivery again."""
    try:
        outbox.replay(message_id, by=_user(request), at=now())
    except OutboxMessage.DoesNotExist:
        raise Http404 from None
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, "The message will be sent again")
    return redirect("record:deliveries")


# Access log


@login_required
@require_http_methods(["GET", "POST"])
def access_log(request: HttpRequest) -> HttpResponse:
    """Show who looked at whom. A worker's name is posted, so that it stands in no address."""
    user = _user(request)
    require(user, Permission.ACCESS_LOG_READ)
    form = AccessLogForm(request.POST if request.method == "POST" else request.GET)
    chosen: dict[str, Any] = {}
    people: list[User] = []
    if form.is_valid():
        chosen = form.cleaned_data
        if request.method == "POST":
            worker = chosen.pop("worker")
            people = _workers(worker) if worker else []
            if worker and len(people) != 1:
                said = "Nobody here is called that" if not people else "Several people match"
                form.add_error("worker", f"{said}. Enter the whole name or the email address")
            else:
                chosen["user"] = people[0].pk if people else chosen["user"]
                kept = {key: str(value) for key, value in chosen.items() if value}
                return redirect(f"{reverse('record:access_log')}?{urlencode(kept)}")
    rows = read_log.entries(
        by=user,
        user_id=chosen.get("user"),
        child_id=chosen.get("child"),
        from_on=chosen.get("from_on"),
        to_on=chosen.get("to_on"),
    )
    before = parameters.place(request.GET.get("before"))
    if before is not None:
        (moment,), last_id = before
        rows = rows.filter(Q(recorded_at__lt=moment) | Q(recorded_at=moment, id__lt=last_id))
    found = list(rows[: PER_PAGE + 1])
    kept = {
        key: str(chosen[key]) for key in ("user", "child", "from_on", "to_on") if chosen.get(key)
    }
    older = ""
    if len(found) > PER_PAGE:
        last = found[PER_PAGE - 1]
        older = urlencode({**kept, "before": f"{last.recorded_at.isoformat()}|{last.id}"})
    return render(
        request,
        "record/access_log.html",
        {
            "form": form,
            "rows": [(row, read_log.look(row)) for row in found[:PER_PAGE]],
            "older": older,
            "is_filtered": bool(kept),
            "of_user": User.objects.filter(pk=kept["user"]).first() if "user" in kept else None,
            "child_page": _child_page(user),
        },
        status=422 if request.method == "POST" else 200,
    )


def _child_page(user: User) -> str:
    """Name the page of a child, for those who may open one."""
    if not holds(user, Permission.PERSON_READ):
        return ""
    try:
        reverse("cases:child", args=(UUID(int=0),))
    except NoReverseMatch:
        return ""
    return "cases:child"


def _workers(asked: str) -> list[User]:
    exact = User.objects.filter(Q(email__iexact=asked) | Q(full_name__iexact=asked))
    found = list(exact.order_by("full_name", "pk")[:2])
    if found:
        return found
    return list(User.objects.filter(full_name__icontains=asked).order_by("full_name", "pk")[:2])


# Notices


@login_required
@require_GET
def my_notices(request: HttpRequest) -> HttpResponse:
    """Show what is new for whoever is signed in."""
    return render(request, "record/notices.html", {"notices": notices.mine(_user(request))})


@login_required
@require_POST
def notice_open(request: HttpRequest, notice_id: UUID) -> HttpResponse:
    """Mark one notice read and lead to what it is about."""
    user = _user(request)
    line = next((each for each in notices.mine(user, limit=1000) if each.id == notice_id), None)
    if line is None:
        raise Http404
    notices.mark_read(user=user, at=now(), notice_id=notice_id)
    return redirect(line.url or "record:notices")


@login_required
@require_POST
def notices_read(request: HttpRequest) -> HttpResponse:
    """Mark everything read."""
    notices.mark_read(user=_user(request), at=now())
    messages.success(request, "All notices are marked as read")
    return redirect("record:notices")


def _user(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise PermissionDenied("Sign in to see this.")
    return request.user
