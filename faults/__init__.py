"""The fault harness: real processes, real servers, a ledger outside Vigie, and everything that can break broken.

``python -m faults`` (``make faults``) runs it for at most a quarter of an hour, ``--short`` for a minute. What is promised
and counted: docs/mail.md, "Nothing is lost".
"""
