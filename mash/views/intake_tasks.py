"""The task list of a contact that has been received, and its pages: one for each thing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from functools import wraps
from typing import Any
from uuid import UUID

from django import forms as django_forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.permissions import Permission, holds, require
from cases import actions as case_actions
from cases.choices import ConsentFrom, ConsentScope, ConsentState, InvolvementKind
from cases.clocks import NOT_ON_THE_BOARD
from cases.models import Contact, ContactLink, InformationRequest
from cases.queries import consent, history
from lib import words
from lib.application_clock import now
from lib.working_days import london_date
from mash import actions as mash_actions
from mash.actions import intake as actions
from mash.forms import intake_tasks as forms
from mash.forms.intake import OnContact, fingerprint
from mash.models import EdtHandover, MissingNotice
from mash.queries import intake as queries
from mash.views.doors import Closed, closed_page, contact_for, leave
from mash.views.intake import board_crumb, say_no, user_of
from people.queries import children_elsewhere
from people.views import opening
from record import clocks, documents, drafted, read_log
from record.errors import Clash, Refused
from record.once import AlreadyRecorded, once_only


class ClosedPerson(Exception):
    """Somebody on the contact has a record that this person may not read."""

    def __init__(self, person_id: UUID) -> None:
        super().__init__()
        self.person_id = person_id


def page(*methods: str) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Make a view of a contact: signed in, by these methods, and closed where it is restricted."""

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @login_required
        @require_http_methods([*methods, *(["HEAD"] if "GET" in methods else [])])
        @wraps(view)
        def guarded(request: HttpRequest, pk: UUID, **named: Any) -> HttpResponse:
            try:
                return view(request, pk, **named)
            except Closed as closed:
                return closed_page(request, closed.contact)
            except ClosedPerson as closed_person:
                return opening.closed(request, closed_person.person_id)

        return guarded

    return decorate


def contact_of(request: HttpRequest, pk: UUID) -> Contact:
    """The contact, if this person may work on it.

    :raises PermissionDenied: they may not change contacts
    :raises Closed: it is about somebody whose record they may not read
    :raises Http404: they may not know of it
    """
    user = user_of(request)
    require(user, Permission.CONTACT_EDIT)
    return contact_for(user, pk)


def crumbs_of(contact: Contact) -> list[tuple[str, str]]:
    """The way back from a page of the task list."""
    return [
        board_crumb(),
        (f"Contact {contact.reference}", reverse("mash:contact_tasks", args=[contact.pk])),
    ]


def readable(people: Iterable[queries.OnIt]) -> list[queries.OnIt]:
    """People of the contact whose records this person may read, and so may add to."""
    return [one for one in people if not one.is_closed]


def on_contact(people: Iterable[queries.OnIt]) -> list[OnContact]:
    """People of the contact, to choose from."""
    return [OnContact(one.row.person_id, one.name) for one in people]


def shown(
    request: HttpRequest, contact: Contact, people: Iterable[queries.OnIt], place: str
) -> None:
    """Write who is about to be seen, before a byte of it is sent."""
    read_log.shown(
        request,
        place=place,
        children=[one.row.person_id for one in people if one.row.is_child],
        subject_kind="contact",
        subject_id=contact.pk,
    )


