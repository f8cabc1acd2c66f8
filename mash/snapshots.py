"""What a decider could see, kept as data (decisions.md 65): row versions and words.

Read later through the reader's own rights: `people` carry ids, and names are looked up then.
"""

from typing import Any
from uuid import UUID

from accounts.models import User
from cases.models import Contact, ContactPerson
from cases.queries.consent import ConsentPosition
from cases.queries.history import history_of
from lib import application_clock
from lib.prepared import Prepared
from mash.models import (
    AgencyAnswer,
    AgencyCheck,
    Analysis,
    DomesticAbuse,
    EdtHandover,
    MissingNotice,
)
from record.models import Document, Note

_PEOPLE = Prepared(
    lambda contact_id: (
        ContactPerson.objects.filter(contact=contact_id, ended_at__isnull=True)
        .select_related("person")
        .order_by("position", "pk")
    ),
    contact_id=UUID,
)
_CHECKS = Prepared(
    lambda contact_id: (
        AgencyCheck.objects.filter(enquiry__contact=contact_id)
        .select_related("agency")
        .order_by("asked_at", "pk")
    ),
    contact_id=UUID,
)
_CHECK_ANSWERS = Prepared(
    lambda check_ids: AgencyAnswer.objects.filter(check_asked__in=check_ids).order_by("at", "pk"),
    check_ids=list[UUID],
)
_ANALYSES = Prepared(
    lambda contact_id: (
        Analysis.objects.filter(contact=contact_id)
        .select_related("by")
        .order_by("recorded_at", "pk")
    ),
    contact_id=UUID,
)
_DOMESTIC_ABUSE = Prepared(
    lambda contact_id: DomesticAbuse.objects.filter(contact=contact_id), contact_id=UUID
)
_MISSING: Prepared[Any] = Prepared(
    lambda contact_id: MissingNotice.objects.filter(contact=contact_id).values_list(
        "pk", flat=True
    ),
    contact_id=UUID,
)
_EDT_HANDOVERS = Prepared(
    lambda contact_id: EdtHandover.objects.filter(contact=contact_id).order_by("at", "pk"),
    contact_id=UUID,
)
_DOCUMENTS = Prepared(
    lambda contact_id: (
        Document.objects.filter(subject_id=contact_id)
        .order_by("recorded_at", "pk")
        .values_list("pk", "name")
    ),
    contact_id=UUID,
)
_NOTES: Prepared[UUID] = Prepared(
    lambda contact_id: (
        Note.objects.filter(subject_id=contact_id)
        .order_by("recorded_at", "pk")
        .values_list("pk", flat=True)
    ),
    contact_id=UUID,
)


def of_contact(*, contact: Contact, by: User, consent: ConsentPosition) -> dict[str, Any]:
    """Everything on the page of a contact in triage, as the decider sees it now."""
    now = application_clock.now()
    history = history_of(by=by, contact=contact, at=now)
    checks = _CHECKS(contact_id=contact.pk)
    answers: dict[UUID, list[AgencyAnswer]] = {}
    for answer in _CHECK_ANSWERS(check_ids=[check.pk for check in checks]) if checks else ():
        answers.setdefault(answer.check_asked_id, []).append(answer)
    return {
        "taken_at": now.isoformat(),
        "contact": {
            "id": str(contact.pk),
            "version": contact.version,
            "reference": contact.reference,
            "received_at": contact.received_at.isoformat(),
            "words": contact.words,
            "summary": contact.summary,
            "category": contact.category,
            "marks": list(contact.marks),
            "source_code": contact.source_code,
            "do_parents_know": contact.do_parents_know,
            "referrer_says_danger": contact.referrer_says_danger,
            "is_danger": contact.is_danger,
            "danger_why": contact.danger_why,
            "safe_contact": contact.safe_contact,
            "rag": contact.rag,
            "rag_reason": contact.rag_reason,
        },
        "people": [
            {
                "person_id": str(row.person_id),
                "is_child": row.is_child,
                "mention": row.mention,
                "relation": row.relation,
                "as_stated": row.as_stated,
                "match": row.match,
                "version": row.person.version,
            }
            for row in _PEOPLE(contact_id=contact.pk)
        ],
        "history": history.as_data(),
        "consent": {
            "state": consent.in_short,
            "label": consent.label,
            "answered": consent.answered,
            "answers": [
                {"id": str(row.pk), "state": row.state, "scope": row.scope, "words": row.words}
                for row in consent.answers
            ],
            "override_id": str(consent.override.pk) if consent.override else None,
            "lawful_basis": consent.lawful_basis.basis if consent.lawful_basis else None,
        },
        "checks": [
            {
                "id": str(check.pk),
                "agency": check.agency.name,
                "state": check.state,
                "label": check.get_state_display(),
                "why": check.why,
                "waived_because": check.waived_because,
                "answers": [
                    {
                        "id": str(answer.pk),
                        "at": answer.at.isoformat(),
                        "author": answer.author,
                        "information": answer.information,
                        "reliability": answer.reliability,
                        "sharing": answer.sharing,
                    }
                    for answer in answers.get(check.pk, ())
                ],
            }
            for check in checks
        ],
        "analyses": [
            {
                "id": str(row.pk),
                "child_id": str(row.child_id),
                "by": row.by.full_name,
                "at": row.at.isoformat(),
                "harm": row.harm,
                "likelihood": row.likelihood,
                "protective": row.protective,
                "history": row.history,
                "unknown": row.unknown,
                "recommended_level": row.recommended_level,
            }
            for row in _ANALYSES(contact_id=contact.pk)
        ],
        "domestic_abuse": [
            {
                "dash_score": row.dash_score,
                "dash_grade": row.dash_grade,
                "previous_incidents": row.previous_incidents,
                "marac_referred": row.marac_referred,
                "triage_note": row.triage_note,
            }
            for row in _DOMESTIC_ABUSE(contact_id=contact.pk)
        ],
        "missing": [str(pk) for pk in _MISSING(contact_id=contact.pk)],
        "edt": [
            {"id": str(row.pk), "what_happened": row.what_happened, "risk_now": row.risk_now}
            for row in _EDT_HANDOVERS(contact_id=contact.pk)
        ],
        "documents": [
            {"id": str(pk), "name": name} for pk, name in _DOCUMENTS(contact_id=contact.pk)
        ],
        "notes": [str(pk) for pk in _NOTES(contact_id=contact.pk)],
    }
