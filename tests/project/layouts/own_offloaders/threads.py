import asyncio
import functools
from concurrent.futures import ThreadPoolExecutor

from fastapi.concurrency import run_in_threadpool

_pool = ThreadPoolExecutor(4)


async def in_thread(function, *args, **kwargs):
    return await asyncio.to_thread(function, *args, **kwargs)


async def with_timeout(seconds, function, *args):
    return await asyncio.wait_for(in_thread(function, *args), seconds)


async def by_keyword(*, job):
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_pool, job)


async def bound(function, *args, **kwargs):
    call = functools.partial(function, *args, **kwargs)
    return await asyncio.get_running_loop().run_in_executor(_pool, call)


async def by_lambda(function, *args):
    return await run_in_threadpool(lambda: function(*args))


async def by_closure(function, *args):
    def run():
        return function(*args)

    return await asyncio.to_thread(run)


class Pool:
    def __init__(self):
        self.executor = ThreadPoolExecutor()

    async def run(self, function, *args):
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.executor, function, *args)

    def start(self, function):
        return self.executor.submit(function)


async def on_loop(function):
    return function()


def retry(function, times=3):
    for _ in range(times):
        try:
            return function()
        except OSError:
            continue
