"""The fixed program does what the program did: both are run, on a real event loop."""

from __future__ import annotations

import asyncio
import inspect
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from unlag.fixes import Refusal

from .suite import Case, apply, attempt

PYTHON = repr(sys.executable)


def load(text: str) -> dict[str, Any]:
    namespace: dict[str, Any] = {}
    exec(compile(text, "app.py", "exec", dont_inherit=True), namespace)
    return namespace


def run(text: str, *arguments: object) -> object:
    result = load(text)["read"](*arguments)
    return asyncio.run(result) if inspect.iscoroutine(result) else result


def fixed(kind: str, marked: str, *arguments: str, style: str = "") -> tuple[str, str]:
    case = Case(kind, "", textwrap.dedent(marked), None, "", style, arguments)
    made = attempt(kind, case.before, case.span, arguments, style)
    assert not isinstance(made, Refusal), made.reason
    return case.before, apply(case.before, made)


@pytest.mark.parametrize("style", ["run_in_threadpool", "to_thread"])
def test_offloaded_call_runs_in_a_thread(style: str) -> None:
    before, after = fixed(
        "offload",
        """
        import threading

        def load(a, *, func):
            return a, func, threading.current_thread() is threading.main_thread()

        async def read():
            return ⟦load(1, func=2)⟧[1:]
        """,
        style=style,
    )
    assert run(before) == (2, True)
    assert run(after) == (2, False)


def test_offloaded_block_gives_its_names_back(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1\n2\n", "utf-8")
    before, after = fixed(
        "offload",
        """
        import threading

        async def read(path):
            total = 0
            with ⟦open(path)⟧ as f:
                numbers = [int(line) for line in f]
                where = threading.current_thread() is threading.main_thread()
            for number in numbers:
                total += number
            return total, f.closed, where
        """,
    )
    assert run(before, tmp_path / "a") == (3, True, True)
    assert run(after, tmp_path / "a") == (3, True, False)


COMMANDS = [
    f"subprocess.run([{PYTHON}, '-c', 'print(1)'], capture_output=True, text=True)",
    f"subprocess.run([{PYTHON}, '-c', 'import sys; sys.exit(3)'], stderr=subprocess.PIPE)",
    f"subprocess.run([{PYTHON}, '-c', 'print(input())'], input='x', text=True, "
    "stdout=subprocess.PIPE, check=True)",
    f"subprocess.check_output([{PYTHON}, '-c', 'print(1)'], encoding='utf-8')",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_process_gives_the_same_result(command: str) -> None:
    text = f"""
        import subprocess

        async def read():
            result = ⟦{command}⟧
            return result
        """
    name = command.partition("(")[0]
    before, after = fixed(
        "async_counterpart", text, name, "asyncio.create_subprocess_exec", "subprocess-exec"
    )
    assert "create_subprocess_exec" in after
    assert repr(run(after)) == repr(run(before))


FAILURES = [
    f"subprocess.run([{PYTHON}, '-c', 'import sys; sys.exit(3)'], check=True)",
    f"subprocess.check_output([{PYTHON}, '-c', 'import time; time.sleep(9)'], timeout=0.2)",
]


@pytest.mark.parametrize("command", FAILURES)
def test_process_fails_the_same_way(command: str) -> None:
    text = f"""
        import subprocess

        async def read():
            try:
                return ⟦{command}⟧
            except subprocess.SubprocessError as error:
                return type(error), error.cmd, getattr(error, "returncode", None)
        """
    before, after = fixed(
        "async_counterpart", text, command.partition("(")[0], "", "subprocess-exec"
    )
    assert run(after) == run(before)


PATHS = [
    ("os.path.getsize", "os.path.getsize(path / 'a')"),
    ("os.path.exists", "os.path.exists(path / 'b')"),
    ("os.path.isfile", "os.path.isfile(str(path))"),
    ("os.listdir", "sorted(os.listdir(path))"),
    ("os.makedirs", "os.makedirs(path / 'c/d', exist_ok=True)"),
    ("os.remove", "os.remove(path / 'a')"),
    ("os.stat", "os.stat(path / 'a').st_size"),
    ("pathlib.Path.read_text", "(path / 'a').read_text('utf-8')"),
    ("pathlib.Path.exists", "pathlib.Path(path, 'a').exists()"),
]


@pytest.mark.parametrize(("callee", "expression"), PATHS)
def test_path_gives_the_same_value(callee: str, expression: str, tmp_path: Path) -> None:
    call = expression.removeprefix("sorted(").removesuffix(".st_size")
    call = call[:-1] if call != expression.removesuffix(".st_size") else call
    text = f"""
        import os, pathlib

        async def read(path):
            return {expression.replace(call, f"⟦{call}⟧")}
        """
    before, after = fixed("async_counterpart", text, callee, "", "anyio-path")
    assert "anyio" in after
    values = []
    for name, program in (("old", before), ("new", after)):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "a").write_text("abc", "utf-8")
        values.append((run(program, folder), sorted(p.name for p in folder.rglob("*"))))
    assert values[0] == values[1]


def test_gather_is_bounded_and_keeps_order() -> None:
    before, after = fixed(
        "bound_gather",
        """
        import asyncio

        running = most = 0

        async def work(item, factor):
            global running, most
            running += 1
            most = max(most, running)
            await asyncio.sleep(0)
            running -= 1
            return item * factor

        async def read(items):
            return await ⟦asyncio.gather(*(work(i, x) for i, x in enumerate(items) if x))⟧, most
        """,
        "3",
    )
    assert run(before, range(20)) == ([i * i for i in range(1, 20)], 19)
    assert run(after, range(20)) == ([i * i for i in range(1, 20)], 3)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="asyncio.TaskGroup is new in Python 3.11")
