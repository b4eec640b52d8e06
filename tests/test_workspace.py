"""An edited workspace says what a fresh one would: random edits over the sample shop."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent / "corpus"))
from edits import KINDS, MOVERS, Kind, Mover, differences, edited, parses

from unlag.config import Config
from unlag.engine import Checks
from unlag.project import keys
from unlag.workspace import Change, Workspace

SHOP = Path(__file__).parent / "samples" / "shop"
EXAMPLES = int(os.environ.get("UNLAG_EDITS", "25"))
TEXTS = {
    str(path): path.read_text(encoding="utf-8")
    for path in sorted(SHOP.rglob("*.py"))
    if "tests" not in path.relative_to(SHOP).parts
}


def fresh(texts: Mapping[str, str]) -> Workspace:
    """A workspace that has only ever seen `texts`."""
    workspace = Workspace((str(SHOP),), Config())
    workspace.apply(Change(path, text) for path, text in texts.items())
    return workspace


EDIT = st.tuples(
    st.sampled_from(sorted(TEXTS)),
    st.sampled_from((*KINDS, *MOVERS, None)),
    st.integers(0, 400),
    st.integers(0, 10_000),
)


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(edits=st.lists(EDIT, min_size=1, max_size=12))
def test_edits_lead_to_what_a_fresh_run_knows(
    edits: list[tuple[str, Kind | Mover | None, int, int]],
) -> None:
    texts = dict(TEXTS)
    sound = dict(TEXTS)
    workspace = Workspace((str(SHOP),), Config())
    workspace.apply(Change(path, text) for path, text in texts.items())
    for edit in edits:
        changed = edited(texts, sound, edit)
        workspace.apply([Change(path, text) for path, text in changed.items()])
    # Files left broken keep what was known of them, which a fresh run cannot know: mend them.
    mended = [Change(path, sound[path]) for path, text in texts.items() if not parses(text)]
    texts.update({change.path: change.text for change in mended if change.text is not None})
    workspace.apply(mended)
    assert not list(differences(workspace, fresh(texts)))


def test_a_file_that_comes_and_goes_leaves_nothing_behind() -> None:
    workspace = Workspace((str(SHOP),), Config())
    before = workspace.apply(Change(path, text) for path, text in TEXTS.items()).findings
    extra = str(SHOP / "shop" / "extra.py")
    text = (
        "import time\nfrom fastapi import APIRouter\nrouter = APIRouter()\n"
        '@router.get("/slow")\nasync def slow():\n    time.sleep(1)\n'
    )
    with_extra = workspace.apply([Change(extra, text)]).findings
    assert [finding.rule for finding in with_extra[extra]] == ["blocking-call-on-loop"]
    assert workspace.apply([Change(extra, None)]).findings == before


def test_a_file_that_has_gone_is_not_looked_at_again() -> None:
    caller, helper = "/project/caller.py", "/project/helper.py"
    texts = {
        caller: "from helper import load\n\n\nasync def read():\n    return load()\n",
        helper: "def load():\n    return 1\n",
    }
    workspace = Workspace(("/project",), Config())
    workspace.apply(Change(path, text) for path, text in texts.items())
    workspace.apply([Change(caller, None)])
    coroutine = Change(helper, texts[helper].replace("def", "async def"))
    assert workspace.apply([coroutine]).findings == {}


def test_an_endpoint_is_looked_at_again_for_its_own_lines_only() -> None:
    path = "/project/app.py"
    text = (
        "from fastapi import FastAPI\napp = FastAPI()\n"
        '@app.get("/")\nasync def read(\n    key: str,\n):\n    return {"key": key}\n'
        "\n\ndef other():\n    return 1\n"
    )
    workspace = Workspace(("/project",), Config())
    workspace.apply([Change(path, text)])
    watch = workspace.index.watch
    assert watch.touched([f"{path}:read{keys.TEXT}"]) == {f"{path}:read"}
    assert not watch.touched([f"{path}{keys.FILE}"])


def test_a_comment_concerns_only_functions_of_which_the_text_was_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = "/project/app.py"
    text = (
        "from fastapi import FastAPI\napp = FastAPI()\n"
        '@app.get("/")\nasync def read(\n    key: str,\n):\n    return {"key": key}\n'
        "\n\ndef other():\n    return 1\n"
    )
    workspace = Workspace(("/project",), Config())
    for one in ("0", "1"):  # whatever the first edit of a file takes
        workspace.apply([Change(path, text.replace("return 1", f"return {one}"))])
    looked_at: list[str] = []
    look = Checks._look

    def noted(checks: Checks, checked: Any, table: Any, name: str, choice: Any) -> None:
        looked_at.append(name)
        look(checks, checked, table, name, choice)

    monkeypatch.setattr(Checks, "_look", noted)
    workspace.apply([Change(path, text.replace("return 1", "return 1  # one"))])
    assert looked_at == []
    workspace.apply([Change(path, text.replace("key: str,", "key: str,  # a key"))])
    assert looked_at == ["read"]


def test_a_silencing_comment_and_a_trouble_come_and_go_with_the_text() -> None:
    path = "/project/app.py"
    text = (
        "import time\nfrom fastapi import FastAPI\napp = FastAPI()\n"
        '@app.get("/")\nasync def read():\n    time.sleep(1)\n'
    )
    silenced = text.replace("(1)", "(1)  # unlag: ignore[LAG101]")
    workspace = Workspace(("/project",), Config())
    first = workspace.apply([Change(path, text)])
    assert [finding.code for finding in first.findings[path]] == ["LAG101"]
    for _ in range(2):
        assert workspace.apply([Change(path, silenced)]).findings == {}
        assert workspace.apply([Change(path, text)]).findings == first.findings
        broken = workspace.apply([Change(path, text.replace("(1)", "(1"))])
        assert len(broken.problems) == 1
        assert workspace.apply([Change(path, text)]).problems == ()


def test_a_class_that_comes_back_has_all_that_it_inherits() -> None:
    users = str(SHOP / "shop" / "repositories" / "users.py")
    head = "class UserRepository(Repository[User]):"
    workspace = fresh(TEXTS)
    for gone in ("UserRepository = Repository", "class Users(Repository[User]):", '"""'):
        workspace.apply([Change(users, TEXTS[users].replace(head, gone))])
    workspace.apply([Change(users, TEXTS[users])])
    assert not list(differences(workspace, fresh(TEXTS)))


