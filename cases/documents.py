"""Who may read and add the files of a contact."""

from collections.abc import Sequence
from uuid import UUID

from accounts.models import User
from accounts.permissions import Permission, holds
from cases.models import Contact, ContactPerson
from record.documents import Access
from record.models import Document


def _may_read(user: User, document: Document) -> bool:
    return Contact.objects.visible_to(user).filter(pk=document.subject_id).exists()


def _may_add(user: User, contact_id: UUID) -> bool:
    return (
        holds(user, Permission.DOCUMENT_ADD)
        and Contact.objects.visible_to(user).filter(pk=contact_id).exists()
    )


def _children(document: Document) -> Sequence[UUID]:
    return list(
        ContactPerson.objects.filter(
            contact=document.subject_id, is_child=True, ended_at__isnull=True
        ).values_list("person_id", flat=True)
    )


contact_documents = Access(may_read=_may_read, may_add=_may_add, children=_children)
