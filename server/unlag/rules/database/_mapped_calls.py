"""Functions that `map` has run for every item of something long: `list(map(load, keys))`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import msgspec

from unlag.project.links import Edge
from unlag.rules.database._lengths import is_long
from unlag.rules.database._loops import iterated_text, words_for
from unlag.rules.database._reaches import edges_at
from unlag.rules.places import Chain, chain_to, tree_of
from unlag.rules.view import FunctionView
from unlag.source import facts
from unlag.source.facts import Call

_SELDOM = facts.ONCE | facts.IN_EXCEPT
_TAKING_ALL = frozenset(
    {"list", "tuple", "set", "frozenset", "dict", "sorted", "sum", "min", "max"}
)
"""Builtins that take every item of what they are given."""


class MappedCall(msgspec.Struct, frozen=True):
    """One `map` whose items are all taken."""

    call: Call
    edges: tuple[Edge, ...]
    """What it surely runs of the project for each item."""
    written: str
    """The function, as the text has it."""
    words: str
    """Whose items: see `words_for`."""


def mapped_calls(view: FunctionView) -> Iterator[MappedCall]:
    """Every `map` of a function over something that can be long, all of which is taken."""
    for call, callee in view.calls():
        if callee != "map" or call.flags & _SELDOM:
            continue
        edges = tuple(edges_at(view, call))
        tree = tree_of(view.index, view.entry) if edges else None
        chain = chain_to(tree, call)
        match chain[-1] if chain else None:
            case ast.Call(args=[function, iterated]) as node if tree is not None:
                if not isinstance(iterated, ast.Starred) and _takes_all(chain):
                    if is_long(view, tree, node, iterated):
                        words = words_for(iterated_text(iterated))
                        yield MappedCall(call, edges, _written(function), words)


def _takes_all(chain: Chain) -> bool:
    """Whether what stands around the last node takes every item: `list(...)`, `[*...]`, `gather(*...)`."""
    around = chain[-2]
    if isinstance(around, ast.Starred):
        return True
    return (
        isinstance(around, ast.Call)
        and isinstance(around.func, ast.Name)
        and around.func.id in _TAKING_ALL
    )


def _written(function: ast.expr) -> str:
    return "a lambda" if isinstance(function, ast.Lambda) else f"`{ast.unparse(function)}`"
