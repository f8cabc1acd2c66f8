"""Early help answers what the MASH offers: families screened onto its waiting list."""

from datetime import datetime
from random import Random

from accounts.models import User
from cases.choices import Level, RiskLevel
from cases.models import Handover
from early_help import actions, need
from early_help.actions.screening import ChildRisk, known_of
from early_help.choices import Route
from early_help.models import Episode

WISHES = (
    "Help with mornings, so that everybody gets to school",
    "Somebody to talk to about the rows at home",
    "A routine for bedtime and meals",
)
NEEDS = (need.Need.MENTAL_HEALTH, need.Need.DOMESTIC_ABUSE, need.Need.LONE_CARER)
COMMUNITY = 0.35


def answer(handover: Handover, *, random: Random, by: User, at: datetime) -> None:
    """Screen the request behind an offer, or send it back, as the coordinator would."""
    episode = Episode.objects.get(handover=handover)
    if random.random() < 0.03:
        actions.return_request(
            by=by,
            at=at,
            episode_id=episode.pk,
            reason="The family lives in another area. Offer it to their team.",
        )
        return
    is_community = random.random() < COMMUNITY
    level = Level.ADDITIONAL if is_community or random.random() < 0.35 else Level.TARGETED
    needs = [each for each in NEEDS if random.random() < 0.15]
    wish = random.choice(WISHES)
    children = [row.child_id for row in handover.children.order_by("child_id")]
    levels = [random.choice([RiskLevel.LOW, RiskLevel.LOW, RiskLevel.MODERATE]) for _ in children]
    known = need.all_needs(known_of(episode), needs)
    actions.screen(
        by=by,
        at=at,
        episode_id=episode.pk,
        route=Route.COMMUNITY if is_community else Route.TARGETED,
        level=level,
        family_wants=wish,
        needs=[str(each) for each in needs],
        priority="" if is_community else need.suggested(level, known),
        reason="" if is_community else need.why_suggested(level, known),
        risks=[]
        if is_community
        else [
            ChildRisk(child_id=child_id, level=level_of, why="From what school and family say")
            for child_id, level_of in zip(children, levels, strict=True)
        ],
        told="" if is_community else "About how long it takes, and to ring us if it gets worse",
        interim_help="" if is_community else "The school’s family worker until then",
    )