def test_an_edited_helper_updates_the_files_that_call_it() -> None:
    root = "/project"
    helper = f"{root}/app/helper.py"
    main = f"{root}/app/main.py"
    workspace = Workspace((root,), Config())
    endpoint = (
        "from fastapi import FastAPI\nfrom app.helper import load\napp = FastAPI()\n"
        '@app.get("/")\nasync def read():\n    return load()\n'
    )
    quiet = "def load():\n    return 1\n"
    slow = "import time\n\n\ndef load():\n    time.sleep(1)\n"
    first = workspace.apply([Change(main, endpoint), Change(helper, quiet)])
    assert first.findings == {}
    second = workspace.apply([Change(helper, slow)])
    assert [finding.rule for finding in second.findings[main]] == ["blocking-helper-on-loop"]
    assert second.findings[main][0].trail[-1].line == 5
    moved_down = workspace.apply([Change(helper, "\n\n" + slow)])
    assert moved_down.findings[main][0].trail[-1].line == 7
    assert workspace.apply([Change(helper, quiet)]).findings == {}


def test_a_library_that_another_file_stops_using_is_proposed_no_more() -> None:
    root = "/project"
    main, files = f"{root}/main.py", f"{root}/files.py"
    workspace = Workspace((root,), Config())
    endpoint = (
        "from fastapi import FastAPI\napp = FastAPI()\n"
        '@app.get("/")\nasync def read():\n    with open("a") as a:\n        return a.read()\n'
    )
    first = workspace.apply([Change(main, endpoint), Change(files, "import aiofiles\n")])
    assert "`aiofiles.open`" in first.findings[main][0].message
    second = workspace.apply([Change(files, "import os\n")])
    assert "`anyio.open_file`" in second.findings[main][0].message
    third = workspace.apply([Change(files, "def read():\n    import aiofiles\n")])
    assert "`aiofiles.open`" in third.findings[main][0].message
    gone = workspace.apply([Change(files, None)])
    assert "`anyio.open_file`" in gone.findings[main][0].message


