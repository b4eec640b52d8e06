"""Gives a function another return annotation, and imports what that names.

Plain text edits; what the annotation means is for the rule to know.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Sequence

from unlag.finding import Edit
from unlag.fixes import Refusal
from unlag.fixes.blocks import lines_from
from unlag.fixes.imports import member
from unlag.fixes.layout import width_of
from unlag.fixes.tree import Place, empty
from unlag.source.running import Function

_OPENING, _CLOSING = ("(", "[", "{"), (")", "]", "}")
_INVISIBLE = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE)


def annotated(place: Place, arguments: Sequence[str]) -> tuple[Edit, ...] | Refusal:
    """Edits that annotate the function at `place`; the arguments are the annotation and full names to import."""
    function = place.node
    assert isinstance(function, Function)
    annotation, *wanted = arguments
    edits: list[Edit] = []
    for path in wanted:
        module, _, name = path.rpartition(".")
        if module != "typing" and not _is_imported(place.tree, module):
            return Refusal(f"`{name}` is known for typing only: import it when the file runs.")
        found = member(place, module, name)
        if found is None:
            return Refusal(f"`{name}` means something else in this file.")
        annotation = re.sub(rf"\b{name}\b", found.name, annotation)
        edits.extend(found.edits)
    made = with_annotation(place, function, annotation)
    return (*edits, *made) if made else Refusal("It cannot be told where the parameters end.")


def with_annotation(place: Place, function: Function, annotation: str) -> tuple[Edit, ...]:
    """Edits after which `function` is annotated to return `annotation`; none where the text is strange."""
    if function.returns is not None:
        return (Edit(place.path, place.span(function.returns), annotation),)
    head = _end_of_parameters(place, function)
    if head is None:
        return ()
    number, end = head
    added = Edit(place.path, empty(number, end + 1), f" -> {annotation}")
    is_one_line = number == function.lineno
    return (*_broken(place, function, end, added), added) if is_one_line else (added,)


def _end_of_parameters(place: Place, function: Function) -> tuple[int, int] | None:
    """Line and column of the parenthesis in front of the colon that ends the head; None where there is none."""
    text = "\n".join(place.lines[function.lineno - 1 :])[place.span(function).column :]
    depth = 0
    closed: tuple[int, int] | None = None
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type in _INVISIBLE:
            continue
        if token.string == ":" and not depth:
            break
        depth += (token.string in _OPENING) - (token.string in _CLOSING)
        closed = token.start if token.string == ")" and not depth else None
    if closed is None:
        return None
    line, column = closed
    shift = place.span(function).column if line == 1 else 0
    return function.lineno + line - 1, column + shift


def _broken(place: Place, function: Function, end: int, added: Edit) -> tuple[Edit, ...]:
    """Edits that put the parameters on a line of their own, where a head of one line gets too long."""
    line = place.lines[function.lineno - 1]
    width = width_of(place)
    start = re.match(rf"\s*(async\s+)?def\s+{function.name}\(", line)
    if start is None or len(line) + len(added.text) <= width:
        return ()
    indent = line[: len(line) - len(line.lstrip())]
    inner = indent + lines_from(place).unit
    given = line[start.end() : end]
    if not given or len(inner) + len(given) > width:
        return ()
    first = Edit(place.path, empty(function.lineno, start.end()), f"\n{inner}")
    return (first, Edit(place.path, empty(function.lineno, end), f"\n{indent}"))


def _is_imported(module: ast.Module, name: str) -> bool:
    """Whether the file takes something from the module `name` whenever it runs."""
    imports = (s for s in module.body if isinstance(s, ast.ImportFrom))
    return any(statement.module == name and not statement.level for statement in imports)
