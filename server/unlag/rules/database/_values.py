"""What expressions of a database's code can be: statements, results, rows, and objects loaded by them.

Plain data beside `project.values`, which stands for everything else. None is unknown.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from unlag.project.syntax import NodeSite
from unlag.project.values import Value

Path: TypeAlias = tuple[str, ...]
"""Names of relationships from a statement's entity on: `("orders", "lines")`."""


class Where(msgspec.Struct, frozen=True):
    """A column that a statement filters or sorts by."""

    model: str
    column: str
    how: str
    """`=`, `range`, `order`, or `other` for what no index helps."""


class Statement(msgspec.Struct, frozen=True):
    """A `select(...)` or `session.query(...)`, built up as far as it was followed."""

    function: str
    """Id of the function it is begun in."""
    site: NodeSite
    """Where it is begun, in the numbering of that function's facts."""
    entities: tuple[str, ...]
    """Ids of the models it loads whole; empty for columns, counts and other expressions."""
    loads: frozenset[Path] = frozenset()
    """Relationships that its loader options load."""
    is_open: bool = False
    """Whether options were added that nobody knows."""
    limit: str = ""
    """Empty without a limit, the name of the parameter that sets it, or `?`."""
    offset: str = ""
    wheres: tuple[Where, ...] = ()
    is_filtered: bool = False
    is_shaped: bool = False
    """Whether it groups, counts, joins, is distinct or comes from another statement."""
    session: str = ""
    """`sync` or `async` for a query that knows its session."""
    is_known: bool = False
    """Whether all that is selected is models and columns."""
    owner: str = ""
    """Id of the first model that it selects, or selects a column of."""
    is_vague: bool = False
    """Whether it has conditions that cannot be read, or can have some."""
    is_generic: bool = False
    """Whether what it selects is a parameter, so that other callers select something else."""
    is_joined: bool = False
    """Whether other tables are joined, so that one object can come in several rows."""
    is_locking: bool = False
    """Whether it locks the rows that it finds."""
    is_sorted: bool = False
    fills_from_joins: bool = False
    """Whether relationships are filled from the rows of its own joins, which a limit would cut."""


class Loads(msgspec.Struct, frozen=True):
    """A loader option: `selectinload(User.orders).joinedload(Order.lines)`."""

    paths: frozenset[Path]
    last: Path
    is_open: bool = False
    fills_from_joins: bool = False


class Result(msgspec.Struct, frozen=True):
    """What sending a statement gives: rows, or with `scalars` the first value of each."""

    statement: Statement
    session: str
    scalars: bool


class Record(msgspec.Struct, frozen=True):
    """An object that a statement loaded, or one that was read from it through relationships."""

    model: str
    statement: Statement
    session: str
    path: Path = ()
    many: bool = False
    """Whether it is one of many that are gone through one by one."""
    loaded: frozenset[Path] = frozenset()
    """Relationships loaded since, by `refresh`."""
    is_certain: bool = True
    """Whether all options are known, and nothing on the way here had to be loaded on reading.

    What such a load brings along is said once it is gone.
    """
    expired: NodeSite | None = None
    """The commit that made an asynchronous session forget what it has loaded."""


class Row(msgspec.Struct, frozen=True):
    """A row of several values."""

    elements: tuple[Known, ...]
    names: tuple[str, ...] = ()


class Rows(msgspec.Struct, frozen=True):
    """A list of what a statement gave, or of what was made of it."""

    element: Known
    statement: Statement
    is_whole: bool = True
    """Whether it is every row of the statement, as it came."""


class Display(msgspec.Struct, frozen=True):
    """A tuple or list that is written down."""

    elements: tuple[Known, ...]


class Mapped(msgspec.Struct, frozen=True):
    """A dictionary of what a statement gave."""

    element: Known


class Made(msgspec.Struct, frozen=True):
    """A list of something made of every row of a statement, or what holds all of its rows."""

    statement: Statement
    held: tuple[tuple[str, Known], ...] = ()
    """Of a dictionary that is written down, or an object made of names, what it has by name and was loaded."""


