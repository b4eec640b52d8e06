"""Fixes made pass by pass until none is left, also where a rule speaks of one place at a time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from unlag.config import parse
from unlag.finding import Finding
from unlag.fixes.apply import Project, fix_all
from unlag.rules import load
from unlag.workspace import Change, Workspace

MAIN = "/project/app/main.py"


class Fixed:
    """One file in which all that a rule finds is fixed."""

    def __init__(self, text: str, code: str) -> None:
        selected = f'[tool.unlag]\nselect = ["{code}"]\n'
        config = parse(selected, "/project/pyproject.toml", load()).config
        self._workspace = Workspace(("/project",), config)
        self.findings = list(self.analyse({MAIN: text}))
        project = Project({MAIN: text}.get, lambda path: "run_in_threadpool", self.analyse)
        self.done = fix_all(self.findings, project, unsafe=True)

    def analyse(self, texts: Mapping[str, str]) -> Iterable[Finding]:
        """What is found in the file once some texts are others."""
        changes = [Change(path, text) for path, text in texts.items()]
        return self._workspace.apply(changes).findings.get(MAIN, ())


ENDPOINT = (
    "import asyncio\nimport os\n\nfrom fastapi import FastAPI\n\napp = FastAPI()\n\n\n"
    '@app.get("/")\nasync def read() -> None:\n'
)


def test_rule_that_speaks_once_a_project() -> None:
    calls = "".join(f'    await asyncio.to_thread(os.stat, "{name}")\n' for name in "abcdefgh")
    fixed = Fixed(f"{ENDPOINT}{calls}", "LAG208")
    assert len(fixed.findings) == 1
    assert not fixed.done.refused
    assert fixed.done.texts[MAIN].count("run_in_threadpool(os.stat") > 1
    assert not fixed.analyse({})


def test_rule_that_speaks_once_a_project_of_equal_lines() -> None:
    call = '    await asyncio.to_thread(os.stat, "a")\n'
    fixed = Fixed(f"{ENDPOINT}{call * 8}", "LAG208")
    assert len(fixed.findings) == 1
    assert not fixed.done.refused
    assert not fixed.analyse({})


def test_await_in_a_function_that_another_fix_makes_plain() -> None:
    text = (
        "from pathlib import Path\n\nfrom fastapi import FastAPI\n\napp = FastAPI()\n\n\n"
        "def is_there(name: str) -> bool:\n    return bool(Path(name).read_text())\n\n\n"
        "def names() -> list[str]:\n    return Path('names').read_text().split()\n\n\n"
        "@app.get('/')\nasync def read(name: str) -> bool:\n"
        "    known = names()\n"
        "    return any(is_there(other) for other in known if other != name)\n"
    )
    fixed = Fixed(text, "LAG102")
    done = fixed.done
    assert len(fixed.findings) == 2
    compile(done.texts[MAIN], MAIN, "exec")
    assert not any("fault in Unlag" in refused.reason for refused in done.refused)
    assert ("async def read" in done.texts[MAIN]) == ("await" in done.texts[MAIN])


def test_no_client_is_built_for_each_item_of_a_loop() -> None:
    text = (
        "import httpx\nimport requests\nfrom fastapi import FastAPI, Response\n\napp = FastAPI()\n\n\n"
        "@app.get('/')\nasync def read(pages: int, response: Response) -> None:\n"
        "    await httpx.AsyncClient().aclose()\n"
        "    for page in range(pages):\n        requests.get('https://x.example', params={'p': page})\n"
        "    requests.get('https://x.example')\n"
    )
    done = Fixed(text, "LAG101").done
    assert "await run_in_threadpool(requests.get, 'https://x.example', params=" in done.texts[MAIN]
    assert "async with httpx.AsyncClient(" in done.texts[MAIN]


def test_client_that_a_function_builds_twice_is_taken_once() -> None:
    block = "    with httpx.Client() as client:\n        client.get(url)\n"
    text = (
        "import httpx\nfrom fastapi import FastAPI\n\napp = FastAPI()\n\n\n"
        f"def fetch(url: str) -> None:\n{block}{block}\n\n"
        f"def again(url: str) -> None:\n{block}\n\n"
        "@app.get('/')\ndef read(url: str) -> None:\n    fetch(url)\n    again(url)\n"
    )
    fixed = Fixed(text, "LAG701")
    assert len(fixed.findings) == len(fixed.done.applied) == 3
    assert fixed.done.texts[MAIN].count("    client = get_http_client()\n    client.get(url)") == 2
    assert fixed.done.texts[MAIN].count("client = get_http_client()") == 2
    assert not fixed.analyse({})


def test_classes_of_one_name_in_two_functions() -> None:
    handlers = "".join(
        f"@app.get('/{field}')\nasync def read_{field}(value: str) -> str:\n"
        f"    class Row(BaseModel):\n        {field}: str\n\n"
        f"    return Row({field}=value).{field}\n\n\n"
        for field in ("name", "city")
    )
    text = (
        "from fastapi import FastAPI\nfrom pydantic import BaseModel\n\napp = FastAPI()\n\n\n"
        f"{handlers}"
    )
    fixed = Fixed(text, "LAG310")
    assert len(fixed.findings) == 2
    assert fixed.done.texts[MAIN].count("\nclass Row(") == 1
    assert fixed.done.texts[MAIN].count("    class Row(") == 1
    assert len(fixed.done.refused) == 1


def test_no_second_limit_beside_one_of_a_dependency() -> None:
    text = (
        "from fastapi import Depends, FastAPI\nfrom sqlalchemy import create_engine, select\n"
        "from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker\n\n"
        "app = FastAPI()\nSessions = sessionmaker(create_engine('sqlite://'))\n\n\n"
        "class Base(DeclarativeBase):\n    pass\n\n\n"
        "class User(Base):\n    __tablename__ = 'users'\n"
        "    id: Mapped[int] = mapped_column(primary_key=True)\n\n\n"
        "class Page:\n    def __init__(self, limit: int = 100) -> None:\n        self.limit = limit\n\n\n"
        "def get_session():\n    with Sessions() as session:\n        yield session\n\n\n"
        "@app.get('/users')\n"
        "def users(page: Page = Depends(), session: Session = Depends(get_session)):\n"
        "    return session.scalars(select(User).limit(page.limit)).all()\n"
    )
    fixed = Fixed(text, "LAG608")
    assert len(fixed.findings) == 1
    assert not fixed.done.texts


def test_fixes_that_take_the_same_name_for_unused() -> None:
    text = (
        "from pathlib import Path\n\nfrom fastapi import FastAPI\n\napp = FastAPI()\n\n\n"
        "@app.get('/a')\ndef first() -> dict[str, str]:\n"
        "    return {'text': Path('a.yaml').read_text()}\n\n\n"
        "@app.get('/b')\ndef second() -> dict[str, str]:\n"
        "    return {'text': Path('b.yaml').read_text()}\n"
    )
    fixed = Fixed(text, "LAG704")
    assert len(fixed.findings) == 2
    after = fixed.done.texts[MAIN]
    made = re.findall(r"^def (get_\w+)\(\):\n    return Path\('(\w)\.yaml'\)", after, re.MULTILINE)
    used = re.findall(r"\{'text': (get_\w+)\(\)\}", after)
    assert sorted(used) == sorted(name for name, _ in made)
    assert sorted(letter for _, letter in made) == ["a", "b"]
    assert not fixed.analyse({})


def test_equal_adapters_of_two_functions_become_one() -> None:
    adapters = "".join(
        f'\n\n@app.post("/{name}")\nasync def {name}(rows: list[dict]) -> list[int]:\n'
        "    return TypeAdapter(list[int]).validate_python(rows)\n"
        for name in "abc"
    )
    text = f"from fastapi import FastAPI\nfrom pydantic import TypeAdapter\n\napp = FastAPI()\n{adapters}"
    fixed = Fixed(text, "LAG310")
    assert len(fixed.findings) == 3
    assert fixed.done.texts[MAIN].count("TypeAdapter(") == 1
    assert not fixed.analyse({})
