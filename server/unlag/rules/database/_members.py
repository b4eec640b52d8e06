"""The attributes of mapped classes: which calls make them, and what columns and tables they declare.

Reads the class with its mixins and bases; relationships are for `_models`, which knows other classes.
"""

from __future__ import annotations

import ast
import re

import msgspec

from unlag.project.index import Index
from unlag.project.resolver import Place
from unlag.project.syntax import NodeSite
from unlag.project.table import ClassEntry
from unlag.project.values import External
from unlag.rules.database._annotated import declaring
from unlag.rules.database._bases import with_bases
from unlag.rules.database._columns import (
    COLUMNS,
    Column,
    column_of,
    columns_of,
    constraints_of,
    indexed_by,
)
from unlag.rules.database._tables import (
    RELATIONSHIPS,
    ByHand,
    Written,
    mapped_by_hand,
    table_named,
    written_table,
)
from unlag.source.facts import Call
from unlag.source.scopes import MODULE

_ROOTS = ("sqlalchemy.", "sqlmodel.")
_TABLE_ITEMS = frozenset(
    {"Index", "UniqueConstraint", "PrimaryKeyConstraint", "ForeignKey", "backref"}
)
_TABLE_NAME = re.compile(r"__tablename__[^=]*=\s*[\"']([^\"']+)[\"']")


class Member(msgspec.Struct, frozen=True):
    """A class attribute with the calls that make it."""

    entry: ClassEntry
    name: str
    paths: tuple[str, ...]
    calls: tuple[tuple[Call, str], ...]
    """Calls of SQLAlchemy or SQLModel in its statement, with their last names."""
    all_calls: tuple[Call, ...]
    offset: int
    line: int
    place: Place | None = None
    """Where the names in its calls are looked up, if that is not around the class."""


class Mapping(msgspec.Struct, frozen=True):
    """A mapped class without what it has to do with others."""

    table: str
    """Name of its table, or empty where it is not written down."""
    members: dict[str, Member]
    columns: dict[str, Column]
    indexes: tuple[tuple[str, ...], ...]


def mapping_of(index: Index, class_id: str) -> Mapping | None:
    """What a class maps; None for a class without a table."""
    return index.recall(_find_mapping, class_id)


def annotation_of(member: Member) -> str:
    """The annotation of an attribute as a path, `:(Mapped[list[Order]])`, or empty."""
    return next((path for path in member.paths if path.startswith(":(")), "")


def _find_mapping(index: Index, class_id: str) -> Mapping | None:
    entry = index.resolver.class_(class_id)
    if entry is None or _is_abstract(entry):
        return None
    line = with_bases(index, entry)
    for item in line:
        index.table_of(item.path)  # columns and options are no part of a class's interface
    if not any(_has_table(item) for item in line):
        made = mapped_by_hand(index, class_id)
        return _mapping_by_hand(entry, made) if made is not None else None
    members = _members(index, line)
    is_sqlmodel = any("table=True" in item.facts.keywords for item in line)
    columns = {
        name: column
        for name, member in members.items()
        if (column := _column(index, member, is_sqlmodel)) is not None
    }
    indexes = _indexes(index, members.get("__table_args__"))
    written = _written(index, members.get("__table__"))
    if written is not None:
        return Mapping(
            written.name,
            members,
            columns | columns_of(written),
            (*indexes, *constraints_of(written)),
        )
    return Mapping(_table_name(index, line), members, columns, indexes)


def _mapping_by_hand(entry: ClassEntry, made: ByHand) -> Mapping:
    members = {
        name: Member(
            entry,
            name,
            (),
            ((call, "relationship"),),
            (call,),
            made.function.offset,
            call.line + made.function.offset,
            made.place,
        )
        for name, call in made.relationships
    }
    if made.table is None:
        return Mapping("", members, {}, ())
    return Mapping(made.table.name, members, columns_of(made.table), constraints_of(made.table))


