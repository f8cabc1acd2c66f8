"""The directory of services, what fits a family, and the places families have."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_GET, require_http_methods

from accounts.permissions import Permission, holds, require
from cases.choices import ServiceKind
from cases.models import Contact, Service, ServicePlace
from early_help import actions, clocks
from early_help.choices import OVER
from early_help.forms import services as forms
from early_help.models import Episode
from early_help.queries import services as queries
from early_help.views.doors import crumbs_of, family_of, form_page, named, page, user_of
from lib import parameters
from lib.application_clock import now, today
from people.queries import display_people
from record import read_log
from record.errors import Clash, NotWhole, Refused
from record.models import ReadKind
from record.once import AlreadyRecorded, once_only

P = Permission
CRUMBS = [("Early help", "early_help:first"), ("Services", "early_help:services")]


def _crumbs(*more: tuple[str, str], but: int = 2) -> list[tuple[str, str]]:
    return [(words, reverse(name)) for words, name in CRUMBS[:but]] + list(more)


@login_required
@require_GET
def directory(request: HttpRequest) -> HttpResponse:
    """The services there are, and which have room."""
    user = user_of(request)
    require(user, P.SERVICE_READ)
    kind = request.GET.get("kind", "")
    with_room = "room" in request.GET
    found = queries.directory(on=today(), kind=kind, with_room=with_room)
    read_log.shown(
        request,
        place="early_help:services",
        kind=ReadKind.LIST,
        filters={"kind": kind, "room": with_room},
    )
    return render(
        request,
        "early_help/services.html",
        {
            "found": found,
            "rows": [_row(service) for service in found.services],
            "kinds": ServiceKind.choices,
            "kind": kind,
            "with_room": with_room,
            "may_keep": holds(user, P.SERVICE_KEEP),
            "crumbs": _crumbs(but=1),
        },
    )


def _row(service: Service) -> dict[str, object]:
    return {
        "service": service,
        "ages": queries.ages_words(service),
        "needs": queries.needs_words(service),
        "room": queries.room_words(service),
        "has_room": service.is_open and service.room > 0,
        "has_run_out": service.valid_until < today(),
    }


@login_required
@require_GET
def service(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One service: whom it takes, how to refer; for early help also who has a place there."""
    user = user_of(request)
    require(user, P.SERVICE_READ)
    found = get_object_or_404(Service, pk=pk)
    works = holds(user, P.EARLY_HELP_WORK)
    places = queries.places_at(by=user, service=found, on=today()) if works else []
    read_log.shown(
        request,
        place="early_help:service",
        kind=ReadKind.LIST,
        person_ids=[
            child.person_id for held in places for child in held.children if child.ring is None
        ],
        filters={"service": str(found.pk)},
    )
    return render(
        request,
        "early_help/service.html",
        {
            **_row(found),
            "places": places,
            "changes": queries.changes(found.pk),
            "shows_places": works,
            "may_keep": holds(user, P.SERVICE_KEEP),
            "may_read_contact": holds(user, P.CONTACT_READ),
            "crumbs": _crumbs(),
        },
    )


@login_required
@require_http_methods(["GET", "POST"])
def service_new(request: HttpRequest) -> HttpResponse:
    """Enter a service in the directory."""
    return _keep(request, None)


