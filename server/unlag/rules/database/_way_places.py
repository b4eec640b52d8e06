"""The calls on the way from a loop to what is asked of the database, with the trees that they stand in."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import msgspec

from unlag.finding import Step
from unlag.project.syntax import FunctionSyntax
from unlag.project.table import FunctionEntry
from unlag.rules.database._lengths import assigned
from unlag.rules.database._reaches import Behind
from unlag.rules.places import Chain, bound_names, chain_to, names_in, tree_of
from unlag.rules.view import FunctionView

_OWN = frozenset({"self", "cls"})


class Place(msgspec.Struct, frozen=True):
    """A call on the way to a commit."""

    entry: FunctionEntry
    tree: FunctionSyntax
    chain: Chain
    """The call last."""
    given: frozenset[str]
    """The parameters of its function that the call before it on the way says anything of."""

    @property
    def node(self) -> ast.AST:
        return self.chain[-1]


def places_of(view: FunctionView, before: ast.AST, steps: tuple[Step, ...]) -> Iterator[Place]:
    """The calls of a way, from that on which the call `before` in a loop leads to."""
    for step in steps:
        entry = view.index.function(f"{step.path}:{step.function}")
        tree = tree_of(view.index, entry) if entry is not None else None
        if entry is None or tree is None:
            return
        sites = [(call.line + entry.offset, call.column) for call in entry.facts.calls]
        if (step.line, step.column) not in sites:
            return
        chain = chain_to(tree, entry.facts.calls[sites.index((step.line, step.column))])
        if not chain:
            return
        yield Place(entry, tree, chain, _given(entry, before))
        before = chain[-1]


def _given(entry: FunctionEntry, call: ast.AST) -> frozenset[str]:
    """The parameters of a function that a call of it passes, or may."""
    parameters = entry.facts.parameters
    names = {item.name for item in parameters} - _OWN
    if not isinstance(call, ast.Call) or any(isinstance(item, ast.Starred) for item in call.args):
        return frozenset(names)
    passed = {item.arg for item in call.keywords}
    if None in passed:
        return frozenset(names)
    by_place = [item.name for item in parameters if not item.star and item.name not in _OWN]
    passed.update(by_place[: len(call.args)])
    return (
        frozenset(item.name for item in parameters if not item.default or item.name in passed)
        & names
    )


def opens_session(place: Place) -> bool:
    """Whether what a call uses was made in its function, of nothing that the function is given."""
    used = names_in(place.node)
    for node in place.chain:
        if isinstance(node, ast.With | ast.AsyncWith) and any(
            isinstance(item.context_expr, ast.Call)
            and item.optional_vars is not None
            and not used.isdisjoint(bound_names(item.optional_vars))
            and place.given.isdisjoint(names_in(item.context_expr))
            for item in node.items
        ):
            return True
    session = receiver(place.node)
    made = assigned(place.tree.node, session) if session not in place.given | _OWN else []
    return bool(made) and all(
        isinstance(item, ast.Call) and place.given.isdisjoint(names_in(item)) for item in made
    )


def receiver(node: ast.AST) -> str:
    """The name of what a method is called on; empty where that is no plain name."""
    value = (
        node.func.value
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        else None
    )
    return value.id if isinstance(value, ast.Name) else ""


def is_migration(view: FunctionView, way: Behind) -> bool:
    names = (view.entry.id, *(f"{step.path}:{step.function}" for step in way.steps))
    return any("migrat" in name.lower() for name in names)
