"""VS Code hands over the documents that the server watches."""

from __future__ import annotations

import re
from pathlib import Path

from unlag.deployment.names import GLOBS

CLIENT = Path(__file__).parents[2] / "client" / "src" / "documents.ts"


def test_the_extension_knows_the_same_files() -> None:
    listed = re.search(r"DEPLOYMENT_FILES = \[(.*?)\];", CLIENT.read_text("utf-8"), re.DOTALL)
    assert listed is not None
    assert tuple(re.findall(r"'([^']+)'", listed[1])) == GLOBS
