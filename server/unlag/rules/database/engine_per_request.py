"""engine-per-request (LAG614): a connection pool is built for one request.

## What it does
Reports `create_engine`, `create_async_engine` and the pools of database drivers where a function
that runs for every request builds one from what is known beforehand, and drops it again. An object that
keeps it is dropped too where it is made for each request, such as that of `Depends(Repository)`.

## Why it is slow
An engine is a pool of connections. A new one has none, so each request opens a connection,
signs in, and prepares what the dialect asks for first; the old pool's connections are left to the
garbage collector. A query through an engine of its own took 10.4 ms on PostgreSQL instead of 0.34 ms,
and 0.48 instead of 0.09 ms on SQLite. Under load it runs the server out of connections.

## Bad
```python
from fastapi import FastAPI
from sqlalchemy import create_engine, text

app = FastAPI()
URL = "postgresql+psycopg://localhost/shop"


@app.get("/count")
def count() -> int:
    engine = create_engine(URL)  # LAG614
    with engine.connect() as connection:
        return connection.execute(text("select count(*) from users")).scalar_one()
```

## Good
```python
from fastapi import FastAPI
from sqlalchemy import create_engine, text

app = FastAPI()
engine = create_engine("postgresql+psycopg://localhost/shop")


@app.get("/count")
def count() -> int:
    with engine.connect() as connection:
        return connection.execute(text("select count(*) from users")).scalar_one()
```

## Not reported
Engines at module level and in the lifespan; factories that are remembered (`lru_cache`, `if engine is
None:`) or whose result somebody keeps; constructors of classes that make one object for all; engines for
a database that the request, the tenant or the object names, which cannot be built beforehand; scripts,
migrations and tests.

## Fix safety
Unsafe: the engine is built when the module is imported and lives as long as the process, so its URL
and settings are read once. Offered where it is built from names of the module alone.

## Sources
Measured with SQLAlchemy 2.1.9, PostgreSQL 15 on loopback and SQLite, on two shared cores; the ratios
carry over. SQLAlchemy documentation, "Engine Configuration": "the engine is intended to be created
once per database URL".
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from unlag.finding import Finding, FixOffer, Safety, Severity
from unlag.project.callables import CALLED
from unlag.project.resolver import Place
from unlag.project.table import FunctionEntry
from unlag.project.values import Instance, each
from unlag.rules import Subject
from unlag.rules.database._callers import runs_every_time
from unlag.rules.database._kept_objects import is_kept
from unlag.rules.places import Chain, bound_names, chain_to, names_in, tree_of
from unlag.rules.view import FunctionView, as_written
from unlag.source import facts
from unlag.source.facts import Call, FunctionFacts, Parameter
from unlag.source.scopes import MODULE

SEVERITY = Severity.ERROR
SUBJECT = Subject.REQUEST

_POOLS = frozenset(
    {
        "sqlalchemy.create_engine",
        "sqlalchemy.ext.asyncio.create_async_engine",
        "sqlalchemy.engine_from_config",
        "sqlalchemy.ext.asyncio.async_engine_from_config",
        "asyncpg.create_pool",
        "aiomysql.create_pool",
        "asyncmy.create_pool",
        "psycopg_pool.ConnectionPool",
        "psycopg_pool.AsyncConnectionPool",
        "psycopg2.pool.SimpleConnectionPool",
        "psycopg2.pool.ThreadedConnectionPool",
        "oracledb.create_pool",
        "oracledb.create_pool_async",
    }
)
NEEDS = _POOLS
_DATA = "pydantic.BaseModel"


def check(view: FunctionView) -> Iterator[Finding]:
    """Every pool that is built anew for each request."""
    for call, callee in view.calls():
        if not callee or ":" in callee or call.flags & facts.ONCE:
            continue
        name = view.knowledge.canonical(callee)
        if name not in _POOLS or not runs_every_time(view.index, view.entry.id):
            continue
        tree = tree_of(view.index, view.entry)
        chain = chain_to(tree, call)
        if (
            not chain
            or not _is_known_beforehand(view, chain)
            or is_kept(view.index, view.entry, call)
        ):
            continue
        yield view.finding(
            call,
            SEVERITY,
            f"`{as_written(call)}` builds a connection pool for every call of `{view.name}`: each "
            "opens its connections anew. Build it once, at module level or in the lifespan.",
            sink=name,
            trail=(view.step(call, name),),
            fixes=fixes_of(view, call, chain),
        )


def fixes_of(view: FunctionView, call: Call, chain: Chain) -> tuple[FixOffer, ...]:
    """The engine at module level, where that has its name free and the module alone has all it is built from."""
    statement = next(node for node in reversed(chain) if isinstance(node, ast.stmt))
    if not isinstance(statement, ast.Assign) or statement.value is not chain[-1]:
        return ()
    if call.flags & (facts.CONDITIONAL | facts.AWAITED):
        return ()
    target = statement.targets[0]
    if not isinstance(target, ast.Name) or _is_taken(view, target.id):
        return ()
    if any(_is_own(view.facts, name) for name in names_in(statement.value)):
        return ()
    title = f"Build it once: move `{target.id}` to module level"
    return (FixOffer(title, Safety.UNSAFE, "hoist_assignment"),)


def _is_taken(view: FunctionView, name: str) -> bool:
    """Whether a name means something in the module, or in a function around this one."""
    table = view.index.tables[view.entry.path]
    parts = (table.bindings, table.global_bindings, table.imports, table.functions, table.classes)
    is_of_module = any(name in part for part in parts)
    return is_of_module or any(_is_own(outer.facts, name) for outer in _around(view))


def _is_own(function: FunctionFacts, name: str) -> bool:
    """Whether a name is a parameter or variable of a function."""
    names = {item.name for item in function.parameters}
    return name in names or any(item.name == name for item in function.bindings)


def _around(view: FunctionView) -> Iterator[FunctionEntry]:
    """The functions around this one, the closest first."""
    path, parent = view.entry.path, view.facts.parent
    while parent and (entry := view.index.function(f"{path}:{parent}")) is not None:
        yield entry
        parent = entry.facts.parent


def _is_known_beforehand(view: FunctionView, chain: Chain) -> bool:
    """Whether nothing it is built from comes with the request, the object or a caller."""
    call = chain[-1]
    assert isinstance(call, ast.Call)
    inside = [*call.args, *(keyword.value for keyword in call.keywords)]
    names = set().union(*(names_in(item) for item in inside)) if inside else set()
    if any(_is_of_outer_call(view, name) for name in names):
        return False
    return not any(_changes(view, name, call.lineno, set()) for name in names)


def _is_of_outer_call(view: FunctionView, name: str) -> bool:
    """Whether a name belongs to a function around this one that runs for requests too."""
    owner = next((entry for entry in _around(view) if _is_own(entry.facts, name)), None)
    return owner is not None and view.index.graph.serves(owner.id)


def _changes(view: FunctionView, name: str, line: int, visited: set[str]) -> bool:
    """Whether a name's value can be another one at the next call."""
    if name in visited:
        return False
    visited.add(name)
    for position, parameter in enumerate(view.facts.parameters):
        if parameter.name == name:
            return not (_is_settings(view, parameter) or _is_left_out(view, position, name))
    bound = [binding.path for binding in view.facts.bindings if binding.name == name]
    if any("?" in path for path in bound):
        return True
    words = _made_of(view, name)
    return "self" in words or any(
        _changes(view, word, line, visited) for word in words if word != name
    )


