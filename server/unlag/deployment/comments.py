"""Comments of deployment files, and the lines that `# unlag: ignore[...]` spares in them.

Where a comment may stand differs: in a Dockerfile only on a line of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from unlag.deployment.facts import Comment, Kind
from unlag.source.suppressions import Suppression, named_rules

_ALONE = frozenset({Kind.DOCKERFILE, Kind.PROCFILE, Kind.SYSTEMD})
_ANYWHERE = re.compile(r"(?:^|(?<=\s))#")


def comments(text: str, kind: Kind) -> tuple[Comment, ...]:
    """Every comment, in the order of the text."""
    found: list[Comment] = []
    for number, line in enumerate(text.split("\n"), 1):
        column = _column(line, kind)
        if column >= 0:
            found.append(Comment(number, column, line[column:], not line[:column].strip()))
    return tuple(found)


def _column(line: str, kind: Kind) -> int:
    if "#" not in line:
        return -1
    if kind in _ALONE:
        return line.index("#") if line.lstrip().startswith("#") else -1
    match = _ANYWHERE.search(line)
    return match.start() if match else -1


def suppressions(text: str, kind: Kind, found: Sequence[Comment]) -> tuple[Suppression, ...]:
    """What the comments ask to be silent about."""
    lines = text.split("\n")
    return tuple(item for comment in found for item in _asked(comment, lines, kind))


def _asked(comment: Comment, lines: list[str], kind: Kind) -> Iterator[Suppression]:
    for start, end, names in named_rules(comment.text):
        first = last = comment.line
        covers_file = False
        if comment.is_alone:
            first, last = _following(comment.line, lines, kind)
            covers_file = all(_is_idle(line) for line in lines[: comment.line])
        yield Suppression(
            comment.line,
            comment.column + start,
            comment.column + end,
            names,
            covers_file,
            "unlag",
            first,
            last,
        )


def _following(line: int, lines: list[str], kind: Kind) -> tuple[int, int]:
    """The lines of what stands below the line with that number."""
    first = line
    while first < len(lines) and _is_idle(lines[first]):
        first += 1
    if first == len(lines):
        return line, line
    last = first
    while last + 1 < len(lines) and _goes_on(lines, first, last, kind):
        last += 1
    return first + 1, last + 1


def _goes_on(lines: list[str], first: int, last: int, kind: Kind) -> bool:
    """Whether the line after `last` still belongs to what begins at `first`."""
    if kind is not Kind.COMPOSE:
        return lines[last].rstrip().endswith("\\") or lines[last].lstrip().startswith("#")
    following = lines[last + 1]
    indent, begin = _indent(following), _indent(lines[first])
    is_item = following.lstrip().startswith("- ") and not lines[first].lstrip().startswith("- ")
    return bool(following.strip()) and (indent > begin or (indent == begin and is_item))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _is_idle(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def first_line(line: int, lines: Sequence[str], kind: Kind) -> int:
    """The number of the line on which the statement on `line` begins; YAML has none."""
    first = number = line
    while number > 1 and kind is not Kind.COMPOSE:
        number -= 1
        if lines[number - 1].rstrip().endswith(("\\", "`")):
            first = number
        elif not lines[number - 1].lstrip().startswith("#"):
            break
    return first
