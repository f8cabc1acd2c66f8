"""Who has registered what: pinned here, listed in docs/registries.md (decisions.md 27)."""

import re

import pytest

from dev.services import BASE_DIR
from record import clocks, documents, events, notices, outbox, policy, read_log, visibility

PAGE = (BASE_DIR / "docs" / "registries.md").read_text(encoding="utf-8")


def dotted(function):
    return f"{function.__module__}.{function.__qualname__}"


def test_functions_of_other_apps_are_those_listed():
    ours = [
        *(dotted(each) for each in visibility._functions),
        *(dotted(each) for each in read_log._may_see_readers),
        *clocks.carriers().values(),
        *clocks.counted_back().values(),
        *(name for topic, name in outbox.topics().items() if not topic.startswith("test.")),
    ]

    assert [name for name in ours if f"`{name}`" not in PAGE] == []


def test_subjects_with_documents_are_those_listed():
    assert [kind for kind in documents.subjects() if f"`{kind}`" not in PAGE] == []


def test_exactly_one_function_says_who_may_see_whom():
    assert len(visibility._functions) == 1


@pytest.mark.parametrize("code", events.codes(), ids=lambda code: code.code)
def test_words_of_an_event_can_be_said(code):
    words = code.words.format_map(events._Blank())

    assert words.strip()
    assert re.fullmatch(r"[a-z_0-9]+\.[a-z_0-9]+", code.code)


@pytest.mark.parametrize("code", notices._codes.values(), ids=lambda code: code.code)
def test_notice_leads_to_a_page(code):
    from uuid import UUID

    assert code.words
    assert not code.url_name or notices._url(code, UUID(int=0))


@pytest.mark.parametrize("limit", policy.limits(), ids=lambda limit: limit.key)
def test_limit_allows_its_own_default(limit):
    assert limit.checked(limit.default) == limit.default
    assert limit.words
