"""The personas stand where the tests say they stand."""

from accounts.permissions import Permission, holds


def test_two_people_of_the_mash_share_a_team_and_its_manager(
    contact_officer, mash_social_worker, mash_manager
):
    teams = {person.memberships.get().team for person in (contact_officer, mash_social_worker)}

    assert len(teams) == 1
    assert teams.pop().manager == mash_manager


def test_the_mash_answers_to_the_head_of_service(mash_manager, head_of_service):
    assert mash_manager.managed_teams.get().parent.manager == head_of_service


def test_an_outsider_may_do_nothing(outsider):
    assert not any(holds(outsider, permission) for permission in Permission)
