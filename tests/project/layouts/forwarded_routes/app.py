import time

import handlers
from fastapi import FastAPI


class Api:
    def __init__(self, app: FastAPI):
        self.app = app
        self.add("/models", self.models, methods=["GET"])
        self.add("/models", endpoint=self.switch, methods=["PUT"])
        self.verb("POST", "/images", handlers.create)
        self.add("/unknown", handlers.nothing)
        self.note("/noted", handlers.read)

    def add(self, path: str, endpoint, **options):
        return self.app.add_api_route(path, endpoint, **options)

    def verb(self, method: str, path: str, handler):
        self.app.add_api_route(path, handler, methods=[method])

    def note(self, path: str, endpoint):
        self.seen = (path, endpoint)

    async def models(self):
        time.sleep(1)  # blocks: time.sleep

    def switch(self):
        time.sleep(1)


def add_page(target: FastAPI, path: str, endpoint):
    target.add_api_route("/pages" + path, endpoint)
    target.add_websocket_route(path, endpoint=handlers.talk)


def stop_at(place, path: str, endpoint):
    place.add_route(path, endpoint)


app = FastAPI()
Api(app)
add_page(app, "/first", handlers.read)
stop_at(object(), "/none", handlers.read)
