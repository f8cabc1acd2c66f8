"""A MASH enquiry: which agency is asked, why, what it answers, and what it all means per child."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import PartnerAgency, User
from accounts.permissions import Authority, Permission, require
from cases import clocks, family_changes, holding
from cases.actions.contacts import children_of, lock_contact, mash_team, touch
from cases.choices import BoardState, ConsentState, ContactState, InvolvementKind, Level, Rag
from cases.models import Contact, Involvement
from cases.queries.consent import ConsentPosition, position
from lib import application_clock
from lib.prepared import Prepared
from mash.models import (
    AgencyAnswer,
    AgencyCheck,
    AgencyCheckChase,
    AgencyCheckChild,
    Analysis,
    Enquiry,
)
from mash.timescales import CHECK_RULES, RAG_RULES
from record import clocks as record_clocks
from record import events, outbox
from record.errors import Refused

FINAL = frozenset(
    {
        AgencyCheck.State.RETURNED,
        AgencyCheck.State.NOTHING_KNOWN,
        AgencyCheck.State.DECLINED,
        AgencyCheck.State.WAIVED,
    }
)
MAY_ASK = frozenset(
    {
        ConsentState.GIVEN,
        ConsentState.DISPENSED,
        ConsentState.OVERRIDDEN,
        ConsentState.NOT_APPLICABLE,
    }
)


def start_enquiry(
    *,
    authority: Authority,
    at: datetime,
    contact: Contact,
    question: str,
    child_ids: Iterable[UUID],
) -> Enquiry:
    """Open an enquiry within a decision: the children's involvement and the RAG clock start."""
    if not contact.rag:
        raise Refused("Rate the urgency first: it sets how fast agencies answer.")
    if not question.strip():
        raise Refused("Say which question the enquiry must answer.")
    if Enquiry.objects.filter(contact=contact, ended_at__isnull=True).exists():
        raise Refused("A MASH enquiry is open on this contact already.")
    enquiry = Enquiry.objects.create(
        contact=contact,
        question=question,
        opened_by=authority.user,
        opened_at=at,
        recorded_at=application_clock.now(),
    )
    child_ids = sorted(child_ids)
    join_enquiry(enquiry, authority=authority, at=at, child_ids=child_ids)
    clocks.start(
        RAG_RULES[contact.rag], on=contact, started_at=contact.received_at, by=authority.user
    )
    events.append(
        "mash.enquiry_opened",
        authority=authority,
        at=at,
        subject_kind="enquiry",
        subject_id=enquiry.pk,
        children=child_ids,
    )
    return enquiry


def join_enquiry(
    enquiry: Enquiry, *, authority: Authority, at: datetime, child_ids: Iterable[UUID]
) -> None:
    """Let an enquiry keep these children open; whoever is in it already stays."""
    child_ids = sorted(child_ids)
    holding.lock(child_ids)
    holding.start_each(
        child_ids=child_ids,
        kind=InvolvementKind.ENQUIRY,
        subject_id=enquiry.pk,
        at=at,
        team=mash_team(),
        authority=authority,
    )


@transaction.atomic
def open_enquiry(*, by: User, at: datetime, contact_id: UUID, question: str) -> Enquiry:
    """Open a red enquiry at once, before the manager's decision; the contact stays undecided."""
    authority = require(by, Permission.ENQUIRY_OPEN)
    contact = lock_contact(contact_id, by)
    if contact.state == ContactState.VOID or contact.board_state == "":
        raise Refused("This contact has been decided. A manager can reopen it.")
    if contact.rag != Rag.RED:
        raise Refused(
            "Only a red enquiry opens before the decision."
            " Send the contact to the manager, or rate it red with the reason."
        )
    enquiry = start_enquiry(
        authority=authority,
        at=at,
        contact=contact,
        question=question,
        child_ids=children_of(contact),
    )
    contact.board_state = BoardState.CHECKS
    touch(contact)
    contact.save(update_fields=["board_state", "version", "changed_at"])
    return enquiry


