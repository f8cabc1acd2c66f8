"""What the pages of taking a contact in show, each in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.urls import reverse

from accounts.models import User
from accounts.permissions import Permission, holds
from cases.choices import Channel, ConsentState, ContactState, InvolvementKind, Mark
from cases.models import (
    Contact,
    ContactLink,
    ContactPerson,
    HistoryCheck,
    InformationRequest,
    Involvement,
    Responsibility,
    Submission,
    SubmissionPart,
    SubmissionSeal,
)
from cases.queries import consent
from lib import identifiers, words
from lib.text import folded, shown_name
from mash.actions.intake import ADDRESS_ANSWERED, CHILD_DRAFT, DRAFT, spellings_of
from mash.models import DomesticAbuse, EdtHandover, MissingNotice
from people import matching
from people.actions.addresses import address_key
from people.choices import HouseholdRole, Sex, YesNoUnknown
from people.models import (
    DateClaim,
    Household,
    HouseholdMembership,
    Identifier,
    PersonAddress,
    PersonName,
    PersonSetting,
)
from people.queries import Shown, display_people, homes_of, records_of
from record import clocks, code_lists, drafts
from record.models import Document, Draft, FormToken

DONE, TO_DO, NOT_NEEDED = "Done", "To do", "Not needed"

BANDS = {
    matching.Band.SAME: "Very likely the same",
    matching.Band.POSSIBLE: "Possibly the same",
    matching.Band.RELATIVE: "Probably a relative, not the same person",
    matching.Band.NOBODY: "Not the same",
}


# Known-person search -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Found:
    """One record that may be the person described, in words."""

    person_id: UUID
    name: str
    age: str
    likely: str
    band: str
    score: float
    matched: tuple[str, ...]
    differs: tuple[str, ...]
    missing: tuple[str, ...]
    held_by: str = ""
    has_open_case: bool = False


@dataclass(frozen=True)
class Search:
    """What was found for what was typed; `asked` says that there was something to look for."""

    asked: bool = False
    found: tuple[Found, ...] = ()
    restricted_may_match: bool = False
    problems: tuple[str, ...] = ()

    @property
    def needs_answer(self) -> bool:
        """Whether the worker has something to choose between."""
        return bool(self.found) or self.restricted_may_match

    @property
    def person_ids(self) -> list[UUID]:
        """Everybody shown."""
        return [each.person_id for each in self.found]

    def as_seen(self) -> dict[str, Any]:
        """What the worker saw, for keeping with their answer."""
        return {
            "candidates": [
                {
                    "person_id": str(each.person_id),
                    "band": each.band,
                    "score": round(each.score, 2),
                    "matched": list(each.matched),
                    "differs": list(each.differs),
                    "missing": list(each.missing),
                }
                for each in self.found
            ],
            "restricted_may_match": self.restricted_may_match,
        }


ASKED_OF = (
    "given_name",
    "family_name",
    "date_of_birth",
    "sex",
    "postcode",
    "address_line",
    "nhs_number",
    "upn",
    "mother_name",
)
LONGEST_ASKED = 500


def look_for(
    *,
    by: User,
    typed: Mapping[str, str],
    other_names: Sequence[str] = (),
    expected_on: str = "",
    except_ids: Iterable[UUID] = (),
) -> Search:
    """Find who the person described may already be, and who holds them.

    :param typed: texts as typed, by the names of `people.matching.candidates`
    :param except_ids: people who already stand on the contact
    """
    asked = {name: typed.get(name, "").strip()[:LONGEST_ASKED] for name in ASKED_OF}
    telling = [name for name in asked if name != "sex" and asked[name]]
    if not telling and not expected_on:
        return Search()
    texts: dict[str, Any] = dict(asked)
    answer = matching.candidates(
        by=by,
        other_names=[name[:LONGEST_ASKED] for name in other_names][:12],
        expected_on=expected_on[:40] or None,
        **texts,
    )
    left_out = set(except_ids)
    candidates = [each for each in answer.candidates if each.person_id not in left_out]
    ids = [each.person_id for each in candidates]
    shown = display_people(ids, by=by) if ids else {}
    records = records_of(person_ids=ids) if ids else {}
    held = {records[pk]: words for pk, words in holders_of(records).items()}
    open_cases = {
        records[child_id]
        for child_id in Involvement.objects.filter(child__in=records, to_at__isnull=True)
        .exclude(kind__in=UNDECIDED_KINDS)
        .values_list("child_id", flat=True)
    }
    return Search(
        asked=True,
        found=tuple(
            Found(
                person_id=each.person_id,
                name=shown[each.person_id].name,
                age=shown[each.person_id].age,
                likely=BANDS[each.band],
                band=str(each.band),
                score=each.score,
                matched=tuple(str(point) for point in each.matched),
                differs=tuple(str(point) for point in each.differs),
                missing=tuple(str(point) for point in each.missing),
                held_by=held.get(each.person_id, ""),
                has_open_case=each.person_id in open_cases,
            )
            for each in candidates
            if each.person_id in shown
        ),
        restricted_may_match=answer.restricted_may_match,
        problems=answer.problems,
    )


def holders_of(person_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Who answers for each of these who is open, in words."""
    rows = (
        Responsibility.objects.filter(child__in=list(person_ids), to_at__isnull=True)
        .select_related("manager", "team")
        .order_by("child_id", "from_at")
    )
    return {row.child_id: f"{row.manager.full_name}, {row.team.name}" for row in rows}


