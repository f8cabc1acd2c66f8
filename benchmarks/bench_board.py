"""The triage board on seeded data; `board.py` sets it beside Django admin at stated sizes."""

from django.test import Client

from accounts.models import User
from benchmarks.measuring import Measured, measure

P95_BUDGET_MS = 400  # the size `year`: about 20,000 contacts, 60 open
PLACES = ("/mash/board/?clear=1", "/mash/board/?rag=amber", "/mash/board/news/")


def _bench(client: Client, user: User, place: str) -> Measured:
    client.force_login(user)
    assert client.get(place).status_code == 200
    return measure(lambda: client.get(place), runs=40)


def bench_board(client: Client, mash_manager: User) -> Measured:
    """Everything open, at most 25 rows in each group."""
    return _bench(client, mash_manager, PLACES[0])


def bench_board_filtered(client: Client, mash_manager: User) -> Measured:
    """The amber ones."""
    return _bench(client, mash_manager, PLACES[1])


def bench_board_news(client: Client, mash_manager: User) -> Measured:
    """What every open board asks for each minute."""
    return _bench(client, mash_manager, PLACES[2])
