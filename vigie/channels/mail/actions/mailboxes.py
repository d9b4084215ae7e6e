"""Setting up mailboxes: what is typed, secrets sealed, a connection through OAuth, the domains of clients."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from vigie.accounts.models import Person
from vigie.channels.mail import access, oauth
from vigie.channels.mail.models import ClientDomain, Mailbox
from vigie.channels.mail.sources import folder
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotFound, Refusal
from vigie.tenancy import access as tenancy
from vigie.toolkit import journal, vault

MANAGE = "mail:manage"

# Typed in clear, stored closed: the name of the input, the column.
SECRETS = {
    "password": "password_sealed",
    "smtp_password": "smtp_password_sealed",
    "oauth_client_secret": "oauth_client_secret_sealed",
}
# A change of one of these is another folder: what was remembered of the former means nothing there.
WHERE = ("source", "host", "port", "username", "folder")

# Anyone may have an address there: such a domain says nothing about whose person it is.
PUBLIC_DOMAINS = frozenset(
    """gmail.com googlemail.com outlook.com outlook.fr hotmail.com hotmail.fr live.com live.fr msn.com yahoo.com yahoo.fr
    icloud.com me.com aol.com gmx.com gmx.fr gmx.de proton.me protonmail.com mail.com zoho.com orange.fr wanadoo.fr free.fr
    sfr.fr neuf.fr laposte.net bbox.fr numericable.fr videotron.ca sympatico.ca""".split()  # noqa: SIM905
)
DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")


@transaction.atomic
def save_mailbox(
    actor: Actor, mailbox_id: int | None, values: Mapping[str, Any], *, now: dt.datetime
) -> Mailbox:
    """Create or change a mailbox. A secret left empty stays what it was."""
    actor.demand(MANAGE)
    mailbox = _locked(actor, mailbox_id) if mailbox_id else Mailbox(created_at=now)
    changes = _with_preset({name: value for name, value in values.items() if name not in SECRETS})
    _check_sight(actor, changes.get("organisation"))
    _check_complete(changes)
    for name, column in SECRETS.items():
        if values.get(name):
            changes[column] = vault.seal(values[name])
    if not mailbox._state.adding and any(changes[name] != getattr(mailbox, name) for name in WHERE):
        changes.update(uidvalidity=None, last_uid=0, scanned_at=None)
    changes.update(failures=0, retry_at=None, trouble="", trouble_detail="", alarmed_at=None)
    return journal.write(actor, mailbox, changes, now=now)


def begin_connection(actor: Actor, mailbox_id: int, *, return_to: str) -> oauth.Started:
    """Where to send the browser so that the owner of the mailbox lets us in."""
    actor.demand(MANAGE)
    mailbox = access.mailbox(actor, mailbox_id)
    _check_sight(actor, mailbox.organisation)
    return oauth.start(mailbox, return_to=return_to)


def finish_connection(
    actor: Actor, mailbox_id: int, *, code: str, verifier: str, return_to: str, now: dt.datetime
) -> Mailbox:
    """Exchange the code that came back and keep the tokens."""
    actor.demand(MANAGE)
    mailbox = access.mailbox(actor, mailbox_id)
    sealed = oauth.exchange(mailbox, code=code, verifier=verifier, return_to=return_to, now=now)
    with transaction.atomic():
        mailbox = _locked(actor, mailbox_id)
        changes = {
            "oauth_tokens_sealed": sealed,
            "failures": 0,
            "retry_at": None,
            "trouble": "",
            "trouble_detail": "",
        }
        return journal.write(actor, mailbox, changes, now=now)


@transaction.atomic
def add_domain(actor: Actor, organisation_id: int, domain: str, *, now: dt.datetime) -> ClientDomain:
    """Say that senders of a mail domain are a client's people; saying it twice changes nothing."""
    if not actor.can("mail:triage"):
        actor.demand(MANAGE)
    organisation, name = tenancy.one(actor, organisation_id), _domain(domain)
    if _is_ours(name):
        raise Refusal("mail.own_domain", field="domain", domain=name)
    taken = ClientDomain.objects.filter(domain__iexact=name).first()
    if taken is not None and taken.organisation_id == organisation.pk:
        return taken
    if taken is not None:
        raise Refusal("mail.domain_taken", field="domain", domain=name)
    return journal.write(actor, ClientDomain(), {"organisation": organisation, "domain": name}, now=now)


