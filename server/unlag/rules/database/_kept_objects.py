"""Whether what a function makes outlives the request: kept by it, by a caller, or by an object that is kept."""

from __future__ import annotations

import ast

from unlag.project.callables import CALLED
from unlag.project.index import Index
from unlag.project.links import DEPENDS, Edge
from unlag.project.table import FunctionEntry
from unlag.rules.database._keeping import Fate, fate_of
from unlag.rules.places import chain_to, dotted, tree_of
from unlag.rules.view import Site

_DEEPEST = 4
_CONSTRUCTOR = "__init__"


def is_kept(index: Index, entry: FunctionEntry, site: Site, depth: int = 0) -> bool:
    """Whether somebody keeps what the call at `site` gives, in this function or in its callers."""
    if depth < _DEEPEST and _is_for_the_object(index, entry, site):
        return _is_object_kept(index, entry, depth)
    tree = tree_of(index, entry)
    fate = fate_of(tree, site) if tree is not None else Fate.KEPT
    if fate is not Fate.GIVEN or entry.id in index.routes.by_function:
        return fate is Fate.KEPT
    if depth >= _DEEPEST:
        return True
    return any(
        caller is not None and not edge.through and is_kept(index, caller, edge, depth + 1)
        for caller, edge in _serving(index, entry)
    )


def _is_for_the_object(index: Index, entry: FunctionEntry, site: Site) -> bool:
    """Whether a constructor sets an attribute of its object to what the call gives, or calls another one."""
    if entry.facts.name != _CONSTRUCTOR or not entry.facts.owner or not entry.facts.parameters:
        return False
    chain = chain_to(tree_of(index, entry), site)
    if len(chain) < 2:
        return False
    match chain[-2]:
        case ast.Assign(targets=[target]) | ast.AnnAssign(target=target):
            return dotted(target).rpartition(".")[0] == entry.facts.parameters[0].name
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Call() as owner, attr=name))):
            return name == _CONSTRUCTOR and ast.unparse(owner.func) == "super"
    return False


def _is_object_kept(index: Index, entry: FunctionEntry, depth: int) -> bool:
    """Whether the objects that a constructor makes outlive the request, or it is not told that they do not."""
    if not _makes_each_time(index, f"{entry.path}:{entry.facts.owner}"):
        return True
    for caller, edge in _serving(index, entry):
        if edge.how == DEPENDS:
            continue
        if caller is None or edge.how != CALLED or is_kept(index, caller, edge, depth + 1):
            return True
    return False


def _makes_each_time(index: Index, class_id: str) -> bool:
    """Whether calling a class makes an object anew: it has no metaclass, `__new__` or decorator of its own."""
    resolver = index.resolver
    found = resolver.class_(class_id)
    if found is None or found.facts.keywords or found.facts.decorators:
        return False
    return resolver.member(class_id, "__new__") is None


def _serving(index: Index, entry: FunctionEntry) -> list[tuple[FunctionEntry | None, Edge]]:
    """The functions that run a function for requests, each with the place where it does."""
    return [
        (index.function(caller), edge)
        for caller, edge in index.callers_of(entry.id)
        if index.graph.serves(caller)
    ]
