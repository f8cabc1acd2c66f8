"""Settings, read from the environment once, at start.

Two ways to run. On a laptop nothing needs to be set: the service is a DEMONSTRATION with invented
people, a secret key made on first start and the private servers of `dev/services.py`. With
`DEMONSTRATION=false` everything marked "needed" below must be in the environment, and a missing
value stops the process at once. `docs/operations.md` lists every variable.
"""

import contextlib
import os
import secrets
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import dj_database_url
import django_stubs_ext
import structlog

from lib.request_log import without_values

django_stubs_ext.monkeypatch()  # lets type hints name what a queryset or a form is of

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(os.environ.get("DATA_DIR") or BASE_DIR / ".data")


def flag(name: str, *, default: bool) -> bool:
    """Return an on/off variable; anything but true/false, yes/no, on/off, 1/0 stops the start."""
    value = os.environ.get(name, "").strip().lower()
    if not value:
        return default
    if value in {"true", "yes", "on", "1"}:
        return True
    if value in {"false", "no", "off", "0"}:
        return False
    sys.exit(f"{name} must be true or false, not {value!r}. Correct it and start again.")


def needed(name: str, what: str) -> str:
    """Return a variable that production cannot do without, or stop with one clear sentence."""
    value = os.environ.get(name, "").strip()
    if not value:
        sys.exit(
            f"{name} is not set: {what}. Set it, or set DEMONSTRATION=true to run with invented"
            " people."
        )
    return value


def text(name: str, default: str = "") -> str:
    """Return a variable, or the default where it is missing or empty."""
    return os.environ.get(name, "").strip() or default


def number(name: str, default: int) -> int:
    """Return a whole number; anything else stops the start."""
    value = text(name, str(default))
    if not value.isdigit():
        sys.exit(f"{name} must be a whole number, not {value!r}. Correct it and start again.")
    return int(value)


def listed(name: str, default: str = "") -> list[str]:
    """Return a comma-separated variable as a list."""
    return [part.strip() for part in os.environ.get(name, default).split(",") if part.strip()]


DEMONSTRATION = flag("DEMONSTRATION", default=True)
DEBUG = flag("DEBUG", default=False)
TESTING = flag("SFD_TESTING", default=False)

if DEBUG and not DEMONSTRATION:
    sys.exit("DEBUG shows records in error pages. Unset DEBUG, or set DEMONSTRATION=true.")


def demonstration_secret_key() -> str:
    """Return the key kept in the data folder, made on first use."""
    path = DATA_DIR / "secret_key"
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        DATA_DIR.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"secret_key.{os.getpid()}")
        draft.write_text(secrets.token_urlsafe(50))
        draft.chmod(0o600)
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)  # whoever links first wins; the others read that key
        draft.unlink()
        return path.read_text().strip()


def private_server(kind: str) -> str:
    """Return the address that `dev/services.py` noted for a private server, or an empty text."""
    try:
        return (DATA_DIR / f"{kind}.url").read_text().strip()
    except FileNotFoundError:
        return ""


if DEMONSTRATION:
    SECRET_KEY = os.environ.get("SECRET_KEY") or demonstration_secret_key()
    DATABASE_URL = os.environ.get("DATABASE_URL") or private_server("postgres")
    REDIS_URL = os.environ.get("REDIS_URL") or private_server("valkey")
    ALLOWED_HOSTS = listed("ALLOWED_HOSTS", "*")
else:
    SECRET_KEY = needed("SECRET_KEY", "the key that signs sessions, at least 50 random characters")
    DATABASE_URL = needed(
        "DATABASE_URL", "the PostgreSQL 15+ database, postgres://user:…@host/name"
    )
    REDIS_URL = needed("REDIS_URL", "the Redis 6.2+ or Valkey server, redis://host:6379/0")
    needed("ALLOWED_HOSTS", "the host names this service answers to, comma-separated")
    # Health checks come from inside the machine or container, and ask for it by this address.
    ALLOWED_HOSTS = [*listed("ALLOWED_HOSTS"), "127.0.0.1"]
    if len(SECRET_KEY) < 50:
        sys.exit("SECRET_KEY is too short: give it at least 50 random characters.")

SECRET_KEY_FALLBACKS = listed("SECRET_KEY_FALLBACKS")
CSRF_TRUSTED_ORIGINS = listed("CSRF_TRUSTED_ORIGINS")

# The authority ---------------------------------------------------------------------------------
AUTHORITY_NAME = text("AUTHORITY_NAME", "Slough Children First")
SERVICE_NAME = text("SERVICE_NAME", "Slough Front Door")
# Where people reach the service; links in e-mails start with it.
SERVICE_URL = text("SERVICE_URL", "http://127.0.0.1:8000")
LA_CODE = text("LA_CODE", "871")
GSS_CODE = text("GSS_CODE", "E06000039")
# Children's numbers start with it, as in SL004417; letters and digits only.
LA_CHILD_ID_PREFIX = text("LA_CHILD_ID_PREFIX", "SL")

