"""Which promises of a contract are measured here, for the coverage of the contract."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from django.db.models import Q
from django.utils.translation import gettext as _

from vigie.compliance import access, labels
from vigie.compliance.queries.measured import is_measure
from vigie.contracts.models import Contract
from vigie.contracts.questions import Measured
from vigie.kernel.actor import Actor
from vigie.toolkit.jinja import number, url


def rates_measured(actor: Actor, contract: Contract, on: dt.date) -> Iterator[Measured]:
    """What is promised month by month on a day: rates of clocks by type and priority, measures by service."""
    rows = access.visible_commitments(actor).filter(contract=contract, valid_from__lte=on)
    for row in (
        rows.filter(Q(valid_until=None) | Q(valid_until__gt=on))
        .select_related("service")
        .order_by("priority", "pk")
    ):
        if is_measure(row):
            words = f"{labels.scope_words(row)}, {labels.target_words(row)}"
            href = url("measure_month", contract.pk, row.pk)
        else:
            words = _("Rate of %(percent)s%%") % {"percent": number(float(row.target))}
            href = url("contract_month", contract.pk)
        yield Measured(row.kind, words, href, row.ticket_type, row.priority, row.service_id)
