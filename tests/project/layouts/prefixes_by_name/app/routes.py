from fastapi import APIRouter

from app import settings as configuration

ITEM = "/items/{item_id}"
users = APIRouter(prefix="/users")
items = APIRouter()
orders = APIRouter(prefix=configuration.ADMIN_PREFIX)


@users.get("/me")
async def me():
    return 1


@items.get(ITEM)
async def item(item_id: int):
    return item_id


@orders.get("/orders")
def list_orders():
    return []
