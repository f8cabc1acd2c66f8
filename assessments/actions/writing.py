"""Writing an assessment: saved as it is typed, box by box, by several people at once.

Each box counts its versions. Words typed upon an older version never replace newer ones: both
are kept, and whoever typed them chooses (screen notes A7; decisions.md 86, 87).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.urls import reverse

from accounts.models import User
from accounts.permissions import Permission, require
from assessments import sections
from assessments.actions.standing import locked, may_write, tell
from assessments.choices import WRITTEN_IN, AssessmentState, KeptBecause
from assessments.models import (
    Assessment,
    AssessmentAuthor,
    AssessmentText,
    Presence,
    TextVersion,
    VisitUsed,
)
from assessments.queries.document import last_part, parts_of
from assessments.timescales import KEPT_EVERY, WRITING_FOR
from cases.models import VisitChild
from lib import application_clock, words
from lib.text import cleaned
from lib.working_days import london_date
from people.choices import Stage
from record import drafts
from record.errors import Clash, Refused

#: What is kept of one box; what may be submitted is shorter.
LONGEST: Final = 200_000
CLASH: Final = "assessment-clash"
LEFT_OVER: Final = "assessment-left-over"


class Closed(Clash):
    """It is no longer written: somebody submitted, authorised or abandoned it meanwhile."""


class NotYours(Refused):
    """Another team's assessment."""


@dataclass(frozen=True, kw_only=True)
class Typed:
    """What one box of the page holds, and what it held when the page was opened.

    :param version: the version that the page was opened with, 0 for an empty box
    :param was: `fingerprint` of the words then; a box left as it was is not saved
    """

    key: str
    words: str
    version: int
    was: str
    child_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class Box:
    """A box after saving: what the page must send with it next time."""

    child_id: UUID | None
    key: str
    version: int
    was: str


@dataclass(frozen=True, kw_only=True)
class Clashed:
    """Words that were typed upon an older version: kept, and not put into the document."""

    text: AssessmentText
    label: str
    by_name: str
    at: datetime


@dataclass
class Saved:
    """What saving did: boxes with a new version, and clashes."""

    boxes: list[Box] = field(default_factory=list)
    clashes: list[Clashed] = field(default_factory=list)


def fingerprint(said: str) -> str:
    """Give a short mark of some words, by which a box that nobody touched is known."""
    return sha256(said.encode()).hexdigest()[:16]


def tidy(said: str) -> str:
    """Clean typed words as they are kept."""
    return cleaned(said).strip()[:LONGEST]


@transaction.atomic
def save_words(
    *,
    by: User,
    at: datetime,
    assessment_id: UUID,
    typed: Sequence[Typed],
    window: UUID | None = None,
    is_leaving: bool = False,
) -> Saved:
    """Save what was typed, box by box; words upon an older version are kept apart.

    :param window: the open page; what it saved last, though the answer never came, is its own
    :param is_leaving: the writer leaves the page, so a version of their words is kept
    :raises Assessment.DoesNotExist: there is none, or not for them
    :raises PermissionDenied: `by` writes no assessments
    :raises NotYours: another team's
    :raises Closed: it is no longer written; says by whom and when
    """
    assessment = _writable(by, at, assessment_id)
    parts = {
        part.child_id: part.child
        for part in assessment.children.filter(taken_out_at__isnull=True).select_related("child")
    }
    known = {
        (text.child_id, text.key): text
        for text in AssessmentText.objects.filter(assessment=assessment).select_related("by")
    }
    saved = Saved()
    wrote: AssessmentText | None = None
    for one in typed:
        child = parts.get(one.child_id) if one.child_id else None
        if one.child_id is not None and child is None:
            continue  # taken out meanwhile: what was written before is kept
        box = sections.box(
            assessment.kind,
            one.key,
            is_childs=child is not None,
            is_unborn=child is not None and child.stage == Stage.UNBORN,
        )
        if box is None:
            continue
        text = known.get((one.child_id, one.key))
        said = sections.kept(box, tidy(one.words), on=london_date(at))
        now_there = text.words if text else ""
        version = text.version if text else 0
        if said == now_there:
            if one.version != version:
                saved.boxes.append(_box(one, version, said))
            continue
        is_own = text is not None and text.by_id == by.pk and text.window == window is not None
        if fingerprint(said) == one.was and not is_own:
            continue
        if text is not None and one.version != version and not is_own:
            name = child.given_name or child.name if child else ""
            saved.clashes.append(_clash(text, one, said, box.label_for(name), by=by, at=at))
            continue
        wrote = _write(assessment, text, one, said, by=by, at=at, window=window)
        known[(one.child_id, one.key)] = wrote
        saved.boxes.append(_box(one, wrote.version, said))
    if wrote is not None:
        _wrote(assessment, wrote, by=by, at=at)
    if is_leaving:
        leave(assessment, by=by)
    return saved