# Applications ----------------------------------------------------------------------------------
INSTALLED_APPS = [
    "accounts",
    "record",
    "people",
    "cases",
    "mash",
    "early_help",
    "assessments",
    "oauth2_provider",
    "partner_api",
    "demonstration",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "rest_framework",
    "drf_spectacular",
    "django_filters",
    "django_htmx",
    "pgtrigger",
    "pghistory",
    "health_check",
    "django_prometheus",
    "csp",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django.forms",
]

MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "lib.request_log.RequestLogMiddleware",
    "slough_front_door.api.NoSessionMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.WhoMiddleware",
    "accounts.middleware.IdleMiddleware",
    "accounts.middleware.SecondFactorMiddleware",
    "record.middleware.CannotRecordMiddleware",
    "record.middleware.SentTwiceMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]

ROOT_URLCONF = "slough_front_door.urls"
WSGI_APPLICATION = "slough_front_door.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"


def exists(dotted: str) -> bool:
    """Whether a module can be imported."""
    try:
        return find_spec(dotted) is not None
    except ModuleNotFoundError:
        return False


TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                *(
                    ["accounts.context_processors.frame"]
                    if exists("accounts.context_processors")
                    else []
                ),
            ],
        },
    },
]
if exists("lib.govuk.renderer"):
    FORM_RENDERER = "lib.govuk.renderer.GovukRenderer"

# Database, cache, sessions ---------------------------------------------------------------------


def database(url: str) -> dict[str, Any]:
    """Return the Django settings of a PostgreSQL address; connections are kept and checked."""
    settings: dict[str, Any] = dict(
        dj_database_url.parse(
            url, conn_max_age=number("CONN_MAX_AGE", 600), conn_health_checks=True
        )
    )
    settings["ATOMIC_REQUESTS"] = False
    settings.setdefault("OPTIONS", {})
    settings["OPTIONS"].setdefault("application_name", "slough_front_door")
    settings["OPTIONS"].setdefault("connect_timeout", 10)
    return settings


# A connection that is not kept, or is another one in each transaction, keeps no statements either.
PREPARE_STATEMENTS = number("CONN_MAX_AGE", 600) > 0
# Without an address (`make check` needs none) every command works that touches no database.
DATABASES = {"default": database(DATABASE_URL or "postgres://nobody@127.0.0.1:1/unset")}
if TESTING:
    DATABASES["default"]["CONN_MAX_AGE"] = 0
    DATABASES["default"]["TEST"] = {
        "NAME": "test_sfd" + "".join(f"_{part}" for part in listed("SFD_TEST_DB")),
    }
    # Its calendar and code lists are filled by tests/reference_data.py, which is faster.
    TEST_NON_SERIALIZED_APPS = ["record"]
if text("REPLICA_DATABASE_URL"):
    DATABASES["replica"] = database(text("REPLICA_DATABASE_URL"))
    DATABASES["replica"].setdefault("TEST", {})["MIRROR"] = "default"

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "sfd",
    }
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
}

# In the database, not the cache: losing the cache must not sign out a worker in mid-sentence.
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_NAME = "sfd_session"
CSRF_COOKIE_NAME = "sfd_csrf"
CSRF_COOKIE_HTTPONLY = True

# Language and time -----------------------------------------------------------------------------
LANGUAGE_CODE = "en-gb"
TIME_ZONE = "Europe/London"
USE_I18N = True
USE_TZ = True

# Files -----------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = Path(text("STATIC_ROOT", str(DATA_DIR / "static_root")))
STATIC_BUILD = Path(text("STATIC_BUILD", str(DATA_DIR / "static_build")))
STATICFILES_DIRS = [path for path in (BASE_DIR / "static", STATIC_BUILD) if path.is_dir()]
WHITENOISE_USE_FINDERS = DEBUG or TESTING
WHITENOISE_AUTOREFRESH = DEBUG or TESTING

# Documents are kept outside the web root and leave only through a view that checks who asks.
DOCUMENT_ROOT = Path(text("DOCUMENT_ROOT", str(DATA_DIR / "documents")))
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": DOCUMENT_ROOT, "file_permissions_mode": 0o600},
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG or TESTING
        else "whitenoise.storage.CompressedManifestStaticFilesStorage",
    },
}
FILE_UPLOAD_PERMISSIONS = 0o600
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000