# Drafts ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Unfinished:
    """A contact somebody began to write and has not recorded."""

    key: UUID
    url: str
    words: str
    saved_at: datetime


def unfinished(*, by: User) -> list[Unfinished]:
    """The contacts `by` began and has not recorded, the latest first; two queries.

    A page that saved itself once more while it was being recorded leaves nothing behind.
    """
    found: dict[UUID, Draft] = {}
    for draft in drafts.mine(by):
        if draft.form not in (DRAFT, CHILD_DRAFT) or draft.subject_id is None:
            continue
        known = found.get(draft.subject_id)
        if known is None or (known.form == CHILD_DRAFT and draft.form == DRAFT):
            found[draft.subject_id] = draft
    received = set(FormToken.objects.filter(pk__in=found).values_list("pk", flat=True))
    return [
        Unfinished(
            key=key,
            url=reverse("mash:contact_write", args=[key]),
            words=_first_words(draft.data),
            saved_at=draft.saved_at,
        )
        for key, draft in found.items()
        if key not in received
    ]


def _first_words(data: Mapping[str, Any]) -> str:
    said = " ".join(str(data.get("words", "")).split())
    if not said:
        return "Nothing written yet"
    return said if len(said) <= 90 else f"{said[:90].rsplit(' ', 1)[0]} (more)"


# People of the contact --------------------------------------------------------------------------


@dataclass(frozen=True)
class OnIt:
    """Somebody on the contact as its task list shows them.

    Of a restricted record nothing is shown but whom to ring and what this contact says.
    """

    row: ContactPerson
    name: str
    age: str
    known: str
    is_to_settle: bool
    held_by: str
    has_open_case: bool
    part: str
    is_closed: bool = False

    @property
    def is_open(self) -> str:
        """What else is open for them, and who holds them; nothing for most."""
        if not self.held_by:
            return ""
        if self.has_open_case:
            return f"open, held by {self.held_by}: this contact is added to the open case"
        return f"another contact is not decided yet, held by {self.held_by}"

    @property
    def url(self) -> str:
        """Their page of this contact."""
        return reverse("mash:contact_person", args=[self.row.contact_id, self.row.pk])


#: What is open of a child of whom nothing is decided yet: no case.
UNDECIDED_KINDS = frozenset({InvolvementKind.CONTACT.value, InvolvementKind.ENQUIRY.value})

KNOWN = {
    ContactPerson.Match.LINKED: "Known",
    ContactPerson.Match.NEW: "New record",
    ContactPerson.Match.TO_SETTLE: "To settle: possible duplicate",
}


