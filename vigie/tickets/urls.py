"""Addresses of this area."""

from __future__ import annotations

from django.urls import URLPattern, path

from vigie.tickets.views import (
    bulk,
    classifying,
    drafts,
    files,
    new,
    presence,
    priority_policy,
    queue,
    saved,
    saying,
    steps,
    ticket,
)

urlpatterns: list[URLPattern] = [
    path("tickets/", queue.queue, name="queue"),
    path("tickets/pulse/", queue.pulse, name="queue_pulse"),
    path("tickets/filters/", queue.filter_form, name="queue_filters"),
    path("tickets/columns/", queue.columns, name="queue_columns"),
    path("tickets/bulk/", bulk.bulk_act, name="queue_bulk"),
    path("tickets/views/", saved.saved, name="queue_views"),
    path("tickets/views/new/", saved.new, name="queue_view_new"),
    path("tickets/views/order/", saved.order, name="queue_view_order"),
    path("tickets/views/<int:view_id>/", saved.update, name="queue_view_update"),
    path("tickets/views/<int:view_id>/delete/", saved.delete, name="queue_view_delete"),
    path("tickets/new/", new.ticket_new, name="ticket_new"),
    path("tickets/new/promise/", new.new_promise, name="ticket_new_promise"),
    path("tickets/new/fields/", new.new_fields, name="ticket_new_fields"),
    path("tickets/new/draft/", drafts.keep_new, name="ticket_new_draft"),
    path("tickets/new/contacts/<int:organisation_id>/", new.new_contacts, name="ticket_new_contacts"),
    path("tickets/facts/", ticket.show_facts, name="ticket_facts"),
    path("tickets/<int:ticket_id>/", ticket.ticket, name="ticket"),
    path("tickets/<int:ticket_id>/head/", ticket.ticket_part, {"part": "head"}, name="ticket_head"),
    path("tickets/<int:ticket_id>/cards/", ticket.ticket_part, {"part": "cards"}, name="ticket_cards"),
    path("tickets/<int:ticket_id>/news/", ticket.ticket_news, name="ticket_news"),
    path("tickets/<int:ticket_id>/mails/", ticket.ticket_mails, name="ticket_mails"),
    path("tickets/<int:ticket_id>/clocks/", ticket.ticket_clocks, name="ticket_clocks"),
    path("tickets/<int:ticket_id>/history/", ticket.ticket_history, name="ticket_history"),
    path("tickets/<int:ticket_id>/say/", saying.ticket_say, name="ticket_say"),
    path("tickets/<int:ticket_id>/draft/", drafts.keep_message, name="ticket_draft"),
    path("tickets/<int:ticket_id>/presence/", presence.ticket_presence, name="ticket_presence"),
    path("tickets/<int:ticket_id>/step/<slug:verb>/", steps.ticket_step, name="ticket_step"),
    path("tickets/<int:ticket_id>/assign/", steps.ticket_assign, name="ticket_assign"),
    path("tickets/<int:ticket_id>/priority/", steps.ticket_priority, name="ticket_priority"),
    path("tickets/<int:ticket_id>/type/", classifying.ticket_type, name="ticket_type"),
    path("tickets/<int:ticket_id>/classify/", classifying.ticket_classify, name="ticket_classify"),
    path("tickets/<int:ticket_id>/subject/", classifying.ticket_title, name="ticket_title"),
    path("tickets/<int:ticket_id>/link/", steps.ticket_link, name="ticket_link"),
    path("tickets/<int:ticket_id>/orphan/", steps.ticket_orphan, name="ticket_orphan"),
    path("tickets/<int:ticket_id>/approvers/", steps.ticket_approvers, name="ticket_approvers"),
    path("tickets/<int:ticket_id>/watch/", steps.ticket_watch, name="ticket_watch"),
    path("tickets/<int:ticket_id>/people/", steps.ticket_people, name="ticket_people"),
    path(
        "clients/<int:organisation_id>/priorities/", priority_policy.priority_policy, name="priority_policy"
    ),
    path("files/upload/", files.file_upload, name="file_upload"),
    path("files/<str:token>", files.file, name="file"),
    path("tickets/<int:ticket_id>/preview/", queue.preview, name="queue_preview"),
]
