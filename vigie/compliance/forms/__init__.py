"""Shapes of what is typed about compliance."""
