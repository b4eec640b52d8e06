"""Where the items of a loop come from: whether somebody hands them over, or a query finds them.

Such lists grow. What else gives a list (another service's answer, a field of one's own, the parts of a message) is of
some length that nobody knows, and that is a handful more often than not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from unlag.project.passed import passed
from unlag.rules.event_loop._loops import names_in
from unlag.rules.view import FunctionView, call_at
from unlag.source import facts
from unlag.source.paths import is_dotted, root

_DEEPEST = 5
_MOST_CALLERS = 2
"""Functions that hand on a parameter of theirs."""
_MADE = (
    "list(",
    "set(",
    "tuple(",
    "dict(",
    "sorted(",
    "reversed(",
    "enumerate(",
    "zip(",
    "frozenset(",
)
_RECEIVERS = ("self", "cls")
_PARTS = re.compile(r"\.(?:items|values|keys|get|copy)\(\)")
_SAME_ITEMS = re.compile(r"(?:list|set|tuple|sorted|reversed|enumerate|frozenset|zip)\(([^()]+)\)")
_ROWS = ("sqlalchemy.", "sqlmodel.", "asyncpg.", "aiosqlite.", "psycopg.", "databases.", "motor.", "pymongo.",
         "beanie.", "tortoise.")  # fmt: skip


def are_given(function: FunctionView, path: str, line: int) -> bool:
    """Whether what a path names on a line is a parameter, rows of a query, or made of one of these."""
    pending = [(path, 0)]
    visited: set[str] = set()
    while pending:
        current, depth = pending.pop()
        if current in visited or depth > _DEEPEST:
            continue
        visited.add(current)
        if _is_given(function, current, line):
            return True
        pending += [(source, depth + 1) for source in _sources(function, current, line)]
    return False


def _is_given(function: FunctionView, path: str, line: int) -> bool:
    plain = _PARTS.sub("", path)
    if not is_dotted(plain):
        return _are_rows(function, plain, line)
    name = root(plain)
    if name in _RECEIVERS or all(p.name != name for p in function.facts.parameters):
        return False
    return not _are_answers(function, name, 0)


def _are_answers(function: FunctionView, name: str, depth: int) -> bool:
    """Whether every caller hands over, for a parameter, a list that it writes down or that another call answers."""
    index, function_id = function.index, function.entry.id
    callers = index.callers_of(function_id)
    if not callers or depth == _MOST_CALLERS or index.routes.by_function.get(function_id):
        return False
    for caller_id, edge in callers:
        caller = index.function(caller_id)
        call = call_at(caller.facts, edge) if caller is not None else None
        if caller is None or call is None:
            return False
        view = FunctionView(index, caller, function.offload_style)
        handed = [value for one, value in passed(function.facts, call) if one.name == name]
        if not handed or not _is_answer(view, handed[0], call.line, depth):
            return False
    return True


def _is_answer(caller: FunctionView, path: str, line: int, depth: int) -> bool:
    if path.startswith("list(:"):
        return True
    if path.isidentifier():
        if any(parameter.name == path for parameter in caller.facts.parameters):
            return _are_answers(caller, path, depth + 1)
        bound = [b.path for b in caller.facts.bindings if b.name == path and b.line <= line]
        return len(bound) == 1 and _is_answer(caller, bound[0], line, depth)
    is_call = path.removesuffix(".await").endswith("()") and not path.startswith(_MADE)
    return is_call and not _are_rows(caller, path, line)


def _are_rows(function: FunctionView, path: str, line: int) -> bool:
    target = path.removesuffix(".await").removesuffix("()")
    return any(
        call.target == target and function.knowledge.canonical(callee).startswith(_ROWS)
        for call, callee in function.calls()
        if callee and call.line <= line
    )


def _sources(function: FunctionView, path: str, line: int) -> Iterator[str]:
    """What a path is made of, one step back."""
    for part in path.split("|"):
        wrapped = _SAME_ITEMS.fullmatch(part)
        if wrapped is not None:
            yield wrapped[1].replace("/", ".")
        elif part != path:
            yield part
    if path.startswith("dict.fromkeys("):
        for call in function.facts.calls:
            if call.target == "dict.fromkeys" and call.line <= line:
                yield call.argument(0) or ""
    name = root(_PARTS.sub("", path))
    bindings = function.facts.bindings
    for at, binding in enumerate(bindings):
        if binding.name != name or binding.line > line:
            continue
        yield binding.path.rpartition(".for")[0] or binding.path
        if "each(" in binding.path:
            yield from (b.path.rpartition(".for")[0] for b in bindings[at + 1 : at + 2])
    for call in function.facts.calls:
        if call.flags & facts.IN_LOOP and call.target in (f"{name}.append", f"{name}.add"):
            yield from (used for argument in call.arguments for used in names_in(argument))
