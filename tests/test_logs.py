"""No log line says anything of a person, and each is one JSON object: canaries go through a request, a job and a mail."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from asgiref.sync import sync_to_async
from django.db import IntegrityError, connection, connections
from django.test import Client
from procrastinate.contrib.django import app
from procrastinate.testing import InMemoryConnector

from tests.world import PASSWORD, START, World
from vigie.channels.mail.actions import fetching, intake, settle
from vigie.channels.mail.models import Mailbox
from vigie.operations.queries import figures
from vigie.toolkit import logs
from vigie.toolkit.models import JobFailure

ADDRESS = "canary.person@alpha.example"
SUBJECT = "Canary subject of a mail"
TOKEN = "canary-token-3f9a"
CANARIES = (ADDRESS, "canary.person", SUBJECT, TOKEN, PASSWORD, "Canary body", "canary-query", "Canary name")
TEXT = f'Key (email)=({ADDRESS}) {SUBJECT} {TOKEN}\r\n{{"forged": 1}}\nCanary body'

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """What was logged so far, every line read as JSON and searched for canaries."""
    config = logs.configuration(as_json=True)
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    config["formatters"]["line"].pop("()")
    handler.setFormatter(logs.structlog.stdlib.ProcessorFormatter(**config["formatters"]["line"]))
    root = logging.getLogger()
    root.addHandler(handler)

    def read() -> list[dict[str, Any]]:
        text = out.getvalue()
        assert [canary for canary in CANARIES if canary in text] == []
        found = [json.loads(line) for line in text.splitlines()]
        assert all(line.keys() >= {"time", "level", "logger", "event"} for line in found)
        return found

    yield read
    root.removeHandler(handler)


def of_requests(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [line for line in found if line["logger"] == "vigie.request"]


def test_a_request_is_one_line_with_its_id(lines: Lines, world: World, client: Client) -> None:
    client.force_login(world.agent)
    answer = client.get("/tickets/?q=canary-query")
    (line,) = of_requests(lines())
    assert answer["X-Request-Id"] == line["request"]
    assert (line["route"], line["method"], line["status"]) == ("queue", "GET", 200)
    assert line["actor"] == world.agent.pk
    assert line["ms"] > 0


def test_what_is_typed_is_not_logged(lines: Lines, world: World, client: Client) -> None:
    client.post("/account/login/?next=canary-query", {"login": f"{ADDRESS}\r\nforged", "password": PASSWORD})
    client.get(f"/account/password/reset/key/1-{TOKEN}/")
    client.get("/account/login/", headers={"User-Agent": f"{ADDRESS}\r\n{{}}", "Host": f"{TOKEN}\r\nx"})
    client.get(f"/unknown/{TOKEN}/%0d%0a{ADDRESS}")
    client.generic("GET\r\nforged", "/account/login/")
    assert len(of_requests(lines())) >= 3


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("given", "address", "kept"),
    [
        ("0123456789abcdef", "127.0.0.1", True),
        ("0123456789abcdef", "203.0.113.9", False),
        ("short", "127.0.0.1", False),
        ("x" * 65, "127.0.0.1", False),
        (f"{ADDRESS}", "127.0.0.1", False),
        ("01234567\r\nforged: 1", "127.0.0.1", False),
        ("", "127.0.0.1", False),
    ],
)
def test_an_id_is_believed_from_a_proxy_only(client: Client, given: str, address: str, kept: bool) -> None:
    answer = client.get("/account/login/", headers={"X-Request-Id": given}, REMOTE_ADDR=address)
    assert (answer["X-Request-Id"] == given) is kept
    assert len(answer["X-Request-Id"]) >= 16


@pytest.mark.django_db
@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_an_error_of_ours_gives_the_reader_the_id_of_the_line(lines: Lines, accept: str) -> None:
    browser = Client(raise_request_exception=False)
    error = IntegrityError(TEXT)
    error.__cause__ = KeyError(ADDRESS)
    with patch.object(figures, "vitals", side_effect=RuntimeError(TEXT)) as broken:
        broken.side_effect.__cause__ = error
        answer = browser.get("/health/ready?canary-query", headers={"Accept": accept})
    assert answer.status_code == 500
    found = lines()
    (line,) = [one for one in found if "error" in one]
    assert line["request"] == answer["X-Request-Id"] == of_requests(found)[0]["request"]
    assert line["error"] == "RuntimeError"
    assert line["causes"] == ["django.db.utils.IntegrityError", "KeyError"]
    assert any("probes.py" in step for step in line["way"])
    body = answer.content.decode()
    assert line["request"] in body
    assert not [word for word in (*CANARIES, "Traceback", "RuntimeError", "probes.py") if word in body]


def _new_connection() -> None:
    """The thread that jobs run in outlives tests: what one of them left open there must not hold this one's row."""
    connections.close_all()
    with suppress(AttributeError):  # the thread has none yet
        del connections["default"]


