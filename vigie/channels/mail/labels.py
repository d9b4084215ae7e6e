"""Words of the mail channel: its refusals (also the troubles of mailboxes), why a mail is where it is, steps of a test."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from vigie.channels.mail.models import InboundMail, Mailbox
from vigie.kernel.refusal import Refusal
from vigie.toolkit.refusals import register, sentence

Label = str | Promise
LISTS: dict[str, Label] = {
    **{str(value): word for value, word in InboundMail.State.choices},
    "noted": pgettext_lazy("mails", "Kept on their ticket"),
    "quarantined": pgettext_lazy("mails", "Could not be read"),
    "ignored": pgettext_lazy("mails", "Set aside"),
    "all": _("All"),
}
"""Names of the lists of mails, by state."""

# What is wrong with a mailbox and what to do. Places: %(host)s, %(folder)s, %(detail)s (the other side's own words).
TROUBLES: dict[str, Label] = {
    "mail.host_unknown": _("No server is called “%(host)s”: check the name, or the DNS of this machine."),
    "mail.connection_refused": _(
        "“%(host)s” refuses the connection: check the port, and that the service runs and lets this machine in."
    ),
    "mail.no_answer": _(
        "“%(host)s” does not answer: check the port, and the firewalls between this machine and the server."
    ),
    "mail.connection_cut": _(
        "“%(host)s” cut the connection (%(detail)s). It is tried again by itself; if it lasts, ask whoever runs the server."
    ),
    "mail.tls_failed": _(
        "No encrypted connection with “%(host)s” (%(detail)s): check that the port and the kind of security go together."
    ),
    "mail.certificate_expired": _(
        "The certificate of “%(host)s” has expired: whoever runs the server must renew it. Nothing was sent."
    ),
    "mail.certificate_name": _(
        "The certificate is not the one of “%(host)s” (%(detail)s): type the name that the certificate holds."
    ),
    "mail.certificate_untrusted": _(
        "The certificate of “%(host)s” comes from no known authority: if it is your own, give its file in VIGIE_MAIL_CA_FILE."
    ),
    "mail.starttls_missing": _(
        "“%(host)s” offers no encryption on this port: somebody may be in between. Use TLS on its port. Nothing was sent."
    ),
    "mail.plain_only_local": _(
        "Without encryption, the password would be readable on the network: only a server on this very machine may do without."
    ),
    "mail.sign_in_refused": _(
        "“%(host)s” refuses the user name or the password (%(detail)s): check both; some providers want an application password."
    ),
    "mail.oauth_not_connected": _("Nobody has let Vigie into this mailbox yet, or no longer: connect it again."),
    "mail.oauth_refused": _(
        "The authorisation server refuses (%(detail)s): check the application id and its secret, then connect again."
    ),
    "mail.folder_missing": _("The server has no folder “%(folder)s” (%(detail)s): check its name."),
    "mail.folder_read_only": _(
        "The folder “%(folder)s” may only be read: mails could not be marked. Give this account the right to change it."
    ),
    "mail.server_error": _("“%(host)s” answers with an error: %(detail)s."),
    "mail.too_big": _(
        "A mail of %(detail)s is larger than accepted (VIGIE_MAIL_LIMIT_MB). It is kept where it is, unread: "
        "raise the limit, or handle it there."
    ),
    "mail.message_unreadable": _(
        "The server cannot hand over a mail (%(detail)s). The others arrive; this one is tried again at each round."
    ),
    "mail.path_missing": _("There is no folder “%(folder)s” on this machine: make it, or correct its name."),
    "mail.path_refused": _("The folder “%(folder)s” cannot be used (%(detail)s): correct its rights."),
    "mail.file_refused": _(
        "A file cannot be taken (%(detail)s): correct its rights, or take it away. The others arrive."
    ),
    "mail.folder_outside": _(
        "Mail folders stand under VIGIE_MAIL_FOLDERS: give the name of a folder in there, such as “support”."
    ),
    "mail.unexpected": _("Something unexpected stopped the round (%(detail)s). It is tried again; the log says more."),
    "vault.wrong_key": _(
        "This secret was closed with another key: set VIGIE_VAULT_KEY back to the key it was closed with, "
        "or enter the secret again."
    ),
}  # fmt: skip

register(
    {
        "mail.no_outgoing_server": _(
            "This installation has no outgoing mail server: set VIGIE_SMTP_HOST and start again."
        ),
        "mail.bad_address": _("No mail can be sent to or from “%(address)s”: it is not a plain address."),
        **TROUBLES,
        "mail.oauth_incomplete": _(
            "Save the application id and the two addresses of the authorisation server first."
        ),
        "mail.oauth_https": _("Give a full address that begins with https://."),
        "mail.oauth_state": _("This answer does not belong to a connection you began here: start it again."),
        "mail.bad_characters": _("This holds a line break or another character that cannot be typed."),
        "mail.field_needed": _("This source cannot do without it."),
        "mail.done_folder_needed": _(
            "Give the folder to move mails to; it is not the one they are read from."
        ),
        "mail.needs_full_sight": _(
            "A mailbox for every client is set up by somebody who sees them all: choose a client."
        ),
        "mail.bad_domain": _("Give a mail domain, such as “client.example”."),
        "mail.public_domain": _(
            "Anybody may have an address at %(domain)s: it cannot tell one client's people."
        ),
        "mail.own_domain": _("%(domain)s is our own domain: agents write under it, so it is no client's."),
        "mail.domain_taken": _("%(domain)s is another client's domain already."),
        "mail.not_open": _("This mail is settled or being read: there is nothing left to decide."),
        "mail.reason_needed": _("Say why: whoever looks for this mail will read it."),
        "mail.mailbox_of_another_client": _("This mailbox takes mails for another client."),
        "mail.unknown_mailbox": _("No mailbox in use has the address %(address)s."),
    }
)

# Why a mail is in its state. A code without words here is shown as it is.
OUTCOMES: dict[str, Label] = {
    "set_aside": _("Set aside by a person"),
    # on a ticket
    "opened": _("It opened a ticket"),
    "joined": _("It joined the ticket that it answers"),
    "noted_by_agent": _("An agent's answer to a note: kept as a note"),
    "follow_up": _("It answers a closed ticket: a ticket that follows it was opened"),
    # kept beside a ticket, or nowhere
    "automatic": _("Automatic answer, kept on the ticket that it answers"),
    "automatic_alone": _("Automatic answer to nothing of ours"),
    "returned": _("A mail of ours came back: told on its ticket"),
    "returned_alone": _("A mail came back that is none of ours"),
    "own": _("A mail of this very installation"),
    "refused_stranger": _("Unknown sender: this mailbox takes known people only"),
    # waiting for a person
    "no_sender": _("It names no sender"),
    "stranger": _("Unknown sender"),
    "new_address": _("New address of a client's domain"),
    "several_clients": _("Its sender belongs to several clients"),
    "other_client": _("Its sender belongs to another client than this mailbox"),
    "left_client": _("Its sender no longer belongs to a client"),
    "disabled_person": _("Its sender's account is disabled"),
    "agent_in_doubt": _("It says it comes from an agent, and nobody vouches for it"),
    "from_agent": _("An agent wrote without answering a notice of its own"),
    "flood": _("Too many mails of one sender at once"),
    "refused": _("The ticket refused it"),
    # could not be read
    "empty": _("It holds nothing"),
    "too_big": _("It is too large to be read"),
    "too_deep": _("Its parts are nested too deep"),
    "too_many_parts": _("It has too many parts"),
    "too_slow": _("Reading it takes too long"),
    "hung": _("Reading it came to no end"),
    "crashed": _("Reading it ends the reader"),
    "failed_again": _("It failed several times in a row"),
}


def trouble_sentence(mailbox: Mailbox) -> str:
    """What is wrong with a mailbox and what to do, in the active language; '' when nothing is."""
    if not mailbox.trouble:
        return ""
    places = {"host": mailbox.host, "folder": mailbox.folder, "detail": mailbox.trouble_detail}
    return sentence(Refusal(mailbox.trouble, **places))


def outcome_name(code: str) -> str:
    return str(OUTCOMES.get(code, code))
