"""The page of an error says whether trying again helps."""

from __future__ import annotations

import pytest
from django.db import OperationalError
from django.test import Client

from vigie.toolkit import sessions


@pytest.mark.django_db
@pytest.mark.parametrize(("error", "status"), [(OperationalError("gone"), 503), (ZeroDivisionError(), 500)])
def test_a_database_that_is_away_answers_503(
    monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    def load(self: object) -> None:
        raise error

    monkeypatch.setattr(sessions.SessionStore, "load", load)
    browser = Client(raise_request_exception=False)
    browser.cookies["vigie"] = "a" * 32
    answer = browser.get("/portal/")
    assert (answer.status_code, answer.headers.get("Retry-After")) == (status, "5" if status == 503 else None)
    assert "<code>" in answer.content.decode(), "the id under which the log tells more"
