"""Loads lsprotocol in half the time, for a process that does nothing but serve.

attrs compiles methods for 554 classes when lsprotocol is imported: the largest part of the server's
start. Nobody compares or prints those objects here, so only their constructors are made.
"""

from __future__ import annotations

import functools
import gc
import importlib

import attrs


def load() -> None:
    """Import `lsprotocol.types` without comparisons and representations."""
    whole = attrs.define
    was_enabled = gc.isenabled()
    gc.disable()  # classes by the hundred, none of them garbage
    attrs.define = functools.partial(whole, eq=False, repr=False)
    try:
        importlib.import_module("lsprotocol.types")
    finally:
        attrs.define = whole
        if was_enabled:
            gc.enable()
