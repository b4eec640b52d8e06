"""Says whether an `await` can stand at a place, and writes it with the parentheses it needs.

Whether awaiting there is right is for the kind of fix to know.
"""

from __future__ import annotations

import ast
from itertools import pairwise

import msgspec

from unlag.finding import Edit
from unlag.fixes.tree import Comprehension, Place, empty
from unlag.source.running import in_body, is_scope


def obstacle(place: Place) -> str | None:
    """Why `await` cannot stand in place of the node, None where it can."""
    if isinstance(place.parent, ast.Await):
        return "The call is awaited already."
    if _is_debugged(place):
        return "The f-string prints the expression's own text (`=`), which the fix would change."
    inside_comprehension = False
    chain = place.chain
    for depth in range(len(chain) - 2, -1, -1):
        outer, inner = chain[depth], chain[depth + 1]
        if inner is getattr(outer, "annotation", None) or inner is getattr(outer, "returns", None):
            return "The call stands in an annotation."
        if is_scope(outer) and in_body(outer, inner):
            return None if isinstance(outer, ast.AsyncFunctionDef) else _no_coroutine(outer)
        if not isinstance(outer, Comprehension) or _is_first_iterable(outer, chain[depth + 1 :]):
            continue
        if isinstance(outer, ast.GeneratorExp):
            return "The call stands in a generator expression, which cannot await for its reader."
        if inside_comprehension:
            return "Awaiting in nested comprehensions needs Python 3.11 or later: write a loop."
        inside_comprehension = True
    return "The call stands outside of any coroutine."


def awaited(place: Place, text: str) -> Edit:
    """The edit that puts `await text` in place of the node."""
    written = f"await {text}"
    return Edit(
        place.path, place.span(place.node), f"({written})" if needs_parentheses(place) else written
    )


def inserted(place: Place) -> tuple[Edit, ...]:
    """The edits that put `await` before the node and leave it as it is."""
    span = place.span(place.node)
    start = empty(span.line, span.column)
    if not needs_parentheses(place):
        return (Edit(place.path, start, "await "),)
    end = empty(span.end_line, span.end_column)
    return Edit(place.path, start, "(await "), Edit(place.path, end, ")")


def ordered(edits: tuple[Edit, ...]) -> tuple[Edit, ...]:
    """`edits` from the top of the file to its end, one for each place."""
    made: list[Edit] = []
    for edit in sorted(edits, key=lambda edit: edit.span):
        if made and made[-1].span == edit.span:
            edit = msgspec.structs.replace(edit, text=made.pop().text + edit.text)
        made.append(edit)
    return tuple(made)


def needs_parentheses(place: Place) -> bool:
    """Whether an `await` in place of the node would bind to less or more than the node."""
    parent = place.parent
    binds_tighter = (
        isinstance(parent, ast.Attribute)
        or (isinstance(parent, ast.Subscript) and parent.value is place.node)
        or (isinstance(parent, ast.Call) and parent.func is place.node)
        or (isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.Pow))
    )
    return binds_tighter and not is_parenthesised(place)


def is_parenthesised(place: Place) -> bool:
    """Whether the node already stands in parentheses of its own."""
    return following(place, place.node).startswith(")") and preceding(place, place.node).endswith(
        "("
    )


def following(place: Place, node: ast.AST) -> str:
    """What comes after `node` on its line, without leading blanks."""
    span = place.span(node)
    return place.lines[span.end_line - 1][span.end_column :].lstrip()


def preceding(place: Place, node: ast.AST) -> str:
    """What comes before `node` on its line, without trailing blanks."""
    span = place.span(node)
    return place.lines[span.line - 1][: span.column].rstrip()


def _is_debugged(place: Place) -> bool:
    for outer, inner in pairwise(place.chain):
        if isinstance(outer, ast.FormattedValue):
            rest = following(place, inner).lstrip(") ")
            return rest.startswith("=") and not rest.startswith("==")
    return False


def _no_coroutine(scope: ast.AST) -> str:
    match scope:
        case ast.FunctionDef(name=name):
            return f"`{name}` is no coroutine: nothing can be awaited in it."
        case ast.ClassDef(name=name):
            return f"The call stands in the body of class `{name}`, where nothing can be awaited."
    return "The call stands in a lambda, where nothing can be awaited."


def _is_first_iterable(comprehension: Comprehension, inner: tuple[ast.AST, ...]) -> bool:
    """Whether `inner` leads to what is looped over first: that is evaluated outside."""
    first = comprehension.generators[0]
    return inner[0] is first and inner[1] is first.iter
