"""Which columns the statements of a function compare together: those of one query, built up in steps."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import msgspec

from unlag.rules.nodes import all_nodes, children_of
from unlag.rules.places import bound_names, dotted

_BEGINNING = frozenset({"select", "query", "update", "delete", "exists"})


class Part(msgspec.Struct, frozen=True):
    """One statement of a function, or the head of one with a body."""

    nodes: tuple[ast.AST, ...]
    """Every node of its expressions."""
    bound: frozenset[str]
    read: frozenset[str]
    compared: frozenset[str]
    """What it compares for equality: `User.id`, or `id` of `filter_by(id=key)`."""
    joined: frozenset[tuple[str, str]]
    """Pairs of columns that it compares for equality with each other."""
    begins: bool
    """Whether a query is begun in it."""

    def goes_with(self, other: Part) -> bool:
        """Whether both are parts of one query: one reads what the other binds, or both bind it."""
        return bool(
            self.bound & (other.bound | other.read) or other.bound & (self.bound | self.read)
        )


def parts_of(function: ast.AST) -> tuple[Part, ...]:
    """Every statement of a function, without those of the functions inside."""
    return tuple(_parts(function))


def going_with(parts: tuple[Part, ...], part: Part) -> tuple[Part, ...]:
    """A part and those that go with it."""
    return tuple(other for other in parts if other is part or other.goes_with(part))


def attribute(node: ast.expr) -> str:
    """`User.id`, plain or in SQLModel's `col(User.id)`; empty for anything else."""
    if isinstance(node, ast.Call) and len(node.args) == 1 and dotted(node.func).endswith("col"):
        node = node.args[0]
    return dotted(node)


def is_class(path: str) -> bool:
    """Whether a path can be a class: `User`, `models.User`."""
    return path.rpartition(".")[2][:1].isupper()


def named_by(call: ast.Call) -> set[str]:
    """`User.name` of `select(User).filter_by(name=text)`, where no join comes between."""
    if not isinstance(call.func, ast.Attribute) or call.func.attr != "filter_by":
        return set()
    begun: ast.expr = call.func.value
    while isinstance(begun, ast.Call) and isinstance(begun.func, ast.Attribute):
        name = begun.func.attr
        if name in _BEGINNING:
            break
        if "join" in name or name in ("select_from", "from_statement"):
            return set()
        begun = begun.func.value
    if not isinstance(begun, ast.Call) or not begun.args:
        return set()
    owner = dotted(begun.args[0])
    is_begun = dotted(begun.func).rpartition(".")[2] in _BEGINNING and is_class(owner)
    return {f"{owner}.{word.arg}" for word in call.keywords if word.arg} if is_begun else set()


def _parts(node: ast.AST) -> Iterator[Part]:
    for child in children_of(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        if isinstance(child, ast.stmt):
            yield _part(child)
        if isinstance(child, ast.stmt | ast.excepthandler | ast.match_case):
            yield from _parts(child)


def _part(node: ast.stmt) -> Part:
    heads = [item for item in children_of(node) if isinstance(item, ast.expr)]
    nodes = tuple(inner for head in heads for inner in all_nodes(head))
    bound: set[str] = set()
    if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        bound = set().union(*(bound_names(target) for target in targets))
    read = {item.id for item in nodes if isinstance(item, ast.Name)}
    compared: set[str] = set()
    joined: set[tuple[str, str]] = set()
    begins = False
    for item in nodes:
        if isinstance(item, ast.Call):
            begins = begins or dotted(item.func).rpartition(".")[2] in _BEGINNING
            compared |= _compared_by(item)
        elif isinstance(item, ast.Compare) and all(isinstance(op, ast.Eq) for op in item.ops):
            sides = [attribute(side) for side in (item.left, *item.comparators)]
            columns = tuple(dict.fromkeys(side for side in sides if _is_column(side)))
            if len(columns) == 2 and sum(map(_is_constant, columns)) == 1:
                columns = tuple(side for side in columns if not _is_constant(side))
            if len(columns) == 1:
                compared.update(columns)
            elif len(columns) == 2:
                joined.add((columns[0], columns[1]))
    return Part(
        nodes,
        frozenset(bound),
        frozenset(read),
        frozenset(compared - {""}),
        frozenset(joined),
        begins,
    )


def _compared_by(call: ast.Call) -> set[str]:
    if not isinstance(call.func, ast.Attribute):
        return set()
    if call.func.attr == "in_":
        return {attribute(call.func.value)}
    if call.func.attr == "filter_by":
        return {keyword.arg for keyword in call.keywords if keyword.arg is not None}
    return set()


def _is_column(path: str) -> bool:
    """Whether a path can be an attribute of a class: `User.id`, `models.User.id`."""
    return is_class(path.rpartition(".")[0])


def _is_constant(path: str) -> bool:
    """Whether an attribute is written like a member of an enumeration: `Status.OPEN`."""
    return path.rpartition(".")[2].isupper()
