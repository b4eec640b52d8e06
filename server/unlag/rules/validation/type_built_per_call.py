"""type-built-per-call (LAG310): a validator or model class is built for every request.

## What it does
Reports `TypeAdapter(...)`, `create_model(...)` and Pydantic classes inside functions that serve
requests, where everything they are built of is known when the module is imported.

## Why it is slow
Pydantic compiles a schema for each: 24 us for a `TypeAdapter` of `list[int]`, 37 for a list of models,
174 for a TypedDict and 204 for a dataclass of five fields, against about 1 us to use one that is there;
150 to 220 us for a small model class. A class built per call also leaves garbage that only the
cycle collector frees.

## Bad
```python
from fastapi import FastAPI, Request
from pydantic import TypeAdapter

app = FastAPI()


@app.post("/numbers")
async def numbers(request: Request) -> int:
    adapter = TypeAdapter(list[int])  # LAG310
    return sum(adapter.validate_json(await request.body()))
```

## Good
```python
from fastapi import FastAPI, Request
from pydantic import TypeAdapter

app = FastAPI()

NUMBERS = TypeAdapter(list[int])


@app.post("/numbers")
async def numbers(request: Request) -> int:
    return sum(NUMBERS.validate_json(await request.body()))
```

## Not reported
Types built of parameters or other values of the call; functions that remember their result
(`lru_cache`, `cached_property`, `if x is None: x = ...`); constructors; what is stored on an object or in a
dict; `TypeAdapter` of a model itself, whose schema is there already (5 us); start-up, scripts and tests.

## Fix safety
Safe for `TypeAdapter` of plain types, and unsafe otherwise: what is built at import runs earlier,
and a class at module level has another qualified name.

## Sources
Measured with Pydantic 2.14, CPython 3.11.7 (`tests/fixes/costs.py`). Pydantic documentation, "Performance: TypeAdapter
instantiated once".
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator

from unlag.finding import Finding, FixOffer, Safety, Severity
from unlag.project.models import model_of
from unlag.project.table import ClassEntry
from unlag.project.values import Class
from unlag.rules import Subject
from unlag.rules.validation._trees import Reading, reading
from unlag.rules.view import FunctionView
from unlag.source import facts
from unlag.source.facts import Call

SEVERITY = Severity.WARNING
SUBJECT = Subject.REQUEST

_BUILDERS = frozenset({"pydantic.TypeAdapter", "pydantic.create_model"})
NEEDS = _BUILDERS | {"class"}
_MEMOISING = frozenset(
    {"lru_cache", "cache", "cached", "cached_property", "cachedmethod", "memoize", "alru_cache",
     "ttl_cache", "singleton"}
)  # fmt: skip
_CONSTRUCTORS = frozenset(
    {"__init__", "__new__", "__post_init__", "__init_subclass__", "__set_name__",
     "__class_getitem__", "__pydantic_init_subclass__", "__get_pydantic_core_schema__",
     "model_post_init"}
)  # fmt: skip
_DEFINITIONS = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
_COSTS = {
    "pydantic.TypeAdapter": "24 to 204 us by its type, against about 1 us to use one that is there",
    "pydantic.create_model": "150 to 220 us for a small model",
}


def check(function: FunctionView) -> Iterator[Finding]:
    """Every adapter and model class that could be built once."""
    local = function.index.tables[function.entry.path].local_classes.get(function.qualname, ())
    calls = [(call, callee) for call, callee in function.calls() if "pydantic." in callee]
    if not (calls or local) or _is_remembered(function):
        return
    for call, callee in calls:
        name = function.knowledge.canonical(callee)
        if name in _BUILDERS and not call.flags & facts.ONCE:
            yield from _built(function, call, name)
    for qualname in local:
        yield from _defined(function, qualname)


def fixes_of(kind: str, *, is_safe: bool = False) -> tuple[FixOffer, ...]:
    """The same, built once at module level."""
    safety = Safety.SAFE if is_safe else Safety.UNSAFE
    return (FixOffer(f"Build {kind} once, at module level", safety, "hoist_type", ()),)


def _is_remembered(function: FunctionView) -> bool:
    """Whether the function runs once for an object or a set of arguments."""
    names = [call.target.rpartition(".")[2] for call in function.facts.decorators]
    return function.facts.name in _CONSTRUCTORS or any(name in _MEMOISING for name in names)


def _built(function: FunctionView, call: Call, name: str) -> Iterator[Finding]:
    read = reading(function)
    node = _node(read, call) if read is not None else None
    if (
        read is None
        or node is None
        or _is_stored(read, node)
        or not _is_constant(function, read, node)
    ):
        return
    what = name.rpartition(".")[2]
    if what == "TypeAdapter" and _has_own_schema(function, read, node):
        return
    message = (
        f"`{ast.unparse(node)[:80]}` is built for every call of `{function.name}`: {_COSTS[name]}. "
        "Build it once, at module level."
    )
    kind = "the adapter" if what == "TypeAdapter" else "the model"
    offers = fixes_of(kind, is_safe=what == "TypeAdapter" and _is_builtin(node))
    yield function.finding(call, SEVERITY, message, sink=f"{what} in a function", fixes=offers)


def _has_own_schema(function: FunctionView, read: Reading, node: ast.Call) -> bool:
    """Whether an adapter is for a model itself, which brings its compiled schema along."""
    given = node.args[0] if node.args else None
    value = read.value(given) if given is not None else None
    return isinstance(value, Class) and model_of(function.index.resolver, value.id) is not None


def _defined(function: FunctionView, qualname: str) -> Iterator[Finding]:
    entry = function.index.tables[function.entry.path].classes[qualname]
    if model_of(function.index.resolver, entry.id) is None:
        return
    read = reading(function)
    node = _class(read, entry) if read is not None else None
    if read is None or node is None or not _is_constant(function, read, node):
        return
    message = (
        f"The model class `{node.name}` is built for every call of `{function.name}`: "
        "150 to 220 us for a small one. Define it once, at module level."
    )
    start, column = entry.facts.line, entry.facts.column
    site = facts.Read("", start, column, start, column + len(node.name), 0)
    offers = fixes_of("the class")
    yield function.finding(
        site, SEVERITY, message, sink=f"class {node.name} in a function", fixes=offers
    )


def _node(read: Reading, call: Call) -> ast.Call | None:
    wanted = (call.line, call.column, call.end_line, call.end_column)
    for node in read.nodes:
        if isinstance(node, ast.Call):
            site = read.site(node)
            if (site.line, site.column, site.end_line, site.end_column) == wanted:
                return node
    return None


def _class(read: Reading, entry: ClassEntry) -> ast.ClassDef | None:
    name = entry.facts.qualname.rpartition(".")[2]
    found = [node for node in read.nodes if isinstance(node, ast.ClassDef) and node.name == name]
    return found[0] if len(found) == 1 else None


def _is_stored(read: Reading, node: ast.Call) -> bool:
    """Whether the object is kept beyond the call: on an object, in a container, in a global name."""
    shared = {
        name
        for one in read.nodes
        if isinstance(one, ast.Global | ast.Nonlocal)
        for name in one.names
    }
    for statement in read.nodes:
        if not isinstance(statement, ast.Assign | ast.AnnAssign | ast.NamedExpr):
            continue
        if not any(one is node for one in ast.walk(statement)):
            continue
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        for target in targets:
            if not isinstance(target, ast.Name) or target.id in shared:
                return True
    return any(
        isinstance(outer, ast.Call) and _keeps(outer) and node in outer.args for outer in read.nodes
    )


def _keeps(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    return name in ("setdefault", "append", "add")


def _is_constant(function: FunctionView, read: Reading, node: ast.expr | ast.stmt) -> bool:
    """Whether every name in `node` means something that is there once the module is imported."""
    item = function.facts
    defined = {imported.name for imported in item.imports}
    defined.update(
        one.name for one in read.nodes if isinstance(one, _DEFINITIONS) and one is not node
    )
    local = defined | {parameter.name for parameter in item.parameters}
    local.update(_bound(read.syntax.node))
    table = function.index.tables[function.entry.path]
    known = {*table.bindings, *table.imports, *table.functions, *table.classes, *dir(builtins)}
    own = {*_bound(node), getattr(node, "name", "")}
    own.update(one.arg for one in ast.walk(node) if isinstance(one, ast.arg))
    outer = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)} - own
    is_local = bool(outer & local or _quoted(node) & defined)
    return not is_local and outer <= known and not _has_await(node)


def _bound(node: ast.AST) -> set[str]:
    """Names that are given a value anywhere in a tree."""
    return {
        one.id
        for one in ast.walk(node)
        if isinstance(one, ast.Name) and not isinstance(one.ctx, ast.Load)
    }


def _quoted(node: ast.AST) -> set[str]:
    """The words in the texts of a tree, which can be types."""
    texts = (one.value for one in ast.walk(node) if isinstance(one, ast.Constant))
    return {word for text in texts if isinstance(text, str) for word in re.findall(r"\w+", text)}


def _has_await(node: ast.AST) -> bool:
    return any(isinstance(one, ast.Await | ast.Yield | ast.YieldFrom) for one in ast.walk(node))


def _is_builtin(node: ast.Call) -> bool:
    """Whether an adapter's type is made of Python's own classes only: nothing can go wrong at import."""
    names = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
    return names - {getattr(node.func, "id", "")} <= set(dir(builtins)) and len(node.args) == 1