def test_an_edited_default_decides_what_callers_come_to() -> None:
    root = "/project"
    store, main = f"{root}/app/store.py", f"{root}/app/main.py"
    workspace = Workspace((root,), Config())
    endpoint = (
        "from fastapi import FastAPI\nfrom app.store import load\napp = FastAPI()\n"
        '@app.get("/")\nasync def read():\n    return load("a")\n'
    )
    quiet = (
        "import requests\n\n\ndef load(path, refresh=False):\n    if not refresh:\n"
        "        return path\n    return requests.get(path).text\n"
    )
    asking = quiet.replace("=False", "=True")
    rebound = quiet.replace("    if not", "    refresh = path\n    if not")
    assert workspace.apply([Change(main, endpoint), Change(store, quiet)]).findings == {}
    for text in (asking, rebound):
        found = workspace.apply([Change(store, text)]).findings
        assert [finding.rule for finding in found[main]] == ["blocking-helper-on-loop"]
        assert workspace.apply([Change(store, quiet)]).findings == {}


def test_a_finding_counts_once_for_a_function_with_two_routes() -> None:
    text = (
        "import time\nfrom fastapi import FastAPI\n\napp = FastAPI()\n\n\n"
        '@app.get("/a")\n@app.post("/b")\nasync def read() -> None:\n    time.sleep(1)\n'
    )
    rows = Workspace(("/project",), Config()).apply([Change("/project/app.py", text)]).endpoints
    assert [(row.route, row.findings) for row in rows] == [("/a", 1), ("/b", 1)]


def test_endpoints_say_what_is_done_twice() -> None:
    workspace = Workspace((str(SHOP),), Config())
    rows = workspace.apply(Change(path, text) for path, text in TEXTS.items()).endpoints
    repeats = {row.function: row.repeats for row in rows if row.path.endswith("reports.py")}
    assert repeats["daily_first"] == ("validated", "serialised")
    assert repeats["daily_encoded"] == ("serialised",)
    assert repeats["daily_last"] == ()


def blocks_until_edited(
    main: str, texts: Mapping[str, str], edits: Iterable[tuple[str, str]]
) -> None:
    """Each edit takes the one finding, a way in `main` to a blocking call, away until it is undone."""
    workspace = Workspace(("/project",), Config())
    first = workspace.apply([Change(path, text) for path, text in texts.items()])
    assert [finding.rule for finding in first.findings[main]] == ["blocking-helper-on-loop"]
    for path, text in edits:
        assert workspace.apply([Change(path, text)]).findings == {}, text
        again = workspace.apply([Change(path, texts[path])])
        assert [finding.rule for finding in again.findings[main]] == ["blocking-helper-on-loop"]


def test_what_a_call_passes_gives_a_parameter_its_type() -> None:
    root = "/project"
    store, main, other = (f"{root}/app/{name}.py" for name in ("store", "main", "other"))
    helper = "def load(client):\n    return client.get('https://x.example')\n"
    endpoint = (
        "import httpx\nfrom fastapi import FastAPI\nfrom app.store import load\napp = FastAPI()\n"
        '@app.get("/")\nasync def read(client: httpx.Client):\n    return load(client)\n'
    )
    elsewhere = "from app.store import load\n\n\ndef again(kept):\n    return load(kept)\n"
    texts = {main: endpoint, store: helper, other: elsewhere}
    edits = (
        (main, endpoint.replace("httpx.Client", "httpx.AsyncClient")),
        (main, endpoint.replace("load(client)", "load(3)")),
        (main, endpoint.replace("    return", "    client = client.other\n    return")),
        (other, elsewhere.replace("(kept)", "(kept: dict[str, str])", 1)),
        (store, helper.replace("client):", "first, client=None):")),
    )
    blocks_until_edited(main, texts, edits)


