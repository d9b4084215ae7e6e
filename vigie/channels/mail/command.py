"""`vigie mail deliver` and `vigie mail fetch`: mails handed over by a mail server's pipe, and a round on the spot."""

from __future__ import annotations

import argparse
import os
import sys

from django.conf import settings
from django.utils import timezone, translation

from vigie.channels.mail.actions import fetching, intake
from vigie.channels.mail.labels import trouble_sentence
from vigie.channels.mail.models import Mailbox
from vigie.kernel.refusal import Refusal
from vigie.toolkit.crashpoints import crashpoint


def deliver(args: argparse.Namespace) -> int:
    """Store the mail on standard input. 0 only once it is committed; 65 for one too large: its sender is told."""
    mailbox = Mailbox.objects.filter(address__iexact=args.mailbox, is_active=True).first()
    if mailbox is None:
        print(f"No mailbox in use has the address {args.mailbox}: the mail is kept.", file=sys.stderr)
        return os.EX_TEMPFAIL
    raw = sys.stdin.buffer.read(settings.MAIL_SIZE_LIMIT + 1)
    try:
        intake.store(mailbox, raw, now=timezone.now(), envelope_from=args.sender)
    except Refusal:
        limit = settings.MAIL_SIZE_LIMIT // (1024 * 1024)
        print(f"This mail is larger than {limit} MB, the largest that is accepted here.", file=sys.stderr)
        return os.EX_DATAERR
    crashpoint("deliver.before_exit")
    return os.EX_OK


def fetch(args: argparse.Namespace) -> int:
    """A round on every mailbox in use (or one), now; what it did, a line each. 1 when one of them has a trouble."""
    mailboxes = Mailbox.objects.filter(is_active=True).exclude(source=Mailbox.Source.PIPE).order_by("address")
    if args.mailbox:
        mailboxes = mailboxes.filter(address__iexact=args.mailbox)
    found = list(mailboxes)
    if not found:
        print("No mailbox in use to fetch from: set one up in the browser.", file=sys.stderr)
        return 1
    with translation.override("en"):
        return max([_fetch_one(mailbox) for mailbox in found])


def _fetch_one(mailbox: Mailbox) -> int:
    done = fetching.fetch(mailbox.pk, now=timezone.now())
    if done is None or isinstance(done, Refusal):
        mailbox.refresh_from_db()
        print(f"{mailbox.address}: {trouble_sentence(mailbox)}")
        return 1
    print(f"{mailbox.address}: {done.stored} new, {done.known} known already, {done.left} left for later")
    if done.warning:
        mailbox.refresh_from_db()
        print(f"{mailbox.address}: {trouble_sentence(mailbox)}")
    return 1 if done.warning else 0
