from fastapi import APIRouter

from .. import core
from ..core import client, http
from ..core.http import get_json
from . import schemas

router = APIRouter(prefix="/items")


@router.get("/{item_id}")
async def item(item_id: int) -> "schemas.Item":
    return get_json(schemas.url_of(item_id))  # blocks: requests.get


@router.get("/{item_id}/raw")
async def raw(item_id: int):
    core.client.get("https://example.com")  # blocks: requests.get
    client.get("https://example.com")  # blocks: requests.get
    return http.get_json("https://example.com")  # blocks: requests.get
