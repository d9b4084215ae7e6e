"""Reads of a replay."""
