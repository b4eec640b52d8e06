"""The words for what a framework is told: a route, a router, an inclusion, an entry point."""

from __future__ import annotations

import msgspec

from unlag.knowledge import Entry


class Answer(msgspec.Struct, frozen=True, gc=False):
    """What FastAPI is told about the answers of a route, or of all routes of a router."""

    place: str = ""
    """Id of the function in whose names the paths below are written."""
    model: str = ""
    """Path of `response_model=`, empty where there is none."""
    response_class: str = ""
    """Path of `response_class=`, of a router `default_response_class=`."""
    options: tuple[str, ...] = ()
    """The other arguments about the answer, as written: `response_model_exclude_none=True`."""
    returns: str = ""
    """The endpoint's return annotation, read where the endpoint is defined."""


class Registration(msgspec.Struct, frozen=True, gc=False):
    """One thing a framework is told."""

    kind: str
    """route, router, include, or entry."""
    targets: tuple[str, ...] = ()
    """Functions that will be called."""
    label: str = ""
    """What the entry is called in messages: route, middleware, background task, ..."""
    method: str = ""
    route: str = ""
    """Path of the route, or prefix of the router or include."""
    router: str = ""
    """Key of the router it is registered on, made or included."""
    parent: str = ""
    """Key of the router or application that includes it."""
    dependencies: tuple[str, ...] = ()
    runs: str = "loop"
    """Where a coroutine target runs: loop, start-up, task, process, script."""
    sync: str = "thread"
    """Where a plain function runs."""
    answer: Answer | None = None
    """None for what is not FastAPI's own kind of route, such as Starlette's."""


def known_entry(entry: Entry, given: tuple[str, ...]) -> Registration:
    """Functions that a library calls, as a knowledge file says."""
    return Registration(
        "entry", given, entry.label or "entry point", runs=entry.runs or "loop",
        sync=entry.sync or "thread",
    )  # fmt: skip


def at_start(given: tuple[str, ...]) -> Registration:
    """Functions that run when the application starts or stops."""
    return Registration("entry", given, "start-up", runs="start-up", sync="start-up")
