"""Who is told what: a notice in the application and, beside it, the outbox of its deliveries."""

from __future__ import annotations

from django.db import models

from vigie.accounts.models import Person


class Notice(models.Model):
    """One fact told to one person. ``kind`` picks the sentence; ``params`` fill it.

    ``message_id``: the message of the ticket that it brings, so that a message shows how it was delivered.
    """

    recipient = models.ForeignKey(Person, models.CASCADE)
    organisation_id = models.BigIntegerField(null=True)
    kind = models.CharField(max_length=40)
    subject = models.CharField(max_length=20)
    subject_id = models.BigIntegerField()
    message_id = models.BigIntegerField(null=True)
    params = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["recipient", "-id"], name="notice_recipient"),
            models.Index(fields=["recipient", "subject_id"], name="notice_recipient_subject"),
            models.Index(fields=["recipient"], condition=models.Q(read_at=None), name="notice_unread"),
            models.Index(
                fields=["message_id"], condition=models.Q(message_id__isnull=False), name="notice_message"
            ),
        ]


class Delivery(models.Model):
    """The outbox: one way in which a notice leaves the application. Written with the notice, sent later.

    ``lane`` is the destination's domain: a dead one delays nobody else. ``header_id`` is the Message-ID, fixed at the first
    try so that a mail sent twice is recognised. ``claimed_until``: a sender has it in hand until then.
    ``answer`` is what the receiving server said last.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        SENT = "sent"
        FAILED = "failed"
        BOUNCED = "bounced"
        SKIPPED = "skipped"

    notice = models.ForeignKey(Notice, models.CASCADE, related_name="deliveries")
    channel = models.CharField(max_length=10, default="mail")
    address = models.CharField(max_length=254)
    lane = models.CharField(max_length=254, default="", db_default="")
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField()
    claimed_until = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    header_id = models.CharField(max_length=200, blank=True, default="", db_default="")
    answer = models.CharField(max_length=300, blank=True, default="", db_default="")

    class Meta:
        indexes = [
            models.Index(
                fields=["next_try_at"], condition=models.Q(state="waiting"), name="delivery_waiting"
            ),
            models.Index(fields=["header_id"], condition=~models.Q(header_id=""), name="delivery_header_id"),
            models.Index(
                fields=["-id"], condition=models.Q(state__in=["failed", "bounced"]), name="delivery_troubled"
            ),
            models.Index(
                fields=["-id"],
                condition=models.Q(state="skipped") & ~models.Q(answer__in=["before_mail", "demo"]),
                name="delivery_skipped",
            ),
        ]
