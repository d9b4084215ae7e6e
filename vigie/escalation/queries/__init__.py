"""Reads of escalation."""
