"""What is sold: services, the category tree, and which client subscribes to what."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from vigie.accounts.models import Team
from vigie.tenancy.models import Organisation


class Service(models.Model):
    """A live service of the provider. ``criticality`` 1 (critical) to 3 (minor) proposes the impact."""

    code = models.SlugField(_("Code"), max_length=40, unique=True)
    name_fr = models.CharField(_("Name (French)"), max_length=120)
    name_en = models.CharField(_("Name (English)"), max_length=120)
    description_fr = models.TextField(_("Description (French)"), blank=True)
    description_en = models.TextField(_("Description (English)"), blank=True)
    criticality = models.PositiveSmallIntegerField(_("Criticality"), default=3)
    default_team = models.ForeignKey(
        Team, models.PROTECT, null=True, blank=True, verbose_name=_("Default team")
    )
    icon = models.CharField(max_length=40, default="server")
    is_active = models.BooleanField(_("In use"), default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(criticality__range=(1, 3)), name="service_criticality"),
        ]

    def __str__(self) -> str:
        return self.name_fr


class Category(models.Model):
    """A node of the category tree, at most three levels deep for users. ``path`` = codes from the root."""

    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("Part of")
    )
    code = models.SlugField(_("Code"), max_length=40, unique=True)
    name_fr = models.CharField(_("Name (French)"), max_length=120)
    name_en = models.CharField(_("Name (English)"), max_length=120)
    path = models.CharField(max_length=200, editable=False)
    is_public = models.BooleanField(_("Shown to users"), default=True)
    is_active = models.BooleanField(_("In use"), default=True)

    class Meta:
        verbose_name_plural = "categories"

    def __str__(self) -> str:
        return self.name_fr


class Subscription(models.Model):
    """A client uses a service: since when, and which team handles it when not the default one."""

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    service = models.ForeignKey(Service, models.PROTECT)
    team = models.ForeignKey(Team, models.PROTECT, null=True, blank=True, verbose_name=_("Team"))
    is_active = models.BooleanField(_("In use"), default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "service"], name="subscription_once"),
        ]
