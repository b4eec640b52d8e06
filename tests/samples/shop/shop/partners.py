"""A small application of its own for partners, mounted below /partners."""

import shutil
from pathlib import Path

from fastapi import FastAPI

from shop.clients.storage import disk
from shop.services.offload import run_blocking

partner_api = FastAPI(title="Corner Shop for partners", debug=True)


@partner_api.get("/space")
async def space() -> dict[str, int]:
    return {"free": disk.free_bytes()}


@partner_api.get("/space-in-thread")
async def space_in_thread() -> dict[str, int]:
    usage = await run_blocking(shutil.disk_usage, Path("/"))
    return {"free": usage.free}
