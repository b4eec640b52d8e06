import time

import handlers
from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import APIRoute
from handlers import Pages, create, read, talk


async def checked():
    time.sleep(0.1)  # blocks: time.sleep


router = APIRouter(
    prefix="/r",
    routes=[APIRoute("/listed", handlers.remove, methods=["DELETE"])],
)
pages = Pages()
app = FastAPI()

router.add_api_route("/items", create, methods=["POST"], dependencies=[Depends(checked)])
router.add_api_route(path="/items", endpoint=read)
router.add_api_route("/pages", pages.show, methods=["GET"])
router.add_api_route("/pages", Pages().edit, methods=["PUT"])
router.add_api_websocket_route("/talk", talk)
router.get("/called")(handlers.remove)
app.post("/called")(handlers.read)


@router.put("/decorated")
async def decorated():
    time.sleep(1)  # blocks: time.sleep


def register(target: APIRouter):
    target.add_api_route("/registered", handlers.remove)

    @target.get("/inner")
    async def inner():
        time.sleep(1)  # blocks: time.sleep


register(router)
app.include_router(router, prefix="/v1")
