"""Calls that only wait for files and only run once something has failed: the loop has few such waits to make."""

from __future__ import annotations

import ast
from itertools import pairwise

from unlag.project.graph import category_of
from unlag.project.links import Edge, Hazard
from unlag.rules.places import chain_to, tree_of
from unlag.rules.view import FunctionView, Site
from unlag.source.facts import IN_EXCEPT, SELDOM
from unlag.source.guards import refuses

_ALL = ("Exception", "BaseException")


def is_after_failure(function: FunctionView, site: Edge | Hazard, hazard: Hazard) -> bool:
    """Whether a place leads to a cheap call or to the disk, and is only come to once something has failed.

    That is an `except`, and a branch that always raises. For the disk it has to be an `except` of any
    error: one that names its errors can be the usual way: `except FileNotFoundError:` makes the file.
    """
    is_cheap = category_of(hazard) == "metadata"
    if not is_cheap and hazard.cost != "disk":
        return False
    if site.flags & IN_EXCEPT and (is_cheap or _is_for_any_error(function, site)):
        return True
    return bool(site.flags & SELDOM) and _is_refused(function, site)


def _is_refused(function: FunctionView, site: Site) -> bool:
    chain = chain_to(tree_of(function.index, function.entry), site)
    return any(
        isinstance(node, ast.If)
        and any(inner in branch and refuses(branch) for branch in (node.body, node.orelse))
        for node, inner in pairwise(chain)
    )


def _is_for_any_error(function: FunctionView, site: Site) -> bool:
    chain = chain_to(tree_of(function.index, function.entry), site)
    return any(isinstance(node, ast.ExceptHandler) and _catches_all(node) for node in chain)


def _catches_all(handler: ast.ExceptHandler) -> bool:
    kind = handler.type
    return kind is None or (isinstance(kind, ast.Name) and kind.id in _ALL)
