from __future__ import annotations

import asyncio
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from .raw import Raw, framed, speaking
from .samples import APP, QUIET, SLEEP_LINE

pytestmark = pytest.mark.asyncio

ANYTHING: list[Any] = [{}, None, [], 3, {"uri": 5}]
HOVER = "textDocument/hover"
PUBLISH = "textDocument/publishDiagnostics"


async def published(raw: Raw, uri: str) -> list[Any]:
    while (params := await raw.notification(PUBLISH))["uri"] != uri:
        pass
    return list(params["diagnostics"])


async def change(raw: Raw, uri: str, version: int, *changes: dict[str, Any]) -> None:
    await raw.notify(
        "textDocument/didChange",
        {"textDocument": {"uri": uri, "version": version}, "contentChanges": list(changes)},
    )


def stretch(start: tuple[int, int], end: tuple[int, int], text: str) -> dict[str, Any]:
    first, last = ({"line": line, "character": column} for line, column in (start, end))
    return {"range": {"start": first, "end": last}, "text": text}


def lines_of(log: str) -> list[str]:
    return [line for line in log.split("\n") if line]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{nonsense", -32700),
        (b"\xff\xfe", -32700),
        (b"[" * 100_000, -32700),
        (b"[]", -32600),
        (b"12", -32600),
        (b'{"id": 1, "method": "initialize"}', -32600),
        (b'{"jsonrpc": "1.0", "id": 1, "method": "initialize"}', -32600),
    ],
)
async def test_messages_that_are_none(tmp_path: Path, body: bytes, code: int) -> None:
    async with speaking() as raw:
        await raw.write(framed(body))
        answer = await raw.read()
        assert answer["error"]["code"] == code
        await raw.initialize(tmp_path)
        status, log = await raw.leave()
        assert status == 0
        assert len(lines_of(log)) == 1


async def test_headers_that_are_none(tmp_path: Path) -> None:
    async with speaking() as raw:
        await raw.write(b"Content-Length: many\r\n\r\nX-Other: 1\r\n\r\n")
        await raw.initialize(tmp_path)
        status, log = await raw.leave()
        assert (status, len(lines_of(log))) == (0, 2)


async def test_header_names_in_any_case_and_order(tmp_path: Path) -> None:
    async with speaking() as raw:
        body = b'{"jsonrpc": "2.0", "id": 7, "method": "hm"}'
        head = b"Content-Type: x\r\ncontent-length:%d\r\n\r\n" % len(body)
        for part in (head[:9], head[9:], body[:5], body[5:]):
            await raw.write(part)
        assert (await raw.response(7))["error"]["code"] == -32002


async def test_requests_have_their_order(tmp_path: Path) -> None:
    async with speaking() as raw:
        await raw.open((tmp_path / "app.py").as_uri(), APP)
        early = await raw.request("textDocument/hover", {})
        assert early["error"]["code"] == -32002
        await raw.initialize(tmp_path)
        again = await raw.request("initialize", {"capabilities": {}, "processId": None})
        assert again["error"]["code"] == -32600
        assert (await raw.request("shutdown"))["result"] is None
        late = await raw.request("textDocument/hover", {})
        assert late["error"]["code"] == -32600
        await raw.notify("exit")
        assert (await raw.ended())[0] == 0


async def test_exit_without_shutdown_is_a_failure(tmp_path: Path) -> None:
    async with speaking() as raw:
        await raw.initialize(tmp_path)
        await raw.notify("exit")
        assert (await raw.ended())[0] == 1


async def test_unknown_methods_and_wrong_parameters_are_answered(tmp_path: Path) -> None:
    async with speaking() as raw:
        await raw.initialize(tmp_path)
        await raw.notify("$/nobodyKnows", {"mood": "🐌"})
        await raw.notify("nobody/knows", [1])
        unknown = await raw.request("nobody/knows", {})
        assert unknown["error"]["code"] == -32601
        garbled = {"textDocument": 1, "position": {"line": -1, "character": 0}}
        for params in [*ANYTHING[:3], garbled]:
            wrong = await raw.request("textDocument/hover", params)
            assert wrong["error"]["code"] == -32602
        strange = await raw.request("unlag/rulePage", {"code": ["🐌"]})
        assert strange["error"]["code"] == -32602
        for params in ANYTHING[2:]:
            answer = await raw.request("unlag/endpoints", params)
            assert "result" in answer or answer["error"]["code"] == -32602
        assert (await raw.leave())[0] == 0


