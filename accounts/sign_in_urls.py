"""The addresses of the log-in library, less those by which people open or change accounts."""

from allauth.account import views as account
from allauth.socialaccount import views as single_sign_on
from allauth.urls import build_provider_urlpatterns
from django.urls import include, path, re_path

from accounts.views import own

# Both are called by the template, so only when the page is drawn.
sign_in = account.LoginView.as_view(
    extra_context={
        "demonstration_logins": own.demonstration_logins,
        "demonstration_password": own.demonstration_password,
    }
)
closed = own.closed

urlpatterns = [
    path("login/", sign_in, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("password/change/", account.password_change, name="account_change_password"),
    path("password/set/", account.password_set, name="account_set_password"),
    path("password/reset/", account.password_reset, name="account_reset_password"),
    path("password/reset/done/", account.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    path("2fa/", include("allauth.mfa.urls")),
    path("sso/cancelled/", single_sign_on.login_cancelled, name="socialaccount_login_cancelled"),
    path("sso/error/", single_sign_on.login_error, name="socialaccount_login_error"),
    path("signup/", closed, name="account_signup"),
    path("email/", closed, name="account_email"),
    path("confirm-email/", closed, name="account_email_verification_sent"),
    path("login/code/confirm/", closed, name="account_confirm_login_code"),
    path("sso/signup/", closed, name="socialaccount_signup"),
    path("sso/connections/", closed, name="socialaccount_connections"),
    *build_provider_urlpatterns(),
]
