"""Every address of the application, by feature."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from vigie.config.late import sent_form

handler400 = "vigie.toolkit.pages.malformed"
handler404 = "vigie.toolkit.pages.missing"
handler500 = "vigie.toolkit.pages.failed"

urlpatterns: list[URLPattern | URLResolver] = [
    path("account/", include("vigie.accounts.sign_in_urls")),
    path("sent/", sent_form, name="sent_form"),
    path("", include("vigie.console.urls")),
    path("portal/", include("vigie.portal.urls")),
    path("", include("vigie.tickets.urls")),
    path("", include("vigie.accounts.urls")),
    path("", include("vigie.tenancy.urls")),
    path("", include("vigie.catalog.urls")),
    path("", include("vigie.contracts.urls")),
    path("", include("vigie.rota.urls")),
    path("", include("vigie.compliance.urls")),
    path("", include("vigie.replay.urls")),
    path("", include("vigie.escalation.urls")),
    path("", include("vigie.workflow.urls")),
    path("", include("vigie.channels.mail.outgoing.urls")),
    path("", include("vigie.operations.urls")),
    path("", include("vigie.channels.mail.urls")),
]
