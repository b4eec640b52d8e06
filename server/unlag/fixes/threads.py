"""How a file hands work to a thread in the style the project chose, and the import that takes."""

from __future__ import annotations

import libcst
import msgspec

from unlag.finding import Edit
from unlag.fixes import Refusal
from unlag.fixes.imports import Available, attribute, member
from unlag.fixes.syntax import with_first_argument
from unlag.fixes.tree import Place


class Runner(msgspec.Struct, frozen=True):
    """The callable that runs another one in a thread."""

    name: str
    wraps: bool
    """True where it gives an awaitable function (`asyncify(f)(x)`), False for `to_thread(f, x)`."""
    own_parameter: str
    """A keyword it keeps to itself, empty where every keyword is passed on."""
    edits: tuple[Edit, ...]

    def call(self, function: str, arguments: str = "") -> str:
        """The text that runs `function` with `arguments` in a thread, without `await`."""
        if self.wraps:
            return f"{self.name}({function})({arguments})"
        return f"{self.name}({', '.join(filter(None, (function, arguments)))})"

    def rewritten(self, call: libcst.Call) -> libcst.Call:
        """`call`, run in a thread; comments and line breaks between the arguments stay."""
        callee = libcst.parse_expression(self.name)
        function = call.func
        call = call.with_changes(whitespace_after_func=libcst.SimpleWhitespace(""))
        if self.wraps:
            return call.with_changes(func=libcst.Call(callee, args=[libcst.Arg(function)]))
        return with_first_argument(call, callee, function)


def runner(place: Place, style: str) -> Runner | Refusal:
    """What runs work in a thread here; `asyncio.to_thread` where the style's own name is taken."""
    available = _available(place, style)
    if available is None and style != "to_thread":
        style, available = "to_thread", _available(place, "to_thread")
    if available is None:
        return Refusal("`asyncio` means something else here: the call cannot be moved to a thread.")
    own_parameter = "func" if style == "run_in_threadpool" else ""
    return Runner(available.name, style == "asyncify", own_parameter, available.edits)


def _available(place: Place, style: str) -> Available | None:
    if style == "to_thread":
        return attribute(place, "asyncio", "to_thread")
    if style == "asyncify":
        return member(place, "asyncer", "asyncify")
    same = "starlette.concurrency.run_in_threadpool"
    return member(place, "fastapi.concurrency", "run_in_threadpool", same)
