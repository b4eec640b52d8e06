"""The rules: a folder a family, a module a rule. A module whose name starts with `_` is shared by a family.

A rule module has docs in its docstring, whose first line is `name (LAGnnn): summary.`; a `SEVERITY`;
`check(view)`; a `SUBJECT` that says what it is shown, coroutines if it has none, or a tuple of subjects;
`NEEDS` where it has nothing to say about functions that mention none of some words, such as
`frozenset({"loads"})` (`needs` has what counts as a word); and `ENABLED = False` where it is opt-in. It is
found by being there: no list names it.
"""

from __future__ import annotations

import enum
import importlib
import pkgutil
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from types import ModuleType
from typing import Any

import msgspec

from unlag.finding import Finding, Severity

_HEAD = re.compile(r"^([a-z0-9-]+) \((LAG\d{3})\): (.+)$")
_HEADINGS = ("What it does", "Why it is slow", "Bad", "Good", "Not reported", "Sources")

Check = Callable[[Any], Iterator[Finding]]
"""From the view that the rule's subject names to what it has to say."""


class Subject(enum.Enum):
    """What a rule is shown, one at a time; nothing of tests."""

    COROUTINE = "coroutine"
    """Every `async def`."""
    ON_LOOP = "coroutine on the loop"
    """Every `async def` that runs on an event loop which serves requests."""
    PLAIN_ON_LOOP = "plain function on the loop"
    """Every `def` that a framework calls on such a loop itself, such as a GraphQL resolver or an MCP tool."""
    REQUEST = "request"
    """Every function that runs while a request is served: on the event loop, in its thread pool, or in a task."""
    ENDPOINT = "endpoint"
    """Of those, every one that a framework is told to call: routes, middleware, handlers, background tasks."""
    FUNCTION = "function"
    """Every function, method and lambda, and under the name `<module>` what runs at import."""
    MODULE = "module"
    """What a module runs at import, under the name `<module>`."""
    CLASS = "class"
    """Every class, as a `ClassView`."""
    DEPLOYMENT = "deployment"
    """Every deployment file, as a `DeploymentView`."""
    COMMENT = "comment"
    """Every suppression comment, once the other rules have said what they have to say."""


class Rule(msgspec.Struct, frozen=True):
    """One row of the catalogue."""

    code: str
    name: str
    family: str
    severity: Severity
    enabled: bool
    """Whether it is on unless the configuration says otherwise."""
    summary: str
    docs: str
    """Markdown, from the module's docstring."""
    check: Check
    subjects: tuple[Subject, ...] = (Subject.COROUTINE,)
    needs: frozenset[str] | None = None
    """Words of which a function must mention one; None where it is to be shown all of its subject."""


@lru_cache(maxsize=1)
def load() -> tuple[Rule, ...]:
    """Every rule, by code."""
    rules = [
        rule_of(importlib.import_module(f"{family}.{module.name}"))
        for family in _families()
        for module in pkgutil.iter_modules(importlib.import_module(family).__path__)
        if not module.name.startswith("_")
    ]
    return tuple(sorted(rules, key=lambda rule: rule.code))


def _families() -> list[str]:
    return [f"{__name__}.{item.name}" for item in pkgutil.iter_modules(__path__) if item.ispkg]


def rule_of(module: ModuleType) -> Rule:
    """The rule a module is; ValueError names the module and what its docstring lacks."""
    docs = module.__doc__ or ""
    first, _, rest = docs.partition("\n")
    head = _HEAD.match(first)
    if head is None:
        raise ValueError(f"{module.__name__}: the first line must be `name (LAGnnn): summary`")
    headings = _HEADINGS + (("Fix safety",) if "fixes_of" in vars(module) else ())
    missing = [heading for heading in headings if f"## {heading}\n" not in docs]
    if missing:
        raise ValueError(f"{module.__name__}: its docs lack the heading `## {missing[0]}`")
    subject = getattr(module, "SUBJECT", Subject.COROUTINE)
    name, code, summary = head.groups()
    if name.replace("-", "_") != module.__name__.rpartition(".")[2]:
        raise ValueError(f"{module.__name__}: its docs call it {name}")
    return Rule(
        code=code,
        name=name,
        family=module.__name__.split(".")[-2].replace("_", " "),
        severity=module.SEVERITY,
        enabled=getattr(module, "ENABLED", True),
        summary=summary,
        docs=f"# {name} ({code})\n\n{summary[0].upper()}{summary[1:]}\n{rest}",
        check=module.check,
        subjects=subject if isinstance(subject, tuple) else (subject,),
        needs=getattr(module, "NEEDS", None),
    )
