from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

from unlag.rules import load

from .editor import Editor, editing
from .samples import APP, CALLER, HELPER, SLEEP_AT, SLEEP_LINE

pytestmark = pytest.mark.asyncio

SERVICES = """\
import time

from fastapi import Depends, FastAPI

app = FastAPI()


async def session() -> str:
    mood = "🐌"; time.sleep(1)
    return mood


async def load(id: int) -> int:
    mood = "🐌"; return work(id)


def work(id: int) -> int:
    time.sleep(id)
    return id


@app.get("/a/{id}")
async def first(id: int, name: str = Depends(session)) -> int:
    return await load(id)


@app.get("/b")
def second() -> int:
    return work(1)


def unused() -> None:
    pass
"""

REMEMBERED = """\
import time
from functools import lru_cache

from fastapi import FastAPI

app = FastAPI()


@lru_cache
def rates() -> dict[str, float]:
    time.sleep(1)
    return {}

@app.get("/rates")
async def read_rates() -> dict[str, float]:
    return rates()
"""


async def hover(editor: Editor, uri: str, line: int, character: int) -> str:
    found = await editor.client.text_document_hover_async(
        types.HoverParams(types.TextDocumentIdentifier(uri), types.Position(line, character))
    )
    if found is None:
        return ""
    assert isinstance(found.contents, types.MarkupContent)
    return found.contents.value


async def lens_titles(editor: Editor, uri: str) -> dict[int, str]:
    found = await editor.client.text_document_code_lens_async(
        types.CodeLensParams(types.TextDocumentIdentifier(uri))
    )
    return {
        lens.range.start.line: lens.command.title
        for lens in found or []
        if lens.command is not None
    }


async def ask(editor: Editor, method: str, params: dict[str, Any]) -> Any:
    return await editor.client.protocol.send_request_async(method, params)  # type: ignore[no-untyped-call]


async def test_the_hover_on_a_finding_tells_all_of_it(tmp_path: Path) -> None:
    files = {"helper.py": HELPER, "caller.py": CALLER}
    async with editing(tmp_path, files) as editor:
        uri = editor.open("caller.py")
        (found,) = await editor.diagnostics(uri, 1)
        text = await hover(editor, uri, found.range.start.line, found.range.start.character + 1)
        assert text.startswith("**What to do** (read the change before you keep it)")
        assert "**Why it is slow**" in text
        assert "1.016 s" in text
        assert "vscode://unlag.unlag/rule/LAG102" in text
        assert found.message not in text, "the editor shows it above the hover"
        assert "Way: " not in text, "the editor shows it above the hover too"


async def test_the_hover_of_other_editors_tells_the_message_too(tmp_path: Path) -> None:
    files = {"helper.py": HELPER, "caller.py": CALLER}
    async with editing(tmp_path, files, options={"rulePages": ""}) as editor:
        uri = editor.open("caller.py")
        (found,) = await editor.diagnostics(uri, 1)
        text = await hover(editor, uri, found.range.start.line, found.range.start.character + 1)
        assert text.startswith(f"**LAG102** blocking-helper-on-loop: {found.message}")
        assert f"[`GET /fetch`]({uri}#L9)" in text
        assert f"[`requests.get`]({(tmp_path / 'helper.py').as_uri()}#L5)" in text
        assert "vscode://" not in text


async def test_the_hover_on_a_call_and_a_definition_says_where_it_runs(tmp_path: Path) -> None:
    async with editing(tmp_path, {"services.py": SERVICES}) as editor:
        uri = editor.open("services.py")
        await editor.diagnostics(uri, 1)
        on_call = await hover(editor, uri, 13, 25)
        on_name = await hover(editor, uri, 16, 5)
        assert on_call.endswith(on_name)
        assert "`def work`" in on_name
        assert "Runs on: event loop, thread pool" in on_name
        assert "GET /a/{id}" in on_name
        assert "Blocks the event loop: [`time.sleep`]" in on_name
        assert await hover(editor, uri, 31, 6) == "", "nothing is known of it that is worth a word"


async def test_the_hover_on_a_function_that_is_handed_over_says_where_it_runs(
    tmp_path: Path,
) -> None:
    files = {
        "deps.py": "import time\n\n\nclass Paging:\n    def __init__(self) -> None:\n        time.sleep(1)\n\n\n"
        "async def get_user() -> int:\n    time.sleep(1)\n    return 1\n",
        "app.py": "from typing import Annotated\n\nfrom fastapi import Depends, FastAPI\n\nimport deps\n\n"
        'app = FastAPI()\n\n\n@app.get("/é", dependencies=[Depends(deps.get_user)])\n'
        "async def read(\n    é: Annotated[int, Depends(deps.get_user)], page: deps.Paging = Depends(deps.Paging)\n"
        ") -> None:\n    found = deps.get_user\n    print('get_user')\n",
    }
    async with editing(tmp_path, files) as editor:
        uri = editor.open("app.py")
        await editor.diagnostics(uri, 1)
        lines = files["app.py"].split("\n")
        for number in (9, 11, 13):
            column = lines[number].index("get_user") + 3
            assert "`async def get_user`" in await hover(editor, uri, number, column)
        column = lines[11].rindex("Paging") + 1
        assert "`def Paging.__init__`" in await hover(editor, uri, 11, column)
        assert await hover(editor, uri, 14, lines[14].index("get_user")) == ""
        assert await hover(editor, uri, 9, lines[9].index("Depends")) == ""


