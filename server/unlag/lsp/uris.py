"""Paths and `file:` URIs, each made into the other.

Knows nothing of documents. Any other scheme has no path: the caller ignores it.
"""

from __future__ import annotations

import os
import re
from functools import lru_cache
from urllib.parse import quote, unquote, urlsplit

_DRIVE = re.compile(r"^/[A-Za-z]:")


def to_path(uri: str) -> str | None:
    """The absolute path that `uri` names; None where it names no file of this machine."""
    try:
        parts = urlsplit(uri)
    except ValueError:  # such as an open bracket in the host
        return None
    if parts.scheme != "file":
        return None
    # `?` and `#` can only stand for themselves: a file has neither query nor fragment
    rest = uri[len("file:") :]
    rest = rest[2 + len(parts.netloc) :] if rest.startswith("//") else rest
    path = unquote(rest, errors="surrogateescape")
    if os.name == "nt":
        return _windows(parts.netloc, path)
    if parts.netloc not in ("", "localhost") or not path.startswith("/") or "\0" in path:
        return None
    return os.path.normpath(path)


@lru_cache(maxsize=4096)
def from_path(path: str) -> str:
    """The URI of the absolute `path`."""
    shape = path.replace(os.sep, "/")
    if not shape.startswith("/"):
        shape = f"/{shape}"
    return "file://" + quote(shape.encode("utf-8", "surrogateescape"), safe="/~!$&'()*+,;=:@")


def _windows(host: str, path: str) -> str | None:
    if host:
        return f"//{host}{path}".replace("/", "\\")
    if _DRIVE.match(path):
        return (path[1].lower() + path[2:]).replace("/", "\\")
    return None
