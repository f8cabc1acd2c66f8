"""What people type about themselves, their colleagues and their deputies."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from allauth.account import forms as account_forms
from allauth.mfa.base import forms as mfa_forms
from allauth.mfa.totp import forms as totp_forms
from allauth.mfa.webauthn import forms as webauthn_forms
from django import forms

from accounts.choices import EmploymentType, Role, TeamKind
from lib import govuk


class Plain:
    """Our words on the forms of the log-in library: label, hint and error, no placeholder."""

    said: dict[str, tuple[str, str]] = {}
    hints: dict[str, str] = {}
    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            label, missing = self.said.get(name, ("", ""))
            if label:
                field.label = label
            if missing:
                field.error_messages["required"] = missing
            field.help_text = self.hints.get(name, "")


NEW_PASSWORD = "At least 12 characters. Three words that do not belong together make a good one."  # noqa: S105
MAIL = ("E-mail address", "Enter your e-mail address")
TWICE = {
    "password1": ("New password", "Enter a new password"),
    "password2": ("New password again", "Enter the new password again"),
}


class SignInForm(Plain, account_forms.LoginForm):
    said = {"login": MAIL, "password": ("Password", "Enter your password")}


class PasswordChangeForm(Plain, account_forms.ChangePasswordForm):
    said = {"oldpassword": ("Current password", "Enter your current password"), **TWICE}
    hints = {"password1": NEW_PASSWORD}


class PasswordSetForm(Plain, account_forms.SetPasswordForm):
    said = TWICE
    hints = {"password1": NEW_PASSWORD}


class PasswordForgottenForm(Plain, account_forms.ResetPasswordForm):
    said = {"email": MAIL}


class PasswordFromLinkForm(Plain, account_forms.ResetPasswordKeyForm):
    said = TWICE
    hints = {"password1": NEW_PASSWORD}


class PasswordAgainForm(Plain, account_forms.ReauthenticateForm):
    said = {"password": ("Password", "Enter your password")}


CODE = {"code": ("Code", "Enter the code")}
CODE_HINT = {"code": "Six figures from your app, or one of your recovery codes"}


class CodeForm(Plain, mfa_forms.AuthenticateForm):
    said = CODE
    hints = CODE_HINT


class CodeAgainForm(Plain, mfa_forms.ReauthenticateForm):
    said = CODE
    hints = CODE_HINT


class AuthenticatorForm(Plain, totp_forms.ActivateTOTPForm):
    said = CODE
    hints = {"code": "The six figures your app shows now"}


class AddPasskeyForm(Plain, webauthn_forms.AddWebAuthnForm):
    said = {
        "name": ("Name of this passkey or key", ""),
        "passwordless": ("Sign in with it alone, without a password", ""),
    }
    hints = {"name": "For example “Work laptop”"}


class UserSearchForm(forms.Form):
    q = govuk.TextField(label="Name, e-mail address or job title", required=False)
    role = govuk.SelectField(label="Role", choices=Role.choices, empty="Every role", required=False)
    closed = govuk.TickField(label="Show closed accounts too", required=False)


class UserForm(forms.Form):
    """The particulars of an account."""

    full_name = govuk.TextField(label="Full name", missing="Enter the person's full name")
    email = govuk.EmailField(
        label="E-mail address",
        help_text="They sign in with it. It must be the one of the authority's single sign-on.",
        missing="Enter the e-mail address they sign in with",
    )
    job_title = govuk.TextField(label="Job title", missing="Enter the job title")
    phone = govuk.TextField(
        label="Phone (optional)", max_length=30, width=20, required=False, inputmode="tel"
    )
    employment_type = govuk.ChoiceField(
        label="How are they employed?",
        choices=EmploymentType.choices,
        missing="Say how they are employed",
    )
    social_work_england_number = govuk.TextField(
        label="Social Work England number (optional)", max_length=20, width=10, required=False
    )
    fte = forms.DecimalField(
        label="Part of full time",
        help_text="1 is full time, 0.6 is three days a week",
        min_value=Decimal("0"),
        max_value=Decimal("1"),
        max_digits=3,
        decimal_places=2,
        error_messages={
            "required": "Enter which part of full time they work",
            "invalid": "Enter a number from 0 to 1, for example 0.6",
            "min_value": "Enter a number from 0 to 1, for example 0.6",
            "max_value": "Enter a number from 0 to 1, for example 0.6",
            "max_digits": "Enter a number from 0 to 1, for example 0.6",
            "max_decimal_places": "Enter at most two figures after the point",
            "max_whole_digits": "Enter a number from 0 to 1, for example 0.6",
        },
        widget=forms.TextInput(attrs={"inputmode": "decimal", "class": "govuk-input--width-4"}),
    )
    newly_qualified_until = govuk.OptionalDateField(
        label="Newly qualified until (optional)",
        help_text="Last day of their assessed and supported year. Until then supervision is due"
        " fortnightly",
    )


class NewUserForm(UserForm):
    """The particulars of a new account, and the agency it belongs to if any."""

    agency_id = govuk.SelectField(
        label="Partner agency (optional)",
        empty="None: works for the authority",
        required=False,
    )

    def __init__(self, *args: Any, agencies: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        agency = self.fields["agency_id"]
        agency.choices = [("", "None: works for the authority"), *agencies]  # type: ignore[attr-defined]


class RoleForm(forms.Form):
    role = govuk.SelectField(label="Role", choices=Role.choices, missing="Choose a role")
    team_id = govuk.SelectField(
        label="For one team only (optional)", empty="Every team", required=False
    )

    def __init__(self, *args: Any, teams: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["team_id"].choices = [("", "Every team"), *teams]  # type: ignore[attr-defined]


class CloseAccountForm(forms.Form):
    successor_id = govuk.SelectField(
        label="Who takes over their teams? (optional)",
        empty="Their deputy, or the next manager up",
        required=False,
    )

    def __init__(self, *args: Any, people: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["successor_id"].choices = [  # type: ignore[attr-defined]
            ("", "Their deputy, or the next manager up"),
            *people,
        ]


class TeamForm(forms.Form):
    name = govuk.TextField(label="Name of the team", max_length=100)
    kind = govuk.SelectField(label="Kind of team", choices=TeamKind.choices)
    manager_id = govuk.SelectField(label="Manager", missing="Choose who answers for the team")
    parent_id = govuk.SelectField(
        label="Answers to (optional)", empty="Nobody above it", required=False
    )

    def __init__(
        self,
        *args: Any,
        people: list[tuple[str, str]],
        teams: list[tuple[str, str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["manager_id"].choices = [("", "Choose a manager"), *people]  # type: ignore[attr-defined]
        self.fields["parent_id"].choices = [("", "Nobody above it"), *teams]  # type: ignore[attr-defined]


class TeamManagerForm(forms.Form):
    manager_id = govuk.SelectField(
        label="New manager", missing="Choose who answers for the team from now"
    )

    def __init__(self, *args: Any, people: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["manager_id"].choices = [("", "Choose a manager"), *people]  # type: ignore[attr-defined]


class MemberForm(forms.Form):
    user_id = govuk.SelectField(label="Add to the team", missing="Choose who joins the team")

    def __init__(self, *args: Any, people: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["user_id"].choices = [("", "Choose a person"), *people]  # type: ignore[attr-defined]


class DeputyForm(forms.Form):
    """Who acts for a manager, and from which day to which."""

    manager_id = govuk.SelectField(label="Manager who is away", missing="Choose who is away")
    deputy_id = govuk.SelectField(label="Deputy", missing="Choose who acts as deputy")
    from_on = govuk.DateField(label="First day", when="future", missing="Enter the first day")
    to_on = govuk.DateField(label="Last day", when="future", missing="Enter the last day")
    reason = govuk.TextField(
        label="Why a deputy is needed",
        help_text="For example “Annual leave”. Colleagues see it.",
        max_length=500,
        missing="Enter why a deputy is needed",
    )

    def __init__(
        self,
        *args: Any,
        managers: list[tuple[str, str]],
        people: list[tuple[str, str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        if len(managers) == 1:
            del self.fields["manager_id"]
            self.only_manager = managers[0][0]
        else:
            self.only_manager = ""
            self.fields["manager_id"].choices = [("", "Choose a manager"), *managers]  # type: ignore[attr-defined]
        self.fields["deputy_id"].choices = [("", "Choose a deputy"), *people]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        start, end = cleaned.get("from_on"), cleaned.get("to_on")
        if isinstance(start, date) and isinstance(end, date) and end < start:
            self.add_error("to_on", "The last day must be the first day or later")
        return cleaned