@transaction.atomic
def settle_clash(
    *,
    by: User,
    at: datetime,
    assessment_id: UUID,
    text_id: UUID,
    keep: str,
    version: int,
) -> AssessmentText:
    """Choose between two texts of one box; the one that does not stay is kept as a version.

    :param keep: mine, theirs, or both, one after the other
    :param version: that of the other text as it was shown
    :raises Clash: the other text has changed again since it was shown
    :raises Refused: nothing of theirs waits here
    """
    assessment = _writable(by, at, assessment_id)
    text = assessment.texts.select_related("by").get(pk=text_id)
    draft = drafts.load(owner=by, form=CLASH, subject_id=text.pk)
    if draft is None:
        raise Refused("You have settled this already.")
    if text.version != version:
        raise Clash(
            f"{text.by.full_name} has written here again. Read it, then choose.",
            by_name=text.by.full_name,
            at=text.at,
        )
    mine = str(draft.data.get("words", ""))
    if keep == "theirs":
        _keep(text, mine, by=by, at=draft.saved_at, because=KeptBecause.CLASH)
    else:
        if keep == "mine":
            _keep(text, text.words, by=text.by, at=text.at, because=KeptBecause.CLASH)
            said = mine
        else:
            said = f"{text.words}\n\n{mine}".strip()
        _write(
            assessment,
            text,
            Typed(key=text.key, child_id=text.child_id, words=said, version=version, was=""),
            said,
            by=by,
            at=at,
        )
        _wrote(assessment, text, by=by, at=at)
    drafts.drop(owner=by, draft_id=draft.pk)
    return text


@transaction.atomic
def put_in_visit(
    *, by: User, at: datetime, assessment_id: UUID, child_id: UUID, visit_id: UUID
) -> AssessmentText:
    """Add a child's words from a visit to what the child says and shows; the link is kept.

    :param visit_id: the child's line of the visit
    :raises Refused: they are in already, or the visit has no words of this child
    """
    assessment = _writable(by, at, assessment_id)
    part = assessment.children.filter(child=child_id, taken_out_at__isnull=True).first()
    line = VisitChild.objects.filter(pk=visit_id, child=child_id).select_related("visit").first()
    if part is None or line is None:
        raise Refused("There is no such visit to this child.")
    found = "\n".join(each for each in (line.words, line.observed) if each.strip())
    if not found:
        raise Refused("Nothing that the child said or showed was noted at this visit.")
    text = assessment.texts.filter(child=child_id, key=sections.VOICE.key).first()
    if text is not None and text.visits_used.filter(visit=line).exists():
        raise Refused("This visit is in already.")
    day = words.date_words(london_date(line.at), weekday=False)
    said = f"{text.words if text else ''}\n\n{day}: {found}".strip()
    text = _write(
        assessment,
        text,
        Typed(key=sections.VOICE.key, child_id=child_id, words=said, version=0, was=""),
        said,
        by=by,
        at=at,
    )
    VisitUsed.objects.create(text=text, visit=line, by=by, at=at)
    _wrote(assessment, text, by=by, at=at)
    return text