def test_what_a_constructor_is_given_gives_attributes_their_types() -> None:
    root = "/project"
    store, main = (f"{root}/app/{name}.py" for name in ("store", "main"))
    helper = (
        "class Store:\n    def __init__(self, session):\n        self.session = session\n\n"
        "    def load(self):\n        return self.session.get('https://x.example').text\n"
    )
    endpoint = (
        "import requests\nfrom fastapi import FastAPI\nfrom app.store import Store\napp = FastAPI()\n"
        "store = Store(requests.Session())\n"
        '@app.get("/")\nasync def read():\n    return store.load()\n'
    )
    texts = {main: endpoint, store: helper}
    edits = (
        (main, endpoint.replace("requests.Session()", "dict()")),
        (main, endpoint.replace("Store(req", "object(req")),
        (store, helper.replace("session):", "first, session=None):")),
        (store, helper.replace("__init__", "set_up")),
        (store, helper + "\n\nclass Other(Store):\n    pass\n"),
        (main, endpoint + "\n\nclass Other(Store):\n    pass\n"),
    )
    blocks_until_edited(main, texts, edits)


def test_what_objects_are_given_and_keep_is_asked_again() -> None:
    root = "/project"
    tools, main = (f"{root}/app/{name}.py" for name in ("tools", "main"))
    given = (
        "import time\nfrom dataclasses import dataclass\nfrom typing import Callable\n\n\n"
        "@dataclass\nclass Tool:\n    name: str\n    handler: Callable[[], None]\n\n\n"
        "def rest():\n    time.sleep(1)\n\n\ndef quick():\n    pass\n\n\n"
        'TOOLS = {"rest": Tool("rest", rest)}\n'
    )
    endpoint = (
        "from fastapi import FastAPI\nfrom app.tools import TOOLS\napp = FastAPI()\n"
        '@app.get("/")\nasync def read(name: str):\n    return TOOLS[name].handler()\n'
    )
    fields = "    name: str\n    handler: Callable[[], None]\n"
    edits = (
        (tools, given.replace("rest)}", "quick)}")),
        (tools, given.replace(fields, "    handler: Callable[[], None]\n    name: str\n")),
        (tools, given.replace("Callable[[], None]\n\n", "object\n\n")),
        (tools, given.replace("@dataclass\n", "")),
        (tools, given.replace("class Tool:", "class Tool(Exception):")),
        (
            tools,
            given.replace(fields, f"{fields}\n    def __init__(self, *given):\n        pass\n"),
        ),
        (main, endpoint.replace("handler", "other")),
    )
    blocks_until_edited(main, {main: endpoint, tools: given}, edits)


def test_what_a_model_runs_when_it_is_made_is_asked_again() -> None:
    root = "/project"
    models, main = (f"{root}/app/{name}.py" for name in ("models", "main"))
    model = (
        "import time\nfrom pydantic import BaseModel, field_validator\n\n\nclass Named(BaseModel):\n    name: str\n\n"
        '    @field_validator("name")\n    @classmethod\n    def known(cls, value):\n        return slow(value)\n\n\n'
        "class Plan(Named):\n    size: int = 1\n\n\ndef slow(value):\n    time.sleep(1)\n    return value\n"
    )
    endpoint = (
        "from fastapi import FastAPI\nfrom app.models import Plan\napp = FastAPI()\n"
        '@app.get("/")\nasync def read(name: str):\n    return Plan(name=name).name\n'
    )
    texts = {main: endpoint, models: model}
    edits = (
        (models, model.replace('    @field_validator("name")\n', "")),
        (models, model.replace("Plan(Named)", "Plan(BaseModel)")),
        (
            models,
            model.replace(
                "    size: int = 1\n", "    def known(cls, value):\n        return value\n"
            ),
        ),
        (models, model.replace("Named(BaseModel)", "Named")),
        (main, endpoint.replace("Plan(name", "Plan.model_construct(name")),
    )
    blocks_until_edited(main, texts, edits)
    body = endpoint.replace("name: str", "plans: list[Plan] = []").replace(
        "Plan(name=name).name", "1"
    )
    carried = {main: body, models: model}
    blocks_until_edited(
        models, carried, (*edits[:4], (main, body.replace("list[Plan]", "list[str]")))
    )


