"""Agent pages of contracts and calendars."""