@login_required
@require_http_methods(["GET", "POST"])
def service_change(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Check an entry of the directory, and change what is no longer right."""
    require(user_of(request), P.SERVICE_KEEP)
    return _keep(request, get_object_or_404(Service, pk=pk))


def _keep(request: HttpRequest, standing: Service | None) -> HttpResponse:
    user = user_of(request)
    require(user, P.SERVICE_KEEP)
    status = 200
    form = forms.ServiceForm(request.POST or None, service=standing)
    opened = request.POST.get("version", "")
    if request.method == "POST" and form.is_valid():
        try:
            kept = once_only(
                by=user,
                token=form.cleaned_data["token"],
                action="early_help:service_new",
                act=lambda: actions.keep_service(
                    by=user,
                    at=now(),
                    why=form.cleaned_data["why"],
                    facts=form.facts(),
                    service_id=standing.pk if standing else None,
                    version=parameters.number(opened, otherwise=0) if opened else None,
                ),
            )
        except AlreadyRecorded:
            return redirect("early_help:services")
        except NotWhole as refused:
            for about, sentence in refused.problems:
                form.add_error(about if about in form.fields else None, sentence)
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, str(refused))
            status = 409 if isinstance(refused, Clash) else 200
        else:
            messages.success(request, f"{kept.name} is in the directory as you entered it.")
            return redirect("early_help:service", kept.pk)
    return render(
        request,
        "early_help/service_form.html",
        {
            "form": form,
            "service": standing,
            "version": opened or (standing.version if standing else ""),
            "crumbs": _crumbs(
                *(
                    [(standing.name, reverse("early_help:service", args=[standing.pk]))]
                    if standing
                    else []
                )
            ),
        },
        status=status,
    )


@page("GET")
def for_family(request: HttpRequest, episode: Episode) -> HttpResponse:
    """What has room for this family, and why; and the places it has."""
    user = user_of(request)
    family = family_of(episode, user)
    found = queries.matches(children=family.children, needs=episode.needs, at=now())
    read_log.shown(
        request,
        place="early_help:family_services",
        children=family.child_ids,
        subject_kind="early_help",
        subject_id=episode.pk,
    )
    return render(
        request,
        "early_help/family_services.html",
        {
            "episode": episode,
            "family": family,
            "fitting": [each for each in found if each.fits],
            "others": [each for each in found if not each.fits],
            "held": queries.of_family(episode=episode, family=family, on=today()),
            "may_place": holds(user, P.EARLY_HELP_WORK) and episode.state not in OVER,
            "may_end": holds(user, P.EARLY_HELP_WORK),
            "crumbs": crumbs_of(episode, family),
        },
    )


@page("GET", "POST", permission=P.EARLY_HELP_WORK)
def place(request: HttpRequest, episode: Episode, service: UUID) -> HttpResponse:
    """Take a place for children of this family."""
    return _place(request, episode, get_object_or_404(Service, pk=service))


@page("GET", "POST", permission=P.EARLY_HELP_WORK)
def place_other(request: HttpRequest, episode: Episode) -> HttpResponse:
    """Record help from a service that is not in the directory."""
    return _place(request, episode, None)


def _place(request: HttpRequest, episode: Episode, chosen: Service | None) -> HttpResponse:
    user = user_of(request)
    family = family_of(episode, user)
    match = (
        queries.match(
            chosen,
            children=family.children,
            needs=episode.needs,
            areas=queries.areas_of([child.person_id for child in family.children]),
            on=today(),
        )
        if chosen is not None
        else None
    )
    form = forms.PlaceForm(
        request.POST or None,
        children=named(family),
        service=chosen,
        fitting=match.children if match else (),
    )
    return form_page(
        request,
        episode,
        form,
        title=f"Take a place at {chosen.name}" if chosen else "Help that is not in the directory",
        act=lambda: actions.place_family(
            by=user,
            at=now(),
            episode_id=episode.pk,
            service_id=chosen.pk if chosen else None,
            **form.place(),
        ),
        done=f"The place at {chosen.name} is taken. Refer the family as the directory says."
        if chosen
        else "Recorded.",
        button="Take the place" if chosen else "Record",
        to=lambda _made: reverse("early_help:family_services", args=[episode.pk]),
        template="early_help/place.html",
        more={"service": chosen, "match": match},
    )


@login_required
@require_http_methods(["GET", "POST"])
def end_place(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Give a place back."""
    user = user_of(request)
    require(user, P.EARLY_HELP_WORK)
    found = get_object_or_404(ServicePlace.objects.select_related("service"), pk=pk)
    is_ours = found.subject_kind == clocks.KIND
    if is_ours:
        may_read = Episode.objects.visible_to(user).filter(pk=found.subject_id).exists()
    else:
        require(user, P.SERVICE_KEEP)
        may_read = Contact.objects.visible_to(user).filter(pk=found.subject_id).exists()
    if not may_read:
        raise Http404("There is no such place.")
    back = (
        reverse("early_help:family_services", args=[found.subject_id])
        if is_ours
        else reverse("early_help:service", args=[found.service_id])
        if found.service_id
        else reverse("early_help:services")
    )
    status = 200
    form = forms.EndPlaceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            once_only(
                by=user,
                token=form.cleaned_data["token"],
                action="early_help:end_place",
                act=lambda: actions.end_place(
                    by=user, at=now(), place_id=found.pk, because=form.cleaned_data["because"]
                ),
            )
        except AlreadyRecorded:
            return redirect(back)
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, str(refused))
            status = 409 if isinstance(refused, Clash) else 200
        else:
            messages.success(
                request, format_html("The place at {} is free for the next family.", found.name)
            )
            return redirect(back)
    children = list(found.children.values_list("child_id", flat=True))
    shown = display_people(children, by=user)
    read_log.shown(
        request,
        place="early_help:end_place",
        children=[pk for pk in children if shown[pk].ring is None],
        subject_kind=found.subject_kind,
        subject_id=found.subject_id,
    )
    return render(
        request,
        "early_help/end_place.html",
        {
            "form": form,
            "place": found,
            "who": queries.HeldPlace(found, list(shown.values()), False).names,
            "back_url": back,
            "crumbs": _crumbs(),
        },
        status=status,
    )
