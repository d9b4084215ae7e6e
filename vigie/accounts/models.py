"""People, what they are at each client, teams, skills and roles."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from vigie.tenancy.models import Entity, Organisation, Site
from vigie.toolkit.ordering import by_name
from vigie.toolkit.written import Written, columns_of, kept, models_of, stand_in, written

PERSON = stand_in(1)
LANGUAGES = [("fr", "Français"), ("en", "English")]


class PersonManager(BaseUserManager["Person"]):
    """What Django's sign-in needs; nothing else goes through here."""

    def get(self, *args: Any, **wanted: Any) -> Person:
        """By the id that a session holds, at every request: a statement written once."""
        if args or wanted.keys() != {"pk"} or type(wanted["pk"]) is not int:
            return super().get(*args, **wanted)
        found = models_of(Person, _person(), {PERSON: wanted["pk"]})
        if not found:
            raise Person.DoesNotExist
        return found[0]

    def get_by_natural_key(self, username: str | None) -> Person:
        return self.get(email__iexact=username)

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> Person:
        person = self.model(email=self.normalize_email(email), **fields)
        person.set_password(password)
        person.save(using=self._db)
        return person


@kept
def _person() -> Written | None:
    return written(Person.objects.filter(pk=PERSON).values(*columns_of(Person)))


class Person(AbstractBaseUser):
    """Anyone: agent of the provider or contact of clients. One login, however many affiliations."""

    class Side(models.TextChoices):
        PROVIDER = "provider", _("Provider")
        CLIENT = "client", _("Client")

    class Theme(models.TextChoices):
        SYSTEM = "system", _("As the system")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    email = models.EmailField(_("E-mail"), null=True, blank=True)
    name = models.CharField(_("Name"), max_length=150)
    side = models.CharField(max_length=8, choices=Side)
    phone = models.CharField(_("Phone"), max_length=40, blank=True)
    job_title = models.CharField(_("Job title"), max_length=120, blank=True)
    language = models.CharField(_("Language"), max_length=5, choices=LANGUAGES, default="fr")
    timezone = models.CharField(_("Time zone"), max_length=60, default="Europe/Paris")
    theme = models.CharField(_("Theme"), max_length=6, choices=Theme, default=Theme.SYSTEM)
    is_active = models.BooleanField(_("Active"), default=True)
    created_at = models.DateTimeField()
    external_ref = models.CharField(max_length=120, blank=True)

    objects: ClassVar[PersonManager] = PersonManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), name="person_email"),
            models.UniqueConstraint(
                fields=["external_ref"], condition=~models.Q(external_ref=""), name="person_external_ref"
            ),
        ]
        indexes = [models.Index(by_name("name"), models.F("id"), name="person_by_name")]

    def __str__(self) -> str:
        return self.name


class Affiliation(models.Model):
    """What a person is at one client: where, with which roles, since and until when."""

    class ContactRole(models.TextChoices):
        USER = "user", _("User")
        KEY_USER = "key_user", _("Key user")
        APPROVER = "approver", _("Approver")
        CLIENT_MANAGER = "client_manager", _("Client manager")

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    person = models.ForeignKey(Person, models.CASCADE, related_name="affiliations")
    entity = models.ForeignKey(
        Entity, models.PROTECT, null=True, blank=True, db_constraint=False, verbose_name=_("Entity")
    )
    site = models.ForeignKey(
        Site, models.PROTECT, null=True, blank=True, db_constraint=False, verbose_name=_("Site")
    )
    roles = ArrayField(
        models.CharField(max_length=20, choices=ContactRole), default=list, verbose_name=_("Roles")
    )
    is_vip = models.BooleanField(_("VIP"), default=False)
    vip_reason = models.CharField(_("Reason"), max_length=200, blank=True)
    vip_approver = models.CharField(_("Approved by (client side)"), max_length=150, blank=True)
    vip_until = models.DateField(_("VIP until"), null=True, blank=True)
    active_from = models.DateField(_("From"), null=True, blank=True)
    active_until = models.DateField(_("Until"), null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "person"], name="affiliation_once"),
            models.CheckConstraint(
                condition=models.Q(is_vip=False)
                | (~models.Q(vip_reason="") & models.Q(vip_until__isnull=False)),
                name="vip_has_reason_and_end",
                violation_error_message=_("A VIP needs a reason and an end or review date."),
            ),
        ]
        indexes = [models.Index(fields=["person", "organisation"], name="affiliation_person")]

    def __str__(self) -> str:
        return f"{self.person_id}@{self.organisation_id}"