async def test_edits_out_of_range_mean_the_end(tmp_path: Path) -> None:
    uri = (tmp_path / "app.py").as_uri()
    async with speaking() as raw:
        await raw.initialize(tmp_path)
        await raw.open(uri, QUIET)
        assert await published(raw, uri) == []
        await change(raw, uri, 2, stretch((900, 4), (901, 0), "    time.sleep(1)  # 🐌\n"))
        (found,) = await published(raw, uri)
        assert found["range"]["start"]["line"] == SLEEP_LINE + 1
        await change(raw, uri, 3, stretch((SLEEP_LINE + 1, 0), (SLEEP_LINE + 1, 999), ""))
        assert await published(raw, uri) == []
        await change(raw, uri, 4, stretch((5, 3), (2, 1), ""))
        assert await published(raw, uri) == []
        assert (await raw.leave())[0] == 0


async def test_versions_out_of_order_are_taken_and_logged(tmp_path: Path) -> None:
    uri = (tmp_path / "app.py").as_uri()
    async with speaking() as raw:
        await raw.initialize(tmp_path)
        await raw.open(uri, QUIET, version=9)
        assert await published(raw, uri) == []
        await change(raw, uri, 3, {"text": APP})
        assert len(await published(raw, uri)) == 1
        status, log = await raw.leave()
        assert status == 0
        assert "version 3 came after 9" in log


@pytest.mark.parametrize(
    "uri",
    [
        "untitled:Untitled-1",
        "git:/app.py?ref",
        "vscode-notebook-cell:/a.ipynb#1",
        "",
        "file://[",
        ":",
    ],
)
async def test_what_is_no_file_is_ignored(tmp_path: Path, uri: str) -> None:
    (tmp_path / "app.py").write_text(APP, encoding="utf-8")
    async with speaking() as raw:
        await raw.initialize(tmp_path)
        await raw.open(uri, APP)
        await change(raw, uri, 2, {"text": QUIET})
        place = {"textDocument": {"uri": uri}, "position": {"line": SLEEP_LINE, "character": 20}}
        assert (await raw.request("textDocument/hover", place))["result"] is None
        table = await raw.request("unlag/endpoints", {"uri": uri})
        assert table["result"]["endpoints"] == []
        lenses = await raw.request("textDocument/codeLens", {"textDocument": {"uri": uri}})
        assert lenses["result"] == []
        where = {"start": place["position"], "end": place["position"]}
        actions = await raw.request(
            "textDocument/codeAction", {**place, "range": where, "context": {"diagnostics": []}}
        )
        assert actions["result"] == []
        await raw.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
        await raw.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
        assert await raw.leave() == (0, "")


async def test_documents_that_are_not_open_and_never_closed(tmp_path: Path) -> None:
    uri = (tmp_path / "app.py").as_uri()
    async with speaking() as raw:
        await raw.initialize(tmp_path)
        await change(raw, uri, 2, {"text": APP})
        await raw.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
        await raw.open(uri, QUIET)
        assert await published(raw, uri) == []
        await raw.open(uri, APP)
        assert len(await published(raw, uri)) == 1
        assert await raw.leave() == (0, "")


async def test_notebooks_are_ignored(tmp_path: Path) -> None:
    notebook = {
        "uri": (tmp_path / "a.ipynb").as_uri(),
        "notebookType": "x",
        "version": 1,
        "cells": [],
    }
    async with speaking() as raw:
        await raw.initialize(tmp_path)
        await raw.notify(
            "notebookDocument/didOpen", {"notebookDocument": notebook, "cellTextDocuments": []}
        )
        identifier = {"uri": notebook["uri"], "version": 2}
        await raw.notify(
            "notebookDocument/didChange", {"notebookDocument": identifier, "change": {}}
        )
        await raw.notify(
            "notebookDocument/didClose", {"notebookDocument": identifier, "cellTextDocuments": []}
        )
        assert await raw.leave() == (0, "")


