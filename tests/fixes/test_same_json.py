"""The response classes that a fix defines in a module write what FastAPI's deprecated ones do, and warn no more."""

from __future__ import annotations

import warnings

import pytest

from .exchange import Request, answers
from .test_same_answers import compared, fixed, load, offered

pytest.importorskip("fastapi", minversion="0.131")
pytest.importorskip("orjson")
pytest.importorskip("ujson")

PROGRAM = """
import datetime

from fastapi import FastAPI
from fastapi.responses import ORJSONResponse

app = FastAPI(default_response_class=ORJSONResponse)
ROWS = {
    "keys": {1: "one", None: "none", datetime.date(2026, 1, 2): 1.5},
    "texts": ["é", "</", '"', "\\u2028"],
    "numbers": [1, 2**60, 1e300, float("nan"), -0.0],
    "refused": {1, 2},
    "empty": None,
}


@app.get("/made/{name}")
def made(name: str):
    return ORJSONResponse(ROWS[name], status_code=203, headers={"x-name": name})


@app.get("/plain/{name}")
def plain(name: str):
    return ROWS[name]
"""
REQUESTS = [
    Request(f"/{kind}/{name}")
    for kind in ("made", "plain")
    for name in ("keys", "texts", "numbers", "refused", "empty")
]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["ORJSONResponse", "UJSONResponse"])
def test_writes_the_same(name: str) -> None:
    program = PROGRAM.replace("ORJSONResponse", name)
    compared(program, "own_json_response", REQUESTS, 1)


def test_warns_no_more() -> None:
    after, _ = fixed(PROGRAM, "own_json_response")
    assert _warned(PROGRAM) > _warned(after) == 0


def _warned(program: str) -> int:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        answers(load(program)["app"], REQUESTS)
    return sum("JSONResponse is deprecated" in str(item.message) for item in caught)


def test_is_not_offered_where_code_asks_for_the_other_class() -> None:
    asking = (
        PROGRAM
        + "\n\ndef is_ours(response) -> bool:\n    return isinstance(response, ORJSONResponse)\n"
    )
    assert list(offered(PROGRAM, "own_json_response"))
    assert not list(offered(asking, "own_json_response"))
