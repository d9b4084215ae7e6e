"""The move of dated commitments onto versions, there and back, on rows as they were."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

D = dt.date
BEFORE, AFTER = ("contracts", "0004_closed_days_feed"), ("contracts", "0005_versions")


def migrate(target: tuple[str, str]) -> Any:
    executor = MigrationExecutor(connection)
    executor.migrate([target])
    return MigrationExecutor(connection).loader.project_state([target]).apps


@pytest.mark.django_db(transaction=True)
def test_dated_rows_become_versions_and_dated_rows_again() -> None:
    old = migrate(BEFORE)
    get = old.get_model
    client = get("tenancy", "Organisation").objects.create(
        code="OLD", name="Old", created_at="2025-01-01T00:00Z"
    )
    calendar = get("contracts", "Calendar").objects.create(code="old", name_fr="x", name_en="x")
    contract = get("contracts", "Contract").objects.create(
        organisation=client,
        reference="OLD",
        name_fr="x",
        name_en="x",
        status="active",
        starts_on=D(2025, 1, 1),
    )
    rows = get("contracts", "Commitment").objects
    common = {
        "organisation_id": client.pk,
        "contract_id": contract.pk,
        "kind": "resolution",
        "calendar_id": calendar.pk,
    }
    kept = rows.create(**common, priority=1, target_seconds=1, valid_from=D(2024, 1, 1))
    first = rows.create(
        **common, priority=2, target_seconds=2, valid_from=D(2025, 1, 1), valid_until=D(2025, 6, 1)
    )
    rows.create(**common, priority=2, target_seconds=3, valid_from=D(2025, 6, 1), on_reopen="restart")
    rows.create(**common, priority=3, target_seconds=4, valid_from=D(2025, 3, 1), valid_until=D(2025, 3, 1))
    try:
        new = migrate(AFTER)
        found = new.get_model("contracts", "ContractVersion").objects.order_by("number")
        assert [(v.number, v.state, v.effective_on) for v in found] == [
            (1, "in_force", D(2025, 1, 1)), (2, "in_force", D(2025, 6, 1))
        ]  # fmt: skip
        told = new.get_model("contracts", "Commitment").objects.order_by("version__number", "line")
        assert [(c.version.number, c.line, c.target_seconds, c.on_reopen) for c in told] == [
            (1, 1, 1, ""), (1, 2, 2, ""), (2, 1, 1, ""), (2, 2, 3, "restart")
        ]  # fmt: skip
        assert {c.pk for c in told if c.version.number == 1} == {kept.pk, first.pk}
        back = migrate(BEFORE).get_model("contracts", "Commitment").objects.order_by("valid_from", "priority")
        assert [(c.priority, c.target_seconds, c.valid_from, c.valid_until, c.on_reopen) for c in back] == [
            (1, 1, D(2025, 1, 1), D(2025, 6, 1), "resume"), (2, 2, D(2025, 1, 1), D(2025, 6, 1), "resume"),
            (1, 1, D(2025, 6, 1), None, "resume"), (2, 3, D(2025, 6, 1), None, "restart"),
        ]  # fmt: skip
    finally:
        with connection.cursor() as cursor:
            for table in (
                "contracts_commitment",
                "contracts_contract",
                "contracts_calendar",
                "tenancy_organisation",
            ):
                cursor.execute(f"truncate {table} cascade")
        executor = MigrationExecutor(connection)
        executor.migrate(executor.loader.graph.leaf_nodes())
