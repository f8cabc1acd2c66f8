"""The answer when a reading cannot be recorded: nothing is shown (design.md 1.6)."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from record.read_log import CannotRecord


class CannotRecordMiddleware:
    """Turn `CannotRecord` into a page that says so, with status 503."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, CannotRecord):
            return None
        response = render(request, "record/cannot_record.html", status=503)
        response["Retry-After"] = "30"
        return response
