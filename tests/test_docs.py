"""The generated rule pages are those of the rules as they are."""

from __future__ import annotations

import runpy
from pathlib import Path

DOCS = Path(__file__).parents[1] / "server" / "docs"


def test_the_pages_are_up_to_date() -> None:
    wanted = runpy.run_path(str(DOCS / "generate.py"))["pages"]()
    found = {path.name: path.read_text("utf-8") for path in DOCS.glob("*.md")}
    assert found == wanted, "run `python server/docs/generate.py`"
