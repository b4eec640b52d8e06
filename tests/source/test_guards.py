from __future__ import annotations

import pytest

from unlag.source import facts as flags

from .reading import function

ONCE = {
    "attribute is None": "if self.x is None: self.x = go()",
    "attribute == None": "if self.x == None: self.x = go()",
    "not attribute": "if not self.x: self.x = go()",
    "hasattr": "if not hasattr(self, 'x'): self.x = go()",
    "key not in attribute": "if key not in self.cache: self.cache[key] = go()",
    "key not in module variable": "if key not in CACHE: CACHE[key] = go()",
    "or": "if force or self.x is None: self.x = go()",
    "assigned in a nested block": "if self.x is None:\n        with lock: self.x = go()",
    "assigned in a tuple": "if self.x is None: self.x, y = go()",
    "annotated": "if self.x is None: self.x: int = go()",
    "declared global": "global X\n    if X is None: X = go()",
    "return what is kept": "if self.x: return self.x\n    self.x = go()",
    "return what a cache has": (
        "kept = CACHE.get(key)\n    if kept: return kept\n    CACHE[key] = go()"
    ),
    "return what a cache has, under a lock": (
        "with LOCK:\n        kept = CACHE.get(key)\n        if kept: return kept\n    CACHE[key] = go()"
    ),
    "return what a function finds fresh in a cache": (
        "kept = fresh(CACHE, key)\n    if kept is not None: return kept\n    CACHE[key] = go()"
    ),
    "return what a function gets from a cache": (
        "kept = cache_get(key)\n    if kept is not None: return kept\n    return cache_set(key, go())"
    ),
    "return what a method gets from a cache": (
        "kept = await self.bag.get_cached(key)\n    if kept: return kept\n    await self.bag.set_cached(key, go())"
    ),
    "return what is in": "if key in self.c: return self.c[key]\n    self.c[key] = go()",
}

EVERY_TIME = {
    "a local": "x = None\n    if x is None: x = go()",
    "a parameter": "if key is None: key = go()",
    "what except binds": ("try: pass\n    except E as x:\n        if key not in x: x[key] = go()"),
    "a local cache": "cache = {}\n    if key not in cache: cache[key] = go()",
    "something else assigned": "if self.x is None: self.y = go()",
    "tests the opposite": "if self.x is not None: self.x = go()",
    "nothing tested": "self.x = go()",
    "an else": "if self.x is None: self.x = 1\n    else: go()",
    "returns something else": "if self.x: return 1\n    self.y = go()",
    "returns what a function gets": (
        "kept = get_user(key)\n    if kept: return kept\n    set_user(key, go())"
    ),
    "what another cache is given": (
        "kept = cache_get(key)\n    if kept: return kept\n    other_cache_set(key, go())"
    ),
    "returns what a function finds elsewhere": (
        "kept = fresh(SESSION, key)\n    if kept: return kept\n    SESSION.add(go())"
    ),
    "what a function finds in what it is given": (
        "kept = fresh(key, 1)\n    if kept: return kept\n    key[1] = go()"
    ),
    "returns something else under a lock": (
        "with LOCK:\n        if key in CACHE: return 1\n    OTHER[key] = go()"
    ),
    "yields under what is held": (
        "held = HELD.get(key)\n    if held:\n        yield\n        return\n    HELD[key] = go()"
    ),
}


NEW_FILE = {
    "its default": "if not self.file.exists(): self.file.write_text('[]')",
    "what a function makes of nothing": "if not FILE.is_file(): FILE.write_text(default())",
    "nothing": "if not FILE.exists(): FILE.touch()",
}

FILE = {
    "another file": "if not self.other.exists(): self.file.write_text('[]')",
    "what it is given": "if not self.file.exists(): self.file.write_text(key)",
    "a file of its own": "path = self.folder / key\n    if not path.exists(): path.write_text('[]')",
    "a file that is there": "if self.file.exists(): self.file.write_text('[]')",
}


def is_once(body: str, *members: str) -> bool:
    found = function(f"async def f(self, key):\n    {body}\n")
    (call,) = [
        call for call in found.calls if call.target.rpartition(".")[2] in (members or ("go",))
    ]
    return bool(call.flags & flags.ONCE)


@pytest.mark.parametrize("body", NEW_FILE.values(), ids=NEW_FILE)
def test_writes_a_new_file_once(body: str) -> None:
    assert is_once(body, "write_text", "touch")


@pytest.mark.parametrize("body", FILE.values(), ids=FILE)
def test_writes_a_file_every_time(body: str) -> None:
    assert not is_once(body, "write_text")


@pytest.mark.parametrize("body", ONCE.values(), ids=ONCE)
def test_runs_once(body: str) -> None:
    assert is_once(body)


@pytest.mark.parametrize("body", EVERY_TIME.values(), ids=EVERY_TIME)
def test_runs_every_time(body: str) -> None:
    assert not is_once(body)
