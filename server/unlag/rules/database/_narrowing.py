"""Which columns the statements of a function compare together: those of one query, built up in steps."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import msgspec

from unlag.rules.database._places import bound_names, dotted, names_in
from unlag.rules.nodes import all_nodes

_BEGINNING = frozenset({"select", "query", "update", "delete", "exists"})


class Part(msgspec.Struct, frozen=True):
    """One statement of a function, or the head of one with a body."""

    nodes: tuple[ast.expr, ...]
    bound: frozenset[str]
    read: frozenset[str]

    def goes_with(self, other: Part) -> bool:
        """Whether both are parts of one query: one reads what the other binds, or both bind it."""
        return bool(
            self.bound & (other.bound | other.read) or other.bound & (self.bound | self.read)
        )


def parts_of(function: ast.AST) -> tuple[Part, ...]:
    """Every statement of a function, without those of the functions inside."""
    return tuple(_parts(function))


def compared_with(parts: tuple[Part, ...], part: Part) -> frozenset[str]:
    """What is compared for equality in a part and in those that go with it.

    `User.id`, or `id` of `filter_by(id=key)`.
    """
    found: set[str] = set()
    for other in parts:
        if other is part or other.goes_with(part):
            for node in other.nodes:
                found |= _compared(node)
    return frozenset(found)


def begins_in(parts: tuple[Part, ...], part: Part) -> bool:
    """Whether the query of a part is begun there, or in a part that goes with it."""
    return any(
        _begins(node)
        for other in parts
        if other is part or other.goes_with(part)
        for node in other.nodes
    )


def _begins(node: ast.expr) -> bool:
    calls = (item.func for item in all_nodes(node) if isinstance(item, ast.Call))
    return any(dotted(func).rpartition(".")[2] in _BEGINNING for func in calls)


def attribute(node: ast.expr) -> str:
    """`User.id`, plain or in SQLModel's `col(User.id)`; empty for anything else."""
    if isinstance(node, ast.Call) and len(node.args) == 1 and dotted(node.func).endswith("col"):
        node = node.args[0]
    return dotted(node)


def _parts(node: ast.AST) -> Iterator[Part]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        if isinstance(child, ast.stmt):
            yield _part(child)
        if isinstance(child, ast.stmt | ast.excepthandler | ast.match_case):
            yield from _parts(child)


def _part(node: ast.stmt) -> Part:
    nodes = tuple(item for item in ast.iter_child_nodes(node) if isinstance(item, ast.expr))
    bound: set[str] = set()
    if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        bound = set().union(*(bound_names(target) for target in targets))
    read = set().union(*(names_in(item) for item in nodes)) if nodes else set()
    return Part(nodes, frozenset(bound), frozenset(read))


def _compared(node: ast.AST) -> set[str]:
    found: set[str] = set()
    for item in all_nodes(node):
        if isinstance(item, ast.Compare) and all(isinstance(op, ast.Eq) for op in item.ops):
            sides = {attribute(side) for side in (item.left, *item.comparators)}
            columns = {side for side in sides if _is_column(side)}
            found |= columns if len(columns) == 1 else set()  # two columns join tables
        elif isinstance(item, ast.Call) and isinstance(item.func, ast.Attribute):
            if item.func.attr == "in_":
                found |= {attribute(item.func.value)}
            elif item.func.attr == "filter_by":
                found |= {keyword.arg for keyword in item.keywords if keyword.arg is not None}
    return found - {""}


def _is_column(path: str) -> bool:
    """Whether a path can be an attribute of a class: `User.id`, `models.User.id`."""
    owner = path.rpartition(".")[0].rpartition(".")[2]
    return owner[:1].isupper()
