"""Situations that every size holds, so that tests and tours can rely on them (domain.md 7.3).

Numbers are those of domain.md. Here stand those of the last days: 6, 7, 11, 14, 16, 17, 18, with
the nearest bank holiday, which may be weeks ago.
Families who came weeks ago stand in `histories` (1, 2, 3, 4, 9, 14, 16), who asked for early help
in `waits` (5, 12), children at particular risk in `at_risk` (13), strategy discussions in
`protecting` (8, 10).
"""

import dataclasses
from datetime import date, datetime, time, timedelta

from accounts import actions as account_actions
from accounts.models import RoleAssignment
from cases import actions as case_actions
from cases.choices import ConsentState, Ground
from demonstration.authority import Authority
from demonstration.play import Case, Play
from demonstration.population import Household, Member, family, nhs_number
from lib.working_days import instant
from people import actions as people_actions
from people.choices import IdentifierKind, YesNoUnknown
from record import calendar


def plan(play: Play) -> int:
    """Put every planted situation into the queue; return how many contacts they bring."""
    before = len(play.queue)
    plans = (
        _edt_overrides,
        _refused_and_overridden,
        _holiday_and_friday,
        _same_words,
        _restricted_and_opened,
        _two_records_and_twins,
        _repeat_family,
        _manager_away,
    )
    for one in plans:
        one(play)
    return len(play.queue) - before - 1


def _last(play: Play, weekday: int, clock: time, *, weeks: int = 0) -> datetime:
    """The latest such weekday before the end, that is inside the play."""
    day = play.end_at.date() - timedelta(days=1)
    while day.weekday() != weekday:
        day -= timedelta(days=1)
    return instant(day - timedelta(weeks=weeks), clock)


def _edt_overrides(play: Play) -> None:
    """6: an EDT override at the weekend, confirmed on Monday; and one not confirmed."""
    for weeks, is_confirmed in ((1, True), (0, False)):
        at = _last(play, 5, time(22, 10 + weeks), weeks=weeks)
        play.later(at, _edt_override(play, is_confirmed))


def _edt_override(play: Play, is_confirmed: bool):  # type: ignore[no-untyped-def]
    def arrive(at: datetime) -> None:
        worker = play.people.edt[0]
        home = family(play.random, on=at.date())
        case = play.receive(
            at,
            home,
            source="3E",
            category="child_protection",
            by=worker,
            outcome="referral",
            rag="amber",
            is_enquiry=False,
        )
        override = case_actions.answer_override(
            by=worker,
            at=at,
            contact_id=case.contact_id,
            kind=ConsentState.DISPENSED,
            grounds=[Ground.UNDUE_DELAY],
            why_necessary="The mother was in hospital and could not be asked before morning.",
            agencies="Police, hospital",
            will_family_be_told=YesNoUnknown.YES,
            family_told_note="On the ward in the morning",
        )
        if is_confirmed:
            monday = calendar.calendar().next_opening(at) + timedelta(minutes=35)
            play.later(
                monday,
                lambda now: (
                    case_actions.confirm_override(
                        by=play.people.mash_managers[0],
                        at=now,
                        contact_id=case.contact_id,
                        override_id=override.pk,
                        is_confirmed=True,
                        note="Asking would have delayed seeing the children.",
                    )
                    and None
                ),
            )

    return arrive


def _refused_and_overridden(play: Play) -> None:
    """7: refused, overridden with good reasons; and one asked for that nobody has answered."""
    for weeks, is_answered in ((1, True), (0, False)):

        def arrive(at: datetime, is_answered: bool = is_answered) -> None:
            home = family(play.random, on=at.date())
            case = play.receive(
                at,
                home,
                source="6",
                category="domestic_abuse",
                by=play.people.contact_officers[0],
                outcome="referral",
                rag="amber",
                is_enquiry=False,
            )
            worker = play.people.mash_workers[0]
            play._answer(case, worker, at, ConsentState.REFUSED)
            override = case_actions.ask_override(
                by=worker,
                at=at,
                contact_id=case.contact_id,
                kind=ConsentState.OVERRIDDEN,
                because="Third call-out in a year, and a pregnancy.",
            )
            if is_answered:
                play.later(
                    play.working(at, 0.6), lambda now: play._override_only(case, override.pk, now)
                )

        play.later(_last(play, 2, time(10, 20), weeks=weeks), arrive)


