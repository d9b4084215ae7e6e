"""Writes of rotas: shifts, absences, on-call, hand-overs, addresses of calendars."""
