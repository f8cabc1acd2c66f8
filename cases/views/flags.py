"""The flags of somebody and their teams, and one flag nobody has to take on trust."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from accounts.models import User
from accounts.permissions import MANAGING_ROLES, Permission, require, roles_of
from cases import actions
from cases.actions.flags import right_over
from cases.forms.flags import AnswerFlagForm, ClearFlagForm, FlagFilter
from cases.queries import flags as queries
from cases.queries.work import my_teams
from cases.standing import deputised
from cases.views.pages import PER_PAGE, _closed_or_nothing
from lib.application_clock import now
from people.views.opening import reader
from record import drafted, read_log
from record.errors import Refused
from record.models import Flag, ReadKind


@login_required
@require_GET
def flags(request: HttpRequest) -> HttpResponse:
    """Flags to put right or to answer for, gravest first."""
    user, moment = reader(request), now()
    require(user, Permission.FLAG_ACKNOWLEDGE)
    is_manager = bool(roles_of(user, moment) & MANAGING_ROLES) or bool(deputised(user, moment))
    form = FlagFilter(
        request.GET,
        rules=queries.rule_choices(by=user, at=moment),
        teams=my_teams(by=user, at=moment).order_by("name", "pk") if is_manager else None,
    )
    chosen = form.cleaned_data if form.is_valid() else {}
    found = queries.flag_list(
        by=user,
        at=moment,
        severity=chosen.get("severity", ""),
        answered=chosen.get("answered", ""),
        rule=chosen.get("rule", ""),
        whose=chosen.get("whose", ""),
        team=chosen.get("team"),
    )
    page = Paginator(found.rows, PER_PAGE).get_page(request.GET.get("page"))
    rows = queries.lines(list(page.object_list), by=user, at=moment)
    query = request.GET.copy()
    query.pop("page", None)
    read_log.shown(
        request,
        place="cases:flags",
        kind=ReadKind.LIST,
        person_ids=queries.ids_of(rows),
        filters={key: str(value) for key, value in query.items() if value},
    )
    return render(
        request,
        "cases/flags.html",
        {
            "form": form,
            "page": page,
            "rows": rows,
            "restricted": found.restricted,
            "is_filtered": any(chosen.values()),
            "query": query.urlencode(),
        },
    )


def _flag(user: User, pk: UUID) -> Flag | HttpResponse:
    """A flag that the user may read, or where a closed record leads."""
    try:
        flag, is_visible = queries.visible(by=user, flag_id=pk)
    except Flag.DoesNotExist:
        raise Http404 from None
    if not is_visible and flag.child_id is not None:
        return _closed_or_nothing(user, flag.child_id)
    if not queries.may_read(flag, by=user):
        raise PermissionDenied("You may not read what this flag is about.")
    return flag


@login_required
@require_http_methods(["GET", "POST"])
def flag(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What the rule saw, how it was counted and who was told; say what is done about it."""
    user, moment = reader(request), now()
    found = _flag(user, pk)
    if isinstance(found, HttpResponse):
        return found
    form = AnswerFlagForm(request.POST if request.method == "POST" else None)
    kept = drafted.attach(request, form)
    status = 200
    if request.method == "POST":
        _require_right(user, found, Permission.FLAG_ACKNOWLEDGE)
    if kept.is_left:
        return _left(request, kept, found)
    if request.method == "POST":
        if form.is_valid():
            try:
                actions.answer_flag(by=user, at=now(), flag_id=found.pk, **form.cleaned_data)
            except Refused as refused:
                status = 409
                form.add_error(_field(refused, form), str(refused))
            else:
                kept.recorded()
                messages.success(request, "Answered. The flag stands until the record clears it.")
                return redirect("cases:flag", found.pk)
        kept.keep()
    page = queries.flag_page(by=user, flag=found, at=moment)
    _shown(request, found, "cases:flag")
    return render(
        request, "cases/flag.html", {"page": page, "flag": found, "form": form}, status=status
    )


@login_required
@require_http_methods(["GET", "POST"])
def clear(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Clear by hand what should not have been raised."""
    user, moment = reader(request), now()
    found = _flag(user, pk)
    if isinstance(found, HttpResponse):
        return found
    _require_right(user, found, Permission.FLAG_CLEAR)
    form = ClearFlagForm(request.POST if request.method == "POST" else None)
    kept = drafted.attach(request, form)
    status = 200
    if kept.is_left:
        return _left(request, kept, found)
    if request.method == "POST":
        if form.is_valid():
            try:
                actions.clear_flag(by=user, at=now(), flag_id=found.pk, **form.cleaned_data)
            except Refused as refused:
                status = 409
                form.add_error(_field(refused, form), str(refused))
            else:
                kept.recorded()
                messages.success(
                    request, "Cleared. It is raised again only if what it found changes."
                )
                return redirect("cases:flag", found.pk)
        kept.keep()
    _shown(request, found, "cases:flag_clear")
    page = queries.flag_page(by=user, flag=found, at=moment)
    return render(
        request,
        "cases/flag_clear.html",
        {
            "page": page,
            "flag": found,
            "form": form,
            "crumbs": [
                ("Flags", reverse("cases:flags")),
                (page.line.title, reverse("cases:flag", args=[found.pk])),
            ],
        },
        status=status,
    )


def _require_right(user: User, found: Flag, permission: Permission) -> None:
    require(user, permission)
    if right_over(found, by=user, permission=permission, at=now()) is None:
        raise PermissionDenied("This flag is neither yours nor your team’s.")


def _left(request: HttpRequest, kept: drafted.Drafted, found: Flag) -> HttpResponse:
    kept.keep()
    messages.success(request, "Draft kept. Nothing has been recorded yet.")
    return redirect("cases:flag", found.pk)


def _field(refused: Refused, form: AnswerFlagForm | ClearFlagForm) -> str | None:
    named = {"answer": "what"}.get(refused.field, refused.field)
    return named if named in form.fields else None


def _shown(request: HttpRequest, found: Flag, place: str) -> None:
    read_log.shown(
        request,
        place=place,
        children=[found.child_id] if found.child_id is not None else [],
        subject_kind="flag",
        subject_id=found.pk,
    )
