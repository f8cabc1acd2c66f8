"""Children at particular risk: missing, exploited, or living with domestic abuse (domain.md 7.2).

A share of what comes in is followed through screening, return interview, decision and plan. The
child of situation 13 and the group across families stand here too, in every size.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, time, timedelta
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core.exceptions import PermissionDenied

from accounts.models import User
from cases.choices import Category
from cases.models import Contact
from demonstration.assessing import after
from demonstration.histories import household
from demonstration.population import Household, Member
from lib.working_days import instant, london_date
from mash import actions
from mash.models import ExploitationScreening, MissingEpisode, ReturnInterview
from record import calendar
from record.errors import Refused

if TYPE_CHECKING:
    from demonstration.play import Case, Play

INTERVIEWED, DECLINED = 0.55, 0.8
"""Up to the first the interview is held, up to the second the child does not want it; the
others still have it before them."""
IN_TIME = 0.63
SCREENED = 0.9
"""The share of contacts about exploitation after which the child is screened: some 120 a year of
10,500 (domain.md 7.2)."""
JUDGED = 0.06
"""The share of notifications below DASH 14 that go to MARAC on professional judgement."""
YOUNGEST = 9
KNOWN: dict[str, Any] = {"source_grade": "1", "information_grade": "A", "handling": "P"}
HEARD: dict[str, Any] = {"source_grade": "2", "information_grade": "C", "handling": "C"}
SIGNS = {
    "phone": "A second phone, seen by the form tutor",
    "things": "New trainers that nobody bought",
    "lifts": "Fetched from school by a man nobody at home knows",
    "missing": "Away twice this month, and does not say where",
}
Found = tuple[str, str, tuple[str, ...]]
RISKS: tuple[tuple[Found, int], ...] = (
    (("none", "monitor", ()), 4),
    (("emerging", "monitor", ("things",)), 4),
    (("moderate", "mapping", ("phone", "things", "missing")), 3),
)


class AtRisk:
    """What is done about children at particular risk, for one play."""

    def __init__(self, play: Play) -> None:
        self.play = play
        self.planted: list[Household] = []

    def notice(self, case: Case, *, by: User, at: datetime) -> None:
        """See what a contact tells of, and let those who have to act on it do so."""
        if any(home is case.home for home in self.planted):
            return  # what is done about them stands below
        random = Random(f"{at:%Y%m%d%H%M}:{case.home.line}:{case.category}")
        if case.category == Category.MISSING:
            self._missing(case, random, by=by, at=at)
        elif case.category == Category.EXPLOITATION and random.random() < SCREENED:
            self._screened(case, random, at)
        elif case.category == Category.DOMESTIC_ABUSE:
            self._marac(case, random, at)

    def on(self, at: datetime, do: Callable[[datetime], object]) -> None:
        """Do something at a moment; what the record does not allow is not done, as in life."""

        def take(now: datetime) -> None:
            with suppress(Refused, PermissionDenied):
                do(now)

        self.play.later(at, take)

    def soon(self, at: datetime, hours: float, do: Callable[[datetime], object]) -> None:
        """Do something so many working hours later."""
        self.on(self.play.working(at, hours), do)

    # Missing --------------------------------------------------------------------------------

    def _missing(self, case: Case, random: Random, *, by: User, at: datetime) -> None:
        child = _eldest(case.home, at)
        if child is None or child.person_id is None:
            return
        child_id = child.person_id
        away = timedelta(hours=random.randint(3, 14))
        try:
            notice = actions.record_missing(
                by=by,
                at=at,
                contact_id=case.contact_id,
                child_id=child_id,
                reference=f"TVP {random.randint(10_000, 99_999)}",
                missing_since=at - away,
                reported_at=at - away / 2,
                reported_by="Thames Valley Police",
                grade=random.choice(("low", "medium", "medium", "high")),
                missing_from="Home",
                circumstances="Not home at ten. Did not answer the phone.",
            )
        except Refused:
            return
        episode = MissingEpisode.objects.filter(notice=notice).first()
        if episode is None:
            return
        worker = random.choice(self.play.people.mash_workers)
        self.soon(at, random.uniform(0.5, 4), partial(screen_missing, episode.pk, worker))
        back_at = at + timedelta(hours=random.randint(2, 40))
        self.on(
            back_at + timedelta(hours=1),
            partial(back, episode.pk, worker, returned_at=back_at),
        )
        self.soon(back_at, random.uniform(2, 9), partial(offer_interview, episode.pk, worker))
        hours = random.randint(20, 70) if random.random() < IN_TIME else random.randint(74, 150)
        held_at = back_at + timedelta(hours=hours)
        draw = random.random()
        if draw < INTERVIEWED:
            self.on(held_at, partial(interview, episode.pk, worker))
        elif draw < DECLINED:
            self.soon(back_at, 12, partial(no_interview, episode.pk, worker))
        else:
            return
        manager = random.choice(self.play.people.mash_managers)
        self.soon(held_at, 9, partial(end_missing, episode.pk, manager))

    # Exploitation ---------------------------------------------------------------------------

    def _screened(self, case: Case, random: Random, at: datetime) -> None:
        child = _eldest(case.home, at)
        if child is None or child.person_id is None:
            return
        child_id = child.person_id
        worker = random.choice(self.play.people.mash_workers)
        manager = random.choice(self.play.people.mash_managers)
        (risk, outcome, signs) = random.choices(
            [found for found, _share in RISKS], [share for _found, share in RISKS]
        )[0]
        screened: list[UUID] = []

        def begin(now: datetime) -> None:
            made = actions.start_screening(
                by=worker,
                at=now,
                child_id=child_id,
                triggers=["things"],
                triggered_at=at,
                contact_id=case.contact_id,
            )
            screened.append(made.pk)

        def go_on(step: Callable[[UUID, datetime], object]) -> Callable[[datetime], object]:
            return lambda now: step(screened[0], now) if screened else None

        self.soon(at, random.uniform(1, 6), begin)
        self.soon(
            at,
            random.uniform(8, 30),
            go_on(partial(_complete, by=worker, name=child.given_name, risk=risk, signs=signs)),
        )
        self.soon(
            at,
            random.uniform(31, 40),
            go_on(partial(_decide, by=manager, outcome=outcome, is_nrm=False)),
        )
        if risk == "moderate":
            lead = self.play.people.exploitation_lead or manager
            self.soon(at, 45, go_on(partial(_plan, by=lead, name=child.given_name)))
        if outcome == "mapping":
            meet = partial(_meet, self.play, about=f"Who gives {child.given_name} lifts and things")
            self.soon(at, 72, lambda now: meet(screened, now) if screened else None)

    # Domestic abuse -------------------------------------------------------------------------

    def _marac(self, case: Case, random: Random, at: datetime) -> None:
        contact = Contact.objects.select_related("domestic_abuse").get(pk=case.contact_id)
        score = contact.domestic_abuse.dash_score
        is_high = score is not None and score >= 14
        if not is_high and random.random() > JUDGED:
            return
        manager = random.choice(self.play.people.mash_managers)
        officer = random.choice(self.play.people.contact_officers)
        self.soon(
            at,
            random.uniform(6, 14),
            lambda now: actions.decide_marac(
                by=manager,
                at=now,
                contact_id=case.contact_id,
                ground="dash" if is_high else "judgement",
                why="He took her phone and said what he will do to her. She believes him.",
            ),
        )
        self.soon(at, 20, partial(_listed, case=case, by=officer))
        self.soon(at, 60, partial(_meeting, case=case, by=officer))


# Steps about a missing child ----------------------------------------------------------------------


def screen_missing(episode_id: UUID, by: User, at: datetime) -> None:
    actions.screen_missing(
        by=by,
        at=at,
        episode_id=episode_id,
        exploitation="A new phone, and lifts from somebody nobody at home knows",
        earlier="Read; see earlier episodes",
        siblings="Asked at school: they know nothing, and are at home every night",
        places="The bus station, and a flat in Placeholder House",
    )


def back(episode_id: UUID, by: User, at: datetime, *, returned_at: datetime) -> None:
    actions.record_return(
        by=by,
        at=at,
        episode_id=episode_id,
        returned_at=returned_at,
        where_found="Came home alone",
        safe_and_well="Police saw the child at home: tired, no injury",
        harm="None told of",
    )


def offer_interview(episode_id: UUID, by: User, at: datetime) -> None:
    actions.offer_interview(
        by=by,
        at=at,
        episode_id=episode_id,
        how="Phone, to the child and the mother",
        independent="Robin Outreach, Open Gate Young Carers",
        independent_why="Works for a charity and knows nobody of the family",
        answer="“If I do not have to go to an office.”",
        is_accepted=True,
    )


def interview(episode_id: UUID, by: User, at: datetime) -> None:
    actions.complete_interview(
        by=by,
        at=at,
        episode_id=episode_id,
        held_at=at - timedelta(minutes=5),
        words="“I was with friends. It is loud at home. Nobody asks there.”",
        shared_with="The police and the MASH, the same day",
        push_factors="Rows at home",
        pull_factors="Friends with a flat",
        where="A flat in Placeholder House",
        with_whom="Older friends; no names",
        harm="None told of",
        would_help="“If somebody stopped the rows.”",
    )


def no_interview(episode_id: UUID, by: User, at: datetime) -> None:
    actions.end_interview(
        by=by,
        at=at,
        episode_id=episode_id,
        is_declined=True,
        because="“There is nothing to tell.” Asked twice.",
        carers_view="The mother says it was the row about the phone.",
        intelligence="The flat in Placeholder House, passed on to the police",
    )


def discuss(episode_id: UUID, by: User, at: datetime, *, is_needed: bool) -> None:
    actions.decide_discussion(
        by=by,
        at=at,
        episode_id=episode_id,
        is_needed=is_needed,
        why="Away three times, and always to the same flat."
        if is_needed
        else "With cousins, whom the police have seen; nothing points to harm.",
    )


def end_missing(episode_id: UUID, by: User, at: datetime) -> None:
    """The manager's decision about a discussion, where one is to be made, and about risk."""
    episode = MissingEpisode.objects.select_related("child", "interview").get(pk=episode_id)
    if episode.needs_discussion is None:
        discuss(episode_id, by, at, is_needed=False)
    if episode.interview.state in (
        ReturnInterview.State.COMPLETED,
        ReturnInterview.State.DECLINED,
    ):
        actions.close_missing(
            by=by,
            at=at,
            episode_id=episode_id,
            risk_decision="Home and safe; the school watches for the next two weeks.",
            for_the_others="At home every night; asked at school.",
        )


