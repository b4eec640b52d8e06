import time


async def create():
    time.sleep(1)  # blocks: time.sleep


def read():
    time.sleep(1)


async def talk(websocket):
    time.sleep(1)  # blocks: time.sleep
