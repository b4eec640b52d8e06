"""Calls that fetch the keys which tokens are signed with, for every request."""

from __future__ import annotations

import ast

from unlag.project.syntax import FunctionNode
from unlag.rules.nodes import nodes_in
from unlag.rules.reuse._constants import Constants
from unlag.rules.reuse._requests import runs_each_request
from unlag.rules.view import FunctionView
from unlag.source.facts import CONDITIONAL, Call

FETCHES = frozenset(
    {
        "requests.get",
        "requests.Session.get",
        "httpx.get",
        "httpx.Client.get",
        "httpx.AsyncClient.get",
        "urllib.request.urlopen",
        "aiohttp.ClientSession.get",
    }
)
_KEYS = ("jwks", "openid-configuration")


def fetches_keys(function: FunctionView, call: Call) -> bool:
    """Whether a call fetches signing keys from a constant place, and nobody keeps what it gives."""
    if call.flags & CONDITIONAL or not _speaks_of_keys(function, call):
        return False
    if not runs_each_request(function, always=True):
        return False
    syntax = function.syntax(function.entry)
    if syntax is None or _keeps(syntax.node):
        return False
    constants = Constants(function, syntax)
    node = constants.call_at(call)
    return node is not None and bool(node.args) and constants.is_constant(node.args[0])


def _speaks_of_keys(function: FunctionView, call: Call) -> bool:
    lines = function.index.lines_in(function.entry)
    first = call.line - function.facts.line
    text = " ".join(lines[first : first + call.end_line - call.line + 1]).lower()
    return any(word in text for word in _KEYS)


def _keeps(function: FunctionNode) -> bool:
    """Whether the function stores anything that outlives it."""
    for node in nodes_in(function):
        match node:
            case ast.Global() | ast.Nonlocal():
                return True
            case ast.Attribute(ctx=ast.Store()) | ast.Subscript(ctx=ast.Store()):
                return True
    return False
