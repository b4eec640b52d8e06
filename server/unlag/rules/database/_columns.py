"""Columns and indexes, as the calls that declare them say."""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from unlag.rules.database._tables import Written
from unlag.source.facts import Call

COLUMNS = frozenset({"Column", "mapped_column", "Field"})
COLLECTIONS = frozenset(
    {"list", "set", "sequence", "collection", "iterable", "dict", "mapping", "instrumentedlist",
     "attributemapped", "frozenset", "tuple"}
)  # fmt: skip
WRAPPERS = COLLECTIONS | {"mapped", "dynamicmapped", "writeonlymapped", "optional", "union", "none"}
"""Names in annotations that say how many there are, not of what."""
NAME = re.compile(r"[A-Za-z_][\w./]*")


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
    declared_by: str = ""
    """Id of the class with the attribute, or empty where a `Table(...)` has it."""


def column_of(
    name: str,
    path: str,
    line: int,
    calls: Iterable[tuple[Call, str]],
    annotation: str,
    declared_by: str = "",
) -> Column:
    calls = tuple(calls)
    keywords = [call for call, last in calls if last in COLUMNS]
    keys = [
        (call.arguments[0][1:] if call.arguments and call.arguments[0].startswith("'") else "")
        for call, last in calls
        if last == "ForeignKey"
    ]
    keys += [value[1:] for call in keywords if (value := call.keyword("foreign_key") or "")]
    return Column(
        name,
        path,
        line,
        any(call.keyword("primary_key") == "True" for call in keywords),
        any(call.keyword("unique") == "True" for call in keywords),
        any(call.keyword("index") == "True" for call in keywords),
        next((key for key in keys if key), ""),
        _type_of(keywords, annotation),
        declared_by,
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
    names = [name for name in NAME.findall(annotation) if name.lower() not in WRAPPERS]
    return names[0].rpartition("/")[2] if names else ""


def indexed_by(call: Call, name: str) -> tuple[str, ...]:
    texts = call.positional()
    return tuple(_named_column(value) for value in (texts[1:] if name == "Index" else texts))


def _named_column(value: str) -> str:
    return value[1:] if value.startswith("'") else value.rpartition(".")[2]


def columns_of(table: Written) -> dict[str, Column]:
    found = {}
    for call, inside in table.columns:
        name = call.argument(0, "name") or ""
        if name.startswith("'"):
            known = [(item, item.target.rpartition(".")[2]) for item in (call, *inside)]
            line = call.line + table.offset
            found[name[1:]] = column_of(name[1:], table.path, line, known, "")
    return found


def constraints_of(table: Written) -> tuple[tuple[str, ...], ...]:
    return tuple(indexed_by(call, call.target.rpartition(".")[2]) for call in table.constraints)