def people_of(*, by: User, contact: Contact) -> list[OnIt]:
    """Everybody on the contact now, children first; six queries whatever their number."""
    rows = list(
        ContactPerson.objects.filter(contact=contact, ended_at__isnull=True)
        .select_related("person", "matched_by")
        .order_by("-is_child", "position", "pk")
    )
    ids = [row.person_id for row in rows]
    shown: dict[UUID, Shown] = display_people(ids, by=by) if ids else {}
    open_kinds: dict[UUID, set[str]] = {}
    for child_id, kind in (
        Involvement.objects.filter(child__in=ids, to_at__isnull=True)
        .exclude(subject_id=contact.pk)
        .values_list("child_id", "kind")
    ):
        open_kinds.setdefault(child_id, set()).add(kind)
    held = holders_of(open_kinds)
    parts: dict[UUID, str] = {}
    for person_id, role in (
        HouseholdMembership.objects.filter(person__in=ids, to_on__isnull=True)
        .order_by("recorded_at", "pk")
        .values_list("person_id", "role")
    ):
        parts[person_id] = str(HouseholdRole(role).label)
    return [
        _restricted(row, shown[row.person_id].name)
        if shown[row.person_id].ring is not None
        else OnIt(
            row=row,
            name=shown[row.person_id].name,
            age=shown[row.person_id].age,
            known=KNOWN[ContactPerson.Match(row.match)],
            is_to_settle=row.match == ContactPerson.Match.TO_SETTLE,
            held_by=held.get(row.person_id, ""),
            has_open_case=bool(open_kinds.get(row.person_id, set()) - UNDECIDED_KINDS),
            part=parts.get(row.person_id, ""),
        )
        for row in rows
    ]


def _restricted(row: ContactPerson, name: str) -> OnIt:
    return OnIt(
        row=row,
        name=name,
        age="",
        known="",
        is_to_settle=False,
        held_by="",
        has_open_case=False,
        part="",
        is_closed=True,
    )


STATED = {
    "given_name": "First names",
    "family_name": "Surname",
    "description": "Description",
    "other_names": "Other names",
    "date_of_birth": "Date of birth",
    "is_date_of_birth_estimated": "Date of birth is an estimate",
    "expected_on": "Due",
    "age": "Age as stated",
    "sex": "Sex",
    "relation": "Who they are",
    "mention": "Named by",
    "address_line": "Address",
    "postcode": "Postcode",
    "school": "School or nursery",
    "gp": "GP",
    "nhs_number": "NHS number",
    "upn": "Unique pupil number",
    "ethnicity": "Ethnicity",
    "language": "Language",
    "needs_interpreter": "Interpreter needed",
    "phone": "Phone",
    "note": "Also said",
}


def stated_facts(row: ContactPerson) -> list[tuple[str, str]]:
    """What was stated of somebody, as it was stated; it never changes."""
    said = row.as_stated
    return [(label, _said(name, said[name])) for name, label in STATED.items() if said.get(name)]


def _said(name: str, value: Any) -> str:
    if name == "other_names":
        return ", ".join(" ".join(part for part in each[1:] if part) for each in value)
    if name in ("date_of_birth", "expected_on"):
        return words.date_words(date.fromisoformat(value), weekday=False)
    if name == "sex":
        return str(Sex(value).label)
    if name == "mention":
        return str(ContactPerson.Mention(value).label)
    if name == "ethnicity":
        return code_lists.label("ethnicity", value)
    if value is True:
        return "Yes"
    return str(value).capitalize() if name == "needs_interpreter" else str(value)


@dataclass(frozen=True)
class News:
    """Something stated of a known person that their record does not say yet."""

    key: str
    label: str
    words: str


def news_of(row: ContactPerson) -> list[News]:
    """What a contact says of somebody that their record does not; four queries."""
    said, person = row.as_stated, row.person
    names = {
        (folded(given), folded(family))
        for given, family in PersonName.objects.filter(person=person, is_wrong=False).values_list(
            "given_name", "family_name"
        )
    }
    days = set(DateClaim.objects.filter(person=person).values_list("on", flat=True)) | {
        person.date_of_birth,
        person.expected_on,
    }
    numbers = set(
        Identifier.objects.filter(person=person, is_wrong=False).values_list("value", flat=True)
    )
    settings = {
        name.casefold()
        for name in PersonSetting.objects.filter(person=person, to_on__isnull=True).values_list(
            "name", flat=True
        )
    }
    found = []
    for place, (_kind, given, family) in enumerate(spellings_of(said)):
        if (given or family) and (folded(given), folded(family)) not in names:
            found.append(News(f"name-{place}", "Also called", f"{given} {family}".strip()))
    for key in ("date_of_birth", "expected_on"):
        if said.get(key) and date.fromisoformat(said[key]) not in days:
            found.append(News(key, STATED[key], _said(key, said[key])))
    for key, read in (("nhs_number", identifiers.nhs_number), ("upn", identifiers.upn)):
        typed = said.get(key, "")
        if typed and not {read(typed).value or typed, typed} & numbers:
            found.append(News(key, STATED[key], typed))
    for key in ("school", "gp"):
        if said.get(key) and said[key].casefold() not in settings:
            found.append(News(key, STATED[key], said[key]))
    return found


