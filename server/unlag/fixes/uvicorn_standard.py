"""Asks for `uvicorn[standard]` where plain uvicorn is asked for, in whatever form the file has."""

from __future__ import annotations

import re

from unlag.finding import Edit, Span
from unlag.fixes import FixRequest, Refusal

_REQUIREMENT = re.compile(r"uvicorn(?:\[([^\]]*)\])?", re.IGNORECASE)
_WORD = re.compile(r"[^\s;&|\\]*")
_POETRY = re.compile(r"uvicorn\s*=\s*(\"[^\"]*\"|'[^']*')", re.IGNORECASE)


def edits(request: FixRequest) -> tuple[Edit, ...] | Refusal:
    """The requirement with the extra."""
    span = request.span
    lines = request.text.split("\n")
    line = lines[span.line - 1] if span.line <= len(lines) else ""
    poetry = _POETRY.match(line, span.column)
    if poetry is not None:
        place = Span(span.line, poetry.start(1), span.line, poetry.end(1))
        table = f'{{extras = ["standard"], version = {poetry[1]}}}'
        return (Edit(request.path, place, table),)
    match = _REQUIREMENT.match(line, span.column)
    if match is None or (
        line[match.end() :].lstrip()[:1] == "=" and line[match.end() :].lstrip()[:2] != "=="
    ):
        return Refusal("The requirement is written in a way that cannot be edited in place.")
    extras = [extra for extra in re.split(r"[\s,]+", match[1] or "") if extra]
    name = match[0].partition("[")[0]
    asked = f"{name}[{','.join([*extras, 'standard'])}]"
    end = match.end()
    if _is_bare_word(request.path, line, match.start()):
        rest = _WORD.match(line, end)
        assert rest is not None  # it matches nothing, too
        asked, end = f'"{asked}{rest[0]}"', rest.end()
    return (Edit(request.path, Span(span.line, match.start(), span.line, end), asked),)


def _is_bare_word(path: str, line: str, start: int) -> bool:
    """Whether a shell reads the requirement, which takes brackets without quotes for a pattern."""
    is_list = path.endswith((".txt", ".in", ".toml"))
    return not is_list and line[:start][-1:].isspace()
