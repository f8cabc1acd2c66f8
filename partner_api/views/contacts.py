"""What a system sends and asks. Each endpoint is one call of the same actions as the pages."""

from __future__ import annotations

import hashlib
import json
import re
import time
from typing import Any

import pghistory
from django.conf import settings
from django.http import Http404
from django.urls import reverse
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.exceptions import NotFound, ParseError
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from lib.application_clock import now
from partner_api import actions, queries, serializers
from partner_api.authentication import system_of
from partner_api.choices import Scope
from partner_api.filters import SendingFilter
from partner_api.models import Sending
from partner_api.pagination import Pages
from partner_api.parsers import LengthNeeded
from record import read_log
from record.models import ReadKind

KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    required=True,
    pattern=r"^[A-Za-z0-9._:-]{8,100}$",
    description="Your own key of this message, sent again with it if you send it again. No names.",
)


def answers(done: Any, *codes: int) -> dict[int, Any]:
    """What an address may answer, for the schema."""
    return {**done, **dict.fromkeys((400, 401, 403, 406, 429, 500, *codes), serializers.PROBLEM)}


class Contacts(GenericAPIView[Sending]):
    """Contacts of the agency that asks."""

    scopes = {"GET": Scope.READ, "POST": Scope.SEND}
    queryset = Sending.objects.none()
    serializer_class = serializers.StandingOutput
    filter_backends = [DjangoFilterBackend]
    filterset_class = SendingFilter
    pagination_class = Pages

    @extend_schema(
        operation_id="list_contacts",
        responses=answers({200: serializers.StandingOutput(many=True)}, 404),
    )
    def get(self, request: Request) -> Response:
        """Every contact that your agency's systems sent, newest first."""
        found = queries.sendings(agency_id=system_of(request.auth).agency_id)
        page = self.paginate_queryset(self.filter_queryset(found))
        return self.get_paginated_response(serializers.StandingOutput(page, many=True).data)

    @extend_schema(
        operation_id="send_contact",
        parameters=[KEY],
        filters=False,
        request=serializers.ContactInput,
        responses=answers({201: serializers.SentOutput}, 409, 411, 413, 415),
    )
    def post(self, request: Request) -> Response:
        """Send a contact about one or several children.

        201 means that it is recorded and stands on the front door's board.
        """
        started = time.monotonic()
        try:
            return self._send(request)
        finally:
            _wait_from(started)

    def _send(self, request: Request) -> Response:
        system = system_of(request.auth)
        if "Transfer-Encoding" in request.headers:
            raise LengthNeeded
        key = _key(request)
        data = serializers.ContactInput(data=request.data, context={"system": system})
        data.is_valid(raise_exception=True)
        with pghistory.context(
            user=str(system.account_id),
            acting_for=None,
            request_id=request.META.get("REQUEST_ID", ""),
        ):
            sending = actions.send_contact(
                system=system,
                at=now(),
                key=key,
                digest=_digest(request.data),
                message=data.validated_data["message"],
            )
        return Response(
            serializers.SentOutput(sending).data,
            status=status.HTTP_201_CREATED,
            headers={"Location": reverse("partner_api:contact", args=[sending.contact.reference])},
        )


class OneContact(APIView):
    """One contact of the agency that asks."""

    scopes = {"GET": Scope.READ}

    @extend_schema(
        operation_id="get_contact",
        parameters=[
            OpenApiParameter("reference", str, OpenApiParameter.PATH, description="As C-26-00123")
        ],
        responses=answers({200: serializers.OneStandingOutput}, 404, 503),
    )
    def get(self, request: Request, reference: str) -> Response:
        """How a contact stands, and what your agency was told of it."""
        system = system_of(request.auth)
        try:
            found = queries.sending(agency_id=system.agency_id, reference=reference)
        except Sending.DoesNotExist as error:
            raise Http404 from error
        if found.has_feedback:
            read_log.record(
                user=system.account,
                kind=ReadKind.API,
                place="What the sender was told",
                children=queries.children_of(found),
                subject_kind="contact",
                subject_id=found.contact_id,
            )
        return Response(serializers.OneStandingOutput(found).data)


class Nowhere(APIView):
    """Answer in the one shape where there is nothing."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise NotFound


def _key(request: Request) -> str:
    key = request.headers.get("Idempotency-Key")
    if not key:
        raise ParseError(
            "Send the header Idempotency-Key, a key of your own for each message, so that a message"
            " sent twice is recorded once.",
            code="key_missing",
        )
    if not re.fullmatch(r"[A-Za-z0-9._:-]{8,100}", key, re.ASCII):
        raise ParseError(
            "An Idempotency-Key is 8 to 100 letters, digits and . _ : - of English.",
            code="key_not_possible",
        )
    return key


def _digest(said: Any) -> str:
    """The same for the same message, however its JSON is laid out."""
    text = json.dumps(said, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _wait_from(started: float) -> None:
    """Answer at a whole multiple of the step, so that the time taken says nothing of the work."""
    step = settings.API_ANSWER_SECONDS
    if step:
        time.sleep(step - (time.monotonic() - started) % step)
