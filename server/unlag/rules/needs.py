"""Which rules can have something to say about a function, from the words it mentions: the others never see it.

A rule's `NEEDS` are words of which a function must mention at least one. These are its words: what it
calls and is decorated with, as written and by its public name, in full and the last part alone (`loads`,
`asyncio.gather`); the names in its parameters; `yield` and `class` where it has one; and what knowledge
files say its calls are (`calls_of`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import reduce
from operator import or_
from typing import Protocol

from unlag.knowledge import Knowledge
from unlag.project.links import Links
from unlag.source import facts
from unlag.source.facts import FunctionFacts

REGISTERS = "[[registers]]"
"""The word of functions that tell a framework something: of routes, routers, applications, middleware."""
_NAMES = re.compile(r"\w+")


class Needing(Protocol):
    """A rule, as far as this module cares."""

    @property
    def needs(self) -> frozenset[str] | None:
        """None: it wants to see every function of its subject."""


def calls_of(*kinds: str) -> frozenset[str]:
    """Words for calls that knowledge files list under one of `kinds`, such as `client`."""
    return frozenset(map(_of_kind, kinds))


def _of_kind(kind: str) -> str:
    return f"[[{kind}]]"  # as the tables of knowledge files are written: no name


class Needs:
    """Sets of rules as the bits of numbers: bit 0 is the first rule. Holds for what `knowledge` says now."""

    def __init__(self, rules: Iterable[Needing], knowledge: Knowledge) -> None:
        self._knowledge = knowledge
        self._always = 0
        self._wanting: dict[str, int] = {}
        for number, rule in enumerate(rules):
            if rule.needs is None:
                self._always |= 1 << number
            for word in rule.needs or ():
                self._wanting[word] = self._wanting.get(word, 0) | 1 << number
        self._written: dict[str, int] = {}
        self._called: dict[str, int] = {}
        self._typed: dict[str, int] = {}

    def met_by(self, item: FunctionFacts, links: Links, *, has_classes: bool) -> int:
        """The rules that a function mentions enough for."""
        written = [call.target for call in item.calls]
        if item.decorators:
            written += [call.target for call in item.decorators]
        found = _all_of(written, self._written) or self._all_written(written)
        found |= _all_of(links.callees, self._called) or self._all_called(links.callees)
        if item.parameters:
            found |= self._all_typed(item)
        if item.flags & facts.GENERATOR:
            found.add(self._wanting.get("yield", 0))
        if links.registrations:
            found.add(self._wanting.get(REGISTERS, 0))
        if has_classes:
            found.add(self._wanting.get("class", 0))
        return reduce(or_, found, self._always)

    def _all_written(self, targets: Iterable[str]) -> set[int]:
        known, wanting = self._written, self._wanting.get
        for target in targets:
            if target not in known:
                known[target] = wanting(target, 0) | wanting(target.rpartition(".")[2], 0)
        return {known[target] for target in targets}

    def _all_called(self, callees: Iterable[str]) -> set[int]:
        known = self._called
        for callee in callees:
            if callee not in known:
                known[callee] = self._wanting_call(callee)
        return {known[callee] for callee in callees}

    def _wanting_call(self, callee: str) -> int:
        wanting = self._wanting.get
        if not callee or ":" in callee:
            return wanting(callee.rpartition(":")[2].rpartition(".")[2], 0)
        found = wanting(callee, 0) | wanting(callee.rpartition(".")[2], 0)
        name = self._knowledge.canonical(callee)
        if name != callee:
            found |= wanting(name, 0) | wanting(name.rpartition(".")[2], 0)
        for entry in self._knowledge.entries(callee):
            found |= wanting(_of_kind(entry.kind), 0)
        return found

    def _all_typed(self, item: FunctionFacts) -> set[int]:
        known = self._typed
        found: set[int] = set()
        for parameter in item.parameters:
            for text in (parameter.annotation, parameter.default):
                if not text:
                    continue
                if text not in known:
                    bits = [self._wanting.get(name, 0) for name in _NAMES.findall(text)]
                    known[text] = reduce(or_, bits, 0)
                found.add(known[text])
        return found


def _all_of(texts: Iterable[str], known: Mapping[str, int]) -> set[int] | None:
    """What is known of each of `texts`; None where one is new."""
    try:
        return {known[text] for text in texts}
    except KeyError:
        return None
