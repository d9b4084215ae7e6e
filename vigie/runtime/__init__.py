"""Processes of Vigie: command line, embedded database, web entry, live updates."""