@transaction.atomic
def ask_agency(
    *,
    by: User,
    at: datetime,
    enquiry_id: UUID,
    agency_id: UUID,
    why: str,
    child_ids: Iterable[UUID],
) -> AgencyCheck:
    """Ask one agency what it knows, with why it is proportionate to ask; CHK runs from now.

    :raises Refused: nobody agreed and no manager decided to go on; no reason; already asked
    """
    authority = require(by, Permission.CHECK_REQUEST)
    enquiry, contact = _open(enquiry_id, by)
    stands = position(contact_id=contact.pk)
    _refuse_without_agreement(stands)
    if stands.lawful_basis is None:
        raise Refused("Record the lawful basis for sharing first.")
    if not why.strip():
        raise Refused("Say why this agency is asked.")
    children = sorted(set(child_ids))
    if not children or not set(children) <= set(children_of(contact)):
        raise Refused("Choose the children this agency is asked about.")
    agency = PartnerAgency.objects.get(pk=agency_id)
    if enquiry.checks.filter(agency=agency).exclude(state__in=FINAL).exists():
        raise Refused(f"{agency.name} has been asked already and has not answered yet.")
    check = AgencyCheck(
        enquiry=enquiry,
        agency=agency,
        why=why,
        asked_by=by,
        asked_at=at,
        recorded_at=application_clock.now(),
    )
    clock = record_clocks.start(
        CHECK_RULES[contact.rag or Rag.GREEN],
        subject_kind="agency_check",
        subject_id=check.pk,
        started_at=at,
        by=by,
    )
    check.due_at = clock.due_at
    check.save(force_insert=True)
    AgencyCheckChild.objects.bulk_create(
        AgencyCheckChild(check_asked=check, person_id=child_id) for child_id in children
    )
    if enquiry.state == Enquiry.State.OPEN:
        enquiry.state = Enquiry.State.CHECKS_IN_PROGRESS
        enquiry.save(update_fields=["state"])
    if agency.email:
        outbox.put(
            "email",
            key=f"check.asked:{check.pk}",
            payload={"to": "agency", "agency_id": str(agency.pk), "code": "check.asked"},
            at=at,
            subject_kind="agency_check",
            subject_id=check.pk,
        )
    _tell("mash.check_asked", check, authority, at, children)
    return check


def _refuse_without_agreement(stands: ConsentPosition) -> None:
    if stands.state not in MAY_ASK:
        raise Refused(
            "Nobody has agreed to agencies being asked, and no manager has decided to go on"
            " without. Record the family's answer, or ask a manager."
        )


@transaction.atomic
def acknowledge_check(*, by: User, at: datetime, check_id: UUID) -> AgencyCheck:
    """Record that the agency has seen the question."""
    check, _contact, authority = _check(check_id, by)
    return _acknowledge(check, authority, at)


@transaction.atomic
def acknowledge_own_check(*, by: User, at: datetime, check_id: UUID) -> AgencyCheck:
    """Say for one's own agency that the question has been seen.

    :raises AgencyCheck.DoesNotExist: the question was put to another agency
    """
    check, _contact, authority = _own_check(check_id, by)
    return _acknowledge(check, authority, at)


def _acknowledge(check: AgencyCheck, authority: Authority, at: datetime) -> AgencyCheck:
    if check.state != AgencyCheck.State.REQUESTED:
        raise Refused("This question has gone past being seen.")
    check.state = AgencyCheck.State.ACKNOWLEDGED
    check.acknowledged_at = at
    check.save(update_fields=["state", "acknowledged_at"])
    _tell("mash.check_acknowledged", check, authority, at, _asked_about(check))
    return check


@transaction.atomic
def answer_check(
    *,
    by: User,
    at: datetime,
    check_id: UUID,
    state: str,
    author: str,
    information: str = "",
    reliability: str = "",
    sharing: str = "",
    refusal_reason: str = "",
    how: str = "",
) -> AgencyAnswer:
    """Record what an agency answered, how reliable it is, and whether the family may see it.

    A later answer to the same question is added; the first stays.
    """
    check, contact, authority = _check(check_id, by)
    return _answer(
        check,
        contact,
        authority,
        at,
        state=state,
        author=author,
        information=information,
        reliability=reliability,
        sharing=sharing,
        refusal_reason=refusal_reason,
        how=how,
    )