@dataclass(frozen=True)
class StatedHome:
    """An address that a contact states and a known person's record does not have."""

    stated: str
    on_record: str


def stated_home(row: ContactPerson) -> StatedHome | None:
    """Give the address to be asked about, until somebody has answered; two queries."""
    said = row.as_stated
    line, postcode = said.get("address_line", ""), said.get("postcode", "")
    if (
        row.match != ContactPerson.Match.LINKED
        or ADDRESS_ANSWERED in row.match_seen
        or not (line or postcode)
    ):
        return None
    homes = homes_of(person_ids=[row.person_id]).get(row.person_id, [])
    key = address_key(shown_name(line)[:300], identifiers.postcode(postcode).value)
    lives = PersonAddress.objects.filter(
        person=row.person_id, address__key=key, to_on__isnull=True, is_wrong=False
    )
    if not homes or any(stay.address.key == key for stay in homes) or lives.exists():
        return None
    return StatedHome(
        ", ".join(part for part in (line, postcode) if part),
        "; ".join("Withheld" if stay.is_withheld else stay.address.text for stay in homes),
    )


@dataclass(frozen=True)
class Home:
    """One household of people on the contact, with everybody who belongs to it."""

    household: Household
    is_of_contact: bool
    members: list[tuple[str, str]]

    @property
    def title(self) -> str:
        """What it is called: its label or address."""
        where = self.household.address.text if self.household.address else ""
        return self.household.label or where or "Household, address not known"


def households_of(*, by: User, contact: Contact, people: list[OnIt]) -> list[Home]:
    """The households of everybody on the contact, the contact's own first.

    Where somebody lives whose record is restricted is not told through them.
    """
    ids = [one.row.person_id for one in people if not one.is_closed]
    wanted = set(
        HouseholdMembership.objects.filter(person__in=ids, to_on__isnull=True).values_list(
            "household_id", flat=True
        )
    )
    if contact.household_id:
        wanted.add(contact.household_id)
    households = list(
        Household.objects.filter(pk__in=wanted)
        .select_related("address")
        .order_by("recorded_at", "pk")
    )
    rows = list(
        HouseholdMembership.objects.filter(household__in=wanted, to_on__isnull=True).order_by(
            "recorded_at", "pk"
        )
    )
    shown = display_people([row.person_id for row in rows], by=by) if rows else {}
    members: dict[UUID, list[tuple[str, str]]] = {}
    for row in rows:
        members.setdefault(row.household_id, []).append(
            (shown[row.person_id].name, str(HouseholdRole(row.role).label))
        )
    homes = [
        Home(
            household=household,
            is_of_contact=household.pk == contact.household_id,
            members=members.get(household.pk, []),
        )
        for household in households
    ]
    return sorted(homes, key=lambda home: not home.is_of_contact)


def addresses_of(*, people: list[OnIt]) -> list[tuple[str, PersonAddress]]:
    """The addresses of everybody on the contact, with whose they are; of nobody restricted."""
    names = {one.row.person_id: one.name for one in people if not one.is_closed}
    rows = (
        PersonAddress.objects.filter(person__in=list(names), to_on__isnull=True, is_wrong=False)
        .select_related("address")
        .order_by("recorded_at", "pk")
    )
    return [(names[row.person_id], row) for row in rows]


# The task list ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Task:
    """One thing to find out or record about the contact."""

    words: str
    url: str
    state: str
    note: str = ""
    kind: str = ""
    missing: str = ""


@dataclass(frozen=True)
class Group:
    """Tasks that belong together."""

    title: str
    tasks: tuple[Task, ...]


