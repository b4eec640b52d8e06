"""How paths are written for people and programs: relative to the working directory, with `/`."""

from __future__ import annotations

import os


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
    return printable(relative.replace(os.sep, "/"))


def printable(text: str) -> str:
    """`text` without halves of characters, which file names that are not UTF-8 come in."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def is_below(path: str, targets: tuple[str, ...]) -> bool:
    """Whether `path` is one of the absolute `targets` or stands in one."""
    return any(
        path == target or path.startswith(target.rstrip(os.sep) + os.sep) for target in targets
    )