@transaction.atomic
def answer_own_check(
    *,
    by: User,
    at: datetime,
    check_id: UUID,
    state: str,
    author: str,
    information: str = "",
    reliability: str = "",
    sharing: str = "",
    refusal_reason: str = "",
) -> AgencyAnswer:
    """Answer for one's own agency; the contact itself stays unseen.

    :raises PermissionDenied: `by` may not answer for an agency
    :raises AgencyCheck.DoesNotExist: the question was put to another agency
    """
    check, contact, authority = _own_check(check_id, by)
    if check.enquiry.ended_at is not None and check.ended_at is None:
        raise Refused("The enquiry has ended, so no answer is needed any more.")
    return _answer(
        check,
        contact,
        authority,
        at,
        state=state,
        author=author,
        information=information,
        reliability=reliability,
        sharing=sharing,
        refusal_reason=refusal_reason,
        how="In the portal",
    )


def _answer(
    check: AgencyCheck,
    contact: Contact,
    authority: Authority,
    at: datetime,
    *,
    state: str,
    author: str,
    information: str,
    reliability: str,
    sharing: str,
    refusal_reason: str,
    how: str,
) -> AgencyAnswer:
    if state not in (
        AgencyCheck.State.RETURNED,
        AgencyCheck.State.NOTHING_KNOWN,
        AgencyCheck.State.DECLINED,
    ):
        raise Refused("Choose whether they answered, know nothing, or declined.")
    if not author.strip():
        raise Refused("Say who in the agency answered.")
    if state == AgencyCheck.State.RETURNED and not (
        information.strip() and reliability and sharing
    ):
        raise Refused("Enter what they said, how reliable it is and whether the family may see it.")
    if state == AgencyCheck.State.DECLINED and not refusal_reason.strip():
        raise Refused("Say why they declined.")
    if at < check.asked_at:
        raise Refused("The answer is before the question was asked.")
    answer = AgencyAnswer.objects.create(
        check_asked=check,
        state=state,
        author=author,
        information=information,
        reliability=reliability,
        sharing=sharing,
        refusal_reason=refusal_reason,
        how=how,
        at=at,
        by=authority.user,
        recorded_at=application_clock.now(),
    )
    if check.state != AgencyCheck.State.RETURNED:
        check.state = state
    check.ended_at = check.ended_at or at
    check.save(update_fields=["state", "ended_at"])
    record_clocks.stop(_rule_of(check), subject_id=check.pk, at=at)
    contact.news = f"{check.agency.name} replied"[:60]
    contact.news_at = at
    touch(contact)
    contact.save(update_fields=["news", "news_at", "version", "changed_at"])
    asked_about = _asked_about(check)
    _tell("mash.check_answered", check, authority, at, asked_about)
    if state == AgencyCheck.State.RETURNED:
        family_changes.raise_for_information(
            child_ids=asked_about,
            from_whom=check.agency.name,
            contact_id=contact.pk,
            source_kind="enquiry",
            source_id=check.enquiry_id,
            authority=authority,
            at=at,
        )
    return answer


@transaction.atomic
def chase(*, by: User, at: datetime, check_id: UUID, how: str) -> AgencyCheckChase:
    """Remind an agency that has not answered.

    What rests on the family's agreement stops when they withdraw it (domain.md 2.3): a question
    put before that is not put again by a reminder.

    :raises Refused: it has answered, or nobody agrees any more and no manager decided to go on
    """
    check, contact, authority = _check(check_id, by)
    if check.state in FINAL:
        raise Refused("This agency has answered.")
    _refuse_without_agreement(position(contact_id=contact.pk))
    if not how.strip():
        raise Refused("Say how you reminded them, and whom.")
    reminder = AgencyCheckChase.objects.create(
        check_asked=check, by=by, at=at, how=how, recorded_at=application_clock.now()
    )
    if check.agency.email:
        outbox.put(
            "email",
            key=f"check.chased:{reminder.pk}",
            payload={
                "to": "agency",
                "agency_id": str(check.agency_id),
                "code": "check.chased",
            },
            at=at,
            subject_kind="agency_check",
            subject_id=check.pk,
        )
    _tell("mash.check_chased", check, authority, at, _asked_about(check))
    return reminder


