from __future__ import annotations

import pytest

from unlag.source.document import Document
from unlag.source.facts import UnitFacts
from unlag.source.parse import parse

from .reading import SHOP, places

TEXT = '''"""A module."""
import a

if TYPE_CHECKING:
    import b


@decorated
def first(x):
    return a.go(x)


class Thing(Base):
    """A thing."""

    size = make(); colour = paint()

    def method(self):
        return self.size.read()

    class Inner:
        def deep(self):
            dive()

    async def last(self):
        await self.work()


# between
value = [
    build(),
]
x = (
    1
); y = tie()


def end():
    finish()
'''


def edited(old: str, new: str, text: str = TEXT) -> tuple[Document, Document]:
    """The document before and after one replacement, which must leave it exact."""
    assert text.count(old) == 1
    before = Document.read(text)
    after = before.edited(text.replace(old, new))
    fresh = parse(after.text)
    assert after.trouble == fresh.trouble
    assert after.facts == fresh.facts
    assert after.suppressions == fresh.suppressions
    return before, after


def kept(before: Document, after: Document) -> list[UnitFacts]:
    """Facts that are the same object before and after."""
    old = {id(unit.facts) for unit in before.facts.units}
    return [unit.facts for unit in after.facts.units if id(unit.facts) in old]


EXACT = {
    "in a function": ("a.go(x)", "a.go(y)"),
    "in a method": ("self.size.read()", "other()"),
    "a name": ("def first", "def second"),
    "a line more": ("    return a.go(x)", "    z()\n    return a.go(x)"),
    "a line less": ("import a\n", ""),
    "a blank line": ("\n\n# between", "\n\n\n# between"),
    "a comment": ("# between", "# between and above"),
    "a decorator": ("@decorated\n", "@decorated\n@again(1)\n"),
    "no decorator": ("@decorated\n", ""),
    "a new function at the start": ('"""A module."""', "def f(): g()"),
    "a new function between": ("# between\n", "def f():\n    g()\n\n\n"),
    "a new method": ("    async def last", "    def new(self):\n        f()\n\n    async def last"),
    "a new first member": ('    """A thing."""\n', "    def new(self): f()\n"),
    "a nested class": ("dive()", "sink()"),
    "a semicolon": ("size = make()", "size = make(1)"),
    "a statement on the end of another": ("y = tie()", "y = tie(2)"),
    "the class's name": ("class Thing", "class Other"),
    "the class's bases": ("(Base)", "(Base, More)"),
    "the class becomes a function": ("class Thing(Base):", "def thing():"),
    "the class becomes a block": ("class Thing(Base):", "if x:"),
    "a class is split": ("    async def last", "class Second:\n    async def last"),
    "a class is joined": ("class Thing(Base):\n", "class Thing(Base): x = 1\nclass Other:\n"),
    "a guard": ("if TYPE_CHECKING:", "if not TYPE_CHECKING:"),
    "a method leaves the class": (
        "    async def last(self):\n        await",
        "async def last():\n    await",
    ),
    "a function joins the class": ("# between\n", "    # between\n    def more(self): f()\n"),
    "a string swallows code": ("class Thing(Base):\n    ", "class Thing(Base):\n    x = "),
    "a backslash": ("import a\n", "import \\\n    a\n"),
    "wide characters": ("a.go(x)", "a.go('😀', b())"),
    "a suppression": ("a.go(x)", "a.go(x)  # unlag: ignore[LAG101]"),
    "all of it": (TEXT, "f()\n"),
    "nothing left": (TEXT, ""),
    "no line end at the end": ("    finish()\n", "    finish()"),
}


@pytest.mark.parametrize(("old", "new"), EXACT.values(), ids=EXACT)
def test_an_edit_is_equal_to_reading_again(old: str, new: str) -> None:
    before, after = edited(old, new)
    assert after.edited(TEXT).facts == before.facts


def test_only_the_edited_function_is_read_again() -> None:
    before, after = edited("a.go(x)", "a.go(y)")
    assert len(kept(before, after)) == len(before.facts.units) - 1
    before, after = edited("self.size.read()", "x()\n        y()")
    assert len(kept(before, after)) == len(before.facts.units) - 1


def test_what_moves_is_not_read_again() -> None:
    before, after = edited("import a\n", "import a\n\n\n")
    assert len(kept(before, after)) >= len(before.facts.units) - 1
    assert after.facts.units[-1].line == before.facts.units[-1].line + 2


def test_reading_the_whole_again_keeps_what_is_the_same() -> None:
    before, after = edited("class Thing(Base):", "def thing():")
    assert before.facts.units[-1].facts in kept(before, after)
    assert len(kept(before, after)) > 5


