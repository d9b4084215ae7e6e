"""Writes of compliance: terms, exclusions, statements."""
