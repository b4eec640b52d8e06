"""What a function awaits itself with the session of a task that it started and has not awaited yet."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from unlag.rules.nodes import SCOPES
from unlag.rules.places import dotted, names_in


def used_meanwhile(chain: Sequence[ast.AST], session: str) -> str:
    """What is awaited with `session` after the task at the end of `chain` was named, before that name is read.

    Looks along one block: what stands in branches around it may not come after the start. Empty where nothing is.
    """
    for depth, node in enumerate(chain):
        match node:
            case ast.Assign(targets=[ast.Name(id=task)], value=value) if value is chain[-1]:
                for statement in _after(chain[depth - 1], node):
                    if task in names_in(statement):
                        return ""
                    for awaited in _awaited(statement):
                        if _uses(awaited, session):
                            return dotted(awaited.func) or "what it awaits"
    return ""


def _after(around: ast.AST, statement: ast.stmt) -> list[ast.stmt]:
    """The statements of the same block that follow."""
    for field in ("body", "orelse", "finalbody"):
        block = getattr(around, field, None)
        if isinstance(block, list) and statement in block:
            return block[block.index(statement) + 1 :]
    return []


def _awaited(node: ast.AST) -> Iterator[ast.Call]:
    """The calls that are awaited in a statement, but not in functions inside of it."""
    if isinstance(node, ast.Await) and isinstance(node.value, ast.Call):
        yield node.value
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, SCOPES):
            yield from _awaited(child)


def _uses(call: ast.Call, session: str) -> bool:
    given = (*call.args, *(keyword.value for keyword in call.keywords))
    return dotted(call.func).startswith(f"{session}.") or any(
        dotted(argument) == session for argument in given
    )
