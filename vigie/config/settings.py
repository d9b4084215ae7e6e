"""Settings, read from the environment (``vigie.example.env`` lists them). Safe values are the default."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from psycopg.conninfo import conninfo_to_dict

from vigie.toolkit import logs


def _whole(name: str, default: int, least: int = 1) -> int:
    text = os.environ.get(name, "").strip() or str(default)
    if not text.isdecimal() or int(text) < least:
        raise ImproperlyConfigured(
            f"{name} is {text!r}: give a whole number of at least {least}, or leave it out."
        )
    return int(text)


BASE = Path(__file__).resolve().parent.parent
TESTING = os.environ.get("VIGIE_TESTING") == "1"
DATA = Path(os.environ.get("VIGIE_DATA", "var")).resolve()

DEBUG = os.environ.get("VIGIE_DEBUG") == "1"
STRICT_TEMPLATES = DEBUG or TESTING
SECRET_KEY = os.environ.get("VIGIE_SECRET_KEY") or secrets.token_urlsafe(50)
VIGIE_URL = os.environ.get("VIGIE_URL", "http://127.0.0.1:8000")
_public = urlsplit(VIGIE_URL)
if _public.scheme not in ("http", "https") or not _public.hostname:
    raise ImproperlyConfigured(
        f"VIGIE_URL is {VIGIE_URL!r}: give the address people type, for example https://vigie.example.org."
    )
SECURE = _public.scheme == "https"
ALLOWED_HOSTS = [h for h in os.environ.get("VIGIE_HOSTS", "").split(",") if h] or [
    _public.hostname or "localhost",
    "127.0.0.1",
    "localhost",
    "[::1]",
]
CSRF_TRUSTED_ORIGINS = [f"{_public.scheme}://{_public.netloc}"]
DEMO = os.environ.get("VIGIE_DEMO") == "1"
UPLOAD_LIMIT = _whole("VIGIE_UPLOAD_LIMIT_MB", 25) * 1024 * 1024
FILES = DATA / "files"
# Whose X-Request-Id is believed.
PROXIES = frozenset(os.environ.get("VIGIE_PROXIES", "127.0.0.1,::1").replace(" ", "").split(","))
METRICS_TOKEN = os.environ.get("VIGIE_METRICS_TOKEN", "")
BACKUPS_ARE_SET_UP = bool(os.environ.get("VIGIE_BACKUP_RECIPIENT"))

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django.contrib.messages",
    "procrastinate.contrib.django",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "vigie.toolkit",
    "vigie.tenancy",
    "vigie.accounts",
    "vigie.notifications",
    "vigie.workflow",
    "vigie.catalog",
    "vigie.contracts",
    "vigie.tickets",
    "vigie.rota",
    "vigie.compliance",
    "vigie.replay",
    "vigie.escalation",
    "vigie.channels.imports",
    "vigie.channels.mail",
    "vigie.operations",
    "vigie.console",
    "vigie.portal",
    "vigie.demo",
]

MIDDLEWARE = [
    "vigie.toolkit.requests.RequestMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "vigie.toolkit.statics.StaticFiles",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "vigie.config.entry.EntryMiddleware",
]

ROOT_URLCONF = "vigie.config.urls"
CSRF_FAILURE_VIEW = "vigie.config.late.token_failed"
WSGI_APPLICATION = None

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [str(p) for p in sorted(BASE.glob("*/templates"))]
        + [str(p) for p in sorted(BASE.glob("*/*/templates"))],
        "APP_DIRS": False,
        "OPTIONS": {
            "environment": "vigie.toolkit.jinja.environment",
            "context_processors": ["vigie.toolkit.pages.frame"],
        },
    },
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    },
]


def _database(address: str) -> dict[str, Any]:
    parts = conninfo_to_dict(address)
    options: dict[str, Any] = {
        key: value
        for key, value in parts.items()
        if key not in ("dbname", "user", "password", "host", "port")
    }
    # A page's row joins ten tables by their keys, in the right order as written. Trying every other order
    # took the planner ten times as long as the page's whole reading.
    options.setdefault("options", "-c join_collapse_limit=4")
    if not TESTING:
        options["pool"] = {"min_size": 1, "max_size": _whole("VIGIE_POOL", 8), "timeout": 10}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.get("dbname", "vigie"),
        "USER": parts.get("user", ""),
        "PASSWORD": parts.get("password", ""),
        "HOST": parts.get("host", ""),
        "PORT": parts.get("port", ""),
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": not TESTING,
        "OPTIONS": options,
        "TEST": {"NAME": os.environ.get("VIGIE_TEST_DATABASE") or None},
    }


DATABASES = {"default": _database(os.environ.get("DATABASE_URL", "postgresql:///vigie"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.Person"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = (
    ["django.contrib.auth.hashers.MD5PasswordHasher"]
    if TESTING
    else [
        "django.contrib.auth.hashers.ScryptPasswordHasher",
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    ]
)
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["name", "email"]},
    },
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_MODEL_EMAIL_FIELD = "email"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "vigie.accounts.adapter.AccountAdapter"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_FORMS = {
    "reset_password": "vigie.accounts.forms.PasswordLinkForm",
    "change_password": "vigie.accounts.forms.NewPasswordForm",
    "set_password": "vigie.accounts.forms.FirstPasswordForm",
    "reset_password_from_key": "vigie.accounts.forms.LinkedPasswordForm",
}
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,5/5m/key", "reset_password": "10/m/ip,3/10m/key"}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Vigie"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not SECURE
USERSESSIONS_TRACK_ACTIVITY = False

SESSION_ENGINE = "vigie.toolkit.sessions"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_NAME = "__Host-vigie" if SECURE else "vigie"
CSRF_COOKIE_NAME = "__Host-csrf" if SECURE else "csrf"
CSRF_COOKIE_SAMESITE = "Lax"
SECURE_HSTS_SECONDS = 31536000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "object-src": ["'none'"],
        "manifest-src": ["'self'"],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", "Français"), ("en", "English")]
LOCALE_PATHS = [BASE / "locale"]
LANGUAGE_COOKIE_NAME = "vigie_language"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Europe/Paris"

STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_MAX_AGE = 300

EMAIL_HOST = os.environ.get("VIGIE_SMTP_HOST", "")
EMAIL_BACKEND = "django.core.mail.backends.{}.EmailBackend".format("smtp" if EMAIL_HOST else "console")
EMAIL_PORT = _whole("VIGIE_SMTP_PORT", 25)
EMAIL_HOST_USER = os.environ.get("VIGIE_SMTP_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("VIGIE_SMTP_PASSWORD", "")
_security = os.environ.get("VIGIE_SMTP_SECURITY") or {465: "tls", 587: "starttls"}.get(EMAIL_PORT, "none")
if _security not in ("tls", "starttls", "none"):
    raise ImproperlyConfigured(f"VIGIE_SMTP_SECURITY is {_security!r}: give tls, starttls or none.")
EMAIL_USE_SSL, EMAIL_USE_TLS = _security == "tls", _security == "starttls"
EMAIL_TIMEOUT = 30
DEFAULT_FROM_EMAIL = os.environ.get("VIGIE_FROM", "vigie@localhost")
MAIL_FILES_LIMIT = _whole("VIGIE_MAIL_FILES_MB", 10, least=0) * 1024 * 1024

# Closes stored secrets; empty: derived from SECRET_KEY. Kept outside the database.
VAULT_KEY = os.environ.get("VIGIE_VAULT_KEY", "")

MAIL_SIZE_LIMIT = _whole("VIGIE_MAIL_LIMIT_MB", 50) * 1024 * 1024
MAIL_FOLDERS = Path(os.environ.get("VIGIE_MAIL_FOLDERS") or DATA / "mail").resolve()
MAIL_CA_FILE = os.environ.get("VIGIE_MAIL_CA_FILE", "")

PROCRASTINATE_IMPORT_PATHS = ["vigie.channels.mail.outgoing.tasks"]
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

LOGGING = logs.configuration(as_json=logs.wants_json())
SILENCED_SYSTEM_CHECKS = ["security.W004", "security.W008"]
