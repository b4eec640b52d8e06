"""The words for what a framework is told: a route, a router, an inclusion, an entry point."""

from __future__ import annotations

import msgspec


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


def at_start(given: tuple[str, ...]) -> Registration:
    """Functions that run when the application starts or stops."""
    return Registration("entry", given, "start-up", runs="start-up", sync="start-up")
