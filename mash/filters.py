"""What the triage board can be filtered by. Every filter lives in the address, a name sealed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import reduce
from operator import and_, or_
from typing import Any, Final

import django_filters
from django import forms
from django.db.models import Exists, OuterRef, Q
from django.http import QueryDict

from accounts.models import User
from cases.choices import BoardState, Mark, Rag
from cases.models import Contact, ContactPerson
from lib import asked
from lib.text import shown_name
from mash.source_words import SOURCE_WORDS
from people.models import Person, PersonName

NOT_RATED: Final = "none"
MINE: Final = "me"
NOBODY: Final = "nobody"
LONGEST_SEARCH: Final = 100
NAMES: Final = ("q", "rag", "claimed", "waiting", "source", "mark")
RAGS: Final = [*Rag.choices, (NOT_RATED, "Not rated yet")]
CLAIMED: Final = [("", "Anyone or nobody"), (MINE, "Me"), (NOBODY, "Nobody")]
SHOWN_STATES: Final = BoardState.choices


class BoardFilter(django_filters.FilterSet):
    """The filter panel of the triage board.

    `conditions` gives each filter as one condition, so that a page can count what another
    choice would show; `qs` applies all of them.
    """

    q = django_filters.CharFilter(
        label="Name or reference",
        method="by_condition",
        max_length=LONGEST_SEARCH,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    rag = django_filters.MultipleChoiceFilter(
        label="Urgency", choices=RAGS, method="by_condition", widget=forms.CheckboxSelectMultiple
    )
    claimed = django_filters.ChoiceFilter(
        label="Claimed by",
        choices=CLAIMED[1:],
        empty_label=CLAIMED[0][1],
        method="by_condition",
        widget=forms.RadioSelect,
    )
    waiting = django_filters.MultipleChoiceFilter(
        label="Waiting for",
        choices=SHOWN_STATES,
        method="by_condition",
        widget=forms.CheckboxSelectMultiple,
    )
    source = django_filters.ChoiceFilter(
        label="Source",
        choices=list(SOURCE_WORDS.items()),
        empty_label="All sources",
        method="by_condition",
    )
    mark = django_filters.MultipleChoiceFilter(
        label="Marked",
        choices=Mark.choices,
        method="by_condition",
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = Contact
        fields: list[str] = []

    def __init__(self, data: Any, *, by: User, at: datetime, **rest: Any) -> None:
        super().__init__(_unsealed(data, by=by), queryset=Contact.objects.none(), **rest)
        self.by = by
        self.at = at

    def by_condition(self, queryset: Any, name: str, value: Any) -> Any:
        """Apply one filter to a queryset."""
        return queryset.filter(self._condition(name, value))

    @property
    def chosen(self) -> dict[str, Any]:
        """What is chosen; what the address says that no choice means is left out."""
        self.form.is_valid()
        cleaned = getattr(self.form, "cleaned_data", {})
        return {name: cleaned[name] for name in NAMES if cleaned.get(name)}

    @property
    def conditions(self) -> dict[str, Q]:
        """The chosen filters, each as one condition."""
        return {name: self._condition(name, value) for name, value in self.chosen.items()}

    @property
    def query(self) -> str:
        """The chosen filters as they stand in an address, always in the same order."""
        return query_of(self.chosen, by=self.by)

    def _condition(self, name: str, value: Any) -> Q:
        if name == "q":
            return self._named(value)
        if name == "rag":
            return Q(rag__in=["" if each == NOT_RATED else each for each in value])
        if name == "claimed":
            return claimed_by(self.by, at=self.at) if value == MINE else unclaimed(at=self.at)
        if name == "waiting":
            return Q(board_state__in=value)
        if name == "source":
            return Q(source_code=value)
        return reduce(or_, (Q(marks__contains=[each]) for each in value))

    def _named(self, typed: str) -> Q:
        """Contacts whose reference or whose visible people carry every word of the search."""
        words = shown_name(typed).split()
        if not words:
            return Q()
        people = ContactPerson.objects.filter(
            contact=OuterRef("pk"),
            ended_at__isnull=True,
            person__in=Person.objects.visible_to(self.by),
        )
        return reduce(and_, (self._one_word(word, people) for word in words[:6]))

    def _one_word(self, word: str, people: Any) -> Q:
        other_names = PersonName.objects.filter(
            Q(given_name__icontains=word) | Q(family_name__icontains=word),
            person=OuterRef("person"),
            is_wrong=False,
        )
        carries = (
            Q(person__given_name__icontains=word)
            | Q(person__family_name__icontains=word)
            | Q(person__description__icontains=word)
            | Exists(other_names)
        )
        return Q(reference__icontains=word) | Q(Exists(people.filter(carries)))


def unclaimed(*, at: datetime) -> Q:
    """Contacts nobody has: never claimed, or the claim has lapsed (decisions.md 62)."""
    return Q(claimed_by__isnull=True) | Q(claim_lapses_at__lte=at)


def claimed_by(user: User, *, at: datetime) -> Q:
    """Contacts whose claim by that person still stands."""
    return Q(claimed_by=user, claim_lapses_at__gt=at)


def _unsealed(data: Any, *, by: User) -> Any:
    """What an address says, with the name that was searched for in words again."""
    if not data or asked.NAME not in data:
        return data
    read = data.copy()
    read["q"] = asked.opened(data[asked.NAME], by=by.pk)
    return read


def query_of(chosen: Mapping[str, Any], *, by: User, without: tuple[str, str] | None = None) -> str:
    """Give filters as the query of an address, leaving out one value of one of them.

    The name that was searched for is sealed: no address carries a name.

    :param without: (filter, value); for a filter of one value, any value
    """
    query = QueryDict(mutable=True)
    for name in NAMES:
        value = chosen.get(name)
        if not value:
            continue
        values = [str(each) for each in value] if isinstance(value, list | tuple) else [str(value)]
        if without is not None and without[0] == name:
            values = [each for each in values if each != without[1]]
        if values and name == "q":
            query[asked.NAME] = asked.seal(values[0], by=by.pk)
        elif values:
            query.setlist(name, values)
    return query.urlencode()
