"""The edit that silences one rule on one line, merged with a comment that is there already.

Tries a comment by reading the result the way the engine will; offers no edit where none would work.
"""

from __future__ import annotations

from collections.abc import Iterator

from unlag.finding import Edit, Finding, Span
from unlag.fixes.apply import apply_edits
from unlag.source.suppressions import Suppression, suppressions

_FARTHEST = 200
"""Lines behind a finding in which the end of its statement is looked for."""


def edit(finding: Finding, text: str) -> Edit | None:
    """The edit after which `finding` is ignored in `text`; None where no comment can do that."""
    merged = _merged(finding, text)
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


def _merged(finding: Finding, text: str) -> Edit | None:
    for item in suppressions(text):
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
