"""The triage board against a history of any length, beside Django admin's change list.

    python -m dev.with_servers -m benchmarks.board --sizes 10000 1000000

Fills a database of its own with contacts, 2,000 of them open, and times the board and the change
list over the same rows, with the same filter and page length, in turns. The database is made and
dropped again. `bench_board.py` does the same on seeded data.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "slough_front_door.settings")
    os.environ.setdefault("LOG_LEVEL", "ERROR")
    django.setup()

from django.contrib import admin
from django.core.cache import cache
from django.db import connection
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import include, path

from accounts.choices import Role, TeamKind
from accounts.models import RoleAssignment, Team, TeamMembership, User
from cases.choices import Mark
from cases.models import Contact, ContactPerson
from demonstration.million import fill
from lib import application_clock
from mash.source_words import SOURCE_WORDS
from people.queries import age
from record import calendar

NOW = datetime(2026, 3, 12, 13, 30, tzinfo=UTC)
PAGE_LENGTH = 100  # Django admin's own, and the most the board shows at first
LONG_AGO = datetime(2015, 1, 1, tzinfo=UTC)
BOARD = "/mash/board/?clear=1"
BOARD_AMBER = "/mash/board/?rag=amber"
ADMIN = "/list/cases/contact/?on_board=yes"
LEAN = "/lean/cases/contact/?on_board=yes"
LEAN_AMBER = "/lean/cases/contact/?on_board=yes&rag__exact=amber"
ADMIN_AMBER = "/list/cases/contact/?on_board=yes&rag__exact=amber"
PLAIN_FILES = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
QUERIES_BUDGET = 12
MEDIAN_RATIO_BUDGET = 1.3


# Django admin's change list over the same rows. It stands here and not in the product, where
# administrators read no contact.


class OnBoard(admin.SimpleListFilter):
    title = "on the board"
    parameter_name = "on_board"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Yes")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.exclude(board_state="") if self.value() == "yes" else queryset


class Claimed(admin.SimpleListFilter):
    title = "claimed by"
    parameter_name = "claimed"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("me", "Me"), ("nobody", "Nobody")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "me":
            return queryset.filter(claimed_by=request.user)
        return queryset.filter(claimed_by=None) if self.value() else queryset


class Source(admin.SimpleListFilter):
    title = "source"
    parameter_name = "source"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(SOURCE_WORDS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(source_code=self.value()) if self.value() else queryset


class Marked(admin.SimpleListFilter):
    title = "marked"
    parameter_name = "mark"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(value, str(label)) for value, label in Mark.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(marks__contains=[self.value()]) if self.value() else queryset


class Lean(admin.ModelAdmin):
    """Columns of the contact alone: what the change list does best."""

    list_display: tuple[str, ...] = (
        "reference",
        "summary",
        "source_code",
        "received_at",
        "rag",
        "rag_reason",
        "board_state",
        "next_due_at",
        "claimed_by",
    )
    list_filter: ClassVar[tuple[Any, ...]] = (OnBoard, "rag", "board_state")
    list_select_related = ("claimed_by",)
    list_per_page = PAGE_LENGTH
    search_fields = ("reference", "people__person__family_name")
    show_full_result_count = False
    ordering = ("next_due_at", "received_at", "id")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return True

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class Same(Lean):
    """What a row of the board shows and its panel offers: the children, and the same filters."""

    list_display = ("reference", "children", *Lean.list_display[1:])
    list_filter = (OnBoard, "rag", Claimed, "board_state", Source, Marked)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        children = ContactPerson.objects.filter(is_child=True, ended_at=None)
        people = Prefetch("people", children.select_related("person").order_by("position"))
        return super().get_queryset(request).prefetch_related(people)

    @admin.display
    def children(self, contact: Contact) -> str:
        on = application_clock.today()
        people = [row.person for row in contact.people.all()]
        return ", ".join(f"{person.name}, {age(person, on=on)}" for person in people)


lean = admin.AdminSite(name="lean")
lean.register(Contact, Lean)
same = admin.AdminSite(name="same")
same.register(Contact, Same)
urlpatterns = [
    path("lean/", lean.urls),
    path("list/", same.urls),
    path("", include("slough_front_door.urls")),
]


# Filling -----------------------------------------------------------------------------------------


def staff() -> tuple[User, User]:
    """A MASH manager, who may open the change list as well, and a head of service."""
    found = []
    for name, role in (
        ("Bench Testwood", Role.MASH_MANAGER),
        ("Helen Testwood", Role.HEAD_OF_SERVICE),
    ):
        user = User.objects.create(
            email=f"{name.split()[0].lower()}@slough.example", full_name=name, is_staff=True
        )
        RoleAssignment.objects.create(user=user, role=role, from_at=LONG_AGO)
        found.append(user)
    team = Team.objects.create(name="MASH", kind=TeamKind.MASH, manager=found[0])
    TeamMembership.objects.create(user=found[0], team=team, from_on=LONG_AGO.date())
    return found[0], found[1]


# Measuring ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Page:
    """What one page took."""

    median_ms: float
    p95_ms: float
    spread_ms: float
    queries: int


def timed(call: Callable[[], object]) -> float:
    """Milliseconds of one call."""
    started = time.perf_counter()
    call()
    return (time.perf_counter() - started) * 1000


def summary(taken: list[float], queries: int) -> Page:
    quarters = statistics.quantiles(taken, n=4)
    return Page(
        statistics.median(taken),
        statistics.quantiles(taken, n=20)[-1],
        quarters[2] - quarters[0],
        queries,
    )


def pages_of(user: User) -> dict[str, Callable[[], object]]:
    """The board and the change list, with and without a filter, each as one request."""
    client = Client()
    client.force_login(user)

    def get(address: str) -> Callable[[], object]:
        def call() -> object:
            response = client.get(address)
            assert response.status_code == 200, response
            return response

        return call

    return {
        "board": get(BOARD),
        "admin": get(ADMIN),
        "lean admin": get(LEAN),
        "board, amber": get(BOARD_AMBER),
        "admin, amber": get(ADMIN_AMBER),
        "lean admin, amber": get(LEAN_AMBER),
    }


def rows_shown(user: User) -> tuple[int, int]:
    """How many rows the board and the change list show of the same filter."""
    client = Client()
    client.force_login(user)
    board = client.get(BOARD_AMBER).content
    listed = client.get(ADMIN_AMBER).content
    return board.count(b'class="fd-who"'), listed.count(b'<th class="field-reference"')


@dataclass(frozen=True)
class Filled:
    """A database with so many contacts, and the pages to ask of it."""

    name: str
    pages: Mapping[str, Callable[[], object]]


def use(name: str) -> None:
    """Let the requests that follow read another database."""
    connection.close()
    connection.settings_dict["NAME"] = name
    calendar.forget()
    cache.clear()


def filled(contacts: int) -> Filled:
    """Make and fill a database."""
    connection.settings_dict["TEST"]["NAME"] = f"board_{contacts}_{os.getpid()}"
    name = connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    manager, head = staff()
    started = time.perf_counter()
    fill(contacts, manager, head, now_at=NOW)
    board, listed = rows_shown(manager)
    print(
        f"{contacts:,} contacts filled in {time.perf_counter() - started:.0f} s; rows shown of the"
        f" amber filter: board {board}, change list {listed}"
    )
    return Filled(name, pages_of(manager))


def in_turns(databases: Mapping[int, Filled], *, rounds: int) -> dict[int, dict[str, Page]]:
    """Time all pages of all databases in turns, so that a busy machine is busy for all of them."""
    taken: dict[tuple[int, str], list[float]] = {}
    queries: dict[tuple[int, str], int] = {}
    for turn in range(rounds):
        for size, one in databases.items():
            use(one.name)
            for name, call in one.pages.items():
                call()
                if not turn:
                    with CaptureQueriesContext(connection) as captured:
                        call()
                    queries[size, name] = len(captured)
                taken.setdefault((size, name), []).extend(timed(call) for _ in range(5))
    return {
        size: {name: summary(taken[size, name], queries[size, name]) for name in one.pages}
        for size, one in databases.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="*", default=[10_000, 1_000_000])
    parser.add_argument("--rounds", type=int, default=10)
    options = parser.parse_args()
    before = connection.settings_dict["NAME"]
    databases: dict[int, Filled] = {}
    try:
        with (
            application_clock.set_to(NOW + timedelta(seconds=1)),
            override_settings(ROOT_URLCONF="benchmarks.board", STORAGES=PLAIN_FILES),
        ):
            for size in options.sizes:
                databases[size] = filled(size)
            found = in_turns(databases, rounds=options.rounds)
    finally:
        for one in databases.values():
            connection.settings_dict["NAME"] = one.name
            connection.creation.destroy_test_db(before, verbosity=0)
    print("\n| Contacts | Page | median ms | p95 ms | spread ms | queries |")
    print("| --- | --- | --- | --- | --- | --- |")
    for size, pages in found.items():
        for name, page in pages.items():
            print(
                f"| {size:,} | {name} | {page.median_ms:.1f} | {page.p95_ms:.1f} |"
                f" {page.spread_ms:.1f} | {page.queries} |"
            )
    print()
    small, large = min(found), max(found)
    for name in ("board", "board, amber"):
        mine, pages = found[large][name].median_ms, found[large]
        ratio = mine / found[small][name].median_ms
        beside = mine / pages[name.replace("board", "admin")].median_ms
        beside_lean = mine / pages[name.replace("board", "lean admin")].median_ms
        print(
            f"{name}: {ratio:.2f} times the median of {small:,} contacts (budget"
            f" {MEDIAN_RATIO_BUDGET}); {beside:.2f} times the change list with the same facts and"
            f" filters, {beside_lean:.2f} times the lean one; {pages[name].queries} queries"
            f" (budget {QUERIES_BUDGET})"
        )


if __name__ == "__main__":
    main()
