"""per-request-setup (LAG704): something that never changes is set up for every request.

## What it does
Reports what is built or loaded with constant arguments while a request is served: template environments,
model weights, clients for signing keys, such keys fetched from a constant address by whatever runs for each
request, and files that come with the code (their path is made from `__file__`, or is written down and ends
like settings, pages or queries: `.yaml`, `.html`, `.sql`, `config.json`, `prompt.txt`), which is information.

## Why it is slow
Every request pays for what one could do for all: a `jinja2.Environment` a request takes 450 to 520 us where a
shared one takes 9 to 12, as its templates are compiled anew; model weights are read from disk; keys are
fetched over the network (jinja2 3.1, Python 3.11).

## Bad
```python
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader

app = FastAPI()


@app.get("/", response_class=HTMLResponse)
def index(request: Request) -> str:
    environment = Environment(loader=FileSystemLoader("templates"))  # LAG704
    return environment.get_template("index.html").render(request=request)
```

## Good
```python
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader

app = FastAPI()
environment = Environment(loader=FileSystemLoader("templates"))


@app.get("/", response_class=HTMLResponse)
def index(request: Request) -> str:
    return environment.get_template("index.html").render(request=request)
```

## Not reported
Work at import, in the lifespan, under `lru_cache` or another cache, behind `if x is None: x = ...`; what
stands in where a parameter gives none, as in `environment or Environment()`; results that are put where
they outlive the request; arguments that differ from request to request; environments that only read a text
they are given, which a shared one compiles anew as well, and those that are made without templates and handed
on; pickled models and other files that the same module writes too; `re.compile`, whose results Python caches
itself (0.6 us against 0.26).
Information only: templates for what no `GET` leads to. Jobs and mails do more than the half millisecond it takes.

## Fix safety
Unsafe: a cached function gives the same object to all requests, so a file that changes is not read again.

## Sources
Jinja documentation, "Basics"; measured with jinja2 3.1.6, Python 3.11.7.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from unlag.finding import Finding, FixOffer, Safety, Severity
from unlag.rules import Subject
from unlag.rules.needs import calls_of
from unlag.rules.nodes import nodes_in
from unlag.rules.places import names_in
from unlag.rules.reuse._constants import Constants
from unlag.rules.reuse._fetched_keys import FETCHES, fetches_keys
from unlag.rules.reuse._kept import asked_of, is_kept
from unlag.rules.reuse._own_files import holds_weights, is_own, may_be_own
from unlag.rules.reuse._requests import is_each_time, runs_each_request
from unlag.rules.view import FunctionView
from unlag.source import facts
from unlag.source.facts import Call

SEVERITY = Severity.WARNING
SUBJECT = Subject.REQUEST
_READS = frozenset({"pathlib.Path.read_text", "pathlib.Path.read_bytes", "open", "builtins.open"})
NEEDS = calls_of("setup") | _READS | FETCHES
_OF_TEXTS = frozenset({"from_string", "parse"})


def check(function: FunctionView) -> Iterator[Finding]:
    """Everything constant that the function sets up whenever it runs."""
    for call, callee in function.calls():
        if not callee or ":" in callee or not is_each_time(call):
            continue
        name = function.knowledge.canonical(callee)
        setup = function.known(callee, "setup")
        if setup is not None:
            if runs_each_request(function) and _is_constant(function, call, name):
                is_little = _is_of_templates(name) and not _gives_pages(function)
                severity = Severity.INFORMATION if is_little else SEVERITY
                yield _finding(function, call, severity, name, setup.note)
        elif name in _READS and runs_each_request(function):
            if may_be_own(function) and _is_constant(function, call, name):
                yield from _file_read(function, call, name)
        elif name in FETCHES and fetches_keys(function, call):
            yield _fetched(function, call, name)


def fixes_of(function: FunctionView, call: Call) -> tuple[FixOffer, ...]:
    """A function that remembers: this one, where it does nothing else, or one of its own."""
    item = function.facts
    if call.target.rpartition(".")[2] == "open":
        return ()  # what it gives can be read once only
    if call.flags & (facts.ENTERED | facts.ASYNC_ENTERED):
        return ()
    is_plain = not (
        item.is_async or item.parameters or item.bindings or item.decorators or item.parent
    )
    if is_plain and call.flags & facts.RETURNED:
        title = f"Cache `{item.name}` with `@lru_cache`"
        return (FixOffer(title, Safety.UNSAFE, "cache_function"),)
    title = "Move it into a function of its own under `@lru_cache`"
    return (FixOffer(title, Safety.UNSAFE, "cached_setup"),)


def _file_read(function: FunctionView, call: Call, name: str) -> Iterator[Finding]:
    if holds_weights(function, call):
        yield _finding(function, call, SEVERITY, name, "the model is read from disk")
    elif is_own(function, call):
        note = "the file comes with the code and stays as it is"
        yield _finding(function, call, Severity.INFORMATION, name, note)


def _is_of_templates(name: str) -> bool:
    return name.startswith("jinja2.") or name.endswith(".Jinja2Templates")


def _gives_pages(function: FunctionView) -> bool:
    """Whether it runs for what is got, and not only for jobs, which do more than half a millisecond's work."""
    points = function.entry_points()
    return not points or any(
        point.kind != "background task" and (not point.method or "GET" in point.method)
        for point in points
    )