@dataclass(frozen=True)
class TaskList:
    """The contact's task list."""

    people: list[OnIt]
    groups: list[Group]
    clocks: list[Any] = field(default_factory=list)

    @property
    def not_known(self) -> list[Task]:
        """What is not known yet: each is a link, and none holds up a decision."""
        return [task for group in self.groups for task in group.tasks if task.missing]

    @property
    def children(self) -> list[OnIt]:
        """The children on the contact."""
        return [each for each in self.people if each.row.is_child]

    @property
    def adults(self) -> list[OnIt]:
        """The adults on the contact."""
        return [each for each in self.people if not each.row.is_child]


def task_list(*, by: User, contact: Contact) -> TaskList:
    """Everything to find out about a contact, with its state in words."""
    people = people_of(by=by, contact=contact)
    facts = _Facts.of(contact)
    groups = [
        Group("Whom it is about", tuple(_about(contact, people))),
        Group("What came in", tuple(_arrived(contact, facts))),
        Group("Danger and agreement", tuple(_danger(contact, facts))),
        Group("What kind of contact", tuple(_kind(contact, facts))),
        Group("What we already know", tuple(_known(contact, facts))),
    ]
    if contact.is_out_of_hours or facts.has_handover:
        groups.append(Group("Out of hours", tuple(_out_of_hours(contact, facts, by))))
    groups.append(Group("To the manager", tuple(_to_manager(contact))))
    running = clocks.running(subject_ids=[contact.pk])
    return TaskList(people=people, groups=groups, clocks=running)


@dataclass(frozen=True)
class _Facts:
    """What there is about a contact, counted."""

    position: consent.ConsentPosition
    parts: int
    files: int
    links: int
    has_history: bool
    asked: int
    unanswered: int
    has_domestic_abuse: bool
    missing_notices: int
    has_handover: bool

    @classmethod
    def of(cls, contact: Contact) -> _Facts:
        answered = list(
            InformationRequest.objects.filter(contact=contact).values_list("answered_at", flat=True)
        )
        return cls(
            position=consent.position(contact_id=contact.pk),
            parts=SubmissionPart.objects.filter(contact=contact).count(),
            files=Document.objects.filter(subject_id=contact.pk).count(),
            links=ContactLink.objects.filter(contact=contact, ended_at__isnull=True).count(),
            has_history=HistoryCheck.objects.filter(contact=contact).exists(),
            asked=len(answered),
            unanswered=sum(1 for at in answered if at is None),
            has_domestic_abuse=DomesticAbuse.objects.filter(contact=contact).exists(),
            missing_notices=MissingNotice.objects.filter(contact=contact).count(),
            has_handover=EdtHandover.objects.filter(contact=contact).exists(),
        )


def _task(
    contact: Contact,
    said: str,
    page: str,
    *,
    is_done: bool,
    note: str = "",
    missing: str = "",
    is_needed: bool = True,
) -> Task:
    state = DONE if is_done else (TO_DO if is_needed else NOT_NEEDED)
    return Task(
        words=said,
        url=reverse(f"mash:{page}", args=[contact.pk]),
        state=state,
        note=note,
        kind="news" if state == TO_DO else "",
        missing=missing if state == TO_DO else "",
    )


def _about(contact: Contact, people: list[OnIt]) -> Iterable[Task]:
    for one in people:
        if one.row.is_child:
            yield Task(
                words=f"{one.name}, {one.age}" if one.age else one.name,
                url=one.url,
                state=TO_DO if one.is_to_settle else DONE,
                kind="news" if one.is_to_settle else "",
                note=_said_of(one),
                missing=f"Settle which record is {words.possessive(one.name)}"
                if one.is_to_settle
                else "",
            )
    yield _task(contact, "Add another child", "contact_add_child", is_done=False, is_needed=False)
    for one in people:
        if not one.row.is_child:
            yield Task(
                words=one.name,
                url=one.url,
                state=TO_DO if one.is_to_settle else DONE,
                kind="news" if one.is_to_settle else "",
                note=_said_of(one),
            )
    has_adults = any(not one.row.is_child for one in people)
    yield _task(
        contact,
        "Add an adult",
        "contact_add_adult",
        is_done=False,
        is_needed=not has_adults,
        missing="Who cares for the children",
    )
    yield _task(
        contact,
        "Household and addresses",
        "contact_household",
        is_done=contact.household_id is not None and any(one.part for one in people),
        missing="Where the children live, and with whom",
    )


