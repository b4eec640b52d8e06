"""Free memory goes back to the system where the C library would keep it."""

import platform
import subprocess
import sys

import pytest

PROGRAM = """
import os
from unlag.lsp.freeing import give_back

def resident():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

blocks = [bytes(100_000) for _ in range(500)]
blocks = [b"x" * 100_000 for _ in blocks]
last = blocks.pop()  # nothing before it can go back by itself
blocks.clear()
before = resident()
give_back()
print(before - resident())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries have no such call")
def test_free_memory_below_a_used_block_goes_back() -> None:
    said = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    assert int(said.stdout) > 20_000_000