class Chosen(msgspec.Struct, frozen=True):
    """A number that the client of an endpoint chooses, without a bound."""

    name: str


class Flag(msgspec.Struct, frozen=True):
    """A switch whose value a call or a default says."""

    is_on: bool


Loaded: TypeAlias = Statement | Loads | Result | Record | Row | Rows | Display | Mapped
Known: TypeAlias = Loaded | Made | Chosen | Flag | Value
Given: TypeAlias = tuple[tuple[str, Known], ...]
"""Parameters with the values that are passed for them."""


class Touch(msgspec.Struct, frozen=True):
    """A relationship that is read from a loaded object and was not loaded with it."""

    record: Record
    name: str
    site: NodeSite
    function: str
    steps: tuple[tuple[str, NodeSite, str], ...] = ()
    """Function, place and callee of the calls that led there, outermost first."""


class Expired(msgspec.Struct, frozen=True):
    """An attribute that is read from an object which a commit expired."""

    record: Record
    name: str
    """As it is written: `user.name`."""
    site: NodeSite
    function: str


class Sent(msgspec.Struct, frozen=True):
    """A statement that is sent, and what is taken of its result."""

    statement: Statement
    session: str
    how: str
    """Name of the method that sends it: `scalars`, `execute`, `all`, `count`, ..."""
    site: NodeSite
    function: str
    steps: tuple[tuple[str, NodeSite, str], ...] = ()


class Taken(msgspec.Struct, frozen=True):
    """One row, a number or a part taken of a whole result."""

    statement: Statement
    what: str
    """`first`, `len`, `truth`, `filter` or `sort`."""
    site: NodeSite
    function: str
    variable: str = ""
    """The name that holds the rows, where they are not used up in place."""


Event: TypeAlias = Touch | Expired | Sent | Taken


def all_of(value: Known) -> Statement | None:
    """The statement of which a value is every row, as it came or made into something."""
    if isinstance(value, Rows):
        return value.statement if value.is_whole else None
    if isinstance(value, Made | Result):
        return value.statement
    return value if isinstance(value, Statement) and value.session else None


def merged(one: Known, other: Known) -> Known:
    """What a name can be after two branches: whatever could load more or limit more wins."""
    if one == other or other is None:
        return one
    if one is None:
        return other
    if isinstance(one, Statement) and isinstance(other, Statement):
        return _merged_statements(one, other)
    if isinstance(one, Record) and isinstance(other, Record) and one.model == other.model:
        statement = _merged_statements(one.statement, other.statement)
        loaded = one.loaded | other.loaded
        expired = one.expired and other.expired
        return msgspec.structs.replace(one, statement=statement, loaded=loaded, expired=expired)
    if isinstance(one, Rows) and isinstance(other, Rows):
        statement = _merged_statements(one.statement, other.statement)
        element = merged(one.element, other.element)
        return Rows(element, statement, one.is_whole and other.is_whole)
    if isinstance(one, Loaded) or not isinstance(other, Loaded):
        return one
    return other


def _merged_statements(one: Statement, other: Statement) -> Statement:
    return msgspec.structs.replace(
        one,
        loads=one.loads | other.loads,
        is_open=one.is_open or other.is_open or one.entities != other.entities,
        limit=one.limit or other.limit,
        offset=one.offset or other.offset,
        wheres=tuple(dict.fromkeys((*one.wheres, *other.wheres))),
        is_filtered=one.is_filtered or other.is_filtered,
        is_shaped=one.is_shaped or other.is_shaped,
        is_vague=one.is_vague or other.is_vague,
        is_joined=one.is_joined or other.is_joined,
        is_locking=one.is_locking or other.is_locking,
        is_sorted=one.is_sorted or other.is_sorted,
        fills_from_joins=one.fills_from_joins or other.fills_from_joins,
    )
