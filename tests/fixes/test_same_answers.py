"""What a fix makes of an application answers as the application did: status, headers, body, exceptions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from unlag import fixes
from unlag.config import parse
from unlag.finding import Finding
from unlag.fixes import FixRequest, Refusal
from unlag.fixes.composing import apply_edits
from unlag.rules import load as rules
from unlag.workspace import Change, Workspace

from .exchange import Request, answers

pytest.importorskip("fastapi")
pytest.importorskip("httpx")

PROGRAMS = Path(__file__).parent / "programs"
MAIN = "/project/app/main.py"
UPLOADS = """
from fastapi import FastAPI, UploadFile

app = FastAPI()

@app.post("/copies")
async def copy(upload: UploadFile) -> int:
    content = await upload.read()
    with open("/dev/null", "wb") as file:
        file.write(content)
    return 1
"""
SETTINGS = """
import os

from fastapi import Depends, FastAPI
from pydantic_settings import BaseSettings

app = FastAPI()

class Settings(BaseSettings):
    folder: str = os.getcwd()

def get_settings() -> Settings:
    return Settings()

@app.get("/folder")
def folder(settings: Settings = Depends(get_settings)) -> str:
    return settings.folder
"""
EVERYTHING = parse('[tool.unlag]\nselect = ["ALL"]\n', "/project/pyproject.toml", rules()).config


def program(name: str) -> str:
    return (PROGRAMS / f"{name}.py").read_text("utf-8")


def load(text: str) -> dict[str, Any]:
    namespace: dict[str, Any] = {"__name__": "program"}
    exec(compile(text, "app/main.py", "exec", dont_inherit=True), namespace)
    return namespace


def offered(text: str, kind: str) -> Iterator[Finding]:
    """The findings that offer a kind of fix."""
    workspace = Workspace(("/project",), EVERYTHING, tracks=False)
    for finding in workspace.apply([Change(MAIN, text)]).findings.get(MAIN, ()):
        if any(offer.kind == kind for offer in finding.fixes):
            yield finding


def fixed(text: str, kind: str) -> tuple[str, int]:
    """The text once every fix of a kind is made, and how many there were."""
    for number in range(20):
        finding = next(offered(text, kind), None)
        if finding is None:
            return text, number
        offer = next(offer for offer in finding.fixes if offer.kind == kind)
        request = FixRequest(finding.path, text, finding.span, offer.arguments)
        edits = fixes.edits(offer, request)
        assert not isinstance(edits, Refusal), edits.reason
        text = apply_edits(text, edits)
    raise AssertionError(f"{kind} can be applied for ever:\n{text}")


def compared(text: str, kind: str, requests: list[Request], count: int) -> None:
    """Check that the fixed program gives the same answers, and that all was fixed."""
    after, number = fixed(text, kind)
    assert number == count, after
    before = answers(load(text)["app"], requests)
    now = answers(load(after)["app"], requests)
    for request, one, other in zip(requests, before, now, strict=True):
        assert one == other, request


MIDDLEWARE = [
    Request("/"),
    Request("/", headers=(("x-request-id", "abc"),)),
    Request("/", "HEAD"),
    Request("/", "OPTIONS"),
    Request("/?page=2"),
    Request("/echo", "POST", body=b"one two"),
    Request("/echo", "POST", headers=(("x-banned", "yes"),), body=b"one two"),
    Request("/stream"),
    Request("/broken-stream"),
    Request("/missing"),
    Request("/nowhere"),
    Request("/broken"),
    Request("/later"),
    Request("/done"),
    Request("/closed/shop"),
    Request("/live", websocket=True),
    Request("/nowhere", websocket=True),
    Request("/done"),
]


def test_pure_asgi_answers_the_same() -> None:
    compared(program("middleware"), "pure_asgi", MIDDLEWARE, 7)


def test_the_comparison_sees_a_difference() -> None:
    text = program("middleware")
    changed = text.replace('"DENY"', '"SAMEORIGIN"')
    before = answers(load(text)["app"], MIDDLEWARE[:1])
    assert before != answers(load(changed)["app"], MIDDLEWARE[:1])


def multipart(content: bytes) -> Request:
    """A request that uploads a file."""
    head = b'--x\r\nContent-Disposition: form-data; name="upload"; filename="a"\r\n\r\n'
    headers = (("content-type", "multipart/form-data; boundary=x"),)
    return Request("/copies", "POST", headers, head + content + b"\r\n--x--\r\n")


CLIENTS = [
    Request("/closed"),
    Request("/closed?page=3"),
    Request("/closed?page=none"),
    Request("/closed", "HEAD"),
    Request("/closed"),
    Request("/greeting"),
    Request("/notes?text=a", "POST"),
    Request("/notes", "POST"),
    Request("/notes/with-tasks?text=b", "POST"),
    Request("/told"),
]


def test_shared_client_answers_the_same() -> None:
    compared(program("clients"), "shared_client", CLIENTS, 1)


def test_background_tasks_answer_the_same() -> None:
    compared(program("clients"), "background_task", CLIENTS, 2)


def test_chunked_read_answers_the_same() -> None:
    uploads = [multipart(b""), multipart(b"abc"), multipart(b"x" * 3_000_000)]
    compared(UPLOADS, "chunked_read", [*uploads, Request("/copies", "POST")], 1)


def test_cached_settings_answer_the_same() -> None:
    compared(SETTINGS, "cache_function", [Request("/folder"), Request("/folder")], 1)


BLOCKING = [Request("/sleep"), Request("/program"), Request("/digest?secret=a")]


def test_what_no_longer_blocks_answers_the_same() -> None:
    compared(program("blocking"), "async_counterpart", BLOCKING, 2)
    compared(program("blocking"), "offload", BLOCKING, 3)
