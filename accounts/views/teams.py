"""Teams, who answers for them and who works in them."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import actions, forms, queries
from accounts.models import Team, User
from accounts.permissions import Permission, holds, require
from lib.application_clock import now
from lib.errors import Refused


@require_safe
@login_required
def teams(request: HttpRequest) -> HttpResponse:
    context = {
        "teams": queries.teams(by=request.user, at=now()),
        "may_edit": holds(request.user, Permission.USERS_EDIT),
    }
    return render(request, "accounts/teams.html", context)


@require_http_methods(["GET", "POST"])
@login_required
def add_team(request: HttpRequest) -> HttpResponse:
    require(request.user, Permission.USERS_EDIT)
    form = forms.TeamForm(
        request.POST if request.method == "POST" else None,
        people=queries.people_with(at=now()),
        teams=queries.team_choices(),
    )
    if form.is_valid():
        given = form.cleaned_data
        try:
            team = actions.create_team(
                name=given["name"],
                kind=given["kind"],
                manager_id=UUID(given["manager_id"]),
                parent_id=UUID(given["parent_id"]) if given["parent_id"] else None,
                by=request.user,
                at=now(),
            )
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, f"Team {team} made. {team.manager} answers for it.")
            return redirect("accounts:team", pk=team.pk)
    return render(request, "accounts/team_form.html", {"form": form})


@require_safe
@login_required
def team(request: HttpRequest, pk: UUID) -> HttpResponse:
    require(request.user, Permission.USERS_READ)
    get_object_or_404(Team, pk=pk)
    return _team_page(request, pk)


def _team_page(request: HttpRequest, pk: UUID, **extra: object) -> HttpResponse:
    at = now()
    may_edit = holds(request.user, Permission.USERS_EDIT)
    people = queries.people_with(at=at) if may_edit else []
    context = {
        "team": queries.team_page(pk=pk, by=request.user, at=at),
        "may_edit": may_edit,
        "manager_form": forms.TeamManagerForm(people=people),
        "member_form": forms.MemberForm(people=people),
    }
    return render(request, "accounts/team.html", context | extra)


@require_POST
@login_required
def change_manager(request: HttpRequest, pk: UUID) -> HttpResponse:
    require(request.user, Permission.USERS_EDIT)
    get_object_or_404(Team, pk=pk)
    form = forms.TeamManagerForm(request.POST, people=queries.people_with(at=now()))
    if form.is_valid():
        try:
            changed = actions.change_team_manager(
                team_id=pk,
                manager_id=UUID(form.cleaned_data["manager_id"]),
                by=request.user,
                at=now(),
            )
        except Refused as refused:
            form.add_error("manager_id", str(refused))
        else:
            messages.success(request, f"{changed.manager} answers for {changed} from now.")
            return redirect("accounts:team", pk=pk)
    return _team_page(request, pk, manager_form=form, form=form)


@require_POST
@login_required
def add_member(request: HttpRequest, pk: UUID) -> HttpResponse:
    require(request.user, Permission.USERS_EDIT)
    get_object_or_404(Team, pk=pk)
    form = forms.MemberForm(request.POST, people=queries.people_with(at=now()))
    if form.is_valid():
        try:
            membership = actions.join_team(
                user_id=UUID(form.cleaned_data["user_id"]), team_id=pk, by=request.user, at=now()
            )
        except Refused as refused:
            form.add_error("user_id", str(refused))
        else:
            messages.success(request, f"{membership.user} is in {membership.team} from today.")
            return redirect("accounts:team", pk=pk)
    return _team_page(request, pk, member_form=form, form=form)


@require_POST
@login_required
def remove_member(request: HttpRequest, pk: UUID, user: UUID) -> HttpResponse:
    require(request.user, Permission.USERS_EDIT)
    member = get_object_or_404(User, pk=user)
    get_object_or_404(Team, pk=pk)
    try:
        actions.leave_team(user_id=user, team_id=pk, by=request.user, at=now())
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, f"{member} is out of the team from this moment.")
    return redirect("accounts:team", pk=pk)
