"""How the API answers: one shape for every error, and no session ever.

    {"code": "invalid", "detail": "…", "errors": [{"field": "children.0.sex", "code": "…", …}]}

`code` is for programs and never changes its meaning, `detail` is for whoever reads it. Nothing that
was sent stands in an error, since what is sent is about children. What failed on our side carries
a `reference` besides, which stands in our log beside what happened.
"""

from collections.abc import Callable, Iterator
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.views import defaults
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import exception_handler as default_handler

from people.actions.rules import DateNotPossible, NotReadable
from record.errors import Refused
from record.read_log import CannotRecord

PREFIX = "/api/"
INVALID = "Some of this cannot be taken, so nothing was recorded. Each reason stands in errors."
SENTENCES = {
    "not_authenticated": "Send a token in the Authorization header. /api/v1/token/ gives one.",
    "permission_denied": "Your agency may not do this.",
    "not_found": "There is no such thing here, or it is not yours.",
    "method_not_allowed": "This address does not answer that method.",
    "not_acceptable": "Answers are JSON. Accept application/json.",
    "unsupported_media_type": "Send JSON, with the content type application/json.",
    "too_large": "This message is too large. Send files to the front door by secure e-mail.",
    "throttled": "You ask too often. Wait as many seconds as the header Retry-After says.",
    "failed": "Something failed on our side. Send it again later with the same Idempotency-Key: it"
    " is recorded once. If it fails again, ring the front door and quote the reference.",
    "not_now": "Nobody can be shown anything at the moment. Ask again as many seconds later as the"
    " header Retry-After says.",
    "bad_request": "This request cannot be read.",
}


class NoSessionMiddleware:
    """Take cookies off what is asked of the API: a session of the pages does not count there."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path.startswith(PREFIX):
            request.COOKIES = {}
        return self.get_response(request)


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Turn a refusal into 409 with its sentence, and every other answer into the one shape."""
    if isinstance(exc, DateNotPossible | NotReadable):
        return Response(_shape("not_possible", str(exc)), status=status.HTTP_400_BAD_REQUEST)
    if isinstance(exc, Refused):
        code = getattr(exc, "code", "refused")
        return Response(_shape(code, str(exc)), status=status.HTTP_409_CONFLICT)
    if isinstance(exc, RequestDataTooBig):
        too_large = _shape("too_large", SENTENCES["too_large"])
        return Response(too_large, status=status.HTTP_413_REQUEST_ENTITY_TOO_LARGE)
    if isinstance(exc, CannotRecord):
        return Response(
            _shape("not_now", SENTENCES["not_now"]),
            status=status.HTTP_503_SERVICE_UNAVAILABLE,
            headers={"Retry-After": "30"},
        )
    if isinstance(exc, Http404):
        exc = exceptions.NotFound()
    elif isinstance(exc, PermissionDenied):
        exc = exceptions.PermissionDenied()
    response = default_handler(exc, context)
    if response is not None and isinstance(exc, exceptions.APIException):
        response.data = _of(exc)
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer for what nobody handled: the one shape to a system, a page to everybody else."""
    if not request.path.startswith(PREFIX):
        return defaults.server_error(request)
    failed = _shape("failed", SENTENCES["failed"])
    return JsonResponse(failed | {"reference": request.META.get("REQUEST_ID", "")}, status=500)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer to what cannot be a request of ours, without a word of it."""
    if not request.path.startswith(PREFIX):
        return defaults.bad_request(request, exception)
    return JsonResponse(_shape("bad_request", SENTENCES["bad_request"]), status=400)


def _of(exc: exceptions.APIException) -> dict[str, Any]:
    if isinstance(exc, exceptions.ValidationError):
        return _shape("invalid", INVALID, list(_flat(exc.detail)))
    code = getattr(exc.detail, "code", exc.default_code)
    return _shape(code, SENTENCES.get(code, str(exc.detail)))


def _shape(code: str, detail: str, errors: list[dict[str, str]] | None = None) -> dict[str, Any]:
    return {"code": code, "detail": detail, "errors": errors or []}


def _flat(detail: Any, field: str = "") -> Iterator[dict[str, str]]:
    """Each error with the path of its field, places in a list counted from 0."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            whole = field if name == "non_field_errors" else f"{field}.{name}".lstrip(".")
            yield from _flat(inner, whole)
    elif isinstance(detail, list):
        for place, inner in enumerate(detail):
            is_deeper = isinstance(inner, dict | list)
            yield from _flat(inner, f"{field}.{place}".lstrip(".") if is_deeper else field)
    else:
        yield {"field": field, "code": str(detail.code), "detail": str(detail)}
