"""The process that knows jedi: questions in on one pipe, answers out on another, one JSON line each.

Reads sources of the project and of its environment and runs neither: modules that are not Python's own
cannot be imported here, compiled ones included.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from typing import Any, TextIO

_OURS = ("jedi", "parso", "platformdirs", "unlag")


def _refuse_foreign_imports(event: str, arguments: tuple[Any, ...]) -> None:
    """An audit hook: no import of what belongs to the project or its environment comes to be."""
    if event == "import":
        top = str(arguments[0]).partition(".")[0]
        if top not in sys.stdlib_module_names and top not in _OURS:
            raise ImportError(f"{top} is not Python's own")


def main() -> None:
    """Answer until the input ends. The first line says where the project and its environment are."""
    if hasattr(os, "nice"):
        os.nice(10)
    import jedi
    import platformdirs

    jedi.settings.cache_directory = str(platformdirs.user_cache_path("unlag") / "jedi")
    sys.addaudithook(_refuse_foreign_imports)
    answers = _own_output()
    start = json.loads(sys.stdin.readline())
    project = jedi.Project(
        start["root"],
        sys_path=[*start["roots"], *start["packages"], *_standard_library()],
        load_unsafe_extensions=False,
        smart_sys_path=False,
    )
    environment = jedi.InterpreterEnvironment()
    for line in sys.stdin:
        question = json.loads(line)
        script = jedi.Script(
            question["text"], path=question["path"], project=project, environment=environment
        )
        for number, (row, column) in enumerate(question["places"]):
            answer = {"place": number, "names": list(_names(script, row, column))}
            print(json.dumps(answer), file=answers, flush=True)


def _names(script: Any, line: int, column: int) -> Iterator[str]:
    """Full names of what the name at a place can be; none where jedi stumbles."""
    try:
        found = script.goto(line, column, follow_imports=True)
        yield from dict.fromkeys(item.full_name for item in found if item.full_name)
    except Exception:  # jedi raises whatever it meets, RecursionError included: no answer then
        return


def _own_output() -> TextIO:
    """The answers' pipe; what anything else prints goes to the log."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return answers


def _standard_library() -> list[str]:
    return [os.path.dirname(os.__file__)]
