"""Tests run with `make test` (ARGS=… are pytest's own arguments)."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from tests.world import World

# A property is about what is true, never about how fast a busy machine thinks of examples.
settings.register_profile("vigie", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("vigie")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long begins first, so that short tests fill the end of the run."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_configure(config: pytest.Config) -> None:
    if not config.pluginmanager.has_plugin("vigie.runtime.testing"):
        raise pytest.UsageError("Run `make test`, or `python -m pytest -p vigie.runtime.testing`.")


@pytest.fixture
def embedded_url() -> str:
    """Address of the server the tests run on, for a test that opens a connection of its own."""
    return os.environ["DATABASE_URL"]


@pytest.fixture
def shared_data() -> Callable[[str], Path]:
    """A file of real data beside the project; the test is skipped, saying so, where it is absent."""

    def find(name: str) -> Path:
        path = Path(__file__).resolve().parent.parent / "shared" / "data" / name
        if not path.exists():
            pytest.skip(f"real data is not here: shared/data/{name}")
        return path

    return find


@pytest.fixture
def world(db: None) -> "World":
    """One provider, three clients, their people and contracts (see ``tests/world.py``)."""
    from tests.world import build_world

    return build_world()


@pytest.fixture(scope="session", autouse=True)
def static_files_as_for_real() -> None:
    """The live server answers for static files itself and knows their plain addresses alone: leave them to ours."""
    from django.contrib.staticfiles.handlers import StaticFilesHandler

    StaticFilesHandler._should_handle = lambda self, path: False  # type: ignore[method-assign]
