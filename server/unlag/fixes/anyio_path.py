"""File-system calls become methods of `anyio.Path`: `await anyio.Path(p).unlink()`.

Only calls that give the same value there: what gives a path (`resolve`, `iterdir`) would give one
of another class, so it is refused.
"""

from __future__ import annotations

import ast

from unlag.finding import Edit, Span
from unlag.fixes import Refusal
from unlag.fixes.awaiting import awaited, ordered
from unlag.fixes.imports import library
from unlag.fixes.names import meaning
from unlag.fixes.syntax import comments
from unlag.fixes.tree import Comprehension, Place
from unlag.source.empty_paths import DIFFERS_FOR_EMPTY, is_never_empty

_METHODS = {
    "chmod", "exists", "group", "is_block_device", "is_char_device", "is_dir", "is_fifo", "is_file",
    "is_mount", "is_socket", "is_symlink", "lchmod", "lstat", "mkdir", "owner", "read_bytes",
    "read_text", "rmdir", "samefile", "stat", "symlink_to", "hardlink_to", "touch", "unlink",
    "write_bytes", "write_text",
}  # fmt: skip
_GIVES_PATH = {"rename", "replace"}
_FUNCTIONS = {
    "os.remove": "unlink()",
    "os.unlink": "unlink()",
    "os.rmdir": "rmdir()",
    "os.stat": "stat()",
    "os.lstat": "lstat()",
    "os.path.exists": "exists()",
    "os.path.isfile": "is_file()",
    "os.path.isdir": "is_dir()",
    "os.path.islink": "is_symlink()",
    "os.path.getsize": "stat().st_size",
    "os.path.getmtime": "stat().st_mtime",
    "os.path.getctime": "stat().st_ctime",
    "os.path.getatime": "stat().st_atime",
}
_SECOND_PATH = {"os.rename": "rename", "os.replace": "replace"}
_PATHS = ("pathlib.Path", "pathlib.PosixPath", "pathlib.WindowsPath")


def rewrite(place: Place, callee: str, counterpart: str) -> tuple[Edit, ...] | Refusal:
    """Await the method of `anyio.Path` that does the same."""
    call = place.node
    if not isinstance(call, ast.Call):
        return Refusal("Only a call has an asynchronous counterpart.")
    anyio = library(place, "anyio")
    if anyio is None:
        return Refusal("`anyio` means something else here.")
    of_path = callee.startswith(_PATHS)
    text = (
        _of_path(place, call, anyio.name)
        if of_path
        else _of_function(place, call, callee, anyio.name)
    )
    if isinstance(text, Refusal):
        return text
    if comments(text) != comments(place.code(call)):
        return Refusal("A comment inside the call would be lost.")
    whole = text.startswith(("[", "("))
    edit = Edit(place.path, place.span(call), text) if whole else awaited(place, text)
    return ordered((*anyio.edits, edit))


def _of_path(place: Place, call: ast.Call, anyio: str) -> str | Refusal:
    if not isinstance(call.func, ast.Attribute):
        return Refusal("The call names no path.")
    method, receiver = call.func.attr, call.func.value
    unused = isinstance(place.parent, ast.Expr)
    if method not in _METHODS and not (unused and method in _GIVES_PATH):
        return Refusal(f"`{method}` of `anyio.Path` gives something else than that of `Path`.")
    if isinstance(receiver, ast.Call) and meaning(place, receiver.func) == "pathlib.Path":
        made = _arguments(place, receiver)
    else:
        made = f"({place.code(receiver)})"
    return f"{anyio}.Path{made}.{method}{_arguments(place, call)}"


def _arguments(place: Place, call: ast.Call) -> str:
    """The arguments of `call` with the parentheses around them."""
    start, end = place.span(call.func), place.span(call)
    return place.between(
        Span(start.end_line, start.end_column, end.end_line, end.end_column)
    ).lstrip(" ")


def _of_function(place: Place, call: ast.Call, callee: str, anyio: str) -> str | Refusal:
    if any(isinstance(argument, ast.Starred) for argument in call.args):
        return Refusal("Starred arguments hide the path: write it out first.")
    arguments = [place.code(argument) for argument in call.args]
    if callee == "os.makedirs":
        return _makedirs(call, arguments, anyio)
    if call.keywords:
        return Refusal(f"`{callee}` has arguments here that `anyio.Path` does not take.")
    if callee in _SECOND_PATH and len(arguments) == 2 and isinstance(place.parent, ast.Expr):
        return f"{anyio}.Path({arguments[0]}).{_SECOND_PATH[callee]}({arguments[1]})"
    if callee == "os.listdir" and len(arguments) <= 1:
        return _names_in(place, arguments, anyio)
    if callee not in _FUNCTIONS or len(arguments) != 1:
        return Refusal(f"`{callee}` as it is used here has no equal in `anyio.Path`.")
    if callee in DIFFERS_FOR_EMPTY and not _is_never_empty(place, call.args[0]):
        return Refusal(f"An empty path does not exist for `{callee}`, but is `.` for `anyio.Path`.")
    method, _, attribute = _FUNCTIONS[callee].partition(".")
    written = f"{anyio}.Path({arguments[0]}).{method}"
    return f"(await {written}).{attribute}" if attribute else written


def _makedirs(call: ast.Call, arguments: list[str], anyio: str) -> str | Refusal:
    options = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
    exist_ok = options.pop("exist_ok", None)
    if len(arguments) != 1 or options:
        return Refusal(
            "`os.makedirs` has arguments here that `anyio.Path.mkdir` reads differently."
        )
    also = f", exist_ok={exist_ok}" if exist_ok else ""
    return f"{anyio}.Path({arguments[0]}).mkdir(parents=True{also})"


def _names_in(place: Place, arguments: list[str], anyio: str) -> str | Refusal:
    if any(isinstance(node, Comprehension) for node in place.around):
        return Refusal("Listing in nested comprehensions needs Python 3.11 or later: write a loop.")
    folder = arguments[0] if arguments else '"."'
    return f"[entry.name async for entry in {anyio}.Path({folder}).iterdir()]"


def _is_never_empty(place: Place, path: ast.expr) -> bool:
    function = place.function
    if function is None:
        return False
    depth = place.chain.index(function)
    return is_never_empty((*place.chain[depth:], path))
