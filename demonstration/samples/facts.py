"""What a message says beside its people: source, marks, agreement, notices, danger, urgency."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

from accounts.models import User
from cases import actions as case_actions
from cases.choices import (
    Category,
    ConsentFrom,
    ConsentScope,
    ConsentState,
    Mark,
    Rag,
)
from cases.models import Contact
from demonstration.samples import words
from demonstration.samples.messages import Message, consent_of, reasons_of, text_of
from demonstration.samples.somebody import Somebody
from lib.text import folded
from lib.working_days import instant, london_date
from mash import actions
from mash.models import MissingEpisode, MissingNotice
from mash.source_words import SOURCE_WORDS
from people import actions as people_actions
from people.choices import (
    Source,
    YesNoUnknown,
)
from people.queries import records_of

PRIVATE_SOURCES: Final = frozenset({"1A", "1B", "1C", "1D", "9"})
SUMMARY_LENGTH: Final = 300


def details_of(
    message: Message, said: str, people: Sequence[Somebody], *, is_out_of_hours: bool
) -> dict[str, Any]:
    expected = message.expected
    source = text_of(expected, "source_code")
    also = expected.get("source_code_also_defensible") or ()
    category = text_of(expected, "category")
    consent = consent_of(message)
    return {
        "summary": (reasons_of(message) or [""])[0][:SUMMARY_LENGTH],
        "original_words": words.own_language(said),
        "source_code": source if source in SOURCE_WORDS else "",
        "source_also": next((code for code in also if code in SOURCE_WORDS), ""),
        "category": Category(category) if category in Category.values else "",
        "marks": _marks(message, said, people, is_out_of_hours),
        "referrer_role": message.role,
        "referrer_is_anonymous": message.is_anonymous,
        "referrer_is_professional": source not in PRIVATE_SOURCES if source else None,
        "parents_know_note": text_of(consent, "as_stated"),
        "safe_contact": words.safe_contact(said),
    }


def _marks(
    message: Message, said: str, people: Sequence[Somebody], is_out_of_hours: bool
) -> list[str]:
    """The facts beside the category that a reader finds in the words."""
    text = folded(said)
    source = message.expected.get("source_code")
    is_transfer = "transfer in" in text and "child protection plan" in text
    marks = {
        Mark.EDT: is_out_of_hours,
        Mark.EXPLOITATION: message.expected.get("category") == Category.EXPLOITATION
        or words.points_to_exploitation(said),
        Mark.CP_TRANSFER_IN: is_transfer,
        Mark.TEMPORARY_RESIDENT: is_transfer and "temporar" in text,
        Mark.STEP_UP: source == "5D" and "step up" in text,
        Mark.PRIVATE_FOSTERING: any(
            not one.is_child and re.search(r"carer.*not a relative", one.relation, re.I)
            for one in people
        ),
    }
    return [mark.value for mark, is_so in marks.items() if is_so]


def state_rival_dates(people: list[Somebody], ids: list[UUID], *, by: User, at: datetime) -> None:
    for one, person_id in zip(people, ids, strict=True):
        for found in re.finditer(r"\b(\d{4}-\d{2}-\d{2})\b", text_of(one.row, "note")):
            try:
                rival = date.fromisoformat(found[1])
            except ValueError:
                continue
            if one.stated.date_of_birth and rival != one.stated.date_of_birth:
                people_actions.state_date(
                    by=by,
                    at=at,
                    person_id=person_id,
                    as_stated=text_of(one.row, "note")[:100],
                    on=rival,
                    source=Source.REFERRER,
                )


def record_consent(
    message: Message,
    contact: Contact,
    people: list[Somebody],
    ids: list[UUID],
    *,
    by: User,
    at: datetime,
) -> None:
    """Write what was said about agreement, each person for themself; the last word counts."""
    consent = consent_of(message)
    state, said = text_of(consent, "state"), text_of(consent, "as_stated")
    if state not in ConsentState.values or not (said or state != ConsentState.NOT_ASKED_YET):
        return
    said = said or "Not stated"
    answered_at = words.read_day(said, until=at) or at
    who = _who_answered(said, people)
    common: dict[str, Any] = {"by": by, "contact_id": contact.pk, "scope": ConsentScope.CHECKS}
    parent: dict[str, Any] = {
        "asked_as": ConsentFrom.PARENT_WITH_PR,
        "person_id": ids[who] if who is not None else None,
        "person_as_stated": "" if who is not None else "The parents",
    }
    had_said_yes = state == ConsentState.WITHDRAWN or (
        state == ConsentState.REFUSED and re.search(r"\bsays yes\b", said)
    )
    how = "signed" if re.search(r"\bsigned\b", said) else "reported"
    if had_said_yes:
        case_actions.record_answer(
            at=answered_at - timedelta(minutes=1),
            state=ConsentState.GIVEN,
            how="reported",
            to_what=said,
            words=said,
            **common,
            **parent,
        )
    case_actions.record_answer(
        at=answered_at,
        state=ConsentState(state),
        how=how if state == ConsentState.GIVEN else "reported",
        to_what=said if state == ConsentState.GIVEN else "",
        words=said,
        **common,
        **parent,
    )
    others = {"young person": ConsentFrom.YOUNG_PERSON, "carer": ConsentFrom.CARER}
    for word, asked_as in others.items():
        if not said.lower().startswith(word):
            continue
        place = first_of(people, is_child=word == "young person", word=word)
        case_actions.record_answer(
            by=by,
            at=at,
            contact_id=contact.pk,
            asked_as=asked_as,
            scope=ConsentScope.REFERRAL,
            state=ConsentState.GIVEN,
            person_id=ids[place] if place is not None else None,
            person_as_stated="" if place is not None else word,
            is_judged_competent=True if "competent" in said else None,
            how="reported",
            to_what=said,
            words=said,
        )


def first_of(people: Sequence[Somebody], *, is_child: bool, word: str) -> int | None:
    for place, one in enumerate(people):
        if one.is_child == is_child and (
            is_child or re.search(rf"\b{word}\b(?!['’]s)", one.relation, re.I)
        ):
            return place
    return None


def _who_answered(said: str, people: Sequence[Somebody]) -> int | None:
    """The parent who said it: the first of mother, father or victim that the words name."""
    found = re.search(r"\b(mother|father|victim)\b", said, re.I)
    if found is None or re.match(r"young person|carer", said, re.I):
        return None
    return first_of(people, is_child=False, word=found[1].lower())


def record_notices(
    message: Message,
    contact: Contact,
    people: list[Somebody],
    ids: list[UUID],
    said: str,
    *,
    by: User,
    at: datetime,
) -> None:
    category = message.expected.get("category")
    if category == Category.DOMESTIC_ABUSE:
        _record_domestic_abuse(contact, people, ids, said, by=by, at=at)
    child = first_of(people, is_child=True, word="")
    if category == Category.MISSING and child is not None:
        _record_missing(contact, ids[child], said, by=by, at=at)


def _record_domestic_abuse(
    contact: Contact,
    people: list[Somebody],
    ids: list[UUID],
    said: str,
    *,
    by: User,
    at: datetime,
) -> None:
    score = re.search(r"\bDASH\s*:?\s*(\d{1,2})\b", said)
    previous = re.search(
        r"previous (?:DA |domestic )?\w+[^:\n]{0,40}: (\d{1,2})([^\n]*)", said, re.I
    )
    bail = re.search(r"[^.\n]*\bbail\w*[^.\n]*\bconditions?\b[^\n]*", said, re.I)
    incident = re.search(r"Incident: ?([^\n]{0,60}?)\s{2,}", said)
    victim = first_of(people, is_child=False, word="victim")
    suspect = first_of(people, is_child=False, word="suspect")
    if suspect is None:
        suspect = first_of(people, is_child=False, word="perpetrator")
    children = [
        f"{one.as_given}: {one.relation}"
        for one in people
        if one.is_child and suspect is not None and re.match(r"suspect's", one.relation, re.I)
    ]
    actions.record_domestic_abuse(
        by=by,
        at=at,
        contact_id=contact.pk,
        dash_score=int(score[1]) if score and int(score[1]) <= 24 else None,
        incident_at=words.read_figures("incident", said, until=at),
        incident_as_stated=incident[1][:100] if incident else "",
        victim_id=ids[victim] if victim is not None else None,
        alleged_perpetrator_id=ids[suspect] if suspect is not None else None,
        perpetrator_whereabouts=people[suspect].relation[:300] if suspect is not None else "",
        previous_incidents=int(previous[1]) if previous else None,
        previous_note=previous[2].strip(" .,(")[:300] if previous else "",
        safe_contact=words.safe_contact(said),
        marac_referred=YesNoUnknown.YES
        if re.search(r"MARAC referral (submitted|made|sent)", said, re.I)
        else YesNoUnknown.UNKNOWN,
        perpetrator_other_children="; ".join(children)[:300],
        conditions=bail[0].strip() if bail else "",
    )


def _record_missing(contact: Contact, child_id: UUID, said: str, *, by: User, at: datetime) -> None:
    reference = re.search(r"\bRef(?:erence)?: ?(\S+)", said)
    grade = re.search(r"\bGrade: ?(very low|low|medium|high)\b", said, re.I)
    reporter = re.search(r"\bReported:?[^\n]*? by ([^\n.]+)", said)
    place = re.search(r"\bMissing from: ?([^\n]*?)(?:\s{2,}|\n)", said)
    what = re.search(r"\b(?:Circumstances:|Log\n)(.*?)(?:\n\s*\n|\Z)", said, re.S)
    earlier = re.search(r"\bPrevious: ?(.*)", said)
    before = re.findall(r"(\S+/\S+) \(([^)]*)\)", earlier[1] if earlier else "")
    for name, note in before:
        _end_earlier(child_id, name, note, by=by, at=at)
    actions.record_missing(
        by=by,
        at=at,
        contact_id=contact.pk,
        child_id=child_id,
        reference=reference[1][:60] if reference else "",
        missing_since=words.read_figures("last seen", said, until=at),
        reported_at=words.read_figures("reported", said, until=at),
        reported_by=reporter[1].strip()[:200] if reporter else "",
        grade=grade[1].lower().replace(" ", "_") if grade else "",
        missing_from=place[1].strip()[:200] if place else "",
        circumstances=what[1].strip() if what else "",
    )
    for name, note in before:
        if not MissingNotice.objects.filter(child=child_id, reference=name).exists():
            actions.record_missing(
                by=by,
                at=at,
                contact_id=contact.pk,
                child_id=child_id,
                reference=name[:60],
                circumstances=note,
                is_claimed_only=True,
            )


def _end_earlier(child_id: UUID, reference: str, note: str, *, by: User, at: datetime) -> None:
    """Record the return of an earlier episode that a later notice tells of."""
    episode = MissingEpisode.objects.filter(
        child__in=records_of(person_ids=[child_id]), reference=reference, returned_at__isnull=True
    ).first()
    told = re.search(r"\breturned (\d{1,2})/(\d{1,2}) (\d{1,2})[.:](\d{2})", note)
    if episode is None or told is None:
        return
    day, month, hour, minute = (int(figure) for figure in told.groups())
    try:
        back = instant(
            date(london_date(episode.missing_since).year, month, day), time(hour, minute)
        )
    except ValueError:
        return
    if episode.missing_since <= back <= at:
        actions.record_return(by=by, at=at, episode_id=episode.pk, returned_at=back)


def record_home_again(contact: Contact, said: str, *, by: User, at: datetime) -> None:
    """Record the return of a missing child that a later message on the contact tells of."""
    told = re.search(r"\b(?:taken|brought|back|is|was) home (\d{1,2})[.:](\d{2})\b", said)
    episode = MissingEpisode.objects.filter(contact=contact, returned_at__isnull=True).first()
    if told is None or episode is None or not re.search(r"\bmissing\b", said):
        return
    clock_time = time(int(told[1]), int(told[2]))
    day = london_date(episode.reported_at)
    moments = (instant(day + timedelta(days=number), clock_time) for number in range(3))
    back = next((moment for moment in moments if moment > episode.reported_at), None)
    if back is not None and back <= at:
        actions.record_return(by=by, at=at, episode_id=episode.pk, returned_at=back)


def conclude(message: Message, contact: Contact, *, by: User, at: datetime) -> None:
    """Write the reader's conclusion about danger, and the rating with its reason."""
    reasons = reasons_of(message) or ["As the message says."]
    is_danger = message.expected.get("immediate_danger")
    if isinstance(is_danger, bool):
        case_actions.conclude_danger(
            by=by, at=at, contact_id=contact.pk, is_danger=is_danger, why=reasons[0]
        )
    rag = text_of(message.expected, "rag")
    if rag in Rag.values:
        actions.rate(
            by=by, at=at, contact_id=contact.pk, rag=Rag(rag), reason=" ".join(reasons)[:500]
        )
