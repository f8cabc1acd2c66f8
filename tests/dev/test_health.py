"""What machines ask: alive, ready, measured."""

import pytest
from django.db import connection
from django.test import Client, override_settings
from django.urls import reverse


def test_health_answers_without_a_database(client):
    with connection.execute_wrapper(lambda *_: pytest.fail("a query was made")):
        response = client.get("/health/")

    assert response.status_code == 200


@pytest.mark.django_db
def test_ready_names_database_and_cache(client):
    response = client.get("/health/ready/", headers={"Accept": "application/json"})

    assert response.status_code == 200
    assert sorted(name.split("(")[0] for name in response.json()) == ["Cache", "Database"]


def test_metrics_are_for_this_machine_without_a_token(client):
    assert client.get("/metrics/").status_code == 200
    assert client.get("/metrics/", REMOTE_ADDR="192.0.2.7").status_code == 404
    assert client.get("/metrics/", headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 404


@override_settings(METRICS_TOKEN="example-token")
def test_metrics_ask_for_the_token_when_there_is_one():
    client = Client(REMOTE_ADDR="192.0.2.7")

    assert client.get("/metrics/").status_code == 404
    assert client.get("/metrics/", headers={"Authorization": "Bearer wrong"}).status_code == 404
    assert (
        client.get("/metrics/", headers={"Authorization": "Bearer example-token"}).status_code
        == 200
    )


@pytest.mark.django_db
def test_pages_carry_the_headers_that_close_them(client):
    response = client.get(reverse("account_login"))

    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert response["X-Frame-Options"] == "DENY"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
