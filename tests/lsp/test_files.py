from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from lsprotocol import types

from .editor import Editor, editing, folder_of
from .samples import APP, CALLER, HELPER, QUIET, QUIET_HELPER

pytestmark = pytest.mark.asyncio

CREATED = types.FileChangeType.Created
CHANGED = types.FileChangeType.Changed
DELETED = types.FileChangeType.Deleted
EVERYWHERE = {"settings": {"scope": "workspace"}}


def move(editor: Editor, added: list[Path], removed: list[Path]) -> None:
    event = types.WorkspaceFoldersChangeEvent(
        [folder_of(path) for path in added], [folder_of(path) for path in removed]
    )
    editor.client.workspace_did_change_workspace_folders(
        types.DidChangeWorkspaceFoldersParams(event)
    )


async def test_files_are_watched_by_the_client(tmp_path: Path) -> None:
    async with editing(tmp_path, {"app.py": APP}) as editor:
        (registration,) = await editor.until(lambda: editor.registrations)
        assert registration.method == types.WORKSPACE_DID_CHANGE_WATCHED_FILES
        assert isinstance(registration.register_options, dict)
        patterns = [item["globPattern"] for item in registration.register_options["watchers"]]
        assert {"**/*.py", "**/pyproject.toml", "**/.gitignore"} <= set(patterns)


async def test_files_that_come_change_and_go(tmp_path: Path) -> None:
    async with editing(tmp_path, {"caller.py": CALLER}, options=EVERYWHERE) as editor:
        caller = editor.open("caller.py")
        assert await editor.diagnostics(caller, 1) == []
        editor.write("helper.py", HELPER)
        editor.touch(CREATED, "helper.py")
        assert len(await editor.diagnostics(caller, 1)) == 1
        editor.write("helper.py", QUIET_HELPER)
        editor.touch(CHANGED, "helper.py")
        assert await editor.diagnostics(caller, 1) == []
        editor.write("helper.py", HELPER)
        editor.touch(CHANGED, "helper.py")
        assert len(await editor.diagnostics(caller, 1)) == 1
        (tmp_path / "helper.py").unlink()
        editor.touch(DELETED, "helper.py")
        assert await editor.diagnostics(caller, 1) == []


async def test_a_folder_that_goes_takes_its_files_with_it(tmp_path: Path) -> None:
    files = {"one/app.py": APP, "two/app.py": APP, "pyproject.toml": ""}
    async with editing(tmp_path, files, options=EVERYWHERE) as editor:
        uri = (tmp_path / "one/app.py").as_uri()
        assert len(await editor.diagnostics(uri, None)) == 1
        shutil.rmtree(tmp_path / "one")
        editor.touch(DELETED, "one")
        assert await editor.diagnostics(uri, None) == []


async def test_a_branch_switch_of_hundreds_of_files(tmp_path: Path) -> None:
    names = [f"app_{number}.py" for number in range(300)]
    async with editing(tmp_path, dict.fromkeys(names, APP), options=EVERYWHERE) as editor:
        for name in names:
            assert len(await editor.diagnostics((tmp_path / name).as_uri(), None)) == 1
        for name in names[:150]:
            editor.write(name, QUIET)
        for name in names[150:]:
            (tmp_path / name).unlink()
        for name in names:
            editor.touch(CHANGED if name in names[:150] else DELETED, name)
        for name in names:
            assert await editor.diagnostics((tmp_path / name).as_uri(), None) == []


async def test_a_renamed_file_that_is_open_keeps_its_buffer(tmp_path: Path) -> None:
    async with editing(tmp_path, {"old.py": QUIET}, options=EVERYWHERE) as editor:
        old = editor.open("old.py", APP)
        assert len(await editor.diagnostics(old, 1)) == 1
        (tmp_path / "old.py").rename(tmp_path / "new.py")
        editor.close(old)
        new = editor.open("new.py", APP)
        editor.touch(DELETED, "old.py")
        editor.touch(CREATED, "new.py")
        assert len(await editor.diagnostics(new, 1)) == 1
        assert await editor.diagnostics(old, None) == []


