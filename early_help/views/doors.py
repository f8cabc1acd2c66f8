"""What every page of early help does at its door: who asks, and may they see this family."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.permissions import Permission, holds, require
from early_help.models import Episode
from early_help.queries.families import Family, families, last_children
from lib.application_clock import now
from lib.govuk import OnceForm, asked_for_another_row
from people.queries import closed_to
from record import read_log
from record.drafted import Drafted, attach, unchecked
from record.errors import Clash, NotWhole, Refused, no_longer
from record.once import AlreadyRecorded, once_only

View = Callable[..., HttpResponse]


def user_of(request: HttpRequest) -> User:
    """Give who asks; the pages here are for those who are signed in."""
    assert isinstance(request.user, User)  # noqa: S101 - login_required has seen to it
    return request.user


def page(
    *methods: str, permission: Permission = Permission.EARLY_HELP_READ
) -> Callable[[View], View]:
    """Make a view of one episode: signed in, by these methods, closed where it is restricted.

    :param permission: the right without which whoever may read it is refused
    """

    def decorate(view: View) -> View:
        @login_required
        @require_http_methods(methods)
        @wraps(view)
        def guarded(request: HttpRequest, pk: UUID, **named: Any) -> HttpResponse:
            user = user_of(request)
            require(user, Permission.EARLY_HELP_READ)
            episode = (
                Episode.objects.visible_to(user)
                .select_related("team__manager", "worker", "contact", "handover__from_team")
                .filter(pk=pk)
                .first()
            )
            if episode is None:
                return _closed_or_nothing(request, user, pk)
            require(user, permission)
            return view(request, episode, **named)

        return guarded

    return decorate


def _closed_or_nothing(request: HttpRequest, user: User, pk: UUID) -> HttpResponse:
    closed = Episode.objects.restricted_to(user).filter(pk=pk).first()
    if closed is None or not holds(user, Permission.PERSON_SEARCH):
        raise Http404("There is no such episode.")
    children = closed.children.values_list("child_id", flat=True)
    ring = closed_to(by=user, person_ids=children)
    return render(
        request,
        "early_help/restricted.html",
        {"episode": closed, "ring": list(dict.fromkeys(ring.values()))},
        status=403,
    )


def family_of(episode: Episode, user: User) -> Family:
    """The children of an episode; of one that is over, those it had."""
    return families([episode.pk], by=user).get(episode.pk) or last_children(episode.pk, by=user)


def named(family: Family) -> list[tuple[UUID, str, str]]:
    """The children as forms name them."""
    return [(child.person_id, child.name, child.age) for child in family.children]


def crumbs_of(episode: Episode, family: Family) -> list[tuple[str, str]]:
    """Where the pages of an episode stand."""
    return [
        ("Early help", reverse("early_help:first")),
        (family.names, reverse("early_help:episode", args=[episode.pk])),
    ]


def form_page(
    request: HttpRequest,
    episode: Episode,
    form: OnceForm,
    *,
    title: str,
    act: Callable[[], Any],
    done: str | Callable[[Any], str],
    button: str,
    lead: str = "",
    to: Callable[[Any], str] | None = None,
    template: str = "early_help/form.html",
    is_sent: bool = True,
    after: Sequence[str] = (),
    kept: Drafted | None = None,
    rows: Any = None,
    more: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """Show a form of an episode; when it is sent whole, do its one thing, once, and go on.

    :param act: the one call; what it gives has a `pk`
    :param done: what is said on the next page, or a function of what `act` gave
    :param to: an address to go on to, of what `act` gave; the episode's page if left out
    :param is_sent: the form was sent to be recorded, and not only to be worked out
    :param after: what will happen, said before the button
    :param kept: the draft of the page, where its view has looked for it to fill `rows`
    :param rows: a set of rows beside the form
    """
    user = user_of(request)
    status = 200
    onward = reverse("early_help:episode", args=[episode.pk])
    place = request.resolver_match.view_name if request.resolver_match else "early_help"
    kept = kept or attach(request, form)
    if kept.is_left:
        kept.keep()
        messages.success(request, "Draft kept. Nothing has been recorded yet.")
        return redirect(onward)
    parts = [form] if rows is None else [form, rows]
    if rows is not None and request.method == "POST" and asked_for_another_row(request.POST):
        unchecked([form, *rows.forms])
    # Every part says what is wrong.
    elif request.method == "POST" and is_sent and not [x for x in parts if not x.is_valid()]:
        try:
            row = once_only(by=user, token=form.cleaned_data["token"], action=place, act=act)
        except AlreadyRecorded:
            kept.recorded()
            return redirect(onward)
        except NotWhole as refused:
            for about, sentence in refused.problems:
                form.add_error(about if about in form.fields else None, sentence)
        except Refused as refused:
            field = refused.field if refused.field in form.fields else None
            form.add_error(field, str(refused))
            status = 409 if isinstance(refused, Clash) else 200
        except PermissionDenied as denied:  # the right ended while the form was filled in
            form.add_error(None, no_longer(denied))
            status = 403
        else:
            kept.recorded()
            messages.success(request, done(row) if callable(done) else done)
            return redirect(to(row) if to is not None else onward)
    kept.keep()
    family = family_of(episode, user)
    read_log.shown(
        request,
        place=place,
        children=family.child_ids,
        subject_kind="early_help",
        subject_id=episode.pk,
    )
    return render(
        request,
        template,
        {
            "episode": episode,
            "family": family,
            "form": form,
            "rows": rows,
            "forms": [] if rows is None else [rows],
            "title": title,
            "lead": lead,
            "button": button,
            "after": after,
            "crumbs": crumbs_of(episode, family),
            "may_read_contact": holds(user, Permission.CONTACT_READ),
            "back_url": reverse("early_help:episode", args=[episode.pk]),
            "now": now(),
            **(more or {}),
        },
        status=status,
    )
