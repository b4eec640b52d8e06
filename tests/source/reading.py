"""What the tests of this folder share: code in, facts in a form that is short to write down."""

from __future__ import annotations

import ast
from pathlib import Path
from textwrap import dedent

from unlag.source.facts import FileFacts, FunctionFacts, UnitFacts
from unlag.source.parse import parse

LIBRARY = Path(ast.__file__).parent
SHOP = Path(__file__).parents[1] / "samples" / "shop"

Place = tuple[str, str, int, int]
"""Function, what is called or defined there, line and column."""


def facts(code: str) -> FileFacts:
    """The facts of code that must parse."""
    parsed = parse(dedent(code))
    assert parsed.trouble is None
    return parsed.facts


def unit(code: str) -> UnitFacts:
    """The facts of the last unit of some code."""
    return facts(code).units[-1].facts


def function(code: str, name: str = "") -> FunctionFacts:
    """The facts of the function `name`, or of the only one."""
    found = [item for _, item in facts(code).functions() if name in ("", item.qualname)]
    assert len(found) == 1
    return found[0]


def targets(function: FunctionFacts) -> list[str]:
    """What a function calls."""
    return [call.target for call in function.calls]


def places(found: FileFacts) -> set[Place]:
    """Every call and every definition of a file with its position in the file."""
    result: set[Place] = set()
    for placed in found.units:
        before = placed.line - 1
        body = placed.facts.body
        for item in (body, *placed.facts.functions):
            name = placed.owner if item is body else item.qualname
            result.update((name, c.target, c.line + before, c.column) for c in item.calls)
            if item is not body:
                result.add((name, "def", item.line + before, item.column))
    return result
