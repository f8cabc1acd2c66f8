"""A row of the triage board, which is drawn a hundred times a page."""

from django import template
from django.utils.safestring import SafeString

from mash.queries.board import BoardRow

register = template.Library()


@register.simple_tag
def board_row(row: BoardRow, is_assigning: bool) -> SafeString:
    """Draw one row."""
    return row.drawn(is_assigning=bool(is_assigning))
