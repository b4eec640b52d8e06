"""Files that come and go: who imports them is followed again, and nobody else."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "corpus"))
from edits import differences

from unlag.config import Config
from unlag.project.linker import Linker
from unlag.project.links import Links
from unlag.project.table import FunctionEntry
from unlag.workspace import Change, Workspace

ROOT = "/project"
SLOW = "import time\n\n\ndef load():\n    time.sleep(1)\n"
QUIET = "import time\n\n\ndef load():\n    return 1\n"
OTHERS = {f"{ROOT}/other_{number:02}.py": QUIET for number in range(40)}
"""So many that one more is few."""

Texts = Mapping[str, str | None]


def endpoint(importing: str, called: str) -> str:
    """A module whose one endpoint calls something imported."""
    return (
        f"from fastapi import FastAPI\n{importing}\napp = FastAPI()\n\n\n"
        f'@app.get("/")\nasync def read():\n    return {called}()\n'
    )


INSIDE = endpoint("", "").replace(
    "    return ()", "    from app.helper import load\n    return load()"
)


@pytest.mark.parametrize(
    ("texts", "changes"),
    [
        pytest.param(
            {"app/main.py": endpoint("from app.helper import load", "load")},
            {"app/helper.py": SLOW},
            id="a module that was imported before it was there",
        ),
        pytest.param(
            {"app/main.py": INSIDE}, {"app/helper.py": SLOW}, id="imported inside a function"
        ),
        pytest.param(
            {
                "app/__init__.py": "",
                "app/main.py": endpoint("from .helper import load", "load"),
                "app/helper.py": QUIET,
            },
            {"app/helper/__init__.py": SLOW},
            id="a package that shadows a module",
        ),
        pytest.param(
            {"app/main.py": endpoint("from app.names import *", "load"), "app/__init__.py": ""},
            {"app/names.py": SLOW},
            id="names by a star",
        ),
        pytest.param(
            {"app/main.py": endpoint("import tools.inner", "tools.inner.work.load")},
            {"tools/inner/work.py": SLOW},
            id="a module in a folder that is no package",
        ),
        pytest.param(
            {
                "app/main.py": endpoint("import app as package", "package.helper.load"),
                "app/__init__.py": "",
            },
            {"app/helper.py": SLOW},
            id="an attribute of a package",
        ),
        pytest.param(
            {
                "app/main.py": endpoint("from helper import load", "load"),
                "app/helper.py": QUIET,
                "helper.py": SLOW,
            },
            {"app/__init__.py": ""},
            id="a folder that becomes a package: imports are looked for elsewhere",
        ),
        pytest.param(
            {
                "app/main.py": endpoint("from app.facade import load", "load"),
                "app/facade.py": "from app.helper import load\n",
                "app/helper.py": SLOW,
            },
            {"app/helper.py": None, "app/helped.py": SLOW},
            id="a module renamed behind another one",
        ),
    ],
)
def test_who_imports_a_file_that_came_or_went_is_told(
    texts: Mapping[str, str], changes: Texts
) -> None:
    before = {**OTHERS, **{f"{ROOT}/{path}": text for path, text in texts.items()}}
    after: dict[str, str | None] = {f"{ROOT}/{path}": text for path, text in changes.items()}
    workspace = _workspace(before)
    first = workspace.apply([]).findings
    second = workspace.apply([Change(path, text) for path, text in after.items()]).findings
    assert (f"{ROOT}/app/main.py" in second) != (f"{ROOT}/app/main.py" in first)
    known = {path: text for path, text in {**before, **after}.items() if text is not None}
    assert not list(differences(workspace, _workspace(known)))
    back = [Change(path, before.get(path)) for path in after]
    assert workspace.apply(back).findings == first
    assert not list(differences(workspace, _workspace(before)))


def test_nobody_else_is_followed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    main = f"{ROOT}/app/main.py"
    workspace = _workspace({**OTHERS, main: endpoint("from app.helper import load", "load")})
    linked: list[str] = []
    link = Linker.link

    def noting(linker: Linker, entry: FunctionEntry) -> Links:
        linked.append(entry.id)
        return link(linker, entry)

    monkeypatch.setattr(Linker, "link", noting)
    helper = f"{ROOT}/app/helper.py"
    workspace.apply([Change(helper, SLOW)])
    assert sorted(linked) == [f"{helper}:<module>", f"{helper}:load", f"{main}:read"]


def _workspace(texts: Mapping[str, str]) -> Workspace:
    workspace = Workspace((ROOT,), Config())
    workspace.apply(Change(path, text) for path, text in texts.items())
    return workspace


def test_a_package_that_a_program_comes_to_be_started_in_is_looked_in() -> None:
    texts = {
        **OTHERS,
        f"{ROOT}/app/__init__.py": "",
        f"{ROOT}/app/web/__init__.py": "",
        f"{ROOT}/app/web/helper.py": SLOW,
        f"{ROOT}/app/web/views.py": endpoint("from helper import load", "load"),
    }
    workspace = _workspace(texts)
    assert workspace.apply([]).findings == {}
    main = f"{ROOT}/app/web/main.py"
    assert list(workspace.apply([Change(main, "")]).findings) == [f"{ROOT}/app/web/views.py"]
    assert not list(differences(workspace, _workspace({**texts, main: ""})))
    assert workspace.apply([Change(main, None)]).findings == {}
