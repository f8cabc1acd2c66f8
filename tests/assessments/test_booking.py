"""Booking an initial conference, moving it, and sharing its report two working days before."""

from copy import deepcopy
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.urls import reverse

from assessments.actions import booking as actions
from assessments.actions import section_47
from assessments.models import BookingChild, ConferenceBooking
from assessments.queries.section_47 import section_47_work
from lib import application_clock
from lib.working_days import london_date
from record.calendar import announce_holiday
from record.errors import NotWhole, Refused
from record.models import Clock, Event, OutboxMessage
from tests.assessments.enquiries import CONFERENCE, awaited, conferred, planned, unplanned
from tests.assessments.plans import TYPED
from tests.cases.front_door import hours

pytestmark = pytest.mark.django_db

#: Friday 13 March 2026, 16:00; the report is shared by Friday 27 March.
BOOKED = hours(30)
SHARE_BY = date(2026, 3, 27)


@pytest.fixture(scope="module")
def awaited_once(enquiries_once):
    with application_clock.set_to(TYPED):
        found = deepcopy(enquiries_once)
        awaited(found)
    return found


@pytest.fixture
def case(awaited_once, typed_later):
    """Aaliyah and Zayn, who both wait for a conference."""
    return deepcopy(awaited_once)


def book(case, **more):
    return actions.book_conference(
        **{
            "by": case.manager,
            "at": BOOKED,
            "enquiry_id": case.aaliyah.pk,
            "starts_at": CONFERENCE,
            "chair": "Kit Fixture",
            "place": "Civic Hall, room 2",
            "invited": "Police, school nurse, school, both parents",
            "family_told": "Mother and father by letter on 13 March",
            **more,
        }
    )


def share(case, **more):
    return actions.share_report(
        **{
            "by": case.worker,
            "at": BOOKED + timedelta(days=10),
            "enquiry_id": case.aaliyah.pk,
            "shared_on": date(2026, 3, 23),
            "how": "Read with mother at home; father by post",
            **more,
        }
    )


def limit(line):
    return Clock.objects.get(rule="ICPC-RPT", subject_id=line.pk)


def line_of(enquiry, **more):
    return BookingChild.objects.get(enquiry=enquiry, **(more or {"ended_at": None}))


def test_booking_is_for_every_child_of_the_family_who_waits(case):
    booking = book(case)

    lines = booking.children.all()
    assert {line.enquiry for line in lines} == {case.aaliyah, case.zayn}
    assert booking.share_by == SHARE_BY
    for line in lines:
        clock = limit(line)
        assert clock.due_at == datetime(2026, 3, 27, 16, 45, tzinfo=UTC)
        assert Event.objects.filter(code="conference.booked", child=line.child).exists()
    assert OutboxMessage.objects.filter(
        key__startswith="conference.booked", payload__user_id=str(case.worker.pk)
    ).exists()


def test_report_is_shared_before_easter_when_the_conference_is_after_it(case):
    booking = book(
        case, starts_at=datetime(2026, 4, 8, 10, 0, tzinfo=UTC), late_because="The chair is ill"
    )

    assert booking.share_by == date(2026, 4, 2)  # Good Friday and Easter Monday do not count


def test_booking_names_what_is_missing(case):
    with pytest.raises(NotWhole) as refused:
        book(case, chair=" ", place="", invited="", family_told="")

    assert [sentence for _, sentence in refused.value.problems] == [
        "Say who chairs the conference",
        "Say where it is held, or how people join",
        "Say who is invited: police, health, school, each parent",
        "Say how and when the family was told",
    ]


@pytest.mark.parametrize(
    ("starts_at", "said"),
    [
        (datetime(2026, 3, 12, 9, 0, tzinfo=UTC), "A conference is booked for a time to come"),
        (datetime(2026, 3, 28, 10, 0, tzinfo=UTC), "it is no working day"),
        (datetime(2026, 4, 3, 9, 0, tzinfo=UTC), "it is no working day"),
        (datetime(2026, 4, 7, 9, 0, tzinfo=UTC), "Say why it is later than 15 working days"),
    ],
)
def test_day_of_a_conference_is_a_working_day_to_come_within_the_limit(case, starts_at, said):
    with pytest.raises(NotWhole) as refused:
        book(case, starts_at=starts_at)

    assert said in str(refused.value.problems)
    assert not ConferenceBooking.objects.exists()