@transaction.atomic
def waive_check(*, by: User, at: datetime, check_id: UUID, because: str) -> AgencyCheck:
    """Go on without an agency's answer: a manager says why the decision is safe without it."""
    authority = require(by, Permission.CHECK_WAIVE, at=at)
    check, contact = _locked_check(check_id, by)
    if check.state in FINAL:
        raise Refused("This agency has answered, so there is nothing to waive.")
    if not because.strip():
        raise Refused("Say why the decision is safe without this answer.")
    check.state = AgencyCheck.State.WAIVED
    check.waived_by = by
    check.waived_because = because
    check.ended_at = at
    check.save(update_fields=["state", "waived_by", "waived_because", "ended_at"])
    record_clocks.stop(_rule_of(check), subject_id=check.pk, at=at, reason="not_needed")
    touch(contact)
    contact.save(update_fields=["version", "changed_at"])
    _tell("mash.check_waived", check, authority, at, _asked_about(check))
    return check


@transaction.atomic
def finish_checks(
    *, by: User, at: datetime, enquiry_id: UUID, went_on_without: str = ""
) -> Enquiry:
    """Go from asking to analysing: every check final, or a reason for going on without."""
    require(by, Permission.ANALYSIS_WRITE)
    enquiry, _contact = _open(enquiry_id, by)
    waiting = list(
        enquiry.checks.exclude(state__in=FINAL).select_related("agency").order_by("asked_at", "pk")
    )
    if waiting and not went_on_without.strip():
        names = " and ".join(check.agency.name for check in waiting)
        raise Refused(f"{names} has not answered. Wait, or say why you go on without.")
    enquiry.state = Enquiry.State.ANALYSIS
    enquiry.went_on_without = went_on_without
    enquiry.save(update_fields=["state", "went_on_without"])
    return enquiry


@transaction.atomic
def analyse(
    *,
    by: User,
    at: datetime,
    contact_id: UUID,
    child_id: UUID,
    harm: str,
    likelihood: str,
    protective: str,
    history: str,
    unknown: str,
    recommended_level: Level,
    recommended_outcome: str = "",
) -> Analysis:
    """Write what it all means for one child. Nothing is copied from a brother or sister."""
    authority = require(by, Permission.ANALYSIS_WRITE)
    contact = lock_contact(contact_id, by)
    if contact.board_state == "":
        raise Refused("This contact has been decided. A manager can reopen it.")
    if child_id not in set(children_of(contact)):
        raise Refused("This child is not on the contact.")
    if not all(text.strip() for text in (harm, likelihood, protective, history, unknown)):
        raise Refused(
            "Enter harm, likelihood, protective factors, history and what is unknown."
            " “Nothing known” is an answer."
        )
    analysis = Analysis.objects.create(
        contact=contact,
        child_id=child_id,
        harm=harm,
        likelihood=likelihood,
        protective=protective,
        history=history,
        unknown=unknown,
        recommended_level=recommended_level,
        recommended_outcome=recommended_outcome,
        by=by,
        at=at,
        recorded_at=application_clock.now(),
    )
    touch(contact)
    contact.save(update_fields=["version", "changed_at"])
    events.append(
        "mash.analysed",
        authority=authority,
        at=at,
        subject_kind="contact",
        subject_id=contact.pk,
        children=[child_id],
        data={"level": str(recommended_level)},
    )
    return analysis


@transaction.atomic
def put_before_manager(*, by: User, at: datetime, enquiry_id: UUID) -> Enquiry:
    """Send an analysed enquiry to the manager: every child of the contact has an analysis.

    Sent again, it is before the manager already.
    """
    authority = require(by, Permission.ANALYSIS_WRITE)
    enquiry, contact = _open(enquiry_id, by)
    done = set(contact.analyses.values_list("child_id", flat=True))
    missing = [
        row.person.name
        for row in contact.people.filter(is_child=True, ended_at__isnull=True)
        .select_related("person")
        .order_by("position", "pk")
        if row.person_id not in done
    ]
    if missing:
        raise Refused(f"There is no analysis yet for {' and '.join(missing)}.")
    is_before_them = contact.board_state == BoardState.DECISION
    if is_before_them and enquiry.state == Enquiry.State.AWAITING_DECISION:
        return enquiry
    enquiry.state = Enquiry.State.AWAITING_DECISION
    enquiry.save(update_fields=["state"])
    contact.board_state = BoardState.DECISION
    touch(contact)
    contact.save(update_fields=["board_state", "version", "changed_at"])
    events.append(
        "mash.decision_proposed",
        authority=authority,
        at=at,
        subject_kind="enquiry",
        subject_id=enquiry.pk,
        children=children_of(contact),
    )
    return enquiry


