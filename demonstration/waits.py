"""Families who asked early help weeks ago and must be there today (domain.md 7.3): 5 and 12.

Forty wait past their limit; of these two have declined and nobody has decided, one is worse off
and nobody has acted, one was put before the MASH and came back. Seven more have declined and
gone, one has been taken on by social care, and some are helped at every stage.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, time
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any
from uuid import UUID

from cases import actions as case_actions
from cases.actions.step_down import step_down
from cases.choices import ConsentFrom, ConsentState, Level, Priority
from cases.models import Handover
from demonstration import helping, histories
from demonstration.assessing import Family, NotYet
from demonstration.helping import Helped
from demonstration.population import Household, family
from early_help import actions
from early_help.choices import AskedBy, DeclineReason, Route
from early_help.models import Agreement, Episode, EpisodeChild, StepUp
from lib.working_days import instant, london_date
from mash import actions as mash_actions
from record import calendar

if TYPE_CHECKING:
    from demonstration.play import Play

Step = Callable[[Helped, datetime], object]
Steps = Sequence[tuple[int, Step]]
WAIT, DECLINED, UNDECIDED = 40, 9, 2
"""Who wait past the limit of 40 working days; who have declined; of these, who still stand on the
list because nobody has decided whether that is safe."""
LEFT = "“You came too late. We asked in the winter, and we have managed without you.”"
AGREED: dict[str, Any] = {
    "asked_as": ConsentFrom.PARENT_WITH_PR,
    "person_as_stated": "The mother",
    "how": Agreement.How.SPOKEN,
    "to_what": "Somebody to help with mornings and school",
    "told_can_withdraw": True,
}
WORTH = 0.8
"""How many contacts of the play take as long as one of these families."""


def plan(play: Play, *, part: int = 0, parts: int = 1) -> int:
    """Put the families of one part of the play into the queue; say how many contacts they weigh."""
    plain = WAIT - UNDECIDED - 2
    asks: list[Callable[[Play], None]] = [
        *(partial(_waits, number=number) for number in range(plain)),
        *(partial(_declined, number=number) for number in range(DECLINED)),
        _not_acted_on,
        _refused_by_mash,
        _taken_by_mash,
        _helped,
        _ended,
        _in_the_community,
        _disputed,
    ]
    mine = asks[part::parts]
    for ask in mine:
        ask(play)
    planned = round(WORTH * len(mine))
    stepped = (_stepped_down, _declined_and_back)[part::parts]
    for one in stepped:
        one(play)
    return planned + histories.WORTH * len(stepped)


# Situation 5 --------------------------------------------------------------------------------------


def _waits(play: Play, number: int) -> None:
    """One of forty: every third was rung twice, as all should be; some were never rung."""
    checked = (18, 37)[: (2, 1, 1, 2, 1, 0)[number % 6]]
    _ask(
        play,
        f"waits {number}",
        41 + number * 17 // WAIT,
        [(day, helping.check) for day in checked],
        asked_by=AskedBy.FAMILY,
    )


def _declined(play: Play, number: int) -> None:
    """One of nine who "waited too long"; of the last two nobody has decided yet."""
    is_open = number >= DECLINED - UNDECIDED
    waited = 42 + number % 3
    steps: list[tuple[int, Step]] = [
        (19, helping.check),
        (waited, helping.offer),
        (
            waited + 1,
            partial(helping.decline, reason=DeclineReason.WAITED_TOO_LONG, said=LEFT),
        ),
    ]
    if not is_open:
        steps.append((waited + 2, helping.let_go))
    _ask(
        play,
        f"declined {number}",
        waited + (2 if is_open else 4 + number),
        steps,
        asked_by=AskedBy.FAMILY,
    )


def _not_acted_on(play: Play) -> None:
    """Worse four days ago, as a worker wrote down; nobody has acted on it."""
    _ask(
        play,
        "worse",
        48,
        [
            (1, helping.tell),
            (19, helping.check),
            (38, helping.check),
            (44, lambda h, at: helping.check(h, at, found="worse", by=h.worker)),
        ],
    )


def _worse_and_up(day: int) -> Steps:
    return [
        (1, helping.tell),
        (19, helping.check),
        (day, lambda h, at: helping.check(h, at, found="worse", steps_up=True)),
        (day, helping.step_up),
    ]


def _refused_by_mash(play: Play) -> None:
    """Worse and stepped up; the MASH takes nothing on, and the head of service lets that stand."""
    head = play.people.heads[0]
    _ask(
        play,
        "refused",
        52,
        [
            *_worse_and_up(40),
            (41, partial(_decided, play, outcome="advice_or_signpost")),
            (42, partial(_disputes, head_id=head.pk)),
            (
                44,
                lambda h, at: actions.settle(
                    by=head,
                    at=at,
                    episode_id=h.episode_id,
                    decide_again=False,
                    answer="Early help goes first, this week. Step up again on the first new sign.",
                ),
            ),
            (45, helping.tell),
        ],
    )


def _taken_by_mash(play: Play) -> None:
    """Worse and stepped up; an assessment team has the children now."""
    _ask(
        play,
        "taken",
        50,
        [
            *_worse_and_up(43),
            (44, partial(_decided, play, outcome="referral")),
            (45, partial(_taken, play)),
            (46, helping.tell),
        ],
    )


# Helped -------------------------------------------------------------------------------------------


def _begun(day: int) -> Steps:
    return [
        (1, helping.tell),
        (day, helping.offer),
        (day + 1, helping.accept),
        (day + 3, helping.begin),
    ]


def _helped(play: Play) -> None:
    """Assessed, a plan, and two meetings of the team around the family."""
    _ask(
        play,
        "helped",
        55,
        [
            *_begun(12),
            (23, helping.assess),
            (28, helping.agree_plan),
            (30, helping.meet),
            (34, helping.visit),
            (50, partial(helping.meet, days=40)),
            (52, helping.visit),
        ],
        level=Level.TARGETED,
    )


def _ended(play: Play) -> None:
    """Helped for two months; both goals are met."""
    _ask(
        play,
        "ended",
        58,
        [
            *_begun(3),
            (14, helping.assess),
            (18, helping.agree_plan),
            (20, helping.meet),
            (25, helping.visit),
            (46, partial(helping.meet, decision="close", progress="met")),
            (48, helping.close),
            (49, helping.tell),
        ],
        level=Level.TARGETED,
    )


def _in_the_community(play: Play) -> None:
    """With a lead professional of the school; assessed, and the first meeting is late."""
    _ask(
        play,
        "community",
        44,
        [*_begun(2), (24, helping.assess), (26, helping.agree_plan)],
        route=Route.COMMUNITY,
    )


def _disputed(play: Play) -> None:
    """Helped, and stepped up on the worker's judgement; refused, and a head of service is asked."""
    head = play.people.heads[0]
    _ask(
        play,
        "disputed",
        31,
        [
            *_begun(8),
            (20, helping.assess),
            (25, helping.step_up),
            (26, partial(_decided, play, outcome="advice_or_signpost")),
            (29, partial(_disputes, head_id=head.pk)),
        ],
        level=Level.TARGETED,
    )


