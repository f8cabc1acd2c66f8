"""Pages about people who use the service."""

from django.urls import path

from accounts.views import deputies, kept, own, teams, users

app_name = "accounts"

urlpatterns = [
    path("", own.profile, name="profile"),
    path("still-here/", own.keep_alive, name="keep_alive"),
    path("kept-form/", kept.kept_form, name="kept_form"),
    path("deputies/", deputies.deputies, name="deputies"),
    path("deputies/<uuid:pk>/end/", deputies.end_deputyship, name="end_deputyship"),
    path("users/", users.users, name="users"),
    path("users/add/", users.add_user, name="add_user"),
    path("users/<uuid:pk>/", users.user, name="user"),
    path("users/<uuid:pk>/edit/", users.edit_user, name="edit_user"),
    path("users/<uuid:pk>/roles/", users.assign_role, name="assign_role"),
    path("users/<uuid:pk>/roles/<uuid:assignment>/end/", users.end_role, name="end_role"),
    path("users/<uuid:pk>/close/", users.close_account, name="close_account"),
    path("users/<uuid:pk>/reopen/", users.reopen_account, name="reopen_account"),
    path(
        "users/<uuid:pk>/second-factor/remove/",
        users.remove_second_factor,
        name="remove_second_factor",
    ),
    path("teams/", teams.teams, name="teams"),
    path("teams/add/", teams.add_team, name="add_team"),
    path("teams/<uuid:pk>/", teams.team, name="team"),
    path("teams/<uuid:pk>/manager/", teams.change_manager, name="change_manager"),
    path("teams/<uuid:pk>/members/", teams.add_member, name="add_member"),
    path("teams/<uuid:pk>/members/<uuid:user>/leave/", teams.remove_member, name="remove_member"),
]
