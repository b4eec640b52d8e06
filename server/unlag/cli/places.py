"""How paths are written for people and programs: relative to the working directory, with `/`."""

from __future__ import annotations

import os
import re

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_BREAKING = re.compile(r"[\t\n]")
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def shown(path: str) -> str:
    """`path` as the user would write it here."""
    here = os.getcwd() + os.sep
    if path.startswith(here):
        relative = path[len(here) :]
    else:
        try:
            relative = os.path.relpath(path)
        except ValueError:  # another drive
            relative = path
    return _BREAKING.sub(_REPLACEMENT, printable(relative.replace(os.sep, "/")))


def printable(text: str) -> str:
    """`text` without orders to a terminal, and the halves of characters that file names come in which are not UTF-8."""
    whole = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return whole if whole.isprintable() else _CONTROL.sub(_REPLACEMENT, whole)


def is_below(path: str, targets: tuple[str, ...]) -> bool:
    """Whether `path` is one of the absolute `targets` or stands in one."""
    return any(
        path == target or path.startswith(target.rstrip(os.sep) + os.sep) for target in targets
    )
