"""What is done with the value of a call: which part of it is taken, and where its name goes.

Facts keep no loads of plain names, so a name that is only compared or printed is not seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from unlag.rules.event_loop._as_values import may_take_results
from unlag.rules.view import FunctionView
from unlag.source import facts
from unlag.source.facts import Call
from unlag.source.paths import root


def taken_from(function: FunctionView, call: Call) -> str:
    """The attribute or method taken from what `call` gives, `[]` for an item, perhaps in parentheses."""
    start = (call.line, call.column)
    in_parentheses = (call.line, call.column - 1)
    for path in (*_paths_at(function, start), *_paths_at(function, in_parentheses)):
        if path.startswith(f"{call.target}("):
            rest = path[len(call.target) :]
            depth = 0
            for index, character in enumerate(rest):
                depth += (character == "(") - (character == ")")
                if not depth:
                    return _first_step(rest[index + 1 :])
    return "[]"  # subscripts are no facts of their own


def _paths_at(function: FunctionView, start: tuple[int, int]) -> Iterator[str]:
    """Paths of the calls and attributes that begin at a place, the shortest first."""
    found = [c.target for c in function.facts.calls if (c.line, c.column) == start]
    found += [r.path for r in function.facts.reads if (r.line, r.column) == start]
    found += function.facts.awaited
    yield from sorted(found, key=len)


def _first_step(rest: str) -> str:
    if rest.startswith("["):
        return "[]"
    step = rest.lstrip(".")
    for index, character in enumerate(step):
        if character in ".([":
            return step[:index]
    return step


def is_awaited_further_out(function: FunctionView, call: Call) -> bool:
    """Whether an `await` takes something of what `call` gives: `await fetch().json()`."""
    start = (call.line, call.column)
    is_outer = any(
        (outer.line, outer.column) == start
        and outer.flags & facts.AWAITED
        and outer.target.startswith(f"{call.target}(")
        for outer in function.facts.calls
    )
    return is_outer or any(p.startswith(f"{call.target}(") for p in function.facts.awaited)


def variable_of(function: FunctionView, call: Call) -> str:
    """The local name that is given what `call` gives, and nothing else."""
    bindings = function.facts.bindings
    for binding in bindings:
        starts = binding.path.rpartition("|")[2].startswith(f"{call.target}(")
        if binding.line == call.line and starts and binding.path.endswith(")"):
            others = [other for other in bindings if other.name == binding.name]
            return binding.name if len(others) == 1 else ""
    return ""


def is_handed_on(function: FunctionView, variable: str, *, answers: bool) -> bool:
    """Whether the coroutine in `variable` is awaited, passed on, stored or given back.

    With `answers` the function's caller awaits nothing of what is given back.
    """
    item = function.facts
    names = [*item.awaited, *(() if answers else item.results), *item.yields]
    names += [binding.path for binding in (*item.bindings, *item.self_bindings)]
    names += [binding.path for binding in item.global_bindings]
    names += [
        argument
        for call in item.calls
        if not may_take_results(call.target)
        for argument in call.arguments
    ]
    return any(_mentions(name, variable) for name in names) or _is_closed_over(function, variable)


def _mentions(path: str, variable: str) -> bool:
    """Whether `variable` itself, not something taken from it, is in `path`."""
    return re.search(rf"(?<![\w./]){re.escape(variable)}(?![\w./\[])", path) is not None


def _is_closed_over(function: FunctionView, variable: str) -> bool:
    table = function.index.tables[function.entry.path]
    prefix = f"{function.qualname}."
    return any(
        variable in (root(call.target) for call in entry.facts.calls)
        or variable in entry.facts.awaited
        for qualname, entry in table.functions.items()
        if qualname.startswith(prefix)
    )


def taken_from_name(function: FunctionView, variable: str, line: int) -> str:
    """The first attribute or method taken from a local name after a line, `[]` for an item."""
    paths = [call.target for call in function.facts.calls if call.line > line]
    paths += [read.path for read in function.facts.reads if read.line > line]
    for path in paths:
        if root(path) == variable and path != variable:
            return _first_step(path[len(variable) :])
    return ""
