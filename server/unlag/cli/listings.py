"""`explain`, `rules` and `endpoints`: tables and pages, as text or JSON."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import msgspec

from unlag.cli.places import printable, shown

if TYPE_CHECKING:
    from unlag.rules import Rule
    from unlag.rules.database._listing import Query
    from unlag.snapshot import EndpointRow, Queries


def explain(rule: Rule) -> None:
    """Print the page of a rule: formatted on a terminal, as Markdown elsewhere."""
    if not sys.stdout.isatty():
        print(rule.docs)
        return
    from rich.console import Console
    from rich.markdown import Markdown

    Console().print(Markdown(rule.docs))


def rules_table(rules: Iterable[Rule]) -> str:
    """One line a rule."""
    return _table(
        ("code", "name", "severity", "default", "what it finds"),
        [
            (
                rule.code,
                rule.name,
                rule.severity.value,
                "on" if rule.enabled else "off",
                rule.summary,
            )
            for rule in rules
        ],
    )


def rules_json(rules: Iterable[Rule]) -> str:
    """The same as JSON."""
    rows = [
        {
            "code": rule.code,
            "name": rule.name,
            "family": rule.family,
            "severity": rule.severity.value,
            "enabled": rule.enabled,
            "summary": rule.summary,
        }
        for rule in rules
    ]
    return _json({"version": 1, "rules": rows})


def endpoints_table(rows: Sequence[EndpointRow], queries: Queries) -> str:
    """One line an endpoint, and below it the statements it can reach, as far as `queries` has them."""
    heading, *lines = _table(
        ("method", "route", "runs in", "hops", "twice", "findings", "function", "where"),
        [
            (
                row.method or row.kind,
                printable(row.route),
                row.runs,
                str(row.thread_hops),
                ", ".join(row.repeats),
                str(row.findings),
                row.function,
                f"{shown(row.path)}:{row.line}",
            )
            for row in rows
        ],
    ).split("\n")
    found = [heading]
    for row, line in zip(rows, lines, strict=True):
        found.append(line)
        found += [_query_line(query) for query in queries.get((row.path, row.function), ())]
    return "\n".join(found)


def _query_line(query: Query) -> str:
    mark = "in a loop: " if query.is_in_loop else ""
    return f"    {mark}{query.call} in {query.function}, {shown(query.path)}:{query.line}"


def endpoints_json(rows: Iterable[EndpointRow], queries: Queries) -> str:
    """The same as JSON; `thread_hops` counts them for one request, `repeats` says what is done twice."""
    entries = [
        {
            "kind": row.kind,
            "method": row.method,
            "route": printable(row.route),
            "function": row.function,
            "path": shown(row.path),
            "line": row.line,
            "runs": row.runs,
            "thread_hops": row.thread_hops,
            "repeats": list(row.repeats),
            "findings": row.findings,
            "queries": [
                {
                    "call": query.call,
                    "function": query.function,
                    "path": shown(query.path),
                    "line": query.line,
                    "in_loop": query.is_in_loop,
                }
                for query in queries.get((row.path, row.function), ())
            ],
        }
        for row in rows
    ]
    return _json({"version": 1, "endpoints": entries})


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    everything = [headings, *rows]
    widths = [max(map(len, column)) for column in zip(*everything, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in everything
    )


def _json(document: object) -> str:
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode()
