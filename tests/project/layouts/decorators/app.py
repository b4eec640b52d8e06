import requests
from fastapi import FastAPI
from wrapping import Counted, audited, marked, retried, threaded, threaded_by_executor

app = FastAPI()


@audited
async def audited_job():
    return 1


@retried()
def quick():
    return 1


@retried(times=5)
def fetch():
    return requests.get("https://fetch.example")


@threaded
def download():
    return requests.get("https://download.example")


@threaded_by_executor
def upload():
    return requests.put("https://upload.example")


@Counted
def count():
    return 1


@marked
def marked_fetch():
    return requests.get("https://marked.example")


@app.get("/audited")
@audited
async def endpoint():
    return await audited_job()


@app.get("/quick")
async def read_quick():
    return quick()  # blocks: time.sleep


@app.get("/fetch")
async def read_fetch():
    return fetch()  # blocks: time.sleep


@app.get("/download")
async def read_download():
    await upload()
    return await download()


@app.get("/count")
async def read_count():
    return count()  # blocks: requests.post


@app.get("/marked")
async def read_marked():
    return marked_fetch()  # blocks: requests.get


@app.get("/threaded")
@threaded
def threaded_endpoint():
    return requests.get("https://threaded.example")
