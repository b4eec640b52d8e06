"""`subprocess.run([...])` becomes `asyncio.create_subprocess_exec`, awaited above the statement.

The result is a real `subprocess.CompletedProcess`, and errors are the same. Shells, commands that
are not visibly lists, and rarer arguments are refused.
"""

from __future__ import annotations

import ast

import msgspec

from unlag.finding import Edit
from unlag.fixes import Refusal
from unlag.fixes.awaiting import ordered
from unlag.fixes.blocks import above, hoisted, lines_of, runs_first
from unlag.fixes.imports import library
from unlag.fixes.layout import fitted
from unlag.fixes.names import unused
from unlag.fixes.subprocess_arguments import Run, read
from unlag.fixes.syntax import comments
from unlag.fixes.tree import Place

_FUNCTIONS = ("subprocess.run", "subprocess.check_call", "subprocess.check_output")


class Names(msgspec.Struct, frozen=True):
    """What the written lines call things."""

    asyncio: str
    subprocess: str
    command: str
    process: str
    stdout: str
    stderr: str
    completed: str


def rewrite(place: Place, callee: str, counterpart: str) -> tuple[Edit, ...] | Refusal:
    """Start the process without blocking and await its end above the statement."""
    call = place.node
    if not isinstance(call, ast.Call) or callee not in _FUNCTIONS:
        return Refusal(f"`{callee}` has no simple form with `asyncio.create_subprocess_exec`.")
    run = read(place, call, callee)
    if isinstance(run, Refusal):
        return run
    bare = isinstance(place.parent, ast.Expr)
    if not runs_first(place):
        return Refusal("Something else in the statement runs first: give the call its own line.")
    if not bare and callee == "subprocess.check_call":
        return Refusal("The value of `subprocess.check_call` is always 0: use it on its own.")
    if bare and run.timeout and not run.check:
        return Refusal("A process with a time limit whose result nobody looks at: assign it first.")
    lines = lines_of(place, place.statement)
    if isinstance(lines, Refusal):
        return lines
    asyncio, subprocess = library(place, "asyncio"), library(place, "subprocess")
    if asyncio is None or subprocess is None:
        return Refusal("`asyncio` or `subprocess` means something else here.")
    run = msgspec.structs.replace(run, command=hoisted(place, call.args[0], lines.indent))
    names = _names(place, run, asyncio.name, subprocess.name)
    *written, value = _written(run, names, bare, callee, lines.unit)
    if value == names.completed and isinstance(place.parent, ast.Assign | ast.Return):
        if written[-1].startswith(f"{value} = "):
            value = fitted(place, written.pop().removeprefix(f"{value} = "))
    if comments("\n".join(written)) != comments(place.code(call)):
        return Refusal("A comment inside the call would be lost.")
    replaced = Edit(place.path, place.span(call), value)
    return ordered((*asyncio.edits, *subprocess.edits, above(place, lines, written), replaced))


def _names(place: Place, run: Run, asyncio: str, subprocess: str) -> Names:
    own = (unused(place, name) for name in Names.__struct_fields__[2:])
    names = Names(asyncio, subprocess, *own)
    return msgspec.structs.replace(names, command=run.command) if run.is_named else names


def _written(run: Run, names: Names, bare: bool, callee: str, unit: str) -> list[str]:
    """The lines that go above the statement, and last what stands in place of the call."""
    lines = [] if run.is_named else [f"{names.command} = {run.command}"]
    started = ", ".join([f"*{names.command}", *_streams(run, names)])
    lines.append(f"{names.process} = await {names.asyncio}.create_subprocess_exec({started})")
    communicate = f"{names.process}.communicate({run.input})"
    if bare and not run.check:
        return [*lines, f"await {communicate}"]
    lines += _awaited(run, names, communicate, unit)
    lines.append(f"{names.completed} = {_completed(run, names)}")
    if run.check and bare:
        return [*lines, f"{names.completed}.check_returncode()"]
    if run.check:
        lines.append(f"{names.completed}.check_returncode()")
    output = ".stdout" if callee == "subprocess.check_output" else ""
    return [*lines, names.completed + output]


def _streams(run: Run, names: Names) -> list[str]:
    pipe = f"{names.asyncio}.subprocess.PIPE"
    streams = dict(run.passed_on)
    if run.input:
        streams["stdin"] = pipe
    for stream in run.captured:
        streams[stream] = pipe
    return [f"{name}={value}" for name, value in streams.items()]


def _awaited(run: Run, names: Names, communicate: str, unit: str) -> list[str]:
    both = {"stdout": names.stdout, "stderr": names.stderr}
    targets = ", ".join(name if stream in run.captured else "_" for stream, name in both.items())
    result = f"{targets} = " if run.captured else ""
    if not run.timeout:
        return [f"{result}await {communicate}"]
    return [
        "try:",
        f"{unit}{result}await {names.asyncio}.wait_for({communicate}, {run.timeout})",
        f"except {names.asyncio}.TimeoutError:",
        f"{unit}{names.process}.kill()",
        f"{unit}await {names.process}.wait()",
        f"{unit}raise {names.subprocess}.TimeoutExpired({names.command}, {run.timeout}) from None",
    ]


def _completed(run: Run, names: Names) -> str:
    arguments = [names.command, f"{names.process}.returncode"]
    for stream, name in (("stdout", names.stdout), ("stderr", names.stderr)):
        if stream in run.captured:
            arguments.append(f"{stream}={name}{run.decoding}")
    return f"{names.subprocess}.CompletedProcess({', '.join(arguments)})"
