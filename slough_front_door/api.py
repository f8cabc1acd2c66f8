"""How the API answers when an action refuses."""

from typing import Any

from rest_framework import status
from rest_framework.response import Response
from rest_framework.views import exception_handler as default_handler

from record.errors import Refused


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Turn a refusal into 409 with its sentence; leave everything else to the framework."""
    if isinstance(exc, Refused):
        return Response({"detail": str(exc)}, status=status.HTTP_409_CONFLICT)
    return default_handler(exc, context)
