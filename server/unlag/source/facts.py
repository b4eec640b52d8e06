"""What one file says, as plain compact data: the only thing about a file that later stages see.

No trees, no text, no resolution of names. Lines count from the first line of the top-level statement
or class member (a *unit*) that a function belongs to, so that facts stay equal when text moves; columns
count characters from 0. Values are paths (see `paths`), or literals: `'text`, `#3`; keyword arguments are
`name=value`, starred ones `*value`.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

AWAITED = 1
IN_LOOP = 2
ONCE = 4  # behind `if x is None: x = ...` and its kin
STATEMENT = 8  # the whole statement: the value is dropped
ASSIGNED = 16
RETURNED = 32
TESTED = 64
ARGUMENT = 128
CONSUMED = 256  # an attribute, method or item of the value is taken
ENTERED = 512  # `with`
ASYNC_ENTERED = 1024
ITERATED = 2048
YIELDED = 4096
MAIN_GUARD = 8192  # under `if __name__ == "__main__"`
AFTER_YIELD = 16384
IN_COMPREHENSION = 32768
BARE = 65536  # a decorator without parentheses
IN_EXCEPT = 131072
CONDITIONAL = 262144  # in a branch, the right side of `and` or `or`, or an except clause
PICKED = 524288  # in a branch for certain texts: `if kind == "file":`, `name.startswith("oidc/")`
SELDOM = 1048576  # in such a branch within another, one of many times many ways through; or in one that always raises

ASYNC = 1
GENERATOR = 2
LAMBDA = 4
ABSTRACT = 8  # nothing but a docstring, `...`, `pass` or `raise NotImplementedError`
OVERLOAD = 16
AWAITS = 32  # has an await, async for or async with of its own


class Call(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One call site, or one decorator."""

    target: str
    line: int
    column: int
    end_line: int
    end_column: int
    flags: int
    arguments: tuple[str, ...] = ()

    def keyword(self, name: str) -> str | None:
        """The value passed as `name=`, or None."""
        for argument in self.arguments:
            if argument.startswith(name) and argument[len(name) : len(name) + 1] == "=":
                return argument[len(name) + 1 :]
        return None

    def positional(self) -> list[str]:
        """The values passed by position, up to the first starred one."""
        found = []
        for argument in self.arguments:
            if is_keyword(argument):
                continue
            if argument[0] == "*":
                break
            found.append(argument)
        return found

    def argument(self, position: int, name: str = "") -> str | None:
        """The value passed at `position` or as `name=`, or None."""
        by_position = self.positional()
        if 0 <= position < len(by_position):
            return by_position[position]
        return self.keyword(name) if name else None


