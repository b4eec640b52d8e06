"""Where two texts differ, found by comparing slices: fast enough for every keystroke.

One stretch of change, however many there are; no alignment of lines.
"""

from __future__ import annotations


def changed(old: str, new: str) -> tuple[int, int]:
    """Start and end of what changed, as indexes of `old`."""
    start = common_prefix(old, new)
    most = min(len(old), len(new)) - start
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if old[len(old) - middle : len(old) - low] == new[len(new) - middle : len(new) - low]:
            low = middle
        else:
            high = middle - 1
    return start, len(old) - low


def common_prefix(old: str, new: str) -> int:
    """How many characters two texts have in common at their start."""
    low, high = 0, min(len(old), len(new))
    while low < high:
        middle = (low + high + 1) // 2
        if old[low:middle] == new[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
