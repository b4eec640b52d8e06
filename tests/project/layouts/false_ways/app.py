import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

import requests
from fastapi import FastAPI
from names import Reports, Users

app = FastAPI()
pool = ThreadPoolExecutor()


def load(key=None):
    return requests.get("https://load.example")


def quick():
    return 1


async def work():
    await asyncio.sleep(1)


def run_anywhere():
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work())
    return pool.submit(asyncio.run, work())


def run_if_no_loop():
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        loop = None
    if loop is None:
        return asyncio.run(work())
    return loop.create_task(work())


@app.get("/same-name")
async def same_name(report, users: Users):
    report.fetch()
    return users.fetch()


@app.get("/unknown")
async def unknown(thing, other):
    thing.get("https://a.example")
    other.session.execute("select 1")
    return thing.read_text()


@app.get("/loops")
async def loops():
    run_if_no_loop()
    return run_anywhere()


@app.get("/arguments")
async def arguments(cache: dict[str, str], key: str):
    await asyncio.to_thread(quick, load())  # blocks: requests.get
    pool.submit(quick, load(key))  # blocks: requests.get
    return cache.get(key, load())  # blocks: requests.get


@app.get("/defaults")
async def defaults(cache: dict[str, str], key: str):
    cache.get(key, load)
    cache.setdefault(key, load())  # blocks: requests.get
    return getattr(cache, "x", load(key))  # blocks: requests.get


@app.get("/references")
async def references():
    jobs = [load, quick]
    table = {"load": load}
    return {"count": len(jobs) + len(table), "name": load.__name__}


@app.get("/overwritten")
async def overwritten():
    def load():
        return 1

    return load()


@app.get("/defined")
async def defined():
    def never():
        time.sleep(1)

    class Inner:
        def never(self):
            time.sleep(1)

    return never, Inner


@app.get("/typing")
async def typing_only(reports: "Reports | None" = None):
    if reports is None:
        return None
    return reports.count()
