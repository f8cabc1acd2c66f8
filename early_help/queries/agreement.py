"""Whether the family agrees to early help, for each child."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from cases.choices import ConsentFrom, ConsentState
from early_help.models import AgreementChild


def positions(*, episode_id: UUID, child_ids: Iterable[UUID]) -> Mapping[UUID, ConsentState]:
    """Where each child stands; one query.

    The latest answer of anyone with parental responsibility that is about the child; carers
    without it and the young person are shown and do not set it (decisions.md 59).
    """
    found = dict.fromkeys(child_ids, ConsentState.NOT_ASKED_YET)
    rows = (
        AgreementChild.objects.filter(
            agreement__episode=episode_id,
            agreement__asked_as=ConsentFrom.PARENT_WITH_PR,
            child__in=list(found),
        )
        .order_by("agreement__at", "agreement__recorded_at", "pk")
        .values_list("child_id", "agreement__state")
    )
    for child_id, state in rows:
        found[child_id] = ConsentState(state)
    return found