def _eldest(home: Household, at: datetime) -> Member | None:
    """The eldest child, where old enough to go out alone."""
    born = [child for child in home.children if child.born_on is not None]
    child = min(born, key=lambda each: each.born_on or at.date(), default=None)
    if child is None or child.born_on is None:
        return None
    return child if (at.date() - child.born_on).days >= YOUNGEST * 365 else None


# Steps about an exploited child -------------------------------------------------------------------


def _complete(
    screening_id: UUID, at: datetime, *, by: User, name: str, risk: str, signs: tuple[str, ...]
) -> None:
    actions.complete_screening(
        by=by,
        at=at,
        screening_id=screening_id,
        signs={sign: SIGNS[sign] for sign in signs},
        risk=risk,
        kinds=["cce"] if risk != "none" else [],
        why=f"{name} has what nobody bought, and will not say from whom."
        if signs
        else f"The trainers are a present of {name}’s aunt, who was asked.",
        childs_view="“It is only a lift.”",
        parents_view="The mother is afraid of the driver.",
        siblings="Seen at school; nobody has spoken to them.",
    )


def _decide(screening_id: UUID, at: datetime, *, by: User, outcome: str, is_nrm: bool) -> None:
    actions.decide_screening(
        by=by,
        at=at,
        screening_id=screening_id,
        outcome=outcome,
        why="Two children name the same car."
        if outcome != "monitor"
        else "What was found does not ask for more than a watchful school.",
        is_nrm=is_nrm,
        nrm_why="Was driven to another town to carry what others sold."
        if is_nrm
        else "Nothing shows that anybody gains from it.",
    )


