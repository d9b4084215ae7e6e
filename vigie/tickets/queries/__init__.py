"""Reads of tickets, actor first."""
