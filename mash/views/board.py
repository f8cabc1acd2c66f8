"""The triage board: read, filtered, claimed from, given out, and refreshed without moving."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.choices import Role
from accounts.models import User
from accounts.permissions import Permission, holds, require
from accounts.queries import people_with
from cases import actions as case_actions
from cases.models import Contact
from lib import asked, parameters, words
from lib.application_clock import now
from mash import actions
from mash.filters import NAMES, BoardFilter
from mash.forms.board import AssignForm, ViewNameForm
from mash.queries import board as queries
from mash.views.doors import address_of, user_of
from record import read_log
from record.clocks import GROUPS
from record.errors import Clash, Refused

REFRESH_SECONDS = 60
#: Where a claim may lead on to.
NEXT_PAGES = frozenset({"mash:decide", "mash:rate", "mash:contact"})
OWN_PARAMETERS = frozenset({*NAMES, asked.NAME, "clear", "sort", "since", "assign", "print"})


@login_required
@require_http_methods(["GET", "POST"])
def board(request: HttpRequest) -> HttpResponse:
    """Everything not yet decided, by lateness; a posted filter becomes an address."""
    user = user_of(request)
    viewer = queries.viewer(user)
    at = now()
    if request.method == "POST":
        sort = request.POST.get("sort", "")
        wanted = QueryDict(BoardFilter(request.POST, by=user, at=at).query, mutable=True)
        wanted.update({"sort": sort} if sort else {})
        return redirect(f"{reverse('mash:board')}?{wanted.urlencode() or 'clear=1'}")
    last, saved = queries.views(by=user)
    if not any(_is_ours(name) for name in request.GET) and last:
        return redirect(f"{reverse('mash:board')}?{last}")
    chosen = BoardFilter(request.GET, by=user, at=at)
    since = parameters.moment(request.GET.get("since"))
    sort = request.GET.get("sort", "")
    page = queries.board(
        by=user, at=at, chosen=chosen, window=_window(request), sort=sort, since=since, who=viewer
    )
    query = chosen.query
    if query != (last or ""):
        actions.keep_last_view(by=user, list_name=queries.LIST, query=query)
    read_log.shown(
        request,
        place="mash:board",
        kind="list",
        person_ids=page.child_ids,
        filters={"chosen": sorted(chosen.chosen), "print": "print" in request.GET},
    )
    is_assigning = viewer.may_assign and "assign" in request.GET
    return render(
        request,
        "mash/board.html",
        {
            "board": page,
            "viewer": viewer,
            "panel": _panel(chosen, page),
            "sources": [
                (value, label, value == chosen.chosen.get("source", ""))
                for value, label in _choices(chosen.form.fields["source"])
            ],
            "searched": chosen.chosen.get("q", ""),
            "is_nobody": chosen.chosen.get("claimed") == "nobody",
            "chosen": queries.chosen_links(chosen),
            "query": query,
            "is_remembered": bool(query) and query == last,
            "saved": saved,
            "view_form": ViewNameForm(),
            "sort": sort,
            "columns": _columns(sort),
            "is_assigning": is_assigning,
            "assign_form": AssignForm(people=_colleagues(at)) if is_assigning else None,
            "counts": _counts(page),
            "groups": [
                (group, _address(request, group.code, *_next_window(group)))
                for group in page.groups
                if group.count
            ],
            "everything": "?clear=1",
            "very_overdue_only": f"?clear=1{'&assign=1' if is_assigning else ''}#very-overdue",
            "record_url": _record_url(user),
            "news_url": f"{reverse('mash:board_news')}?{_news_query(query, at)}",
            "print_url": f"?{_print_query(request)}",
            "as_at": words.time_words(at),
        },
    )


def _columns(sort: str) -> list[dict[str, Any]]:
    """The columns that can be sorted by, and which one is."""
    columns = (
        ("received", "Children and concern", "date received", 36, "ascending"),
        ("urgency", "Urgency and why", "urgency", 17, "descending"),
        ("", "Clock", "time left", 18, "ascending"),
        ("claimed", "Claimed by", "who claimed", 13, "ascending"),
    )
    return [
        {
            "sort": name,
            "label": label,
            "by": by,
            "width": width,
            "order": order,
            "is_sorted": name == sort,
        }
        for name, label, by, width, order in columns
    ]


def _record_url(user: User) -> str:
    return address_of("mash:contact_new") if holds(user, Permission.CONTACT_CREATE) else ""


def _is_ours(name: str) -> bool:
    return name in OWN_PARAMETERS or name.removesuffix("_from") in GROUPS


def _window(request: HttpRequest) -> queries.Window:
    """How much of each group the address asks for; paper gets as much as one page holds."""
    shown: dict[str, tuple[int, int]] = {}
    for code in GROUPS:
        number = parameters.number(request.GET.get(code), otherwise=queries.FIRST_SHOWN)
        if "print" in request.GET:
            number = queries.MOST_SHOWN
        first = parameters.number(request.GET.get(f"{code}_from"), otherwise=0)
        shown[code] = (first, max(1, min(number, queries.MOST_SHOWN)))
    return queries.Window(shown)


def _next_window(group: queries.Group) -> tuple[int, int]:
    if group.asked >= queries.MOST_SHOWN:
        return group.first + group.asked, queries.MOST_SHOWN
    return group.first, min(group.asked + queries.MORE_SHOWN, queries.MOST_SHOWN)


def _address(request: HttpRequest, code: str, first: int, number: int) -> str:
    query = request.GET.copy()
    query[code] = str(number)
    if first:
        query[f"{code}_from"] = str(first)
    return f"?{query.urlencode()}#{code.replace('_', '-')}"


def _print_query(request: HttpRequest) -> str:
    query = request.GET.copy()
    query["print"] = "1"
    return query.urlencode()


def _news_query(query: str, at: datetime) -> str:
    found = QueryDict(query, mutable=True)
    found["since"] = at.isoformat()
    return found.urlencode()


def _counts(page: queries.Board) -> list[dict[str, Any]]:
    groups = [
        {
            "number": page.totals[group.code],
            "label": group.title,
            "url": f"#{group.slug}" if group.count else f"?clear=1#{group.slug}",
        }
        for group in page.groups
    ]
    return [
        *groups,
        {"number": page.unclaimed, "label": "Claimed by nobody", "url": "?claimed=nobody"},
        {
            "number": page.edt_to_confirm,
            "label": "From EDT to confirm",
            "url": "?waiting=edt_to_confirm",
        },
    ]


def _panel(chosen: BoardFilter, page: queries.Board) -> list[dict[str, Any]]:
    """The filters with their choices, and beside each choice how many rows it would show."""
    form = chosen.form
    questions = []
    for name in ("rag", "claimed", "waiting", "mark"):
        on = chosen.chosen.get(name, "")
        counts = page.facets.get(name, {})
        choices = [
            {
                "id": f"id_{name}_{place}",
                "value": value,
                "label": label,
                "is_on": value in on if isinstance(on, list) else value == on,
                "number": counts.get(value) if value else None,
            }
            for place, (value, label) in enumerate(_choices(form.fields[name]))
        ]
        if name == "mark":
            choices = [each for each in choices if each["number"] or each["is_on"]]
        if choices:
            questions.append(
                {
                    "name": name,
                    "label": form.fields[name].label,
                    "kind": "radio" if name == "claimed" else "checkbox",
                    "choices": choices,
                }
            )
    return questions


def _choices(field: Any) -> list[tuple[str, str]]:
    return [(str(value), str(label)) for value, label in field.choices]


def _colleagues(at: datetime) -> list[tuple[str, str]]:
    roles = {Role.CONTACT_OFFICER, Role.MASH_SOCIAL_WORKER, Role.MASH_MANAGER, Role.EDT_WORKER}
    return people_with(roles, at=at)


@login_required
@require_GET
def board_news(request: HttpRequest) -> JsonResponse:
    """What the line above the board says; asked for in the background, it moves no row."""
    user = user_of(request)
    at = now()
    since = parameters.moment(request.GET.get("since")) or at
    found = queries.news(by=user, at=at, since=since)
    chosen = BoardFilter(request.GET, by=user, at=at)
    query = QueryDict(chosen.query, mutable=True)
    query["since"] = since.isoformat()
    urgent = ""
    if found.urgent:
        number = words.plural(len(found.urgent), "red contact")
        urgent = f"{number}, {words.due_words(min(found.urgent), now=at).lower()}"
    return JsonResponse(
        {
            "as_at": words.time_words(at),
            "new": found.new,
            "words": f"{words.plural(found.new, 'new contact')} since {words.time_words(since)}.",
            "link": f"Show {found.new} new",
            "href": f"{reverse('mash:board')}?{query.urlencode()}#new",
            "urgent": urgent,
            "clocks": found.clocks,
            "rows": {str(pk): _cells(pk, row) for pk, row in found.rows.items()},
        }
    )


def _cells(pk: UUID, row: queries.ChangedRow) -> dict[str, Any]:
    """What the cells of a changed row say now; nothing for a row that may only be a place."""
    if row.gone:
        return {"gone": True, "next": {"words": row.gone}}
    if row.step is None:
        return {"gone": False}
    step = row.step
    url = queries.address(pk, step.page, step.anchor) if step.page else ""
    return {
        "gone": False,
        "claimed": {"words": row.claimed},
        "next": {"words": step.words, "url": url, "then": row.then.page if row.then else ""},
    }


@login_required
@require_GET
def board_decided(request: HttpRequest) -> HttpResponse:
    """What left the board today."""
    user = user_of(request)
    rows = queries.decided_today(by=user, at=now())
    read_log.shown(
        request,
        place="mash:board_decided",
        kind="list",
        person_ids=[child.person_id for row in rows for child in row.children],
    )
    return render(
        request,
        "mash/board_decided.html",
        {"rows": rows, "crumbs": [("Triage", reverse("mash:board"))]},
    )


@login_required
@require_GET
def board_guide(request: HttpRequest) -> HttpResponse:
    """How groups and clocks work, with the limits in force."""
    require(user_of(request), Permission.BOARD_SEE)
    return render(
        request,
        "mash/board_guide.html",
        {"rules": queries.rules_of_board(at=now()), "crumbs": [("Triage", reverse("mash:board"))]},
    )


# Claiming ----------------------------------------------------------------------------------------


@login_required
@require_POST
def claim(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take a contact on, and go on to what comes next."""
    user = user_of(request)
    try:
        contact = case_actions.claim(by=user, at=now(), contact_id=pk)
    except Contact.DoesNotExist:
        raise Http404("There is no such contact.") from None
    except Clash as clash:
        messages.warning(
            request,
            format_html(
                '<strong>{}:</strong> {} <a href="{}">Open it to read</a>',
                _who(user, pk),
                str(clash),
                reverse("mash:contact", args=[pk]),
            ),
        )
        return _back(request)
    except Refused as refused:
        messages.warning(request, str(refused))
        return _back(request)
    messages.success(
        request,
        format_html(
            '{} is yours until {}. <button form="undo" formaction="{}"'
            ' class="fd-link-button">Undo</button>',
            _who(user, pk),
            words.moment_words(contact.claim_lapses_at, now=now()),
            reverse("mash:release", args=[pk]),
        ),
    )
    onward = request.POST.get("next", "")
    if onward in NEXT_PAGES:
        return redirect(onward, pk=pk)
    return _back(request)


