"""Every address of the application, by feature."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

handler500 = "vigie.toolkit.pages.failed"

urlpatterns: list[URLPattern | URLResolver] = [
    path("account/", include("vigie.accounts.sign_in_urls")),
    path("", include("vigie.console.urls")),
    path("portal/", include("vigie.portal.urls")),
    path("", include("vigie.tickets.urls")),
    path("", include("vigie.accounts.urls")),
    path("", include("vigie.tenancy.urls")),
    path("", include("vigie.catalog.urls")),
    path("", include("vigie.contracts.urls")),
    path("", include("vigie.workflow.urls")),
    path("", include("vigie.channels.mail.outgoing.urls")),
    path("", include("vigie.operations.urls")),
    path("", include("vigie.channels.mail.urls")),
]
