"""How much computing is worth a word: whole bodies, whole lists, the slowest level.

Most light computing takes microseconds. What cannot be seen to be much is not much.
"""

from __future__ import annotations

import re

from unlag.project.links import Hazard
from unlag.project.values import Collection, ExternalInstance, Instance, Value, each
from unlag.rules.view import FunctionView
from unlag.source.facts import Call, is_keyword
from unlag.source.paths import UNKNOWN, arguments, opening, root, split, unkeyed

_ALWAYS = (
    "bs4.", "docx.", "nltk.", "numpy.linalg.", "pandas.", "polars.", "pydub.", "qrcode.", "scipy.",
    "sklearn.", "zxcvbn.", "ssl.create_default_context", "jinja2.Environment.compile_templates",
    "markdown.", "markdown2.", "mistune.", "boto3.", "botocore.",
)  # fmt: skip
"""Light computing that takes milliseconds on what is ordinarily given to it."""

_TEMPLATES = frozenset(
    {
        "jinja2.Template.render",
        "jinja2.Template.generate",
        "starlette.templating.Jinja2Templates.TemplateResponse",
    }
)
_SLOWEST_LEVEL = {
    "gzip.compress": ("compresslevel", "#9"),
    "bz2.compress": ("compresslevel", "#9"),
    "zlib.compress": ("level", "#-1"),
}
"""Keyword of the level, at position 1, and what it is where nothing is said."""

_SIGNING = frozenset({"jwt.encode"})
"""What checks an RSA key anew each time where that is handed over as text."""

_TEXTS = frozenset({"str", "bytes"})
_BODIES = frozenset(
    {
        "starlette.requests.Request.body",
        "starlette.datastructures.UploadFile.read",
        "fastapi.UploadFile.read",
    }
)
_OF_A_BODY = (
    "json.", "gzip.", "zlib.", "bz2.", "lzma.", "lxml.", "pickle.load",
)  # fmt: skip
_SIGNATURE = re.compile("signature|hmac", re.IGNORECASE)
_GIVES_ROWS = frozenset({"all", "fetchall", "fetch_all", "fetchmany", "to_list"})
_CUTS = (".head().", ".tail().", ".limit().", ".sample().")
_SAME = frozenset({"decode", "encode", "strip"})


def is_much(function: FunctionView, function_id: str, hazard: Hazard) -> bool:
    """Whether a computation is much: it is always, or it works on a list or a whole body."""
    call = function.call_at(hazard, function_id)
    if call is not None and _is_of_few_rows(hazard.name, call):
        return False
    if hazard.cost != "light" or hazard.name.startswith(_ALWAYS):
        return True
    if call is None:
        return False
    if hazard.name in _SIGNING:
        return _is_text(function, function_id, call.argument(1, "key"), call.line)
    if hazard.name in _TEMPLATES:
        return any(_holds_list(function, function_id, path, call.line) for path in call.arguments)
    if hazard.name in _SLOWEST_LEVEL and _level(hazard.name, call) == "#9":
        return True
    if function_id != function.entry.id or not hazard.name.startswith(_OF_A_BODY):
        return False  # what a helper is given cannot be seen in it
    return any(
        _is_body(function, path, call.line) and not _is_signed(function, path, call.line)
        for path in call.positional()[:1]
    )


def _is_text(function: FunctionView, function_id: str, path: str | None, line: int) -> bool:
    if not path or path == UNKNOWN:
        return False
    if path[0] in "'#":
        return path[0] == "'"
    values = each(function.resolve(path, line, function_id))
    return all(isinstance(value, ExternalInstance) and value.name in _TEXTS for value in values)


def _is_of_few_rows(name: str, call: Call) -> bool:
    """Whether a data frame was cut before: `frame.head(50).to_dict()`."""
    return name.startswith(("pandas.", "polars.")) and any(cut in call.target for cut in _CUTS)


def _level(name: str, call: Call) -> str:
    keyword, default = _SLOWEST_LEVEL[name]
    return call.argument(1, keyword) or default


def _holds_list(function: FunctionView, function_id: str, argument: str, line: int) -> bool:
    """Whether an argument is a list of rows or objects, or a dict that holds one."""
    path = _given(argument)
    if not path or path[0] in "'#" or path == UNKNOWN:
        return False
    if path.startswith("dict(") and opening(path) == 4:
        inside = [part for item in arguments(path) for part in split(item, "|")]
        held = [unkeyed(part)[1] for part in inside]
        return any(_holds_list(function, function_id, part, line) for part in held if part)
    written = _written(function, function_id, path, line)
    if written is not None:
        return _holds_list(function, function_id, *written)
    if path.startswith(("list(", "tuple(", "set(")):
        return False
    return any(_is_long(value) for value in each(function.resolve(path, line, function_id)))


def _given(argument: str) -> str:
    """The value of an argument, without keyword or star."""
    return argument.partition("=")[2] if is_keyword(argument) else argument.lstrip("*")


def _is_long(value: Value) -> bool:
    if isinstance(value, ExternalInstance):
        return value.name.rpartition(".")[2] in _GIVES_ROWS
    if not isinstance(value, Collection) or value.is_mapping:
        return False
    return any(isinstance(item, Instance) for item in each(value.element))


def _is_body(function: FunctionView, path: str, line: int) -> bool:
    """Whether `path` is all of a request's body or of an uploaded file."""
    last_line = line
    for _ in range(4):
        path, last_line = _written(function, function.entry.id, path, last_line) or (
            path,
            last_line,
        )
        callee, _, last = path.removesuffix("()").rpartition(".")
        if not (path.endswith("()") and last in _SAME):
            break
        path = callee
    if not path.endswith("().await"):
        return False
    target = path.removesuffix("().await")
    for call, callee in function.calls():
        if call.target == target and call.line <= line:
            return function.knowledge.canonical(callee) in _BODIES and not call.arguments
    return False


def _is_signed(function: FunctionView, path: str, line: int) -> bool:
    """Whether the coroutine has the signature of a body checked: webhooks are signed, and small."""
    names: set[str] = set()
    written: tuple[str, int] | None = (path, line)
    while written is not None and root(written[0]) not in names:
        name = root(written[0])
        names.add(name)
        written = _written(function, function.entry.id, name, written[1])
    return any(
        not names.isdisjoint(_given(argument) for argument in call.arguments)
        and any(_SIGNATURE.search(text) for text in (call.target, *call.arguments))
        for call in function.facts.calls
        if call.line <= line
    )


def _written(
    function: FunctionView, function_id: str, path: str, line: int
) -> tuple[str, int] | None:
    """What the local name `path` was given last up to `line`, and up to where names in that were given."""
    entry = function.index.function(function_id)
    if entry is None or not path.isidentifier():
        return None
    found = [b for b in entry.facts.bindings if b.name == path and b.line <= line]
    return (found[-1].path, found[-1].line - 1) if found and found[-1].path != UNKNOWN else None
