"""No fix is offered that its maker would refuse for what the rule can see."""

from __future__ import annotations

import pytest

from .suite import MAIN, check

ENGINE = """\
from fastapi import FastAPI
from sqlalchemy import create_engine, text

app = FastAPI()
{above}

@app.get("/count")
def count(settings: str = "sqlite://") -> int:
    {target} = create_engine({url})
    with {target}.connect() as connection:
        return connection.execute(text("select 1")).scalar_one()
"""


@pytest.mark.parametrize(
    ("above", "target", "url", "offers"),
    [
        ("", "engine", "'sqlite://'", 1),
        ("engine = None\n", "engine", "'sqlite://'", 0),
        ("from app.database import engine\n", "engine", "'sqlite://'", 0),
        ("\n\ndef engine() -> None: ...\n", "engine", "'sqlite://'", 0),
        ("\n\nclass engine: ...\n", "engine", "'sqlite://'", 0),
        ("", "engine", "settings", 0),
    ],
)
def test_an_engine_moves_only_to_a_free_name(
    above: str, target: str, url: str, offers: int
) -> None:
    found = check({MAIN: ENGINE.format(above=above, target=target, url=url)})
    (finding,) = (item for item in found if item.code == "LAG614")
    assert len(finding.fixes) == offers


CLIENT = """\
import httpx
from fastapi import FastAPI

app = FastAPI()
LIMIT = 3


@app.get("/weather")
async def weather(limit: int = 3) -> int:
    sent = {{"User-Agent": "weather"}}
    async with httpx.AsyncClient({given}) as client:
        return (await client.get("https://weather.example")).status_code
"""


@pytest.mark.parametrize(
    ("given", "kinds"),
    [
        ("", {"shared_client", "cached_client"}),
        ("timeout=LIMIT", {"shared_client", "cached_client"}),
        ("base_url=f'https://{LIMIT}.example'", {"shared_client", "cached_client"}),
        ("timeout=limit", {"cached_client"}),
        ("headers=sent", set()),
        ("headers=sent, timeout=limit", set()),
    ],
)
def test_a_client_is_shared_only_where_all_it_is_given_is_known_outside(
    given: str, kinds: set[str]
) -> None:
    found = check({MAIN: CLIENT.format(given=given)})
    (finding,) = (item for item in found if item.code == "LAG701")
    assert {offer.kind for offer in finding.fixes} == kinds


LAYER = """\
from fastapi import FastAPI, Request

app = FastAPI()


def by_two_names(request: Request) -> str:
    return by_address(request)


def by_address(request: Request) -> str:
    return request.client.host


async def by_body(request: Request) -> str:
    return (await request.json())["name"]


@app.middleware("http")
async def layer(request: Request, call_next):
{body}
"""


@pytest.mark.parametrize(
    ("body", "offers"),
    [
        ("    return await call_next(request)", 1),
        ("    print(by_address(request))\n    return await call_next(request)", 1),
        ("    print(by_two_names(request))\n    return await call_next(request)", 1),
        ("    print(await by_body(request))\n    return await call_next(request)", 0),
        ("    print(unknown(request))\n    return await call_next(request)", 0),
        ("    response = await call_next(request)\n    response.headers['a'] = 'b'\n    return response", 1),
        ("    response = await call_next(request)\n    response.set_cookie('a')\n    return response", 0),
        ("    response = await call_next(request)\n    return response if request.url else None", 0),
        ("    try:\n        return await call_next(request)\n    except KeyError:\n        return None", 0),
    ],
)  # fmt: skip
def test_a_layer_is_rewritten_only_where_all_it_does_is_seen(body: str, offers: int) -> None:
    found = check({MAIN: LAYER.format(body=body)})
    (finding,) = (item for item in found if item.code == "LAG401")
    assert len(finding.fixes) == offers


def test_no_layer_is_rewritten_that_uses_the_object_around_it() -> None:
    text = (
        "from fastapi import FastAPI\n\n\nclass Server:\n    name = 'a'\n\n"
        "    def app(self) -> FastAPI:\n        app = FastAPI()\n\n"
        "        @app.middleware('http')\n        async def layer(request, call_next):\n"
        "            print({name})\n            return await call_next(request)\n\n        return app\n"
    )
    for name, offers in (("self.name", 0), ("1", 1)):
        (finding,) = (one for one in check({MAIN: text.format(name=name)}) if one.code == "LAG401")
        assert len(finding.fixes) == offers


FOLDER = """\
import os
import tempfile
from pathlib import Path

import anyio
from fastapi import FastAPI

app = FastAPI()


@app.get("/")
async def read(name: str, folder: str, given: Path) -> bool:
{body}
"""


