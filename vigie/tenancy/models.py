"""Organisations and the places where their people work."""

from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

hex_colour = RegexValidator(r"^#[0-9a-fA-F]{6}$", _("A colour is written #RRGGBB."))
client_code = RegexValidator(
    r"^[A-Z][A-Z0-9]{1,7}$", _("Two to eight capital letters or digits, a letter first.")
)


class Organisation(models.Model):
    """A client (or the provider itself, once): the unit that owns data."""

    class Kind(models.TextChoices):
        PROVIDER = "provider", _("Provider")
        CLIENT = "client", _("Client")

    class Nature(models.TextChoices):
        EXTERNAL = "external", _("External client")
        INTERNAL = "internal", _("Internal client")

    class Status(models.TextChoices):
        PROSPECT = "prospect", _("Prospect")
        ONBOARDING = "onboarding", _("Onboarding")
        ACTIVE = "active", _("Active")
        OFFBOARDING = "offboarding", _("Leaving")
        CLOSED = "closed", _("Closed")

    class Confidentiality(models.TextChoices):
        STANDARD = "standard", _("Standard")
        SENSITIVE = "sensitive", _("Sensitive")
        REGULATED = "regulated", _("Regulated")

    kind = models.CharField(max_length=10, choices=Kind, default=Kind.CLIENT)
    code = models.CharField(_("Code"), max_length=8, unique=True, validators=[client_code])
    name = models.CharField(_("Name"), max_length=120)
    legal_name = models.CharField(_("Legal name"), max_length=200, blank=True)
    nature = models.CharField(_("Nature"), max_length=10, choices=Nature, default=Nature.EXTERNAL)
    status = models.CharField(_("Status"), max_length=12, choices=Status, default=Status.ACTIVE)
    confidentiality = models.CharField(
        _("Confidentiality"), max_length=10, choices=Confidentiality, default=Confidentiality.STANDARD
    )
    language = models.CharField(
        _("Language"), max_length=5, default="fr", choices=[("fr", "Français"), ("en", "English")]
    )
    timezone = models.CharField(_("Reporting time zone"), max_length=60, default="Europe/Paris")
    currency = models.CharField(_("Currency"), max_length=3, default="EUR")
    fiscal_year_start = models.PositiveSmallIntegerField(_("First month of the fiscal year"), default=1)
    accent = models.CharField(_("Accent colour"), max_length=7, default="#2b5c8a", validators=[hex_colour])
    logo = models.BinaryField(null=True, editable=False)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind"], condition=models.Q(kind="provider"), name="one_provider"
            ),
            models.CheckConstraint(condition=models.Q(fiscal_year_start__range=(1, 12)), name="fiscal_month"),
        ]

    def __str__(self) -> str:
        return self.name


class Entity(models.Model):
    """A subsidiary, department or any node of a client's own tree."""

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, db_constraint=False, verbose_name=_("Part of")
    )
    name = models.CharField(_("Name"), max_length=120)
    cost_centre = models.CharField(_("Cost centre"), max_length=40, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "id"], name="entity_held"),
            models.UniqueConstraint(
                fields=["organisation", "parent", "name"], name="entity_name", nulls_distinct=False
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Site(models.Model):
    """A place of a client: it carries the time zone and the holidays that its clocks use."""

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    entity = models.ForeignKey(
        Entity, models.PROTECT, null=True, blank=True, db_constraint=False, verbose_name=_("Entity")
    )
    name = models.CharField(_("Name"), max_length=120)
    timezone = models.CharField(_("Time zone"), max_length=60, default="Europe/Paris")
    country = models.CharField(_("Country"), max_length=2, default="FR")
    subdivision = models.CharField(
        _("Subdivision"),
        max_length=8,
        blank=True,
        help_text=_("When its holidays differ, as in Alsace (57, 67, 68) or Québec (QC)."),
    )
    address = models.TextField(_("Address"), blank=True)
    access_notes = models.TextField(_("Access constraints"), blank=True)
    is_active = models.BooleanField(_("In use"), default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "id"], name="site_held"),
            models.UniqueConstraint(fields=["organisation", "name"], name="site_name"),
        ]

    def __str__(self) -> str:
        return self.name
