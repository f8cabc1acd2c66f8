"""One log line per request, and errors that can be traced, without a word of anybody's record.

The line names the route, never the path or the query: a search for a child is a query string. An
exception is written as its type and where it happened; its message may quote what a worker typed.
"""

import time
import traceback
from collections.abc import Callable, MutableMapping
from types import TracebackType
from typing import Any
from uuid import uuid4

import structlog
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse

log = structlog.stdlib.get_logger(__name__)

Answer = Callable[[HttpRequest], HttpResponse]


class RequestLogMiddleware:
    """Give every request an id, bind it to the log, return it in `X-Request-ID`."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        request_id = str(uuid4())
        request.META["REQUEST_ID"] = request_id
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        try:
            response = self.get_response(request)
            response["X-Request-ID"] = request_id
            if not request.path.startswith(settings.STATIC_URL):
                log.info(
                    "request",
                    method=request.method,
                    route=request.resolver_match.view_name if request.resolver_match else None,
                    status=response.status_code,
                    ms=round((time.perf_counter() - started) * 1000),
                )
            return response
        finally:
            structlog.contextvars.clear_contextvars()

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        """Log an exception nobody handled; Django goes on to show the error page.

        A refusal and a page that is not there are answers, and stand in the request's own line.
        """
        if isinstance(exception, (PermissionDenied, Http404)):
            return
        route = request.resolver_match.view_name if request.resolver_match else None
        log.error("request_failed", route=route, exc_info=exception)


def where(exc: BaseException) -> list[str]:
    """Return the exception's type and frames, innermost last, without its message."""
    frames = [
        f"{frame.filename}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(exc.__traceback__)
    ]
    cause = exc.__cause__ or exc.__context__
    earlier = where(cause) if cause is not None else []
    return [*earlier, f"{type(exc).__module__}.{type(exc).__qualname__}", *frames]


ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


def without_values(
    logger: Any, method_name: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Replace an exception in a log event by its type and frames (a structlog processor)."""
    info: BaseException | ExcInfo | bool | None = event.pop("exc_info", None)
    event.pop("exc_text", None)
    event.pop("stack_info", None)
    exc = info[1] if isinstance(info, tuple) else info
    if isinstance(exc, BaseException):
        event["exception"] = where(exc)
    return event
