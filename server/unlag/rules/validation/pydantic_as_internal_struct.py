"""pydantic-as-internal-struct (LAG307): a model is used as a plain record that never leaves its function.

## What it does
Reports models that only hold fields, whose objects are made while requests are served, and of which
nothing but fields is ever read: in the function that makes them, in those that it returns them to, and in
those of the project that they are handed to. Nothing is validated from outside, written as JSON, stored or
given to a framework or a library anywhere in the project.

## Why it is slow
A model of five fields takes 3.8 to 4.0 times as long to make as a dataclass (268 ns, Pydantic 2.14;
12 to 16 times with Pydantic 1) and 9.5 times the memory: 1064 bytes against 112, or 72 with slots.

## Bad
```python
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()


class Bucket(BaseModel):  # LAG307
    name: str
    cents: int


@app.get("/total")
async def total(names: list[str]) -> int:
    buckets = [Bucket(name=name, cents=len(name)) for name in names]
    return sum(bucket.cents for bucket in buckets)
```

## Good
```python
from dataclasses import dataclass

from fastapi import FastAPI

app = FastAPI()


@dataclass(slots=True)
class Bucket:
    name: str
    cents: int


@app.get("/total")
async def total(names: list[str]) -> int:
    buckets = [Bucket(name=name, cents=len(name)) for name in names]
    return sum(bucket.cents for bucket in buckets)
```

## Not reported
Models that are a parameter, response, setting, field or base of another class; that are dumped, copied,
validated from data, stored, or given to calls that are not followed; that have validators, methods or
configuration, or a `Field` that checks its value (`ge=`, `max_length=`) or has an alias; that are made
from `**data`; that a package exports or that several files import; whatever is not sure.

## Fix safety
Unsafe: a dataclass neither checks nor converts what it is given, such as "1" for an `int`.

## Sources
Measured with Pydantic 2.14, 2.1 to 2.12 and 1.10, CPython 3.11.7 and 3.13.
"""

from __future__ import annotations

from collections.abc import Iterator

from unlag.finding import EntryPoint, Finding, FixOffer, Safety, Severity
from unlag.project.index import Index
from unlag.project.models import fields, model_of
from unlag.project.table import FunctionEntry
from unlag.rules import Subject
from unlag.rules.validation._journeys import only_read
from unlag.rules.validation._mentions import files_of, makes_only
from unlag.rules.view import ClassView, FunctionView, spoken
from unlag.source import facts
from unlag.source.facts import Call, is_keyword

SEVERITY = Severity.INFORMATION
SUBJECT = Subject.CLASS

_BASES = frozenset({"BaseModel", "pydantic.BaseModel"})
_OF_DATACLASSES = frozenset({"default", "default_factory", "description", "title", "examples"})
"""What a `Field` says that a dataclass can say as well, or needs not."""
_ANNOTATED = ":(Annotated["


def check(view: ClassView) -> Iterator[Finding]:
    """The class, where nothing but fields of its objects is read, wherever they go."""
    names = _plain_fields(view)
    if not names:
        return
    files = files_of(view)
    makers = list(_makers(view, files))
    serving = [view_of for view_of in makers if view.index.graph.serves(view_of.entry.id)]
    if not serving or not only_read(makers, view.entry.id, names):
        return
    if all(makes_only(view, path) for path in files):
        yield _finding(view, serving)


def fixes_of() -> tuple[FixOffer, ...]:
    """A dataclass with the same fields."""
    title = "Make it a dataclass with slots: what it is given is no longer checked or converted"
    return (FixOffer(title, Safety.UNSAFE, "model_to_dataclass", ()),)


def _plain_fields(view: ClassView) -> frozenset[str]:
    """The fields of a class that is nothing but a model of them; none for any other class."""
    entry, item = view.entry, view.facts
    is_plain = len(item.bases) == 1 and item.bases[0] in _BASES and not item.parent
    if not is_plain or entry.methods or item.decorators or "." in item.qualname:
        return frozenset()
    resolver = view.index.resolver
    model = model_of(resolver, entry.id)
    if model is None or not model.holds_only or model.is_old or resolver.subclasses.get(entry.id):
        return frozenset()
    if any(_says_more(call) for member in entry.members.values() for call in member.calls):
        return frozenset()
    found = tuple(fields(resolver, model))
    if any(path.startswith(_ANNOTATED) and "()" in path for _, path, _ in found):
        return frozenset()
    return frozenset(name for name, _, _ in found)


def _says_more(call: Call) -> bool:
    """Whether a `Field(...)` checks its value, or says by which name it is read or written."""
    named = (item.partition("=")[0] for item in call.arguments if is_keyword(item))
    return call.target.rpartition(".")[2] == "Field" and not _OF_DATACLASSES.issuperset(named)


def _makers(view: ClassView, files: tuple[str, ...]) -> Iterator[FunctionView]:
    """The functions of these files that make an object of the class."""
    index = view.index
    for path in files:
        made = index.recall(_made_in, path)
        for function in made.get(view.entry.id, ()):
            entry = index.function(function)
            if entry is not None:
                yield _view(view, entry)


def _made_in(index: Index, path: str) -> dict[str, list[str]]:
    """Class -> functions of a file that make objects of it."""
    found: dict[str, list[str]] = {}
    for entry in index.tables[path].functions.values():
        for callee in set(index.links[entry.id].callees):
            if ":" in callee:
                found.setdefault(callee, []).append(entry.id)
    return found


def _view(view: ClassView, entry: FunctionEntry) -> FunctionView:
    return FunctionView(view.index, entry, view.offload_style)


def _finding(view: ClassView, serving: list[FunctionView]) -> Finding:
    name = spoken(view.entry.id)
    maker = serving[0]
    in_loop = any(
        callee == view.entry.id and call.flags & facts.IN_LOOP
        for one in serving
        for call, callee in one.calls()
    )
    where = f"`{maker.name}`" + (", in a loop," if in_loop else "")
    message = (
        f"{where} makes objects of `{name}`, of which nothing but fields is ever read, so validating them is "
        "lost time: a model takes about four times as long to make as a dataclass, and 9.5 times the memory. "
        "Make it a dataclass with slots."
    )
    points: tuple[EntryPoint, ...] = tuple(
        dict.fromkeys(point for one in serving for point in one.entry_points())
    )
    return view.finding(SEVERITY, message, sink=name, entry_points=points, fixes=fixes_of())
