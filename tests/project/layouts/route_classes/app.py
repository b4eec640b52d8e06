import time
from contextvars import ContextVar

from fastapi import APIRouter, FastAPI, Request
from fastapi.routing import APIRoute


class Clock:
    def wait(self):
        time.sleep(0.1)


clock: ContextVar[Clock] = ContextVar("clock")


class Timed(APIRoute):
    def get_route_handler(self):
        original = super().get_route_handler()

        async def timed(request: Request):
            time.sleep(0.2)  # blocks: time.sleep
            return await original(request)

        return timed


class Inherited(Timed):
    pass


router = APIRouter(route_class=Inherited)


@router.get("/waiting")
async def waiting():
    clock.get().wait()  # blocks: time.sleep
    return {}


app = FastAPI()
app.include_router(router)
