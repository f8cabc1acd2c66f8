from datetime import date

from record import code_lists
from record.models import CodeListEntry

DAY = date(2026, 3, 12)


def test_lists_of_the_returns_are_there(db):
    assert {"primary_need", "referral_source", "ethnicity", "disability"} <= set(code_lists.names())
    assert code_lists.is_valid("primary_need", "N1", on=DAY)
    assert not code_lists.is_valid("primary_need", "N99", on=DAY)
    assert not code_lists.is_valid("no_such_list", "N1", on=DAY)


def test_choices_keep_the_order_of_the_list(db):
    codes = [code for code, _ in code_lists.choices("primary_need", DAY)]

    assert codes[:3] == ["N1", "N2", "N3"]


def test_code_may_be_entered_on_its_days_only(db):
    CodeListEntry.objects.create(
        list="test",
        code="A",
        label="First",
        position=1,
        valid_from=date(2025, 4, 1),
        valid_to=date(2026, 3, 31),
    )
    CodeListEntry.objects.create(
        list="test", code="A", label="Second", position=1, valid_from=date(2026, 4, 1)
    )
    code_lists.forget()

    assert not code_lists.is_valid("test", "A", date(2025, 3, 31))
    assert code_lists.choices("test", date(2026, 3, 31)) == [("A", "First")]
    assert code_lists.label("test", "A", date(2026, 4, 1)) == "Second"
    assert code_lists.label("test", "A") == "Second"
    assert code_lists.label("test", "B") == "B"
    code_lists.forget()


def test_asking_needs_no_query(db, django_assert_num_queries):
    with django_assert_num_queries(0):
        code_lists.choices("ethnicity", DAY)
