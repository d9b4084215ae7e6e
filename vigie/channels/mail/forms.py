"""The shape of what is typed about mailboxes and mails."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from vigie.accounts.models import Team
from vigie.channels.mail.models import ClientDomain, Mailbox
from vigie.toolkit.forms import RecordForm

Groups = tuple[tuple[str | Promise, tuple[str, ...]], ...]
# In which cases a setting is of use; the page shows it in these alone (toolkit's when.js).
_SENDS = ("smtp_port", "smtp_security", "smtp_username")
_SIGNS_IN = "source=imap / smtp_host"
_OAUTH = "sign_in=oauth source=imap / sign_in=oauth smtp_host"
WHEN = {
    **dict.fromkeys(("host", "port", "security", "username"), "source=imap"),
    **dict.fromkeys(("folder", "after_fetch"), "source=imap|folder"),
    **dict.fromkeys(_SENDS, "smtp_host"),
    "done_folder": "source=imap after_fetch=move",
    "password": "source=imap sign_in=password",
    "smtp_password": "smtp_host sign_in=password",
    "sign_in": _SIGNS_IN,
    **dict.fromkeys(
        (
            "oauth_provider", "oauth_client_id", "oauth_client_secret", "oauth_authorize_url", "oauth_token_url", "oauth_scope",
        ),
        _OAUTH,
    ),
}  # fmt: skip


def _secret(label: Any) -> forms.CharField:
    """Never shown again; left empty, it stays what it was."""
    return forms.CharField(
        label=label,
        required=False,
        strip=False,
        max_length=1000,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text=_("Stored closed. Leave it empty to keep the one that is stored."),
    )


def _address(label: Any) -> forms.URLField:
    return forms.URLField(label=label, required=False, max_length=200, assume_scheme="https")


class MailboxForm(RecordForm):
    password = _secret(_("Password"))
    smtp_password = _secret(_("SMTP password"))
    oauth_client_secret = _secret(_("Application secret"))
    team = forms.ModelChoiceField(Team.objects.none(), label=_("Team"), required=False)
    oauth_authorize_url = _address(_("Authorisation address"))
    oauth_token_url = _address(_("Token address"))
    oauth_provider = forms.ChoiceField(
        label=_("Provider"),
        required=False,
        choices=[
            ("", "—"), ("microsoft", "Microsoft 365"), ("google", "Google"), ("other", _("Another one")),
        ],
        help_text=_("Fills in the addresses below that you leave empty."),
    )  # fmt: skip

    groups: ClassVar[Groups] = (
        (_("The address"), ("name", "address", "organisation", "team", "language", "is_active")),
        (_("What mails become"), ("ticket_type", "unknown", "authserv_id")),
        (_("Where mails come from"), (
            "source", "host", "port", "security", "folder", "after_fetch", "done_folder", "sign_in", "username", "password",
        )),
        (_("Where answers go out"), (
            "smtp_host", "smtp_port", "smtp_security", "smtp_username", "smtp_password", "signature_fr", "signature_en",
        )),
        (_("Sign-in with OAuth 2"), (
            "oauth_provider", "oauth_client_id", "oauth_client_secret", "oauth_authorize_url", "oauth_token_url", "oauth_scope",
        )),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, cases in WHEN.items():
            self.fields[name].when = cases  # type: ignore[attr-defined]
        for name in ("host", "username", "folder"):  # shown where the source cannot do without them
            self.fields[name].need = ""  # type: ignore[attr-defined]

    class Meta:
        model = Mailbox
        fields = (
            "name", "address", "organisation", "team", "language", "is_active", "ticket_type", "unknown", "authserv_id",
            "source", "host", "port", "security", "folder", "after_fetch", "done_folder", "sign_in", "username",
            "smtp_host", "smtp_port", "smtp_security", "smtp_username", "signature_fr", "signature_en",
            "oauth_provider", "oauth_client_id", "oauth_authorize_url", "oauth_token_url", "oauth_scope",
        )  # fmt: skip
        widgets = {
            "signature_fr": forms.Textarea({"rows": 3}),
            "signature_en": forms.Textarea({"rows": 3}),
        }
        help_texts = {
            "organisation": _("Empty: for every client."),
            "authserv_id": _(
                "Usually its host name. Verdicts of any other server are not believed. "
                "Empty: senders are not verified, and anybody can write under a known address."
            ),
            "folder": _("“INBOX”, or the name of a folder under VIGIE_MAIL_FOLDERS."),
            "done_folder": _("Where mails are moved once they are stored."),
            "security": _("TLS usually goes with port 993, STARTTLS with 143."),
            "smtp_host": _("Empty: answers go out by the general server of this installation."),
        }


class DomainForm(RecordForm):
    class Meta:
        model = ClientDomain
        fields = ("organisation", "domain")
        labels = {"organisation": _("Client")}


class KnownSenderForm(forms.Form):
    """The sender is somebody known: an affiliation says who, and for which client."""

    affiliation = forms.IntegerField(label=_("Contact"))
    remember_domain = forms.BooleanField(required=False)


class NewSenderForm(forms.Form):
    """The sender becomes a contact of a client."""

    name = forms.CharField(label=_("Name"), max_length=150)
    email = forms.EmailField(label=_("E-mail"))
    organisation = forms.TypedChoiceField(label=_("Client"), coerce=int)
    remember_domain = forms.BooleanField(required=False)

    def __init__(self, *args: Any, clients: Iterable[tuple[Any, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisation"].choices = [("", "—"), *clients]  # type: ignore[attr-defined]


class AsideForm(forms.Form):
    reason = forms.CharField(label=_("Why"), max_length=500)
