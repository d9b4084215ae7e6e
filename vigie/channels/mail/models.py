"""Mailboxes, the mails that came in through them, and what is known of addresses."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from vigie.accounts.models import Person, Team
from vigie.tenancy.models import Organisation
from vigie.workflow.labels import TYPES


class Mailbox(models.Model):
    """An address that the desk reads and writes under. ``organisation`` empty: for every client.

    Sealed fields (``*_sealed``) hold secrets closed by ``toolkit.vault``. The last lines are what the fetcher found:
    ``asked_at`` when a round was last queued, ``polled_at`` when one last ran, ``scanned_at`` when the whole folder was
    last compared with what is stored; ``trouble`` is a refusal code, ``trouble_detail`` what the server said.
    """

    class Source(models.TextChoices):
        IMAP = "imap", _("IMAP server")
        FOLDER = "folder", _("Maildir or folder on this machine")
        PIPE = "pipe", _("Handed over by the mail server (pipe)")

    class Security(models.TextChoices):
        TLS = "tls", _("TLS")
        STARTTLS = "starttls", _("STARTTLS")
        NONE = "none", _("None (local server only)")

    class SignIn(models.TextChoices):
        PASSWORD = "password", _("Password")
        OAUTH = "oauth", _("OAuth 2 (Microsoft 365, Google)")

    class Unknown(models.TextChoices):
        HOLD = "hold", _("Keep it for an agent to decide")
        CREATE = "create", _("Create the contact when the domain is a client's, else keep it for an agent")
        REFUSE = "refuse", _("Refuse politely, once a day")

    class AfterFetch(models.TextChoices):
        SEEN = "seen", _("Mark as read")
        MOVE = "move", _("Move to a folder")
        DELETE = "delete", _("Delete")

    name = models.CharField(_("Name"), max_length=80)
    address = models.EmailField(_("Address"))
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, verbose_name=_("Only for this client")
    )
    team = models.ForeignKey(Team, models.PROTECT, null=True, blank=True, verbose_name=_("Team"))
    ticket_type = models.CharField(
        _("A mail opens"), max_length=20, choices=list(TYPES.items()), default="incident"
    )
    language = models.CharField(
        _("Language"), max_length=5, default="fr", choices=[("fr", "Français"), ("en", "English")]
    )
    unknown = models.CharField(_("Unknown senders"), max_length=8, choices=Unknown, default=Unknown.HOLD)
    authserv_id = models.CharField(
        _("Name our mail server signs its verdicts with"), max_length=255, blank=True
    )
    signature_fr = models.TextField(_("Signature (French)"), blank=True)
    signature_en = models.TextField(_("Signature (English)"), blank=True)
    is_active = models.BooleanField(_("In use"), default=True)

    source = models.CharField(_("Source"), max_length=8, choices=Source, default=Source.IMAP)
    host = models.CharField(_("IMAP server"), max_length=255, blank=True)
    port = models.PositiveIntegerField(_("Port"), default=993)
    security = models.CharField(_("Security"), max_length=8, choices=Security, default=Security.TLS)
    sign_in = models.CharField(_("Sign-in"), max_length=8, choices=SignIn, default=SignIn.PASSWORD)
    username = models.CharField(_("User name"), max_length=255, blank=True)
    password_sealed = models.BinaryField(null=True, editable=False)
    folder = models.CharField(_("Folder"), max_length=255, default="INBOX")
    after_fetch = models.CharField(
        _("Once it is stored"), max_length=8, choices=AfterFetch, default=AfterFetch.SEEN
    )
    done_folder = models.CharField(_("Folder for what is done"), max_length=255, blank=True)

    smtp_host = models.CharField(_("SMTP server"), max_length=255, blank=True)
    smtp_port = models.PositiveIntegerField(_("SMTP port"), default=587)
    smtp_security = models.CharField(
        _("SMTP security"), max_length=8, choices=Security, default=Security.STARTTLS
    )
    smtp_username = models.CharField(_("SMTP user name"), max_length=255, blank=True)
    smtp_password_sealed = models.BinaryField(null=True, editable=False)

    oauth_provider = models.CharField(max_length=12, blank=True)
    oauth_authorize_url = models.URLField(_("Authorisation address"), blank=True)
    oauth_token_url = models.URLField(_("Token address"), blank=True)
    oauth_scope = models.CharField(_("Scope"), max_length=400, blank=True)
    oauth_client_id = models.CharField(_("Application id"), max_length=255, blank=True)
    oauth_client_secret_sealed = models.BinaryField(null=True, editable=False)
    oauth_tokens_sealed = models.BinaryField(null=True, editable=False)

    uidvalidity = models.BigIntegerField(null=True, editable=False)
    last_uid = models.BigIntegerField(default=0, editable=False)
    scanned_at = models.DateTimeField(null=True, editable=False)
    asked_at = models.DateTimeField(null=True, editable=False)
    polled_at = models.DateTimeField(null=True, editable=False)
    succeeded_at = models.DateTimeField(null=True, editable=False)
    failures = models.PositiveIntegerField(default=0, editable=False)
    retry_at = models.DateTimeField(null=True, editable=False)
    trouble = models.CharField(max_length=40, blank=True, editable=False)
    trouble_detail = models.CharField(max_length=500, blank=True, editable=False)
    alarmed_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(Lower("address"), name="mailbox_address")]

    def __str__(self) -> str:
        return self.address


class InboundMail(models.Model):
    """One mail as it came: bytes first, everything else after. ``organisation`` is known once it is settled.

    ``uidvalidity`` and ``uid`` are the place in the IMAP folder, empty for other sources. ``outcome`` is the code of why
    the mail is in its ``state``, ``trust_detail`` of why its sender is trusted or not. ``ticket_id`` and ``message_id``
    (the row's) point to what it became.
    ``decided_person``: who an agent said the sender is, for the client in ``organisation``; it settles the question.
    """

    class State(models.TextChoices):
        RECEIVED = "received", _("Being read")
        SETTLED = "settled", _("On a ticket")
        NOTED = "noted", _("Kept on its ticket")
        HELD = "held", _("Waiting for a person")
        QUARANTINED = "quarantined", _("Could not be read")
        IGNORED = "ignored", _("Set aside")

    mailbox = models.ForeignKey(Mailbox, models.PROTECT)
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True)
    uidvalidity = models.BigIntegerField(null=True)
    uid = models.BigIntegerField(null=True)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    raw = models.BinaryField()
    envelope_from = models.CharField(max_length=320, blank=True)
    received_at = models.DateTimeField()
    state = models.CharField(max_length=12, choices=State, default=State.RECEIVED)
    outcome = models.CharField(max_length=40, blank=True)
    detail = models.CharField(max_length=500, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    reader_deaths = models.PositiveSmallIntegerField(default=0, db_default=0)
    settled_at = models.DateTimeField(null=True)
    sender = models.CharField(max_length=320, blank=True)
    subject = models.CharField(max_length=500, blank=True)
    header_id = models.CharField(max_length=998, blank=True)
    nature = models.CharField(max_length=16, blank=True)
    trust = models.CharField(max_length=12, blank=True)
    trust_detail = models.CharField(max_length=24, blank=True, default="", db_default="")
    ticket_id = models.BigIntegerField(null=True)
    message_id = models.BigIntegerField(null=True)
    decided_person = models.ForeignKey(Person, models.SET_NULL, null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["mailbox", "uidvalidity", "uid"], name="inbound_place_once"),
            models.UniqueConstraint(fields=["mailbox", "sha256"], name="inbound_bytes_once"),
        ]
        indexes = [
            models.Index(fields=["received_at"], condition=Q(state="received"), name="inbound_waiting"),
            models.Index(
                fields=["-id"], condition=Q(state__in=["held", "quarantined"]), name="inbound_for_people"
            ),
            models.Index(fields=["ticket_id"], condition=Q(ticket_id__isnull=False), name="inbound_ticket"),
            models.Index(
                fields=["message_id"], condition=Q(message_id__isnull=False), name="inbound_message"
            ),
            models.Index(fields=["header_id"], condition=~Q(header_id=""), name="inbound_header_id"),
            models.Index(fields=["sender", "-id"], name="inbound_sender"),
        ]

    def __str__(self) -> str:
        return f"{self.mailbox_id}/{self.pk}"


class ClientDomain(models.Model):
    """A mail domain that belongs to one client: senders of it are that client's people."""

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    domain = models.CharField(_("Domain"), max_length=253)

    class Meta:
        constraints = [models.UniqueConstraint(Lower("domain"), name="client_domain_once")]

    def __str__(self) -> str:
        return self.domain


class DeadAddress(models.Model):
    """An address that refused our mails: nothing is sent to it while ``suspended_at`` is set."""

    address = models.CharField(max_length=254, unique=True)
    person = models.ForeignKey(Person, models.SET_NULL, null=True)
    hard_bounces = models.PositiveIntegerField(default=0)
    last_reason = models.CharField(max_length=300, blank=True)
    last_at = models.DateTimeField()
    suspended_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.address


class AutomaticAnswer(models.Model):
    """One mail that Vigie sent by itself to an address: the rate caps are counted here, not in memory."""

    address = models.CharField(max_length=254)
    ticket_id = models.BigIntegerField(null=True)
    sent_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["address", "-sent_at"], name="automatic_answer_address")]

    def __str__(self) -> str:
        return self.address