def _written(index: Index, member: Member | None) -> Written | None:
    """The table of `__table__ = Table(...)`, or of a name."""
    if member is None:
        return None
    if member.all_calls:
        return written_table(member.entry.path, member.offset, member.all_calls)
    name = member.paths[0].rpartition(".")[2] if member.paths else ""
    return table_named(index, member.entry.path, name)


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


def _members(index: Index, line: list[ClassEntry]) -> dict[str, Member]:
    found: dict[str, Member] = {}
    for entry in line:
        for name, paths in entry.attributes.items():
            said = entry.members.get(name)
            if name in found or said is None:  # nothing is kept of what classes in functions say
                continue
            at = next((b.line for b in said.bindings if b.name == name), 1)
            found[name] = _member(index, entry, name, tuple(paths), said.calls, said.offset, at)
        for name, qualname in entry.methods.items():
            method = index.tables[entry.path].functions[qualname]
            decorators = [d.target.rpartition(".")[2] for d in method.facts.decorators]
            if name not in found and "declared_attr" in decorators:
                item = method.facts
                found[name] = _member(
                    index,
                    entry,
                    name,
                    (f":({item.returns})",),
                    item.calls,
                    method.offset,
                    item.line,
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
) -> Member:
    place = Place(entry.path, entry.facts.parent or MODULE)
    known = []
    for call in calls:
        last = call.target.rpartition(".")[2]
        if last in COLUMNS or last in RELATIONSHIPS or last in _TABLE_ITEMS:
            value = index.resolver.resolve(place, call.target)
            if isinstance(value, External) and value.name.startswith(_ROOTS):
                known.append((call, last))
    return Member(entry, name, paths, tuple(known), calls, offset, line + offset)


def _column(index: Index, member: Member, is_sqlmodel: bool) -> Column | None:
    annotation = annotation_of(member)
    names = {last for _, last in member.calls}
    if names & RELATIONSHIPS:
        return None
    is_field = is_sqlmodel and annotation and _is_field(member, annotation)
    if not names & COLUMNS and "Mapped[" not in annotation and not is_field:
        return None
    entry = member.entry
    calls = (*member.calls, *declaring(index, entry.path, annotation))
    return column_of(member.name, entry.path, member.line, calls, annotation, entry.id)


def _is_field(member: Member, annotation: str) -> bool:
    """Whether Pydantic, and so SQLModel, takes an annotation, with a plain default at most, for a field."""
    is_own = member.name.startswith(("_", "model_")) or "ClassVar" in annotation
    return not is_own and not member.all_calls


def _indexes(index: Index, arguments: Member | None) -> tuple[tuple[str, ...], ...]:
    if arguments is None:
        return ()
    found = [
        columns
        for call in arguments.all_calls
        if call not in {known for known, _ in arguments.calls} and "index" in call.target.lower()
        if (columns := _listed(index, arguments, call))
    ]
    for call, name in arguments.calls:
        if name in ("Index", "UniqueConstraint", "PrimaryKeyConstraint"):
            found.append(indexed_by(call, name))
    return tuple(found)


def _listed(index: Index, member: Member, call: Call) -> tuple[str, ...]:
    """The texts in the list that the project's own function for indexes gets."""
    start, end = call.line + member.offset, call.end_line + member.offset
    node = index.expression(member.entry.path, NodeSite(start, call.column, end, call.end_column))
    lists = [item for item in ast.walk(node) if isinstance(item, ast.List)] if node else []
    texts = (
        [item.value for item in lists[0].elts if isinstance(item, ast.Constant)] if lists else []
    )
    return tuple(text for text in texts if isinstance(text, str))


def _table_name(index: Index, line: list[ClassEntry]) -> str:
    for entry in line:
        if "__tablename__" in entry.members:
            item = entry.members["__tablename__"]
            text = index.text_of(entry.path)
            lines = text.split("\n") if text is not None else []
            row = item.bindings[0].line + item.offset - 1
            found = _TABLE_NAME.search(lines[row]) if row < len(lines) else None
            return found[1] if found else ""
        if "__tablename__" in entry.methods:
            return ""
    return line[0].facts.qualname.rpartition(".")[2].lower()
