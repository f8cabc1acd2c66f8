"""Named filters of a list, and the one somebody used last."""

from uuid import UUID, uuid4

from django.core.cache import cache
from django.db import connection, transaction

from accounts.models import User
from lib import application_clock
from mash.models import SavedView
from record.errors import Refused

KEEP = (
    "INSERT INTO mash_savedview (id, user_id, list, name, query, is_shared, recorded_at)"
    " VALUES (%s, %s, %s, '', %s, false, %s) ON CONFLICT (user_id, list, name)"
    " DO UPDATE SET query = excluded.query, recorded_at = excluded.recorded_at"
)


def kept_views_key(user: User) -> str:
    """Under which name the cache keeps somebody's views of the board."""
    return f"board-views:{user.pk}"


def _drop_kept(user: User) -> None:
    """Let the next page read the views anew, also when it comes before this is committed."""
    cache.delete(kept_views_key(user))
    transaction.on_commit(lambda: cache.delete(kept_views_key(user)))


@transaction.atomic
def save_view(*, by: User, list_name: str, name: str, query: str) -> SavedView:
    """Keep a filter under a name; the same name again replaces it."""
    if not name.strip():
        raise Refused("Give this view a name.")
    view, _ = SavedView.objects.update_or_create(
        user=by,
        list=list_name,
        name=name.strip(),
        defaults={"query": query, "recorded_at": application_clock.now()},
    )
    _drop_kept(by)
    return view


def keep_last_view(*, by: User, list_name: str, query: str) -> None:
    """Remember the filter somebody used last on a list, in one statement."""
    with connection.cursor() as cursor:  # the ORM would put a transaction round it
        cursor.execute(KEEP, [uuid4(), by.pk, list_name, query, application_clock.now()])
    _drop_kept(by)


def forget_view(*, by: User, view_id: UUID) -> None:
    """Remove one of your own views."""
    SavedView.objects.filter(user=by, pk=view_id).delete()
    _drop_kept(by)
