from __future__ import annotations

import sys

import pytest

from unlag.config import Config
from unlag.source.document import Document
from unlag.source.newer import in_older_words
from unlag.source.parse import parse
from unlag.workspace import Change, Workspace

from .reading import places

SAME = {
    "except without parentheses": (
        "try:\n    a()\nexcept A, b.B:\n    c()\n",
        "try:\n    a()\nexcept(A, b.B):\n    c()\n",
    ),
    "except with calls": (
        "try: a()\nexcept A, b(1, 2): c()\n",
        "try: a()\nexcept(A, b(1, 2)): c()\n",
    ),
    "except group": ("try: a()\nexcept* A: b()\n", "try: a()\nexcept  A: b()\n"),
    "except group without parentheses": (
        "try: a()\nexcept* A, B: c()\n",
        "try: a()\nexcept (A, B): c()\n",
    ),
    "generic function": (
        "def f[T: (int, str), *Ts](x: T) -> T: a()\n",
        "def f                    (x: T) -> T: a()\n",
    ),
    "generic over lines": (
        "async def f[\n    T,\n](x): a()\n",
        "async def f\\\n     \\\n (x): a()\n",
    ),
    "generic class": ("class A[T = int](B): x = a()\n", "class A         (B): x = a()\n"),
    "generic class without bases": ("class A[T]:\n    x = a()\n", "class A   :\n    x = a()\n"),
    "type alias": ("type X = Annotated[A, b()]\n", "if 1:X = Annotated[A, b()]\n"),
    "generic alias": ("type X[T] = list[T]\nb()\n", "if 1:X    = list[T]\nb()\n"),
    "lazy import": (
        "lazy import a\nlazy from b import c\n",
        "if 1:import a\nif 1:from b import c\n",
    ),
    "template string": ("x = t'{a()}'; y = Rt'{b()}'\n", "x = f'{a()}'; y = Rf'{b()}'\n"),
    "unpacked annotation": ("def f(*a: *Ts): b()\n", "def f(*a:  Ts): b()\n"),
}

FSTRINGS = {
    'f"{a["b"]}"': "f\"{a['b']}\"",
    "f'{a['b']}'": "f'{a[\"b\"]}'",
    "f\"{'\\n'.join(a())}\"": "f\"{'_n'.join(a())}\"",
    'f"{a(f"{b("c")}")}"': "f\"{a(f'{b(0  )}')}\"",
    'f"{a():{b["c"]}}"': "f\"{a():{b['c']}}\"",
    'f"{{}} {a["b"]!r:>{c["d"]}}"': "f\"{{}} {a['b']!r:>{c['d']}}\"",
    'f"{a(  # why\n)}"': 'f"""{a(  \n)}"""',
    "f'{a}' \"{b['c']}\"": "f'{a}' \"{b['c']}\"",
}

UNTOUCHED = [
    "x = type(y)\n",
    "type = 3\n",
    "x[T](y)\n",
    "try: a()\nexcept (A, B): c()\n",
    "try: a()\nexcept (A, B) as e: c()\n",
    "'''\ntype X = int\nexcept A, B:\ndef f[T](x): t'x'\n'''\n",
    "# except A, B:\n",
    "x = cat'' if 0 else ''\n",
]


@pytest.mark.parametrize(("newer", "older"), SAME.values(), ids=SAME)
def test_in_older_words(newer: str, older: str) -> None:
    assert in_older_words(newer) == older


@pytest.mark.parametrize("text", UNTOUCHED)
def test_other_text_is_left_alone(text: str) -> None:
    assert in_older_words(text) == text


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="these f-strings parse here")
@pytest.mark.parametrize(("newer", "older"), FSTRINGS.items(), ids=FSTRINGS)
def test_fstrings_in_older_words(newer: str, older: str) -> None:
    assert in_older_words(newer) == older