def _plan(screening_id: UUID, at: datetime, *, by: User, name: str) -> None:
    actions.write_risk_plan(
        by=by,
        at=at,
        screening_id=screening_id,
        safety=f"The uncle fetches {name} from school; Nan has the phone at night.",
        disruption="Police visit the driver; the landlord of the flat is told.",
        agreed_with=f"{name}, the mother, school and police",
        review_on=after(at, 18),
    )
    for purpose, what, elsewhere in (
        ("safety", f"Somebody {name} trusts at school, every morning", ""),
        ("disruption", "Visit to the driver, and a warning notice", "Thames Valley Police"),
    ):
        actions.add_exploitation_action(
            by=by,
            at=at,
            screening_id=screening_id,
            purpose=purpose,
            what=what,
            due_on=after(at, 5),
            owner_id=None if elsewhere else by.pk,
            owner_elsewhere=elsewhere,
        )


# MARAC --------------------------------------------------------------------------------------------


def _listed(at: datetime, *, case: Case, by: User) -> None:
    actions.list_marac(by=by, at=at, contact_id=case.contact_id, listed_on=after(at, 5))


def _meeting(at: datetime, *, case: Case, by: User) -> None:
    """What MARAC agreed for each child of the contact whom the officer may read."""
    contact = Contact.objects.visible_to(by).get(pk=case.contact_id)
    children = [row.person_id for row in contact.people.filter(is_child=True, ended_at=None)]
    actions.record_marac(
        by=by,
        at=at,
        contact_id=case.contact_id,
        held_on=london_date(at),
        lines=[
            actions.MaracLine(
                child_id=child_id,
                action="The school is told what to do when he comes to the gate.",
                owner="Domestic abuse service",
                due_on=after(at, 5),
            )
            for child_id in children
        ],
    )


