import asyncio
import io
import os
from functools import partial
from pathlib import Path
from typing import Annotated

import aiofiles
import anyio
from fastapi import APIRouter, BackgroundTasks, File, HTTPException, UploadFile
from fastapi.concurrency import run_in_threadpool
from PIL import Image

from shop.background import mark_pictures, mark_pictures_in_threads
from shop.dependencies import AsyncSessionDep, ScratchDep, SettingsDep, SpoolDep, StorageDep
from shop.media import SIZES, all_thumbnails, file_name_for, thumbnail
from shop.models import ProductImage
from shop.schemas.catalogue import ImageOut
from shop.services.archives import FileLock, labelled, open_archive, write_archive

router = APIRouter(prefix="/uploads", tags=["uploads"])

LARGEST = 5 * 1024 * 1024


@router.post("/pictures/{product_id}", status_code=201, response_model=ImageOut)
async def upload_picture(
    product_id: int, picture: UploadFile, storage: StorageDep, session: AsyncSessionDep
) -> ProductImage:
    content = await picture.read()
    small = thumbnail(content, 240)
    image = ProductImage(
        product_id=product_id,
        file_name=storage.save(file_name_for(product_id, 240), small),
    )
    session.add(image)
    await session.commit()
    await session.refresh(image)
    return image


@router.post("/pictures/{product_id}/later", status_code=201)
async def upload_picture_later(
    product_id: int, picture: UploadFile, storage: StorageDep
) -> dict[str, str]:
    content = await read_at_most(picture, LARGEST)
    small = await run_in_threadpool(thumbnail, content, 240)
    url = await asyncio.to_thread(partial(storage.save, file_name_for(product_id, 240), small))
    return {"url": url}


async def read_at_most(upload: UploadFile, largest: int) -> bytes:
    content = bytearray()
    while chunk := await upload.read(64 * 1024):
        content += chunk
        if len(content) > largest:
            raise HTTPException(413, "That picture is too large.")
    return bytes(content)


@router.post("/gallery")
async def gallery(picture: UploadFile) -> dict[int, int]:
    content = await read_at_most(picture, LARGEST)
    return {side: len(thumbnail(content, side)) for side in SIZES}


@router.post("/gallery-later")
async def gallery_later(picture: UploadFile) -> dict[int, int]:
    content = await read_at_most(picture, LARGEST)
    sizes = await run_in_threadpool(lambda: all_thumbnails(content))
    return {side: len(small) for side, small in sizes.items()}


@router.post("/rotate")
async def rotate(picture: UploadFile, degrees: int = 90) -> dict[str, int]:
    content = await read_at_most(picture, LARGEST)
    turned = Image.open(io.BytesIO(content)).rotate(degrees, expand=True)
    return {"width": turned.width, "height": turned.height}


@router.post("/rotate-in-thread")
def rotate_in_thread(picture: Annotated[bytes, File()], degrees: int = 90) -> dict[str, int]:
    with Image.open(io.BytesIO(picture)) as original:
        smaller = original.resize((64, 64)).rotate(degrees, expand=True)
    return {"width": smaller.width, "height": smaller.height}


@router.get("/pictures/{product_id}/url")
async def picture_url(product_id: int, storage: StorageDep, side: int = 240) -> dict[str, str]:
    return {"url": storage.url(file_name_for(product_id, side))}


@router.get("/pictures/{product_id}/size")
async def picture_size(product_id: int, settings: SettingsDep) -> dict[str, int]:
    target = settings.media_folder / file_name_for(product_id, 240)
    if product_id <= 0 or not os.path.exists(target):
        raise HTTPException(404, "No picture yet.")
    details = await anyio.Path(target).stat()
    return {"bytes": details.st_size}


@router.get("/pictures/{product_id}/size-async")
async def picture_size_async(product_id: int, settings: SettingsDep) -> dict[str, int]:
    target = anyio.Path(settings.media_folder / file_name_for(product_id, 240))
    if not await target.exists():
        raise HTTPException(404, "No picture yet.")
    async with aiofiles.open(target, "rb") as picture:
        return {"bytes": len(await picture.read())}


@router.get("/newest")
async def newest(settings: SettingsDep) -> list[str]:
    folder = anyio.Path(settings.media_folder)
    names = [str(path) async for path in folder.glob("**/*.jpg")]
    names.sort(key=os.path.basename)
    return names[:10]


@router.get("/oldest")
async def oldest(settings: SettingsDep) -> list[str]:
    names = os.listdir(settings.media_folder)
    return sorted(names, key=str.lower)[:10]


@router.post("/archive")
async def archive(names: list[str], settings: SettingsDep) -> dict[str, int]:
    with open_archive(settings.media_folder / "pictures.zip") as pack:
        await asyncio.to_thread(lambda: [pack.writestr(name, name) for name in names])
    return {"files": len(names)}


@router.post("/archive-locked")
async def archive_locked(names: list[str], settings: SettingsDep) -> dict[str, int]:
    target = settings.media_folder / "pictures.zip"
    with FileLock(settings.media_folder / "archive.lock"):
        size = await run_in_threadpool(write_archive, target, names)
    return {"bytes": size}


@router.post("/archive-labels")
async def archive_labels(names: list[str]) -> list[str]:
    with labelled(names, "pictures") as entries:
        await asyncio.sleep(0)
    return entries


@router.post("/scratch")
async def scratch_upload(upload: UploadFile, scratch: ScratchDep) -> dict[str, str]:
    async with aiofiles.open(scratch, "wb") as copy:
        await copy.write(await read_at_most(upload, LARGEST))
    return {"name": scratch.name}


@router.post("/spool")
async def spool_upload(upload: UploadFile, spool: SpoolDep) -> dict[str, str]:
    await anyio.Path(spool).write_bytes(await read_at_most(upload, LARGEST))
    return {"name": spool.name}


@router.post("/mark", status_code=202)
async def mark(settings: SettingsDep, tasks: BackgroundTasks) -> dict[str, str]:
    folder: Path = settings.media_folder
    tasks.add_task(mark_pictures, folder)
    tasks.add_task(mark_pictures_in_threads, folder)
    return {"status": "queued"}
