"""The portal as its people: a signed-in client for each of them, who reads English."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from vigie.accounts.models import Person

As = Callable[[Person], Client]


@pytest.fixture(autouse=True)
def _files(settings: Any, tmp_path: Path) -> None:
    settings.FILES = tmp_path


@pytest.fixture
def as_person(db: None) -> As:
    def sign_in(person: Person) -> Client:
        Person.objects.filter(pk=person.pk).update(language="en")
        client = Client()
        client.force_login(person)
        return client

    return sign_in
