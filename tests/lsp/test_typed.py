"""What is read of a keystroke's message without pygls, and what is left to it."""

from __future__ import annotations

import json

import pytest

from unlag.lsp.buffers import Place, Replacement
from unlag.lsp.typed import METHOD, Typed, typed

RANGE = {"start": {"line": 1, "character": 2}, "end": {"line": 1, "character": 3}}


def message(**more: object) -> bytes:
    params = {
        "textDocument": {"uri": "file:///a.py", "version": 7},
        "contentChanges": [{"range": RANGE, "rangeLength": 1, "text": "é"}, {"text": "all"}],
    }
    return json.dumps({"jsonrpc": "2.0", "method": METHOD, "params": params, **more}).encode()


def test_edits_are_read() -> None:
    partly = Replacement("é", Place(1, 2), Place(1, 3))
    assert typed(message()) == Typed("file:///a.py", 7, [partly, Replacement("all")])


@pytest.mark.parametrize(
    "body",
    [
        message(id=1),
        message(method="textDocument/didOpen"),
        message(jsonrpc="1.0"),
        message(params=None),
        message().replace(b'"version": 7', b'"version": null'),
        message().replace(b'"line": 1', b'"line": -1'),
        message().replace(b'"all"', b"2"),
        message().replace(b'"all"', b'"\\ud83d"'),
        message()[:-1],
        message().replace(b'"all"', b'"\xff"'),
    ],
    ids=["request", "other", "version 1", "none", "unversioned", "negative", "number", "half", "cut", "bytes"],
)  # fmt: skip
def test_whatever_else_goes_the_long_way(body: bytes) -> None:
    assert typed(body) is None
