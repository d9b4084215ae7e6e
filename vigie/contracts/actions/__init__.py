"""Writes of contracts."""

from vigie.contracts.actions.stamping import stamp, stamp_many

__all__ = ["stamp", "stamp_many"]