def test_later_than_the_limit_is_booked_with_its_reason_and_moves_no_statutory_clock(case):
    before = Clock.objects.get(rule="S47-ICPC", subject_id=case.aaliyah.pk)

    booking = book(
        case,
        starts_at=datetime(2026, 4, 7, 9, 0, tzinfo=UTC),
        late_because="Police cannot come before; grandmother stays",
    )

    assert booking.late_because.startswith("Police")
    after = Clock.objects.get(rule="S47-ICPC", subject_id=case.aaliyah.pk)
    assert (after.pk, after.due_at) == (before.pk, before.due_at)


def test_conference_that_moves_has_a_limit_of_its_own_and_says_why(case):
    first = book(case)
    old = line_of(case.aaliyah)
    with pytest.raises(NotWhole, match="moved"):
        book(case, starts_at=CONFERENCE + timedelta(days=1))

    second = book(
        case, starts_at=CONFERENCE + timedelta(days=1), moved_because="The interpreter is ill"
    )

    assert (second.replaces, second.share_by) == (first, date(2026, 3, 30))
    assert limit(old).stop_reason == "not_needed"
    assert limit(line_of(case.aaliyah)).due_at.date() == date(2026, 3, 30)
    assert Event.objects.filter(code="conference.moved", child=case.case.zayn).exists()


def test_report_that_was_shared_stays_shared_when_the_conference_moves(case):
    book(case)
    share(case)

    book(
        case,
        at=BOOKED + timedelta(days=11),
        starts_at=CONFERENCE + timedelta(days=1),
        moved_because="The interpreter is ill",
    )

    assert line_of(case.aaliyah).shared_on == date(2026, 3, 23)
    assert not Clock.objects.filter(subject_id=line_of(case.aaliyah).pk).exists()
    assert line_of(case.zayn).shared_on is None


def test_shared_report_stops_its_limit_on_the_day_it_was_shared(case):
    book(case)

    share(case)

    clock = limit(line_of(case.aaliyah))
    assert clock.stopped_at.date() == date(2026, 3, 23)
    assert clock.stopped_at < clock.due_at


def test_report_is_shared_once_on_a_day_that_can_be_and_with_somebody(case):
    with pytest.raises(Refused, match="No conference about Aaliyah Testwood is booked"):
        share(case)
    book(case)
    with pytest.raises(Refused, match="has not come yet"):
        share(case, shared_on=date(2026, 4, 1))
    with pytest.raises(Refused, match="before the enquiry began"):
        share(case, shared_on=date(2026, 3, 1))
    with pytest.raises(Refused, match="with whom the report about Aaliyah Testwood"):
        share(case, how=" ")
    share(case)
    with pytest.raises(Refused, match="shared already"):
        share(case)


def test_worker_is_asked_to_share_the_report_until_it_is(case):
    book(case)
    with application_clock.set_to(BOOKED):
        asked = [
            one.who for one in section_47_work(by=case.worker, at=BOOKED) if "share" in one.url
        ]
    assert sorted(asked) == ["Aaliyah Testwood", "Zayn Testwood"]
    share(case)

    asked = [one.who for one in section_47_work(by=case.worker, at=BOOKED) if "share" in one.url]

    assert asked == ["Zayn Testwood"]


def test_conference_ends_its_booking_and_says_that_a_report_was_not_shared(case):
    book(case)

    conferred(case, planned(case.aaliyah, shared_on=date(2026, 3, 25)), unplanned(case.zayn))

    shared = limit(line_of(case.aaliyah, ended_at__isnull=False))
    never = limit(line_of(case.zayn, ended_at__isnull=False))
    assert shared.stopped_at < shared.due_at
    assert never.stopped_at == CONFERENCE > never.due_at
    assert never.late_reason == "The report was not shared before the conference"


def test_booking_is_over_for_a_child_who_needs_no_conference_after_all(case):
    book(case)

    section_47.decide_conference(
        by=case.manager,
        at=BOOKED + timedelta(days=1),
        enquiry_id=case.zayn.pk,
        conference="not_required",
        why="He lives with his aunt.",
    )

    assert limit(line_of(case.zayn, ended_at__isnull=False)).stop_reason == "not_needed"
    assert line_of(case.aaliyah).ended_at is None
    with pytest.raises(Refused, match="No conference is required for Zayn Testwood"):
        book(case, enquiry_id=case.zayn.pk, at=BOOKED + timedelta(days=2))


def test_only_a_chair_or_the_manager_of_the_children_books(case, sfs_manager, contact_officer):
    with pytest.raises(PermissionDenied):
        book(case, by=contact_officer)
    with pytest.raises(Refused):
        book(case, by=sfs_manager)
    assert not ConferenceBooking.objects.exists()


