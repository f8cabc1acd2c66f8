import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import get_resolver

from record import drafts
from record.models import Draft
from tests.test_access import addresses


def save(owner, at, version=0, words="One", subject_id=None, **rest):
    return drafts.save(
        owner=owner,
        form="intake",
        subject_id=subject_id,
        data={"words": words},
        version=version,
        at=at,
        **rest,
    )


def test_save_gives_the_version_for_the_next_call(at_eleven, contact_officer, subject_id):
    first = save(contact_officer, at_eleven, subject_id=subject_id)
    second = save(contact_officer, at_eleven, first.version, "Two", subject_id=subject_id)

    assert (first.version, second.version) == (1, 2)
    assert Draft.objects.get().data == {"words": "Two"}


def test_save_tells_of_another_window_and_keeps_what_is_there(
    at_eleven, contact_officer, subject_id
):
    save(contact_officer, at_eleven, subject_id=subject_id)
    save(contact_officer, at_eleven, 1, "Two", subject_id=subject_id)

    with pytest.raises(drafts.DraftClash) as clash:
        save(contact_officer, at_eleven + timedelta(minutes=1), 1, "Three", subject_id=subject_id)

    assert clash.value.at == at_eleven
    assert Draft.objects.get().data == {"words": "Two"}


def test_page_that_is_sent_is_told_of_another_window_all_the_same(
    at_eleven, contact_officer, subject_id
):
    page = {"owner": contact_officer, "form": "intake", "subject_id": subject_id, "at": at_eleven}
    drafts.save(**page, version=0, data={"words": "One", "window": "one"})

    with pytest.raises(drafts.DraftClash):
        drafts.save(**page, version=0, data={"words": "Two", "window": "two"}, is_sent=True)
    with pytest.raises(drafts.DraftClash):
        drafts.save(**page, version=0, data={"words": "Two", "window": "one"})

    assert Draft.objects.get().data["words"] == "One"


def test_save_by_id_of_several_drafts_without_a_subject(at_eleven, contact_officer):
    one = save(contact_officer, at_eleven)
    save(contact_officer, at_eleven, words="Other")

    save(contact_officer, at_eleven, one.version, "More", draft_id=one.pk)

    assert {draft.data["words"] for draft in drafts.mine(contact_officer)} == {"More", "Other"}


def test_save_refuses_the_draft_of_somebody_else(at_eleven, contact_officer, mash_manager):
    draft = save(contact_officer, at_eleven)

    with pytest.raises(Draft.DoesNotExist):
        save(mash_manager, at_eleven, draft.version, draft_id=draft.pk)


def test_save_drops_what_the_database_cannot_hold(at_eleven, contact_officer, subject_id):
    save(contact_officer, at_eleven, words="a\x00b", subject_id=subject_id)

    assert Draft.objects.get().data == {"words": "ab"}


def test_recorded_draft_is_not_loaded_and_dropped_after_a_month(
    at_eleven, contact_officer, subject_id
):
    save(contact_officer, at_eleven, subject_id=subject_id)
    drafts.mark_recorded(owner=contact_officer, form="intake", subject_id=subject_id, at=at_eleven)

    assert drafts.load(owner=contact_officer, form="intake", subject_id=subject_id) is None
    assert drafts.drop_old(at=at_eleven + timedelta(days=30)) == 0
    assert drafts.drop_old(at=at_eleven + timedelta(days=30, seconds=1)) == 1


def test_load_gives_the_draft_of_its_owner_only(at_eleven, contact_officer, mash_manager):
    subject = uuid4()
    save(contact_officer, at_eleven, subject_id=subject)

    assert drafts.load(owner=contact_officer, form="intake", subject_id=subject) is not None
    assert drafts.load(owner=mash_manager, form="intake", subject_id=subject) is None


def test_drop_throws_away_only_ones_own(at_eleven, contact_officer, mash_manager):
    draft = save(contact_officer, at_eleven)

    assert drafts.drop(owner=mash_manager, draft_id=draft.pk) == 0
    assert drafts.drop(owner=contact_officer, draft_id=draft.pk) == 1


def test_database_refuses_two_drafts_of_one_form(at_eleven, contact_officer, subject_id):
    save(contact_officer, at_eleven, subject_id=subject_id)

    with pytest.raises(IntegrityError), transaction.atomic():
        Draft.objects.create(
            owner=contact_officer, form="intake", subject_id=subject_id, saved_at=at_eleven
        )


# The door


def test_view_saves_form_fields(client, contact_officer, subject_id):
    client.force_login(contact_officer)

    answer = client.post(
        f"/record/drafts/intake/{subject_id}/",
        {"words": "Typed", "ticked": ["a", "b"], "version": "", "csrfmiddlewaretoken": "x"},
    )

    assert answer.json()["version"] == 1
    assert Draft.objects.get().data == {"words": "Typed", "ticked": ["a", "b"]}


def test_view_keeps_the_forms_own_version_apart_from_the_drafts(
    client, contact_officer, subject_id
):
    client.force_login(contact_officer)

    answer = client.post(
        f"/record/drafts/intake/{subject_id}/?page=/record/notices/",
        {"words": "Typed", "version": "7", "token": "t", "draft_version": "0"},
    )

    assert answer.json()["version"] == 1
    draft = Draft.objects.get()
    assert draft.data == {"words": "Typed", "version": "7", "token": "t"}
    assert draft.page == "/record/notices/"


