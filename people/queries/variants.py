"""What the authority has said of short names and other spellings."""

from __future__ import annotations

from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from people.models import NameVariant


def stated_variants() -> QuerySet[NameVariant]:
    """Give everything that was ever said, the latest change first."""
    return NameVariant.objects.select_related("recorded_by", "ended_by").order_by(
        Coalesce("ended_at", "recorded_at").desc(), "pk"
    )
