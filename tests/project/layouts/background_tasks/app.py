import time

import requests
from fastapi import BackgroundTasks, Depends, FastAPI
from starlette.background import BackgroundTask
from starlette.responses import JSONResponse

app = FastAPI()


async def send_receipt(order):
    requests.post("https://mail.example", json=order)  # blocks: requests.post


def send_plain(order):
    requests.post("https://mail.example", json=order)


class Audit:
    async def write(self, text):
        time.sleep(0.1)  # blocks: time.sleep


async def log_later(background: BackgroundTasks):
    background.add_task(Audit().write, "seen")


@app.post("/orders")
async def order(tasks: BackgroundTasks, logged=Depends(log_later)):
    tasks.add_task(send_receipt, {"id": 1})
    tasks.add_task(send_plain, {"id": 1})
    return {}


@app.post("/returned")
async def returned():
    return JSONResponse({}, background=BackgroundTask(send_plain, {}))


@app.post("/evaluated")
async def evaluated(tasks: BackgroundTasks):
    tasks.add_task(print, send_plain({}))  # blocks: requests.post
