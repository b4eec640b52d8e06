"""What fixes make of validating and serialising endpoints answers as before: status, headers, body."""

from __future__ import annotations

import json

import pytest

from .exchange import Request, answers
from .test_same_answers import compared, load, program

EVENT = json.dumps({"kind": "sold", "items": [{"id": "1", "name": "a", "parts": [{"name": "b"}]}]})
REQUESTS = [
    *(Request(f"/{path}?count={count}") for count in (0, 1, 30) for path in (
        "dumped", "dumped/json", "listed", "untyped", "json", "encoded", "constructed", "buckets"
    )),
    Request("/dumped/one?count=2"),
    Request("/dumped?count=x"),
    Request("/events", "POST", body=EVENT.encode()),
    Request("/events", "POST", body=b'{"kind": "sold"}'),
    Request("/events", "POST", body=b"{"),
    Request("/events", "POST"),
    Request("/numbers", "POST", body=b"[1, 2]"),
    Request("/nowhere"),
]  # fmt: skip
KINDS = {
    "return_instance": 3,
    "return_rows": 1,
    "return_annotation": 1,
    "remove_response_class": 1,
    "return_encoded": 1,
    "call_model": 1,
    "model_validate_json": 1,
    "hoist_type": 1,
    "model_to_dataclass": 1,
}


@pytest.mark.parametrize("kind", KINDS)
def test_answers_the_same(kind: str) -> None:
    compared(program("validation"), kind, REQUESTS, KINDS[kind])


def test_the_comparison_sees_a_difference() -> None:
    text = program("validation")
    changed = text.replace('"é{number}"', '"è{number}"')
    assert changed != text
    assert answers(load(text)["app"], REQUESTS) != answers(load(changed)["app"], REQUESTS)