@login_required
@require_POST
def release(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Give a contact back, or take back a claim just made."""
    user = user_of(request)
    require(user, Permission.BOARD_CLAIM)
    try:
        case_actions.release(by=user, at=now(), contact_id=pk)
    except Contact.DoesNotExist:
        raise Http404("There is no such contact.") from None
    except Refused as refused:
        messages.warning(request, str(refused))
        return _back(request)
    messages.success(
        request,
        format_html(
            '{} is nobody’s now. <button form="undo" formaction="{}"'
            ' class="fd-link-button">Undo</button>',
            _who(user, pk),
            reverse("mash:claim", args=[pk]),
        ),
    )
    return _back(request)


@login_required
@require_POST
def assign(request: HttpRequest) -> HttpResponse:
    """Give several contacts to a colleague; each row succeeds or is refused by itself."""
    user = user_of(request)
    require(user, Permission.BOARD_ASSIGN)
    form = AssignForm(request.POST, people=_colleagues(now()))
    if not form.is_valid():
        for problem in form.problems:
            messages.error(request, problem)
        return _back(request, assign=True)
    colleague = User.objects.get(pk=form.cleaned_data["to"])
    results = case_actions.assign_many(
        by=user, at=now(), contact_ids=form.cleaned_data["contact"], to_id=colleague.pk
    )
    done = [result.reference for result in results if result.is_done]
    if done:
        messages.success(
            request,
            f"{len(done)} of {words.plural(len(results), 'contact')} given to"
            f" {colleague.full_name}: {words.list_of_names(done, shown=len(done))}.",
        )
    for result in results:
        if not result.is_done:
            messages.warning(request, f"{result.reference or 'One contact'}: {result.words}")
    return _back(request)


def _who(user: User, pk: UUID) -> str:
    """Name the children of a contact, as far as this person may see them."""
    if not holds(user, Permission.CONTACT_READ):
        return "The contact"
    return queries.names_of_children(by=user, contact_id=pk) or "The contact"


def _back(request: HttpRequest, *, assign: bool = False) -> HttpResponse:
    """Lead back to the page the form stood on: the contact, or the board with its filter."""
    where = request.POST.get("back", "")
    contact_id = parameters.row_id(where.removeprefix("contact:"))
    if contact_id is not None:
        return redirect("mash:contact", pk=contact_id)
    kept = QueryDict(where[:2000], mutable=True)
    for name in [name for name in kept if not _is_ours(name)]:
        del kept[name]
    kept.pop("assign", None)
    if assign:
        kept["assign"] = "1"
    if not kept:
        kept["clear"] = "1"
    return redirect(f"{reverse('mash:board')}?{kept.urlencode()}")


# Saved views -------------------------------------------------------------------------------------


@login_required
@require_POST
def save_view(request: HttpRequest) -> HttpResponse:
    """Keep the filter that is on under a name."""
    user = user_of(request)
    require(user, Permission.BOARD_SEE)
    form = ViewNameForm(request.POST)
    if not form.is_valid():
        for errors in form.errors.values():
            messages.error(request, str(errors[0]))
        return _back(request)
    chosen = BoardFilter(QueryDict(request.POST.get("back", "")[:2000]), by=user, at=now())
    try:
        view = actions.save_view(
            by=user, list_name=queries.LIST, name=form.cleaned_data["name"], query=chosen.query
        )
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, f"View “{view.name}” is kept.")
    return _back(request)


@login_required
@require_POST
def forget_view(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Remove one of your own views."""
    user = user_of(request)
    require(user, Permission.BOARD_SEE)
    actions.forget_view(by=user, view_id=pk)
    messages.success(request, "The view is gone.")
    return _back(request)
