"""Words of the mail channel: the sentences of its refusals."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from vigie.toolkit.refusals import register

register(
    {
        "vault.wrong_key": _(
            "This secret was closed with another key: set VIGIE_VAULT_KEY back to the key it was closed with, "
            "or enter the secret again."
        ),
    }
)
