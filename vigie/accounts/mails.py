"""Mails about one's own account, in the reader's language."""

from __future__ import annotations

from allauth.account import app_settings
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext

from vigie.accounts.models import Person


def send_password_link(email: str) -> None:
    """The link by which an active person chooses its password. Nothing leaves for anybody else."""
    person = Person.objects.filter(email__iexact=email.strip(), is_active=True).first()
    if person is None or not person.email:
        return
    token = app_settings.PASSWORD_RESET_TOKEN_GENERATOR().make_token(person)
    path = reverse(
        "account_reset_password_from_key", kwargs={"uidb36": user_pk_to_url_str(person), "key": token}
    )
    with translation.override(person.language):
        text = render_to_string(
            "accounts/mail/password_link.txt",
            {"person": person, "link": settings.VIGIE_URL.rstrip("/") + path, "site": settings.VIGIE_URL},
        )
        send_mail(gettext("Choose your password for Vigie"), text, None, [person.email])