def _made_of(view: FunctionView, name: str) -> set[str]:
    """The names in everything that the function binds a name to."""
    tree = tree_of(view.index, view.entry)
    found: set[str] = set()
    for node in ast.walk(tree.node) if tree is not None else ():
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(name in bound_names(target) for target in targets):
                found |= names_in(node.value)
        elif isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
            if name in bound_names(node.target):
                found |= names_in(node.iter)
        elif isinstance(node, ast.withitem) and node.optional_vars is not None:
            if name in bound_names(node.optional_vars):
                found |= names_in(node.context_expr)
    return found


def _is_settings(view: FunctionView, parameter: Parameter) -> bool:
    """Whether a parameter is called settings, and is no model of data that a request brings."""
    words = f"{parameter.name} {parameter.default} {parameter.annotation}".lower()
    if "setting" not in words and "config" not in words:
        return False
    resolver = view.index.resolver
    place = Place(view.entry.path, view.facts.parent or MODULE)
    kinds = each(resolver.instance_of(place, parameter.annotation)) if parameter.annotation else ()
    return not any(
        isinstance(item, Instance) and _DATA in resolver.outside_bases(item.id) for item in kinds
    )


def _is_left_out(view: FunctionView, position: int, name: str) -> bool:
    """Whether everybody who calls the function leaves a parameter to its default."""
    if view.facts.owner and view.facts.name != "__init__":
        return False
    position -= bool(view.facts.owner)
    callers = view.index.callers_of(view.entry.id)
    calls = [view.call_at(edge, caller) for caller, edge in callers if edge.how == CALLED]
    return len(calls) == len(callers) > 0 and all(
        call is not None
        and call.argument(position, name) is None
        and not any(argument.startswith("*") for argument in call.arguments)
        for call in calls
    )
