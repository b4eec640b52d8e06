"""The edit that silences one rule on one line, merged with a comment that is there already.

Tries a comment by reading the result the way the engine will; offers no edit where none would work.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from unlag.deployment.comments import first_line
from unlag.deployment.holding import content
from unlag.deployment.names import kind_of
from unlag.deployment.reading import read
from unlag.finding import Edit, Finding, Span
from unlag.fixes.composing import apply_edits
from unlag.source.suppressions import Suppression, suppressions

_FARTHEST = 200
"""Lines behind a finding in which the end of its statement is looked for."""


def edit(finding: Finding, text: str) -> Edit | None:
    """The edit after which `finding` is ignored in `text`; None where no comment can do that."""
    if kind_of(finding.path) is not None:
        return _in_deployment(finding, text)
    merged = _merged(finding, suppressions(text))
    if merged is not None:
        return merged
    lines = text.split("\n")
    for number in _candidates(finding.span, len(lines)):
        line = lines[number - 1]
        column = len(line.rstrip())
        span = Span(number, column, number, len(line))
        attempt = Edit(finding.path, span, f"  {_comment(finding.rule)}")
        after = apply_edits(text, (attempt,))
        if any(item.line == number and _covers(item, finding) for item in suppressions(after)):
            return attempt
    return None


def _in_deployment(finding: Finding, text: str) -> Edit | None:
    """Behind the line where a comment can stand there and nothing else changes, else above it."""
    before = read(finding.path, text)
    merged = _merged(finding, before.suppressions)
    if merged is not None:
        return merged
    lines = text.split("\n")
    line = finding.span.line
    comment = _comment(finding.rule)
    attempts = [Edit(finding.path, _end_of(line, lines), f"  {comment}")]
    for number in (first_line(line, lines, before.kind), line):
        indent = lines[number - 1][: len(lines[number - 1]) - len(lines[number - 1].lstrip())]
        place = Span(number, 0, number, 0)
        attempts.append(Edit(finding.path, place, f"{indent}{comment}\n"))
    for attempt in attempts:
        after = read(finding.path, apply_edits(text, (attempt,)))
        shift = attempt.text.count("\n")
        moved = msgspec.structs.replace(
            finding, span=Span(line + shift, 0, finding.span.end_line + shift, 0)
        )
        is_silent = any(_covers(item, moved) for item in after.suppressions)
        if is_silent and content(after) == content(before):
            return attempt
    return None


def _end_of(line: int, lines: list[str]) -> Span:
    return Span(line, len(lines[line - 1].rstrip()), line, len(lines[line - 1]))


def _merged(finding: Finding, asked: Iterable[Suppression]) -> Edit | None:
    for item in asked:
        is_ours = item.form == "unlag" and not item.applies_to_file and item.names
        if is_ours and _is_near(item, finding.span):
            span = Span(item.line, item.column, item.line, item.end_column)
            return Edit(finding.path, span, _comment(*item.names, finding.rule))
    return None


def _comment(*names: str) -> str:
    return f"# unlag: ignore[{', '.join(dict.fromkeys(names))}]"


def _candidates(span: Span, last: int) -> Iterator[int]:
    """Lines whose end can hold the comment: the finding's own first, then its statement's last."""
    yield from range(span.line, min(span.line + _FARTHEST, last) + 1)


def _covers(item: Suppression, finding: Finding) -> bool:
    return finding.rule in item.names and _is_near(item, finding.span)


def _is_near(item: Suppression, span: Span) -> bool:
    """Whether what the comment covers touches the finding."""
    return item.target_line <= span.end_line and span.line <= item.target_end_line
