"""A page that asks one thing and records it: what was typed is kept, a refusal says why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.forms.utils import ErrorDict
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render

from accounts.models import User
from lib.application_clock import now
from lib.govuk import asked_for_another_row, with_another_row
from record import drafts, read_log
from record.errors import Refused, no_longer
from record.once import AlreadyRecorded

Make = Callable[[QueryDict | None], list[Any]]
Act = Callable[[list[Any]], Any]


def user_of(request: HttpRequest) -> User:
    """The person who asks; `login_required` has seen to it that there is one."""
    if not isinstance(request.user, User):
        raise Http404
    return request.user


def ask(
    request: HttpRequest,
    *,
    make: Make,
    act: Act,
    said: Callable[[Any], str] | str,
    then: Callable[[Any], str] | str,
    template: str,
    context: Mapping[str, Any],
    place: str,
    children: Iterable[UUID],
    subject_kind: str,
    subject_id: UUID,
    draft: str = "",
) -> HttpResponse:
    """Show forms, and record what they say when they are sent.

    :param make: gives the forms, from what was typed or from nothing; the first one takes what is
        wrong with the whole
    :param act: records them and gives what came of it
    :param said: the sentence on the next page
    :param then: the address of the next page
    :param draft: a name under which what is typed is saved on the way
    """
    user = user_of(request)
    kept = drafts.load(owner=user, form=draft, subject_id=subject_id) if draft else None
    posted: QueryDict | None = request.POST if request.method == "POST" else None
    prefix = asked_for_another_row(request.POST) if posted is not None else ""
    if posted is not None and prefix:
        posted = with_another_row(posted, prefix=prefix)
    typed = posted if posted is not None else (_as_posted(kept.data) if kept else None)
    given = make(typed)
    form = given[0]
    status = 200
    missing: list[tuple[str, str]] = []
    if request.method == "POST" and not prefix:
        answers = [part.is_valid() for part in given]  # every part says what is wrong
        if all(answers):
            try:
                result = act(given)
            except AlreadyRecorded:
                messages.info(request, "This has been recorded already.")
                return redirect(then if isinstance(then, str) else request.path)
            except Refused as refused:
                status = 409
                missing = refused.links
                if not missing:
                    known = refused.field if refused.field in form.fields else None
                    form.add_error(known, str(refused))
            except PermissionDenied as denied:  # the right ended while the form was filled in
                status = 403
                form.add_error(None, no_longer(denied))
            else:
                if draft:
                    drafts.mark_recorded(owner=user, form=draft, subject_id=subject_id, at=now())
                return _next(request, said, then, result)
    elif typed is not None:
        for part in given:
            for one in getattr(part, "forms", [part]):
                one._errors = ErrorDict()  # shown as it was left, nothing said yet
    read_log.shown(
        request,
        place=place,
        children=children,
        subject_kind=subject_kind,
        subject_id=subject_id,
    )
    return render(
        request,
        template,
        {
            **context,
            "form": form,
            "forms": given,
            "missing": [{"words": words, "url": url} for words, url in missing],
            "draft_name": draft,
            "draft_version": kept.version if kept else 0,
            "draft": kept,
            "subject_id": subject_id,
        },
        status=status,
    )


def _as_posted(data: Mapping[str, Any]) -> QueryDict:
    """Give a draft's words the shape in which a browser sends them."""
    posted = QueryDict(mutable=True)
    for key, value in data.items():
        posted.setlist(key, value if isinstance(value, list) else [value])
    return posted


def _next(
    request: HttpRequest,
    said: Callable[[Any], str] | str,
    then: Callable[[Any], str] | str,
    result: Any,
) -> HttpResponse:
    messages.success(request, said(result) if callable(said) else said)
    return redirect(then(result) if callable(then) else then)
