"""The editor: one section at a time, saved as it is typed, by several people at once."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from accounts.models import User
from accounts.permissions import Permission, require
from assessments import actions, sections
from assessments.actions import writing
from assessments.actions.standing import may_write
from assessments.choices import WRITTEN_IN
from assessments.forms.assessment import ClashForm
from assessments.forms.writing import BoxesForm, BoxField, typed, window_of
from assessments.models import Assessment, AssessmentText
from assessments.queries import document as documents
from assessments.queries import editor as queries
from assessments.queries.check import missing_words
from assessments.views.doors import assessment_for, crumbs_of, page, shown, user_of
from cases.queries.child import timeline_entry
from lib import parameters, words
from lib.application_clock import now
from lib.working_days import in_london, london_date
from record import drafts
from record.errors import Clash, Refused

SAVED = "assessments:save"
OPENED = "%Y%m%d%H%M%S"


@page("GET")
def go_on(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Lead a writer to the first section that is not written yet."""
    user = user_of(request)
    assessment = assessment_for(user, pk)
    _refuse_others(assessment, user)
    on = london_date(now())
    parts, texts = documents.parts_of(assessment, on=on), documents.texts_of(assessment)
    missing = missing_words(assessment, parts, texts, on=on)
    places = queries.places(assessment, parts, texts, missing)
    place = next((each for each in places if each.state not in ("Written", "Optional")), places[0])
    return redirect(place.url)


@page("GET", "POST")
def write(request: HttpRequest, pk: UUID, section: str) -> HttpResponse:
    """One section about the family, or about every child in turn."""
    return _editor(request, pk, section, None)


@page("GET", "POST")
def write_child(request: HttpRequest, pk: UUID, child: UUID) -> HttpResponse:
    """One child's own part."""
    return _editor(request, pk, sections.CHILD, child)


def _refuse_others(assessment: Assessment, user: User) -> None:
    require(user, Permission.ASSESSMENT_WRITE)
    if may_write(assessment, by=user, at=now()) is None:
        raise PermissionDenied("Another team writes this assessment.")


def _editor(request: HttpRequest, pk: UUID, code: str, child_id: UUID | None) -> HttpResponse:
    user = user_of(request)
    assessment = assessment_for(user, pk)
    _refuse_others(assessment, user)
    section = sections.section(assessment.kind, code)
    if section is None or (code == sections.CHILD) != (child_id is not None):
        raise Http404("There is no such section.")
    if child_id is not None and not assessment.children.filter(child=child_id).exists():
        raise Http404("This child has no part in the assessment.")
    if request.method == "POST":
        return _save(request, assessment, section, child_id)
    if assessment.state not in WRITTEN_IN:
        return redirect("assessments:assessment", assessment.pk)
    moment = now()
    found = queries.editor_page(
        by=user, assessment=assessment, section=section, child_id=child_id, at=moment
    )
    if found is None:
        raise Http404("This child has no part in the assessment.")
    actions.look_in(by=user, at=moment, assessment_id=assessment.pk)
    shown(request, assessment, [part.child_id for part in found.parts])
    return render(request, "assessments/write.html", _context(request, found, user))


def _context(request: HttpRequest, found: queries.EditorPage, user: User) -> dict[str, Any]:
    assessment, moment = found.assessment, now()
    on = london_date(moment)
    checks = {
        (each.second.child_id, each.key): each.words.split(": ", 1)[1]
        for each in found.checked.same
    }
    forms = _forms(found, checks, on)
    held = {writer.box: writer for writer in found.writers if writer.box}
    last_saved = max(
        (text.at for text in found.texts.values() if text.by_id == user.pk), default=None
    )
    return {
        "page": found,
        "assessment": assessment,
        "section": found.section,
        "part": found.part,
        "groups": [(head, _boxes(form, held, found)) for head, form in forms],
        "heading": found.part.heading if found.part else found.section.title,
        "save_url": f"{reverse(SAVED, args=[assessment.pk])}?at={_here(found)}",
        "here_url": f"{reverse('assessments:here', args=[assessment.pk])}"
        f"?at={_here(found)}&since={moment.astimezone(UTC).strftime(OPENED)}",
        "window": uuid.uuid4(),
        "saved_at": words.time_words(last_saved) if last_saved else "",
        "versions": queries.count_versions(assessment),
        "entries": [timeline_entry(line, now=moment) for line in found.history],
        "is_last_hidden": request.GET.get("last") == "hide",
        "crumbs": crumbs_of(assessment, found.names),
    }


