"""Tables of contracts."""

from vigie.contracts.models.calendars import Calendar, CalendarVersion
from vigie.contracts.models.contract import Commitment, Contract
from vigie.contracts.models.terms import StampedTerms

__all__ = ["Calendar", "CalendarVersion", "Commitment", "Contract", "StampedTerms"]