_OPEN: Prepared[Enquiry] = Prepared(
    lambda contact_id: (
        Enquiry.objects.select_for_update()
        .filter(contact=contact_id, ended_at__isnull=True)
        .order_by("pk")
    ),
    contact_id=UUID,
)


def end_enquiry(contact: Contact, *, at: datetime, state: str) -> None:
    """Close the open enquiry of a contact: its checks stop, its children are released."""
    enquiry = _OPEN.first(contact_id=contact.pk)
    if enquiry is None:
        return
    enquiry.state = state
    enquiry.ended_at = at
    enquiry.save(update_fields=["state", "ended_at"])
    for check in enquiry.checks.exclude(state__in=FINAL):
        record_clocks.stop_all(subject_id=check.pk, at=at)
    children = sorted(
        Involvement.objects.filter(
            kind=InvolvementKind.ENQUIRY, subject_id=enquiry.pk, to_at__isnull=True
        ).values_list("child_id", flat=True)
    )
    holding.lock(children)
    holding.end_each(child_ids=children, kind=InvolvementKind.ENQUIRY, subject_id=enquiry.pk, at=at)


def cancel_enquiry(*, contact: Contact, at: datetime) -> None:
    """End the enquiry of a contact that is void (cases.reactions.contact_voided)."""
    end_enquiry(contact, at=at, state=Enquiry.State.CANCELLED)


def _open(enquiry_id: UUID, by: User) -> tuple[Enquiry, Contact]:
    contact_id = Enquiry.objects.values_list("contact_id", flat=True).get(pk=enquiry_id)
    contact = lock_contact(contact_id, by)
    enquiry = Enquiry.objects.select_for_update().get(pk=enquiry_id)
    if enquiry.ended_at is not None:
        raise Refused("This enquiry is over.")
    return enquiry, contact


def _check(check_id: UUID, by: User) -> tuple[AgencyCheck, Contact, Authority]:
    authority = require(by, Permission.CHECK_REQUEST)
    check, contact = _locked_check(check_id, by)
    return check, contact, authority


def _locked_check(check_id: UUID, by: User) -> tuple[AgencyCheck, Contact]:
    """Lock a question after its contact, as everybody does, so that no two block each other."""
    contact_id = AgencyCheck.objects.values_list("enquiry__contact_id", flat=True).get(pk=check_id)
    contact = lock_contact(contact_id, by)
    check = (
        AgencyCheck.objects.select_for_update(of=("self",))
        .select_related("enquiry", "agency")
        .get(pk=check_id)
    )
    return check, contact


def _own_check(check_id: UUID, by: User) -> tuple[AgencyCheck, Contact, Authority]:
    """A question to one's own agency, with its contact locked though it may not be read."""
    authority = require(by, Permission.CHECK_ANSWER_FOR_AGENCY)
    own = AgencyCheck.objects.filter(agency=by.agency_id).exclude(state=AgencyCheck.State.DRAFT)
    contact_id = own.values_list("enquiry__contact_id", flat=True).get(pk=check_id)
    contact = Contact.objects.select_for_update(of=("self",), no_key=True).get(pk=contact_id)
    check = own.select_for_update(of=("self",)).select_related("enquiry", "agency").get(pk=check_id)
    return check, contact, authority


def _rule_of(check: AgencyCheck) -> str:
    running = record_clocks.running(subject_ids=[check.pk])
    return running[0].rule if running else CHECK_RULES["green"]


def _asked_about(check: AgencyCheck) -> list[UUID]:
    return list(check.children.order_by("person_id").values_list("person_id", flat=True))


def _tell(
    code: str, check: AgencyCheck, authority: Authority, at: datetime, children: list[UUID]
) -> None:
    events.append(
        code,
        authority=authority,
        at=at,
        subject_kind="agency_check",
        subject_id=check.pk,
        children=children,
        data={"agency_id": str(check.agency_id)},
    )
