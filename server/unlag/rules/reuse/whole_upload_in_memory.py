"""whole-upload-in-memory (LAG705): an upload of any size is read into memory at once.

## What it does
Reports `await file.read()` and `file.file.read()` without a size on an `UploadFile`, and parameters
of type `bytes` that are filled with `File()`.

## Why it is slow
However large the upload is, all of it stands in memory, and there is no limit to what a client sends:
reading 50 MB at once took 100 MB at its peak, in pieces of 1 MiB 2.1 MB (Python 3.11, FastAPI 0.165).

## Bad
```python
from fastapi import FastAPI, UploadFile

app = FastAPI()


@app.post("/pictures")
async def store(picture: UploadFile) -> int:
    content = await picture.read()  # LAG705
    return len(content)
```

## Good
```python
from fastapi import FastAPI, UploadFile

app = FastAPI()


@app.post("/pictures")
async def store(picture: UploadFile) -> int:
    size = 0
    while chunk := await picture.read(1024 * 1024):
        size += len(chunk)
    return size
```

## Not reported
Reading with a size; functions that look at the upload's `size` first; applications that are given
`max_body_size`; objects of other types that have a `read` of their own.

## Fix safety
Unsafe: offered where all that is read goes to one `write`, which is then called once for each piece.

## Sources
FastAPI documentation, "Request Files"; measured with FastAPI 0.165 and Starlette 1.10.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from unlag.finding import Finding, FixOffer, Safety, Severity
from unlag.project.index import Index
from unlag.project.resolver import Place
from unlag.project.surveys import Survey
from unlag.project.table import FileTable
from unlag.project.values import Dependency, External, ExternalInstance, each
from unlag.rules import Subject
from unlag.rules.view import FunctionView
from unlag.source import facts
from unlag.source.facts import Call, FunctionFacts, Parameter
from unlag.source.scopes import MODULE

SEVERITY = Severity.INFORMATION
SUBJECT = Subject.REQUEST
NEEDS = frozenset({"read", "bytes"})
_READ = "starlette.datastructures.UploadFile.read"
_READS = frozenset({_READ, "fastapi.UploadFile.read"})
_READ_OF_FILE = "tempfile.SpooledTemporaryFile.read"
_UPLOADS = frozenset({"starlette.datastructures.UploadFile"})


def _limits(index: Index, table: FileTable) -> bool:
    """Whether a file gives an application or a layer a largest size of bodies."""
    return any(_has_limit(entry.facts) for entry in table.functions.values())


def _has_limit(item: FunctionFacts) -> bool:
    return any(
        argument.startswith("max_body_size=") for call in item.calls for argument in call.arguments
    )


def _any_limit(parts: Mapping[str, bool]) -> bool:
    return bool(parts)


LIMITED = Survey(_limits, _any_limit, is_local=True, of_function=_has_limit)


def check(function: FunctionView) -> Iterator[Finding]:
    """Every read of a whole upload, and every upload taken as bytes."""
    for call, callee in function.calls():
        if call.arguments or not call.target.endswith(".read") or not callee:
            continue
        upload = _upload(function, call, function.knowledge.canonical(callee))
        if upload and not _is_bounded(function, upload):
            yield _finding(function, call, upload, fixes_of(function, call))
    for parameter in function.facts.parameters:
        if _is_file(function, parameter) and not function.survey(LIMITED):
            yield _finding(function, _header(function), parameter.name, ())


def _upload(function: FunctionView, call: Call, callee: str) -> str:
    """The upload that a call of `read` reads, itself or the file that it holds; empty where it is none."""
    owner = call.target.removesuffix(".read")
    if callee in _READS:
        return owner
    if callee != _READ_OF_FILE or not owner.endswith(".file"):
        return ""
    owner = owner.removesuffix(".file")
    values = each(function.resolve(owner, call.line))
    is_upload = any(
        isinstance(value, ExternalInstance) and function.knowledge.is_a(value.name, _UPLOADS)
        for value in values
    )
    return owner if is_upload else ""


def fixes_of(function: FunctionView, call: Call) -> tuple[FixOffer, ...]:
    """Pieces, where the content is only written somewhere."""
    if not call.flags & facts.AWAITED:
        return ()
    title = "Read and write it in pieces of 1 MiB"
    is_written = any(
        other.line >= call.line and other.target.endswith(".write")
        for other in function.facts.calls
    )
    return (FixOffer(title, Safety.UNSAFE, "chunked_read"),) if is_written else ()


def _is_bounded(function: FunctionView, upload: str) -> bool:
    looks = any(read.path == f"{upload}.size" for read in function.facts.reads)
    return looks or function.survey(LIMITED)


def _is_file(function: FunctionView, parameter: Parameter) -> bool:
    text = parameter.annotation + parameter.default
    if "bytes" not in parameter.annotation or "File(" not in text:
        return False
    place = Place(function.entry.path, function.facts.parent or MODULE)
    return any(
        isinstance(item, External | ExternalInstance | Dependency)
        for item in each(function.index.resolver.resolve(place, "File"))
    )


def _header(function: FunctionView) -> Call:
    item = function.facts
    end = item.column + len(item.name)
    return Call(item.name, item.line, item.column, item.line, end, 0)


def _in_pieces(site: Call) -> str:
    if site.target.endswith(".file.read") and not site.flags & facts.AWAITED:
        return "file.file.read(1024 * 1024)"
    return "await file.read(1024 * 1024)"


def _finding(
    function: FunctionView, site: Call, upload: str, fixes: tuple[FixOffer, ...]
) -> Finding:
    message = (
        f"All of the upload `{upload}` is read into memory, whatever its size: 50 MB took 100 MB at the peak. "
        f"Read it in pieces (`{_in_pieces(site)}`), and stop at a limit."
    )
    return function.finding(site, SEVERITY, message, sink=f"{upload}.read", fixes=fixes)