async def test_a_cancelled_request_is_answered_at_once(tmp_path: Path) -> None:
    uri = (tmp_path / "app.py").as_uri()
    async with speaking() as raw:
        await raw.initialize(tmp_path)
        await raw.open(uri, APP)
        await raw.send(
            {
                "jsonrpc": "2.0",
                "id": "🐌",
                "method": "textDocument/codeLens",
                "params": {"textDocument": {"uri": uri}},
            },
            {"jsonrpc": "2.0", "method": "$/cancelRequest", "params": {"id": "🐌"}},
            {"jsonrpc": "2.0", "method": "$/cancelRequest", "params": {"id": "nobody"}},
        )
        assert (await raw.response("🐌"))["error"]["code"] == -32800
        assert (await raw.leave())[0] == 0


async def test_a_workspace_that_vanishes(tmp_path: Path) -> None:
    folder = tmp_path / "it"
    folder.mkdir()
    (folder / "app.py").write_text(APP, encoding="utf-8")
    uri = (folder / "app.py").as_uri()
    async with speaking() as raw:
        await raw.initialize(folder)
        await raw.open(uri, APP)
        assert len(await published(raw, uri)) == 1
        shutil.rmtree(folder)
        event = {"uri": folder.as_uri(), "type": 3}
        await raw.notify("workspace/didChangeWatchedFiles", {"changes": [event]})
        await change(raw, uri, 2, {"text": APP.replace("sleep(1)", "sleep(2)")})
        assert len(await published(raw, uri)) == 1
        await raw.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
        assert await published(raw, uri) == []
        assert (await raw.leave())[0] == 0


async def test_a_workspace_that_never_was(tmp_path: Path) -> None:
    async with speaking() as raw:
        await raw.initialize(tmp_path / "nowhere" / "🐌")
        uri = (tmp_path / "nowhere" / "🐌" / "app.py").as_uri()
        await raw.open(uri, APP)
        assert len(await published(raw, uri)) == 1
        assert (await raw.leave())[0] == 0


async def test_a_read_only_workspace_is_served_and_left_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    (folder / "inner").mkdir(parents=True)
    for name, text in {"app.py": APP, "inner/quiet.py": QUIET, "pyproject.toml": ""}.items():
        (folder / name).write_text(text, encoding="utf-8")
    for path in (*folder.rglob("*"), folder):
        path.chmod(0o555 if path.is_dir() else 0o444)
    before = _states(folder)
    async with speaking() as raw:
        await raw.initialize(folder)
        uri = (folder / "app.py").as_uri()
        await raw.open(uri, APP)
        (item,) = await published(raw, uri)
        await change(raw, uri, 2, {"text": QUIET})
        assert await published(raw, uri) == []
        await change(raw, uri, 3, {"text": APP})
        assert [one["range"] for one in await published(raw, uri)] == [item["range"]]
        place = {"textDocument": {"uri": uri}, "range": item["range"]}
        context = {"diagnostics": [item]}
        actions = await raw.request("textDocument/codeAction", {**place, "context": context})
        assert any("edit" in action for action in actions["result"])
        assert await raw.leave() == (0, "")
    assert _states(folder) == before
    for path in (folder, folder / "inner"):
        path.chmod(0o755)  # so that it can be removed


def _states(folder: Path) -> dict[str, tuple[int, int]]:
    states = {str(path): path.stat() for path in (folder, *folder.rglob("*"))}
    return {path: (state.st_mtime_ns, state.st_size) for path, state in states.items()}


async def test_the_server_ends_when_its_input_does(tmp_path: Path) -> None:
    async with speaking() as raw:
        await raw.initialize(tmp_path)
        assert raw.process.stdin is not None
        raw.process.stdin.close()
        assert (await raw.ended())[0] == 1


async def test_the_server_ends_when_the_process_of_its_client_does(tmp_path: Path) -> None:
    client = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "input()", stdin=asyncio.subprocess.PIPE
    )
    async with speaking() as raw:
        await raw.initialize(tmp_path, processId=client.pid)
        client.kill()
        await client.wait()
        assert (await raw.ended())[0] == 1


async def test_a_process_number_of_another_machine_ends_nothing(tmp_path: Path) -> None:
    client = await asyncio.create_subprocess_exec(sys.executable, "-c", "")
    await client.wait()
    async with speaking() as raw:
        await raw.initialize(tmp_path, processId=client.pid)
        assert "result" in await raw.request("unlag/endpoints", {})
        assert (await raw.leave())[0] == 0


