import time

from fastapi import APIRouter, FastAPI

admin_app = FastAPI()
inner = FastAPI()
router = APIRouter(prefix="/users")


@router.get("/{name}")
async def user(name: str):
    time.sleep(1)  # blocks: time.sleep


@inner.get("/deep")
async def deep():
    time.sleep(1)  # blocks: time.sleep


admin_app.include_router(router)
admin_app.mount("/inner", inner)


async def raw_app(scope, receive, send):
    time.sleep(1)  # blocks: time.sleep


admin_app.mount("/raw", raw_app)
