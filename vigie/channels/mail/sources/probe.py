"""Trying a mailbox out, step by step: each step says in words what was found, or what is wrong and what to do."""

from __future__ import annotations

import datetime as dt
import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from imapclient import IMAPClient

from vigie.channels.mail.models import Mailbox
from vigie.channels.mail.sources import folder, imap
from vigie.channels.mail.sources.line import (
    CONNECT_SECONDS,
    addresses,
    explained,
    refuse_plain_line,
    tls_context,
)
from vigie.kernel.refusal import Refusal
from vigie.toolkit.refusals import sentence

SOON = dt.timedelta(days=21)
Secret = Callable[[], str]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing tried. ``tone``: ``ok``, ``warn`` (works, look at it) or ``late`` (does not work)."""

    name: str
    text: str
    tone: str = "ok"


def try_out(mailbox: Mailbox, secret: Secret, smtp_secret: Secret, now: dt.datetime) -> list[Step]:
    """Every step of the way in up to the first that fails, then of the way out."""
    ways_in = {"imap": _try_imap, "folder": _try_folder, "pipe": _try_pipe}
    way_in = ways_in[mailbox.source](mailbox, secret, now)
    return [*_until_refused(way_in), *_until_refused(_try_smtp(mailbox, smtp_secret, now))]


def _until_refused(steps: Iterator[Step]) -> Iterator[Step]:
    try:
        yield from steps
    except Refusal as refusal:
        yield Step(_("Stopped here"), sentence(refusal), "late")


def _try_imap(mailbox: Mailbox, secret: Secret, now: dt.datetime) -> Iterator[Step]:
    yield _named(mailbox.host, mailbox.port)
    yield _reached(mailbox.host, mailbox.port)
    client = imap.connect(mailbox)
    with explained(mailbox.host), client:
        yield _encryption(client.socket(), now)
        imap.sign_in(client, mailbox, secret())
        yield Step(_("Sign-in"), _("Accepted for %(user)s.") % {"user": mailbox.username})
        imap.select(client, mailbox)
        yield _folder(client, mailbox)
        if mailbox.after_fetch == Mailbox.AfterFetch.MOVE and not client.folder_exists(mailbox.done_folder):
            raise Refusal("mail.folder_missing", folder=mailbox.done_folder, detail="LIST")


def _folder(client: IMAPClient, mailbox: Mailbox) -> Step:
    unread = len(client.search(["UNSEEN", "UNDELETED"]))
    text = ngettext(
        "“%(folder)s” can be read and changed; %(num)s mail is unread.",
        "“%(folder)s” can be read and changed; %(num)s mails are unread.",
        unread,
    )
    return Step(_("Folder"), text % {"folder": mailbox.folder, "num": unread})


def _try_folder(mailbox: Mailbox, _secret: Secret, _now: dt.datetime) -> Iterator[Step]:
    place = folder.place_of(mailbox)
    files = len(folder.waiting(mailbox))
    text = ngettext("%(path)s: %(num)s file waits.", "%(path)s: %(num)s files wait.", files)
    yield Step(_("Folder"), text % {"path": place, "num": files})
    folder.check_writable(place)
    yield Step(_("Rights"), _("Files can be put away once they are stored."))


def _try_pipe(mailbox: Mailbox, _secret: Secret, _now: dt.datetime) -> Iterator[Step]:
    command = f"vigie mail deliver --mailbox {mailbox.address}"
    yield Step(
        _("Pipe"),
        _("Nothing to connect to: the mail server runs “%(command)s” with each mail.") % {"command": command},
    )


def _try_smtp(mailbox: Mailbox, secret: Secret, now: dt.datetime) -> Iterator[Step]:
    """The way out of this mailbox; without a server of its own, the general one is used."""
    host, port = mailbox.smtp_host, mailbox.smtp_port
    if not host:
        return
    yield _named(host, port)
    with explained(host), _smtp(mailbox) as server:
        server.ehlo()
        if mailbox.smtp_security == Mailbox.Security.STARTTLS:
            server.starttls(context=tls_context())
            server.ehlo()
        yield _encryption(server.sock, now)
        password = secret()
        if mailbox.sign_in == Mailbox.SignIn.OAUTH:
            token = f"user={mailbox.smtp_username or mailbox.username}\1auth=Bearer {password}\1\1"
            server.auth("XOAUTH2", lambda challenge=None: token if challenge is None else "")
        elif mailbox.smtp_username:
            server.login(mailbox.smtp_username, password)
        yield Step(_("Sending"), _("“%(host)s” accepts mails from us.") % {"host": host})


def _smtp(mailbox: Mailbox) -> smtplib.SMTP:
    host, port = mailbox.smtp_host, mailbox.smtp_port
    if mailbox.smtp_security == Mailbox.Security.TLS:
        return smtplib.SMTP_SSL(host, port, timeout=CONNECT_SECONDS, context=tls_context())
    if mailbox.smtp_security == Mailbox.Security.NONE:
        refuse_plain_line(host, port)
    return smtplib.SMTP(host, port, timeout=CONNECT_SECONDS)


def _named(host: str, port: int) -> Step:
    places = {"host": host, "addresses": ", ".join(addresses(host, port)[:3])}
    return Step(_("Name"), _("“%(host)s” is %(addresses)s.") % places)


def _reached(host: str, port: int) -> Step:
    with explained(host), socket.create_connection((host, port), timeout=CONNECT_SECONDS):
        return Step(_("Port"), _("Port %(port)s answers.") % {"port": port})


def _encryption(line: object, now: dt.datetime) -> Step:
    if not isinstance(line, ssl.SSLSocket):
        return Step(_("Encryption"), _("None: fine on this very machine only."), "warn")
    certificate = line.getpeercert() or {}
    ends = dt.datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), dt.UTC)
    if ends - now < SOON:
        text, tone = _("%(version)s; the certificate ends on %(day)s: have it renewed."), "warn"
    else:
        text, tone = _("%(version)s; the certificate is valid until %(day)s."), "ok"
    return Step(_("Encryption"), text % {"version": line.version(), "day": f"{ends:%Y-%m-%d}"}, tone)
