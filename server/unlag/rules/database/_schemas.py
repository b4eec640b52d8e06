"""Which relationships a Pydantic model reads from a loaded object when it is validated from it."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from unlag.project.index import Index
from unlag.project.resolver import Place, is_property
from unlag.project.table import ClassEntry, FunctionEntry
from unlag.project.values import Class, Collection, Instance, Value, each
from unlag.rules.database._models import Relationship, model_of, relationship
from unlag.rules.database._values import Record
from unlag.source import facts
from unlag.source.paths import split
from unlag.source.scopes import MODULE

_SELDOM = facts.CONDITIONAL | facts.IN_EXCEPT
_DEEPEST = 4
_MOST_BASES = 20


class Field(msgspec.Struct, frozen=True):
    """One field of a Pydantic model."""

    name: str
    type: str
    """Id of the class in its annotation that is a model of its own, or empty."""


def read_by_schema(
    index: Index, schema_id: str, record: Record, depth: int = 0
) -> Iterator[tuple[Record, str]]:
    """Relationships that validating `schema_id` from `record` loads: the object and the attribute."""
    if depth > _DEEPEST:
        return
    for field in _read_fields(index, schema_id, record):
        found = relationship(index, record.model, field.name)
        if found is None:
            continue
        path = (*record.path, field.name)
        is_back = bool(record.path) and found.back == record.path[-1] and not found.is_collection
        is_loaded = path in record.statement.loads or path in record.loaded or is_back
        is_late = found.is_lazy and not is_loaded and record.is_certain
        if is_late:
            yield record, field.name
        if field.type and found.target and (not is_late or _brings_many(record, found)):
            many = record.many or found.is_collection
            inner = msgspec.structs.replace(record, model=found.target, path=path, many=many)
            yield from read_by_schema(index, field.type, inner, depth + 1)


def _read_fields(index: Index, schema_id: str, record: Record) -> Iterator[Field]:
    """The fields of a Pydantic model, and what the model's properties of the same names read themselves."""
    for field in fields_of(index, schema_id):
        yield field
        member = index.resolver.member(record.model, field.name)
        if member is None or not isinstance(member[0], FunctionEntry):
            continue
        item = member[0].facts
        if is_property(item) and item.parameters:
            own = f"{item.parameters[0].name}."
            names = {
                read.path[len(own) :].partition(".")[0]
                for read in item.reads
                if read.path.startswith(own) and not read.flags & _SELDOM
            }
            yield from (Field(name, "") for name in sorted(names))


def _brings_many(record: Record, found: Relationship) -> bool:
    """Whether one object's collection is loaded at once, so that what counts is what its members load."""
    return found.is_collection and not record.many


def fields_of(index: Index, schema_id: str) -> tuple[Field, ...]:
    """The fields of a Pydantic model, inherited ones included; without those that are left out."""
    return index.recall(_all_fields, schema_id)


def is_schema(index: Index, class_id: str) -> bool:
    """Whether a class of the project is a Pydantic model."""
    names = index.resolver.outside_bases(class_id)
    return any(name.rpartition(".")[2] in _PYDANTIC for name in names)


_PYDANTIC = frozenset({"BaseModel", "SQLModel", "RootModel", "GenericModel"})


def schema_in(value: Value) -> tuple[str, bool]:
    """The class in a response model's annotation, and whether it stands for many; empty where there are several."""
    found: dict[str, bool] = {}
    for item in each(value):
        if isinstance(item, Instance | Class):
            found[item.id] = False
        elif isinstance(item, Collection) and not item.is_mapping:
            inner, _ = schema_in(item.element)
            if inner:
                found[inner] = True
    return next(iter(found.items())) if len(found) == 1 else ("", False)


def _all_fields(index: Index, schema_id: str) -> tuple[Field, ...]:
    return tuple(_fields(index, schema_id))


def _fields(index: Index, schema_id: str) -> Iterator[Field]:
    table = model_of(index, schema_id)  # a table of SQLModel validates its columns only
    seen: set[str] = set(table.relationships) if table is not None else set()
    pending = [schema_id]
    for _ in range(_MOST_BASES):
        entry = index.resolver.class_(pending.pop(0)) if pending else None
        if entry is None:
            continue
        index.table_of(entry.path)  # what a field leaves out is no part of a class's interface
        for name, paths in entry.attributes.items():
            if name in seen or not paths[0].startswith(":("):
                continue
            seen.add(name)
            if not _is_excluded(entry, name):
                yield Field(name, _type_of(index, entry, paths[0]))
        bases = index.resolver.bases(entry)
        pending += [base.id for base in bases if isinstance(base, Class)]


def _is_excluded(entry: ClassEntry, name: str) -> bool:
    item = entry.members.get(name)
    return item is not None and any(
        call.keyword("exclude") == "True"
        or call.keyword("validation_alias") is not None
        or call.keyword("alias") is not None
        for call in item.calls
        if call.target.rpartition(".")[2] == "Field"
    )


def _type_of(index: Index, entry: ClassEntry, path: str) -> str:
    annotation = split(path, "|")[0]
    place = Place(entry.path, entry.facts.parent or MODULE, entry.facts.qualname)
    class_id, _ = schema_in(index.resolver.resolve(place, annotation))
    return class_id if class_id and is_schema(index, class_id) else ""