@transaction.atomic
def bring_forward(
    *, by: User, at: datetime, assessment_id: UUID, key: str, child_id: UUID | None = None
) -> AssessmentText:
    """Add what the last assessment said to a box, with its day, to be gone through and changed.

    `sections.may_be_brought` says which; the others are written anew.

    :param child_id: the child whose own part it is; None for what is said of the family
    :raises Refused: there is nothing to bring, it may not be brought, or it is in already
    """
    assessment = _writable(by, at, assessment_id)
    parts = parts_of(assessment, on=london_date(at))
    part = next((one for one in parts if child_id in (None, one.child_id)), None)
    if part is None or not sections.may_be_brought(
        assessment.kind, key, is_childs=child_id is not None, is_unborn=part.is_unborn
    ):
        raise Refused("This is written anew in each assessment.")
    last = last_part(by=by, assessment=assessment, child_id=part.child_id)
    before = (
        last[0]
        .assessment.texts.filter(child=last[0].child_id if child_id else None, key=key)
        .first()
        if last is not None
        else None
    )
    if last is None or before is None or not before.words.strip():
        raise Refused("The last assessment said nothing here.")
    day = words.date_words(london_date(last[1]), weekday=False)
    brought = f"From the assessment of {day}: {before.words}"
    text = assessment.texts.filter(child=child_id, key=key).first()
    if text is not None and brought in text.words:
        raise Refused("This is in already.")
    said = f"{text.words if text else ''}\n\n{brought}".strip()
    text = _write(
        assessment,
        text,
        Typed(key=key, child_id=child_id, words=said, version=0, was=""),
        said,
        by=by,
        at=at,
    )
    _wrote(assessment, text, by=by, at=at)
    return text


def ask_for(*, by: User, at: datetime, assessment_id: UUID, text_id: UUID) -> User:
    """Ask whoever writes in a box to leave it; give them.

    :raises Refused: nobody writes there now
    """
    with transaction.atomic():
        assessment = _writable(by, at, assessment_id)
        here = (
            Presence.objects.filter(
                assessment=assessment, text=text_id, wrote_at__gt=at - WRITING_FOR
            )
            .exclude(user=by)
            .select_related("user")
            .first()
        )
        if here is None:
            raise Refused("Nobody is writing there now. You can write.")
        tell(
            assessment,
            "assessment.asked_for",
            [here.user_id],
            at,
            key=f"{text_id.hex[:16]}{at:%d%H%M}{by.pk.hex[:8]}",
        )
        return here.user


def look_in(*, by: User, at: datetime, assessment_id: UUID) -> None:
    """Note that somebody has the editor open."""
    Presence.objects.update_or_create(
        assessment_id=assessment_id, user=by, defaults={"seen_at": at}
    )


def leave(assessment: Assessment, *, by: User) -> None:
    """Keep a version of what somebody wrote last, and let the others in."""
    for text in assessment.texts.filter(by=by, version__gt=F("kept_version")).order_by("pk"):
        _keep_now(text, because=KeptBecause.LEFT)
    Presence.objects.filter(assessment=assessment, user=by).delete()


def keep_everything(assessment: Assessment) -> None:
    """Keep a version of every box that changed since its last; for submitting."""
    for text in assessment.texts.filter(version__gt=F("kept_version")).order_by("pk"):
        _keep_now(text, because=KeptBecause.SUBMITTED)


def refuse_closed(assessment: Assessment) -> None:
    """Refuse to change words of an assessment that is given to the manager or is over."""
    if assessment.state in WRITTEN_IN:
        return
    sent = assessment.submissions.select_related("by").order_by("-number").first()
    if assessment.state == AssessmentState.SUBMITTED and sent is not None:
        raise Closed(
            f"{sent.by.full_name} submitted this {words.moment_words(sent.at)}, so it is read"
            " only now. What you typed is kept.",
            by_name=sent.by.full_name,
            at=sent.at,
        )
    raise Closed(
        f"This assessment is {assessment.get_state_display().lower()}, so it is read only."
        " What you typed is kept."
    )


