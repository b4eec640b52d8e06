"""What one call of `subprocess.run` asks for, or why it asks for more than the fix can write.

It reads the arguments as they are written; a value only the running program knows is refused.
"""

from __future__ import annotations

import ast

import msgspec

from unlag.fixes import Refusal
from unlag.fixes.names import dotted, origins_of
from unlag.fixes.tree import Place

_FLAGS = ("check", "capture_output", "text", "universal_newlines", "shell")
_PASSED_ON = ("cwd", "env", "start_new_session", "stdin", "stdout", "stderr")
_LISTS = ("list", "List", "Sequence", "tuple", "Tuple")


class Run(msgspec.Struct, frozen=True):
    """One call, its parts as texts; empty where it does not ask for something."""

    command: str
    is_named: bool
    check: bool
    captured: tuple[str, ...]
    decoding: str
    input: str
    timeout: str
    passed_on: tuple[tuple[str, str], ...]


def read(place: Place, call: ast.Call, callee: str) -> Run | Refusal:
    """What `call` asks for."""
    options = {keyword.arg or "**": keyword.value for keyword in call.keywords}
    if len(call.args) != 1 or isinstance(call.args[0], ast.Starred):
        return Refusal("The command has to be the only argument without a name.")
    reason = _unfit(options) or _unfit_command(place, call.args[0])
    if reason:
        return Refusal(reason)
    flags = {name for name, value in options.items() if _is_true(value)}
    captured = _captured(options, flags, callee)
    text = bool(flags & {"text", "universal_newlines"}) or "encoding" in options
    encoding = place.code(options["encoding"]) if "encoding" in options else ""
    return Run(
        command=place.code(call.args[0]),
        is_named=isinstance(call.args[0], ast.Name),
        check="check" in flags or callee != "subprocess.run",
        captured=captured,
        decoding=f".decode({encoding})" if text else "",
        input=_input(place, options, f".encode({encoding})" if text else ""),
        timeout=place.code(options["timeout"]) if "timeout" in options else "",
        passed_on=tuple(
            (name, place.code(value))
            for name, value in options.items()
            if name in _PASSED_ON and name not in captured
        ),
    )


def _unfit(options: dict[str, ast.expr]) -> str | None:
    for name, value in options.items():
        match name:
            case "shell" if _is_true(value):
                return (
                    "A shell command needs `asyncio.create_subprocess_shell`: rewrite it by hand."
                )
            case _ if name in _FLAGS and not isinstance(value, ast.Constant):
                return f"`{name}={ast.unparse(value)}` is known only when the program runs."
            case "timeout" if not isinstance(value, ast.Constant) and not dotted(value):
                return "The time limit is worked out in the call: give it a name first."
            case "encoding" | "input" if isinstance(value, ast.Constant) and value.value is None:
                return f"`{name}=None` says nothing: leave it out first."
            case "input" | "timeout" | "encoding":
                continue
            case _ if name not in (*_FLAGS, *_PASSED_ON):
                return f"`{name}` has no simple form with `asyncio.create_subprocess_exec`."
    return None


def _unfit_command(place: Place, command: ast.expr) -> str | None:
    """Why the command is not surely a list or tuple of strings."""
    if isinstance(command, ast.List | ast.Tuple) or (
        isinstance(command, ast.Name) and _is_named_list(place, command.id)
    ):
        return None
    return f"`{ast.unparse(command)}` is not visibly a list: write the command as one."


def _is_named_list(place: Place, name: str) -> bool:
    """Whether everything that binds `name` in the coroutine makes it a list."""
    origins = origins_of(place, name)
    return bool(origins) and all(_is_list(origin) for origin in origins)


def _is_list(value: ast.AST | None) -> bool:
    match value:
        case ast.List() | ast.ListComp():
            return True
        case ast.BinOp(left=left, op=ast.Add()):
            return _is_list(left)
        case ast.Subscript(value=owner):
            return (dotted(owner) or "").rpartition(".")[2] in _LISTS
    return False


def _captured(options: dict[str, ast.expr], flags: set[str], callee: str) -> tuple[str, ...]:
    pipes = {s for s in ("stdout", "stderr") if s in options and _is_pipe(options[s])}
    if "capture_output" in flags:
        pipes = {"stdout", "stderr"}
    if callee == "subprocess.check_output":
        pipes.add("stdout")
    return tuple(sorted(pipes, reverse=True))


def _is_pipe(value: ast.expr) -> bool:
    return (dotted(value) or "").rpartition(".")[2] == "PIPE"


def _input(place: Place, options: dict[str, ast.expr], encoding: str) -> str:
    if "input" not in options:
        return ""
    value = options["input"]
    simple = isinstance(value, ast.Name | ast.Attribute | ast.Call | ast.Subscript | ast.Constant)
    text = place.code(value)
    return (text if simple or not encoding else f"({text})") + encoding


def _is_true(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is True