# Those who must be there: 13, and a group ---------------------------------------------------------


def plan(play: Play) -> int:
    """Put the child of situation 13 and the group into the queue; give their number of contacts."""
    _three_times(play)
    _group(play)
    return 12


def _day(play: Play, days: int, clock: time) -> datetime:
    return instant(london_date(calendar.working_days_ago(days, at=play.end_at)), clock)


def _three_times(play: Play) -> None:
    """13: missing three times in 90 days; interviews at 71 and at 74 hours, and missing again."""
    home = household(play, "6 Mockingbird Way", "Tasha", "Stubbs-Test", ("Kayla", "F", 15))
    risk = play.at_risk
    worker, manager = play.people.mash_workers[0], play.people.mash_managers[0]

    def known(at: datetime) -> None:
        play.receive(
            at,
            home,
            source="2A",
            category="child_in_need",
            by=play.people.contact_officers[0],
            outcome="advice_or_signpost",
            rag="green",
            is_enquiry=False,
        )
        play.homes.remove(home)

    def episode(at: datetime, *, away: float, held: float | None, others: float) -> None:
        """One time: so many hours away, and the interview so many hours after the return.

        :param others: hours after which a manager closes it, so that the next can be told apart
        """

        def reported(now: datetime) -> None:
            made = actions.report_missing(
                by=worker,
                at=now,
                child_id=home.children[0].person_id,  # type: ignore[arg-type]
                missing_since=at,
                reported_at=now,
                reported_by="The mother",
                grade="medium",
                missing_from="Home",
                circumstances="Left after a call, with a bag. Does not answer.",
            )
            back_at = at + timedelta(hours=away)
            risk.soon(now, 1, partial(screen_missing, made.pk, worker))
            risk.on(
                back_at + timedelta(minutes=40),
                partial(back, made.pk, worker, returned_at=back_at),
            )
            risk.on(back_at + timedelta(hours=16), partial(offer_interview, made.pk, worker))
            if held is not None:
                ends = back_at + timedelta(hours=held, minutes=5)
                risk.on(ends, partial(interview, made.pk, worker))
            else:
                ends = back_at + timedelta(hours=30)
                risk.on(ends, partial(no_interview, made.pk, worker))
            ends += timedelta(hours=others)
            if held is None:
                risk.on(ends, partial(discuss, made.pk, manager, is_needed=True))
                risk.on(ends + timedelta(minutes=10), called)
            risk.on(ends + timedelta(minutes=20), partial(end_missing, made.pk, manager))

        play.later(at + timedelta(hours=2), reported)

    def called(at: datetime) -> None:
        child_id = home.children[0].person_id
        if child_id is not None:
            actions.call_for_child(
                by=manager,
                at=at,
                child_id=child_id,
                child_ids=[child_id],
                reason="Away three times in two months, and each time to the same flat.",
                is_same_day=False,
            )

    play.later(_day(play, 46, time(10, 15)), known)
    episode(_day(play, 44, time(20, 0)), away=14, held=71, others=3)
    first = _day(play, 12, time(19, 0))
    episode(first, away=13, held=74, others=50)
    episode(first + timedelta(hours=33), away=20, held=None, others=1)


