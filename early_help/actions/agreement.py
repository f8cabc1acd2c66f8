"""The family's agreement to early help: asked of a person, given for children."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import User
from accounts.permissions import Permission
from cases.choices import ConsentFrom, ConsentScope, ConsentState
from cases.queries.consent import last_of_holders, position
from early_help.actions import rules
from early_help.models import Agreement, AgreementChild, Episode
from early_help.queries.agreement import positions
from lib import application_clock, words
from people.models import Person
from record.errors import Refused


class NotAgreed(Refused):
    """The family has not agreed to early help for a child; the message names the child."""


@transaction.atomic
def record_agreement(
    *,
    by: User,
    at: datetime,
    episode_id: UUID,
    child_ids: Collection[UUID],
    asked_as: ConsentFrom,
    state: ConsentState,
    person_id: UUID | None = None,
    person_as_stated: str = "",
    how: str = "",
    to_what: str = "",
    words: str = "",
    language: str = "",
    interpreter: str = "",
    told_can_withdraw: bool | None = None,
) -> Agreement:
    """Record what one person said about early help for some of the children.

    A refusal or a withdrawal stops the work that rests on agreement: nothing is offered,
    started or planned for that child until somebody agrees again.
    """
    episode, authority = rules.begin(by, Permission.EARLY_HELP_WORK, at, episode_id)
    rules.refuse_over(episode)
    agreement = write(
        episode,
        by=by,
        at=at,
        child_ids=child_ids,
        asked_as=asked_as,
        state=state,
        person_id=person_id,
        person_as_stated=person_as_stated,
        how=how,
        to_what=to_what,
        words=words,
        language=language,
        interpreter=interpreter,
        told_can_withdraw=told_can_withdraw,
    )
    rules.append(
        "agreement",
        episode,
        authority=authority,
        at=at,
        child_ids=sorted(child_ids),
        state=str(state),
    )
    if state != ConsentState.GIVEN and episode.team.manager_id != by.pk:
        rules.notify(episode.team.manager_id, "agreement_ended", episode, at=at)
    return agreement


def write(
    episode: Episode,
    *,
    by: User,
    at: datetime,
    child_ids: Collection[UUID],
    asked_as: ConsentFrom,
    state: ConsentState,
    person_id: UUID | None = None,
    person_as_stated: str = "",
    how: str = "",
    to_what: str = "",
    words: str = "",
    language: str = "",
    interpreter: str = "",
    told_can_withdraw: bool | None = None,
) -> Agreement:
    """Write one answer within an action that has locked the episode.

    :raises Refused: what is missing of it
    """
    if not child_ids:
        raise Refused("Choose the children this is about.", field="child_ids")
    if set(child_ids) - set(rules.children(episode)):
        raise Refused("One of these children is not part of this episode.")
    if person_id is None and not person_as_stated.strip():
        raise Refused("Say who was asked.", field="person_as_stated")
    if state == ConsentState.GIVEN and not (how and to_what.strip()):
        raise Refused("Say how they agreed and to what.", field="to_what")
    if state != ConsentState.GIVEN and not words.strip():
        raise Refused("Enter the words they used.", field="words")
    agreement = Agreement.objects.create(
        episode=episode,
        asked_as=asked_as,
        person_id=person_id,
        person_as_stated=person_as_stated,
        state=state,
        how=how,
        to_what=to_what,
        words=words,
        language=language,
        interpreter=interpreter,
        told_can_withdraw=told_can_withdraw,
        at=at,
        by=by,
        recorded_at=application_clock.now(),
    )
    AgreementChild.objects.bulk_create(
        AgreementChild(agreement=agreement, child_id=child_id) for child_id in sorted(child_ids)
    )
    return agreement


def copy_from_contact(episode: Episode, *, child_ids: Collection[UUID]) -> None:
    """Keep, with the episode, the agreement that the MASH decision rested on."""
    if episode.contact_id is None:
        return
    answers = position(contact_id=episode.contact_id).answers
    for answer in last_of_holders(answers, scope=ConsentScope.SERVICE):
        if answer.state != ConsentState.GIVEN:
            continue
        agreement = Agreement.objects.create(
            episode=episode,
            asked_as=answer.asked_as,
            person_id=answer.person_id,
            person_as_stated=answer.person_as_stated,
            state=ConsentState.GIVEN,
            how=answer.how if answer.how in Agreement.How.values else Agreement.How.REPORTED,
            to_what=answer.to_what or "Early help",
            words=answer.words,
            language=answer.language,
            interpreter=answer.interpreter,
            told_can_withdraw=answer.told_can_withdraw,
            answer=answer,
            at=answer.at,
            by=answer.by,
            recorded_at=application_clock.now(),
        )
        AgreementChild.objects.bulk_create(
            AgreementChild(agreement=agreement, child_id=child_id) for child_id in sorted(child_ids)
        )


def require_agreed(episode: Episode, *, what: str) -> None:
    """Refuse what rests on agreement while a child is not agreed for.

    :param what: what cannot be done, as the sentence begins: "Help cannot be offered"
    :raises NotAgreed: names each child
    """
    child_ids = rules.children(episode)
    where = positions(episode_id=episode.pk, child_ids=child_ids)
    without = [child_id for child_id in child_ids if where[child_id] != ConsentState.GIVEN]
    if not without:
        return
    people = Person.objects.filter(pk__in=without).order_by("date_of_birth", "pk")
    said = words.list_of_names(
        [f"{person.name} ({ConsentState(where[person.pk]).label.lower()})" for person in people]
    )
    raise NotAgreed(f"{what} until a parent agrees to early help for {said}.")
