"""The line to a mail server: encrypted and verified, and its failures as refusals that say what to do."""

from __future__ import annotations

import ipaddress
import re
import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, LoginError

from vigie.kernel.refusal import Refusal

CONNECT_SECONDS = 10
READ_SECONDS = 30

# Codes of OpenSSL (X509_V_ERR_*).
_EXPIRED = {9, 10}
_OTHER_NAME = {62, 64}


# Libraries put the server's words into their errors as Python writes bytes.
_BYTES = re.compile(r"\bb(['\"])(.*?)\1")


def tls_context() -> ssl.SSLContext:
    """Verification is never optional; a house authority is added with VIGIE_MAIL_CA_FILE."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.MAIL_CA_FILE:
        context.load_verify_locations(settings.MAIL_CA_FILE)
    return context


def addresses(host: str, port: int) -> list[str]:
    """The IP addresses of ``host``; refuses ``mail.host_unknown``."""
    with explained(host):
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def refuse_plain_line(host: str, port: int) -> None:
    """A password goes unencrypted to this very machine, and nowhere else."""
    if not all(ipaddress.ip_address(one.partition("%")[0]).is_loopback for one in addresses(host, port)):
        raise Refusal("mail.plain_only_local", host=host)


@contextmanager
def explained(host: str) -> Iterator[None]:
    """Turn what libraries raise into a refusal with the server's own words in ``detail``."""
    try:
        yield
    except Refusal:
        raise
    except (OSError, EOFError, IMAPClientError, smtplib.SMTPException, ValueError) as error:
        raise Refusal(_code(error), host=host, detail=said(error)) from error


def _code(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return _certificate_code(error.verify_code)
    for kinds, code in _CODES:
        if isinstance(error, kinds):
            return code
    return "mail.server_error"


def _certificate_code(verify_code: int) -> str:
    if verify_code in _EXPIRED:
        return "mail.certificate_expired"
    if verify_code in _OTHER_NAME:
        return "mail.certificate_name"
    return "mail.certificate_untrusted"


_CODES: tuple[tuple[type[Exception] | tuple[type[Exception], ...], str], ...] = (
    (socket.gaierror, "mail.host_unknown"),
    (ConnectionRefusedError, "mail.connection_refused"),
    (TimeoutError, "mail.no_answer"),
    ((LoginError, smtplib.SMTPAuthenticationError), "mail.sign_in_refused"),
    (ssl.SSLError, "mail.tls_failed"),
    (smtplib.SMTPNotSupportedError, "mail.starttls_missing"),
    ((IMAPClientAbortError, smtplib.SMTPServerDisconnected), "mail.connection_cut"),
    (smtplib.SMTPException, "mail.server_error"),
    ((OSError, EOFError), "mail.connection_cut"),
)


def said(error: BaseException) -> str:
    """What the other side said, on one printable line of at most 300 characters."""
    text = " ".join(_BYTES.sub(r"\2", str(error)).split()).rstrip(".") or type(error).__name__
    return "".join(char if char.isprintable() else "?" for char in text)[:300]
