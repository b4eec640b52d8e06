"""Tables as SQLAlchemy and SQLModel see them: columns, relationships and indexes, from code alone.

Reads classes of the project with their mixins and bases. What a library, a string or a loop makes up
when the program runs is not seen; a class that cannot be read so is no model.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping

import msgspec

from unlag.project.index import Index
from unlag.project.resolver import Place
from unlag.project.syntax import NodeSite
from unlag.project.table import ClassEntry
from unlag.project.values import Class, External, each
from unlag.source.facts import Call
from unlag.source.paths import is_dotted, unpack
from unlag.source.scopes import MODULE

_ROOTS = ("sqlalchemy.", "sqlmodel.")
_COLUMNS = frozenset({"Column", "mapped_column", "Field"})
_RELATIONSHIPS = frozenset({"relationship", "Relationship", "relation"})
_COLLECTIONS = frozenset(
    {"list", "set", "sequence", "collection", "iterable", "dict", "mapping", "instrumentedlist",
     "attributemapped", "frozenset", "tuple"}
)  # fmt: skip
_WRAPPERS = _COLLECTIONS | {
    "mapped",
    "dynamicmapped",
    "writeonlymapped",
    "optional",
    "union",
    "none",
}
_NAME = re.compile(r"[A-Za-z_][\w./]*")
LAZY = frozenset({"select", "True", "true"})
"""Values of `lazy=` that load when the attribute is first read."""
_MOST_BASES = 30


class Column(msgspec.Struct, frozen=True):
    """One mapped column."""

    name: str
    path: str
    line: int
    """In the file."""
    is_primary_key: bool
    is_unique: bool
    is_indexed: bool
    foreign_key: str
    """`table.column`, or empty."""
    type: str
    """`Boolean`, `bool`, `String`: what its declaration or annotation says, or empty."""


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


class _Member(msgspec.Struct, frozen=True):
    """A class attribute with the calls that make it."""

    entry: ClassEntry
    name: str
    paths: tuple[str, ...]
    calls: tuple[tuple[Call, str], ...]
    """Calls of SQLAlchemy or SQLModel in its statement, with their last names."""
    all_calls: tuple[Call, ...]
    offset: int
    line: int


def model_of(index: Index, class_id: str) -> Model | None:
    """The mapped class with that id; None for what is no table of its own or of a base."""
    known: dict[str, Model | None] = index.remembered.setdefault(model_of, {})
    if class_id not in known:
        known[class_id] = None  # a class that refers to itself
        known[class_id] = _find_model(index, class_id)
    return known[class_id]


def relationship(index: Index, class_id: str, name: str) -> Relationship | None:
    """The relationship `name` of a model, backrefs that other classes declare included."""
    model = model_of(index, class_id)
    if model is None:
        return None
    found = model.relationships.get(name)
    return found if found is not None else _backrefs(index).get((class_id, name))


def models(index: Index) -> tuple[Model, ...]:
    """Every mapped class of the project outside of tests, in the order of the files."""
    known: tuple[Model, ...] | None = index.remembered.get(models)
    if known is None:
        found = [
            model_of(index, entry.id)
            for path, table in index.tables.items()
            if not index.is_test(path)
            for entry in table.classes.values()
            if _may_be_model(entry)
        ]
        known = index.remembered[models] = tuple(item for item in found if item is not None)
    return known


def class_named(index: Index, name: str, place: Place) -> str:
    """The id of the model that a relationship calls `name`; empty where several have the name."""
    value = index.resolver.resolve(place, name) if is_dotted(name) else None
    for item in each(value):
        if isinstance(item, Class):
            return item.id
    by_name = _classes_by_name(index).get(name.rpartition(".")[2], ())
    mapped = [class_id for class_id in by_name if model_of(index, class_id) is not None]
    return mapped[0] if len(mapped) == 1 else ""


def _may_be_model(entry: ClassEntry) -> bool:
    return bool(entry.facts.bases) and bool(entry.members)


def _find_model(index: Index, class_id: str) -> Model | None:
    entry = index.resolver.class_(class_id)
    if entry is None or _is_abstract(entry):
        return None
    line = _bases(index, entry)
    if not any(_has_table(item) for item in line):
        return None
    members = _members(index, line)
    columns: dict[str, Column] = {}
    relationships: dict[str, Relationship] = {}
    table = _table_name(index, line)
    for member in members.values():
        names = {name for _, name in member.calls}
        if names & _RELATIONSHIPS:
            found = _relationship(index, member)
            relationships[member.name] = found
        elif column := _column(member, names):
            columns[member.name] = column
    return Model(
        class_id,
        entry.facts.qualname.rpartition(".")[2],
        table,
        columns,
        relationships,
        _indexes(members.get("__table_args__")),
    )


def _is_abstract(entry: ClassEntry) -> bool:
    return "__abstract__" in entry.attributes


def _has_table(entry: ClassEntry) -> bool:
    names = ("__tablename__", "__table__")
    if any(name in entry.attributes or name in entry.methods for name in names):
        return True
    return "table=True" in entry.facts.keywords or any(
        keyword.startswith("table=") and keyword.endswith("True")
        for keyword in entry.facts.keywords
    )


def _bases(index: Index, entry: ClassEntry) -> list[ClassEntry]:
    """A class and everything of the project it inherits from, in the order of look-up."""
    found: dict[str, ClassEntry] = {}
    pending = [entry]
    while pending and len(found) < _MOST_BASES:
        current = pending.pop(0)
        if current.id in found:
            continue
        found[current.id] = current
        for base in index.resolver.bases(current):
            inherited = index.resolver.class_(base.id) if isinstance(base, Class) else None
            if inherited is not None:
                pending.append(inherited)
    return list(found.values())


def _members(index: Index, line: list[ClassEntry]) -> dict[str, _Member]:
    found: dict[str, _Member] = {}
    for entry in line:
        for name, paths in entry.attributes.items():
            if name not in found:
                offset, item = entry.members.get(name, (0, None))
                calls = item.calls if item is not None else ()
                at = next((b.line for b in item.bindings if b.name == name), 1) if item else 1
                found[name] = _member(index, entry, name, tuple(paths), calls, offset, at)
        for name, qualname in entry.methods.items():
            method = index.tables[entry.path].functions[qualname]
            decorators = [d.target.rpartition(".")[2] for d in method.facts.decorators]
            if name not in found and "declared_attr" in decorators:
                item = method.facts
                found[name] = _member(
                    index, entry, name, (item.returns,), item.calls, method.offset, item.line
                )
    return found


def _member(
    index: Index,
    entry: ClassEntry,
    name: str,
    paths: tuple[str, ...],
    calls: tuple[Call, ...],
    offset: int,
    line: int,
) -> _Member:
    place = Place(entry.path, entry.facts.parent or MODULE)
    known = []
    for call in calls:
        last = call.target.rpartition(".")[2]
        if last in _COLUMNS or last in _RELATIONSHIPS or last in _TABLE_ITEMS:
            value = index.resolver.resolve(place, call.target)
            if isinstance(value, External) and value.name.startswith(_ROOTS):
                known.append((call, last))
    return _Member(entry, name, paths, tuple(known), calls, offset, line + offset)


# -- columns and indexes

_TABLE_ITEMS = frozenset(
    {"Index", "UniqueConstraint", "PrimaryKeyConstraint", "ForeignKey", "backref"}
)


def _column(member: _Member, names: set[str]) -> Column | None:
    annotation = next((path for path in member.paths if path.startswith(":(")), "")
    if not names & _COLUMNS and "Mapped[" not in annotation:
        return None
    keywords = [call for call, name in member.calls if name in _COLUMNS]
    keys = [
        (call.arguments[0][1:] if call.arguments and call.arguments[0].startswith("'") else "")
        for call, name in member.calls
        if name == "ForeignKey"
    ]
    keys += [value[1:] for call in keywords if (value := call.keyword("foreign_key") or "")]
    return Column(
        member.name,
        member.entry.path,
        member.line,
        any(call.keyword("primary_key") == "True" for call in keywords),
        any(call.keyword("unique") == "True" for call in keywords),
        any(call.keyword("index") == "True" for call in keywords),
        next((key for key in keys if key), ""),
        _type_of(keywords, annotation),
    )


def _type_of(calls: list[Call], annotation: str) -> str:
    for call in calls:
        for argument in call.arguments:
            if argument[:1] not in "'#*" and "=" not in argument and argument != "?":
                name = argument.partition("(")[0].rpartition(".")[2]
                if name not in ("ForeignKey", "Identity", "Sequence"):
                    return name
        if chosen := call.keyword("sa_type") or call.keyword("type_"):
            return chosen.partition("(")[0].rpartition(".")[2]
    names = [name for name in _NAME.findall(annotation) if name.lower() not in _WRAPPERS]
    return names[0].rpartition("/")[2] if names else ""


def _indexes(arguments: _Member | None) -> tuple[tuple[str, ...], ...]:
    if arguments is None:
        return ()
    found = []
    for call, name in arguments.calls:
        if name in ("Index", "UniqueConstraint", "PrimaryKeyConstraint"):
            texts = call.positional()
            columns = [_named_column(value) for value in (texts[1:] if name == "Index" else texts)]
            found.append(tuple(columns))
    return tuple(found)


def _named_column(value: str) -> str:
    return value[1:] if value.startswith("'") else value.rpartition(".")[2]


def _table_name(index: Index, line: list[ClassEntry]) -> str:
    for entry in line:
        if "__tablename__" in entry.members:
            offset, item = entry.members["__tablename__"]
            binding = item.bindings[0]
            text = index.text_of(entry.path)
            lines = text.split("\n") if text is not None else []
            row = binding.line + offset - 1
            found = _TABLE_NAME.search(lines[row]) if row < len(lines) else None
            return found[1] if found else ""
        if "__tablename__" in entry.methods:
            return ""
    return line[0].facts.qualname.rpartition(".")[2].lower()


_TABLE_NAME = re.compile(r"__tablename__[^=]*=\s*[\"']([^\"']+)[\"']")


# -- relationships


def _relationship(index: Index, member: _Member) -> Relationship:
    call = next(call for call, name in member.calls if name in _RELATIONSHIPS)
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


def _options(index: Index, member: _Member, call: Call) -> dict[str, str]:
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
        found |= _handed_on(index.syntaxes.expression(member.entry.path, site))
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


def _target(index: Index, member: _Member, call: Call) -> tuple[str, bool | None]:
    """The class on the other side, and whether there are many; None where nothing says so."""
    place = Place(
        member.entry.path, member.entry.facts.parent or MODULE, member.entry.facts.qualname
    )
    named = call.argument(0, "argument") or ""
    annotation = next((path for path in member.paths if path.startswith(":(")), "")
    names = _NAME.findall(annotation[2:].partition(")")[0])
    wrappers = [name for name in names if name.rpartition("/")[2].lower() in _WRAPPERS]
    inside = [name for name in names if name not in wrappers]
    is_collection = None
    if inside:
        is_collection = any(name.rpartition("/")[2].lower() in _COLLECTIONS for name in wrappers)
    if named.startswith("'"):
        return class_named(index, named[1:], place), is_collection
    if named and is_dotted(named):
        return class_named(index, named, place), is_collection
    return (class_named(index, unpack(inside[-1]), place) if inside else ""), is_collection


def _points_here(index: Index, member: _Member, target: str, options: Mapping[str, str]) -> bool:
    """Whether the foreign key stands on the other side, so that there can be many."""
    if "secondary" in options:
        return True
    other = model_of(index, target) if target else None
    own = [
        column
        for base in _bases(index, member.entry)
        for name in base.members
        if (column := _own_column(index, base, name)) is not None
    ]
    if other is not None and other.table:
        return not any(column.foreign_key.startswith(f"{other.table}.") for column in own)
    return True


def _own_column(index: Index, entry: ClassEntry, name: str) -> Column | None:
    offset, item = entry.members[name]
    member = _member(index, entry, name, tuple(entry.attributes[name]), item.calls, offset, 1)
    return _column(member, {last for _, last in member.calls})


def _backrefs(index: Index) -> Mapping[tuple[str, str], Relationship]:
    """Relationships that a class gets because another one says `backref=`."""
    known: dict[tuple[str, str], Relationship] | None = index.remembered.get(_backrefs)
    if known is None:
        known = index.remembered[_backrefs] = {}
        for model, member, item in _declaring_backrefs(index):
            call = next(call for call, name in member.calls if name in _RELATIONSHIPS)
            options = _options(index, member, call)
            made = [inner for inner, name in member.calls if name == "backref"]
            lazy = (made[0].keyword("lazy") if made else None) or "select"
            uselist = made[0].keyword("uselist") if made else None
            is_many = "secondary" in options or not item.is_collection
            is_many = uselist == "True" if uselist else is_many
            known[item.target, item.back] = Relationship(
                item.back, item.target, model.id, is_many, lazy.strip("'"), item.name
            )
    return known


def _declaring_backrefs(index: Index) -> Iterator[tuple[Model, _Member, Relationship]]:
    for model in models(index):
        entry = index.resolver.class_(model.id)
        for member in _members(index, [entry]).values() if entry is not None else ():
            item = model.relationships.get(member.name)
            if (
                item is not None
                and item.target
                and any(
                    argument.startswith("backref=")
                    for call, _ in member.calls
                    for argument in call.arguments
                )
            ):
                yield model, member, item


def _classes_by_name(index: Index) -> Mapping[str, list[str]]:
    known: dict[str, list[str]] | None = index.remembered.get(_classes_by_name)
    if known is None:
        known = index.remembered[_classes_by_name] = {}
        for table in index.tables.values():
            for entry in table.classes.values():
                if _may_be_model(entry):
                    name = entry.facts.qualname.rpartition(".")[2]
                    known.setdefault(name, []).append(entry.id)
    return known
