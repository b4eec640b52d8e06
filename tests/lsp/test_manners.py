"""What the server must never do: open sockets, start processes, run the workspace's code."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from lsprotocol import types

from .editor import PATIENCE, Editor
from .raw import speaking
from .samples import APP, CALLER, HELPER, SLEEP_LINE

pytestmark = pytest.mark.asyncio

WATCHED = """\
import sys

FORBIDDEN = (
    "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.startfile", "os.system",
    "pty.spawn", "subprocess.Popen",
)
# what asyncio wakes its own loop with is a pair of UNIX sockets without a name
HARMLESS = {"socket.__new__"}

def look(event, arguments):
    if event in FORBIDDEN or (event.startswith("socket.") and event not in HARMLESS):
        print("AUDIT", event, arguments[:1], file=sys.__stderr__, flush=True)
    elif event == "socket.__new__" and arguments[1] != 1:
        print("AUDIT", event, arguments, file=sys.__stderr__, flush=True)
    elif event == "exec" and WORKSPACE in arguments[0].co_filename:
        print("AUDIT", event, arguments[0].co_filename, file=sys.__stderr__, flush=True)
    elif event == "import" and arguments[0] in ("app", "helper", "caller", "requests", "fastapi"):
        print("AUDIT", event, arguments[0], file=sys.__stderr__, flush=True)
    elif event == "open" and isinstance(arguments[1], str) and set("wax+") & set(arguments[1]):
        if WORKSPACE in str(arguments[0]):
            print("AUDIT", event, arguments, file=sys.__stderr__, flush=True)

sys.addaudithook(look)
from unlag.__main__ import main
main(["server"])
"""


async def test_no_socket_no_process_no_foreign_code(tmp_path: Path) -> None:
    editor = Editor(tmp_path)
    for name, text in {"app.py": APP, "helper.py": HELPER, "caller.py": CALLER}.items():
        editor.write(name, text)
    await editor.start("-c", f"WORKSPACE = {str(tmp_path)!r}\n{WATCHED}")
    await editor.initialize(options={"settings": {"scope": "workspace"}})
    uri = editor.open("app.py")
    (found,) = await editor.diagnostics(uri, 1)
    document = types.TextDocumentIdentifier(uri)
    await editor.client.text_document_hover_async(
        types.HoverParams(document, types.Position(SLEEP_LINE, 20))
    )
    await editor.client.text_document_code_lens_async(types.CodeLensParams(document))
    actions = await editor.client.text_document_code_action_async(
        types.CodeActionParams(document, found.range, types.CodeActionContext([found]))
    )
    for action in actions or ():
        if isinstance(action, types.CodeAction):
            await editor.client.code_action_resolve_async(action)
    editor.write("helper.py", "")
    editor.touch(types.FileChangeType.Changed, "helper.py")
    assert await editor.diagnostics((tmp_path / "caller.py").as_uri(), None)
    assert await editor.diagnostics((tmp_path / "caller.py").as_uri(), None) == []
    assert await editor.stop() == 0
    assert [line for line in editor.log if "AUDIT" in line] == []


async def test_the_audit_sees_what_it_is_to_forbid(tmp_path: Path) -> None:
    editor = Editor(tmp_path)
    provoke = "import socket, subprocess; socket.socket(); subprocess.run(['true'])"
    await editor.start(
        "-c", f"WORKSPACE = '/nowhere'\n{WATCHED}".replace("main([", f"{provoke}\nmain([")
    )
    await editor.initialize()
    await editor.until(lambda: [line for line in editor.log if "subprocess.Popen" in line])
    assert [line for line in editor.log if "AUDIT socket.__new__" in line]
    assert await editor.stop() == 0


async def test_a_port_of_this_machine_serves_one_client(tmp_path: Path) -> None:
    async with speaking("-m", "unlag", "server", "--tcp", "127.0.0.1:0") as raw:
        assert raw.process.stderr is not None
        line = await asyncio.wait_for(raw.process.stderr.readline(), PATIENCE)
        port = int(line.decode().rstrip(".\n").rpartition(":")[2])
        raw.connect(*await asyncio.open_connection("127.0.0.1", port))
        uri = (tmp_path / "app.py").as_uri()
        await raw.initialize(tmp_path)
        await raw.open(uri, APP)
        assert (await raw.notification("textDocument/publishDiagnostics"))["uri"] == uri
        assert (await raw.leave())[0] == 0


async def test_the_port_is_for_this_machine_only(tmp_path: Path) -> None:
    editor = Editor(tmp_path)
    await editor.start("-m", "unlag", "server", "--tcp", "0.0.0.0:0")
    with pytest.raises(RuntimeError):
        await editor.initialize()
    await editor.until(lambda: [line for line in editor.log if "is no loopback address" in line])
