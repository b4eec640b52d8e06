"""Breaks lines that a fix makes too long, as the common formatters would: calls in brackets, chains at their dots.

The width is the file's own. Where a break would need more than that, the line stays long.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from unlag.finding import Edit
from unlag.fixes.blocks import lines_from
from unlag.fixes.tree import Place, empty

_WIDTHS = (79, 88, 100, 120)
_ENOUGH = 200
"""Lines from which on a file shows that it keeps to the smallest width."""
_EXCEPTIONS = 100
"""One line in so many may be longer: texts and addresses are not broken."""


def width_of(place: Place) -> int:
    """How long the file's lines may be."""
    for width in _WIDTHS[len(place.lines) < _ENOUGH :]:
        longer = sum(len(line) > width for line in place.lines)
        if longer * _EXCEPTIONS <= len(place.lines):
            return width
    return _WIDTHS[-1]


def quoted(place: Place, text: str) -> str:
    """`text`, a plain word, in the quotes that the file uses more."""
    quote = "'" if place.text.count("'") > place.text.count('"') else '"'
    return f"{quote}{text}{quote}"


def fitted(place: Place, text: str, callee: str = "") -> str:
    """`text`, a call to stand in the node's place, broken in its brackets where the line gets too long.

    `callee` is what is called, where that is a call itself.
    """
    span = place.span(place.node)
    line, end = place.lines[span.line - 1], place.lines[span.end_line - 1]
    length = span.column + len(text) + len(end) - span.end_column
    if "\n" in text or ")(" in text or not text.endswith(")") or _is_in_text(place):
        return text
    if isinstance(place.parent, ast.Attribute | ast.IfExp):
        return text  # what stands around it is to be broken first
    if length <= width_of(place) or _opened(line[: span.column]):
        return text  # the brackets further out are the ones to break
    if "#" in end[span.end_column :]:
        return text  # the comment may speak to a tool of this very line
    indent = _indent(line)
    inner = indent + lines_from(place).unit
    head = callee or text.partition("(")[0]
    arguments = text[len(head) + 1 : -1]
    if not arguments or len(inner) + len(arguments) > width_of(place):
        return text
    return f"{head}(\n{inner}{arguments}\n{indent})"


def linked(place: Place, link: str) -> tuple[Edit, ...]:
    """The edits that put `link`, such as `.limit(1)`, behind the node, which may be part of a chain."""
    span = place.span(place.node)
    chain = _whole_chain(place)
    dots = list(_dots(chain))
    inline = _at(place, span.end_line, span.end_column, link)
    if _is_in_text(place):
        return (inline,)
    for dot_line, column in dots:
        if not place.lines[dot_line - 1][:column].strip():
            is_continued = place.lines[dot_line - 2].rstrip().endswith("\\")
            gap = (" \\\n" if is_continued else "\n") + place.lines[dot_line - 1][:column]
            return (_at(place, span.end_line, span.end_column, gap + link),)
    whole = chain.span(chain.node)
    start, end = place.lines[whole.line - 1], place.lines[whole.end_line - 1]
    is_one_line = whole.line == whole.end_line
    if is_one_line and len(start) + len(link) <= width_of(place):
        return (inline,)
    if dots and not start[: whole.column].strip() and _is_enclosed(chain):
        gap = "\n" + start[: whole.column]
        end_of_node = (span.end_line, span.end_column)
        written = gap + link + (gap if end_of_node in dots else "")
        breaks = (_at(place, *dot, gap) for dot in dots if dot != end_of_node)
        return (*breaks, _at(place, *end_of_node, written))
    if is_one_line and dots and _is_whole_value(chain) and not end[whole.end_column :].strip():
        return _in_brackets(chain, dots, _at(place, span.end_line, span.end_column, link))
    if is_one_line and end[whole.end_column :].startswith(")") and _is_only_argument(chain):
        indent = _indent(start)
        unit = lines_from(place).unit
        first = _at(place, whole.line, whole.column, f"\n{indent}{unit}")
        last = _at(place, whole.end_line, whole.end_column, f"\n{indent}")
        return (first, inline, last)
    return (inline,)


def _in_brackets(chain: Place, dots: list[tuple[int, int]], inline: Edit) -> tuple[Edit, ...]:
    """The edits that put a chain of one line, and `inline` into it, in brackets of its own."""
    whole = chain.span(chain.node)
    start = chain.lines[whole.line - 1]
    outer = f"\n{_indent(start)}"
    inner = outer + lines_from(chain).unit
    first = _at(chain, whole.line, whole.column, f"({inner}")
    last = _at(chain, whole.end_line, whole.end_column, f"{outer})")
    at = (inline.span.line, inline.span.column)
    length = len(inner) - 1 + whole.end_column - whole.column + len(inline.text)
    if length <= width_of(chain):
        return _in_order(first, inline, last)
    breaks = [_at(chain, *dot, inner) for dot in dots if dot != at]
    written = inner + inline.text + (inner if at in dots else "")
    return _in_order(first, *breaks, _at(chain, *at, written), last)


def _in_order(*edits: Edit) -> tuple[Edit, ...]:
    """Edits in the order of the text; those at one place become one."""
    found: dict[tuple[int, int], Edit] = {}
    for edit in edits:
        place = (edit.span.line, edit.span.column)
        known = found.get(place)
        text = edit.text if known is None else known.text + edit.text
        found[place] = Edit(edit.path, edit.span, text)
    return tuple(found[place] for place in sorted(found))


def _is_whole_value(chain: Place) -> bool:
    parent = chain.parent
    return isinstance(parent, ast.Assign | ast.Return) and parent.value is chain.node


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _opened(before: str) -> bool:
    """Whether a bracket is open at the end of a line's first part."""
    return any(before.count(one) > before.count(other) for one, other in ("()", "[]", "{}"))


def _is_in_text(place: Place) -> bool:
    return any(isinstance(node, ast.JoinedStr) for node in place.around)


def _whole_chain(place: Place) -> Place:
    """The place of the longest chain of calls that starts with the node."""
    node = place.node
    around = list(place.around)
    while len(around) > 1:
        attribute, call = around[-1], around[-2]
        if not isinstance(attribute, ast.Attribute) or not isinstance(call, ast.Call):
            break
        if attribute.value is not node or call.func is not attribute:
            break
        node = call
        del around[-2:]
    return place.up_to(node)


def _dots(chain: Place) -> Iterator[tuple[int, int]]:
    """Line and column of the dots behind the chain's calls, the last first."""
    node = chain.node
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        value = node.func.value
        if not isinstance(value, ast.Call | ast.Subscript):
            return
        end, stop = chain.span(value), chain.span(node.func)
        for line in range(end.end_line, stop.end_line + 1):
            start = end.end_column if line == end.end_line else 0
            column = chain.lines[line - 1].partition("#")[0].find(".", start)
            if column >= 0:
                yield line, column
                break
        node = value


def _is_enclosed(chain: Place) -> bool:
    return isinstance(chain.parent, ast.Call | ast.Await | ast.keyword)


def _is_only_argument(chain: Place) -> bool:
    parent = chain.parent
    return isinstance(parent, ast.Call) and parent.args == [chain.node] and not parent.keywords


def _at(place: Place, line: int, column: int, text: str) -> Edit:
    return Edit(place.path, empty(line, column), text)
