"""What is said on a ticket: messages, their files, and drafts that survive everything."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from vigie.accounts.models import Person
from vigie.tenancy.models import Organisation
from vigie.tickets.models.ticket import Ticket


class Message(models.Model):
    """One turn of the conversation. ``body`` is kept as received and made safe when shown.

    ``kind``: ``description`` (the opening text), ``reply``, ``note``; ``audience``: ``public`` or ``internal``;
    ``side``: who spoke (``client``, ``provider``, ``system``). ``is_automatic`` never counts as a response.
    ``via``: ``mail`` when it came by mail, else empty; ``trust`` then says what is known of its sender
    (``verified``, ``unknown``, ``unverified``), ``trust_detail`` the code of why, and ``rest`` holds what its author did
    not write, ``rest_kind`` what that is: ``quotation``, ``signature`` or ``both`` (empty: before it was kept).
    """

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="messages", db_constraint=False)
    author = models.ForeignKey(Person, models.PROTECT, null=True)
    author_name = models.CharField(max_length=150)
    side = models.CharField(max_length=8)
    kind = models.CharField(max_length=12)
    audience = models.CharField(max_length=8)
    is_automatic = models.BooleanField(default=False)
    body = models.TextField()
    is_html = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    submission = models.CharField(max_length=64, blank=True)
    via = models.CharField(max_length=8, blank=True, default="", db_default="")
    trust = models.CharField(max_length=12, blank=True, default="", db_default="")
    trust_detail = models.CharField(max_length=24, blank=True, default="", db_default="")
    rest = models.TextField(blank=True, default="", db_default="")
    rest_kind = models.CharField(max_length=10, blank=True, default="", db_default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "id"], name="message_held"),
            models.UniqueConstraint(
                fields=["ticket", "author", "submission"],
                condition=~Q(submission=""),
                name="message_submission_once",
            ),
            models.CheckConstraint(
                condition=~Q(kind="note") | Q(audience="internal"), name="note_is_internal"
            ),
        ]
        indexes = [models.Index(fields=["ticket", "created_at", "id"], name="message_ticket")]


class Attachment(models.Model):
    """A file of a ticket: bytes are stored by content (``sha256``), name and sniffed type here.

    ``message`` is empty between the upload and the moment the message is sent.
    """

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    ticket = models.ForeignKey(
        Ticket, models.CASCADE, related_name="attachments", null=True, db_constraint=False
    )
    message = models.ForeignKey(
        Message, models.CASCADE, related_name="attachments", null=True, db_constraint=False
    )
    audience = models.CharField(max_length=8, default="public")
    uploaded_by = models.ForeignKey(Person, models.PROTECT, null=True)
    name = models.CharField(max_length=255)
    content_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    token = models.CharField(max_length=43, unique=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "id"], name="attachment_held")]
        indexes = [
            models.Index(fields=["ticket", "id"], name="attachment_ticket"),
            models.Index(fields=["created_at"], condition=Q(message=None), name="attachment_loose"),
            models.Index(fields=["sha256"], name="attachment_bytes"),
        ]


class Draft(models.Model):
    """What a person is typing, kept on the server until it is sent. ``place`` is ``reply:<ticket>``,
    ``note:<ticket>``, ``step:<ticket>``, ``new`` or ``sent`` (a form that arrived after its session ended)."""

    person = models.ForeignKey(Person, models.CASCADE)
    organisation_id = models.BigIntegerField(null=True)
    place = models.CharField(max_length=60)
    content = models.JSONField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "place"], name="draft_once")]
