"""Flags: raised and cleared by what the record says, written only when that has changed."""

import threading
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.core.cache import cache
from django.db import IntegrityError, InternalError, connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from accounts.choices import Role
from accounts.permissions import Authority, Permission, require
from lib import application_clock
from record import flags
from record.flags import FlagRule, Select
from record.models import Draft, Flag, FlagSeverity, FlagState, OutboxMessage
from tests.factories.accounts import TeamFactory, UserFactory

CRITICAL, RED, AMBER = FlagSeverity.CRITICAL, FlagSeverity.RED, FlagSeverity.AMBER
SUBJECT = UUID(int=7)


@pytest.fixture
def seen():
    """What the rule of these tests finds; a test changes the list."""
    return []


@pytest.fixture(autouse=True)
def one_rule(monkeypatch, seen):
    rule = FlagRule(
        code="F-TEST",
        finding="{child} is {late} late",
        words="Whatever the list says",
        clears="It clears when the list does",
        subject_kind="test",
        breaches=lambda at: listed(seen),
        permission=Permission.PERSON_READ,
        told=("W", "M"),
        source="The test",
    )
    monkeypatch.setattr(flags, "_rules", {rule.code: rule})
    return rule


COLUMNS = "subject_id, child_id, severity, owner_id, manager_id, since_at, facts"
ONE = "SELECT %s::uuid, %s::uuid, %s, %s::uuid, %s::uuid, %s::timestamptz, %s::jsonb"
NONE = (None, None, "red", None, None, None, "{}")


def listed(seen):
    """The SELECT of a rule that finds what the list holds."""
    rows = [*seen, NONE]
    sql = f"({' UNION ALL '.join([ONE] * len(rows))}) AS listed({COLUMNS})"
    return Select(
        f"SELECT * FROM {sql} WHERE subject_id IS NOT NULL",  # noqa: S608
        tuple(value for row in rows for value in row),
    )


def row(child=None, *, severity=AMBER, owner=None, manager=None, since, facts="{}"):
    return (
        SUBJECT,
        child.pk if child else None,
        severity.value,
        owner.pk if owner else None,
        manager.pk if manager else None,
        since,
        facts,
    )


