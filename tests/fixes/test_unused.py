"""Imports that a fix leaves without use go with it, and no others."""

from __future__ import annotations

import textwrap

import pytest

from unlag.finding import Finding, FixOffer, Safety, Severity, Span
from unlag.fixes.apply import one_pass
from unlag.fixes.composing import apply_edits
from unlag.fixes.unused import left_behind

PATH = "/project/app/main.py"


def tidied(before: str, after: str, path: str = PATH) -> str:
    before, after = textwrap.dedent(before), textwrap.dedent(after)
    return apply_edits(after, left_behind(path, before, after))


@pytest.mark.parametrize(
    ("written", "left"),
    [
        ("import time\n", ""),
        ("import os, time, sys\n", "import os, sys\n"),
        ("import os, time\n", "import os\n"),
        ("import os as time\n", ""),
        ("from x import a, time, b\n", "from x import a, b\n"),
        ("from x import (\n    time,\n    b,\n)\n", "from x import (\n    b,\n)\n"),
        ("from x import (\n    a,\n    time,\n)\n", "from x import (\n    a,\n)\n"),
        ("from x import (\n    time,\n)\n", ""),
        (
            "if TYPE_CHECKING:\n    import os\n    import time\n",
            "if TYPE_CHECKING:\n    import os\n",
        ),
        # these stay
        ("if TYPE_CHECKING:\n    import time\n", None),
        ("if sys:\n    import os\n    import time\n", None),
        ("import time  # keep\n", None),
        ("import time as time\n", None),
        ("from x import (\n    time,  # why\n)\n", None),
        ("import time; import os\n", None),
        ("try:\n    import time\nexcept ImportError:\n    pass\n", None),
        ("import time\n__all__ = ['time']\n", None),
        ("import time\n__all__: list[str] = ['time']\n", None),
        ("import time\n__all__ += ['time']\n", None),
        ("import time\n__all__.append('time')\n", None),
        ("import time\nx: 'time.Clock'\n", None),
        ("import time\nx = cast('time.Clock', y)\n", None),
        ("import time\ndef g(x: 'list[time.Clock]') -> 'time.T': ...\n", None),
        ("import time\ndef g():\n    global time\n", None),
    ],
)
def test_file(written: str, left: str | None) -> None:
    old, new = "\n\ndef f():\n    time.sleep(1)\n", "\n\ndef f():\n    sleep(1)\n"
    expected = (written if left is None else left) + new
    assert tidied(written + old, written + new) == expected.lstrip("\n")


def test_words_in_other_texts_are_no_uses() -> None:
    assert tidied("import time\ntime.x('time')\n", "import time\nx('time')\n") == "x('time')\n"


def test_what_was_unused_before_stays() -> None:
    assert tidied("import time\nx = 1\n", "import time\nx = 2\n") == "import time\nx = 2\n"


def test_function() -> None:
    before = """
        import time


        def f():
            import time
            import os

            time.sleep(os.x)


        def g():
            time.sleep(1)
        """
    after = """
        import time


        def f():
            import os

            sleep(os.x)


        def g():
            time.sleep(1)
        """
    half = before.replace("time.sleep(os.x)", "sleep(os.x)")
    assert tidied(before, half) == textwrap.dedent(after)


def test_function_with_its_own_import_needs_no_other() -> None:
    before = "import time\n\ntime.x()\n\n\ndef f():\n    import time\n\n    time.x()\n"
    after = before.replace("\ntime.x()", "\nx()")
    assert tidied(before, after) == after.removeprefix("import time\n\n")


def test_blank_lines_of_one_that_stood_alone() -> None:
    before = "import time\n\nimport x\n\n\ndef f():\n    import os\n\n    x(time, os)\n"
    assert tidied(before, before.replace("time, os", "")) == ("import x\n\n\ndef f():\n    x()\n")


