"""Sentences and names of this area, in the reader's language."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from vigie.toolkit import refusals

refusals.register(
    {
        "access.not_found": _("There is nothing here, or you may not see it."),
        "access.not_granted": _("Your roles do not allow this. Ask an administrator for “%(grant)s”."),
        "access.signed_out": _("Your session ended. Sign in again: what you typed was kept."),
        "accounts.email_taken": _("Somebody already uses the address %(email)s."),
        "accounts.unknown_grant": _("“%(grant)s” is not a grant of this installation."),
        "accounts.last_administrator": _("This is the last administrator: name another one first."),
        "accounts.demo_only": _("One-click sign-in exists only on the demonstration data."),
    }
)