def _here(found: queries.EditorPage) -> str:
    return f"child-{found.part.child_id}" if found.part else found.section.code


def _forms(
    found: queries.EditorPage, checks: dict[tuple[UUID, str], str], on: Any
) -> list[tuple[str, BoxesForm]]:
    """The boxes of the page: each child's under the child's name, then the family's."""
    section, kind = found.section, found.assessment.kind
    forms: list[tuple[str, BoxesForm]] = []
    of_family = {key: text for (child, key), text in found.texts.items() if child is None}
    shared = (
        [
            (
                "The family" if section.child_boxes else "",
                BoxesForm(boxes=section.boxes, texts=of_family, on=on),
            )
        ]
        if section.boxes
        else []
    )
    about = [found.part] if found.part else found.parts if section.child_boxes else []
    for part in about:
        boxes = (
            sections.child_boxes(kind, is_unborn=part.is_unborn)
            if section.code == sections.CHILD
            else section.child_boxes
        )
        form = BoxesForm(
            boxes=boxes,
            texts={
                key: text for (child, key), text in found.texts.items() if child == part.child_id
            },
            on=on,
            child_id=part.child_id,
            name=part.first_name,
            checks={key: said for (child, key), said in checks.items() if child == part.child_id},
        )
        forms.append(("" if section.code == sections.CHILD else part.heading, form))
    return [*forms, *shared]


def _boxes(
    form: BoxesForm, held: dict[str, queries.Writer], found: queries.EditorPage
) -> list[tuple[BoxField, queries.Writer | None, AssessmentText | None]]:
    """Each box, with who else writes in it now and what it holds then."""
    return [(box, held.get(box.name), form.texts.get(box.key)) for box in form.drawn()]


def _save(
    request: HttpRequest, assessment: Assessment, section: sections.Section, child_id: UUID | None
) -> HttpResponse:
    """Save what was typed, then do what the button says."""
    user = user_of(request)
    here = request.get_full_path()
    wants = next(
        (one for one in ("put_in", "bring", "ask", "next", "leave") if one in request.POST), ""
    )
    try:
        saved = actions.save_words(
            by=user,
            at=now(),
            assessment_id=assessment.pk,
            typed=typed(request.POST),
            window=window_of(request.POST),
            is_leaving=wants == "leave",
        )
        if wants == "put_in" and child_id is not None:
            visit = writing_id(request.POST["put_in"])
            actions.put_in_visit(
                by=user, at=now(), assessment_id=assessment.pk, child_id=child_id, visit_id=visit
            )
        if wants == "bring":
            actions.bring_forward(
                by=user,
                at=now(),
                assessment_id=assessment.pk,
                child_id=child_id,
                key=request.POST["bring"],
            )
        if wants == "ask":
            whom = actions.ask_for(
                by=user,
                at=now(),
                assessment_id=assessment.pk,
                text_id=writing_id(request.POST["ask"]),
            )
            messages.success(request, f"{whom.full_name} has been asked.")
    except actions.Closed as closed:
        writing.keep_left_over(
            by=user, at=now(), assessment_id=assessment.pk, typed=typed(request.POST)
        )
        messages.warning(
            request,
            format_html(
                '{} <a href="{}">Read what you typed</a>',
                str(closed),
                reverse("assessments:left_over", args=[assessment.pk]),
            ),
        )
        return redirect("assessments:assessment", assessment.pk)
    except Refused as refused:
        messages.warning(request, str(refused))
        return redirect(here)
    if saved.clashes:
        clash = saved.clashes[0]
        return redirect("assessments:clash", clash.text.pk)
    if wants == "leave":
        messages.success(request, "Saved. A version of what you wrote is kept.")
        return redirect("assessments:assessment", assessment.pk)
    if wants == "next":
        return redirect(request.POST["next"]) if _is_ours(request, assessment) else redirect(here)
    if not wants:
        messages.success(request, f"Saved {words.time_words(now())}.")
    return redirect(here)


