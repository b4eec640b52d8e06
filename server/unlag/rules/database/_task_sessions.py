"""Which AsyncSessions the coroutines use that a function starts."""

from __future__ import annotations

import ast

import msgspec

from unlag.project.syntax import FunctionSyntax
from unlag.project.values import Function, Value, each
from unlag.rules.database._made_with import is_async_session, session_given_to
from unlag.rules.places import dotted, names_in
from unlag.rules.view import FunctionView
from unlag.source import facts
from unlag.source.expressions import path_of
from unlag.source.paths import UNKNOWN

_LOCKS = ("lock", "semaphore", "limit")


class Use(msgspec.Struct, frozen=True):
    """One coroutine that runs beside others, and the session it uses."""

    session: str
    """As the text names it: `session`, `self.session`."""
    coroutine: str
    repeats: bool
    """Whether the same is started for every item of a loop."""


def uses_of(view: FunctionView, tree: FunctionSyntax, node: ast.expr) -> list[Use]:
    """The sessions that the coroutine `node` uses."""
    repeats = False
    own: set[str] = set()
    if isinstance(node, ast.ListComp | ast.GeneratorExp):
        repeats = True
        own = {name for item in node.generators for name in names_in(item.target)}
        node = node.elt
    if isinstance(node, ast.Call) and dotted(node.func).rpartition(".")[2] in (
        "create_task",
        "ensure_future",
        "wait_for",
        "shield",
    ):
        node = node.args[0] if node.args else node
    if not isinstance(node, ast.Call):
        return []
    line = tree.site(node).line
    sessions = [
        name
        for argument in (*node.args, *(keyword.value for keyword in node.keywords))
        if (name := dotted(argument)) and _is_session(view, _resolved(view, argument, line))
    ]
    sessions += _sessions_of_owner(view, tree, node, line)
    sessions += _sessions_around(view, node, line)
    spoken = dotted(node.func) or "the coroutine"
    return [
        Use(session, spoken, repeats)
        for session in dict.fromkeys(sessions)
        if session.partition(".")[0] not in own
    ]


def _sessions_of_owner(
    view: FunctionView, tree: FunctionSyntax, node: ast.Call, line: int
) -> list[str]:
    """The session that a coroutine takes from its own object: `self.session`, `repository.session`.

    By the name of the one it was made with, where that shows: two repositories can be given the same.
    """
    owner = dotted(node.func).rpartition(".")[0]
    if not owner:
        return []
    if _is_session(view, _resolved(view, node.func.value, line)):  # type: ignore[attr-defined] # dotted
        return [owner]
    found = []
    for value in each(_resolved(view, node.func, line)):
        entry = view.index.function(value.id) if isinstance(value, Function) else None
        if entry is None or not entry.facts.is_async or not entry.facts.parameters:
            continue
        own = entry.facts.parameters[0].name
        for call in entry.facts.calls:
            path, _, _ = call.target.rpartition(".")
            is_plain = path.startswith(f"{own}.") and path.count(".") == 1 and "(" not in path
            if is_plain and call.flags & facts.AWAITED and not _is_limited(entry.facts):
                if _is_session(view, view.resolve(path, call.line, entry.id)):
                    given = session_given_to(view, tree, owner)
                    found.append(given or f"{owner}.{path.partition('.')[2]}")
    return found


def _sessions_around(view: FunctionView, node: ast.Call, line: int) -> list[str]:
    """The session of this function that a coroutine function in it awaits something of."""
    found = []
    for value in each(
        _resolved(view, node.func, line) if isinstance(node.func, ast.Name) else None
    ):
        entry = view.index.function(value.id) if isinstance(value, Function) else None
        if entry is None or entry.facts.parent != view.qualname or not entry.facts.is_async:
            continue
        own = {item.name for item in entry.facts.parameters}
        own |= {item.name for item in entry.facts.bindings}
        for call in entry.facts.calls:
            path, _, _ = call.target.rpartition(".")
            is_plain = path.isidentifier() and path not in own and call.flags & facts.AWAITED
            if is_plain and not _is_limited(entry.facts):
                if _is_session(view, view.resolve(path, call.line, entry.id)):
                    found.append(path)
    return found


def _is_limited(item: facts.FunctionFacts) -> bool:
    """Whether a function takes a lock first: then its uses come one after the other."""
    paths = [block.path for block in item.blocks]
    paths += [call.target for call in item.calls if call.flags & facts.ASYNC_ENTERED]
    return any(word in path.lower() for path in paths for word in _LOCKS)


def _resolved(view: FunctionView, node: ast.expr, line: int) -> Value:
    path = path_of(node, 0)
    return view.resolve(path, line) if path != UNKNOWN else None


def _is_session(view: FunctionView, value: Value) -> bool:
    return is_async_session(view.knowledge, value)
