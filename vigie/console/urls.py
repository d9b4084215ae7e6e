"""Addresses of this area."""

from __future__ import annotations

from django.urls import URLPattern, path

from vigie.console import board, clients, home, notices, palette, search

urlpatterns: list[URLPattern] = [
    path("", home.home, name="home"),
    path("search/", search.search, name="search"),
    path("palette/", palette.palette, name="palette"),
    path("palette/<int:ticket_id>/<slug:verb>/", palette.palette_act, name="palette_act"),
    path("board/", board.board, name="board"),
    path("clients/<int:organisation_id>/", clients.client, name="client"),
    path("notices/", notices.notices, name="notices"),
    path("notices/bell/", notices.notices_bell, name="notices_bell"),
]
