"""Commits of helpers that are wanted one by one, or that come to a handful.

A helper with a session of its own, with a loop of its own or with errors of its own does a job for each item;
links of one object, the parts of one thing and the different owners of rows are few.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import pairwise

import msgspec

from unlag.finding import Step
from unlag.project.index import Index
from unlag.project.syntax import FunctionSyntax
from unlag.project.table import FunctionEntry
from unlag.rules.database._calls import may_query, sent_query
from unlag.rules.database._lengths import assigned
from unlag.rules.database._loops import Loop
from unlag.rules.database._own_errors import catches_all
from unlag.rules.database._reaches import Behind
from unlag.rules.database._transactions import is_write
from unlag.rules.nodes import own_nodes
from unlag.rules.places import Chain, bound_names, chain_to, last_name, names_in, tree_of
from unlag.rules.view import FunctionView
from unlag.source.facts import Call

_LONGEST_WAY = 3
"""Functions on the way to a commit from which on it is a step of a job."""
_MOST_CALLS = 20
"""Calls in a round from which on it is a job."""
_SAME_ITEMS = frozenset(
    {"enumerate", "zip", "sorted", "reversed", "list", "set", "tuple", "items", "values", "keys"}
)
_MANY = re.compile(r"(?:^|_)(?:ids|items|rows|records|entries|objects)$")
"""Names that only say that there are many."""
_OWN = frozenset({"self", "cls"})
_ROWS_WRITTEN = frozenset(
    {"add", "add_all", "begin", "close", "commit", "flush", "refresh", "rollback", "expunge"}
)
_STATEMENTS = frozenset({"execute", "exec"})


class _Place(msgspec.Struct, frozen=True):
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


def is_wanted(view: FunctionView, loop: Loop, way: Behind) -> bool:
    """Whether a helper's commit is wanted for each item, or the items are a handful."""
    if len(way.steps) > _LONGEST_WAY or _is_migration(view, way):
        return True
    if _are_parts(loop.iterated) or _are_owners(view, loop.iterated):
        return True
    if _is_long(view, loop):
        return True
    places = list(_places(view, loop.inside[-1], way.steps[1:]))
    return (
        any(_opens_session(place) and not _only_writes(place) for place in places)
        or any(map(_keeps_errors, places[:-1]))
        or any(_goes_through_items(view.index, place) for place in places)
        or any(_adds_links(place.tree.node) for place in places[-1:])
    )


def _is_migration(view: FunctionView, way: Behind) -> bool:
    names = (view.entry.id, *(f"{step.path}:{step.function}" for step in way.steps))
    return any("migrat" in name.lower() for name in names)


def _are_parts(iterated: ast.expr) -> bool:
    """Whether a loop goes through an attribute or an entry of one thing, which holds its parts."""
    node = _plain(iterated)
    if isinstance(node, ast.Attribute):
        return not _MANY.search(node.attr)
    if isinstance(node, ast.Call) and last_name(node.func) == "get" and node.args:
        key = node.args[0]
        return isinstance(key, ast.Constant) and not _MANY.search(str(key.value))
    return False


def _plain(node: ast.expr) -> ast.expr:
    """An iterable without what only goes through it in another way, the first one of several."""
    while isinstance(node, ast.Call) and last_name(node.func) in _SAME_ITEMS:
        if isinstance(node.func, ast.Attribute):
            node = node.func.value
        elif node.args:
            node = node.args[0]
        else:
            break
    return node


def _are_owners(view: FunctionView, iterated: ast.expr) -> bool:
    """Whether a loop goes through a set that holds what several rows have in common: `{row.owner for row in rows}`."""
    node = _plain(iterated)
    tree = tree_of(view.index, view.entry)
    if not isinstance(node, ast.Name) or tree is None:
        return isinstance(node, ast.SetComp)
    given = assigned(tree.node, node.id)
    return bool(given) and all(isinstance(item, ast.SetComp) or _is_empty(item) for item in given)


def _is_empty(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and last_name(node.func) == "set" and not node.args


def _is_long(view: FunctionView, loop: Loop) -> bool:
    """Whether so much happens in each round that the commit is one step of many."""
    first, last = loop.lines
    return sum(1 for call, _ in view.calls() if first <= call.line <= last) > _MOST_CALLS


def _places(view: FunctionView, before: ast.AST, steps: tuple[Step, ...]) -> Iterator[_Place]:
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
        yield _Place(entry, tree, chain, _given(entry, before))
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


def _opens_session(place: _Place) -> bool:
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
    session = _receiver(place.node)
    made = assigned(place.tree.node, session) if session not in place.given | _OWN else []
    return bool(made) and all(
        isinstance(item, ast.Call) and place.given.isdisjoint(names_in(item)) for item in made
    )


def _only_writes(place: _Place) -> bool:
    """Whether all that happens with a session is that a row is written: all rows can be sent at once."""
    session = _receiver(place.node)
    if not session:
        return False
    asked = 0
    for node in own_nodes(place.tree.node):
        if not isinstance(node, ast.Call):
            continue
        if _receiver(node) == session:
            asked += last_name(node.func) in _STATEMENTS
            if last_name(node.func) not in (*_ROWS_WRITTEN, *_STATEMENTS):
                return False
        elif session in names_in(node) and not _is_around(node, session):
            return False
    return asked <= 1


def _is_around(node: ast.Call, session: str) -> bool:
    """Whether a call only goes on with what a session gave: `(await session.execute(...)).one()`."""
    given = [*node.args, *(keyword.value for keyword in node.keywords)]
    return not any(session in names_in(item) for item in given)


def _receiver(node: ast.AST) -> str:
    """The name of what a method is called on; empty where that is no plain name."""
    value = (
        node.func.value
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        else None
    )
    return value.id if isinstance(value, ast.Name) else ""


def _keeps_errors(place: _Place) -> bool:
    """Whether the error of one item's job is caught, whatever it is, and the next item's goes on."""
    return any(
        isinstance(node, ast.Try) and below in node.body and any(map(catches_all, node.handlers))
        for node, below in pairwise(place.chain)
    )


def _goes_through_items(index: Index, place: _Place) -> bool:
    """Whether a function has a loop of its own that asks the database, or adds rows."""
    links = index.links.get(place.entry.id)
    if links is None:
        return False
    for node in own_nodes(place.tree.node):
        if not isinstance(node, ast.For | ast.AsyncFor) or _is_retried(node.iter):
            continue
        site = place.tree.site(node)
        calls = zip(place.entry.facts.calls, links.callees, strict=True)
        if any(
            _asks(index, call, callee)
            for call, callee in calls
            if site.line < call.line <= site.end_line
        ):
            return True
        if any(
            may_query(index, edge.target)
            for edge in links.edges
            if site.line < edge.line <= site.end_line
        ):
            return True
    return False


def _is_retried(iterated: ast.expr) -> bool:
    return isinstance(iterated, ast.Call) and last_name(iterated.func) == "range"


def _asks(index: Index, call: Call, callee: str) -> bool:
    return bool(sent_query(index.knowledge, call, callee)) or is_write(index.knowledge, callee)


def _adds_links(function: ast.AST) -> bool:
    """Whether a function adds to what an object is related to: `user.roles.append(role)`."""
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("append", "remove")
        and isinstance(node.func.value, ast.Attribute)
        and isinstance(node.func.value.value, ast.Name)
        and node.func.value.value.id not in _OWN
        for node in own_nodes(function)
    )
