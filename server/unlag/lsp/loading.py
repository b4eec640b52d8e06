"""Loads lsprotocol in a fraction of the time, for a process that does nothing but serve.

attrs compiles methods for 554 classes when lsprotocol is imported: once the largest part of the server's
start. A session uses a fifth of them, so each is made when the first object of it is, or when cattrs asks for
its fields. Nobody compares or prints those objects here.

The engine is loaded before the client has its first answer as well: it sends the first document at once, and
waits for what is said of that.
"""

from __future__ import annotations

import gc
import importlib
import threading
from collections.abc import Callable
from typing import Any

import attrs

_FIELDS = "__attrs_attrs__"
"""What attrs and cattrs look for in a class."""
_making = threading.RLock()


def load() -> None:
    """Import what a session takes, while the client waits for its first answer."""
    gc.disable()  # nothing that is loaded is garbage
    try:
        _load_protocol()
        for name in ("unlag.lsp.features", *_ENGINE):
            importlib.import_module(name)
        importlib.import_module("unlag.rules").load()
        importlib.import_module("unlag.knowledge").Knowledge().mention("fastapi")
    finally:
        gc.freeze()
        gc.enable()


_ENGINE = ("unlag.lsp.analyst", "unlag.lsp.focus", "unlag.lsp.answers", "unlag.lsp.edits")


def _load_protocol() -> None:
    """Import `lsprotocol.types` with classes that are made when they are needed."""
    whole = attrs.define
    attrs.define = _later  # type: ignore[assignment]  # lsprotocol gives it a class and nothing else
    try:
        importlib.import_module("lsprotocol.types")
    finally:
        attrs.define = whole
    # else the first converter would have all of them made; `_make` does this for each
    hooks = importlib.import_module("lsprotocol._hooks")
    hooks._resolved_forward_references = True  # type: ignore[attr-defined]


def _later(made: type) -> type:
    """A class that becomes what `attrs.define` makes of it at the first use."""

    def begin(self: object, *given: Any, **named: Any) -> None:
        _make(made)
        made.__init__(self, *given, **named)  # type: ignore[misc]  # another one by now

    setattr(made, _FIELDS, _Fields(_make))
    made.__init__ = begin  # type: ignore[misc]
    return made


class _Fields:
    """Stands for the fields of a class until somebody asks for them."""

    def __init__(self, make: Callable[[type], None]) -> None:
        self._make = make

    def __get__(self, instance: object, owner: type) -> Any:
        self._make(owner)
        return getattr(owner, _FIELDS)


def _make(made: type) -> None:
    with _making:
        if not isinstance(vars(made).get(_FIELDS), _Fields):
            return  # another thread was first
        delattr(made, _FIELDS)
        del made.__init__  # type: ignore[misc]
        attrs.define(made, slots=False, eq=False, repr=False)
        attrs.resolve_types(made, importlib.import_module("lsprotocol.types").ALL_TYPES_MAP, {})