def test_task_group_gives_the_same_results_at_the_same_time() -> None:
    before, after = fixed(
        "task_group",
        """
        import asyncio

        order = []

        async def work(name):
            order.append(name)
            await asyncio.sleep(0)
            order.append(name)
            return name

        async def read():
            ⟦a = await work(1)
            await work(2)
            b: int = await work(3)⟧
            return a, b, order
        """,
    )
    assert run(before) == (1, 3, [1, 1, 2, 2, 3, 3])
    assert run(after) == (1, 3, [1, 2, 3, 1, 2, 3])


def test_kept_task_is_held_until_it_is_done() -> None:
    _, after = fixed(
        "keep_task",
        """
        import asyncio

        async def read():
            ⟦asyncio.create_task(asyncio.sleep(0))⟧
            held = len(globals()['background_tasks'])
            await asyncio.gather(*globals()['background_tasks'])
            return held, len(globals()['background_tasks'])
        """,
    )
    assert run(after) == (1, 0)


def test_lock_keeps_coroutines_apart_without_stopping_the_loop() -> None:
    _, after = fixed(
        "async_lock",
        """
        import asyncio, threading

        lock = threading.RLock()
        inside = []

        async def work():
            with ⟦lock⟧:
                inside.append("in")
                await asyncio.sleep(0)
                inside.append("out")

        async def read():
            await asyncio.gather(work(), work())
            return inside
        """,
    )
    assert run(after) == ["in", "out", "in", "out"]


def test_sleep_lets_others_run() -> None:
    before, after = fixed(
        "async_counterpart",
        """
        import asyncio, time

        order = []

        async def work(name):
            order.append(name)
            ⟦time.sleep(0)⟧
            order.append(name)

        async def read():
            await asyncio.gather(work(1), work(2))
            return order
        """,
        "time.sleep",
        "asyncio.sleep",
        "same-arguments",
    )
    assert run(before) == [1, 1, 2, 2]
    assert run(after) == [1, 2, 1, 2]