def test_manager_books_and_the_worker_shares_on_their_pages(client, case):
    with application_clock.set_to(BOOKED):
        client.force_login(case.manager)
        page = reverse("assessments:section_47", args=[case.aaliyah.pk])
        url = reverse("assessments:conference_book", args=[case.aaliyah.pk])
        assert url in client.get(page).content.decode()
        wrong = client.post(url, {"chair": "Kit Fixture"}).content.decode()
        assert "Say where it is held" in wrong
        sent = {
            "starts_at_day": "31",
            "starts_at_month": "3",
            "starts_at_year": "2026",
            "starts_at_time": "11:00",
            "chair": "Kit Fixture",
            "place": "Civic Hall",
            "invited": "Police",
            "family_told": "By letter",
        }
        far = client.post(url, sent | {"starts_at_year": "2100"}).content.decode()
        assert "Check the date 31 March 2100: working days are known for the years" in far
        done = client.post(url, sent)
        assert done.status_code == 302, done.content.decode()
        shown = client.get(page).content.decode()
        assert "Civic Hall" in shown
        assert "Not shared with the family yet" in shown
        client.force_login(case.worker)
        url = reverse("assessments:conference_share", args=[case.aaliyah.pk])
        assert url in client.get(page).content.decode()
        sent = {
            "shared_on_day": "13",
            "shared_on_month": "3",
            "shared_on_year": "2026",
            "how": "At home",
        }
        assert client.post(url, sent).status_code == 302
        assert "Shared " in client.get(page).content.decode()
        _booked_before_a_sibling_waited(client, case)


def _booked_before_a_sibling_waited(client, case):
    """A sibling whose conference is decided later joins the one that is booked."""
    BookingChild.objects.filter(enquiry=case.zayn).update(ended_at=BOOKED)
    client.force_login(case.manager)
    url = reverse("assessments:conference_book", args=[case.zayn.pk])
    assert "Why Zayn Testwood joins this conference" in client.get(url).content.decode()
    sent = {
        "starts_at": "2026-03-31T11:00",
        "chair": "Kit Fixture",
        "place": "Civic Hall",
        "invited": "Police",
        "family_told": "By letter",
    }
    assert "Say why Zayn Testwood joins it" in client.post(url, sent).content.decode()
    sent["moved_because"] = "His enquiry was concluded today"
    assert client.post(url, sent).status_code == 302
    assert line_of(case.zayn).booking == line_of(case.aaliyah).booking


def test_database_keeps_bookings_whole(case):
    booking = book(case)
    line = line_of(case.aaliyah)
    for wrong in (
        lambda: BookingChild.objects.create(
            booking=booking, enquiry=line.enquiry, child=line.child
        ),
        lambda: BookingChild.objects.filter(pk=line.pk).update(shared_on=SHARE_BY),
        lambda: _copy(booking, held_on=date(2026, 3, 28)),
        lambda: _copy(booking, chair=""),
        lambda: _copy(booking, moved_because="Somebody is ill"),
        lambda: _copy(booking, share_by=booking.held_on),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            wrong()


def _copy(booking, **wrong):
    fields = {
        field.attname: getattr(booking, field.attname)
        for field in booking._meta.concrete_fields
        if field.name != "id"
    }
    return ConferenceBooking.objects.create(**(fields | wrong))


@pytest.mark.parametrize(
    ("holiday", "shared_by", "days"),
    [
        (date(2026, 3, 30), date(2026, 3, 26), 9),  # between sharing and the conference: earlier
        (date(2026, 3, 20), SHARE_BY, 9),  # before sharing: the same day, and one day less to it
    ],
)
def test_holiday_announced_later_never_leaves_the_family_less_than_two_days(
    case, administrator, holiday, shared_by, days
):
    booking = book(case)
    with application_clock.set_to(BOOKED + timedelta(hours=1)):
        announce_holiday(
            by=administrator, at=BOOKED + timedelta(hours=1), day=holiday, name="Coronation"
        )

    assert actions.share_by(booking.starts_at, at=booking.at) == shared_by
    for line in booking.children.all():
        known = Clock.objects.filter(rule="ICPC-RPT", subject_id=line.pk)
        assert known.get(replaces=None).limit == 10
        now = known.get(stopped_at=None)
        assert (now.replaced_because, now.limit) == ("calendar_changed", days)
        assert london_date(now.due_at) == shared_by
