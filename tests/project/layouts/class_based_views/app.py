import time

import requests
from fastapi import APIRouter, Depends, FastAPI
from fastapi_utils.cbv import cbv
from views import ItemViews, LateRefunds, Refunds, Status

router = APIRouter(prefix="/users")


class Directory:
    def find(self, name):
        return requests.get(f"https://directory.example/{name}")


def get_directory() -> Directory:
    return Directory()


async def checked():
    time.sleep(0.1)  # blocks: time.sleep


@cbv(router)
class UserViews:
    directory: Directory = Depends(get_directory)
    allowed = Depends(checked)

    @router.get("/{name}")
    async def read(self, name: str):
        return self.directory.find(name)  # blocks: requests.get

    @router.get("/")
    def all(self):
        return self.directory.find("*")


app = FastAPI()
app.include_router(router)
app.include_router(ItemViews().router, prefix="/items")
app.include_router(Status(prefix="/status").router)
for resource in (Refunds(), LateRefunds()):
    app.include_router(resource.as_router())
