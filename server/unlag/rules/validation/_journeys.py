"""Where objects of a class go from function to function, as long as every step of the way is known.

They are returned to whoever calls the function by name, and handed to functions of the project. Frameworks
that call, names that mean more than one thing, and whatever else is not sure end the question.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from sys import intern

from unlag.project.callables import CALLED
from unlag.project.counted import Counted
from unlag.project.index import Index
from unlag.project.surveys import Survey
from unlag.project.table import FunctionEntry
from unlag.rules.nodes import nodes_in
from unlag.rules.validation._containment import departures
from unlag.rules.view import FunctionView
from unlag.source import facts
from unlag.source.paths import is_dotted

_MOST_FUNCTIONS = 12
_BOUND = frozenset({"staticmethod", "classmethod"})
_Starts = tuple[tuple[ast.expr, ...], tuple[str, ...]]


def _named(item: facts.FunctionFacts) -> list[str]:
    """The names of all that a function calls, reads or hands on."""
    found = [call.target for call in item.calls]
    found += [read.path for read in item.reads]
    values = [
        argument.partition("=")[2] if "=" in argument else argument
        for call in item.calls
        for argument in call.arguments
        if argument[:1] not in "'#*"  # those are no names
    ]
    values += [one.path for one in item.bindings]
    found += [value for value in values if value.isidentifier() or is_dotted(value)]
    return [intern(path[path.rfind(".") + 1 :]) for path in found]  # files share what they count


def _apart(parts: Mapping[str, dict[str, int]]) -> tuple[dict[str, int], ...]:
    return tuple(parts.values())  # adding them up would take in the whole project at each keystroke


_NAMED: Survey[Index, dict[str, int], tuple[dict[str, int], ...]] = Survey(
    Counted(_named), _apart, is_local=True, of_function=_named
)


def _uses_of(index: Index, name: str) -> int:
    """How often the project calls, reads or hands on something of a name."""
    parts: tuple[dict[str, int], ...] = index.survey(_NAMED)
    return sum(part.get(name, 0) for part in parts)


def only_read(makers: Iterable[FunctionView], class_id: str, fields: frozenset[str]) -> bool:
    """Whether nothing but fields is ever taken from what the makers make, wherever that goes."""
    pending: list[tuple[FunctionView, _Starts]] = []
    for maker in makers:
        made = tuple(_made(maker, class_id))
        if not made:
            return False
        pending.append((maker, (made, ())))
    visited: set[tuple[str, tuple[str, ...], tuple[tuple[int, int], ...]]] = set()
    while pending:
        view, (made, names) = pending.pop()
        key = (view.entry.id, names, tuple((node.lineno, node.col_offset) for node in made))
        if key in visited:
            continue  # a function that gives back what a call of its own gave
        visited.add(key)
        if len(visited) > _MOST_FUNCTIONS:
            return False
        following = _following(view, made, names, fields)
        if following is None:
            return False
        pending.extend(following)
    return True


def _following(
    view: FunctionView, made: tuple[ast.expr, ...], names: tuple[str, ...], fields: frozenset[str]
) -> list[tuple[FunctionView, _Starts]] | None:
    """The functions that the objects go to from one, with what holds them there; None where that is not sure."""
    syntax = view.syntax(view.entry)
    left = departures(syntax.node, made, names, fields) if syntax is not None else None
    if left is None:
        return None
    found: list[tuple[FunctionView, _Starts]] = []
    for call, argument in left.handed:
        taker = _taker(view, call, argument)
        if taker is None:
            return None
        found.append(taker)
    if left.is_returned:
        callers = _callers(view)
        if callers is None:
            return None
        found += callers
    return found


def _made(maker: FunctionView, class_id: str) -> Iterator[ast.expr]:
    """The calls that make objects; none where one of them cannot be found."""
    sites = {
        (call.line, call.column, call.end_line, call.end_column)
        for call, callee in maker.calls()
        if callee == class_id
    }
    found = _calls_at(maker, sites)
    if len(found) == len(sites):
        yield from found


def _calls_at(view: FunctionView, sites: set[tuple[int, int, int, int]]) -> list[ast.expr]:
    syntax = view.syntax(view.entry)
    if syntax is None:
        return []
    found: list[ast.expr] = []
    for node in nodes_in(syntax.node) if sites else ():
        if isinstance(node, ast.Call):
            site = syntax.site(node)
            if (site.line, site.column, site.end_line, site.end_column) in sites:
                found.append(node)
    return found


def _is_own(view: FunctionView, function: FunctionEntry) -> bool:
    """Whether only the project calls a function: no framework, no decorator, no loop over what it yields."""
    decorators = {call.target for call in function.facts.decorators}
    if function.facts.flags & (facts.GENERATOR | facts.ABSTRACT) or not decorators <= _BOUND:
        return False
    is_entered = function.id in view.index.routes.by_function
    return not is_entered and not view.index.is_dependency(function.id)


def _callers(view: FunctionView) -> list[tuple[FunctionView, _Starts]] | None:
    """The functions that are given what one returns, where they are surely all."""
    if not _is_own(view, view.entry):
        return None
    edges = view.index.callers_of(view.entry.id)
    sites = {
        (caller, edge.line, edge.column, edge.end_line, edge.end_column) for caller, edge in edges
    }
    if not edges or len(sites) != view.index.recall(_uses_of, view.entry.facts.name):
        return None
    found: list[tuple[FunctionView, _Starts]] = []
    for caller in sorted({caller for caller, _ in edges}):
        entry = view.index.function(caller)
        if entry is None or any(
            edge.how != CALLED or edge.through for c, edge in edges if c == caller
        ):
            return None
        own = {site[1:] for site in sites if site[0] == caller}
        one = FunctionView(view.index, entry, view.offload_style)
        made = tuple(_calls_at(one, own))
        if len(made) != len(own):
            return None
        found.append((one, (made, ())))
    return found


def _taker(
    view: FunctionView, call: ast.Call, argument: ast.expr | ast.keyword
) -> tuple[FunctionView, _Starts] | None:
    """The function that a call hands an object to, with the parameter that holds it there."""
    syntax = view.syntax(view.entry)
    if syntax is None:
        return None
    site = syntax.site(call)
    place = (site.line, site.column, site.end_line, site.end_column)
    targets = {
        edge.target
        for edge in view.links.edges
        if (edge.line, edge.column, edge.end_line, edge.end_column) == place
    }
    callees = [
        callee
        for one, callee in view.calls()
        if (one.line, one.column, one.end_line, one.end_column) == place
    ]
    entry = view.index.function(callees[0]) if len(callees) == 1 and callees[0] else None
    if entry is None or targets != {entry.id} or not _is_own(view, entry):
        return None
    name = _parameter(entry, call, argument)
    if name is None:
        return None
    return FunctionView(view.index, entry, view.offload_style), ((), (name,))


def _parameter(
    entry: FunctionEntry, call: ast.Call, argument: ast.expr | ast.keyword
) -> str | None:
    parameters = entry.facts.parameters
    if isinstance(argument, ast.keyword):
        return next(
            (one.name for one in parameters if one.name == argument.arg and one.star in ("", "k")),
            None,
        )
    if any(isinstance(one, ast.Starred) for one in call.args):
        return None
    is_bound = bool(entry.facts.owner) and "staticmethod" not in {
        item.target for item in entry.facts.decorators
    }
    index = call.args.index(argument) + is_bound
    if index >= len(parameters) or parameters[index].star:
        return None
    return parameters[index].name
