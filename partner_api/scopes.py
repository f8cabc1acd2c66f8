"""What a system may ask for: what it was opened for, and nothing once it is closed."""

from typing import Any

from oauth2_provider.models import Application
from oauth2_provider.scopes import BaseScopes

from partner_api.choices import Scope
from partner_api.models import AgencySystem


class SystemScopes(BaseScopes):
    """The scopes of a system, as the OAuth library asks for them."""

    def get_all_scopes(self) -> dict[str, str]:
        return {str(code): str(label) for code, label in Scope.choices}

    def get_available_scopes(
        self, application: Application | None = None, *_args: Any, **_kwargs: Any
    ) -> list[str]:
        found = (
            AgencySystem.objects.filter(application=application, closed_at__isnull=True)
            .values_list("scopes", flat=True)
            .first()
        )
        return list(found or [])

    def get_default_scopes(
        self, application: Application | None = None, *_args: Any, **_kwargs: Any
    ) -> list[str]:
        return self.get_available_scopes(application)
