"""A way is found past however many functions that lead to nothing a rule looks for."""

from __future__ import annotations

import pytest

from .suite import check

MANY = 300


@pytest.mark.parametrize("last", ["requests.get(url)", "time.sleep(0.01)"])
def test_functions_that_hold_no_thread_for_long_hide_none_that_does(last: str) -> None:
    waits = "\n".join(f"def wait_{number}():\n    time.sleep(0.01)\n" for number in range(MANY))
    calls = "\n".join(f"    wait_{number}()" for number in range(MANY))
    text = (
        "import time\nimport requests\nfrom fastapi import FastAPI\n\napp = FastAPI()\n\n"
        f"{waits}\ndef fetch(url):\n    {last}\n\ndef load(url):\n{calls}\n    fetch(url)\n\n"
        '@app.get("/page")\ndef page(url: str):\n    load(url)\n'
    )
    found = [
        (finding.code, finding.sink)
        for finding in check({"app.py": text})
        if finding.code == "LAG201"
    ]
    expected = [("LAG201", "requests.get")] if "requests" in last else []
    assert found == expected
