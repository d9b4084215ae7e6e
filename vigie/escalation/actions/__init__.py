"""Writes of escalation."""