@pytest.mark.parametrize(
    ("body", "is_offered"),
    [
        ("    return os.path.exists(name)", False),
        ("    return os.path.exists('a')", True),
        ("    return os.path.exists(given)", True),
        ("    return os.path.exists(os.path.join(folder, name))", True),
        ("    return os.path.exists(os.path.join(*name))", False),
        ("    path = os.path.join(folder, name)\n    return os.path.isdir(path)", True),
        ("    path = Path(name).resolve()\n    return os.path.exists(str(path))", True),
        ("    path = 'a' if name else ''\n    return os.path.exists(path)", False),
        ("    path = 'a' if name else 'b'\n    return os.path.exists(path)", True),
        ("    path = name or 'b'\n    return os.path.exists(path)", True),
        ("    path = name\n    path += 'a'\n    return os.path.exists(path)", False),
        ("    return bool(name) and os.path.exists(name)", False),
        ("    return name and os.path.exists(name)", True),
        ("    return not name or os.path.exists(name)", True),
        ("    return name or os.path.exists(name)", False),
        ("    if not name:\n        return False\n    return os.path.exists(name)", True),
        ("    if not name or not folder:\n        return False\n    return os.path.exists(name)", True),
        ("    if not name and folder:\n        return False\n    return os.path.exists(name)", False),
        ("    if not name:\n        print()\n    return os.path.exists(name)", False),
        ("    if not name:\n        return False\n    name = folder\n    return os.path.exists(name)", False),
        ("    if name:\n        return os.path.exists(name)\n    return False", True),
        ("    if name:\n        return False\n    return os.path.exists(name)", False),
        ("    if not folder:\n        return True\n    else:\n        return os.path.exists(folder)", True),
        ("    with tempfile.NamedTemporaryFile() as file:\n        return os.path.exists(file.name)", True),
        ("    with open(name) as file:\n        return os.path.exists(file.name)", False),
        ("    for name in folder.split():\n        print(os.path.exists(name))\n    return True", False),
    ],
)  # fmt: skip
def test_a_path_object_takes_the_place_only_of_a_path_that_is_never_empty(
    body: str, is_offered: bool
) -> None:
    found = check({MAIN: FOLDER.format(body=body)})
    findings = [one for one in found if one.code == "LAG101" and "os.path" in one.message]
    (finding,) = findings
    assert ("async_counterpart" in {offer.kind for offer in finding.fixes}) == is_offered


@pytest.mark.parametrize(
    ("answer", "is_offered"),
    [
        ("    return [name for name in names]", True),
        ("    return (name for name in names)", False),
        ("    found = (name for name in names)\n    return found", False),
        ("    return sum(len(name) for name in names)", True),
    ],
)
def test_no_endpoint_is_made_plain_whose_answer_is_worked_out_later(
    answer: str, is_offered: bool
) -> None:
    text = (
        "from pathlib import Path\n\nfrom fastapi import FastAPI\n\napp = FastAPI()\n\n\n"
        f"@app.get('/')\nasync def read():\n    names = Path('a').read_text()\n{answer}\n"
    )
    (finding,) = (item for item in check({MAIN: text}) if item.code == "LAG101")
    assert ("endpoint_to_def" in {offer.kind for offer in finding.fixes}) == is_offered


HELD = """\
import gzip
import json

import pandas
from fastapi import FastAPI, Request

app = FastAPI()


def exported(frame: pandas.DataFrame) -> str:
    return frame.to_json()


@app.post("/computed")
async def computed(request: Request) -> str:
    body = await request.body()
    frame = pandas.DataFrame({{"a": [1]}})
    return {computation}
"""


@pytest.mark.parametrize(
    ("computation", "is_helped"),
    [
        ("str(gzip.decompress(body))", True),
        ("frame.to_csv()", True),
        ("str(json.loads(body))", False),
        ("frame.to_json()", False),
        ("exported(frame)", False),
    ],
)
def test_no_thread_is_offered_to_what_never_lets_go_of_the_interpreter_lock(
    computation: str, is_helped: bool
) -> None:
    found = check({MAIN: HELD.format(computation=computation)})
    (finding,) = (item for item in found if item.code == "LAG103")
    assert bool(finding.fixes) is is_helped
    assert ("A thread is no help" in finding.message) is not is_helped


HELD_LAYER = """\
from fastapi import FastAPI

app = FastAPI()
held = []


@app.middleware("http")
async def hold(request, call_next):
{body}
"""


@pytest.mark.parametrize(
    ("body", "is_said"),
    [
        (
            "    try:\n        return await call_next(request)\n    finally:\n        held.clear()\n",
            True,
        ),
        ("    async with open_session():\n        return await call_next(request)\n", True),
        (
            "    with open_session():\n        held.append(1)\n    return await call_next(request)\n",
            False,
        ),
        ("    return await call_next(request)\n", False),
    ],
)
def test_the_title_says_that_a_layer_ends_later(body: str, is_said: bool) -> None:
    found = check({MAIN: HELD_LAYER.format(body=body)})
    (finding,) = (item for item in found if item.code == "LAG401")
    (fix,) = finding.fixes
    assert ("background tasks" in fix.title) == is_said