def _holiday_and_friday(play: Play) -> None:
    """11: a contact at 16:50 on a Friday; one on the last bank holiday."""
    play.later(_last(play, 4, time(16, 50)), play.arrive)

    def arrive(at: datetime) -> None:
        play.receive(
            at,
            family(play.random, on=at.date()),
            source="3E",
            category="domestic_abuse",
            by=play.people.edt[0],
            outcome="advice_or_signpost",
            rag="green",
            is_enquiry=False,
        )

    play.later(instant(last_holiday(play.end_at), time(15, 10)), arrive)


def last_holiday(end_at: datetime) -> date:
    """The last bank holiday before the end: the nearest that the play can reach."""
    day = end_at.date() - timedelta(days=1)
    while day.weekday() >= 5 or calendar.calendar().is_working_day(day):
        day -= timedelta(days=1)
    return day


def _same_words(play: Play) -> None:
    """14: brothers and sisters whose reasons are the same, word for word."""

    def arrive(at: datetime) -> None:
        home = family(play.random, on=at.date())
        while len(home.children) < 3 or any(child.born_on is None for child in home.children):
            home = family(play.random, on=at.date())
        play.receive(
            at,
            home,
            source="2A",
            category="child_in_need",
            by=play.people.contact_officers[0],
            outcome="advice_or_signpost",
            is_enquiry=False,
        )

    play.later(_last(play, 1, time(9, 50)), arrive)


def _restricted_and_opened(play: Play) -> None:
    """17: a restricted child, opened in an emergency by a MASH social worker.

    Later a contact about the brother is decided, and the restricted child's line waits for
    whoever holds the restriction.
    """
    home = family(play.random, on=play.end_at.date())
    name = home.children[0].family_name
    brother = Member("Teddy", name, "M", date(play.end_at.year - 9, 2, 11))
    home.children = [Member("Alba", name, "F", date(play.end_at.year - 6, 8, 3)), brother]

    def arrive(at: datetime) -> None:
        case = play.receive(
            at,
            home,
            source="2A",
            category="child_in_need",
            by=play.people.contact_officers[0],
            outcome="referral",
            rag="amber",
            is_enquiry=False,
        )
        child_id = home.children[0].person_id
        if child_id is None:
            return
        play.later(
            play.working(at, 0.1),
            lambda now: _restrict(play, case, child_id, now),
        )

    def about_the_brother(at: datetime) -> None:
        case = play.receive(
            at,
            dataclasses.replace(home, children=[brother]),
            source="2A",
            category="child_in_need",
            by=play.people.contact_officers[0],
            outcome="advice_or_signpost",
            rag="green",
            is_enquiry=False,
        )
        play.later(
            play.working(at, 0.3),
            lambda now: (
                play._record_decision(case, now, play.people.mash_managers[-1], case.outcome)
                and None
            ),
        )

    play.later(_last(play, 3, time(9, 35)), arrive)
    day = play.end_at.date() - timedelta(days=1)
    while not calendar.calendar().is_working_day(day):
        day -= timedelta(days=1)
    play.later(instant(day, time(13, 20)), about_the_brother)


def _restrict(play: Play, case: Case, child_id: object, at: datetime) -> None:
    head = play.people.heads[0]
    manager = play.people.mash_managers[0]
    people_actions.restrict(
        by=manager,
        at=at,
        person_id=child_id,
        owner_id=head.pk,
        reason="The child's aunt works for the service.",
        reader_ids=[manager.pk],
    )
    play.later(
        play.working(at, 1.2),
        lambda now: (
            people_actions.break_glass(
                by=play.people.mash_workers[0],
                at=now,
                person_id=child_id,
                reason="School rings: the child has not been collected and says nobody is at home.",
            )
            and None
        ),
    )


