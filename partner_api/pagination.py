"""A list goes on where it ended, however much came in meanwhile."""

from typing import Any

from rest_framework.exceptions import ParseError
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request

from lib import parameters


class Pages(CursorPagination):
    """Pages by a cursor, which the links `next` and `previous` carry."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200
    ordering = ("-received_at", "-id")

    def decode_cursor(self, request: Request) -> Cursor | None:
        """Read the cursor; one that we did not write is an error, never a query."""
        found: Cursor | None = super().decode_cursor(request)
        if found is not None and found.position is not None:
            position = parameters.moment(str(found.position))
            if position is None:
                raise ParseError("Take the cursor from the link that came with the list.", "cursor")
        return found

    def _get_position_from_instance(self, instance: Any, ordering: Any) -> str:
        return str(instance.received_at.isoformat())
