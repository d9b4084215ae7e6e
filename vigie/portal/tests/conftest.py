"""The portal as its people: a signed-in client for each of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from vigie.accounts.models import Person

As = Callable[[Person], Client]


@pytest.fixture(autouse=True)
def _addresses(settings: Any, tmp_path: Any) -> None:
    settings.ROOT_URLCONF = "vigie.portal.tests.addresses"
    settings.FILES = tmp_path


@pytest.fixture
def as_person() -> As:
    def sign_in(person: Person) -> Client:
        client = Client()
        client.force_login(person)
        return client

    return sign_in
