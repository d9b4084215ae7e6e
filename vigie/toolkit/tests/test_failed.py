"""The page of an error says whether trying again helps."""

from __future__ import annotations

import pytest
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.models import Session
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


@pytest.mark.django_db
def test_a_session_that_cannot_be_saved_tells_why(monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that went away may be tried again (503); a session that was ended elsewhere may not."""
    session = sessions.SessionStore()
    session["place"] = "queue"
    session.create()

    def gone(*_: object, **__: object) -> None:
        raise OperationalError("gone")

    with monkeypatch.context() as broken:
        broken.setattr(Session, "save", gone)
        with pytest.raises(OperationalError):
            session.save()
    Session.objects.all().delete()
    with pytest.raises(UpdateError):
        session.save()


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["fr", "en"])
def test_what_cannot_be_read_gets_a_page_and_a_code(language: str) -> None:
    answer = Client().get("/portal/", headers={"Host": "nobody.example", "Accept-Language": language})
    assert answer.status_code == 400
    assert "access.malformed" in answer.content.decode()
    said = Client().get("/portal/", headers={"Host": "nobody.example", "Accept": "application/json"})
    assert said.json()["code"] == "access.malformed"
