"""Follows the calls of functions, one function at a time, to what they run."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import msgspec

from unlag.project.callables import (
    CALLED,
    LATER,
    NEW_LOOP,
    PROCESS,
    THREAD,
    TO_LOOP,
    Callables,
)
from unlag.project.fillers import once
from unlag.project.gathered import Gathered
from unlag.project.hints import Hint
from unlag.project.links import DEPENDS, Links
from unlag.project.memoised import MEMOISING, once_of
from unlag.project.origins import binding
from unlag.project.outside import OF_COROUTINES, Outside
from unlag.project.overrides import overrides
from unlag.project.registrations import registrations_of
from unlag.project.resolver import Place, Resolver, is_context, is_property
from unlag.project.table import FunctionEntry
from unlag.project.targets import injected
from unlag.project.validated import constructed, made_by_method
from unlag.project.values import (
    Class,
    Coroutine,
    External,
    ExternalInstance,
    Factory,
    Function,
    Instance,
    Offloaded,
    Super,
    Value,
    each,
)
from unlag.source import facts
from unlag.source.facts import Block, Call, Parameter, Read, passed_value
from unlag.source.paths import UNKNOWN, is_dotted

_ENTERING = frozenset({"enter_context", "enter_async_context"})
_GONE_THROUGH = facts.ITERATED | facts.YIELDED | facts.ASSIGNED | facts.ARGUMENT
"""One of these a call has that somebody goes through: the others need not be asked about."""


class Linker:
    """Follows the calls of functions, one function at a time."""

    def __init__(
        self,
        resolver: Resolver,
        callables: Callables,
        property_names: frozenset[str],
        dependency_names: frozenset[str],
    ) -> None:
        self._resolver = resolver
        self._outside = Outside(resolver)
        self.callables = callables
        self.hints: Mapping[str, Hint] = {}
        """By function id."""
        self.property_names = property_names
        self.dependency_names = dependency_names

    @property
    def looked_up(self) -> Collection[str]:
        """What was looked up for the function linked last."""
        return self._resolver.seen if self._resolver.tracks else ()

    def rest(self) -> None:
        """Forget what was found out on the way: it takes more room than what is linked."""
        self._resolver.rest()

    def link(self, entry: FunctionEntry) -> Links:
        """Everything the body of `entry` leads to."""
        resolver = self._resolver
        resolver.seen = set()
        work = Gathered(Place(entry.path, entry.id.rpartition(":")[2]), entry)
        resolver.work_at(work.place)
        for call in entry.facts.calls:
            work.callees.append(self._call(work, call))
        for read in entry.facts.reads:
            self._read(work, read)
        for block in entry.facts.blocks:
            self._block(work, block)
        for parameter in entry.facts.parameters:
            self._parameter(work, entry, parameter)
        self._decorators(work, entry)
        work.registrations.extend(registrations_of(resolver, work.place, entry, work.callees))
        return Links(
            once(resolver, entry, work.edges),
            tuple(work.hazards),
            tuple(work.callees),
            tuple(work.registrations),
        )

    # -- calls

    def _call(self, work: Gathered, call: Call) -> str:
        value = self._resolver.resolve(work.place, call.target, call.line)
        if self.hints and work.entry.id in self.hints:
            value = self._hinted(work.entry, call) or value
        if value is None:
            self._unknown(work, call)
            return ""
        if work.handled and call.flags & facts.ARGUMENT and f"{call.target}()" in work.handled:
            return _name_of(value)
        for item in each(value):
            self._called(work, call, item)
        if call.flags & (facts.ENTERED | facts.ASYNC_ENTERED):
            self._entered(work, call, self._resolver.call(value, work.place, "", call.line))
        is_used = call.flags & _GONE_THROUGH and not call.flags & facts.AWAITED
        if is_used and work.iterations.of(call) & CALLED:
            self._iterated(work, call, self._resolver.call(value, work.place, "", call.line))
        return _name_of(value)

    def _hinted(self, entry: FunctionEntry, call: Call) -> Value:
        hint = self.hints[entry.id]
        name = hint.names.get(call.target) if hint.facts == entry.facts else None
        return None if name is None else External(name)

    def _iterated(self, work: Gathered, call: Call, value: Value) -> None:
        """What somebody who goes through what a call gives runs on the way."""
        self._outside.walked(work, call, value)
        for item in each(value):
            if isinstance(item, Instance):
                for name in ("__iter__", "__next__", "__aiter__", "__anext__"):
                    self._outside.method(work, item.id, name, CALLED, call)

    def _unknown(self, work: Gathered, call: Call) -> None:
        """Coroutines defined here and handed to an awaited call, such as ASGI's `send`, run on the loop."""
        if not call.flags & facts.AWAITED:
            return
        table = self._resolver.tables[work.place.path]
        for argument in call.arguments:
            qualname = f"{work.place.function}.{argument}"
            self._resolver.seen.add(f"{work.place.path}:{qualname}")
            nested = table.functions.get(qualname)
            if nested is not None and nested.facts.is_async:
                work.add(nested.id, LATER, call, 0)

    def _called(self, work: Gathered, call: Call, value: Value) -> None:
        if isinstance(value, External):
            self._outside.called(work, call, value.name)
            if call.arguments and value.name.rpartition(".")[2] in _ENTERING:
                entered = self._resolver.resolve(work.place, call.arguments[0], call.line)
                self._entered(work, call, entered)
        elif isinstance(value, Function):
            self._function(work, call, value.id)
            self._callbacks(work, call, value)
        elif isinstance(value, Class):
            self._constructor(work, call, value)
        elif isinstance(value, Factory):
            if value.name:
                self._outside.called(work, call, value.name)
            made_by_method(self._resolver, work, call)
        elif isinstance(value, Instance):
            method = self._resolver.method(value.id, "__call__")
            if method is not None:
                self._function(work, call, method.id)
            else:
                for base in self._resolver.outside_bases(value.id):
                    self._outside.called(work, call, f"{base}.__call__")
        elif isinstance(value, ExternalInstance):
            self._outside.called(work, call, f"{value.name}.__call__")
        elif isinstance(value, Offloaded):
            self._outside.handed(
                work, call, value.value, THREAD if value.to == "thread" else PROCESS
            )

    def _function(self, work: Gathered, call: Call, target: str, through: str = "") -> None:
        """A function of the project is called; so are its decorators' wrappers, or its overrides."""
        entry = self._resolver.function(target)
        if entry is None:
            return
        instead = self._resolver.runs_instead(entry)
        if instead:
            self._outside.called(work, call, instead)
            return
        if entry.facts.flags & facts.ABSTRACT and entry.facts.owner:
            for override in overrides(self._resolver, entry):
                how = _how_run(work, call, override)
                if how:
                    work.add(override.id, how, call, once_of(override.facts), through)
            return
        if self._resolver.is_offloading(entry):
            work.add(target, THREAD, call, 0, through)
            return
        if entry.facts.flags & facts.GENERATOR and not entry.facts.is_async:
            how = _how_run(work, call, entry)
            if is_context(entry.facts) and call.flags & facts.ENTERED:
                through = through or "context manager"
            if how:
                work.add(target, how, call, once_of(entry.facts), through)
            return
        wrappers, use = self.callables.wrappers(entry)
        once = once_of(entry.facts) or self._is_kept_by_name(work, call, entry)
        for wrapper in wrappers:
            work.add(wrapper, CALLED, call, once, f"decorator of {entry.facts.name}")
        if use and not use & CALLED:
            for how in (THREAD, PROCESS, LATER):
                if use & how:
                    work.add(target, how, call, once, through)
            return
        work.add(target, CALLED, call, once, through)

    def _is_kept_by_name(self, work: Gathered, call: Call, entry: FunctionEntry) -> int:
        """ONCE where the name called stands for `lru_cache(function)`."""
        if call.target.rpartition(".")[2] == entry.facts.name or not is_dotted(call.target):
            return 0
        _, path = binding(self._resolver, work.place, call.target, call.line)
        return facts.ONCE if path.partition("(")[0].rpartition(".")[2] in MEMOISING else 0

    def _constructor(self, work: Gathered, call: Call, value: Class) -> None:
        for name in ("__new__", "__init__", "__post_init__"):
            self._outside.method(work, value.id, name, CALLED, call, "constructor")
        constructed(self._resolver, work, call, value.id)
        for base in self._resolver.outside_bases(value.id):
            if self._resolver.member(value.id, "__init__") is None:
                self._outside.called(work, call, base)

    def _callbacks(self, work: Gathered, call: Call, callee: Function) -> None:
        """Functions passed to a function of the project that does something with them."""
        if not call.arguments:
            return
        uses = self.callables.uses(callee.id)
        if not uses:
            return
        for argument in call.arguments:
            use = self.callables.inside_use(callee, call, argument)
            if not use:
                continue
            path = passed_value(argument)
            if path[:1] in "'#*" or path == UNKNOWN:
                continue
            value = self._resolver.resolve(work.place, path, call.line)
            site = msgspec.structs.replace(call, flags=call.flags & ~facts.AWAITED)
            if any(use & how for how in OF_COROUTINES):
                work.handled.add(path)
            for how in (CALLED, THREAD, PROCESS, LATER, TO_LOOP, NEW_LOOP):
                if use & how:
                    self._outside.handed(work, site, value, how)

    # -- what runs without looking like a call

    def _read(self, work: Gathered, read: Read) -> None:
        owner_path, _, name = read.path.rpartition(".")
        if name not in self.property_names or not owner_path:
            return
        owner = self._resolver.resolve(work.place, owner_path, read.line)
        for item in each(owner):
            if isinstance(item, Instance):
                found = self._resolver.member(item.id, name)
            elif isinstance(item, Super):
                found = self._resolver.inherited(item.id, name)
            else:
                continue
            if found is None or not isinstance(found[0], FunctionEntry):
                continue
            entry = found[0]
            if is_property(entry.facts):
                targets = [entry]
                if entry.facts.flags & facts.ABSTRACT:
                    targets = overrides(self._resolver, entry)
                for target in targets:
                    work.add(target.id, CALLED, read, once_of(target.facts), "property")

    def _block(self, work: Gathered, block: Block) -> None:
        if block.path.endswith(")"):
            return  # a call: already entered
        value = self._resolver.resolve(work.place, block.path, block.line)
        self._entered(work, block, value)

    def _entered(self, work: Gathered, site: Call | Block, value: Value) -> None:
        is_async = (
            site.is_async if isinstance(site, Block) else bool(site.flags & facts.ASYNC_ENTERED)
        )
        for item in each(value):
            if isinstance(item, Coroutine):
                item = item.value
            if isinstance(item, Instance):
                names = ("__aenter__", "__aexit__") if is_async else ("__enter__", "__exit__")
                for name in names:
                    self._outside.method(work, item.id, name, CALLED, site, "context manager")
            elif isinstance(item, ExternalInstance) and not is_async:
                self._outside.entered(work, site, item.name)

    # -- what FastAPI runs

    def _parameter(self, work: Gathered, entry: FunctionEntry, parameter: Parameter) -> None:
        if not self._may_depend(parameter):
            return
        place = Place(entry.path, entry.facts.parent or "<module>")
        for dependency in self._resolver.dependencies(place, parameter):
            self._depends(work, entry, dependency)

    def _may_depend(self, parameter: Parameter) -> bool:
        text = parameter.default + parameter.annotation
        if "Depends(" in text or "Security(" in text:
            return True
        names = (parameter.annotation.rpartition(".")[2], parameter.default.rpartition(".")[2])
        return not self.dependency_names.isdisjoint(names)

    def _depends(self, work: Gathered, entry: FunctionEntry, value: Value) -> None:
        for target in injected(self._resolver, value):
            found = self._resolver.function(target)
            once = once_of(found.facts) if found is not None else 0
            work.add(target, DEPENDS, _header(entry), once, "dependency")

    def _decorators(self, work: Gathered, entry: FunctionEntry) -> None:
        """A decorator's wrapper runs in the place of the function it decorates."""
        wrappers, _ = self.callables.wrappers(entry)
        for wrapper in wrappers:
            work.add(wrapper, CALLED, _header(entry), 0, "decorator")


def _how_run(work: Gathered, call: Call, entry: FunctionEntry) -> int:
    """How a call runs the body of a function: that of a generator runs where somebody goes through it."""
    item = entry.facts
    if not item.flags & facts.GENERATOR or item.is_async or is_context(item):
        return CALLED
    return work.iterations.of(call)


def _header(entry: FunctionEntry) -> Call:
    """The function's own name as the site of what its decorators and dependencies run."""
    item = entry.facts
    end = item.column + len(item.name)
    return Call(item.name, item.line, item.column, item.line, end, 0)


def _name_of(value: Value) -> str:
    for item in each(value):
        if isinstance(item, Function | Class | Instance):
            return item.id
        if isinstance(item, External):
            return item.name
        if isinstance(item, ExternalInstance):
            return f"{item.name}.__call__"
        if isinstance(item, Offloaded):
            return _name_of(item.value)
    return ""
