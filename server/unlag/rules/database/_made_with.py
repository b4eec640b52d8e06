"""Which AsyncSession an object was made with: repositories and services that are handed one."""

from __future__ import annotations

import ast

from unlag.knowledge import Knowledge
from unlag.project.syntax import FunctionSyntax
from unlag.project.table import FunctionEntry
from unlag.project.values import Class, ExternalInstance, Value, each
from unlag.rules.database._lengths import assigned
from unlag.rules.nodes import own_nodes
from unlag.rules.places import dotted, tree_of
from unlag.rules.view import FunctionView
from unlag.source.expressions import path_of
from unlag.source.paths import UNKNOWN

_SHARED = frozenset(
    {"sqlalchemy.ext.asyncio.AsyncSession", "sqlalchemy.ext.asyncio.AsyncConnection"}
)


def session_given_to(view: FunctionView, tree: FunctionSyntax, owner: str) -> str:
    """The name of the one session that the object `owner` was made with; empty where that does not show."""
    first, _, attribute = owner.partition(".")
    own = view.facts.parameters[0].name if view.facts.owner and view.facts.parameters else ""
    if not attribute:
        made = assigned(tree.node, first)
        return _given(view, view.entry, tree, made[0]) if len(made) == 1 else ""
    constructor = _constructor(view) if first == own and "." not in attribute else None
    inner = tree_of(view.index, constructor) if constructor is not None else None
    if constructor is None or inner is None:
        return ""
    made = [
        node.value
        for node in own_nodes(inner.node)
        if isinstance(node, ast.Assign) and owner in map(dotted, node.targets)
    ]
    given = _given(view, constructor, inner, made[0]) if len(made) == 1 else ""
    return f"{own}.{given}" if given else ""


def _constructor(view: FunctionView) -> FunctionEntry | None:
    return view.index.resolver.method(f"{view.entry.path}:{view.facts.owner}", "__init__")


def _given(view: FunctionView, entry: FunctionEntry, tree: FunctionSyntax, made: ast.expr) -> str:
    """The one session among the arguments of a call that makes an object of the project."""
    if not isinstance(made, ast.Call):
        return ""
    line = tree.site(made).line
    if not any(isinstance(item, Class) for item in each(_value(view, entry, made.func, line))):
        return ""
    sessions = {
        dotted(argument)
        for argument in (*made.args, *(keyword.value for keyword in made.keywords))
        if dotted(argument)
        and is_async_session(view.knowledge, _value(view, entry, argument, line))
    }
    return sessions.pop() if len(sessions) == 1 else ""


def _value(view: FunctionView, entry: FunctionEntry, node: ast.expr, line: int) -> Value:
    path = path_of(node, 0)
    return view.resolve(path, line, entry.id) if path != UNKNOWN else None


def is_async_session(knowledge: Knowledge, value: Value) -> bool:
    """Whether a value is a session or connection that several tasks must not share."""
    return all(
        isinstance(item, ExternalInstance) and knowledge.is_a(item.name, _SHARED)
        for item in each(value)
    )
