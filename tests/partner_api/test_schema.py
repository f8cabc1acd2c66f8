"""The published schema, and the endpoints held against it by messages made from it."""

from __future__ import annotations

import json

import pytest
import schemathesis
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as bounds
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from partner_api.choices import Scope
from slough_front_door.wsgi import application

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
SCHEMA = "/api/v1/schema/"
CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)
BOUNDED = bounds(
    max_examples=5,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def _connection_stays():
    """Let no request close the connection that holds the test's transaction."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


def described(folder):
    """The schema, made without a warning and valid."""
    path = folder / "schema.json"
    call_command(
        "spectacular", "--validate", "--fail-on-warn", format="openapi-json", file=str(path)
    )
    return json.loads(path.read_text())


def test_the_schema_describes_what_a_system_may_ask(tmp_path):
    found = described(tmp_path)

    assert set(found["paths"]) == {"/api/v1/contacts/", "/api/v1/contacts/{reference}/"}
    scheme = found["components"]["securitySchemes"]["system"]
    flow = scheme["flows"]["clientCredentials"]
    assert flow["tokenUrl"] == "/api/v1/token/"
    assert set(flow["scopes"]) == set(Scope.values)
    post = found["paths"]["/api/v1/contacts/"]["post"]
    assert {"201", "400", "401", "403", "409", "413", "415", "429"} <= set(post["responses"])
    key = next(each for each in post["parameters"] if each["name"] == "Idempotency-Key")
    assert (key["in"], key["required"]) == ("header", True)


@pytest.mark.usefixtures("_connection_stays")
@pytest.mark.parametrize(("path", "method"), [
    ("/api/v1/contacts/", "POST"),
    ("/api/v1/contacts/", "GET"),
    ("/api/v1/contacts/{reference}/", "GET"),
])  # fmt: skip
def test_answers_are_those_of_the_schema_whatever_is_sent(school, settings, path, method):
    settings.API_RATES = settings.API_RATES | {"send": "10000/min", "read": "10000/min"}
    operation = schemathesis.openapi.from_wsgi(SCHEMA, application)[path][method]
    answered = []

    @BOUNDED
    @given(case=operation.as_strategy())
    def ask(case):
        response = case.call(headers=school.headers)
        case.validate_response(response, checks=list(CHECKS))
        answered.append(str(response.status_code))

    ask()

    assert answered
    assert set(answered) <= set(operation.definition.raw["responses"])