def _said_of(one: OnIt) -> str:
    said = [one.row.relation, one.part, one.known]
    said.append(one.is_open)
    return " · ".join(part for part in said if part)


def _arrived(contact: Contact, facts: _Facts) -> Iterable[Task]:
    if contact.referrer_is_anonymous:
        who = "Does not want to be named"
    else:
        who = ", ".join(
            part
            for part in (
                contact.referrer_name,
                contact.referrer_role,
                contact.submission.sender_agency_name,
            )
            if part
        )
    yield _task(
        contact,
        "Who sent it",
        "contact_referrer",
        is_done=bool(contact.source_code) and bool(who),
        note=who,
        missing="Who sent it, or its source code",
    )
    yield _task(
        contact,
        "Messages and their parts",
        "contact_messages",
        is_done=True,
        note=words.plural(facts.parts, "part"),
    )
    yield _task(
        contact,
        "Files",
        "contact_files",
        is_done=facts.files > 0,
        is_needed=False,
        note=words.plural(facts.files, "file") if facts.files else "",
    )


def _danger(contact: Contact, facts: _Facts) -> Iterable[Task]:
    said = {True: "A child is in danger now", False: "No child is in danger now", None: ""}
    yield _task(
        contact,
        "Is a child in danger right now?",
        "contact_danger",
        is_done=contact.is_danger is not None,
        note=said[contact.is_danger],
        missing="Whether a child is in danger right now",
    )
    yield _task(
        contact,
        "Do the parents know, and how to reach them safely",
        "contact_parents",
        is_done=contact.do_parents_know != YesNoUnknown.UNKNOWN,
        note=contact.safe_contact,
        missing="Whether the parents know",
    )
    position = facts.position
    yield _task(
        contact,
        "Agreement of the family",
        "contact_agreement",
        is_done=position.in_short != ConsentState.NOT_ASKED_YET or bool(position.answers),
        note=str(position.label),
        missing="Whether the family agrees",
    )
    yield _task(
        contact,
        "Lawful basis",
        "contact_lawful_basis",
        is_done=position.lawful_basis is not None,
        note=position.lawful_basis.get_basis_display() if position.lawful_basis else "",
        missing="The lawful basis for sharing",
    )


def _kind(contact: Contact, facts: _Facts) -> Iterable[Task]:
    marks = [str(Mark(mark).label) for mark in contact.marks]
    said = [contact.get_category_display()] if contact.category else []
    yield _task(
        contact,
        "Category and marks",
        "contact_category",
        is_done=bool(contact.category),
        note=" · ".join([*said, *marks]),
        missing="What kind of contact it is",
    )
    yield _task(
        contact,
        "Domestic abuse notification",
        "contact_domestic_abuse",
        is_done=facts.has_domestic_abuse,
        is_needed=contact.category == "domestic_abuse" or Mark.DOMESTIC_ABUSE in contact.marks,
        missing="What the domestic abuse notification says",
    )
    yield _task(
        contact,
        "Missing notice",
        "contact_missing",
        is_done=facts.missing_notices > 0,
        is_needed=contact.category == "missing" or Mark.MISSING in contact.marks,
        note=words.plural(facts.missing_notices, "notice") if facts.missing_notices else "",
        missing="What the missing notice says",
    )


def _known(contact: Contact, facts: _Facts) -> Iterable[Task]:
    yield _task(
        contact,
        "History check",
        "contact_history",
        is_done=facts.has_history,
        missing="Earlier contacts, open work, siblings and linked addresses",
    )
    yield _task(
        contact,
        "Earlier and linked contacts",
        "contact_links",
        is_done=facts.links > 0,
        is_needed=False,
        note=words.plural(facts.links, "link") if facts.links else "",
    )
    yield _task(
        contact,
        "Missing information",
        "contact_information",
        is_done=facts.asked > 0 and facts.unanswered == 0,
        is_needed=facts.unanswered > 0,
        note=f"{words.plural(facts.unanswered, 'question')} not answered yet"
        if facts.unanswered
        else "",
        missing="An answer that somebody was asked for",
    )


