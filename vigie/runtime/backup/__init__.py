"""Backup and restore: database, files and secret key together, closed with a key that the operator holds.

The server knows the public half alone (VIGIE_BACKUP_RECIPIENT): who takes the machine cannot open its backups. Files are written once
under their hash and never change, so a copy made after the dump holds every file that a row of the dump names.
"""