def _two_records_and_twins(play: Play) -> None:
    """18: one child on two records with the same NHS number; twins, one UPN mistyped."""

    def arrive(at: datetime) -> None:
        number = nhs_number(play.random)
        officer = play.people.contact_officers[1]
        for given, family_name in (("Jaydon", "Mockmensah-Clarke"), ("Jayden", "Clarke-Mock")):
            home = Household(
                origin="african", line="27 Fennimore Row", postcode="SL1 0ZA", language="English"
            )
            home.adults.append(Member("Abena", "Mockmensah", "F", date(1985, 5, 4), is_child=False))
            home.children.append(
                Member(given, family_name, "M", date(2011, 3, 19), nhs_number=number)
            )
            play.receive(
                at,
                home,
                source="2A",
                category="exploitation",
                by=officer,
                outcome="advice_or_signpost",
                is_enquiry=False,
            )
        twins = family(play.random, on=at.date())
        born = date(at.year - 7, 5, 16)
        twins.children = [
            Member("Aarav", "Testpatel", "M", born),
            Member("Anaya", "Testpatel", "F", born),
        ]
        play.receive(
            at,
            twins,
            source="2A",
            category="child_in_need",
            by=officer,
            outcome="advice_or_signpost",
            is_enquiry=False,
        )
        for member, upn in zip(twins.children, ("X871400119001", "X871400119002"), strict=True):
            people_actions.add_identifier(
                by=officer,
                at=at,
                person_id=member.person_id,
                kind=IdentifierKind.UPN,
                value=upn,
                source="referrer",
            )

    play.later(_last(play, 2, time(11, 40), weeks=1), arrive)


def _repeat_family(play: Play) -> None:
    """The third contact in a year about one family, still to decide: the tour starts here."""
    home = Household(origin="english", line="14 Sample Row", postcode="SL1 2EL", language="English")
    home.adults.append(Member("Hana", "Testwood", "F", date(1997, 1, 8), is_child=False))
    today = play.end_at.date()
    home.children += [
        Member(
            "Aaliyah",
            "Testwood",
            "F",
            date(today.year - 8, 9, 14),
            school="Larkmead Example Primary",
        ),
        Member("Zayn", "Testwood", "M", date(today.year - 5, 2, 2)),
        Member("", "Testwood", "U", None, expected_on=today + timedelta(days=89)),
    ]

    def arrive(at: datetime) -> None:
        play.receive(
            at,
            home,
            source="2A",
            category="child_protection",
            by=play.people.contact_officers[0],
            outcome="advice_or_signpost",
            rag="amber",
            is_enquiry=False,
        )

    play.later(_last(play, 0, time(9, 40), weeks=1), arrive)
    play.later(_last(play, 3, time(14, 5), weeks=1), arrive)

    def today_again(at: datetime) -> None:
        case = play.receive(
            at,
            home,
            source="2A",
            category="child_protection",
            by=play.people.contact_officers[0],
            outcome="strategy_discussion",
            rag="red",
            is_enquiry=False,
        )
        case.outcome = "strategy_discussion"

    play.later(play.end_at - timedelta(minutes=9), today_again)


def _manager_away(play: Play) -> None:
    """16: a manager away with a deputy named."""

    def appoint(at: datetime) -> None:
        _team, manager, _workers = play.people.assessment[0]
        deputy = play.people.assessment[1][1]
        account_actions.appoint_deputy(
            manager_id=manager.pk,
            deputy_id=deputy.pk,
            from_on=at.date(),
            to_on=at.date() + timedelta(days=10),
            reason="Annual leave",
            by=manager,
            at=at,
        )

    play.later(_last(play, 0, time(9, 5)), appoint)


def nobody_named(authority: Authority, *, end_at: datetime) -> None:
    """16: an acting manager who leaves in 6 days, without a deputy; nobody is named to follow."""
    _team, manager, _workers = authority.assessment[2]
    RoleAssignment.objects.filter(user=manager).update(to_at=end_at + timedelta(days=6))
