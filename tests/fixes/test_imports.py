"""Where a new import goes: in the section that its package belongs to."""

from __future__ import annotations

import pytest

from unlag.fixes import Refusal, tree
from unlag.fixes.composing import apply_edits
from unlag.fixes.imports import member


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import os\n\nfrom shop.a import b\n", "import os\n\nNEW\n\nfrom shop.a import b\n"),
        ("import os\n\nfrom . import b\n", "import os\n\nNEW\n\nfrom . import b\n"),
        ("import x\n\nfrom shop.a import b\n", "import x\nNEW\n\nfrom shop.a import b\n"),
        ("import os\n\nimport x\n\nimport shop\n", "import os\n\nimport x\nNEW\n\nimport shop\n"),
        ("import server\n\nfrom shop import a\n", "import server\nNEW\n\nfrom shop import a\n"),
        ("import os\n", "import os\n\nNEW\n"),
        ("import x\n\nx.run()\n\nimport y\n", "import x\nNEW\n\nx.run()\n\nimport y\n"),
        ("import os\n\nos.run()\n\nimport y\n", "import os\n\nos.run()\n\nimport y\nNEW\n"),
    ],
)
def test_section(before: str, after: str) -> None:
    place = tree.whole("/home/me/shop/server/main.py", before)
    assert not isinstance(place, Refusal)
    found = member(place, "fastapi.concurrency", "run_in_threadpool")
    assert found is not None
    new = "from fastapi.concurrency import run_in_threadpool"
    assert apply_edits(before, found.edits) == after.replace("NEW", new)
