"""The picture of exploitation: the table, its data for the graph, and each change of it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from accounts.models import User
from accounts.permissions import Permission, holds, require
from lib import asked, parameters
from lib.application_clock import now
from lib.govuk import OnceForm
from mash import actions
from mash.forms import network as forms
from mash.models import NetworkLink, NetworkNode
from mash.queries import network as queries
from mash.views.doors import leave
from people.models import Person
from people.views.opening import reader
from record import drafted, read_log
from record.errors import Clash, Refused
from record.models import ReadKind
from record.once import AlreadyRecorded, once_only


@login_required
@require_http_methods(["GET", "POST"])
def network(request: HttpRequest) -> HttpResponse:
    """The picture as a table; the graph is drawn above it where there is a script."""
    user = reader(request)
    require(user, Permission.EXPLOITATION_READ)
    if request.method == "POST":
        return redirect(f"{reverse('mash:network')}?{asked.leading_on(request)}")
    wanted = asked.typed(request) or request.GET
    shown = _picture(user, request)
    _log(request, shown, "mash:network")
    return render(
        request,
        "mash/network.html",
        {
            "shown": shown,
            "lines": shown.lines,
            "kinds": NetworkNode.Kind.choices,
            "chosen": wanted.getlist("kind"),
            "words": wanted.get("words", ""),
            "with_ended": "ended" in wanted,
            "query": request.GET.urlencode(),
            "may_work": holds(user, Permission.EXPLOITATION_WORK),
        },
    )


@login_required
@require_GET
def network_data(request: HttpRequest) -> HttpResponse:
    """The same for the script that draws it."""
    user = reader(request)
    require(user, Permission.EXPLOITATION_READ)
    shown = _picture(user, request)
    _log(request, shown, "mash:network_data")
    return JsonResponse(
        queries.data_of(shown, url_of=lambda node: reverse("mash:network_node", args=[node.pk]))
    )


@login_required
@require_GET
def node(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One node, its links and what was known before."""
    user = reader(request)
    page = _page(user, pk)
    read_log.shown(
        request,
        place="mash:network_node",
        kind=ReadKind.LIST,
        person_ids=[
            each.person_id
            for each in [page.node, *(line.node for line in [*page.links, *page.ended])]
            if each.person_id is not None
        ],
        subject_kind="network_node",
        subject_id=page.node.pk,
    )
    return render(
        request,
        "mash/network_node.html",
        {
            "page": page,
            "node": page.node,
            "crumbs": _crumbs(),
            "may_work": holds(user, Permission.EXPLOITATION_WORK) and page.node.ended_at is None,
        },
    )


@login_required
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """Put something, or somebody without a record, on the picture."""
    user, moment = reader(request), now()
    require(user, Permission.EXPLOITATION_WORK)
    form = forms.NodeForm(request.POST if request.method == "POST" else None)
    return _take(
        request,
        user,
        form,
        place="mash:network_add",
        title="Add to the picture",
        button="Add",
        back=reverse("mash:network"),
        done="It is on the picture.",
        act=lambda: actions.add_node(by=user, at=moment, **form.given()),
    )


