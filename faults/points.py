"""The crash points of the source, and arming them."""

from __future__ import annotations

import ast
import time
from collections.abc import Callable
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "vigie"


def declared(package: Path = PACKAGE) -> list[str]:
    """The name of every ``crashpoint("…")`` call: a new one is tested without a line here."""
    names: set[str] = set()
    for path in package.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if "crashpoint(" in text:
            names.update(_called_with(ast.parse(text)))
    return sorted(names)


def _called_with(tree: ast.Module) -> list[str]:
    return [
        node.args[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "crashpoint"
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    ]


class Armed:
    """The folder in which a file of a point's name kills the process that comes by next."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def strike(self, name: str, *, patience: float, going_on: Callable[[], bool]) -> bool:
        """Arm the point and wait until somebody died there; False when nobody came by in ``patience`` seconds."""
        mark = self.folder / name
        mark.touch()
        ends = time.monotonic() + patience
        while time.monotonic() < ends and going_on():
            if not mark.exists():
                return True
            time.sleep(0.05)
        try:
            mark.unlink()
        except FileNotFoundError:
            return True
        return False
