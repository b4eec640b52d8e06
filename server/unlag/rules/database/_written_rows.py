"""Objects of Tortoise and Beanie that a loop over a query writes back one by one."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import msgspec

from unlag.project.syntax import NodeSite
from unlag.rules.database._lengths import is_long
from unlag.rules.database._loops import iterated_text, words_for
from unlag.rules.database._object_queries import of_objects, query_in
from unlag.rules.database._tortoise import each_time
from unlag.rules.places import dotted, tree_of
from unlag.rules.view import FunctionView

_WRITING = frozenset(
    {"save", "delete", "save_changes", "replace", "update", "set", "inc", "refresh_from_db", "sync"}
)


class Written(msgspec.Struct, frozen=True):
    """One place in a loop that writes its object, or reads it again."""

    site: NodeSite
    call: str
    library: str
    words: str
    """What the loop runs over."""


def written_rows(view: FunctionView) -> Iterator[Written]:
    """Every object that is written for itself in a loop over all that a query found."""
    if not view.facts.is_async or not any(map(of_objects, view.links.callees)):
        return
    tree = tree_of(view.index, view.entry)
    for loop in ast.walk(tree.node) if tree is not None else ():
        if tree is None or not isinstance(loop, ast.For | ast.AsyncFor):
            continue
        is_looped = isinstance(loop, ast.AsyncFor)
        query = query_in(view, tree, loop.iter, is_looped=is_looped)
        if query is None or not query.model or not isinstance(loop.target, ast.Name):
            continue
        if not is_long(view, tree, loop, loop.iter):
            continue
        for node in each_time(list(loop.body)):
            call = node.value if isinstance(node, ast.Await) else None
            if isinstance(call, ast.Call):
                owner, _, member = dotted(call.func).rpartition(".")
                if owner == loop.target.id and member in _WRITING:
                    words = words_for(iterated_text(loop.iter))
                    yield Written(tree.site(call), dotted(call.func), query.library, words)
