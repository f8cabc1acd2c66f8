"""What workers answer to "is this person already known?"."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.models import User
from lib import application_clock
from people.models import SearchAnswer

Answer = SearchAnswer.Answer


def keep_answer(
    *,
    by: User,
    at: datetime,
    person_id: UUID,
    seen: Mapping[str, Any],
    is_chosen: bool = False,
    is_later: bool = False,
) -> SearchAnswer:
    """Keep an answer with the list that was seen, in the transaction that goes by it.

    :param person_id: the record that stands for whom was asked about: the one chosen, or the new
    :param seen: as `Answer.as_seen` of `people.matching` gives it
    :param is_chosen: one of those shown was chosen
    :param is_later: somebody else is to decide
    """
    shown = [UUID(str(each["person_id"])) for each in seen.get("candidates", ())]
    answer = Answer.NOT_SAME if shown or seen.get("restricted_may_match") else Answer.NOT_KNOWN
    if is_chosen:
        answer = Answer.SAME
    elif is_later:
        answer = Answer.LATER
    return SearchAnswer.objects.create(
        person_id=person_id,
        answer=answer,
        shown_ids=shown,
        seen=dict(seen),
        at=at,
        recorded_at=application_clock.now(),
        recorded_by=by,
    )
