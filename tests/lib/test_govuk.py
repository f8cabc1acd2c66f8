"""Fields, their words and their markup. "Now" is Thursday 12 March 2026, 13:30."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict
from django.template.loader import render_to_string

from lib import application_clock, govuk
from lib.dates import PartialDate
from lib.govuk import problems
from lib.working_days import instant

NOW = instant(date(2026, 3, 12), time(13, 30))
TODAY = date(2026, 3, 12)


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with application_clock.set_to(NOW):
        yield


def form_of(data: dict[str, Any] | None = None, **fields: forms.Field) -> Any:
    """Make a form with these fields and bind it to the data."""
    return type("OneForm", (forms.Form,), fields)(data)


def error_of(field: forms.Field, typed: Any) -> str:
    """Give what the field says about this value, or nothing."""
    with pytest.raises(forms.ValidationError) as raised:
        field.clean(typed)
    return raised.value.messages[0]


def boxes(day: str = "", month: str = "", year: str = "", **rest: str) -> dict[str, str]:
    """Give what three boxes send."""
    return {"day": day, "month": month, "year": year, **rest}


# Text


def test_text_field_says_what_to_enter_when_empty():
    assert error_of(govuk.TextField(label="Family"), " \n ") == "Enter family"
    assert error_of(govuk.TextField(label="GP practice"), "") == "Enter GP practice"


def test_text_field_uses_the_words_it_was_given():
    field = govuk.LongTextField(label="Why", missing="Say why this and not the alternative")

    assert error_of(field, "") == "Say why this and not the alternative"


def test_text_field_removes_control_characters_and_composes_letters():
    typed = "\x00Zoe\u0301\x07 \tNa\u0308mi\r\n"

    assert govuk.TextField(label="Name").clean(typed) == "Zoé Nämi"


def test_long_text_field_keeps_lines_and_tabs():
    typed = "One\r\ntwo\tthree\x00\n\nfour  \n"

    assert govuk.LongTextField(label="Words").clean(typed) == "One\ntwo\tthree\n\nfour"


@pytest.mark.parametrize("name", ["Łucja", "محمد", "Nguyễn Thị", "O’Dummy-Smythe", "李小龙"])
def test_text_field_keeps_names_in_any_script(name):
    assert govuk.TextField(label="Name").clean(name) == name


def test_long_text_field_takes_its_limit_and_not_one_more():
    field = govuk.LongTextField(label="What we know")

    assert len(field.clean("x" * 20_000)) == 20_000
    assert error_of(field, "x" * 20_001) == (
        "Shorten “What we know” to 20,000 characters; you have 20,001"
    )


def test_long_text_field_keeps_a_text_that_is_too_long():
    form = form_of({"words": "y" * 200_001}, words=govuk.LongTextField(max_length=200_000))

    assert not form.is_valid()
    assert "y" * 200_001 in str(form["words"])


def test_email_field_says_what_an_address_looks_like():
    field = govuk.EmailField(label="Email")

    assert field.clean(" olu@school.example ") == "olu@school.example"
    assert error_of(field, "olu at school").startswith("Enter an email address, for example")


def test_whole_number_field_reads_thousands_and_keeps_bounds():
    field = govuk.WholeNumberField(label="Days", max_value=5000)

    assert field.clean("1,200") == 1200
    for typed in ("two", "--5", "5-", "²", "1" * 400):
        assert error_of(field, typed) == "Enter a whole number, for example 3"
    assert error_of(field, "-1") == "Enter a number of 0 or more"
    assert error_of(field, "5001") == "Enter a number of 5,000 or less"


# Choices


def test_choice_field_says_what_to_choose():
    field = govuk.ChoiceField(label="Outcome", choices=[("a", "Advice")])

    assert error_of(field, "") == "Choose outcome"
    assert error_of(field, "z") == "Choose outcome from the list"


def test_yes_no_field_gives_true_false_or_nothing():
    assert govuk.YesNoField(label="Seen").clean("yes") is True
    assert govuk.YesNoField(label="Seen").clean("no") is False
    assert govuk.YesNoField(label="Seen", required=False).clean("") is None


def test_yes_no_field_shows_an_initial_answer():
    html = str(form_of(seen=govuk.YesNoField(label="Seen", initial=False))["seen"])

    assert 'value="no" ' in html
    assert html.count("checked") == 1


def test_select_field_starts_with_nothing_chosen():
    field = govuk.SelectField(label="Level of need", choices=lambda: [("4a", "4a")])
    html = str(form_of(level=field)["level"])

    assert '<option value="" selected>Choose level of need</option>' in html
    assert error_of(field, "") == "Choose level of need"


def test_file_field_refuses_a_file_too_large_and_an_empty_one():
    field = govuk.FileField(label="Document", max_megabytes=1)

    assert error_of(field, SimpleUploadedFile("a.pdf", b"x" * (1024 * 1024 + 60_000))) == (
        "Choose a file of 1 MB or less; this one has 1.1 MB"
    )
    assert error_of(field, SimpleUploadedFile("a.pdf", b"")).startswith("Choose a file with")
    assert error_of(field, None) == "Choose document"


# Dates


@pytest.mark.parametrize(
    "typed",
    [
        boxes("13", "3", "2026"),
        boxes("13", "March", "26"),
        boxes("13 3 2026"),
        "13 3 2026",
        "13/3/26",
        "13.03.2026",
        "13 March",
        "13 mar",
        "Fri 13 March 2026",
        "13th March 2026",
        "2026-03-13",
        "tomorrow",
    ],
)
def test_date_field_reads_a_date_however_it_is_written(typed):
    assert govuk.DateField(label="Day").clean(typed) == date(2026, 3, 13)


@pytest.mark.parametrize(
    "typed",
    [
        boxes("31", "2", "2026"),
        boxes("0", "1", "2026"),
        boxes("12", "13", "2026"),
        boxes("", "3", "2026"),
        boxes("13", "3", ""),
        boxes("13", "3", "202"),
        boxes("13", "3", "20266"),
        boxes("x", "y", "z"),
        boxes("13", "²³", "2026"),  # figures that are no number: a superscript is no month
        "soon",
        "29 2 2025",
        "32/1/26",
        "13 3 2026 \x00\x00 '; drop",
    ],
)
def test_date_field_refuses_a_date_that_is_not_real(typed):
    if typed == boxes("13", "3", ""):
        assert govuk.DateField(label="Day").clean(typed) == date(2026, 3, 13)
        return
    assert error_of(govuk.DateField(label="Day"), typed) == (
        "Enter a real date, for example 13 3 2026"
    )


def test_date_field_of_two_figures_reaches_ten_years_ahead():
    assert govuk.DateField(label="Day").clean("1/2/36") == date(2036, 2, 1)
    assert govuk.DateField(label="Day").clean("1/2/37") == date(1937, 2, 1)


def test_date_field_without_a_year_takes_the_year_the_question_is_about():
    assert govuk.DateField(label="Day").clean("28 December") == date(2025, 12, 28)
    assert govuk.DateField(label="Day", when="past").clean("13 March") == date(2025, 3, 13)
    assert govuk.DateField(label="Day", when="future").clean("11 March") == date(2027, 3, 11)


def test_date_field_says_on_which_side_of_today():
    past = govuk.DateField(label="Seen on", when="past")
    future = govuk.DateField(
        label="Look again on",
        when="future",
        error_messages={"past": "The date to look again must be today or later"},
    )

    assert past.clean("12 3 2026") == TODAY
    assert error_of(past, "13 3 2026") == "“Seen on” must be today or earlier"
    assert error_of(future, "11 3 2026") == "The date to look again must be today or later"


def test_date_field_keeps_what_was_typed_in_each_box():
    form = form_of({"seen_day": "31", "seen_month": "2", "seen_year": "2026"}, seen=_day())

    html = form.as_div()

    assert not form.is_valid()
    for typed in ('value="31"', 'value="2"', 'value="2026"'):
        assert typed in html
    assert html.count('aria-invalid="true"') == 3


def test_date_field_takes_one_box_under_its_plain_name():
    form = form_of({"seen": "13/3/26"}, seen=_day())

    assert form.is_valid()
    assert form.cleaned_data["seen"] == date(2026, 3, 13)
    assert 'value="13"' in str(form["seen"])


def test_date_field_with_one_box_shows_its_initial_date():
    form = form_of(by=govuk.DateField(label="By when", one_box=True, initial=date(2026, 3, 13)))

    assert 'value="13 3 2026"' in str(form["by"])


def test_optional_date_field_may_be_empty():
    assert govuk.OptionalDateField(label="Day").clean(boxes()) is None
    assert error_of(govuk.DateField(label="Date of visit"), boxes()) == "Enter date of visit"


@pytest.mark.parametrize(
    ("typed", "known"),
    [
        (boxes("", "", "2019"), PartialDate(2019)),
        (boxes("", "3", "2019"), PartialDate(2019, 3)),
        (boxes("2", "Feb", "2022"), PartialDate(2022, 2, 2)),
        (boxes("March 2019"), PartialDate(2019, 3)),
        ("2019", PartialDate(2019)),
        (date(2020, 1, 2), PartialDate(2020, 1, 2)),
    ],
)
def test_partial_date_field_keeps_what_is_known(typed, known):
    assert govuk.PartialDateField(label="Born").clean(typed) == known


def test_partial_date_field_refuses_a_day_without_its_month():
    said = "Enter a real date, or its month and year, or its year: 2019"

    assert error_of(govuk.PartialDateField(label="Born"), boxes("3", "", "2019")) == said
    assert error_of(govuk.PartialDateField(label="Born"), boxes("3", "4", "")) == said


def test_partial_date_field_refuses_a_birth_in_the_future():
    field = govuk.PartialDateField(label="Born", when="past")

    assert field.clean(boxes("", "", "2026")) == PartialDate(2026)
    assert error_of(field, boxes("", "4", "2026")) == "“Born” must be today or earlier"


# Moments


@pytest.mark.parametrize("clock", ["16:45", "1645", "16.45", "4:45pm", " 16:45 "])
def test_moment_field_gives_utc_however_the_time_is_written(clock):
    found = govuk.MomentField(label="When").clean(boxes("1", "7", "2026", time=clock))

    assert found == datetime(2026, 7, 1, 15, 45, tzinfo=UTC)
    assert found.utcoffset() == datetime(2026, 7, 1, tzinfo=UTC).utcoffset()


@pytest.mark.parametrize("clock", ["", "25:00", "12:60", "noon", "9", "13pm"])
def test_moment_field_refuses_a_time_that_is_none(clock):
    typed = boxes("1", "7", "2025", time=clock)

    assert error_of(govuk.MomentField(label="When"), typed) == (
        "Enter a time on the 24-hour clock, for example 16:45"
    )


def test_moment_field_asks_which_in_the_hour_that_happens_twice():
    field = govuk.MomentField(label="When")
    typed = boxes("26", "10", "2025", time="01:40")

    assert "Say whether this was the first or the second 01:40" in error_of(field, typed)
    assert field.clean({**typed, "which": "first"}) == datetime(2025, 10, 26, 0, 40, tzinfo=UTC)
    assert field.clean({**typed, "which": "second"}) == datetime(2025, 10, 26, 1, 40, tzinfo=UTC)


def test_moment_field_shows_the_question_only_in_that_hour():
    asked = {"at_day": "26", "at_month": "10", "at_year": "2025", "at_time": "01:40"}

    form = form_of(asked, at=govuk.MomentField(label="When"))
    other = form_of({**asked, "at_time": "02:10"}, at=govuk.MomentField(label="When"))

    assert not form.is_valid()
    assert 'name="at_which"' in str(form["at"])
    assert form["at"].error_target == "id_at_time"
    assert other.is_valid()
    assert 'name="at_which"' not in str(other["at"])


def test_moment_field_refuses_a_time_that_never_was():
    typed = boxes("30", "3", "2025", time="01:30")

    assert "There was no 01:30 that night" in error_of(govuk.MomentField(label="When"), typed)


def test_moment_field_refuses_the_future_to_the_minute():
    field = govuk.MomentField(label="When it happened", when="past")

    assert field.clean("12 3 2026 13:30") == NOW
    assert error_of(field, "2026-03-12T13:31") == "“When it happened” must be now or earlier"


def test_moment_field_shows_an_initial_moment_as_the_clock_in_slough():
    initial = datetime(2026, 7, 1, 15, 45, tzinfo=UTC)
    html = str(form_of(at=govuk.MomentField(label="When", initial=initial))["at"])

    assert 'value="16:45"' in html
    assert 'value="7"' in html


# Markup


def _day(**rest: Any) -> govuk.DateField:
    return govuk.DateField(label="Seen on", **rest)


def test_field_ties_label_hint_and_error_to_its_control():
    form = form_of({}, why=govuk.LongTextField(label="Why", help_text="In your words"))
    form.is_valid()

    html = form["why"].as_field_group()

    assert '<label class="govuk-label" for="id_why">Why</label>' in html
    assert 'aria-describedby="id_why_helptext id_why_error"' in html
    assert 'id="id_why_helptext">In your words' in html
    assert "<span>Error:</span> Enter why" in html
    assert 'aria-invalid="true"' in html
    assert " required" not in html


def test_field_names_whom_it_asks_about_for_readers():
    form = form_of(level=govuk.SelectField(label="Level of need", about="Zayn <Testwood>"))

    html = form["level"].as_field_group()

    assert 'Level of need<span class="fd-reader-only">, Zayn &lt;Testwood&gt;</span>' in html


def test_field_never_speaks_of_required_or_invalid():
    form = form_of({"n": "x", "c": "z"}, n=govuk.WholeNumberField(), c=govuk.ChoiceField())
    form.is_valid()

    for words in ("required", "invalid ", "lease", "valid choice"):
        assert words not in form.as_div().replace("aria-invalid", "")


def test_radios_reveal_further_questions_below_their_choice():
    form = form_of(
        asked=govuk.ChoiceField(
            label="Asked?", choices=[("y", "Yes"), ("n", "No")], reveals={"n": ["why"]}
        ),
        why=govuk.TextField(label="Why not", required=False),
    )

    html = str(form)

    assert 'data-revealed-by="id_asked_1"' in html
    assert html.count('name="why"') == 1
    assert " hidden" not in html


def test_radios_show_hint_and_figure_beside_each_choice():
    field = govuk.ManyChoicesField(
        label="Children",
        choices=[("1", "Hugo, 6"), ("2", "Nell, 4")],
        sides={"1": "30 of 20"},
        hints={"2": "Stays at weekends"},
    )

    html = form_of(children=field)["children"].as_field_group()

    assert '<span class="fd-choice__side">30 of 20</span>' in html
    assert '<span class="fd-choice__hint">Stays at weekends</span>' in html
    assert "checked" not in html


def test_tick_reveals_questions_below_it():
    form = form_of(
        danger=govuk.TickField(label="In danger now", reveals=["how"]),
        how=govuk.TextField(label="How", required=False),
    )

    assert 'data-revealed-by="id_danger"' in str(form)
    assert form["how"].is_revealed


def test_check_is_shown_and_does_not_stop_the_form():
    form = form_of({"why": "Same"}, why=govuk.TextField(label="Why"))
    form.checks = {"why": "same words as for Aaliyah"}

    assert form.is_valid()
    html = form["why"].as_field_group()
    assert "Check: same words as for Aaliyah" in html
    assert 'aria-describedby="id_why_check"' in html


def test_text_typed_is_escaped_wherever_it_is_shown():
    form = form_of(
        {"a": '"><script>x</script>', "b_day": "<b>", "c": "<i>"},
        a=govuk.TextField(max_length=3),
        b=govuk.DateField(label="B"),
        c=govuk.ChoiceField(label="C", choices=[("1", "<u>")]),
    )
    form.is_valid()

    html = str(form)

    for tag in ("<script>", "<b>", "<i>", "<u>"):
        assert tag not in html


# Summary of errors


def test_error_summary_links_each_line_to_its_control():
    form = form_of(
        {"at_day": "1", "at_month": "7", "at_year": "2025", "at_time": "x"},
        outcome=govuk.ChoiceField(
            choices=[("a", "A")], missing="Choose an outcome for Unborn baby"
        ),
        seen=_day(),
        at=govuk.MomentField(label="When"),
        why=govuk.LongTextField(label="Why"),
    )

    html = render_to_string("components/error_summary.html", {"form": form})

    assert '<a href="#id_outcome_0">Choose an outcome for Unborn baby</a>' in html
    assert '<a href="#id_seen_day">Enter seen on</a>' in html
    assert '<a href="#id_at_time">' in html
    assert '<a href="#id_why">' in html
    assert 'role="alert"' in html
    for target in ("id_outcome_0", "id_seen_day", "id_at_time", "id_why"):
        assert f'id="{target}"' in str(form)


def test_error_summary_leads_to_a_question_without_choices():
    form = form_of({}, person=govuk.ChoiceField(label="Person", choices=[]))

    assert problems.of(form) == [problems.Problem("Choose person", "id_person")]
    assert 'id="id_person"' in str(form)


def test_error_summary_is_absent_until_something_is_wrong():
    form = form_of(why=govuk.TextField(label="Why"))

    assert render_to_string("components/error_summary.html", {"form": form}).strip() == ""


def test_error_summary_gathers_forms_and_rows_and_says_each_thing_once():
    row = type("Row", (forms.Form,), {"name": govuk.TextField(label="Name")})
    rows = forms.formset_factory(row, formset=govuk.RowSet, extra=0)(
        {"form-TOTAL_FORMS": "2", "form-INITIAL_FORMS": "2", "form-0-name": "A"}
    )
    other = form_of({}, why=govuk.TextField(label="Why"))
    other.add_error(None, "Ruth Mockridge decided this at 13:25")

    found = problems.of(rows, [other, None])

    assert found == [
        problems.Problem("Enter name", "id_form-1-name"),
        problems.Problem("Ruth Mockridge decided this at 13:25"),
        problems.Problem("Enter why", "id_why"),
    ]


def test_page_title_says_error_when_a_form_holds_one():
    template = "{% load front_door %}{% if_errors 'Error: ' %}Decide"
    wrong = form_of({}, why=govuk.TextField(label="Why"))
    fresh = form_of(why=govuk.TextField(label="Why"))

    def title(**context: Any) -> str:
        from django.template import Context, Template

        return Template(template).render(Context(context))

    assert title(form=wrong) == "Error: Decide"
    assert title(forms=[fresh, wrong]) == "Error: Decide"
    assert title(form=fresh) == "Decide"
    assert title(problems=["Allocate first"]) == "Error: Decide"


# Rows


def _actions(data: Any = None) -> Any:
    row = type("Action", (forms.Form,), {"what": govuk.TextField(label="What")})
    formset = forms.formset_factory(row, formset=govuk.RowSet, extra=0)(data, prefix="actions")
    formset.add_label = "Add an action"
    return formset


def test_too_many_rows_are_refused_in_words_and_not_one_is_lost():
    row = type("Action", (forms.Form,), {"what": govuk.TextField(label="What")})
    rows = govuk.row_set(row, govuk.RowSet, most=2)
    three = {f"form-{number}-what": "See Jayden" for number in range(3)}

    refused = rows({**three, "form-TOTAL_FORMS": "3", "form-INITIAL_FORMS": "0"})
    absurd = rows({**three, "form-TOTAL_FORMS": "1000000", "form-INITIAL_FORMS": "0"})

    assert refused.non_form_errors() == ["Take out rows until there are 2 or fewer"]
    assert str(refused).count("See Jayden") == 3
    assert absurd.non_form_errors() == ["Take out rows until there are 2 or fewer"]
    assert len(absurd.forms) < 100


def test_rows_are_groups_named_by_the_child():
    formset = _actions({"actions-TOTAL_FORMS": "1", "actions-INITIAL_FORMS": "0"})
    formset.forms[0].legend = "Safiya Testwood, 15"

    html = str(formset)

    assert ">Safiya Testwood, 15</legend>" in html
    assert 'name="add" value="actions"' in html
    assert "__prefix__-what" in html


def test_rows_can_be_added_without_javascript():
    data = QueryDict(
        "actions-TOTAL_FORMS=1&actions-INITIAL_FORMS=0&add=actions&actions-0-what=Ring"
    )

    prefix = govuk.asked_for_another_row(data)
    again = _actions(govuk.with_another_row(data, prefix=prefix))

    assert prefix == "actions"
    assert again.total_form_count() == 2
    assert 'value="Ring"' in str(again)
    assert data["actions-TOTAL_FORMS"] == "1"


@pytest.mark.parametrize("count", ["-5", "x", "999999999"])
def test_rows_survive_a_count_that_makes_no_sense(count):
    data = QueryDict(f"actions-TOTAL_FORMS={count}&actions-INITIAL_FORMS=0")

    again = govuk.with_another_row(data, prefix="actions")

    assert 1 <= int(again["actions-TOTAL_FORMS"]) <= 1000
