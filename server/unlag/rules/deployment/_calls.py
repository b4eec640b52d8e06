"""Arguments of calls as syntax, and whether the code around a call is for development anyway."""

from __future__ import annotations

import ast
import re

from unlag.deployment.names import development_word, is_for_development
from unlag.project.syntax import NodeSite
from unlag.rules.nodes import all_nodes
from unlag.rules.view import FunctionView
from unlag.source import facts
from unlag.source.facts import Call
from unlag.source.scopes import MODULE
from unlag.source.tree import UNREADABLE

_ABOVE = 3
_DOCSTRING = re.compile(r'(?:\s*#[^\n]*\n)*\s*[rR]?("""|\'\'\').*?\1', re.DOTALL)


def passed(view: FunctionView, call: Call, name: str, position: int = -1) -> ast.expr | None:
    """The expression passed as `name=` or at `position`; None where there is none."""
    written = call.argument(position, name)
    if written is None:
        return None
    if written in ("True", "False", "None"):
        return ast.parse(written, mode="eval").body
    if written[:1] == "'":
        return ast.Constant(written[1:])
    if written[:1] == "#":
        return ast.Constant(1 if written[1:] not in ("0", "") else 0)
    node = node_of(view, call)
    if node is None:
        return None
    if 0 <= position < len(node.args):
        return node.args[position]
    return next((item.value for item in node.keywords if item.arg == name), None)


def is_guarded(view: FunctionView, call: Call) -> bool:
    """Whether a call runs only under a condition, or stands in code named for development."""
    if call.flags & (facts.CONDITIONAL | facts.IN_EXCEPT):
        return True
    if development_word(view.index.relative(view.entry.path)):
        return True
    qualname = "" if view.facts.qualname == MODULE else view.qualname
    return is_for_development(qualname.replace(".", "_"))


def said_about(view: FunctionView, call: Call) -> str:
    """The comments at a call and right above it, and the docstring of its file."""
    lines = (view.index.text_of(view.entry.path) or "").split("\n")
    first = call.line + view.entry.offset
    near = lines[max(first - 1 - _ABOVE, 0) : call.end_line + view.entry.offset]
    comments = [line.partition("#")[2] for line in near]
    docstring = _DOCSTRING.match("\n".join(lines[:40]))
    return "\n".join([*comments, docstring[0] if docstring else ""])


def node_of(view: FunctionView, call: Call) -> ast.Call | None:
    """The syntax of a call; None where the text does not parse just now."""
    wanted = (call.line, call.column, call.end_line, call.end_column)
    for statement in statements_of(view):
        for node in all_nodes(statement):
            if isinstance(node, ast.Call):
                site = site_of(view, node)
                if (site.line, site.column, site.end_line, site.end_column) == wanted:
                    return node
    return None


def statements_of(view: FunctionView, *, whole_file: bool = False) -> list[ast.stmt]:
    """The statements of a function's body, or of its file."""
    if view.facts.qualname != MODULE and not whole_file:
        syntax = view.syntax(view.entry)
        return syntax.node.body if syntax is not None else []
    try:
        return ast.parse(view.index.text_of(view.entry.path) or "").body
    except UNREADABLE:
        return []


def site_of(view: FunctionView, node: ast.expr | ast.stmt) -> NodeSite:
    """Where a node of a function's body stands, in the numbering of its facts."""
    syntax = view.syntax(view.entry) if view.facts.qualname != MODULE else None
    if syntax is not None:
        return syntax.site(node)
    shift, end_line = view.entry.offset, node.end_lineno or node.lineno
    return NodeSite(
        node.lineno - shift, node.col_offset, end_line - shift, node.end_col_offset or 0
    )
