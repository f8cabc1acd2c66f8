"""What a system may ask, and what the pages about systems show."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict
from uuid import UUID

from django.db.models import Case, Exists, F, Max, OuterRef, Prefetch, Q, QuerySet, Value, When
from django.db.models.fields import CharField

from accounts.models import PartnerAgency, User
from accounts.permissions import Permission, require
from cases.choices import ContactState, Outcome
from cases.models import Feedback
from partner_api.choices import Progress
from partner_api.models import AgencySystem, Sending
from record import events
from record.events import TimelineLine

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

    Standing = WithAnnotations[Sending, "Added"]


class Added(TypedDict):
    """What is worked out about a sending when it is asked for."""

    progress: str
    has_feedback: bool


TOLD = Q(told_at__isnull=False) & ~Q(what="")
_PROGRESS = Case(
    When(contact__state=ContactState.VOID, then=Value(Progress.SET_ASIDE.value)),
    When(contact__state=ContactState.RECEIVED, then=Value(Progress.RECEIVED.value)),
    # What EDT decided may be changed, and an enquiry is a next step.
    When(
        ~Q(contact__outcome=Outcome.MASH_ENQUIRY),
        contact__state=ContactState.DECIDED,
        contact__is_provisional=False,
        then=Value(Progress.DECIDED.value),
    ),
    default=Value(Progress.LOOKED_AT.value),
    output_field=CharField(),
)


def sendings(*, agency_id: UUID) -> QuerySet[Standing]:
    """The contacts an agency's systems sent, newest first, each with its `progress`."""
    return (
        Sending.objects.filter(agency=agency_id)
        .select_related("contact__submission")
        .annotate(
            progress=_PROGRESS,
            has_feedback=Exists(Feedback.objects.filter(TOLD, contact=OuterRef("contact"))),
        )
        .order_by("-received_at", "-id")
    )


def sending(*, agency_id: UUID, reference: str) -> Standing:
    """One contact of an agency's systems, with what the sender was `told`.

    :raises Sending.DoesNotExist: there is none, or another agency sent it
    """
    return (
        sendings(agency_id=agency_id)
        .prefetch_related(
            Prefetch(
                "contact__feedbacks",
                Feedback.objects.filter(TOLD).order_by("told_at", "pk"),
                to_attr="told_to_sender",
            )
        )
        .get(contact__reference=reference)
    )


def systems(*, by: User) -> QuerySet[AgencySystem]:
    """Every system by agency, open ones first, with when it last sent.

    :raises PermissionDenied: `by` may not see who signs in
    """
    require(by, Permission.USERS_READ)
    return (
        AgencySystem.objects.select_related("agency")
        .annotate(last_sent_at=Max("sendings__received_at"))
        .order_by(F("closed_at").desc(nulls_first=True), "agency__name", "name", "pk")
    )


def system(*, by: User, pk: UUID) -> AgencySystem:
    """One system.

    :raises PermissionDenied: `by` may not see who signs in
    :raises AgencySystem.DoesNotExist: there is none
    """
    return (
        systems(by=by).select_related("application", "opened_by", "closed_by", "account").get(pk=pk)
    )


def history(*, by: User, system: AgencySystem) -> list[TimelineLine]:
    """What was done to a system, newest first."""
    return events.timeline(by=by, subject_id=system.pk)


def agencies() -> list[tuple[str, str]]:
    """The agencies that a system can be opened for."""
    return [
        (str(pk), name)
        for pk, name in PartnerAgency.objects.filter(is_active=True)
        .order_by("name", "pk")
        .values_list("pk", "name")
    ]


def children_of(found: Sending) -> list[UUID]:
    """The children on the contact of a sending."""
    return list(
        found.contact.people.filter(is_child=True, ended_at__isnull=True)
        .order_by("position")
        .values_list("person_id", flat=True)
    )
