"""From a place in a function's facts to the node of its syntax tree, and what stands around it."""

from __future__ import annotations

import ast
from typing import TypeAlias

from unlag.project.index import Index
from unlag.project.syntax import FunctionSyntax
from unlag.project.table import FunctionEntry
from unlag.rules.nodes import all_nodes
from unlag.rules.view import Site

Chain: TypeAlias = tuple[ast.AST, ...]
"""From a function's own node down to one inside it."""


def tree_of(index: Index, entry: FunctionEntry) -> FunctionSyntax | None:
    """The syntax tree of a function."""
    return index.syntax(entry)


def chain_to(tree: FunctionSyntax | None, site: Site) -> Chain:
    """The nodes from the function down to the expression that stands exactly at `site`.

    Empty where there is none: the text has moved on, or does not parse.
    """
    if tree is None:
        return ()
    wanted = (site.line, site.column, site.end_line, site.end_column)
    chain: list[ast.AST] = [tree.node]
    while True:
        inner = _child_around(tree, chain[-1], wanted)
        if inner is None:
            return ()
        chain.append(inner)
        if isinstance(inner, ast.expr) and _extent(tree, inner) == wanted:
            return tuple(chain)


def names_in(node: ast.AST) -> set[str]:
    """Every plain name that is read in `node`."""
    return {item.id for item in all_nodes(node) if isinstance(item, ast.Name)}


def bound_names(target: ast.AST) -> set[str]:
    """The names that an assignment or loop target binds."""
    return {
        item.id
        for item in all_nodes(target)
        if isinstance(item, ast.Name) and isinstance(item.ctx, ast.Store)
    }


def last_name(node: ast.AST) -> str:
    """`get` of `session.get` and of `get`; empty for what is neither a name nor an attribute."""
    name: str = getattr(node, "attr", getattr(node, "id", ""))
    return name


def dotted(node: ast.AST) -> str:
    """`a.b.c` as text; empty for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join([node.id, *reversed(parts)])


def _child_around(
    tree: FunctionSyntax, node: ast.AST, wanted: tuple[int, int, int, int]
) -> ast.AST | None:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr | ast.stmt | ast.excepthandler):
            extent = _extent(tree, child)
            if extent[:2] <= wanted[:2] and wanted[2:] <= extent[2:]:
                return child
        elif isinstance(child, ast.comprehension | ast.keyword | ast.withitem | ast.match_case):
            inner = _child_around(tree, child, wanted)
            if inner is not None:
                return child
    return None


def _extent(
    tree: FunctionSyntax, node: ast.expr | ast.stmt | ast.excepthandler
) -> tuple[int, int, int, int]:
    site = tree.site(node)  # type: ignore[arg-type] # handlers have the same positions
    return site.line, site.column, site.end_line, site.end_column
