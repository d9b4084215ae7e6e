"""Addresses of this area."""

from __future__ import annotations

from django.urls import URLPattern, path

from vigie.channels.mail.views import mailboxes, mails

urlpatterns: list[URLPattern] = [
    path("mailboxes/", mailboxes.mailboxes, name="mailboxes"),
    path("mailboxes/new/", mailboxes.mailbox_form, name="mailbox_new"),
    path("mailboxes/domains/", mailboxes.domains, name="client_domains"),
    path("mailboxes/domains/<int:domain_id>/remove/", mailboxes.domain_remove, name="client_domain_remove"),
    path("mailboxes/oauth/return/", mailboxes.oauth_return, name="mailbox_oauth_return"),
    path("mailboxes/<int:mailbox_id>/", mailboxes.mailbox_form, name="mailbox"),
    path("mailboxes/<int:mailbox_id>/test/", mailboxes.mailbox_test, name="mailbox_test"),
    path("mailboxes/<int:mailbox_id>/connect/", mailboxes.mailbox_connect, name="mailbox_connect"),
    path("mails/", mails.mails, name="inbound_mails"),
    path("mails/again/", mails.replay_all, name="inbound_replay_all"),
    path("mails/contacts/", mails.contacts, name="inbound_contacts"),
    path("mails/<int:mail_id>/", mails.mail, name="inbound_mail"),
    path("mails/<int:mail_id>/raw/", mails.raw, name="inbound_raw"),
    path("mails/<int:mail_id>/again/", mails.replay, name="inbound_replay"),
    path("mails/<int:mail_id>/known/", mails.known, name="inbound_known"),
    path("mails/<int:mail_id>/new/", mails.new, name="inbound_new"),
    path("mails/<int:mail_id>/aside/", mails.aside, name="inbound_aside"),
]
