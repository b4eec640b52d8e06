"""Pictures: thumbnails and dimensions."""

import io
from pathlib import Path

from PIL import Image

SIZES = (64, 240, 640)


def thumbnail(content: bytes, side: int) -> bytes:
    picture = Image.open(io.BytesIO(content))
    picture.thumbnail((side, side))
    target = io.BytesIO()
    picture.convert("RGB").save(target, format="JPEG", quality=85)
    return target.getvalue()


def all_thumbnails(content: bytes) -> dict[int, bytes]:
    return {side: thumbnail(content, side) for side in SIZES}


def file_name_for(product_id: int, side: int) -> str:
    return f"products/{product_id}/{side}.jpg"


def watermark(path: Path) -> Path:
    with Image.open(path) as picture:
        marked = picture.convert("L")
        target = path.with_suffix(".marked.jpg")
        marked.save(target)
    return target
