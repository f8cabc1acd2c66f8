"""How the API answers: one shape for every error, and no session ever.

    {"code": "invalid", "detail": "…", "errors": [{"field": "children.0.sex", "code": "…", …}]}

`code` is for programs and never changes its meaning, `detail` is for whoever reads it. Nothing that
was sent stands in an error, since what is sent is about children.
"""

from collections.abc import Callable, Iterator
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import exception_handler as default_handler

from people.actions.rules import DateNotPossible, NotReadable
from record.errors import Refused

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
    if isinstance(exc, Http404):
        exc = exceptions.NotFound()
    elif isinstance(exc, PermissionDenied):
        exc = exceptions.PermissionDenied()
    response = default_handler(exc, context)
    if response is not None and isinstance(exc, exceptions.APIException):
        response.data = _of(exc)
    return response


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