class Read(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """An attribute that is read and not called: it can be a property."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    flags: int


class Binding(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A name that gets a value."""

    name: str
    line: int
    path: str
    beside: tuple[tuple[int, int], ...] = ()
    """First and last lines where it has not happened: the `else` branches beside its own, and its own value."""

    def is_beside(self, line: int) -> bool:
        """Whether `line` stands in another branch than the binding, or in the value that it binds."""
        return any(first <= line <= last for first, last in self.beside)


class Import(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A name that an import binds; `name` is `*` for a star import."""

    name: str
    level: int
    module: str
    attribute: str
    """Empty where the module itself is bound."""


_UNTYPED = frozenset({"", "Any", "typing.Any", "t.Any", "object"})


class Parameter(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A parameter; `annotation` and `default` are paths, empty where there is none."""

    name: str
    annotation: str
    default: str
    star: str = ""
    """`*`, `**`, `k` for keyword-only, or empty."""

    @property
    def is_untyped(self) -> bool:
        """Whether nothing is said of what is passed: no annotation, or one that anything fits."""
        return self.annotation in _UNTYPED


class Block(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A `with` item that is not a call, or any `with` whose body awaits."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    is_async: bool
    awaits: bool


class AwaitRun(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """Adjacent statements that each await one call, none using what an earlier one gave."""

    line: int
    column: int
    end_line: int
    end_column: int
    calls: tuple[tuple[int, int], ...]
    """Line and column of each awaited call."""


class Guard(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """The block of an `if` that finds a lasting name or attribute empty, and calls what may fill it."""

    path: str
    line: int
    end_line: int


class Narrowing(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """Lines on which a test has told of what classes a name is, or is not."""

    name: str
    classes: tuple[str, ...]
    is_excluded: bool
    """Whether it is of none of them."""
    line: int
    end_line: int
    """0 where it is so up to the function's end."""

    def holds(self, line: int) -> bool:
        """Whether the test has been passed on `line`."""
        return self.line <= line and (line <= self.end_line or not self.end_line)


class FunctionFacts(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A function, method or lambda; or, under the name `<module>`, what runs at import."""

    qualname: str
    owner: str
    """Qualified name of the class it is a method of, or empty."""
    parent: str
    """Qualified name of the function it is nested in, or empty."""
    flags: int
    line: int
    column: int
    end_line: int
    parameters: tuple[Parameter, ...] = ()
    returns: str = ""
    results: tuple[str, ...] = ()
    yields: tuple[str, ...] = ()
    decorators: tuple[Call, ...] = ()
    bindings: tuple[Binding, ...] = ()
    self_bindings: tuple[Binding, ...] = ()
    global_bindings: tuple[Binding, ...] = ()
    imports: tuple[Import, ...] = ()
    calls: tuple[Call, ...] = ()
    reads: tuple[Read, ...] = ()
    blocks: tuple[Block, ...] = ()
    awaited: tuple[str, ...] = ()
    """Paths awaited that are no calls: `await task`."""
    runs: tuple[AwaitRun, ...] = ()
    guards: tuple[Guard, ...] = ()
    narrowed: tuple[Narrowing, ...] = ()

    @property
    def name(self) -> str:
        """The last part of the qualified name."""
        return self.qualname.rpartition(".")[2]

    @property
    def is_async(self) -> bool:
        """Whether it is an `async def`."""
        return bool(self.flags & ASYNC)

    def interface(self) -> tuple[object, ...]:
        """What other functions can see of it: two equal interfaces resolve alike everywhere.

        Its parameters and local names are apart: whoever looks at those looks them up by themselves.
        """
        return (
            self.flags & ~AWAITS,
            self.returns,
            self.results,
            self.yields,
            tuple((call.target, call.arguments) for call in self.decorators),
            tuple((binding.name, binding.path) for binding in self.self_bindings),
            tuple((binding.name, binding.path) for binding in self.global_bindings),
        )


GENERIC = "typing.Generic"
"""The base class of one that has type parameters of its own."""


class ClassFacts(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A class without its methods."""

    qualname: str
    parent: str
    """Qualified name of the function it is nested in, or empty."""
    line: int
    column: int
    bases: tuple[str, ...]
    keywords: tuple[str, ...]
    decorators: tuple[Call, ...]
    attributes: tuple[Binding, ...] = ()

    def interface(self) -> tuple[object, ...]:
        """What the rest of the project can see of it."""
        return (
            self.bases,
            self.keywords,
            tuple((call.target, call.arguments) for call in self.decorators),
            tuple((binding.name, binding.path) for binding in self.attributes),
        )


class UnitFacts(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One top-level statement or one member of a top-level class."""

    body: FunctionFacts
    functions: tuple[FunctionFacts, ...]
    classes: tuple[ClassFacts, ...]


class PlacedUnit(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A unit and where it stands."""

    line: int
    """First line of the unit in the file, from 1; add it, less one, to the unit's own lines."""
    owner: str
    """The class it is a member of, or empty."""
    facts: UnitFacts


class FileFacts(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A whole file, unit by unit in the order of the text."""

    units: tuple[PlacedUnit, ...]
    lines: int

    def functions(self) -> Iterator[tuple[int, FunctionFacts]]:
        """Every function with the line offset of its unit."""
        for unit in self.units:
            for function in unit.facts.functions:
                yield unit.line - 1, function


def conditions(flags: int) -> int:
    """How many conditions a step in a function hangs on, as far as that is known: none, one, or two."""
    if flags & SELDOM:
        return 2
    return 1 if flags & CONDITIONAL else 0


def is_inside(inner: Call, outer: Call) -> bool:
    """Whether one call is written within another."""
    start, end = (inner.line, inner.column), (inner.end_line, inner.end_column)
    outer_start, outer_end = (outer.line, outer.column), (outer.end_line, outer.end_column)
    return outer_start <= start and end <= outer_end and (start, end) != (outer_start, outer_end)


def is_keyword(argument: str) -> bool:
    """Whether an argument was passed by name."""
    return argument[:1] not in "'#*" and "=" in argument


def passed_value(argument: str) -> str:
    """What is passed, without the name it is passed by; stars stay."""
    return argument.partition("=")[2] if is_keyword(argument) else argument