def test_a_decorator_of_a_nested_function_decides_what_runs_where_it_is_made() -> None:
    root = "/project"
    tools, main = f"{root}/app/tools.py", f"{root}/app/main.py"
    workspace = Workspace((root,), Config())
    making = "import strange\n\n\ndef made(work):\n    def inner():\n        return work()\n    return inner\n"
    endpoint = (
        "import time\nfrom fastapi import FastAPI\nfrom app.tools import made\napp = FastAPI()\n"
        "def slow():\n    time.sleep(1)\n"
        '@app.get("/")\nasync def read():\n    return made(slow)\n'
    )
    decorated = making.replace("    def inner", "    @strange.tool\n    def inner")
    first = workspace.apply([Change(main, endpoint), Change(tools, making)])
    assert [finding.rule for finding in first.findings[main]] == ["blocking-helper-on-loop"]
    assert workspace.apply([Change(tools, decorated)]).findings == {}
    again = workspace.apply([Change(tools, making)])
    assert again.findings == first.findings


LAYOUTS = Path(__file__).parent / "project" / "layouts"


@pytest.mark.parametrize(
    ("file", "before", "after"),
    [
        ("wrapped_endpoints/app.py", "        def inner(", "        async def inner("),
        ("generics/repositories.py", "class Repository(Generic[T]):", "class Repository:"),
        ("generics/repositories.py", "class Service(Generic[K, T]):", "class Service:"),
    ],
)
def test_an_edit_is_seen_by_whoever_looked_through_what_it_changed(
    file: str, before: str, after: str
) -> None:
    folder, _, _ = file.partition("/")
    texts = {str(item): item.read_text("utf-8") for item in (LAYOUTS / folder).rglob("*.py")}
    path = str(LAYOUTS / file)
    edited = {**texts, path: texts[path].replace(before, after)}
    assert edited != texts
    workspace = fresh(texts)
    workspace.apply([Change(path, edited[path])])
    assert not list(differences(workspace, fresh(edited)))


def test_what_a_function_tells_a_router_is_a_route_of_those_who_call_it() -> None:
    root = "/project"
    adding, main = f"{root}/app/adding.py", f"{root}/app/main.py"
    workspace = Workspace((root,), Config())
    helper = "def add(app, path, endpoint):\n    app.add_api_route(path, endpoint)\n"
    caller = (
        "import time\nfrom fastapi import FastAPI\nfrom app.adding import add\napp = FastAPI()\n"
        'async def read():\n    time.sleep(1)\nadd(app, "/read", read)\n'
    )
    first = workspace.apply([Change(main, caller), Change(adding, helper)])
    assert [row.route for row in first.endpoints] == ["/read"]
    edits = (
        (adding, helper.replace("app.add_api_route(path, endpoint)", "print(path, endpoint)")),
        (adding, helper.replace("(path, endpoint)\n", "(path, print)\n")),
        (main, caller.replace('"/read", read', '"/read", print')),
    )
    texts = {main: caller, adding: helper}
    for path, text in edits:
        assert workspace.apply([Change(path, text)]).endpoints == (), text
        again = workspace.apply([Change(path, texts[path])])
        assert [row.route for row in again.endpoints] == ["/read"]
        assert [finding.rule for finding in again.findings[main]] == ["blocking-call-on-loop"]
