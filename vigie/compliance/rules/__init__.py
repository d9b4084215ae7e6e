"""Pure decisions of compliance."""

from vigie.compliance.rules.rates import (
    Count,
    FormulaCode,
    Judged,
    Promise,
    by_priority,
    contract_year,
    cost,
    covered,
    earned,
    formula_of,
    judged,
    later,
    measure_of,
    month_of,
    span_of,
    together,
)

__all__ = [
    "Count",
    "FormulaCode",
    "Judged",
    "Promise",
    "by_priority",
    "contract_year",
    "cost",
    "covered",
    "earned",
    "formula_of",
    "judged",
    "later",
    "measure_of",
    "month_of",
    "span_of",
    "together",
]