def _group(play: Play) -> None:
    """Four young people of two homes, a car, a flat and two phones: a picture to look at."""
    homes = (
        household(
            play,
            "21 Trialham Court",
            "Bernadette",
            "Mockdale",
            ("Reece", "M", 15),
            ("Shannon", "F", 13),
        ),
        household(
            play, "3 Dummy Mews", "Samira", "Testahmed", ("Idris", "M", 16), ("Hodan", "F", 14)
        ),
    )

    play.at_risk.planted += homes

    def arrive(at: datetime) -> None:
        for home in homes:
            play.receive(
                at,
                home,
                source="2A",
                category="exploitation",
                by=play.people.contact_officers[0],
                outcome="advice_or_signpost",
                rag="amber",
                is_enquiry=False,
            )
            play.homes.remove(home)

    play.later(_day(play, 21, time(10, 5)), arrive)
    findings = (
        (homes[0].children[0], "moderate", "mapping", True, ("phone", "lifts", "missing")),
        (homes[0].children[1], "emerging", "monitor", False, ("things",)),
        (homes[1].children[0], "significant", "discussion", False, ("phone", "lifts", "things")),
        (homes[1].children[1], "none", "monitor", False, ()),
    )
    for place, (child, risk, outcome, is_nrm, signs) in enumerate(findings):
        _screened_child(play, child, 19 - 5 * place, risk, outcome, is_nrm, signs)
    nodes: dict[str, UUID] = {}
    play.later(_day(play, 9, time(14, 0)), partial(_draw, play, homes, nodes))
    play.later(_day(play, 8, time(9, 30)), partial(_map, play, homes[0].children, nodes))


def _screened_child(
    play: Play,
    child: Member,
    days: int,
    risk: str,
    outcome: str,
    is_nrm: bool,
    signs: tuple[str, ...],
) -> None:
    people = play.people
    worker, manager = people.mash_workers[1], people.mash_managers[0]
    lead = people.exploitation_lead
    at = _day(play, days, time(11, 0))
    screened: list[UUID] = []

    def begin(now: datetime) -> None:
        made = actions.start_screening(
            by=worker,
            at=now,
            child_id=child.person_id,  # type: ignore[arg-type]
            triggers=["things", "associates"],
        )
        screened.append(made.pk)

    def then(hours: float, step: Callable[..., object], **more: Any) -> None:
        play.later(play.working(at, hours), lambda now: step(screened[0], now, **more))

    play.later(at, begin)
    then(5, _complete, by=worker, name=child.given_name, risk=risk, signs=signs)
    then(9, _decide, by=manager, outcome=outcome, is_nrm=is_nrm)
    if lead is not None and risk in ("moderate", "significant"):
        then(16, _plan, by=lead, name=child.given_name)
    if is_nrm and lead is not None:
        then(12, partial(_refer, by=lead))
        then(40, partial(_grounds, by=lead))
    if risk == "none":
        then(
            11,
            lambda pk, now: actions.close_screening(
                by=manager, at=now, screening_id=pk, because="Asked, seen, and nothing found."
            ),
        )


def _refer(screening_id: UUID, at: datetime, *, by: User) -> None:
    actions.submit_nrm(
        by=by, at=at, screening_id=screening_id, reference="NRM 20417", submitted_on=at.date()
    )


def _grounds(screening_id: UUID, at: datetime, *, by: User) -> None:
    actions.decide_nrm(
        by=by, at=at, screening_id=screening_id, is_positive=True, decided_on=at.date()
    )


THINGS = (
    ("driver", "person", "“Ginge”, about 25", HEARD),
    ("car", "vehicle", "Silver hatchback, plate ends TST", KNOWN),
    ("flat", "place", "Flat 9, Placeholder House", KNOWN),
    ("shop", "place", "Shop by the bus station", HEARD),
    ("phone", "phone", "07700 900417", KNOWN),
    ("other_phone", "phone", "07700 900418", HEARD),
    ("handle", "handle", "@sample_ginge", HEARD),
    ("group", "group", "The Placeholder House lot", HEARD),
)
LINKS = (
    ("driver", "exploits", "Reece", HEARD),
    ("driver", "exploits", "Idris", HEARD),
    ("driver", "uses", "car", KNOWN),
    ("driver", "seen_at", "flat", HEARD),
    ("driver", "uses", "phone", KNOWN),
    ("driver", "uses", "handle", HEARD),
    ("driver", "belongs", "group", HEARD),
    ("Reece", "seen_at", "flat", KNOWN),
    ("Reece", "uses", "other_phone", KNOWN),
    ("Reece", "associates", "Idris", KNOWN),
    ("Reece", "family", "Shannon", KNOWN),
    ("Shannon", "calls", "handle", HEARD),
    ("Idris", "seen_at", "shop", HEARD),
    ("Idris", "calls", "phone", KNOWN),
    ("Idris", "family", "Hodan", KNOWN),
)


