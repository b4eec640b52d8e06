"""What one function's body leads to: which functions it runs and where, and what it calls outside the project."""

from __future__ import annotations

import msgspec

from unlag.project.registration import Registration

OUTSIDE_CALLBACK = "callback outside"
"""How an edge leads to what a plain function outside the project is given and calls: `sorted(rows, key=f)`."""
LOOP_CALLBACK = "callback of the loop"
"""How an edge leads to a plain function that the event loop is given and runs later: `loop.call_soon(f)`."""

DEPENDS = 64
"""FastAPI runs the target before the endpoint: on the loop if it is a coroutine, else in a thread."""


class Edge(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A function of the project that a place in another one runs."""

    target: str
    how: int
    """CALLED, THREAD, PROCESS, LATER, TO_LOOP, NEW_LOOP or DEPENDS."""
    line: int
    column: int
    end_line: int
    end_column: int
    flags: int
    """Of the call; ONCE also where the target remembers its result."""
    through: str = ""
    """What the target is to the place: constructor, property, context manager, callback, `OUTSIDE_CALLBACK`,
    `LOOP_CALLBACK`, decorator, `decorator of f` where `f` is called, or empty."""


class Hazard(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A call to something outside the project that is known to hold its thread."""

    name: str
    kind: str
    """blocking, cpu or new-loop."""
    cost: str
    line: int
    column: int
    end_line: int
    end_column: int
    flags: int


class Links(msgspec.Struct, frozen=True, gc=False):
    """What one function's body leads to."""

    edges: tuple[Edge, ...]
    hazards: tuple[Hazard, ...]
    callees: tuple[str, ...]
    """One a call: the id of a function or class of the project, an outside name, or empty."""
    registrations: tuple[Registration, ...]