# Security --------------------------------------------------------------------------------------
SECURE_HTTPS = flag("SECURE_HTTPS", default=not DEMONSTRATION)
SESSION_COOKIE_SECURE = SECURE_HTTPS
CSRF_COOKIE_SECURE = SECURE_HTTPS
SECURE_SSL_REDIRECT = SECURE_HTTPS
SECURE_REDIRECT_EXEMPT = [r"^health/", r"^metrics/"]
SECURE_HSTS_SECONDS = 31_536_000 if SECURE_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HTTPS
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if flag("BEHIND_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "manifest-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "object-src": ["'none'"],
    },
}

# Whoever reads /metrics/ shows this token; without one only this machine may read it.
METRICS_TOKEN = text("METRICS_TOKEN")

if TESTING:
    # Real hashing is slow on purpose; tests sign in hundreds of times.
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# Accounts: log-in, second factor, single sign-on (section kept with `accounts`) -------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "account_login"
CSRF_FAILURE_VIEW = "accounts.views.kept.page_out_of_date"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "full_name")},
    },
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
#: The one password of every invented log-in; it opens nothing outside demonstration mode.
DEMONSTRATION_PASSWORD = text("DEMONSTRATION_PASSWORD", "front-door-demonstration")

ACCOUNT_ADAPTER = "accounts.adapters.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # an administrator opens every account and its address
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if SECURE_HTTPS else "http"
ACCOUNT_FORMS = {
    "login": "accounts.forms.SignInForm",
    "change_password": "accounts.forms.PasswordChangeForm",
    "set_password": "accounts.forms.PasswordSetForm",
    "reset_password": "accounts.forms.PasswordForgottenForm",
    "reset_password_from_key": "accounts.forms.PasswordFromLinkForm",
    "reauthenticate": "accounts.forms.PasswordAgainForm",
}
# Counted in the shared cache, so that several web processes count together. An authority goes out
# through one address, so the limit that locks is the one on the account ("key").
ACCOUNT_RATE_LIMITS = {"login": "120/m/ip", "login_failed": "60/m/ip,5/15m/key"}
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if flag("BEHIND_PROXY", default=False) else 0

MFA_ADAPTER = "accounts.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = SERVICE_NAME
MFA_TOTP_TOLERANCE = 1
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEMONSTRATION
MFA_FORMS = {
    "authenticate": "accounts.forms.CodeForm",
    "reauthenticate": "accounts.forms.CodeAgainForm",
    "activate_totp": "accounts.forms.AuthenticatorForm",
    "add_webauthn": "accounts.forms.AddPasskeyForm",
}
#: Whoever signs in with a password shows a second factor too; single sign-on brings its own.
MFA_REQUIRED = flag("MFA_REQUIRED", default=not DEMONSTRATION)

SOCIALACCOUNT_ADAPTER = "accounts.adapters.SingleSignOnAdapter"
SOCIALACCOUNT_ONLY = False
SOCIALACCOUNT_LOGIN_ON_GET = True
SOCIALACCOUNT_EMAIL_AUTHENTICATION = True
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_STORE_TOKENS = False
OIDC_SERVER_URL = text("OIDC_SERVER_URL")
OIDC_NAME = text("OIDC_NAME", f"{AUTHORITY_NAME} account")
SOCIALACCOUNT_PROVIDERS: dict[str, Any] = {}
if OIDC_SERVER_URL:
    SOCIALACCOUNT_PROVIDERS["openid_connect"] = {
        "OAUTH_PKCE_ENABLED": True,
        # Set only where the provider hands out no address it has not verified itself.
        "VERIFIED_EMAIL": flag("OIDC_EMAIL_VERIFIED", default=False),
        "APPS": [
            {
                "provider_id": "authority",
                "name": OIDC_NAME,
                "client_id": needed("OIDC_CLIENT_ID", "who we are to the single sign-on"),
                "secret": needed("OIDC_CLIENT_SECRET", "our secret with the single sign-on"),
                "settings": {"server_url": OIDC_SERVER_URL},
            }
        ],
    }

#: Signed out after this long without work; told so this long before.
IDLE_SECONDS = number("IDLE_SECONDS", 30 * 60)
WARN_SECONDS = number("WARN_SECONDS", 5 * 60)
SESSION_COOKIE_AGE = 12 * 60 * 60  # a long shift, whatever happens
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
if WARN_SECONDS >= IDLE_SECONDS:
    sys.exit("WARN_SECONDS must be less than IDLE_SECONDS: the warning comes before the end.")
# End of the accounts section --------------------------------------------------------------------

# Other systems that are told of something: "edt=https://…, other_authority=https://…" -------------
WEBHOOK_URLS: dict[str, str] = {
    name.strip(): address.strip()
    for name, _, address in (pair.partition("=") for pair in listed("WEBHOOK_URLS"))
}

