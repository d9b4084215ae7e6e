"""Tables of contracts."""

from vigie.contracts.models.calendars import Calendar, CalendarVersion, ClosedDaysFeed
from vigie.contracts.models.contract import Commitment, Contract, ContractVersion, Covered
from vigie.contracts.models.parties import (
    ContractFile,
    Deadline,
    Lot,
    PriceLine,
    Signatory,
    Suspension,
)
from vigie.contracts.models.requirement import Requirement, RequirementTrace
from vigie.contracts.models.support import Supplier, SupplierContact, SupplierContract, SupportCommitment
from vigie.contracts.models.terms import StampedTerms

__all__ = [
    "Calendar",
    "CalendarVersion",
    "ClosedDaysFeed",
    "Commitment",
    "Contract",
    "ContractFile",
    "ContractVersion",
    "Covered",
    "Deadline",
    "Lot",
    "PriceLine",
    "Requirement",
    "RequirementTrace",
    "Signatory",
    "StampedTerms",
    "Supplier",
    "SupplierContact",
    "SupplierContract",
    "SupportCommitment",
    "Suspension",
]
