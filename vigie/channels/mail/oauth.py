"""OAuth 2 for mailboxes: authorisation code with PKCE and state, tokens sealed, refreshed when they are about to end.

Addresses of authorisation servers are typed by administrators: only https is called, no redirect is followed, and
nothing of an answer is shown but its error code.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import re
import secrets
import urllib.request
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit

from django.db import transaction

from vigie.channels.mail.models import Mailbox
from vigie.channels.mail.sources.line import explained, tls_context
from vigie.kernel.refusal import Refusal
from vigie.toolkit import vault

SECONDS, ANSWER_LIMIT = 15, 64 * 1024
MARGIN = dt.timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Provider:
    """What is known of a provider of mailboxes. ``more``: what its authorisation page wants beside the standard."""

    authorize_url: str
    token_url: str
    scope: str
    more: tuple[tuple[str, str], ...] = ()


PROVIDERS: dict[str, Provider] = {
    "microsoft": Provider(
        "https://login.microsoftonline.com/common/oauth2/v2.0/authorize",
        "https://login.microsoftonline.com/common/oauth2/v2.0/token",
        "https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send offline_access",
    ),
    "google": Provider(
        "https://accounts.google.com/o/oauth2/v2/auth",
        "https://oauth2.googleapis.com/token",
        "https://mail.google.com/",
        (("access_type", "offline"), ("prompt", "consent")),
    ),
    "other": Provider("", "", ""),
}


@dataclass(frozen=True, slots=True)
class Started:
    """A connection that was begun: where to send the browser, and what its return must show."""

    address: str
    state: str
    verifier: str


def start(mailbox: Mailbox, *, return_to: str) -> Started:
    """Begin a connection; refuses ``mail.oauth_incomplete``."""
    if not (mailbox.oauth_authorize_url and mailbox.oauth_token_url and mailbox.oauth_client_id):
        raise Refusal("mail.oauth_incomplete")
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(64)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    provider = PROVIDERS.get(mailbox.oauth_provider, PROVIDERS["other"])
    asked = {
        "response_type": "code",
        "client_id": mailbox.oauth_client_id,
        "redirect_uri": return_to,
        "scope": mailbox.oauth_scope,
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        "login_hint": mailbox.username,
        **dict(provider.more),
    }
    joint = "&" if urlsplit(mailbox.oauth_authorize_url).query else "?"
    return Started(f"{mailbox.oauth_authorize_url}{joint}{urlencode(asked)}", state, verifier)


def exchange(mailbox: Mailbox, *, code: str, verifier: str, return_to: str, now: dt.datetime) -> bytes:
    """The sealed tokens that ``code`` stands for."""
    asked = {
        "grant_type": "authorization_code",
        "code": code,
        "code_verifier": verifier,
        "redirect_uri": return_to,
    }
    return _sealed(_ask(mailbox, asked), "", now)


def secret_of(mailbox: Mailbox, *, now: dt.datetime) -> str:
    """What the mailbox signs in with: its password, or an access token that still lasts."""
    if mailbox.sign_in == Mailbox.SignIn.OAUTH:
        return access_token(mailbox.pk, now=now)
    return vault.unseal(mailbox.password_sealed)


@transaction.atomic
def access_token(mailbox_id: int, *, now: dt.datetime) -> str:
    """A token that lasts two more minutes, refreshed if need be. One at a time: a refresh token may serve once."""
    mailbox = Mailbox.objects.select_for_update(of=("self",)).get(pk=mailbox_id)
    kept = vault.unseal(mailbox.oauth_tokens_sealed)
    if not kept:
        raise Refusal("mail.oauth_not_connected")
    tokens = json.loads(kept)
    if dt.datetime.fromisoformat(tokens["ends_at"]) - MARGIN > now:
        return str(tokens["access"])
    if not tokens["refresh"]:
        raise Refusal("mail.oauth_not_connected")
    answer = _ask(mailbox, {"grant_type": "refresh_token", "refresh_token": tokens["refresh"]})
    sealed = _sealed(answer, tokens["refresh"], now)
    Mailbox.objects.filter(pk=mailbox_id).update(oauth_tokens_sealed=sealed)
    return str(answer["access_token"])


def _sealed(answer: dict[str, Any], refresh: str, now: dt.datetime) -> bytes:
    """A server that sends no new refresh token means the former to be kept."""
    try:
        lasts = dt.timedelta(seconds=min(int(answer.get("expires_in", 3600)), 86400))
    except (TypeError, ValueError):
        lasts = dt.timedelta(hours=1)
    return vault.seal(
        json.dumps(
            {
                "access": str(answer["access_token"]),
                "refresh": str(answer.get("refresh_token") or refresh),
                "ends_at": (now + lasts).isoformat(),
            }
        )
    )


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        """A token endpoint answers by itself: a redirect would carry the secrets elsewhere."""


def _ask(mailbox: Mailbox, asked: dict[str, str]) -> dict[str, Any]:
    """POST to the token endpoint; its answer, which holds an access token."""
    address = urlsplit(mailbox.oauth_token_url)
    if address.scheme != "https" or not address.hostname:
        raise Refusal("mail.oauth_https", field="oauth_token_url")
    secret = vault.unseal(mailbox.oauth_client_secret_sealed)
    asked = {**asked, "client_id": mailbox.oauth_client_id, "scope": mailbox.oauth_scope}
    if secret:
        asked["client_secret"] = secret
    body = urlencode(asked).encode()
    request = urllib.request.Request(  # noqa: S310  (https, checked above)
        mailbox.oauth_token_url, body, {"Accept": "application/json"}
    )
    opener = urllib.request.build_opener(_NoRedirect(), urllib.request.HTTPSHandler(context=tls_context()))
    with explained(address.hostname):
        try:
            with opener.open(request, timeout=SECONDS) as response:
                text = response.read(ANSWER_LIMIT)
        except HTTPError as error:
            raise Refusal(
                "mail.oauth_refused", detail=_error_code(error.read(ANSWER_LIMIT), error.code)
            ) from error
        except URLError as error:  # what it wraps says more: a certificate, a name, a silence
            raise error.reason if isinstance(error.reason, OSError) else error from error
        except HTTPException as error:
            raise OSError(str(error)) from error
    return _token_answer(text)


def _token_answer(text: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(text)
        if isinstance(answer, dict) and isinstance(answer.get("access_token"), str):
            return answer
    except ValueError:
        pass
    raise Refusal("mail.oauth_refused", detail=_error_code(text, 200))


def _error_code(text: bytes, status: int) -> str:
    try:
        code = json.loads(text).get("error", "")
    except (ValueError, AttributeError):
        code = ""
    return known_error(code) or f"HTTP {status}"


def known_error(code: object) -> str:
    """The standard's ``error`` code, '' when it is not one: free text of another server is never shown."""
    return code if isinstance(code, str) and re.fullmatch(r"[a-z_]{1,40}", code) else ""
