"""What the addresses of early help name, and who opens them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from accounts.choices import Role
from accounts.models import User
from accounts.permissions import Permission as P
from cases.models import Handover
from early_help import actions
from early_help.choices import AskedBy, Route
from early_help.models import Episode
from lib import application_clock
from tests.early_help.helping import AGREED, ASKED, child, service
from tests.factories.accounts import TeamFactory, TeamMembershipFactory
from tests.factories.people import ChildFactory

People = Mapping[Role, User]


def a_request(people: People) -> Episode:
    """A school asked an hour ago, through the early help worker."""
    team = TeamFactory(kind="early_help", manager=people[Role.EARLY_HELP_COORDINATOR])
    TeamMembershipFactory(team=team, user=people[Role.EARLY_HELP_WORKER])
    return actions.request_help(
        by=people[Role.EARLY_HELP_WORKER],
        at=application_clock.now() - timedelta(hours=1),
        children=[child()],
        agreed=AGREED,
        **{**ASKED, "asked_by": AskedBy.SCHOOL},
    )


def _waits(people: People) -> Episode:
    episode = a_request(people)
    return actions.screen(
        by=people[Role.EARLY_HELP_COORDINATOR],
        at=application_clock.now() - timedelta(minutes=50),
        episode_id=episode.pk,
        route=Route.TARGETED,
        level="2",
        family_wants="Help with mornings",
        priority="p2",
        reason="One carer",
        risks=[
            actions.ChildRisk(child_id=row.child_id, level="low", why="Seen in class")
            for row in episode.children.all()
        ],
        told="About four weeks",
        interim_help="Breakfast club",
    )


def asked(people: People) -> dict[str, Any]:
    return {"pk": a_request(people).pk}


def waits(people: People) -> dict[str, Any]:
    return {"pk": _waits(people).pk}


def a_check(people: People) -> dict[str, Any]:
    """A safe-check of a duty worker that found the family worse."""
    episode = _waits(people)
    check = actions.record_safe_check(
        by=people[Role.EARLY_HELP_WORKER],
        at=application_clock.now() - timedelta(minutes=20),
        episode_id=episode.pk,
        means="phone",
        is_reached=True,
        spoke_to="Hana",
        found="worse",
        what_changed="No money for the meter",
        risks=[
            actions.ChildRisk(child_id=row.child_id, level="moderate", why="Cold at home")
            for row in episode.children.all()
        ],
    )
    return {"pk": episode.pk, "check": check.pk}


def a_child(people: People) -> dict[str, Any]:
    return {"pk": ChildFactory().pk}


def an_offer(people: People) -> dict[str, Any]:
    """A decision of the MASH that nobody in early help has screened."""
    from tests.cases.access import offered_to_early_help

    offer: Handover = offered_to_early_help(people)
    return {"pk": offer.pk}


def before_the_mash(people: People) -> dict[str, Any]:
    """The waiting family, stepped up by the coordinator half an hour ago."""
    episode = _waits(people)
    mash = TeamFactory(kind="mash", manager=people[Role.MASH_MANAGER])
    assert mash.is_active
    actions.step_up(
        by=people[Role.EARLY_HELP_COORDINATOR],
        at=application_clock.now() - timedelta(minutes=30),
        episode_id=episode.pk,
        concern="Bruises",
        tried="Two calls",
        agreed="given",
        agreed_words="Yes",
    )
    return {"pk": episode.pk}


def a_service(people: People) -> dict[str, Any]:
    return {"pk": service(people[Role.EARLY_HELP_COORDINATOR], at=application_clock.now()).pk}


def a_family_and_a_service(people: People) -> dict[str, Any]:
    return {**waits(people), "service": a_service(people)["pk"]}


def a_place(people: People) -> dict[str, Any]:
    """The waiting family has a place at a service."""
    named = a_family_and_a_service(people)
    episode = Episode.objects.get(pk=named["pk"])
    made = actions.place_family(
        by=people[Role.EARLY_HELP_COORDINATOR],
        at=application_clock.now() - timedelta(minutes=5),
        episode_id=episode.pk,
        child_ids=[row.child_id for row in episode.children.all()],
        why="Every morning",
        agreed_by="Hana",
        until_on=application_clock.today() + timedelta(days=30),
        service_id=named["service"],
    )
    return {"pk": made.pk}


#: Lists: who opens them.
LISTS = {
    "first": P.EARLY_HELP_READ,
    "waiting": P.WAITING_READ,
    "guide": P.WAITING_READ,
    "declines": P.WAITING_READ,
    "services": P.SERVICE_READ,
}
#: Pages with a form: who opens them, and what they name.
PAGES = {
    "screen": (P.EARLY_HELP_SCREEN, asked),
    "safe_check": (P.EARLY_HELP_WORK, waits),
    "answer_check": (P.WAITING_ORDER, a_check),
    "offer_help": (P.WAITING_ORDER, waits),
    "attempt": (P.EARLY_HELP_WORK, waits),
    "answer": (P.EARLY_HELP_WORK, waits),
    "decide_decline": (P.WAITING_ORDER, waits),
    "start": (P.EARLY_HELP_WORK, waits),
    "change_helper": (P.EARLY_HELP_SCREEN, waits),
    "assess": (P.EARLY_HELP_WORK, waits),
    "agree_plan": (P.EARLY_HELP_WORK, waits),
    "meet": (P.EARLY_HELP_WORK, waits),
    "close_help": (P.EARLY_HELP_SCREEN, waits),
    "step_up": (P.EARLY_HELP_STEP_UP, waits),
    "step_up_answer": (P.EARLY_HELP_SCREEN, waits),
    "step_up_escalate": (P.EARLY_HELP_SCREEN, before_the_mash),
    "step_up_settle": (P.WAITING_SETTLE, before_the_mash),
    "step_up_take_back": (P.EARLY_HELP_SCREEN, before_the_mash),
    "priority": (P.WAITING_ORDER, waits),
    "pause": (P.WAITING_ORDER, waits),
    "take_off": (P.WAITING_ORDER, waits),
    "tell": (P.EARLY_HELP_WORK, waits),
    "agreement": (P.EARLY_HELP_WORK, asked),
    "add_child": (P.EARLY_HELP_WORK, waits),
    "service_new": (P.SERVICE_KEEP, None),
    "service_change": (P.SERVICE_KEEP, a_service),
    "place": (P.EARLY_HELP_WORK, a_family_and_a_service),
    "place_other": (P.EARLY_HELP_WORK, waits),
    "end_place": (P.EARLY_HELP_WORK, a_place),
}
READ = {"episode": waits, "family_services": waits, "service": a_service}
