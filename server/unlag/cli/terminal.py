"""A report for a person at a terminal: the line with its squiggle, the way there, the fix.

The only module of the check that imports rich.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.console import Group as Stack
from rich.padding import Padding
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from unlag.cli.places import printable, shown
from unlag.cli.plain import closing, entry_phrase, fix_label, statistics_lines
from unlag.cli.report import Group, Report, grouped
from unlag.finding import Finding, FixOffer, Safety, Severity, Span

_COLOURS = {
    Severity.ERROR: "red",
    Severity.WARNING: "yellow",
    Severity.INFORMATION: "cyan",
    Severity.HINT: "green",
}
_TAB = "    "
_PLACES_SHOWN = 12

LinesOf = Callable[[str], Sequence[str]]
"""The lines of a file; empty where it cannot be read."""


def show(console: Console, report: Report, lines_of: LinesOf, *, statistics: bool) -> None:
    """Print the whole report, one block for all findings that come down to one call."""
    groups = grouped(report.findings)
    for group in reversed(groups):  # the worst stands last, where the eye is
        console.print(_block(group, lines_of))
        console.print()
    if len(groups) > 1:
        console.print(_summary(groups))
        console.print()
    if statistics:
        for line in statistics_lines(report):
            console.print(Text(line))
        console.print()
    for line in closing(report):
        console.print(Text(line))


def _block(group: Group, lines_of: LinesOf) -> RenderableType:
    first = group.findings[0]
    parts: list[RenderableType] = [_headline(first), _message(first)]
    parts += _frame(first.span, lines_of(first.path), _COLOURS[first.severity])
    if first.trail or first.entry_points:
        parts.append(Padding(_way(first), (0, 0, 0, 2)))
    parts += [_offer(offer) for offer in first.fixes]
    if len(group.findings) > 1:
        parts.append(_others(group.findings[1:]))
    return Stack(*parts)


def _headline(finding: Finding) -> Text:
    colour = _COLOURS[finding.severity]
    place = f"{shown(finding.path)}:{finding.span.line}:{finding.span.column + 1}"
    return Text.assemble(
        (place, "bold"),
        "  ",
        (finding.severity.value, f"bold {colour}"),
        " ",
        (finding.code, colour),
        " ",
        (finding.rule, "dim"),
    )


def _message(finding: Finding) -> Text:
    text = Text(printable(finding.message))
    text.highlight_regex(r"`[^`]+`", "bold")
    return text


def _frame(span: Span, lines: Sequence[str], colour: str) -> list[RenderableType]:
    """The line, the one before it and the squiggle below it."""
    if span.line > len(lines):
        return []
    width = len(str(span.line))
    above = [span.line - 1] if span.line > 1 and lines[span.line - 2].strip() else []
    code = [_code_line(number, width, lines[number - 1]) for number in [*above, span.line]]
    line = lines[span.line - 1]
    end = span.end_column if span.end_line == span.line else len(line)
    before = cell_len(_expanded(line[: span.column]))
    marked = max(1, cell_len(_expanded(line[span.column : end])))
    squiggle = Text(f"  {' ' * width} | ", "dim", no_wrap=True, overflow="ellipsis")
    squiggle.append(" " * before + "~" * marked, f"bold {colour}")
    return [*code, squiggle]


def _code_line(number: int, width: int, line: str) -> Text:
    text = Text(f"  {number:>{width}} | ", "dim", no_wrap=True, overflow="ellipsis")
    text.append(_expanded(printable(line)), "default not dim")
    return text


def _expanded(line: str) -> str:
    return line.replace("\t", _TAB).replace("\x0c", " ")


def _way(finding: Finding) -> Tree:
    entry = entry_phrase(finding.entry_points) or finding.function or "module"
    tree = branch = Tree(Text(entry, "cyan"), guide_style="dim")
    for position, step in enumerate(finding.trail, 1):
        label = Text(step.label, "bold" if position == len(finding.trail) else "")
        label.append(f"  {shown(step.path)}:{step.line}", "dim")
        branch = branch.add(label)
    return tree


def _offer(offer: FixOffer) -> Text:
    colour = "green" if offer.safety is Safety.SAFE else "yellow"
    return Text.assemble("  ", (f"{fix_label(offer.safety)}: ", colour), offer.title)


def _others(findings: Sequence[Finding]) -> Text:
    places = [f"{shown(finding.path)}:{finding.span.line}" for finding in findings]
    more = len(places) - _PLACES_SHOWN
    text = Text("  also at ", "dim")
    text.append(", ".join(places[:_PLACES_SHOWN]))
    if more > 0:
        text.append(f" and {more} more")
    return text


def _summary(groups: Sequence[Group]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), title_justify="left", header_style="dim")
    for heading in ("", "What it comes down to", "Where", "Reach"):
        table.add_column(heading, overflow="fold")
    for group in groups:
        table.add_row(
            Text(f"{group.code}", _COLOURS[group.severity]),
            Text(group.sink or group.rule),
            Text(f"{shown(group.path)}:{group.line}", "dim"),
            Text(group.reach),
        )
    return table
