"""Return annotations that can be written down for what an endpoint returns."""

from __future__ import annotations

import ast

from unlag.project.models import model_of
from unlag.project.values import Collection, ExternalInstance, Instance, Value
from unlag.rules.validation._trees import Reading
from unlag.rules.view import FunctionView, spoken

_BUILTINS = frozenset({"str", "int", "float", "bool"})


def annotation_for(read: Reading, node: ast.expr) -> str:
    """The annotation of an expression's type in names that the file has already; empty if unknown.

    Only what Pydantic can write is named: models, plain values, and lists and dicts of them.
    """
    return _named(read.function, read.value(node))


def _named(function: FunctionView, value: Value) -> str:
    if isinstance(value, Instance):
        return _class_name(function, value)
    if isinstance(value, ExternalInstance):
        return value.name if value.name in _BUILTINS else ""
    if isinstance(value, Collection):
        inner = _named(function, value.element)
        if value.is_mapping or not inner or inner.startswith(("list[", "dict[")):
            return ""
        return f"list[{inner}]"
    return ""


def _class_name(function: FunctionView, value: Instance) -> str:
    if value.arguments or model_of(function.index.resolver, value.id) is None:
        return ""
    name = spoken(value.id)
    table = function.index.tables[function.entry.path]
    is_here = name in table.classes and table.classes[name].id == value.id
    if is_here:
        is_above = function.index.offset_of(value.id) + 1 < function.entry.offset + 1
        return name if is_above else ""
    return name if name in table.imports else ""