async def test_surrogates_and_other_halves_of_characters(tmp_path: Path) -> None:
    uri = (tmp_path / "app.py").as_uri()
    async with speaking() as raw:
        await raw.initialize(tmp_path)
        await raw.open(uri, APP.replace("🐌", "\ud83d"))
        (found,) = await published(raw, uri)
        await change(raw, uri, 2, stretch((0, 0), (0, 0), "# \udc0c\n"))
        assert found["range"]["start"]["line"] == SLEEP_LINE
        await change(raw, uri, 3, {"text": APP})
        assert len(await published(raw, uri)) == 1
        assert (await raw.leave())[0] == 0


async def test_a_fault_of_ours_costs_neither_the_session_nor_the_log(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(APP, encoding="utf-8")
    uri = (tmp_path / "app.py").as_uri()
    broken = (
        "import unlag.workspace as w; from unlag.__main__ import main; real = w.Workspace.apply\n"
        "def apply(self, changes):\n"
        "    changes = list(changes)\n"
        "    if any('fault' in (change.text or '') for change in changes): 1 / 0\n"
        "    return real(self, changes)\n"
        "w.Workspace.apply = apply; main(['server'])\n"
    )
    async with speaking("-c", broken) as raw:
        await raw.initialize(tmp_path, initializationOptions={"status": True})
        await raw.open(uri, APP)
        (found,) = await published(raw, uri)
        await change(raw, uri, 2, stretch((0, 0), (0, 0), "# fault 🐌\n"))
        while (await raw.notification("unlag/status"))["state"] != "error":
            pass
        place = {"textDocument": {"uri": uri}, "position": found["range"]["start"]}
        assert "result" in await raw.request("textDocument/hover", place)
        version, seen = 2, [found]
        while seen[-1]["range"]["start"]["line"] != SLEEP_LINE + 1:
            version += 1  # it is tried again after a rest that is as long as the work was
            await change(raw, uri, version, {"text": f"# {version} 🐌\n{APP}"})
            await raw.send({"jsonrpc": "2.0", "id": "x", "method": HOVER, "params": place})
            while (message := await raw.read()).get("id") != "x":
                if message.get("method") == PUBLISH:
                    seen += message["params"]["diagnostics"]
        status, log = await raw.leave()
        assert (status, log.count("ZeroDivisionError")) == (0, 1)


async def test_what_comes_while_the_process_ends_is_passed_over(tmp_path: Path) -> None:
    slowly = (
        "import os, time; from unlag.__main__ import main; end = os._exit\n"
        "def slow(code):\n"
        "    time.sleep(0.5)\n"
        "    end(code)\n"
        "os._exit = slow; main(['server'])\n"
    )
    late = framed(b'{"jsonrpc": "2.0", "method": "$/late"}')
    async with speaking("-c", slowly) as raw:
        await raw.initialize(tmp_path)
        await raw.request("shutdown")
        await raw.notify("exit")
        for _ in range(10):
            await asyncio.sleep(0.04)
            await raw.write(late)
        status, log = await raw.ended()
        assert status == 0
        assert "Traceback" not in log
        assert " error: " not in log


async def test_a_damaged_cache_costs_a_line_in_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "app.py").write_text(APP, encoding="utf-8")
    uri = (tmp_path / "app.py").as_uri()
    for expected in (0, 1):
        async with speaking() as raw:
            await raw.initialize(tmp_path)
            await raw.open(uri, APP)
            assert len(await published(raw, uri)) == 1
            await raw.request("unlag/endpoints", {})  # all is read by then
            status, log = await raw.leave()
            assert (status, min(log.count("is damaged"), 1)) == (0, expected)
        for path in (tmp_path / "cache" / "unlag" / "kept").iterdir():
            path.write_bytes(path.read_bytes()[:-1])


async def test_a_document_opened_again_by_another_name_has_its_findings_there(
    tmp_path: Path,
) -> None:
    uri = (tmp_path / "app.py").as_uri()
    other = uri.replace(".py", "%2Epy")
    async with speaking() as raw:
        await raw.initialize(tmp_path)
        await raw.open(uri, APP)
        assert len(await published(raw, uri)) == 1
        await raw.open(other, APP)
        assert await published(raw, uri) == []
        assert len(await published(raw, other)) == 1
        assert (await raw.leave())[0] == 0
