"""Which rules can have something to say about a function, from the words it mentions: the others never see it.

A rule's `NEEDS` are words of which a function must mention at least one. These are its words: what it
calls and is decorated with, as written and by its public name, in full and the last part alone (`loads`,
`asyncio.gather`); the library of what it calls, with a dot (`tortoise.`); the names in its parameters; `yield` and
`class` where it has one; what its body has besides (`LOOPS`, `RUNS`); and what knowledge files say its calls are
(`calls_of`).
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
LOOPS = "[[loops]]"
"""The word of functions that call something in a loop."""
RUNS = "[[runs]]"
"""The word of functions that await one call after the other."""
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
        self._always = 0
        wanting: dict[str, int] = {}
        for number, rule in enumerate(rules):
            if rule.needs is None:
                self._always |= 1 << number
            for word in rule.needs or ():
                wanting[word] = wanting.get(word, 0) | 1 << number
        self._wanting = wanting
        self._written = _Written(wanting)
        self._called = _Called(wanting, knowledge)
        self._typed = _Typed(wanting)

    def met_by(self, item: FunctionFacts, links: Links, *, has_classes: bool) -> int:
        """The rules that a function mentions enough for."""
        written, called, typed = self._written, self._called, self._typed
        found = set(map(called.__getitem__, links.callees))
        found.update(map(written.__getitem__, [call.target for call in item.calls]))
        for call in item.decorators:
            found.add(written[call.target])
        for parameter in item.parameters:
            found.add(typed[parameter.annotation])
            found.add(typed[parameter.default])
        if item.flags & facts.GENERATOR:
            found.add(self._wanting.get("yield", 0))
        if links.registrations:
            found.add(self._wanting.get(REGISTERS, 0))
        if has_classes:
            found.add(self._wanting.get("class", 0))
        if item.runs:
            found.add(self._wanting.get(RUNS, 0))
        if any(call.flags & facts.IN_LOOP for call in item.calls):
            found.add(self._wanting.get(LOOPS, 0))
        return reduce(or_, found, self._always)


class _Written(dict[str, int]):
    """Callee as it is written -> rules that want it; worked out when first asked for, as in those below."""

    def __init__(self, wanting: Mapping[str, int]) -> None:
        super().__init__()
        self._wanting = wanting

    def __missing__(self, target: str) -> int:
        wanting = self._wanting.get
        bits = self[target] = wanting(target, 0) | wanting(target.rpartition(".")[2], 0)
        return bits


class _Called(dict[str, int]):
    """Callee, an id of the project or an outside name -> rules that want it."""

    def __init__(self, wanting: Mapping[str, int], knowledge: Knowledge) -> None:
        super().__init__()
        self._wanting = wanting
        self._knowledge = knowledge

    def __missing__(self, callee: str) -> int:
        bits = self[callee] = self._bits(callee)
        return bits

    def _bits(self, callee: str) -> int:
        wanting = self._wanting.get
        if not callee or ":" in callee:
            return wanting(callee.rpartition(":")[2].rpartition(".")[2], 0)
        found = wanting(callee, 0) | wanting(callee.rpartition(".")[2], 0)
        found |= wanting(callee.partition(".")[0] + ".", 0)
        name = self._knowledge.canonical(callee)
        if name != callee:
            found |= wanting(name, 0) | wanting(name.rpartition(".")[2], 0)
        for entry in self._knowledge.entries(callee):
            found |= wanting(_of_kind(entry.kind), 0)
        return found


class _Typed(dict[str, int]):
    """Annotation or default of a parameter -> rules that want a name in it."""

    def __init__(self, wanting: Mapping[str, int]) -> None:
        super().__init__()
        self._wanting = wanting

    def __missing__(self, text: str) -> int:
        bits = [self._wanting.get(name, 0) for name in _NAMES.findall(text)]
        found = self[text] = reduce(or_, bits, 0)
        return found
