"""Writing an assessment: versions, clashes, who is where, and what is never lost."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied

from accounts.choices import Role, TeamKind
from assessments import actions
from assessments.actions.writing import CLASH, fingerprint
from assessments.models import AssessmentText, Presence, TextVersion
from assessments.queries import document, editor
from lib.working_days import london_date
from record.errors import Clash, Refused
from record.models import Draft
from tests.assessments.families import WRITTEN, submitted, typed, visited, written
from tests.personas import member

pytestmark = pytest.mark.django_db


@pytest.fixture
def other(db):
    return member("Pat Fixture", Role.PRACTICE_SUPERVISOR, TeamKind.ASSESSMENT)


def save(assessment, by, *boxes, at=WRITTEN, **more):
    return actions.save_words(by=by, at=at, assessment_id=assessment.pk, typed=list(boxes), **more)


def words(assessment, key="analysis", child=None):
    return AssessmentText.objects.get(assessment=assessment, key=key, child=child).words


def test_saving_counts_a_version_and_makes_an_author(assessment, assessment_social_worker):
    saved = save(assessment, assessment_social_worker, typed(assessment, "analysis", "First"))
    save(assessment, assessment_social_worker, typed(assessment, "analysis", "First, more"))

    assert saved.boxes[0].version == 1
    assert AssessmentText.objects.get().version == 2
    assert assessment.authors.get().user == assessment_social_worker
    assessment.refresh_from_db()
    assert assessment.state == "in_progress"


def test_a_box_that_nobody_touched_is_not_sent_over_newer_words(
    assessment, assessment_social_worker, other
):
    save(assessment, assessment_social_worker, typed(assessment, "analysis", "Old"))
    stale = typed(assessment, "analysis", "Old")
    save(assessment, other, typed(assessment, "analysis", "New, by Pat"))

    saved = save(assessment, assessment_social_worker, stale)

    assert words(assessment) == "New, by Pat"
    assert saved.clashes == []


def test_two_writers_never_overwrite_each_other(assessment, assessment_social_worker, other):
    save(assessment, assessment_social_worker, typed(assessment, "analysis", "Common"))
    mine = typed(assessment, "analysis", "Common, and mine")
    save(assessment, other, typed(assessment, "analysis", "Common, and Pat’s"))

    saved = save(assessment, assessment_social_worker, mine, typed(assessment, "change", "Nights"))

    assert words(assessment) == "Common, and Pat’s"
    assert words(assessment, "change") == "Nights"  # the clash of one box holds up no other
    assert saved.clashes[0].by_name == "Pat Fixture"
    draft = Draft.objects.get(owner=assessment_social_worker, form=CLASH)
    assert draft.data["words"] == "Common, and mine"


@pytest.mark.parametrize(
    ("keep", "left", "versions"),
    [
        ("mine", "Mine", {"Theirs"}),
        ("theirs", "Theirs", {"Mine"}),
        ("both", "Theirs\n\nMine", set()),
    ],
)
def test_settling_a_clash_keeps_what_does_not_stay(
    assessment, assessment_social_worker, other, keep, left, versions
):
    stale = typed(assessment, "analysis", "Mine")
    save(assessment, other, typed(assessment, "analysis", "Theirs"))
    save(assessment, assessment_social_worker, stale)
    text = AssessmentText.objects.get()

    actions.settle_clash(
        by=assessment_social_worker,
        at=WRITTEN,
        assessment_id=assessment.pk,
        text_id=text.pk,
        keep=keep,
        version=text.version,
    )

    assert words(assessment) == left
    kept = set(TextVersion.objects.filter(because="clash").values_list("words", flat=True))
    assert kept == versions
    assert not Draft.objects.filter(form=CLASH).exists()


def test_settling_reads_again_when_the_other_wrote_on(assessment, assessment_social_worker, other):
    stale = typed(assessment, "analysis", "Mine")
    save(assessment, other, typed(assessment, "analysis", "Theirs"))
    save(assessment, assessment_social_worker, stale)
    text = AssessmentText.objects.get()
    save(assessment, other, typed(assessment, "analysis", "Theirs, longer"))

    def settle():
        actions.settle_clash(
            by=assessment_social_worker,
            at=WRITTEN,
            assessment_id=assessment.pk,
            text_id=text.pk,
            keep="mine",
            version=text.version,
        )

    with pytest.raises(Clash, match="Pat Fixture has written here again"):
        settle()

    assert words(assessment) == "Theirs, longer"


def test_the_same_window_goes_on_though_an_answer_was_lost(assessment, assessment_social_worker):
    window = uuid4()
    first = typed(assessment, "analysis", "One")
    save(assessment, assessment_social_worker, first, window=window)

    again = typed(assessment, "analysis", "One, two", version=0, was=fingerprint(""))
    saved = save(assessment, assessment_social_worker, again, window=window)
    emptied = typed(assessment, "analysis", "", version=0, was=fingerprint(""))
    save(assessment, assessment_social_worker, emptied, window=window)

    assert saved.clashes == []
    assert words(assessment) == ""


def test_two_windows_of_one_person_clash_as_two_people_do(assessment, assessment_social_worker):
    stale = typed(assessment, "analysis", "From the second window")
    one, two = uuid4(), uuid4()
    first = typed(assessment, "analysis", "From the first window")
    save(assessment, assessment_social_worker, first, window=one)

    saved = save(assessment, assessment_social_worker, stale, window=two)

    assert len(saved.clashes) == 1


def test_versions_are_kept_on_leaving_on_another_writer_and_every_ten_minutes(
    assessment, assessment_social_worker, other
):
    def reasons():
        return list(
            TextVersion.objects.order_by("recorded_at", "at").values_list("because", flat=True)
        )

    save(assessment, assessment_social_worker, typed(assessment, "analysis", "1"))
    save(assessment, assessment_social_worker, typed(assessment, "analysis", "2"))
    assert reasons() == []
    save(assessment, other, typed(assessment, "analysis", "3"))
    assert reasons() == ["writer_changed"]
    save(assessment, other, is_leaving=True)
    save(assessment, other, is_leaving=True)
    assert sorted(reasons()) == ["left", "writer_changed"]
    later = WRITTEN + timedelta(minutes=10)
    save(assessment, other, typed(assessment, "analysis", "4"), at=later)

    assert sorted(reasons()) == ["left", "ten_minutes", "writer_changed"]
    kept = set(TextVersion.objects.values_list("words", flat=True))
    assert kept == {"2", "3", "4"}


def test_submitting_keeps_every_box_and_closes_them(assessment, assessment_social_worker):
    submitted(assessment, assessment_social_worker)

    assert TextVersion.objects.filter(because="submitted").count() == assessment.texts.count()
    with pytest.raises(actions.Closed, match="Femi Exampleton submitted this"):
        save(assessment, assessment_social_worker, typed(assessment, "analysis", "Late"))


def test_who_writes_where_is_shown_and_fades(assessment, children, assessment_social_worker, other):
    save(assessment, other, typed(assessment, "health", "Asthma", children[0]))
    parts = document.parts_of(assessment, on=london_date(WRITTEN))

    def there(after):
        return editor.writers(
            by=assessment_social_worker, assessment=assessment, parts=parts, at=WRITTEN + after
        )

    (writer,) = there(timedelta(seconds=20))
    assert writer.in_words == "is writing in “Idris’s health and development”"
    assert writer.box == f"child-{children[0].pk}-health"
    assert there(timedelta(minutes=3)) == []
    actions.look_in(by=other, at=WRITTEN + timedelta(minutes=3), assessment_id=assessment.pk)
    (reader,) = there(timedelta(minutes=3))
    assert reader.in_words == "is reading this page"


def test_asking_for_a_box_tells_who_writes_there(assessment, assessment_social_worker, other):
    save(assessment, other, typed(assessment, "analysis", "Mine"))
    text = AssessmentText.objects.get()

    def ask(after):
        return actions.ask_for(
            by=assessment_social_worker,
            at=WRITTEN + after,
            assessment_id=assessment.pk,
            text_id=text.pk,
        )

    assert ask(timedelta(seconds=30)) == other
    with pytest.raises(Refused, match="Nobody is writing there"):
        ask(timedelta(minutes=3))


def test_words_of_a_visit_are_put_in_once_and_keep_their_link(
    assessment, children, assessment_social_worker
):
    line = visited(children[0], assessment_social_worker, words="“I ring Lina.”")
    silent = visited(children[0], assessment_social_worker)

    def put_in(visit):
        return actions.put_in_visit(
            by=assessment_social_worker,
            at=WRITTEN,
            assessment_id=assessment.pk,
            child_id=children[0].pk,
            visit_id=visit.pk,
        )

    text = put_in(line)

    assert text.words == "9 March 2026: “I ring Lina.”"
    assert text.visits_used.get().visit == line
    with pytest.raises(Refused, match="in already"):
        put_in(line)
    with pytest.raises(Refused, match="Nothing that the child said"):
        put_in(silent)
    with pytest.raises(Refused, match="no such visit"):
        put_in(visited(children[1], assessment_social_worker, words="Other"))


def test_words_about_a_child_without_a_part_or_of_no_box_go_nowhere(
    assessment, children, assessment_team_manager, assessment_social_worker
):
    gone = typed(assessment, "voice", "Typed before", children[0])
    actions.take_out(
        by=assessment_team_manager,
        at=WRITTEN,
        assessment_id=assessment.pk,
        child_id=children[0].pk,
        because="With her father",
    )

    save(assessment, assessment_social_worker, gone, typed(assessment, "no_such_box", "x"))

    assert not AssessmentText.objects.exists()


def test_a_manager_or_an_outsider_writes_nothing(assessment, assessment_team_manager, outsider):
    for by in (assessment_team_manager, outsider):
        with pytest.raises(PermissionDenied):
            written(assessment, by)

    assert not AssessmentText.objects.exists()
    assert not Presence.objects.exists()


def test_a_date_and_factors_are_kept_in_one_form(assessment, children, assessment_social_worker):
    save(
        assessment,
        assessment_social_worker,
        typed(assessment, "shared_on", "11 March"),
        typed(assessment, "factors", "16A 3B 16A", children[0]),
    )

    assert words(assessment, "shared_on") == "2026-03-11"
    assert words(assessment, "factors", children[0]) == "3B 16A"


def test_control_characters_go_and_much_text_stays(assessment, assessment_social_worker):
    save(
        assessment, assessment_social_worker, typed(assessment, "analysis", "a\x00b" + "x" * 30_000)
    )

    assert words(assessment) == "ab" + "x" * 30_000
