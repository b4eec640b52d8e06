import time

from fastapi import FastAPI

app = FastAPI()


class Bus:
    def __init__(self):
        self._handlers = {}
        self._listeners = []

    def on(self, name):
        def register(function):
            self._handlers[name] = function
            return function

        return register

    def listen(self, function):
        self._listeners.append(function)
        return function

    async def emit(self, name):
        await self._handlers[name]()

    def emit_now(self):
        for listener in self._listeners:
            listener()


bus = Bus()


@bus.on("created")
async def created():
    time.sleep(0.1)  # gap: time.sleep, `self` of an enclosing method is not followed


@bus.listen
def listened():
    time.sleep(0.1)


@app.post("/")
async def create():
    await bus.emit("created")
    bus.emit_now()  # blocks: time.sleep
