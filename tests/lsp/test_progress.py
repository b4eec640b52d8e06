from __future__ import annotations

import re
from pathlib import Path

import pytest
from lsprotocol import types

from .editor import editing
from .raw import Message, Raw, speaking
from .samples import APP, CALLER, HELPER, QUIET_HELPER

pytestmark = pytest.mark.asyncio

CREATE = "window/workDoneProgress/create"


async def test_indexing_has_a_bar_that_begins_and_ends(tmp_path: Path) -> None:
    async with editing(tmp_path, {"app.py": APP, "🐌.py": APP}) as editor:
        await editor.until(lambda: any(item["kind"] == "end" for item in editor.progress))
        kinds = [item["kind"] for item in editor.progress]
        assert kinds[-1] == "end"
        assert kinds[0] == "begin"
        assert editor.progress[0]["cancellable"] is True
        assert editor.progress[-1]["message"] == "2 files"


async def test_the_status_tells_of_files_and_findings(tmp_path: Path) -> None:
    async with editing(tmp_path, {"app.py": APP, "🐌.py": APP}) as editor:
        await editor.ready()
        last = editor.statuses[-1]
        assert (last.state, last.files, last.findings, last.endpoints) == ("ready", 2, 2, 2)
        assert editor.statuses[0].state == "indexing"


async def test_the_status_tells_of_versions(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("fastapi==0.115.0\nhttpx>=0.20\n")
    async with editing(tmp_path, {"app.py": APP}) as editor:
        await editor.ready()
        found = [(item.name, item.version) for item in editor.statuses[-1].libraries]
        assert found == [("fastapi", "0.115.0"), ("httpx", ">=0.20")]
        assert editor.statuses[-1].libraries[0].source == str(tmp_path / "requirements.txt")


async def test_clients_that_want_no_status_get_none(tmp_path: Path) -> None:
    async with editing(tmp_path, {"app.py": APP}, options={"rulePages": ""}) as editor:
        await editor.diagnostics(editor.open("app.py"), 1)
        assert editor.statuses == []


async def test_indexing_can_be_cancelled(tmp_path: Path) -> None:
    for number in range(400):
        (tmp_path / f"app_{number:03}.py").write_text(APP * 40, encoding="utf-8")
    async with speaking() as raw:
        capabilities = {"window": {"workDoneProgress": True}}
        options = {"status": True, "settings": {"scope": "workspace"}}
        await raw.initialize(tmp_path, capabilities=capabilities, initializationOptions=options)
        token = await _asked(raw, CREATE)
        await raw.notify("window/workDoneProgress/cancel", {"token": token["params"]["token"]})
        await raw.send({"jsonrpc": "2.0", "id": token["id"], "result": None})
        params = {"kind": "begin"}
        while params["kind"] != "end":
            params = (await raw.notification("$/progress"))["value"]
        assert re.fullmatch(r"Stopped after \d+ of 400 files", params["message"])
        while (status := await raw.notification("unlag/status"))["state"] != "ready":
            pass
        assert status["findings"] < 400 * 40
        assert status["message"].startswith("Reading was stopped before the last file")
        table = await raw.request("unlag/endpoints", {})
        assert table["result"]["complete"] is False
        assert (await raw.leave())[0] == 0


async def test_settings_are_asked_for(tmp_path: Path) -> None:
    async with editing(tmp_path, {"app.py": APP}) as editor:
        await editor.ready()
        editor.settings = {"scope": "workspace"}
        editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(None))
        assert len(await editor.diagnostics((tmp_path / "app.py").as_uri(), None)) == 1


async def test_wrong_settings_are_logged_and_cost_themselves_only(tmp_path: Path) -> None:
    async with editing(tmp_path, {"app.py": APP}) as editor:
        await editor.ready()
        given = {"unlag": {"scope": "workspace", "codeLens": "🐌", "of another": 1}}
        editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(given))
        assert len(await editor.diagnostics((tmp_path / "app.py").as_uri(), None)) == 1
        assert len([line for line in editor.log if "unlag.codeLens" in line]) == 1


async def test_lenses_are_refreshed_where_another_file_changes_them(tmp_path: Path) -> None:
    files = {"helper.py": QUIET_HELPER, "caller.py": CALLER}
    async with editing(tmp_path, files) as editor:
        caller = editor.open("caller.py")
        await editor.diagnostics(caller, 1)
        helper = editor.open("helper.py")
        await editor.diagnostics(helper, 1)
        before = editor.refreshes
        editor.replace(helper, HELPER)
        await editor.until(lambda: editor.refreshes > before)


async def _asked(raw: Raw, method: str) -> Message:
    while (message := await raw.read()).get("method") != method:
        pass
    return message


async def test_the_open_file_comes_before_the_workspace(tmp_path: Path) -> None:
    for number in range(200):
        (tmp_path / f"app_{number:03}.py").write_text(APP * 20, encoding="utf-8")
    (tmp_path / "helper.py").write_text(HELPER, encoding="utf-8")
    uri = (tmp_path / "caller.py").as_uri()
    (tmp_path / "caller.py").write_text(CALLER, encoding="utf-8")
    async with speaking() as raw:
        await raw.initialize(tmp_path, initializationOptions={"status": True})
        await raw.open(uri, f"# 🐌\n{CALLER}")
        states = []
        while True:
            message = await raw.read()
            if message.get("method") == "unlag/status":
                states.append(message["params"]["state"])
            if message.get("method") == "textDocument/publishDiagnostics":
                break
        assert message["params"]["uri"] == uri
        ahead = message["params"]["diagnostics"]
        assert [item["code"] for item in ahead] == ["LAG102"]
        assert ahead[0]["range"]["start"] == {"line": 10, "character": 24}
        assert set(states) == {"indexing"}
        while (await raw.notification("unlag/status"))["state"] != "ready":
            pass
        place = {"textDocument": {"uri": uri}, "position": ahead[0]["range"]["start"]}
        hover = await raw.request("textDocument/hover", place)
        assert "LAG102" in hover["result"]["contents"]["value"]
        assert await raw.leave() == (0, "")