class Team(models.Model):
    """A group of agents that owns a queue. ``is_imported``: made by an import, because a ticket named it."""

    code = models.SlugField(_("Code"), max_length=40, unique=True)
    name_fr = models.CharField(_("Name (French)"), max_length=100)
    name_en = models.CharField(_("Name (English)"), max_length=100)
    level = models.PositiveSmallIntegerField(_("Support level"), default=1)
    timezone = models.CharField(_("Time zone"), max_length=60, default="Europe/Paris")
    is_active = models.BooleanField(_("In use"), default=True)
    is_imported = models.BooleanField(default=False, db_default=False, editable=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(level__range=(1, 3)), name="team_level")]

    def __str__(self) -> str:
        return self.name_fr


class Agent(models.Model):
    """The provider-side profile of a person: which clients it may see."""

    person = models.OneToOneField(Person, models.CASCADE, primary_key=True, related_name="agent")
    all_clients = models.BooleanField(_("May see every client"), default=False)
    signature = models.TextField(_("Signature"), blank=True)

    def __str__(self) -> str:
        return str(self.person_id)


class AgentClient(models.Model):
    """One client that an agent is authorised for. An agent with no row (and no ``all_clients``) sees none."""

    agent = models.ForeignKey(Agent, models.CASCADE, related_name="clients")
    organisation = models.ForeignKey(Organisation, models.CASCADE)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["agent", "organisation"], name="agent_client_once")]


class TeamMember(models.Model):
    team = models.ForeignKey(Team, models.CASCADE, related_name="members")
    agent = models.ForeignKey(Agent, models.CASCADE, related_name="teams")
    is_lead = models.BooleanField(_("Team lead"), default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "agent"], name="team_member_once")]


class Skill(models.Model):
    name_fr = models.CharField(_("Name (French)"), max_length=80, unique=True)
    name_en = models.CharField(_("Name (English)"), max_length=80, unique=True)

    def __str__(self) -> str:
        return self.name_fr


class AgentSkill(models.Model):
    """How well an agent knows something: 1 (notions) to 4 (reference)."""

    agent = models.ForeignKey(Agent, models.CASCADE, related_name="skills")
    skill = models.ForeignKey(Skill, models.CASCADE)
    level = models.PositiveSmallIntegerField(_("Level"), default=2)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agent", "skill"], name="agent_skill_once"),
            models.CheckConstraint(condition=models.Q(level__range=(1, 4)), name="agent_skill_level"),
        ]


class Role(models.Model):
    """A named set of grants, as data. Grants are ``area:verb`` codes declared by each feature."""

    code = models.SlugField(_("Code"), max_length=40, unique=True)
    name_fr = models.CharField(_("Name (French)"), max_length=80)
    name_en = models.CharField(_("Name (English)"), max_length=80)
    grants = ArrayField(models.CharField(max_length=60), default=list, verbose_name=_("Grants"))

    def __str__(self) -> str:
        return self.name_fr


class RoleGiven(models.Model):
    """A role held by an agent."""

    agent = models.ForeignKey(Agent, models.CASCADE, related_name="roles")
    role = models.ForeignKey(Role, models.PROTECT)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["agent", "role"], name="role_given_once")]
