import time

from fastapi import APIRouter


class ItemViews:
    def __init__(self):
        self.router = APIRouter()
        self.router.add_api_route("/", self.list, methods=["GET"])
        self.router.add_api_route("/{key}", self.read, methods=["GET"])
        self.router.get("/{key}/count")(self.count)

    async def list(self):
        time.sleep(1)  # blocks: time.sleep

    def read(self, key: int):
        time.sleep(1)

    async def count(self, key: int):
        return self._count(key)  # blocks: time.sleep

    def _count(self, key):
        time.sleep(1)


class Status:
    def __init__(self, prefix: str):
        self.router = APIRouter()
        self.setup()

    def setup(self):
        @self.router.get("/status")
        async def status():
            return self.check()  # blocks: time.sleep

    def check(self):
        time.sleep(1)


class Resource:
    prefix = "/resources"

    def as_router(self) -> APIRouter:
        router = APIRouter(prefix=self.prefix)
        router.add_api_route("/all", self.all, methods=["GET"])
        router.add_api_route("/one", self.one, methods=["POST"])
        return router

    async def all(self):
        raise NotImplementedError

    async def one(self):
        return {}


class Refunds(Resource):
    async def all(self):
        time.sleep(1)  # blocks: time.sleep


class LateRefunds(Refunds):
    async def one(self):
        time.sleep(1)  # blocks: time.sleep