# Electronic mail -------------------------------------------------------------------------------
if DEMONSTRATION:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = DATA_DIR / "mail"
else:
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST = needed("EMAIL_HOST", "the mail server that carries notifications")
    EMAIL_PORT = number("EMAIL_PORT", 587)
    EMAIL_HOST_USER = text("EMAIL_HOST_USER")
    EMAIL_HOST_PASSWORD = text("EMAIL_HOST_PASSWORD")
    EMAIL_USE_TLS = flag("EMAIL_USE_TLS", default=True)
EMAIL_TIMEOUT = 15
DEFAULT_FROM_EMAIL = text("DEFAULT_FROM_EMAIL", "front-door@slough.example")

# History: every tracked change carries the context that the middleware opens ----------------------
PGHISTORY_APPEND_ONLY = True
PGHISTORY_ADMIN_ALL_EVENTS = False

# REST framework --------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["partner_api.authentication.SystemAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": [
        "rest_framework.permissions.IsAuthenticated",
        "partner_api.authentication.HasScope",
    ],
    "DEFAULT_THROTTLE_CLASSES": ["partner_api.throttling.PerSystem"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["partner_api.parsers.Body"],
    "DEFAULT_METADATA_CLASS": None,  # the schema describes what is here
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "slough_front_door.api.exception_handler",
    "NUM_PROXIES": 1 if flag("BEHIND_PROXY", default=False) else 0,
}
#: How often in a minute a system sends or asks, and an address asks for tokens or the schema.
API_RATES = {"send": "60/min", "read": "120/min", "token": "30/min", "schema": "30/min"}
#: Bytes of one message: 200,000 characters however they are written, and the family.
API_LARGEST_BODY = 3 * 1024 * 1024
#: Seconds. Answers to a contact go out at whole multiples of it after it came in, so that how long
#: the work took tells a sender nothing of whom we know.
API_ANSWER_SECONDS = 0.0 if TESTING else 0.5
SPECTACULAR_SETTINGS = {
    "TITLE": f"{SERVICE_NAME}: interface for partner agencies",
    "DESCRIPTION": "Send a contact about children, and ask how the contacts you sent stand.",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "Progress": "partner_api.choices.Progress",
        "YesNoUnknown": "people.choices.YesNoUnknown",
        "SaidState": "partner_api.serializers.STATES",
        "ReceivedState": "partner_api.serializers.RECEIVED",
    },
}

# Machine clients: a system of an agency gets a token for its secret, and nothing else is offered -
OAUTH2_PROVIDER_APPLICATION_MODEL = "oauth2_provider.Application"
OAUTH2_PROVIDER = {
    "OAUTH2_SERVER_CLASS": "oauthlib.oauth2.BackendApplicationServer",  # client credentials only
    "SCOPES_BACKEND_CLASS": "partner_api.scopes.SystemScopes",
    "ACCESS_TOKEN_EXPIRE_SECONDS": 10 * 60,
    "CLIENT_SECRET_GENERATOR_LENGTH": 64,
    "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": True,  # tokens are kept as digests
    "COMPLIANT_BCP_RFC9700_ACCESS_TOKEN_TRANSPORT": True,
    "COMPLIANT_BCP_RFC9700_IMPLICIT_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PASSWORD_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PKCE_METHOD": True,
    "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    "ALLOWED_REDIRECT_URI_SCHEMES": ["https"],
}

# Celery ----------------------------------------------------------------------------------------
CELERY_BROKER_URL = REDIS_URL or "memory://"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    "*.tasks.deliver_outbox": {"queue": "outbox"},
    "*.tasks.sweep*": {"queue": "sweeps"},
    "*.tasks.export*": {"queue": "exports"},
}
CELERY_TASK_CREATE_MISSING_QUEUES = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 15 * 60
CELERY_TASK_SOFT_TIME_LIMIT = 14 * 60
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = "Europe/London"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# An unanswered publish must not hold a worker's page: the schedule delivers what a wake-up missed.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 60 * 60,
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    # Tried once by whoever publishes; workers and beat keep to their own, longer patience.
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0,
    "interval_max": 0,
}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "celerybeat-schedule")

# Logs: one JSON object a line, ids and codes only -------------------------------------------------
LOG_LEVEL = text("LOG_LEVEL", "INFO").upper()
_shared: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": "structlog.stdlib.ProcessorFormatter",
            "foreign_pre_chain": _shared,
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                without_values,
                structlog.processors.JSONRenderer(),
            ],
        },
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        # Statements carry names and addresses in their values; they are never logged.
        "django.db.backends": {"level": "WARNING"},
        # Its lines hold the path and the query; lib.request_log writes the route name instead.
        "django.request": {"handlers": [], "level": "CRITICAL"},
        "django.server": {"level": "WARNING"},
        "gunicorn.access": {"level": "CRITICAL"},
    },
}

structlog.configure(
    processors=[*_shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=structlog.stdlib.BoundLogger,
    cache_logger_on_first_use=True,
)
