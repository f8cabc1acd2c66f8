"""Answers that stand around every page of the record."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import redis
import structlog
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from record.read_log import CannotRecord

log = structlog.stdlib.get_logger(__name__)

Answer = Callable[[HttpRequest], HttpResponse]

#: Seconds in which the same page sent again is a second press of the same button.
AGAIN_SECONDS: Final = 10
#: Seconds that the second waits for the answer of the first.
WAIT_SECONDS: Final = 5
STEP_SECONDS: Final = 0.05
#: Seconds after which a request that never answered is forgotten.
LONGEST_SECONDS: Final = 60
UNDER_WAY: Final = ""
SENT: Final = "record.sent_page"


class CannotRecordMiddleware:
    """Turn `CannotRecord` into a page that says so, with status 503.

    What cannot be logged is not shown (design.md 1.6).
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, CannotRecord):
            return None
        response = render(request, "record/cannot_record.html", status=503)
        response["Retry-After"] = "30"
        return response


class SentTwiceMiddleware:
    """Give a page that is sent twice, as by a double click, the answer of its first sending.

    A browser shows the answer to the second. That it is recorded once is for the action; but what
    refuses the second ("this has ended", a page not found) would tell somebody who recorded
    something that it failed. Every drawing of a page carries its own form of the CSRF token, so
    the same token with the same words, as the last thing this session sent, is the same page.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        page = request.META.pop(SENT, None)
        if page is not None:
            _without_cache_too(_keep_answer, page, response)
        return response

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        page = _page_sent(request)
        led_to = _without_cache_too(_first_answer, page) if page is not None else None
        if led_to:
            return redirect(led_to)
        request.META[SENT] = page
        return None


@dataclass(frozen=True)
class _Page:
    """A page that is sent: the keys under which its session and its answer are kept."""

    session: str
    key: str


def _page_sent(request: HttpRequest) -> _Page | None:
    # A system of an agency is nobody here: what it sends is for the interface to read.
    if request.method != "POST" or not request.user.is_authenticated:
        return None
    if not request.POST.get("csrfmiddlewaretoken"):
        return None
    files = [(file.name, file.size) for _, each in request.FILES.lists() for file in each]
    said = json.dumps([request.get_full_path(), list(request.POST.lists()), files])
    session = _digest(str(request.session.session_key))
    return _Page(session=f"sent-last:{session}", key=f"sent:{session}:{_digest(said)}")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def _first_answer(page: _Page) -> str:
    """Where the first sending led; nothing where this is the first, or it led nowhere."""
    if cache.add(page.key, UNDER_WAY, LONGEST_SECONDS):
        cache.set(page.session, page.key, LONGEST_SECONDS)
        return ""
    until = time.monotonic() + WAIT_SECONDS
    while (found := cache.get(page.key)) == UNDER_WAY and time.monotonic() < until:
        time.sleep(STEP_SECONDS)
    is_last = cache.get(page.session) == page.key
    cache.set(page.session, page.key, LONGEST_SECONDS)
    return found if found and is_last else ""


def _keep_answer(page: _Page, response: HttpResponse) -> None:
    if response.status_code == HTTPStatus.FOUND:
        cache.set(page.key, response["Location"], AGAIN_SECONDS)
    else:
        cache.delete(page.key)


def _without_cache_too(ask: Callable[..., str | None], *given: Any) -> str | None:
    """Ask the cache; while it is away every sending counts as the first."""
    try:
        return ask(*given)
    except (redis.RedisError, OSError) as error:
        log.warning("sent_twice_not_known", error=type(error).__name__)
        return None
