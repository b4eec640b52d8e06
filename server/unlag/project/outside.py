"""What calls of functions outside the project come to: they hold their thread, or run what they are handed."""

from __future__ import annotations

import msgspec

from unlag.knowledge import Entry
from unlag.project.callables import CALLED, LATER, NEW_LOOP, TO_LOOP, use_of
from unlag.project.gathered import Gathered
from unlag.project.holding import holds, is_immediate
from unlag.project.leaving import waits_at_end
from unlag.project.links import LOOP_CALLBACK, OUTSIDE_CALLBACK, Hazard
from unlag.project.overrides import overrides
from unlag.project.passed import is_passed_as
from unlag.project.resolver import Resolver
from unlag.project.values import (
    Class,
    Coroutine,
    External,
    ExternalInstance,
    Function,
    Instance,
    Value,
    each,
)
from unlag.source import facts
from unlag.source.facts import Block, Call, is_keyword, passed_value
from unlag.source.paths import UNKNOWN

OF_COROUTINES = (LATER, TO_LOOP, NEW_LOOP)
_HAZARDS = ("blocking", "cpu", "new-loop")
_STEPS = ("__iter__", "__next__")
_OF_THE_LOOP = "callback"
"""The form of what takes a plain function, which the event loop itself runs later."""


class Outside:
    """Knows libraries, and who runs a function of the project that is handed to one."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver

    def called(self, work: Gathered, call: Call, name: str) -> None:
        """`name`, of a library, is called: that holds its thread, or runs what it is handed."""
        knowledge = self._resolver.knowledge
        for entry in knowledge.entries(name):
            if entry.kind in _HAZARDS and self._holds(work, call, entry):
                work.add_hazard(knowledge.canonical(name), entry, call)
            if entry.callables:
                self._handed_outside(work, call, entry)

    def handed(self, work: Gathered, call: Call, value: Value, how: int, through: str = "") -> None:
        """`value` is handed to somebody who runs it as `how` says."""
        through = through or ("callback" if how == CALLED else "")
        for item in each(value):
            if isinstance(item, Function):
                self._runs(work, item.id, how, call, through)
            elif isinstance(item, Coroutine):
                if ":" in item.origin:
                    self._runs(work, item.origin, how, call, through)
            elif isinstance(item, Class):
                self.method(work, item.id, "__init__", how, call, through)
            elif isinstance(item, Instance):
                self.method(work, item.id, "__call__", how, call, through)
            elif isinstance(item, External) and how == CALLED:
                self.called(work, _without_arguments(call), item.name)

    def _runs(self, work: Gathered, target: str, how: int, call: Call, through: str) -> None:
        """A function is run by whoever it is handed to; so are the methods that stand for an abstract one."""
        entry = self._resolver.function(target)
        is_abstract = entry is not None and entry.facts.flags & facts.ABSTRACT
        if entry is None or not is_abstract or not entry.facts.owner:
            work.add(target, how, call, 0, through)
            return
        for override in overrides(self._resolver, entry):
            work.add(override.id, how, call, 0, through)

    def method(
        self,
        work: Gathered,
        class_id: str,
        name: str,
        how: int,
        site: Call | Block,
        through: str = "",
    ) -> None:
        """The method `name` of a class, if it has one, runs at `site`."""
        method = self._resolver.method(class_id, name)
        if method is not None:
            work.add(method.id, how, site, 0, through)

    def entered(self, work: Gathered, site: Call | Block, name: str) -> None:
        """A `with` on an object of a library, where that alone is known to hold the thread."""
        knowledge = self._resolver.knowledge
        entry = knowledge.entry(f"{name}.__enter__", "blocking")
        arguments = site.arguments if isinstance(site, Call) else ()
        if entry is not None and not any(map(is_immediate, arguments)):
            work.add_hazard(entry.name, entry, site)
        left = knowledge.entry(f"{name}.__exit__", "blocking")
        if left is None or left.form != "handed":
            return
        if waits_at_end(work.entry.facts, work.iterations, site):
            work.add_hazard(f"{name}.__exit__", left, site)

    def walked(self, work: Gathered, call: Call, value: Value) -> None:
        """Somebody goes through what `call` gives, which holds the thread where that asks item by item."""
        knowledge = self._resolver.knowledge
        for item in each(value):
            if not isinstance(item, ExternalInstance):
                continue
            for name in (item.name, *(f"{item.name}.{step}" for step in _STEPS)):
                for entry in knowledge.entries(name):
                    if entry.form == "iterated" and not _said(work, call):
                        work.add_hazard(knowledge.canonical(name), entry, call)

    def _holds(self, work: Gathered, call: Call, entry: Entry) -> bool:
        """Whether this call of a known hazard really waits, and is not said already by another."""
        beside = _said(work, call)
        if any(one.kind != entry.kind for one in beside):
            return False  # `Image.open(path).resize(size)`: one place, one word
        if entry.name.startswith("io.") and any(h.cost == "disk" for h in work.hazards):
            return False  # the file was opened here: that is the place to change
        if not holds(self._resolver, work.place, work.iterations, call, entry):
            return False
        for outer in beside:  # `urlopen(url).read()`: what waits first is to be changed first
            work.hazards.remove(outer)
        return True

    def _handed_outside(self, work: Gathered, call: Call, entry: Entry) -> None:
        how = use_of(entry)
        if not how or entry.form == "wrap":
            return
        if entry.name == "iter" and len(call.arguments) < 2:
            return  # only `iter(function, sentinel)` calls what it is given
        for argument in call.arguments:
            if is_passed_as(call, argument, entry.callables) or _is_spread(entry, call, argument):
                path = passed_value(argument).lstrip("*")
                if path[:1] in "'#" or path == UNKNOWN:
                    continue
                if how in OF_COROUTINES:
                    work.handled.add(path)
                through = "" if call.flags & facts.AWAITED else _through(entry, how)
                value = self._resolver.resolve(work.place, path, call.line)
                self.handed(work, call, value, how, through)


def _through(entry: Entry, how: int) -> str:
    """What a function is to the place where it is handed to a library."""
    if how == LATER:
        return LOOP_CALLBACK if entry.form == _OF_THE_LOOP else ""
    return OUTSIDE_CALLBACK if how == CALLED else ""


def _is_spread(entry: Entry, call: Call, argument: str) -> bool:
    """Whether `argument` is one of many coroutines, as in `gather(a(), b(), *rest)`."""
    return (
        entry.kind == "schedule"
        and entry.form != _OF_THE_LOOP
        and 0 in entry.callables
        and not is_keyword(argument)
    )


def _said(work: Gathered, call: Call) -> list[Hazard]:
    """What is known already to hold the thread of all that begins where the call begins."""
    start = (call.line, call.column)
    return [hazard for hazard in work.hazards if (hazard.line, hazard.column) == start]


def _without_arguments(call: Call) -> Call:
    return msgspec.structs.replace(call, arguments=())
