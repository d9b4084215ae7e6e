"""The shape of what people type about people. What may be done with it is the actions' matter."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from allauth.account.forms import ChangePasswordForm, ResetPasswordForm, ResetPasswordKeyForm, SetPasswordForm
from django import forms
from django.contrib.auth.password_validation import password_validators_help_text_html
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from procrastinate.contrib.django import app as jobs

from vigie.accounts.labels import SKILL_LEVELS
from vigie.accounts.models import LANGUAGES, Affiliation, Person
from vigie.toolkit.forms import zone_field

Choices = Iterable[tuple[Any, Any]]


class PasswordLinkForm(ResetPasswordForm):  # type: ignore[misc]
    """Ask for the link. The same work is done here for a known and an unknown address: a job is queued."""

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        email = str(self.cleaned_data["email"])
        jobs.configure_task("accounts.send_password_link").defer(email=email)
        return email


class _RulesListed:
    """The rules of a password as a list: Django's own words, which it gives as markup in a plain string."""

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["password1"].help_text = SafeString(password_validators_help_text_html())


class NewPasswordForm(_RulesListed, ChangePasswordForm):  # type: ignore[misc]
    """Another password in the place of one's own."""


class FirstPasswordForm(_RulesListed, SetPasswordForm):  # type: ignore[misc]
    """The first password of somebody who is signed in without one."""


class LinkedPasswordForm(_RulesListed, ResetPasswordKeyForm):  # type: ignore[misc]
    """The password chosen behind a link sent by mail."""


class PreferencesForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=150)
    phone = forms.CharField(label=_("Phone"), max_length=40, required=False)
    language = forms.ChoiceField(label=_("Language"), choices=LANGUAGES)
    timezone = zone_field(label=_("Time zone"), initial="Europe/Paris")
    theme = forms.ChoiceField(label=_("Theme"), choices=Person.Theme.choices, widget=forms.RadioSelect)


class IdentityForm(forms.Form):
    """Who a person is. Without an e-mail address it cannot sign in."""

    name = forms.CharField(label=_("Name"), max_length=150)
    email = forms.EmailField(
        label=_("E-mail"), required=False, help_text=_("The way in. Without it, the person cannot sign in.")
    )
    job_title = forms.CharField(label=_("Job title"), max_length=120, required=False)
    phone = forms.CharField(label=_("Phone"), max_length=40, required=False)
    language = forms.ChoiceField(label=_("Language"), choices=LANGUAGES)
    timezone = zone_field(label=_("Time zone"), initial="Europe/Paris")


