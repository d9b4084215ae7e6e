"""The page of a contract on the demonstration: ``python -m bench.contract``, after ``make run`` once and Vigie stopped."""

from __future__ import annotations

import logging
import statistics
import time
from typing import Any

from vigie.runtime import environment

REQUESTS = 50


def main() -> None:
    with environment.database():
        import django

        django.setup()
        logging.disable()
        for line in _measured():
            print(line, flush=True)


def _note(asked: list[str]) -> Any:
    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        asked.append(sql)
        return execute(sql, params, many, context)

    return note


def _measured() -> Any:
    from django.db import connection
    from django.test import Client

    from bench.inside import sign_in
    from vigie.accounts.models import RoleGiven
    from vigie.contracts.models import Contract

    given = RoleGiven.objects.filter(role__grants__contains=["compliance:propose"])
    reader = given.order_by("agent_id").values_list("agent_id", flat=True).first()
    if reader is None:
        raise SystemExit("There is no demonstration here: make run once, then stop it.")
    browser = Client(headers={"host": "127.0.0.1"})
    browser.cookies.load(sign_in([reader])[0])
    for row in Contract.objects.order_by("pk"):
        address = f"/contracts/{row.pk}/"
        if any(browser.get(address).status_code != 200 for _ in range(3)):
            continue
        asked: list[str] = []
        with connection.execute_wrapper(_note(asked)):
            browser.get(address)
        times = []
        for _ in range(REQUESTS):
            began = time.process_time()
            browser.get(address)
            times.append(1000 * (time.process_time() - began))
        cpu = statistics.median(times)
        yield f"{row.reference}: {cpu:.1f} ms CPU (least {min(times):.1f}), {len(asked)} statements"


if __name__ == "__main__":
    main()