def test_event_loop_that_nobody_asks_any_more() -> None:
    before = (
        "import asyncio\n\n\nasync def f():\n    loop = asyncio.get_running_loop()\n"
        "    await loop.run_in_executor(None, g)\n"
    )
    after = before.replace("loop.run_in_executor(None, g)", "run(g)")
    assert tidied(before, after) == "async def f():\n    await run(g)\n"
    other = before.replace("loop.run_in_executor(None, g)", "run(loop)")
    assert tidied(before, other) == other
    typed = before.replace("loop =", "loop: asyncio.AbstractEventLoop =")
    gone = typed.replace("loop.run_in_executor(None, g)", "run(g)")
    assert tidied(typed, gone) == "async def f():\n    await run(g)\n"


def test_package_is_an_interface() -> None:
    before, after = "import time\ntime.x()\n", "import time\nx()\n"
    assert tidied(before, after, "/project/app/__init__.py") == after


def test_last_of_several_fixes_takes_it() -> None:
    text = "import time\n\n\nasync def f():\n    time.sleep(1)\n    time.sleep(2)\n"
    offer = FixOffer(
        "", Safety.SAFE, "async_counterpart", ("time.sleep", "asyncio.sleep", "same-arguments")
    )
    findings = [
        Finding("LAG101", "", Severity.ERROR, PATH, Span(line, 4, line, 17), "", fixes=(offer,))
        for line in (5, 6)
    ]
    texts = {PATH: text}
    first = one_pass(findings[:1], texts.get, lambda path: "", unsafe=False).texts[PATH]
    both = one_pass(findings, texts.get, lambda path: "", unsafe=False).texts[PATH]
    assert "import time\n" in first
    assert both == (
        "import asyncio\n\n\nasync def f():\n    await asyncio.sleep(1)\n    await asyncio.sleep(2)\n"
    )


def test_one_fix_keeps_what_another_uses() -> None:
    """Of two fixes in one pass, one removes the last use of an import and one adds a use."""
    text = (
        "import asyncio\nimport time\n\n\n"
        "async def f():\n    asyncio.run(g())\n    time.sleep(1)\n\n\nasync def g():\n    pass\n"
    )
    sleep = FixOffer(
        "", Safety.SAFE, "async_counterpart", ("time.sleep", "asyncio.sleep", "same-arguments")
    )
    run = FixOffer("", Safety.SAFE, "await_instead_of_run")
    findings = [
        Finding("LAG106", "", Severity.ERROR, PATH, Span(6, 4, 6, 20), "", fixes=(run,)),
        Finding("LAG101", "", Severity.ERROR, PATH, Span(7, 4, 7, 17), "", fixes=(sleep,)),
    ]
    done = one_pass(findings, {PATH: text}.get, lambda path: "", unsafe=False)
    assert len(done.applied) == 2
    assert done.texts[PATH].startswith("import asyncio\n\n\nasync def f():\n    await g()\n")


def test_an_import_in_a_block_of_a_function_goes() -> None:
    written = """
    def f(x):
        if isinstance(x, str):
            import json

            try:
                return {}
            except ValueError:
                return None
        return x
    """
    tidy = tidied(written.format("json.loads(x)"), written.format("loads(x)"))
    assert tidy == textwrap.dedent(written.format("loads(x)")).replace(
        "        import json\n\n", ""
    )


def test_an_import_that_may_be_missing_stays() -> None:
    written = """
    def f(x):
        try:
            import orjson
        except ImportError:
            return {}
        return {}
    """
    after = textwrap.dedent(written.format("x", "y"))
    assert tidied(written.format("orjson.x", "y"), after) == after


def test_an_import_in_a_try_that_is_about_something_else_goes() -> None:
    written = """
    def f(x):
        try:
            import json
            return {}
        except Exception:
            return None
    """
    tidy = tidied(written.format("json.loads(x)"), written.format("loads(x)"))
    assert tidy == textwrap.dedent(written.format("loads(x)")).replace("        import json\n", "")


def test_an_import_in_a_try_that_may_be_missing_stays() -> None:
    written = """
    def f(x):
        try:
            import orjson
            return {}
        except (ValueError, ImportError):
            return None
    """
    after = textwrap.dedent(written.format("y"))
    assert tidied(written.format("orjson.loads(x)"), after) == after
