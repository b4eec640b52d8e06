import time

from fastapi import APIRouter

router = APIRouter(prefix="/users")
admin_router = APIRouter(prefix="/admin")
extra = APIRouter()


@router.get("/me")
async def me():
    time.sleep(1)  # blocks: time.sleep


@admin_router.get("/users")
async def admin_users():
    time.sleep(1)  # blocks: time.sleep


@extra.get("/extra")
async def read_extra():
    return 1