# Steps of others ----------------------------------------------------------------------------------


def _decided(play: Play, helped: Helped, at: datetime, *, outcome: str) -> None:
    """A MASH manager decides the contact that a step-up made."""
    row = StepUp.objects.select_related("contact").get(episode=helped.episode_id)
    if row.contact is None:
        raise NotYet
    manager = play.people.mash_managers[0]
    is_taken = outcome == "referral"
    team = play.people.assessment[1][0]
    mash_actions.decide(
        by=manager,
        at=at,
        contact_id=row.contact.pk,
        children=[
            mash_actions.ChildLine(
                child_id=child_id,
                is_in=True,
                level="4a" if is_taken else "2",
                outcome=outcome,
                why=f"{name} does not sleep and is late for school, and tells a teacher about it",
                primary_need="N1" if is_taken else "",
                to_team_id=team.pk if is_taken else None,
            )
            for child_id, name in mash_actions.planned_children(
                by=manager, contact=row.contact, at=at
            ).items()
            if name
        ],
        know="The father is back; the school sees tired children, and a mother who asks for help.",
        worries="Rows at night, and nobody has asked what the children hear.",
        protects="The mother rings when it gets worse. Nan lives next door.",
        alternative="Early help could begin this week."
        if is_taken
        else "An assessment now would frighten a mother who asks for help.",
        cumulative_answer="The same worry each time, and it is not going away.",
        late_reason="The health visitor could be asked only in the morning.",
        early_help_should=""
        if is_taken
        else "Begin this week; ask each child what they hear at night; ring us on the first sign.",
    )


