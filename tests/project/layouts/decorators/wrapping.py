import asyncio
import functools
import time
from functools import wraps

import requests


def audited(function):
    @wraps(function)
    async def wrapper(*args, **kwargs):
        requests.post("https://audit.example")  # blocks: requests.post
        return await function(*args, **kwargs)

    return wrapper


def retried(times=3):
    def decorate(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            for _ in range(times):
                try:
                    return function(*args, **kwargs)
                except OSError:
                    time.sleep(1)

        return wrapper

    return decorate


def threaded(function):
    @wraps(function)
    async def wrapper(*args, **kwargs):
        return await asyncio.to_thread(function, *args, **kwargs)

    return wrapper


def threaded_by_executor(function):
    @wraps(function)
    async def wrapper(*args, **kwargs):
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(None, functools.partial(function, *args, **kwargs))

    return wrapper


class Counted:
    def __init__(self, function):
        self.function = function

    def __call__(self, *args, **kwargs):
        requests.post("https://count.example")
        return self.function(*args, **kwargs)


def marked(function):
    function.is_marked = True
    return function