def _draw(play: Play, homes: tuple[Household, ...], nodes: dict[str, UUID], at: datetime) -> None:
    """The exploitation lead draws what is known, each thing with its source and grade."""
    lead = play.people.exploitation_lead
    if lead is None:
        return
    said = {"source": "Thames Valley Police, exploitation team", "known_on": at.date()}
    for home in homes:
        for child in home.children:
            nodes[child.given_name] = actions.add_node(
                by=lead, at=at, kind="person", label="", person_id=child.person_id, **said, **KNOWN
            ).pk
    for key, kind, label, grade in THINGS:
        nodes[key] = actions.add_node(by=lead, at=at, kind=kind, label=label, **said, **grade).pk
    for one, kind, other, grade in LINKS:
        actions.add_link(
            by=lead, at=at, one_id=nodes[one], other_id=nodes[other], kind=kind, **said, **grade
        )


def _map(play: Play, children: list[Member], nodes: dict[str, UUID], at: datetime) -> None:
    """A mapping meeting about two of them is planned, and held the same day."""
    screenings = ExploitationScreening.objects.filter(
        child__in=[child.person_id for child in children]
    )
    _meet(
        play,
        [screening.pk for screening in screenings],
        at,
        about="The silver hatchback and the flat in Placeholder House",
        spoken=[
            actions.NodeSpoken(node_id=nodes["car"], said="Seen at the school on Monday"),
            actions.NodeSpoken(node_id=nodes["flat"], said="The landlord has been told"),
        ],
    )


def _meet(
    play: Play,
    screening_ids: Sequence[UUID],
    at: datetime,
    *,
    about: str,
    spoken: Sequence[actions.NodeSpoken] = (),
) -> None:
    """The exploitation lead plans a meeting about children, and holds it five hours later."""
    lead = play.people.exploitation_lead
    if lead is None:
        return
    screenings = ExploitationScreening.objects.filter(pk__in=screening_ids).select_related("child")
    names = {screening.child_id: screening.child.given_name for screening in screenings}
    meeting = actions.plan_mapping(
        by=lead,
        at=at,
        about=about,
        screening_ids=screening_ids,
        scheduled_for=at + timedelta(hours=5),
        chair_id=lead.pk,
        invited=[
            actions.Invited(name="Sgt Proto Exampleby", agency="Thames Valley Police"),
            actions.Invited(name="Mo Outreach", agency="Peverel Academy"),
        ],
    )

    def hold(now: datetime) -> None:
        there, away = meeting.parts.order_by("position")
        actions.hold_mapping(
            by=lead,
            at=now,
            meeting_id=meeting.pk,
            held_at=now - timedelta(minutes=30),
            children=[
                actions.ChildSpoken(
                    child_id=child_id,
                    said=f"{name} was seen in the car twice this month.",
                    siblings="Spoken of as well, each with what the school sees.",
                    actions=[
                        actions.Agreed(
                            purpose="safety",
                            what=f"{name} is met at the school gate",
                            due_on=after(now, 3),
                            owner_elsewhere="Mo Outreach, Peverel Academy",
                        ),
                        actions.Agreed(
                            purpose="disruption",
                            what="The car is stopped when it is seen near the school",
                            due_on=after(now, 5),
                            owner_elsewhere="Thames Valley Police",
                        ),
                    ],
                )
                for child_id, name in names.items()
            ],
            parts=[
                actions.Attended(part_id=there.pk, was_there=True),
                actions.Attended(
                    part_id=away.pk, was_there=False, note="Sent what the form tutor has seen"
                ),
            ],
            said="The same car, the same flat, and children who are given things.",
            agreed="Police and school tell each other the same day.",
            review_on=after(now, 15),
            nodes=spoken,
        )

    play.at_risk.on(at + timedelta(hours=6), hold)
