from fastapi import APIRouter

from app import settings as configuration

ITEM = "/items/{item_id}"
users = APIRouter(prefix="/users")
items = APIRouter()
reports = APIRouter(prefix=configuration.API + configuration.VERSION_1 + "/reports")
audits = APIRouter(prefix=f"{configuration.API}/audits")
orders = APIRouter(prefix=configuration.ADMIN_PREFIX)


@users.get("/me")
async def me():
    return 1


@items.get(ITEM)
async def item(item_id: int):
    return item_id


@reports.get("/daily")
@reports.get("/{name}" + ITEM)
async def daily():
    return []


@audits.get("/all")
async def all_audits():
    return []


@orders.get("/orders")
def list_orders():
    return []


@users.get(f"{configuration.API}/{{user_id}}")
async def user(user_id: int):
    return user_id


class Status:
    def __init__(self, base: str):
        self.router = APIRouter()
        self.router.add_api_route(f"{base}/status", self.read)
        self.router.add_api_route(path=f"{configuration.API}/load", endpoint=self.load)

    def read(self):
        return "up"

    def load(self):
        return 0
