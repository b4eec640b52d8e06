import time


class Client:
    def get(self):
        time.sleep(1)

    async def fetch(self):
        time.sleep(1)  # blocks: time.sleep
