import time


async def create():
    time.sleep(1)  # blocks: time.sleep


def read():
    time.sleep(1)


async def remove():
    time.sleep(1)  # blocks: time.sleep


async def talk(websocket):
    time.sleep(1)  # blocks: time.sleep


class Pages:
    async def show(self):
        time.sleep(1)  # blocks: time.sleep

    def edit(self):
        time.sleep(1)
