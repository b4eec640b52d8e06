"""Tables as SQLAlchemy and SQLModel see them: columns, relationships and indexes, from code alone.

Reads classes of the project with their mixins and bases. What a library, a string or a loop makes up
when the program runs is not seen; a class that cannot be read so is no model.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping

import msgspec

from unlag.project.index import Index
from unlag.project.resolver import Place
from unlag.project.surveys import Survey, nothing
from unlag.project.syntax import NodeSite
from unlag.project.table import ClassEntry, FileTable
from unlag.project.values import Class, each
from unlag.rules.database._columns import COLLECTIONS, NAME, WRAPPERS, Column
from unlag.rules.database._members import Member, annotation_of, mapping_of
from unlag.rules.database._tables import LAZY, RELATIONSHIPS
from unlag.source.facts import Call
from unlag.source.paths import is_dotted, unpack
from unlag.source.scopes import MODULE


class Relationship(msgspec.Struct, frozen=True):
    """One relationship, seen from the class that has the attribute."""

    name: str
    owner: str
    """Id of the class that declares it."""
    target: str
    """Id of the class on the other side, or empty."""
    is_collection: bool
    lazy: str
    """How it loads by itself: `select`, `selectin`, `joined`, `raise`, ..."""
    back: str
    """Name of the attribute on the other side, or empty."""

    @property
    def is_lazy(self) -> bool:
        """Whether reading it sends a query unless it was loaded before."""
        return self.lazy in LAZY


class Model(msgspec.Struct, frozen=True):
    """One mapped class."""

    id: str
    name: str
    table: str
    """Name of its table, or empty where it is not written down."""
    columns: Mapping[str, Column]
    relationships: Mapping[str, Relationship]
    indexes: tuple[tuple[str, ...], ...]
    """Columns of the indexes, unique constraints and composite primary keys in `__table_args__`."""


def model_of(index: Index, class_id: str) -> Model | None:
    """The mapped class with that id; None for what is no table of its own or of a base."""
    if mapping_of(index, class_id) is None:
        return None  # what nearly all classes are is remembered once
    return index.recall(_find_model, class_id)


def models_with(index: Index, class_id: str) -> tuple[Model, ...]:
    """The mapped classes that have what a class declares: itself and its heirs, those in tests left out."""
    found: dict[str, None] = {}
    pending = [class_id]
    while pending:
        current = pending.pop()
        if current not in found:
            found[current] = None
            pending.extend(index.resolver.subclasses.get(current, ()))
    heirs = (
        heir for heir in found if heir == class_id or not index.is_test(heir.rpartition(":")[0])
    )
    return tuple(model for heir in heirs if (model := model_of(index, heir)) is not None)


def relationship(index: Index, class_id: str, name: str) -> Relationship | None:
    """The relationship `name` of a model, backrefs that other classes declare included."""
    model = model_of(index, class_id)
    if model is None:
        return None
    found = model.relationships.get(name)
    return found if found is not None else _backrefs(index).get((class_id, name))


def models(index: Index) -> tuple[Model, ...]:
    """Every mapped class of the project outside of tests, in the order of the files."""
    found = (
        model_of(index, class_id)
        for ids in classes_by_name(index).values()
        for class_id in ids
        if not index.is_test(class_id.rpartition(":")[0])
    )
    return tuple(item for item in found if item is not None)


def class_named(index: Index, name: str, place: Place) -> str:
    """The id of the model that a relationship calls `name`; empty where several have the name."""
    value = index.resolver.resolve(place, name) if is_dotted(name) else None
    for item in each(value):
        if isinstance(item, Class):
            return item.id
    by_name = classes_by_name(index).get(name.rpartition(".")[2], ())
    mapped = [class_id for class_id in by_name if mapping_of(index, class_id) is not None]
    return mapped[0] if len(mapped) == 1 else ""


def classes_by_name(index: Index) -> Mapping[str, tuple[str, ...]]:
    """Ids of the classes of the project that can be models, by their plain names."""
    found: Mapping[str, tuple[str, ...]] = index.survey(CLASSES)
    return found


def _classes_in(index: Index, table: FileTable) -> tuple[tuple[str, bool], ...]:
    """The classes of a file that have attributes and bases, and whether one declares a backref."""
    return tuple(
        (entry.id, _has_backref(entry))
        for entry in table.classes.values()
        if entry.facts.bases and entry.members
    )


def _has_backref(entry: ClassEntry) -> bool:
    return any(
        argument.startswith("backref=")
        for item in entry.members.values()
        for call in item.calls
        for argument in call.arguments
    )


def _joined(parts: Mapping[str, tuple[tuple[str, bool], ...]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for path in sorted(parts):
        for class_id, has_backref in parts[path]:
            names = (class_id.rpartition(":")[2].rpartition(".")[2], *(_DECLARING,) * has_backref)
            for name in names:
                found[name] = (*found.get(name, ()), class_id)
    return found


_DECLARING = "backref="
"""Instead of a name: the classes that declare a backref."""
CLASSES: Survey[Index, tuple[tuple[str, bool], ...], dict[str, tuple[str, ...]]] = Survey(
    _classes_in, _joined, is_local=True, of_function=nothing
)


def _find_model(index: Index, class_id: str) -> Model | None:
    mapping = mapping_of(index, class_id)
    if mapping is None:
        return None
    relationships = {
        name: _relationship(index, member)
        for name, member in mapping.members.items()
        if any(last in RELATIONSHIPS for _, last in member.calls)
    }
    name = class_id.rpartition(":")[2].rpartition(".")[2]
    return Model(class_id, name, mapping.table, mapping.columns, relationships, mapping.indexes)


def _relationship(index: Index, member: Member) -> Relationship:
    call = next(call for call, name in member.calls if name in RELATIONSHIPS)
    options = _options(index, member, call)
    target, is_collection = _target(index, member, call)
    if "uselist" in options:
        is_collection = options["uselist"] == "True"
    elif is_collection is None:
        is_collection = _points_here(index, member, target, options)
    lazy = options.get("lazy", "select").strip("'")
    if any("DynamicMapped" in path or "WriteOnlyMapped" in path for path in member.paths):
        lazy = "dynamic"
    back = options.get("back_populates", options.get("backref", "")).strip("'")
    if not back.isidentifier():
        named = [item for item, name in member.calls if name == "backref" and item.arguments]
        back = named[0].arguments[0].strip("'") if named else ""
    return Relationship(member.name, member.entry.id, target, is_collection, lazy, back)


def _options(index: Index, member: Member, call: Call) -> dict[str, str]:
    """The keyword arguments of a relationship; those that SQLModel hands on included."""
    found = {
        name: value
        for argument in call.arguments
        for name, equals, value in [argument.partition("=")]
        if equals and name.isidentifier()
    }
    if "sa_relationship_kwargs" in found:
        site = NodeSite(
            call.line + member.offset, call.column, call.end_line + member.offset, call.end_column
        )
        found |= _handed_on(index.expression(member.entry.path, site))
    return found


def _handed_on(node: ast.expr | None) -> dict[str, str]:
    """What `sa_relationship_kwargs={...}` says, literals only."""
    found: dict[str, str] = {}
    for keyword in node.keywords if isinstance(node, ast.Call) else ():
        value = keyword.value
        if keyword.arg != "sa_relationship_kwargs":
            continue
        if isinstance(value, ast.Dict):
            for key, item in zip(value.keys, value.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(item, ast.Constant):
                    found[str(key.value)] = str(item.value)
        elif isinstance(value, ast.Call):
            for given in value.keywords:
                if given.arg is not None and isinstance(given.value, ast.Constant):
                    found[given.arg] = str(given.value.value)
        else:
            found["lazy"] = "unknown"
    return found


def _target(index: Index, member: Member, call: Call) -> tuple[str, bool | None]:
    """The class on the other side, and whether there are many; None where nothing says so."""
    place = member.place or Place(
        member.entry.path, member.entry.facts.parent or MODULE, member.entry.facts.qualname
    )
    named = call.argument(0, "argument") or ""
    annotation = annotation_of(member)
    names = NAME.findall(annotation[2:].partition(")")[0])
    wrappers = [name for name in names if name.rpartition("/")[2].lower() in WRAPPERS]
    inside = [name for name in names if name not in wrappers]
    is_collection = None
    if inside:
        is_collection = any(name.rpartition("/")[2].lower() in COLLECTIONS for name in wrappers)
    if named.startswith("'"):
        return class_named(index, named[1:], place), is_collection
    if named and is_dotted(named):
        return class_named(index, named, place), is_collection
    return (class_named(index, unpack(inside[-1]), place) if inside else ""), is_collection


def _points_here(index: Index, member: Member, target: str, options: Mapping[str, str]) -> bool:
    """Whether the foreign key stands on the other side, so that there can be many."""
    if "secondary" in options:
        return True
    other = mapping_of(index, target) if target else None
    own = mapping_of(index, member.entry.id)
    if other is None or own is None:
        return True
    if not other.table:  # made by a function: the key's own name has to tell
        key = own.columns.get(f"{member.name}_id")
        return key is None or not key.foreign_key
    columns = own.columns.values()
    return not any(column.foreign_key.startswith(f"{other.table}.") for column in columns)


def _backrefs(index: Index) -> Mapping[tuple[str, str], Relationship]:
    """Relationships that a class gets because another one says `backref=`."""
    return index.recall(_find_backrefs)


def _find_backrefs(index: Index) -> dict[tuple[str, str], Relationship]:
    found: dict[tuple[str, str], Relationship] = {}
    for class_id in classes_by_name(index).get(_DECLARING, ()):
        model, mapping = model_of(index, class_id), mapping_of(index, class_id)
        for name, item in model.relationships.items() if model is not None else ():
            member = mapping.members[name] if mapping is not None else None
            if member is None or not item.target or item.owner != class_id:
                continue
            call = next(call for call, last in member.calls if last in RELATIONSHIPS)
            options = _options(index, member, call)
            if "backref" not in options:
                continue
            made = [inner for inner, last in member.calls if last == "backref"]
            lazy = (made[0].keyword("lazy") if made else None) or "select"
            uselist = made[0].keyword("uselist") if made else None
            is_many = "secondary" in options or not item.is_collection
            is_many = uselist == "True" if uselist else is_many
            back = Relationship(
                item.back, item.target, class_id, is_many, lazy.strip("'"), item.name
            )
            found[item.target, item.back] = back
    return found
