"""A form whose words are kept while they are typed, and put back when its page is opened again.

One mechanism for every long form. The page saves through `record:draft_save`; what it saved is
marked recorded with what it became. The form's token is kept with the words, so that a page put
back after the browser died, and sent again, still records once.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django import forms
from django.forms.utils import ErrorDict
from django.http import Http404, HttpRequest, QueryDict
from django.urls import reverse
from django.utils.datastructures import MultiValueDict

from accounts.models import User
from lib.application_clock import now
from record import drafts
from record.models import Draft, FormToken

KEEP = "keep_draft"
#: What a page sends beside what is typed.
NOT_TYPED = frozenset({"csrfmiddlewaretoken", "draft_version", KEEP})


class Drafted:
    """The draft of one form of one page, of whoever asks for it.

    A form that asks for no more than lines has none: then nothing here does anything.
    """

    def __init__(
        self,
        request: HttpRequest,
        *,
        form: str,
        subject_id: UUID | None = None,
        is_sent: bool | None = None,
        is_long: bool = True,
        page: str = "",
    ) -> None:
        """
        :param subject_id: what the form is about; left out, the address of the page itself
        :param page: where it is gone on with, if not on this page
        :param is_sent: whether this form is what is sent, on a page with several
        """
        if not isinstance(request.user, User):
            raise Http404
        self.request = request
        self.owner = request.user
        self.form = form
        self.is_sent = request.method == "POST" if is_sent is None else is_sent
        self.is_long = is_long
        self.page = page or request.path
        self.subject_id = subject_id or uuid.uuid5(uuid.NAMESPACE_URL, request.path)
        self.draft: Draft | None = None
        if is_long:
            self.draft = drafts.load(owner=self.owner, form=form, subject_id=self.subject_id)
        if self.draft is not None and _is_recorded(self.draft.data.get("token")):
            self.recorded()  # the browser died before it heard

    @property
    def url(self) -> str:
        """Where the page saves to."""
        return saves_to(self.request, self.form, self.subject_id, page=self.page)

    @property
    def version(self) -> int:
        """The version on which the next save rests."""
        return self.draft.version if self.draft is not None else 0

    @property
    def is_left(self) -> bool:
        """Say whether somebody without JavaScript keeps the draft and leaves."""
        return self.is_long and self.is_sent and KEEP in self.request.POST

    @property
    def saved_at(self) -> datetime | None:
        return self.draft.saved_at if self.draft is not None else None

    @property
    def is_restored(self) -> bool:
        """Say whether the page shows what was typed before."""
        return self.draft is not None and not self.is_sent

    @property
    def typed(self) -> QueryDict | None:
        """What is sent, or what was typed before, in the shape in which a browser sends it."""
        if self.is_sent:
            return self.request.POST
        if self.draft is None:
            return None
        found = QueryDict(mutable=True)
        for key, value in self.draft.data.items():
            found.setlist(key, value if isinstance(value, list) else [value])
        found.setdefault("token", str(uuid.uuid4()))
        return found

    def keep(self) -> None:
        """Keep what is sent and not recorded; a newer draft of another window stays."""
        if not self.is_long or not self.is_sent:
            return
        sent = self.request.POST
        version = sent.get("draft_version", "")
        try:
            self.draft = drafts.save(
                owner=self.owner,
                form=self.form,
                subject_id=self.subject_id,
                data={
                    key: values[0] if len(values) == 1 else values
                    for key, values in sent.lists()
                    if key not in NOT_TYPED
                },
                version=int(version) if version.isdecimal() and len(version) < 10 else self.version,
                at=now(),
                page=self.page,
            )
        except drafts.DraftClash:
            return

    def recorded(self) -> None:
        """Note that what was typed now stands in the record."""
        if not self.is_long:
            return
        drafts.mark_recorded(owner=self.owner, form=self.form, subject_id=self.subject_id, at=now())
        self.draft = None


def saves_to(request: HttpRequest, form: str, subject_id: UUID, *, page: str = "") -> str:
    """Give the address that keeps what is typed on this page, to be gone on with there."""
    address = reverse("record:draft_save", args=[form, subject_id])
    return f"{address}?page={quote(page or request.path)}"


def _is_recorded(token: Any) -> bool:
    try:
        return FormToken.objects.filter(pk=UUID(str(token))).exists()
    except ValueError:
        return False


def attach(request: HttpRequest, form: forms.BaseForm, *beside: forms.BaseForm) -> Drafted:
    """Give each long form of a page its draft, as `form.draft`, and put back what was typed.

    :param form: the form that a POST sends; its draft is returned
    :param beside: other forms of the same page
    """
    found = []
    for each in (form, *beside):
        kept = Drafted(
            request,
            form=type(each).__name__,
            is_sent=request.method == "POST" and each is form,
            is_long=any(isinstance(one.widget, forms.Textarea) for one in each.fields.values()),
        )
        found.append(kept)
        if kept.is_long:
            each.draft = kept  # type: ignore[attr-defined]
        if kept.is_restored:
            put_back(each, kept.typed)
    return found[0]


def put_back(form: forms.BaseForm, typed: QueryDict | None) -> None:
    """Show what was typed before, and say nothing about it yet."""
    if typed is None:
        return
    form.data = typed
    form.files = MultiValueDict()
    form.is_bound = True
    unchecked([form])


def unchecked(those: Sequence[Any]) -> None:
    """Say nothing about what stands in these forms: a draft that is gone on with."""
    for form in those:
        form._errors = ErrorDict()
        form.cleaned_data = {}  # nothing was read from it either
