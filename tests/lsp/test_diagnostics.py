from __future__ import annotations

from pathlib import Path

import pytest
from lsprotocol import types

from .editor import editing
from .samples import APP, CALLER, HELPER, QUIET, QUIET_HELPER, SLEEP_AT, SLEEP_LINE

pytestmark = pytest.mark.asyncio


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
async def test_a_finding_stands_behind_an_emoji_in_every_encoding(
    tmp_path: Path, encoding: str
) -> None:
    async with editing(tmp_path, {"app.py": APP}, encodings=[encoding]) as editor:
        uri = editor.open("app.py")
        (found,) = await editor.diagnostics(uri, 1)
        start = SLEEP_AT[encoding]
        assert found.range == types.Range(
            types.Position(SLEEP_LINE, start), types.Position(SLEEP_LINE, start + 13)
        )


async def test_a_diagnostic_says_all_there_is(tmp_path: Path) -> None:
    async with editing(tmp_path, {"app.py": APP}) as editor:
        (found,) = await editor.diagnostics(editor.open("app.py"), 1)
        assert (found.code, found.source) == ("LAG101", "unlag")
        assert found.severity is types.DiagnosticSeverity.Error
        assert found.code_description == types.CodeDescription("vscode://unlag.unlag/rule/LAG101")
        assert "`time.sleep` blocks the event loop" in found.message
        assert isinstance(found.data, dict)
        assert found.data["fingerprint"]
        assert {"title", "safety"} == set(found.data["fixes"][0])


async def test_other_editors_get_no_links_that_lead_nowhere(tmp_path: Path) -> None:
    async with editing(tmp_path, {"app.py": APP}, options={"rulePages": ""}) as editor:
        (found,) = await editor.diagnostics(editor.open("app.py"), 1)
        assert found.code_description is None


async def test_the_chain_is_related_information(tmp_path: Path) -> None:
    files = {"helper.py": HELPER, "caller.py": CALLER}
    async with editing(tmp_path, files) as editor:
        (found,) = await editor.diagnostics(editor.open("caller.py"), 1)
        related = found.related_information or []
        assert [item.message for item in related] == [
            "`page` calls `fetch`",
            "`fetch` calls `requests.get`",
            "Runs for GET /fetch",
        ]
        helper = (tmp_path / "helper.py").as_uri()
        assert [item.location.uri == helper for item in related] == [False, True, False]
        assert related[1].location.range.start == types.Position(4, 24)


async def test_each_edit_publishes_its_version(tmp_path: Path) -> None:
    async with editing(tmp_path, {"app.py": APP}) as editor:
        uri = editor.open("app.py")
        await editor.diagnostics(uri, 1)
        column = SLEEP_AT["utf-16"]
        version = editor.edit(uri, (SLEEP_LINE, column), (SLEEP_LINE, column + 13), "int(1)")
        assert await editor.diagnostics(uri, version) == []
        version = editor.edit(uri, (SLEEP_LINE, column), (SLEEP_LINE, column + 6), "time.sleep(2)")
        assert len(await editor.diagnostics(uri, version)) == 1


async def test_an_edit_in_a_helper_reaches_the_file_that_calls_it(tmp_path: Path) -> None:
    files = {"helper.py": QUIET_HELPER, "caller.py": CALLER}
    async with editing(tmp_path, files) as editor:
        caller, helper = editor.open("caller.py"), editor.open("helper.py")
        assert await editor.diagnostics(caller, 1) == []
        await editor.diagnostics(helper, 1)
        editor.replace(helper, HELPER)
        (found,) = await editor.diagnostics(caller, 1)
        assert found.code == "LAG102"


async def test_closed_files_are_published_where_the_scope_is_the_workspace(tmp_path: Path) -> None:
    options = {"settings": {"scope": "workspace"}}
    files = {"helper.py": QUIET_HELPER, "caller.py": CALLER}
    async with editing(tmp_path, files, options=options) as editor:
        helper = editor.open("helper.py")
        await editor.diagnostics(helper, 1)
        editor.replace(helper, HELPER)
        caller = (tmp_path / "caller.py").as_uri()
        assert len(await editor.diagnostics(caller, None)) == 1
        editor.replace(helper, QUIET_HELPER)
        assert await editor.diagnostics(caller, None) == []


async def test_the_scope_can_change_while_the_server_runs(tmp_path: Path) -> None:
    async with editing(tmp_path, {"app.py": APP}) as editor:
        await editor.ready()
        for scope, expected in (("workspace", 1), ("openFiles", 0)):
            editor.client.workspace_did_change_configuration(
                types.DidChangeConfigurationParams({"unlag": {"scope": scope}})
            )
            found = await editor.diagnostics((tmp_path / "app.py").as_uri(), None)
            assert len(found) == expected


async def test_a_file_that_does_not_parse_keeps_its_findings(tmp_path: Path) -> None:
    async with editing(tmp_path, {"app.py": APP}) as editor:
        uri = editor.open("app.py")
        await editor.diagnostics(uri, 1)
        version = editor.edit(uri, (0, 0), (0, 0), "def broken(:\n")
        (found,) = await editor.diagnostics(uri, version)
        assert found.range.start.line == SLEEP_LINE + 1


async def test_the_buffer_wins_until_it_is_closed(tmp_path: Path) -> None:
    options = {"settings": {"scope": "workspace"}}
    async with editing(tmp_path, {"app.py": APP}, options=options) as editor:
        uri = editor.open("app.py", QUIET)
        assert await editor.diagnostics(uri, 1) == []
        editor.close(uri)
        assert len(await editor.diagnostics(uri, None)) == 1


async def test_closing_clears_where_only_open_files_are_shown(tmp_path: Path) -> None:
    async with editing(tmp_path, {"app.py": APP}) as editor:
        uri = editor.open("app.py")
        assert len(await editor.diagnostics(uri, 1)) == 1
        editor.close(uri)
        assert await editor.diagnostics(uri, None) == []


async def test_a_burst_of_edits_ends_with_the_last_version(tmp_path: Path) -> None:
    async with editing(tmp_path, {"app.py": QUIET}) as editor:
        uri = editor.open("app.py")
        await editor.diagnostics(uri, 1)
        for character in "# many edits at once, faster than any analysis":
            version = editor.edit(uri, (0, 0), (0, 0), character)
        version = editor.replace(uri, APP)
        assert len(await editor.diagnostics(uri, version)) == 1
        assert {item.version for item in editor.published} <= set(range(2, version))


async def test_line_ends_of_windows_and_old_macs(tmp_path: Path) -> None:
    async with editing(tmp_path, {"app.py": APP}) as editor:
        for version, end in enumerate(["\r\n", "\r"]):
            uri = editor.open("app.py", APP.replace("\n", end))
            (found,) = await editor.diagnostics(uri, 1)
            start = types.Position(SLEEP_LINE, SLEEP_AT["utf-16"])
            assert found.range.start == start, version
            changed = editor.edit(uri, (0, 0), (1, 0), f"import time{end}")
            (found,) = await editor.diagnostics(uri, changed)
            assert found.range.start == start
            editor.close(uri)
            await editor.diagnostics(uri, None)
