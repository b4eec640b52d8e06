"""The quick walk gives the nodes that `ast.walk` gives, in the order of the text."""

from __future__ import annotations

import ast

from unlag.rules.nodes import nodes_in, own_nodes

CODE = '''
@decorated(1)
async def f(a: int, *rest, b=2, **more) -> str:
    """Words."""
    global seen
    total = [item.size for item in rest if item and not b < 3 < 4]
    with opened(a) as one, other():
        try:
            x: dict[str, int] = {"k": -a, **more}
        except (ValueError, OSError) as error:
            raise RuntimeError(f"{error!r:>{a}}") from error
        else:
            del x
    match a:
        case {"kind": kind} if kind:
            return await g(lambda: (yield))
        case [None, *others] | Point(1, y=2) | {"k": 3, **others}:
            from os import path as where
        case _:
            def inner(c):
                return c
    for i in total:
        class Local:
            field = i
'''
SILENT = (ast.expr_context, ast.operator, ast.unaryop, ast.boolop)


def function() -> ast.AsyncFunctionDef:
    found = ast.parse(CODE).body[0]
    assert isinstance(found, ast.AsyncFunctionDef)
    return found


def test_nothing_is_left_out_that_says_something() -> None:
    tree = function()
    wanted = {id(node) for node in ast.walk(tree) if not isinstance(node, SILENT)}
    assert {id(node) for node in nodes_in(tree)} == wanted


def test_statements_come_in_the_order_of_the_text() -> None:
    lines = [node.lineno for node in nodes_in(function()) if isinstance(node, ast.stmt)]
    assert lines == sorted(lines)


def test_own_nodes_stop_at_functions_and_classes() -> None:
    nodes = list(own_nodes(function()))
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    assert {"total", "opened", "error"} <= names
    assert {"c", "decorated", "field"}.isdisjoint(names)
    assert sum(isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Lambda) for node in nodes) == 3
