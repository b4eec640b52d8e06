import time

from fastapi import APIRouter, Depends, FastAPI


async def signed_in():
    time.sleep(0.1)  # blocks: time.sleep


class Api(FastAPI):
    def __init__(self, **settings):
        super().__init__(title="api", **settings)


class SecureRouter(APIRouter):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, dependencies=[Depends(signed_in)], **kwargs)


class NamedRouter(SecureRouter):
    pass


app = Api()
router = SecureRouter(prefix="/secure")
named = NamedRouter(prefix="/named")


@router.get("/a")
async def a():
    time.sleep(1)  # blocks: time.sleep


@named.get("/b")
async def b():
    time.sleep(1)  # blocks: time.sleep


@app.get("/c")
async def c():
    time.sleep(1)  # blocks: time.sleep


app.include_router(router)
app.include_router(named)
