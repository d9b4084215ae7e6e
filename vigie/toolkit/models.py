"""Plumbing tables: the journal of administration, the search documents, the last failure of each job."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Func


class JournalEntry(models.Model):
    """Who changed which record of administration, when, from what to what. Append-only (trigger)."""

    at = models.DateTimeField()
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=200)
    organisation_id = models.BigIntegerField(null=True)
    subject = models.CharField(max_length=60)
    subject_id = models.BigIntegerField()
    verb = models.CharField(max_length=40)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["subject", "subject_id", "-id"], name="journal_subject")]


# Objects by the 32,768, so that one index finds words among the newest (``search.vigie_newest_hits``)
AGE = Func(F("object_id"), template="(array[%(expressions)s >> 15])")


class SearchDoc(models.Model):
    """One searchable text: narrow on purpose, so that lists never drag vectors along.

    ``audience`` is ``public`` (customers of the organisation may find it) or ``internal``.
    """

    kind = models.CharField(max_length=20)
    object_id = models.BigIntegerField()
    organisation_id = models.BigIntegerField(null=True)
    audience = models.CharField(max_length=10)
    tsv = SearchVectorField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "object_id", "audience"], name="search_doc_once"),
        ]
        indexes = [
            GinIndex(F("tsv"), AGE, name="search_doc_words", fastupdate=False),
            models.Index(fields=["organisation_id", "kind", "-object_id"], name="search_doc_org"),
        ]


class JobFailure(models.Model):
    """Why a job failed last: the kind of the error and where it happened, never its text, which may tell of people."""

    job_id = models.BigIntegerField(primary_key=True)
    error = models.CharField(max_length=200)
    place = models.CharField(max_length=200)
    at = models.DateTimeField()


class SearchWord(models.Model):
    """A word of the searchable texts, with the clients whose texts hold it (``toolkit.vocabulary``)."""

    word = models.TextField(primary_key=True)
    organisations = ArrayField(models.BigIntegerField())
    uses = models.PositiveIntegerField()
    trigrams = models.GeneratedField(
        expression=models.Func("word", function="vigie_trigrams"),
        output_field=ArrayField(models.TextField()),
        db_persist=True,
    )

    class Meta:
        indexes = [GinIndex(fields=["trigrams"], name="search_word_trigrams")]
