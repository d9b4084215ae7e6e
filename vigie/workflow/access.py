"""Workflow definitions are the provider's; every type's states are readable by all."""

from __future__ import annotations

from vigie.tenancy.walls import Shared, TableClass

GRANTS = ("workflow:view", "workflow:manage")

TABLES: dict[str, TableClass] = {
    "workflow_workflowversion": Shared("the states of a ticket are shown to its requester"),
}
