"""The history of a family as a line."""

from datetime import date, timedelta

from lib.history_strip import WIDTH, HistoryEvent, HistorySpan, draw

TODAY = date(2026, 3, 12)


def test_draw_gives_nothing_without_events():
    assert draw([], today=TODAY) is None


def test_draw_places_events_in_order_and_today_last():
    events = [
        HistoryEvent(date(2025, 6, 1), "Contact: police"),
        HistoryEvent(date(2019, 4, 2), "Referral", "square"),
    ]

    strip = draw(events, today=TODAY)

    assert strip is not None
    assert [mark.label for mark in strip.marks] == ["Referral", "Contact: police", "Today"]
    assert [mark.x for mark in strip.marks] == sorted(mark.x for mark in strip.marks)
    assert strip.lines == (
        "Tue 2 April 2019: Referral",
        "Sun 1 June 2025: Contact: police",
    )


def test_draw_keeps_labels_of_close_events_apart():
    days = [date(2026, 2, 1) + timedelta(days=3 * n) for n in range(4)]

    strip = draw([HistoryEvent(day, "Contact: school") for day in days], today=TODAY)

    assert strip is not None
    places = [(mark.label_x, mark.label_y) for mark in strip.marks[:-1]]
    assert len({row for _, row in places}) == len(places)
    assert all(0 <= x <= WIDTH for x, _ in places)


def test_draw_stays_inside_the_picture_with_many_events():
    days = [date(2006, 1, 1) + timedelta(days=37 * n) for n in range(200)]

    strip = draw([HistoryEvent(day, "Contact: school") for day in days], today=TODAY)

    assert strip is not None
    assert len(strip.lines) == 200
    assert all(0 <= mark.x <= WIDTH for mark in strip.marks)
    assert all(0 < mark.label_y < strip.line_y for mark in strip.marks)
    assert len(strip.years) <= 12


def test_draw_counts_what_happened_to_several_on_one_day():
    events = [HistoryEvent(date(2026, 1, 5), "Referral", "square", name) for name in ("A", "B")]

    strip = draw(events, today=TODAY)

    assert strip is not None
    assert [mark.label for mark in strip.marks] == ["Referral (2)", "Today"]
    assert len(strip.lines) == 2


def test_draw_keeps_today_on_the_lowest_row():
    strip = draw([HistoryEvent(TODAY - timedelta(days=2), "Contact: school")], today=TODAY)

    assert strip is not None
    contact, today = strip.marks
    assert today.label_y > contact.label_y


def test_draw_lists_times_open_in_words():
    spans = [
        HistorySpan(date(2019, 4, 2), date(2020, 1, 14), "Child in need plan"),
        HistorySpan(date(2026, 1, 5), None),
    ]

    strip = draw([], today=TODAY, spans=spans)

    assert strip is not None
    assert strip.lines == (
        "Child in need plan: Tue 2 April 2019 to Tue 14 January 2020",
        "Open to us: Mon 5 January 2026 until now",
    )
    assert all(bar.width >= 2 for bar in strip.bars)


def test_draw_describes_itself_for_those_who_do_not_see_it():
    strip = draw([HistoryEvent(date(2024, 6, 1), "Contact: noise")], today=TODAY, strip_id="family")

    assert strip is not None
    assert strip.id == "family"
    assert strip.description == (
        "From June 2024 until today: contacts 1, referrals, assessments and closures 0."
        " The list below says the same."
    )
