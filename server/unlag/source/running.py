"""Which nodes of a syntax tree run together: those of one function, without the bodies of others in it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

Function = ast.FunctionDef | ast.AsyncFunctionDef


def is_scope(node: ast.AST) -> bool:
    """Whether names bound in `node`'s body are its own."""
    return isinstance(node, Function | ast.Lambda | ast.ClassDef)


def in_body(outer: ast.AST, inner: ast.AST) -> bool:
    """Whether `inner`, a child of the scope `outer`, runs inside it and not where it is defined."""
    body = getattr(outer, "body", ())
    return inner is body or (isinstance(body, list) and any(inner is one for one in body))


def own_nodes(scope: ast.AST) -> Iterator[ast.AST]:
    """Every node that runs with the body of `scope`: of nested scopes only their definition."""
    body = getattr(scope, "body", [])
    return running(body if isinstance(body, list) else [body])


def running(nodes: Sequence[ast.AST]) -> Iterator[ast.AST]:
    """`nodes` and every node that runs with them: of nested scopes only their definition."""
    waiting = list(reversed(nodes))
    while waiting:
        node = waiting.pop()
        yield node
        children = list(ast.iter_child_nodes(node))
        if is_scope(node):
            children = [child for child in children if not in_body(node, child)]
        waiting.extend(reversed(children))
