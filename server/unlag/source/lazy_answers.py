"""Endpoints whose answer is only worked out when FastAPI goes through it, which it does on the event loop."""

from __future__ import annotations

import ast

from unlag.source.running import Function, own_nodes


def lazy_answer(function: Function) -> ast.Return | None:
    """The `return` of a generator expression that no model is checked against; None where there is none.

    With a model FastAPI checks the answer of a `def` in the thread pool, which goes through all of it.
    """
    if function.returns is not None or _has_model(function):
        return None
    nodes = list(own_nodes(function))
    for node in nodes:
        match node:
            case ast.Return(value=ast.GeneratorExp()):
                return node
            case ast.Return(value=ast.Name(id=name)) if _is_given(nodes, name):
                return node
    return None


def _has_model(function: Function) -> bool:
    given = (one for one in function.decorator_list if isinstance(one, ast.Call))
    return any(keyword.arg == "response_model" for call in given for keyword in call.keywords)


def _is_given(nodes: list[ast.AST], name: str) -> bool:
    """Whether a name holds a generator expression."""
    return any(
        isinstance(node, ast.Assign)
        and isinstance(node.value, ast.GeneratorExp)
        and any(isinstance(target, ast.Name) and target.id == name for target in node.targets)
        for node in nodes
    )
