"""Whether a file still parses once it is edited, and why it does not.

The last word before any edit leaves this package: a fix that is wrong breaks nobody's file.
"""

from __future__ import annotations

import sys
import warnings

from unlag.deployment.names import kind_of
from unlag.deployment.reading import is_whole
from unlag.source.newer import in_older_words


def still_parses(path: str, before: str, after: str) -> bool:
    """Whether `after` is a whole file of the kind that `path` says.

    Python that this interpreter could read has to stay so: an edit brings no syntax of a newer one.
    """
    if kind_of(path) is not None:
        return is_whole(path, after)
    return _is_python(after) or (not _is_python(before) and _is_newer_python(after))


def why_broken(path: str, before: str) -> str:
    """Why a file cannot be edited whose text was `before` and does not parse after the edit."""
    if still_parses(path, before, before):
        return "the result would not parse; this is a fault in Unlag, report it"
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return f"Python {version}, which runs Unlag, cannot parse the file, so no edit can be checked"


def _is_newer_python(text: str) -> bool:
    older = in_older_words(text)
    return older != text and _is_python(older)


def _is_python(text: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the user's own odd escapes are no news
            compile(text, "<fixed>", "exec", dont_inherit=True)  # says more than parsing alone
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
