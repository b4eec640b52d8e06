"""Deployment files in the editor: shown when open, followed on disk, fixed and silenced."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsprotocol import types

from .editor import Editor, editing

pytestmark = pytest.mark.asyncio

DOCKERFILE = 'FROM python:3.13\n# 🐢\nCMD ["uvicorn", "app:app", \\\n     "--reload"]\n'
FIXED = 'FROM python:3.13\n# 🐢\nCMD ["uvicorn", "app:app"]\n'
COMPOSE = "services:\n  web:\n    image: shop\n    command: fastapi dev --host 0.0.0.0  # 🐢\n"


async def actions_at(editor: Editor, uri: str, line: int, column: int) -> list[types.CodeAction]:
    here = types.Position(line, column)
    found = await editor.client.text_document_code_action_async(
        types.CodeActionParams(
            types.TextDocumentIdentifier(uri),
            types.Range(here, here),
            types.CodeActionContext([]),
        )
    )
    return [item for item in found or [] if isinstance(item, types.CodeAction)]


async def edits_of(editor: Editor, action: types.CodeAction) -> list[tuple[types.Range, str]]:
    resolved = await editor.client.code_action_resolve_async(action)
    assert resolved.edit is not None, editor.log
    (change,) = resolved.edit.document_changes or []
    assert isinstance(change, types.TextDocumentEdit)
    return [
        (edit.range, edit.new_text) for edit in change.edits if isinstance(edit, types.TextEdit)
    ]


async def test_a_dockerfile_is_checked_while_it_is_open(tmp_path: Path) -> None:
    async with editing(tmp_path, {"Dockerfile": DOCKERFILE, "app.py": "x = 1\n"}) as editor:
        uri = editor.open("Dockerfile")
        (found,) = await editor.diagnostics(uri, 1)
        assert found.code == "LAG801"
        assert found.range == types.Range(types.Position(3, 5), types.Position(3, 15))
        editor.replace(uri, FIXED)
        assert not await editor.diagnostics(uri, 2)
        editor.replace(uri, DOCKERFILE)
        assert await editor.diagnostics(uri, 3)


async def test_the_fix_and_the_comment_are_edits_of_the_dockerfile(tmp_path: Path) -> None:
    async with editing(tmp_path, {"Dockerfile": DOCKERFILE}) as editor:
        uri = editor.open("Dockerfile")
        await editor.diagnostics(uri, 1)
        fix, ignore, *_ = await actions_at(editor, uri, 3, 7)
        assert fix.title == "Drop `--reload`"
        assert fix.is_preferred
        (edit,) = await edits_of(editor, fix)
        assert edit == (types.Range(types.Position(2, 25), types.Position(3, 15)), "")
        (comment,) = await edits_of(editor, ignore)
        place = types.Position(2, 0)
        words = "# unlag: ignore[dev-server-in-production]\n"
        assert comment == (types.Range(place, place), words)
        lines = DOCKERFILE.split("\n")
        lines.insert(2, words.strip())
        editor.replace(uri, "\n".join(lines))
        assert not await editor.diagnostics(uri, 2)


async def test_a_comment_in_yaml_stands_behind_the_line(tmp_path: Path) -> None:
    async with editing(tmp_path, {"compose.yaml": COMPOSE}) as editor:
        uri = editor.open("compose.yaml")
        await editor.diagnostics(uri, 1)
        _, ignore, *_ = await actions_at(editor, uri, 3, 22)
        ((place, words),) = await edits_of(editor, ignore)
        assert words == "  # unlag: ignore[dev-server-in-production]"
        assert place.start == types.Position(3, len(COMPOSE.split("\n")[3]) + 1)  # in UTF-16


async def test_one_file_bears_on_another(tmp_path: Path) -> None:
    async with editing(tmp_path, {"Dockerfile": DOCKERFILE}) as editor:
        uri = editor.open("Dockerfile")
        assert await editor.diagnostics(uri, 1)
        (tmp_path / "Dockerfile.prod").write_text(FIXED, "utf-8")
        editor.touch(types.FileChangeType.Created, "Dockerfile.prod")
        assert not await editor.diagnostics(uri, 1)
        (tmp_path / "Dockerfile.prod").unlink()
        editor.touch(types.FileChangeType.Deleted, "Dockerfile.prod")
        assert await editor.diagnostics(uri, 1)


async def test_hovers_and_lenses_of_a_dockerfile_fail_nothing(tmp_path: Path) -> None:
    async with editing(tmp_path, {"Dockerfile": DOCKERFILE}) as editor:
        uri = editor.open("Dockerfile")
        await editor.diagnostics(uri, 1)
        document = types.TextDocumentIdentifier(uri)
        hover = await editor.client.text_document_hover_async(
            types.HoverParams(document, types.Position(3, 8))
        )
        assert hover is not None
        assert "dev-server-in-production" in str(hover.contents)
        lenses = await editor.client.text_document_code_lens_async(types.CodeLensParams(document))
        assert not lenses