def _taken(play: Play, helped: Helped, at: datetime) -> None:
    """The manager of the assessment team accepts the children."""
    children = EpisodeChild.objects.filter(episode=helped.episode_id).values("child")
    offer = Handover.objects.filter(state="offered", children__child__in=children).first()
    if offer is None:
        raise NotYet
    case_actions.accept(by=play.people.assessment[1][1], at=at, handover_id=offer.pk)


def _disputes(helped: Helped, at: datetime, *, head_id: UUID) -> None:
    actions.escalate(
        by=helped.coordinator,
        at=at,
        episode_id=helped.episode_id,
        to_id=head_id,
        why="Two children who do not sleep for fear need more than we may do.",
    )


# Step-downs: 12 -----------------------------------------------------------------------------------


def _stepped_down(play: Play) -> None:
    """Assessed, offered to early help, and helped; the assessment team has closed."""
    home = histories.household(
        play, "17 Exampleby Road", "Pauline", "Mockwright", ("Toby", "M", 8), ("Elsie", "F", 6)
    )
    known: list[Helped] = []
    histories.begin(
        play,
        home,
        44,
        [
            *histories.assessed(14, "early_help"),
            (15, "11:00", partial(_offered, play, known)),
            (17, "10:00", partial(_screened, play, known)),
            (18, "14:00", _of(known, helping.offer)),
            (19, "10:00", _of(known, helping.accept)),
            (21, "15:00", _of(known, helping.begin)),
            (30, "11:00", _of(known, helping.assess)),
            (34, "11:00", _of(known, helping.agree_plan)),
            (36, "15:00", _of(known, helping.meet)),
        ],
        worker=2,
    )


def _declined_and_back(play: Play) -> None:
    """12: stepped down, declined by the family, and referred again within 60 days."""
    home = histories.household(
        play, "52 Sampleton Street", "Nicola", "Testbrook", ("Archie", "M", 9), ("Lola", "F", 7)
    )
    known: list[Helped] = []

    def again(_family: Family, at: datetime) -> None:
        play.receive(
            at,
            home,
            source="2A",
            category="child_protection",
            by=play.people.contact_officers[0],
            outcome="referral",
            rag="amber",
            is_enquiry=False,
        )
        play.homes.remove(home)

    histories.begin(
        play,
        home,
        54,
        [
            *histories.assessed(13, "early_help"),
            (14, "11:00", partial(_offered, play, known)),
            (16, "10:00", partial(_screened, play, known)),
            (22, "14:00", _of(known, helping.offer)),
            (
                23,
                "10:00",
                _of(
                    known,
                    partial(
                        helping.decline,
                        reason=DeclineReason.NO_TRUST,
                        said="“You have been in our house enough.”",
                    ),
                ),
            ),
            (24, "10:00", _of(known, helping.let_go)),
            (25, "10:00", _closed),
            (50, "9:40", again),
        ],
        worker=2,
    )


def _offered(play: Play, known: list[Helped], of: Family, at: datetime) -> None:
    """The assessment team offers the children to early help."""
    team = play.people.early_help
    if team is None:
        raise NotYet
    offer = step_down(
        by=of.manager,
        at=at,
        referral_ids=[referral.pk for referral in of.referrals],
        to_team_id=team.pk,
        reason="Mornings are better; the family wants somebody to go on with that.",
        comes_back_if="A child is hurt, or school is missed two weeks running.",
        parents_say="“As long as it is somebody who listens.”",
    )
    known.append(
        Helped(
            episode_id=Episode.objects.get(handover=offer).pk,
            coordinator=team.manager,
            worker=play.people.helpers[0],
            random=of.random,
        )
    )