@login_required
@require_http_methods(["GET", "POST"])
def add_person(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Put a recorded person on the picture."""
    user, moment = reader(request), now()
    person = Person.objects.visible_to(user).filter(pk=pk).first()
    if person is None:
        raise Http404("There is no such person.")
    require(user, Permission.EXPLOITATION_WORK)
    known = queries.node_of_person(by=user, person_id=person.pk)
    if known is not None and request.method == "GET":
        return redirect("mash:network_node", known.pk)
    form = forms.PersonNodeForm(request.POST if request.method == "POST" else None)
    return _take(
        request,
        user,
        form,
        place="mash:network_person",
        title=f"Put {person.name} on the picture",
        lead="Say what the source tells about this person. Links are added next.",
        button="Put on the picture",
        back=reverse("mash:network"),
        done=f"{person.name} is on the picture.",
        person_ids=[person.pk],
        act=lambda: actions.add_node(
            by=user, at=moment, kind="person", label="", person_id=person.pk, **form.given()
        ),
    )


@login_required
@require_http_methods(["GET", "POST"])
def change_node(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Correct what is known of a node."""
    user, moment = reader(request), now()
    page = _page(user, pk)
    require(user, Permission.EXPLOITATION_WORK)
    form = forms.ChangeNodeForm(request.POST if request.method == "POST" else None, row=page.node)
    return _take(
        request,
        user,
        form,
        place="mash:network_change",
        title=f"Change {page.node.name}",
        button="Record the change",
        back=reverse("mash:network_node", args=[pk]),
        done="The change is recorded. What was known before is kept.",
        person_ids=_people(page.node),
        act=lambda: actions.change_node(by=user, at=moment, node_id=pk, **form.given()),
    )


@login_required
@require_http_methods(["GET", "POST"])
def end_node(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take a node off the picture."""
    user, moment = reader(request), now()
    page = _page(user, pk)
    require(user, Permission.EXPLOITATION_WORK)
    form = forms.EndForm(request.POST if request.method == "POST" else None)
    return _take(
        request,
        user,
        form,
        place="mash:network_end",
        title=f"Take {page.node.name} off the picture",
        lead="Its links end with it. All of it stays in the history.",
        button="Take off the picture",
        back=reverse("mash:network_node", args=[pk]),
        done="It is off the picture and stays in the history.",
        person_ids=_people(page.node),
        act=lambda: actions.end_node(by=user, at=moment, node_id=pk, **form.given()),
    )


@login_required
@require_http_methods(["GET", "POST"])
def link(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Link a node to another."""
    user, moment = reader(request), now()
    page = _page(user, pk)
    require(user, Permission.EXPLOITATION_WORK)
    choices = [(str(each.pk), f"{each.name} ({each.get_kind_display()})") for each in page.choices]
    form = forms.LinkForm(request.POST if request.method == "POST" else None, choices=choices)
    return _take(
        request,
        user,
        form,
        place="mash:network_link",
        title=f"Link {page.node.name} to another",
        button="Record the link",
        back=reverse("mash:network_node", args=[pk]),
        done="The link is recorded.",
        person_ids=_people(page.node, *page.choices),
        act=lambda: actions.add_link(by=user, at=moment, one_id=pk, **form.given()),
    )


@login_required
@require_http_methods(["GET", "POST"])
def change_link(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Correct what is known of a link."""
    user, moment = reader(request), now()
    row = _link(user, pk)
    require(user, Permission.EXPLOITATION_WORK)
    form = forms.ChangeLinkForm(request.POST if request.method == "POST" else None, row=row)
    return _take(
        request,
        user,
        form,
        place="mash:network_change_link",
        title="Change the link",
        lead=_said(row),
        button="Record the change",
        back=reverse("mash:network_node", args=[row.one_id]),
        done="The change is recorded. What was known before is kept.",
        person_ids=_people(row.one, row.other),
        act=lambda: actions.change_link(by=user, at=moment, link_id=pk, **form.given()),
    )


@login_required
@require_http_methods(["GET", "POST"])
def end_link(request: HttpRequest, pk: UUID) -> HttpResponse:
    """End a link."""
    user, moment = reader(request), now()
    row = _link(user, pk)
    require(user, Permission.EXPLOITATION_WORK)
    form = forms.EndForm(request.POST if request.method == "POST" else None)
    return _take(
        request,
        user,
        form,
        place="mash:network_end_link",
        title="End the link",
        lead=_said(row),
        button="End the link",
        back=reverse("mash:network_node", args=[row.one_id]),
        done="The link has ended and stays in the history.",
        person_ids=_people(row.one, row.other),
        act=lambda: actions.end_link(by=user, at=moment, link_id=pk, **form.given()),
    )


def _take(
    request: HttpRequest,
    user: User,
    form: OnceForm,
    *,
    place: str,
    title: str,
    button: str,
    back: str,
    done: str,
    act: Callable[[], Any],
    lead: str = "",
    person_ids: list[UUID] | None = None,
) -> HttpResponse:
    """Take a form about the picture, or show it."""
    kept = drafted.attach(request, form)
    if kept.is_left:
        return leave(request, kept, back)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            row = once_only(
                by=user,
                token=form.cleaned_data["token"],
                action=place.replace(":", "."),
                act=act,
            )
        except AlreadyRecorded:
            kept.recorded()
            return redirect(back)
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, str(refused))
            status = 409 if isinstance(refused, Clash) else 200
        else:
            kept.recorded()
            messages.success(request, done)
            is_added = isinstance(row, NetworkNode) and row.version == 1
            return redirect(reverse("mash:network_node", args=[row.pk]) if is_added else back)
    kept.keep()
    read_log.shown(request, place=place, kind=ReadKind.LIST, person_ids=person_ids or [])
    return render(
        request,
        "mash/exploitation_step.html",
        {
            "form": form,
            "title": title,
            "lead": lead,
            "button": button,
            "who": "The picture of exploitation",
            "crumbs": _crumbs(),
            "back_url": back,
        },
        status=status,
    )


def _picture(user: User, request: HttpRequest) -> queries.Picture:
    wanted = asked.typed(request) or request.GET
    return queries.picture(
        by=user,
        around_id=parameters.row_id(wanted.get("around", "")),
        kinds=set(wanted.getlist("kind")) & set(NetworkNode.Kind.values),
        words=wanted.get("words", "")[:200],
        with_ended="ended" in wanted,
    )


def _page(user: User, pk: UUID) -> queries.NodePage:
    require(user, Permission.EXPLOITATION_READ)
    try:
        return queries.node_page(by=user, node_id=pk)
    except NetworkNode.DoesNotExist as error:
        raise Http404("There is nothing like this on the picture.") from error


def _link(user: User, pk: UUID) -> NetworkLink:
    require(user, Permission.EXPLOITATION_READ)
    shown = queries.everything(by=user, with_ended=True)
    if pk not in {each.pk for each in shown.links}:
        raise Http404("There is no such link.")
    return NetworkLink.objects.select_related("one__person", "other__person").get(pk=pk)


def _said(row: NetworkLink) -> str:
    return f"{row.one.name} {row.get_kind_display()} {row.other.name}."


def _people(*nodes: NetworkNode) -> list[UUID]:
    return [each.person_id for each in nodes if each.person_id is not None]


def _log(request: HttpRequest, shown: queries.Picture, place: str) -> None:
    read_log.shown(request, place=place, kind=ReadKind.LIST, person_ids=shown.person_ids)


def _crumbs() -> list[tuple[str, str]]:
    return [
        ("My work", reverse("cases:home")),
        ("The picture of exploitation", reverse("mash:network")),
    ]
