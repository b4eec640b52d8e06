"""What calling something gives: functions of the project, classes, and callables outside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from unlag.project import builtin_values
from unlag.project.answers import Memory
from unlag.project.classes import Types
from unlag.project.function_kinds import is_context
from unlag.project.place import Place
from unlag.project.table import FunctionEntry
from unlag.project.values import (
    Alternatives,
    Class,
    Collection,
    Context,
    Coroutine,
    External,
    ExternalInstance,
    Factory,
    Function,
    Instance,
    Offloaded,
    Tuple,
    Value,
    alternatives,
)
from unlag.source import facts
from unlag.source.paths import split
from unlag.source.scopes import MODULE

if TYPE_CHECKING:
    from unlag.project.resolver import Resolver

_TRANSPARENT = frozenset(
    {"functools.wraps", "functools.lru_cache", "functools.cache", "copy.copy", "copy.deepcopy",
     "asyncio.shield", "itertools.cycle", "instructor.from_openai", "instructor.from_anthropic",
     "langsmith.wrappers.wrap_openai", "braintrust.wrap_openai"}
)  # fmt: skip


class Results:
    """Results of calls."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._results: Memory = resolver.memory()
        self._offloading: Memory = resolver.memory()

    def call(self, callee: Value, place: Place | None, argument: str = "", line: int = 0) -> Value:
        """What calling `callee` gives; `argument` is the path of its first argument, if it matters."""
        kind = callee.__class__
        if kind is Class:
            return Instance(callee.id, callee.arguments)  # type: ignore[union-attr] # the class was just compared
        if kind is Function:
            return self.result(callee)  # type: ignore[arg-type] # as above
        if kind is External:
            return self._outside_call(callee.name, place, argument, line)  # type: ignore[union-attr] # as above
        if kind is Instance:
            method = self._resolver.member_of(callee, "__call__")  # type: ignore[arg-type] # as above
            return self.call(method, place) if isinstance(method, Function) else None
        if kind is Factory:
            return callee.value  # type: ignore[union-attr] # as above
        if kind is Alternatives:
            return alternatives([self.call(v, place, argument, line) for v in callee.values])  # type: ignore[union-attr] # as above
        if kind is Offloaded:
            result = self.call(callee.value, place)  # type: ignore[union-attr] # as above
            return result if isinstance(result, Coroutine) else Coroutine(result)
        if kind is ExternalInstance:
            return self._outside_call(f"{callee.name}.__call__", place, argument, line)  # type: ignore[union-attr] # as above
        return None

    def _outside_call(self, name: str, place: Place | None, argument: str, line: int) -> Value:
        name = self._resolver.knowledge.canonical(name)
        given: Value = None
        if argument and place is not None:
            given = self._resolver.resolve(place, argument, line)
        special = builtin_values.special_call(name, given)
        if special is not None:
            return special
        if name == "collections.defaultdict":
            made = self.call(given, place)
            return Collection(made if isinstance(made, Instance) else None, is_mapping=True)
        offload = self._resolver.knowledge.entry(name, "offload")
        if offload is not None and given is not None:
            if offload.form == "wrap":
                return Offloaded(given, offload.to)
            sent = self._resolver.knowledge.result(name) if offload.to == "loop" else None
            if sent is not None:  # a future of the thread that sends, to wait for and not to await
                return self.described(sent)
            result = self.call(given, place)
            return result if isinstance(result, Coroutine) else Coroutine(result, name)
        if name in _TRANSPARENT or (name.endswith(".__call__") and isinstance(given, Function)):
            return given
        described = self._resolver.knowledge.result(name)
        if described is not None:  # an attribute that is called: `client.messages(sid)`
            described = self._resolver.knowledge.result(f"{described}.__call__") or described
        value = self.described(described) if described is not None else ExternalInstance(name)
        if self._resolver.knowledge.entry(name, "awaitable") is not None and not isinstance(
            value, Coroutine
        ):
            return Coroutine(value if described is not None else None, name)
        return value

    def described(self, text: str) -> Value:
        """The value that a `[returns]` entry describes: `a.B`, `list[a.B]`, `tuple[a.B, a.C]`, `awaitable[a.B]`."""
        head, bracket, rest = text.partition("[")
        if not bracket:
            return ExternalInstance(self._resolver.knowledge.canonical(text))
        if head == "tuple":
            return Tuple(tuple(self.described(part.strip()) for part in split(rest[:-1], ",")))
        inner = self.described(rest[:-1])
        if head == "awaitable":
            return Coroutine(inner)
        if head == "callable":
            return Factory(inner)
        return Collection(inner, is_mapping=head == "dict")

    def result(self, function: Function) -> Value:
        """What calling a function of the project gives."""
        entry = self._resolver.function(function.id)
        self._resolver.seen.add(function.id)
        if entry is None:
            return None
        instead = self._resolver.runs_instead(entry)
        if instead:
            described = self._resolver.knowledge.result(instead)
            return self.described(described) if described is not None else None
        types: Types = ()
        receiver = function.receiver
        if isinstance(receiver, Instance) and receiver.arguments:
            owner = self._resolver.class_(receiver.id)
            types = (
                self._resolver.type_arguments(owner, receiver.arguments)
                if owner is not None
                else ()
            )
        key = f"{function.id}()" if not types else f"{function.id}(){types!r}"
        known = self._resolver.known(self._results, key)
        value: Value = (
            known[0]
            if known is not None
            else self._resolver.recall(self._results, key, lambda: self._find_result(entry, types))
        )
        if (
            isinstance(receiver, Instance)
            and isinstance(value, Instance)
            and receiver.id != value.id
            and value.id == self._owner_id(entry)
            and self._gives_own(entry)
        ):
            return receiver
        return value

    def _gives_own(self, entry: FunctionEntry) -> bool:
        """Whether a method gives its own object, or one of its own class: `return self`, `cls()`, one that it kept."""
        item = entry.facts
        if not item.parameters or not item.results:
            return False
        own = item.parameters[0].name
        return all(self._is_own(entry, own, path) for path in item.results)

    def _is_own(self, entry: FunctionEntry, own: str, path: str) -> bool:
        if path in (own, f"{own}()"):
            return True
        name = path.removeprefix(f"{own}.")
        owner = self._resolver.class_(self._owner_id(entry))
        if owner is None or name == path:
            return False
        self._resolver.seen.add(f"{owner.id}.{name}")
        kept = [attribute.path for attribute in owner.self_attributes.get(name, ())]
        return bool(kept) and all(made == f"{own}()" for made in kept)

    def _find_result(self, entry: FunctionEntry, types: Types) -> Value:
        item = entry.facts
        self._resolver.seen.add(entry.id)
        is_generator = bool(item.flags & facts.GENERATOR)
        value = self._returned(entry, types, is_generator)
        if is_generator:
            held = value.element if isinstance(value, Collection) else value
            if is_context(entry.facts):
                return Context(held)
            return value if isinstance(value, Collection) else Collection(held)
        if item.flags & facts.ASYNC:
            return Coroutine(value, entry.id)
        return Coroutine(value, entry.id) if self.is_offloading(entry) else value

    def _returned(self, entry: FunctionEntry, types: Types, is_generator: bool) -> Value:
        item = entry.facts
        outer = Place(entry.path, item.parent or MODULE, "", types)
        declared: Value = None
        if item.returns:
            declared = self._resolver.instance_of(
                outer, item.returns, self_class=self._owner_id(entry)
            )
            if declared is not None and not isinstance(declared, Factory):
                return declared
        here = Place(entry.path, entry.id.rpartition(":")[2], "", types)
        paths = item.yields if is_generator else item.results
        value = alternatives(
            [self._resolver.resolve(here, path, item.end_line) for path in paths[:12]]
        )
        if value is None:
            value = declared
        return Collection(value) if is_generator else value

    def _owner_id(self, entry: FunctionEntry) -> str:
        return f"{entry.path}:{entry.facts.owner}" if entry.facts.owner else ""

    def _has_offloading_decorator(self, entry: FunctionEntry) -> bool:
        self._resolver.seen.add(entry.id)
        place = Place(entry.path, entry.facts.parent or MODULE)
        for decorator in entry.facts.decorators:
            value = self._resolver.resolve(place, decorator.target)
            if isinstance(value, External):
                offload = self._resolver.knowledge.entry(value.name, "offload")
                if offload is not None and offload.form == "wrap":
                    return True
        return False

    def is_offloading(self, entry: FunctionEntry) -> bool:
        """Whether calling the function runs it in a thread: `@sync_to_async` and its like."""
        if not entry.facts.decorators:
            return False
        key = f"{entry.id}<offloads>"
        self._resolver.seen.add(entry.id)
        found: bool = self._resolver.recall(
            self._offloading, key, lambda: self._has_offloading_decorator(entry)
        )
        return bool(found)
