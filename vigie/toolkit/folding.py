"""Templates compiled once for each language, so that what never changes in it is worked out then and not at every page.

``{{ _("Search") }}``, ``{{ static("…") }}``, ``{{ url("home") }}`` and ``{{ ui.icon("search") }}`` depend on nothing but the
language: they become text of the compiled template. The small marks of the kit (icons, badges, states…) that depend on more
are remembered by their arguments. What a template writes is escaped by :func:`shown`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, MutableMapping
from functools import lru_cache
from typing import Any

from django.utils.translation import get_language
from jinja2 import Environment, Template, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.environment import TemplateModule
from jinja2.utils import LRUCache
from jinja2.visitor import NodeTransformer
from markupsafe import Markup, escape

Constant = Callable[..., Any]
# Macros that draw from their arguments alone. One that reads the present has no place here.
PURE_MACROS: Mapping[str, tuple[str, ...]] = {
    "kit/ui.html": (
        "icon",
        "button",
        "link_button",
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
    "kit/page.html": ("item", "toast"),
}
# Those that may be given a mapping of attributes, which no memory has for a key: worked out where all of it is constant.
_WITH_ATTRIBUTES = ("button", "link_button", "item")


_SPECIAL = re.compile("[&<>'\"]").search


def shown(value: Any) -> str:
    """``value`` as markup shows it, like ``escape``: but what has nothing to escape, as nearly all texts, stays what it is."""
    kind = type(value)
    if kind is Markup or (kind is str and _SPECIAL(value) is None):
        return value  # type: ignore[no-any-return]
    return str(value) if kind is int else escape(value)


class _Writing(CodeGenerator):
    """Writes templates whose output goes through :func:`shown`, and whose imports are found at once."""

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape:
            super()._output_child_pre(node, frame, finalize)
        else:
            self.write(f"environment.shown({finalize.src or ''}")

    def _import_common(self, node: nodes.Import | nodes.FromImport, frame: Frame) -> None:
        name = _text(node.template)
        if node.with_context or not name:
            super()._import_common(node, frame)
        else:
            self.write(f"environment.imported({name!r}, {get_language() or 'fr'!r})")


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


class _NotConstantError(Exception):
    pass


def _constant(node: nodes.Node) -> Any:
    """The value of a constant, or of a list, tuple or mapping of constants."""
    if isinstance(node, nodes.Const):
        return node.value
    if isinstance(node, nodes.List | nodes.Tuple):
        values = [_constant(item) for item in node.items]
        return values if isinstance(node, nodes.List) else tuple(values)
    if isinstance(node, nodes.Dict):
        return {_constant(pair.key): _constant(pair.value) for pair in node.items}
    raise _NotConstantError


class _Fold(NodeTransformer):
    """Replaces calls of ``functions`` whose every argument is a constant by their value."""

    def __init__(self, functions: Mapping[str, Constant]) -> None:
        self.functions = functions

    def visit_Call(self, node: nodes.Call) -> nodes.Node:
        self.generic_visit(node)
        function = self.functions.get(_name(node.node))
        if function is None or node.dyn_args or node.dyn_kwargs:
            return node
        try:
            given = [_constant(value) for value in node.args]
            named = {pair.key: _constant(pair.value) for pair in node.kwargs}
        except _NotConstantError:
            return node
        return nodes.Const(function(*given, **named), lineno=node.lineno, environment=node.environment)


def _name(called: nodes.Node) -> str:
    """``url``, or ``ui.icon`` of an import."""
    if isinstance(called, nodes.Getattr):
        return f"{_name(called.node)}.{called.attr}"
    return called.name if isinstance(called, nodes.Name) else ""


def _text(template: nodes.Expr) -> str:
    """The name of a template that another one names; empty where it is chosen when the page is drawn."""
    return str(template.value) if isinstance(template, nodes.Const) else ""


class FoldingEnvironment(Environment):
    """A template environment whose templates are compiled in the language in force."""

    code_generator_class = _Writing
    constants: Mapping[str, Constant] = {}
    shown = staticmethod(shown)

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.cache = ByLanguage(800)  # type: ignore[assignment]  # its keys are ours
        self._imported: dict[tuple[str, str], TemplateModule] = {}

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Templates without globals of their own share those of the environment, which nothing changes: Jinja compares them
        at each import, and a chain of mappings makes that dear."""
        return super().make_globals(d) if d else self.globals

    def imported(self, name: str, language: str) -> TemplateModule:
        """What a template compiled in ``language`` imports without its context: macros that depend on nothing else."""
        found = self._imported.get((name, language))
        if found is None or self.auto_reload:
            found = self._imported[name, language] = self.get_template(name).module
        return found

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        macros = {
            name: getattr(self.get_template(kit).module, macro)
            for name, (kit, macro) in self._pure_macros(tree).items()
        }
        return _Fold({**self.constants, **macros}).visit(tree)  # type: ignore[no-any-return]

    def _pure_macros(self, tree: nodes.Template) -> dict[str, tuple[str, str]]:
        """The pure macros that the template, or the layout it extends, imports: name there → kit and macro."""
        found: dict[str, tuple[str, str]] = {}
        for extends in tree.find_all(nodes.Extends):
            if layout := _text(extends.template):
                found.update(self._pure_macros(self._layout(layout)))
        for whole in tree.find_all(nodes.Import):
            kit = _text(whole.template)
            found.update({f"{whole.target}.{macro}": (kit, macro) for macro in PURE_MACROS.get(kit, ())})
        for some in tree.find_all(nodes.FromImport):
            kit = _text(some.template)
            pure = PURE_MACROS.get(kit, ())
            found.update({name: (kit, name) for name in some.names if isinstance(name, str) and name in pure})
        return found

    def _layout(self, name: str) -> nodes.Template:
        source, filename, _ = self.loader.get_source(self, name)  # type: ignore[union-attr]
        return super()._parse(source, name, filename)

    def _load_template(self, name: str, globals: Any) -> Template:
        template = super()._load_template(name, globals)
        if name in PURE_MACROS and template._module is None:
            module = template.module
            for macro in set(PURE_MACROS[name]).difference(_WITH_ATTRIBUTES):
                drawn = getattr(module, macro)
                drawn._func = lru_cache(512, typed=True)(drawn._func)
        return template
