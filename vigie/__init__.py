"""Vigie: an open service-management platform for providers and their clients."""

__version__ = "0.1.0"
