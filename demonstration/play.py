"""A simulated front door: days go by, contacts come in, people do what their role lets them do.

Every change is made by the real actions at a simulated moment, so that each history is one the
system could have produced. Deterministic for (seed, end date): one `Random`, one queue of
things to do in order of time. Mixes are those of domain.md 7.2.
"""

import heapq
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import count
from random import Random
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.models import User
from accounts.permissions import remember
from cases import actions as case_actions
from cases.choices import (
    Category,
    Channel,
    ConsentFrom,
    ConsentScope,
    ConsentState,
    Ground,
    HandoverKind,
    HandoverState,
    Mark,
    Rag,
)
from cases.models import Contact, ContactPerson, Handover, Referral
from cases.queries.referrals import helped_already
from cases.stated import Stated
from demonstration import at_risk, following, helping, names, protecting, words
from demonstration.authority import Authority
from demonstration.population import Household, Member, family, pick
from lib import application_clock
from lib.prepared import Prepared
from lib.working_days import instant
from mash import actions
from mash.models import EdtHandover, Enquiry
from people.actions.relationships import relate
from people.choices import HouseholdRole, Source, Stage, YesNoUnknown
from people.models import Person
from record import calendar
from record.errors import Refused

SOURCES = (
    ("6", 45),
    ("3E", 5),
    ("3B", 5),
    ("3F", 6),
    ("2A", 13),
    ("2B", 2),
    ("1A", 4),
    ("1B", 2),
    ("9", 2),
    ("5A", 4),
    ("5D", 2),
    ("5C", 3),
    ("4", 3),
    ("8", 4),
)
CATEGORIES = {
    "6": (("domestic_abuse", 62), ("child_protection", 24), ("missing", 12), ("exploitation", 2)),
    "2A": (
        ("child_protection", 52),
        ("child_in_need", 30),
        ("early_help_request", 15),
        ("exploitation", 3),
    ),
    "9": (("other", 100),),
    "1B": (("other", 100),),
    "5C": (("information_request", 80), ("child_protection", 20)),
}
OTHERWISE = (("child_protection", 35), ("child_in_need", 35), ("early_help_request", 30))
OUTCOMES = (
    ("nfa", 30),
    ("advice_or_signpost", 22),
    ("early_help", 14),
    ("linked_to_open_case", 9),
    ("sent_to_other_authority", 2.5),
    ("referral", 18.5),
    ("strategy_discussion", 4),
)
CHANNELS = {
    "6": Channel.POLICE_FEED,
    "3E": Channel.SECURE_EMAIL,
    "9": Channel.WEB_FORM,
    "1A": Channel.PHONE,
    "1B": Channel.PHONE,
    "2A": Channel.REFERRAL_FORM,
}
MONTHS = (1.00, 1.00, 1.07, 0.92, 1.06, 1.05, 1.05, 0.80, 0.97, 1.06, 1.10, 0.92)
WEEKDAYS = (1.25, 1.0, 1.0, 1.0, 1.05, 0.25, 0.25)
RAGS = ((Rag.RED, 10), (Rag.AMBER, 35), (Rag.GREEN, 55))
NEEDS = (
    ("N1", 57.1),
    ("N2", 8),
    ("N3", 2.8),
    ("N4", 7.6),
    ("N5", 12.9),
    ("N6", 2.3),
    ("N8", 4),
    ("N9", 2.4),
)
LEVEL_OF = {
    "nfa": "1",
    "advice_or_signpost": "1",
    "early_help": "3",
    "linked_to_open_case": "4a",
    "sent_to_other_authority": "4a",
    "referral": "4a",
    "strategy_discussion": "4b",
    "mash_enquiry": "4a",
}
NEEDS_ENQUIRY = 0.28


@dataclass
class Case:
    """A contact on its way through the simulated door."""

    home: Household
    contact_id: UUID
    received_at: datetime
    source: str
    category: str
    outcome: str
    rag: str
    is_enquiry: bool
    enquiry_id: UUID | None = None
    asked: list[UUID] = field(default_factory=list)


