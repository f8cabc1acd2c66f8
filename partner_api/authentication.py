"""Who asks: a system of a partner agency, by a token that it got with its secret.

A session never counts here, whoever's it is, and a token counts nowhere else.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import structlog
from oauth2_provider.models import AccessToken
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts import permissions
from accounts.models import User
from partner_api.models import AgencySystem

if TYPE_CHECKING:
    from rest_framework.views import APIView

REALM = 'Bearer realm="api"'
LONGEST_TOKEN = 200


class SystemAuthentication(BaseAuthentication):
    """Read the token of the Authorization header; `request.auth` is the token with its system."""

    def authenticate(self, request: Request) -> tuple[User, AccessToken] | None:
        kind, _, said = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer":
            return None
        token = self._token(said.strip())
        if token is None or token.is_expired():
            raise AuthenticationFailed(
                "This token is not valid, or has run out. Ask for a new one at /api/v1/token/.",
                code="token_not_valid",
            )
        system = system_of(token)
        if system.closed_at is not None or not system.account.is_active:
            raise AuthenticationFailed(
                "This system is closed. Ask the front door to open it again.", code="system_closed"
            )
        permissions.remember(system.account)
        structlog.contextvars.bind_contextvars(
            user_id=str(system.account_id), system_id=str(system.pk)
        )
        return system.account, token

    def authenticate_header(self, request: Request) -> str:
        return REALM

    def _token(self, said: str) -> AccessToken | None:
        if not said or len(said) > LONGEST_TOKEN:
            return None
        return (
            AccessToken.objects.select_related(
                "application__system__account", "application__system__agency"
            )
            .filter(
                token_checksum=hashlib.sha256(said.encode()).hexdigest(),
                application__system__isnull=False,
            )
            .first()
        )


def system_of(token: Any) -> AgencySystem:
    """The system that a token was given to."""
    system: AgencySystem = token.application.system
    return system


class HasScope(BasePermission):
    """Whether the token was asked for with the scope that the view names for the method."""

    message = "This token does not carry the scope that is needed here."
    code = "scope_missing"

    def has_permission(self, request: Request, view: APIView) -> bool:
        method = "GET" if request.method == "HEAD" else request.method
        needed = getattr(view, "scopes", {}).get(method)
        token: Any = request.auth
        return needed is None or token is None or bool(token.allow_scopes([needed]))