@pytest.mark.parametrize("code", [*(newer for newer, _ in SAME.values()), *FSTRINGS])
def test_newer_syntax_costs_nothing(code: str) -> None:
    found = parse(f"before()\n{code}\nafter()\n")
    names = {name for _, name, _, _ in places(found.facts)}
    assert {"before", "after"} <= names
    assert found.trouble is None or found.trouble.newer_syntax
    assert {name for name in "abc" if f"{name}(" in code} - {"c"} <= names


def test_columns_stay() -> None:
    code = "try:\n    a()\nexcept A, B:\n    pass\ndef f[T](x: T): b()\n"
    assert {("", "a", 2, 4), ("f", "b", 5, 16)} <= places(parse(code).facts)


def test_one_newer_statement_does_not_change_how_others_are_read() -> None:
    newer = "try:\n    a()\nexcept A, B:\n    pass\n"
    other = "def f(x):\n    return g('''except A, B:''', f'{x['''k''']}')\n"
    units = parse(newer + other).facts.units
    assert units[-1].facts == parse(other).facts.units[0].facts


def test_edits_around_newer_syntax_stay_exact() -> None:
    text = "def f[T](x: T):\n    a()\n\ntry:\n    b()\nexcept A, B:\n    c()\n"
    document = Document.read(text)
    for old, new in (("a()", "a(1)"), ("B:", "B, D:"), ("f[T]", "f[T, *U]"), ("c()", "c(")):
        text = text.replace(old, new)
        document = document.edited(text)
    assert document.trouble is not None
    assert not document.trouble.newer_syntax
    document = document.edited(text.replace("c(", "c()"))
    assert document.facts == parse(document.text).facts


def test_type_parameters_of_classes_count_as_those_of_generic() -> None:
    text = (
        "class Store[Key: (int, str), *Items](Base[Key]):\n    def f[T](self): a()\n\n"
        "class Plain(Base): b()\n\nclass Short[K = dict[str, int], **P]: c()\n"
        "class Inside:\n    class Nested[T]: d()\n"
    )
    classes = [item for unit in parse(text).facts.units for item in unit.facts.classes]
    assert {item.qualname: item.bases for item in classes} == {
        "Store": ("typing.Generic[Key,Items]", "Base[Key]"),
        "Plain": ("Base",),
        "Short": ("typing.Generic[K,P]",),
        "Inside": (),
        "Inside.Nested": ("typing.Generic[T]",),
    }


def test_edits_of_type_parameters_are_seen() -> None:
    text = "class Store[Key](Base[Key]):\n    def f(self):\n        a()\n"
    document = Document.read(text)
    for old, new in (("[Key](", "[Key, Item]("), ("a()", "a(1)"), ("[Key, Item](", "(")):
        text = text.replace(old, new)
        document = document.edited(text)
        assert document.facts == parse(text).facts


def test_type_parameters_lead_to_methods() -> None:
    text = (
        "import time\nfrom typing import Annotated\nfrom fastapi import Depends, FastAPI\n\n"
        "app = FastAPI()\n\n\n"
        "class Store[Key: int, Item]:\n    def load(self, key: Key) -> Item: ...\n\n\n"
        "class User:\n    def refresh(self) -> None:\n        time.sleep(1)\n\n\n"
        "class Users(Store[int, User]):\n    pass\n\n\n"
        "class Cached[Item](Store[int, Item]):\n    pass\n\n\n"
        "type StoreDep = Annotated[Store[int, User], Depends()]\n\n\n"
        '@app.get("/")\n'
        "async def read(a: StoreDep, b: Users = Depends(), c: Cached[User] = Depends()) -> None:\n"
        "    a.load(1).refresh()\n    b.load(1).refresh()\n    c.load(1).refresh()\n"
    )
    workspace = Workspace(("/project",), Config())
    found = workspace.apply([Change("/project/app.py", text)]).findings["/project/app.py"]
    lines = [item.span.line for item in found if item.code == "LAG102"]
    first = text.count("\n") - 2
    assert lines == [first, first + 1, first + 2]