#: After how many things done the tables are counted.
COUNT_AFTER = frozenset({100, 400, 1_600, 6_400})


class Play:
    """The simulation: a queue of things to do, and the people who do them."""

    def __init__(
        self,
        *,
        random: Random,
        first_on: date,
        end_at: datetime,
        authority: Authority,
        yearly: float,
    ) -> None:
        self.random = random
        self.first_on = first_on
        self.end_at = end_at
        self.people = authority
        self.yearly = yearly
        self.queue: list[tuple[datetime, int, Callable[[datetime], None]]] = []
        self.ticket = count()
        self.homes: list[Household] = []
        self.done = 0
        self.protecting = protecting.Protecting(self)
        self.following = following.Following(self)
        self.helping = helping.Helping(self)
        self.at_risk = at_risk.AtRisk(self)

    # The queue -----------------------------------------------------------------------------

    def later(self, at: datetime, do: Callable[[datetime], None]) -> None:
        """Put something to do into the queue; what lies after the end never happens."""
        if at <= self.end_at:
            heapq.heappush(self.queue, (at, next(self.ticket), do))

    def run(self) -> Iterator[int]:
        """Play to the end; yields the number of contacts so far after each thing done.

        Tables that grow from nothing are counted anew now and then: PostgreSQL counts them by
        itself only after a minute, and guesses badly until then.
        """
        for played in count(1):
            if not self.queue:
                break
            if played in COUNT_AFTER:
                with connection.cursor() as cursor:
                    cursor.execute("ANALYZE")
            at, _ticket, do = heapq.heappop(self.queue)
            with application_clock.set_to(at), suppress(Contact.DoesNotExist, Person.DoesNotExist):
                do(at)  # a record restricted meanwhile is left to those who may read it
            yield self.done

    def plan_contacts(self, total: int) -> None:
        """Spread the contacts over the days and hours of the period."""
        days = [
            self.first_on + timedelta(days=number)
            for number in range((self.end_at.date() - self.first_on).days + 1)
        ]
        weights = [MONTHS[day.month - 1] * WEEKDAYS[day.weekday()] for day in days]
        for day in sorted(self.random.choices(days, weights, k=total)):
            if self.random.random() < 0.08 or day.weekday() >= 5:
                clock = self.random.choice(((0, 8), (18, 23)))
                moment = time(self.random.randint(*clock), self.random.randint(0, 59))
            else:
                moment = time(self.random.randint(9, 16), self.random.randint(0, 59))
            try:
                at = instant(day, moment)
            except ValueError:
                continue
            self.later(at, self.arrive)

    # Moments --------------------------------------------------------------------------------

    def working(self, at: datetime, hours: float) -> datetime:
        """A moment in office hours, some hours of work after another."""
        return calendar.calendar().working_hours(at, max(hours, 0.05))

    def is_day(self, at: datetime) -> bool:
        return calendar.is_office_hours(at)

    # A contact ------------------------------------------------------------------------------

    def arrive(self, at: datetime) -> None:
        """Something comes in, about a new family or one seen before."""
        is_known = bool(self.homes) and self.random.random() < 0.24
        home = self.random.choice(self.homes) if is_known else family(self.random, on=at.date())
        source = str(pick(self.random, SOURCES))
        category = str(pick(self.random, CATEGORIES.get(source, OTHERWISE)))
        officer = self.random.choice(
            self.people.contact_officers if self.is_day(at) else self.people.edt
        )
        self.receive(at, home, source=source, category=category, by=officer)

    def receive(
        self,
        at: datetime,
        home: Household,
        *,
        source: str,
        category: str,
        by: User,
        outcome: str = "",
        rag: str = "",
        is_enquiry: bool | None = None,
        **details: Any,
    ) -> Case:
        """Record what came in, as a careful officer would, and plan what follows."""
        line, said = self.random.choice(words.CONCERNS[category])
        child = home.children[0]
        filled = {
            "mother": home.mother.given_name,
            "child": child.given_name or "the baby",
        }
        members = [*home.children]
        if home.mother.person_id is None or self.random.random() < 0.7:
            members += home.adults
        members.sort(key=lambda member: member.expected_on is not None)
        people = [self.stated(member, home, members) for member in members]
        given = self.random.choice(names.WOMEN["english"])
        referrer = "" if source in ("9", "1B") else f"{given} Specimen"
        contact = case_actions.receive(
            by=by,
            at=at,
            channel=CHANNELS.get(source, Channel.EMAIL),
            words=said.format(**filled),
            people=people,
            source_code=source,
            category=Category(category),
            summary=line.format(**filled),
            referrer_name=referrer,
            referrer_is_anonymous=not referrer,
            referrer_is_professional=source not in ("9", "1A", "1B"),
            referrer_role="" if not referrer else "safeguarding lead",
            do_parents_know=self.random.choice(list(YesNoUnknown)),
            marks=[
                mark.value
                for mark, is_so in (
                    (Mark.EDT, not self.is_day(at)),
                    (Mark.EXPLOITATION, category == Category.EXPLOITATION.value),
                )
                if is_so
            ],
            **details,
        )
        self._remember(contact, home)
        outcome = outcome or self._outcome(home)
        case = Case(
            home=home,
            contact_id=contact.pk,
            received_at=at,
            source=source,
            category=category,
            outcome=outcome,
            rag=rag or str(pick(self.random, RAGS)),
            is_enquiry=self.random.random() < NEEDS_ENQUIRY if is_enquiry is None else is_enquiry,
        )
        if home not in self.homes:
            self.homes.append(home)
        self.done += 1
        if category == "domestic_abuse":
            self._domestic_abuse(contact, home, by, at)
        self.at_risk.notice(case, by=by, at=at)
        if not self.is_day(at):
            self.later(at + timedelta(minutes=40), lambda now: self._edt_writes(case, by, now))
            opening = calendar.calendar().next_opening(at)
            self.later(
                opening + timedelta(minutes=self.random.randint(5, 58)),
                lambda now: self._acknowledge(case, now),
            )
        screened_at = self.working(at, self.random.uniform(0.3, 3.5))
        self.later(screened_at, lambda now: self._screen(case, now))
        return case

    def _outcome(self, home: Household) -> str:
        outcome = str(pick(self.random, OUTCOMES))
        if outcome == "linked_to_open_case" and not home.is_open:
            return "advice_or_signpost"
        return outcome

    def stated(self, member: Member, home: Household, members: list[Member]) -> Stated:
        if member.person_id is not None:
            return Stated(
                person_id=member.person_id,
                is_child=member.is_child,
                **self._said(member),
            )
        role = HouseholdRole.RESIDENT_CHILD if member.is_child else HouseholdRole.ADULT_CARER
        is_unborn = member.is_child and member.expected_on is not None
        mother_place = members.index(home.mother) if is_unborn and home.mother in members else None
        return Stated(
            is_child=member.is_child,
            stage=Stage.UNBORN if is_unborn else Stage.BORN,
            given_name=member.given_name,
            family_name=member.family_name,
            date_of_birth=member.born_on,
            expected_on=member.expected_on,
            sex=member.sex,
            ethnicity=member.ethnicity if member.is_child else "NOBT",
            address_line=home.line if not is_unborn else "",
            postcode=home.postcode if not is_unborn else "",
            school=member.school,
            nhs_number=member.nhs_number,
            phone=member.phone,
            language=home.language,
            household_role=None if is_unborn else role,
            mother_place=mother_place,
            mother_id=home.mother.person_id if is_unborn and mother_place is None else None,
            relation="mother" if member is home.mother else "",
        )

    def _said(self, member: Member) -> dict[str, str]:
        given = member.given_name
        if self.random.random() < 0.2:
            given = names.SPELT.get(given, given)
        return {"given_name": given, "family_name": member.family_name}

    def _remember(self, contact: Contact, home: Household) -> None:
        rows = _PEOPLE(contact_id=contact.pk)
        for member in (*home.children, *home.adults):
            if member.person_id is not None:
                continue
            for row in rows:
                if (
                    row.is_child == member.is_child
                    and row.person.given_name == member.given_name
                    and row.person.date_of_birth == member.born_on
                ):
                    member.person_id = row.person_id
                    rows.remove(row)
                    break

    def _relate(self, home: Household, *, by: User, at: datetime) -> None:
        """Record who is what to whom; an unborn child's mother is on record already."""
        mother = home.mother.person_id
        if home.is_related or mother is None:
            return
        home.is_related = True
        partners = [one.person_id for one in home.adults[1:] if one.person_id is not None]
        for child in home.children:
            if child.person_id is None:
                continue
            if child.expected_on is None:
                self._is(mother, "mother", child.person_id, by=by, at=at)
            for partner in partners:
                kind = "father" if self.random.random() < 0.75 else "step_parent"
                self._is(partner, kind, child.person_id, by=by, at=at)
        for partner in partners:
            self._is(mother, "partner", partner, by=by, at=at)

    def _is(self, one: UUID, kind: str, other: UUID, *, by: User, at: datetime) -> None:
        is_parent = kind in ("mother", "father")
        self._try(
            lambda: relate(
                by=by,
                at=at,
                person_id=one,
                other_id=other,
                kind=kind,
                parental_responsibility=YesNoUnknown.YES if is_parent else YesNoUnknown.NO,
                source=Source.REFERRER,
            )
        )

    def _domestic_abuse(self, contact: Contact, home: Household, by: User, at: datetime) -> None:
        bounds = (14, 20) if self.random.random() < 0.11 else (2, 13)
        score = self.random.randint(*bounds)
        actions.record_domestic_abuse(
            by=by,
            at=at,
            contact_id=contact.pk,
            dash_score=score,
            incident_at=at - timedelta(hours=self.random.randint(2, 30)),
            victim_id=home.mother.person_id,
            previous_incidents=self.random.randint(0, 4),
            marac_referred=YesNoUnknown.YES if score >= 14 else YesNoUnknown.NO,
        )

    def _edt_writes(self, case: Case, by: User, at: datetime) -> None:
        actions.hand_over(
            by=by,
            at=at,
            contact_id=case.contact_id,
            what_happened="Rang the referrer and the family. No visit was needed tonight.",
            what_was_done="Advice given; the police have seen the children.",
            left_to_do="Ring the mother in the morning.",
            risk_now="Children safe tonight.",
        )

    def _acknowledge(self, case: Case, at: datetime) -> None:
        by = self.random.choice(self.people.mash_workers)
        if self._try(
            lambda: actions.acknowledge_hand_over(by=by, at=at, contact_id=case.contact_id)
        ):
            self.later(at + timedelta(hours=2), lambda now: self._follow_night(case, by, now))

    def _follow_night(self, case: Case, by: User, at: datetime) -> None:
        rows = EdtHandover.objects.filter(
            contact__in=Contact.objects.visible_to(by).filter(pk=case.contact_id),
            acknowledged_at__isnull=False,
            closed_at=None,
        )
        for row in rows.order_by("at", "pk"):
            actions.follow_hand_over(
                by=by,
                at=at,
                handover_id=row.pk,
                what="The mother was rung. The night went as EDT left it.",
                is_over=True,
            )

    # Screening ------------------------------------------------------------------------------

    def _screen(self, case: Case, at: datetime) -> None:
        officer = self.random.choice(self.people.contact_officers)
        (contact,) = _CONTACT(contact_id=case.contact_id)
        if contact.board_state == "":
            return
        if self.random.random() < 0.7:
            case_actions.claim(by=officer, at=at, contact_id=contact.pk)
        case_actions.check_history(by=officer, at=at, contact_id=contact.pk, found={})
        if case.outcome in ("referral", "strategy_discussion", "early_help"):
            self._relate(case.home, by=officer, at=at)
        if case.is_enquiry or case.outcome in ("referral", "strategy_discussion"):
            rag = Rag(case.rag)
            if contact.category == Category.DOMESTIC_ABUSE and rag == Rag.GREEN:
                high = getattr(contact, "domestic_abuse", None)
                rag = Rag.AMBER if high is not None and high.dash_grade == "high" else rag
            actions.rate(
                by=self.random.choice(self.people.mash_workers),
                at=at,
                contact_id=contact.pk,
                rag=rag,
                reason=contact.summary[:300] or "As described",
            )
        if contact.category == Category.DOMESTIC_ABUSE and self.random.random() < 0.8:
            actions.triage_domestic_abuse(
                by=officer, at=at, contact_id=contact.pk, note="Heard at today’s triage meeting."
            )
        if self.random.random() < 0.08:
            case_actions.ask_for_information(
                by=officer,
                at=at,
                contact_id=contact.pk,
                what="Dates of birth of the brothers and sisters",
                asked_of="The referrer",
                due_at=at + timedelta(hours=4),
            )
        case_actions.send_for_decision(
            by=officer, at=at, contact_id=contact.pk, summary=contact.summary
        )
        decided_at = self._decision_moment(case, at)
        if case.is_enquiry and case.outcome != "strategy_discussion":
            self.later(decided_at, lambda now: self._open_enquiry(case, now))
        else:
            self.later(decided_at, lambda now: self._decide(case, now))

    def _decision_moment(self, case: Case, at: datetime) -> datetime:
        if case.rag == Rag.RED and case.outcome == "strategy_discussion":
            return at + timedelta(minutes=self.random.randint(10, 70))
        slow = self.random.random()
        hours = self.random.uniform(0.3, 5) if slow < 0.9 else self.random.uniform(6, 14)
        return self.working(at, hours)

    # Enquiry --------------------------------------------------------------------------------

    def _open_enquiry(self, case: Case, at: datetime) -> None:
        manager = self.random.choice(self.people.mash_managers)
        if not self._record_decision(case, at, manager, "mash_enquiry"):
            return
        enquiry = Enquiry.objects.filter(contact=case.contact_id, ended_at=None).first()
        if enquiry is None:
            return
        case.enquiry_id = enquiry.pk
        asked_at = self.working(at, self.random.uniform(0.2, 1))
        self.later(asked_at, lambda now: self._consent(case, now))

    def _consent(self, case: Case, at: datetime) -> None:
        worker = self.random.choice(self.people.mash_workers)
        draw = self.random.random()
        case_actions.record_lawful_basis(
            by=worker,
            at=at,
            contact_id=case.contact_id,
            basis="public_task",
            special="safeguarding",
        )
        if draw < 0.62 or case.outcome == "early_help":
            self._answer(case, worker, at, ConsentState.GIVEN)
            if case.outcome == "early_help":
                self._answer(case, worker, at, ConsentState.GIVEN, scope=ConsentScope.SERVICE)
            self.later(self.working(at, 0.3), lambda now: self._ask(case, now))
        elif draw < 0.68:
            self._answer(case, worker, at, ConsentState.REFUSED)
            case.outcome = "nfa"
            self.later(self.working(at, 1), lambda now: self._decide(case, now))
        else:
            refused = draw > 0.92
            if refused:
                self._answer(case, worker, at, ConsentState.REFUSED)
            kind = ConsentState.OVERRIDDEN if refused else ConsentState.DISPENSED
            override = case_actions.ask_override(
                by=worker,
                at=at,
                contact_id=case.contact_id,
                kind=kind,
                because="Asking now would put the mother and the children at risk.",
            )
            self.later(
                self.working(at, self.random.uniform(0.2, 1.5)),
                lambda now: self._override(case, override.pk, now),
            )

    def _answer(
        self,
        case: Case,
        worker: User,
        at: datetime,
        state: ConsentState,
        scope: ConsentScope = ConsentScope.CHECKS,
    ) -> None:
        case_actions.record_answer(
            by=worker,
            at=at,
            contact_id=case.contact_id,
            asked_as=ConsentFrom.PARENT_WITH_PR,
            scope=scope,
            state=state,
            person_id=case.home.mother.person_id,
            how="spoken",
            to_what="Asking school and health how the children are"
            if scope == ConsentScope.CHECKS
            else "Help for the whole family",
            words="“Yes, if it helps.”" if state == ConsentState.GIVEN else "“No. Leave us alone.”",
            language=case.home.language,
            told_can_withdraw=True,
        )

    def _override(self, case: Case, override_id: UUID, at: datetime) -> None:
        self._override_only(case, override_id, at)
        self.later(self.working(at, 0.2), lambda now: self._ask(case, now))

    def _override_only(self, case: Case, override_id: UUID, at: datetime) -> None:
        case_actions.answer_override(
            by=self.random.choice(self.people.mash_managers),
            at=at,
            contact_id=case.contact_id,
            override_id=override_id,
            grounds=[Ground.RISK_CHILD],
            why_necessary="Only police and health together can say what the children live with.",
            agencies="Police, health visiting",
            will_family_be_told=YesNoUnknown.YES,
            family_told_note="By the social worker at the first visit",
        )

    def _ask(self, case: Case, at: datetime) -> None:
        worker = self.random.choice(self.people.mash_workers)
        children = [row.person_id for row in _children(case)]
        agencies = sorted(self.people.agencies.values(), key=lambda agency: agency.name)
        wanted = ["police", "health"] + (["school"] if self.random.random() < 0.5 else [])
        for kind in wanted:
            agency = next(agency for agency in agencies if agency.kind == kind)
            check = actions.ask_agency(
                by=worker,
                at=at,
                enquiry_id=case.enquiry_id,
                agency_id=agency.pk,
                why=words.WHY_CHECK[kind],
                child_ids=children,
            )
            case.asked.append(check.pk)
            if self.random.random() < 0.94:
                hours = self.random.uniform(0.4, 5)
                self.later(self.working(at, hours), self._answerer(case, check.pk))
        self.later(
            self.working(at, self.random.uniform(5.2, 9)), lambda now: self._analyse(case, now)
        )

    def _answerer(self, case: Case, check_id: UUID) -> Callable[[datetime], None]:
        def answer(at: datetime) -> None:
            is_known = self.random.random() < 0.75
            self._try(
                lambda: actions.answer_check(
                    by=self.random.choice(self.people.contact_officers),
                    at=at,
                    check_id=check_id,
                    state="returned" if is_known else "nothing_known",
                    author="Duty desk",
                    information=self.random.choice(words.ANSWERS) if is_known else "",
                    reliability="fact" if is_known else "",
                    sharing="may_share" if is_known else "",
                    how="phone",
                )
            )

        return answer

    def _analyse(self, case: Case, at: datetime) -> None:
        worker = self.random.choice(self.people.mash_workers)
        actions.finish_checks(
            by=worker,
            at=at,
            enquiry_id=case.enquiry_id,
            went_on_without="What is known is enough to decide today.",
        )
        for row in _children(case):
            actions.analyse(
                by=worker,
                at=at,
                contact_id=case.contact_id,
                child_id=row.person_id,
                harm=f"{row.person.name} may have seen or heard it.",
                likelihood="Likely to happen again without help.",
                protective="An adult outside the home whom the child talks to.",
                history="Read; see earlier contacts.",
                unknown=f"{row.person.name}’s own view.",
                recommended_level=LEVEL_OF[case.outcome],
            )
        actions.put_before_manager(by=worker, at=at, enquiry_id=case.enquiry_id)
        self.later(self._decision_moment(case, at), lambda now: self._decide(case, now))

    # Decision -------------------------------------------------------------------------------

    def _decide(self, case: Case, at: datetime) -> None:
        manager = self.random.choice(self.people.mash_managers)
        if case.outcome == "early_help":
            state = case_actions_consent(case.contact_id)
            if state == ConsentState.NOT_ASKED_YET:
                worker = self.random.choice(self.people.mash_workers)
                self._answer(case, worker, at, ConsentState.GIVEN, scope=ConsentScope.SERVICE)
            elif state != ConsentState.GIVEN:
                case.outcome = "advice_or_signpost"
        if self._record_decision(case, at, manager, case.outcome):
            self._after_decision(case, at)
        elif case.outcome != "advice_or_signpost":  # what was meant does not fit any more
            case.outcome = "advice_or_signpost"
            self.later(self.working(at, 1), lambda now: self._decide(case, now))

    def _record_decision(self, case: Case, at: datetime, by: User, outcome: str) -> bool:
        (contact,) = _CONTACT(contact_id=case.contact_id)
        if contact.board_state == "":
            return False
        children = {
            child_id: name
            for child_id, name in actions.planned_children(by=by, contact=contact, at=at).items()
            if name  # whoever holds a restriction answers for that child
        }
        open_children = holding_open(children)
        helped = helped_already(contact_id=contact.pk, child_ids=list(children))
        named = {row.person_id for row in _children(case)}
        team = self.random.choice(self.people.assessment)[0]
        lines: list[actions.ChildLine] = []
        for place, (child_id, name) in enumerate(sorted(children.items(), key=lambda i: str(i[1]))):
            mine = self._outcome_for(outcome, child_id in open_children, child_id in helped)
            if child_id not in named and lines and self.random.random() < 0.5:
                lines.append(
                    actions.ChildLine(
                        child_id=child_id, is_in=False, why="Not there, and lives apart from it."
                    )
                )
                continue
            early = mine == "early_help"
            lines.append(
                actions.ChildLine(
                    child_id=child_id,
                    is_in=True,
                    level=LEVEL_OF[mine],
                    outcome=mine,
                    why=f"{name}: {contact.summary or 'as described'}"[:400]
                    if place or self.random.random() < 0.9
                    else contact.summary or "As described",
                    primary_need=str(pick(self.random, NEEDS)),
                    to_team_id=self.people.early_help.pk
                    if early and self.people.early_help
                    else team.pk,
                    other_authority="Northmere County Council",
                )
            )
        mother = case.home.mother.given_name
        try:
            actions.decide(
                by=by,
                at=at,
                contact_id=contact.pk,
                children=lines,
                know=self.random.choice(words.KNOW),
                worries=self.random.choice(words.WORRIES),
                protects=self.random.choice(words.PROTECTS).format(mother=mother),
                alternative=words.ALTERNATIVE[outcome],
                question="Is this a single event, or how the children live?",
                late_reason=self.random.choice(words.LATE),
                cumulative_answer="The same worry from three places, and it is not going away.",
            )
        except Refused:
            return False
        return True

    @staticmethod
    def _outcome_for(outcome: str, has_open_case: bool, has_early_help: bool) -> str:
        if outcome == "referral" and has_open_case:
            return "linked_to_open_case"
        if outcome == "early_help" and has_early_help:
            return "linked_to_open_case"
        if outcome == "linked_to_open_case" and not has_open_case and not has_early_help:
            return "advice_or_signpost"
        return outcome

    def _after_decision(self, case: Case, at: datetime) -> None:
        hours = (0.5, 7) if self.random.random() < 0.93 else (12, 50)
        self.later(
            self.working(at, self.random.uniform(*hours)), lambda now: self.feedback(case, now)
        )
        for handover in _OFFERED(contact_id=case.contact_id):
            self.later(
                self.working(at, self.random.uniform(0.4, 8)), self.receiver(case, handover.pk)
            )
        if case.outcome == "strategy_discussion":
            self.protecting.follow(case, at)

    def feedback(self, case: Case, at: datetime) -> None:
        """Tell the referrer."""
        self._try(
            lambda: case_actions.record_feedback(
                by=self.random.choice(self.people.contact_officers),
                at=at,
                contact_id=case.contact_id,
                how="Phone",
                what="Told what was decided and what happens next",
            )
        )

    def receiver(self, case: Case, handover_id: UUID) -> Callable[[datetime], None]:
        """What the manager of the team does to whom children are offered."""

        def receive(at: datetime) -> None:
            handover = Handover.objects.select_related("to_team__manager").get(pk=handover_id)
            manager = handover.to_team.manager
            remember(manager)
            if handover.kind == HandoverKind.EARLY_HELP:
                self._try(lambda: helping.answer(handover, random=self.random, by=manager, at=at))
                if Handover.objects.filter(pk=handover_id, state=HandoverState.RETURNED).exists():
                    case.outcome = "advice_or_signpost"
                    self._decide_again(case, at)
                else:
                    self.helping.follow(handover, by=manager, at=at)
                return
            is_sure = self.protecting.goes_to_plan(case.home)
            if self.random.random() < 0.03 and not is_sure:
                self._decide_again(case, at)
                self._try(
                    lambda: case_actions.return_to_sender(
                        by=manager,
                        at=at,
                        handover_id=handover_id,
                        reason="The family lives in another team’s area. Offer it to them.",
                    )
                )
                return
            if not self._try(
                lambda: case_actions.accept(by=manager, at=at, handover_id=handover_id)
            ):
                return
            case.home.is_open = True
            referrals = list(Referral.objects.filter(handovers__handover=handover_id))
            if not is_sure and self.following.takes():
                self.following.follow(
                    case.home,
                    referrals={referral.child_id: referral.pk for referral in referrals},
                    team=handover.to_team,
                    at=at,
                )
                return
            for referral in referrals:
                if self.random.random() < 0.9 or is_sure:
                    self.later(
                        self.working(at, self.random.uniform(0.3, 9 if not is_sure else 2)),
                        self._allocator(referral.pk, handover.to_team_id),
                    )

        return receive

    def _decide_again(self, case: Case, at: datetime) -> None:
        """A team sent the offer back: the contact is on the board again."""
        self.later(
            self.working(at, self.random.uniform(0.5, 6)), lambda now: self._decide(case, now)
        )

    def _allocator(self, referral_id: UUID, team_id: UUID) -> Callable[[datetime], None]:
        _team, manager, workers = next(
            row for row in self.people.assessment if row[0].pk == team_id
        )

        def allocate(at: datetime) -> None:
            self._try(
                lambda: case_actions.allocate(
                    by=manager,
                    at=at,
                    referral_id=referral_id,
                    worker_id=self.random.choice(workers).pk,
                    find_out="What daily life is like for each child, in their own words.",
                    see_whom="Every child, alone where they are over three; both parents.",
                    first_visit_by=calendar.calendar().add_working_days(at.date(), 3),
                    out_of_order_why="The worker knows this family from an earlier assessment.",
                )
            )

        return allocate

    def _try(self, do: Callable[[], Any]) -> bool:
        """Do something a colleague may have done first."""
        try:
            do()
        except Refused:
            return False
        return True


_CONTACT = Prepared(lambda contact_id: Contact.objects.filter(pk=contact_id), contact_id=UUID)
_PEOPLE = Prepared(
    lambda contact_id: (
        ContactPerson.objects.filter(contact=contact_id)
        .select_related("person")
        .order_by("position")
    ),
    contact_id=UUID,
)
_OFFERED = Prepared(
    lambda contact_id: Handover.objects.filter(contact=contact_id, state=HandoverState.OFFERED),
    contact_id=UUID,
)


def _children(case: Case) -> list[ContactPerson]:
    """The children of a contact who still stand on it, in its order."""
    rows = _PEOPLE(contact_id=case.contact_id)
    return [row for row in rows if row.is_child and row.ended_at is None]


def case_actions_consent(contact_id: UUID) -> ConsentState:
    """Where a contact stands on agreement to help."""
    from cases.queries.consent import position

    return position(contact_id=contact_id).service


def holding_open(child_ids: Any) -> frozenset[UUID]:
    """Children with open statutory work."""
    from cases import holding

    return holding.with_open_statutory_work(list(child_ids))
