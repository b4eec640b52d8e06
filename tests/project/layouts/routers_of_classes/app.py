import time

from fastapi import APIRouter, Depends, FastAPI


async def guard():
    time.sleep(0.1)  # blocks: time.sleep


router = APIRouter(prefix="/module", dependencies=[Depends(guard)])


@router.get("/plain")
async def plain():
    return {}


class Added:
    router = APIRouter(prefix="/added")

    def __init__(self):
        self.router.add_api_route("/users", self.users)

    async def users(self):
        return {}


class Decorated:
    router = APIRouter(prefix="/decorated")

    @staticmethod
    @router.get("/users")
    async def users():
        return {}


app = FastAPI()
app.include_router(router)
app.include_router(Added().router)
app.include_router(Decorated.router, prefix="/api")
