from __future__ import annotations

import os
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Protocol

import requests


class Store(ABC):
    @abstractmethod
    def load(self, key: str) -> bytes: ...


class DiskStore(Store):
    def load(self, key: str) -> bytes:
        return Path(key).read_bytes()


class WebStore(Store):
    def load(self, key: str) -> bytes:
        return requests.get(key).content


class MemoryStore(Store):
    def __init__(self) -> None:
        self.items: dict[str, bytes] = {}

    def load(self, key: str) -> bytes:
        return self.items[key]


def create_store(kind: str) -> Store:
    if kind == "disk":
        return DiskStore()
    if kind == "web":
        return WebStore()
    raise ValueError(kind)


def inferred_store():
    kind = os.environ["STORE"]
    return MemoryStore() if kind == "memory" else DiskStore()


_CLASSES = {"disk": DiskStore, "web": WebStore}


def store_by_name(name):
    return _CLASSES[name]()


def store_by_get(name):
    store_class = _CLASSES.get(name)
    return store_class()


class Notifier(Protocol):
    def notify(self, text: str) -> None: ...


class WebNotifier(Notifier):
    def notify(self, text: str) -> None:
        requests.post("https://notify.example", data=text)


class Unrelated:
    def notify(self, text: str) -> None:
        Path("log").write_text(text)
