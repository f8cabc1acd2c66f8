"""Accounts and their roles, for administrators; heads of service read."""

from __future__ import annotations

from uuid import UUID

from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.mail import send_mail
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import actions, forms, queries
from accounts.choices import Role
from accounts.models import RoleAssignment, User
from accounts.permissions import Permission, holds, require
from lib import asked
from lib.application_clock import now
from lib.errors import Refused

PAGE_LENGTH = 50


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def users(request: HttpRequest) -> HttpResponse:
    require(request.user, Permission.USERS_READ)
    if request.method == "POST":
        return redirect(f"{reverse('accounts:users')}?{asked.leading_on(request)}")
    form = forms.UserSearchForm(asked.typed(request))
    wanted = form.cleaned_data if form.is_bound and form.is_valid() else {}
    found = queries.users(by=request.user, at=now(), **wanted)
    page = Paginator(found, PAGE_LENGTH).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "query": asked.same(request),
        "may_edit": holds(request.user, Permission.USERS_EDIT),
        "labels": dict(Role.choices),
    }
    return render(request, "accounts/users.html", context)


@require_http_methods(["GET", "POST"])
@login_required
def add_user(request: HttpRequest) -> HttpResponse:
    require(request.user, Permission.USERS_EDIT)
    form = forms.NewUserForm(
        request.POST if request.method == "POST" else None,
        agencies=queries.agency_choices(),
        initial={"fte": "1", "employment_type": "permanent"},
    )
    if form.is_valid():
        try:
            user = actions.create_user(
                by=request.user,
                at=now(),
                **form.cleaned_data | {"agency_id": _id(form.cleaned_data["agency_id"])},
            )
        except Refused as refused:
            form.add_error("email", str(refused))
        else:
            messages.success(
                request,
                f"Account of {user} opened. Give them a role now. They choose a password with"
                " “Forgot your password?” on the sign-in page.",
            )
            return redirect("accounts:user", pk=user.pk)
    return render(request, "accounts/user_form.html", {"form": form})


@require_safe
@login_required
def user(request: HttpRequest, pk: UUID) -> HttpResponse:
    require(request.user, Permission.USERS_READ)
    try:
        person = queries.user_page(pk=pk, by=request.user, at=now())
    except User.DoesNotExist:
        return get_object_or_404(User, pk=pk)  # type: ignore[return-value]
    return _user_page(request, person)


def _user_page(request: HttpRequest, person: User, **extra: object) -> HttpResponse:
    may_edit = (
        holds(request.user, Permission.USERS_EDIT)
        and person.pk != request.user.pk
        and not person.is_system
    )
    context = {
        "person": person,
        "now": now(),
        "may_edit": may_edit,
        "has_second_factor": may_edit and is_mfa_enabled(person),
        "role_form": forms.RoleForm(teams=queries.team_choices()) if may_edit else None,
    }
    return render(request, "accounts/user.html", context | extra)


@require_http_methods(["GET", "POST"])
@login_required
def edit_user(request: HttpRequest, pk: UUID) -> HttpResponse:
    require(request.user, Permission.USERS_EDIT)
    person = get_object_or_404(User, pk=pk)
    initial = {name: getattr(person, name) for name in forms.UserForm.base_fields}
    form = forms.UserForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        try:
            actions.change_user(user_id=pk, by=request.user, at=now(), **form.cleaned_data)
        except Refused as refused:
            form.add_error("email", str(refused))
        else:
            messages.success(request, "Changed. The history keeps what it was.")
            return redirect("accounts:user", pk=pk)
    return render(request, "accounts/user_form.html", {"form": form, "person": person})


@require_POST
@login_required
def assign_role(request: HttpRequest, pk: UUID) -> HttpResponse:
    require(request.user, Permission.USERS_EDIT)
    get_object_or_404(User, pk=pk)
    form = forms.RoleForm(request.POST, teams=queries.team_choices())
    if form.is_valid():
        try:
            actions.assign_role(
                user_id=pk,
                role=form.cleaned_data["role"],
                team_id=_id(form.cleaned_data["team_id"]),
                by=request.user,
                at=now(),
            )
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, f"Role given: {Role(form.cleaned_data['role']).label}.")
            return redirect("accounts:user", pk=pk)
    person = queries.user_page(pk=pk, by=request.user, at=now())
    return _user_page(request, person, role_form=form, form=form)


@require_POST
@login_required
def end_role(request: HttpRequest, pk: UUID, assignment: UUID) -> HttpResponse:
    require(request.user, Permission.USERS_EDIT)
    held = get_object_or_404(RoleAssignment, pk=assignment, user_id=pk)
    try:
        actions.end_role(assignment_id=held.pk, by=request.user, at=now())
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, f"Role ended: {Role(held.role).label}.")
    return redirect("accounts:user", pk=pk)


@require_http_methods(["GET", "POST"])
@login_required
def close_account(request: HttpRequest, pk: UUID) -> HttpResponse:
    require(request.user, Permission.USERS_EDIT)
    person = get_object_or_404(User, pk=pk)
    form = forms.CloseAccountForm(
        request.POST if request.method == "POST" else None,
        people=[choice for choice in queries.people_with(at=now()) if choice[0] != str(pk)],
    )
    if form.is_valid():
        try:
            moved = actions.deactivate_user(
                user_id=pk,
                by=request.user,
                at=now(),
                successor_id=_id(form.cleaned_data["successor_id"]),
            )
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            taken = "".join(f" {team.manager} answers for {team} now." for team in moved)
            messages.success(request, f"The account of {person} is closed.{taken}")
            return redirect("accounts:users")
    teams = person.managed_teams.filter(is_active=True).order_by("name", "pk")
    context = {"form": form, "person": person, "teams": teams}
    return render(request, "accounts/close_account.html", context)


@require_POST
@login_required
def reopen_account(request: HttpRequest, pk: UUID) -> HttpResponse:
    require(request.user, Permission.USERS_EDIT)
    person = get_object_or_404(User, pk=pk)
    try:
        actions.reactivate_user(user_id=pk, by=request.user, at=now())
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, f"The account of {person} is open again. Give them a role.")
    return redirect("accounts:user", pk=pk)


@require_POST
@login_required
def remove_second_factor(request: HttpRequest, pk: UUID) -> HttpResponse:
    require(request.user, Permission.USERS_EDIT)
    person = get_object_or_404(User, pk=pk)
    try:
        actions.remove_second_factor(user_id=pk, by=request.user, at=now())
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        send_mail(
            "Your second factor was taken away",
            "An administrator took away your authenticator app, passkeys and recovery codes. You"
            " set up another when you sign in. If you did not ask for it, tell your manager now.",
            None,
            [person.email],
        )
        messages.success(request, f"{person} sets up a second factor at the next sign-in.")
    return redirect("accounts:user", pk=pk)


def _id(text: str) -> UUID | None:
    return UUID(text) if text else None
