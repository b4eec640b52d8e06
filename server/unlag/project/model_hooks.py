"""What Pydantic calls when it makes an object of a model of the project, or writes one down."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from unlag.project.answers import Memory
from unlag.project.place import Place
from unlag.project.table import ClassEntry, FunctionEntry
from unlag.project.values import Collection, External, Instance, Tuple, Value, each
from unlag.source.paths import split
from unlag.source.scopes import MODULE

if TYPE_CHECKING:
    from unlag.project.resolver import Resolver

Functions: TypeAlias = tuple[str, ...]
"""Ids of methods, each once."""

_MODELS = frozenset({"pydantic.BaseModel", "pydantic.v1.BaseModel"})
_MAKING = frozenset({"field_validator", "model_validator", "validator", "root_validator"})
_WRITING = frozenset({"field_serializer", "model_serializer", "computed_field"})
_AFTERWARDS = "model_post_init"
_WORDS = re.compile(r"\w+")
_BUILTIN = frozenset(
    {"str", "int", "float", "bool", "bytes", "list", "dict", "set", "tuple", "frozenset", "None"}
)
"""Types with nothing of the project in them."""


class ModelHooks:
    """Validators and serializers, by class id."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._found: Memory = resolver.memory()

    def validators(self, class_id: str) -> Functions:
        """What runs whenever an object of a class is made; empty for what is no model."""
        return self._remembered(class_id, _MAKING)

    def of_request(self, value: Value) -> Functions:
        """What runs when FastAPI makes `value` of what a request carries: of the models in its fields too."""
        return self._in(value, _MAKING)

    def of_answer(self, value: Value) -> Functions:
        """What runs when FastAPI writes `value` into a response, the models in its fields included."""
        return self._in(value, _WRITING)

    def _remembered(self, class_id: str, names: frozenset[str]) -> Functions:
        key = f"{class_id}<{'made' if names is _MAKING else 'written'}>"
        found: Functions | None = self._resolver.recall(
            self._found, key, lambda: tuple(dict.fromkeys(self._own(class_id, names)))
        )
        return found or ()

    def _own(self, class_id: str, names: frozenset[str]) -> Iterator[str]:
        if not self._is_model(class_id) or self._is_table(class_id):
            return
        overridden: set[str] = set()
        for entry in self._lineage(class_id):
            for method in self._methods(entry):
                if method.facts.name in overridden:
                    continue
                overridden.add(method.facts.name)
                is_after = names is _MAKING and method.facts.name == _AFTERWARDS
                if is_after or self._is_under(method, names):
                    yield method.id

    def _is_model(self, class_id: str) -> bool:
        knowledge = self._resolver.knowledge
        return any(knowledge.is_a(base, _MODELS) for base in self._resolver.outside_bases(class_id))

    def _is_table(self, class_id: str) -> bool:
        """Whether it is an SQLModel of a table, which validates nothing when it is made."""
        entry = self._resolver.class_(class_id)
        return entry is not None and "table=True" in entry.facts.keywords

    def _lineage(self, class_id: str) -> Iterator[ClassEntry]:
        """The class and those that it inherits from, of which everything that is declared is asked."""
        for entry in self._resolver.lineage(class_id):
            self._resolver.seen.update(
                (entry.id, f"{entry.id}<attributes>", f"{entry.id}<methods>")
            )
            yield entry

    def _methods(self, entry: ClassEntry) -> Iterator[FunctionEntry]:
        functions = self._resolver.tables[entry.path].functions
        for qualname in entry.methods.values():
            method = functions[qualname]
            self._resolver.seen.add(method.id)
            yield method

    def _is_under(self, method: FunctionEntry, names: frozenset[str]) -> bool:
        place = Place(method.path, method.facts.parent or MODULE)
        for decorator in method.facts.decorators:
            if decorator.target.rpartition(".")[2] in names:
                value = self._resolver.resolve(place, decorator.target)
                if isinstance(value, External) and value.name.startswith("pydantic."):
                    return True
        return False

    # -- what a request or a response carries

    def _in(self, value: Value, names: frozenset[str]) -> Functions:
        found: dict[str, None] = {}
        for class_id in self._classes(value):
            found.update(dict.fromkeys(self._whole(class_id, names)))
        return tuple(found)

    def _whole(self, class_id: str, names: frozenset[str]) -> Functions:
        """What runs for a class and for the models in its fields."""
        if not self._is_model(class_id):
            return ()
        key = f"{class_id}<{'carried' if names is _MAKING else 'answered'}>"

        def find() -> Functions:
            found = dict.fromkeys(self._remembered(class_id, names))
            for field in self._fields(class_id):
                found.update(dict.fromkeys(self._in(field, names)))
            return tuple(found)

        known: Functions | None = self._resolver.recall(self._found, key, find)
        return known or ()

    def _fields(self, class_id: str) -> Iterator[Value]:
        for entry in self._lineage(class_id):
            place = Place(entry.path, entry.facts.parent or MODULE, entry.facts.qualname)
            for name, paths in entry.attributes.items():
                declared = split(paths[-1], "|")[0]
                if not declared.startswith(":(") or name.startswith("_") or is_plain(declared):
                    continue
                yield self._resolver.resolve(place, declared)

    def _classes(self, value: Value) -> Iterator[str]:
        for item in each(value):
            if isinstance(item, Instance):
                yield item.id
            elif isinstance(item, Collection):
                yield from self._classes(item.element)
            elif isinstance(item, Tuple):
                for element in item.elements:
                    yield from self._classes(element)


@lru_cache(maxsize=512)
def is_plain(annotation: str) -> bool:
    """Whether an annotation names nothing but builtin types, as most do."""
    return _BUILTIN.issuperset(_WORDS.findall(annotation))
