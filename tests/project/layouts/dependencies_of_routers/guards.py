import time

from fastapi import Request


async def on_app():
    time.sleep(0.1)  # blocks: time.sleep


async def on_router():
    time.sleep(0.2)  # blocks: time.sleep


async def on_include():
    time.sleep(0.3)  # blocks: time.sleep


def on_outer(request: Request):
    time.sleep(0.4)


async def on_route():
    time.sleep(0.5)  # blocks: time.sleep


async def nowhere():
    time.sleep(0.6)
