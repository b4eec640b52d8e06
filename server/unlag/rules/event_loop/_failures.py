"""Calls that only wait for files and only run once something has failed: the loop has few such waits to make."""

from __future__ import annotations

import ast

from unlag.project.graph import category_of
from unlag.project.links import Edge, Hazard
from unlag.rules.places import chain_to, tree_of
from unlag.rules.view import FunctionView, Site
from unlag.source.facts import IN_EXCEPT

_ALL = ("Exception", "BaseException")


def is_after_failure(function: FunctionView, site: Edge | Hazard, hazard: Hazard) -> bool:
    """Whether a place stands in an `except` and leads to a cheap call, or in one of any error and leads to the disk.

    An `except` that names its errors can be the usual way: `except FileNotFoundError:` makes the file.
    """
    if not site.flags & IN_EXCEPT:
        return False
    if category_of(hazard) == "metadata":
        return True
    return hazard.cost == "disk" and _is_for_any_error(function, site)


def _is_for_any_error(function: FunctionView, site: Site) -> bool:
    chain = chain_to(tree_of(function.index, function.entry), site)
    return any(isinstance(node, ast.ExceptHandler) and _catches_all(node) for node in chain)


def _catches_all(handler: ast.ExceptHandler) -> bool:
    kind = handler.type
    return kind is None or (isinstance(kind, ast.Name) and kind.id in _ALL)
