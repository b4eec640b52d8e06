"""What opens a file for one thing only: `open(path).read()`, `json.load(open(path))`."""

from __future__ import annotations

import ast

from unlag.fixes.names import meaning
from unlag.fixes.tree import Place

_METHODS = frozenset({"read", "readline", "readlines", "write", "writelines"})
_READERS = frozenset(
    {"json.load", "pickle.load", "tomllib.load", "tomli.load", "yaml.load", "yaml.safe_load"}
)


def whole(place: Place) -> Place | None:
    """The place of all that is done with the file that the call at `place` opens; None where it is kept, or no file."""
    call = place.node
    if not isinstance(call, ast.Call) or meaning(place, call.func) not in ("open", "io.open"):
        return None
    match place.around[-2:]:
        case (ast.Call() as done, ast.Attribute(attr=name)) if name in _METHODS:
            return place.up_to(done)
        case (_, ast.Call(func=function, args=[first, *_]) as done) if first is call:
            return place.up_to(done) if meaning(place, function) in _READERS else None
    return None