def _screened(play: Play, known: list[Helped], of: Family, at: datetime) -> None:
    """The coordinator asks the mother, and takes the family on."""
    helped = known[0]
    actions.record_agreement(
        by=helped.coordinator,
        at=at,
        episode_id=helped.episode_id,
        child_ids=of.ids,
        state=ConsentState.GIVEN,
        **AGREED,
    )
    _screen(helped, at, level=Level.TARGETED, route=Route.TARGETED)


def _closed(of: Family, at: datetime) -> None:
    from demonstration import assessing

    assessing.close(of, at, reason="RC7")


def _of(known: list[Helped], step: Step) -> histories.Step:
    def take(_family: Family, at: datetime) -> None:
        step(known[0], at)

    return take


# How it is done -----------------------------------------------------------------------------------


def _ask(
    play: Play,
    name: str,
    days_ago: int,
    steps: Steps,
    *,
    level: Level = Level.ADDITIONAL,
    route: Route = Route.TARGETED,
    asked_by: AskedBy = AskedBy.SCHOOL,
) -> None:
    """Let a school or the family ask so many working days ago, and plan what follows by day."""
    random = Random(f"early help {name}")
    on = london_date(calendar.working_days_ago(days_ago, at=play.end_at))
    home = _home(random, on)
    helped: list[Helped] = []
    coordinator = play.people.coordinator
    if coordinator is None:
        return

    def ask(at: datetime) -> None:
        episode = actions.request_help(
            by=coordinator,
            at=at,
            asked_by=asked_by,
            children=[play.stated(child, home, home.children) for child in home.children],
            adults=[play.stated(home.mother, home, home.adults)],
            reasons="Late every day since half-term, hungry twice a week, and quiet.",
            family_wants=random.choice(helping.WISHES),
            level=level,
            **_asker(asked_by, home),
            agreed=AGREED,
        )
        helped.append(
            Helped(
                episode_id=episode.pk,
                coordinator=coordinator,
                worker=random.choice(play.people.helpers),
                random=random,
            )
        )

    def screen(at: datetime) -> None:
        _screen(helped[0], at, level=level, route=route)

    def taking(step: Step) -> Callable[[datetime], None]:
        def take(at: datetime) -> None:
            step(helped[0], at)

        return take

    play.later(instant(on, time(9 + random.randrange(4), random.randrange(60))), ask)
    play.later(instant(on, time(14, random.randrange(60))), screen)
    for place, (days, step) in enumerate(steps):
        day = calendar.calendar().add_working_days(on, days)
        play.later(instant(day, time(10 + place % 6, random.randrange(10, 50))), taking(step))


def _asker(asked_by: AskedBy, home: Household) -> dict[str, str]:
    """Who asks, as the coordinator writes it down."""
    if asked_by == AskedBy.FAMILY:
        return {"asker_name": f"{home.mother.given_name} {home.mother.family_name}"}
    return {
        "asker_name": "Sally Outreach",
        "asker_role": "Safeguarding lead",
        "asker_agency_name": home.children[0].school or "Larkmead Example Primary",
        "asker_phone": "01632 960200",
    }


def _screen(helped: Helped, at: datetime, *, level: Level, route: Route) -> None:
    is_ours = route == Route.TARGETED
    children = helping.children_of(helped) if is_ours else []
    actions.screen(
        by=helped.coordinator,
        at=at,
        episode_id=helped.episode_id,
        route=route,
        level=level,
        family_wants=helped.random.choice(helping.WISHES),
        priority="" if not is_ours else Priority.P3 if level == Level.ADDITIONAL else Priority.P2,
        reason="One worker of ours, for mornings and school." if is_ours else "",
        risks=[
            actions.ChildRisk(child_id=child.pk, level="low", why="From what the school says")
            for child in children
        ],
        told="About eight weeks, and to ring us if it gets worse" if is_ours else "",
        interim_help="Breakfast club at school" if is_ours else "",
    )


def _home(random: Random, on: Any) -> Household:
    """A family without a baby, so that nothing but the wait puts it forward."""
    while True:
        home = family(random, on=on)
        youngest = max(child.born_on or on for child in home.children)
        if len(home.children) < 3 and (on - youngest).days > 3 * 365:
            return home