class AgentForm(IdentityForm):
    """A new colleague: identity, and whether every client is in sight."""

    all_clients = forms.BooleanField(
        label=_("May see every client"),
        required=False,
        help_text=_("Otherwise none, until you authorise some on the page of this person."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].required = True


class AffiliationForm(forms.Form):
    """What a person is at one client."""

    roles = forms.MultipleChoiceField(
        label=_("Roles"),
        choices=Affiliation.ContactRole.choices,
        widget=forms.CheckboxSelectMultiple,
        initial=["user"],
        help_text=_("A key user sees the tickets of its site, a client manager those of the company."),
    )
    site = forms.TypedChoiceField(label=_("Site"), required=False, coerce=int, empty_value=None)
    entity = forms.TypedChoiceField(label=_("Entity"), required=False, coerce=int, empty_value=None)
    active_from = forms.DateField(
        label=_("From"), required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )
    active_until = forms.DateField(
        label=_("Until"),
        required=False,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        help_text=_("From that day on, the person sees nothing of this client."),
    )
    is_vip = forms.BooleanField(label=_("VIP"), required=False)
    vip_reason = forms.CharField(label=_("Reason"), max_length=200, required=False)
    vip_approver = forms.CharField(label=_("Approved by (client side)"), max_length=150, required=False)
    vip_until = forms.DateField(
        label=_("VIP until"), required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )

    place: ClassVar[tuple[str, ...]] = ("site", "entity", "active_from", "active_until")
    vip: ClassVar[tuple[str, ...]] = ("is_vip", "vip_reason", "vip_approver", "vip_until")

    def __init__(self, *args: Any, sites: Choices = (), entities: Choices = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in (("site", sites), ("entity", entities)):
            self.fields[name].choices = [("", "—"), *choices]  # type: ignore[attr-defined]


class ContactForm(IdentityForm, AffiliationForm):
    """A new contact and what it is at its first client."""

    organisation = forms.TypedChoiceField(label=_("Client"), coerce=int)

    def __init__(self, *args: Any, clients: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisation"].choices = [("", "—"), *clients]  # type: ignore[attr-defined]


class NewAffiliationForm(AffiliationForm):
    """One more client for a contact; its place there comes with the next change."""

    organisation = forms.TypedChoiceField(label=_("Client"), coerce=int)

    def __init__(self, *args: Any, clients: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisation"].choices = [("", "—"), *clients]  # type: ignore[attr-defined]


class AccessForm(forms.Form):
    """What an agent may do and for whom."""

    roles = forms.TypedMultipleChoiceField(
        label=_("Roles"), required=False, coerce=int, widget=forms.CheckboxSelectMultiple
    )
    all_clients = forms.BooleanField(label=_("May see every client"), required=False)
    clients = forms.TypedMultipleChoiceField(
        label=_("Authorised clients"),
        required=False,
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("An agent with no client in this list sees none."),
    )

    def __init__(self, *args: Any, roles: Choices, clients: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in (("roles", roles), ("clients", clients)):
            self.fields[name].choices = list(choices)  # type: ignore[attr-defined]


class SkillsForm(forms.Form):
    """A level for each skill, or nothing."""

    def __init__(self, *args: Any, skills: Iterable[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for key, name in skills:
            self.fields[f"skill_{key}"] = forms.TypedChoiceField(
                label=name,
                required=False,
                coerce=int,
                empty_value=None,
                choices=[("", "—"), *((n, f"{n} · {word}") for n, word in SKILL_LEVELS.items())],
            )

    def levels(self) -> dict[int, int]:
        return {int(name.removeprefix("skill_")): n for name, n in self.cleaned_data.items() if n}


class SkillForm(forms.Form):
    name_fr = forms.CharField(label=_("Name (French)"), max_length=80)
    name_en = forms.CharField(label=_("Name (English)"), max_length=80)


class TeamForm(forms.Form):
    code = forms.SlugField(
        label=_("Code"), max_length=40, help_text=_("Short, without spaces: “servers-n2”.")
    )
    name_fr = forms.CharField(label=_("Name (French)"), max_length=100)
    name_en = forms.CharField(label=_("Name (English)"), max_length=100)
    level = forms.TypedChoiceField(
        label=_("Support level"), coerce=int, choices=[(1, "1"), (2, "2"), (3, "3")]
    )
    timezone = zone_field(label=_("Time zone"), initial="Europe/Paris")
    is_active = forms.BooleanField(label=_("In use"), required=False, initial=True)
    member = forms.TypedMultipleChoiceField(label=_("Members"), required=False, coerce=int)
    lead = forms.TypedMultipleChoiceField(label=_("Leads"), required=False, coerce=int)

    def __init__(self, *args: Any, colleagues: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("member", "lead"):
            self.fields[name].choices = list(colleagues)  # type: ignore[attr-defined]

    def leads(self) -> dict[int, bool]:
        """``{person: is a lead}`` as ticked; a lead is a member."""
        ticked = [
            {int(one) for one in self[name].value() or () if str(one).isdecimal()}
            for name in ("member", "lead")
        ]
        return {one: one in ticked[1] for one in ticked[0] | ticked[1]}


class RoleForm(forms.Form):
    code = forms.SlugField(label=_("Code"), max_length=40, help_text=_("Short, without spaces; it stays."))
    name_fr = forms.CharField(label=_("Name (French)"), max_length=80)
    name_en = forms.CharField(label=_("Name (English)"), max_length=80)
    grants = forms.MultipleChoiceField(label=_("Grants"), required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, grants: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["grants"].choices = list(grants)  # type: ignore[attr-defined]