def _is_constant(function: FunctionView, call: Call, name: str) -> bool:
    """Whether nothing of the call differs from request to request, and its result is not kept."""
    syntax = function.syntax(function.entry)
    if syntax is None:
        return False
    constants = Constants(function, syntax)
    node = constants.call_at(call)
    if node is None or is_kept(syntax.node, node) or constants.varying(node):
        return False
    if _is_stand_in(function, syntax.node, node):
        return False
    asked = list(asked_of(syntax.node, node))
    if asked and all(_reads_text(item) and constants.varying(item) for item in asked):
        return False  # a shared environment compiles a text anew as well
    if not asked and _has_no_templates(name, node):
        return False  # whoever it is handed to gives it texts
    receiver = node.func.value if isinstance(node.func, ast.Attribute) else None
    return receiver is None or constants.is_constant(receiver)


def _has_no_templates(name: str, made: ast.Call) -> bool:
    """Whether it is an environment that finds no templates by a name: no loader, or that of an empty dict."""
    if not name.startswith("jinja2.") or not name.endswith("Environment") or made.args:
        return False
    loaders = [item.value for item in made.keywords if item.arg in ("loader", None)]
    return all(ast.unparse(loader).endswith("DictLoader({})") for loader in loaders)


def _is_stand_in(function: FunctionView, tree: ast.AST, call: ast.Call) -> bool:
    """Whether it is made only where no caller gives one: `(environment or Environment()).parse(text)`."""
    given = {parameter.name for parameter in function.facts.parameters}
    for node in nodes_in(tree):
        if isinstance(node, ast.BoolOp) and call in node.values[1:]:
            return not given.isdisjoint(names_in(node.values[0]))
        if isinstance(node, ast.IfExp) and call in (node.body, node.orelse):
            return not given.isdisjoint(names_in(node.test))
    return False


def _reads_text(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr in _OF_TEXTS


def _finding(
    function: FunctionView, call: Call, severity: Severity, name: str, note: str
) -> Finding:
    message = (
        f"`{call.target}` runs for every request that runs `{function.name}`, always with the same result: "
        f"{note}. Do it once, at module level, in the lifespan or in a function under `@lru_cache`."
    )
    return function.finding(
        call,
        severity,
        message,
        sink=name,
        trail=(function.step(call, name),),
        fixes=fixes_of(function, call),
    )


def _fetched(function: FunctionView, call: Call, name: str) -> Finding:
    message = (
        f"`{call.target}` fetches what the issuer of tokens publishes for every request that runs "
        f"`{function.name}`, although it changes once in weeks. Keep it for some minutes, as one "
        "`jwt.PyJWKClient` for the application does."
    )
    return function.finding(call, SEVERITY, message, sink=name, trail=(function.step(call, name),))
