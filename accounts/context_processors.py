"""What the frame of every page shows: rooms, search, who acts for whom, time-out, sign-out."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.crypto import salted_hmac

from accounts.kept_forms import DRAFT
from accounts.models import User
from accounts.permissions import Permission, holds, standing
from lib import application_clock
from lib.application_clock import LONDON


class Room(NamedTuple):
    """A place in the navigation: its words, its address, who may enter (any of, and all of)."""

    label: str
    url_name: str
    permissions: tuple[Permission, ...]
    needs: tuple[Permission, ...] = ()

    def is_open_to(self, user: User | AnonymousUser) -> bool:
        """Say whether they may enter."""
        any_of = not self.permissions or any(holds(user, each) for each in self.permissions)
        return any_of and all(holds(user, each) for each in self.needs)


EVERYBODY: tuple[Permission, ...] = ()
LINE, LETTER, GAP = 1_030, 8.3, 24
"""Pixels of one line of rooms beside "More" at 1280, of a letter in it and between two rooms."""
#: The first are those of every day; what does not fit on one line stands under "More".
ROOMS = (
    Room("My work", "cases:home", EVERYBODY),
    Room("Triage", "mash:board", (Permission.BOARD_SEE,)),
    Room("Referrals", "cases:referrals", (Permission.REFERRAL_READ,)),
    Room("Assessments", "assessments:assessments", (Permission.ASSESSMENT_READ,)),
    Room("Early help", "early_help:first", (Permission.EARLY_HELP_WORK, Permission.WAITING_READ)),
    Room(
        "Waiting for a worker",
        "cases:allocation_queue",
        (Permission.ALLOCATE,),
        needs=(Permission.REFERRAL_READ,),
    ),
    Room("Waiting for S&FS", "assessments:transfer_queue", (Permission.TRANSFER_READ,)),
    Room("Flags", "cases:flags", (Permission.FLAG_ACKNOWLEDGE,)),
    Room("Handovers", "cases:handovers", (Permission.HANDOVER_READ,)),
    Room("Missing", "mash:missing_list", (Permission.MISSING_RECORD, Permission.MISSING_DECIDE)),
    Room(
        "Agencies at meetings",
        "cases:agencies_at_meetings",
        (Permission.STRATEGY_CHAIR, Permission.CONFERENCE_RECORD),
        needs=(Permission.STATUTORY_READ,),
    ),
    Room("Exploitation", "mash:exploitation_list", (Permission.EXPLOITATION_DECIDE,)),
    Room("Agency answers", "mash:agency_checks", (Permission.CHECK_ANSWER_FOR_AGENCY,)),
    Room("Access log", "record:access_log", (Permission.ACCESS_LOG_READ,)),
    Room("Possible duplicates", "people:duplicates", (Permission.PERSON_LINK,)),
    Room("Emergency openings", "people:review_break_glass", (Permission.RESTRICTED_REVIEW,)),
    Room("Local limits", "record:policies", (Permission.POLICY_READ,)),
    Room("Working days", "record:holidays", (Permission.CALENDAR_EDIT,)),
    Room("Short names", "people:variants", (Permission.REFERENCE_DATA_EDIT,)),
    Room("Deliveries", "record:deliveries", (Permission.OUTBOX_SEE,)),
    Room(
        "Deputies",
        "accounts:deputies",
        (Permission.DEPUTY_APPOINT_OWN, Permission.DEPUTY_APPOINT_ANY),
    ),
    Room("Users", "accounts:users", (Permission.USERS_READ,)),
    Room("Teams", "accounts:teams", (Permission.USERS_READ,)),
    Room("Agency systems", "partner_api:systems", (Permission.USERS_READ,)),
)


@lru_cache(maxsize=64)
def address(url_name: str) -> str:
    """The address of a page, or nothing while the page does not exist."""
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return ""


def frame(request: HttpRequest) -> dict[str, Any]:
    """Give the frame its words; nothing about the person before they are signed in."""
    words: dict[str, Any] = {
        "SERVICE_NAME": settings.SERVICE_NAME,
        "AUTHORITY_NAME": settings.AUTHORITY_NAME,
        "DEMONSTRATION": settings.DEMONSTRATION,
        "sign_in_url": address("account_login"),
        "sign_out_url": address("account_logout"),
    }
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return words
    can_search = holds(user, Permission.PERSON_SEARCH)
    rooms = navigation(request)
    return words | {
        "navigation": rooms,
        "more_rooms": [room for room in rooms if room["is_aside"]],
        "can_search": can_search,
        "search_url": address("cases:search") if can_search else "",
        "acting_for": acting_for(user),
        "must_set_up_second_factor": settings.MFA_REQUIRED and request.path == address("mfa_index"),
        "profile_url": address("accounts:profile"),
        "idle_seconds": settings.IDLE_SECONDS,
        "warn_seconds": settings.WARN_SECONDS,
        "keep_alive_url": address("accounts:keep_alive"),
        "draft_key": draft_key(request),
    }


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The rooms this person can enter, the current one marked."""
    at = [room for room in ROOMS if address(room.url_name) and room.is_open_to(request.user)]
    matching = [room for room in at if request.path.startswith(address(room.url_name))]
    current = max(matching, key=lambda room: len(address(room.url_name)), default=None)
    if current is not None and address(current.url_name) == "/" and request.path != "/":
        current = None
    aside = _beyond_the_line(at, current)
    return [
        {
            "label": room.label,
            "url": address(room.url_name),
            "current": room is current,
            "is_aside": room in aside,
        }
        for room in at
    ]


def _beyond_the_line(rooms: Sequence[Room], current: Room | None) -> set[Room]:
    """Those that do not fit on one line; the room a person is in always stands on it."""
    used, aside = 0.0, set()
    for room in sorted(rooms, key=lambda room: room is not current):
        used += len(room.label) * LETTER + GAP
        if used > LINE:
            aside.add(room)
    return aside


def acting_for(user: User) -> str:
    """For whom this person is deputy now, in a sentence; nothing for most people."""
    now = application_clock.now()
    lines = [
        f"You are deputy for {deputyship.manager} until"
        f" {(deputyship.to_at - timedelta(seconds=1)).astimezone(LONDON):%A %-d %B %Y}."
        for deputyship, _ in standing(user).deputising
        if deputyship.covers(now) and deputyship.manager.is_active
    ]
    return " ".join(lines)


def draft_key(request: HttpRequest) -> str:
    """The key, in base64, of words kept in this browser: one person's, for one stay.

    It survives a time-out, so that the same person finds their words again, and ends when
    they sign out.
    """
    owner, salt = request.session.get(DRAFT, ("", ""))
    if owner != str(request.user.pk):
        return ""
    return b64encode(salted_hmac(salt, owner, algorithm="sha256").digest()).decode()
