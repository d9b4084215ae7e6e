"""Tables of compliance."""

from vigie.compliance.models.balances import FinalBalance
from vigie.compliance.models.credits import CreditAnswer, CreditRequest
from vigie.compliance.models.exclusions import Exclusion
from vigie.compliance.models.rates import PenaltyTerms, RateCommitment
from vigie.compliance.models.records import Delivery, Maintenance, Outage, Reading
from vigie.compliance.models.statements import (
    Statement,
    StatementClock,
    StatementCorrection,
    StatementLine,
    StatementRecord,
)

__all__ = [
    "CreditAnswer",
    "CreditRequest",
    "Delivery",
    "Exclusion",
    "FinalBalance",
    "Maintenance",
    "Outage",
    "PenaltyTerms",
    "RateCommitment",
    "Reading",
    "Statement",
    "StatementClock",
    "StatementCorrection",
    "StatementLine",
    "StatementRecord",
]
