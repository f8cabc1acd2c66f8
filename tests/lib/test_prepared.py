"""Prepared queries, tried on teams and the people in them."""

from datetime import UTC, date, datetime, timedelta
from threading import Thread
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.db.models import Q
from django.db.transaction import TransactionManagementError

from accounts.choices import TeamKind
from accounts.models import Team, TeamMembership, User
from lib.prepared import Insert, Prepared
from tests.factories.accounts import TeamFactory, UserFactory


@pytest.fixture
def teams(db):
    return [TeamFactory(name=name, kind=TeamKind.MASH) for name in ("Ash", "Beech", "Cedar")]


def test_prepared_query_gives_rows_for_each_value(teams):
    named = Prepared(lambda name: Team.objects.filter(name=name, kind="mash"), name=str)

    assert [named(name=team.name) for team in teams] == [[team] for team in teams]
    assert named.first(name="Ash") == teams[0]
    assert named.first(name="Oak") is None


def test_prepared_query_is_made_once(teams):
    made = []

    def make(pk):
        made.append(pk)
        return Team.objects.filter(pk=pk)

    prepared = Prepared(make, pk=UUID)
    for team in teams:
        prepared(pk=team.pk)

    assert len(made) == 2  # once more with other values, to see what depends on them


def kept_by_postgres():
    """Name and text of what the present connection has prepared, of the teams."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, statement FROM pg_prepared_statements WHERE name LIKE 'accounts_team_%'"
        )
        return dict(cursor.fetchall())


def test_postgres_prepares_it_once_and_knows_what_never_differs(teams):
    before = kept_by_postgres()
    named = Prepared(
        lambda name: Team.objects.filter(name=name, kind="mash", name__contains="%"), name=str
    )
    for team in teams:
        named(name=team.name)

    (text,) = [text for name, text in kept_by_postgres().items() if before.get(name, "") != text]
    assert "= $1" in text
    assert "'mash'" in text
    assert "%s" not in text


def test_text_is_sent_each_time_where_connections_are_not_kept(teams, settings):
    settings.PREPARE_STATEMENTS = False
    before = kept_by_postgres()
    named = Prepared(
        lambda name: Team.objects.filter(name=name, kind="mash").exclude(name__contains="%"),
        name=str,
    )

    assert named(name="Ash") == [teams[0]]
    assert kept_by_postgres() == before


def test_prepared_query_outlives_a_transaction_taken_back(teams):
    prepared = Prepared(lambda pk: Team.objects.filter(pk=pk), pk=UUID)

    with transaction.atomic():
        prepared(pk=teams[0].pk)
        transaction.set_rollback(True)

    assert prepared(pk=teams[1].pk) == [teams[1]]


@pytest.mark.django_db(transaction=True)
def test_prepared_query_is_prepared_again_on_another_connection():
    team = TeamFactory(name="Ash")
    prepared = Prepared(lambda pk: Team.objects.filter(pk=pk), pk=UUID)
    assert prepared(pk=team.pk) == [team]

    connection.close()

    assert prepared(pk=team.pk) == [team]


def test_prepared_query_brings_related_rows(teams, django_assert_num_queries):
    prepared = Prepared(
        lambda ids: Team.objects.filter(pk__in=ids).select_related("manager", "parent"),
        ids=list[UUID],
    )

    with django_assert_num_queries(1):
        (found,) = prepared(ids=[teams[0].pk])
        assert found.manager == teams[0].manager
        assert found.parent is None


def test_prepared_query_takes_lists_of_any_length(teams):
    prepared = Prepared(
        lambda ids, name: (
            Team.objects.filter(pk__in=ids)
            .exclude(name__in=["Cedar", "Oak"])
            .filter(Q(name=name) | ~Q(name=""))
            .order_by("name")
            .values_list("name", flat=True)
        ),
        ids=list[UUID],
        name=str,
    )

    asked = [[], teams[:1], teams[:2], teams]
    assert [prepared(ids=[team.pk for team in some], name="x") for some in asked] == [
        [],
        ["Ash"],
        ["Ash", "Beech"],
        ["Ash", "Beech"],
    ]


def test_prepared_query_takes_moments_and_days(teams):
    user = UserFactory()
    TeamMembership.objects.create(user=user, team=teams[0], from_on=date(2026, 3, 1))
    User.objects.filter(pk=user.pk).update(last_login=datetime(2026, 3, 1, 9, 0, tzinfo=UTC))
    since = Prepared(
        lambda day, at: TeamMembership.objects.filter(
            from_on__lte=day, user__last_login__lt=at
        ).values_list("team__name", "from_on"),
        day=date,
        at=datetime,
    )
    later = datetime(2026, 3, 1, 9, 1, tzinfo=UTC)

    assert since(day=date(2026, 3, 1), at=later) == [("Ash", date(2026, 3, 1))]
    assert since(day=date(2026, 2, 28), at=later) == []
    assert since(day=date(2026, 3, 1), at=datetime(2026, 3, 1, 9, 0, tzinfo=UTC)) == []


def test_prepared_query_refuses_other_values_than_announced(db):
    prepared = Prepared(lambda pk: Team.objects.filter(pk=pk), pk=UUID)

    with pytest.raises(TypeError, match="takes pk"):
        prepared(name="Ash")


def test_prepared_query_refuses_a_list_outside_in(db):
    prepared = Prepared(lambda ids: Team.objects.filter(pk=ids[0]), ids=list[UUID])

    with pytest.raises(TypeError, match="__in"):
        prepared(ids=[uuid4()])


@pytest.mark.parametrize(
    "rows", [Team.objects.values("name"), Team.objects.values_list("name", named=True)]
)
def test_prepared_query_refuses_what_it_cannot_give(db, rows):
    with pytest.raises(TypeError, match="gives rows or values_list"):
        Prepared(lambda: rows)()


def test_prepared_query_refuses_a_value_reckoned_from_another(db):
    prepared = Prepared(
        lambda day: TeamMembership.objects.filter(from_on=day - timedelta(days=1), to_on=day),
        day=date,
    )

    with pytest.raises(TypeError, match="reckoned"):
        prepared(day=date(2026, 3, 1))


def test_prepared_query_refuses_a_value_it_does_not_ask_for(db):
    prepared = Prepared(lambda pk, day: Team.objects.filter(pk=pk), pk=UUID, day=date)

    with pytest.raises(TypeError, match="does not ask for day"):
        prepared(pk=uuid4(), day=date(2026, 3, 1))


def test_prepared_query_refuses_to_prefetch(db):
    with pytest.raises(TypeError, match="prefetches nothing"):
        Prepared(lambda: Team.objects.prefetch_related("memberships"))()


@pytest.mark.django_db(transaction=True)
def test_prepared_lock_is_refused_outside_a_transaction_and_works_in_another_thread():
    team = TeamFactory()
    locked = Prepared(lambda pk: Team.objects.filter(pk=pk).select_for_update(), pk=UUID)
    with transaction.atomic():
        assert locked(pk=team.pk) == [team]

    with pytest.raises(TransactionManagementError):
        locked(pk=team.pk)

    found = []

    def elsewhere():
        with transaction.atomic():
            found.extend(locked(pk=team.pk))
        connections.close_all()

    thread = Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert found == [team]
    assert connection.is_usable()


def test_insertion_writes_what_saving_writes(teams, django_assert_num_queries):
    insert = Insert(Team)
    new = [
        Team(name=f"Oak {n}", kind=TeamKind.MASH, parent=teams[0], manager=teams[0].manager)
        for n in range(3)
    ]

    with django_assert_num_queries(1):
        insert(new)

    assert list(Team.objects.filter(name__startswith="Oak").order_by("name")) == new
    assert all(team.parent == teams[0] for team in Team.objects.filter(name__startswith="Oak"))
    new[0].name = "Rowan"
    new[0].save()
    assert Team.objects.filter(name="Rowan").count() == 1


def test_insertion_of_nothing_asks_nothing(db, django_assert_num_queries):
    with django_assert_num_queries(0):
        Insert(Team)([])


def test_insertion_is_refused_by_what_the_table_refuses(teams):
    with pytest.raises(IntegrityError), transaction.atomic():
        Insert(Team)([Team(pk=teams[0].pk, name="Elm", kind=TeamKind.MASH)])
