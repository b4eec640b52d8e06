"""decode-then-validate (LAG309): JSON is decoded into dicts, and those are validated.

## What it does
Reports `M(**json.loads(body))`, `M.model_validate(json.loads(body))`, the same with
`await request.json()`, with `response.json()` of httpx and requests, and
`TypeAdapter.validate_python` of such, in code that serves requests; also where a name that nothing
else reads stands between.

## Why it is slow
Every value is made twice: once as a Python object of the dict, once as the field. Pydantic reads
JSON itself and makes the fields only: 1648 ns an object of five fields in place of 3418 (x0.48,
Pydantic 2.14). Through adapters it was x0.28 for `list[JsonValue]` and single TypedDicts, x0.53 for lists
of TypedDicts, x0.61 for lists of models.

A parameter `event: Event` is the usual way to take a body: it is documented, and what is invalid is answered
with 422. FastAPI decodes such a body first as well.

Where nothing is made twice there is nothing to gain: `dict[str, object]` takes the decoded values as they are,
and reading the JSON itself took x0.75 to x1.01 of the time, `list[object]` x0.9 to x1.3. `orjson` decodes faster
than Pydantic does: after it, x0.82 to x0.92 for models, x1.9 to x2.4 for dicts and lists of anything.

## Bad
```python
import json

from fastapi import FastAPI, Request
from pydantic import BaseModel

app = FastAPI()


class Event(BaseModel):
    kind: str


@app.post("/events")
async def note(request: Request) -> str:
    event = Event(**json.loads(await request.body()))  # LAG309
    return event.kind
```

## Good
```python
from fastapi import FastAPI, Request
from pydantic import BaseModel

app = FastAPI()


class Event(BaseModel):
    kind: str


@app.post("/events")
async def note(request: Request) -> str:
    event = Event.model_validate_json(await request.body())
    return event.kind
```

## Not reported
Pydantic 1, whose `parse_raw` decodes in the same way; dicts that something else reads; decoders with
options, `orjson` and `ujson`; further arguments beside the dict; adapters for `object`, `Any` and containers
of those, which gain little or nothing, and those made in another file; functions that remember what they
gave; models with a constructor or a validator of the whole model, SQLModel tables and settings, which
treat the two differently.

## Fix safety
Unsafe: text that is no JSON now raises `ValidationError` and no longer `JSONDecodeError` (both are
`ValueError`), and strict models accept from JSON what they refuse from Python, such as dates as text.

## Sources
Measured with Pydantic 2.14, CPython 3.11.7 (`tests/fixes/costs.py`). Pydantic documentation, "JSON" and "Performance".
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from unlag.finding import Finding, FixOffer, Safety, Severity
from unlag.project.memoised import remembers
from unlag.project.models import model_of
from unlag.project.values import External, ExternalInstance
from unlag.rules import Subject
from unlag.rules.validation._trees import Reading, can_make, only_argument, reading, starred_only
from unlag.rules.view import FunctionView, spoken
from unlag.source.paths import UNKNOWN
from unlag.source.scopes import MODULE

SEVERITY = Severity.WARNING
SUBJECT = Subject.REQUEST
_READABLE = 60

NEEDS = frozenset({"loads", "load", "json"})
_FUNCTIONS = frozenset({"json.loads", "json.load"})
_BODIES = frozenset({"starlette.requests.Request", "httpx.Response", "requests.Response"})
_VALIDATES = frozenset({"model_validate", "parse_obj", "validate_python"})
_DIFFERS = frozenset({"model_validator", "root_validator", "__init__", "model_validate"})
_ANYTHING = frozenset({"object", "Any"})
_MAPPINGS = frozenset({"dict", "Dict", "Mapping", "MutableMapping", "defaultdict", "OrderedDict"})
_SEQUENCES = frozenset(
    {
        "list",
        "List",
        "tuple",
        "Tuple",
        "set",
        "Set",
        "frozenset",
        "Sequence",
        "Iterable",
        "Collection",
    }
)
_DECODE_ERRORS = ("JSONDecodeError", "TypeError")


def check(function: FunctionView) -> Iterator[Finding]:
    """Every model made of JSON by way of a dict."""
    calls = function.facts.calls
    if len(calls) < 2 or not any(can_make(call, _VALIDATES) for call in calls):
        return
    if not function.at_least("pydantic", "2") or remembers(function.facts):
        return
    read = reading(function)
    for node in read.nodes if read is not None else ():
        if isinstance(node, ast.Call) and read is not None:
            yield from _made(function, read, node)


def fixes_of(*, is_adapter: bool) -> tuple[FixOffer, ...]:
    """Validation of the JSON itself."""
    name = "validate_json" if is_adapter else "model_validate_json"
    title = f"Validate the JSON itself, with `{name}`"
    return (FixOffer(title, Safety.UNSAFE, "model_validate_json", ()),)


def _made(function: FunctionView, read: Reading, call: ast.Call) -> Iterator[Finding]:
    given = _validated(call)
    if given is None:
        return
    decoding = _decoding(read, given)
    if decoding is None:
        return
    is_adapter = _is_adapter(read, call)
    name = "the adapter" if is_adapter else _model_name(function, read, call)
    if not name:
        return
    written = _shortened(decoding)
    message = (
        f"`{written}` decodes JSON that the adapter then goes through once more. Give the adapter the "
        "JSON itself, with `validate_json`: one pass, a third to two thirds of the time."
        if is_adapter
        else f"`{written}` makes dicts of the JSON only for `{name}` to read. Give the JSON itself to "
        f"`{name}.model_validate_json`: one pass, about half the time."
    )
    offers = () if _handles_decoding(read, decoding) else fixes_of(is_adapter=is_adapter)
    yield function.finding(
        read.site(call),
        SEVERITY,
        message,
        sink=f"{name} from decoded JSON",
        fixes=offers,
    )


def _shortened(decoding: ast.expr) -> str:
    """The decoding as a message can name it: without what is decoded where that is long."""
    text = ast.unparse(decoding)
    if len(text) <= _READABLE:
        return text
    return f"{text.partition('(')[0]}(...)"


def _validated(call: ast.Call) -> ast.expr | None:
    """What a call that may validate is given."""
    given = starred_only(call)
    if given is not None:
        return given
    is_method = isinstance(call.func, ast.Attribute) and call.func.attr in _VALIDATES
    return only_argument(call) if is_method else None


def _decoding(read: Reading, given: ast.expr) -> ast.expr | None:
    """The expression that decodes the JSON, where nothing else reads what it gives."""
    node = given
    if isinstance(node, ast.Name):
        assigned = read.assigned(node.id) if read.loads(node.id) == 1 else None
        if assigned is None:
            return None
        node = assigned
    inner = node.value if isinstance(node, ast.Await) else node
    if not isinstance(inner, ast.Call):
        return None
    if only_argument(inner) is not None:
        return node if read.callee(inner) in _FUNCTIONS else None
    return node if _is_body(read, inner) else None


def _is_body(read: Reading, call: ast.Call) -> bool:
    """Whether a call is the `json()` of a request or of another service's answer."""
    if call.args or call.keywords or not isinstance(call.func, ast.Attribute):
        return False
    owner = read.value(call.func.value) if call.func.attr == "json" else None
    if not isinstance(owner, ExternalInstance):
        return False
    return read.function.knowledge.is_a(owner.name, _BODIES)


