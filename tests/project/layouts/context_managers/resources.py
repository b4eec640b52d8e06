import time
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, suppress

import requests


class Lease:
    def __enter__(self):
        time.sleep(0.1)
        return self

    def __exit__(self, *details):
        return None

    def renew(self):
        requests.post("https://lease.example")


class Sold(AbstractContextManager):
    def __exit__(self, *details):
        requests.delete("https://lease.example")


class Quiet:
    async def __aenter__(self):
        time.sleep(0.1)  # blocks: time.sleep
        return Lease()

    async def __aexit__(self, *details):
        pass


@contextmanager
def borrowed():
    time.sleep(0.1)
    yield Lease()


@asynccontextmanager
async def opened():
    time.sleep(0.2)  # blocks: time.sleep
    yield Lease()


@contextmanager
def measured():
    yield time.monotonic()
