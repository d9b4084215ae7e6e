"""Templates compiled once for each language, so that what never changes in it is worked out then and not at every page.

``{{ _("Search") }}``, ``{{ static("…") }}`` and ``{{ url("home") }}`` depend on nothing but the language: they become text
of the compiled template. The small marks of the kit (icons, badges, states…) are remembered by their arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from functools import lru_cache
from typing import Any

from django.utils.translation import get_language
from jinja2 import Environment, Template, nodes
from jinja2.utils import LRUCache
from jinja2.visitor import NodeTransformer

Constant = Callable[..., Any]
# Macros that draw from their arguments alone. One that reads the present or takes a mapping has no place here.
PURE_MACROS: Mapping[str, tuple[str, ...]] = {
    "kit/ui.html": (
        "icon",
        "badge",
        "state",
        "priority",
        "type_mark",
        "avatar",
        "person",
        "key",
        "chip",
        "chip_set",
    ),
}


class ByLanguage(LRUCache):
    """Jinja's own cache of compiled templates, where each language has its own."""

    def _key(self, key: Any) -> Any:
        return get_language() or "fr", key

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(self._key(key), default)

    def __getitem__(self, key: Any) -> Any:
        return super().__getitem__(key)

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(self._key(key), value)


class _Fold(NodeTransformer):
    """Replaces calls of ``functions`` whose every argument is a constant by their value."""

    def __init__(self, functions: Mapping[str, Constant]) -> None:
        self.functions = functions

    def visit_Call(self, node: nodes.Call) -> nodes.Node:
        self.generic_visit(node)
        given = [*node.args, *(pair.value for pair in node.kwargs)]
        if not isinstance(node.node, nodes.Name) or node.node.name not in self.functions:
            return node
        if node.dyn_args or node.dyn_kwargs or not all(isinstance(value, nodes.Const) for value in given):
            return node
        named = {pair.key: pair.value.value for pair in node.kwargs}  # type: ignore[attr-defined]
        value = self.functions[node.node.name](*(a.value for a in node.args), **named)  # type: ignore[attr-defined]
        return nodes.Const(value, lineno=node.lineno, environment=node.environment)


class FoldingEnvironment(Environment):
    """A template environment whose templates are compiled in the language in force."""

    constants: Mapping[str, Constant] = {}

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.cache = ByLanguage(800)  # type: ignore[assignment]  # its keys are ours

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Templates without globals of their own share those of the environment, which nothing changes: Jinja compares them
        at each import, and a chain of mappings makes that dear."""
        return super().make_globals(d) if d else self.globals

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        return _Fold(self.constants).visit(tree)  # type: ignore[no-any-return]

    def _load_template(self, name: str, globals: Any) -> Template:
        template = super()._load_template(name, globals)
        if name in PURE_MACROS and template._module is None:
            module = template.module
            for macro in PURE_MACROS[name]:
                drawn = getattr(module, macro)
                drawn._func = lru_cache(512, typed=True)(drawn._func)
        return template