@pytest.mark.django_db(transaction=True)
def test_a_failing_job_tells_its_number_and_its_name(lines: Lines) -> None:
    def fail(email: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute("select %s::int", [TEXT])

    asyncio.run(sync_to_async(_new_connection)())
    with (
        app.replace_connector(InMemoryConnector()) as own,
        patch("vigie.accounts.mails.send_password_link", fail),
        patch.object(
            app.periodic_registry, "periodic_tasks", {}
        ),  # a purge that is due would take the failure away
    ):
        own.configure_task("accounts.send_password_link").defer(email=ADDRESS)
        own.run_worker(wait=False, install_signal_handlers=False)
    own_lines = [one for one in lines() if one["logger"] == "vigie.job"]
    (line,) = [
        one for one in own_lines if one["job_name"] == "accounts.send_password_link"
    ]  # others are periodic
    assert (line["job"], line["job_name"], line["attempt"]) == (1, "accounts.send_password_link", 1)
    assert line["error"] == "django.db.utils.DataError"
    kept = JobFailure.objects.get(job_id=1)
    assert kept.error == "django.db.utils.DataError"
    assert kept.place.startswith("accounts/tasks.py:")


def test_a_job_given_up_is_no_place_for_its_arguments(lines: Lines) -> None:
    text = f"Job accounts.send_password_link[3](email='{ADDRESS}') ended with status: Error"
    try:
        raise ValueError(TEXT)
    except ValueError:
        logging.getLogger("procrastinate.worker.worker").error(text, exc_info=True, stack_info=True)
    assert lines()[0]["error"] == "ValueError"


@pytest.mark.django_db
def test_a_mail_that_is_refused_stays_out_of_the_log(
    lines: Lines, world: World, settings: Any, tmp_path: Path
) -> None:
    settings.MAIL_FOLDERS = tmp_path
    box = Mailbox.objects.create(
        name="Support",
        address="support@nord.example",
        source="folder",
        folder="in",
        unknown="refuse",
        created_at=START,
    )
    mail = EmailMessage()
    mail["From"], mail["Subject"], mail["To"] = f"Canary name <{ADDRESS}>", SUBJECT, box.address
    mail.set_content("Canary body")
    stored = intake.store(box, mail.as_bytes(), now=START)
    settle.settle(stored.mail_id, now=START)
    with patch("vigie.channels.mail.actions.fetching.folder.fetch_round", side_effect=RuntimeError(TEXT)):
        fetching.fetch(box.pk, now=START)
    assert [one["error"] for one in lines() if one["logger"] == "vigie.mail"] == ["RuntimeError"]


def test_an_error_that_nobody_caught_is_a_line_too() -> None:
    code = f"""
from vigie.toolkit import logs
import logging.config, threading, warnings
logging.config.dictConfig(logs.configuration(as_json=logs.wants_json()))
logs.catch_the_rest()
warnings.warn({TEXT!r})
def fail():
    raise ValueError({TEXT!r})
thread = threading.Thread(target=fail); thread.start(); thread.join()
fail()
"""
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={"PYTHONPATH": "."}, check=False
    )
    assert ran.returncode == 1, ran.stderr
    assert ADDRESS not in ran.stderr, ran.stderr
    kinds = [json.loads(line)["logger"] for line in ran.stderr.splitlines()]
    assert kinds == ["py.warnings", "vigie.process", "vigie.process"]


@pytest.mark.parametrize(
    ("said", "terminal", "expected"),
    [("", True, False), ("", False, True), ("json", True, True), ("plain", False, False), ("?", True, False)],
)
def test_json_unless_somebody_looks_on(monkeypatch: Any, said: str, terminal: bool, expected: bool) -> None:
    monkeypatch.setenv("VIGIE_LOG", said)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    assert logs.wants_json() is expected
