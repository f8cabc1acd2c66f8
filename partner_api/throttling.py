"""How often a system may ask. Counted in the shared cache, so all web processes count together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog
from django.conf import settings
from django.http import HttpRequest
from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from partner_api.authentication import system_of

if TYPE_CHECKING:
    from rest_framework.views import APIView

log = structlog.stdlib.get_logger(__name__)


class Counted(SimpleRateThrottle):
    """A limit that lets everybody through while it cannot count: better busy than deaf."""

    def get_rate(self) -> str:
        return str(settings.API_RATES[str(self.scope)])

    def allow_request(self, request: Request | HttpRequest, view: APIView | None) -> bool:
        try:
            return bool(super().allow_request(request, view))  # type: ignore[arg-type]
        except (RedisError, OSError):
            log.warning("api_rate_not_counted", scope=self.scope)
            return True


class PerSystem(Counted):
    """Counts each system by itself, sending and reading apart."""

    def __init__(self) -> None:
        """Which rate holds is known with the request."""

    def allow_request(self, request: Request | HttpRequest, view: APIView | None) -> bool:
        self.scope = "send" if request.method == "POST" else "read"
        super().__init__()
        return super().allow_request(request, view)

    def get_cache_key(self, request: Any, view: APIView | None) -> str | None:
        if request.auth is None:
            return None
        return f"api_{self.scope}_{system_of(request.auth).pk}"


class PerAddress(Counted):
    """Counts by the address a request comes from: for what is asked before anybody is known."""

    def __init__(self, scope: str) -> None:
        self.scope = scope
        super().__init__()

    def get_cache_key(self, request: Any, view: APIView | None) -> str:
        return f"api_{self.scope}_{self.get_ident(request)}"
