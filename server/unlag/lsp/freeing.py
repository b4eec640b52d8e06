"""Gives memory that nothing stands in back to the system, where the C library holds on to it."""

from __future__ import annotations

import sys


def give_back() -> None:
    """Hand over the free pages of the C library's heaps; with glibc only, where each thread has a heap of its own."""
    if sys.platform != "linux":
        return
    import ctypes  # who never reads a project need not load it

    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # musl has none
    if trim is not None:
        trim(0)