@pytest.mark.parametrize("page", ["https://elsewhere.example/", "//elsewhere.example", "/no/", "x"])
def test_view_keeps_no_address_that_is_not_ours(client, contact_officer, subject_id, page):
    client.force_login(contact_officer)

    client.post(f"/record/drafts/intake/{subject_id}/", {"words": "Typed"}, QUERY_STRING="")
    client.post(
        f"/record/drafts/intake/{subject_id}/?page={page}", {"words": "More", "version": "1"}
    )

    draft = Draft.objects.get()
    assert (draft.data, draft.page) == ({"words": "More"}, "")


def test_save_under_way_while_the_form_was_recorded_changes_nothing(
    at_eleven, contact_officer, subject_id
):
    first = save(contact_officer, at_eleven, subject_id=subject_id)
    drafts.mark_recorded(owner=contact_officer, form="intake", subject_id=subject_id, at=at_eleven)

    late = save(contact_officer, at_eleven, first.version, "Two", subject_id=subject_id)
    later = save(contact_officer, at_eleven + timedelta(hours=1), 3, "Three", subject_id=subject_id)

    assert late.pk == first.pk
    assert later.pk != first.pk
    assert [draft.data["words"] for draft in drafts.mine(contact_officer)] == ["Three"]


def test_drop_throws_away_ones_own_draft_and_leads_back(client, at_eleven, contact_officer):
    draft = save(contact_officer, at_eleven, page="/record/notices/")
    client.force_login(contact_officer)

    answer = client.post(f"/record/drafts/{draft.pk}/drop/")

    assert answer["Location"] == "/record/notices/"
    assert not Draft.objects.exists()


def test_view_answers_409_to_a_stale_version(client, contact_officer, subject_id):
    client.force_login(contact_officer)
    url = f"/record/drafts/intake/{subject_id}/"
    client.post(url, {"words": "One", "version": "0"})

    answer = client.post(url, {"words": "Two", "version": "0"})

    assert answer.status_code == 409
    assert "another window" in answer.json()["clash"]
    assert Draft.objects.get().data == {"words": "One"}


def test_view_takes_json(client, contact_officer, subject_id):
    client.force_login(contact_officer)

    answer = client.post(
        f"/record/drafts/intake/{subject_id}/",
        {"words": "Typed", "version": 0},
        content_type="application/json",
    )

    assert answer.status_code == 200
    assert Draft.objects.get().data == {"words": "Typed"}


@pytest.mark.parametrize(
    "body",
    [
        "[1]",
        "{",
        '{"version": -1}',
        '{"version": "x"}',
        '{"version": [1]}',
        '{"version": 1e400}',
        '{"version": 0, "data": [1]}',
        '{"words": {"a": 1}}',
        '{"words": null}',
        '{"words": [["a"]]}',
        "[" * 100_000,
    ],
)
def test_view_refuses_what_it_cannot_read(client, contact_officer, subject_id, body):
    client.force_login(contact_officer)

    answer = client.post(
        f"/record/drafts/intake/{subject_id}/", body, content_type="application/json"
    )

    assert answer.status_code == 400
    assert not Draft.objects.exists()


def test_view_keeps_what_the_database_can_hold_of_any_text(client, contact_officer, subject_id):
    client.force_login(contact_officer)
    url = f"/record/drafts/intake/{subject_id}/"

    client.post(
        url, r'{"version": 0, "wo\u0000rds": "a\ud800b", "n": NaN}', content_type="application/json"
    )
    by_json = Draft.objects.get().data
    client.post(url, {"version": "1", "wo\x00rds": "a\x00c"})

    assert by_json == {"words": "ab", "n": "nan"}
    assert Draft.objects.get().data == {"words": "ac"}


@pytest.mark.parametrize(
    "page", ["/record/limits/a%00b/", "/record/limits/a%0d%0ab/", "//elsewhere.example/", "%ff"]
)
def test_view_keeps_no_page_that_is_none(client, contact_officer, subject_id, page):
    client.force_login(contact_officer)

    kept = client.post(f"/record/drafts/intake/{subject_id}/?page={page}", {"version": "0"})
    dropped = client.post(f"/record/drafts/{kept.json()['draft']}/drop/")

    assert dropped["Location"] == "/"


def test_view_hides_the_draft_of_somebody_else(client, at_eleven, contact_officer, mash_manager):
    draft = save(contact_officer, at_eleven)
    client.force_login(mash_manager)

    answer = client.post(f"/record/drafts/intake/draft/{draft.pk}/", {"version": "1"})

    assert answer.status_code == 404


def test_every_page_that_saves_what_is_typed_says_where_to_go_on():
    saving = [
        (page.name, address)
        for page in (settings.BASE_DIR / "templates").rglob("*.html")
        for address in re.findall(
            r"data-autosave=\"([^\"]*record:draft_save'[^\"]*)\"", page.read_text()
        )
    ]

    assert saving
    assert [each for each in saving if "?page={{ request.path|urlencode }}" not in each[1]] == []


def test_every_page_named_in_the_list_of_drafts_exists():
    assert set(drafts._pages) - set(addresses(get_resolver())) == set()
