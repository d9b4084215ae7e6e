"""Tables of contracts."""

from vigie.contracts.models.calendars import Calendar, CalendarVersion, ClosedDaysFeed
from vigie.contracts.models.contract import Commitment, Contract
from vigie.contracts.models.requirement import Requirement, RequirementTrace
from vigie.contracts.models.support import Supplier, SupplierContact, SupplierContract, SupportCommitment
from vigie.contracts.models.terms import StampedTerms

__all__ = [
    "Calendar",
    "CalendarVersion",
    "ClosedDaysFeed",
    "Commitment",
    "Contract",
    "Requirement",
    "RequirementTrace",
    "StampedTerms",
    "Supplier",
    "SupplierContact",
    "SupplierContract",
    "SupportCommitment",
]
