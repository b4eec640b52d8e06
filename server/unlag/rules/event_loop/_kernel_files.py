"""Files that the kernel makes up when they are read, `/proc` and `/sys`: no disk is waited for."""

from __future__ import annotations

import re

from unlag.project.graph import category_of
from unlag.project.index import Index
from unlag.project.links import Hazard

_KERNEL_FILE = re.compile(r"""["']/(?:proc|sys)/""")


def is_kernel_file(index: Index, function_id: str, hazard: Hazard) -> bool:
    """Whether a call that waits for files, in the function with that id, names one of the kernel's."""
    if hazard.cost != "disk" and category_of(hazard) != "metadata":
        return False
    entry = index.function(function_id)
    if entry is None:
        return False
    first = hazard.line - entry.facts.line
    lines = index.lines_in(entry)[first : hazard.end_line - entry.facts.line + 1]
    return any(map(_KERNEL_FILE.search, lines))
