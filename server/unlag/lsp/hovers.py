"""Hovers: what a finding means and costs, and where a function runs. Markdown out, nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from unlag.finding import EntryPoint, Finding, Safety, Step
from unlag.lsp import pages, uris
from unlag.lsp.cards import Card, Outside
from unlag.lsp.convert import RULE_LINK, entry_name

_WORD = re.compile(r"\w+")
_MOST_ENTRIES = 8
_COSTS = {
    "sleep": "sleeps",
    "network": "waits for the network",
    "database": "waits for the database",
    "disk": "waits for the disk",
    "metadata": "asks the file system",
    "process": "waits for a process",
    "input": "waits for input",
    "wait": "waits",
    "heavy": "computes for long",
    "light": "computes",
}


def word_at(line: str, column: int) -> str:
    """The name that stands at a character of a line; empty where there is none."""
    for match in _WORD.finditer(line):
        if match.start() <= column <= match.end():
            return match[0]
    return ""


def of_finding(finding: Finding, *, has_rule_pages: bool) -> str:
    """What is wrong, over which way, what to do, why it matters and by how much.

    A client with rule pages shows the diagnostic and its way above its hovers: both are left out.
    """
    rule = pages.rule(finding.code)
    parts = [] if has_rule_pages else list(_summary(finding))
    if finding.fixes:
        parts.append("\n".join(_remedies(finding)))
    if rule is not None and (why := pages.section(rule.docs, "Why it is slow")):
        parts.append(f"**Why it is slow**\n\n{why}")
    if rule is not None and (sources := pages.section(rule.docs, "Sources")):
        parts.append(f"*{' '.join(sources.split())}*")
    if has_rule_pages and rule is not None:
        parts.append(f"[All about {rule.code} ({rule.name})]({RULE_LINK}{rule.code})")
    return "\n\n".join(parts)


def _summary(finding: Finding) -> Iterator[str]:
    yield f"**{finding.code}** {finding.rule}: {finding.message}"
    if len(finding.trail) > 1:
        yield f"Way: {chain(finding.trail)}"
    if finding.entry_points:
        yield f"Runs for {entries(finding.entry_points)}"


def of_function(card: Card) -> str:
    """Where a function runs, through which entry points, and what it reaches."""
    keyword = "async def" if card.is_async else "def"
    parts = [f"**Unlag**: `{keyword} {card.name}`"]
    if card.runs:
        parts.append(f"Runs on: {', '.join(card.runs)}")
    else:
        parts.append("Nothing that a framework runs is known to call it.")
    if card.entries:
        parts.append(f"For {entries(card.entries)}")
    if card.chain:
        effect = "Blocks the event loop" if card.is_on_loop else "Reaches a blocking call"
        parts.append(f"{effect}: {chain(card.chain)}")
    elif card.is_on_loop:
        parts.append("No blocking call is known to be reached from here.")
    return "\n\n".join(parts)


def of_outside(outside: Outside) -> str:
    """What a call to a library does to the thread that makes it."""
    entry = outside.entry
    effect = _COSTS.get(entry.cost, "holds its thread")
    parts = [f"**Unlag**: `{entry.name}` {effect} and holds its thread meanwhile."]
    if entry.counterpart:
        parts.append(f"Asynchronous counterpart: `{entry.counterpart}`")
    if entry.note:
        parts.append(entry.note)
    return "\n\n".join(parts)


def chain(steps: Iterable[Step]) -> str:
    """A way, each call a link to where it is made."""
    return " → ".join(_link(step.label, step.path, step.line) for step in steps)


def entries(points: tuple[EntryPoint, ...]) -> str:
    """Entry points as links, the first few of many."""
    shown = ", ".join(
        _link(entry_name(item), item.path, item.line) for item in points[:_MOST_ENTRIES]
    )
    more = len(points) - _MOST_ENTRIES
    return f"{shown} and {more} more" if more > 0 else shown


def _remedies(finding: Finding) -> Iterator[str]:
    is_safe = {offer.safety is Safety.SAFE for offer in finding.fixes}
    note = "" if True in is_safe else " (read the change before you keep it)"
    yield f"**What to do**{note}\n"
    for offer in finding.fixes:
        is_odd = True in is_safe and offer.safety is not Safety.SAFE
        yield f"- {offer.title}{' (read the change before you keep it)' if is_odd else ''}"


def _link(words: str, path: str, line: int) -> str:
    return f"[`{words.replace('`', '')}`]({uris.from_path(path)}#L{line})"


def of(found: Card | Outside) -> str:
    """The hover for whatever stands at a place."""
    return of_function(found) if isinstance(found, Card) else of_outside(found)
