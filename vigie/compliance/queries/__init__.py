"""Reads of compliance: figures of a month, the clocks behind them, statements, exclusions."""