def _is_adapter(read: Reading, call: ast.Call) -> bool:
    if not isinstance(call.func, ast.Attribute) or call.func.attr != "validate_python":
        return False
    owner = read.value(call.func.value)
    name = owner.name if isinstance(owner, External | ExternalInstance) else ""
    if read.function.knowledge.canonical(name).partition("[")[0] != "pydantic.TypeAdapter":
        return False
    adapted = _type(_adapted(read, call.func.value))
    return adapted is not None and not _takes_as_it_is(adapted)


def _type(written: str) -> ast.expr | None:
    try:
        return ast.parse(written, mode="eval").body
    except SyntaxError:
        return None


def _takes_as_it_is(kind: ast.expr) -> bool:
    """Whether values of a type are taken as they were decoded: `dict[str, object]`, `list`."""
    if isinstance(kind, ast.Subscript):
        name = ast.unparse(kind.value).rpartition(".")[2]
        inner = kind.slice.elts if isinstance(kind.slice, ast.Tuple) else [kind.slice]
        if name in _MAPPINGS:
            return _takes_as_it_is(inner[-1])
        return name in _SEQUENCES and all(
            _takes_as_it_is(item) for item in inner if ast.unparse(item) != "..."
        )
    return ast.unparse(kind).rpartition(".")[2] in _ANYTHING | _MAPPINGS | _SEQUENCES


def _adapted(read: Reading, adapter: ast.expr) -> str:
    """The type an adapter is for, as it is written in this file; empty where it is made elsewhere."""
    made = read.assigned(adapter.id) if isinstance(adapter, ast.Name) else adapter
    if isinstance(made, ast.Call):
        return ast.unparse(made.args[0]) if made.args else ""
    entry = read.function.index.function(f"{read.function.entry.path}:{MODULE}")
    item = entry.facts if entry is not None else None
    for binding in item.bindings if item is not None else ():
        if isinstance(adapter, ast.Name) and binding.name == adapter.id:
            at = [call for call in item.calls if call.line == binding.line] if item else []
            made_here = [call for call in at if "TypeAdapter" in call.target and call.arguments]
            return made_here[0].arguments[0].replace(UNKNOWN, "...") if made_here else ""
    return ""


def _model_name(function: FunctionView, read: Reading, call: ast.Call) -> str:
    """The model that a call makes an object of, where reading JSON comes to the same."""
    if isinstance(call.func, ast.Attribute) and call.func.attr == "validate_python":
        return ""
    value = read.instance(call)
    model = model_of(function.index.resolver, value.id) if value is not None else None
    if model is None or model.is_old or model.is_settings or model.hooks & _DIFFERS:
        return ""
    return "" if model.is_table or not model.is_whole else spoken(model.id)


def _handles_decoding(read: Reading, decoding: ast.expr) -> bool:
    """Whether an `except` beside the decoding is about text that is no JSON."""
    for node in read.nodes:
        if not isinstance(node, ast.Try) or not any(
            inner is decoding for statement in node.body for inner in ast.walk(statement)
        ):
            continue
        caught = " ".join(ast.unparse(one.type) for one in node.handlers if one.type is not None)
        if any(name in caught for name in _DECODE_ERRORS):
            return True
    return False
