"""Commits of helpers that are wanted one by one, or that come to a handful.

A helper with a session of its own, with a loop of its own or with errors of its own does a job for each item;
links of one object, the parts of one thing and the different owners of rows are few.
"""

from __future__ import annotations

import ast
import re
from itertools import pairwise

from unlag.project.index import Index
from unlag.rules.database._calls import may_query, sent_query
from unlag.rules.database._loops import Loop
from unlag.rules.database._own_errors import catches_all
from unlag.rules.database._owners import are_owners, plain
from unlag.rules.database._reaches import Behind
from unlag.rules.database._transactions import is_write
from unlag.rules.database._way_places import Place, is_migration, opens_session, places_of, receiver
from unlag.rules.nodes import own_nodes
from unlag.rules.places import last_name, names_in
from unlag.rules.view import FunctionView
from unlag.source.facts import Call

_LONGEST_WAY = 3
"""Functions on the way to a commit from which on it is a step of a job."""
_MOST_CALLS = 20
"""Calls in a round from which on it is a job."""
_MANY = re.compile(r"(?:^|_)(?:ids|items|rows|records|entries|objects)$")
"""Names that only say that there are many."""
_OWN = frozenset({"self", "cls"})
_ROWS_WRITTEN = frozenset(
    {"add", "add_all", "begin", "close", "commit", "flush", "refresh", "rollback", "expunge"}
)
_STATEMENTS = frozenset({"execute", "exec"})


def is_wanted(view: FunctionView, loop: Loop, way: Behind) -> bool:
    """Whether a helper's commit is wanted for each item, or the items are a handful."""
    if len(way.steps) > _LONGEST_WAY or is_migration(view, way):
        return True
    if _are_parts(loop.iterated) or are_owners(view, loop.iterated):
        return True
    if _is_long(view, loop):
        return True
    places = list(places_of(view, loop.inside[-1], way.steps[1:]))
    return (
        any(opens_session(place) and not _only_writes(place) for place in places)
        or any(map(_keeps_errors, places[:-1]))
        or any(_goes_through_items(view.index, place) for place in places)
        or any(_adds_links(place.tree.node) for place in places[-1:])
    )


def _are_parts(iterated: ast.expr) -> bool:
    """Whether a loop goes through an attribute or an entry of one thing, which holds its parts."""
    node = plain(iterated)
    if isinstance(node, ast.Attribute):
        return not _MANY.search(node.attr)
    if isinstance(node, ast.Call) and last_name(node.func) == "get" and node.args:
        key = node.args[0]
        return isinstance(key, ast.Constant) and not _MANY.search(str(key.value))
    return False


def _is_long(view: FunctionView, loop: Loop) -> bool:
    """Whether so much happens in each round that the commit is one step of many."""
    first, last = loop.lines
    return sum(1 for call, _ in view.calls() if first <= call.line <= last) > _MOST_CALLS


def _only_writes(place: Place) -> bool:
    """Whether all that happens with a session is that a row is written: all rows can be sent at once."""
    session = receiver(place.node)
    if not session:
        return False
    asked = 0
    for node in own_nodes(place.tree.node):
        if not isinstance(node, ast.Call):
            continue
        if receiver(node) == session:
            asked += last_name(node.func) in _STATEMENTS
            if last_name(node.func) not in (*_ROWS_WRITTEN, *_STATEMENTS):
                return False
        elif _hands_on(node, session):
            return False
    return asked <= 1


def _hands_on(node: ast.Call, session: str) -> bool:
    given = [*node.args, *(keyword.value for keyword in node.keywords)]
    return any(session in names_in(item) for item in given)


def _keeps_errors(place: Place) -> bool:
    """Whether the error of one item's job is caught, whatever it is, and the next item's goes on."""
    return any(
        isinstance(node, ast.Try) and below in node.body and any(map(catches_all, node.handlers))
        for node, below in pairwise(place.chain)
    )


def _goes_through_items(index: Index, place: Place) -> bool:
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