def one_thing(
    request: HttpRequest,
    contact: Contact,
    form: django_forms.Form,
    *,
    title: str,
    act: Callable[[], Any],
    done: str,
    to: str = "mash:contact_tasks",
    lead: str = "",
    button: str = "Save",
    template: str = "mash/intake/page.html",
    stands: Callable[[], Mapping[str, Any]] | None = None,
    people: list[queries.OnIt] | None = None,
    beside: Iterable[django_forms.Form] = (),
    more: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """Show a form of the contact; when it is sent whole, do the one thing and go back.

    :param beside: other forms of the page
    :param stands: what is recorded now, to set beside what was typed when somebody else was
        faster
    """
    user = user_of(request)
    status = 200
    clash: list[tuple[str, str]] = []
    kept = drafted.attach(request, form, *beside)
    if kept.is_left:
        return leave(request, kept, reverse(to, args=[contact.pk]))
    if request.method == "POST" and form.is_valid():
        try:
            if stands is None or "stood" not in request.POST:
                act()
            else:
                actions.if_as_seen(
                    by=user,
                    contact_id=contact.pk,
                    is_as_seen=lambda: form.cleaned_data["stood"] == fingerprint(stands()),
                    act=act,
                )
        except AlreadyRecorded:
            kept.recorded()
            return redirect(to, contact.pk)
        except Refused as refused:
            status = say_no(form, refused)
            if isinstance(refused, Clash):
                contact.refresh_from_db()
                now_stands = stands() if stands else {}
                clash = _beside(form, now_stands)
                sent = request.POST.copy()
                sent["version"] = str(contact.version)
                sent["stood"] = fingerprint(now_stands)
                form.data = sent
        else:
            kept.recorded()
            messages.success(request, done)
            return redirect(to, contact.pk)
    kept.keep()
    people = queries.people_of(by=user, contact=contact) if people is None else people
    shown(request, contact, people, title)
    context = {
        "form": form,
        "contact": contact,
        "title": title,
        "lead": lead,
        "button": button,
        "clash": clash,
        "crumbs": crumbs_of(contact),
        "received": queries.received_words(contact, now=now()),
        **(more or {}),
    }
    return render(request, template, context, status=status)


def fresh(contact: Contact) -> Contact:
    """The contact as it stands in the database now."""
    return Contact.objects.get(pk=contact.pk)


def _beside(form: django_forms.Form, stands: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What is recorded now where it differs from what was typed."""
    found = []
    for name, value in stands.items():
        field = form.fields.get(name)
        if field is None or field.widget.is_hidden:
            continue
        if (form.cleaned_data.get(name) or "") == (value or ""):
            continue
        found.append((str(field.label), _in_words(field, value)))
    return found


def _in_words(field: Any, value: Any) -> str:
    """What is recorded, as the form would say it."""
    if not value:
        return "Not known"
    if isinstance(value, datetime):
        return words.moment_words(value)
    if isinstance(value, date):
        return words.date_words(value)
    labels = {str(code): str(label) for code, label in getattr(field, "choices", None) or []}
    each = value if isinstance(value, list) else [value]
    return ", ".join(labels.get(str(one), str(one)) for one in each)


# The task list ----------------------------------------------------------------------------------


@page("GET")
def contact_tasks(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What is known of a contact, and what is still to find out."""
    contact = contact_of(request, pk)
    user, moment = user_of(request), now()
    page = queries.task_list(by=user, contact=contact)
    shown(request, contact, page.people, "Contact, task list")
    placing = [each for each in page.clocks if each.rule not in NOT_ON_THE_BOARD]
    earliest = clocks.earliest(placing or page.clocks)
    context = {
        "contact": contact,
        "page": page,
        "title": words.names_with_ages((one.name, one.age) for one in page.children),
        "received": queries.received_words(contact, now=moment),
        "clock": clocks.arithmetic(earliest, moment) if earliest else None,
        "others": [clock_line(each, moment) for each in page.clocks if each != earliest],
        "crumbs": [board_crumb()],
    }
    return render(request, "mash/intake/tasks.html", context)


def clock_line(clock: Any, moment: datetime) -> str:
    """A running clock in one line: "EDT work handed over (EDT-HO): due 09:00 today"."""
    due = words.due_words(clock.due_at, now=moment)
    return f"{clocks.rule(clock.rule).words} ({clock.rule}): {due[:1].lower()}{due[1:]}"


# Danger, parents, agreement ---------------------------------------------------------------------


@page("GET", "POST")
def contact_danger(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Whether a child is in danger right now: the worker's conclusion."""
    contact = contact_of(request, pk)
    stands = forms.DangerForm.stands(contact)
    form = forms.DangerForm(request.POST or None, initial=stands, stood=fingerprint(stands))
    says = {
        "yes": "Whoever sent it says that a child is in danger now.",
        "no": "Whoever sent it says that no child is in danger now.",
        "unknown": "Whoever sent it does not say whether a child is in danger now.",
    }[contact.referrer_says_danger]
    return one_thing(
        request,
        contact,
        form,
        title="Is a child in danger right now?",
        lead=says,
        act=lambda: case_actions.conclude_danger(
            by=user_of(request),
            at=now(),
            contact_id=contact.pk,
            is_danger=form.is_danger(),
            why=form.cleaned_data["why"],
        ),
        stands=lambda: forms.DangerForm.stands(fresh(contact)),
        done="What you conclude about danger is recorded.",
    )


def _change(
    request: HttpRequest, pk: UUID, kind: Any, *, title: str, done: str, lead: str = ""
) -> HttpResponse:
    """A page that changes what is known of the contact itself, guarded by its version."""
    contact = contact_of(request, pk)
    form = kind(request.POST or None, initial=kind.stands(contact), version=contact.version)
    if queries.original_words_of(contact, by=user_of(request)) != contact.original_words:
        form.fields.pop("original_words", None)  # sealed: neither read nor written here
    return one_thing(
        request,
        contact,
        form,
        title=title,
        lead=lead,
        act=lambda: case_actions.change_contact(
            by=user_of(request),
            at=now(),
            contact_id=contact.pk,
            version=form.cleaned_data["version"],
            **form.changes(),
        ),
        stands=lambda: kind.stands(contact),
        done=done,
    )


@page("GET", "POST")
def contact_referrer(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Who sent it."""
    return _change(
        request,
        pk,
        forms.ReferrerForm,
        title="Who sent it?",
        done="Who sent it is recorded.",
    )


@page("GET", "POST")
def contact_parents(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Whether the parents know, and how to reach the family safely."""
    return _change(
        request,
        pk,
        forms.ParentsForm,
        title="Do the parents know, and how to reach them safely?",
        done="What the parents know is recorded.",
    )


@page("GET", "POST")
def contact_category(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The category and the marks beside it."""
    return _change(
        request,
        pk,
        forms.CategoryForm,
        title="What kind of contact is it?",
        done="The kind of contact is recorded.",
    )


@page("GET", "POST")
def contact_agreement(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What each person said about sharing; every answer is kept."""
    contact = contact_of(request, pk)
    user = user_of(request)
    people = queries.people_of(by=user, contact=contact)
    form = forms.AnswerForm(request.POST or None, initial={"at": now()}, people=on_contact(people))

    def act() -> None:
        answer = form.answer()
        once_only(
            by=user,
            token=form.cleaned_data["token"],
            action="mash.consent",
            act=lambda: case_actions.record_answer(
                by=user,
                contact_id=contact.pk,
                **{
                    **answer,
                    "asked_as": ConsentFrom(answer["asked_as"]),
                    "scope": ConsentScope(answer["scope"]),
                    "state": ConsentState(answer["state"]),
                },
            ),
        )

    return one_thing(
        request,
        contact,
        form,
        title="Does the family agree?",
        act=act,
        done="The answer is recorded. Earlier answers are kept.",
        to="mash:contact_agreement",
        button="Record this answer",
        template="mash/intake/agreement.html",
        people=people,
        more={"position": consent.position(contact_id=contact.pk)},
    )


@page("GET", "POST")
def contact_lawful_basis(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The data-protection basis, a fact apart from agreement."""
    contact = contact_of(request, pk)
    user = user_of(request)
    standing = consent.position(contact_id=contact.pk).lawful_basis
    initial = (
        {"basis": standing.basis, "special": standing.special, "note": standing.note}
        if standing
        else {}
    )
    form = forms.LawfulBasisForm(request.POST or None, initial=initial)
    return one_thing(
        request,
        contact,
        form,
        title="On what lawful basis is it shared?",
        lead="Apart from whether the family agrees.",
        act=lambda: once_only(
            by=user,
            token=form.cleaned_data["token"],
            action="mash.lawful_basis",
            act=lambda: case_actions.record_lawful_basis(
                by=user, at=now(), contact_id=contact.pk, **form.given()
            ),
        ),
        done="The lawful basis is recorded.",
    )


# Kinds of contact -------------------------------------------------------------------------------


@page("GET", "POST")
def contact_domestic_abuse(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What a domestic abuse notification says."""
    contact = contact_of(request, pk)
    people = queries.people_of(by=user_of(request), contact=contact)
    stands = forms.DomesticAbuseForm.stands(contact)
    form = forms.DomesticAbuseForm(
        request.POST or None,
        initial=stands,
        stood=fingerprint(stands),
        people=on_contact(people),
        children=on_contact(one for one in people if one.row.is_child),
    )
    return one_thing(
        request,
        contact,
        form,
        title="What does the domestic abuse notification say?",
        lead="The contact is put to the daily triage meeting. High risk is at least amber.",
        act=lambda: mash_actions.record_domestic_abuse(
            by=user_of(request), at=now(), contact_id=contact.pk, **form.facts()
        ),
        stands=lambda: forms.DomesticAbuseForm.stands(contact),
        done="The notification is recorded.",
        people=people,
    )


@page("GET", "POST")
def contact_missing(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What a missing notice says, a notice for each child and time."""
    contact = contact_of(request, pk)
    user = user_of(request)
    people = queries.people_of(by=user, contact=contact)
    children = [one for one in people if one.row.is_child]
    form = forms.MissingForm(
        request.POST or None,
        initial={"child": children[0].row.person_id} if len(children) == 1 else {},
        children=on_contact(children),
    )
    return one_thing(
        request,
        contact,
        form,
        title="What does the missing notice say?",
        act=lambda: once_only(
            by=user,
            token=form.cleaned_data["token"],
            action="mash.missing",
            act=lambda: mash_actions.record_missing(
                by=user, at=now(), contact_id=contact.pk, **form.facts()
            ),
        ),
        done="The notice is recorded.",
        to="mash:contact_missing",
        button="Record this notice",
        template="mash/intake/missing.html",
        people=people,
        more={
            "notices": MissingNotice.objects.filter(contact=contact)
            .select_related("child")
            .order_by("recorded_at", "pk")
        },
    )


# Files, links, messages -------------------------------------------------------------------------


@page("GET", "POST")
def contact_files(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Files that came with the contact, and names of files that the sender holds."""
    contact = contact_of(request, pk)
    user = user_of(request)
    is_names = "do_names" in request.POST
    sent = request.POST if request.method == "POST" else None
    names = forms.FileNamesForm(sent if is_names else None, auto_id="names_%s")
    form = forms.FileForm(None if is_names else sent, None if is_names else request.FILES or None)

    def add_names() -> Contact:
        for name in names.cleaned_data["names"]:
            documents.add_name(
                by=user, at=now(), subject_kind="contact", subject_id=contact.pk, name=name
            )
        return contact

    def add_file() -> Any:
        return documents.add(
            by=user,
            at=now(),
            subject_kind="contact",
            subject_id=contact.pk,
            file=form.cleaned_data["file"],
        )

    current: Any = names if is_names else form
    return one_thing(
        request,
        contact,
        current,
        title="Which files came with it?",
        act=lambda: once_only(
            by=user,
            token=current.cleaned_data["token"],
            action="mash.files",
            act=add_names if is_names else add_file,
        ),
        done="The names are recorded." if is_names else "The file is added.",
        to="mash:contact_files",
        beside=[form if is_names else names],
        template="mash/intake/files.html",
        more={
            "file_form": form,
            "names_form": names,
            "files": documents.of_subjects(subject_ids=[contact.pk]),
        },
    )


@page("GET", "POST")
def contact_links(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Other contacts of the family, and earlier ones that nobody can trace."""
    contact = contact_of(request, pk)
    user = user_of(request)
    is_claim = "do_claim" in request.POST
    sent = request.POST if request.method == "POST" else None
    claim = forms.ClaimForm(sent if is_claim else None, auto_id="claim_%s")
    form = forms.LinkForm(
        None if is_claim else sent, initial={"reference": request.GET.get("with", "")[:20]}
    )

    def link() -> ContactLink:
        given = form.given()
        other = queries.contact_by_reference(by=user, typed=given.pop("reference"))
        if other is None:
            raise Refused(
                "There is no contact with this reference that you may read. Check it, or record"
                " it below as a contact that nobody can trace.",
                field="reference",
            )
        if other.pk == contact.pk:
            raise Refused("This is the reference of this contact itself.", field="reference")
        return case_actions.link_contacts(
            by=user, at=now(), contact_id=contact.pk, other_id=other.pk, **given
        )

    current: Any = claim if is_claim else form
    found = history.history_of(by=user, contact=contact, at=now())
    linked = queries.links_of(by=user, contact=contact)
    others = {link.other_id for link in linked}
    return one_thing(
        request,
        contact,
        current,
        title="Which other contacts belong to it?",
        act=lambda: once_only(
            by=user,
            token=current.cleaned_data["token"],
            action="mash.links",
            act=(
                lambda: case_actions.claim_earlier_contact(
                    by=user, at=now(), contact_id=contact.pk, **claim.given()
                )
            )
            if is_claim
            else link,
        ),
        done="The earlier contact is recorded as claimed." if is_claim else "They are linked.",
        to="mash:contact_links",
        beside=[form if is_claim else claim],
        template="mash/intake/links.html",
        more={
            "link_form": form,
            "claim_form": claim,
            "links": linked,
            "suggested": [row for row in found.earlier if row.contact_id not in others],
        },
    )


@page("POST")
def contact_unlink(request: HttpRequest, pk: UUID, link: UUID) -> HttpResponse:
    """Undo a link between contacts; that it was made stays on record."""
    contact = contact_of(request, pk)
    get_object_or_404(ContactLink, pk=link, contact=contact)
    try:
        case_actions.unlink_contact(by=user_of(request), at=now(), link_id=link)
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, "The link is undone. That it was made stays on record.")
    return redirect("mash:contact_links", contact.pk)


@page("GET", "POST")
def contact_messages(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What arrived, where each part of it went, and further messages."""
    contact = contact_of(request, pk)
    user = user_of(request)
    is_part = "do_part" in request.POST
    sent = request.POST if request.method == "POST" else None
    part = forms.PartForm(sent if is_part else None, auto_id="part_%s")
    form = forms.MessageForm(None if is_part else sent, initial={"received_at": now()})
    current: Any = part if is_part else form
    return one_thing(
        request,
        contact,
        current,
        title="Messages and their parts",
        act=(lambda: _sort_part(contact, part, by=user))
        if is_part
        else (
            lambda: actions.add_further_message(
                by=user,
                at=now(),
                contact_id=contact.pk,
                token=form.cleaned_data["token"],
                **form.given(),
            )
        ),
        done="It is recorded where this part went." if is_part else "The message is added.",
        to="mash:contact_messages",
        beside=[form if is_part else part],
        template="mash/intake/messages.html",
        more={
            "message_form": form,
            "part_form": part,
            "parts": queries.parts_of(by=user, contact=contact),
            "is_sealed": queries.is_sealed(contact),
            "may_read_original": holds(user, Permission.SEALED_READ),
        },
    )


def _sort_part(contact: Contact, form: forms.PartForm, *, by: User) -> None:
    given = form.given()
    if given["went_to"] == forms.PartForm.NOT_A_CHILD:

        def act() -> Any:
            return case_actions.set_part_aside(
                by=by, at=now(), contact_id=contact.pk, label=given["label"], note=given["note"]
            )

    else:
        other = queries.contact_by_reference(by=by, typed=given["reference"])
        if other is None or other.pk == contact.pk:
            raise Refused(
                "There is no other contact with this reference that you may read.",
                field="reference",
            )

        def act() -> Any:
            return case_actions.add_message(
                by=by,
                at=now(),
                contact_id=other.pk,
                submission_id=contact.submission_id,
                label=given["label"],
                is_repeat=given["went_to"] == forms.PartForm.REPEAT,
                note=given["note"],
            )

    once_only(by=by, token=form.cleaned_data["token"], action="mash.part", act=act)


@page("GET", "POST")
def contact_seal(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Seal words that hold another child's information, and show a redacted copy."""
    contact = contact_of(request, pk)
    form = forms.SealForm(request.POST or None, initial={"redacted_words": contact.words})
    return one_thing(
        request,
        contact,
        form,
        title="Seal the original words",
        lead="From then on only a head of service can read the original. It cannot be undone."
        " Record what is about the other child as a contact of its own first.",
        act=lambda: case_actions.seal_words(
            by=user_of(request), at=now(), contact_id=contact.pk, **form.given()
        ),
        done="The original is sealed. Everybody else reads the words you entered.",
        to="mash:contact_messages",
        button="Seal the original",
    )


# What we know, what is missing ------------------------------------------------------------------


@page("GET", "POST")
def contact_history(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Earlier contacts, open work, siblings and linked addresses, and that they were looked at."""
    contact = contact_of(request, pk)
    user, moment = user_of(request), now()
    found = history.history_of(by=user, contact=contact, at=moment)
    people = queries.people_of(by=user, contact=contact)
    form = forms.HistoryForm(request.POST or None)
    read_log.shown(
        request,
        place="Contact, history check",
        kind="list",
        person_ids=[pk for pk, _name in (*found.siblings, *found.same_address)],
    )
    return one_thing(
        request,
        contact,
        form,
        title="What do we already know?",
        act=lambda: once_only(
            by=user,
            token=form.cleaned_data["token"],
            action="mash.history",
            act=lambda: case_actions.check_history(
                by=user,
                at=moment,
                contact_id=contact.pk,
                found=found.as_data(),
                note=form.cleaned_data["note"],
            ),
        ),
        done="The history check is recorded.",
        button="I have looked at all of this",
        template="mash/intake/history.html",
        people=people,
        more={
            "history": found,
            "undecided": [InvolvementKind(kind).label for kind in queries.UNDECIDED_KINDS],
            "names": {one.row.person_id: one.name for one in people},
            "times": queries.times_in_12_months(found.most) if found.most > 1 else "",
            "counts": [
                (one.name, found.counts.get(one.row.person_id, 1))
                for one in people
                if one.row.is_child
            ],
            "is_repeat": history.is_repeat(history=found, at=moment),
            "elsewhere": children_elsewhere(
                person_ids=[one.row.person_id for one in people],
                on=london_date(contact.received_at),
                by=user,
            ),
            "checks": contact.history_checks.select_related("by").order_by("-recorded_at", "pk"),
        },
    )


@page("GET", "POST")
def contact_information(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What is missing, asked of whom; it does not stop the clock."""
    contact = contact_of(request, pk)
    user = user_of(request)
    form = forms.InformationForm(request.POST or None)
    return one_thing(
        request,
        contact,
        form,
        title="What is missing, and who was asked?",
        lead="Asking does not stop the clock.",
        act=lambda: once_only(
            by=user,
            token=form.cleaned_data["token"],
            action="mash.information",
            act=lambda: case_actions.ask_for_information(
                by=user, at=now(), contact_id=contact.pk, **form.given()
            ),
        ),
        done="The question is recorded.",
        to="mash:contact_information",
        button="Record the question",
        template="mash/intake/information.html",
        more={
            "requests": contact.information_requests.select_related("by", "answered_by").order_by(
                "at", "pk"
            )
        },
    )


@page("GET", "POST")
def contact_information_given(request: HttpRequest, pk: UUID, asked: UUID) -> HttpResponse:
    """The answer to a question about what is missing."""
    contact = contact_of(request, pk)
    question = get_object_or_404(InformationRequest, pk=asked, contact=contact)
    form = forms.GivenForm(request.POST or None)
    return one_thing(
        request,
        contact,
        form,
        title="What was the answer?",
        lead=f"Asked of {question.asked_of}: {question.what}",
        act=lambda: case_actions.answer_information(
            by=user_of(request),
            at=now(),
            contact_id=contact.pk,
            request_id=question.pk,
            answer=form.cleaned_data["answer"],
        ),
        done="The answer is recorded.",
        to="mash:contact_information",
    )


@page("GET", "POST")
def contact_edt(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What the Emergency Duty Team did and left to do."""
    contact = contact_of(request, pk)
    user = user_of(request)
    if request.method == "POST":
        require(user, Permission.EDT_HANDOVER_WRITE)
    form = forms.EdtForm(request.POST or None, initial={"at": now()})
    return one_thing(
        request,
        contact,
        form,
        title="Emergency Duty Team hand-over",
        lead="All of it is handed over by 09:00 of the next opening (EDT-HO); the MASH"
        " acknowledges it by 10:00 (EDT-ACK).",
        act=lambda: once_only(
            by=user,
            token=form.cleaned_data["token"],
            action="mash.edt",
            act=lambda: mash_actions.hand_over(by=user, contact_id=contact.pk, **form.given()),
        ),
        done="The hand-over is recorded.",
        to="mash:contact_edt",
        button="Hand over",
        template="mash/intake/edt.html",
        more={
            "handovers": EdtHandover.objects.filter(contact=contact)
            .select_related("by", "acknowledged_by")
            .order_by("at", "pk"),
            "may_write": holds(user, Permission.EDT_HANDOVER_WRITE),
        },
    )


@page("GET", "POST")
def contact_send(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The matter in one line and its urgency; nothing that is not known holds it up."""
    contact = contact_of(request, pk)
    user = user_of(request)
    page = queries.task_list(by=user, contact=contact)
    stands = forms.SendForm.stands(contact)
    form = forms.SendForm(request.POST or None, initial=stands, stood=fingerprint(stands))

    def act() -> None:
        try:
            actions.send_to_manager(
                by=user,
                at=now(),
                contact_id=contact.pk,
                summary=form.cleaned_data["summary"],
                rag=form.cleaned_data["rag"],
                reason=form.cleaned_data["rag_reason"],
            )
        except PermissionDenied:
            if not contact.rag or holds(user, Permission.RAG_LOWER):
                raise
            raise Refused(
                f"Only a MASH manager lowers the urgency. Leave it at"
                f" {contact.get_rag_display().lower()} and say in the summary what you think.",
                field="rag",
            ) from None

    return one_thing(
        request,
        contact,
        form,
        title="Send it to the manager",
        act=act,
        stands=lambda: forms.SendForm.stands(fresh(contact)),
        done="The contact waits for the manager’s decision.",
        button="Send to the manager",
        template="mash/intake/send.html",
        people=page.people,
        more={
            "not_known": page.not_known,
            "names": words.list_of_names(one.name for one in page.children),
        },
    )