def writing_id(said: str) -> UUID:
    """Give an id that a button sent."""
    found = parameters.row_id(said)
    if found is None:
        raise Http404("There is no such thing.")
    return found


def _is_ours(request: HttpRequest, assessment: Assessment) -> bool:
    start = reverse("assessments:assessment", args=[assessment.pk])
    return request.POST["next"].startswith(start)


@login_required
@require_POST
def save(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Save what was typed so far; the answer is what the page sends with it next time."""
    user = user_of(request)
    require(user, Permission.ASSESSMENT_WRITE)
    found = typed(request.POST)
    moment = now()
    try:
        saved = actions.save_words(
            by=user,
            at=moment,
            assessment_id=pk,
            typed=found,
            window=window_of(request.POST),
            is_leaving="leaving" in request.GET,
        )
    except Assessment.DoesNotExist:
        raise Http404("There is no such assessment.") from None
    except actions.Closed as closed:
        writing.keep_left_over(by=user, at=moment, assessment_id=pk, typed=found)
        return JsonResponse(
            {"clash": str(closed), "url": reverse("assessments:left_over", args=[pk])}, status=409
        )
    except actions.NotYours as refused:
        raise PermissionDenied(str(refused)) from refused
    fields: dict[str, str] = {}
    for box in saved.boxes:
        name = f"child-{box.child_id}-{box.key}" if box.child_id else box.key
        fields[f"version-{name}"] = str(box.version)
        fields[f"was-{name}"] = box.was
    return JsonResponse(
        {
            "saved_at": in_london(moment).strftime("%H:%M:%S"),
            "fields": fields,
            "clashes": [
                {
                    "words": f"{clash.by_name} has written in “{clash.label}” since you opened it."
                    " Both texts are kept.",
                    "url": reverse("assessments:clash", args=[clash.text.pk]),
                }
                for clash in saved.clashes
            ],
        }
    )


@page("GET")
def here(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Say who else is here, and note that this person is; asked by the page every 15 seconds."""
    user = user_of(request)
    assessment = assessment_for(user, pk)
    moment = now()
    if assessment.state in WRITTEN_IN and may_write(assessment, by=user, at=moment) is not None:
        actions.look_in(by=user, at=moment, assessment_id=assessment.pk)
    parts = documents.parts_of(assessment, on=london_date(moment))
    shown(request, assessment, [part.child_id for part in parts], place="assessments:write")
    found = queries.writers(by=user, assessment=assessment, parts=parts, at=moment)
    return render(
        request,
        "assessments/_here.html",
        {
            "writers": found,
            "notes": queries.notes(
                by=user,
                assessment=assessment,
                parts=parts,
                found=found,
                place=request.GET.get("at", ""),
                since=_moment(request.GET.get("since", "")),
            ),
        },
    )


def _moment(said: str) -> datetime | None:
    try:
        return datetime.strptime(said, OPENED).replace(tzinfo=UTC)
    except ValueError:
        return None


@page("GET", "POST")
def clash(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Two texts of one box: read both, and choose; the other one stays in Versions."""
    user = user_of(request)
    require(user, Permission.ASSESSMENT_WRITE)
    box = get_object_or_404(AssessmentText.objects.select_related("by", "child"), pk=pk)
    assessment = assessment_for(user, box.assessment_id)
    parts = documents.parts_of(assessment, on=london_date(now()))
    part = next((one for one in parts if one.child_id == box.child_id), None)
    back = _page_of(assessment, box, part)
    draft = drafts.load(owner=user, form=writing.CLASH, subject_id=box.pk)
    if draft is None:
        return redirect(back)
    posted = request.POST.copy() if request.method == "POST" else None
    form = ClashForm(
        posted,
        name=box.by.full_name,
        initial={"version": box.version},
    )
    status = 200
    if posted is not None and form.is_valid():
        try:
            actions.settle_clash(
                by=user,
                at=now(),
                assessment_id=assessment.pk,
                text_id=box.pk,
                keep=form.cleaned_data["keep"],
                version=form.cleaned_data["version"],
            )
        except Refused as refused:
            form.add_error(None, str(refused))
            status = 409 if isinstance(refused, Clash) else 200
            box.refresh_from_db()
            posted["version"] = str(box.version)
        else:
            messages.success(request, "Saved. The words that did not stay are in Versions.")
            return redirect(back)
    shown(request, assessment, [part.child_id] if part else [one.child_id for one in parts])
    label, kind = _label(assessment, box, part)
    on = london_date(now())
    return render(
        request,
        "assessments/clash.html",
        {
            "assessment": assessment,
            "box": box,
            "label": label,
            "mine": documents.shown(kind, str(draft.data.get("words", "")), on=on),
            "mine_at": draft.saved_at,
            "theirs": documents.shown(kind, box.words, on=on),
            "is_mine_too": box.by_id == user.pk,
            "form": form,
            "crumbs": crumbs_of(assessment, documents.names_of(parts)),
            "back_url": back,
        },
        status=status,
    )


def _label(
    assessment: Assessment, text: AssessmentText, part: documents.Part | None
) -> tuple[str, str]:
    box = sections.box(
        assessment.kind,
        text.key,
        is_childs=text.child_id is not None,
        is_unborn=part is not None and part.is_unborn,
    )
    if box is None:
        return text.key, "text"
    return box.label_for(part.first_name if part else ""), box.kind


def _page_of(assessment: Assessment, text: AssessmentText, part: documents.Part | None) -> str:
    """Give the page of the editor on which a box stands."""
    if part is not None:
        for code, box in sections.boxes_of_child(assessment.kind, is_unborn=part.is_unborn):
            if box.key == text.key and code == sections.CHILD:
                return reverse("assessments:write_child", args=[assessment.pk, part.child_id])
            if box.key == text.key:
                return reverse("assessments:write", args=[assessment.pk, code])
    for section, box in sections.shared_boxes(assessment.kind):
        if box.key == text.key:
            return reverse("assessments:write", args=[assessment.pk, section.code])
    return reverse("assessments:assessment", args=[assessment.pk])


@page("GET")
def left_over(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show what somebody typed after the assessment had been submitted; it is theirs alone."""
    user = user_of(request)
    assessment = assessment_for(user, pk)
    parts = {part.child_id: part for part in documents.parts_of(assessment, on=london_date(now()))}
    draft = drafts.load(owner=user, form=writing.LEFT_OVER, subject_id=assessment.pk)
    items = []
    for name, said in (draft.data if draft else {}).items():
        child, _, key = name.partition(":")
        part = parts.get(UUID(child)) if child else None
        box = sections.box(
            assessment.kind,
            key,
            is_childs=bool(child),
            is_unborn=part is not None and part.is_unborn,
        )
        if box is not None:
            label = box.label_for(part.first_name if part else "")
            items.append((label, documents.shown(box.kind, str(said), on=london_date(now()))))
    shown(request, assessment, list(parts))
    return render(
        request,
        "assessments/left_over.html",
        {
            "assessment": assessment,
            "items": items,
            "draft": draft,
            "crumbs": crumbs_of(assessment, documents.names_of(list(parts.values()))),
        },
    )


@page("GET")
def versions(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Every version kept, the latest first: who wrote what, when, and why it was kept."""
    user = user_of(request)
    assessment = assessment_for(user, pk)
    on = london_date(now())
    parts = documents.parts_of(assessment, on=on)
    shown(request, assessment, [part.child_id for part in parts])
    return render(
        request,
        "assessments/versions.html",
        {
            "assessment": assessment,
            "names": documents.names_of(parts),
            "versions": queries.versions(by=user, assessment=assessment, on=on),
            "crumbs": crumbs_of(assessment, documents.names_of(parts)),
        },
    )
