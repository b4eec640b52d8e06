"""The names of a function and what their values are so far; what is found out of them on the way.

Records what is done with values: statements that are sent, results of which only a part is taken.
"""

from __future__ import annotations

import ast

import msgspec

from unlag.project.index import Index
from unlag.project.resolver import Place
from unlag.project.syntax import FunctionSyntax, NodeSite
from unlag.project.table import FunctionEntry
from unlag.project.values import Tuple
from unlag.rules.database._statements import as_many, elements_of, rows_of
from unlag.rules.database._values import (
    Chosen,
    Display,
    Event,
    Flag,
    Known,
    Loads,
    Made,
    Mapped,
    Record,
    Result,
    Row,
    Rows,
    Sent,
    Statement,
    Taken,
    merged,
)


class Names:
    """The names that one function's statements gave values so far."""

    def __init__(
        self,
        index: Index,
        entry: FunctionEntry,
        tree: FunctionSyntax,
        names: dict[str, Known],
        depth: int,
        *,
        is_thorough: bool,
    ) -> None:
        self.index = index
        self.entry = entry
        self.tree = tree
        self.names = names
        self.depth = depth
        self.is_thorough = is_thorough
        self.events: list[Event] = []
        self.returned: list[tuple[Known, NodeSite]] = []
        self.chosen = tuple(name for name, known in names.items() if isinstance(known, Chosen))
        self.place = Place(entry.path, entry.id.rpartition(":")[2])

    def site(self, node: ast.expr) -> NodeSite:
        """Where a node stands, in the numbering of the function's facts."""
        return self.tree.site(node)

    def bind(self, target: ast.expr, value: Known) -> None:
        """Give the names of an assignment's target their values."""
        match target:
            case ast.Name(id=name):
                self.names[name] = value
            case ast.Tuple(elts=items) | ast.List(elts=items):
                parts = _parts(value, len(items))
                for item, part in zip(items, parts, strict=True):
                    self.bind(item, part)
            case ast.Starred(value=inner):
                self.bind(inner, None)
            case ast.Attribute(value=ast.Name(id=name), attr=attr):
                record = self.names.get(name)
                if isinstance(record, Record):  # what is set need not be loaded
                    loaded = record.loaded | {(*record.path, attr)}
                    self.names[name] = msgspec.structs.replace(record, loaded=loaded)
            case _:
                pass

    def element(self, value: Known, node: ast.expr) -> Known:
        """What a loop over `value` goes through, one by one."""
        match value:
            case Rows():
                return as_many(value.element)
            case Result():
                return as_many(rows_of(self.index, value).element)
            case Statement() if value.session:
                self.sent(value, value.session, "__iter__", node)
                return as_many(elements_of(self.index, value, value.session, scalars=True))
            case Display():
                found: Known = None
                for item in value.elements:
                    found = merged(found, item)
                return found
            case Mapped():
                return None
            case Loads() | Record() | Row() | Statement() | Made() | Chosen() | Flag() | None:
                return None
        return self.index.resolver.attribute(value, "for")

    def whole(self, value: Known) -> Rows | None:
        """Every row of a statement, where a value is all of them, as it came."""
        match value:
            case Rows():
                return value if value.is_whole else None
            case Result(scalars=True):
                return rows_of(self.index, value)
            case Statement(session=session, entities=[_]) if session:
                return rows_of(self.index, Result(value, session, scalars=True))
        return None

    def sent(self, statement: Statement, session: str, how: str, node: ast.expr) -> None:
        """Record that a statement is sent."""
        self.events.append(Sent(statement, session, how, self.site(node), self.entry.id))

    def taken(self, rows: Rows, what: str, node: ast.expr) -> None:
        """Record that only a part of rows is wanted."""
        variable = node.id if isinstance(node, ast.Name) else ""
        self.events.append(Taken(rows.statement, what, self.site(node), self.entry.id, variable))


def _parts(value: Known, count: int) -> list[Known]:
    elements: tuple[Known, ...] = ()
    if isinstance(value, Row | Display | Tuple):
        elements = value.elements
    return list(elements) if len(elements) == count else [None] * count
