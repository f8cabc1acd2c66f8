"""What the log-in library asks us: nobody signs up, and single sign-on finds only our own."""

from __future__ import annotations

import base64
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import redirect
from django.utils.crypto import salted_hmac

from accounts.models import User


class AccountAdapter(DefaultAccountAdapter):
    """Log-in with e-mail address and password."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "account_inactive": "This account is closed. Ask your manager or an administrator.",
        "email_password_mismatch": "The e-mail address or the password is not right. Try again.",
        "enter_current_password": "The current password is not right. Type it again.",
        "incorrect_password": "The password is not right. Type it again.",
        "too_many_login_attempts": (
            "There were too many wrong attempts for this account. Wait 15 minutes, then try"
            " again, or ask an administrator."
        ),
        "rate_limited": "There were too many requests. Wait a minute, then try again.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return str(redirect("accounts:profile").url)

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Say nothing about signing in and out: the page that follows says it."""
        template = kwargs.get("message_template") or (args[2] if len(args) > 2 else "")
        if template not in {
            "account/messages/logged_in.txt",
            "account/messages/logged_out.txt",
        }:
            super().add_message(*args, **kwargs)


class SecondFactorAdapter(DefaultMFAAdapter):
    """Authenticator apps and passkeys; the secret of an app is encrypted where it is stored."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": "The code is not right. Type the code your app shows now.",
    }

    def _box(self) -> MultiFernet:
        keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
        return MultiFernet(
            [
                Fernet(
                    base64.urlsafe_b64encode(
                        salted_hmac(
                            "accounts.second_factor", "key", secret=key, algorithm="sha256"
                        ).digest()
                    )
                )
                for key in keys
            ]
        )

    def encrypt(self, text: str) -> str:
        return self._box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return self._box().decrypt(encrypted_text.encode()).decode()


class SingleSignOnAdapter(DefaultSocialAccountAdapter):
    """The authority's single sign-on opens only an account that exists and is not closed."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Turn away whoever we do not know by a verified address, or whose account is closed.

        :raises ImmediateHttpResponse: to the page that says whom to ask
        """
        user = sociallogin.user
        known = sociallogin.is_existing and isinstance(user, User) and user.is_active
        if not known or request.user.is_authenticated:
            raise ImmediateHttpResponse(redirect("socialaccount_login_error"))
