"""Arguments of calls as syntax, and whether the code around a call is for development anyway."""

from __future__ import annotations

import ast
import re

from unlag.deployment.names import development_word, is_for_development
from unlag.project.syntax import NodeSite
from unlag.rules.view import FunctionView
from unlag.source import facts
from unlag.source.facts import Call
from unlag.source.scopes import MODULE

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
    node = _node(view, call)
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


def _node(view: FunctionView, call: Call) -> ast.Call | None:
    if view.facts.qualname != MODULE:
        syntax = view.syntax(view.entry)
        nodes = ast.walk(syntax.node) if syntax is not None else ()
        calls = [node for node in nodes if isinstance(node, ast.Call)]
        places = [syntax.site(node) for node in calls] if syntax is not None else []
    else:
        calls = _module_calls(view.index.text_of(view.entry.path) or "")
        shift = view.entry.offset
        places = [
            NodeSite(
                node.lineno - shift, node.col_offset, (node.end_lineno or 0) - shift, node.end_col_offset or 0
            )
            for node in calls
        ]  # fmt: skip
    for node, place in zip(calls, places, strict=True):
        if (place.line, place.column) == (
            call.line,
            call.column,
        ) and place.end_line == call.end_line:
            if place.end_column == call.end_column:
                return node
    return None


def _module_calls(text: str) -> list[ast.Call]:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
