"""Who is told what: a notice in the application and, beside it, the outbox of its deliveries."""

from __future__ import annotations

from django.db import models

from vigie.accounts.models import Person


class Notice(models.Model):
    """One fact told to one person. ``kind`` picks the sentence; ``params`` fill it."""

    recipient = models.ForeignKey(Person, models.CASCADE)
    organisation_id = models.BigIntegerField(null=True)
    kind = models.CharField(max_length=40)
    subject = models.CharField(max_length=20)
    subject_id = models.BigIntegerField()
    params = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["recipient", "-id"], name="notice_recipient"),
            models.Index(fields=["recipient"], condition=models.Q(read_at=None), name="notice_unread"),
        ]


class Delivery(models.Model):
    """The outbox: one way in which a notice leaves the application. Written with the notice, sent later."""

    class State(models.TextChoices):
        WAITING = "waiting"
        SENT = "sent"
        FAILED = "failed"

    notice = models.ForeignKey(Notice, models.CASCADE, related_name="deliveries")
    channel = models.CharField(max_length=10, default="mail")
    address = models.CharField(max_length=254)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(
                fields=["next_try_at"], condition=models.Q(state="waiting"), name="delivery_waiting"
            ),
        ]
