"""Reads what a system sends: JSON of a bounded size, or one clear sentence."""

import json
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from rest_framework import status
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import JSONParser


class TooLarge(APIException):
    """More than one message can hold."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = "This message is too large. Send files to the front door by secure e-mail."
    default_code = "too_large"


class LengthNeeded(APIException):
    """A message in pieces arrives here as an empty one."""

    status_code = status.HTTP_411_LENGTH_REQUIRED
    default_detail = "Send the message whole, with the header Content-Length."
    default_code = "length_needed"


class Body(JSONParser):
    """A JSON object in UTF-8. Nothing of it stands in the error: it is about children."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        sent = stream.read(settings.API_LARGEST_BODY + 1)
        if len(sent) > settings.API_LARGEST_BODY:
            raise TooLarge
        try:
            found = json.loads(sent.decode("utf-8"), parse_constant=_no_number)
        except (ValueError, RecursionError) as error:
            raise ParseError(
                "This is not JSON in UTF-8. Nothing was recorded.", code="not_json"
            ) from error
        if not isinstance(found, dict):
            raise ParseError("Send one JSON object. Nothing was recorded.", code="not_an_object")
        return found


def _no_number(word: str) -> Any:
    raise ValueError(word)
