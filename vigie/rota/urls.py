"""Addresses of this area."""

from __future__ import annotations

from django.urls import URLPattern, path

from vigie.rota.views import handover, mine, on_call, shifts, teams

urlpatterns: list[URLPattern] = [
    path("rota/", teams.now_open, name="rota"),
    path("rota/gaps/", teams.gaps, name="rota_gaps"),
    path("rota/load/", teams.load, name="rota_load"),
    path("rota/mine/", mine.mine, name="rota_mine"),
    path("rota/mine/address/", mine.address, name="rota_address"),
    path("rota/feed/<str:token>.ics", mine.feed, name="rota_feed"),
    path("rota/absences/new/", mine.absence_new, name="rota_absence_new"),
    path("rota/absences/<int:absence_id>/withdraw/", mine.absence_withdraw, name="rota_absence_withdraw"),
    path("rota/teams/<int:team_id>/", teams.week, name="rota_week"),
    path("rota/teams/<int:team_id>/hub/", shifts.hub, name="rota_hub"),
    path("rota/teams/<int:team_id>/shifts/", shifts.shifts, name="rota_shifts"),
    path("rota/teams/<int:team_id>/shifts/new/", shifts.pattern, name="rota_pattern_new"),
    path("rota/teams/<int:team_id>/shifts/<int:pattern_id>/", shifts.pattern, name="rota_pattern"),
    path("rota/shifts/<int:pattern_id>/people/new/", shifts.place_new, name="rota_place_new"),
    path("rota/shifts/<int:pattern_id>/days/new/", shifts.day_new, name="rota_day_new"),
    path("rota/places/<int:place_id>/end/", shifts.place_end, name="rota_place_end"),
    path("rota/teams/<int:team_id>/on-call/", on_call.calendar, name="rota_on_call"),
    path("rota/teams/<int:team_id>/rotations/new/", on_call.rotation_new, name="rota_rotation_new"),
    path("rota/rotations/<int:rotation_id>/end/", on_call.rotation_end, name="rota_rotation_end"),
    path("rota/teams/<int:team_id>/overrides/new/", on_call.override_new, name="rota_override_new"),
    path(
        "rota/overrides/<int:override_id>/withdraw/", on_call.override_withdraw, name="rota_override_withdraw"
    ),
    path("rota/teams/<int:team_id>/swaps/new/", on_call.swap_new, name="rota_swap_new"),
    path("rota/swaps/<int:swap_id>/answer/", on_call.swap_answer, name="rota_swap_answer"),
    path("rota/teams/<int:team_id>/call-outs/new/", on_call.call_out_new, name="rota_call_out_new"),
    path("rota/teams/<int:team_id>/hand-over/", handover.hand_over, name="rota_hand_over"),
    path("rota/notes/", handover.notes, name="rota_notes"),
    path("rota/notes/<int:note_id>/", handover.note, name="rota_note"),
]
