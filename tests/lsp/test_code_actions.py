from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from .editor import Editor, editing
from .samples import APP, NESTED, SLEEP_AT, SLEEP_LINE

pytestmark = pytest.mark.asyncio


async def actions_of(editor: Editor, uri: str, only: list[Any] | None = None) -> list[Any]:
    here = types.Position(SLEEP_LINE, SLEEP_AT["utf-16"] + 2)
    found = await editor.client.text_document_code_action_async(
        types.CodeActionParams(
            types.TextDocumentIdentifier(uri),
            types.Range(here, here),
            types.CodeActionContext([], only=only),
        )
    )
    return list(found or [])


async def edits_of(editor: Editor, action: types.CodeAction) -> list[types.TextEdit]:
    resolved = await editor.client.code_action_resolve_async(action)
    assert resolved.edit is not None, editor.log
    assert resolved.edit.document_changes is not None
    (change,) = resolved.edit.document_changes
    assert isinstance(change, types.TextDocumentEdit)
    return [edit for edit in change.edits if isinstance(edit, types.TextEdit)]


def applied(text: str, edits: list[types.TextEdit]) -> str:
    """`text` after edits given in UTF-16 units."""
    lines = [line.encode("utf-16-le") for line in text.split("\n")]
    for edit in sorted(edits, key=lambda edit: edit.range.start, reverse=True):
        start, end = edit.range.start, edit.range.end
        head, tail = lines[start.line][: start.character * 2], lines[end.line][end.character * 2 :]
        whole = head + edit.new_text.encode("utf-16-le") + tail
        lines[start.line : end.line + 1] = [
            line.encode("utf-16-le") for line in whole.decode("utf-16-le").split("\n")
        ]
    return "\n".join(line.decode("utf-16-le") for line in lines)


async def test_every_fix_is_offered_and_only_edits_when_chosen(tmp_path: Path) -> None:
    async with editing(tmp_path, {"app.py": APP}) as editor:
        uri = editor.open("app.py")
        (found,) = await editor.diagnostics(uri, 1)
        actions = await actions_of(editor, uri)
        titles = [action.title for action in actions]
        assert isinstance(found.data, dict)
        assert titles[: len(found.data["fixes"])] == [fix["title"] for fix in found.data["fixes"]]
        assert titles[-2:] == ["Ignore LAG101 on this line", actions[-1].title]
        assert all(action.edit is None for action in actions[:-1])
        edits = await edits_of(editor, actions[0])
        after = applied(APP, edits)
        assert 'mood = "🐌"; await asyncio.sleep(1)' in after
        assert "import asyncio" in after


async def test_edits_name_the_version_they_were_made_for(tmp_path: Path) -> None:
    async with editing(tmp_path, {"app.py": APP}) as editor:
        uri = editor.open("app.py")
        await editor.diagnostics(uri, 1)
        (action, *_) = await actions_of(editor, uri)
        resolved = await editor.client.code_action_resolve_async(action)
        assert resolved.edit is not None
        (change,) = resolved.edit.document_changes or []
        assert isinstance(change, types.TextDocumentEdit)
        assert (change.text_document.uri, change.text_document.version) == (uri, 1)


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
async def test_added_lines_end_as_those_of_the_document_do(tmp_path: Path, newline: str) -> None:
    async with editing(tmp_path, {"app.py": APP}) as editor:
        uri = editor.open("app.py", APP.replace("\n", newline))
        await editor.diagnostics(uri, 1)
        (action, *_) = await actions_of(editor, uri)
        added = "".join(edit.new_text for edit in await edits_of(editor, action))
        assert f"import asyncio{newline}" in added
        assert "\n" not in added.replace(newline, "")


async def test_no_edit_where_the_text_has_moved_on(tmp_path: Path) -> None:
    async with editing(tmp_path, {"app.py": APP}) as editor:
        uri = editor.open("app.py")
        await editor.diagnostics(uri, 1)
        (action, *_) = await actions_of(editor, uri)
        editor.edit(uri, (0, 0), (0, 0), "# 🐌\n")
        resolved = await editor.client.code_action_resolve_async(action)
        assert resolved.edit is None
        line = await editor.until(
            lambda: next((line for line in editor.log if "No edit" in line), None)
        )
        assert "The text has changed since" in line
        (said,) = editor.client.messages
        assert said.type is types.MessageType.Warning
        assert said.message == (
            "Unlag changed nothing. The text has changed since this was offered: choose it again."
        )


TAKEN = APP.replace("app = FastAPI()", "app = FastAPI(); asyncio = sleep = None")


async def test_the_user_is_told_why_a_fix_cannot_be_made(tmp_path: Path) -> None:
    async with editing(tmp_path, {"app.py": TAKEN}) as editor:
        uri = editor.open("app.py")
        await editor.diagnostics(uri, 1)
        (action, *_) = await actions_of(editor, uri)
        resolved = await editor.client.code_action_resolve_async(action)
        assert resolved.edit is None
        (said,) = editor.client.messages
        assert (
            said.message == "Unlag changed nothing. `asyncio` and `sleep` mean something else here."
        )