def test_the_same_text_is_the_same_document() -> None:
    document = Document.read(TEXT)
    assert document.edited(TEXT) is document


BROKEN = {
    "a call being typed": ("        return self.size.read()", "        return self.size.read("),
    "a new statement": ("            dive()\n", "            dive()\n            x = [f(\n"),
    "a header": ("def end():", "def end("),
    "a class header": ("class Thing(Base):", "class Thing(Base"),
    "a decorator": ("@decorated", "@"),
    "an import": ("import a\n", "from a import\n"),
    "a string": ("import a\n", "import a\nx = '\n"),
    "a text": ("    finish()\n", "    '''\n    finish()\n"),
    "a dedent": ("    async def last", "  x\n    async def last"),
    "a stray word": ("# between", "between words"),
}


@pytest.mark.parametrize(("old", "new"), BROKEN.values(), ids=BROKEN)
def test_broken_text_keeps_all_other_facts(old: str, new: str) -> None:
    before = Document.read(TEXT)
    broken = before.edited(TEXT.replace(old, new))
    assert broken.trouble is not None
    line = TEXT[: TEXT.index(old)].count("\n") + 1
    touched = range(line, line + max(old.count("\n"), new.count("\n")) + 1)
    grown = new.count("\n") - old.count("\n")
    expected = {
        (name, what, at + grown if at > line else at, column)
        for name, what, at, column in places(before.facts)
        if at not in touched
    }
    assert expected <= places(broken.facts)
    assert broken.edited(TEXT).facts == before.facts
    assert broken.edited(TEXT).trouble is None


def test_names_on_the_edited_line_stay_while_they_stand_there() -> None:
    text = "app = FastAPI(title='x')\n\ndef f():\n    requests.get(url)\n"
    document = Document.read(text)
    for line in ("app = FastAPI(title='x'", "app = FastAPI(", "app = FastAPI"):
        document = document.edited(line + text[text.index("\n") :])
    document = document.edited("app = " + text[text.index("\n") :])
    assert [b.name for b in document.facts.units[0].facts.body.bindings] == ["app"]
    document = document.edited("app = FastAPI()\n\ndef f():\n    requests.(url)\n")
    assert document.facts.units[1].facts.functions[0].calls == ()


def test_typing_a_whole_function_ends_exact() -> None:
    new = "\n\nasync def typed(x: int) -> None:\n    for y in z('é'):\n        await go(y)\n"
    at = TEXT.index("\n\n# between")
    document = Document.read(TEXT)
    for end in range(len(new) + 1):
        document = document.edited(TEXT[:at] + new[:end] + TEXT[at:])
    assert document.trouble is None
    assert document.facts == parse(document.text).facts


def test_two_broken_places_are_mended_one_by_one() -> None:
    document = Document.read(TEXT)
    one = TEXT.replace("a.go(x)", "a.go(x")
    both = one.replace("    finish()", "    finish(")
    document = document.edited(one).edited(both)
    assert document.trouble is not None
    assert document.trouble.line == TEXT[: TEXT.index("a.go(x)")].count("\n") + 1
    document = document.edited(TEXT.replace("    finish()", "    finish("))
    assert document.trouble is not None
    assert document.edited(TEXT).facts == parse(TEXT).facts


def test_brackets_that_match_across_functions_are_seen() -> None:
    opened = "def f():\n    a()\n\nx = (\n\ny = b()\n\nz = c()\n"
    document = Document.read("def f():\n    a()\n\nx = 1\n\ny = b()\n\nz = c()\n").edited(opened)
    assert document.trouble is not None
    closed = document.edited(opened.replace("y = b()\n", ")\n"))
    assert closed.trouble is None
    assert closed.facts == parse(closed.text).facts


def test_every_line_of_the_shop_can_be_emptied_and_filled() -> None:
    text = (SHOP / "shop" / "main.py").read_text()
    document = Document.read(text)
    lines = text.split("\n")
    for index, line in enumerate(lines):
        document = document.edited("\n".join([*lines[:index], "", *lines[index + 1 :]]))
        document = document.edited("\n".join([*lines[:index], line[:-1], *lines[index + 1 :]]))
    assert document.edited(text).facts == parse(text).facts


def test_a_decorator_over_several_lines_is_joined_to_its_function_again() -> None:
    text = (
        "import app\n\n\n@app.get(\n    'a',\n)\ndef first():\n    go()\n\n\n"
        "@app.post(\n    'b',\n)\ndef second():\n    stay()\n"
    )
    pasted = text.replace("import app\n\n", "").replace(
        "@app.post(\n", "@app.post(\n\nimport app\n"
    )
    mended = Document.read(text).edited(pasted).edited(text)
    assert mended.trouble is None
    assert mended.facts == parse(text).facts
