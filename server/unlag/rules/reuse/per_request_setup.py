"""per-request-setup (LAG704): something that never changes is set up for every request.

## What it does
Reports what is built or loaded with constant arguments while a request is served: template environments,
model weights, clients for signing keys, and files that come with the code (their path is made from
`__file__`), which is information.

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
they are given, which a shared one compiles anew as well; files that the same module writes too;
`re.compile`, whose results Python caches itself (0.6 us against 0.26).

## Fix safety
Unsafe: a cached function gives the same object to all requests, so a file that changes is not read again.

## Sources
Jinja documentation, "Basics"; measured with jinja2 3.1.6, Python 3.11.7.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from unlag.finding import Finding, FixOffer, Safety, Severity
from unlag.rules import Subject
from unlag.rules.needs import calls_of
from unlag.rules.nodes import nodes_in
from unlag.rules.places import names_in
from unlag.rules.reuse._constants import Constants
from unlag.rules.reuse._kept import asked_of, is_kept
from unlag.rules.reuse._requests import is_each_time, runs_each_request
from unlag.rules.view import FunctionView
from unlag.source import facts
from unlag.source.facts import Call

SEVERITY = Severity.WARNING
SUBJECT = Subject.REQUEST
_READS = frozenset({"pathlib.Path.read_text", "pathlib.Path.read_bytes", "open", "builtins.open"})
NEEDS = calls_of("setup") | _READS
_OF_TEXTS = frozenset({"from_string", "parse"})
_WRITES = ("write_text", "write_bytes")
_DEEPEST = 3
_NAMES = re.compile(r"[A-Za-z_]\w*")


def check(function: FunctionView) -> Iterator[Finding]:
    """Everything constant that the function sets up whenever it runs."""
    for call, callee in function.calls():
        if not callee or ":" in callee or not is_each_time(call):
            continue
        setup = function.known(callee, "setup")
        if setup is not None:
            if runs_each_request(function) and _is_constant(function, call):
                name = function.knowledge.canonical(callee)
                yield _finding(function, call, SEVERITY, name, setup.note)
        elif function.knowledge.canonical(callee) in _READS and runs_each_request(function):
            if _is_own_file(function, call):
                note = "the file comes with the code and stays as it is"
                name = function.knowledge.canonical(callee)
                yield _finding(function, call, Severity.INFORMATION, name, note)


def fixes_of(function: FunctionView, call: Call) -> tuple[FixOffer, ...]:
    """A function that remembers: this one, where it does nothing else, or one of its own."""
    item = function.facts
    if item.owner or item.parent or call.flags & (facts.ENTERED | facts.ASYNC_ENTERED):
        return ()
    is_plain = not (item.is_async or item.parameters or item.bindings or item.decorators)
    if is_plain and call.flags & facts.RETURNED:
        title = f"Cache `{item.name}` with `@lru_cache`"
        return (FixOffer(title, Safety.UNSAFE, "cache_function"),)
    title = "Move it into a function of its own under `@lru_cache`"
    return (FixOffer(title, Safety.UNSAFE, "cached_setup"),)


def _is_constant(function: FunctionView, call: Call) -> bool:
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
    receiver = node.func.value if isinstance(node.func, ast.Attribute) else None
    return receiver is None or constants.is_constant(receiver)


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


def _is_own_file(function: FunctionView, call: Call) -> bool:
    """Whether the call reads a file beside the code that nothing in the module writes."""
    lines = function.index.lines_of(function.entry.path)
    if function.facts.global_bindings or not any("__file__" in line for line in lines):
        return False
    if _writes(function) or not _is_constant(function, call):
        return False
    syntax = function.syntax(function.entry)
    node = Constants(function, syntax).call_at(call) if syntax is not None else None
    if node is None or _mode(node) not in ("", "r", "rb", "rt"):
        return False
    return any(
        isinstance(part, ast.Name) and _is_from_file(lines, part.id, 0) for part in ast.walk(node)
    )


def _mode(call: ast.Call) -> str:
    given = [*call.args[1:2], *(k.value for k in call.keywords if k.arg == "mode")]
    values = [item.value for item in given if isinstance(item, ast.Constant)]
    return str(values[0]) if values and isinstance(call.func, ast.Name) else ""


def _writes(function: FunctionView) -> bool:
    table = function.index.tables[function.entry.path]
    return any(
        call.target.endswith(_WRITES) or (call.target == "open" and _is_for_writing(call))
        for entry in table.functions.values()
        for call in entry.facts.calls
    )


def _is_for_writing(call: Call) -> bool:
    mode = call.argument(1, "mode") or ""
    return any(letter in mode for letter in "wax+")


def _is_from_file(lines: Sequence[str], name: str, depth: int) -> bool:
    """Whether a name of the module is made from `__file__`, itself or through others."""
    if name == "__file__":
        return True
    if depth > _DEEPEST:
        return False
    begins = (line for line in lines if line.startswith(name))
    written = next(filter(None, map(re.compile(rf"{name}\b[^=]*=(?!=)(.*)").match, begins)), None)
    names = _NAMES.findall(written[1]) if written else []
    return any(_is_from_file(lines, other, depth + 1) for other in names if other != name)


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
