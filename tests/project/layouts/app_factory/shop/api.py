import time

from fastapi import APIRouter

router = APIRouter(prefix="/items", tags=["items"])
admin = APIRouter()


@router.get("")
async def list_items():
    time.sleep(1)  # blocks: time.sleep


@router.get("/")
@router.get("/all", include_in_schema=False)
@router.post("/search")
async def search_items():
    return []


@admin.api_route("/reload", methods=["POST", "PUT"])
def reload():
    time.sleep(1)


@admin.head("/alive")
@admin.options("/alive")
async def alive():
    return None
