"""What the OpenAPI schema says beyond the serializers: how a system signs in."""

from typing import Any

from django.urls import reverse_lazy
from drf_spectacular.extensions import OpenApiAuthenticationExtension

from partner_api.choices import Scope

TOKEN_ADDRESS = reverse_lazy("partner_api:token")


class SystemScheme(OpenApiAuthenticationExtension):
    """Client credentials: a token for the id and the secret of a system."""

    target_class = "partner_api.authentication.SystemAuthentication"
    name = "system"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "oauth2",
            "flows": {
                "clientCredentials": {
                    "tokenUrl": str(TOKEN_ADDRESS),
                    "scopes": {str(code): str(label) for code, label in Scope.choices},
                }
            },
        }
