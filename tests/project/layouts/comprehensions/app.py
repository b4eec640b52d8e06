from pathlib import Path

import requests
from fastapi import FastAPI

app = FastAPI()


class Page:
    def __init__(self, url: str):
        self.url = url

    def load(self):
        return requests.get(self.url).text


PAGES = [Page("https://a.example"), Page("https://b.example")]


def load(url):
    return requests.get(url)


@app.get("/list")
async def as_list(urls: list[str]):
    return [load(url) for url in urls]  # blocks: requests.get


@app.get("/dict")
async def as_dict():
    return {page.url: page.load() for page in PAGES}  # blocks: requests.get


@app.get("/set")
async def as_set():
    return {path.stat().st_size for path in map(Path, ["a", "b"])}  # blocks: pathlib.Path.stat


@app.get("/any")
async def any_page():
    return any(page.load() for page in PAGES if page.url)  # blocks: requests.get


@app.get("/filter")
async def filtered():
    return [page for page in PAGES if page.load()]  # blocks: requests.get


@app.get("/nested")
async def nested():
    made = [Page(f"https://{name}.example") for name in "abc"]
    return [made[0].load(), sum(len(page.load()) for page in made)]  # blocks: requests.get, requests.get


@app.get("/key")
async def by_key():
    return sorted(PAGES, key=lambda page: len(page.load()))  # gap: requests.get, the lambda's parameter has no type


@app.get("/map")
async def mapped(urls: list[str]):
    return list(map(load, urls))  # blocks: requests.get


@app.get("/condition")
async def condition(url: str, quick: bool):
    return None if quick or load(url).ok else load(url)  # blocks: requests.get, requests.get


@app.get("/keyword")
async def keyword(url: str):
    return dict(text=load(url), again={"deep": [load(url)]})  # blocks: requests.get, requests.get


@app.get("/text")
async def text(url: str):
    return f"found {load(url)!r} there"  # blocks: requests.get
