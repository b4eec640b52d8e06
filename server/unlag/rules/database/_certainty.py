"""Whether a function surely comes to a place in it, whenever it runs.

Where code before the place has answered already, the place is for the rest of the cases only.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from itertools import pairwise

from unlag.project.index import Index
from unlag.project.table import FunctionEntry
from unlag.rules.database._calls import may_query, query_of
from unlag.rules.places import chain_to, tree_of
from unlag.rules.view import Site
from unlag.source.facts import Parameter

_BODIES = ("body", "orelse", "finalbody")

Asks = Callable[[ast.stmt], bool]
"""Whether a statement can ask a database."""


def is_certain(index: Index, function_id: str, site: Site) -> bool:
    """Whether no answer is given before a place, and no `while` decides how often it runs.

    `if key in known: return known[key]` answers; `if not key: return default` looks after a special case.
    """
    entry = index.function(function_id)
    if entry is None or _has_no_answer_before(index, entry, site):
        return True
    tree = tree_of(index, entry)
    if tree is None:
        return True
    chain = chain_to(tree, site)

    def asks(statement: ast.stmt) -> bool:
        place = tree.site(statement)
        return _may_ask(index, function_id, place.line, place.end_line)

    return not any(
        _is_counted(node, below) or _is_answered(node, below, asks)
        for node, below in pairwise(chain)
    )


def hangs_on_a_flag(index: Index, function_id: str, site: Site) -> bool:
    """Whether a parameter that is true or false decides, by an early `return`, if a place is come to.

    `if not commit: return` before it is the same as `if commit:` around it.
    """
    entry = index.function(function_id)
    if entry is None or _has_no_answer_before(index, entry, site):
        return False
    flags = {item.name for item in entry.facts.parameters if is_flag(item)}
    tree = tree_of(index, entry) if flags else None
    if tree is None:
        return False
    return any(
        isinstance(item, ast.If) and _is_returned(item) and _asked(item.test) in flags
        for node, below in pairwise(chain_to(tree, site))
        for item in _before(node, below)
    )


def is_flag(parameter: Parameter) -> bool:
    """Whether a parameter is true or false."""
    return parameter.annotation == "bool" or parameter.default in ("True", "False")


def _is_returned(node: ast.If) -> bool:
    return isinstance(node.body[-1], ast.Return)


def _asked(test: ast.expr) -> str:
    """The name that a condition asks, or denies."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        test = test.operand
    return test.id if isinstance(test, ast.Name) else ""


def _has_no_answer_before(index: Index, entry: FunctionEntry, site: Site) -> bool:
    """Whether no line down to the place has a `return` or `while`: seen without a parse."""
    above = index.lines_in(entry)[: site.line - entry.facts.line + 1]
    return bool(above) and not any(map(_ANSWERS.search, above))


_CLOCK = re.compile(r"\b(?:now|utcnow|time|monotonic)\b")
_ANSWERS = re.compile(r"\b(?:return|while)\b")


def _may_ask(index: Index, function_id: str, first: int, last: int) -> bool:
    entry, links = index.function(function_id), index.links.get(function_id)
    if entry is None or links is None:
        return False
    calls = zip(entry.facts.calls, links.callees, strict=True)
    return any(
        first <= call.line <= last and query_of(index.knowledge, callee) for call, callee in calls
    ) or any(first <= edge.line <= last and may_query(index, edge.target) for edge in links.edges)


def _is_counted(node: ast.AST, below: ast.AST) -> bool:
    if not isinstance(node, ast.While) or below is node.test:
        return False
    return not isinstance(node.test, ast.Constant)


def _is_answered(node: ast.AST, below: ast.AST, asks: Asks) -> bool:
    return any(
        isinstance(item, ast.If) and (_answers(item, asks) or _is_too_soon(item))
        for statement in _before(node, below)
        for item in (statement.body if isinstance(statement, ast.With) else [statement])
    )


def _is_too_soon(node: ast.If) -> bool:
    """Whether the rest waits until some time has passed: `if now - last < INTERVAL: return`."""
    return _is_returned(node) and any(
        isinstance(item, ast.Compare)
        and isinstance(item.ops[0], ast.Lt | ast.LtE)
        and isinstance(item.left, ast.BinOp)
        and isinstance(item.left.op, ast.Sub)
        and _CLOCK.search(ast.unparse(item.left.left))
        for item in ast.walk(node.test)
    )


def _before(node: ast.AST, below: ast.AST) -> list[ast.stmt]:
    """The statements of a block that stand before the one a place is in."""
    for name in _BODIES:
        body = getattr(node, name, None)
        if isinstance(body, list) and below in body:
            return body[: body.index(below)]
    return []


def _answers(node: ast.If, asks: Asks) -> bool:
    last = node.body[-1]
    if not isinstance(last, ast.Return) or last.value is None or _is_nothing(last.value):
        return False
    return not _looks_after_absence(node.test) and not any(map(asks, node.body))


def _looks_after_absence(test: ast.expr) -> bool:
    """Whether a condition says that something is not there, so that the rule is what follows it."""
    if isinstance(test, ast.BoolOp):
        return all(map(_looks_after_absence, test.values))
    if isinstance(test, ast.Compare):
        return isinstance(test.ops[0], ast.Is | ast.NotIn) and len(test.ops) == 1
    return isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)


def _is_nothing(node: ast.expr) -> bool:
    if isinstance(node, ast.Tuple):
        return all(_is_nothing(item) for item in node.elts)
    if isinstance(node, ast.List | ast.Set):
        return not node.elts
    if isinstance(node, ast.Dict):
        return not node.keys
    return isinstance(node, ast.Constant)
