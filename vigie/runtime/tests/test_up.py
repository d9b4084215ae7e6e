"""`vigie up` goes on whatever keeps its database down."""

from __future__ import annotations

import pytest

from vigie.runtime import up
from vigie.runtime.embedded import EmbeddedServer
from vigie.runtime.trouble import Trouble


class FullDisk(EmbeddedServer):
    """Refuses to start twice, then has room."""

    def __init__(self) -> None:
        self.refusals = 2

    def revive(self) -> bool:
        if self.refusals:
            self.refusals -= 1
            raise Trouble("No space left.")
        return True


def test_a_database_that_cannot_start_is_tried_again_and_said_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    server, is_down, seen = FullDisk(), False, []
    for _ in range(3):
        is_down = up._revive(server, is_down)
        seen.append(is_down)
    assert seen == [True, True, False]
    assert capsys.readouterr().err.splitlines() == [
        "No space left.", "The embedded database had ended: it was started again.",
    ]  # fmt: skip
