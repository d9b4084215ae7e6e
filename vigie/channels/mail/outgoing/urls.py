"""Addresses of outgoing mail."""

from __future__ import annotations

from django.urls import URLPattern, path

from vigie.channels.mail.outgoing import views

urlpatterns: list[URLPattern] = [
    path("administration/outgoing-mail/", views.outgoing_mail, name="outgoing_mail"),
    path("administration/outgoing-mail/again/", views.outgoing_retry, name="outgoing_retry"),
    path("administration/outgoing-mail/test/", views.outgoing_test, name="outgoing_test"),
    path("people/<int:person_id>/address/", views.address_use_again, name="address_use_again"),
]
