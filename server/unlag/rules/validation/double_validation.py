"""double-validation (LAG301): an answer is validated, taken apart, and validated again.

## What it does
Reports endpoints that turn a model into a dict or JSON and back, although FastAPI does that
itself with the model: `M(...).model_dump()` returned under the response model `M`, lists of such
dicts, and those in a field of the response model; `json.loads(m.model_dump_json())`,
`M(**m.model_dump())`, `json.loads(json.dumps(...))`. Reports objects whose `after` or `wrap` validator
does slow work and that are returned under their own class, since those validators run again. With
Pydantic 1, reports models made only to be returned, since FastAPI turned those into dicts and
validated them once more; a single one that holds no list is information.

## Why it is slow
Under the response model `M`, FastAPI validates a dict in full and then writes it, so a dumped
model is written, validated and written again. An object of `M` itself is only written: with
Pydantic 2, none of its fields is validated a second time. Dumping cost 1.9 times as much as
returning the objects (0.165, 100 objects: 414 us against 219), and 3.3 times as much as returning
plain rows at 10,000.

## Bad
```python
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()


class Item(BaseModel):
    name: str
    price: float


@app.get("/items/{name}")
async def read(name: str) -> Item:
    item = Item(name=name, price=2.5)
    return item.model_dump()  # LAG301
```

## Good
```python
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()


class Item(BaseModel):
    name: str
    price: float


@app.get("/items/{name}")
async def read(name: str) -> Item:
    item = Item(name=name, price=2.5)
    return item
```

## Not reported
Objects returned as they are: Pydantic 2 does not validate their fields again. Dumps with `exclude`,
`include`, `by_alias` or other arguments that change what is written; another response model than
the object's class, which filters; models with serialisers or computed fields of their own; routes
with `response_model_exclude_unset`, where dumping changes the answer; routes without response model.

## Fix safety
Safe where the model and all models in it only hold fields of plain types: the answer is the same
byte for byte. Unsafe where it has validators or other types, which then run once and not twice.

## Sources
Measured with FastAPI 0.165 and Pydantic 2.14, CPython 3.11.7; FastAPI's `serialize_response`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from unlag.finding import Finding, FixOffer, Safety, Severity
from unlag.project.models import Model, model_of, passes_unchanged
from unlag.project.values import Collection, Instance
from unlag.rules import Subject
from unlag.rules.validation._answer_parts import Part, parts_of
from unlag.rules.validation._answers import Declared, declared, is_list_of, is_new
from unlag.rules.validation._made_for_answers import FROM_ROWS, made_for_answer
from unlag.rules.validation._slow_validators import slow_validator
from unlag.rules.validation._taken_apart import (
    BUILDERS,
    DUMPS,
    JSON_DUMPS,
    LOADS,
    encoded_text,
    taken_apart,
)
from unlag.rules.validation._trees import (
    Reading,
    can_be,
    reading,
)
from unlag.rules.view import FunctionView, spoken

SEVERITY = Severity.WARNING
SUBJECT = Subject.ENDPOINT

_SERIALISES = frozenset({"field_serializer", "model_serializer", "computed_field", "model_dump",
                         "model_dump_json", "dict", "json"})  # fmt: skip
_WORDS = DUMPS | JSON_DUMPS | BUILDERS | FROM_ROWS | {"loads"}


def check(function: FunctionView) -> Iterator[Finding]:
    """Every answer that is taken apart before FastAPI does the same."""
    is_done_twice = _is_candidate if is_new(function) else _is_old_candidate
    told = declared(function)
    if told is None or not is_done_twice(function, told):
        return
    read = reading(function)
    if read is None:
        return
    if not is_new(function):
        if not function.at_least("pydantic", "2"):
            yield from _old(function, told, read)
        return
    for item in read.returned():
        yield from _returned(function, told, read, item.node)


def _is_candidate(function: FunctionView, told: Declared) -> bool:
    """Whether there is a call that dumps or decodes something, or a validator that can run twice."""
    decodes = any(
        function.knowledge.canonical(callee) in LOADS for callee in function.links.callees if callee
    )
    if told.kind == "none":
        return decodes
    if told.kind != "model":
        return False
    dumps = any(can_be(call, DUMPS) for call in function.facts.calls)
    return decodes or dumps or _slow_again(function, told) is not None


def _is_old_candidate(function: FunctionView, told: Declared) -> bool:
    """Whether there is a call that makes, dumps or decodes something."""
    return told.kind == "model" and any(
        ":" in callee or call.target.rpartition(".")[2] in _WORDS
        for call, callee in function.calls()
    )


def fixes_of(
    title: str, kind: str, *, is_safe: bool = False, is_list: bool = False
) -> tuple[FixOffer, ...]:
    """The object itself, or the rows, in place of what was made of them."""
    safety = Safety.SAFE if is_safe else Safety.UNSAFE
    return (FixOffer(title, safety, kind, ("list",) if is_list else ()),)


# -- Pydantic 2


def _returned(
    function: FunctionView, told: Declared, read: Reading, node: ast.expr
) -> Iterator[Finding]:
    text = encoded_text(read, node)
    if text is not None:
        yield _round_trip(function, read, node, text)
        return
    if told.kind != "model" or "response_model_exclude_unset=True" in told.answer.options:
        return
    whole, *parts = parts_of(function, read, told.value, node)
    source = _source(read, whole.node)
    if source is None or _model(function, source[1]) is None:
        yield from _validated_again(function, told, read, node)
    for part in (whole, *parts):
        source = _source(read, part.node)
        if source is not None and _is_in_vain(function, part, source[1]):
            yield _finding(function, read, part, source)


def _source(read: Reading, node: ast.expr) -> tuple[ast.expr, Instance, str] | None:
    """As `taken_apart`, of an expression or of each item of a list."""
    return taken_apart(read, node.elt if isinstance(node, ast.ListComp) else node)


def _is_in_vain(function: FunctionView, part: Part, value: Instance) -> bool:
    """Whether the objects that are taken apart are what the response model has there."""
    model = _model(function, value)
    many = isinstance(part.node, ast.ListComp)
    same = is_list_of(part.wanted, value) if many else part.wanted == value
    return same and model is not None and not model.hooks & _SERIALISES and not model.is_old


def _model(function: FunctionView, value: Instance) -> Model | None:
    return model_of(function.index.resolver, value.id)


def _finding(
    function: FunctionView,
    read: Reading,
    part: Part,
    source: tuple[ast.expr, Instance, str],
) -> Finding:
    _, value, words = source
    node, name = part.node, spoken(value.id)
    many = isinstance(node, ast.ListComp)
    each = f"Each `{name}`" if many or part.is_item else f"This `{name}`"
    themselves = "the objects themselves" if many or part.is_item else "the object itself"
    if part.place:
        what = f"that is validated in full for {part.place}. Give it {themselves}: they are"
        what = what if many else what.replace("they are", "it is")
        message = f"{each} is {words}, and {what} not validated again."
    else:
        under = f"list[{name}]" if many or part.is_item else name
        message = (
            f"{each} is {words}, and FastAPI validates that in full and writes it again under the "
            f"response model `{under}`. Return {themselves}: it is not validated again."
        )
    same = passes_unchanged(function.index.resolver, value.id) and not value.arguments
    verb = "Give" if part.place else "Append" if part.is_item else "Return"
    title = f"{verb} the `{name}` objects themselves" if many else f"{verb} the `{name}` itself"
    return function.finding(
        read.site(node),
        SEVERITY,
        message,
        sink=f"{name} taken apart",
        fixes=fixes_of(title, "return_instance", is_safe=same, is_list=read.runs_over_list(node)),
    )


def _round_trip(function: FunctionView, read: Reading, node: ast.expr, inner: ast.expr) -> Finding:
    message = (
        f"`{ast.unparse(inner)}` is written as JSON, decoded, and written as JSON again by "
        "FastAPI. Return it as it is."
    )
    return function.finding(
        read.site(node),
        SEVERITY,
        message,
        sink="JSON round trip",
        fixes=fixes_of("Return it without the round trip", "return_instance"),
    )


def _validated_again(
    function: FunctionView, told: Declared, read: Reading, node: ast.expr
) -> Iterator[Finding]:
    """Objects made here whose slow validators FastAPI runs once more."""
    slow = _slow_again(function, told)
    if slow is not None and _is_made(node) and read.value(node) == told.value:
        made, validator, sink = slow
        message = (
            f"`{spoken(made)}` is returned under its own class, so FastAPI runs its validator "
            f"`{validator}` a second time, and that reaches `{sink}`. Do this work in a field "
            "validator, or before the model is made."
        )
        yield function.finding(read.site(node), SEVERITY, message, sink=sink)


def _slow_again(function: FunctionView, told: Declared) -> tuple[str, str, str] | None:
    """The class of the response model, its slow validator, and the slow call that this reaches."""
    value = told.value
    made = value.element if isinstance(value, Collection) and not value.is_mapping else value
    slow = slow_validator(function, made.id) if isinstance(made, Instance) else None
    return (made.id, *slow) if isinstance(made, Instance) and slow is not None else None


def _is_made(node: ast.expr) -> bool:
    """Whether the expression makes its objects here, so that they have been validated once."""
    inner = node.elt if isinstance(node, ast.ListComp) else node
    return isinstance(inner, ast.Call)


# -- Pydantic 1


def _old(function: FunctionView, told: Declared, read: Reading) -> Iterator[Finding]:
    """Models made only to be returned, which FastAPI validates a second time."""
    for made in () if told.narrows else made_for_answer(read, told):
        name, many = spoken(made.value.id), isinstance(made.node, ast.ListComp)
        rows = "rows" if many else "row"
        instead = (
            f"the {rows} as {'they are' if many else 'it is'}" if made.is_row else "plain dicts"
        )
        message = (
            f"With Pydantic 1, FastAPI turns each `{name}` back into a dict and validates it "
            f"again. Return {instead}: the response model makes the object."
        )
        is_list = read.runs_over_list(made.node)
        fixes = fixes_of(f"Return the {rows}", "return_rows", is_list=is_list)
        yield function.finding(
            read.site(made.node),
            SEVERITY if made.is_row or made.holds_many else Severity.INFORMATION,
            message,
            sink=f"{name} made twice",
            fixes=fixes if made.is_row else (),
        )
