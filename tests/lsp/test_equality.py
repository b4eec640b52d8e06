"""Whatever was typed, opened, closed and moved: the editor shows what a new server would show."""

from __future__ import annotations

import ast
import random
import shutil
from pathlib import Path

import pytest
from lsprotocol import types

from .editor import Editor, editing

pytestmark = pytest.mark.asyncio

SHOP = Path(__file__).parent.parent / "samples" / "shop"
SNIPPETS = (
    "🐌", "\n", "    ", "time.sleep(1)", "await ", "def ", "async def later():\n    pass\n", "(", ")",
    '"""', "#", "import time\n", "\t", "requests.get('🐌')", ":\n", "x = 1\n",
)  # fmt: skip


def shown(editor: Editor) -> dict[str, list[tuple[object, ...]]]:
    """What the client shows, from everything that was published."""
    latest = {item.uri: item.diagnostics for item in editor.published}
    return {
        uri: [
            (item.code, item.message, str(item.range), str(item.related_information))
            for item in diagnostics
        ]
        for uri, diagnostics in latest.items()
        if diagnostics
    }


async def settled(editor: Editor) -> dict[str, list[tuple[object, ...]]]:
    """What is shown once everything sent so far is taken in."""
    await editor.client.protocol.send_request_async("unlag/endpoints", {})  # type: ignore[no-untyped-call]
    return shown(editor)


def disturb(editor: Editor, chance: random.Random, texts: dict[str, str]) -> None:
    """One thing that people do."""
    uri = chance.choice(sorted(texts))
    lines = texts[uri].split("\n")
    first = chance.randrange(len(lines))
    last = min(first + chance.choice([0, 0, 0, 1, 5]), len(lines) - 1)
    start, end = chance.randrange(len(lines[first]) + 1), chance.randrange(len(lines[last]) + 1)
    if first == last and end < start:
        start, end = end, start
    if not (lines[first][:start] + lines[last][:end]).isascii():
        start = end = 0
        last = first
    new = chance.choice(SNIPPETS)
    editor.edit(uri, (first, start), (last, end), new)
    head = "\n".join([*lines[:first], lines[first][:start]])
    texts[uri] = head + new + "\n".join([lines[last][end:], *lines[last + 1 :]])


def parses(text: str) -> bool:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError):
        return False
    return True


@pytest.mark.parametrize("seed", range(3))
async def test_the_same_as_from_scratch(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    shutil.copytree(SHOP, tmp_path, dirs_exist_ok=True)
    options = {"settings": {"scope": "workspace"}}
    names = [str(path.relative_to(tmp_path)) for path in sorted(tmp_path.glob("shop/**/*.py"))]
    chosen = chance.sample(names, 6)
    async with editing(tmp_path, {}, options=options) as editor:
        texts: dict[str, str] = {}
        await editor.ready()
        for name in chosen:
            texts[editor.open(name)] = (tmp_path / name).read_text(encoding="utf-8")
        for _ in range(60):
            disturb(editor, chance, texts)
        for name in chosen:
            uri = (tmp_path / name).as_uri()
            if not parses(texts[uri]):  # a file that never parsed before keeps fewer facts
                texts[uri] = f"import time  # 🐌\n{(tmp_path / name).read_text(encoding='utf-8')}"
                editor.replace(uri, texts[uri])
            if chance.random() < 0.5:
                (tmp_path / name).write_text(texts[uri], encoding="utf-8")
                editor.close(uri)
                editor.touch(types.FileChangeType.Changed, name)
        after = await settled(editor)
    async with editing(tmp_path, {}, options=options) as fresh:
        await fresh.ready()
        for uri, text in texts.items():
            fresh.open(str(Path(uri.removeprefix("file://")).relative_to(tmp_path)), text)
        assert await settled(fresh) == after