def _out_of_hours(contact: Contact, facts: _Facts, by: User) -> Iterable[Task]:
    yield _task(
        contact,
        "Emergency Duty Team hand-over",
        "contact_edt",
        is_done=facts.has_handover,
        is_needed=holds(by, Permission.EDT_HANDOVER_WRITE),
        note="By 09:00 of the next opening",
    )


def _to_manager(contact: Contact) -> Iterable[Task]:
    yield _task(
        contact,
        "Summary, urgency, and send to the manager",
        "contact_send",
        is_done=contact.state == ContactState.AWAITING_DECISION,
        note=contact.summary,
    )


# Other contacts ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Suggestion:
    """Another contact that may belong with this one."""

    contact_id: UUID
    reference: str
    received_at: datetime
    words: str


def contact_by_reference(*, by: User, typed: str) -> Contact | None:
    """Find a contact `by` may read by its reference as typed, in any case and spacing."""
    bare = "".join(typed.upper().split())
    return Contact.objects.visible_to(by).filter(reference=bare).first()


def links_of(*, by: User, contact: Contact) -> list[ContactLink]:
    """The live links and claims of a contact; links to what `by` may not read are left out."""
    links = list(
        ContactLink.objects.filter(contact=contact, ended_at__isnull=True)
        .select_related("other", "by")
        .order_by("recorded_at", "pk")
    )
    others = [link.other_id for link in links if link.other_id]
    readable = set(
        Contact.objects.visible_to(by).filter(pk__in=others).values_list("pk", flat=True)
    )
    return [link for link in links if link.other_id is None or link.other_id in readable]


def times_in_12_months(most: int) -> str:
    """Say which contact in 12 months this is: "This is the 3rd contact in 12 months"."""
    ending = "th"
    if most % 100 not in (11, 12, 13):
        ending = {1: "st", 2: "nd", 3: "rd"}.get(most % 10, "th")
    return f"This is the {most}{ending} contact in 12 months"


def received_words(contact: Contact, *, now: datetime) -> str:
    """When and how a contact came in: "received today, 11:40, by phone"."""
    channel = contact.submission.get_channel_display().lower()
    is_whole = contact.submission.channel in (Channel.IN_PERSON, Channel.API)
    how = channel if is_whole else f"by {channel}"
    return f"received {words.moment_words(contact.received_at, now=now)}, {how}"


@dataclass(frozen=True)
class Part:
    """One part of what arrived, and where it went."""

    label: str
    went_to: str
    contact: Contact | None
    note: str
    channel: str
    received_at: datetime
    words: str


def parts_of(*, by: User, contact: Contact) -> list[Part]:
    """Every part of the contact's own message and of the messages that were added to it.

    Of a message that is sealed, `by` reads what was left to be read.
    """
    rows = list(
        SubmissionPart.objects.filter(Q(contact=contact) | Q(submission=contact.submission_id))
        .select_related("submission__seal", "contact")
        .order_by("recorded_at", "pk")
    )
    others = {row.contact_id for row in rows if row.contact_id}
    readable = set(
        Contact.objects.visible_to(by).filter(pk__in=others).values_list("pk", flat=True)
    )
    return [
        Part(
            label=row.label,
            went_to=str(SubmissionPart.WentTo(row.went_to).label),
            contact=row.contact if row.contact_id in readable else None,
            note=row.note,
            channel=row.submission.get_channel_display(),
            received_at=row.submission.received_at,
            words=words_of(row.submission, by=by)
            if row.submission_id != contact.submission_id
            else "",
        )
        for row in rows
        if row.contact_id is None or row.contact_id in readable
    ]


def words_of(submission: Submission, *, by: User) -> str:
    """Give the words of a message as `by` may read them."""
    if hasattr(submission, "seal") and not holds(by, Permission.SEALED_READ):
        return submission.seal.redacted_words
    return submission.words


def original_words_of(contact: Contact, *, by: User) -> str:
    """Give the words in the language they came in, which a seal closes like the translation."""
    if hasattr(contact.submission, "seal") and not holds(by, Permission.SEALED_READ):
        return ""
    return contact.original_words


def is_sealed(contact: Contact) -> bool:
    """Whether the original words may no longer be read by everybody."""
    return SubmissionSeal.objects.filter(submission=contact.submission_id).exists()