def written():
    """How often the tables of flags and messages were written in this test."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_xact_user_tables"
        )
        return cursor.fetchone()[0]


@pytest.mark.django_db
def test_sweep_raises_what_is_new_and_clears_what_is_gone_keeping_both_times(
    at_eleven, child, seen
):
    seen.append(row(child, since=at_eleven))

    (first,) = flags.sweep(at=at_eleven)
    seen.clear()
    (second,) = flags.sweep(at=at_eleven + timedelta(hours=2))

    flag = Flag.objects.get()
    assert (first.raised, second.cleared) == (1, 1)
    assert flag.state == FlagState.CLEARED
    assert (flag.raised_at, flag.cleared_at) == (at_eleven, at_eleven + timedelta(hours=2))


@pytest.mark.django_db
def test_sweep_with_nothing_changed_writes_nothing(at_eleven, make_child, head_of_service, seen):
    for name in ("Aaliyah", "Zayn"):
        seen.append(row(make_child(name), severity=RED, owner=head_of_service, since=at_eleven))
    flags.sweep(at=at_eleven)
    before = written()

    (again,) = flags.sweep(at=at_eleven + timedelta(minutes=15))

    assert again.wrote == 0
    assert written() == before


@pytest.mark.django_db
def test_sweep_takes_two_statements_a_rule_however_many_children(at_eleven, make_child, seen):
    flags.sweep(at=at_eleven)  # what was loaded and never counted is counted now
    seen.extend(row(make_child(f"Child {number}"), since=at_eleven) for number in range(12))

    with CaptureQueriesContext(connection) as queries:
        flags.sweep(at=at_eleven)

    ours = [each for each in queries if "SAVEPOINT" not in each["sql"]]
    # One asks what was never counted, one for the lock, one looks, one passes up what waits.
    assert len(ours) == 4
    assert Flag.objects.count() == 12


@pytest.mark.django_db
def test_sweep_has_a_table_that_was_loaded_or_grew_tenfold_counted_once(at_eleven):
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE loaded AS SELECT n FROM generate_series(1, 5000) AS n")

    with CaptureQueriesContext(connection) as queries:
        flags.sweep(at=at_eleven)
        flags.sweep(at=at_eleven)

        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO loaded SELECT n FROM generate_series(1, 100000) AS n")
        flags.sweep(at=at_eleven)
        flags.sweep(at=at_eleven)

    counted = [each["sql"] for each in queries if each["sql"].startswith("ANALYZE")]
    assert [sql.count('"loaded"') for sql in counted] == [1, 1]


@pytest.mark.django_db
def test_a_graver_finding_opens_an_answered_flag_again_and_keeps_the_row_before(
    at_eleven, child, head_of_service, seen
):
    seen.append(row(child, since=at_eleven))
    flags.sweep(at=at_eleven)
    right = require(head_of_service, Permission.FLAG_ACKNOWLEDGE)
    flags.answer(authority=right, at=at_eleven, flag=Flag.objects.get(), what="I ring today")
    seen[:] = [row(child, severity=RED, since=at_eleven)]

    flags.sweep(at=at_eleven + timedelta(days=1))

    flag = Flag.objects.get()
    assert (flag.severity, flag.state) == (RED, FlagState.OPEN)
    with connection.cursor() as cursor:
        cursor.execute("SELECT severity, state FROM record_flaghistory ORDER BY pgh_id")
        assert cursor.fetchall() == [("amber", "open"), ("amber", "acknowledged")]


@pytest.mark.django_db
def test_answering_does_not_clear(at_eleven, child, head_of_service, seen):
    seen.append(row(child, since=at_eleven))
    flags.sweep(at=at_eleven)
    right = require(head_of_service, Permission.FLAG_ACKNOWLEDGE)

    flags.answer(authority=right, at=at_eleven, flag=Flag.objects.get(), what="I ring today")
    flags.sweep(at=at_eleven + timedelta(minutes=15))

    flag = flags.open_flags().get()
    assert (flag.state, flag.answer) == (FlagState.ACKNOWLEDGED, "I ring today")


@pytest.mark.django_db
def test_answering_says_something(at_eleven, child, head_of_service, seen):
    seen.append(row(child, since=at_eleven))
    flags.sweep(at=at_eleven)
    right = require(head_of_service, Permission.FLAG_ACKNOWLEDGE)

    with pytest.raises(flags.Refused, match="Say what you are doing"):
        flags.answer(authority=right, at=at_eleven, flag=Flag.objects.get(), what=" ")


@pytest.mark.django_db
def test_a_flag_cleared_by_hand_comes_back_only_when_what_it_found_has_changed(
    at_eleven, child, head_of_service, seen
):
    seen.append(row(child, since=at_eleven))
    flags.sweep(at=at_eleven)
    right = require(head_of_service, Permission.FLAG_CLEAR)
    flags.clear(
        authority=right, at=at_eleven, flag=Flag.objects.get(), because="Counted from a wrong day"
    )

    (same,) = flags.sweep(at=at_eleven)
    seen[:] = [row(child, severity=RED, since=at_eleven)]
    (graver,) = flags.sweep(at=at_eleven)

    assert (same.wrote, graver.raised) == (0, 1)


@pytest.mark.django_db
def test_a_flag_cleared_by_hand_comes_back_for_a_later_event(
    at_eleven, child, head_of_service, seen
):
    seen.append(row(child, since=at_eleven))
    flags.sweep(at=at_eleven)
    right = require(head_of_service, Permission.FLAG_CLEAR)
    flags.clear(authority=right, at=at_eleven, flag=Flag.objects.get(), because="Wrong")
    seen[:] = [row(child, since=at_eleven + timedelta(hours=1))]

    (later,) = flags.sweep(at=at_eleven + timedelta(hours=2))

    assert later.raised == 1


@pytest.mark.django_db
def test_clearing_by_hand_needs_a_reason(at_eleven, child, head_of_service, seen):
    seen.append(row(child, since=at_eleven))
    flags.sweep(at=at_eleven)
    right = require(head_of_service, Permission.FLAG_CLEAR)

    with pytest.raises(flags.Refused, match="Say why"):
        flags.clear(authority=right, at=at_eleven, flag=Flag.objects.get(), because="")


@pytest.mark.django_db
def test_a_missed_statutory_limit_is_never_cleared_by_hand(
    at_eleven, child, head_of_service, seen, one_rule, monkeypatch
):
    seen.append(row(child, since=at_eleven))
    flags.sweep(at=at_eleven)
    object.__setattr__(one_rule, "is_statutory", True)
    right = require(head_of_service, Permission.FLAG_CLEAR)

    with pytest.raises(flags.StaysLate, match="stays on the record"):
        flags.clear(authority=right, at=at_eleven, flag=Flag.objects.get(), because="Busy")


@pytest.mark.django_db
def test_a_flag_that_has_gone_cannot_be_answered(at_eleven, child, head_of_service, seen):
    seen.append(row(child, since=at_eleven))
    flags.sweep(at=at_eleven)
    flag = Flag.objects.get()
    seen.clear()
    flags.sweep(at=at_eleven)
    right = require(head_of_service, Permission.FLAG_ACKNOWLEDGE)

    with pytest.raises(flags.AlreadyCleared, match="no longer stands: cleared by the record"):
        flags.answer(authority=right, at=at_eleven, flag=flag, what="On it")


@pytest.mark.django_db
def test_red_tells_owner_and_manager_once_and_amber_tells_nobody(
    at_eleven, make_child, head_of_service, assessment_social_worker, seen
):
    both = {"owner": assessment_social_worker, "manager": head_of_service, "since": at_eleven}
    seen.append(row(make_child("Aaliyah"), severity=RED, **both))
    seen.append(row(make_child("Zayn"), severity=AMBER, **both))

    flags.sweep(at=at_eleven)
    flags.sweep(at=at_eleven + timedelta(minutes=15))

    told = OutboxMessage.objects.filter(topic="notice", subject_kind="flag")
    assert {message.payload["user_id"] for message in told} == {
        str(assessment_social_worker.pk),
        str(head_of_service.pk),
    }
    assert told.count() == 2


@pytest.fixture
def chain(db):
    """A manager, the head of service above, and the director above both."""
    director = UserFactory(full_name="Dora Director")
    head = UserFactory(full_name="Helen Headley")
    manager = UserFactory(full_name="Mo Managerson")
    top = TeamFactory(manager=director)
    above = TeamFactory(manager=head, parent=top)
    TeamFactory(manager=manager, parent=above)
    TeamFactory(manager=manager, parent=above)
    return manager, head, director


def put_up():
    return [
        message.payload["user_id"]
        for message in OutboxMessage.objects.filter(payload__code="flag.escalated").order_by("key")
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("severity", "after", "told"),
    [
        (AMBER, timedelta(days=60), 0),
        (RED, timedelta(days=1), 0),
        (RED, timedelta(days=4), 1),
        (CRITICAL, timedelta(hours=2), 0),
        (CRITICAL, timedelta(hours=2, minutes=1), 1),
        (CRITICAL, timedelta(hours=4), 1),
        (CRITICAL, timedelta(hours=4, minutes=1), 2),
        (CRITICAL, timedelta(days=9), 2),
    ],
)
def test_what_nobody_answers_goes_to_the_managers_above_once(
    at_eleven, child, seen, chain, severity, after, told
):
    manager, head, director = chain
    seen.append(row(child, severity=severity, manager=manager, since=at_eleven))
    flags.sweep(at=at_eleven)

    flags.sweep(at=at_eleven + after)
    before = written()
    flags.sweep(at=at_eleven + after + timedelta(minutes=1) * (told == 2))

    assert sorted(put_up()) == sorted([str(head.pk), str(director.pk)][:told])
    assert written() == before


@pytest.mark.django_db
def test_what_somebody_answers_goes_nowhere_and_what_gets_graver_is_counted_anew(
    at_eleven, child, seen, chain
):
    manager, _head, _director = chain
    seen.append(row(child, severity=AMBER, manager=manager, since=at_eleven))
    flags.sweep(at=at_eleven)
    later = at_eleven + timedelta(days=7)
    seen[:] = [row(child, severity=RED, manager=manager, since=at_eleven)]
    flags.sweep(at=later)
    assert put_up() == []

    with application_clock.set_to(later):
        flags.answer(
            authority=Authority(user=manager, role=Role.ASSESSMENT_TEAM_MANAGER),
            at=later,
            flag=Flag.objects.get(),
            what="Visiting today",
        )
    flags.sweep(at=later + timedelta(days=7))

    assert put_up() == []


@pytest.mark.django_db
def test_looking_again_touches_only_these_children_and_these_rules(at_eleven, make_child, seen):
    one, other = make_child("Aaliyah"), make_child("Zayn")
    seen.extend([row(one, since=at_eleven), row(other, since=at_eleven)])
    flags.sweep(at=at_eleven)
    seen.clear()

    flags.look_again(at=at_eleven, child_ids=[one.pk], codes=["F-OTHER"])
    assert flags.open_flags().count() == 2
    flags.look_again(at=at_eleven, child_ids=[one.pk], codes=["F-TE"])

    assert [flag.child_id for flag in flags.open_flags()] == [other.pk]


@pytest.mark.django_db
def test_a_rule_that_fails_does_not_stop_the_others(at_eleven, child, seen, one_rule, monkeypatch):
    def fails(at: datetime) -> Select:
        return Select("SELECT 1/0")

    broken = FlagRule(
        code="F-BROKEN",
        finding="",
        words="",
        clears="",
        subject_kind="test",
        breaches=fails,
        permission=Permission.PERSON_READ,
        told=(),
        source="The test",
    )
    flags.register(broken)
    seen.append(row(child, since=at_eleven))

    with pytest.raises(flags.SweepFailed, match="F-BROKEN"):
        flags.sweep(at=at_eleven)

    assert Flag.objects.get().rule == "F-TEST"


@pytest.mark.django_db
def test_rules_of_data_quality_are_looked_at_by_night_only(at_eleven, child, seen, one_rule):
    object.__setattr__(one_rule, "is_nightly", True)
    seen.append(row(child, since=at_eleven))

    assert flags.sweep(at=at_eleven) == []
    assert [done.raised for done in flags.sweep(at=at_eleven, is_night=True)] == [1]


@pytest.mark.django_db
def test_when_it_was_last_swept_stands_in_the_cache(at_eleven):
    assert flags.last_swept() is None
    flags.sweep(at=at_eleven)

    assert flags.last_swept() == at_eleven
    cache.clear()
    assert flags.last_swept() is None


@pytest.mark.django_db
def test_a_queryset_can_be_a_rule(at_eleven, head_of_service, seen, one_rule):
    draft = Draft.objects.create(owner=head_of_service, form="x", saved_at=at_eleven)
    object.__setattr__(
        one_rule,
        "breaches",
        lambda at: flags.select(
            Draft.objects.filter(saved_at__lte=at),
            severity=FlagSeverity.INFO,
            since="saved_at",
            child=None,
            owner="owner_id",
            manager="owner_id",
            facts={"form": "form"},
        ),
    )

    flags.sweep(at=at_eleven)

    flag = Flag.objects.get()
    assert (flag.subject_id, flag.child_id, flag.owner_id) == (draft.pk, None, head_of_service.pk)
    assert (flag.since_at, flag.facts) == (at_eleven, {"form": "x"})


def test_a_rule_tells_only_somebody_who_exists(one_rule):
    with pytest.raises(ValueError, match="NOBODY"):
        FlagRule(**{**one_rule.__dict__, "told": ("NOBODY",)})


def test_one_code_has_one_rule(one_rule):
    flags.register(one_rule)
    with pytest.raises(ValueError, match="registered already"):
        flags.register(FlagRule(**{**one_rule.__dict__, "words": "Otherwise"}))
    with pytest.raises(flags.UnknownFlagRule):
        flags.rule("F-NONE")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("record_flag_acknowledged_whole", {"state": "acknowledged"}),
        ("record_flag_cleared_pair", {"state": "cleared"}),
        ("record_flag_severity_known", {"severity": "grave"}),
    ],
)
def test_the_database_refuses_a_flag_that_cannot_be(at_eleven, child, seen, name, changes):
    seen.append(row(child, since=at_eleven))
    flags.sweep(at=at_eleven)

    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Flag.objects.update(**changes)


@pytest.mark.django_db
def test_the_database_keeps_flags_and_one_open_one_for_each_child(at_eleven, child, seen):
    seen.append(row(child, since=at_eleven))
    flags.sweep(at=at_eleven)
    flag = Flag.objects.get()

    with pytest.raises(IntegrityError, match="record_flag_one_open"), transaction.atomic():
        Flag.objects.create(
            rule="F-TEST",
            subject_kind="test",
            subject_id=SUBJECT,
            child=child,
            severity=AMBER,
            since_at=at_eleven,
            raised_at=at_eleven,
        )
    with pytest.raises(InternalError, match="kept"), transaction.atomic():
        flag.delete()
    with pytest.raises(InternalError, match="about_one_thing"), transaction.atomic():
        Flag.objects.update(rule="F-OTHER")
    seen.clear()
    flags.sweep(at=at_eleven)
    with pytest.raises(InternalError, match="cleared_once"), transaction.atomic():
        Flag.objects.update(state="open", cleared_at=None)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_raise_each_flag_once(at_eleven, make_child, seen):
    seen.extend(row(make_child(f"Child {number}"), since=at_eleven) for number in range(20))
    barrier, answers = threading.Barrier(2), []

    def run():
        barrier.wait()
        try:
            answers.extend(flags.sweep(at=at_eleven))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Flag.objects.count() == 20
    assert sum(done.raised for done in answers) == 20
