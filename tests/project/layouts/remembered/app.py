import functools
import os
from functools import cache, cached_property, lru_cache
from pathlib import Path

import requests
from fastapi import Depends, FastAPI

app = FastAPI()
_settings = None
_rates = {}
_text = ""
_process = 0
_names: dict[str, str] = {}


@lru_cache
def by_lru_cache():
    return Path("settings").read_text()


@functools.lru_cache(maxsize=None)
def by_lru_cache_call():
    return Path("settings").read_text()


@cache
def by_cache(name):
    return Path(name).read_text()


def by_global():
    global _settings
    if _settings is None:
        _settings = Path("settings").read_text()
    return _settings


def by_early_return():
    global _settings
    if _settings:
        return _settings
    _settings = Path("settings").read_text()
    return _settings


def by_process():
    global _text, _process
    process = os.getpid()
    if _process != process:
        _text = Path("settings").read_text()
        _process = process
    return _text


def by_process_early():
    global _text, _process
    process = os.getpid()
    if _process == process:
        return _text
    _text = Path("settings").read_text()
    _process = process
    return _text


def read_anew():
    return Path("settings").read_text()


kept_anew = lru_cache(read_anew)
kept_few = functools.lru_cache(maxsize=8)(read_anew)
other_name = read_anew


def by_dict(name):
    if name not in _rates:
        _rates[name] = requests.get(name)
    return _rates[name]


def by_dict_early(name):
    if name in _names:
        return _names[name]
    text = Path(name).read_text()
    _names[name] = text
    return text


def by_dict_get(name):
    found = _names.get(name)
    if found is None:
        found = Path(name).read_text()
        _names[name] = found
    return found


def by_dict_get_early(name):
    found = _names.get(name)
    if found is not None:
        return found
    found = Path(name).read_text()
    _names[name] = found
    return found


def by_membership_alias(name):
    if (found := _names.get(name)) is not None:
        return found
    _names[name] = Path(name).read_text()
    return _names[name]


class Rates:
    def __init__(self):
        self._text = None
        self._client = None
        self._pages = {}

    @cached_property
    def table(self):
        return requests.get("https://rates.example").json()

    @property
    def text(self):
        if self._text is None:
            self._text = Path("rates").read_text()
        return self._text

    def early(self):
        if self._text is not None:
            return self._text
        self._text = Path("rates").read_text()
        return self._text

    def page(self, number):
        if number not in self._pages:
            self._pages[number] = requests.get(f"https://rates.example/{number}")
        return self._pages[number]

    def load(self):
        if not hasattr(self, "_loaded"):
            self._loaded = Path("rates").read_text()
        return self._loaded


class Settings:
    _instance = None

    def __new__(cls):
        if cls._instance is None:
            cls._instance = super().__new__(cls)
            cls._instance.text = Path("settings").read_text()
        return cls._instance

    @classmethod
    def shared(cls):
        if not cls._instance:
            cls._instance = cls()
        return cls._instance


rates = Rates()


@app.get("/functions")
async def functions():
    by_lru_cache()  # once: pathlib.Path.read_text
    by_lru_cache_call()  # once: pathlib.Path.read_text
    by_cache("a")  # once: pathlib.Path.read_text
    by_global()  # once: pathlib.Path.read_text
    by_early_return()  # once: pathlib.Path.read_text


@app.get("/by-name")
async def by_name():
    by_process()  # once: pathlib.Path.read_text
    by_process_early()  # once: pathlib.Path.read_text
    kept_anew()  # once: pathlib.Path.read_text
    kept_few()  # nobody follows `lru_cache(...)(function)`
    other_name()  # blocks: pathlib.Path.read_text
    read_anew()  # blocks: pathlib.Path.read_text


@app.get("/dicts")
async def dicts():
    by_dict("a")  # once: requests.get
    by_dict_early("a")  # once: pathlib.Path.read_text
    by_dict_get("a")  # once: pathlib.Path.read_text
    by_dict_get_early("a")  # once: pathlib.Path.read_text
    by_membership_alias("a")  # once: pathlib.Path.read_text


@app.get("/methods")
async def methods():
    rates.table  # once: requests.get
    rates.text  # once: pathlib.Path.read_text
    rates.early()  # once: pathlib.Path.read_text
    rates.page(1)  # once: requests.get
    rates.load()  # once: pathlib.Path.read_text


@app.get("/instances")
async def instances():
    Settings()  # once: pathlib.Path.read_text
    Settings.shared()  # once: pathlib.Path.read_text


@app.get("/direct")
async def direct():
    global _settings
    if _settings is None:
        _settings = Path("settings").read_text()  # once: pathlib.Path.read_text
    return _settings


@app.get("/not-remembered")
async def not_remembered(name: str = "", text: str | None = None):
    if text is None:
        text = Path(name).read_text()  # blocks: pathlib.Path.read_text
    if not name:
        return Path("default").read_text()  # blocks: pathlib.Path.read_text
    return text


@app.get("/dependency")
async def dependency(settings=Depends(by_lru_cache)):
    return settings