async def test_a_fix_of_all_that_changes_nothing_says_nothing(tmp_path: Path) -> None:
    async with editing(tmp_path, {"app.py": NESTED}) as editor:
        uri = editor.open("app.py")
        await editor.diagnostics(uri, 1)
        (fix_all,) = await actions_of(editor, uri, ["source.fixAll"])
        editor.edit(uri, (0, 0), (0, 0), "# 🐌\n")
        resolved = await editor.client.code_action_resolve_async(fix_all)
        assert resolved.edit is None
        assert editor.client.messages == []


async def test_ignoring_adds_a_comment_and_merges_with_one(tmp_path: Path) -> None:
    async with editing(tmp_path, {"app.py": APP}) as editor:
        uri = editor.open("app.py")
        await editor.diagnostics(uri, 1)
        comment = "  # unlag: ignore[blocking-call-on-loop]"
        for before, expected in (
            (APP, APP.replace("sleep(1)", f"sleep(1){comment}")),
            (
                APP.replace("sleep(1)", "sleep(1)  # 🐌 unlag: ignore[LAG103]"),
                None,
            ),
            (
                APP.replace("sleep(1)", "sleep(1)  # unlag: ignore[LAG103]"),
                APP.replace("sleep(1)", "sleep(1)  # unlag: ignore[LAG103, blocking-call-on-loop]"),
            ),
        ):
            version = editor.replace(uri, before)
            assert any(item.code == "LAG101" for item in await editor.diagnostics(uri, version))
            actions = await actions_of(editor, uri)
            ignore = next(item for item in actions if item.title.startswith("Ignore LAG101"))
            after = applied(before, await edits_of(editor, ignore))
            if expected is not None:
                assert after == expected
            version = editor.replace(uri, after)
            left = await editor.diagnostics(uri, version)
            assert not [item for item in left if item.code == "LAG101"]


async def test_only_the_kinds_asked_for(tmp_path: Path) -> None:
    async with editing(tmp_path, {"app.py": APP}) as editor:
        uri = editor.open("app.py")
        await editor.diagnostics(uri, 1)
        refactorings = await actions_of(editor, uri, [types.CodeActionKind.Refactor])
        assert refactorings == []
        fixes = await actions_of(editor, uri, [types.CodeActionKind.QuickFix])
        assert len(fixes) >= 3


async def test_clients_that_resolve_nothing_get_edits_at_once(tmp_path: Path) -> None:
    def without_resolving(capabilities: types.ClientCapabilities) -> None:
        assert capabilities.text_document is not None
        assert capabilities.text_document.code_action is not None
        capabilities.text_document.code_action.resolve_support = None

    async with editing(tmp_path, {"app.py": APP}, change=without_resolving) as editor:
        uri = editor.open("app.py")
        await editor.diagnostics(uri, 1)
        (action, *_) = await actions_of(editor, uri)
        assert action.edit is not None
        version = editor.replace(uri, TAKEN)
        await editor.diagnostics(uri, version)
        actions = await actions_of(editor, uri)
        assert all(isinstance(item, types.Command) or item.edit for item in actions)


async def test_explaining_is_a_command_of_the_client(tmp_path: Path) -> None:
    async with editing(tmp_path, {"app.py": APP}) as editor:
        uri = editor.open("app.py")
        await editor.diagnostics(uri, 1)
        explain = (await actions_of(editor, uri))[-1]
        assert explain.title == "Explain LAG101 (blocking-call-on-loop)"


async def test_fix_all_makes_the_safe_fixes_of_the_file(tmp_path: Path) -> None:
    async with editing(tmp_path, {"app.py": NESTED}) as editor:
        uri = editor.open("app.py")
        found = await editor.diagnostics(uri, 1)
        assert [item.code for item in found] == ["LAG105", "LAG105"]
        (fix_all,) = await actions_of(editor, uri, ["source.fixAll"])
        assert fix_all.kind == "source.fixAll.unlag"
        after = applied(NESTED, await edits_of(editor, fix_all))
        assert after.count('mood = "🐌"; return await load()') == 2
        version = editor.replace(uri, after)
        assert await editor.diagnostics(uri, version) == []


async def test_unsafe_fixes_are_no_part_of_fix_all(tmp_path: Path) -> None:
    async with editing(tmp_path, {"app.py": APP}) as editor:
        uri = editor.open("app.py")
        await editor.diagnostics(uri, 1)
        assert await actions_of(editor, uri, ["source.fixAll.unlag"]) == []


async def test_a_safe_fix_is_preferred(tmp_path: Path) -> None:
    async with editing(tmp_path, {"app.py": NESTED}) as editor:
        uri = editor.open("app.py")
        (first, _) = await editor.diagnostics(uri, 1)
        found = await editor.client.text_document_code_action_async(
            types.CodeActionParams(
                types.TextDocumentIdentifier(uri),
                first.range,
                types.CodeActionContext([first], only=[types.CodeActionKind.QuickFix]),
            )
        )
        preferred = [getattr(action, "is_preferred", None) for action in found or []]
        assert preferred[0] is True
        assert not any(preferred[1:])