async def test_configuration_is_read_again(tmp_path: Path) -> None:
    async with editing(tmp_path, {"app.py": APP, "pyproject.toml": ""}) as editor:
        uri = editor.open("app.py")
        assert len(await editor.diagnostics(uri, 1)) == 1
        editor.write("pyproject.toml", '[tool.unlag]\nignore = ["LAG101"]\n')
        editor.touch(CHANGED, "pyproject.toml")
        assert await editor.diagnostics(uri, 1) == []
        editor.write("pyproject.toml", "[tool.unlag]\n")
        editor.touch(CHANGED, "pyproject.toml")
        assert len(await editor.diagnostics(uri, 1)) == 1


async def test_wrong_configuration_is_said_where_it_stands(tmp_path: Path) -> None:
    wrong = '[tool.unlag]\n# 🐌\nignore = ["LAG999"]\n'
    async with editing(tmp_path, {"app.py": APP, "pyproject.toml": wrong}) as editor:
        uri = (tmp_path / "pyproject.toml").as_uri()
        (found,) = await editor.diagnostics(uri, None)
        assert found.range.start.line == 2
        assert "LAG999" in found.message
        editor.write("pyproject.toml", "")
        editor.touch(CHANGED, "pyproject.toml")
        assert await editor.diagnostics(uri, None) == []


async def test_gitignore_is_read_again(tmp_path: Path) -> None:
    async with editing(tmp_path, {"app.py": APP}, options=EVERYWHERE) as editor:
        uri = (tmp_path / "app.py").as_uri()
        assert len(await editor.diagnostics(uri, None)) == 1
        editor.write(".gitignore", "app.py\n")
        editor.touch(CREATED, ".gitignore")
        assert await editor.diagnostics(uri, None) == []


@pytest.mark.parametrize("name", ["requirements-prod.txt", "requirements/base.in"])
async def test_requirements_are_read_again(tmp_path: Path, name: str) -> None:
    text = (
        "from fastapi import FastAPI\nfrom fastapi.responses import ORJSONResponse\n\napp = FastAPI()\n\n\n"
        '@app.get("/", response_class=ORJSONResponse)\nasync def read() -> dict[str, int]:\n    return {}\n'
    )
    files = {"app.py": text, "pyproject.toml": "", name: "fastapi==0.90\n"}
    async with editing(tmp_path, files) as editor:
        uri = editor.open("app.py")
        assert await editor.diagnostics(uri, 1) == []
        editor.write(name, "fastapi==0.165\n")
        editor.touch(CHANGED, name)
        (found,) = await editor.diagnostics(uri, 1)
        assert found.code == "LAG304"


async def test_installed_packages_are_left_alone(tmp_path: Path) -> None:
    name = ".venv/lib/python3.11/site-packages/thing/app.py"
    async with editing(tmp_path, {name: APP, "app.py": QUIET}) as editor:
        inside = editor.open(name)
        uri = editor.open("app.py")
        assert await editor.diagnostics(uri, 1) == []
        editor.replace(inside, APP)
        version = editor.replace(uri, APP)
        assert len(await editor.diagnostics(uri, version)) == 1
        assert all(not item.diagnostics for item in editor.published if item.uri == inside)


async def test_folders_come_and_go(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    files = {"one/app.py": APP, "two/app.py": APP, "one/setup.cfg": "", "two/setup.cfg": ""}
    async with editing(tmp_path, files, folders=[one], options=EVERYWHERE) as editor:
        first, second = (one / "app.py").as_uri(), (two / "app.py").as_uri()
        assert len(await editor.diagnostics(first, None)) == 1
        move(editor, [two], [])
        assert len(await editor.diagnostics(second, None)) == 1
        move(editor, [], [one])
        assert await editor.diagnostics(first, None) == []


async def test_each_folder_has_its_own_configuration(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    files = {
        "one/app.py": APP,
        "two/app.py": APP,
        "one/pyproject.toml": "",
        "two/pyproject.toml": '[tool.unlag]\nignore = ["LAG101"]\n',
    }
    async with editing(tmp_path, files, folders=[one, two]) as editor:
        second = editor.open("two/app.py")
        assert await editor.diagnostics(second, 1) == []
        first = editor.open("one/app.py")
        assert len(await editor.diagnostics(first, 1)) == 1


async def test_a_file_without_a_folder_is_its_own_project(tmp_path: Path) -> None:
    files = {"app.py": APP, "helper.py": HELPER}
    async with editing(tmp_path, files, folders=[]) as editor:
        assert len(await editor.diagnostics(editor.open("app.py"), 1)) == 1
