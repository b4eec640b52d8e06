"""uncached-settings (LAG702): settings are read from the environment for every request.

## What it does
Reports objects of `BaseSettings` classes that are built while a request is served: by a route
function, a dependency, a middleware or a background task, by functions these call, or by FastAPI itself
for `Depends(Settings)`, which also lets clients set every field in the query.

## Why it is slow
Each one reads the environment and the `.env` file and validates every field: 1.7 ms of CPU for
30 fields with a `.env` file, 0.63 to 0.77 ms without one. A cached function gives the same object in
0.07 us (pydantic-settings 2, Python 3.11).

## Bad
```python
from fastapi import Depends, FastAPI
from pydantic_settings import BaseSettings

app = FastAPI()


class Settings(BaseSettings):
    title: str = "Shop"


def get_settings() -> Settings:
    return Settings()  # LAG702


@app.get("/title")
async def title(settings: Settings = Depends(get_settings)) -> str:
    return settings.title
```

## Good
```python
from functools import lru_cache

from fastapi import Depends, FastAPI
from pydantic_settings import BaseSettings

app = FastAPI()


class Settings(BaseSettings):
    title: str = "Shop"


@lru_cache
def get_settings() -> Settings:
    return Settings()


@app.get("/title")
async def title(settings: Settings = Depends(get_settings)) -> str:
    return settings.title
```

## Not reported
Settings made at import, in the lifespan, under `lru_cache` or another cache, or behind
`if x is None: x = ...`; settings that are given values of their own, or changed after they were made, or
that stand in where no file with settings is found, or for a parameter that every caller gives; tests. Information
only: in a project that changes its settings while it serves, as `get_settings.cache_clear()` and `dotenv.set_key` say.

## Fix safety
Safe where a plain function without parameters does nothing but return the settings: `@lru_cache` is
put above it, and `dependency_overrides` still works. Changes of the environment after the first
request are no longer seen; FastAPI's documentation shows the same. Unsafe elsewhere: the settings are taken from
a cached function of the project, or from a new one, and whoever changes them changes them for all.

## Sources
FastAPI documentation, "Settings and Environment Variables"; measured with pydantic-settings 2.16.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import pairwise

from unlag.finding import Finding, FixOffer, Safety, Severity
from unlag.project.memoised import remembers
from unlag.project.resolver import Place
from unlag.project.syntax import FunctionSyntax
from unlag.project.values import Annotated, Class, Dependency, Instance, each
from unlag.rules import Subject
from unlag.rules.imported import module_of, module_of_late
from unlag.rules.nodes import nodes_in
from unlag.rules.places import last_name
from unlag.rules.reuse._changing_settings import are_changed_while_serving, stand_in_for_given
from unlag.rules.reuse._constants import Constants, is_settings
from unlag.rules.reuse._kept import is_changed, is_kept
from unlag.rules.reuse._requests import is_each_time, runs_each_request
from unlag.rules.view import FunctionView, Site, spoken
from unlag.source import facts
from unlag.source.facts import Binding, Call, Parameter
from unlag.source.scopes import MODULE
from unlag.source.signature import with_defaults

SEVERITY = Severity.WARNING
SUBJECT = (Subject.REQUEST, Subject.MODULE)
_DEPENDS = "Depends("
_BARE = "Depends()"
_ASKING = frozenset({"exists", "is_file", "isfile"})
_OWN = ("_env_file", "_env_file_encoding", "_secrets_dir")


def check(function: FunctionView) -> Iterator[Finding]:
    """Every settings object that the function builds whenever it runs, or that FastAPI builds for it."""
    if function.name == MODULE:
        yield from _aliases(function)
        return
    for call, callee in function.calls():
        if ":" not in callee or not is_each_time(call) or _is_given_values(call):
            continue
        if function.index.resolver.class_(callee) is None or not is_settings(function, callee):
            continue
        if not runs_each_request(function) or _is_stored(function, call):
            continue
        if not stand_in_for_given(function, call):
            yield _finding(function, call, callee)
    if _is_called_by_fastapi(function):
        for parameter in function.facts.parameters:
            yield from _depended(function, parameter)


def fixes_of(function: FunctionView, call: Call, callee: str) -> tuple[FixOffer, ...]:
    """A cache above a function that does nothing else; elsewhere a cached function to take them from."""
    item = function.facts
    does_more = len(item.calls) > 1 or item.bindings or item.decorators or item.imports
    is_own = not (item.is_async or item.parameters or item.owner or item.parent or does_more)
    if is_own and call.flags & facts.RETURNED and not item.flags & facts.GENERATOR:
        title = f"Cache `{item.name}` with `@lru_cache`"
        return (FixOffer(title, Safety.SAFE, "cache_function"),)
    if call.arguments:
        return ()
    factory = _cached_factory(function, callee)
    title = (
        f"Take them from `{factory[1]}`, which reads them once"
        if factory
        else "Take them from a new function under `@lru_cache`, which reads them once"
    )
    return (FixOffer(title, Safety.UNSAFE, "cached_settings", factory),)


def _cached_factory(function: FunctionView, callee: str) -> tuple[str, ...]:
    """The module and the name of a function beside the class that gives such settings and remembers them."""
    path = callee.rpartition(":")[0]
    module = module_of(function, callee) or module_of_late(function, callee)
    if not module or path == function.entry.path:
        return ()
    for name, entry in function.index.tables[path].functions.items():
        item, links = entry.facts, function.index.links.get(entry.id)
        if links is None or item.parameters or item.parent or item.owner:
            continue
        if len(item.calls) == 1 and item.calls[0].flags & facts.RETURNED and remembers(item):
            if links.callees[0] == callee:
                return module, name
    return ()


def _is_given_values(call: Call) -> bool:
    return any(not argument.startswith(_OWN) for argument in call.arguments)


def _is_stored(function: FunctionView, call: Call) -> bool:
    """Whether the settings outlive the request or are changed afterwards, or the tree cannot be read."""
    if not call.flags & (facts.ASSIGNED | facts.RETURNED):
        return False
    syntax = function.syntax(function.entry)
    node = Constants(function, syntax).call_at(call) if syntax is not None else None
    if syntax is None or node is None:
        return True
    return (
        is_kept(syntax.node, node)
        or is_changed(syntax.node, node)
        or _is_where_no_file_is(syntax.node, node)
    )


def _is_where_no_file_is(function: ast.AST, made: ast.Call) -> bool:
    """Whether the settings are returned only where a file that has them is missing."""
    for node in nodes_in(function):
        if isinstance(node, ast.If) and _asks_for_no_file(node.test):
            if any(made in nodes_in(item) for item in node.body):
                return True
        body = getattr(node, "body", None)
        for earlier, later in pairwise(body if isinstance(body, list) else ()):
            if not isinstance(earlier, ast.If) or not isinstance(later, ast.Return):
                continue
            if later.value is made and _asks_for_file(earlier.test) and _returns(earlier.body):
                return True
    return False


def _asks_for_no_file(test: ast.expr) -> bool:
    is_negated = isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)
    return is_negated and _asks_for_file(test)


def _asks_for_file(test: ast.expr) -> bool:
    return any(isinstance(n, ast.Call) and last_name(n.func) in _ASKING for n in nodes_in(test))


def _returns(block: list[ast.stmt]) -> bool:
    return any(isinstance(node, ast.Return) for item in block for node in nodes_in(item))


def _aliases(function: FunctionView) -> Iterator[Finding]:
    """Names for annotations for which FastAPI makes the settings itself: `Annotated[Settings, Depends()]`."""
    for binding in function.facts.bindings:
        if not binding.path.startswith("Annotated[") or _DEPENDS not in binding.path:
            continue
        for value in each(function.resolve(binding.path, binding.line)):
            if isinstance(value, Annotated) and isinstance(value.dependency, Dependency):
                is_own = _BARE in binding.path
                made = value.dependency.value or (value.type if is_own else None)
                if isinstance(made, Class | Instance) and is_settings(function, made.id):
                    which = f"that asks for `{binding.name}`"
                    yield _made_by_fastapi(function, _asking(function, binding), made.id, which)


def _asking(function: FunctionView, binding: Binding) -> Call:
    """The `Depends(...)` in what a name of the module is bound to, however many lines that takes."""
    return next(
        call
        for call in function.facts.calls
        if call.line >= binding.line and f"{call.target}(".endswith(_DEPENDS)
    )


def _depended(function: FunctionView, parameter: Parameter) -> Iterator[Finding]:
    """A parameter for which FastAPI makes the settings itself: `Depends(Settings)`."""
    if _DEPENDS not in parameter.default and _DEPENDS not in parameter.annotation:
        return
    place = Place(function.entry.path, function.facts.parent or MODULE)
    for value in function.index.resolver.dependencies(place, parameter):
        if not isinstance(value, Class) or not is_settings(function, value.id):
            continue
        syntax = function.syntax(function.entry)
        if syntax is not None and runs_each_request(function):
            site = _site(syntax, parameter)
            yield _made_by_fastapi(function, site, value.id, f"to `{function.name}`")


def _made_by_fastapi(function: FunctionView, site: Site, class_id: str, which: str) -> Finding:
    name = spoken(class_id)
    message = (
        f"FastAPI makes `{name}` anew for every request {which}, which reads the environment, "
        "about 1.7 ms for 30 fields and a `.env` file; and it takes the fields from the query of the request. "
        f"Depend on a function under `@lru_cache` that returns `{name}()`."
    )
    return function.finding(site, SEVERITY, message, sink=name)


def _is_called_by_fastapi(function: FunctionView) -> bool:
    """Whether FastAPI fills the parameters, of a route or of a dependency."""
    function_id = function.entry.id
    is_route = function_id in function.index.routes.by_function
    return is_route or function.index.is_dependency(function_id)


def _site(syntax: FunctionSyntax, parameter: Parameter) -> Site:
    """Where the parameter says what it depends on."""
    for one, default in with_defaults(syntax.node.args):
        stated = default or one.annotation
        if one.arg == parameter.name and stated is not None:
            return syntax.site(stated)
    return syntax.site(syntax.node)


def _finding(function: FunctionView, call: Call, callee: str) -> Finding:
    message = (
        f"`{spoken(callee)}` reads the environment for every request that runs `{function.name}`: "
        "about 1.7 ms for 30 fields and a `.env` file. Build it once, in a function under `@lru_cache`."
    )
    return function.finding(
        call,
        Severity.INFORMATION if are_changed_while_serving(function) else SEVERITY,
        message,
        sink=spoken(callee),
        trail=(function.step(call, spoken(callee)),),
        fixes=fixes_of(function, call, callee),
    )
