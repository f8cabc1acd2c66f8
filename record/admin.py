"""Reference data of this app: the code lists of returns, and the calendar to look at."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.forms import ModelForm
from django.http import HttpRequest

from accounts.admin import ReferenceData
from record import code_lists
from record.models import CalendarDay, CodeListEntry


@admin.register(CodeListEntry)
class CodeListEntryAdmin(ReferenceData):
    """Codes end on a day, they are never deleted: what was entered must be readable."""

    list_display = ("list", "code", "label", "valid_from", "valid_to")
    list_filter = ("list",)
    search_fields = ("code", "label")
    ordering = ("list", "position", "valid_from", "pk")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("list", "code", "valid_from") if obj else ()

    def save_model(
        self, request: HttpRequest, obj: CodeListEntry, form: ModelForm, change: bool
    ) -> None:
        super().save_model(request, obj, form, change)
        code_lists.changed()


@admin.register(CalendarDay)
class CalendarDayAdmin(ReferenceData):
    """To look at; a bank holiday is announced on its page, which counts limits again."""

    list_display = ("day", "is_working", "number", "holiday")
    list_filter = ("is_working",)
    date_hierarchy = "day"
    ordering = ("-day",)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
