"""Where a path is read: the same name means different things in different places."""

from __future__ import annotations

import msgspec

from unlag.project.values import Value
from unlag.source.scopes import MODULE


class Place(msgspec.Struct, frozen=True):
    """Where a path is read: a function (or `<module>`), and what type variables stand for."""

    path: str
    function: str = MODULE
    class_name: str = ""
    """The class whose body it is in, for paths outside functions."""
    types: tuple[tuple[str, Value], ...] = ()
