"""The log says what happened and where, never to whom or about what."""

import json
import logging

import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.test import RequestFactory
from structlog.stdlib import ProcessorFormatter
from structlog.testing import capture_logs

from lib.request_log import RequestLogMiddleware, where, without_values


def test_answer_carries_the_id_that_the_view_saw():
    seen = []

    def view(request):
        seen.append(request.META["REQUEST_ID"])
        return HttpResponse()

    response = RequestLogMiddleware(view)(RequestFactory().get("/"))

    assert [response["X-Request-ID"]] == seen


def test_line_holds_neither_path_nor_query():
    request = RequestFactory().get("/people/", {"q": "Ruby Testwood"})

    with capture_logs() as lines:
        RequestLogMiddleware(lambda request: HttpResponse())(request)

    assert [line["event"] for line in lines] == ["request"]
    assert "Testwood" not in str(lines)
    assert "/people/" not in str(lines)


def test_static_files_are_not_logged():
    with capture_logs() as lines:
        request = RequestFactory().get(f"{settings.STATIC_URL}app.css")
        RequestLogMiddleware(lambda request: HttpResponse())(request)

    assert lines == []


@pytest.mark.parametrize("answer", [PermissionDenied(), Http404()])
def test_a_refusal_is_no_failure(answer):
    middleware = RequestLogMiddleware(lambda request: HttpResponse(status=403))
    request = RequestFactory().get("/")
    request.resolver_match = None

    with capture_logs() as lines:
        middleware.process_exception(request, answer)

    assert lines == []


def fail(words: str) -> None:
    raise ValueError(words)


def fail_because(words: str) -> None:
    try:
        fail(words)
    except ValueError as cause:
        raise LookupError(words) from cause


def test_exception_is_written_as_type_and_place_without_its_message():
    with pytest.raises(LookupError) as raised:
        fail_because("Ruby Testwood, 1 Placeholder Road")

    event = without_values(None, "error", {"event": "failed", "exc_info": raised.value})

    assert "Testwood" not in json.dumps(event)
    assert "builtins.LookupError" in event["exception"]
    assert "builtins.ValueError" in event["exception"]
    assert any("test_request_log.py" in line for line in where(raised.value))


def test_error_of_a_library_is_logged_without_its_words():
    options = {**settings.LOGGING["formatters"]["json"]}
    formatter = options.pop("()")
    try:
        fail("Ruby Testwood")
    except ValueError as error:
        info = (ValueError, error, error.__traceback__)
        record = logging.LogRecord(
            "some.library", logging.ERROR, __file__, 1, "it failed", None, info
        )

    line = json.loads(ProcessorFormatter(**options).format(record))

    assert formatter == "structlog.stdlib.ProcessorFormatter"
    assert line["event"] == "it failed"
    assert "Testwood" not in json.dumps(line)