@transaction.atomic
def remove_domain(actor: Actor, domain_id: int, *, now: dt.datetime) -> None:
    """Senders of this domain are no longer taken for the client's people; known contacts stay."""
    actor.demand(MANAGE)
    found = access.domains(actor).select_for_update(of=("self",)).filter(pk=domain_id).first()
    if found is None:
        raise NotFound()
    journal.record(actor, "deleted", found, now=now, before=journal.snapshot(found))
    found.delete()


def _locked(actor: Actor, mailbox_id: int) -> Mailbox:
    found = access.mailboxes(actor).select_for_update(of=("self",)).filter(pk=mailbox_id).first()
    if found is None:
        raise NotFound()
    _check_sight(actor, found.organisation)
    return found


def _check_sight(actor: Actor, organisation: Any) -> None:
    """A mailbox for every client is for those who see every client."""
    if organisation is None and actor.organisations is not None:
        raise Refusal("mail.needs_full_sight", field="organisation")
    if organisation is not None:
        tenancy.one(actor, organisation.pk)


def _with_preset(changes: dict[str, Any]) -> dict[str, Any]:
    """Addresses that the provider is known for, where none were typed."""
    preset = oauth.PROVIDERS.get(changes.get("oauth_provider", ""))
    if preset is None:
        return changes
    known = {
        "oauth_authorize_url": preset.authorize_url,
        "oauth_token_url": preset.token_url,
        "oauth_scope": preset.scope,
    }
    return {**changes, **{name: value for name, value in known.items() if not changes.get(name)}}


def _check_complete(changes: Mapping[str, Any]) -> None:
    """What the chosen source cannot do without."""
    source = changes["source"]
    needed = {"imap": ("host", "username", "folder"), "folder": ("folder",)}.get(source, ())
    for name in needed:
        if not changes[name]:
            raise Refusal("mail.field_needed", field=name)
    if source == Mailbox.Source.FOLDER:
        folder.place_of(Mailbox(folder=changes["folder"]))
    moves = source == Mailbox.Source.IMAP and changes["after_fetch"] == Mailbox.AfterFetch.MOVE
    if moves and changes["done_folder"] in ("", changes["folder"]):
        raise Refusal("mail.done_folder_needed", field="done_folder")
    for name, value in changes.items():
        if isinstance(value, str) and "signature" not in name and not value.isprintable():
            raise Refusal("mail.bad_characters", field=name)
    for name in ("oauth_authorize_url", "oauth_token_url"):
        if changes[name] and not changes[name].startswith("https://"):
            raise Refusal("mail.oauth_https", field=name)


def _is_ours(domain: str) -> bool:
    """Does a mailbox or an agent write under this domain? Then it can be no client's: agents would be its people."""
    under = f"@{domain}"
    agents = Person.objects.filter(side=Person.Side.PROVIDER, email__iendswith=under)
    return agents.exists() or Mailbox.objects.filter(address__iendswith=under).exists()


def _domain(text: str) -> str:
    """A domain in its written form, or a refusal beside the field."""
    try:
        name = text.strip().lower().removeprefix("@").rstrip(".").encode("idna").decode()
    except UnicodeError:
        name = ""
    if not DOMAIN.fullmatch(name) or len(name) > 253:
        raise Refusal("mail.bad_domain", field="domain")
    if name in PUBLIC_DOMAINS:
        raise Refusal("mail.public_domain", field="domain", domain=name)
    return name