async def test_the_hover_on_a_call_of_a_library_says_what_it_does(tmp_path: Path) -> None:
    async with editing(tmp_path, {"app.py": APP}) as editor:
        uri = editor.open("app.py")
        await editor.diagnostics(uri, 1)
        text = await hover(editor, uri, SLEEP_LINE, SLEEP_AT["utf-16"] + 7)
        assert "`time.sleep` sleeps and holds its thread" in text
        assert await hover(editor, uri, 0, 0) == ""
        assert await hover(editor, uri, 400, 7) == ""


async def test_lenses_stand_above_what_runs_for_requests(tmp_path: Path) -> None:
    async with editing(tmp_path, {"services.py": SERVICES}) as editor:
        uri = editor.open("services.py")
        await editor.diagnostics(uri, 1)
        assert await lens_titles(editor, uri) == {
            7: "event loop · GET /a/{id} · blocks via time.sleep",
            12: "event loop · GET /a/{id} · blocks via time.sleep",
            16: "event loop and thread pool · GET /a/{id} · blocks via time.sleep",
            21: "event loop · GET /a/{id} · blocks via time.sleep",
            26: "thread pool · GET /b",
        }


async def test_a_lens_says_nothing_of_what_is_no_warning(tmp_path: Path) -> None:
    async with editing(tmp_path, {"remembered.py": REMEMBERED}) as editor:
        uri = editor.open("remembered.py")
        (found,) = await editor.diagnostics(uri, 1)
        assert found.severity is types.DiagnosticSeverity.Information
        assert await lens_titles(editor, uri) == {
            8: "event loop · GET /rates",
            13: "event loop · GET /rates",
        }
        table = await ask(editor, "unlag/endpoints", {})
        assert [row.chain for row in table.endpoints] == [[]]


async def test_lenses_follow_the_text_and_the_setting(tmp_path: Path) -> None:
    async with editing(tmp_path, {"services.py": SERVICES}) as editor:
        uri = editor.open("services.py")
        await editor.diagnostics(uri, 1)
        editor.edit(uri, (0, 0), (0, 0), "# 🐌\n")
        assert set(await lens_titles(editor, uri)) == {8, 13, 17, 22, 27}
        editor.client.workspace_did_change_configuration(
            types.DidChangeConfigurationParams({"unlag": {"codeLens": False}})
        )
        assert await lens_titles(editor, uri) == {}


async def test_rule_pages_come_by_code_or_name(tmp_path: Path) -> None:
    async with editing(tmp_path, {"app.py": APP}) as editor:
        by_code = await ask(editor, "unlag/rulePage", {"code": "LAG101"})
        by_name = await ask(editor, "unlag/rulePage", {"code": "blocking-call-on-loop"})
        assert by_code.markdown == by_name.markdown
        assert by_code.markdown.startswith("# blocking-call-on-loop (LAG101)")
        with pytest.raises(JsonRpcInvalidParams, match="is no rule"):
            await ask(editor, "unlag/rulePage", {"code": "LAG999"})


async def test_every_rule_is_listed(tmp_path: Path) -> None:
    async with editing(tmp_path, {"app.py": APP}) as editor:
        listed = (await ask(editor, "unlag/rules", {})).rules
        assert [rule.code for rule in listed] == sorted({rule.code for rule in load()})
        assert all(rule.name and rule.summary for rule in listed)


async def test_the_endpoint_table_is_data(tmp_path: Path) -> None:
    files = {"services.py": SERVICES, "helper.py": HELPER, "caller.py": CALLER}
    async with editing(tmp_path, files) as editor:
        await editor.ready()
        table = await ask(editor, "unlag/endpoints", {})
        assert table.complete
        assert [(row.method, row.route, row.runs) for row in table.endpoints] == [
            ("GET", "/fetch", "event loop"),
            ("GET", "/a/{id}", "event loop"),
            ("GET", "/b", "thread pool"),
        ]
        fetch = table.endpoints[0]
        assert (fetch.uri, fetch.line) == ((tmp_path / "caller.py").as_uri(), 8)
        assert [(step.message, step.character) for step in fetch.chain] == [
            ("`page` calls `fetch`", 24),
            ("`fetch` calls `requests.get`", 24),
        ]
        one = await ask(editor, "unlag/endpoints", {"uri": (tmp_path / "caller.py").as_uri()})
        assert [row.route for row in one.endpoints] == ["/fetch"]


async def test_other_editors_explain_by_a_command_of_the_server(tmp_path: Path) -> None:
    async with editing(tmp_path, {"app.py": APP}, options={"rulePages": ""}) as editor:
        page = await editor.client.workspace_execute_command_async(
            types.ExecuteCommandParams("unlag.explainRule", ["LAG101"])
        )
        assert str(page).startswith("# blocking-call-on-loop")
        assert editor.client.messages[0].type is types.MessageType.Info
