"""Pydantic models of the project: what a class is, and what it does besides holding fields.

Reads one class and those it inherits from. Where a model is used is for a survey to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from unlag.project.asked import AskedResolver
from unlag.project.builtin_values import ENUMS
from unlag.project.resolver import Place
from unlag.project.table import ClassEntry
from unlag.project.values import Class, Collection, External, ExternalInstance, Instance, Value
from unlag.source.paths import UNKNOWN, split
from unlag.source.scopes import MODULE

_BASE = frozenset({"pydantic.BaseModel"})
_OLD_BASE = frozenset({"pydantic.v1.BaseModel"})
_SETTINGS = frozenset(
    {"pydantic.BaseSettings", "pydantic_settings.BaseSettings", "pydantic.v1.BaseSettings"}
)
_ROOT = frozenset({"pydantic.RootModel"})
_SQL = frozenset({"sqlmodel.SQLModel"})
_HOOKS = frozenset(
    {"field_validator", "model_validator", "validator", "root_validator", "field_serializer",
     "model_serializer", "computed_field", "validate_call"}
)  # fmt: skip
_OVERRIDES = frozenset(
    {"__init__", "__new__", "model_post_init", "model_dump", "model_dump_json", "dict", "json",
     "model_validate", "parse_obj", "from_orm", "construct", "model_construct", "__iter__",
     "__getattr__", "__getattribute__", "__setattr__", "__get_pydantic_core_schema__"}
)  # fmt: skip
_PLAIN = frozenset(
    {"str", "int", "float", "bool", "datetime.datetime", "datetime.date", "datetime.time",
     "datetime.timedelta", "uuid.UUID", "decimal.Decimal"}
)  # fmt: skip
"""Types whose objects pass their own validation unchanged."""
_NAME = re.compile(r"[\w.]+")
_DEEPEST = 8


class Model(msgspec.Struct, frozen=True):
    """A class of the project that Pydantic makes objects of."""

    id: str
    is_old: bool
    """Whether it is one of `pydantic.v1`, inside of Pydantic 2."""
    is_settings: bool
    is_root: bool
    is_sql: bool
    is_table: bool
    """Whether it is an SQLModel with `table=True`, whose constructor validates nothing."""
    is_whole: bool
    """Whether all classes it inherits from are known."""
    hooks: frozenset[str]
    """Names of the decorators that add validation or serialisation, and of overridden methods."""
    has_config: bool
    classes: tuple[str, ...]
    """Itself and the classes of the project it inherits from."""

    @property
    def holds_only(self) -> bool:
        """Whether its objects do nothing of their own when they are made and written."""
        return self.is_whole and not self.hooks and not self.has_config


def model_of(resolver: AskedResolver, class_id: str) -> Model | None:
    """What is known of a class, or None where it is no model."""
    outside = resolver.outside_bases(class_id)
    is_a = resolver.knowledge.is_a
    is_old = any(is_a(base, _OLD_BASE) for base in outside)
    if not is_old and not any(is_a(base, _BASE) for base in outside):
        return None
    entries = list(_lineage(resolver, class_id))
    hooks = [hook for entry in entries for hook in _hooks(resolver, entry)]
    return Model(
        class_id,
        is_old,
        any(is_a(base, _SETTINGS) for base in outside),
        any(is_a(base, _ROOT) for base in outside),
        any(is_a(base, _SQL) for base in outside),
        any("table=True" in entry.facts.keywords for entry in entries),
        all(_is_known(resolver, entry) for entry in entries),
        frozenset(hooks),
        any(_is_configured(resolver, entry) for entry in entries),
        tuple(entry.id for entry in entries),
    )


def fields(resolver: AskedResolver, model: Model) -> Iterator[tuple[str, str, Place]]:
    """Name, path and place of every field that the class or one it inherits from declares."""
    seen: set[str] = set()
    for class_id in model.classes:
        entry = resolver.class_(class_id)
        if entry is None:
            continue
        place = Place(entry.path, entry.facts.parent or MODULE, entry.facts.qualname)
        for name, paths in entry.attributes.items():
            if name not in seen and name != "model_config" and not name.startswith("_"):
                seen.add(name)
                yield name, paths[-1], place


def passes_unchanged(resolver: AskedResolver, class_id: str, depth: int = 0) -> bool:
    """Whether dumping an object of the model and validating that gives an equal object, for sure."""
    model = model_of(resolver, class_id)
    if model is None or depth > _DEEPEST or not model.holds_only or model.is_old or model.is_sql:
        return False
    return all(
        _is_plain_field(resolver, path, place, depth) for _, path, place in fields(resolver, model)
    )


def _is_plain_field(resolver: AskedResolver, path: str, place: Place, depth: int) -> bool:
    declared, *given = split(path, "|")
    if not declared.startswith(":(") or any(item.endswith(")") and "(" in item for item in given):
        return False
    names = (resolver.resolve(place, name) for name in _NAME.findall(declared))
    return all(map(_is_type, names)) and _is_plain(
        resolver, resolver.resolve(place, declared), depth
    )


def _is_type(value: Value) -> bool:
    """Whether a name stands for a class and no more: `Annotated` can bring validators along."""
    if isinstance(value, External):
        return value.name.rpartition(".")[2] != "Annotated"
    return isinstance(value, Class)


def _is_plain(resolver: AskedResolver, value: Value, depth: int) -> bool:
    if isinstance(value, ExternalInstance):
        return value.name in _PLAIN
    if isinstance(value, Collection):
        return _is_plain(resolver, value.element, depth)
    if isinstance(value, Instance) and not value.arguments:
        if not ENUMS.isdisjoint(resolver.outside_bases(value.id)):
            return True
        return passes_unchanged(resolver, value.id, depth + 1)
    return False


def _lineage(resolver: AskedResolver, class_id: str) -> Iterator[ClassEntry]:
    """The class and those of the project it inherits from, each once."""
    pending = [class_id]
    visited: set[str] = set()
    while pending:
        current = pending.pop(0)
        entry = resolver.class_(current)
        resolver.seen.update((current, f"{current}<attributes>", f"{current}<methods>"))
        if entry is None or current in visited:
            continue
        visited.add(current)
        yield entry
        pending.extend(base.id for base in resolver.bases(entry) if isinstance(base, Class))


def _hooks(resolver: AskedResolver, entry: ClassEntry) -> Iterator[str]:
    for name, qualname in entry.methods.items():
        method = resolver.tables[entry.path].functions[qualname]
        resolver.seen.add(method.id)
        if name in _OVERRIDES:
            yield name
        for decorator in method.facts.decorators:
            tail = decorator.target.rpartition(".")[2]
            if tail in _HOOKS:
                yield tail


def _is_configured(resolver: AskedResolver, entry: ClassEntry) -> bool:
    inner = f"{entry.facts.qualname}.Config"
    has_old_config = inner in resolver.tables[entry.path].classes
    return has_old_config or "model_config" in entry.attributes or bool(entry.facts.keywords)


def _is_known(resolver: AskedResolver, entry: ClassEntry) -> bool:
    """Whether each class that `entry` inherits from is one of the project or a known one outside."""
    bases = resolver.bases(entry)
    if len(bases) != len(entry.facts.bases) or UNKNOWN in entry.facts.bases:
        return False
    known = {"typing.Generic", "typing_extensions.Generic", "abc.ABC", "object"}
    return all(
        isinstance(base, Class)
        or (isinstance(base, External) and (base.name in known or _is_framework(resolver, base)))
        for base in bases
    )


def _is_framework(resolver: AskedResolver, base: External) -> bool:
    return resolver.knowledge.is_a(base.name, _BASE | _OLD_BASE)
