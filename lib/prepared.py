"""Queries and insertions whose text is made once.

Django makes a query set into SQL each time it is run, and for wide tables that takes longer than
PostgreSQL takes to answer. A prepared query is written as a query set, made into SQL when it is
first run, and from then on only its values differ:

    _running = Prepared(
        lambda ids: Clock.objects.filter(subject_id__in=ids, stopped_at=None).order_by("due_at"),
        ids=list[UUID],
    )
    clocks = _running(ids=[contact.pk])

PostgreSQL keeps it too: each connection prepares the text once, and then neither reads nor plans
it again. Where connections are not kept (`settings.PREPARE_STATEMENTS`) the text is sent each time.
What never differs stays in the text, where the planner sees it and finds its partial indexes.

It is for what nearly every request asks. The query set may select rows, rows with related ones, or
`values_list`; it is the same for every caller, so whoever it depends on is among the values, and a
value that is reckoned from another, such as a day eighteen years before, is a value of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from copy import copy
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count
from types import SimpleNamespace
from typing import Any, Generic, TypeVar, get_args, get_origin
from uuid import UUID
from weakref import WeakKeyDictionary

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import QuerySet
from django.db.models.query import FlatValuesListIterable, ModelIterable, ValuesListIterable
from django.db.transaction import TransactionManagementError

Row = TypeVar("Row")

ITERABLES = (ModelIterable, ValuesListIterable, FlatValuesListIterable)
STAND_INS: Mapping[type, Callable[[int], Any]] = {
    UUID: lambda place: UUID(int=(0xA5A5 << 112) + place),
    datetime: lambda place: datetime(1001, 1, 1, tzinfo=UTC) + timedelta(days=place),
    date: lambda place: date(1001, 1, 1) + timedelta(days=place),
    str: lambda place: f"stands in for value {place}",
}
"""What the text is made with, one of each kind for each place, to find the places again."""


TYPES: Mapping[type, str] = {UUID: "uuid", datetime: "timestamptz", date: "date", str: "unknown"}
"""What PostgreSQL calls each kind; it finds out by itself what a text is compared with."""
TEXTS: Mapping[type, str] = {**TYPES, str: "text"}
"""The same for lists, of which it must be told."""

_numbers = count(1)
_known: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()
"""By connection to PostgreSQL, the names of what it has prepared."""


@dataclass(frozen=True)
class _Value:
    """A parameter that differs from call to call."""

    name: str


@dataclass(frozen=True)
class _Text:
    rows: QuerySet[Any, Any]
    compiler: Any
    name: str
    parts: tuple[str, ...]
    params: tuple[Any, ...]
    types: str

    @property
    def values(self) -> tuple[_Value, ...]:
        """The values, in the order in which the text asks for them."""
        return tuple(param for param in self.params if isinstance(param, _Value))

    @property
    def call(self) -> str:
        """What is asked of PostgreSQL, with a place for each value."""
        places = ", ".join(["%s"] * len(self.values))
        return f"EXECUTE {self.name} ({places})" if places else f"EXECUTE {self.name}"

    def prepare(self, connection: Any) -> None:
        """Have PostgreSQL read and plan the text, once on each connection."""
        connection.ensure_connection()
        known = _known.setdefault(connection.connection, set())
        if self.name in known:
            return
        with connection.wrap_database_errors, connection.connection.cursor() as cursor:
            number = count(1)
            sql = self.parts[0]
            for param, part in zip(self.params, self.parts[1:], strict=True):
                is_value = isinstance(param, _Value)
                sql += f"${next(number)}" if is_value else "%s"
                sql += part
            constants = [param for param in self.params if not isinstance(param, _Value)]
            cursor.execute(f"PREPARE {self.name}{self.types} AS {sql}", constants)
        known.add(self.name)


class Prepared(Generic[Row]):
    """A query set that is made into SQL once and run with other values each time."""

    def __init__(self, make: Callable[..., QuerySet[Any, Row]], /, **kinds: Any) -> None:
        """Keep how the query set is made.

        :param kinds: the type of each value that `make` takes: UUID, datetime, date, str, or a
            list of one of them for `__in`
        """
        self._make = make
        self._kinds = kinds
        self._text: _Text | None = None

    def __call__(self, **values: Any) -> list[Row]:
        """Give the rows for these values.

        :raises TypeError: not exactly the values that were announced
        """
        if values.keys() != self._kinds.keys():
            raise TypeError(f"This query takes {', '.join(self._kinds)}; it was given {values}.")
        text = self._text
        if text is None:
            text = self._text = self._made()
        connection = connections[DEFAULT_DB_ALIAS]
        if text.rows.query.select_for_update and not connection.in_atomic_block:
            raise TransactionManagementError("Rows are locked inside a transaction only.")
        if settings.PREPARE_STATEMENTS:
            text.prepare(connection)
            sql, asked = text.call, text.values
        else:
            sql, asked = "%s".join(text.parts), text.params
        params = tuple(values[one.name] if isinstance(one, _Value) else one for one in asked)
        compiler = copy(text.compiler)
        compiler.connection = connection
        compiler.as_sql = lambda *args, **kwargs: (sql, params)
        run = SimpleNamespace(
            db=DEFAULT_DB_ALIAS,
            model=text.rows.model,
            query=SimpleNamespace(get_compiler=lambda *args, **kwargs: compiler),
            _known_related_objects={},
        )
        iterable: Any = text.rows._iterable_class
        return list(iterable(run))

    def first(self, **values: Any) -> Row | None:
        """Give the first row for these values, or None."""
        return next(iter(self(**values)), None)

    def _made(self) -> _Text:
        """Make the text, twice: what differs without being one of the values was made of them."""
        text, other = self._made_with(first=0), self._made_with(first=len(self._kinds))
        if (text.parts, text.params) != (other.parts, other.params):
            raise TypeError("A value of this query is reckoned with before it is asked for.")
        missing = self._kinds.keys() - {
            param.name for param in text.params if isinstance(param, _Value)
        }
        if missing:
            raise TypeError(f"This query does not ask for {', '.join(sorted(missing))}.")
        return text

    def _made_with(self, *, first: int) -> _Text:
        """:param first: where to begin counting the stand-ins"""
        stand_ins: dict[str, Any] = {}
        names: dict[Any, str] = {}
        listed: set[str] = set()
        for place, (name, kind) in enumerate(self._kinds.items(), first):
            is_list = get_origin(kind) is list
            value = STAND_INS[get_args(kind)[0] if is_list else kind](place)
            stand_ins[name] = [value] if is_list else value
            names[value] = name
            if is_list:
                listed.add(name)
        rows = self._make(**stand_ins)
        prefetches: Any = getattr(rows, "_prefetch_related_lookups", ())
        if rows._iterable_class not in ITERABLES or prefetches:
            raise TypeError("A prepared query gives rows or values_list, and prefetches nothing.")
        compiler = rows.query.get_compiler(DEFAULT_DB_ALIAS)
        sql, found = compiler.as_sql()
        params = tuple(_named(param, names) for param in found)
        known = compiler.get_converters([column for column, _sql, _alias in compiler.select])
        compiler.get_converters = lambda expressions: known
        return _Text(
            rows=rows,
            compiler=compiler,
            name=f"{rows.model._meta.db_table}_{next(_numbers)}",
            parts=_with_arrays(sql, params, listed),
            params=params,
            types=self._types(params),
        )

    def _types(self, params: tuple[Any, ...]) -> str:
        """The types of the values, in the order in which the text asks for them."""
        types = []
        for param in params:
            if isinstance(param, _Value):
                kind = self._kinds[param.name]
                is_list = get_origin(kind) is list
                types.append(f"{TEXTS[get_args(kind)[0]]}[]" if is_list else TYPES[kind])
        return f" ({', '.join(types)})" if types else ""


def _named(param: Any, names: Mapping[Any, str]) -> Any:
    try:
        return _Value(names[param]) if param in names else param
    except TypeError:  # a list or a dictionary, which stands for itself
        return param


def _with_arrays(sql: str, params: tuple[Any, ...], listed: set[str]) -> tuple[str, ...]:
    """What stands between the parameters, a list being one of them.

    `IN (%s)` becomes `= ANY(%s)`, however many the list holds.
    """
    parts = re.split(r"(?<!%)%s", sql)
    if len(parts) != len(params) + 1:
        raise TypeError("The places of the values in this query cannot be told.")
    for place, param in enumerate(params):
        if isinstance(param, _Value) and param.name in listed:
            before, after = parts[place], parts[place + 1]
            if not (before.endswith(" IN (") and after.startswith(")")):
                raise TypeError(f"{param.name} is a list, so it belongs to a lookup by __in.")
            parts[place] = before.removesuffix(" IN (") + " = ANY("
    return tuple(parts)


class Insert(Generic[Row]):
    """Rows of one table, written by a text that is made once.

    It is what `bulk_create` does, for tables that nearly every action writes to: the primary key
    is the caller's, no field waits for the database's value, and no value is an expression.
    """

    def __init__(self, model: type[Row], /) -> None:
        """Keep which table is written to."""
        self._model = model
        self._head = ""
        self._row = ""
        self._fields: tuple[Any, ...] = ()

    def __call__(self, rows: Iterable[Row]) -> list[Row]:
        """Write the rows in one statement and give them; none, nothing.

        :raises TypeError: the database makes the table's primary key
        """
        rows = list(rows)
        if not rows:
            return rows
        connection = connections[DEFAULT_DB_ALIAS]
        if not self._head:
            self._make(connection)
        params = [
            field.get_db_prep_save(field.pre_save(row, True), connection)
            for row in rows
            for field in self._fields
        ]
        with connection.cursor() as cursor:
            cursor.execute(self._head + ", ".join([self._row] * len(rows)), params)
        for row in rows:
            state: Any = row._state  # type: ignore[attr-defined]
            state.adding, state.db = False, DEFAULT_DB_ALIAS
        return rows

    def _make(self, connection: Any) -> None:
        options: Any = self._model._meta  # type: ignore[attr-defined]
        if any(field.db_returning for field in options.local_concrete_fields):
            raise TypeError(f"{options.label} waits for what the database makes.")
        quote = connection.ops.quote_name
        columns = ", ".join(quote(field.column) for field in options.local_concrete_fields)
        places = (
            field.get_placeholder(None, None, connection)
            if hasattr(field, "get_placeholder")
            else "%s"
            for field in options.local_concrete_fields
        )
        self._fields = tuple(options.local_concrete_fields)
        self._row = f"({', '.join(places)})"
        self._head = f"INSERT INTO {quote(options.db_table)} ({columns}) VALUES "  # noqa: S608, names of ours
