"""What a decider could see, kept as data (decisions.md 65): row versions and words.

Read later through the reader's own rights: `people` carry ids, and names are looked up then.
"""

from typing import Any

from accounts.models import User
from cases.models import Contact
from cases.queries.consent import ConsentPosition
from cases.queries.history import history_of
from lib import application_clock
from mash.models import AgencyCheck, DomesticAbuse, EdtHandover, MissingNotice
from record.models import Document, Note


def of_contact(*, contact: Contact, by: User, consent: ConsentPosition) -> dict[str, Any]:
    """Everything on the page of a contact in triage, as the decider sees it now."""
    now = application_clock.now()
    history = history_of(by=by, contact=contact, at=now)
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
            for row in contact.people.filter(ended_at__isnull=True)
            .select_related("person")
            .order_by("position", "pk")
        ],
        "history": history.as_data(),
        "consent": {
            "state": consent.state,
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
                    for answer in check.answers.order_by("at", "pk")
                ],
            }
            for check in AgencyCheck.objects.filter(enquiry__contact=contact)
            .select_related("agency")
            .prefetch_related("answers")
            .order_by("asked_at", "pk")
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
            for row in contact.analyses.select_related("by").order_by("recorded_at", "pk")
        ],
        "domestic_abuse": [
            {
                "dash_score": row.dash_score,
                "dash_grade": row.dash_grade,
                "previous_incidents": row.previous_incidents,
                "marac_referred": row.marac_referred,
                "triage_note": row.triage_note,
            }
            for row in DomesticAbuse.objects.filter(contact=contact)
        ],
        "missing": [str(row.pk) for row in MissingNotice.objects.filter(contact=contact)],
        "edt": [
            {"id": str(row.pk), "what_happened": row.what_happened, "risk_now": row.risk_now}
            for row in EdtHandover.objects.filter(contact=contact).order_by("at", "pk")
        ],
        "documents": [
            {"id": str(row.pk), "name": row.name}
            for row in Document.objects.filter(subject_id=contact.pk).order_by("recorded_at", "pk")
        ],
        "notes": [
            str(row.pk)
            for row in Note.objects.filter(subject_id=contact.pk).order_by("recorded_at", "pk")
        ],
    }
