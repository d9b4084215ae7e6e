"""Which promises of a contract are measured here, for the coverage of the contract."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from django.db.models import Q
from django.utils.translation import gettext as _

from vigie.compliance import access
from vigie.contracts.models import Contract
from vigie.contracts.questions import Measured
from vigie.kernel.actor import Actor
from vigie.toolkit.jinja import url


def rates_measured(actor: Actor, contract: Contract, on: dt.date) -> Iterator[Measured]:
    """The rates in force on a day: each measures the promises of its clock, type and priority."""
    rows = access.visible_commitments(actor).filter(contract=contract, valid_from__lte=on)
    for row in rows.filter(Q(valid_until=None) | Q(valid_until__gt=on)).order_by("priority", "pk"):
        rate = _("Rate of %(percent)s %%") % {"percent": f"{row.target.normalize():f}"}
        yield Measured(row.kind, rate, url("contract_month", contract.pk), row.ticket_type, row.priority)
