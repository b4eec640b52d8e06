"""Return annotations that can be written down for what an endpoint returns."""

from __future__ import annotations

import ast
from collections.abc import Iterable

import msgspec

from unlag.project.models import model_of
from unlag.project.values import Alternatives, Collection, ExternalInstance, Instance, Value
from unlag.rules.imported import module_of
from unlag.rules.validation._rows import row_of
from unlag.rules.validation._trees import Reading
from unlag.rules.view import FunctionView, spoken

_BUILTINS = frozenset({"str", "int", "float", "bool"})
_GIVING_PLAIN = frozenset({"len", "any", "all", "isinstance", "hasattr", "repr"})
"""Builtins that give one of these whatever they get."""
_ANY = "typing.Any"


class Annotation(msgspec.Struct, frozen=True):
    """How a type is written, and the full names of what the file has to import for it."""

    text: str
    imports: tuple[str, ...] = ()

    @property
    def arguments(self) -> tuple[str, ...]:
        """The same for a fix."""
        return (self.text, *self.imports)


def annotation_for(read: Reading, node: ast.expr) -> Annotation | None:
    """The annotation of an expression's type; None if unknown.

    Only what Pydantic can write is named: models, plain values, and lists and dicts of them. A class is one of the
    file, or of a module from which it imports already. What is different under each key is `Any` there.
    """
    row = row_of(read, node)
    if row is not None:
        item = _class_name(read.function, row)
        return item and Annotation(f"list[{item.text}]", item.imports)
    named = _named(read.function, read.value(node))
    if named is None and isinstance(node, ast.Dict) and _is_writable(read, node):
        return Annotation(f"dict[str, {_last(_ANY)}]", (_ANY,))
    return named


def same_for_all(read: Reading, nodes: Iterable[ast.expr]) -> Annotation | None:
    """The annotation that all of some expressions have; None where one is unknown or another."""
    found = {annotation_for(read, node) for node in nodes}
    return found.pop() if len(found) == 1 else None


def _named(function: FunctionView, value: Value) -> Annotation | None:
    if isinstance(value, Instance):
        return _class_name(function, value)
    if isinstance(value, ExternalInstance):
        return Annotation(value.name) if value.name in _BUILTINS else None
    if isinstance(value, Collection) and not value.is_mapping:
        inner = _named(function, value.element)
        if inner is None or inner.text.startswith("list["):
            return None
        return Annotation(f"list[{inner.text}]", inner.imports)
    return None


def _class_name(function: FunctionView, value: Instance) -> Annotation | None:
    if value.arguments or model_of(function.index.resolver, value.id) is None:
        return None
    name = spoken(value.id)
    table = function.index.tables[function.entry.path]
    is_here = name in table.classes and table.classes[name].id == value.id
    if is_here:
        is_above = function.index.offset_of(value.id) + 1 < function.entry.offset + 1
        return Annotation(name) if is_above else None
    if name in table.imports:
        return Annotation(name)
    module = module_of(function, value.id)
    return Annotation(name, (f"{module}.{name}",)) if module and name.isidentifier() else None


def _is_writable(read: Reading, node: ast.expr | None) -> bool:
    """Whether Pydantic writes an expression as the encoder in Python does, whatever its type is called."""
    match node:
        case ast.Constant(value=value):
            return value is None or isinstance(value, str | int | float)
        case ast.JoinedStr():
            return True
        case ast.Dict(keys=keys, values=values):
            named = all(isinstance(k, ast.Constant) and isinstance(k.value, str) for k in keys)
            return named and all(_is_writable(read, value) for value in values)
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return all(_is_writable(read, item) for item in items)
        case None | ast.Starred():
            return False
    return _is_writable_value(read.function, read.value(node))


def _is_writable_value(function: FunctionView, value: Value) -> bool:
    if isinstance(value, Alternatives):
        return all(_is_writable_value(function, one) for one in value.values)
    if isinstance(value, Collection):
        return _is_writable_value(function, value.element)
    if isinstance(value, Instance):
        return model_of(function.index.resolver, value.id) is not None
    return isinstance(value, ExternalInstance) and value.name in _BUILTINS | _GIVING_PLAIN


def _last(name: str) -> str:
    return name.rpartition(".")[2]