def keep_left_over(*, by: User, at: datetime, assessment_id: UUID, typed: Iterable[Typed]) -> None:
    """Keep what was typed into an assessment that had closed, as a draft of its writer."""
    found = {
        f"{one.child_id or ''}:{one.key}": one.words
        for one in typed
        if fingerprint(tidy(one.words)) != one.was
    }
    if not found:
        return
    draft = drafts.load(owner=by, form=LEFT_OVER, subject_id=assessment_id)
    drafts.save(
        owner=by,
        form=LEFT_OVER,
        subject_id=assessment_id,
        data={**(draft.data if draft else {}), **found},
        page=reverse("assessments:left_over", args=[assessment_id]),
        version=draft.version if draft else 0,
        at=at,
    )


def _writable(by: User, at: datetime, assessment_id: UUID) -> Assessment:
    require(by, Permission.ASSESSMENT_WRITE, at=at)
    assessment = locked(assessment_id, by)
    if may_write(assessment, by=by, at=at) is None:
        raise NotYours(
            f"This assessment belongs to {assessment.team.name}."
            " Its workers and the workers of the children write in it."
        )
    refuse_closed(assessment)
    return assessment


def _box(one: Typed, version: int, said: str) -> Box:
    return Box(child_id=one.child_id, key=one.key, version=version, was=fingerprint(said))


def _write(
    assessment: Assessment,
    text: AssessmentText | None,
    one: Typed,
    said: str,
    *,
    by: User,
    at: datetime,
    window: UUID | None = None,
) -> AssessmentText:
    AssessmentAuthor.objects.get_or_create(
        assessment=assessment, user=by, defaults={"first_at": at}
    )
    if text is None:
        return AssessmentText.objects.create(
            assessment=assessment,
            child_id=one.child_id,
            key=one.key,
            words=said,
            version=1,
            by=by,
            at=at,
            window=window,
            kept_at=at,
        )
    if text.by_id != by.pk and text.version > text.kept_version:
        _keep_now(text, because=KeptBecause.WRITER_CHANGED)
    text.words = said
    text.version += 1
    text.by = by
    text.at = max(at, text.at)
    text.window = window
    text.save(update_fields=["words", "version", "by", "at", "window"])
    if at - text.kept_at >= KEPT_EVERY:
        _keep_now(text, because=KeptBecause.TEN_MINUTES)
    return text


def _keep_now(text: AssessmentText, *, because: KeptBecause) -> None:
    _keep(text, text.words, by=text.by, at=text.at, because=because)
    text.kept_version = text.version
    text.kept_at = text.at
    text.save(update_fields=["kept_version", "kept_at"])


def _keep(text: AssessmentText, said: str, *, by: User, at: datetime, because: KeptBecause) -> None:
    TextVersion.objects.create(
        text=text,
        words=said,
        by=by,
        at=at,
        because=because,
        recorded_at=application_clock.now(),
    )


def _wrote(assessment: Assessment, text: AssessmentText, *, by: User, at: datetime) -> None:
    Presence.objects.update_or_create(
        assessment=assessment,
        user=by,
        defaults={"seen_at": at, "text": text, "wrote_at": at},
    )
    if assessment.state == AssessmentState.STARTED:
        assessment.state = AssessmentState.IN_PROGRESS
        assessment.save(update_fields=["state"])


def _clash(
    text: AssessmentText, one: Typed, said: str, label: str, *, by: User, at: datetime
) -> Clashed:
    draft = drafts.load(owner=by, form=CLASH, subject_id=text.pk)
    drafts.save(
        owner=by,
        form=CLASH,
        subject_id=text.pk,
        data={"words": said, "upon": one.version, "label": label},
        page=reverse("assessments:clash", args=[text.pk]),
        version=draft.version if draft else 0,
        at=at,
    )
    return Clashed(text=text, label=label, by_name=text.by.full_name, at=text.at)
