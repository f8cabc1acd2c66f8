"""Reference data of this app; people, roles and teams are changed by actions only."""

from __future__ import annotations

from typing import Any

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.http import HttpRequest

from accounts.models import PartnerAgency
from accounts.permissions import Permission, holds

# The admin has no log-in of its own: same password rules, same lock-out, same second factor.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
admin.site.site_header = "Reference data"
admin.site.site_title = "Reference data"
admin.site.index_title = "Reference data"


class ReferenceData(admin.ModelAdmin):
    """Rows that administrators keep; nothing is deleted, it is made inactive."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return holds(request.user, Permission.REFERENCE_DATA_EDIT)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return holds(request.user, Permission.REFERENCE_DATA_EDIT)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return holds(request.user, Permission.REFERENCE_DATA_EDIT)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return holds(request.user, Permission.REFERENCE_DATA_EDIT)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(PartnerAgency)
class PartnerAgencyAdmin(ReferenceData):
    list_display = ("name", "kind", "phone", "email", "is_active")
    list_filter = ("kind", "is_active")
    search_fields = ("name",)
    ordering = ("name", "pk")
